"""The samples' pictures on the welcome screen: each sample's own middle, as its view shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Skeleton, Volume
from voxviewer.gui.views import planes
from voxviewer.settings import EncodingSettings, Opening

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (240, 320)


def sample_picture(path: str) -> NDArray[np.uint32]:
    """Return the (H, W) uint32 pixels of a sample's middle; reads and draws, for a job."""
    from voxviewer.sources import same_opening

    if path == "sample:waving-hand":
        return _wide_hand()
    source = same_opening(Opening(path))
    return _stick_figure(source) if isinstance(source, Skeleton) else _middle(source)


def _wide_hand() -> NDArray[np.uint32]:
    """Draw the hand in the card's own shape: its frames are square."""
    from voxviewer.sources.hand import painter

    hand = painter(16, *SIZE)(9)
    return planes.source_pixels(hand, planes.source_scale(hand, None))


def _middle(volume: Volume) -> NDArray[np.uint32]:
    count = planes.source_count(volume, EncodingSettings())
    slot = planes.slot_of(volume, EncodingSettings(), count // 2)
    plane = planes.read_plane(volume, slot)
    pixels = planes.source_pixels(plane, planes.source_scale(plane, None))
    return np.ascontiguousarray(planes.turn_of(volume, slot).shown(pixels))


def _stick_figure(skeleton: Skeleton) -> NDArray[np.uint32]:
    from voxviewer.render.thumbnails import skeleton_bounds, skeleton_picture

    frame = skeleton.joints[skeleton.shape[0] // 2]
    plane = skeleton.plane("auto")
    bounds = skeleton_bounds(skeleton.joints, plane)
    return skeleton_picture(
        frame, skeleton.topology, SIZE, bounds=bounds, plane=plane, up=skeleton.up
    )
