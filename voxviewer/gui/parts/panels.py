"""Panels: a title that folds over rows on one grid.

Folded, the title's quiet fact becomes a summary, so that no setting is hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.buttons import IconButton
from voxviewer.gui.parts.rows import FormRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent

SIDE = 12  # padding of a panel across
_UNLIMITED = 16_777_215  # QWIDGETSIZE_MAX


class _TitleBar(QAbstractButton):
    """The bar that folds its panel: arrow, title, one quiet fact, icons."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self.fact = ""
        self.icons = QHBoxLayout(self)
        self.icons.setContentsMargins(0, 0, 6, 1)
        self.icons.setSpacing(0)
        self.icons.addStretch(1)

    def sizeHint(self) -> QSize:
        """Room for the title and a short fact."""
        words = drawing.advance(theme.font("title"), self.text())
        return QSize(words + theme.width(60), theme.height("title"))

    def minimumSizeHint(self) -> QSize:
        """Never lower."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw arrow, title and fact over a line."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("head"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))
        side = theme.icon_size(12)
        arrow = QRectF(7, (self.height() - 1 - side) / 2, side, side)
        over = "text" if self.underMouse() else "text2"
        icons.paint(painter, "fold" if self.isChecked() else "unfold", arrow, over)
        self._paint_words(painter, 7 + side + 5)
        if self.hasFocus():
            drawing.ring(painter, self.rect().adjusted(1, 1, -1, -2), 4)

    def _paint_words(self, painter: QPainter, left: int) -> None:
        """Draw title and fact; the fact gives way first."""
        title = theme.font("title")
        words = drawing.advance(title, self.text())
        right = self._right()
        drawing.text(
            painter, QRect(left, 0, right - left, self.height() - 1), self.text(), title, "text"
        )
        start = left + words + theme.width(12)
        box = QRect(start, 0, max(0, right - start), self.height() - 1)
        drawing.text(painter, box, self.fact, theme.font(), "text3", Qt.AlignmentFlag.AlignRight)

    def _right(self) -> int:
        """Where the fact ends: left of the icons."""
        parts = drawing.widgets_in(self.icons)
        places = [part.x() - 4 for part in parts if part.isVisibleTo(self)]
        return min([self.width() - SIDE, *places])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter folds as Space does; left folds, right unfolds."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            if self.isChecked() == (event.key() == Qt.Key.Key_Left):
                self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up under the pointer."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to rest."""
        super().leaveEvent(event)
        self.update()


class FoldPanel(QWidget):
    """Rows under a title that folds.

    Parameters
    ----------
    fact : one quiet fact at the right of the title: "8 x 3x3x3"
    folded : begin with the title alone
    """

    folded_changed = Signal(bool)

    def __init__(self, title: str, fact: str = "", folded: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.bar = _TitleBar(title)
        self.content = QWidget()
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(SIDE, 9, SIDE, 10)
        self.body.setSpacing(5)
        self._fact, self._summary = fact, ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.content)
        self._line = QFrame()
        self._line.setProperty("line", True)
        column.addWidget(self._line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._motion = QPropertyAnimation(self.content, b"maximumHeight", self)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.finished.connect(self._on_rest)
        self.bar.setChecked(not folded)
        self._on_rest()
        self._show_fact()
        self.bar.toggled.connect(self._on_toggled)

    @property
    def title(self) -> str:
        """The words in the title bar."""
        return self.bar.text()

    @property
    def folded(self) -> bool:
        """Whether only the title shows."""
        return not self.bar.isChecked()

    @folded.setter
    def folded(self, folded: bool) -> None:
        self.bar.setChecked(not folded)

    def fold_at_once(self, folded: bool) -> None:
        """Fold or unfold without motion: where no one has asked for it."""
        self.folded = folded
        self._motion.stop()
        self._on_rest()

    def make(self, pieces: Iterator[None], *, later: bool) -> None:
        """Make what is in it now; or `later`, by whoever runs through `self.pieces`.

        Between two pieces the event loop may turn.
        """
        self.pieces = pieces
        if not later:
            for _ in pieces:
                pass

    def set_fact(self, fact: str) -> None:
        """Say one quiet fact at the right of the title."""
        self._fact = fact
        self._show_fact()

    def set_summary(self, summary: str) -> None:
        """Say what stands there while the panel is folded; without one, the fact."""
        self._summary = summary
        self._show_fact()

    def add(self, widget: QWidget) -> None:
        """Add a widget as wide as the panel."""
        self.body.addWidget(widget)

    def add_row(self, label: str, field: QWidget, help: str = "") -> FormRow:
        """Add a field with its label; `help` is one caption line under it."""
        row = FormRow(label, field, help)
        self.body.addWidget(row)
        return row

    def add_button(self, icon: str, tip: str, checkable: bool = False) -> IconButton:
        """Add an icon at the right of the title."""
        button = IconButton(icon, tip, checkable)
        self.bar.icons.addWidget(button)
        return button

    def _show_fact(self) -> None:
        shown = self._summary if self.folded and self._summary else self._fact
        self.bar.fact = shown
        self.bar.setAccessibleDescription(shown)
        does = f"{'Unfold' if self.folded else 'Fold'} {self.bar.text()}"
        self.bar.setToolTip(f"{does}: {shown}" if self.folded and shown else does)
        self.bar.update()

    def _on_toggled(self, open_: bool) -> None:
        self._show_fact()
        self._move(open_)
        self.folded_changed.emit(not open_)

    def _move(self, open_: bool) -> None:
        """Fold or unfold in 120 ms, or at once where motion is not wanted or not seen."""
        start = self.content.height() if self.content.isVisible() else 0
        self.content.show()
        self._line.show()
        self._motion.stop()
        still = theme.reduced_motion() or not self.isVisible()
        self._motion.setDuration(0 if still else theme.FOLD)
        self._motion.setStartValue(start)
        self._motion.setEndValue(self.content.sizeHint().height() if open_ else 0)
        self._motion.start()

    def _on_rest(self) -> None:
        """Give the content its own height again; folded, take it out of the tab order."""
        self.content.setVisible(not self.folded)
        self._line.setVisible(not self.folded)
        self.content.setMaximumHeight(_UNLIMITED)
