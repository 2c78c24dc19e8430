"""The numbers beside the sigma slider, live while it is dragged, and one joint's value over time.

They are measured of every new clip of joints in the lane "measure", off the GUI thread, the newest
wins; the old ones stay until then. Painted, not laid out: a drag brings sixty of them a second.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from voxviewer.data import Skeleton
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.curve import draw_curve
from voxviewer.gui.panels.joint_figures import LABELS, TIPS, JointFigures, measure_joints
from voxviewer.gui.parts import Choice, FormRow, drawing
from voxviewer.gui.parts.rows import LABEL_COLUMN
from voxviewer.jobs import Job
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from PySide6.QtGui import QHelpEvent, QMouseEvent, QPaintEvent, QShowEvent

    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

_CURVE = 44  # height of the curve for the pictures' font
_NAN = "not seen"


class SigmaNumbers(QWidget):
    """Four lines of numbers, a joint to choose, its value in the clip over time."""

    def __init__(self, session: Session, jobs: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._asked: Any = None
        self.made: JointFigures | None = None
        self.setAccessibleName("What sigma does")
        self.lines = _Lines()
        self.joint = _Joints(self)
        self.row = FormRow("Joint", self.joint)
        self.row.setToolTip("Whose value is drawn over time")
        self.curve = _Curve(session)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 2)
        column.setSpacing(5)
        for widget in (self.lines, self.row, self.curve):
            column.addWidget(widget)
        self.joint.changed.connect(self._on_joint)
        self._wires = Wires(self)
        for name in ("clip", "current"):
            self._wires.soon(getattr(session.events, name), self._ask)
        self._wires.connect(session.events.joint, self._show_joint)
        self._wires.connect(session.events.frame, self.curve.show_frame)

    def showEvent(self, event: QShowEvent) -> None:
        """Nothing was measured while nobody looked."""
        super().showEvent(event)
        self._ask()

    def _ask(self, *_: Any) -> None:
        """Measure the clip, where it is of the current recording and not measured yet."""
        source, clip = self._session.current, self._session.clip
        if not isinstance(source, Skeleton) or clip is None or clip.name != source.name:
            return
        if clip is self._asked or not self.isVisible():
            return
        self._asked = clip
        self._jobs.submit(
            Job(
                "measure",
                "Measuring heatmaps",
                lambda _: measure_joints(source, clip),
                partial(self._take, source),
                self._on_failed,
                self._on_stopped,
            )
        )

    def _take(self, source: Skeleton, made: JointFigures) -> None:
        if source is not self._session.current:
            return
        fresh = self.made is None or self.made.source is not source
        self.made = made
        self.lines.show_lines(made.lines)
        if fresh:
            self.joint.fill()
        self._show_joint()

    def _on_failed(self, error: BaseException) -> None:
        self.lines.show_lines((str(error), "", "", ""))

    def _on_stopped(self) -> None:
        self._asked = None

    def _on_joint(self, joint: Any) -> None:
        self._session.joint = joint

    def _show_joint(self, *_: Any) -> None:
        if self.made is not None:
            joint = self.made.held(self._session.joint)
            if self.joint.value != joint:
                self.joint.value = joint
            self.curve.show_values(self.made, joint)


class _Joints(Choice):
    """All joints; the open list says how well each can be read off the clip."""

    def __init__(self, owner: SigmaNumbers) -> None:
        super().__init__((), name="Joint")
        self._owner = owner

    def fill(self, errors: bool = False) -> None:
        """Offer the recording's joints, with their decode errors or without."""
        made = self._owner.made
        if made is None:
            return
        options = []
        for joint in made.joints:
            error = made.error(joint) if errors else float("nan")
            words = "" if error != error else f"   {number(round(error, 3))} px"
            options.append((joint, made.name(joint) + words))
        self.set_options(options, made.held(self._owner._session.joint))

    def showPopup(self) -> None:
        """Only an open list is worth the words: sigma may be dragged below it."""
        self.fill(errors=True)
        super().showPopup()

    def hidePopup(self) -> None:
        """The closed box names the joint alone."""
        super().hidePopup()
        self.fill()


class _Lines(QWidget):
    """Labels and figures, painted on the grid of the rows."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[str, ...] = ("", "", "", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is shown, one text for each of `LABELS`."""
        return self._lines

    def show_lines(self, lines: tuple[str, ...]) -> None:
        """Show other figures."""
        if lines != self._lines:
            self._lines = lines
            pairs = zip(LABELS, lines, strict=True)
            self.setAccessibleDescription("; ".join(f"{label}: {line}" for label, line in pairs))
            self.update()

    def sizeHint(self) -> QSize:
        """As high as a list of facts."""
        return QSize(theme.width(120), len(LABELS) * theme.height("fact"))

    def minimumSizeHint(self) -> QSize:
        """Lines may be cut off at their end only."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines."""
        painter = drawing.painter_on(self)
        tall, left = theme.height("fact"), theme.width(LABEL_COLUMN) + 8
        font = theme.font()
        for index, (label, line) in enumerate(zip(LABELS, self._lines, strict=True)):
            box = QRect(0, index * tall, self.width(), tall)
            drawing.text(painter, box, label, font, "text3")
            drawing.text(painter, box.adjusted(left, 0, 0, 0), line, font, "text")

    def event(self, event: QEvent) -> bool:
        """Say under the pointer what a line means, and all of it."""
        if event.type() == QEvent.Type.ToolTip:
            self._explain(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def _explain(self, event: QHelpEvent) -> None:
        index = min(max(event.pos().y() // theme.height("fact"), 0), len(LABELS) - 1)
        QToolTip.showText(event.globalPos(), f"{self._lines[index]}\n{TIPS[index]}", self)


class _Curve(QWidget):
    """A joint's value in every frame; a press goes to the frame."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._values: Any = None
        self._frame = session.frame
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("The clip's value at the joint, frame by frame; press to go there")

    def show_values(self, made: JointFigures, joint: tuple[int, int]) -> None:
        """Show another joint, or the same in another clip."""
        self._values = made.values[:, joint[0], joint[1]]
        self.setAccessibleName(f"{made.name(joint)} over time")
        self.show_frame()
        self.update()

    def show_frame(self, *_: Any) -> None:
        """Mark the clip's frame."""
        self._frame = self._session.frame
        if self._values is not None:
            self.setAccessibleDescription(self.words)
            self.update()

    @property
    def words(self) -> str:
        """The value where the clock stands."""
        if self._values is None or not 0 <= self._frame < len(self._values):
            return ""
        value = float(self._values[self._frame])
        return f"{_NAN if value != value else number(value)} at frame {self._frame}"

    def sizeHint(self) -> QSize:
        """A line of words over a low curve."""
        return QSize(theme.width(120), theme.line_height("caption") + theme.width(_CURVE))

    def minimumSizeHint(self) -> QSize:
        """Never lower."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what it is, its value now, and the curve."""
        painter = drawing.painter_on(self)
        line = QRect(0, 0, self.width(), theme.line_height("caption"))
        font, right = theme.font("caption"), Qt.AlignmentFlag.AlignRight
        drawing.text(painter, line, "value over time", font, "text3")
        drawing.text(painter, line, self.words, font, "text3", right)
        if self._values is not None:
            box = self.rect().adjusted(0, line.height() + 2, 0, 0)
            draw_curve(painter, box.toRectF(), self._values, self._frame)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the pointer."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        if self._values is None:
            return
        last = len(self._values) - 1
        share = (event.position().x() - 1) / max(self.width() - 2, 1)
        self._session.playing = False
        self._session.frame = min(max(round(share * last), 0), last)
