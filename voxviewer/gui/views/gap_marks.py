"""Where joints are missing, on the film strip: bars that hang from frames, crosses for nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from voxviewer.data import Skeleton
from voxviewer.gui import theme
from voxviewer.render.gaps import missing_share

if TYPE_CHECKING:
    from voxviewer.data import Float64
    from voxviewer.gui.views.strip_layout import StripLayout
    from voxviewer.session import Session

LEAST = 3.0
"""Pixels of the smallest bar."""


def clip_gaps(session: Session) -> Float64 | None:
    """The share of joints that are missing in each clip frame, (T,); 1 where nobody is seen.

    0 for padding. None without a gap, or where the clip is not made of the current recording.
    """
    clip, source = session.clip, session.current
    if clip is None or not isinstance(source, Skeleton) or clip.name != source.name:
        return None
    if clip.frames.max(initial=-1) >= source.shape[0]:
        return None
    shares = missing_share(source)[np.maximum(clip.frames, 0)]
    found: Float64 = np.where(clip.frames >= 0, shares, 0.0)
    return found if found.any() else None


def gap_words(shares: Float64) -> str:
    """How many frames have gaps, and in how many nobody is seen: "12, 3 with nobody"."""
    nobody = int((shares == 1).sum())
    return f"{int((shares > 0).sum())}" + (f", {nobody} with nobody" if nobody else "")


def paint_gaps(painter: QPainter, strip: StripLayout, shares: Float64) -> None:
    """Hang a bar from each frame with gaps, as long as their share; cross out empty frames."""
    top, height = strip.thumbnails
    wide = max(strip.cell - strip.gap, 1.0)
    color = theme.color("warning")
    for frame in np.flatnonzero(shares):
        box = QRectF(strip.left(int(frame)), top, wide, height)
        if shares[frame] == 1 and wide >= 6:
            _cross(painter, box, color)
            continue
        tall = max(shares[frame] * height * 0.45, LEAST)
        bar = QRectF(box.left(), box.top(), wide, tall if shares[frame] < 1 else height)
        painter.fillRect(bar.adjusted(0, 0, 0, 1), QColor(0, 0, 0, 150))
        painter.fillRect(bar, color)


def _cross(painter: QPainter, box: QRectF, color: QColor) -> None:
    """A dashed frame with a cross: there is nobody."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = box.adjusted(1.5, 1.5, -1.5, -1.5)
    for pen in (QPen(QColor(0, 0, 0, 150), 3), QPen(color, 1.2, Qt.PenStyle.DashLine)):
        painter.setPen(pen)
        painter.drawRect(inner)
        painter.drawLines([
            QLineF(inner.topLeft(), inner.bottomRight()),
            QLineF(inner.topRight(), inner.bottomLeft()),
        ])  # fmt: skip
    painter.restore()


def paint_mark(painter: QPainter, box: QRectF) -> None:
    """The legend's mark: a frame with a bar hanging from it."""
    painter.fillRect(box, theme.color("line"))
    painter.fillRect(QRectF(box.left(), box.top(), box.width(), box.height() * 0.5),
                     theme.color("warning"))  # fmt: skip
