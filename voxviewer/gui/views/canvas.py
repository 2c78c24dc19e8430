"""An image in the middle of a dark canvas: zoom, pan, axis letters outside, marks over it.

A canvas shows one frozen `Picture` and reports where a person points, in voxels; what that means is
its owner's business. The only thing of its own is how far it is zoomed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakMethod

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import marks
from voxviewer.gui.views.picture import fitting_zoom, held_within, next_zoom
from voxviewer.gui.views.picture_paint import (
    center_in,
    is_larger,
    paint_picture,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent

    from voxviewer.gui.views.picture import Picture

_SLACK = 3  # pixels a press may move and still be a click


class Canvas(QWidget):
    """Shows one picture; Ctrl and wheel zoom, a drag pans what is larger than the canvas.

    Signals give places as (row, column), whole voxels inside the picture.
    """

    picked = Signal(int, int)
    hovered = Signal(object)
    nudged = Signal(int, int)
    stepped = Signal(int)
    zoomed = Signal()
    moved = Signal()
    """A person zoomed, panned or fitted the picture; linked canvases follow."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._later: WeakMethod[Callable[[], None]] | None = None
        self._painting = False
        self._empty = ""
        self._zoom: float | None = None  # None: as large as fits
        self._middle = (0.5, 0.5)
        self._buffer = marks.PixelBuffer()
        self._pressed: QPointF | None = None
        self._panned = False
        self._ring = False
        self._wheel = 0
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
        """Small enough for any window; the picture shrinks with it."""
        return QSize(96, 64)

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        self._make_now()
        return self._picture

    def show_later(self, make: Callable[[], None], *, whole: bool = False) -> None:
        """Have the method `make` call `show_picture` when the canvas is painted, or asked for it.

        Many steps of the clock in one turn so make one picture, the last, and one that nobody sees
        makes none. Only the image is painted anew, `whole` with all that stands round it.
        """
        # Weakly: a view that is held by its canvas alone would be deleted in the middle of a paint.
        self._later = WeakMethod(make)
        self.update(self.rect() if whole else self.image_box().toRect())

    def _make_now(self) -> None:
        later, self._later = self._later, None
        make = later() if later is not None else None
        if make is not None:
            make()

    def show_picture(self, picture: Picture | None, empty: str = "") -> None:
        """Show a picture, or where there is none the sentence that says what to do."""
        self._later = None
        before, self._picture, self._empty = self._picture, picture, empty
        if picture is None:
            self._buffer.clear()
        else:
            self._buffer.hold(picture.pixels)
            if before is None or before.size != picture.size:
                self._zoom, self._middle = None, (0.5, 0.5)
                self.zoomed.emit()
        if not self._painting or before is None or not before.lies_as(picture):
            self.update()

    # zoom

    @property
    def zoom(self) -> float:
        """Pixels on the screen for one voxel of the picture."""
        if self._zoom is not None:
            return self._zoom
        if self._picture is None:
            return 1.0
        return fitting_zoom(self._picture.size, self._room(), self._picture.smooth)

    @property
    def larger(self) -> bool:
        """True where the picture is larger than the canvas, so that a drag pans it."""
        return is_larger(self.image_box(), self.rect())

    def fit(self) -> None:
        """Show the whole picture as large as it fits."""
        self._set_zoom(None, None)

    @property
    def middle(self) -> tuple[float, float]:
        """The share (x, y) of the picture that lies in the canvas' middle."""
        return self._middle

    @property
    def fit_width(self) -> float:
        """How wide the whole picture is on the screen where it is as large as fits."""
        if self._picture is None:
            return 0.0
        size = self._picture.size
        return size[0] * fitting_zoom(size, self._room(), self._picture.smooth)

    def follow(self, width: float, middle: tuple[float, float]) -> None:
        """Show the picture so wide on the screen, as another canvas has it; tells nobody."""
        if self._picture is None:
            return
        wide, tall = self._picture.size
        self._zoom = width / wide
        self._middle = (
            held_within(middle[0], width, self.width()),
            held_within(middle[1], tall * self._zoom, self.height()),
        )
        self.update()

    def zoom_by(self, step: int, at: QPointF | None = None) -> None:
        """Zoom in (1) or out (-1) round a point of the canvas, its middle by default."""
        if self._picture is not None:
            self._set_zoom(next_zoom(self.zoom, step, self._picture.smooth), at)

    def _set_zoom(self, zoom: float | None, at: QPointF | None) -> None:
        if zoom is None:
            self._zoom, self._middle = None, (0.5, 0.5)
        else:
            point = at or QRectF(self.rect()).center()
            before = self.image_box()
            share = (point - before.topLeft()).toTuple()
            held = (share[0] / max(before.width(), 1e-9), share[1] / max(before.height(), 1e-9))
            self._zoom = zoom
            self._hold(held, point)
        self.update()
        self.moved.emit()
        self.zoomed.emit()

    def _hold(self, share: tuple[float, float], point: QPointF) -> None:
        """Move the picture so that this share of it lies under the point."""
        if self._picture is None:
            return
        width, height = (side * self.zoom for side in self._picture.size)
        middle = QRectF(self.rect()).center()
        self._middle = (
            held_within(share[0] - (point.x() - middle.x()) / width, width, self.width()),
            held_within(share[1] - (point.y() - middle.y()) / height, height, self.height()),
        )

    def _room(self) -> tuple[float, float]:
        """Width and height for the image, less the letters' room, the same on all sides."""
        letters = self._picture is not None and any(self._picture.letters)
        margin = theme.line_height("axis") + 8 if letters else 8
        return self.width() - 2 * margin, self.height() - 2 * margin

    # places

    def image_box(self) -> QRectF:
        """Where the image lies in the widget, edges on whole pixels."""
        if self._picture is None:
            return QRectF()
        width, height = (side * self.zoom for side in self._picture.size)
        left = self.width() / 2 - self._middle[0] * width
        top = self.height() / 2 - self._middle[1] * height
        return QRectF(round(left), round(top), max(round(width), 1), max(round(height), 1))

    def place_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return the (row, column) under a point of the widget, None outside the image."""
        box = self.image_box()
        if self._picture is None or not box.contains(point):
            return None
        H, W = self._picture.pixels.shape
        row = int((point.y() - box.top()) / box.height() * H)
        column = int((point.x() - box.left()) / box.width() * W)
        return min(row, H - 1), min(column, W - 1)

    def _nearest(self, point: QPointF) -> tuple[int, int] | None:
        """The same, with points outside drawn to the image's edge, for drags."""
        box = self.image_box()
        x = min(max(point.x(), box.left()), box.right() - 0.01)
        y = min(max(point.y(), box.top()), box.bottom() - 0.01)
        return self.place_at(QPointF(x, y))

    def point_of(self, row: float, column: float) -> QPointF:
        """Return the point of the widget at the center of a voxel."""
        size = self._picture.pixels.shape if self._picture is not None else (1, 1)
        return center_in(self.image_box(), size, row, column)

    # what a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a pick or a pan."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._pressed, self._panned = event.position(), False
        if event.button() == Qt.MouseButton.LeftButton and not self.larger:
            self._pick(self.place_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Report the voxel under the pointer; drag the crosshair, or a picture that is large."""
        self.hovered.emit(self.place_at(event.position()))
        if self._pressed is None:
            return
        if not self.larger and event.buttons() & Qt.MouseButton.LeftButton:
            self._pick(self._nearest(event.position()))
        elif self.larger:
            self._pan(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press that did not move picks a voxel of a picture that can be panned."""
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._pressed is not None and self.larger and not self._panned:
            self._pick(self.place_at(event.position()))
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole picture again."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self.hovered.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl and wheel zooms round the pointer; the wheel alone steps through the frames."""
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        steps = int(self._wheel / 120)
        self._wheel -= steps * 120
        if steps and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1 if steps > 0 else -1, event.position())
        elif steps:
            self.stepped.emit(-steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus, minus and 0 zoom; Ctrl and an arrow moves the crosshair by a voxel."""
        step = marks.key_step(event.key())
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.nudged.emit(*step)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(1)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_by(-1)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
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
        """What fits has changed, and with it the zoom that is said."""
        self.zoomed.emit()

    def _pick(self, place: tuple[int, int] | None) -> None:
        if place is not None:
            self.picked.emit(*place)

    def _pan(self, point: QPointF) -> None:
        moved = point - self._pressed if self._pressed is not None else QPointF()
        if not self._panned and moved.manhattanLength() < _SLACK:
            return
        before = self.image_box()
        self._panned, self._pressed = True, point
        start = point - moved
        share = start - before.topLeft()
        if self._zoom is None:
            self._zoom = self.zoom
        self._hold((share.x() / before.width(), share.y() / before.height()), point)
        self.update()
        self.moved.emit()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Canvas, image, letters outside it, marks over it."""
        self._painting = True
        try:
            self._make_now()
        finally:
            self._painting = False
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.color("canvas"))
        if self._picture is None:
            if self._empty:
                marks.paint_empty(painter, self.rect(), self._empty)
        else:
            box, image = self.image_box(), self._buffer.image
            around = not box.toRect().contains(event.rect())
            room = self.rect()
            paint_picture(painter, self._picture, image, box, room, self.zoom, around=around)
        if self._ring:
            marks.paint_focus(painter, self)
