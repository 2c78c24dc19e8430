"""Bones and joints over a picture: over the heatmaps made of them, and over a film of them.

What lies where is decided here from nouns alone; a canvas paints it between picture and marks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from voxviewer.data import Skeleton, Volume
from voxviewer.encoding.fitting import place_joints, seen_from
from voxviewer.gui.views.source_frames import source_settings
from voxviewer.render.gaps import SHORT, bridged
from voxviewer.settings import EncodingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from voxviewer.data import Clip, Float64, Source
    from voxviewer.session import Session

FLAT = ("px", "normalized", "unit")
"""Units of joints that lie in a picture, and so can be laid over one."""
DEFAULT = EncodingSettings()


@dataclass(frozen=True, eq=False)
class Sticks:
    """One frame of a recording in pixels of a picture, whole numbers in the middle of a pixel.

    `points` (P, J, 2) column and row, NaN = not seen; `made` (P, J) True where a place is a line
    through a gap; `bones` pairs of joints.
    """

    points: Float64
    made: NDArray[np.bool_]
    bones: tuple[tuple[int, int], ...]

    @property
    def words(self) -> str:
        """What has to be said of this drawing: "3 joints drawn through gaps"."""
        count = int(self.made.sum())
        return f"{count} {'joint' if count == 1 else 'joints'} drawn through gaps" if count else ""


# --- what lies where --------------------------------------------------------------------------


def over_clip(session: Session, clip: Clip, frame: int) -> Sticks | None:
    """The figure behind one frame of the clip, where the clip is drawn of joints or shows them."""
    at = int(clip.frames[frame]) if session.bones else -1
    source = session.current
    if at < 0 or source is None or clip.name != source.name:
        return None
    if isinstance(source, Skeleton):
        laid = clip_places(session, clip, bridge=session.bridge)
        return None if laid is None or at >= source.shape[0] else _one(laid, source, at)
    if clip.settings.time_axis != "auto":
        return None
    return over_film(session, at, (clip.shape[1], clip.shape[2]))


def clip_places(session: Session, clip: Clip, *, bridge: bool) -> Laid | None:
    """All joints of the current recording in the clip's pixels, frame by frame of the recording.

    (T, P, J, 2), and which of them lie on a line through a gap; None where the clip is of another.
    """
    source, way = session.current, clip.settings
    if not isinstance(source, Skeleton) or clip.name != source.name:
        return None
    key = replace(DEFAULT, plane=way.plane, fit=way.fit, root_center=way.root_center)
    return _placed(source, key, (clip.shape[1], clip.shape[2]), bridge)


def over_film(session: Session, frame: int, size: tuple[int, ...]) -> Sticks | None:
    """The figure of the recording that goes with a film, over a frame shown at a size (H, W)."""
    found = pair(session) if session.bones else None
    if found is None or not 0 <= frame < found.recording.shape[0]:
        return None
    source, film = found.recording, found.film
    shown = (int(size[0]), int(size[1]))
    return _one(_laid(source, film.shape[2:4], shown, session.bridge), source, frame)


class Pair(NamedTuple):
    """A film and a recording of as many frames; one of them is the current source."""

    film: Volume
    recording: Skeleton


def pair(session: Session) -> Pair | None:
    """The current source and the newest open one that goes with it, film and recording."""
    return next((found for found in _pairs(session) if lies_in_film(found.recording)), None)


def film_without_place(session: Session) -> Volume | None:
    """An open film that the current recording could go with, if it were known where in it."""
    found = next(_pairs(session), None)
    if found is None or found.recording is not session.current or lies_in_film(found.recording):
        return None
    return found.film


def film_of_other_length(session: Session) -> Volume | None:
    """An open film that has more or fewer frames than the current recording, the newest."""
    source = session.current
    if not isinstance(source, Skeleton):
        return None
    films = [film for film in session.sources if isinstance(film, Volume) and _is_film(film)]
    return next((film for film in reversed(films) if film.shape[0] != source.shape[0]), None)


def _is_film(source: Volume) -> bool:
    return source.shape[1] == 1 and source.shape[0] > 1


def _pairs(session: Session) -> Iterator[Pair]:
    """The current source with every open one that has as many frames, the newest first."""
    source = session.current
    for other in reversed(session.sources):
        film, recording = (other, source) if isinstance(source, Skeleton) else (source, other)
        if not isinstance(film, Volume) or not isinstance(recording, Skeleton):
            continue
        if _is_film(film) and film.shape[0] == recording.shape[0]:
            yield Pair(film, recording)


def lies_in_film(source: Skeleton) -> bool:
    """True where it is known which place of a picture each joint has."""
    return source.unit in FLAT or source.film_places is not None


def film_behind(session: Session) -> Source | None:
    """The film behind the current recording, where it is to be drawn; None for a current film."""
    found = pair(session) if session.bones else None
    return found.film if found is not None and found.recording is session.current else None


Laid = tuple["Float64", "NDArray[np.bool_]"]


def _one(laid: Laid, source: Skeleton, frame: int) -> Sticks:
    points, made = laid
    return Sticks(points[frame], made[frame], source.topology.bones)


def _bridged(points: Float64, bridge: bool) -> Laid:
    if bridge:
        return bridged(points, SHORT)
    return points, np.zeros(points.shape[:3], bool)


@lru_cache(maxsize=2)
def _placed(
    source: Skeleton, settings: EncodingSettings, size: tuple[int, int], bridge: bool
) -> Laid:
    """All frames (T, P, J, 2) as the encoder places them; kept while a clip is played."""
    try:
        points, _ = place_joints(source, settings, size, np.arange(source.shape[0]))
    except ValueError:  # these choices cannot be; the encoder says why
        points = np.full((*source.shape[:3], 2), np.nan)
    return _bridged((points + 1) / 2 * (size[1], size[0]) - 0.5, bridge)


@lru_cache(maxsize=2)
def _laid(source: Skeleton, film: tuple[int, ...], size: tuple[int, int], bridge: bool) -> Laid:
    """All frames as they lie in a film of (H, W), which is shown at a size (H, W)."""
    if source.unit not in FLAT and source.film_places is not None:
        shares = source.film_places.astype(np.float64)
        return _bridged(shares * (size[1], size[0]) - 0.5, bridge)
    points = source.joints[..., :2].astype(np.float64)
    edges = {"normalized": points, "unit": (points + 1) / 2}.get(source.unit)
    if edges is None:
        own = source.frame_size or film
        edges = (points + 0.5) / (own[1], own[0])
    if source.up == "y+":
        edges = edges * (1, -1) + (0, 1)
    return _bridged(edges * (size[1], size[0]) - 0.5, bridge)


@lru_cache(maxsize=2)
def drawn_through(source: Skeleton) -> Skeleton:
    """The recording with straight lines through its short gaps, for drawing only."""
    points, made = bridged(source.joints)
    return replace(source, joints=points.astype(np.float32)) if made.any() else source


def shown(session: Session, source: Skeleton) -> Skeleton:
    """The recording as it is to be drawn: through short gaps and turned, where that was asked."""
    source = drawn_through(source) if session.bridge else source
    settings = source_settings(session)
    if settings.plane != "turntable":
        return source
    return _seen_from(source, settings.azimuth, settings.elevation)


@lru_cache(maxsize=2)
def _seen_from(source: Skeleton, azimuth: float, elevation: float) -> Skeleton:
    """Kept, as every frame is asked for by itself; the camera alone decides."""
    camera = EncodingSettings(plane="turntable", azimuth=azimuth, elevation=elevation)
    return seen_from(source, camera)


# --- painting ---------------------------------------------------------------------------------


def paint_sticks(
    painter: QPainter, sticks: Sticks, point_of: Callable[[float, float], QPointF], zoom: float
) -> None:
    """Draw bones and joints: white over a dark line, so that they are seen on any picture.

    Places that are only a line through a gap are rings, and their bones are dashed.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    thick = min(max(zoom * 0.18, 1.2), 2.2)
    solid, dashed, dots, rings = _shapes(sticks, point_of)
    for color, width in ((QColor(0, 0, 0, 130), thick + 2.0), (QColor(255, 255, 255, 215), thick)):
        pen = QPen(color, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLines(solid)
        pen.setDashPattern([2.0, 2.5])
        painter.setPen(pen)
        painter.drawLines(dashed)
    painter.setPen(QPen(QColor(0, 0, 0, 130), 1))
    painter.setBrush(QColor(255, 255, 255))
    for point in dots:
        painter.drawEllipse(point, thick + 0.7, thick + 0.7)
    painter.setBrush(QColor(0, 0, 0, 130))
    painter.setPen(QPen(QColor(255, 255, 255), 1.2))
    for point in rings:
        painter.drawEllipse(point, thick + 0.9, thick + 0.9)
    painter.restore()


def _shapes(
    sticks: Sticks, point_of: Callable[[float, float], QPointF]
) -> tuple[list[QLineF], list[QLineF], list[QPointF], list[QPointF]]:
    """Lines and dots, those of seen joints and those through gaps."""
    lines: tuple[list[QLineF], list[QLineF]] = ([], [])
    dots: tuple[list[QPointF], list[QPointF]] = ([], [])
    for points, made in zip(sticks.points, sticks.made, strict=True):
        seen = np.isfinite(points).all(axis=-1) & (np.abs(points) < FAR).all(axis=-1)
        known = [int(joint) for joint in np.flatnonzero(seen)]
        at = {j: point_of(float(points[j, 1]), float(points[j, 0])) for j in known}
        for first, second in sticks.bones:
            if first in at and second in at:
                lines[int(made[first] or made[second])].append(QLineF(at[first], at[second]))
        for joint, point in at.items():
            dots[int(made[joint])].append(point)
    return *lines, *dots


FAR = 1e5
"""Pixels from which on a joint is not drawn: painters have limits."""
