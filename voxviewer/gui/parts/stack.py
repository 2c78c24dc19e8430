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
from voxviewer.gui.parts.ground import lay_ground
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
        lay_ground(self._inside, "panel")
        # The ground is plain: panels above one that grows are not painted again.
        self._inside.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self._covered: list[QWidget] = []
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
        if self._column.changed():  # it was of the right height already
            self._column.place(self._inside.rect())
        for part in self._covered:
            _let_paint(part, True)
        self._covered.clear()

    def event(self, event: QEvent) -> bool:
        """Let panels that want another height wait for each other."""
        if event.type() != QEvent.Type.LayoutRequest or not self.isVisible():
            return super().event(event)
        changed = self._column.changed()
        if changed:
            self._cover(changed)
            self._settle.ask()
        return True

    def _cover(self, changed: list[QWidget]) -> None:
        """Keep what is seen of panels that are squeezed; of all, where one comes or goes."""
        comes_or_goes = any(self._column.was_hidden(panel) != panel.isHidden() for panel in changed)
        for part in [self._inside] if comes_or_goes else changed:
            if part not in self._covered:
                self._covered.append(part)
                _let_paint(part, False)

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


def _let_paint(part: QWidget, painted: bool) -> None:
    """Paint a part again, or leave what is on the screen as it is.

    What is not updated alone would be painted over by the ground behind it.
    """
    part.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, not painted)
    part.setUpdatesEnabled(painted)


class _Column(QVBoxLayout):
    """Gives panels their places where it is told to, and not whenever one of them changes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._inside, self._rect = parent, QRect()
        self._placed: dict[QWidget, tuple[int, int]] = {}
        """What the panels wanted when they were given their places; 0 where hidden."""

    def changed(self) -> list[QWidget]:
        """Return the panels that want another height than they were given."""
        return [panel for panel, wants in self._wants().items() if self._placed.get(panel) != wants]

    def was_hidden(self, panel: QWidget) -> bool:
        """Whether a panel took no room when places were given."""
        return self._placed.get(panel, (0, 0)) == (0, 0)

    def setGeometry(self, rect: QRect) -> None:
        """Follow a new size at once; a new wish in the old size is for `place`."""
        if rect != self._rect or not self._inside.isVisible():
            self.place(rect)

    def place(self, rect: QRect) -> None:
        """Give the panels their places in the rectangle."""
        super().setGeometry(rect)
        self._rect = rect
        self._placed = self._wants()

    def _wants(self) -> dict[QWidget, tuple[int, int]]:
        """The least and the best height of each panel in today's width."""
        items = filter(None, map(self.itemAt, range(self.count())))
        panels = ((item, item.widget()) for item in items)
        return {
            panel: _heights(item, self._rect.width()) for item, panel in panels if panel is not None
        }


def _heights(item: QLayoutItem, wide: int) -> tuple[int, int]:
    if item.isEmpty():
        return 0, 0
    if item.hasHeightForWidth():
        return item.minimumSize().height(), item.heightForWidth(wide)
    return item.minimumSize().height(), item.sizeHint().height()
