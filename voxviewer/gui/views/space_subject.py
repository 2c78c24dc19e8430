"""What stands in the 3D view: which noun, how its block is made, where the clock is in it. No Qt.

Pure functions of the session: a `Subject` says what to make (in a job) and how it is colored;
`places_in` says where the current frame and voxel lie in the block that was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Skeleton, Volume
from voxviewer.gui.views import places, planes
from voxviewer.gui.views.missing import NOTHING_OPEN, no_clip, no_maps
from voxviewer.gui.views.source_frames import shown_frame, source_settings
from voxviewer.gui.views.sticks import shown
from voxviewer.render.colormaps import lut
from voxviewer.render.limits import Scale, clip_scale, map_scales, number
from voxviewer.space import scenes
from voxviewer.space.camera import Camera
from voxviewer.space.looks import GRAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Progress
    from voxviewer.session import Session
    from voxviewer.space.scenes import Scene

WHATS = (("source", "Source"), ("clip", "Clip"), ("map", "Map"))
INK = GRAY[::-1]
"""Gray the other way round: on light paper the strongest is the darkest."""

HOMES = {
    "scan": Camera(azimuth=145, elevation=26),
    "cube": Camera(azimuth=34, elevation=20),
    "points": Camera(azimuth=24, elevation=12),
}
"""From where each kind of scene is first looked at: a scan from the front, a cube from frame 0."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Something to look at.

    Attributes
    ----------
    key : what it was made of; the same key, the same scene
    make : makes the scene; may read from disk, so it belongs into a job
    home : of `HOMES`, from where it is first looked at
    palette : 768 bytes
    words : beside the title: "filter 4"
    """

    key: tuple[Any, ...]
    make: Callable[[Progress], Scene]
    home: str
    palette: bytes = GRAY
    words: str = ""


def subject_of(session: Session, what: str, coat: str) -> Subject | str:
    """Return what is to be seen, or the sentence that says why there is nothing."""
    return {"clip": _clip, "map": _map}.get(what, _source)(session, coat)


def _source(session: Session, coat: str) -> Subject | str:
    source = session.current
    if source is None:
        return NOTHING_OPEN
    if isinstance(source, Skeleton):
        drawn = shown(session, source)
        key = (source, session.bridge)
        return Subject(key, lambda progress: scenes.skeleton_scene(drawn), "points")
    T, D = source.shape[:2]
    if T == D == 1:
        return "A picture has no depth. Look at its clip, whose frames stand one behind another."
    time = 0 if D == 1 else _time_of(session, source)
    home = "cube" if D == 1 or source.affine is None else "scan"
    return Subject(
        (source, time), lambda progress: scenes.volume_scene(source, time, progress=progress), home
    )


def _clip(session: Session, coat: str) -> Subject | str:
    clip = session.clip
    if clip is None:
        return no_clip(session)
    scale = clip_scale(clip, session.render, coat)
    limits = _limits(scale)
    content = {"viridis": "heatmap", "gray": "mr", "rgb": "mr"}.get(scale.colormap, "signed")
    if content == "signed" and not scale.signed:
        content = "heatmap"
    return Subject(
        ("clip", clip, limits, content),
        lambda progress: scenes.clip_scene(clip, limits, content=content, progress=progress),
        "cube", _palette(scale),
    )  # fmt: skip


def _map(session: Session, coat: str) -> Subject | str:
    maps = session.features
    if maps is None:
        return no_maps(session, busy="features" in session.stale)
    index = min(max(session.map, 0), maps.shape[3] - 1)
    settings = session.render
    if settings.scaling == "frame":  # a block has all frames at once
        settings = replace(settings, scaling="map")
    scale = map_scales(maps, settings, coat)[index]
    limits = _limits(scale)
    return Subject(
        ("map", maps, index, limits),
        lambda progress: scenes.map_scene(maps, index, limits, progress=progress),
        "cube", _palette(scale), maps.name(index),
    )  # fmt: skip


def _limits(scale: Scale) -> tuple[float, float]:
    return (scale.low, scale.high) if scale.high > scale.low else (scale.low, scale.low + 1.0)


def _palette(scale: Scale) -> bytes:
    return GRAY if scale.colormap == "rgb" else lut(scale.colormap).tobytes()


def _time_of(session: Session, volume: Volume) -> int:
    """Which time point of a scan stands behind the current frame."""
    frame = shown_frame(session)
    slot = planes.slot_of(volume, source_settings(session), frame or 0)
    return dict(slot.fixed).get("T", 0)


# -- where the clock and the crosshair are ------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Where in a block (D', H', W'), 0 to 1, the chosen voxel lies, and the frame's mark."""

    slices: tuple[float | None, float | None, float | None] = (0.5, 0.5, 0.5)
    mark: tuple[int, float] | None = None
    frame: int = 0


