"""What is drawn of the clip: a frame with what lies over it, one row or column of it over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.gui.views import marks, places
from voxviewer.gui.views.clip_words import middle
from voxviewer.gui.views.heat import with_heat
from voxviewer.gui.views.picture import Picture
from voxviewer.gui.views.sticks import over_clip
from voxviewer.render.limits import clip_scale, is_rgb, map_scales
from voxviewer.render.overlay import overlaid
from voxviewer.render.pixels import clip_picture, paint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip
    from voxviewer.gui.views.places import Place
    from voxviewer.render.limits import Scale
    from voxviewer.session import Session


def frame_picture(
    session: Session, clip: Clip, frame: int, scale: Scale, channel: int, voxel: Place | None
) -> Picture:
    """One frame, the chosen voxel, and what the chosen map's voxel there sees of it."""
    return Picture(
        _with_map(session, clip, frame, clip_picture(clip, frame, scale, channel)),
        cross=voxel,
        window=_window(session, clip, voxel),
        taps=_taps(session, clip, voxel),
        note=frame_note(clip, frame),
        sticks=over_clip(session, clip, frame),
    )


def frame_note(clip: Clip, frame: int) -> str:
    """What is said over the picture of a frame that is none of the source."""
    return "" if clip.real[frame] else f"padded, {places.padding_words(clip)}"


def time_picture(
    session: Session, clip: Clip, tab: str, frame: int, channel: int, voxel: Place | None
) -> Picture:
    """One row ("tw") or column of voxels over time: frames go down, columns or rows across."""
    along_width = tab == "tw"
    down, across = voxel or middle(clip)
    plane = clip.data[:, down] if along_width else clip.data[:, :, across]
    plane = plane if is_rgb(clip) else plane[..., channel]
    line = None if voxel is None else float(across if along_width else down)
    scale = clip_scale(clip, session.render, marks.coat())  # one for all frames shown
    pixels = np.ascontiguousarray(paint(plane, scale))
    letters = ("T", "W" if along_width else "H", "", "")
    return Picture(pixels, letters, row=float(frame), column=line)


def _with_map(
    session: Session, clip: Clip, frame: int, pixels: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Heat or the chosen map over the clip, where that is wanted and there is one here."""
    heat = session.heat
    if session.heat_over and heat is not None and heat.heat.clip is clip:
        return with_heat(pixels, heat, frame, session.heat_cover)
    maps = session.features
    if not session.map_over or maps is None or maps.clip is not clip:
        return pixels
    at = maps.map_frame(frame)
    if at is None:
        return pixels
    index = min(session.map, maps.shape[3] - 1)
    scales = map_scales(maps, session.render, marks.coat(), at)
    return overlaid(pixels, maps, at, index, scales[index])


def _window(session: Session, clip: Clip, voxel: Place | None) -> places.Window | None:
    """What the chosen map's voxel sees; without maps the voxel itself."""
    if voxel is None:
        return None
    maps = session.features
    if maps is None or maps.clip is not clip:
        return voxel[0], voxel[1], 1.0, 1.0
    return places.window(maps, voxel)


def _taps(session: Session, clip: Clip, voxel: Place | None) -> places.Taps | None:
    maps = session.features
    if voxel is None or maps is None or maps.clip is not clip:
        return None
    return places.taps(maps, voxel)
