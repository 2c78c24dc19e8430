"""A feature map over the clip it was made of, each of its voxels where its window is centered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.render.colormaps import lut32
from voxviewer.render.pixels import indices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import FeatureMaps
    from voxviewer.render.limits import Scale

STRONGEST = 0.9
"""How much of the clip the largest value covers; what is 0 covers nothing."""


def map_rows(maps: FeatureMaps, axis: int) -> NDArray[np.int64]:
    """Return the map's index whose window is centered nearest to each clip row, -1 for none.

    Parameters
    ----------
    maps : their `offset`, `stride` and shape, and their clip's
    axis : 1 for rows, 2 for columns

    Returns
    -------
    (H,) or (W,) int64; -1 more than half a stride from the first and the last center, where a map
    made without padding has nothing to say
    """
    size, count = maps.clip.shape[axis], maps.shape[axis]
    place = (np.arange(size) - maps.offset[axis]) / maps.stride[axis]
    # Half way between two centers the first one is meant, as where a person points.
    index: NDArray[np.int64] = np.ceil(place - 0.5).astype(np.int64)
    index[(place < -0.5) | (place > count - 0.5)] = -1
    return np.minimum(index, count - 1)


def overlaid(
    picture: NDArray[np.uint32],
    maps: FeatureMaps,
    frame: int,
    index: int,
    scale: Scale,
    strongest: float = STRONGEST,
) -> NDArray[np.uint32]:
    """Return the clip's picture with one frame of one map over it.

    Parameters
    ----------
    picture : (H, W) uint32, 0xFFRRGGBB, the clip's frame
    maps, frame, index : which map, at which frame of the maps
    scale : the map's colors and limits
    strongest : how much of the clip the limit covers, 0 to 1

    Returns
    -------
    (H, W) uint32; a voxel covers the clip by the root of its size, so that weak answers are seen:
    0 not at all, the limit by `strongest`. The color of a signed map says the sign alone
    """
    rows, columns = map_rows(maps, 1), map_rows(maps, 2)
    plane = maps.data[frame, :, :, index]
    share = strongest * _strength(plane, scale)[rows[:, None], columns]
    share[rows < 0] = 0
    share[:, columns < 0] = 0
    colors = lut32(scale.colormap)[indices(_hue(plane, scale), scale)][rows[:, None], columns]
    mixed = np.full(picture.shape, 0xFF000000, np.uint32)
    for shift in (16, 8, 0):
        below = (picture >> np.uint32(shift) & np.uint32(255)).astype(np.float32)
        above = (colors >> np.uint32(shift) & np.uint32(255)).astype(np.float32)
        level = np.rint(below + share * (above - below)).astype(np.uint32)
        mixed |= level << np.uint32(shift)
    return mixed


def _strength(plane: NDArray[Any], scale: Scale) -> NDArray[np.float32]:
    """The root of each voxel's size, 0 to 1; NaN covers nothing."""
    span = max(abs(scale.low), abs(scale.high)) if scale.signed else scale.high - scale.low
    size = np.abs(plane) if scale.signed else plane - scale.low
    share = np.nan_to_num(size / max(span, 1e-30), nan=0.0, posinf=1.0, neginf=0.0)
    return np.sqrt(np.clip(share, 0, 1)).astype(np.float32)


def _hue(plane: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """The values whose colors are taken: signed maps are dark round 0, which would only shade."""
    return np.sign(plane) * np.float32(0.75 * scale.high) if scale.signed else plane
