"""A picture of a scene that the mouse turns: letters beside it, a name beside a joint.

It shows one `Shot` at a time, enlarged where it was drawn smaller, and reports moves of a
trackball in its own pixels; whoever owns it decides what is drawn next.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import marks
from voxviewer.space.looks import Colors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import (
        QFocusEvent,
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from voxviewer.space.boxes import Label

TURN = 12.0
"""Degrees that an arrow key turns."""


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture as it came: pixels (H, W, 3) uint8, the letters beside it, names at joints."""

    pixels: NDArray[np.uint8]
    letters: tuple[Label, ...] = ()
    names: tuple[Label, ...] = ()


class SpaceCanvas(QWidget):
    """Drag turns, Shift and drag pans, the wheel zooms, a double click goes home."""

    turned = Signal(float, float)  # pixels to the right, pixels down
    panned = Signal(float, float)
    zoomed = Signal(float, object)  # a factor, and where: a QPointF or None
    home = Signal()
    released = Signal()
    pointed = Signal(object)  # a QPointF or None
    resized = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._shot: Shot | None = None
        self._image = QImage()
        self._drawn_for = QSize()
        self._words = ""
        self._dim = False
        self._tag: tuple[str, QPointF] | None = None
        self._from: QPointF | None = None
        self._pans = False
        self._ring = False
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Room for a picture of usual size."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        """Small enough for any window."""
        return QSize(96, 64)

    @property
    def shot(self) -> Shot | None:
        """What is shown."""
        return self._shot

    @property
    def dragging(self) -> bool:
        """True while a button is held."""
        return self._from is not None

    @property
    def words(self) -> str:
        """What is said where there is no picture."""
        return self._words if self._shot is None else ""

    def show_shot(self, shot: Shot) -> None:
        """Show a picture."""
        self._shot, self._dim = shot, False
        self._drawn_for = self.size()
        height, width = shot.pixels.shape[:2]
        pixels = np.ascontiguousarray(shot.pixels)
        # The image is over the array's own memory, which the shot keeps alive.
        self._shot = Shot(pixels, shot.letters, shot.names)
        self._image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.update()

    def show_words(self, words: str) -> None:
        """Say in one sentence why there is no picture."""
        self._shot, self._image, self._words, self._dim = None, QImage(), words, False
        self.setAccessibleDescription(words)
        self.update()

    def set_dim(self, dim: bool) -> None:
        """Show the old picture at 40 %, because another one is being made."""
        if dim != self._dim:
            self._dim = dim
            self.update()

    @property
    def dim(self) -> bool:
        """True while the picture is an old one."""
        return self._dim

    def show_tag(self, text: str, at: QPointF | None) -> None:
        """Put a name beside a point, or none."""
        tag = (text, at) if at is not None and text else None
        if tag != self._tag:
            self._tag = tag
            self.update()

    # what a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to turn, or with Shift or another button to pan."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._pans = shift or event.button() != Qt.MouseButton.LeftButton
        self._from = event.position()
        cursor = Qt.CursorShape.SizeAllCursor if self._pans else Qt.CursorShape.ClosedHandCursor
        self.setCursor(cursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn or pan by as much as the pointer moved."""
        if self._from is None:
            self.pointed.emit(event.position())
            return
        moved = event.position() - self._from
        self._from = event.position()
        (self.panned if self._pans else self.turned).emit(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: now there is time for a better picture."""
        if self._from is not None:
            self._from = None
            self.unsetCursor()
            self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look from where one first looked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.home.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom round the pointer."""
        turn = event.angleDelta().y() or event.angleDelta().x()
        if turn:
            self.zoomed.emit(1.15 ** (turn / 120), event.position())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows turn, with Shift they pan; plus and minus zoom; R and 0 go home."""
        step = marks.key_step(event.key())
        side = min(self.width(), self.height())
        if step is not None and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            pixels = side * (0.05 if shift else TURN / 180)
            (self.panned if shift else self.turned).emit(step[1] * pixels, step[0] * pixels)
            self.released.emit()
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoomed.emit(1.2, None)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoomed.emit(1 / 1.2, None)
        elif event.key() in (Qt.Key.Key_R, Qt.Key.Key_0):
            self.home.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A ring where the keyboard led here; a click shows where it was by itself."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size needs another picture."""
        self.resized.emit()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Canvas, picture, letters, name, ring."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        if self._shot is None:
            if self._words:
                marks.paint_empty(painter, self.rect(), self._words)
        else:
            self._paint_shot(painter, self._shot)
        if self._ring:
            marks.paint_focus(painter, self)

    def _paint_shot(self, painter: QPainter, shot: Shot) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._dim:
            painter.setOpacity(marks.STALE_OPACITY)
        box = QRectF(self._box_of_shot())
        painter.save()
        painter.translate(box.topLeft())
        grown = box.width() / max(self._drawn_for.width(), 1)
        painter.scale(grown, grown)
        painter.drawImage(QRectF(QPointF(), QSizeF(self._drawn_for)), self._image)
        self._paint_letters(painter, shot)
        painter.restore()
        painter.setOpacity(1.0)
        if self._dim:
            marks.paint_foot(painter, self.rect(), None)
        elif self._tag is not None:
            self._paint_tag(painter, *self._tag)

    def _box_of_shot(self) -> QRect:
        """Where the picture lies: all over, or undistorted in the middle until one of this size."""
        size = self._drawn_for.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        box = QRect(QPoint(), size)
        box.moveCenter(self.rect().center())
        return box

    def _paint_letters(self, painter: QPainter, shot: Shot) -> None:
        side = theme.line_height("axis")
        center: Any = Qt.AlignmentFlag.AlignCenter
        painter.setFont(theme.font("axis"))
        painter.setPen(theme.color("text3"))
        for letter in shot.letters:
            wide = max(side, drawing.advance(theme.font("axis"), letter.text) + 2)
            box = QRectF(letter.x - wide / 2, letter.y - side / 2, wide, side)
            painter.drawText(box, center, letter.text)
        painter.setFont(theme.font("caption"))
        for name in shot.names:
            _paint_name(painter, QRectF(name.x, name.y - side / 2, 400, side), name.text)

    def _paint_tag(self, painter: QPainter, text: str, at: QPointF) -> None:
        """A joint's name beside it, and a ring round it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("mark"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, 8, 8)
        wide = drawing.advance(theme.font("caption"), text) + 14
        tall = theme.line_height("caption") + 6
        x = at.x() + 14 if at.x() + 14 + wide < self.width() else at.x() - 14 - wide
        box = QRectF(x, at.y() - tall / 2, wide, tall)
        marks.paint_pill(painter, box, "head")
        middle = Qt.AlignmentFlag.AlignHCenter
        drawing.text(painter, box, text, theme.font("caption"), "text", middle)


def _paint_name(painter: QPainter, box: QRectF, text: str) -> None:
    """A joint's name, kept apart from the bones that run behind it."""
    aside: Any = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(theme.color("canvas"))
    for right, down in product((-1, 0, 1), repeat=2):
        painter.drawText(box.translated(right, down), aside, text)
    painter.setPen(theme.color("text"))
    painter.drawText(box, aside, text)


def colors_now() -> Colors:
    """Return the theme's colors for what is not data."""
    bone, joint = ("text2", "text") if theme.is_dark() else ("text3", "text2")
    names = ("canvas", "edge", "accent", bone, joint, "text3")
    return Colors(*(marks.rgb(name) for name in names))
