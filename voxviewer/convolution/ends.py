"""Copies of the rows' ends with zeros beside them, where the rest of a clip is read in place.

Only the first and the last block of a row see the padding left and right of the clip. So these two
read a small copy, and the clip itself need not be copied: frames and rows beyond it are left out
(see `taps`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.convolution.geometry import overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.plans import Plan
    from voxviewer.convolution.tuning import Block
    from voxviewer.data import Float32


LARGE = 1_500_000
"""Bytes of a clip from which on copying it costs more than copying the ends of so many rows."""


def enough(plan: Plan) -> bool:
    """Whether only the first and the last block of a row, which overlap no other, see padding."""
    t, h, w = plan.axes
    if 4 * t.size * h.size * w.size * plan.channels < LARGE:
        return False
    if plan.kernel is None or plan.strips or not plan.table.by_row:
        return False
    first, last = _outer(plan.kernel.block, w.outputs)
    inside = first * w.stride >= w.before
    inside &= (w.outputs - last - 1) * w.stride - w.before + w.reach <= w.size
    return first > 0 and (inside or first == w.outputs)


def _outer(block: Block, width: int) -> tuple[int, int]:
    """Voxels of the first and of the last block of a row; 0 where blocks overlap."""
    counts = block.cut(width)
    used = [size for size, count in zip(block.sizes, counts, strict=True) if count]
    whole = sum(size * count for size, count in zip(block.sizes, counts, strict=True))
    return (used[0], used[-1]) if whole == width else (0, 0)


class Ends:
    """The two copies, (2, t, h, w, C): for slabs of at most `most` output frames."""

    def __init__(self, plan: Plan, most: int) -> None:
        assert plan.kernel is not None
        self.plan = plan
        t, h, _ = plan.span(most)
        w = plan.axes[2]
        first, last = _outer(plan.kernel.block, w.outputs)
        wide = (first - 1) * w.stride + w.reach
        self.firsts = w.start(0), w.start(w.outputs - last)
        self.copies = np.zeros((2, t, h, wide, plan.channels), np.float32)

    @property
    def steps(self) -> tuple[int, int, int, int]:
        """Distances in values along T, H, W, C."""
        t, h, w, c = (step // 4 for step in self.copies.strides[1:])
        return t, h, w, c

    def fill(self, clip: Float32, first: int, frames: int) -> None:
        """Copy the ends for output frames from `first` on; what no tap sees stays as it was."""
        t, h, w = self.plan.axes
        rows, columns = self.copies.shape[2:4]
        here, there = overlap(t.start(first), self.plan.span(frames)[0], t.size)
        lines, of_clip = overlap(h.start(0), rows, h.size)
        for copy, begin in zip(self.copies, self.firsts, strict=True):
            some, seen = overlap(begin, columns, w.size)
            copy[here, lines, some] = clip[there, of_clip, seen]

    def places(self, x: NDArray[Any]) -> tuple[int, int, int, int]:
        """Where in `x`, as it were, either copy begins; steps of output frames and rows."""
        t, h, _ = self.plan.axes
        first = (self.copies.ctypes.data - x.ctypes.data) // 4
        frame, row = self.steps[:2]
        return first, first + self.copies[0].size, t.stride * frame, h.stride * row
