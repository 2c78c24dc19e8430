"""One voxel's value in every map frame as a small curve, the frame that is shown marked on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from voxviewer.gui import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray


def draw_curve(painter: QPainter, box: QRectF, values: NDArray[np.float64], frame: int) -> None:
    """Paint (T',) values into a box: field, the line of zero, the curve, the frame's place.

    Values that are not finite leave a gap.
    """
    painter.fillRect(box, theme.color("field"))
    painter.setPen(QPen(theme.color("line"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    inner = box.adjusted(1, 6, -1, -6)
    x, y = places(values, inner)
    zero = float(_levels(values, np.zeros(1), inner)[0])
    painter.drawLine(QPointF(box.left() + 1, zero), QPointF(box.right() - 1, zero))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("text2"), 1.5))
    for part in _runs(np.isfinite(values)):
        points = [QPointF(*at) for at in zip(x[part].tolist(), y[part].tolist(), strict=True)]
        if len(points) == 1:
            painter.drawEllipse(points[0], 1, 1)
        painter.drawPolyline(QPolygonF(points))
    _draw_mark(painter, box, x, y, frame)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def places(
    values: NDArray[np.float64], inner: QRectF
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of each frame in the box, (T',) pixels each; zero is always inside."""
    T = len(values)
    share = np.arange(T) / (T - 1) if T > 1 else np.array([0.5])
    return inner.left() + share * inner.width(), _levels(values, np.nan_to_num(values), inner)


def _levels(
    values: NDArray[np.float64], wanted: NDArray[np.float64], inner: QRectF
) -> NDArray[np.float64]:
    """How high `wanted` values lie in the box, between the ends of all values and of zero."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    if high == low:
        return np.full(len(wanted), inner.top() + 0.5 * inner.height())
    share: NDArray[np.float64] = (high - np.clip(wanted, low, high)) / (high - low)
    return inner.top() + share * inner.height()


def _draw_mark(
    painter: QPainter,
    box: QRectF,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    frame: int,
) -> None:
    if not 0 <= frame < len(x):
        return
    painter.setPen(QPen(theme.color("accent"), 1.5))
    painter.drawLine(QPointF(x[frame], box.top() + 1), QPointF(x[frame], box.bottom() - 1))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accent"))
    painter.drawEllipse(QPointF(x[frame], y[frame]), 3.5, 3.5)


def _runs(good: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Indices of neighboring True values, run by run."""
    found = np.flatnonzero(good)
    if not len(found):
        return []
    return [run for run in np.split(found, np.flatnonzero(np.diff(found) > 1) + 1) if len(run)]
