"""What is convolved with what, checked and packed: the plan of one convolution."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxviewer.convolution import tuning
from voxviewer.convolution.geometry import Axis, output_shape
from voxviewer.data import Float32, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Plan:
    """Axes T, H, W; `kernels` (kT, kH, kW, C / groups, F) float32, or float64; `bias` (F,).

    Taps that only ever see padding are gone already (see `geometry.trimmed`). The dtype of the
    kernels is that of the arithmetic and of the maps.
    """

    axes: tuple[Axis, Axis, Axis]
    kernels: NDArray[Any]
    bias: NDArray[Any]
    groups: int = 1

    @property
    def filters(self) -> int:
        """F."""
        return int(self.kernels.shape[-1])

    @property
    def together(self) -> int:
        """F / groups: filters that see the same channels."""
        return self.filters // self.groups

    @property
    def channels(self) -> int:
        """C of the clip."""
        return int(self.kernels.shape[3]) * self.groups

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32, or float64 on request."""
        return self.kernels.dtype

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(T', H', W', F) of the maps."""
        return (*output_shape(self.axes), self.filters)

    @property
    def work(self) -> float:
        """Floating-point operations for one output frame."""
        _, h, w = self.axes
        return 2.0 * h.outputs * w.outputs * self.kernels.size

    @cached_property
    def kernel(self) -> tuning.Kernel | None:
        """The compiled inner loop; None where there is no Numba, and for float64."""
        if self.dtype != np.float32:
            return None
        return tuning.kernel_for(self.together, strips=self.axes[2].stride == 1)

    @property
    def strips(self) -> bool:
        """Whether the lanes of the inner loop are voxels."""
        return self.kernel is not None and self.kernel.block.strips

    @cached_property
    def packed(self) -> tuple[tuple[Float32, Float32], ...]:
        """For each group: kernels (blocks, taps, filters of a block) and bias, flat."""
        assert self.kernel is not None
        size, count = self.kernel.block.filters, self.together
        blocks = -(-count // size)
        taps = self.kernels.size // self.filters
        weights = np.zeros((self.groups, taps, blocks * size), np.float32)
        grouped = self.kernels.reshape(taps, self.groups, count)[self.order]
        weights[..., :count] = grouped.swapaxes(0, 1)
        bias = np.zeros((self.groups, blocks * size), np.float32)
        bias[:, :count] = self.bias.reshape(self.groups, count)
        return tuple(
            (frozen(_by_block(one, blocks)), frozen(offset))
            for one, offset in zip(weights, bias, strict=True)
        )

    @property
    def order(self) -> NDArray[np.int64]:
        """(taps,) in which order the taps (kT, kH, kW, C), flat, are summed."""
        return _summed(self.kernels.shape[:4])[0]

    def parts(self, first: int, frames: int) -> tuple[NDArray[np.int64], int]:
        """Groups of taps (first, after, run), flat, and their number n, for some output frames.

        All frames have the same n, or each has its own: taps that would see frames before or after
        the clip are left out there.
        """
        t, _, w = self.axes
        alone = not w.stride == w.dilation == 1
        if t.start(first) >= 0 and t.start(first + frames - 1) + t.reach <= t.size:
            first = frames = 0
        return _parts(self.kernels.shape[:4], t, alone, first, frames)

    def prepare(self) -> None:
        """Load or compile the inner loop and pack the kernels for it."""
        if self.kernel is not None:
            _ = self.packed

    def span(self, count: int) -> tuple[int, int, int]:
        """Clip frames, rows and columns, padding included, that `count` output frames look at."""
        t, h, w = self.axes
        frames = (count - 1) * t.stride + t.reach
        rows, columns = ((axis.outputs - 1) * axis.stride + axis.reach for axis in (h, w))
        return frames, rows, columns

    def offsets(self, steps: tuple[int, int, int, int]) -> NDArray[np.int64]:
        """(taps,) distance of each tap from the first: T, H, W, C lie so far apart in memory."""
        gaps = (*(axis.dilation for axis in self.axes), 1)
        apart = tuple(gap * step for gap, step in zip(gaps, steps, strict=True))
        return _offsets(self.kernels.shape[:4], apart)


def _by_block(weights: Float32, blocks: int) -> Float32:
    """(taps, blocks * size) as (blocks, taps, size), flat."""
    apart = weights.reshape(len(weights), blocks, -1).swapaxes(0, 1)
    return np.ascontiguousarray(apart).reshape(-1)


_Taps: TypeAlias = tuple[int, ...]
"""kT, kH, kW, C."""

GROUP = 96
"""Taps at most that are summed in one go, so that rounding does not grow with the kernel's size."""


@lru_cache(maxsize=16)
def _summed(shape: _Taps) -> tuple[NDArray[np.int64], ...]:
    """The order of a kernel's taps (kT, kH, kW, C); its groups (n, 3): first, after, run; (n, 2).

    A run is three, else two, else one tap along W, of one channel. First come all runs of three.
    The last array tells of each group where the runs of its kind begin, and how many taps of that
    kind each of the kT frames has.
    """
    taps = np.arange(math.prod(shape)).reshape(shape).swapaxes(2, 3)
    order, groups, sections, before = [], [], [], 0
    for first, after, run in _runs(shape[2]):
        part = taps[..., first:after].reshape(-1)
        for begin, end in _evenly(part.size, run):
            groups.append((before + begin, before + end, run))
            sections.append((before, part.size // shape[0]))
        order.append(part)
        before += part.size
    return tuple(
        frozen(np.array(made, np.int64)) for made in (np.concatenate(order), groups, sections)
    )


def _runs(width: int) -> list[tuple[int, int, int]]:
    """How kW taps fall into runs of three, of two, of one: (first, after, length)."""
    threes = width // 3 - (width % 3 == 1 and width > 1)
    twos = (width - 3 * threes) // 2
    found = [(0, 3 * threes, 3), (3 * threes, 3 * threes + 2 * twos, 2)]
    found.append((found[1][1], width, 1))
    return [part for part in found if part[0] < part[1]]


def _evenly(taps: int, run: int) -> list[tuple[int, int]]:
    """(first, after) of groups of whole runs, as even as they can be."""
    runs = taps // run
    count = -(-taps // (GROUP // run * run))
    edges = [number * runs // count * run for number in range(count + 1)]
    return list(itertools.pairwise(edges))


@lru_cache(maxsize=16)
def _offsets(shape: _Taps, apart: tuple[int, ...]) -> NDArray[np.int64]:
    """See `Plan.offsets`; neighbors along an axis of the kernel are so far `apart`."""
    places = np.zeros(shape, np.int64)
    for axis, (count, step) in enumerate(zip(shape, apart, strict=True)):
        along = np.arange(count, dtype=np.int64) * step
        places += np.expand_dims(along, tuple(set(range(4)) - {axis}))
    return frozen(places.reshape(-1)[_summed(shape)[0]])


@lru_cache(maxsize=64)
def _parts(
    shape: _Taps, t: Axis, alone: bool, first: int, frames: int
) -> tuple[NDArray[np.int64], int]:
    """See `Plan.parts`; no frames: for those that see the clip alone.

    `alone`: no tap sees what its neighbor saw a voxel before, because of strides or dilation.
    """
    groups, sections = (made.copy() for made in _summed(shape)[1:])
    if alone:
        groups[:, 2] = 1
    if not frames:
        return frozen(groups.reshape(-1)), len(groups)
    start = np.arange(first, first + frames) * t.stride - t.before
    lowest = np.clip(-(start // t.dilation), 0, shape[0])
    highest = np.clip(-((start - t.size) // t.dilation), lowest, shape[0])
    begin, each = sections.T
    edges = [begin + count[:, None] * each for count in (lowest, highest)]
    own = np.empty((frames, *groups.shape), np.int64)
    own[..., 0] = np.clip(groups[:, 0], *edges)
    own[..., 1] = np.clip(groups[:, 1], *edges)
    own[..., 2] = groups[:, 2]
    return frozen(own.reshape(-1)), len(groups)
