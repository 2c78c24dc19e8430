"""A clip on its way through a model up to one layer: what is decided before Keras is asked.

Whether the file may be opened, whether the clip is what the model takes, where the layer's values
will lie in the clip, and how much memory all of it takes.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.files import SourceError
from voxviewer.networks.doctor import channels_first, diagnose, steps_of
from voxviewer.networks.layer_graph import Step, input_shapes
from voxviewer.networks.model_files import Model
from voxviewer.networks.places import AXES
from voxviewer.networks.pool import FLOAT, kept_bytes, pool_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voxviewer.networks.places import Along, Places

Shape = tuple[int, int, int, int]
WRAPPERS = ("TimeDistributed", "Bidirectional")
"""What runs the layer inside it in its own way: that one cannot be run by itself."""
COLORED: dict[tuple[int | None, int], str] = {
    (1, 3): "--channels gray",
    (1, 4): "--channels gray",
    (3, 1): "--channels rgb",
}
"""Options that give a clip the channels that are wanted, by (wanted, has)."""
GROWTH = (2, 4, 8, 16, 32)
"""How many times larger a clip is tried, where one is too small for a layer."""


class UnfitError(SourceError):
    """The clip's shape is not one that the model can take; `wanted` (T, H, W, C) is, None: any."""

    def __init__(
        self, path: str, problem: str, wanted: Sequence[int | None], clip: Sequence[int]
    ) -> None:
        super().__init__(path, problem, _fix(wanted, clip))
        self.wanted = tuple(wanted)


@dataclass(frozen=True)
class Passage:
    """What is known before a run.

    Attributes
    ----------
    path, layer, class_name : the file, the layer's full name in it
    stamp : (bytes, nanoseconds) of the file that was looked at
    version : the Keras that wrote it, "" where not said
    first : the model takes its channels first
    output : the layer's axes, where they are known
    held : bytes that a run holds: the clips thrice, TensorFlow's pool, the output
    kept : bytes that are held where slopes of all on the way are asked for
    """

    path: str
    layer: str
    class_name: str
    stamp: tuple[int, int]
    version: str
    first: bool
    output: Places | None
    held: int = 0
    kept: int = 0

    @property
    def output_bytes(self) -> int:
        """What the layer puts out for one clip; 0 where its axes are not known."""
        return _bytes(self.output)


@dataclass(frozen=True)
class Placed:
    """Where maps (T', H', W', F) lie: `order` of the layer's axes in them, and per axis T, H, W.

    `note` says which axes have no place, "" where all have one.
    """

    order: tuple[int, ...]
    shape: Shape
    receptive_field: tuple[int, int, int]
    stride: tuple[float, float, float]
    offset: tuple[float, float, float]
    note: str = ""


def passage(
    path: str | os.PathLike[str], layer: str, clip: Sequence[int], batch: int = 1
) -> Passage:
    """Look at a model and a clip's shape (T, H, W, C) before anything is run.

    `batch` : how many such clips run at once

    Raises
    ------
    SourceError
        where the file must not or cannot be run, has no such layer, or the clip does not fit it;
        the sentence says what to do
    """
    T, H, W, C = clip
    with Model(path) as model:
        found = model.layers()
        ill = diagnose(model.path, model.config, model.version, model.weights, found)
        if ill is not None:
            raise SourceError(path, ill.problem, ill.remedy)
        stat = os.stat(model.path)
        steps = steps_of(model.config, (T, H, W, C))
        step = _find(model.path, steps, layer)
        _require_fit(model.path, model.config, (T, H, W, C))
        broken = next((s for s in _until(steps, step.name) if s.problem), None)
        if broken is not None:
            problem = f"layer {broken.name!r} cannot take this clip: {broken.problem}"
            larger = _large_enough(model.config, step.name, (T, H, W, C))
            if larger is not None:
                raise UnfitError(model.path, problem, larger, clip)
            raise SourceError(path, problem, "Encode a larger clip")
        way, first = _until(steps, step.name), channels_first(model.config)
        copies = (4 if first else 3) * FLOAT * math.prod(clip)
        held = batch * (copies + _bytes(step.output)) + pool_bytes(way, batch)
        return Passage(
            model.path, step.name, step.class_name, (stat.st_size, stat.st_mtime_ns),
            model.version, first, step.output, held, copies + kept_bytes(way),
        )  # fmt: skip


def _large_enough(config: dict[str, object], layer: str, clip: Shape) -> Shape | None:
    """The least of some larger clips that gets through to a layer: longer, wider, or both."""
    T, H, W, C = clip
    for factor in GROWTH:
        for shape in (
            (factor * T, H, W, C),
            (T, factor * H, factor * W, C),
            (factor * T, factor * H, factor * W, C),
        ):
            steps = _until(steps_of(config, shape), layer)
            if _fits(_input_shape(config), shape) and not any(step.problem for step in steps):
                return shape
    return None


def _until(steps: Mapping[str, Step], name: str) -> list[Step]:
    names = list(steps)
    return [steps[n] for n in names[: names.index(name) + 1]]


def _bytes(output: Places | None) -> int:
    """Bytes of a layer's output; 0 where it is not known."""
    return FLOAT * math.prod(along.size or 1 for along in output) if output is not None else 0


