"""One thread's way through the slabs: how the clip is read, and the inner loop's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxviewer.convolution import plain, reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.plans import Plan
    from voxviewer.convolution.reading import Read, Slab
    from voxviewer.data import Float32

BAND = 1024
"""Voxels of a strip at a time: they stay in the processor's nearest cache."""

Seen: TypeAlias = "tuple[NDArray[np.int64], ...]"
"""The arrays of a `taps.Table`, for the frames of a slab."""


class Loop:
    """Convolves slabs of clips (N, T, H, W, C), of at most `most` output frames each."""

    def __init__(self, plan: Plan, clips: NDArray[Any], most: int) -> None:
        self.plan = plan
        self.reader = reading.reader(plan, clips, most)
        self.room = np.empty(_room(plan), np.float32)

    def convolve(self, slab: Slab, out: NDArray[Any]) -> None:
        """Fill `out` (frames, H', W', F), contiguous."""
        plan = self.plan
        if plan.kernel is None:
            _plainly(plan, self.reader.window(slab), out)
            return
        way = self._strips if plan.strips else self._rows
        found = self.reader.read(slab)
        table = plan.table
        frames = table.frames[slab.first : slab.first + slab.frames]
        seen = table.segments, table.cells, frames, table.rows
        for group in range(plan.groups):
            first = group * int(plan.kernels.shape[3]) * self.reader.steps[3]
            way(found._replace(values=found.values[first:]), group, seen, out)

    def _rows(self, found: Read, group: int, seen: Seen, out: Float32) -> None:
        plan = self.plan
        assert plan.kernel is not None
        steps = tuple(
            axis.stride * step for axis, step in zip(plan.axes, self.reader.steps[:3], strict=True)
        )
        target = out.reshape(-1)[group * plan.together :]
        plan.kernel.function(
            found.values, self.reader.offsets, *seen, *plan.packed[group], target, steps,
            found.places, plan.kernel.block.cut(out.shape[2]), found.origin, out.shape[2],
            plan.terms, plan.table.parts, plan.together, plan.filters,
        )  # fmt: skip

    def _strips(self, found: Read, group: int, seen: Seen, out: Float32) -> None:
        plan = self.plan
        assert plan.kernel is not None
        t, h, _ = plan.axes
        row = h.stride * self.reader.steps[1]
        steps = t.stride * self.reader.steps[0], row, _band(row)
        target = out.reshape(-1)[group * plan.together :]
        plan.kernel.function(
            found.values, self.reader.offsets, *seen, *plan.packed[group], self.room, target,
            steps, out.shape[2], plan.terms, plan.table.parts, plan.together, plan.filters,
        )  # fmt: skip


def scratch_bytes(plan: Plan, frames: int) -> int:
    """What a loop for slabs of so many output frames holds."""
    return reading.bytes_held(plan, frames) + plan.dtype.itemsize * _room(plan)


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
