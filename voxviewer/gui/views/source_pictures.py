"""Pictures of a source: the plane of a volume, a figure of joints, a figure over its film."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from voxviewer.gui.views import marks, planes
from voxviewer.gui.views.picture import Picture
from voxviewer.gui.views.source_frames import shown_frame
from voxviewer.gui.views.sticks import over_film
from voxviewer.render.thumbnails import PLANES, StickColors, skeleton_bounds, skeleton_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float64, Skeleton
    from voxviewer.gui.views.source_frames import Plane
    from voxviewer.gui.views.sticks import Sticks
    from voxviewer.session import Session

FIGURE = 420
"""Pixels a side of a stick figure, which is scaled smoothly to the view."""

NEAR = 24
"""Pixels of such a figure within which a joint is pointed at."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture of the source, and what leads from its pixels back to the file's own array."""

    picture: Picture
    plane: Plane | None = None
    turn: planes.Turn = planes.AS_STORED

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the plane."""
        return self.plane.values.shape[:2] if self.plane is not None else (1, 1)

    def stored(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return the plane's row and column under a place of the picture."""
        return self.turn.from_picture(place, self.size, self.picture.pixels.shape)


Painted = tuple[planes.Turn, "NDArray[np.uint32]", float]

_PAINTED: WeakKeyDictionary[Plane, tuple[tuple[object, ...], Painted]] = WeakKeyDictionary()


def painted(plane: Plane, session: Session) -> Painted:
    """Return how a plane is turned, its pixels so turned, and how much higher than wide each is.

    Kept for as long as the plane is: dragging back to it paints nothing anew.
    """
    limits = value_limits(session)
    way, made = _PAINTED.get(plane, (None, None))
    if made is None or way != (session.radiological, limits):
        turn = planes.turn_of(plane.volume, plane.slot, session.radiological)
        scale = planes.source_scale(plane.values, limits)
        pixels = np.ascontiguousarray(turn.shown(planes.source_pixels(plane.values, scale)))
        made = turn, pixels, planes.aspect_of(plane.volume, plane.slot, turn)
        _PAINTED[plane] = (session.radiological, limits), made
    return made


def picture_of_plane(plane: Plane, session: Session) -> Shown:
    """Return a volume's plane as a picture, turned by its affine, with the crosshair of a scan."""
    volume = plane.volume
    turn, pixels, aspect = painted(plane, session)
    cross = None
    if volume.affine is not None and session.voxel is not None and session.clip is not None:
        size = plane.values.shape[:2]
        cross = turn.in_picture(*source_place(session, size), size, pixels.shape)
    letters = turn.letters if volume.affine is not None else ("", "", "", "")
    frame = shown_frame(session)
    sticks = over_film(session, frame, pixels.shape) if frame is not None else None
    picture = Picture(pixels, letters, aspect, smooth=True, cross=cross, sticks=sticks)
    return Shown(picture, plane, turn)


def picture_of_film(film: Plane, session: Session, frame: int) -> Shown:
    """Return a film's plane with the current recording over it."""
    # The session's limits are those of joints; the film's own are not measured.
    limits = (0.0, 255.0) if film.values.dtype == np.uint8 else None
    scale = planes.source_scale(film.values, limits)
    pixels = np.ascontiguousarray(planes.source_pixels(film.values, scale))
    sticks = over_film(session, frame, pixels.shape)
    return Shown(Picture(pixels, ("", "", "", ""), smooth=True, sticks=sticks))


def picture_of_figure(skeleton: Skeleton, frame: int, plane: str) -> Shown:
    """Return one frame of a skeleton as a stick figure."""
    pixels = _figure(skeleton, frame, plane, stick_colors())
    return Shown(Picture(pixels, ("", "", "", ""), smooth=True))


@lru_cache(maxsize=2)
def _figure(skeleton: Skeleton, frame: int, plane: str, colors: StickColors) -> NDArray[np.uint32]:
    """Kept, as dragging a control asks for the same figure again at every step."""
    bounds = skeleton_bounds(skeleton.joints, plane)
    return skeleton_picture(
        skeleton.joints[frame], skeleton.topology, (FIGURE, FIGURE), colors,
        bounds=bounds, plane=plane, up=skeleton.up,
    )  # fmt: skip


def stick_colors() -> StickColors:
    """Return the colors of a figure in this theme."""
    return StickColors(marks.rgb("field"), marks.rgb("text3"), marks.rgb("text"))


def value_limits(session: Session) -> tuple[float, float] | None:
    """Return the lowest and highest value of the current source, once they are known."""
    figures = session.figures
    if figures is None or figures.low is None or figures.high is None:
        return None
    return float(figures.low), float(figures.high)


def source_place(session: Session, size: tuple[int, ...]) -> tuple[float, float]:
    """Return where the chosen voxel of the clip lies in a plane of the source: edges on edges."""
    clip, voxel = session.clip, session.voxel
    if clip is None or voxel is None:
        return 0.0, 0.0
    _, H, W, _ = clip.shape
    return (voxel[0] + 0.5) * size[0] / H - 0.5, (voxel[1] + 0.5) * size[1] / W - 0.5


def nearest_joint(
    skeleton: Skeleton, frame: int, plane: str, place: tuple[int, int]
) -> tuple[int, int] | None:
    """Return (person, joint) nearest to a pixel of the stick figure; None where none is near."""
    bounds = skeleton_bounds(skeleton.joints, plane)
    points = skeleton.joints[frame][..., list(PLANES[plane])].astype(np.float64)
    wide, tall = bounds.right - bounds.left, bounds.high - bounds.low
    scale = min(FIGURE / max(wide, 1e-12), FIGURE / max(tall, 1e-12))
    sign = -1 if skeleton.up == plane[1] + "+" else 1
    across = (points[..., 0] - (bounds.left + bounds.right) / 2) * scale + (FIGURE - 1) / 2
    down = (points[..., 1] - (bounds.low + bounds.high) / 2) * scale * sign + (FIGURE - 1) / 2
    return _nearest(across - place[1], down - place[0], NEAR)


def nearest_stick(
    sticks: Sticks, size: tuple[int, ...], place: tuple[int, int]
) -> tuple[int, int] | None:
    """Return (person, joint) nearest to a pixel of a picture (H, W) with a figure over it."""
    across, down = sticks.points[..., 0] - place[1], sticks.points[..., 1] - place[0]
    return _nearest(across, down, NEAR * max(size) / FIGURE)


def _nearest(across: Float64, down: Float64, reach: float) -> tuple[int, int] | None:
    """The joint of the shortest of these ways, (P, J) each; None where all are too long."""
    distance = np.hypot(across, down)
    if not np.isfinite(distance).any() or np.nanmin(distance) > reach:
        return None
    person, joint = np.unravel_index(int(np.nanargmin(distance)), distance.shape)
    return int(person), int(joint)
