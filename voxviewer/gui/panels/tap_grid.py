"""A filter's taps to look at and to change: type a number, step it, or drag it up and down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from voxviewer.gui import theme
from voxviewer.gui.panels import words
from voxviewer.gui.panels.tap_edit import TapEdit, edit_text, round_step
from voxviewer.gui.panels.taps import (
    Tap,
    TapLayout,
    draw_choice,
    draw_taps,
    tap_layout,
    units_words,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent

_SLACK = 3  # pixels a press may move and still be a click
_WAY = 100  # pixels of a drag that change a tap by the largest weight
_TYPED = "0123456789.,-−+"


class TapGrid(QWidget):
    """Every tap of a filter's frames; one of them is chosen and can be changed.

    `edited` gives a tap and its new value while it is typed or dragged; then `committed` says that
    the edit is finished, or `reverted` that it shall not have been.
    """

    edited = Signal(object, float)
    committed = Signal()
    reverted = Signal()
    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._values: NDArray[np.float64] = np.zeros((1, 1, 1))
        self._limit = 0.0
        self._tap: Tap | None = None
        self._before = 0.0  # what the tap was when the edit began
        self._press: QPointF | None = None
        self._dragging = False
        self._height = 0
        self.editor = TapEdit(self)
        self.editor.changed.connect(self._on_typed)
        self.editor.ended.connect(self._on_ended)
        self.setAccessibleName("Taps")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._measure)

    # what there is

    @property
    def tap(self) -> Tap | None:
        """The chosen tap, frame, row, column; None where none was chosen yet."""
        return self._tap

    @property
    def value(self) -> float:
        """The chosen tap's weight; 0 without one."""
        return float(self._values[self._tap]) if self._tap is not None else 0.0

    @property
    def busy(self) -> bool:
        """True while a tap is being dragged or typed."""
        return self._dragging or self.editor.isVisible()

    def show_taps(self, values: NDArray[np.float64], limit: float) -> None:
        """Show other weights (kT, kH, kW), colored from -limit to limit.

        While one is dragged the colors keep their limit, so that the other cells stay as they are.
        """
        if values.shape != self._values.shape:
            self._forget()
        self._values = values
        if not self._dragging:
            self._limit = limit
        self._describe()
        self._measure()
        self.update()

    def places(self) -> TapLayout:
        """Return where the cells lie now."""
        T, H, W = self._values.shape
        return tap_layout((T, H, W), self.width() - 1)

    def choose(self, tap: Tap | None) -> None:
        """Choose a tap."""
        self._tap = tap
        self._describe()
        self.chosen.emit()
        self.update()

    def units_words(self) -> str:
        """Return what the written numbers are meant in; "" where there are none to scale."""
        return units_words(self._limit) if self.places().numbers else ""

    def step(self) -> float:
        """Return a round step for a weight: about a twentieth of the largest."""
        return round_step(self._limit / 20)

    # measures

    def sizeHint(self) -> QSize:
        """As high as the kernel asks for."""
        T, H, W = self._values.shape
        high = tap_layout((T, H, W), max(self.width(), 200) - 1).height
        return QSize(theme.width(296), math.ceil(high) + 1)

    def minimumSizeHint(self) -> QSize:
        """As high as it should be, narrow where it must be."""
        return QSize(160, self.sizeHint().height())

    def resizeEvent(self, event: QEvent) -> None:
        """The cells grow with the dock."""
        self._measure()
        self._place_editor()

    def _measure(self) -> None:
        height = self.sizeHint().height()
        if height != self._height:
            self._height = height
            self.updateGeometry()

    def _describe(self) -> None:
        self.setAccessibleDescription(self.words(self._tap) if self._tap is not None else "")

    def words(self, tap: Tap) -> str:
        """Return a tap's place and weight in words."""
        t, i, j = tap
        return f"frame {t}, row {i}, column {j}: {words.total(float(self._values[tap]))}"

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The cells, and the ring round the chosen one."""
        painter = QPainter(self)
        place = self.places()
        draw_taps(painter, self._values, self._limit, place, "night" if theme.is_dark() else "day")
        if self._tap is not None and (self.hasFocus() or self.editor.isVisible()):
            draw_choice(painter, place, self._tap)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Say the number under the pointer, and what can be done with it."""
        if event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        tap = self.places().at(QPointF(event.pos()))
        if tap is None:
            QToolTip.hideText()
            return
        tip = f"{self.words(tap)}\nClick to type a number, drag up or down to change it."
        QToolTip.showText(event.globalPos(), tip, self)

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tap under the pointer; a drag from here changes it."""
        tap = self.places().at(event.position())
        if tap is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.choose(tap)
        self._press, self._before = event.position(), self.value

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Change the pressed tap by the way up or down; Shift goes ten times finer."""
        over = self.places().at(event.position()) is not None
        shape = Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        if self._press is None or self._tap is None:
            return
        up = self._press.y() - event.position().y()
        if not self._dragging and abs(up) <= _SLACK:
            return
        self._dragging = True
        fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        pixel = round_step((self._limit or 1.0) / _WAY) / (10 if fine else 1)
        self.edited.emit(self._tap, round(self._before + round(up) * pixel, 12))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A drag ends here; a click opens the number."""
        if self._press is None or event.button() != Qt.MouseButton.LeftButton:
            return
        dragged, self._dragging, self._press = self._dragging, False, None
        if dragged:
            self.committed.emit()
        else:
            self.edit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose the tap beside, Enter and digits edit, Delete makes it 0."""
        ways = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        key, typed = Qt.Key(event.key()), event.text()
        way = ways.get(key)
        if way is not None and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._go(*way)
        elif self._tap is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.edit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.edited.emit(self._tap, 0.0)
            self.committed.emit()
        elif typed and typed in _TYPED:
            self.edit(typed)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The first tap is chosen where the keyboard comes here."""
        super().focusInEvent(event)
        if self._tap is None:
            T, H, W = self._values.shape
            self.choose((T // 2, H // 2, W // 2))
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()

    def _go(self, rows: int, columns: int) -> None:
        found = self.places().beside(self._tap or (0, 0, 0), rows, columns)
        if found is not None:
            self.choose(found)

    def edit(self, typed: str = "") -> None:
        """Open the chosen tap's number, or a number that begins with what was typed."""
        if self._tap is None:
            return
        self._before = self.value
        self._place_editor()
        self.editor.begin(typed or edit_text(self.value), self.step(), select=not typed)
        if typed:
            self._on_typed(self.editor.number)

    def _place_editor(self) -> None:
        """Over its cell, wide enough for a number."""
        if self._tap is None:
            return
        box = self.places().box(self._tap)
        wide, tall = max(theme.width(58), round(box.width())), theme.height("field")
        left = min(max(round(box.center().x() - wide / 2), 0), max(self.width() - wide, 0))
        top = min(max(round(box.center().y() - tall / 2), 0), max(self.height() - tall, 0))
        self.editor.setGeometry(left, top, wide, tall)

    def _on_typed(self, value: float | None) -> None:
        if value is not None and self._tap is not None:
            self.edited.emit(self._tap, value)

    def _on_ended(self, keep: bool, onward: int) -> None:
        (self.committed if keep else self.reverted).emit()
        if onward and self._tap is not None:
            self._next(onward)
        self.update()

    def _next(self, onward: int) -> None:
        """Go on to the next tap in the order of memory, and open its number."""
        index = int(np.ravel_multi_index(self._tap or (0, 0, 0), self._values.shape)) + onward
        t, i, j = np.unravel_index(index % self._values.size, self._values.shape)
        self.choose((int(t), int(i), int(j)))
        self.edit()

    def _forget(self) -> None:
        """A kernel of another size: nothing is chosen or edited."""
        self._tap, self._press, self._dragging = None, None, False
        self.editor.hide()
