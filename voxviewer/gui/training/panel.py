"""The Train panel: task, network, progress, curves, and what becomes of the filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from voxviewer.gui.asking import ask_where, keep_folder, last_folder
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.network_fields import labels, make_row
from voxviewer.gui.panels.fields import FoldLine
from voxviewer.gui.panels.filter_rows import Indented
from voxviewer.gui.panels.words import sentence
from voxviewer.gui.parts import (
    Button,
    Check,
    Choice,
    FoldPanel,
    FormRow,
    Label,
    LinkButton,
    Segment,
    side_by_side,
)
from voxviewer.gui.parts.scrolling import bring_into_sight
from voxviewer.gui.training import words
from voxviewer.gui.training.layer_table import LayerTable
from voxviewer.gui.training.loss_curve import LossCurve, curves_of
from voxviewer.gui.training.progress import ProgressLine
from voxviewer.gui.training.rows import FIELDS
from voxviewer.learning.waves import WAVES
from voxviewer.settings.training import WHOLE_CLIP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.jobs import Job
    from voxviewer.networks.training_plan import NetworkPlan
    from voxviewer.session import History, Session

LANE = "train"
TICK = 100
"""Milliseconds between two looks at how far the job is."""
TABLES = "CSV files (*.csv);;All files (*)"
MODELS = "Keras model (*.keras)"


class TrainPanel(FoldPanel):
    """A small network trained on clips, so that its first kernels become filters.

    `bench_wanted` asks for the filter bench. `later`: see `FoldPanel.make`.
    """

    bench_wanted = Signal()

    def __init__(
        self, session: Session, history: History, pipeline: Any, *, later: bool = False
    ) -> None:
        super().__init__("Train", folded=True)
        self._session, self._history, self._pipeline = session, history, pipeline
        self.rows: dict[str, FormRow] = {}
        self.fields: dict[str, Any] = {}
        self._able = False  # whether there is something to begin with
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._show_job)
        self.make(self._pieces(session, history, pipeline), later=later)

    # parts

    def _pieces(self, session: Session, history: History, pipeline: Any) -> Iterator[None]:
        self._add_task(session, history)
        yield
        yield from self._add_fields(session, history)
        self._add_network()
        self._add_course(session)
        yield
        self._listen(session, pipeline)

    def _add_task(self, session: Session, history: History) -> None:
        """What is learned, and from what."""
        self.task = Choice(words.TASKS, name="Task")
        self.rows["task"] = self.add_row("Task", self.task)
        bind(self.task, session, "training.task", history, row=self.rows["task"])
        self.data = Label("", elide=Qt.TextElideMode.ElideMiddle)
        self.choose = Button("Choose …", "open")
        self.choose.clicked.connect(self._on_choose)
        self.rows["data"] = self.add_row(
            "From", side_by_side(self.data, self.choose, stretch=(1, 0))
        )
        self.waves = LinkButton("Learn from moving waves")
        self.waves.setToolTip("A sample: waves to the left, right, up and down, and still ones")
        self.waves.clicked.connect(self._on_waves)
        self.waves_line = Indented(self.waves)
        self.add(self.waves_line)
        self.scope = Segment(((False, "this clip"), (True, "all open")), name="Learn from")
        self.rows["scope"] = self.add_row("From", self.scope)
        bind(self.scope, session, "examples.all_open", history)

    def _add_fields(self, session: Session, history: History) -> Iterator[None]:
        """The network and how it learns; what is seldom changed folds away."""
        for seldom in (False, True):
            if seldom:
                self.more = FoldLine("More")
                self.more.toggled.connect(self._show_rows)
                self.add(self.more)
            for label in labels(FIELDS, seldom=seldom):
                made, shown = make_row(FIELDS, label)
                self.fields |= made
                row = self.rows[label] = self.add_row(label, shown)
                for name, field in made.items():
                    bind(field, session, f"training.{name}", history, row=row)
            yield

    def _add_network(self) -> None:
        """What will be trained, before anything is."""
        self.table = LayerTable()
        self.add(self.table)
        self.network = Label(font="caption", role="text3", wrap=True)
        self.add(self.network)
        self.far = Label(font="caption", role="warning", wrap=True)
        self.add(self.far)
        self.remedy = LinkButton("")
        self.remedy.clicked.connect(self._on_remedy)
        self.remedy_line = side_by_side(self.remedy, QWidget(), stretch=(0, 1))
        self.add(self.remedy_line)

    def _add_course(self, session: Session) -> None:
        """The button that begins and ends it, how far it is, the curves."""
        self.train = Button("Train", "train", primary=True)
        self.train.clicked.connect(self.start_or_stop)
        self.follow = Check("show on the wall", name="Show the filters while they are trained")
        self.follow.setToolTip("Let filters and maps change while the network learns")
        bind(self.follow, session, "follow")
        self.add(side_by_side(self.train, self.follow))
        self.progress = ProgressLine()
        self.add(self.progress)
        self._add_outcome()
        self.curve = LossCurve()
        self.add(self.curve)
        self.figures = Label(font="caption", role="text2", wrap=True)
        self.add(self.figures)
        self.notes = Label(font="caption", role="warning", wrap=True)
        self.add(self.notes)

    def _add_outcome(self) -> None:
        """What can be done with what was learned."""
        self.save = self._button("Save …", "Save the network as .keras", self._on_save)
        self.compare = self._button(
            "Compare",
            "The same filters before training beside them, on one clock",
            self._on_compare,
        )
        self.bench = self._button(
            "Bench …", "Show moving bars and gratings to the trained filters", self._on_bench
        )
        self.outcome = side_by_side(self.save, self.compare, self.bench)
        self.add(self.outcome)

    def _button(self, text: str, tip: str, run: Any) -> Button:
        button = Button(text)
        button.setToolTip(tip)
        button.clicked.connect(run)
        return button

    def _listen(self, session: Session, pipeline: Any) -> None:
        self._wires = Wires(self)
        for event in ("training", "clip", "examples", "sources", "keras"):
            self._wires.soon(getattr(session.events, event), self._show_choices)
        self._wires.soon(session.events.lesson, self._show_lesson)
        self._wires.connect(pipeline.jobs.changed, self._on_jobs)
        self._show_choices()
        self._show_lesson()

    def reveal(self) -> None:
        """Unfold, and give the button the keyboard."""
        self.folded = False
        bring_into_sight(self)
        self.train.setFocus()

    @property
    def running(self) -> bool:
        """True while a network is trained."""
        now = self._session.lesson
        return now is not None and now.running

    # what the session says

    def _show_choices(self, *_: Any) -> None:
        """The rows of this task, the network as it would be, and what is missing still."""
        session = self._session
        self.set_summary(words.fact(session.lesson) or words.summary(session.training))
        self._show_rows()
        self.data.setText(words.data_words(session))
        self.choose.setText("" if self._path() else "Choose …")
        self.rows["data"].setToolTip(self._path())
        self.rows["task"].set_help(words.example_words(session))
        self._show_network()

    def _show_rows(self, *_: Any) -> None:
        whole = self._session.training.task in WHOLE_CLIP
        self.rows["data"].setVisible(whole)
        classes = self._session.training.task == "classes"
        self.waves_line.setVisible(classes and not self._session.examples.folder)
        self.rows["scope"].setVisible(not whole and len(self._session.sources) > 1)
        open_ = self.more.isChecked()
        for label in labels(FIELDS, seldom=True):
            self.rows[label].setVisible(open_)

    def _show_network(self) -> None:
        """The table, one line below it, and whether there is something to begin with."""
        lesson = self._session.lesson
        network: NetworkPlan | None
        if self.running and lesson is not None and lesson.lesson is not None:
            network, problem = lesson.lesson.network, ""
        else:
            network, problem = words.forecast(self._session)
        missing = words.lacks(self._session)
        self.table.show_network(network)
        self.table.setVisible(network is not None)
        told = problem or missing or (words.network_words(network) if network is not None else "")
        self.network.set_role("error" if problem else "text3")
        self.network.setText(sentence(told))
        self.network.setVisible(bool(told))
        self._able = not (problem or missing)
        self._show_ready()
        self._show_remedy()

    def _show_ready(self) -> None:
        """The button is on where there is something to begin with, or something to stop, once."""
        job = self._job()
        if self.running:
            self.train.setEnabled(job is None or not _ending(job))
        else:
            self.train.setEnabled(self._able and job is None)

    def _show_remedy(self) -> None:
        """What can be made better about the clip, and the button that does it."""
        far = "" if self.running else words.far_values(self._session)
        self.far.setText(far)
        self.far.setVisible(bool(far))
        found = None if self.running else words.remedy(self._session)
        self.remedy_line.setVisible(found is not None)
        if found is not None:
            self.remedy.setText(found[0])
            self.remedy.updateGeometry()

    def _show_lesson(self, *_: Any) -> None:
        """How far it is, and what can be done with what came out."""
        now = self._session.lesson
        self.set_fact(words.fact(now))
        self._show_button()
        self.curve.show_curves(curves_of(now))
        self.curve.setVisible(bool(self.curve.curves.learned))
        problem = now.problem if now is not None else ""
        self.figures.set_role("error" if problem else "text2")
        self.figures.setText(problem or sentence(words.figures(now)))
        self.figures.setVisible(bool(self.figures.text()))
        notes = now.lesson.warnings if now is not None and now.lesson is not None else ()
        self.notes.setText(" ".join(notes))
        self.notes.setVisible(bool(notes))
        self.outcome.setVisible(now is not None and now.training is not None)
        self._show_choices()

    def _show_button(self) -> None:
        """Train, or Stop while it runs; stopping once is enough."""
        self.train.setText("Stop" if self.running else "Train")
        self.train.set_icon("stop" if self.running else "train")
        self.train.primary = not self.running
        for row in (self.rows[field.label] for field in FIELDS):
            row.setEnabled(not self.running)
        self.task.setEnabled(not self.running)
        self._show_job()

    def _on_jobs(self) -> None:
        """News of the job come faster than a person reads: the timer thins them."""
        if (self._job() is not None) != self._timer.isActive():
            self._show_job()

    def _show_job(self) -> None:
        """How far it is; the timer goes only while something is under way."""
        job = self._job()
        self.progress.setVisible(job is not None)
        self._show_ready()
        if job is None:
            self._timer.stop()
            return
        self.progress.show_job(job, ending=_ending(job))
        if not self._timer.isActive():
            self._timer.start()

    def _job(self) -> Job | None:
        running = self._pipeline.jobs.running
        return next((job for job in running if job.lane == LANE), None)

    # what a person does

    def start_or_stop(self) -> None:
        """Begin, or end at once and keep what was learned."""
        trainer = self._pipeline.trainer
        if self.running:
            trainer.stop()
            self._show_job()
        elif self.train.isEnabled():
            trainer.start(self._data())

    def _data(self) -> Any:
        session = self._session
        if session.training.task == "classes":
            return session.examples.folder
        if session.training.task not in WHOLE_CLIP and session.examples.all_open:
            return list(session.sources)
        return None

    def _path(self) -> str:
        session = self._session
        classes = session.training.task == "classes"
        return session.examples.folder if classes else session.training.targets or ""

    def _on_choose(self) -> None:
        """Ask for the folder or the file, then show what there is to learn from."""
        if self._session.training.task == "classes":
            title = "Folder of a folder for each class"
            path = QFileDialog.getExistingDirectory(self, title, last_folder())
        else:
            path, _ = QFileDialog.getOpenFileName(self, "Targets", last_folder(), TABLES)
        if path:
            self.take_path(path)

    def take_path(self, path: str) -> None:
        """Learn from this folder of classes, or by this table; its network is shown at once."""
        keep_folder(path)
        if self._session.training.task == "classes":
            self._session.change("examples", folder=path)
        else:
            self._session.change("training", targets=path)
        self._history.commit()
        self._pipeline.trainer.plan(self._data())

    def _on_waves(self) -> None:
        """Learn from the sample; its network is shown at once."""
        self._session.change("examples", folder=WAVES)
        self._history.commit()
        self._pipeline.trainer.plan(WAVES)

    def _on_remedy(self) -> None:
        """Encode the clip so that it can be learned from, as one step."""
        found = words.remedy(self._session)
        if found is not None:
            self._session.encoding = found[1]
            self._history.commit()

    def _on_save(self) -> None:
        """Ask where to, then write the model in a job."""
        training = self._session.lesson.training if self._session.lesson is not None else None
        if training is None:
            return
        path, _ = ask_where(self, "Save network", f"{training.settings.task}.keras", MODELS)
        if path:
            self._pipeline.trainer.save(
                path if path.lower().endswith(".keras") else f"{path}.keras"
            )

    def _on_compare(self) -> None:
        """The trained filters on the wall, those before training beside them."""
        training = self._session.lesson.training if self._session.lesson is not None else None
        if training is not None:
            self._session.filters = training.filters()
            self._session.pinned = (training.filters_before(),)
            self._history.commit()

    def _on_bench(self) -> None:
        """The trained filters on the bench."""
        training = self._session.lesson.training if self._session.lesson is not None else None
        if training is not None:
            self._session.filters = training.filters()
            self._history.commit()
            self.bench_wanted.emit()


def _ending(job: Job) -> bool:
    """Whether it was asked to stop."""
    return job.ending or job.cancelled
