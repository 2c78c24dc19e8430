"""The window: panels left and right, views between, time below; wiring and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QKeyCombination, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from voxviewer.files import asset
from voxviewer.gui import theme
from voxviewer.gui.actions import Actions
from voxviewer.gui.arranging import Arranging
from voxviewer.gui.asking import Asking
from voxviewer.gui.bind import Wires
from voxviewer.gui.carrying import VoxelCarrier
from voxviewer.gui.drops import Drops, pasted_paths
from voxviewer.gui.file_menus import add_recent, samples_menu
from voxviewer.gui.furnishing import MADE, Furnishing
from voxviewer.gui.helping import Helping
from voxviewer.gui.news import News
from voxviewer.gui.player import Player
from voxviewer.gui.recent import remember, settings
from voxviewer.gui.recent_list import about_source
from voxviewer.gui.status import StatusLine
from voxviewer.gui.toolbar import Toolbar
from voxviewer.gui.welcome import Welcome
from voxviewer.gui.workplace import Workplace
from voxviewer.session import Notice

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent

    from voxviewer.data import Source
    from voxviewer.gui import panels
    from voxviewer.gui.center import Center
    from voxviewer.gui.copying import Copying
    from voxviewer.gui.dragging_out import TileDrag
    from voxviewer.gui.filter_tools import FilterTools
    from voxviewer.gui.parts import PanelStack
    from voxviewer.gui.program import Program
    from voxviewer.gui.shared_statistics import StatisticsMeter
    from voxviewer.gui.tensor_tools import TensorTools
    from voxviewer.gui.timeline import TimelineView
    from voxviewer.gui.training import TrainPanel
    from voxviewer.gui.views import LedgerView
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import History, Session
    from voxviewer.settings import Opening

RECENT_OF_STACK = 2
"""How many of the files that follow the first of a stack are remembered as recent ones."""


class MainWindow(QMainWindow):
    """Everything a person sees. Takes the program behind it, and closes it.

    `autoplay` False: a clip opens paused, as where the system asks for less motion. `remembers`
    False: it opens as on the first day and leaves nothing behind, for pictures. `later`: what the
    first screen does not show is made after the first paint, or when it is first asked for.
    """

    program: Program
    session: Session
    history: History
    pipeline: Pipeline
    player: Player
    asking: Asking
    helping: Helping
    arranging: Arranging
    place: Workplace
    # made by `furnishing`
    source_panel: panels.SourcePanel
    axes_panel: panels.AxesPanel
    encode_panel: panels.EncodePanel
    contrast_panel: panels.ContrastPanel
    filters_panel: panels.FiltersPanel
    convolve_panel: panels.ConvolvePanel
    microscope_panel: panels.MicroscopePanel
    joint_panel: panels.JointPanel
    left: PanelStack
    right: PanelStack
    train_panel: TrainPanel
    tools: FilterTools
    tensors: TensorTools
    statistics: StatisticsMeter
    center: Center
    tile_drag: TileDrag
    copying: Copying
    timeline: TimelineView
    ledger: LedgerView

    def __init__(
        self,
        program: Program,
        *,
        autoplay: bool = True,
        remembers: bool = True,
        later: bool = False,
    ) -> None:
        super().__init__()
        self.program = program
        self.session = program.session
        self.history = program.history
        self.pipeline = program.pipeline
        self._painted = False
        self._remembers = remembers
        self.furnishing = Furnishing(self)
        self.furnishing.done.connect(self._on_furnished)
        self.player = Player(self.session, self, autoplay=autoplay)
        self.carrier = VoxelCarrier(self.session)
        self.asking = Asking(self, self.session, self.pipeline)
        self.helping = Helping(self)
        self.arranging = Arranging(self)
        self.actions_of = Actions(self)
        self.setWindowTitle("voxviewer")
        self.setWindowIcon(QIcon(str(asset("icons", "voxviewer.svg"))))
        self._build()
        self._restore_geometry()
        if later:
            program.jobs.hold()
        else:
            self.furnishing.finish()

    # building

    def _build(self) -> None:
        samples = samples_menu(self, self.pipeline)
        self.actions_of.fill(
            self.menuBar(),
            {
                "samples": lambda menu: _hang(menu, samples),
                "recent": lambda menu: add_recent(menu, self.pipeline),
            },
        )
        self.toolbar = Toolbar(self, samples)
        self.welcome = Welcome(self.program)
        self.welcome.opened.connect(self.pipeline.open)
        self.welcome.zone.file.clicked.connect(self.asking.files)
        self.welcome.zone.folder.clicked.connect(self.asking.folder)
        # From the window inwards: what is hung into another is styled anew with all it holds.
        page, self.stack = QWidget(self), QStackedWidget()
        self.place = Workplace()
        self.setCentralWidget(page)
        column = _column(page)
        column.addWidget(self.toolbar)
        column.addWidget(self.stack, 1)
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.place)
        self.status = StatusLine(self.program, self)
        self.setStatusBar(self.status)
        self.news = News(self.program, self, above=theme.height("status"))
        self.drops = Drops(self, self._open_dropped, self._take_model, self.program.jobs)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Make what is asked for before its turn has come."""
            if name not in MADE or not self.furnishing.can_finish:
                raise AttributeError(f"the window has no {name!r}")
            self.furnishing.finish()
            return getattr(self, name)

    def _on_furnished(self) -> None:
        """All is there: now follow the session, and take what was opened meanwhile."""
        self._follow()
        self.arranging.fit_work()
        self.program.jobs.release()
        if self._painted:
            self._go_to_work()

    def _follow(self) -> None:
        events = self.session.events
        events.current.connect(self._show_source)
        events.features.connect(self._choose_voxel)
        self._wires = Wires(self)
        self._wires.soon(events.current, self._show_place, alone=True, first=True)
        for name in (
            "current", "clip", "features", "playing", "loop", "live", "export", "convolution",
            "keras", "radiological", "sources", "bones", "bridge", "map_over", "lesson", "fit",
            "heat", "heat_over",
        ):  # fmt: skip
            self._wires.soon(getattr(events, name), self._show_commands)
        self._wires.connect(self.history.changed, self._show_history)
        self.place.moved.connect(self.arranging.align)
        for shown in (self.center.space_shown, self.center.lab_shown):
            shown.connect(lambda _: self.actions_of.refresh())
        self.center.source.title.tab_changed.connect(lambda _: self.actions_of.refresh())
        # Jobs begin and end with every step of a film that lies on disk: only what hangs on them.
        self.program.jobs.changed.connect(lambda: self.actions_of.refresh("cancel"))
        self.pipeline.opened.connect(_remember)
        self.actions_of.refresh()

    def _restore_geometry(self) -> None:
        self.resize(1600, 1000)
        if not self._remembers:
            self.arranging.fit()
            return
        self.session.radiological = settings().value("radiological", "false") in (True, "true")
        stored = settings().value("window/v1")
        if stored is None or not self.restoreGeometry(stored):
            self._fit_screen()
        self.place.restore_layout(settings().value("layout/v1"))
        self.arranging.fit()

    def _fit_screen(self) -> None:
        """On a screen that has no room for the usual size and its frame, take all there is."""
        room = self.screen().availableSize()
        if room.width() < self.width() or room.height() < self.height() + theme.height("title"):
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    # what the session says

    def _show_history(self) -> None:
        """At once: the next key may be the one that takes a step back."""
        self.actions_of.refresh("undo", "redo")

    def _show_commands(self) -> None:
        """What can be done now, and what is on."""
        self.actions_of.refresh()

    def _show_source(self, source: Source | None) -> None:
        if source is None:
            self.stack.setCurrentIndex(0)
        self.arranging.align()
        self.setWindowTitle(f"{source.name} – voxviewer" if source is not None else "voxviewer")
        self.arranging.fit()

    def _show_place(self) -> None:
        """Leave the first screen, in a turn after the one in which the views took the source."""
        if self.session.current is None or self.stack.currentIndex() == 1:
            return
        self.welcome.leave_pictures()
        self.place.come_up()
        self.stack.setCurrentIndex(1)
        # Space and the arrows are for time now; a ring would only tell where no one has been.
        self.timeline.strip.setFocus(Qt.FocusReason.MouseFocusReason)

    def _choose_voxel(self, features: Any) -> None:
        """Where no voxel was chosen yet, look at the strongest answer of the chosen map."""
        session = self.session
        if features is None or session.voxel is not None:
            return
        if session.map >= features.data.shape[-1]:
            session.map = 0
        from voxviewer.gui.views.places import clip_place

        frame = features.map_frame(session.frame)
        plane = np.abs(features.data[frame or 0, :, :, session.map])
        row, column = np.unravel_index(int(np.argmax(plane)), plane.shape)
        session.voxel = clip_place(features, (int(row), int(column)))

    # commands that need the window

    def choose(self, name: str, **values: Any) -> None:
        """Change a choice as one undo step."""
        self.session.change(name, **values)
        self.history.commit()

    def toggle(self, name: str) -> None:
        """Turn a view field of the session on or off."""
        setattr(self.session, name, not getattr(self.session, name))

    def _open_dropped(self, paths: list[str], stack: bool) -> None:
        """Open what was dropped; with Shift held as one source, stacked over time."""
        self.pipeline.open(paths, stack=stack)

    def _take_model(self, path: str) -> None:
        """Take the filters of a model that was dropped."""
        self.pipeline.choose_model(path)
        if self.session.current is None:
            text = f"The filters are those of {Path(path).name}."
            self.session.notice = Notice("ok", text, "Open something for them to filter.", "model")

    def open_pasted(self) -> None:
        """Open the files, or the path in words, that lie on the clipboard."""
        paths = pasted_paths(QGuiApplication.clipboard().mimeData())
        if paths:
            self.pipeline.open(paths)

    def close_source(self) -> None:
        """Take the current source off the list."""
        if self.session.current is not None:
            self.pipeline.close(self.session.current)

    def new_seed(self) -> None:
        """Draw random filters with the next seed."""
        seed = (self.session.filters.seed + 1) % 2**32
        self.choose("filters", source="random", seed=seed)

    def set_range(self, end: int) -> None:
        """Let the range begin (0) or end (1) at the current frame."""
        clip = self.session.clip
        if clip is None:
            return
        first, last = self.session.export.range or (0, clip.data.shape[0] - 1)
        frame = self.session.frame
        low, high = (frame, max(frame, last)) if end == 0 else (min(first, frame), frame)
        self.choose("export", range=(low, high))

    # what Qt tells the window

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hear the keys that the focused field had no use for."""
        pressed = QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key())))
        # A sign may need Shift on one keyboard and not on another; a letter with Shift is its own.
        sign = event.text().isprintable() and not event.text().isalpha()
        if event.key() == Qt.Key.Key_Escape and self._leave():
            return
        plain = self.actions_of.plain_keys()
        for sequence in (pressed, QKeySequence(event.text()) if sign else pressed):
            action = plain.get(sequence)
            if action is not None and action.isEnabled():
                action.trigger()
                return
        super().keyPressEvent(event)

    def _leave(self) -> bool:
        """Leave a view that has all the room, or the full screen; False where there is neither."""
        if self.furnishing.complete and self.center.leave_maximized():
            return True
        if self.isFullScreen():
            self.arranging.toggle_full_screen()
            return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the size."""
        super().resizeEvent(event)
        self.arranging.fit()
        self.arranging.align()

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first paint begin what no one should wait for."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._begin)

    def _begin(self) -> None:
        if self.session.current is None and self.program.jobs.idle:
            self.welcome.load_pictures()
        if self.furnishing.complete:
            self._go_to_work()
        else:
            self.furnishing.begin()

    def _go_to_work(self) -> None:
        self.program.start()
        self.status.begin()

    def open_all(self, openings: list[Opening], *, allow_large: bool = False) -> None:
        """Open what the command line named; the first is shown."""
        self.pipeline.open_each(openings, allow_large=allow_large)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the window's place, stop everything, end the child processes."""
        if self._remembers:
            settings().setValue("window/v1", self.saveGeometry())
            settings().setValue("layout/v1", self.place.layout_bytes())
        self.player.stop()
        for sheet in self.findChildren(QDialog):
            sheet.close()  # an open sheet of keys would keep the program alive
        self.furnishing.stop()
        self.program.close()
        if self.furnishing.complete:
            self.tile_drag.close()
        super().closeEvent(event)


def _remember(source: Source) -> None:
    """Put a file among the recent ones; of a stack all that came with it."""
    for path in reversed((source.opening.stack or ())[:RECENT_OF_STACK]):
        remember(path)
    alone = source.opening.stack is None
    remember(source.opening.path, about_source(source) if alone else None)


def _column(parent: QWidget) -> QVBoxLayout:
    """A layout from top to bottom without gaps."""
    made = QVBoxLayout(parent)
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(0)
    return made


def _hang(menu: QMenu, inner: QMenu) -> None:
    menu.addMenu(inner)
