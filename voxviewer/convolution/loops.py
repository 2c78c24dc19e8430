"""One thread's way through the slabs: its padded copy of the clip, and the inner loop's arguments.

The clip is read where it lies if every window lies inside it, else from a copy with zeros round it.
Three ways lead through a slab; `Plan` chooses, and all sum in the same order:

- rows: blocks along every output row
- flat: rows shorter than a block; a frame is one long row, padding included, cut out afterwards
- strips: few filters; the copy has the channels apart, so that neighboring voxels are neighbors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from voxviewer.convolution import plain
from voxviewer.data import Float32, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.plans import Plan

BAND = 4096
"""Voxels of a strip at a time: they stay in the processor's nearest cache."""

PIECE = 1 << 18
"""Values of long rows at a time: about a megabyte."""


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
        self.direct = inside and plain_memory and not plan.strips and not plan.flat
        self.memory = np.zeros(0 if self.direct else _copied(plan, most), plan.dtype)
        self.scratch = self.memory if self.direct else _padded(plan, most, self.memory)
        strides = clips.strides[1:] if self.direct else self.scratch.strides
        T, H, W, C = (step // plan.dtype.itemsize for step in strides)
        self.steps = T, H, W, C
        self.offsets = plan.offsets(self.steps)
        self.room = np.empty(_room(plan, most), np.float32)

    def convolve(self, slab: Slab, out: NDArray[Any]) -> None:
        """Fill `out` (frames, H', W', F), contiguous."""
        plan = self.plan
        clip = self._read(slab)
        if plan.kernel is None:
            _plainly(plan, clip, out)
            return
        way = self._strips if plan.strips else self._flat if plan.flat else self._rows
        values = frozen(clip.reshape(-1) if self.direct else self.memory)
        for group in range(plan.groups):
            first = group * int(plan.kernels.shape[3]) * self.steps[3]
            way(values[first:], group, out)

    def _rows(self, x: Float32, group: int, out: Float32) -> None:
        self._call(x, group, out, (len(out), *out.shape[1:3]))

    def _flat(self, x: Float32, group: int, out: Float32) -> None:
        """Long rows of some frames, then what belongs to the maps."""
        plan = self.plan
        _, H, W, _ = out.shape
        pitch = plan.pitch(self.scratch.shape[2])
        length = (H - 1) * pitch + W
        first, count = group * plan.together, plan.together
        at_once = max(1, len(self.room) // (length * count))
        for t in range(0, len(out), at_once):
            frames = min(at_once, len(out) - t)
            long = self.room[: frames * length * count]
            start = t * plan.axes[0].stride * self.steps[0]
            self._call(x[start:], group, long, (frames, 1, length))
            rows = np.lib.stride_tricks.as_strided(
                long, (frames, H, W, count), [4 * count * n for n in (length, pitch, 1)] + [4]
            )
            out[t : t + frames, ..., first : first + count] = rows

    def _call(self, x: Float32, group: int, out: Float32, shape: tuple[int, ...]) -> None:
        """Run the loop over rows; `out` has all filters, or those of this group alone."""
        plan = self.plan
        assert plan.kernel is not None
        pitch = plan.together if out.ndim == 1 else plan.filters
        skipped = 0 if out.ndim == 1 else group * plan.together
        steps = tuple(
            axis.stride * step for axis, step in zip(plan.axes, self.steps[:3], strict=True)
        )
        target = out.reshape(-1)[skipped:]
        plan.kernel.function(
            x, self.offsets, *plan.packed[group], target, shape, steps, plan.together, pitch
        )

    def _strips(self, x: Float32, group: int, out: Float32) -> None:
        plan = self.plan
        assert plan.kernel is not None
        t, h, _ = plan.axes
        row = h.stride * self.steps[1]
        steps = t.stride * self.steps[0], row, _band(row)
        target = out.reshape(-1)[group * plan.together :]
        plan.kernel.function(
            x, self.offsets, *plan.packed[group], self.room, target,
            out.shape[:3], steps, plan.together, plan.filters,
        )  # fmt: skip

    def _read(self, slab: Slab) -> NDArray[Any]:
        """The clip frames of a slab with zeros round them: the clip itself, or the padded copy."""
        t = self.plan.axes[0]
        frames, rows, columns = self.plan.span(slab.frames)
        start = t.start(slab.first)
        clip = self.clips[slab.item]
        if self.direct:
            view: NDArray[Any] = clip[start : start + frames]
            return view
        copy = self.scratch[:frames]
        here, there = zip(
            _overlap(start, frames, t.size),
            *(
                _overlap(-axis.before, length, axis.size)
                for axis, length in zip(self.plan.axes[1:], (rows, columns), strict=True)
            ),
            strict=True,
        )
        copy[: here[0].start] = 0
        copy[here[0].stop :] = 0
        copy[here] = clip[there]
        return copy


def scratch_bytes(plan: Plan, frames: int) -> int:
    """What a loop for slabs of so many output frames holds."""
    return plan.dtype.itemsize * (_copied(plan, frames) + _room(plan, frames))


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


def _room(plan: Plan, frames: int) -> int:
    """Values that wait between the inner loop and the maps."""
    if plan.kernel is None:
        return 0
    block = plan.kernel.block
    _, h, w = plan.axes
    columns = plan.span(1)[2]
    if plan.strips:
        row = h.stride * columns
        length = (min(_band(row), h.outputs) - 1) * row + w.outputs
        return block.filters * (-(-length // block.voxels) * block.voxels)
    if plan.flat:
        length = (h.outputs - 1) * plan.pitch(columns) + w.outputs
        return length * plan.together * max(1, min(frames, PIECE // (length * plan.together)))
    return 0


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
