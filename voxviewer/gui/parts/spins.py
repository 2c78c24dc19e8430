"""A number field: the axis letter before the number and the unit after it stand quietly inside.

So the number itself is what one reads. An optional field may be empty: that means "as the source
is", and the source's own value stands there as a placeholder.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QLocale, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDoubleSpinBox,
    QLineEdit,
    QSizePolicy,
)

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing

GAP = 4  # between the number and the words round it


class _QuietEdit(QLineEdit):
    """The text of a spin box with a quiet prefix and unit around it."""

    def __init__(self, prefix: str, unit: str) -> None:
        super().__init__()
        self.prefix, self.unit = prefix, unit
        self.measure()
        theme.changed.connect(self.measure)

    def measure(self) -> None:
        """Leave room for prefix and unit."""
        before = self._advance(self.prefix) + theme.width(GAP) if self.prefix else 0
        after = self._advance(self.unit) + theme.width(GAP) if self.unit else 0
        self.setTextMargins(before, 0, after, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the number, then the quiet words round it."""
        super().paintEvent(event)
        if not self.prefix and not self.unit:
            return
        painter = QPainter(self)
        painter.setFont(theme.font())
        painter.setPen(theme.color("text3" if self.isEnabled() else "off"))
        # The cursor says where the style put the text, and how far it is scrolled.
        cursor = self.cursorRect()
        start = cursor.center().x() - self._advance(self.text()[: self.cursorPosition()])
        base = cursor.top() + painter.fontMetrics().ascent()
        before = start - theme.width(GAP) - self._advance(self.prefix)
        painter.drawText(max(2, before), base, self.prefix)
        after = start + self._advance(self.text() or self.placeholderText()) + theme.width(GAP)
        painter.drawText(min(after, self.width() - self._advance(self.unit)), base, self.unit)

    def _advance(self, words: str) -> int:
        return drawing.advance(theme.font(), words)


