"""How often each value occurs in the clip, and two handles that say which get black and white.

Painted by us: one polygon and two lines need no plotting library before the first picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts.kept import Kept
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

BINS = 128
SAMPLE = 1 << 16
"""Values looked at: a regular sample of a large clip draws the same curve in 1 ms."""

_PAD = 5
_DOT = 5


def sample(values: NDArray[Any], most: int = SAMPLE) -> NDArray[np.float32]:
    """Return the finite values, or a regular sample of about `most` of them, (N,) float32."""
    flat = values.reshape(-1)
    # An odd step does not walk along one column of an image.
    step = max(1, flat.size // most) | 1
    taken = flat[::step].astype(np.float32, copy=False)
    finite = np.isfinite(taken)
    return taken if finite.all() else taken[finite]


def histogram(values: NDArray[Any], low: float, high: float, bins: int = BINS) -> NDArray[np.int64]:
    """Return how many values lie in each of `bins` equal steps from low to high, (bins,) int64.

    As `numpy.histogram` counts them (the last step has its upper end), but for rounding, at a
    fifth of its time. All in the first step where low = high.
    """
    span = high - low
    if span <= 0:
        return np.bincount(np.zeros(values.size, dtype=np.intp), minlength=bins)
    places = ((values - low) * (bins / span)).astype(np.intp)
    inside = places[(values >= low) & (values <= high)]
    return np.bincount(np.minimum(inside, bins - 1), minlength=bins)


def bar_heights(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the height of each step, (bins,) 0..1: the square root of its share of the tallest.

    The two tallest are cut off at the third: a dark background would leave nothing of the rest.
    """
    tallest = float(np.partition(counts, -3)[-3]) if counts.size > 2 else float(counts.max())
    tallest = tallest or float(counts.max()) or 1.0
    return np.sqrt(np.minimum(counts / tallest, 1.0))


