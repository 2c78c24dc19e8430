"""Tuning curves, painted: for each filter a circle of directions and a curve over speeds.

`draw_sheet` paints the same for the window and for the saved figure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPen, QPolygonF

from voxviewer.gui import theme
from voxviewer.gui.bench.curves import share_of
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from voxviewer.gui.bench.curves import Curves, Sheet

WIDE = 310
MARGIN = 12
_GAP, _PAD = 8, 8
_ROUND = 104  # the circle's diameter
_FIGURE_COLUMNS, _FIGURE_SCALE = 3, 2
_TITLE = 30

# where things lie


def cell_size() -> QSize:
    """The room of one filter."""
    title, small = theme.line_height(), theme.line_height("caption")
    return QSize(theme.width(WIDE), _PAD + title + 6 + max(_ROUND, 2 * small + 66) + _PAD)


def columns_in(width: int, count: int) -> int:
    """How many filters stand side by side in a width."""
    wide = cell_size().width() + _GAP
    return max(1, min((width - 2 * MARGIN + _GAP) // wide, count or 1))


def cell_box(place: int, columns: int) -> QRect:
    """Where a filter lies on the sheet."""
    row, column = divmod(place, columns)
    size = cell_size()
    left = MARGIN + column * (size.width() + _GAP)
    return QRect(QPoint(left, MARGIN + row * (size.height() + _GAP)), size)


def sheet_height(count: int, columns: int) -> int:
    """The height of all filters."""
    rows = -(-count // columns)
    return 2 * MARGIN + rows * (cell_size().height() + _GAP) - _GAP


def circle_of(box: QRect) -> QRectF:
    """The circle of directions in a cell."""
    top = box.top() + _PAD + theme.line_height() + 6
    side = box.bottom() - _PAD - top
    return QRectF(box.left() + _PAD, top, side, side).adjusted(4, 4, -4, -4)


def curve_of(box: QRect) -> QRectF:
    """The box of the curve in a cell, without its ticks."""
    circle = circle_of(box)
    left = circle.right() + 20
    below = 2 * theme.line_height("caption") + 2
    return QRectF(left, circle.top(), box.right() - _PAD - left, circle.height() - below)


def tick_places(box: QRectF, count: int) -> list[float]:
    """Where on the curve's box each speed stands: equally far apart, as they double."""
    inner = box.adjusted(12, 0, -12, 0)
    return [inner.left() + inner.width() * n / max(count - 1, 1) for n in range(count)]


def spoke(circle: QRectF, degrees: float, share: float) -> QPointF:
    """A point of the circle: 0 degrees to the right, 90 up."""
    angle = math.radians(degrees)
    reach = circle.width() / 2 * share
    return circle.center() + QPointF(math.cos(angle) * reach, -math.sin(angle) * reach)


# painting


def draw_sheet(
    painter: QPainter,
    sheet: Sheet,
    columns: int,
    chosen: int | None = None,
    mark: tuple[int | None, int | None] = (None, None),
    seen: QRect | None = None,
) -> None:
    """Paint all filters, or those in sight; `mark` is the direction and speed that is playing."""
    for place, curves in enumerate(sheet.curves):
        box = cell_box(place, columns)
        if seen is not None and not box.intersects(seen):
            continue
        here = curves.index == chosen
        drawing.frame(painter, QRectF(box), 4, "panel", "accent" if here else "line")
        _draw_title(painter, box, curves, here)
        _draw_circle(painter, circle_of(box), sheet, curves, mark[0] if here else None)
        _draw_curve(painter, curve_of(box), sheet, curves, mark[1] if here else None)


def _draw_title(painter: QPainter, box: QRect, curves: Curves, chosen: bool) -> None:
    line = QRect(box.left() + _PAD, box.top() + _PAD - 2, box.width() - 2 * _PAD, 0)
    line.setHeight(theme.line_height() + 2)
    strong, body = theme.font("strong"), theme.font()
    taken = drawing.advance(body, curves.verdict)
    right = Qt.AlignmentFlag.AlignRight
    drawing.text(painter, line, curves.verdict, body, "text", right)
    line.setWidth(line.width() - taken - 10)
    drawing.text(painter, line, str(curves.index), strong, "accent" if chosen else "text")
    line.setLeft(line.left() + drawing.advance(strong, str(curves.index)) + 7)
    drawing.text(painter, line, curves.name, body, "text2")


