"""A still picture becomes a clip: pseudo-depth, one file and one row of the table for each way.

Replicas are what the I3D paper calls a boring video: a filter that sums to zero over time answers 0
to them, away from the ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.encoding.lengths import Picked

if TYPE_CHECKING:
    from collections.abc import Callable

STILL_FRAMES = 5
"""Frames of a still where none are asked for, as in the source article."""


def replicate(wanted: int) -> Picked:
    """Every clip frame is the picture itself, and real."""
    return Picked(np.zeros(wanted, np.int64), np.ones(wanted, np.bool_))


PSEUDO_DEPTHS: dict[str, Callable[[int], Picked]] = {"replicate": replicate}
