"""What the clip's read-out says: which voxel, its value, how it is painted, what lies over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.gui.views import places
from voxviewer.gui.views.heat import heat_words
from voxviewer.render.limits import is_rgb, number

if TYPE_CHECKING:
    from voxviewer.data import Clip
    from voxviewer.gui.views.places import Place
    from voxviewer.render.limits import Scale
    from voxviewer.session import Session

ALONG_TIME = ("tw", "th")
"""Tabs whose pictures have a frame in each row, and columns or rows of the clip across."""


def middle(clip: Clip) -> Place:
    """Row and column in the middle of the clip."""
    return clip.shape[1] // 2, clip.shape[2] // 2


def pointed_at(
    clip: Clip, tab: str, frame: int, voxel: Place | None, hover: Place | None
) -> tuple[int, Place | None]:
    """Frame and voxel under the pointer, else the chosen ones.

    Parameters
    ----------
    tab : which picture of the clip is pointed at
    frame, voxel : the chosen ones
    hover : row and column of the picture; None where nothing is pointed at
    """
    if hover is not None and tab in ALONG_TIME:
        row, column = voxel or middle(clip)
        frame = min(hover[0], clip.shape[0] - 1)
        voxel = (row, hover[1]) if tab == "tw" else (hover[1], column)
    elif hover is not None:
        voxel = hover
    return frame, places.held(voxel, clip.shape[1:3])


def value_words(clip: Clip, frame: int, voxel: Place | None, channel: int) -> tuple[str, str]:
    """Return "x[7, 30, 24, 0] =" and the value there; of colors all three."""
    if voxel is None:
        return "", ""
    row, column = voxel
    values = clip.data[frame, row, column]
    if is_rgb(clip):
        words = ", ".join(number(float(value)) for value in values)
        return f"x[{frame}, {row}, {column}] =", f"({words})"
    return f"x[{frame}, {row}, {column}, {channel}] =", number(float(values[channel]))


def scale_words(session: Session, clip: Clip, scale: Scale) -> str:
    """Return how a frame of the clip is painted, or what lies over it."""
    maps, heat = session.features, session.heat
    if heat is not None and heat.heat.clip is clip and session.heat_over:
        return f"{heat_words(heat)} over {scale.colormap}"
    if session.map_over and maps is not None:
        return f"map {min(session.map, maps.shape[3] - 1)} over {scale.colormap}"
    return scale.words
