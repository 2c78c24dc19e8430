"""The middle of the window: source over clip beside the wall; one large view on a small screen."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from voxviewer.gui.parts import ViewTitle
from voxviewer.gui.views import ClipView, SourceView, SpaceView, WallView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.gui.lab import LabView
    from voxviewer.gui.program import Program

HALF = 1000
"""A size that a splitter shares out anew, as long as it is the same for all."""

CLIP_TABS = (
    ("frame", "Clip"),
    ("compare", "Compare"),
    ("tw", "T–W"),
    ("th", "T–H"),
    ("space", "3D"),
)


class Center(QSplitter):
    """Holds the views; `set_compact(True)` makes source and clip tabs of one large view.

    The 3D view takes the source's place while it is wanted; its process starts when it is shown.
    The resampling lab takes the place of all. `later`: the views are made by whoever runs through
    `pieces`.
    """

    space_shown = Signal(bool)
    lab_shown = Signal(bool)

    def __init__(self, program: Program, *, later: bool = False) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self._program = program
        self._session = program.session
        self._maximized: QWidget | None = None
        self._before_large: bool | None = None  # `map_over` before a map was opened
        self._space_wanted = self._compact = False
        self.pieces = self._pieces(program)
        if not later:
            for _ in self.pieces:
                pass

    def _pieces(self, program: Program) -> Iterator[None]:
        """Make the views; between two of them the event loop may turn."""
        self.source = SourceView(program.session, program.jobs)
        yield
        self.clip = ClipView(program.session, self.source.frames, program.jobs)
        yield
        self.wall = WallView(program.session, program.jobs, program.history)
        yield
        self.space = SpaceView(program.session, program.jobs, program.space)
        yield
        self._lay_out()

    def _lay_out(self) -> None:
        to_space = self.source.title.add_button("space", "Show in 3D (D)")
        to_space.clicked.connect(lambda: self.set_space(True))
        to_picture = self.space.title.add_button("picture", "Back to the picture (D)")
        to_picture.clicked.connect(lambda: self.set_space(False))
        self.tabs = ViewTitle("", (("source", "Source"), *CLIP_TABS))
        self.tabs.tabs.setProperty("dense", True)
        self.tabs.tab = "frame"
        self.tabs.tab_changed.connect(self._show_tab)
        self._left = QWidget(self)
        self._views = QSplitter(Qt.Orientation.Vertical, self._left)
        self._views.setHandleWidth(1)
        self._views.setChildrenCollapsible(False)
        for view in (self.source, self.space, self.clip):
            self._views.addWidget(view)
        # Halves of all the room: by its hint the source, which may show three slices, has more.
        self._views.setSizes([HALF, HALF, HALF])
        self.space.hide()
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self._views, 1)
        self.addWidget(self._left)
        self.addWidget(self.wall)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 1)
        self._shares = [370, 630]
        self.setSizes(self._shares)
        self.wall.tiles.opened.connect(self._show_map_large)
        self.tabs.hide()

    @cached_property
    def lab(self) -> LabView:
        """The resampling lab, made when it is first wanted: a start need not wait for it."""
        from voxviewer.gui import lab

        made = lab.LabView(self._program.session, self._program.jobs, self._program.history)
        made.hide()
        made.closed.connect(lambda: self.set_lab(False))
        self.addWidget(made)
        return made

    @property
    def compact(self) -> bool:
        """True while source and clip share one place."""
        return self._compact

    @property
    def in_space(self) -> bool:
        """True while the 3D view is shown."""
        return self.tabs.tab == "space" if self._compact else self._space_wanted

    def set_space(self, wanted: bool) -> None:
        """Show the source in 3D, or as a picture again."""
        self.set_lab(False)
        self._space_wanted = wanted
        if self._compact:
            self.tabs.tab = "space" if wanted else "source"
        self._arrange()

    @property
    def in_slices(self) -> bool:
        """True while the source is shown as three slices."""
        shown = self.tabs.tab == "source" if self._compact else not self._space_wanted
        return shown and self.source.tab == "slices"

    def set_slices(self, wanted: bool) -> None:
        """Show the source as three slices, or as a picture again."""
        self.set_space(False)
        self.source.set_tab("slices" if wanted else "picture")

    def set_compact(self, compact: bool) -> None:
        """Arrange for a small screen, or for a large one."""
        if compact == self._compact:
            return
        self._compact = compact
        self.tabs.setVisible(compact)
        self._left.setMinimumWidth(self.tabs.tabs_width() if compact else 0)
        for view in (self.source, self.clip):
            view.title.setVisible(not compact)
        self._shares = [392, 608] if compact else [370, 630]
        self.setSizes(self._shares)
        self._arrange()

    @property
    def in_lab(self) -> bool:
        """True while the resampling lab is shown."""
        return "lab" in self.__dict__ and not self.lab.isHidden()

    def set_lab(self, wanted: bool) -> None:
        """Show the resampling lab in place of source, clip and wall, or these again."""
        if wanted == self.in_lab:
            return
        if wanted:
            self._shares = self.sizes()[:2]  # a splitter forgets those of hidden widgets
        self.lab.setVisible(wanted)
        self._show_sides()
        if not wanted:
            self.setSizes([*self._shares, 0])
        self.lab_shown.emit(wanted)

    def _show_sides(self) -> None:
        views = not self.in_lab
        self.wall.setVisible(views and self._maximized in (None, self.wall))
        self._left.setVisible(views and self._maximized is not self.wall)

    def maximize(self, view: QWidget | None) -> None:
        """Show one view alone; None shows all again."""
        self._maximized = view
        self.set_lab(False)
        self._show_sides()
        if view is None:
            self._back_to_wall()
        if self._compact:
            return
        self._arrange()
        if view in (self.source, self.space, self.clip):
            for one in (self.source, self.space, self.clip):
                one.setVisible(one is view)

    def leave_maximized(self) -> bool:
        """Show all views again where one has all the room; False where none has."""
        for view in (self.source, self.space, self.clip, self.wall):
            if view.maximize.isChecked():
                view.maximize.setChecked(False)
                return True
        return False

    def _show_map_large(self) -> None:
        """A tile was opened: its map over the clip, as large as there is room."""
        before = self._session.map_over
        self._session.map_over = True
        if self._compact:
            self.tabs.tab = "frame"
            self._arrange()
            return
        self._before_large = before
        self.clip.set_tab("frame")
        self.clip.maximize.setChecked(True)
        self.clip.canvas.setFocus(Qt.FocusReason.MouseFocusReason)

    def _back_to_wall(self) -> None:
        """A map that was opened from its tile is a tile again, with the keyboard on it."""
        if self._before_large is not None:
            self._session.map_over = self._before_large
            self._before_large = None
            self.wall.tiles.setFocus(Qt.FocusReason.MouseFocusReason)

    def _show_tab(self, tab: str) -> None:
        self._space_wanted = tab == "space"
        self._arrange()

    def _arrange(self) -> None:
        """Show what the tab says, or source (or 3D) over clip."""
        tab = self.tabs.tab if self._compact else ""
        self.space.setVisible(tab == "space" or (not tab and self._space_wanted))
        self.source.setVisible(tab == "source" or (not tab and not self._space_wanted))
        self.clip.setVisible(tab not in ("source", "space"))
        if tab and tab not in ("source", "space"):
            self.clip.set_tab(tab)
        self.space_shown.emit(self.in_space)
