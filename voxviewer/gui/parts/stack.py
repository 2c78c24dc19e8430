"""Panels under each other, as a dock shows them, which grow and shrink together.

A new source changes the height of five panels, and each of them in a turn of its own. Were the
stack laid out and painted after every one, the panels would jump five times, and all that is in
them (80 widgets, 10 to 20 ms) would be painted as often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtWidgets import QFrame, QLayoutItem, QScrollArea, QScrollBar, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.turns import Soon

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


class PanelStack(QScrollArea):
    """Panels under each other; it scrolls where they are too high.

    Panels that want another height get it together, when those who wait for a turn have had theirs;
    until then the stack shows what it showed. The scroll bar floats over the panels' right padding,
    so that nothing moves when it appears.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside = QWidget()
        self._inside.setProperty("area", "panel")
        self._column = _Column(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._settle = Soon(self.lay_out, alone=True)
        self.setWidget(self._inside)
        self.setProperty("area", "panel")
        self._floating = QScrollBar(Qt.Orientation.Vertical, self)
        self._floating.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range)
        bar.valueChanged.connect(self._floating.setValue)
        self._floating.valueChanged.connect(bar.setValue)
        self._on_range(0, 0)

    def add(self, panel: QWidget) -> None:
        """Add a panel below the others."""
        self._column.insertWidget(self._column.count() - 1, panel)

    def minimumSizeHint(self) -> QSize:
        """As wide as its widest panel needs."""
        return QSize(self._inside.minimumSizeHint().width(), theme.height("title") * 3)

    def sizeHint(self) -> QSize:
        """As its panels want."""
        return self._inside.sizeHint()

    def lay_out(self) -> None:
        """Give every panel the height it wants, now."""
        super().event(QEvent(QEvent.Type.LayoutRequest))  # the area makes what is inside fit
        if self._column.wants() != self._column.wanted:  # it was of the right height already
            self._column.place(self._inside.rect())
        self._inside.setUpdatesEnabled(True)

    def event(self, event: QEvent) -> bool:
        """Let panels that want another height wait for each other."""
        if event.type() != QEvent.Type.LayoutRequest or not self.isVisible():
            return super().event(event)
        if self._column.wants() != self._column.wanted:
            self._inside.setUpdatesEnabled(False)
            self._settle.ask()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the scroll bar at the right edge."""
        super().resizeEvent(event)
        wide = self._floating.sizeHint().width()
        self._floating.setGeometry(self.width() - wide, 0, wide, self.height())

    def _on_range(self, low: int, high: int) -> None:
        """Follow the hidden scroll bar of the area."""
        bar = self.verticalScrollBar()
        self._floating.setPageStep(bar.pageStep())
        self._floating.setSingleStep(theme.height("field"))
        self._floating.setRange(low, high)
        self._floating.setVisible(high > low)
        self._floating.raise_()


class _Column(QVBoxLayout):
    """Gives panels their places where it is told to, and not whenever one of them changes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.wanted: list[tuple[int, int]] = []
        """What the panels wanted when they were given their places."""
        self._inside, self._rect = parent, QRect()

    def wants(self) -> list[tuple[int, int]]:
        """Return the least and the best height of each panel in today's width; 0 where hidden."""
        wide = self._rect.width()
        items = (self.itemAt(row) for row in range(self.count()))
        return [_heights(item, wide) for item in items if item is not None]

    def setGeometry(self, rect: QRect) -> None:
        """Follow a new size at once; a new wish in the old size is for `place`."""
        if rect != self._rect or not self._inside.isVisible():
            self.place(rect)

    def place(self, rect: QRect) -> None:
        """Give the panels their places in the rectangle."""
        super().setGeometry(rect)
        self._rect = rect
        self.wanted = self.wants()


def _heights(item: QLayoutItem, wide: int) -> tuple[int, int]:
    if item.hasHeightForWidth():
        return item.minimumSize().height(), item.heightForWidth(wide)
    return item.minimumSize().height(), item.sizeHint().height()