def places_in(session: Session, what: str, scene: Scene) -> Places:
    """Return where the session's frame and voxel are in a scene."""
    source = session.current
    if scene.is_points:
        frame = shown_frame(session)
        return Places(frame=frame if frame is not None else len(scene.points) - 1)
    at: dict[str, float] = {}
    time = "T"
    if what == "clip" and session.clip is not None:
        at = {"T": float(session.frame), **_voxel(session.voxel)}
    elif what == "map" and session.features is not None:
        at = _in_map(session)
    elif isinstance(source, Volume):
        time, at = _in_source(session, source)
    return _placed(scene, time, at)


def _placed(scene: Scene, time: str, at: dict[str, float]) -> Places:
    """The places of a block's letters; the axis of time has a mark where the frame is known."""
    shares: list[float | None] = [0.5, 0.5, 0.5]
    mark = None
    for letter, index in at.items():
        axis = scene.axis_of(letter)
        if axis is None:
            continue
        share = scene.axes[axis].share(index)
        shares[axis] = share
        if letter == time:
            mark = (axis, share)
    if mark is None and scene.film:
        shares[0] = None
    return Places((shares[0], shares[1], shares[2]), mark)


def _voxel(voxel: tuple[int, int] | None) -> dict[str, float]:
    return {} if voxel is None else {"H": float(voxel[0]), "W": float(voxel[1])}


def _in_map(session: Session) -> dict[str, float]:
    maps = session.features
    if maps is None:
        return {}
    frame = maps.map_frame(session.frame)
    place = places.map_place(maps, session.voxel) if session.voxel is not None else None
    return {**({} if frame is None else {"T": float(frame)}), **_voxel(place)}


def _in_source(session: Session, volume: Volume) -> tuple[str, dict[str, float]]:
    """The letter that time has in the source, and where the frame and the voxel are in it."""
    frame = shown_frame(session)
    if volume.shape[1] == 1:
        return "T", {} if frame is None else {"T": float(frame)}
    slot = planes.slot_of(volume, source_settings(session), frame or 0)
    letter, index = slot.fixed[1]
    at = {letter: float(index)} if frame is not None else {}
    clip, voxel = session.clip, session.voxel
    if clip is not None and voxel is not None:
        sides = dict(zip("DHW", volume.shape[1:4], strict=True))
        for name, place, side in zip(
            (slot.rows, slot.columns), voxel, clip.shape[1:3], strict=True
        ):
            at[name] = (place + 0.5) * sides[name] / side - 0.5
    return letter, at


# -- words ----------------------------------------------------------------------------------------


def scale_words(scene: Scene, mode: str, level: float) -> str:
    """Return what the picture shows, short enough for its right lower corner."""
    if scene.is_points:
        return f"{scene.points.shape[2]} joints, {len(scene.bones)} bones"
    low, high = (number(value) for value in scene.limits)
    signed = scene.content == "signed"
    value = f"{'±' if signed else ''}{number(scene.value_text(level))}"
    scale = f"±{high}" if signed else f"{low} – {high}"
    words = {
        "volume": f"opaque from {value} of {scale}",
        "mip": f"strongest of either sign, {scale}" if signed else f"largest on each ray, {scale}",
        "surface": f"surface at {value} of {scale}",
    }
    return words.get(mode, scale)


def joint_words(scene: Scene, skeleton: Skeleton, frame: int, index: int) -> tuple[str, str]:
    """Return place and value of a joint: "joints[4, 0, 1]", "(0.2, 0.31, −0.1) wrist"."""
    J = scene.points.shape[2]
    person, joint = divmod(index, J)
    at = skeleton.joints[frame, person, joint]
    names = skeleton.topology.names
    name = f" {names[joint]}" if joint < len(names) else ""
    values = ", ".join(number(float(value)) for value in at)
    return f"joints[{frame}, {person}, {joint}]", f"({values}){name}"


def nearest_point(
    scene: Scene, camera: Camera, frame: int, size: tuple[int, int], at: tuple[float, float]
) -> int | None:
    """Return which joint of a frame, counted over persons, is seen within 14 pixels of a place."""
    if not len(scene.points):
        return None
    frame = min(max(frame, 0), len(scene.points) - 1)
    seen = camera.project(scene.points[frame].reshape(-1, 3), size)
    distance = np.hypot(seen[:, 0] - at[0], seen[:, 1] - at[1])
    if not np.isfinite(distance).any() or np.nanmin(distance) > 14:
        return None
    return int(np.nanargmin(distance))
