"""Strokes that several parts paint with: rounded frames, focus rings, soft shadows, short text."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QPainter,
    QPen,
    QPixmap,
    QStaticText,
    QTransform,
)

from voxviewer.gui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLayout, QWidget


def painter_on(widget: QWidget) -> QPainter:
    """A painter with smooth edges; end it, or let it go, before the paint event returns."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter


def frame(
    painter: QPainter,
    box: QRect | QRectF,
    radius: float,
    fill: str | None = None,
    edge: str | None = None,
    thick: float = 1,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> None:
    """Draw a rounded box whose border lies inside `box`; `fill` and `edge` are tokens."""
    inset = thick / 2 if edge else 0
    inside = QRectF(box).adjusted(inset, inset, -inset, -inset)
    pen = QPen(theme.color(edge), thick, style) if edge else QPen(Qt.PenStyle.NoPen)
    painter.setPen(pen)
    painter.setBrush(theme.color(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(inside, radius - inset / 2, radius - inset / 2)


def ring(painter: QPainter, box: QRect | QRectF, radius: float = 5) -> None:
    """Draw the 2 px accent ring that says where the keyboard is."""
    frame(painter, box, radius, edge="accent", thick=2)


def ring_after(event: QFocusEvent, ring: bool) -> bool:
    """Whether the ring is shown after a focus event: where the keyboard led here, not the mouse.

    A menu or another window that comes and goes changes nothing.
    """
    reasons = Qt.FocusReason
    passing = (reasons.ActiveWindowFocusReason, reasons.PopupFocusReason)
    if event.reason() in (*passing, reasons.MenuBarFocusReason):
        return ring
    return event.gotFocus() and event.reason() != reasons.MouseFocusReason


def text(
    painter: QPainter,
    box: QRect | QRectF,
    words: str,
    font: QFont,
    role: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    """Draw one line of text, vertically centered, cut off with an ellipsis where it is too long."""
    inside = QRect(box) if isinstance(box, QRect) else box.toRect()
    painter.setFont(font)
    painter.setPen(theme.color(role))
    made, width, height = _line(font.key(), words, elide, inside.width())
    left = inside.left() + _LEFT_OF.get(align, 0.0) * (inside.width() - width)
    painter.drawStaticText(QPointF(left, inside.top() + (inside.height() - height) / 2), made)


_LEFT_OF = {Qt.AlignmentFlag.AlignHCenter: 0.5, Qt.AlignmentFlag.AlignRight: 1.0}
"""The share of the free room that lies left of a text."""


@lru_cache(maxsize=2048)
def _line(
    key: str, words: str, elide: Qt.TextElideMode, room: int
) -> tuple[QStaticText, float, float]:
    """A line of text in a font, cut off, with its width and height.

    Shaped once: that costs ten times as much as showing it, and most lines are shown many times.
    """
    font = QFont()
    font.fromString(key)
    if elide != Qt.TextElideMode.ElideNone:
        words = _metrics(key).elidedText(words, elide, room)
    made = QStaticText(words)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(QTransform(), font)
    return made, made.size().width(), made.size().height()


def scale_of(painter: QPainter) -> float:
    """Pixels of the screen for one of the picture."""
    device = painter.device()
    return device.devicePixelRatioF() if device is not None else 1.0


def wide(kind: str, words: str) -> int:
    """The width of a line of text in one of the theme's fonts, measured once."""
    return _wide(kind, words, theme.font_key())


@lru_cache(maxsize=4096)
def _wide(kind: str, words: str, _: str) -> int:
    return QFontMetrics(theme.font(kind)).horizontalAdvance(words)


def advance(font: QFont, words: str) -> int:
    """The width of a line of text."""
    return _advance(font.key(), words)


@lru_cache(maxsize=4096)
def _advance(key: str, words: str) -> int:
    return _metrics(key).horizontalAdvance(words)


@lru_cache(maxsize=64)
def _metrics(key: str) -> QFontMetrics:
    """Making metrics costs more than asking them; the key is a font's description of itself."""
    font = QFont()
    font.fromString(key)
    return QFontMetrics(font)


def shadow(painter: QPainter, box: QRectF, radius: float, reach: int = 6) -> None:
    """Draw a soft shadow round a box: under notices only.

    Painted once for a size: notices lie over views that change many times a second.
    """
    scale = scale_of(painter)
    around = box.adjusted(-reach, -reach, reach, reach + 1).toAlignedRect()
    inside = box.translated(-QPointF(around.topLeft()))
    made = _shadow((around.width(), around.height()), inside.getRect(), radius, reach, scale)
    painter.drawPixmap(around.topLeft(), made)


@lru_cache(maxsize=16)
def _shadow(
    size: tuple[int, int], rect: tuple[float, float, float, float], radius: float, reach: int,
    scale: float,
) -> QPixmap:  # fmt: skip
    made = QPixmap(round(size[0] * scale), round(size[1] * scale))
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    painter, box = QPainter(made), QRectF(*rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for step in range(reach):
        strength = round(26 * (1 - step / reach) ** 2)
        painter.setPen(QPen(QColor(0, 0, 0, strength), 1))
        grown = box.adjusted(-step, -step + 1, step, step + 1)
        painter.drawRoundedRect(grown, radius + step, radius + step)
    painter.end()
    return made


def widgets_in(layout: QLayout) -> list[QWidget]:
    """The widgets of a layout, in order; stretches and inner layouts left out."""
    items = (layout.itemAt(index) for index in range(layout.count()))
    found = (item.widget() for item in items if item is not None)
    return [widget for widget in found if widget is not None]