def _find(path: str, steps: Mapping[str, Step], name: str) -> Step:
    """The layer of this name; the last part of it is enough where it is the only one."""
    exact = [step for step in steps.values() if step.name == name]
    found = exact or [step for step in steps.values() if step.name.rsplit("/", 1)[-1] == name]
    if not found:
        raise SourceError(path, f"has no layer {name!r}", f"Its layers: {', '.join(steps)}")
    if len(found) > 1:
        options = ", ".join(step.name for step in found)
        raise SourceError(path, f"has several layers {name!r}", f"Use one of: {options}")
    wrapper = found[0].name.rpartition("/")[0]
    if wrapper in steps and steps[wrapper].class_name in WRAPPERS:
        raise SourceError(
            path,
            f"runs layer {name!r} only inside {wrapper!r}",
            f"Run the clip up to {wrapper!r}",
        )
    return found[0]


def _require_fit(path: str, config: dict[str, object], clip: Shape) -> None:
    """Refuse a clip of another size than the model's fixed one, and say the line that fixes it."""
    wanted = _input_shape(config)
    if _fits(wanted, clip):
        return
    says = " x ".join("any" if size is None else str(size) for size in wanted)
    problem = f"takes clips of {says} (T, H, W, C), this one is {' x '.join(map(str, clip))}"
    raise UnfitError(path, problem, wanted, clip)


def _input_shape(config: dict[str, object]) -> tuple[int | None, ...]:
    """The model's input (T, H, W, C); None where any size will do."""
    shape = input_shapes(config)[0] or (None,) * 4
    return (*shape[1:], shape[0]) if channels_first(config) else tuple(shape)


def _fits(wanted: Sequence[int | None], clip: Sequence[int]) -> bool:
    return all(size in (None, has) for size, has in zip(wanted, clip, strict=True))


def _fix(wanted: Sequence[int | None], clip: Sequence[int]) -> str:
    """The options of the command line that make the clip one that fits."""
    options = [
        f"--{word} {size}"
        for word, size, has in zip(("frames", "height", "width"), wanted, clip, strict=False)
        if size not in (None, has)
    ]
    channels, has = wanted[3], clip[3]
    by_color = COLORED.get((channels, has), "")
    options += [by_color] if by_color else []
    words = f"Encode it with {' '.join(options)}" if options else ""
    if channels in (None, has) or by_color:
        return words
    count = f"ncode it with {channels} channel{'' if channels == 1 else 's'}, not {has}"
    return f"{words}, and e{count}" if words else f"E{count}"


def fitting_shape(path: str | os.PathLike[str], clip: Sequence[int]) -> Shape:
    """The shape (T, H, W, C) that a clip must have to be run: its own where the model leaves it."""
    with Model(path) as model:
        shape = input_shapes(model.config)[0] if model.config else None
        if shape is None or len(shape) != 4:
            T, H, W, C = clip
            return T, H, W, C
        wanted = (*shape[1:], shape[0]) if channels_first(model.config) else shape
    T, H, W, C = (has if size is None else size for size, has in zip(wanted, clip, strict=True))
    return T, H, W, C


def placed(way: Passage, shape: Sequence[int], clip: Sequence[int]) -> Placed:
    """Where the values of an output of this shape (the batch left out) lie in a clip.

    Raises
    ------
    SourceError
        where it has more axes than maps have
    """
    if not 1 <= len(shape) <= 4:
        problem = f"layer {way.layer!r} puts out {len(shape)} axes, maps have (T, H, W, F)"
        raise SourceError(way.path, problem, "Choose another layer")
    known = way.output
    if known is not None and [a.size for a in known] != list(shape):
        known = None  # Keras is right
    letters = _letters([a.axis for a in known] if known is not None else [], len(shape))
    order = tuple(letters.index(letter) for letter in (*AXES, "C") if letter in letters)
    sizes = [shape[letters.index(letter)] if letter in letters else 1 for letter in (*AXES, "C")]
    rows = [_axis(known, letter) for letter in AXES]
    lost = [letter for letter, row in zip(AXES, rows, strict=True) if row is None]
    fields = [row or _whole(n) for row, n in zip(rows, clip, strict=False)]
    (rt, st, ot), (rh, sh, oh), (rw, sw, ow) = fields
    T, H, W, F = sizes
    return Placed(
        order, (T, H, W, F), (rt, rh, rw), (st, sh, sw), (ot, oh, ow), _note(way, known, lost)
    )


def _letters(said: list[str], rank: int) -> list[str]:
    """A letter of T, H, W, C for each axis: its own, the channels last, the others in order."""
    letters = [letter if said.count(letter) == 1 else "" for letter in said] or [""] * rank
    if "C" not in letters:
        at = max((i for i, letter in enumerate(letters) if not letter), default=rank - 1)
        letters[at] = "C"
    free = [letter for letter in AXES if letter not in letters]
    free = free[len(free) - letters.count("") :]  # a picture without time is (H, W)
    return [letter or free.pop(0) for letter in letters]


def _axis(known: Places | None, letter: str) -> tuple[int, float, float] | None:
    """Receptive field, stride and offset along one axis; None where it has no place."""
    found = [along for along in known or () if along.axis == letter]
    if len(found) != 1:
        return None
    along: Along = found[0]
    return math.ceil(along.reach), _tidy(along.stride), _tidy(along.offset)


def _whole(size: int) -> tuple[int, float, float]:
    """A value of everything: one window, as long as the clip."""
    return size, float(size), (size - 1) / 2


def _tidy(number: float) -> float:
    return int(number) if number == int(number) else float(number)


def _note(way: Passage, known: Places | None, lost: list[str]) -> str:
    named = f"{way.layer} ({way.class_name})"
    if known is None:
        return f"It is not known where the values of {named} lie in the clip."
    if len(lost) == len(AXES):
        return f"{named} is made of the whole clip: its values have no place in it."
    words = {"T": "time", "H": "rows", "W": "columns"}
    return f"{named} sees all {' and '.join(words[a] for a in lost)} at once." if lost else ""
