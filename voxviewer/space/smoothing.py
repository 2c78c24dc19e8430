"""What small blocks go through before they are lit: between their voxels, and off their stairs.

A scan of 24 slices is seen voxel by voxel on a screen. Twice as many voxels by cubic interpolation
keep bright points bright where linear interpolation dims them between voxels; a binomial filter
takes the stairs off lit surfaces. Both are for the eye: values are read from the data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxviewer.space.looks import TOP

UInt16 = NDArray[np.uint16]
Float32 = NDArray[np.float32]

FINE = 3_000_000
"""Voxels up to which a block is refined."""
QUARTER = (-0.0703125, 0.8671875, 0.2265625, -0.0234375)
"""Weights of the four neighbors a quarter of a voxel after the second: Catmull and Rom's spline."""


def finer(codes: UInt16) -> UInt16:
    """Return the block with twice the voxels along each axis, while that is few enough.

    The edges stay where they are: the new voxels lie a quarter before and after each old one.
    """
    fine = codes.astype(np.float32)
    for axis in np.argsort(codes.shape):
        if 2 * fine.size <= FINE and fine.shape[axis] > 1:
            fine = _doubled(fine, int(axis))
    if fine.size == codes.size:
        return codes
    found: UInt16 = np.rint(np.clip(fine, 0, TOP)).astype(np.uint16)
    return found


def _doubled(values: Float32, axis: int) -> Float32:
    n = values.shape[axis]
    padding = [(2, 2) if other == axis else (0, 0) for other in range(values.ndim)]
    padded = np.moveaxis(np.pad(values, padding, mode="edge"), axis, 0)
    after = sum(w * padded[k + 1 : k + 1 + n] for k, w in enumerate(QUARTER))
    before = sum(w * padded[3 - k : 3 - k + n] for k, w in enumerate(QUARTER))
    both: Float32 = np.stack([before, after], axis=1).reshape(2 * n, *padded.shape[1:])
    return np.moveaxis(both, 0, axis)


def smoothed(codes: UInt16, times: int = 1) -> UInt16:
    """Return the block after a binomial filter (1, 2, 1) along each axis; large ones as they are.

    Its standard deviation is 0.7 voxel.
    """
    if codes.size > 8 * FINE:
        return codes
    values = codes.astype(np.float32)
    for axis in range(3):
        n = values.shape[axis]
        padding = [(1, 1) if other == axis else (0, 0) for other in range(3)]
        padded = np.moveaxis(np.pad(values, padding, mode="edge"), axis, 0)
        mean = (padded[:n] + padded[2:]) * np.float32(0.25) + padded[1:-1] * np.float32(0.5)
        values = np.moveaxis(mean, 0, axis)
    found: UInt16 = np.rint(values).astype(np.uint16)
    return np.ascontiguousarray(found)