class Spin(QDoubleSpinBox):
    """The spin box in both kinds of field: a number, or nothing where it is optional.

    Nothing is kept as the number one step below the minimum and shown as an empty text.
    """

    stepped = Signal()

    def __init__(
        self,
        minimum: float,
        maximum: float,
        step: float = 1,
        decimals: int = 0,
        prefix: str = "",
        unit: str = "",
        optional: bool = False,
    ) -> None:
        super().__init__()
        self._optional = optional
        self._low, self._high = minimum, maximum
        self._exact: float | None = None  # what was set; the box rounds it to its decimals
        self.hint = ""
        self.trim = False  # "12" and "12.5" where there may be two decimals
        self._edit = _QuietEdit(prefix, unit)
        self.setLineEdit(self._edit)
        self.setProperty("prefixed", bool(prefix))
        self.setLocale(QLocale.c())
        self.setDecimals(decimals)
        self.setSingleStep(step)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.limit(minimum, maximum)

    def set_unit(self, unit: str) -> None:
        """Draw another unit after the number."""
        if unit != self._edit.unit:
            self._edit.unit = unit
            self._edit.measure()
            self._edit.update()

    def limit(self, minimum: float, maximum: float) -> None:
        """Allow a person numbers from minimum to maximum; the one that is shown stays."""
        self._low, self._high = minimum, maximum
        self._make_room(self.value())

    def _make_room(self, value: float) -> None:
        """Let the session's number be shown where no person could type it: never cut it."""
        nothing = self._optional and value < self._low
        low = self._low - 1 if self._optional else self._low
        self.setRange(low if nothing else min(low, value), max(self._high, value))

    @property
    def number(self) -> float | int | None:
        """The number, an int where there are no decimals, None where the field is empty.

        What was set comes back as it was, with more decimals than are shown, until a person types
        another number.
        """
        shown = self.value()
        if self._optional and shown < self._low:
            return None
        if self.decimals() == 0:
            return round(shown)
        exact = self._exact
        kept = exact is not None and shown == float(f"{exact:.{self.decimals()}f}")
        return exact if kept else shown

    @number.setter
    def number(self, number: float | int | None) -> None:
        if number is None and not self._optional:
            raise ValueError("this field needs a number")
        if number == self.number:
            return  # rewriting the same would move the cursor of someone who types
        value = self._low - 1 if number is None else number
        blocked = self.blockSignals(True)
        self._make_room(value)
        self.setValue(value)
        self._exact = value
        self.blockSignals(blocked)

    def set_step(self, step: float, decimals: int) -> None:
        """Step by another size, and show so many decimals; the number stays."""
        number = self.number
        if (step, decimals) == (self.singleStep(), self.decimals()):
            return
        blocked = self.blockSignals(True)
        self.setSingleStep(step)
        self.setDecimals(decimals)
        self.setValue(self._low - 1 if number is None else number)
        self.blockSignals(blocked)

    def set_hint(self, hint: str) -> None:
        """Show what nothing means here: the source's own value, or "auto"."""
        self.hint = hint
        self.lineEdit().setPlaceholderText(hint)
        self.lineEdit().update()

    def textFromValue(self, value: float) -> str:
        """Write the number with a true minus; nothing for nothing."""
        if self._optional and value < self._low:
            return ""
        text = f"{value:.{self.decimals()}f}"
        if self.trim and "." in text:
            text = text.rstrip("0").rstrip(".")
        return text.replace("-", "−")

    def valueFromText(self, text: str) -> float:
        """Read a number, with a decimal point or comma."""
        number = _read(text)
        return self._low - 1 if number is None else number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Say whether a text is a number, may become one, or cannot."""
        state = QValidator.State
        if not text.strip():
            return (state.Acceptable if self._optional else state.Intermediate), text, position
        number = _read(text)
        if number is None and text.strip() not in ("-", "−", ".", ","):
            beginning = _read(f"{text}0") is not None  # "1e" may become a number
            return (state.Intermediate if beginning else state.Invalid), text, position
        # "12.5" is rounded where numbers are whole: to leave out a point would make it 125.
        whole = self.decimals() == 0 and any(mark in text for mark in ".,eE")
        fits = number is not None and not whole and self._low <= number <= self._high
        return (state.Acceptable if fits else state.Intermediate), text, position

    def fixup(self, text: str) -> str:
        """Take the nearest number that is allowed for one that is too large or too small."""
        number = _read(text)
        if number is None:
            return text
        return self.textFromValue(min(max(number, self._low), self._high))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Space and ? to the window; other letters may be slips, and do nothing."""
        if event.text() in (" ", "?"):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def stepBy(self, steps: int) -> None:
        """Step, from the source's own value where the field is empty; never into nothing."""
        start = self.number
        if start is None:
            start = _read(self.hint)
        if start is None:
            start, steps = self._low, 0
        wanted = start + steps * self.singleStep()
        self.setValue(min(max(wanted, self._low), self._high))
        self.selectAll()
        self.stepped.emit()

    def stepEnabled(self) -> QDoubleSpinBox.StepEnabledFlag:
        """An empty field can be stepped both ways."""
        if self.number is None:
            flags = QDoubleSpinBox.StepEnabledFlag
            return flags.StepUpEnabled | flags.StepDownEnabled
        up = self.value() < self._high
        down = self.value() > self._low
        none = QDoubleSpinBox.StepEnabledFlag.StepNone
        flag = QDoubleSpinBox.StepEnabledFlag.StepUpEnabled if up else none
        return flag | (QDoubleSpinBox.StepEnabledFlag.StepDownEnabled if down else none)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel that scrolls, unless the keyboard is here."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def room(self, text: str) -> int:
        """The width that a text needs, without the arrows."""
        edit = self._edit
        margins = edit.textMargins().left() + edit.textMargins().right()
        return margins + drawing.advance(theme.font(), text) + (10 if edit.prefix else 11)

    def widest(self) -> int:
        """The width that what is shown now needs, without the arrows."""
        return self.room(self.text() or self.hint or "00")

    def sizeHint(self) -> QSize:
        """Room for three digits, or what is shown if longer, and the arrows where there are any."""
        least = self.room("0" * (3 + self.decimals()))
        arrows = 0 if self.property("narrow") else arrow_width()
        return QSize(max(least, self.widest()) + arrows, theme.height("field"))

    def minimumSizeHint(self) -> QSize:
        """Room for what is shown; the arrows go first."""
        return QSize(max(self.room("00"), self.widest()), theme.height("field"))

    def set_narrow(self, narrow: bool) -> None:
        """Hide the arrows, where there is no room; keys and wheel still step."""
        if bool(self.property("narrow")) == narrow:
            return
        theme.set_property(self, "narrow", narrow)
        # The spin box gives its edit the arrows' room only where it hears of another style.
        QApplication.sendEvent(self, QEvent(QEvent.Type.StyleChange))


def arrow_width() -> int:
    """The width of the arrows at the end of a field."""
    return theme.icon_size(13)


def _read(text: str) -> float | None:
    """The finite number a text says, or None."""
    try:
        number = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
