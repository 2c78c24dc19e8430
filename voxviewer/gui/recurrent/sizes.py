"""Weights and work of all recurrent forms beside each other; here the one to fit is chosen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.files import size_text
from voxviewer.gui import theme
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent

    from voxviewer.networks.forms import RecurrentForm

TITLES = ("", "one time step", "state", "parameters", "weights", "multiply-adds a clip")
GAP = 20
SHORT = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def cells(form: RecurrentForm) -> tuple[str, ...]:
    """Return the words of a row; dashes where the form cannot be built."""
    if form.problem:
        return form.title, *(["–"] * (len(TITLES) - 1))
    return (
        form.title,
        " × ".join(f"{size:,}" for size in form.shape[2:]),
        " × ".join(f"{size:,}" for size in form.state),
        f"{form.parameters:,}",
        size_text(4 * form.parameters),
        short(form.work),
    )


def short(number: float) -> str:
    """Return a large number in three digits: "212 M"."""
    for size, letter in SHORT:
        if number >= size:
            digits = max(2 - int(math.log10(number / size)), 0)
            return f"{number / size:.{digits}f} {letter}"
    return f"{number:.0f}"


class SizesTable(QWidget):
    """A row for each form; a press or the arrow keys choose one."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.forms: tuple[RecurrentForm, ...] = ()
        self.key = ""
        self._ring = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Recurrent forms and what they cost")
        theme.changed.connect(self.updateGeometry)

    def show_forms(self, forms: tuple[RecurrentForm, ...], key: str) -> None:
        """Show other forms, one of them chosen."""
        if (forms, key) == (self.forms, self.key):
            return
        if len(forms) != len(self.forms):
            self.updateGeometry()
        self.forms, self.key = forms, key
        lines = [", ".join(filter(None, cells(form))) for form in forms]
        self.setAccessibleDescription("; ".join(lines))
        wrong = [f"{form.title}: {form.problem}" for form in forms if form.problem]
        self.setToolTip("\n".join(wrong))
        self.update()

    def sizeHint(self) -> QSize:
        """A line for the titles and one for each form."""
        return QSize(theme.width(560), self._top(len(self.forms)) + 2)

    def _top(self, row: int) -> int:
        return theme.height("fact") + 4 + row * self._high()

    @staticmethod
    def _high() -> int:
        return theme.height("fact") + 6

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw titles and rows, the chosen one on its fill."""
        painter = drawing.painter_on(self)
        rows = [cells(form) for form in self.forms]
        lefts = self._lefts(rows)
        right = Qt.AlignmentFlag.AlignRight
        for column, title in enumerate(TITLES):
            box = QRectF(lefts[column], 0, lefts[column + 1] - lefts[column], theme.height("fact"))
            drawing.text(painter, box, title, theme.font("axis"), "text3", right)
        for row, form in enumerate(self.forms):
            self._draw_row(painter, row, form, rows[row], lefts)
        if self._ring and self.hasFocus():
            drawing.ring(painter, self.rect())

    def _draw_row(
        self,
        painter: QPainter,
        row: int,
        form: RecurrentForm,
        words: tuple[str, ...],
        lefts: list[float],
    ) -> None:
        top, high, on = self._top(row), self._high(), form.key == self.key
        if on:
            box = QRectF(1, top + 1, self.width() - 2, high - 2)
            drawing.frame(painter, box, 4, "soft")
        role = "off" if form.problem else "accent" if on else "text"
        for column, text in enumerate(words):
            box = QRectF(lefts[column], top, lefts[column + 1] - lefts[column], high)
            left = Qt.AlignmentFlag.AlignLeft
            if column == 0:
                font = theme.font("strong" if on else "body")
                drawing.text(painter, box.adjusted(8, 0, 0, 0), text, font, role, left)
                continue
            number = "text3" if form.problem else "text"
            aside = Qt.AlignmentFlag.AlignRight
            drawing.text(painter, box, text, theme.font("mono-small"), number, aside)

    def _lefts(self, rows: list[tuple[str, ...]]) -> list[float]:
        """Where each column begins, and the last one ends: as wide as their widest words."""
        widths = [
            max(
                [drawing.wide("axis", TITLES[column])]
                + [drawing.wide("mono-small", row[column]) for row in rows]
            )
            + theme.width(GAP)
            for column in range(1, len(TITLES))
        ]
        first = max(self.width() - 8.0 - sum(widths), theme.width(120))
        lefts = [0.0, first]
        for width in widths:
            lefts.append(lefts[-1] + width)
        return lefts

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the form under the pointer."""
        row = int((event.position().y() - self._top(0)) // self._high())
        if 0 <= row < len(self.forms):
            self.chosen.emit(self.forms[row].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the form above or below."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        keys = [form.key for form in self.forms]
        if step is None or self.key not in keys:
            super().keyPressEvent(event)
            return
        row = min(max(keys.index(self.key) + step, 0), len(keys) - 1)
        self.chosen.emit(keys[row])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring where the keyboard led here."""
        self._ring = drawing.ring_after(event, self._ring)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._ring = drawing.ring_after(event, self._ring)
        super().focusOutEvent(event)
        self.update()
