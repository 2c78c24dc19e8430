"""What is convolved with what, checked and packed: the plan of one convolution."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

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

    @property
    def parts(self) -> NDArray[np.int64]:
        """(n * 3,) first tap, tap after the last, taps of a run: what is summed in one go."""
        w = self.axes[2]
        groups = _summed(self.kernels.shape[:4])[1]
        return groups if w.stride == w.dilation == 1 else _one_by_one(groups)

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
        counts = self.kernels.shape[:4]
        gaps = (*(axis.dilation for axis in self.axes), 1)
        t, h, w, c = (
            np.arange(count, dtype=np.int64) * (gap * step)
            for count, gap, step in zip(counts, gaps, steps, strict=True)
        )
        taps = t[:, None, None, None] + h[:, None, None] + w[:, None] + c
        return frozen(taps.reshape(-1)[self.order])


def _by_block(weights: Float32, blocks: int) -> Float32:
    """(taps, blocks * size) as (blocks, taps, size), flat."""
    apart = weights.reshape(len(weights), blocks, -1).swapaxes(0, 1)
    return np.ascontiguousarray(apart).reshape(-1)


GROUP = 96
"""Taps at most that are summed in one go, so that rounding does not grow with the kernel's size."""


@lru_cache(maxsize=16)
def _summed(shape: tuple[int, int, int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The order of a kernel's taps (kT, kH, kW, C), and its groups (first, after, run), flat.

    A run is three, else two, else one tap along W, of one channel. First come all runs of three.
    """
    taps = np.arange(math.prod(shape)).reshape(shape).swapaxes(2, 3)
    order, groups, before = [], [], 0
    for first, after, run in _runs(shape[2]):
        order.append(taps[..., first:after].reshape(-1, (after - first) // run, run).reshape(-1))
        groups += [(before + a, before + b, run) for a, b in _evenly(order[-1].size, run)]
        before += order[-1].size
    return frozen(np.concatenate(order)), frozen(np.array(groups, np.int64).reshape(-1))


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


def _one_by_one(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same groups where no tap sees what its neighbor saw: with strides or dilation."""
    alone = groups.copy()
    alone[2::3] = 1
    return frozen(alone)
