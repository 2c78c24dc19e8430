"""Marks beside pictures: dropped frames, a seam, padding's reach (on the wall's tiles too)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from voxviewer.encoding.time_change import padded_reach, seams
from voxviewer.gui import theme
from voxviewer.gui.plans import planned
from voxviewer.gui.views import marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, FeatureMaps
    from voxviewer.gui.views.strip_layout import StripLayout
    from voxviewer.session import Session

_DROPPED: WeakKeyDictionary[Clip, NDArray[np.int64]] = WeakKeyDictionary()
_REACHED: WeakKeyDictionary[FeatureMaps, NDArray[np.float64]] = WeakKeyDictionary()

WIDTH = 7


def dropped(session: Session) -> NDArray[np.int64]:
    """Return the source frames that the clip leaves away; kept for each clip."""
    clip, source = session.clip, session.current
    if clip is None or source is None:
        return np.zeros(0, np.int64)
    if clip not in _DROPPED:
        try:
            _DROPPED[clip] = planned(source, clip.settings).dropped
        except ValueError:  # an earlier clip, beside a source that has no such plan
            return np.zeros(0, np.int64)
    return _DROPPED[clip]


def gaps(clip: Clip, left: NDArray[np.int64]) -> dict[int, list[int]]:
    """Return before which clip frame source frames were dropped, and which; T is after the last."""
    real = np.flatnonzero(clip.real)
    if not len(real):
        return {}
    places = np.searchsorted(np.sort(clip.frames[real]), left)
    found: dict[int, list[int]] = {}
    for frame, place in zip(left.tolist(), places.tolist(), strict=True):
        at = int(real[place]) if place < len(real) else int(real[-1]) + 1
        found.setdefault(at, []).append(frame)
    return found


def reach(session: Session) -> NDArray[np.float64]:
    """Return how much of the window of each map frame lies in padding; empty without maps."""
    maps = session.features
    if maps is None or maps.bank is None or maps.clip is not session.clip:
        return np.zeros(0)
    if maps not in _REACHED:
        _REACHED[maps] = padded_reach(maps.clip.real, maps.bank.size[0], maps.settings)
    return _REACHED[maps]


def reach_now(session: Session) -> float:
    """Return how much of the window of the maps' frame that is shown lies in padding, 0 to 1."""
    share = reach(session)
    frame = session.features.map_frame(session.frame) if session.features is not None else None
    return float(share[frame]) if frame is not None and frame < len(share) else 0.0


def legend_rows(session: Session) -> list[tuple[str, str, str]]:
    """Return mark, words and number of what there is."""
    clip = session.clip
    if clip is None:
        return []
    rows = []
    left = dropped(session)
    if len(left):
        rows.append(("dropped", "dropped from the source", str(len(left))))
    jumps = seams(clip)
    if jumps:
        worst = max(jumps, key=lambda seam: seam.jump)
        words = f"seam at t {jumps[0].at}, steps jumped"
        rows.append(("seam", words, "∞" if np.isinf(worst.jump) else f"{worst.jump:.1f}×"))
    reached = reach(session)
    if (reached > 0).any():
        number = f"{np.count_nonzero(reached)} of {len(reached)}"
        rows.append(("reach", "map frames with padding", number))
    return rows


def paint_dropped(painter: QPainter, strip: StripLayout, session: Session) -> None:
    """A gray, dashed and crossed slip between the frames where source frames were dropped."""
    clip = session.clip
    if clip is None or strip.cell < 6:
        return
    top, height = strip.thumbnails
    for at in gaps(clip, dropped(session)):
        middle = strip.left(at) - strip.gap / 2
        box = QRectF(middle - WIDTH / 2, top + height - 15, WIDTH, 15)
        _slip(painter, box)


def _slip(painter: QPainter, box: QRectF) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill = theme.color("panel")
    fill.setAlphaF(0.85)
    painter.fillRect(box, fill)
    painter.setPen(QPen(theme.color("text3"), 1, Qt.PenStyle.DashLine))
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.setPen(QPen(theme.color("text3"), 1))
    inner = box.adjusted(2, 3, -2, -3)
    painter.drawLine(QLineF(inner.topLeft(), inner.bottomRight()))
    painter.drawLine(QLineF(inner.topRight(), inner.bottomLeft()))
    painter.restore()


def paint_seams(painter: QPainter, strip: StripLayout, session: Session) -> None:
    """A violet line where a loop begins anew."""
    clip = session.clip
    if clip is None:
        return
    top, height = strip.thumbnails
    for seam in seams(clip):
        x = strip.left(seam.at) - strip.gap / 2
        painter.setPen(QPen(theme.color("padded"), 3))
        painter.drawLine(QLineF(x, top - 3, x, top + height + 3))


def paint_reach(painter: QPainter, strip: StripLayout, session: Session) -> None:
    """A violet foot under each frame whose map is partly made of padding; full where all is."""
    maps, share = session.features, reach(session)
    if maps is None or not len(share):
        return
    top, height = strip.thumbnails
    for u in np.flatnonzero(share > 0).tolist():
        wide = max(strip.cell - strip.gap, 1.0)
        box = QRectF(strip.left(maps.clip_frame(u)), top, wide, height)
        paint_reached(painter, box, float(share[u]))


def paint_reached(painter: QPainter, picture: QRectF, share: float) -> None:
    """A violet foot of a picture that is partly made of padding; full where all of it is."""
    color = theme.color("padded")
    color.setAlphaF(0.35 + 0.65 * share)
    painter.fillRect(QRectF(picture.left(), picture.bottom() - 3, picture.width(), 3), color)


def paint_mark(painter: QPainter, mark: str, box: QRectF) -> None:
    """A mark of the legend."""
    if mark == "dropped":
        _slip(painter, QRectF(box.left() + 3, box.top() - 1, WIDTH, 14))
    elif mark == "seam":
        painter.setPen(QPen(theme.color("padded"), 3))
        x = box.center().x()
        painter.drawLine(QLineF(x, box.top(), x, box.bottom()))
    else:
        marks.paint_pill(painter, QRectF(box.left(), box.center().y(), box.width(), 3), "padded", 1)
