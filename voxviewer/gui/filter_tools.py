"""What the window has for filters beyond choosing them: taps, bench, slow motion, comparing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout

from voxviewer.gui.banks_row import MOST, BanksRow, others
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.filter_rows import FIRST_PRESET
from voxviewer.gui.panels.kernel_panel import KernelPanel
from voxviewer.gui.panels.walk_bar import WalkBar
from voxviewer.gui.parts.scrolling import bring_into_sight
from voxviewer.gui.views.walk_overlay import WalkOverlay
from voxviewer.gui.walker import Walker

if TYPE_CHECKING:
    from voxviewer.gui.bench import BenchWindow
    from voxviewer.gui.center import Center
    from voxviewer.gui.main_window import MainWindow
    from voxviewer.settings import FilterSettings


class FilterTools(QObject):
    """Made once by the window, when its panels are there; commands of the Filters menu call it."""

    kernel: KernelPanel
    walker: Walker

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._state: tuple[Any, ...] = ()
        self._maximized = False  # whether the wall was, before banks were compared
        self._exchanged: set[frozenset[FilterSettings]] = set()
        self.bench: BenchWindow | None = None
        self.kernel = KernelPanel(window.session, window.history, window.pipeline)
        window.filters_panel.kernel_wanted.connect(self.kernel.reveal)
        self.walker = Walker(window.session, self)
        self._add_walk(window)

    def choose_source(self, source: str) -> None:
        """Take random filters, or the preset that was chosen last."""
        preset = self._window.session.filters.preset or FIRST_PRESET
        self._window.choose("filters", source=source, preset=preset)

    def _add_walk(self, window: MainWindow) -> None:
        """The microscope's title begins slow motion, and its controls stand under it."""
        panel = window.microscope_panel
        self.walk_button = panel.add_button(
            "play", "Slow motion: the kernel walks over the clip (S)", checkable=True
        )
        self.walk_button.clicked.connect(self.toggle_walk)
        self.walk_bar = WalkBar(window.session, self.walker)
        panel.body.insertWidget(0, self.walk_bar)
        self._wires = Wires(self)
        for name in ("walk", "features", "bank", "filters", "pinned"):
            self._wires.connect(getattr(window.session.events, name), self._show_walk)
        self._wires.connect(window.session.events.filters, self._show_exchange)
        self._show_walk()

    def add_views(self, center: Center) -> None:
        """Draw over the views, which are made after the panels."""
        wall, session = center.wall, self._window.session
        self.overlay = WalkOverlay(session, wall.tiles)
        self.banks = BanksRow(session, wall.tiles)
        column = wall.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(column.indexOf(wall.readout), self.banks, 1)
        self.compare_button = wall.title.add_button(
            "compare", "Compare with other filters (C)", checkable=True
        )
        self.compare_button.clicked.connect(self.compare)
        self.banks.pin.clicked.connect(self.pin)
        self.banks.used.connect(self.use_pinned)
        self._wires.connect(session.events.pinned, self._show_pinned)

    def _show_walk(self, *_: Any) -> None:
        session = self._window.session
        walking, able = session.walk is not None, self.walker.able
        pinned = len(session.pinned), session.filters in session.pinned
        state = walking, able, session.bank is not None, session.filters.source, pinned
        if state == self._state:
            return  # walks and drags bring news up to sixty times a second
        self._state = state
        self.walk_button.setChecked(walking)
        self.walk_button.setEnabled(able)
        self._window.actions_of.refresh()

    def toggle_walk(self) -> None:
        """Begin slow motion where it can be seen, or end it."""
        if self._window.session.walk is not None:
            self.walker.stop()
        else:
            self._window.microscope_panel.folded = False
            bring_into_sight(self._window.microscope_panel)
            self.walker.start()
        self.walk_button.setChecked(self._window.session.walk is not None)

    def play_or_pause(self) -> None:
        """Space: the clip's clock, or slow motion where that is on."""
        if self._window.session.walk is not None:
            self.walker.toggle()
        else:
            self._window.player.toggle()

    def open_bench(self) -> None:
        """Open the filter bench beside the window, or bring it to the front."""
        from voxviewer.gui.bench import BenchWindow

        if self.bench is None:
            self.bench = BenchWindow(self._window.session, self._window.pipeline, self._window)
            self.bench.finished.connect(self._on_bench_closed)
            self.bench.show()
        self.bench.raise_()
        self.bench.activateWindow()

    def _on_bench_closed(self) -> None:
        self.bench = None

    # comparing

    def pin(self) -> None:
        """Keep these filters beside whatever is chosen next."""
        session = self._window.session
        if len(session.pinned) < MOST and session.filters not in session.pinned:
            session.pinned = (*session.pinned, session.filters)

    def compare(self) -> None:
        """Put the other kinds of filters beside these; where some are pinned, unpin all."""
        session = self._window.session
        session.pinned = () if session.pinned else others(session.filters)

    def _show_exchange(self, filters: FilterSettings, before: FilterSettings) -> None:
        """Undo and redo of an exchange bring the pinned bank back to its place, too."""
        session = self._window.session
        if frozenset((filters, before)) in self._exchanged and before not in session.pinned:
            session.pinned = tuple(before if one == filters else one for one in session.pinned)

    def use_pinned(self, index: int) -> None:
        """Let a pinned bank and the present one change places."""
        session = self._window.session
        pinned = list(session.pinned)
        pinned[index], chosen = session.filters, pinned[index]
        self._exchanged.add(frozenset((session.filters, chosen)))
        session.pinned = tuple(pinned)
        session.filters = chosen
        self._window.history.commit()

    def _show_pinned(self, *_: Any) -> None:
        """Walls side by side want room: the wall alone between the panels while there are any."""
        comparing = bool(self._window.session.pinned)
        button = self._window.center.wall.maximize
        if comparing and not self.compare_button.isChecked():
            self._maximized = button.isChecked()
            button.setChecked(True)
        elif not comparing:
            button.setChecked(self._maximized)
        self.compare_button.setChecked(comparing)
