"""What is said of each feature map: its limits, its energy over time, how much of it is zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64


SQUARES = 1e-17, 1e16
"""Between these sizes squares, and sums of them, are float32 numbers of full precision."""


def measure(data: Float32) -> tuple[Float32, Float64, Float32]:
    """Limits (F,), energy (T', F) float64 and sparsity (F,) of maps (T', H', W', F).

    Limits are the largest |value| of each map, energy the mean square of each map in each frame,
    sparsity the share of exact zeros. Values that are not finite count as 0 in the first two.
    """
    T, H, W, F = data.shape
    limits = np.zeros(F, np.float32)
    energy = np.empty((T, F), np.float64)
    zeros = np.zeros(F, np.int64)
    # Frame by frame, which stays in the processor's cache, and rows first: along whole rows NumPy
    # uses vector instructions, along F values it does not.
    sizes = np.empty((H, W * F), np.float32)
    for t, frame in enumerate(data):
        rows = frame.reshape(H, W * F)
        np.abs(rows, out=sizes)
        largest = sizes.max(axis=0)
        if not np.isfinite(largest).all():
            sizes[~np.isfinite(sizes)] = 0
            largest = sizes.max(axis=0)
        np.maximum(limits, largest.reshape(W, F).max(axis=0), out=limits)
        energy[t] = _sum_of_squares(sizes, float(largest.max())).reshape(W, F).sum(axis=0) / (H * W)
        zeros += _count_zeros(rows).reshape(W, F).sum(axis=0)
    return limits, energy, (zeros / (T * H * W)).astype(np.float32)


def _sum_of_squares(sizes: Float32, largest: float) -> NDArray[np.float64]:
    """Of each column; `sizes` may be overwritten."""
    if largest and not SQUARES[0] < largest < SQUARES[1]:
        exact: NDArray[np.float64] = np.square(sizes, dtype=np.float64).sum(axis=0)
        return exact
    np.multiply(sizes, sizes, out=sizes)
    sums: Float32 = sizes.sum(axis=0)
    return sums.astype(np.float64)


def _count_zeros(rows: Float32) -> NDArray[np.int64]:
    """How many zeros each column has; in bytes, of which 255 can be added without overflow."""
    zero = (rows == 0).view(np.uint8)
    total = np.zeros(rows.shape[1], np.int64)
    for first in range(0, len(zero), 255):
        total += np.add.reduce(zero[first : first + 255], axis=0, dtype=np.uint8)
    return total
