"""The window about recurrent networks: their forms beside each other, and one of them fitted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
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
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.network_fields import labels, make_row
from voxviewer.gui.parts import Button, Choice, FormRow, Label, ViewTitle
from voxviewer.gui.recurrent.examples import ExamplesBox
from voxviewer.gui.recurrent.form_cards import FormCards
from voxviewer.gui.recurrent.maps_row import MapsRow
from voxviewer.gui.recurrent.rows import FIELDS
from voxviewer.gui.recurrent.sizes import SizesTable
from voxviewer.gui.recurrent.strip import StateStrip
from voxviewer.gui.training.loss_curve import Curves, LossCurve
from voxviewer.learning.fitted_to import fitting_script
from voxviewer.networks.forms import recurrent_forms

if TYPE_CHECKING:
    from voxviewer.data import Clip
    from voxviewer.networks.recurrent_nouns import RecurrentFit
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import RecurrentNow, Session

TABS = (("network", "Network"), ("forms", "What a time step is"))
NOTE = (
    "Columns are frames. A padded frame is masked: it leaves the state as it is. Below, what the "
    "network would say if the clip ended there."
)
OTHERS = 40
"""Clips it was fitted to that can be looked at."""


class RecurrentWindow(QDialog):
    """Stays beside the main window and follows clip, clock and what is fitted."""

    def __init__(self, session: Session, pipeline: Pipeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._pipeline = session, pipeline
        self.setWindowTitle("Recurrent networks")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title = ViewTitle("", TABS)
        self.cards = FormCards()
        self.sizes = SizesTable()
        self.examples = ExamplesBox(session, pipeline.history)
        self.fields: dict[str, Any] = {}
        self.fit = Button("Fit", "train", primary=True)
        self.status = Label("", "caption", "text3", wrap=True)
        self.course = Label("", "caption", "text2", wrap=True)
        self.curve = LossCurve()
        self.shown = Choice((), name="Clip that is looked at")
        self.shown.setMinimumWidth(theme.width(210))
        self.answer = Label("", "strong", "text")
        self.strip = StateStrip()
        self.maps = MapsRow()
        self.readout = Label("", "mono-small", "text2")
        self.python = Button("Copy as Python", "python")
        self.wall = Button("Maps on the wall …", "wall")
        self.save = Button("Save model …", "drop")
        self._build()
        self._listen()
        self._show_forms()
        self._show_network()
        self.resize(theme.width(1080), theme.width(680))

    def _build(self) -> None:
        self.stack = QStackedWidget()
        self.stack.addWidget(self._network_page())
        self.stack.addWidget(self.cards)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.title)
        whole.addWidget(self.stack, 1)

    def _network_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(10)
        column.addWidget(self.sizes)
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(self._choices())
        row.addLayout(self._results(), 1)
        column.addLayout(row, 1)
        return page

    def _choices(self) -> QWidget:
        """The network, what it is fitted to, and the button."""
        session, history = self._session, self._pipeline.history
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(5)
        for label in labels(FIELDS):
            made, shown = make_row(FIELDS, label)
            self.fields |= made
            row = FormRow(label, shown)
            for name, field in made.items():
                bind(field, session, f"recurrence.{name}", history, row=row)
            column.addWidget(row)
        column.addSpacing(6)
        column.addWidget(self.examples)
        column.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName("Choices for the network")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        side = QWidget()
        side.setFixedWidth(theme.width(300))
        beside = QVBoxLayout(side)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(6)
        beside.addWidget(area, 1)
        beside.addWidget(self.curve)
        beside.addWidget(self.course)
        beside.addWidget(self.status)
        beside.addWidget(self.fit)
        return side

    def _results(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label("State over", "body", "text2"))
        head.addWidget(self.shown)
        head.addWidget(self.answer)
        head.addStretch(1)
        column.addLayout(head)
        column.addWidget(self.strip, 1)
        column.addWidget(self.maps)
        column.addWidget(Label(NOTE, "caption", "text3", wrap=True))
        foot = QHBoxLayout()
        foot.addWidget(self.readout, 1)
        for button in (self.python, self.wall, self.save):
            button.setAutoDefault(False)
            foot.addWidget(button)
        column.addLayout(foot)
        return column

    def _listen(self) -> None:
        session = self._session
        self.fit.setAutoDefault(False)
        self.title.tab_changed.connect(self._on_tab)
        self.sizes.chosen.connect(self._on_form)
        self.examples.changed.connect(self._show_forms)
        self.fit.clicked.connect(self._on_fit)
        self.shown.chosen.connect(self._on_shown)
        self.strip.chosen.connect(self._on_frame)
        self.strip.hovered.connect(self.readout.setText)
        self.python.clicked.connect(self._on_python)
        self.python.setToolTip("The script that fits this network to these clips, and saves it")
        self.wall.clicked.connect(self._on_wall)
        self.save.clicked.connect(self._on_save)
        self._wires = Wires(self)
        for name in ("clip", "batch", "recurrence"):
            self._wires.connect(getattr(session.events, name), self._show_forms)
        for name in ("recurrent", "clip", "keras"):
            self._wires.connect(getattr(session.events, name), self._show_network)
        self._wires.connect(session.events.frame, self._show_frame)
        self._wires.connect(self._pipeline.jobs.changed, self._show_course)

    # what a person does

    def _on_tab(self, tab: str) -> None:
        self.stack.setCurrentIndex([key for key, _ in TABS].index(tab))

    def _on_form(self, key: str) -> None:
        self._session.change("recurrence", form=key)
        self._pipeline.history.commit()

    def _on_fit(self) -> None:
        if self._now is not None and self._now.running:
            self._pipeline.recurrences.stop()
        else:
            self._pipeline.recurrences.start()

    def _on_shown(self, index: int) -> None:
        clips = self._clips()
        if 0 <= index < len(clips):
            self._pipeline.recurrences.look(clips[index])

    def _on_frame(self, frame: int) -> None:
        clip = self._session.clip
        self._session.playing = False
        self._session.frame = min(frame, clip.shape[0] - 1) if clip is not None else frame

    def _on_python(self) -> None:
        session = self._session
        QGuiApplication.clipboard().setText(fitting_script(session.choices, session.sources))

    def _on_save(self) -> None:
        self.save_to(self._ask_where(), lambda path: None)

    def _on_wall(self) -> None:
        """The wall shows a saved model's layer: so it can be undone, exported and done again."""
        self.save_to(self._ask_where(), self._show_on_wall)

    def _ask_where(self) -> str:
        kinds = "Keras model (*.keras)"
        return ask_where(self, "Save the network", "recurrent.keras", kinds)[0]

    def save_to(self, path: str, then: Any) -> None:
        """Save the network, and do something with the file."""
        if path:
            self._pipeline.recurrences.save(path, then)

    def _show_on_wall(self, path: str) -> None:
        now = self._now
        if now is None or now.fit is None:
            return
        whole = {"source": "model", "through": True, "masked": True, "adapt": None}
        self._session.change("filters", model=path, layer=now.fit.form.parts[0].name, **whole)
        self._pipeline.history.commit()

    # what is shown

    @property
    def _now(self) -> RecurrentNow | None:
        return self._session.recurrent

    def _clips(self) -> list[Clip]:
        """The clips that can be looked at: the open one, where it is of the size, then others."""
        now = self._now
        if now is None or now.fit is None:
            return []
        own = self._session.clip
        fits = own is not None and own.shape == now.fit.form.clip
        held = set(now.fit.held_out)
        order = [*sorted(held), *(at for at in range(len(now.clips)) if at not in held)]
        return [
            *([own] if own is not None and fits else []),
            *(now.clips[at] for at in order[:OTHERS]),
        ]

    def _show_forms(self, *_: Any) -> None:
        """Both tabs follow the clip that would be fitted to."""
        clip, made = self._session.clip, self._session.batch
        shape = self.examples.shape or (clip.shape if clip is not None else None)
        count = 1
        if clip is not None and made is not None and made.batch.data.shape[1:] == clip.shape:
            count = made.batch.data.shape[0]
        settings, classes = self._session.recurrence, self.examples.count
        forms = recurrent_forms(shape, count, settings, classes) if shape is not None else ()
        self.cards.show_forms(forms)
        self.sizes.show_forms(forms, settings.form)
        self._show_button()

    def _show_network(self, *_: Any) -> None:
        now = self._now
        hidden = now.hidden if now is not None else None
        self.strip.show_states(hidden)
        self._show_frame()
        self.answer.setText(hidden.answer if hidden is not None else "")
        self._show_clips()
        self._show_course()
        able = now is not None and now.fit is not None and not now.running
        self.save.setEnabled(able)
        convolved = able and now is not None and now.settings.form == "convlstm"
        self.wall.setVisible(now is None or now.settings.form == "convlstm")
        self.wall.setEnabled(convolved and self._on_the_wall_fits())
        size = " × ".join(map(str, now.fit.form.clip)) if now is not None and now.fit else ""
        other = f"The open clip is not of the size that it was fitted to, {size} (T, H, W, C)"
        saved = "Save the model, and run the open clip through it up to ConvLSTM2D"
        self.wall.setToolTip(other if convolved and not self._on_the_wall_fits() else saved)
        self._show_button()

    def _show_frame(self, *_: Any) -> None:
        """Follow the clock; a shorter clip begins again."""
        hidden = self.strip.hidden
        frame = self._session.frame % len(hidden.states) if hidden is not None else 0
        self.strip.show_frame(frame)
        self.maps.show_states(hidden, frame)

    def _on_the_wall_fits(self) -> bool:
        now, clip = self._now, self._session.clip
        return (
            now is not None
            and now.fit is not None
            and clip is not None
            and (clip.shape == now.fit.form.clip)
        )

    def _show_clips(self) -> None:
        now, clips = self._now, self._clips()
        held = {id(now.clips[at]) for at in now.fit.held_out} if now and now.fit else set()
        options = [
            (index, f"{clip.name}{', held out' if id(clip) in held else ''}")
            for index, clip in enumerate(clips)
        ]
        self.shown.set_options(options)
        self.shown.setEnabled(bool(options))
        if now is not None and now.hidden is not None:
            looked = now.hidden.clip
            self.shown.value = next(
                (index for index, clip in enumerate(clips) if clip is looked), None
            )

    def _show_button(self) -> None:
        """Fit or stop, and why not."""
        now = self._now
        running = now is not None and now.running
        self.fit.setText("Stop and keep" if running else "Fit")
        chosen = next((form for form in self.sizes.forms if form.key == self.sizes.key), None)
        keras = self._session.keras
        why = self.examples.problem or (chosen.problem if chosen is not None else "")
        if chosen is None:
            why = "No clip yet. Open a file, or choose waves."
        if keras.state == "missing":
            why = keras.text
        failed = now.problem if now is not None else ""
        self.fit.setEnabled(running or not why)
        self.status.setText("" if running else why or failed)
        self.status.set_role("error" if failed and not why and not running else "text3")

    def _show_course(self, *_: Any) -> None:
        """How far the fitting is, and how well it does."""
        now = self._now
        fit = now.fit if now is not None else None
        jobs = [job for job in self._pipeline.jobs.running if job.lane == "train"]
        if now is not None and now.running and jobs and (fit is None or not fit.epochs):
            self.course.setText(jobs[0].detail or jobs[0].text)
        elif fit is None:
            self.course.setText("")
        else:
            self.course.setText(course_words(fit.history.tolist(), fit.settings.epochs))
        self.curve.setVisible(fit is not None)
        self.curve.show_curves(curves_of(fit))


def curves_of(fit: RecurrentFit | None) -> Curves:
    """Return the loss over the epochs, of what is learned from and of what is held out."""
    if fit is None:
        return Curves()
    learned, held = (
        tuple((epoch + 1.0, loss) for epoch, loss in enumerate(losses) if math.isfinite(loss))
        for losses in (fit.history[:, 0].tolist(), fit.history[:, 2].tolist())
    )
    return Curves(learned, held, None, fit.settings.epochs)


def course_words(history: list[list[float]], epochs: int) -> str:
    """Return the last epoch in words: "Epoch 12 of 20: loss 0.12, 98 % right; held out ..."."""
    loss, right, held_loss, held_right = history[-1]
    words = f"Epoch {len(history)} of {epochs}: loss {loss:.3g}"
    words += f", {100 * right:.0f} % right" if math.isfinite(right) else ""
    if math.isfinite(held_loss):
        words += f"; held out: loss {held_loss:.3g}"
        words += f", {100 * held_right:.0f} % right" if math.isfinite(held_right) else ""
    return words
