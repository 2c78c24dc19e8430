"""Reading a block in slabs and averaging it down on the way, so that nothing large is ever held."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voxviewer.data import Float32, Progress

Slab = Callable[[int, int], NDArray[Any]]
"""Slices start to stop along the first axis, (n, H, W)."""

SLAB_BYTES = 32 << 20


def halvings(
    sides: tuple[int, int, int], budget: int, spacing: tuple[float, float, float] | None
) -> tuple[int, int, int]:
    """Return how many voxels along each axis become one, so that the block fits the budget.

    The axis with the finest voxels is halved first, of equals the longest; an axis of one voxel
    is left alone.
    """
    steps = [1, 1, 1]
    sizes = [s if s > 0 and np.isfinite(s) else 1.0 for s in spacing or (1.0, 1.0, 1.0)]

    def count(axis: int) -> int:
        return -(-sides[axis] // steps[axis])

    while count(0) * count(1) * count(2) > budget:
        able = [axis for axis in range(3) if count(axis) > 1]
        if not able:
            break
        finest = min(able, key=lambda axis: (round(sizes[axis] * steps[axis], 3), -count(axis)))
        steps[finest] *= 2
    return steps[0], steps[1], steps[2]


def read_block(
    slab: Slab, sides: tuple[int, int, int], steps: tuple[int, int, int], progress: Progress
) -> Float32:
    """Return the block (D', H', W') float32, each voxel the mean of those it stands for.

    The last one along an axis stands for fewer where the sides do not divide.
    """
    D, H, W = sides
    thick = steps[0]
    at_once = max(1, SLAB_BYTES // max(4 * H * W * thick, 1)) * thick
    parts = []
    for start in range(0, D, at_once):
        progress(start / D, "reading the block")
        values = slab(start, min(start + at_once, D)).astype(np.float32)
        for axis, step in enumerate(steps):
            values = mean_of(values, step, axis)
        parts.append(values)
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def mean_of(values: NDArray[Any], step: int, axis: int) -> NDArray[Any]:
    """Return the means of every `step` neighbors along an axis; the last of what is left."""
    if step == 1:
        return values
    starts = np.arange(0, values.shape[axis], step)
    counts = np.diff(np.append(starts, values.shape[axis])).astype(np.float32)
    shape = [1] * values.ndim
    shape[axis] = -1
    return np.asarray(np.add.reduceat(values, starts, axis=axis) / counts.reshape(shape))
