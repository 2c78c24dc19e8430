"""The import card of the Source panel: what was read of a skeleton, and setting it right.

Persons, unit, way up and rate can be corrected; each correction is a step of the history and is
kept for the next file of that kind. A unit that nobody knows is asked for once, quietly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.data import Skeleton
from voxviewer.files import SourceError
from voxviewer.gui import icons, theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.import_memory import ASKED, keep, kept, kind_of
from voxviewer.gui.panels import import_words as words
from voxviewer.gui.parts import Check, Choice, FormRow, Label, LinkButton, NumberField, drawing
from voxviewer.settings import CORRECTIONS

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.gui.panels.import_words import Missing
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import Session

SHOWN = 4
"""Joints whose share is drawn; the tooltip has them all."""

ANSWERS = (("m", "m"), ("cm", "cm"), ("mm", "mm"), ("px", "pixels"))


class ImportCard(QWidget):
    """Shown while the current source is a skeleton."""

    def __init__(self, session: Session, pipeline: Pipeline) -> None:
        super().__init__()
        self._session = session
        self._pipeline = pipeline
        self.setAccessibleName("How the skeleton was read")
        self.missing = MissingBars()
        self.person = Choice(name="Person")
        self.unit = Choice(name="Unit")
        self.up = Choice(name="Up")
        self.rate = NumberField(
            None, 0.01, 100_000, 1, 3, unit="fps", optional=True, name="Rate of the recording"
        )
        self.rate.spin.trim = True
        self.bridge = Check("Draw through short gaps", name="Draw through short gaps")
        self.bridge.setToolTip(
            "Straight lines where joints are missing for up to 10 frames: for drawing only, "
            "the clip stays as it is"
        )
        self.fields: dict[str, Any] = {
            "person": self.person, "unit": self.unit, "up": self.up, "rate": self.rate,
        }  # fmt: skip
        self.rows = {
            "person": FormRow("Person", self.person),
            "unit": FormRow("Unit", self.unit),
            "up": FormRow("Up", self.up),
            "rate": FormRow("Rate", self.rate),
        }
        self.film = Label("", "caption", "text3", wrap=True)
        self.question = UnitQuestion()
        self.note = Label("", "caption", "text3", wrap=True)
        self.as_read = LinkButton("As read")
        self._build()
        self._listen()
        self._show()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 4)
        column.setSpacing(5)
        for widget in (self.missing, self.question, *self.rows.values(), self.bridge, self.film):
            column.addWidget(widget)
        self._foot = QWidget()
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.note, 1)
        row.addWidget(self.as_read, 0, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._foot)

    def _listen(self) -> None:
        for name in CORRECTIONS:
            field = self.fields[name]
            field.committed.connect(lambda value, name=name: self._on_corrected(name, value))
        self.question.answered.connect(self._on_answer)
        self.as_read.clicked.connect(self._on_as_read)
        self.bridge.changed.connect(self._on_bridge)
        self._wires = Wires(self)
        self._wires.soon(self._session.events.current, self._show)
        self._wires.connect(self._session.events.bridge, self._show_bridge)
        for name in ("sources", "bones"):
            self._wires.soon(getattr(self._session.events, name), self._show_film)

    # what the session says

    def _show(self, *_: Any) -> None:
        source = self._session.current
        self.setVisible(isinstance(source, Skeleton))
        if not isinstance(source, Skeleton):
            return
        opening = source.opening
        for name, options in (
            ("person", words.person_options(source)),
            ("unit", words.unit_options(source)),
            ("up", words.up_options(source)),
        ):
            field = self.fields[name]
            field.set_options(options)
            field.value = _chosen(options, getattr(opening, name))
        self.rate.set_hint(words.rate_hint(source))
        self.rate.value = opening.rate
        for row in self.rows.values():
            row.set_error("")
        self.rows["person"].setVisible((source.as_read or source).shape[1] > 1)
        self.missing.show_joints(words.missing(source))
        self._show_question(source)
        self._show_note(source)
        self._show_bridge()
        self._show_film()

    def _show_question(self, source: Skeleton) -> None:
        """Asked once for each kind of file, and only where nobody knows."""
        kind = kind_of(source)
        asked = bool(kind) and bool(kept(kind).get(ASKED))
        open_ = source.unit == "unknown" and not asked
        self.question.setVisible(open_)
        self.rows["unit"].setVisible(not open_)
        if open_:
            self.question.ask(words.extent_words(source))

    def _show_note(self, source: Skeleton) -> None:
        changed = words.changed_words(source.opening)
        kind = kind_of(source)
        self._foot.setVisible(bool(changed))
        also = f" Kept for the next {kind} file." if kind else ""
        self.note.setText(f"Set by hand: {changed}.{also}")

    def _show_bridge(self, *_: Any) -> None:
        self.bridge.setVisible(self.missing.isVisibleTo(self))
        self.bridge.value = self._session.bridge

    def _show_film(self, *_: Any) -> None:
        """Whether it lies over an open film of as many frames, and if not, why."""
        told = words.film_words(self._session)
        self.film.setText(told)
        self.film.setVisible(bool(told))

    # what a person does

    def _on_corrected(self, name: str, value: Any) -> None:
        source = self._session.current
        if not isinstance(source, Skeleton):
            return
        try:
            self._pipeline.correct(**{name: value})
        except (ValueError, SourceError) as error:
            self.rows[name].set_error(str(error))
            return
        self._keep()

    def _on_answer(self, unit: str) -> None:
        """A unit, or "" for leaving it open; either way the next file does not ask."""
        source = self._session.current
        if unit:
            self._pipeline.correct(unit=unit)
            self._keep()
        elif isinstance(source, Skeleton):
            keep(source, **{ASKED: True})
            self._show()

    def _on_as_read(self) -> None:
        self._pipeline.correct(**dict.fromkeys(CORRECTIONS))
        self._keep()

    def _on_bridge(self, on: bool) -> None:
        self._session.bridge = on

    def _keep(self) -> None:
        now = self._session.current
        if isinstance(now, Skeleton):
            keep(now)
            self._show()


def _chosen(options: words.Options, value: Any) -> Any:
    """The value, or None where it is what the file says anyway."""
    return value if value in [item for item, _ in options] else None


class UnitQuestion(QWidget):
    """One quiet line that asks for the unit, and its answers; `answered` with "" for none."""

    answered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Unit of the recording")
        self.text = Label("", "caption", "text2", wrap=True)
        self.answers = {unit: LinkButton(word) for unit, word in ANSWERS}
        self.leave = LinkButton("Leave open")
        row = QHBoxLayout()
        row.setSpacing(2)
        for unit, button in self.answers.items():
            button.clicked.connect(lambda _=False, unit=unit: self.answered.emit(unit))
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.leave)
        self.leave.clicked.connect(lambda: self.answered.emit(""))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.icon_size(14) + 14, 6, 6, 4)
        column.setSpacing(2)
        column.addWidget(self.text)
        column.addLayout(row)

    def ask(self, extent: str) -> None:
        """Say what is known."""
        self.text.setText(f"In which unit? The file does not say it. {extent}.")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a quiet box with a question mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("head"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        side = theme.icon_size(14)
        icons.paint(painter, "help", QRectF(7, 7, side, side), "accent")
        painter.end()


class MissingBars(QWidget):
    """The joints that are missing most, each with its share as a bar and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.joints: tuple[Missing, ...] = ()
        self.setAccessibleName("Missing joints")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_joints(self, joints: list[Missing]) -> None:
        """Show these, the worst first; nothing hides the list."""
        self.joints = tuple(joints)
        self.setVisible(bool(joints))
        told = "\n".join(f"{joint.name}: {words.percent(joint.share)} missing" for joint in joints)
        self.setToolTip(told)
        self.setAccessibleDescription(told.replace("\n", "; "))
        self.updateGeometry()
        self.update()

    @property
    def _rows(self) -> int:
        return min(len(self.joints), SHOWN) + (len(self.joints) > SHOWN)

    def sizeHint(self) -> QSize:
        """One line a joint."""
        return QSize(theme.width(200), self._rows * self._line())

    def minimumSizeHint(self) -> QSize:
        """Names give way."""
        return QSize(theme.width(120), self._rows * self._line())

    def _line(self) -> int:
        return theme.line_height("caption") + 3

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bar, share; below them how many more there are."""
        painter = drawing.painter_on(self)
        font, tall = theme.font("caption"), self._line()
        names, numbers = theme.width(84), drawing.advance(font, "< 0.1 %") + 4
        for index, joint in enumerate(self.joints[:SHOWN]):
            top = index * tall
            left, right = names + 8, self.width() - numbers
            drawing.text(painter, QRectF(0, top, names, tall), joint.name, font, "text2")
            bar = QRectF(left, top + tall / 2 - 2, max(right - left - 6, 8), 4)
            painter.fillRect(bar, theme.color("line"))
            bar.setWidth(max(bar.width() * joint.share, 1.0))
            painter.fillRect(bar, theme.color("warning"))
            place = QRectF(right, top, numbers, tall)
            share = words.percent(joint.share)
            drawing.text(painter, place, share, font, "text2", Qt.AlignmentFlag.AlignRight)
        if len(self.joints) > SHOWN:
            place = QRectF(0, SHOWN * tall, self.width(), tall)
            more = f"and {len(self.joints) - SHOWN} more joints are missing somewhere"
            drawing.text(painter, place, more, font, "text3")
