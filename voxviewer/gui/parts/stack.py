"""Panels under each other, as a dock shows them, which grow and shrink together.

A new source changes the height of five panels, and each of them in a turn of its own. Were the
stack laid out and painted after every one, the panels would jump five times, and all that is in
them (80 widgets, 10 to 20 ms) would be painted as often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QScrollBar, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts.ground import lay_ground
from voxviewer.gui.turns import Soon

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent


WISHES = (QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent, QEvent.Type.HideToParent)
"""After these a panel may want another height."""


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
        self._panels: list[QWidget] = []
        self._given: list[tuple[int, int]] = []  # what they wanted when they got their places
        self._covered: list[QWidget] = []
        self._column = QVBoxLayout(self._inside)
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
        self._panels.append(panel)
        panel.installEventFilter(self)
        self._column.insertWidget(self._column.count() - 1, panel)

    def minimumSizeHint(self) -> QSize:
        """As wide as its widest panel needs."""
        return QSize(self._inside.minimumSizeHint().width(), theme.height("title") * 3)

    def sizeHint(self) -> QSize:
        """As its panels want."""
        return self._inside.sizeHint()

    def lay_out(self) -> None:
        """Give every panel the height it wants, now."""
        self._column.setEnabled(True)
        super().event(QEvent(QEvent.Type.LayoutRequest))  # the area makes what is inside fit
        self._place()
        for part in self._covered:
            _let_paint(part, True)
        self._covered.clear()

    def _place(self) -> None:
        """Let the column place the panels; seen, it does so only here.

        By itself it would squeeze all of them, until the area has grown.
        """
        self._column.setEnabled(True)
        self._column.activate()
        self._column.setGeometry(self._inside.rect())
        self._column.setEnabled(not self.isVisible())
        self._given = self._wants()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let panels that want another height wait for each other."""
        if event.type() in WISHES:
            self._on_wish()
        return super().eventFilter(watched, event)

    def _on_wish(self) -> None:
        now = self._wants() if self.isVisible() else self._given
        if now != self._given:
            self._cover(now)
            self._settle.ask()
        elif self.isVisible():
            self._place()

    def _wants(self) -> list[tuple[int, int]]:
        """The least and the best height of each panel in today's width; 0 where hidden."""
        wide = self._inside.width()
        return [(0, 0) if panel.isHidden() else _heights(panel, wide) for panel in self._panels]

    def _cover(self, wants: list[tuple[int, int]]) -> None:
        """Keep what is seen of panels that are squeezed; of all, where one comes or goes."""
        changed = [
            (panel, now, before)
            for panel, now, before in zip(self._panels, wants, self._given, strict=True)
            if now != before
        ]
        comes_or_goes = any((0, 0) in (now, before) for _, now, before in changed)
        for part in [self._inside] if comes_or_goes else [panel for panel, *_ in changed]:
            if part not in self._covered:
                self._covered.append(part)
                _let_paint(part, False)

    def showEvent(self, event: QShowEvent) -> None:
        """From now on panels wait for each other."""
        super().showEvent(event)
        self.lay_out()

    def hideEvent(self, event: QHideEvent) -> None:
        """Unseen, nobody waits."""
        super().hideEvent(event)
        self._column.setEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow at once; keep the scroll bar at the right edge."""
        super().resizeEvent(event)
        if not self._covered:  # else its turn comes anyway, and not together with the other dock's
            self.lay_out()
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


def _heights(panel: QWidget, wide: int) -> tuple[int, int]:
    least = max(panel.minimumSizeHint().height(), panel.minimumHeight())
    hint = panel.heightForWidth(wide) if panel.hasHeightForWidth() else panel.sizeHint().height()
    return least, hint
