"""What TensorFlow holds while a model runs: its layers' outputs, in an allocator that keeps all.

With oneDNN TensorFlow 2.21 takes memory from a pool (`BFCAllocator` in its sources) that grows by
regions, each twice the one before or larger, and gives none back: an output lies in the smallest
free piece that holds it, which is cut only where half of it or 128 MiB would be left over. Pages
count that were ever written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.networks.layer_rules import KEPT, MERGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.networks.layer_graph import Step

FLOAT = 4
FIRST_REGION = 2 << 20
LEFT_OVER = 128 << 20
WHOLE = ("Functional", "Model", "Sequential")
"""Models in a model: their layers are steps of their own."""
IN_PLACE = {*KEPT, *MERGED, *WHOLE, "InputLayer", "Flatten", "Reshape"}
DIRECT = (
    "Conv",
    "SeparableConv",
    "DepthwiseConv",
    "MaxPooling",
    "AveragePooling",
    "Global",
    "Dense",
)
"""How classes begin that write their output at once; others make a copy on the way."""
AT_ONCE = ("linear", "relu")
"""Activations that are done where the values lie."""
NO_VALUES = {*WHOLE, "InputLayer", "Flatten", "Reshape"}
"""Steps that put nothing out that another one has not."""
FOR_SLOPES = {"gelu": 5, "silu": 3}
"""Arrays that an activation keeps for its slope beside what it puts out, taken step by step."""


@dataclass(frozen=True)
class Piece:
    """A part of a region of the pool."""

    region: int
    start: int
    size: int


class Pool:
    """The allocator, as far as it decides how much is written to."""

    def __init__(self) -> None:
        self._next = FIRST_REGION
        self._free: list[Piece] = []
        self._written: list[int] = []

    @property
    def written(self) -> int:
        """Bytes up to which the regions were written to."""
        return sum(self._written)

    def take(self, size: int) -> Piece:
        """The smallest free piece that holds so many bytes, or one of a new region."""
        fitting = [piece for piece in self._free if piece.size >= size]
        found = min(fitting, key=lambda piece: piece.size) if fitting else self._grown(size)
        if found in self._free:
            self._free.remove(found)
        over = found.size - size
        if over and (found.size >= 2 * size or over >= LEFT_OVER):
            self._free.append(Piece(found.region, found.start + size, over))
            found = Piece(found.region, found.start, size)
        end = found.start + size
        self._written[found.region] = max(self._written[found.region], end)
        return found

    def give(self, piece: Piece) -> None:
        """Take a piece back; free neighbors become one."""
        start, end = piece.start, piece.start + piece.size
        for other in [p for p in self._free if p.region == piece.region]:
            if other.start + other.size == start or other.start == end:
                self._free.remove(other)
                start = min(start, other.start)
                end = max(end, other.start + other.size)
        self._free.append(Piece(piece.region, start, end - start))

    def _grown(self, size: int) -> Piece:
        region = self._next
        while region < size:
            region *= 2
        self._next = region if region > self._next else 2 * region
        self._written.append(0)
        return Piece(len(self._written) - 1, 0, region)


def pool_bytes(steps: Sequence[Step], batch: int = 1) -> int:
    """Bytes that the pool has taken after a run of so many clips through these layers.

    Which layer a merging one goes back to is not looked at: all is kept until the next that merges.
    """
    pool, living = Pool(), list[Piece]()
    last = max((index for index, step in enumerate(steps) if _merges(step)), default=-1)
    for index, step in enumerate(steps):
        merges = _merges(step)
        size = FLOAT * batch * math.prod(along.size or 1 for along in step.output or ())
        if step.output is not None and not _is_in_place(steps, index):
            keep = index < last or merges
            _write(pool, living, size, keep=keep, twice=_copies(step))
        if merges:
            while len(living) > 1:
                pool.give(living.pop(0))
    return pool.written


def kept_bytes(steps: Sequence[Step]) -> int:
    """Bytes that are held where slopes are asked for: what all layers put out, step by step.

    The largest is there thrice more: before its bias, before its activation, and as its slope.
    """
    sizes = [
        (FLOAT * math.prod(along.size or 1 for along in step.output), step.activation)
        for step in steps
        if step.output is not None and step.class_name not in NO_VALUES
    ]
    kept = sum(size * (1 + FOR_SLOPES.get(activation, 0)) for size, activation in sizes)
    return kept + 3 * max((size for size, _ in sizes), default=0)


def _write(pool: Pool, living: list[Piece], size: int, *, keep: bool, twice: bool) -> None:
    """Write an output, `twice` by way of a copy; what it was made of goes unless it is kept."""
    made = pool.take(size)
    while living and not keep:
        pool.give(living.pop())
    if twice:
        copy, made = made, pool.take(size)
        pool.give(copy)
    living.append(made)


def _is_in_place(steps: Sequence[Step], index: int) -> bool:
    """Whether a layer writes where its input, or what is added to it, lies."""
    step = steps[index]
    if step.class_name in IN_PLACE:
        return True
    added = index + 1 < len(steps) and steps[index + 1].class_name == "Add"
    return added and step.class_name.startswith("Conv") and step.activation == "linear"


def _merges(step: Step) -> bool:
    return step.class_name in MERGED or step.class_name == "Concatenate"


def _copies(step: Step) -> bool:
    """Whether a layer's output is written by way of another array as large."""
    if step.class_name == "Concatenate":
        return False
    direct = step.class_name.startswith(DIRECT) and "LSTM" not in step.class_name
    direct = direct and "Transpose" not in step.class_name
    return not direct or step.dilated or step.activation not in AT_ONCE


__all__ = ["Pool", "kept_bytes", "pool_bytes"]
