"""The panels and views of the window, made piece by piece.

The first paint shows none of them: they are made after it, one piece in a turn of the event loop,
so that the first screen is there at once and answers all the while. Imports stand inside the pieces
for the same reason.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from voxviewer.gui.turns import turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.gui.main_window import MainWindow

MADE = (
    "source_panel", "axes_panel", "encode_panel", "contrast_panel", "filters_panel",
    "train_panel", "convolve_panel", "microscope_panel", "joint_panel", "left", "right", "tools",
    "tensors", "statistics", "center", "tile_drag", "copying", "timeline", "ledger",
)  # fmt: skip
"""The window's attributes that are there once all pieces are made."""

ROOMS = (
    "sources.compressed", "sources.points", "sources.clouds", "sources.stored",
    "sources.arrays", "sources.analyze", "sources.pictures", "sources.dicom.planes",
    "sources.dicom.series", "sources.dicom.reader", "sources.skeletons.tables",
    "sources.samples", "sources.tiff", "sources.detached", "sources.nrrd", "sources.mgh",
    "sources.video", "sources.skeletons.bvh", "sources.skeletons.c3d",
    "sources.skeletons.pyskl", "sources.readers", "sources.opening", "sources.describe",
    "render", "convolution.slabs", "convolution", "convolution.microscope",
    "encoding.arranging", "encoding.resampling", "encoding.heatmaps", "encoding.footprint",
    "encoding.lengths", "encoding.planning", "encoding.encoder", "encoding.lint_frames",
    "encoding.data_lint", "encoding.shared_statistics", "export.film", "export",
    "networks.client", "networks.doctor", "networks.recurrent", "space.client", "space.scenes",
    "flow",
)  # fmt: skip

ROOMS_OF_THE_WINDOW = (
    "views.planes", "views.sticks", "views.canvas", "views.clip_view", "views.source_view",
    "views.wall_tiles", "views.wall_view", "views.space_controls", "views.space_view",
    "views.film_strip", "views.ledger", "panels.axes_panel", "panels.sigma_numbers",
    "panels.encode_panel", "panels.source", "panels.contrast", "panels.filters",
    "panels.convolve_panel", "panels.microscope", "panels.joint_panel", "training", "filter_tools",
    "center", "timeline",
)  # fmt: skip
"""What the window and its jobs share, and what draws their pictures. Jobs begin after it: where two
threads import one package at a time, one of them may meet modules that are half made."""


class Furnishing(QObject):
    """Makes the pieces of a window: one in a turn, or all that are left at once."""

    done = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.complete = False
        self._pieces = _pieces(window)
        self._busy = self._ended = False
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._on_time)

    @property
    def can_finish(self) -> bool:
        """True while there is something to make, and no piece asks for another one."""
        return not self._ended and not self._busy

    def begin(self) -> None:
        """Make a piece in each of the next turns."""
        self._turn.start()

    def stop(self) -> None:
        """Make nothing more, now or later."""
        self._ended = True
        self._turn.stop()
        self._pieces = iter(())

    def finish(self) -> None:
        """Make the rest now."""
        while not self._ended:
            self._make()

    def _on_time(self) -> None:
        if turns().take():
            self._make()

    def _make(self) -> None:
        self._busy = True
        try:
            self.complete = next(self._pieces, True) is True
        except BaseException:
            self.stop()
            raise
        finally:
            self._busy = False
        if self.complete:
            self.stop()
            self.done.emit()


def _pieces(window: MainWindow) -> Iterator[None]:
    """Make all that the work needs and the first screen does not show."""
    for name in ROOMS:
        import_module(f"voxviewer.{name}")
        yield
    for name in ROOMS_OF_THE_WINDOW:
        import_module(f"voxviewer.gui.{name}")
        yield
    window.program.jobs.release(keeping=("load",))
    yield from _panels(window)
    yield from _tools(window)
    yield from _views(window)


def _panels(window: MainWindow) -> Iterator[None]:
    from voxviewer.gui import panels

    behind = window.session, window.history, window.pipeline
    left, right = window.place.left, window.place.right
    source = panels.SourcePanel(*behind, later=True)
    left.add(source)
    yield from source.pieces
    axes = panels.AxesPanel(*behind, later=True)
    left.add(axes)
    yield from axes.pieces
    encode = panels.EncodePanel(*behind, later=True)
    left.add(encode)
    yield from encode.pieces
    contrast = panels.ContrastPanel(*behind)
    left.add(contrast)
    yield
    yield
    filters = panels.FiltersPanel(*behind, later=True)
    right.add(filters)
    yield from filters.pieces
    window.filters_panel = filters
    window.convolve_panel = panels.ConvolvePanel(*behind)
    yield
    window.microscope_panel = panels.MicroscopePanel(*behind)
    window.joint_panel = panels.JointPanel(window.session)
    yield
    source.open_wanted.connect(window.asking.files)
    window.source_panel, window.axes_panel = source, axes
    window.encode_panel, window.contrast_panel = encode, contrast
    window.left, window.right = left, right


def _tools(window: MainWindow) -> Iterator[None]:
    from voxviewer.gui.filter_tools import FilterTools
    from voxviewer.gui.shared_statistics import StatisticsMeter
    from voxviewer.gui.tensor_tools import TensorTools
    from voxviewer.gui.training import TrainPanel

    session, history, pipeline = window.session, window.history, window.pipeline
    yield
    window.tools = FilterTools(window)
    yield
    train = TrainPanel(session, history, pipeline, later=True)
    window.right.add(train)
    yield from train.pieces
    window.train_panel = train
    train.bench_wanted.connect(window.tools.open_bench)
    yield
    window.tensors = TensorTools(window)
    window.statistics = StatisticsMeter(session, history, pipeline.jobs, window)
    yield
    for panel in (
        window.tools.kernel, window.convolve_panel, window.microscope_panel, window.joint_panel,
    ):  # fmt: skip
        window.right.add(panel)
        yield


def _views(window: MainWindow) -> Iterator[None]:
    from voxviewer.gui.center import Center
    from voxviewer.gui.copying import Copying
    from voxviewer.gui.dragging_out import TileDrag
    from voxviewer.gui.timeline import TimelineView
    from voxviewer.gui.views import LedgerView

    session, jobs = window.session, window.program.jobs
    center = Center(window.program, later=True)
    yield from center.pieces
    window.center = center
    yield
    window.encode_panel.lab_wanted.connect(window.arranging.toggle_lab)
    window.tools.add_views(window.center)
    yield
    window.tile_drag = TileDrag(window.center.wall.tiles, session, jobs)
    window.copying = Copying(session, window.center, window.microscope_panel)
    window.place.setCentralWidget(window.center)
    yield
    window.timeline = TimelineView(session, window.history, window.player, jobs)
    window.ledger = LedgerView(session)
    yield
    for view in (center.source, center.space, center.clip, center.wall):
        view.maximize_toggled.connect(
            lambda large, view=view: window.arranging.maximize(view, large)
        )
    window.place.furnish(window.timeline, window.ledger)
    window.place.shown_changed.connect(lambda: window.actions_of.refresh())
    yield
    if window.isVisible():
        window.arranging.fit_work()
        yield from window.place.prepared(window.stack.size())
    window.news.cards.prepare()
    yield  # what follows the last piece is long enough
