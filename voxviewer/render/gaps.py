"""Gaps of a recording: where joints are missing, and straight lines through short gaps.

The lines are for drawing only: no tensor is made of them.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float64, Skeleton

SHORT = 10
"""Frames of a gap that may be drawn through: a third of a second at a camera's usual rate."""


def bridged(
    points: NDArray[np.floating], longest: int = SHORT
) -> tuple[Float64, NDArray[np.bool_]]:
    """Draw straight lines through the gaps of no more than `longest` frames.

    Parameters
    ----------
    points : (T, P, J, X), NaN = not seen

    Returns
    -------
    (T, P, J, X) float64, longer gaps and both ends still NaN; and (T, P, J), True where a place is
    only a line between two others
    """
    result = points.astype(np.float64)
    seen = np.asarray(np.isfinite(result).all(axis=-1))
    made = np.zeros(seen.shape, bool)
    for person, joint in np.argwhere(~seen.all(axis=0) & seen.any(axis=0)):
        known = np.flatnonzero(seen[:, person, joint])
        for before, after in pairwise(known):
            if 1 < after - before <= longest + 1:
                _line(result[:, person, joint], int(before), int(after))
                made[before + 1 : after, person, joint] = True
    return result, made


def _line(way: Float64, before: int, after: int) -> None:
    """Fill the frames between two known ones of (T, X), in place."""
    share = np.arange(1, after - before)[:, None] / (after - before)
    way[before + 1 : after] = way[before] + share * (way[after] - way[before])


@lru_cache(maxsize=4)
def missing_share(source: Skeleton) -> Float64:
    """What share of the joints that should be there is missing in each frame, (T,) float64.

    A joint should be there where its person is on the scene, between the first and the last frame
    in which anything of that person is seen; one that is never seen is no gap. A frame in which
    nobody should be has 1: there is nothing to draw.
    """
    seen = np.asarray(np.isfinite(source.joints).all(axis=-1))
    there = np.asarray(seen.any(axis=2))
    onward = np.logical_or.accumulate(there, axis=0)
    back = np.logical_or.accumulate(there[::-1], axis=0)[::-1]
    present: NDArray[np.bool_] = np.asarray(onward & back)
    wanted = present[..., None] & seen.any(axis=0)
    count = wanted.sum(axis=(1, 2))
    lost = (wanted & ~seen).sum(axis=(1, 2))
    share: Float64 = np.where(count > 0, lost / np.maximum(count, 1), 1.0)
    return share
