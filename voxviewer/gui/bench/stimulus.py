"""What is shown to a filter and what it answers, playing side by side on a clock of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bench.curves import BARS, GRATINGS
from voxviewer.gui.parts import Choice, FormRow, IconButton, Label, drawing
from voxviewer.render.limits import Scale, signed_scale
from voxviewer.render.pixels import paint

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QHideEvent, QPaintEvent, QShowEvent

    from voxviewer.convolution.bench import BenchSettings
    from voxviewer.data import Clip, FilterBank

    Movie = NDArray[np.float32]

KINDS = (
    ("bar", "Moving bar"),
    ("grating", "Drifting grating"),
    ("flicker", "Flicker"),
    ("impulse", "Impulse"),
)
SIDE = 33
"""Rows and columns of a stimulus."""
RATE = 10
"""Frames per second."""


@dataclass(frozen=True)
class Question:
    """Which stimulus is shown to which filter: kind, index of direction, of speed or rate."""

    kind: str = "bar"
    direction: int = 0
    step: int = 2
    filter: int = 0


@dataclass(frozen=True, eq=False)
class Scene:
    """A stimulus and a filter's answer to it, (T, H, W) float32 each, and the filter's name."""

    shown: Movie
    answer: Movie
    name: str


def make_scene(bank: FilterBank, question: Question, settings: BenchSettings) -> Scene:
    """Make the stimulus and convolve it with the filter, as the bench does: gray, no bias.

    Padded "same", so that both pictures have one size and the answer stands where its cause is.
    """
    from voxviewer.convolution import conv3d

    clip = make_stimulus(question, settings)
    index = min(question.filter, bank.count - 1)
    kernel = bank.kernels[..., index : index + 1].sum(axis=3, keepdims=True)
    answer = conv3d(clip.data, np.ascontiguousarray(kernel, np.float32), padding="same")
    name = bank.names[index] if index < len(bank.names) else f"filter {index}"
    return Scene(clip.data[..., 0], answer[..., 0], name)


def make_stimulus(question: Question, settings: BenchSettings) -> Clip:
    """Make what is shown; fast bars for a shorter time, so that they are seen for most of it."""
    from voxviewer.convolution import stimuli
    from voxviewer.convolution.motion import DIRECTIONS

    way = DIRECTIONS[question.direction]
    if question.kind == "bar":
        speed = settings.speeds[min(question.step, len(settings.speeds) - 1)]
        frames = int(min(max(1.2 * SIDE / speed, 12), 32))
        return stimuli.bar_clip(way, speed, (frames, SIDE, SIDE), settings.width)
    rate = settings.rates[min(question.step, len(settings.rates) - 1)]
    if question.kind == "grating":
        return stimuli.grating_clip(way, rate, (16, SIDE, SIDE), settings.wavelength)
    if question.kind == "flicker":
        return stimuli.flicker_clip(rate, (16, SIDE, SIDE))
    return stimuli.impulse_clip((9, SIDE, SIDE))


def step_words(value: float, bars: bool) -> str:
    """Return "1 voxel/frame", "0.25 cycles/frame"."""
    unit = "voxel" if bars else "cycle"
    return f"{value:g} {unit}{'s' * (value != 1)}/frame"


class StimulusView(QWidget):
    """Which stimulus, and both pictures. `asked` gives the question whenever it changes."""

    asked = Signal(object)

    def __init__(self, settings: BenchSettings) -> None:
        super().__init__()
        from voxviewer.convolution.motion import DIRECTIONS

        self._settings = settings
        self._scene: Scene | None = None
        self._frame = 0
        self._filter = 0
        self.setAccessibleName("Stimulus")
        self.kind = Choice(KINDS, "bar", "Stimulus")
        ways = [(index, way.name) for index, way in enumerate(DIRECTIONS)]
        self.direction = Choice(ways, 0, "Direction")
        self.step = Choice((), name="Speed")
        self.shown, self.answer = Screen("shown"), Screen("answer")
        self.play = IconButton("pause", "Pause")
        self.place = Label("", "caption", "text3")
        self._timer = QTimer(self)
        self._timer.setInterval(1000 // RATE)
        self._timer.timeout.connect(self.tick)
        self._running = not theme.reduced_motion()
        self._build()
        self._show_kind()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(5)
        self.direction_row = FormRow("Direction", self.direction)
        self.step_row = FormRow("Speed", self.step)
        for row in (FormRow("Show", self.kind), self.direction_row, self.step_row):
            column.addWidget(row)
        line = QHBoxLayout()
        line.setContentsMargins(0, 4, 0, 0)
        line.addWidget(self.play)
        line.addWidget(self.place)
        line.addStretch(1)
        column.addLayout(line)
        for screen in (self.shown, self.answer):
            column.addWidget(screen)
        column.addStretch(1)
        self.kind.chosen.connect(self._on_kind)
        for choice in (self.direction, self.step):
            choice.chosen.connect(self._ask)
        self.play.clicked.connect(self.toggle)

    # what is asked

    @property
    def question(self) -> Question:
        """What is shown to whom."""
        return Question(
            self.kind.value, self.direction.value or 0, self.step.value or 0, self._filter
        )

    @property
    def mark(self) -> tuple[int | None, int | None]:
        """Direction and speed that are playing; None for those that the stimulus has not."""
        moves = self.kind.value in ("bar", "grating")
        steps = self.kind.value != "impulse"
        return (
            self.direction.value if moves else None,
            self.step.value if steps else None,
        )

    def show_filter(self, index: int) -> None:
        """Ask another filter."""
        if index != self._filter:
            self._filter = index
            self._ask()

    def show_kind(self, sheet: str) -> None:
        """Show what a sheet of curves is about: bars or gratings."""
        self.kind.value = "bar" if sheet == BARS else "grating"
        self._show_kind()
        self._ask()

    def point(self, direction: int | None, step: int | None) -> None:
        """Show the direction or the speed that was pointed at; what stands still begins to move."""
        if direction is not None:
            if self.kind.value not in ("bar", "grating"):
                self.kind.value = "grating"
                self._show_kind()
            self.direction.value = direction
        if step is not None:
            if self.kind.value == "impulse":
                self.kind.value = "bar"
                self._show_kind()
            self.step.value = step
        self._ask()

    @property
    def sheet(self) -> str:
        """The sheet of curves that the stimulus belongs to."""
        return BARS if self.kind.value in ("bar", "impulse") else GRATINGS

    def _on_kind(self, _: Any = None) -> None:
        self._show_kind()
        self._ask()

    def _show_kind(self) -> None:
        """The fields that this stimulus has."""
        kind = self.kind.value
        bars = kind == "bar"
        values = self._settings.speeds if bars else self._settings.rates
        before = self.step.value
        self.step.set_options(
            [(index, step_words(value, bars)) for index, value in enumerate(values)]
        )
        self.step.value = min(before if before is not None else 2, len(values) - 1)
        self.step_row.label.setText("Speed" if bars else "Rate")
        self.direction_row.setVisible(kind in ("bar", "grating"))
        self.step_row.setVisible(kind != "impulse")

    def _ask(self, _: Any = None) -> None:
        self.asked.emit(self.question)

    # what is seen

    def show_scene(self, scene: Scene | None) -> None:
        """Play another stimulus and answer, from the frame that is shown."""
        self._scene = scene
        if scene is not None:
            self._frame %= len(scene.shown)
            self.answer.name = f"answer of {scene.name}"
        self._show_frame()

    def toggle(self) -> None:
        """Play or pause."""
        self._running = not self._running
        self._turn()

    def _turn(self) -> None:
        """The clock runs only while someone can see it."""
        if self._running and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()
        self.play.set_icon("pause" if self._running else "play")
        self.play.setToolTip("Pause" if self._running else "Play")
        self.play.setAccessibleName(self.play.toolTip())

    def tick(self) -> None:
        """Show the next frame; the first follows the last."""
        if self._scene is not None:
            self._frame = (self._frame + 1) % len(self._scene.shown)
            self._show_frame()

    def _show_frame(self) -> None:
        scene = self._scene
        if scene is None:
            self.place.setText("")
            self.shown.show_plane(None, Scale(0, 1))
            self.answer.show_plane(None, Scale(0, 1))
            return
        self.place.setText(f"frame {self._frame} of {len(scene.shown)}")
        limit = float(np.abs(scene.answer).max(initial=0.0))
        coat = "night" if theme.is_dark() else "day"
        self.shown.show_plane(scene.shown[self._frame], Scale(0.0, 1.0, "gray"))
        self.answer.show_plane(scene.answer[self._frame], signed_scale(limit, coat))

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to play."""
        super().showEvent(event)
        self._turn()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: stand still."""
        super().hideEvent(event)
        self._timer.stop()


class Screen(QWidget):
    """One plane, every voxel a square of whole pixels, under its name and limits."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._plane: NDArray[np.float32] | None = None
        self._scale = Scale(0, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def show_plane(self, plane: NDArray[np.float32] | None, scale: Scale) -> None:
        """Show another plane (H, W), or none."""
        self._plane, self._scale = plane, scale
        self.setAccessibleDescription(scale.text)
        self.update()

    def sizeHint(self) -> QSize:
        """A square of whole voxels, and a line of words."""
        return QSize(theme.width(200), self._zoom() * SIDE + theme.line_height("caption") + 10)

    def minimumSizeHint(self) -> QSize:
        """Never less."""
        return QSize(SIDE * 3 + 4, self.sizeHint().height())

    def _zoom(self) -> int:
        return max(3, theme.width(200) // SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name and limits, then the picture in a line of 1 px."""
        painter = drawing.painter_on(self)
        side = self._zoom() * SIDE
        left = max((self.width() - side) // 2, 1)
        tall = theme.line_height("caption")
        line = QRect(left, 0, side, tall + 2)
        font = theme.font("caption")
        limits = self._scale.text if self._plane is not None else ""
        drawing.text(painter, line, limits, font, "text3", Qt.AlignmentFlag.AlignRight)
        line.setWidth(side - drawing.advance(font, limits) - 8)
        drawing.text(painter, line, self.name, font, "text2")
        box = QRect(left, tall + 5, side, side)
        painter.fillRect(box, theme.color("field"))
        if self._plane is not None:
            pixels = np.ascontiguousarray(paint(self._plane, self._scale))
            H, W = pixels.shape
            painter.drawImage(box, QImage(pixels.data, W, H, 4 * W, QImage.Format.Format_RGB32))
        painter.setPen(theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(-1, -1, 0, 0))
