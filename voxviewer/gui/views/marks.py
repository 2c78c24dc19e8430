"""What painted views share: pixel buffers, marks on images, hatching, the bar of work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath, QPen

from voxviewer.gui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

UInt32 = NDArray[np.uint32]

STALE_OPACITY = 0.4
SHADE = QColor(0, 0, 0, 153)
"""What lies under marks and letters on an image, so that they are seen on any picture."""
ON_SHADE = QColor(235, 235, 235)
FOOT = 3
"""Pixels of the bar at the foot of a picture that is being computed anew."""


def coat() -> str:
    """The coat of the signed color map that goes with the theme: "night" or "day"."""
    return "night" if theme.is_dark() else "day"


def rgb(token: str) -> int:
    """A token as 0xRRGGBB, the way `render` wants colors."""
    return int(theme.color(token).rgb()) & 0xFFFFFF


class PixelBuffer:
    """A kept buffer of pixels and the image that Qt draws of it, without a copy between them."""

    def __init__(self) -> None:
        self.pixels: UInt32 | None = None
        self._image = QImage()

    def hold(self, pixels: UInt32) -> QImage:
        """Return the image over these pixels (H, W) uint32; the same one for the same buffer."""
        if pixels is not self.pixels:
            self.pixels = np.ascontiguousarray(pixels)
            self._image = image_over(self.pixels)
        return self._image

    @property
    def image(self) -> QImage:
        """The image over the pixels held last."""
        return self._image

    def clear(self) -> None:
        """Hold nothing."""
        self.pixels, self._image = None, QImage()


def image_over(pixels: UInt32) -> QImage:
    """Return an image that shows the array's own memory; the caller keeps the array alive."""
    H, W = pixels.shape
    # Qt would copy a read-only buffer before drawing into it; we only ever draw from it.
    return QImage(pixels.data, W, H, W * 4, QImage.Format.Format_RGB32)


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Return the color `share` of the way from the first to the second."""
    a, b = first.toRgb(), second.toRgb()
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(low + (high - low) * share) for low, high in pairs))


def paint_hatch(painter: QPainter, area: QRectF) -> None:
    """Fill an area the way padded time looks: violet lines at 45 degrees."""
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.fillRect(area, mixed(theme.color("paddedfill"), theme.color("panel"), 0.5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    line = mixed(theme.color("paddedfill"), theme.color("padded"), 0.45)
    painter.setPen(QPen(line, 1.6))
    reach = int(area.height()) + 9
    left = int(area.left()) // 9 * 9 - reach
    starts = range(left, int(area.right()) + 9, 9)
    painter.drawLines([QLineF(x, area.bottom(), x + reach, area.bottom() - reach) for x in starts])
    painter.restore()


def paint_window(painter: QPainter, box: QRectF) -> None:
    """Draw a rectangle on an image: accent over a black line at 60 %, seen on any picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((SHADE, 4.0), (theme.color("mark"), 2.0)):
        pen = QPen(color, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(box)


def paint_cells(painter: QPainter, cells: list[QRectF]) -> None:
    """Draw thin frames round single voxels, between which there are others that do not count."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, out in ((SHADE, 0.5), (theme.color("mark"), -0.5)):
        painter.setPen(QPen(color, 1))
        painter.drawRects([cell.adjusted(-out, -out, out, out) for cell in cells])


def paint_lines(painter: QPainter, lines: list[QLineF]) -> None:
    """Draw the crosshair's lines: thin, so that they hide no voxel."""
    mark = theme.color("mark")
    mark.setAlphaF(0.8)
    painter.setPen(QPen(mark, 1))
    painter.drawLines(lines)


def paint_ring(painter: QPainter, box: QRectF, radius: float = 3.0) -> None:
    """Draw the 2 px accent ring whose outer edge is the box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("accent"), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), radius, radius)
    painter.restore()


def paint_focus(painter: QPainter, widget: QWidget) -> None:
    """Draw the focus ring inside a widget that was reached by the keyboard."""
    if widget.hasFocus():
        paint_ring(painter, QRectF(widget.rect()), 2.0)


def paint_pill(painter: QPainter, box: QRectF, fill: str, radius: float = 3.0) -> None:
    """Fill a rounded box with a token."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(box, radius, radius)
    painter.fillPath(path, theme.color(fill))
    painter.restore()


def paint_foot(painter: QPainter, area: QRect, fraction: float | None) -> None:
    """Draw the bar at the foot of a picture that is being made anew; None: how far is not known."""
    foot = QRect(area.left(), area.bottom() + 1 - FOOT, area.width(), FOOT)
    painter.fillRect(foot, theme.color("line"))
    if fraction is not None:
        done = QRect(foot)
        done.setWidth(round(foot.width() * min(max(fraction, 0.0), 1.0)))
        painter.fillRect(done, theme.color("accent"))


def paint_empty(painter: QPainter, area: QRect, text: str) -> None:
    """Say in one sentence, inside a dashed edge, what is missing and what to do."""
    font = theme.font("body")
    painter.setFont(font)
    width = min(max(area.width() - 24, 40), theme.width(240))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    words = QFontMetrics(font).boundingRect(QRect(0, 0, width - 24, 10_000), flags, text)
    box = QRect(0, 0, width, words.height() + 32)
    box.moveCenter(area.center())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("edge"), 1, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    painter.restore()
    painter.setPen(theme.color("text2"))
    painter.drawText(box.adjusted(12, 8, -12, -8), flags, text)


def key_step(key: int) -> tuple[int, int] | None:
    """Return (rows, columns) of an arrow key, None for any other."""
    steps: dict[Any, tuple[int, int]] = {
        Qt.Key.Key_Left: (0, -1),
        Qt.Key.Key_Right: (0, 1),
        Qt.Key.Key_Up: (-1, 0),
        Qt.Key.Key_Down: (1, 0),
    }
    return steps.get(key)
