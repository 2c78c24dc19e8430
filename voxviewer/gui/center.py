"""The middle of the window: source over clip beside the wall; one large view on a small screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from voxviewer.gui.parts import ViewTitle
from voxviewer.gui.views import ClipView, SourceView, WallView

if TYPE_CHECKING:
    from voxviewer.gui.program import Program

CLIP_TABS = (("frame", "Clip"), ("compare", "Before / after"), ("tw", "T–W"))


class Center(QSplitter):
    """Holds the views; `set_compact(True)` makes source and clip tabs of one large view."""

    def __init__(self, program: Program) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.source = SourceView(program.session, program.jobs)
        self.clip = ClipView(program.session, self.source.frames)
        self.wall = WallView(program.session, program.jobs, program.history)
        self.tabs = ViewTitle("", (("source", "Source"), *CLIP_TABS))
        self.tabs.tab = "frame"
        self.tabs.tab_changed.connect(self._show_tab)
        self._views = QSplitter(Qt.Orientation.Vertical)
        self._views.setHandleWidth(1)
        self._views.setChildrenCollapsible(False)
        self._views.addWidget(self.source)
        self._views.addWidget(self.clip)
        self._left = QWidget()
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self._views, 1)
        self.addWidget(self._left)
        self.addWidget(self.wall)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 1)
        self.setSizes([370, 630])
        self._compact = False
        self.tabs.hide()

    @property
    def compact(self) -> bool:
        """True while source and clip share one place."""
        return self._compact

    def set_compact(self, compact: bool) -> None:
        """Arrange for a small screen, or for a large one."""
        if compact == self._compact:
            return
        self._compact = compact
        self.tabs.setVisible(compact)
        for view in (self.source, self.clip):
            view.title.setVisible(not compact)
            view.show()
        if compact:
            self._show_tab(self.tabs.tab)

    def maximize(self, view: QWidget | None) -> None:
        """Show one view alone; None shows all again."""
        self.wall.setVisible(view in (None, self.wall))
        self._left.setVisible(view is not self.wall)
        if self._compact:
            return
        for one in (self.source, self.clip):
            one.setVisible(view in (None, self.wall, one))

    def _show_tab(self, tab: str) -> None:
        self.source.setVisible(tab == "source")
        self.clip.setVisible(tab != "source")
        if tab != "source":
            self.clip.set_tab(tab)
