"""One method of the lab: its picture, and under it a button with its name and its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import marks
from voxviewer.gui.views.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent

_RING = 3  # pixels round a tile: the ring's two and a gap
_GAP = 10


class Caption(QAbstractButton):
    """Name and value above, numbers in even columns below; pressed like a radio button."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setText(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._value = ""
        self._numbers: tuple[str, ...] = ()
        self.chosen = False
        self.choosable = True

    def set_name(self, name: str) -> None:
        """Show another name."""
        if name != self.text():
            self.setText(name)
            self.setAccessibleName(name)

    def set_value(self, value: str) -> None:
        """Show the value under the linked cursor."""
        if value != self._value:
            self._value = value
            self.update()

    def set_numbers(self, numbers: Sequence[str]) -> None:
        """Show what the method does, one number a column."""
        if tuple(numbers) != self._numbers:
            self._numbers = tuple(numbers)
            self.setAccessibleDescription(", ".join(self._numbers))
            self.update()

    @property
    def numbers(self) -> tuple[str, ...]:
        """What is shown below the name."""
        return self._numbers

    def sizeHint(self) -> QSize:
        """Two lines."""
        return QSize(theme.width(180), theme.line_height() + theme.line_height("caption") + 10)

    def minimumSizeHint(self) -> QSize:
        """Words may be cut off, lines may not."""
        return QSize(theme.width(96), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both lines, the name in the accent where it is chosen."""
        painter = drawing.painter_on(self)
        hot = self.choosable and self.underMouse() and not self.chosen
        painter.fillRect(self.rect(), theme.color("hover" if hot else "panel"))
        inside = self.rect().adjusted(8, 4, -8, -4)
        tall = theme.line_height()
        self._paint_name(painter, QRect(inside.left(), inside.top(), inside.width(), tall))
        self._paint_numbers(painter, inside.adjusted(0, tall + 2, 0, 0))
        if self.hasFocus():
            drawing.ring(painter, self.rect().adjusted(1, 1, -1, -1), 3)

    def _paint_name(self, painter: QPainter, line: QRect) -> None:
        mono = theme.font("mono-small")
        wide = min(drawing.advance(mono, self._value) + 2, line.width() // 2) if self._value else 0
        right = Qt.AlignmentFlag.AlignRight
        drawing.text(painter, line, self._value, mono, "text", right)
        name = line.adjusted(0, 0, -wide - (_GAP if wide else 0), 0)
        role = "accent" if self.chosen else "text"
        drawing.text(painter, name, self.text(), theme.font("strong"), role)

    def _paint_numbers(self, painter: QPainter, line: QRect) -> None:
        font = theme.font("caption")
        count = len(self._numbers)
        widths = [drawing.advance(font, words) + 2 for words in self._numbers]
        spare = line.width() - sum(widths)
        if spare < 4 * (count - 1):  # too narrow: each gets its part, and is cut off
            widths = [line.width() // count - 4] * count
            spare = 4 * (count - 1)
        left = float(line.left())
        for words, wide in zip(self._numbers, widths, strict=True):
            box = QRect(round(left), line.top(), wide, line.height())
            drawing.text(painter, box, words, font, "text3")
            left += wide + spare / max(count - 1, 1)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up under the pointer."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to rest."""
        super().leaveEvent(event)
        self.update()


class LabTile(QWidget):
    """A canvas over its caption; the tile of the chosen method wears the accent ring.

    A click on the picture or on the caption says `wanted`, where there is something to choose.
    """

    wanted = Signal()

    def __init__(self, name: str, *, choosable: bool = True, tip: str = "") -> None:
        super().__init__()
        self.canvas = Canvas(name)
        self.caption = Caption(name)
        self.caption.choosable = choosable
        self.caption.setToolTip(tip)
        if not choosable:
            self.caption.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(_RING, _RING, _RING, _RING)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.caption)
        if choosable:
            self.caption.clicked.connect(self.wanted)
            self.canvas.picked.connect(lambda *_: self.wanted.emit())
        theme.changed.connect(self.update)

    @property
    def chosen(self) -> bool:
        """Whether the settings are these."""
        return self.caption.chosen

    @chosen.setter
    def chosen(self, chosen: bool) -> None:
        if chosen != self.caption.chosen:
            self.caption.chosen = chosen
            self.caption.setAccessibleName(self.caption.text() + (", chosen" if chosen else ""))
            self.caption.update()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line round the tile, or the ring."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        if self.chosen:
            marks.paint_ring(painter, self.rect().toRectF(), 3)
        else:
            drawing.frame(painter, self.rect().adjusted(2, 2, -2, -2), 1, edge="line")
