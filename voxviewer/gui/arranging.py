"""How the window looks: its theme, which sides and views are shown, and how it fits its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer

from voxviewer.gui import theme
from voxviewer.gui.recent import settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from voxviewer.gui.main_window import MainWindow

SMALL = (1500, 860)
"""Under this width or height the window arranges itself for a small screen; the width is that of
the pictures' font, and grows with a wider one."""


class Arranging(QObject):
    """The commands of the View menu, and what follows from the window's size.

    Made before there is anything to arrange: the table of commands asks it from the beginning.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._compact: bool | None = None
        # A timer of its own: a single shot that the window does not live to hear would keep it,
        # and all it shows, in memory.
        self._align = QTimer(self, singleShot=True, interval=0)
        self._align.timeout.connect(self._align_timeline)

    # light and dark

    def theme_choice(self) -> str:
        """Return "system", "light" or "dark"."""
        return theme.choice()

    def choose_theme(self, name: str) -> None:
        """Change the theme and remember it."""
        theme.choose(name)
        settings().setValue("theme", name)

    def switch_theme(self) -> None:
        """Go from dark to light and back."""
        self.choose_theme("light" if theme.is_dark() else "dark")
        self._window.actions_of.refresh()

    # panels

    def side_shown(self, side: str) -> bool:
        """Return whether a side's panels are shown."""
        place = getattr(self._window, "place", None)
        return place is None or place.shown(side)

    def toggle_side(self, side: str) -> None:
        """Show or hide a side's panels."""
        self._window.place.toggle(side)

    def unlocked(self) -> bool:
        """Return whether panels can be moved."""
        place = getattr(self._window, "place", None)
        return place is not None and place.unlocked

    def toggle_lock(self) -> None:
        """Let panels be moved, floated and tabbed; or fix them where they are."""
        place = self._window.place
        place.unlocked = not place.unlocked

    def reset(self) -> None:
        """Put every panel back where it stood at first."""
        self._window.center.leave_maximized()
        self._window.center.maximize(None)
        self._window.place.reset()
        self._window.actions_of.refresh()

    # views

    def maximize(self, view: QWidget, large: bool) -> None:
        """Give a view all the room between the panels, or take it back."""
        self._window.center.maximize(view if large else None)

    def toggle_slices(self) -> None:
        """Show the source as three linked slices, or as a picture again."""
        center = self._window.center
        center.set_slices(not center.in_slices)

    def in_slices(self) -> bool:
        """True while three slices are shown."""
        return self._furnished and self._window.center.in_slices

    def toggle_space(self) -> None:
        """Show the source in 3D, or as a picture again."""
        center = self._window.center
        center.set_space(not center.in_space)

    def in_space(self) -> bool:
        """Return whether the 3D view is shown."""
        return self._furnished and self._window.center.in_space

    def toggle_lab(self) -> None:
        """Show the resampling lab, or source, clip and wall again."""
        center = self._window.center
        center.set_lab(not center.in_lab)

    def in_lab(self) -> bool:
        """Return whether the resampling lab is shown."""
        return self._furnished and self._window.center.in_lab

    def toggle_sides(self) -> None:
        """Hang scans the other way round, now and the next time."""
        session = self._window.session
        session.radiological = not session.radiological
        settings().setValue("radiological", session.radiological)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or leave it."""
        window = self._window
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)

    # the window's size

    def fit(self) -> None:
        """Arrange for the window's size: a small screen has less room beside the views."""
        window = self._window
        compact = window.width() < theme.width(SMALL[0]) or window.height() < SMALL[1]
        if compact == self._compact:
            return
        self._compact = compact
        window.toolbar.set_compact(compact)
        if self._furnished:
            self.fit_work()

    def fit_work(self) -> None:
        """Arrange panels and views, once they are there."""
        compact = bool(self._compact)
        self._window.center.set_compact(compact)
        self._window.filters_panel.folded = compact
        self._window.place.set_compact(compact)
        # The panels have their widths only after the layout has run.
        self.align()

    def align(self) -> None:
        """Let the timeline's ends stand under the panels, soon."""
        self._align.start()

    def _align_timeline(self) -> None:
        if self._furnished:
            self._window.timeline.set_widths(*self._window.place.widths())

    @property
    def _furnished(self) -> bool:
        return self._window.furnishing.complete
