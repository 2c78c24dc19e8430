"""Heat over the clip: its colors, its words, and the clip's picture with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.gui.views import marks
from voxviewer.render.limits import Scale, map_scales
from voxviewer.render.overlay import overlaid
from voxviewer.settings import RenderSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from voxviewer.session import HeatNow

NAMES = {"grad-cam": "Grad-CAM", "occlusion": "Occlusion"}


def heat_scale(now: HeatNow) -> Scale:
    """One scale for all frames: from 0 up, or signed where anything speaks against the class."""
    return map_scales(now.maps, RenderSettings(), marks.coat())[0]


def with_heat(
    pixels: NDArray[np.uint32], now: HeatNow, frame: int, cover: float
) -> NDArray[np.uint32]:
    """Return the clip's frame (H, W) with heat over it; the strongest covers `cover` of it."""
    return overlaid(pixels, now.maps, frame, 0, heat_scale(now), cover)


def heat_words(now: HeatNow) -> str:
    """Return what it is, in short: "Grad-CAM, class 3"."""
    return f"{NAMES[now.heat.method]}, class {now.heat.target}"
