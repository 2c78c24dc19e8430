"""What is convolved with what, checked and packed: the plan of one convolution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.convolution import taps, tuning
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
    def terms(self) -> int:
        """Products that make a voxel: kT * kH * kW * C / groups."""
        return self.kernels.size // self.filters

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
        ordered = self.kernels.reshape(self.terms, self.filters)[self.order]
        return tuple(
            (
                frozen(_by_block(ordered[:, first : first + count], size)),
                frozen(_by_block(self.bias[None, first : first + count], size)),
            )
            for first in range(0, self.filters, count)
        )

    @property
    def order(self) -> NDArray[np.int64]:
        """(taps,) in which order the taps (kT, kH, kW, C), flat, are summed."""
        return taps.order(self.kernels.shape[:4])

    @cached_property
    def table(self) -> taps.Table:
        """Which taps are summed where: those that would see no voxel of the clip are left out."""
        assert self.kernel is not None
        t, h, w = self.axes
        alone = not (w.stride == w.dilation == 1 and self.kernel.block.runs)
        return taps.table(
            self.kernels.shape[:4], t, h, alone=alone, by_row=not self.kernel.block.strips
        )

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
        return taps.offsets(self.kernels.shape[:4], apart)


def _by_block(values: Float32, size: int) -> Float32:
    """(taps, filters) as (blocks, taps, size), flat; zeros fill the last block up."""
    taps, filters = values.shape
    blocks = -(-filters // size)
    if filters < blocks * size:
        whole = np.zeros((taps, blocks * size), np.float32)
        whole[:, :filters] = values
        values = whole
    apart = values.reshape(taps, blocks, size).swapaxes(0, 1)
    return np.ascontiguousarray(apart).reshape(-1)
