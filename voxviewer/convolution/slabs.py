"""A convolution cut into slabs of output frames, shared out among threads.

Each slab takes the clip frames that it needs, with zeros where there is padding, and fills its part
of the maps; a valid convolution reads the clip itself. Every voxel is summed in one fixed order, so
the result has the same bytes however it was cut and whoever computed it. Between slabs progress is
reported and work can be stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from voxviewer.convolution import plain, tuning
from voxviewer.convolution.geometry import Axis, output_shape
from voxviewer.data import Float32, Progress, frozen, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

PER_THREAD = 15e6
"""Floating-point operations below which another thread costs more than it gives."""

PER_SLAB = 5e8
"""About 10 ms of work: how often progress is reported and a stop is noticed."""


TEXT = "Convolving"


class Slab(NamedTuple):
    """`frames` output frames of batch item `item`, from `first` on."""

    item: int
    first: int
    frames: int


Target: TypeAlias = Callable[[Slab], Float32]
"""Gives the contiguous (frames, H', W', F) float32 array that a slab is written to."""

Done: TypeAlias = Callable[[Slab, Float32], None]
"""Told of each finished slab, in the thread that made it."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is convolved with what: axes T, H, W; `kernels` (kT, kH, kW, C, F); `bias` (F,).

    Taps that only ever see padding are gone already (see `geometry.trimmed`).
    """

    axes: tuple[Axis, Axis, Axis]
    kernels: Float32
    bias: Float32

    @property
    def filters(self) -> int:
        """F."""
        return int(self.kernels.shape[-1])

    @property
    def work(self) -> float:
        """Floating-point operations for one output frame."""
        _, h, w = self.axes
        return 2.0 * h.outputs * w.outputs * self.kernels.size

    @cached_property
    def kernel(self) -> tuning.Kernel | None:
        """The compiled inner loop, or None where there is no Numba."""
        return tuning.kernel_for(self.filters)

    @cached_property
    def packed(self) -> tuple[Float32, Float32]:
        """Kernels and bias in blocks of filters, as `kernels.compiled` wants them."""
        assert self.kernel is not None
        block = self.kernel.block
        blocks = -(-self.filters // block)
        taps = self.kernels.size // self.filters
        weights = np.zeros((taps, blocks * block), np.float32)
        weights[:, : self.filters] = self.kernels.reshape(taps, self.filters)
        weights = np.ascontiguousarray(weights.reshape(taps, blocks, block).swapaxes(0, 1))
        bias = np.zeros(blocks * block, np.float32)
        bias[: self.filters] = self.bias
        return frozen(weights.reshape(-1)), frozen(bias)

    def span(self, count: int) -> tuple[int, int, int]:
        """Clip frames, rows and columns, padding included, that `count` output frames look at."""
        t, h, w = self.axes
        frames = (count - 1) * t.stride + t.reach
        rows, columns = ((axis.outputs - 1) * axis.stride + axis.reach for axis in (h, w))
        return frames, rows, columns

    def offsets(self, rows: int, columns: int) -> NDArray[np.int64]:
        """(taps,) distance of each tap from the first, in a flat slab of these rows and columns."""
        channels = self.kernels.shape[3]
        t, h, w = (np.arange(axis.taps) * axis.dilation for axis in self.axes)
        voxels = (t[:, None, None] * rows + h[:, None]) * columns + w
        taps = voxels[..., None] * channels + np.arange(channels)
        return frozen(taps.reshape(-1).astype(np.int64))


def run(
    plan: Plan, clips: NDArray[Any], target: Target, done: Done, progress: Progress = no_progress
) -> None:
    """Convolve clips (N, T, H, W, C) of any real dtype, slab by slab.

    `progress` is called in the calling thread alone: at the start, after each slab of its own, and
    at the end. What it raises stops all threads after their present slab, and is raised again.
    """
    progress(0.0, TEXT)
    slabs = cut(plan, len(clips))
    count = _thread_count(plan, len(clips), len(slabs))
    queue = _Queue(slabs, progress)
    helpers = [
        threading.Thread(target=_work, args=(plan, clips, target, done, queue), daemon=True)
        for _ in range(count - 1)
    ]
    for helper in helpers:
        helper.start()
    _work(plan, clips, target, done, queue)
    for helper in helpers:
        helper.join()
    if queue.error is not None:
        raise queue.error
    progress(1.0, TEXT)


def cut(plan: Plan, items: int) -> list[Slab]:
    """The slabs of N clips: small enough to share out evenly, large enough to be worth it."""
    frames = plan.axes[0].outputs
    most = max(1, int(PER_SLAB // plan.work))
    if plan.work * frames * items > 2 * PER_THREAD:
        shares = 4 * tuning.threads() if tuning.threads() > 1 else 1
        most = min(most, max(1, -(-frames * items // shares)))
    return [
        Slab(item, first, min(most, frames - first))
        for item in range(items)
        for first in range(0, frames, most)
    ]


def _thread_count(plan: Plan, items: int, slabs: int) -> int:
    if plan.kernel is None:
        return 1  # NumPy's matrix product has threads of its own
    work = plan.work * plan.axes[0].outputs * items
    return max(1, min(tuning.threads(), slabs, int(work // PER_THREAD)))


def scratch_bytes(plan: Plan, items: int = 1) -> int:
    """The most that padded copies take at once, over all threads."""
    largest = max((slab.frames for slab in cut(plan, items)), default=0)
    frames, rows, columns = plan.span(largest)
    return 4 * frames * rows * columns * int(plan.kernels.shape[3]) * tuning.threads()


class _Queue:
    """The slabs that are left, for all threads; empty once one of them failed."""

    def __init__(self, slabs: list[Slab], progress: Progress) -> None:
        self._left = iter(slabs)
        self._total = len(slabs)
        self._finished = 0
        self._lock = threading.Lock()
        self._progress = progress
        self._caller = threading.current_thread()
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[Slab]:
        while True:
            with self._lock:
                slab = None if self.error is not None else next(self._left, None)
            if slab is None:
                return
            yield slab
            self._finish()

    def _finish(self) -> None:
        with self._lock:
            self._finished += 1
            share = self._finished / self._total
        if threading.current_thread() is self._caller:
            self._progress(share, TEXT)

    def fail(self, error: BaseException) -> None:
        with self._lock:
            self.error = self.error or error


def _work(plan: Plan, clips: NDArray[Any], target: Target, done: Done, queue: _Queue) -> None:
    """One thread: take slabs until none is left."""
    try:
        # Values beyond float32 become infinite, as they do in Keras.
        with np.errstate(all="ignore"):
            loop = _Loop(plan, clips)
            for slab in queue:
                out = target(slab)
                loop.convolve(slab, out)
                done(slab, out)
    except BaseException as error:
        queue.fail(error)


class _Loop:
    """One thread's way through slabs: its padded copy of the clip, the inner loop's arguments."""

    def __init__(self, plan: Plan, clips: NDArray[Any]) -> None:
        self.plan, self.clips = plan, clips
        inside = all(axis.before == 0 and axis.after <= 0 for axis in plan.axes)
        flags = clips[:1].flags
        plain_memory = clips.dtype == np.float32 and flags.c_contiguous and flags.aligned
        self.direct = inside and plain_memory
        self.scratch: Float32 | None = None
        self.size = clips.shape[2:4] if self.direct else plan.span(1)[1:]
        self.offsets = plan.offsets(*self.size)

    def convolve(self, slab: Slab, out: Float32) -> None:
        """Fill `out` (frames, H', W', F)."""
        plan = self.plan
        clip = self._read(slab)
        strides = tuple(axis.stride for axis in plan.axes)
        if plan.kernel is None:
            dilation = tuple(axis.dilation for axis in plan.axes)
            plain.correlate(clip, plan.kernels, plan.bias, strides, dilation, out)  # type: ignore[arg-type]
            return
        rows, columns = self.size
        voxel = clip.shape[3]
        steps = (
            strides[0] * rows * columns * voxel,
            strides[1] * columns * voxel,
            strides[2] * voxel,
        )
        shape = (slab.frames, *output_shape(plan.axes)[1:])
        flat = frozen(clip.reshape(-1))
        plan.kernel.function(
            flat, self.offsets, *plan.packed, out.reshape(-1), shape, steps, plan.filters
        )

    def _read(self, slab: Slab) -> Float32:
        """The clip frames of a slab with zeros round them: the clip itself, or the padded copy."""
        t = self.plan.axes[0]
        frames, rows, columns = self.plan.span(slab.frames)
        start = t.start(slab.first)
        clip = self.clips[slab.item]
        if self.direct:
            view: Float32 = clip[start : start + frames]
            return view
        if self.scratch is None or len(self.scratch) < frames:
            self.scratch = np.zeros((frames, rows, columns, clip.shape[3]), np.float32)
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


def _overlap(start: int, length: int, size: int) -> tuple[slice, slice]:
    """Where start .. start + length - 1 meets 0 .. size - 1, as a slice of either."""
    first, last = max(start, 0), min(start + length, size)
    last = max(first, last)
    return slice(first - start, last - start), slice(first, last)
