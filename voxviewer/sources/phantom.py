"""A head-like volume of ellipsoids without any symmetry, after Shepp and Logan (1974).

Every end of every axis carries a marker of its own (cube, ball or rod, each of another size and
brightness), so that an axis swapped or flipped by mistake is seen at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHAPE = (64, 64, 30)

# Center and half axes (H, W, D) in [-1, 1], degrees in the H-W plane, value that is set.
ELLIPSOIDS = (
    ((0.0, 0.0, -0.05), (0.9, 0.7, 0.92), 0, 0.62),
    ((0.0, 0.0, -0.05), (0.845, 0.645, 0.86), 0, 0.25),
    ((0.02, -0.21, 0.05), (0.35, 0.155, 0.5), 16, 0.1),
    ((0.0, 0.23, -0.02), (0.28, 0.115, 0.4), -12, 0.1),
    ((-0.665, -0.03, 0.1), (0.05, 0.16, 0.3), 0, 0.5),
    ((-0.5, -0.21, 0.2), (0.09, 0.09, 0.2), 0, 0.78),
    ((0.42, 0.03, -0.15), (0.22, 0.19, 0.45), 0, 0.52),
    ((0.5, 0.37, 0.0), (0.13, 0.09, 0.35), 38, 0.7),
    ((0.14, 0.12, 0.0), (0.055, 0.055, 0.2), 0, 1.0),
    ((0.1, -0.42, -0.5), (0.1, 0.06, 0.16), -25, 0.42),
)
# The ends of H, W and D: first voxel and size of a block, value.
MARKERS = (
    ((0, 27, 12), (2, 6, 4), 0.9),
    ((62, 44, 17), (2, 3, 8), 0.7),
    ((20, 0, 8), (4, 2, 4), 0.8),
    ((38, 62, 20), (9, 2, 3), 0.55),
    ((52, 8, 0), (5, 5, 2), 1.0),
    ((6, 50, 28), (3, 8, 2), 0.6),
)


@lru_cache(maxsize=1)
def phantom() -> NDArray[np.float32]:
    """Return (64, 64, 30) float32 in [0, 1], axes H, W, D."""
    volume = np.zeros(SHAPE, np.float32)
    for center, axes, degrees, value in ELLIPSOIDS:
        inside = _ellipsoid(center, axes, np.deg2rad(degrees))
        volume += inside * (np.float32(value) - volume)
    for first, size, value in MARKERS:
        volume[tuple(slice(a, a + n) for a, n in zip(first, size, strict=True))] = value
    return frozen(volume)


def _ellipsoid(
    center: tuple[float, ...], axes: tuple[float, ...], angle: float
) -> NDArray[np.float32]:
    """(64, 64, 30) share of each voxel that lies inside, soft over one voxel."""
    h, w, d = (
        (np.arange(length, dtype=np.float32) + 0.5) * 2 / length - 1 - middle
        for length, middle in zip(SHAPE, center, strict=True)
    )
    h, w, d = h[:, None, None], w[None, :, None], d[None, None, :]
    cos, sin = np.cos(angle), np.sin(angle)
    a, b, c = (h * cos + w * sin) / axes[0], (w * cos - h * sin) / axes[1], d / axes[2]
    voxels = (1 - np.sqrt(a * a + b * b + c * c)) * min(axes[:2]) * SHAPE[0] / 2
    share: NDArray[np.float32] = np.clip(voxels + 0.5, 0, 1).astype(np.float32)
    return share
