"""What a canvas paints of a picture: the image in its box, marks over it, letters outside it.

Everything is told by the box the image lies in and the room there is; only `Canvas` knows how it
came there.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import marks
from voxviewer.gui.views.sticks import paint_sticks

if TYPE_CHECKING:
    from voxviewer.gui.views.picture import Picture


def point_in(box: QRectF, size: tuple[int, ...], row: float, column: float) -> QPointF:
    """Return the point of a box over a picture (H, W) where a row and a column begin."""
    H, W = size
    return QPointF(box.left() + column * box.width() / W, box.top() + row * box.height() / H)


def center_in(box: QRectF, size: tuple[int, ...], row: float, column: float) -> QPointF:
    """Return the point of a box over a picture (H, W) at the center of a voxel."""
    return point_in(box, size, row + 0.5, column + 0.5)


def paint_picture(
    painter: QPainter,
    picture: Picture,
    image: QImage,
    box: QRectF,
    room: QRect,
    zoom: float,
    *,
    around: bool = True,
) -> None:
    """Draw image, figure and marks in the box, and the note; `around` with letters outside it."""
    smooth = picture.smooth or zoom < 1
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    if picture.stale:
        painter.setOpacity(marks.STALE_OPACITY)
    painter.drawImage(box, image)
    if picture.sticks is not None:
        painter.setClipRect(room, Qt.ClipOperation.IntersectClip)
        paint_sticks(painter, picture.sticks, partial(center_in, box, picture.pixels.shape), zoom)
    _paint_marks(painter, picture, box)
    painter.setOpacity(1.0)
    if picture.stale:
        marks.paint_foot(painter, box.toRect().intersected(room), None)
    if around or is_larger(box, room):
        _paint_letters(painter, picture.letters, box, room)
    if picture.note:
        _paint_note(painter, picture.note, room)


def is_larger(box: QRectF, room: QRect) -> bool:
    """Return True where an image is larger than the room it is shown in."""
    return box.width() > room.width() + 0.5 or box.height() > room.height() + 0.5


def _paint_marks(painter: QPainter, picture: Picture, box: QRectF) -> None:
    """The crosshair, or one of its lines, and the microscope's window."""
    row, column = picture.row, picture.column
    hole, size = _window_box(picture, box), picture.pixels.shape
    if picture.cross is not None:
        row, column = picture.cross
    lines: list[QLineF] = []
    if row is not None:
        y = round(center_in(box, size, row, 0).y())
        lines += _parts(box.left(), box.right() - 1, y, hole, across=True)
    if column is not None:
        x = round(center_in(box, size, 0, column).x())
        lines += _parts(box.top(), box.bottom() - 1, x, hole, across=False)
    if lines:
        marks.paint_lines(painter, lines)
    if not hole.isEmpty():
        marks.paint_window(painter, hole)
    if picture.taps is not None:
        marks.paint_cells(painter, [_cell(box, size, *at) for at in product(*picture.taps)])


def _cell(box: QRectF, size: tuple[int, ...], row: int, column: int) -> QRectF:
    """A voxel on the screen, never so small that it cannot be seen."""
    found = QRectF(point_in(box, size, row, column), point_in(box, size, row + 1, column + 1))
    short = QPointF(max(3 - found.width(), 0) / 2, max(3 - found.height(), 0) / 2)
    return QRectF(found.topLeft() - short, found.bottomRight() + short).toRect().toRectF()


def _window_box(picture: Picture, box: QRectF) -> QRectF:
    """The microscope's window on the screen, never so small that it cannot be seen."""
    if picture.window is None:
        return QRectF()
    top, left, rows, columns = picture.window
    size = picture.pixels.shape
    found = QRectF(point_in(box, size, top, left), point_in(box, size, top + rows, left + columns))
    short = QPointF(max(8 - found.width(), 0) / 2, max(8 - found.height(), 0) / 2)
    return QRectF(found.topLeft() - short, found.bottomRight() + short).toRect().toRectF()


def _parts(start: float, end: float, at: float, hole: QRectF, *, across: bool) -> list[QLineF]:
    """A line, and where it would run through the window the two parts beside it."""
    first, last = (hole.left(), hole.right()) if across else (hole.top(), hole.bottom())
    low, high = (hole.top(), hole.bottom()) if across else (hole.left(), hole.right())
    pieces = [(start, end)]
    if not hole.isEmpty() and low <= at <= high:
        pieces = [(start, first - 2), (last + 2, end)]
    # A line of 1 px is centered on the pixel it fills.
    return [
        QLineF(a + 0.5, at + 0.5, b + 0.5, at + 0.5)
        if across
        else QLineF(at + 0.5, a + 0.5, at + 0.5, b + 0.5)
        for a, b in pieces
        if b >= a
    ]


def _paint_letters(
    painter: QPainter, letters: tuple[str, str, str, str], box: QRectF, room: QRect
) -> None:
    """The names of the axes: left of what is seen of the image, below, right and above it."""
    seen, larger = box.toRect().intersected(room), is_larger(box, room)
    painter.setFont(theme.font("axis"))
    painter.setPen(theme.color("text3"))
    side = theme.line_height("axis")
    x, y = seen.center().x() - side, seen.center().y() - side // 2
    places = (
        QRect(seen.left() - 2 * side - 5, y, 2 * side, side),
        QRect(x, min(seen.bottom() + 4, room.height() - side), 2 * side, side),
        QRect(seen.right() + 6, y, 2 * side, side),
        QRect(x, max(seen.top() - side - 3, 0), 2 * side, side),
    )
    right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
    sides = (right, Qt.AlignmentFlag.AlignHCenter, left, Qt.AlignmentFlag.AlignHCenter)
    for letter, place, flag in zip(letters, places, sides, strict=True):
        if letter and (not larger or room.contains(place)):
            painter.drawText(place, flag | Qt.AlignmentFlag.AlignVCenter, letter)
        elif letter:  # no room outside the picture: which way is left must be seen all the same
            _paint_letter_over(painter, letter, place, room)


def _paint_letter_over(painter: QPainter, letter: str, place: QRect, room: QRect) -> None:
    """A letter at the canvas' edge, on a dark ground so that it is read over any picture."""
    wide = drawing.advance(theme.font("axis"), letter) + 8
    box = QRect(0, 0, wide, theme.line_height("axis"))
    box.moveCenter(place.center())
    area = room.adjusted(2, 2, -2, -2)
    box.moveLeft(min(max(box.left(), area.left()), area.right() + 1 - wide))
    box.moveTop(min(max(box.top(), area.top()), area.bottom() + 1 - box.height()))
    painter.fillRect(box, marks.SHADE)
    painter.setPen(marks.ON_SHADE)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)
    painter.setPen(theme.color("text3"))


def _paint_note(painter: QPainter, note: str, room: QRect) -> None:
    """A violet, hatched label at the top of the canvas."""
    font = theme.font("caption")
    tall = theme.height("badge")
    wide = min(drawing.advance(font, note) + 44, room.width() - 8)
    box = QRectF((room.width() - wide) / 2, 4, wide, tall)
    marks.paint_pill(painter, box, "paddedfill", 4)
    marks.paint_hatch(painter, QRectF(box.left() + 5, box.top() + 5, 22, tall - 10))
    drawing.text(painter, box.adjusted(33, 0, -6, 0), note, font, "padded")
