"""The 3D view's own bars: one or two knobs on a line, and the row that says NumPy draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import Label, LinkButton, drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent

KNOB = 12
STEP = 0.01
APART = 0.02
"""The two knobs never come closer than this."""


class KnobBar(QWidget):
    """A quiet word and a line from 0 to 1 with one knob, or with two that enclose a part.

    `value` is a number, or a pair; setting it is silent. Arrow keys move a knob; with two, Shift
    and an arrow move the second one.

    Parameters
    ----------
    word : before the line: "Level", "T"
    name : for people who cannot see it
    """

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self, word: str, name: str, *, pair: bool = False) -> None:
        super().__init__()
        self._word = word
        self._pair = pair
        self._ends: list[float] = [0.0, 1.0] if pair else [0.3]
        self._held: int | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._say()

    @property
    def value(self) -> Any:
        """0 to 1, or where a part begins and ends; setting it tells nobody."""
        return (self._ends[0], self._ends[1]) if self._pair else self._ends[0]

    @value.setter
    def value(self, value: Any) -> None:
        ends = [float(end) for end in value] if self._pair else [float(value)]
        if ends != self._ends:
            self._ends = ends
            self._say()
            self.update()

    @property
    def dragging(self) -> bool:
        """True while a knob is held."""
        return self._held is not None

    def set_word(self, word: str) -> None:
        """Show another word before the line."""
        if word != self._word:
            self._word = word
            self.update()

    def sizeHint(self) -> QSize:
        """As high as a field."""
        return QSize(theme.width(110), theme.height("target"))

    def minimumSizeHint(self) -> QSize:
        """Room for the word and a short line."""
        return QSize(self._start() + theme.width(36), theme.height("target"))

    def point_of(self, share: float) -> QPointF:
        """Return the middle of a knob at a share of the line."""
        start, end = self._start() + KNOB / 2, self.width() - KNOB / 2 - 1
        return QPointF(start + share * max(end - start, 1), self.height() / 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearest knob and put it under the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        share = self._share_at(event.position().x())
        distance = [abs(end - share) for end in self._ends]
        self._held = distance.index(min(distance))
        if self._pair and distance[0] == distance[1]:
            self._held = 1 if share > self._ends[1] else 0
        self._move(self._held, share)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The held knob follows."""
        if self._held is not None:
            self._move(self._held, self._share_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held is not None:
            self._held = None
            self.update()
            self.committed.emit(self.value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole again, where there are two knobs."""
        if self._pair:
            self._ends = [0.0, 1.0]
            self._tell()
            self.committed.emit(self.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move a knob."""
        steps = {Qt.Key.Key_Left: -STEP, Qt.Key.Key_Down: -STEP, Qt.Key.Key_Right: STEP,
                 Qt.Key.Key_Up: STEP}  # fmt: skip
        if event.key() not in steps:
            super().keyPressEvent(event)
            return
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        which = 1 if self._pair and shifted else 0
        self._move(which, self._ends[which] + steps[Qt.Key(event.key())])
        self.committed.emit(self.value)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw word, line, the part that is meant, knobs."""
        painter = drawing.painter_on(self)
        role = "text2" if self.isEnabled() else "off"
        drawing.text(painter, self.rect().adjusted(4, 0, 0, 0), self._word, theme.font(), role)
        first = self.point_of(self._ends[0])
        last = self.point_of(self._ends[-1])
        begin = first if self._pair else self.point_of(0)
        self._line(painter, self.point_of(0), self.point_of(1), "line")
        part = "accent" if self.isEnabled() and (not self._pair or self.value != (0, 1)) else "edge"
        self._line(painter, begin, last, part)
        for point in (first, last) if self._pair else (first,):
            self._knob(painter, point)
        if self.hasFocus():
            drawing.ring(painter, self.rect(), 4)

    def _line(self, painter: QPainter, start: QPointF, end: QPointF, token: str) -> None:
        pen = QPen(theme.color(token), 3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(start, end)

    def _knob(self, painter: QPainter, at: QPointF) -> None:
        circle = QPainterPath()
        circle.addEllipse(at, KNOB / 2 - 0.5, KNOB / 2 - 0.5)
        painter.fillPath(circle, theme.color("raised"))
        painter.setPen(QPen(theme.color("edge" if self.isEnabled() else "line"), 1))
        painter.drawPath(circle)

    def _start(self) -> int:
        return drawing.advance(theme.font(), self._word) + 12 if self._word else 4

    def _share_at(self, x: float) -> float:
        low, high = self.point_of(0).x(), self.point_of(1).x()
        return min(max((x - low) / max(high - low, 1), 0.0), 1.0)

    def _move(self, which: int, share: float) -> None:
        low, high = 0.0, 1.0
        if self._pair:
            low, high = (0.0, self._ends[1] - APART) if which == 0 else (self._ends[0] + APART, 1.0)
        moved = min(max(share, low), high)
        if moved != self._ends[which]:
            self._ends[which] = moved
            self._tell()

    def _tell(self) -> None:
        self._say()
        self.update()
        self.changed.emit(self.value)

    def _say(self) -> None:
        self.setAccessibleDescription(" to ".join(f"{100 * end:.0f} %" for end in self._ends))


class WhyRow(QWidget):
    """One line that says why NumPy draws, and offers to try again."""

    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._label = Label("", "caption", "warning", wrap=True)
        link = LinkButton("Try again")
        link.clicked.connect(self.again)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 12, 2)
        row.setSpacing(8)
        row.addWidget(self._label, 1)
        row.addWidget(link)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; "" where it is not there."""
        return self._label.text() if not self.isHidden() else ""

    def say(self, why: str) -> None:
        """Say why; nothing hides the row."""
        words = f"Drawn by NumPy, without light: {why}." if why else ""
        self._label.setText(words)
        self._label.setToolTip(words)
        self.setVisible(bool(why))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar in the color of warnings."""
        painter = drawing.painter_on(self)
        painter.fillRect(QRectF(self.rect()), theme.color("warningfill"))
