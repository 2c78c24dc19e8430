"""The doctor: may a model be run, can it be run, and if not: why, in one sentence, and what to do.

Everything is decided from the configuration and the headers of the arrays, before Keras sees the
file. What is harmful raises; what cannot be run is a `Diagnosis`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxviewer.files import SourceError
from voxviewer.networks.layer_graph import Step, Tensor, input_shapes, walk
from voxviewer.networks.layer_table import entries, forbidden
from voxviewer.networks.places import AXES, Along
from voxviewer.networks.safe_files import MAKE_KERAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.networks.layer_info import LayerInfo
    from voxviewer.networks.safe_files import Node

GROUPS = 50_000
"""Groups and arrays that are looked at in one file."""
STATES = ("optimizer", "optimizer_weights")


@dataclass(frozen=True)
class Diagnosis:
    """Why a model cannot be run, as what follows its name; what to do. `harm`: nor may it be."""

    problem: str
    remedy: str = ""
    harm: bool = False


def diagnose(
    path: str, config: dict[str, Any], version: str, weights: Node, found: Sequence[LayerInfo]
) -> Diagnosis | None:
    """Return why a model cannot be run; None where nothing speaks against it.

    Raises
    ------
    SourceError
        where its arrays lie outside the file, or are larger than they can be
    """
    wrote = f" (Keras {version} wrote it)" if version else ""
    if not config:
        remedy = f"Build the model in Python, load them into it. {MAKE_KERAS}"
        return Diagnosis(f"holds weights alone{wrote}, not the layers they belong to", remedy)
    why = forbidden(config)
    if why:
        readable = next((info.name for info in found if info.readable), "")
        kernels = f"Its kernels can be read: --filters {Path(path).name}:{readable}"
        remedy = kernels if readable else "Save it without that layer"
        return Diagnosis(f"cannot be run safely: {why}{wrote}", remedy, harm=True)
    problem = _inputs(config)
    if problem is not None:
        return Diagnosis(f"{problem.problem}{wrote}", problem.remedy)
    problem = _weights(path, config, survey(weights))
    return problem and Diagnosis(f"{problem.problem}{wrote}", problem.remedy, problem.harm)


def _inputs(config: dict[str, Any]) -> Diagnosis | None:
    """A clip is one input of five axes."""
    shapes = input_shapes(config)
    if len(shapes) != 1:
        remedy = "Save a model of one input: keras.Model(model.inputs[0], layer.output)"
        return Diagnosis(f"takes {len(shapes)} inputs, a clip is one", remedy)
    shape = shapes[0]
    if shape is None:
        return Diagnosis(
            "does not say what it takes, because it was never built",
            "Call it once on a batch of clips, then save it again",
        )
    if len(shape) != 4:
        says = ", ".join("?" if size is None else str(size) for size in shape)
        return Diagnosis(
            f"takes input of shape (batch, {says}), a batch of clips is (batch, T, H, W, C)",
            "Put a Reshape or TimeDistributed layer in front, and save it again",
        )
    return None


def _weights(path: str, config: dict[str, Any], stored: int) -> Diagnosis | None:
    """Weights that the configuration asks for and the file does not hold: damage, or a bomb."""
    steps = walk(config, [input_places(config)])
    asked = sum(step.asks for step in steps.values())
    broken = next((step for step in steps.values() if step.problem), None)
    if broken is not None:
        return Diagnosis(f"layer {broken.name!r} cannot take its input: {broken.problem}")
    if asked > stored:
        largest = max(steps.values(), key=lambda step: step.asks)
        problem = (
            f"asks for {_count(asked)} weights, {_count(largest.asks)} of them in layer "
            f"{largest.name!r}, and holds {_count(stored)}"
        )
        return Diagnosis(problem, "Copy it again; if it is whole, it is made to harm", harm=True)
    return None


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**15 else "over 10^15"


def survey(weights: Node) -> int:
    """Look at every array of a file; return how many numbers a model could take from it.

    Raises
    ------
    SourceError
        where a link leads elsewhere, or an array lies in another file or is larger than it can be
    """
    total, seen = 0, 0
    addresses: set[int] = set()
    waiting = [("", weights)]
    while waiting:
        place, node = waiting.pop()
        if node.address in addresses:
            continue  # hard links may make circles
        addresses.add(node.address)
        for name in node.names():
            seen += 1
            if seen > GROUPS:
                raise SourceError(weights.path, "holds too many groups", "It is not a model")
            group = node.group(name)
            if group is not None:
                waiting.append((f"{place}{name}/", group))
                continue
            count = node.check(name)
            total += 0 if place.split("/")[0] in STATES else count
    return total


def input_places(
    config: dict[str, Any], clip: tuple[int, int, int, int] | None = None
) -> tuple[Along, ...]:
    """The axes of a model's input, in its own order; `clip` (T, H, W, C) in place of free sizes."""
    shape = input_shapes(config)[0] or (None,) * 4
    order = (*AXES, "C")
    sizes = dict(zip(order, clip, strict=True)) if clip else {}
    letters = ("C", *AXES) if channels_first(config) else order
    return tuple(
        Along(size if size is not None else sizes.get(letter), letter)
        for size, letter in zip(shape, letters, strict=True)
    )


def channels_first(config: dict[str, Any]) -> bool:
    """Whether a model takes (C, T, H, W): what its first layer that says so says."""
    said = (entry.config.get("data_format") for entry in entries(config))
    return next((form for form in said if isinstance(form, str)), "") == "channels_first"


def steps_of(config: dict[str, Any], clip: tuple[int, int, int, int] | None) -> dict[str, Step]:
    """Every layer's step for a clip (T, H, W, C), or for the sizes that the model itself names."""
    if len(input_shapes(config)) != 1 or len(input_shapes(config)[0] or ()) != 4:
        return walk(config, [_declared(shape) for shape in input_shapes(config)])
    return walk(config, [input_places(config, clip)])


def _declared(shape: tuple[int | None, ...] | None) -> Tensor:
    return None if shape is None else tuple(Along(size) for size in shape)