def _draw_circle(
    painter: QPainter, circle: QRectF, sheet: Sheet, curves: Curves, mark: int | None
) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("line"), 1))
    painter.setBrush(theme.color("field"))
    painter.drawEllipse(circle)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = circle.width() / 4
    painter.drawEllipse(circle.adjusted(inner, inner, -inner, -inner))
    for degrees in sheet.degrees:
        painter.drawLine(circle.center(), spoke(circle, float(degrees), 1.0))
    if mark is not None:
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawLine(circle.center(), spoke(circle, float(sheet.degrees[mark]), 1.0))
    if curves.peak > 0:
        points = _round_of(circle, sheet, curves.round, curves.peak)
        fill = theme.color("text2")
        fill.setAlphaF(0.16)
        painter.setPen(QPen(theme.color("text2"), 1.5))
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(points))
        if curves.before is not None:
            painter.setPen(QPen(theme.color("text3"), 1.5, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            was = _round_of(circle, sheet, curves.before[0], curves.peak)
            painter.drawPolygon(QPolygonF(was))
        if curves.way is not None:
            _draw_dot(painter, points[curves.way])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _round_of(
    circle: QRectF, sheet: Sheet, values: NDArray[np.float64], peak: float
) -> list[QPointF]:
    """The responses to all directions as points of the circle."""
    return [
        spoke(circle, float(degrees), share_of(value, peak))
        for degrees, value in zip(sheet.degrees, values, strict=True)
    ]


def _draw_curve(
    painter: QPainter, box: QRectF, sheet: Sheet, curves: Curves, mark: int | None
) -> None:
    painter.fillRect(box, theme.color("field"))
    painter.setPen(QPen(theme.color("line"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0, 0, -1, -1))
    xs = tick_places(box, len(sheet.ticks))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if mark is not None and mark < len(xs):
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawLine(QPointF(xs[mark], box.top() + 1), QPointF(xs[mark], box.bottom() - 2))
    if curves.flicker is not None:
        _draw_line(painter, box, xs, curves.flicker, curves.peak, "text3", Qt.PenStyle.DashLine)
    if curves.before is not None:
        was = curves.before[1]
        _draw_line(painter, box, xs, was, curves.peak, "text3", Qt.PenStyle.DotLine)
    points = _draw_line(painter, box, xs, curves.line, curves.peak, "text2")
    if curves.way is not None:
        _draw_dot(painter, points[curves.step])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    _draw_ticks(painter, box, xs, sheet, curves)


def _draw_line(
    painter: QPainter,
    box: QRectF,
    xs: list[float],
    values: NDArray[np.float64],
    peak: float,
    role: str,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> list[QPointF]:
    """Draw a curve from 0 at the foot to the peak at the top; return its points."""
    inner = box.adjusted(0, 7, 0, -6)
    points = [
        QPointF(x, inner.bottom() - inner.height() * share_of(value, peak))
        for x, value in zip(xs, values, strict=True)
    ]
    painter.setPen(QPen(theme.color(role), 1.5, style))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(role))
    for point in points:
        painter.drawEllipse(point, 2.0, 2.0)
    return points


def _draw_dot(painter: QPainter, point: QPointF) -> None:
    """Where circle and curve speak of the same response."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text"))
    painter.drawEllipse(point, 3.5, 3.5)


def _draw_ticks(
    painter: QPainter, box: QRectF, xs: list[float], sheet: Sheet, curves: Curves
) -> None:
    """The speeds under the curve, what they are, and what its top stands for."""
    font, tall = theme.font("caption"), theme.line_height("caption")
    center = Qt.AlignmentFlag.AlignHCenter
    for x, tick in zip(xs, sheet.ticks, strict=True):
        drawing.text(
            painter, QRectF(x - 20, box.bottom() + 1, 40, tall), tick, font, "text2", center
        )
    line = QRectF(box.left(), box.bottom() + tall + 1, box.width(), tall)
    drawing.text(painter, line, sheet.unit, font, "text3")
    peak = f"peak {curves.peak:.3g}" if curves.peak > 0 else ""
    drawing.text(painter, line, peak, font, "text3", Qt.AlignmentFlag.AlignRight)


def figure(sheet: Sheet, title: str, note: str) -> QImage:
    """Return the whole sheet as a picture of its own, twice as fine as on screen."""
    columns = min(_FIGURE_COLUMNS, len(sheet.curves) or 1)
    wide = cell_box(columns - 1, columns).right() + 1 + MARGIN
    tall = sheet_height(len(sheet.curves), columns)
    small, room = theme.font("caption"), wide - 2 * MARGIN
    wrapped = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    words = QFontMetrics(small).boundingRect(QRect(0, 0, room, 10_000), wrapped, note)
    size = QSize(wide, _TITLE + tall + words.height() + MARGIN)
    image = QImage(size * _FIGURE_SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_FIGURE_SCALE)
    image.fill(theme.color("window"))
    painter = QPainter(image)
    text = QRectF(MARGIN, 6, room, _TITLE)
    drawing.text(painter, text, title, theme.font("lead"), "text")
    painter.translate(0, _TITLE)
    draw_sheet(painter, sheet, columns)
    painter.setFont(small)
    painter.setPen(theme.color("text3"))
    painter.drawText(words.translated(MARGIN, tall), wrapped, note)
    painter.end()
    return image
