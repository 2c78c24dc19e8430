"""One place in a volume that three slices cross at, and the clip's frame and voxel behind it.

Pure functions, no Qt. A place is (d, h, w), the index into D, H, W of `voxels (T, D, H, W, C)`. The
clip follows it as far as the clip holds it: where space is swept, the swept index is a frame; the
other two, or H and W of real time, are the voxel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.gui.views.planes import Slot
from voxviewer.gui.views.source_frames import source_settings

if TYPE_CHECKING:
    from voxviewer.data import Clip, Volume
    from voxviewer.session import Session

Place = tuple[int, int, int]

AXES = "DHW"
_PLANES = {"D": ("H", "W"), "H": ("D", "W"), "W": ("D", "H")}


def middle(volume: Volume) -> Place:
    """Return the place in the middle of a volume."""
    _, D, H, W, _ = volume.shape
    return D // 2, H // 2, W // 2


def held(place: Place, volume: Volume) -> Place:
    """Return the place, moved inside where it is outside."""
    d, h, w = (
        min(max(int(at), 0), size - 1) for at, size in zip(place, volume.shape[1:4], strict=True)
    )
    return d, h, w


def slot_through(axis: str, time: int, place: Place) -> Slot:
    """Return the plane through a place that an axis, "D", "H" or "W", stands on."""
    at = place[AXES.index(axis)]
    index = (time, *(at if letter == axis else slice(None) for letter in AXES))
    rows, columns = _PLANES[axis]
    return Slot(index, (("T", time), (axis, at)), rows, columns)


def in_plane(slot: Slot, place: Place) -> tuple[int, int]:
    """Return the row and the column of a place in a plane through it."""
    return place[AXES.index(slot.rows)], place[AXES.index(slot.columns)]


def from_plane(slot: Slot, row: int, column: int, place: Place) -> Place:
    """Return the place at a row and column of a plane through `place`."""
    at = dict(zip(AXES, place, strict=True)) | {slot.rows: row, slot.columns: column}
    return at["D"], at["H"], at["W"]


def time_of(volume: Volume, session: Session) -> int:
    """Return which time of the volume is shown: the clock's, or the one that was picked."""
    from voxviewer.gui.views.source_frames import shown_frame

    swept = _axes(volume, session)
    if swept is not None:
        settings = source_settings(session)
        return min(settings.time_index, volume.shape[0] - 1)
    frame = shown_frame(session)
    return min(frame or 0, volume.shape[0] - 1)


def point(session: Session, place: Place) -> None:
    """Cross at a place: the frame and the voxel of the clip go along."""
    volume, clip = _volume(session), _clip(session)
    if volume is None:
        return
    place = held(place, volume)
    session.place = place
    if clip is None:
        return
    frame, voxel = _in_clip(volume, clip, place, session)
    if frame is not None and frame != session.frame:
        session.playing = False
        session.frame = frame
    session.voxel = voxel


def follow(session: Session) -> None:
    """Move the place to where frame and voxel of the clip went; kept where it is there already."""
    volume, clip = _volume(session), _clip(session)
    if volume is None:
        session.place = None
        return
    place = held(session.place, volume) if session.place is not None else middle(volume)
    if clip is not None:
        place = _followed(volume, clip, place, session)
    session.place = place


def _followed(volume: Volume, clip: Clip, place: Place, session: Session) -> Place:
    frame, voxel = _in_clip(volume, clip, place, session)
    swept, rows, columns = _axes(volume, session) or (None, 1, 2)
    at = list(place)
    if swept is not None and frame != session.frame and 0 <= session.frame < len(clip.frames):
        source = int(clip.frames[session.frame])
        at[swept] = source if source >= 0 else at[swept]
    if session.voxel is not None and voxel != session.voxel:
        for axis, now, size in zip((rows, columns), session.voxel, clip.shape[1:3], strict=True):
            at[axis] = int((now + 0.5) * volume.shape[1 + axis] / size)
    return held((at[0], at[1], at[2]), volume)


def _in_clip(
    volume: Volume, clip: Clip, place: Place, session: Session
) -> tuple[int | None, tuple[int, int]]:
    """Return the clip frame (None: any) and voxel that hold a place."""
    swept, rows, columns = _axes(volume, session) or (None, 1, 2)
    voxel = _voxel(volume, place, (rows, columns), clip.shape[1:3])
    if swept is None or not (clip.frames >= 0).any():
        return None, voxel
    far = np.where(clip.frames >= 0, np.abs(clip.frames - place[swept]), np.iinfo(np.int64).max)
    now = session.frame
    if 0 <= now < len(far) and far[now] == far.min():
        return now, voxel
    return int(np.argmin(far)), voxel


def voxel_at(session: Session, size: tuple[int, int]) -> tuple[int, int] | None:
    """Return the voxel of a clip of that size, (H, W), in which the slices cross; None: nowhere."""
    volume = _volume(session)
    if volume is None or session.place is None:
        return None
    _, rows, columns = _axes(volume, session) or (None, 1, 2)
    return _voxel(volume, held(session.place, volume), (rows, columns), size)


def _voxel(
    volume: Volume, place: Place, axes: tuple[int, int], size: tuple[int, int]
) -> tuple[int, int]:
    down, across = (
        min(int((place[axis] + 0.5) * side / volume.shape[1 + axis]), side - 1)
        for axis, side in zip(axes, size, strict=True)
    )
    return down, across


def _axes(volume: Volume, session: Session) -> tuple[int, int, int] | None:
    """Return which of D, H, W are frames, rows and columns of the clip; None for real time."""
    from voxviewer.encoding.roles import volume_roles

    try:
        roles = volume_roles(volume.shape, source_settings(session))
    except ValueError:  # settings that fit another source: the pipeline says so
        return None
    return roles.axes if roles.kind == "sweep" else None


def _volume(session: Session) -> Volume | None:
    from voxviewer.data import Volume

    return session.current if isinstance(session.current, Volume) else None


def _clip(session: Session) -> Clip | None:
    clip, source = session.clip, session.current
    return clip if clip is not None and source is not None and clip.name == source.name else None
