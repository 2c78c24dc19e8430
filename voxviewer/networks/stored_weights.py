"""Where Keras keeps a layer's arrays in an HDF5 file, in each of its ways."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voxviewer.files import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.networks.layer_table import Entry
    from voxviewer.networks.safe_files import Node

GROUPS = 20_000
"""Groups that are looked at in one file."""
DEPTH = 12
"""Groups within a layer's group: cells of a recurrent layer, a wrapped layer."""


@dataclass(frozen=True)
class Stored:
    """A layer's arrays: paths in the file ("" = none), the kernel's shape, how many numbers.

    `why` says what is missing where `shape` is None.
    """

    kernel: str = ""
    bias: str = ""
    shape: tuple[int, ...] | None = None
    parameters: int = 0
    why: str = ""


def of_entry(weights: Node, entry: Entry) -> Stored:
    """The arrays of one layer of a configuration."""
    by_place = weights.group("layers") or weights.group("_layer_checkpoint_dependencies")
    stored = _by_place(weights, entry) if by_place else _by_name(weights, entry)
    return replace(stored, parameters=0) if entry.wrapped else stored


def _by_place(weights: Node, entry: Entry) -> Stored:
    """Keras 3: `layers/conv3d_1/vars/0`, `/1`; Keras 2.12 to 2.15 named containers otherwise."""
    for place in (entry.place, entry.place.replace("layers/", "_layer_checkpoint_dependencies/")):
        variables = weights.group(f"{place}/vars")
        if variables is None:
            continue
        said = variables.text("name")
        if said and said != entry.name.rsplit("/", 1)[-1]:
            return Stored(why=f"the file keeps the weights of {said!r} in its place")
        whole = weights.group(place)
        count = _count(whole) if whole is not None else 0
        return replace(_of_variables(variables, f"{place}/vars"), parameters=count)
    return Stored(why="the file holds no weights of it")


def _of_variables(variables: Node, place: str) -> Stored:
    """The first variable is the kernel, the second the bias."""
    shapes = {name: variables.shape(name) for name in variables.names()}
    sizes = [math.prod(shape) for shape in shapes.values() if shape is not None]
    kernel, bias = shapes.get("0"), shapes.get("1")
    return Stored(
        f"{place}/0" if kernel is not None else "",
        f"{place}/1" if bias is not None else "",
        kernel,
        sum(sizes),
        "" if kernel is not None else "the file holds no weights of it",
    )


def _count(node: Node, depth: int = 0) -> int:
    """How many numbers lie in a group and the groups in it: cells, wrapped layers."""
    if depth > DEPTH:
        raise RecursionError
    total = 0
    for name in node.names():
        inside = node.group(name)
        if inside is not None:
            total += _count(inside, depth + 1)
        else:
            shape = node.shape(name)
            total += math.prod(shape) if shape is not None else 0
    return total


def _by_name(weights: Node, entry: Entry) -> Stored:
    """Before Keras 3, and its `.h5` still: a top-level layer's group lists its arrays by name."""
    group = weights.group(entry.top)
    if group is None:
        return Stored(why="the file holds no weights of it")
    names = group.texts("weight_names")
    nested = "/" in entry.name
    own = [name for name in names if not nested or _owner(name) == entry.name.rsplit("/", 1)[-1]]
    return _of_named(group, entry.top, own)


def _of_named(group: Node, place: str, names: list[str]) -> Stored:
    """Arrays by their variables' names: ".../kernel" and ".../bias", with ":0" in Keras 2."""
    shapes = {name: group.shape(name) for name in names}
    kernel = next((name for name in names if _variable(name) == "kernel"), "")
    bias = next((name for name in names if _variable(name) == "bias"), "")
    shape = shapes.get(kernel)
    return Stored(
        f"{place}/{kernel}" if kernel else "",
        f"{place}/{bias}" if bias else "",
        shape,
        sum(math.prod(size) for size in shapes.values() if size is not None),
        "" if shape is not None else "the file holds no weights of it",
    )


def _variable(name: str) -> str:
    return name.rsplit("/", 1)[-1].split(":")[0]


def _owner(name: str) -> str:
    parts = name.split("/")
    return parts[-2] if len(parts) > 1 else ""


def find_kernels(weights: Node) -> Iterator[tuple[str, Stored]]:
    """Every 5-D kernel of a file without a configuration, by the layer's name where it is kept."""
    seen: set[int] = set()
    waiting = [("", weights)]
    names: set[str] = set()
    while waiting:
        place, node = waiting.pop()
        if node.address in seen:
            continue  # hard links may make circles
        seen.add(node.address)
        if len(seen) > GROUPS:
            raise SourceError(weights.path, "holds too many groups", "It is not a model")
        for name, stored in _kernels_here(place, node):
            if name not in names:
                names.add(name)
                yield name, stored
        inside = [(name, node.group(name)) for name in node.names()]
        waiting += [(f"{place}{name}/", group) for name, group in reversed(inside) if group]


def _kernels_here(place: str, node: Node) -> Iterator[tuple[str, Stored]]:
    if place.startswith(("optimizer/", "optimizer_weights/")):
        return
    if place.endswith("vars/") and len(node.shape("0") or ()) == 5:
        path = place.rstrip("/")
        short = path.removesuffix("/vars").rsplit("/", 1)[-1]
        yield node.text("name") or short, _of_variables(node, path)
        return
    listed = node.texts("weight_names")
    for owner in dict.fromkeys(_owner(name) for name in listed):
        own = [name for name in listed if _owner(name) == owner]
        stored = _of_named(node, place.rstrip("/"), own)
        if len(stored.shape or ()) == 5:
            yield owner, stored
