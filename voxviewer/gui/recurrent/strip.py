"""The state of a recurrent network over time as a heat strip, and what it would say there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import marks
from voxviewer.render.limits import Scale, clip_scale, number, signed_scale
from voxviewer.render.pixels import clip_picture, paint
from voxviewer.render.thumbnails import thumbnail
from voxviewer.settings import RenderSettings

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent

    from voxviewer.networks.recurrent_nouns import HiddenStates

LABELS = 84
"""Pixels left of the strip, for names."""
ANSWERS = 56
"""Pixels right of it, for the last values."""
MOST_ROWS = 8
"""Classes or numbers that are shown; the others are left out."""


class StateStrip(QWidget):
    """Columns are frames: the frame, the state (a row for each unit), what the head would say.

    A press chooses a frame; padded ones, which leave the state as it is, are hatched.
    """

    chosen = Signal(int)
    hovered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.hidden: HiddenStates | None = None
        self.frame = 0
        self._pictures: dict[str, Any] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("State over time")
        theme.changed.connect(self._forget)

    def show_states(self, hidden: HiddenStates | None) -> None:
        """Show other states; None shows nothing."""
        if hidden is not self.hidden:
            self.hidden = hidden
            self._forget()
            words = f"{hidden.clip.name}: {hidden.answer}" if hidden is not None else ""
            self.setAccessibleDescription(words)

    def show_frame(self, frame: int) -> None:
        """Mark another frame."""
        if frame != self.frame:
            self.frame = frame
            self.update()

    def _forget(self) -> None:
        self._pictures.clear()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for a few dozen frames and units."""
        return QSize(theme.width(560), theme.width(260))

    def minimumSizeHint(self) -> QSize:
        """Room to tell units apart."""
        return QSize(theme.width(320), theme.width(170))

    # where things are

    @property
    def steps(self) -> int:
        """T, how many columns there are."""
        return len(self.hidden.states) if self.hidden is not None else 0

    @property
    def rows(self) -> int:
        """How many classes or numbers are shown."""
        return min(self.hidden.said.shape[1], MOST_ROWS) if self.hidden is not None else 0

    def columns(self) -> QRectF:
        """The box of all columns, from the thumbnails to the last row."""
        left = theme.width(LABELS)
        return QRectF(left, 0, self.width() - left - theme.width(ANSWERS), self.height())

    def boxes(self) -> tuple[QRectF, QRectF, QRectF]:
        """Thumbnails, state, and what the head would say."""
        whole = self.columns()
        cell = whole.width() / max(self.steps, 1)
        high = min(max(cell, 16.0), theme.width(48))
        line = theme.height("fact")
        said = self.rows * line
        thumbs = QRectF(whole.left(), 0, whole.width(), high)
        bottom = self.height() - said - line
        state = QRectF(whole.left(), high + 4, whole.width(), max(bottom - high - 8, 8))
        return thumbs, state, QRectF(whole.left(), bottom, whole.width(), said)

    def step_at(self, x: float) -> int | None:
        """The frame whose column a place lies in."""
        box = self.columns()
        if not self.steps or not box.left() <= x < box.right():
            return None
        return int((x - box.left()) / box.width() * self.steps)

    # drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frames, state, answers, and the line of the clock."""
        painter = drawing.painter_on(self)
        if self.hidden is None:
            words = "No state yet. Fit a network."
            marks.paint_empty(painter, self.rect(), words)
            return
        thumbs, state, said = self.boxes()
        self._draw_thumbs(painter, thumbs)
        painter.drawImage(state, self._image("state"))
        painter.drawImage(said, self._image("said"))
        self._draw_padding(painter, thumbs, said)
        self._draw_names(painter, thumbs, state, said)
        self._draw_clock(painter, thumbs, said)
        marks.paint_focus(painter, self)

    def _draw_thumbs(self, painter: QPainter, box: QRectF) -> None:
        """Every k-th frame where columns are narrow."""
        cell = box.width() / self.steps
        every = max(1, int(np.ceil(box.height() / cell)))
        side = int(max(min(cell * every - 2, box.height()), 4))
        for step in range(0, self.steps, every):
            picture = self._thumb(step, side, int(box.height()))
            painter.drawImage(QRectF(box.left() + step * cell, 0, side, box.height()), picture)

    def _thumb(self, step: int, width: int, height: int) -> QImage:
        key = f"frame {step} {width} {height}"
        if key not in self._pictures:
            assert self.hidden is not None
            clip = self.hidden.clip
            scale = clip_scale(clip, RenderSettings(), marks.coat())
            pixels = np.ascontiguousarray(thumbnail(clip_picture(clip, step, scale), width, height))
            self._pictures[key] = (marks.image_over(pixels), pixels)
        image: QImage = self._pictures[key][0]
        return image

    def _image(self, name: str) -> QImage:
        """The picture of the state or the answers, one pixel a value."""
        if name not in self._pictures:
            assert self.hidden is not None
            values = self.hidden.strip if name == "state" else self.hidden.said[:, : self.rows]
            pixels = np.ascontiguousarray(paint(values.T, self.scale(name)))
            self._pictures[name] = (marks.image_over(pixels), pixels)
        image: QImage = self._pictures[name][0]
        return image

    def scale(self, name: str) -> Scale:
        """State: signed, from the strongest. Classes: 0 to 1. Numbers: signed too."""
        assert self.hidden is not None
        if name == "said" and self.hidden.fit.classes:
            return Scale(0.0, 1.0, "viridis")
        values = self.hidden.strip if name == "state" else self.hidden.said
        return signed_scale(float(np.abs(values).max(initial=1e-9)), marks.coat())

    def _draw_padding(self, painter: QPainter, thumbs: QRectF, said: QRectF) -> None:
        assert self.hidden is not None
        cell = thumbs.width() / self.steps
        for step in np.flatnonzero(~self.hidden.clip.real).tolist():
            area = QRectF(thumbs.left() + step * cell, thumbs.bottom() - 6, cell, 6)
            marks.paint_hatch(painter, area)

    def _draw_names(self, painter: QPainter, thumbs: QRectF, state: QRectF, said: QRectF) -> None:
        """What rows are, and at the right the limits and the last values."""
        assert self.hidden is not None
        caption, right = theme.font("caption"), Qt.AlignmentFlag.AlignRight
        wide, line = state.left() - 8, theme.height("fact")
        units = self.hidden.strip.shape[1]
        kind = "maps" if self.hidden.states.ndim == 4 else "units"
        drawing.text(painter, QRectF(0, thumbs.top(), wide, line), "frame", caption, "text3", right)
        top = QRectF(0, state.top(), wide, line)
        drawing.text(painter, top, f"{units} {kind}", caption, "text2", right)
        limit = self.scale("state").text
        beside = QRectF(state.right() + 6, state.top(), theme.width(ANSWERS) - 6, line)
        drawing.text(painter, beside, limit, caption, "text3")
        for row, name in enumerate(self._names()):
            y = said.top() + row * line
            drawing.text(painter, QRectF(0, y, wide, line), name, caption, "text2", right)
            last = self._value(float(self.hidden.said[-1, row]))
            box = QRectF(said.right() + 6, y, theme.width(ANSWERS) - 6, line)
            best = row == int(np.argmax(self.hidden.said[-1])) and self.hidden.fit.classes
            font = theme.font("strong") if best else caption
            drawing.text(painter, box, last, font, "text" if best else "text3")
        self._draw_ruler(painter, QRectF(state.left(), said.bottom(), state.width(), line))

    def _draw_ruler(self, painter: QPainter, box: QRectF) -> None:
        cell = box.width() / self.steps
        every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 500, 10_000) if n * cell >= 24)
        center = Qt.AlignmentFlag.AlignHCenter
        for step in range(0, self.steps, every):
            place = QRectF(box.left() + (step + 0.5) * cell - 20, box.top(), 40, box.height())
            role = "accent" if step == self.frame else "text3"
            drawing.text(painter, place, str(step), theme.font("axis"), role, center)

    def _draw_clock(self, painter: QPainter, thumbs: QRectF, said: QRectF) -> None:
        cell = thumbs.width() / self.steps
        left = thumbs.left() + min(self.frame, self.steps - 1) * cell
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(left, 1, cell, said.bottom() - 2), 2, 2)

    def _names(self) -> list[str]:
        assert self.hidden is not None
        classes = self.hidden.fit.classes
        return [classes[row] if classes else f"number {row}" for row in range(self.rows)]

    def _value(self, value: float) -> str:
        assert self.hidden is not None
        return f"{100 * value:.0f} %" if self.hidden.fit.classes else number(value)

    # what a person does

    def words_at(self, x: float, y: float) -> str:
        """What lies under the pointer: "h[5, 12] = 0.32", "after frame 5: left 81 %"."""
        step, (_, state, said) = self.step_at(x), self.boxes()
        if step is None or self.hidden is None:
            return ""
        if state.top() <= y < state.bottom():
            units = self.hidden.strip.shape[1]
            unit = min(int((y - state.top()) / state.height() * units), units - 1)
            return f"h[{step}, {unit}] = {number(float(self.hidden.strip[step, unit]))}"
        if said.top() <= y < said.bottom():
            row = min(int((y - said.top()) / said.height() * self.rows), self.rows - 1)
            value = self._value(float(self.hidden.said[step, row]))
            return f"after frame {step}: {self._names()[row]} {value}"
        return f"frame {step}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what lies under the pointer; pressed, the frame follows it."""
        self.hovered.emit(self.words_at(event.position().x(), event.position().y()))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the frame under the pointer."""
        step = self.step_at(event.position().x())
        if step is not None:
            self.chosen.emit(step)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing lies under the pointer any more."""
        self.hovered.emit("")
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the frame before or after."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.steps:
            super().keyPressEvent(event)
            return
        self.chosen.emit(min(max(self.frame + step, 0), self.steps - 1))