class Histogram(QWidget):
    """The curve with its two handles; `value` is (low, high), or None for the whole range.

    `changed` while a handle is dragged, `committed` when it is let go: one undo step.
    """

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self, name: str = "Limits", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: NDArray[np.int64] | None = None
        self._version = 0  # counts the counts
        self._kept = Kept()
        self._range = (0.0, 1.0)
        self._centered = False
        self._value: tuple[float, float] | None = None
        self._held: int | None = None
        self._active = 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.setToolTip(
            "Drag a handle, or use the arrow keys; a double click takes the whole range.\n"
            "The height is the square root of how often a value occurs; the tallest are cut off."
        )

    @property
    def value(self) -> tuple[float, float] | None:
        """(low, high) as chosen, or None: the whole range."""
        return self._value

    @value.setter
    def value(self, value: tuple[float, float] | None) -> None:
        self._value = value
        self._describe()
        self.update()

    @property
    def limits(self) -> tuple[float, float]:
        """(low, high) as shown: the chosen ones, or the range; centered on 0 in a signed map."""
        low, high = self._value if self._value is not None else self._range
        if self._centered:
            low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
        return low, high

    def set_bad(self, bad: bool) -> None:
        """Nothing: a handle cannot be dragged to a wrong place."""

    def show_counts(
        self,
        counts: NDArray[np.int64] | None,
        low: float = 0.0,
        high: float = 1.0,
        centered: bool = False,
    ) -> None:
        """Show (bins,) counts of values from low to high; None shows an empty field.

        Where `centered`, the color map has 0 in its middle, and the handles move together.
        """
        self._version += 1
        self._counts = counts
        self._range = (low, high)
        self._centered = centered
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        """A field of 74 px and the two numbers under it."""
        return QSize(theme.width(256), theme.width(72) + theme.height("fact"))

    def minimumSizeHint(self) -> QSize:
        """As high as it should be, narrow where it must be."""
        return QSize(80, self.sizeHint().height())

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field, the curve in it, what lies between the limits, the handles, their numbers."""
        key = (self._version, self._range, self.limits, self.hasFocus(), self.isEnabled())
        self._kept.draw(QPainter(self), self, self.rect(), key, self._draw)

    def _draw(self, painter: QPainter) -> None:
        box = self._box()
        painter.fillRect(box, theme.color("field"))
        if self._counts is not None and self._range[0] < self._range[1]:
            self._draw_between(painter, box)
            self._draw_curve(painter, box)
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        if self._counts is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_handles(painter, box)

    def _draw_between(self, painter: QPainter, box: QRectF) -> None:
        low, high = (self._x(value) for value in self.limits)
        soft = theme.color("soft")
        soft.setAlphaF(0.45)
        painter.fillRect(QRectF(low, box.top() + 1, high - low, box.height() - 2), soft)

    def _draw_curve(self, painter: QPainter, box: QRectF) -> None:
        assert self._counts is not None
        heights = bar_heights(self._counts) * (box.height() - 8)
        places = np.linspace(box.left() + _PAD, box.right() - _PAD, len(heights))
        line = [QPointF(x, box.bottom() - 1 - h) for x, h in zip(places, heights, strict=True)]
        ends = [QPointF(places[-1], box.bottom() - 1), QPointF(places[0], box.bottom() - 1)]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = theme.color("text3")
        fill.setAlphaF(0.4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(line + ends))
        painter.setPen(QPen(theme.color("text3"), 1))
        painter.drawPolyline(QPolygonF(line))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_handles(self, painter: QPainter, box: QRectF) -> None:
        color = theme.color("accent" if self.isEnabled() else "off")
        texts = [number(value) for value in self.limits]
        font = theme.font("caption")
        widths = [QFontMetricsF(font).horizontalAdvance(text) for text in texts]
        lefts = self._number_places(widths)
        painter.setFont(font)
        for index, value in enumerate(self.limits):
            x = self._x(value)
            painter.setPen(QPen(color, 2))
            painter.drawLine(QPointF(x, box.top() + 1), QPointF(x, box.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(x, box.bottom()), _DOT, _DOT)
            painter.setPen(theme.color("text2"))
            place = QRectF(lefts[index], box.bottom(), widths[index] + 2, self._foot())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignBottom), texts[index])

    def _number_places(self, widths: list[float]) -> list[float]:
        """Left ends of the two numbers: under their handles, inside, and clear of each other."""
        low, high = (self._x(value) for value in self.limits)
        first = min(max(low - widths[0] / 2, 0), self.width() - widths[0])
        second = min(max(high - widths[1] / 2, 0), self.width() - widths[1] - 1)
        overlap = first + widths[0] + 10 - second
        if overlap > 0:
            first = max(0.0, first - overlap / 2)
            second = first + widths[0] + 10
            if second + widths[1] > self.width() - 1:
                second = self.width() - widths[1] - 1
                first = second - widths[0] - 10
        return [first, second]

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer handle, and bring it here."""
        if event.button() != Qt.MouseButton.LeftButton or self._counts is None:
            return
        x = event.position().x()
        low, high = (self._x(value) for value in self.limits)
        middle = (low + high) / 2
        self._held = self._active = 0 if x < middle else 1
        self._move(self._value_at(x))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the held handle."""
        if self._held is None:
            near = min(abs(event.position().x() - self._x(value)) for value in self.limits) < 8
            shape = Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            return
        self._move(self._value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: the drag was one step."""
        if self._held is not None:
            self._held = None
            self.committed.emit(self._value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the whole range."""
        self._held = None
        self.value = None
        self.changed.emit(None)
        self.committed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move a handle by a hundredth of the range; up and down take the other."""
        key, low, high = event.key(), *self._range
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._active = 1 - self._active
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._counts is not None:
            step = (high - low) / 100 * (10 if event.modifiers() else 1)
            sign = -1 if key == Qt.Key.Key_Left else 1
            self._move(self.limits[self._active] + sign * step)
            self.committed.emit(self._value)
        else:
            super().keyPressEvent(event)

    def _move(self, value: float) -> None:
        """Bring the active handle to a value, inside the range and clear of the other."""
        low, high = self._range
        least = (high - low) / 200
        limits = list(self.limits)
        other = limits[1 - self._active]
        if self._centered:
            reach = min(max(value if self._active else -value, least), high)
            limits = [-reach, reach]
        elif self._active == 0:
            limits[0] = max(low, min(value, other - least))
        else:
            limits[1] = min(high, max(value, other + least))
        if limits[0] < limits[1] and tuple(limits) != self.limits:
            self.value = (limits[0], limits[1])
            self.changed.emit(self._value)

    # places

    def _foot(self) -> float:
        return float(theme.height("fact"))

    def _box(self) -> QRectF:
        return QRectF(0, 0, self.width(), self.height() - self._foot())

    def _x(self, value: float) -> float:
        low, high = self._range
        share = (value - low) / (high - low) if high > low else 0.0
        box = self._box()
        return box.left() + _PAD + min(max(share, 0.0), 1.0) * (box.width() - 2 * _PAD)

    def _value_at(self, x: float) -> float:
        low, high = self._range
        box = self._box()
        share = (x - box.left() - _PAD) / max(1.0, box.width() - 2 * _PAD)
        return low + min(max(share, 0.0), 1.0) * (high - low)

    def _describe(self) -> None:
        low, high = (number(value) for value in self.limits)
        self.setAccessibleDescription(f"from {low} to {high}")
