"""Which way a scan lies: the nearest axes of the world, and how far it leans from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from voxviewer.data import Float64


def world_axes(affine: Float64) -> list[tuple[int, int]]:
    """Return for each array axis i, j, k the nearest world axis (R, A, S) and its sign.

    Each world axis once, the largest cosines first, as nibabel's `io_orientation` does for scans
    without shear.
    """
    cosines = _cosines(affine)
    found: dict[int, tuple[int, int]] = {}
    left = np.abs(cosines)
    for _ in range(3):
        world, axis = (int(n) for n in np.unravel_index(np.argmax(left), left.shape))
        found[axis] = (world, -1 if cosines[world, axis] < 0 else 1)
        left[world, :] = left[:, axis] = -1
    return [found[axis] for axis in range(3)]


def obliqueness(affine: Float64) -> float:
    """Return the largest angle between an array axis and its world axis, in degrees."""
    cosines = _cosines(affine)
    largest = [abs(cosines[world, axis]) for axis, (world, _) in enumerate(world_axes(affine))]
    return math.degrees(math.acos(min(min(largest), 1.0)))


def _cosines(affine: Float64) -> Float64:
    columns = np.asarray(affine, dtype=np.float64)[:3, :3]
    lengths = np.sqrt((columns**2).sum(axis=0))
    cosines: Float64 = np.nan_to_num(columns / np.where(lengths > 0, lengths, 1))
    return cosines
