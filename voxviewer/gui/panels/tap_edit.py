"""The number of one tap while it is typed, over its cell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from voxviewer.gui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent


class TapEdit(QLineEdit):
    """A number over its cell: `changed` while it is typed, then `ended` with True, or False (Esc).

    Up and Down step it, Tab goes on to the next tap: `ended` then gives 1, or -1 for back.
    """

    changed = Signal(float)
    ended = Signal(bool, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.step = 0.01
        self._home = parent
        self._open = False
        self.setAccessibleName("Weight")
        self.textEdited.connect(self._on_edited)
        self.hide()

    @property
    def number(self) -> float | None:
        """What is typed, None while it is no finite number."""
        return read_number(self.text())

    def begin(self, text: str, step: float, select: bool) -> None:
        """Show a number and take the keyboard."""
        self.step = step
        self.setText(text)
        self._mark()
        self._open = True
        self.show()
        self.raise_()
        self.setFocus()
        if select:
            self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step, end or give up; everything else is typing."""
        key = event.key()
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step((1 if key == Qt.Key.Key_Up else -1) * (10 if shift else 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._end(True)
        elif key == Qt.Key.Key_Escape:
            self._end(False)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tab goes to the next tap instead of to the next field."""
        if event.type() == QEvent.Type.KeyPress and event.key() in (  # type: ignore[attr-defined]
            Qt.Key.Key_Tab,
            Qt.Key.Key_Backtab,
        ):
            onward = event.key() == Qt.Key.Key_Tab  # type: ignore[attr-defined]
            self._end(True, 1 if onward else -1)
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed stays."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._end(True)

    def _step(self, steps: int) -> None:
        now = self.number
        if now is None:
            return
        # On the grid of the steps: 0.1 + 0.01 is 0.11, not 0.11000000000000001.
        value = round(round(now / self.step + steps) * self.step, 12)
        self.setText(edit_text(value))
        self.selectAll()
        self._mark()
        self.changed.emit(value)

    def _on_edited(self) -> None:
        self._mark()
        if self.number is not None:
            self.changed.emit(self.number)

    def _mark(self) -> None:
        theme.set_property(self, "bad", self.number is None)

    def _end(self, keep: bool, onward: int = 0) -> None:
        if not self._open:
            return
        self._open = False
        if self.hasFocus():
            self._home.setFocus()  # else Qt hands the keyboard to some other field
        self.hide()
        self.ended.emit(keep, onward)


def read_number(text: str) -> float | None:
    """Return the finite number a text says, with a point or a comma; None where it says none."""
    try:
        number = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 3.4e38 else None


def edit_text(value: float) -> str:
    """Return a weight in four digits, with a true minus: "−0.0417", "0", "1e-07"."""
    text = f"{value:.4g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def round_step(step: float) -> float:
    """Return the nearest of 1, 2, 5 times a power of ten; 0.01 for nothing."""
    if not step > 0 or not math.isfinite(step):
        return 0.01
    power = 10.0 ** math.floor(math.log10(step))
    nearest = min((1, 2, 5, 10), key=lambda digit: abs(digit - step / power))
    return float(f"{nearest * power:.1e}")
