"""The window that asks where in the clip a model's answer comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.failures import sentences
from voxviewer.gui import theme
from voxviewer.gui.asking import keep_folder, last_folder
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.explain.question import Question, answer
from voxviewer.gui.explain.scores import Scores
from voxviewer.gui.parts import (
    AxisFields,
    Button,
    Check,
    Choice,
    FormRow,
    Label,
    NumberField,
    ReadOut,
    Segment,
    side_by_side,
)
from voxviewer.gui.training.progress import ProgressLine
from voxviewer.gui.views import marks
from voxviewer.gui.views.canvas import Canvas
from voxviewer.gui.views.heat import heat_scale, heat_words, with_heat
from voxviewer.gui.views.picture import Picture
from voxviewer.gui.views.wall_view import ColorBar
from voxviewer.jobs import Job
from voxviewer.networks.explaining import box_count, boxes_of
from voxviewer.networks.heads import find_head
from voxviewer.render.limits import clip_scale, number
from voxviewer.render.pixels import clip_picture

if TYPE_CHECKING:
    from voxviewer.data import Clip, Progress
    from voxviewer.networks.heads import Head
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import HeatNow, Session

METHODS = (("grad-cam", "Grad-CAM"), ("occlusion", "Occlusion"))
NOTES = {
    "grad-cam": "The layer's maps, each weighted by how much the score grows with it. The heat "
    "lies where the layer's windows are centered.",
    "occlusion": "How far the score falls where a box covers the clip; blue where it rises. Each "
    "voxel has the mean of all boxes over it.",
}
LANE = "explain"
EMPTY = "No heat yet. Choose a model that gives one score for each class, and run."


class ExplainWindow(QDialog):
    """Stays beside the main window; follows clip and clock."""

    def __init__(self, session: Session, pipeline: Pipeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._pipeline = session, pipeline
        self._closed = False
        self._problem = ""
        self.head: Head | None = None
        self.path = ""
        self.setWindowTitle("Grad-CAM and occlusion")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._make_fields()
        self.canvas = Canvas("Heat over the clip")
        self.readout = ReadOut()
        self.bar = ColorBar()
        self.scores = Scores()
        self.words = Label("", "caption", "text3", wrap=True)
        self._build()
        self._listen()
        self._show_method()
        self._propose_boxes()
        self._show_heat()
        self.look_at(session.filters.model or "")
        self.resize(theme.width(900), theme.width(580))

    def _make_fields(self) -> None:
        self.model = Label("none", "body", "text2", elide=Qt.TextElideMode.ElideMiddle)
        self.choose = Button("Choose …", "model")
        self.method = Segment(METHODS, value="grad-cam", name="Method")
        self.target = Choice(((None, "predicted"),), None, name="Class")
        self.layer = Choice((), name="Layer")
        self.box = AxisFields("THW", (1, 1, 1), name="Box")
        self.stride = AxisFields("THW", (1, 1, 1), name="Steps")
        self.baseline = NumberField(
            None, -1e9, 1e9, 0.1, 2, optional=True, hint="mean", name="Filled with"
        )
        self.cover = NumberField(0.8, 0, 1, 0.1, 2, name="Strongest heat covers")
        self.over = Check("Over the clip in the main window too", True)
        self.progress = ProgressLine()
        self.run = Button("Run", "run", primary=True)
        self.status = Label("", "caption", "error", wrap=True)

    def _build(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(5)
        rows = (
            ("Model", side_by_side(self.model, self.choose, stretch=(1, 0))),
            ("Method", self.method),
            ("Class", self.target),
            ("Layer", self.layer),
            ("Box", self.box),
            ("Steps", self.stride),
            ("Filled with", self.baseline),
        )
        self.rows = {label: FormRow(label, field) for label, field in rows}
        for row in self.rows.values():
            left.addWidget(row)
        self.note = Label("", "caption", "text3", wrap=True)
        for widget in (self.note, self.status, self.progress, self.run):
            left.addWidget(widget)
        left.addSpacing(8)
        left.addWidget(self.scores)
        left.addStretch(1)
        self.rows["Covers"] = FormRow("Covers", self.cover, "of the clip, where it is strongest")
        left.addWidget(self.rows["Covers"])
        left.addWidget(self.over)
        side = QWidget()
        side.setLayout(left)
        left.setContentsMargins(0, 0, 0, 0)
        side.setFixedWidth(theme.width(296))
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.canvas, 1)
        right.addWidget(self.readout)
        legend = QHBoxLayout()
        legend.setSpacing(16)
        legend.addWidget(self.bar)
        legend.addWidget(self.words, 1)
        right.addLayout(legend)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 12)
        whole.setSpacing(16)
        whole.addWidget(side)
        whole.addLayout(right, 1)

    def _listen(self) -> None:
        session = self._session
        self.run.setAutoDefault(False)
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._on_choose)
        self.method.changed.connect(self._show_method)
        for field in (self.box, self.stride):
            field.changed.connect(self._show_ready)
        self.run.clicked.connect(self._on_run)
        self.canvas.hovered.connect(self._show_readout)
        bind(self.cover, session, "heat_cover")
        bind(self.over, session, "heat_over")
        self._wires = Wires(self)
        for name in ("heat", "frame", "clip", "heat_cover", "render"):
            self._wires.connect(getattr(session.events, name), self._show_heat)
        self._wires.connect(session.events.clip, self._on_clip)
        self._wires.connect(session.events.keras, self._show_ready)
        self._wires.connect(self._pipeline.jobs.changed, self._show_job)
        theme.changed.connect(self._show_heat)

    # what a person does

    def _on_choose(self) -> None:
        kinds = "Keras models (*.keras *.h5 *.hdf5);;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, "A model with classes", last_folder(), kinds)
        if path:
            keep_folder(path)
            self.look_at(path)

    def look_at(self, path: str) -> None:
        """Look for a model's classes and layers, for the clip that is open."""
        clip = self._session.clip
        self.path = path
        self.model.setText(Path(path).name or "none")
        self.head, self._problem = None, ""
        self._show_ready()
        if not path or clip is None:
            return

        def work(_: Progress) -> Head:
            return find_head(path, clip.shape)

        def done(head: Head) -> None:
            if not self._closed and self.path == path:
                self._has_head(head)

        job = Job(LANE, f"Reading {Path(path).name}", work, done, self._failed)
        self._pipeline.jobs.submit(job)

    def _on_clip(self, clip: Clip | None) -> None:
        self._propose_boxes()
        self.look_at(self.path)

    def _on_run(self) -> None:
        """Ask, or stop asking."""
        jobs, clip, keras = self._pipeline.jobs, self._session.clip, self._pipeline.keras
        if jobs.busy(LANE):
            jobs.cancel(LANE)
            return
        if clip is None or keras is None:
            return
        question = self.question
        self._problem = ""

        def work(progress: Progress) -> HeatNow:
            return answer(question, clip, keras, progress)

        text = dict(METHODS)[question.method]
        job = Job(LANE, text, work, self._has_heat, self._failed, on_cancel=keras.cancel)
        jobs.submit(job)
        self._show_ready()

    @property
    def question(self) -> Question:
        """What is asked, as the fields say."""
        box, stride = (tuple(int(n or 1) for n in field.value) for field in (self.box, self.stride))
        return Question(
            self.path,
            str(self.method.value),
            self.target.value,
            self.layer.value,
            box,  # type: ignore[arg-type]
            stride,  # type: ignore[arg-type]
            self.baseline.value,
        )

    # what comes home

    def _has_head(self, head: Head) -> None:
        self.head = head
        count = head.count or 0
        wanted = self.target.value
        names = [(at, f"class {at}") for at in range(count)]
        self.target.set_options([(None, "predicted"), *names])
        self.target.value = wanted if wanted is not None and wanted < count else None
        before = self.layer.value
        self.layer.set_options([(name, f"{name}   {kind}") for name, kind in head.layers])
        known = dict(head.layers)
        self.layer.value = before if before in known else head.layer or None
        self._show_ready()

    def _has_heat(self, now: HeatNow) -> None:
        self._session.heat = now
        if not self._closed:
            self._show_ready()

    def _failed(self, error: BaseException) -> None:
        if not self._closed:
            self._problem = " ".join(sentences(error)).strip()
            self._show_ready()

    # what is shown

    def _propose_boxes(self) -> None:
        clip = self._session.clip
        if clip is not None:
            sizes, steps = boxes_of(clip.shape, None, None)
            for spin, most in zip(self.box.fields, clip.shape, strict=False):
                spin.limit(1, most)
            self.box.value, self.stride.value = tuple(sizes), tuple(steps)

    def _show_method(self, *_: Any) -> None:
        cam = self.method.value == "grad-cam"
        self.rows["Layer"].setVisible(cam)
        for label in ("Box", "Steps", "Filled with"):
            self.rows[label].setVisible(not cam)
        self._show_ready()

    def _show_ready(self, *_: Any) -> None:
        """Whether the question can be asked, how long it takes, what went wrong."""
        why, runs = self._why_not()
        method = str(self.method.value)
        words = f"The model runs {runs:,} times. " if runs else ""
        self.note.setText(words + NOTES[method])
        busy = self._pipeline.jobs.busy(LANE)
        self.run.setText("Stop" if busy else "Run")
        self.run.setEnabled(busy or not why)
        said = self._problem or why
        self.status.setText("" if busy else said)
        self.status.set_role("error" if self._problem else "text3")

    def _why_not(self) -> tuple[str, int]:
        """Why nothing can be asked, "" where it can; how often the model would run."""
        clip, keras, runs = self._session.clip, self._session.keras, 0
        if clip is None:
            return "No clip yet. Open a file, or choose a sample.", 0
        asked = self.question
        if asked.method == "occlusion":
            try:
                boxes_of(clip.shape, asked.box, asked.stride)
                runs = box_count(clip.shape, asked.box, asked.stride)
            except ValueError as error:
                return f"{error}.", 0
        if keras.state == "missing" or self._pipeline.keras is None:
            return keras.text, runs
        if not self.path:
            return "Choose a model: .keras or .h5, with one score for each class.", runs
        if self.head is None:
            return self._problem or "Looking at the model …", runs
        return "", runs

    def _show_job(self) -> None:
        jobs = [job for job in self._pipeline.jobs.running if job.lane == LANE]
        self.progress.setVisible(bool(jobs))
        for job in jobs:
            self.progress.show_job(job, ending=job.cancelled)
        self._show_ready()

    def _show_heat(self, *_: Any) -> None:
        """The clip's frame, with heat over it where it was made of this clip."""
        now, clip = self._session.heat, self._session.clip
        self.scores.show_heat(now.heat if now is not None else None)
        self._show_legend(now)
        if now is None or clip is None:
            self.canvas.show_picture(None, EMPTY)
            return
        clip = now.heat.clip
        frame = min(self._session.frame, clip.shape[0] - 1)
        pixels = clip_picture(clip, frame, clip_scale(clip, self._session.render, marks.coat()))
        other = "" if clip is self._session.clip else "made of an earlier clip"
        hot = with_heat(pixels, now, frame, self._session.heat_cover)
        self.canvas.show_picture(Picture(hot, note=other))
        self._show_readout()

    def _show_legend(self, now: HeatNow | None) -> None:
        if now is None:
            self.bar.show_scale(None, ("", ""))
            self.words.setText("")
            return
        scale = heat_scale(now)
        self.bar.show_scale(scale, (number(scale.low), number(scale.high)))
        self.words.setText(f"{heat_words(now)}. {now.heat.words}.")

    def _show_readout(self, place: tuple[int, int] | None = None) -> None:
        """The heat under the pointer."""
        now = self._session.heat
        if now is None:
            return
        frame = min(self._session.frame, now.heat.data.shape[0] - 1)
        self.readout.set_right(f"frame {frame}, fixed over time")
        if place is None:
            self.readout.set_left("", "")
            return
        row, column = place
        value = number(float(now.heat.data[frame, row, column]))
        self.readout.set_left(f"heat[{frame}, {row}, {column}] =", value)

    def done(self, result: int) -> None:
        """What is still asked is not wanted any more."""
        self._closed = True
        self._pipeline.jobs.cancel(LANE)
        super().done(result)
