"""What is open: a line for each source, the current one lit, each with a way to close it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from voxviewer.data import Skeleton
from voxviewer.gui import theme
from voxviewer.gui.parts import IconButton, drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from voxviewer.data import Source

SHOWN = 6
"""Lines that are seen at once; of more the list scrolls."""


class SourceLine(QAbstractButton):
    """One source: its name and, quietly, its shape."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shape = ""

    def show_source(self, name: str, source: Source) -> None:
        """Show another source under this name."""
        self._shape = shape_words(source)
        self.setText(name)
        self.setAccessibleName(name)
        self.setAccessibleDescription(self._shape)
        self.setToolTip(f"{name}, {source.facts.description}, {self._shape}")

    def sizeHint(self) -> QSize:
        """A target for fingers."""
        return QSize(theme.width(160), theme.height("target"))

    def minimumSizeHint(self) -> QSize:
        """The name may be cut off."""
        return QSize(theme.width(60), theme.height("target"))

    def nextCheckState(self) -> None:
        """Stay lit when pressed again: one source is always the current one."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw name and shape, soft where it is the current one."""
        painter = drawing.painter_on(self)
        lit = self.isChecked()
        if lit or self.underMouse():
            drawing.frame(painter, self.rect(), 4, "soft" if lit else "hover")
        inside = self.rect().adjusted(8, 0, -6, 0)
        quiet = theme.font("caption")
        wide = drawing.advance(quiet, self._shape) + 2
        if wide > inside.width() // 2:
            wide = 0
        right = Qt.AlignmentFlag.AlignRight
        if wide:
            drawing.text(painter, inside, self._shape, quiet, "text3", right)
        words = QRect(inside.left(), 0, inside.width() - wide - (8 if wide else 0), self.height())
        font = theme.font("strong" if lit else "body")
        elide = Qt.TextElideMode.ElideMiddle
        left = Qt.AlignmentFlag.AlignLeft
        drawing.text(painter, words, self.text(), font, "text", left, elide)
        if self.hasFocus():
            drawing.ring(painter, self.rect(), 4)


class SourceList(QWidget):
    """Lines of sources; `chosen` and `closed` say which of them by its place."""

    chosen = Signal(int)
    closed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[SourceLine] = []
        self.close_buttons: list[IconButton] = []
        self._rows: list[QWidget] = []
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addStretch(1)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setProperty("area", "panel")
        self._inside.setProperty("area", "panel")
        self.area.setWidget(self._inside)
        self.area.setAccessibleName("Open sources")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.addWidget(self.area)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_sources(self, sources: Sequence[Source], current: Source | None) -> None:
        """Show these; numbers tell equal names apart."""
        while len(self.lines) < len(sources):
            self._add_line()
        names = [source.name for source in sources]
        for place, row in enumerate(self._rows):
            row.setVisible(place < len(sources))
            if place < len(sources):
                name, source = names[place], sources[place]
                twin = names.count(name) > 1
                line = self.lines[place]
                line.show_source(f"{name} ({place + 1})" if twin else name, source)
                line.setChecked(source is current)
                self.close_buttons[place].setAccessibleName(f"Close {line.text()}")
                self.close_buttons[place].setToolTip(f"Close {line.text()}")
                if source is current:
                    self.area.ensureWidgetVisible(line)
        seen = min(len(sources), SHOWN)
        self.area.setFixedHeight(seen * (theme.height("target") + 1))

    def _add_line(self) -> None:
        place = len(self.lines)
        line, button = SourceLine(), IconButton("close", "Close")
        line.clicked.connect(lambda: self.chosen.emit(place))
        button.clicked.connect(lambda: self.closed.emit(place))
        row = QWidget()
        laid = QHBoxLayout(row)
        laid.setContentsMargins(0, 0, 0, 0)
        laid.setSpacing(2)
        laid.addWidget(line, 1)
        laid.addWidget(button)
        self._column.insertWidget(place, row)
        self.lines.append(line)
        self.close_buttons.append(button)
        self._rows.append(row)


def shape_words(source: Source) -> str:
    """Return "16 × 64 × 64" of the axes that have more than one entry."""
    shape = source.shape[:-1] if isinstance(source, Skeleton) else source.shape
    return " × ".join(str(n) for n in shape if n > 1) or "1"
