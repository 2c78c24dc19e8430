"""Where an inner loop reads the clip: in place, or from a copy with zeros round it.

In place where every window lies inside the clip, or where only the ends of its rows see padding
(see `ends`). A copy for few filters has the channels apart, so that neighboring voxels are
neighbors in memory and can be the lanes of a vector.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from voxviewer.convolution import ends
from voxviewer.convolution.geometry import overlap
from voxviewer.convolution.pool import SMALL, Pool
from voxviewer.data import Float32, frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.convolution.plans import Plan

SCRATCH = Pool(64_000_000)
"""Memory of earlier padded copies: fresh pages cost as much time as filling them."""

KEPT = 8_000_000
"""Bytes up to which a thread copies a whole clip: what neighboring slabs share is copied once."""


class Slab(NamedTuple):
    """`frames` output frames of batch item `item`, from `first` on."""

    item: int
    first: int
    frames: int


class Read(NamedTuple):
    """Flat `values`, where in them the first window begins, and see `ends.Ends.places`."""

    values: Float32
    origin: int = 0
    places: tuple[int, int, int, int] = (0, 0, 0, 0)


Steps: TypeAlias = tuple[int, int, int, int]
"""Distances in values along T, H, W, C."""


class InPlace:
    """The clips as they are; with `aside`, the ends of their rows come from there."""

    def __init__(self, plan: Plan, clips: NDArray[Any], aside: ends.Ends | None) -> None:
        self.plan, self.clips, self.aside = plan, clips, aside
        self.steps = _steps(clips.strides[1:], clips.itemsize)
        self.offsets = plan.offsets(self.steps)
        if aside is not None:
            self.offsets = np.concatenate([self.offsets, plan.offsets(aside.steps)])

    def window(self, slab: Slab) -> NDArray[Any]:
        """The frames that a slab looks at, (t, h, w, C)."""
        start = self.plan.axes[0].start(slab.first)
        view: NDArray[Any] = self.clips[slab.item]
        return view[start : start + self.plan.span(slab.frames)[0]]

    def read(self, slab: Slab) -> Read:
        """What the inner loop reads for a slab."""
        t, h, w = self.plan.axes
        T, H, W, _ = self.steps
        clip = self.clips[slab.item]
        values = frozen(clip.reshape(-1))
        origin = t.start(slab.first) * T + h.start(0) * H + w.start(0) * W
        if self.aside is None:
            return Read(values, origin)
        self.aside.fill(clip, slab.first, slab.frames)
        return Read(values, origin, self.aside.places(values))


class Padded:
    """A copy of the frames that slabs of at most `most` output frames look at."""

    def __init__(self, plan: Plan, clips: NDArray[Any], most: int) -> None:
        self.plan, self.clips = plan, clips
        self.frames, size = _held(plan, most)
        t, h, w = plan.span(self.frames)
        again = plan.dtype.itemsize * size >= SMALL and plan.dtype == np.float32
        self.memory = SCRATCH.take((size,)) if again else np.zeros(size, plan.dtype)
        self.copy = _shaped(plan, (t, h, w), self.memory)
        self.steps = _steps(self.copy.strides, plan.dtype.itemsize)
        self.offsets = plan.offsets(self.steps)
        axes = plan.axes[1:]
        self.inside = [overlap(a.start(0), n, a.size) for a, n in zip(axes, (h, w), strict=True)]
        self.item, self.filled = -1, (0, 0)
        if again:
            self._clear_edges()

    def window(self, slab: Slab) -> NDArray[Any]:
        """The frames that a slab looks at, (t, h, w, C), with zeros round them."""
        t = self.plan.axes[0]
        start, count = t.start(slab.first), self.plan.span(slab.frames)[0]
        first = start + t.before if self._whole else 0
        copy: NDArray[Any] = self.copy[first : first + count]
        here, there = overlap(start, count, t.size)
        copy[: here.start] = 0
        copy[here.stop :] = 0
        new = self._new(slab.item, there)
        here = slice(here.start + new.start - there.start, here.stop + new.stop - there.stop)
        (rows, of_rows), (columns, of_columns) = self.inside
        copy[here, rows, columns] = self.clips[slab.item][new, of_rows, of_columns]
        return copy

    def read(self, slab: Slab) -> Read:
        """What the inner loop reads for a slab."""
        self.window(slab)
        first = slab.first * self.plan.axes[0].stride if self._whole else 0
        return Read(frozen(self.memory[first * self.steps[0] :]))

    @property
    def _whole(self) -> bool:
        return self.frames == self.plan.axes[0].outputs

    def _new(self, item: int, wanted: slice) -> slice:
        """Which of these clip frames are not there yet; from now on they are."""
        first, after = self.filled if item == self.item and self._whole else (0, 0)
        self.item = item
        if first < after and first <= wanted.start <= after:
            self.filled = first, max(after, wanted.stop)
            return slice(min(after, wanted.stop), wanted.stop)
        if first < after and first <= wanted.stop <= after:
            self.filled = wanted.start, after
            return slice(wanted.start, first)
        self.filled = wanted.start, wanted.stop
        return wanted

    def _clear_edges(self) -> None:
        """Zero what no slab writes to: the padding in H and W, and what strips read ahead."""
        (rows, _), (columns, _) = self.inside
        for edge in (slice(0, rows.start), slice(rows.stop, None)):
            self.copy[:, edge] = 0
        for edge in (slice(0, columns.start), slice(columns.stop, None)):
            self.copy[:, rows, edge] = 0
        self.memory[self.copy.size :] = 0


def reader(plan: Plan, clips: NDArray[Any], most: int) -> InPlace | Padded:
    """How slabs of at most `most` output frames of these clips are read."""
    flags = clips[:1].flags
    if plan.strips or clips.dtype != plan.dtype or not (flags.c_contiguous and flags.aligned):
        return Padded(plan, clips, most)
    if all(axis.before == 0 and axis.after <= 0 for axis in plan.axes):
        return InPlace(plan, clips, None)
    if ends.enough(plan):
        return InPlace(plan, clips, ends.Ends(plan, most))
    return Padded(plan, clips, most)


def bytes_held(plan: Plan, most: int) -> int:
    """What a padded copy takes at most."""
    return plan.dtype.itemsize * _held(plan, most)[1]


def _held(plan: Plan, most: int) -> tuple[int, int]:
    """Output frames whose windows are held, all of them where that is little, and the values."""
    every = plan.axes[0].outputs
    size = math.prod(plan.span(every)) * plan.channels + _ahead(plan)
    if plan.dtype.itemsize * size <= KEPT:
        return every, size
    return most, math.prod(plan.span(most)) * plan.channels + _ahead(plan)


def _ahead(plan: Plan) -> int:
    return plan.kernel.block.voxels if plan.kernel is not None and plan.strips else 0


def _shaped(plan: Plan, size: tuple[int, int, int], memory: NDArray[Any]) -> NDArray[Any]:
    """The memory as (t, h, w, C); for strips the channels lie apart."""
    values = memory[: math.prod(size) * plan.channels]
    if plan.strips:
        return np.moveaxis(values.reshape(plan.channels, *size), 0, -1)
    return values.reshape(*size, plan.channels)


def _steps(strides: Sequence[int], itemsize: int) -> Steps:
    t, h, w, c = (stride // itemsize for stride in strides)
    return t, h, w, c
