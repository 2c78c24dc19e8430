"""One thread's way through the slabs: its padded copy of the clip, and the inner loop's arguments.

The clip is read where it lies if every window lies inside it, else from a copy with zeros round it.
For few filters the copy has the channels apart, so that neighboring voxels are neighbors in memory
and can be the lanes of a vector. All ways sum in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from voxviewer.convolution import plain
from voxviewer.convolution.pool import SMALL, Pool
from voxviewer.data import Float32, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.plans import Plan

BAND = 1024
"""Voxels of a strip at a time: they stay in the processor's nearest cache."""


SCRATCH = Pool(64_000_000)
"""Memory of earlier padded copies: fresh pages cost as much time as filling them."""


class Slab(NamedTuple):
    """`frames` output frames of batch item `item`, from `first` on."""

    item: int
    first: int
    frames: int


class Loop:
    """Convolves slabs of clips (N, T, H, W, C), of at most `most` output frames each."""

    def __init__(self, plan: Plan, clips: NDArray[Any], most: int) -> None:
        self.plan, self.clips = plan, clips
        inside = all(axis.before == 0 and axis.after <= 0 for axis in plan.axes)
        flags = clips[:1].flags
        plain_memory = clips.dtype == plan.dtype and flags.c_contiguous and flags.aligned
        self.direct = inside and plain_memory and not plan.strips
        values = 0 if self.direct else _copied(plan, most)
        again = 4 * values >= SMALL and plan.dtype == np.float32
        self.memory = SCRATCH.take((values,)) if again else np.zeros(values, plan.dtype)
        self.scratch = self.memory if self.direct else _padded(plan, most, self.memory)
        if again:
            self._clear_edges()
        strides = clips.strides[1:] if self.direct else self.scratch.strides
        T, H, W, C = (step // plan.dtype.itemsize for step in strides)
        self.steps = T, H, W, C
        self.offsets = plan.offsets(self.steps)
        self.room = np.empty(_room(plan), np.float32)
        self.groups, self.parts = plan.parts(0, most)

    def convolve(self, slab: Slab, out: NDArray[Any]) -> None:
        """Fill `out` (frames, H', W', F), contiguous."""
        plan = self.plan
        clip = self._read(slab)
        if plan.kernel is None:
            _plainly(plan, clip, out)
            return
        way = self._strips if plan.strips else self._rows
        values = frozen(clip.reshape(-1) if self.direct else self.memory)
        self.groups, self.parts = plan.parts(slab.first, slab.frames)
        for group in range(plan.groups):
            first = group * int(plan.kernels.shape[3]) * self.steps[3]
            way(values[first:], group, out)

    def _rows(self, x: Float32, group: int, out: Float32) -> None:
        plan = self.plan
        assert plan.kernel is not None
        steps = tuple(
            axis.stride * step for axis, step in zip(plan.axes, self.steps[:3], strict=True)
        )
        target = out.reshape(-1)[group * plan.together :]
        plan.kernel.function(
            x, self.offsets, self.groups, *plan.packed[group], target,
            (*out.shape[:3], self.parts), steps, plan.together, plan.filters,
        )  # fmt: skip

    def _strips(self, x: Float32, group: int, out: Float32) -> None:
        plan = self.plan
        assert plan.kernel is not None
        t, h, _ = plan.axes
        row = h.stride * self.steps[1]
        steps = t.stride * self.steps[0], row, _band(row)
        target = out.reshape(-1)[group * plan.together :]
        plan.kernel.function(
            x, self.offsets, self.groups, *plan.packed[group], self.room, target,
            (*out.shape[:3], self.parts), steps, plan.together, plan.filters,
        )  # fmt: skip

    def _read(self, slab: Slab) -> NDArray[Any]:
        """The clip frames of a slab with zeros round them: the clip itself, or the padded copy."""
        t = self.plan.axes[0]
        frames = self.plan.span(slab.frames)[0]
        start = t.start(slab.first)
        clip = self.clips[slab.item]
        if self.direct:
            view: NDArray[Any] = clip[start : start + frames]
            return view
        copy = self.scratch[:frames]
        here, there = _overlap(start, frames, t.size)
        rows, columns = self._inside()
        copy[: here.start] = 0
        copy[here.stop :] = 0
        copy[here, rows[0], columns[0]] = clip[there, rows[1], columns[1]]
        return copy

    def _inside(self) -> list[tuple[slice, slice]]:
        """Rows and columns that are not padding: of the copy, and of the clip."""
        lengths = self.plan.span(1)[1:]
        return [
            _overlap(-axis.before, length, axis.size)
            for axis, length in zip(self.plan.axes[1:], lengths, strict=True)
        ]

    def _clear_edges(self) -> None:
        """Zero what no slab writes to: the padding in H and W, and what strips read ahead."""
        (rows, _), (columns, _) = self._inside()
        for edge in (slice(0, rows.start), slice(rows.stop, None)):
            self.scratch[:, edge] = 0
        for edge in (slice(0, columns.start), slice(columns.stop, None)):
            self.scratch[:, rows, edge] = 0
        self.memory[self.scratch.size :] = 0


def scratch_bytes(plan: Plan, frames: int) -> int:
    """What a loop for slabs of so many output frames holds."""
    return plan.dtype.itemsize * (_copied(plan, frames) + _room(plan))


def _copied(plan: Plan, frames: int) -> int:
    """Values of the padded copy, and for strips the room to read ahead."""
    t, h, w = plan.span(frames)
    return t * h * w * plan.channels + _ahead(plan)


def _padded(plan: Plan, frames: int, memory: NDArray[Any]) -> NDArray[Any]:
    """The memory as (t, h, w, C); for strips the channels lie apart."""
    t, h, w = plan.span(frames)
    values = memory[: t * h * w * plan.channels]
    if plan.strips:
        return np.moveaxis(values.reshape(plan.channels, t, h, w), 0, -1)
    return values.reshape(t, h, w, plan.channels)


def _ahead(plan: Plan) -> int:
    return plan.kernel.block.voxels if plan.kernel is not None and plan.strips else 0


def _band(row: int) -> int:
    """Output rows of a strip, `row` values apart."""
    return max(1, BAND // row)


def _room(plan: Plan) -> int:
    """Values of strips that wait to be put in their places among the filters."""
    if plan.kernel is None or not plan.strips:
        return 0
    block = plan.kernel.block
    _, h, w = plan.axes
    row = h.stride * plan.span(1)[2]
    length = (min(_band(row), h.outputs) - 1) * row + w.outputs
    return block.filters * (-(-length // block.voxels) * block.voxels)


def _plainly(plan: Plan, clip: NDArray[Any], out: NDArray[Any]) -> None:
    """In NumPy, group by group."""
    t, h, w = plan.axes
    seen, made = int(plan.kernels.shape[3]), plan.together
    for group in range(plan.groups):
        filters = slice(group * made, (group + 1) * made)
        plain.correlate(
            clip[..., group * seen : (group + 1) * seen],
            plan.kernels[..., filters],
            plan.bias[filters],
            (t.stride, h.stride, w.stride),
            (t.dilation, h.dilation, w.dilation),
            out[..., filters],
        )


def _overlap(start: int, length: int, size: int) -> tuple[slice, slice]:
    """Where start .. start + length - 1 meets 0 .. size - 1, as a slice of either."""
    first, last = max(start, 0), min(start + length, size)
    last = max(first, last)
    return slice(first - start, last - start), slice(first, last)
