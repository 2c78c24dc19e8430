"""The filter bench's window: measures the session's filters, shows the curves, saves them."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from voxviewer.gui import theme
from voxviewer.gui.asking import ask_where
from voxviewer.gui.bench.curves import BARS, GRATINGS, make_sheet
from voxviewer.gui.bench.drawing import MARGIN, cell_size, figure
from voxviewer.gui.bench.sheet import TuningSheet
from voxviewer.gui.bench.stimulus import Question, StimulusView, make_scene
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.panels.trained import before_training
from voxviewer.gui.panels.words import count, duration, kernel
from voxviewer.gui.parts import Button, EmptyState, Label, QuietChoice, ViewTitle
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPaintEvent

    from voxviewer.convolution.bench import Tuning
    from voxviewer.data import FilterBank, Progress
    from voxviewer.export import Saved
    from voxviewer.gui.bench.stimulus import Scene
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import Notice, Session

TABS = ((BARS, "Moving bars"), (GRATINGS, "Gratings and flicker"))
SCALES = (("filter", "per filter"), ("shared", "shared"))
NOTES = {
    BARS: "The strength of each map (root mean square) while a bar moves, by way and speed. "
    "The ratio compares the way a filter prefers with the opposite one, at the speed of the dot.",
    GRATINGS: "The gain for drifting stripes, by way and rate. Dashed: uniform flicker. "
    "The ratio compares the way a filter prefers with the opposite one, at the rate of the dot.",
}
BEFORE = " Dotted: the same filter before it was trained."
EMPTY = "No filters yet. Open a file, or choose a sample."


class BenchWindow(QDialog):
    """Stays beside the main window and follows its filters; closing it stops the measuring."""

    def __init__(self, session: Session, pipeline: Pipeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from voxviewer.convolution.bench import BenchSettings

        self._session = session
        self._pipeline = pipeline
        self._jobs = pipeline.jobs
        self._settings = BenchSettings()
        self._bank: FilterBank | None = None  # the one that was measured
        self.tuning: Tuning | None = None
        self.before: Tuning | None = None  # of the same filters before they were trained
        self._closed = False
        self.setWindowTitle("Filter bench")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title = ViewTitle("", TABS)
        self.scale = QuietChoice("Scale", SCALES, "filter", "Scaling of the curves")
        self.sheet = TuningSheet()
        self.stimulus = StimulusView(self._settings)
        self.empty = EmptyState(EMPTY)
        self.status = Label("", "caption", "text3", wrap=True)
        self.picture = Button("Save picture …", "export")
        self.numbers = Button("Save numbers …", "drop")
        self._build()
        self._listen()
        self._show_bank()

    def _build(self) -> None:
        self.title.add(self.scale)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.sheet)
        column.addStretch(1)
        holder.setProperty("area", "window")
        area.setWidget(holder)
        self.area = area
        self.stack = QStackedWidget()
        self.stack.addWidget(area)
        self.stack.addWidget(_centered(self.empty))
        side = QWidget()
        side.setFixedWidth(theme.width(264))
        beside = QVBoxLayout(side)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.stimulus)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.stack, 1)
        middle.addWidget(_Line())
        middle.addWidget(side)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.title)
        whole.addLayout(middle, 1)
        whole.addWidget(_Line(across=True))
        whole.addLayout(self._foot())
        self._size()
        self.sheet.setFocus(Qt.FocusReason.OtherFocusReason)

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 6, 12, 6)
        foot.setSpacing(8)
        foot.addWidget(self.status, 1)
        self.picture.setToolTip("Save all curves as a PNG")
        self.numbers.setToolTip("Save the measured responses as JSON or CSV")
        for button in (self.picture, self.numbers):
            button.setAutoDefault(False)
            foot.addWidget(button)
        return foot

    def _size(self) -> None:
        """Two filters side by side, and as high as the screen kindly allows."""
        wide = 2 * (cell_size().width() + 8) + 2 * MARGIN + theme.width(264) + 4
        screen = self.screen().availableGeometry() if self.screen() is not None else None
        high = min(theme.width(736), screen.height() - 80) if screen is not None else 640
        self.resize(wide, high)

    def _listen(self) -> None:
        bind(self.sheet, self._session, "map")
        self.title.tab_changed.connect(self._on_tab)
        self.scale.chosen.connect(self._show_sheet)
        self.sheet.pointed.connect(self.stimulus.point)
        self.stimulus.asked.connect(self._on_asked)
        self.picture.clicked.connect(self.ask_for_picture)
        self.numbers.clicked.connect(self.ask_for_numbers)
        self._wires = Wires(self)
        self._wires.connect(self._session.events.bank, self._show_bank)
        self._wires.connect(self._session.events.lesson, self._show_lesson)
        self._wires.connect(self._session.events.map, self._show_map)
        self._wires.connect(self._session.events.notice, self._show_notice)
        self._wires.connect(self._jobs.changed, self._show_work)
        theme.changed.connect(self._show_sheet)

    # what the session says

    def _show_bank(self, *_: Any) -> None:
        """Measure the filters that are there now; until then the old curves are dimmed."""
        bank = self._session.bank
        self.stack.setCurrentIndex(0 if bank is not None else 1)
        self.title.set_note(bank_words(bank))
        if bank is None:
            self.tuning = self.before = self._bank = None
            self.stimulus.show_scene(None)
            self.status.setText("")
        else:
            self._measure(bank)
            self._show_map()
            self._on_asked(self.stimulus.question)
        self._show_sheet()

    def _show_lesson(self, *_: Any) -> None:
        """Where these very filters turn out to be trained, measure what they were before."""
        if self.before is None and before_training(self._session) is not None:
            self._show_bank()

    def _show_map(self, *_: Any) -> None:
        """The chosen map's filter is asked, and scrolled to."""
        bank = self._session.bank
        if bank is not None:
            self.stimulus.show_filter(min(self._session.map, bank.count - 1))
        self._reveal()

    def _reveal(self) -> None:
        """Scroll so that the chosen filter is seen."""
        if self.tuning is None:
            return
        box = self.sheet.box(self.sheet.value)
        self.area.ensureVisible(box.center().x(), box.top(), 0, MARGIN)
        self.area.ensureVisible(box.center().x(), box.bottom(), 0, MARGIN)

    def _show_sheet(self, *_: Any) -> None:
        there = self.tuning is not None
        shared = self.scale.value == "shared"
        sheet = None
        if self.tuning is not None:
            sheet = make_sheet(self.tuning, self.title.tab, shared, self.before)
        stale = self._bank is not self._session.bank
        self.sheet.show_sheet(sheet, stale=stale)
        for button in (self.picture, self.numbers):
            button.setEnabled(there and not stale)
        self._show_mark()

    def _show_mark(self) -> None:
        """What is playing, where this sheet has a place for it."""
        fits = self.stimulus.sheet == self.title.tab
        self.sheet.show_mark(*(self.stimulus.mark if fits else (None, None)))

    def _show_work(self) -> None:
        """How far the measuring is."""
        found = [job for job in self._jobs.running if job.lane == "bench"]
        if found and not found[0].cancelled:
            self.status.setText(f"{found[0].detail or 'Measuring'} … {found[0].fraction:.0%}")

    def _show_notice(self, notice: Notice | None) -> None:
        """What became of a file that was saved here; the notice itself is in the main window."""
        if notice is not None and notice.place.startswith("export"):
            self.status.setText(f"{notice.text} {notice.detail}".strip())

    # measuring

    def _measure(self, bank: FilterBank) -> None:
        from voxviewer.convolution.bench import measure_filters

        begun = time.perf_counter()
        untrained = before_training(self._session)
        parts = 1 if untrained is None else 2

        def work(progress: Progress) -> tuple[Tuning, Tuning | None]:
            def first(fraction: float, text: str) -> None:
                progress(fraction / parts, text)

            def second(fraction: float, text: str) -> None:
                progress((1 + fraction) / parts, text)

            tuning = measure_filters(bank, self._settings, progress=first)
            if untrained is None:
                return tuning, None
            return tuning, measure_filters(untrained, self._settings, progress=second)

        def done(tunings: tuple[Tuning, Tuning | None]) -> None:
            self._has(bank, tunings, time.perf_counter() - begun)

        self._submit("bench", "Measuring filters", work, done)

    def _has(self, bank: FilterBank, tunings: tuple[Tuning, Tuning | None], seconds: float) -> None:
        if bank is not self._session.bank:
            return
        self._bank, (self.tuning, self.before) = bank, tunings
        tuning = self.tuning
        speeds, rates = len(tuning.speeds), len(tuning.rates)
        self.status.setText(
            f"{count(len(tuning.names), 'filter')}, 8 directions × {speeds} speeds and {rates} "
            f"rates in {duration(seconds)}.\n{self._note()}"
        )
        self._show_sheet()
        self._reveal()

    def _note(self) -> str:
        """What the curves of the chosen tab are."""
        return NOTES[self.title.tab] + (BEFORE if self.before is not None else "")

    def _on_asked(self, question: Question) -> None:
        """Make the stimulus and the filter's answer; the newest question wins."""
        bank = self._session.bank
        if self.stimulus.sheet != self.title.tab and question.kind != "impulse":
            self.title.tab = self.stimulus.sheet
            self._show_sheet()
        self._show_mark()
        if bank is None:
            return
        work = partial(make_scene, bank, question, self._settings)
        self._submit("stimulus", "Showing a stimulus", lambda _: work(), self._has_scene)

    def _has_scene(self, scene: Scene) -> None:
        self.stimulus.show_scene(scene)

    def _submit(self, lane: str, text: str, work: Any, done: Any) -> None:
        """Run work in a lane; what comes home after the window was closed is dropped."""

        def home(result: Any) -> None:
            if not self._closed:
                done(result)

        def failed(error: BaseException) -> None:
            if not self._closed:
                self.status.setText(str(error) or type(error).__name__)

        self._jobs.submit(Job(lane, text, work, home, failed))

    # what a person does

    def _on_tab(self, tab: str) -> None:
        self.stimulus.show_kind(tab)
        self._show_sheet()
        if self.tuning is not None:
            self.status.setText(self._note())

    def ask_for_picture(self) -> None:
        """Ask where to save the curves as a picture."""
        path, _ = ask_where(self, "Save picture", "filters.png", "PNG (*.png)")
        if path:
            self.save_picture(path if path.lower().endswith(".png") else path + ".png")

    def save_picture(self, path: str) -> None:
        """Save all curves as they are scaled now."""
        if self.sheet.sheet is None:
            return
        scaled = "all filters to one peak" if self.scale.value == "shared" else "each to its peak"
        note = f"{self._note()} Scaled {scaled}."
        image = figure(self.sheet.sheet, bank_words(self._bank), note)
        self._pipeline.export_by(path, lambda _: save_image(image, path))

    def ask_for_numbers(self) -> None:
        """Ask where to save the numbers."""
        kinds = "JSON, everything (*.json);;CSV, moving bars (*.csv)"
        path, chosen = ask_where(self, "Save numbers", "filters.json", kinds)
        if path:
            ending = ".csv" if "csv" in chosen else ".json"
            self.save_numbers(path if Path(path).suffix else path + ending)

    def save_numbers(self, path: str) -> None:
        """Save what was measured."""
        tuning, origin = self.tuning, bank_words(self._bank)
        if tuning is None:
            return

        def work(_: Progress) -> Saved:
            from voxviewer.export.tuning_files import save_tuning

            return save_tuning(tuning, path, origin)

        self._pipeline.export_by(path, work)

    def done(self, result: int) -> None:
        """Stop what is measured for this window alone."""
        self._closed = True
        for lane in ("bench", "stimulus"):
            self._jobs.cancel(lane)
        super().done(result)


def bank_words(bank: FilterBank | None) -> str:
    """Return where filters come from and how many: "Motion and edges, 8 × 3×3×3"."""
    return "" if bank is None else f"{bank.origin}, {bank.count} × {kernel(bank.size)}"


def save_image(image: QImage, path: str) -> Saved:
    """Write a picture as PNG, moved into place when complete."""
    from voxviewer.export import Saved
    from voxviewer.files import SourceError, replace_file, size_text

    with replace_file(path) as part:
        if not image.save(str(part)):
            raise SourceError(path, "cannot be written as PNG", "Choose another folder")
    target = Path(path)
    size = f"{image.width()} × {image.height()} px"
    words = f"{size}, {size_text(target.stat().st_size)}."
    return Saved(target, target.stat().st_size, 1, (words, "All filters, as scaled on screen."))


def _centered(widget: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(24, 24, 24, 24)
    row.addWidget(widget)
    return holder


class _Line(QWidget):
    """A 1 px line between two parts."""

    def __init__(self, across: bool = False) -> None:
        super().__init__()
        if across:
            self.setFixedHeight(1)
        else:
            self.setFixedWidth(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        QPainter(self).fillRect(self.rect(), theme.color("line"))
