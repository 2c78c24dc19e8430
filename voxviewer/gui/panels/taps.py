"""The taps of one filter as numbers on signed colors, frame by frame, and where each of them lies.

Frames stand side by side as long as numbers have room, then in further rows. Where numbers have no
room at all the cells are colors, and the number is said under the pointer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from voxviewer.gui import theme
from voxviewer.gui.panels import cells, words
from voxviewer.gui.panels.grids import dark_text
from voxviewer.render.limits import signed_scale
from voxviewer.render.pixels import indices, paint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Tap = tuple[int, int, int]
"""Frame, row and column of a kernel."""

_WIDEST = "−.04"
_BETWEEN, _APART = 6.0, 4.0
_LARGE = 44
_TALLEST = 400
"""Pixels that numbers may take; a kernel that needs more is drawn in colors."""
_LEAST, _USUAL = 6.0, 15.0


@dataclass(frozen=True)
class TapLayout:
    """Where the cells lie: `across` frames in a row, each cell `cell` wide and high in pixels."""

    size: tuple[int, int, int]
    across: int
    cell: tuple[float, float]
    header: float
    numbers: bool

    @property
    def group(self) -> tuple[float, float]:
        """Width and height of one frame's cells."""
        _, kH, kW = self.size
        return self.cell[0] * kW, self.cell[1] * kH

    @property
    def height(self) -> float:
        """From the first header to the last cell."""
        rows = -(-self.size[0] // self.across)
        return rows * (self.header + self.group[1]) + (rows - 1) * _APART + 1

    def corner(self, t: int) -> QPointF:
        """Upper left of a frame's cells."""
        row, column = divmod(t, self.across)
        width, height = self.group
        top = self.header + row * (self.header + height + _APART)
        return QPointF(1 + column * (width + _BETWEEN), top)

    def box(self, tap: Tap) -> QRectF:
        """One cell on whole pixels, so that the lines between cells are equally thin."""
        t, i, j = tap
        corner = self.corner(t)
        left, right = (round(corner.x() + (j + k) * self.cell[0]) for k in (0, 1))
        top, bottom = (round(corner.y() + (i + k) * self.cell[1]) for k in (0, 1))
        return QRectF(left, top, right - left, bottom - top)

    def at(self, point: QPointF) -> Tap | None:
        """Return the tap under a point; None between the frames."""
        width, height = self.group
        for t in range(self.size[0]):
            place = point - self.corner(t)
            if 0 <= place.x() < width and 0 <= place.y() < height:
                return t, int(place.y() / self.cell[1]), int(place.x() / self.cell[0])
        return None

    def beside(self, tap: Tap, rows: int, columns: int) -> Tap | None:
        """Return the tap some rows and columns further on the screen; None at the edge."""
        t, i, j = tap
        T, H, W = self.size
        row, column = divmod(t, self.across)
        i, j = row * H + i + rows, column * W + j + columns
        if i < 0 or not 0 <= j < self.across * W:
            return None
        t = i // H * self.across + j // W
        return (t, i % H, j % W) if t < T else None


def tap_layout(size: tuple[int, int, int], width: float) -> TapLayout:
    """Fit kT frames of kH x kW cells into a width: with numbers where that is not too high."""
    kT, _, kW = size
    header = theme.line_height("caption") + 3.0
    metrics = QFontMetricsF(theme.font("caption"))
    least = metrics.horizontalAdvance(_WIDEST) + 2
    tall = metrics.height() + 5.0
    for across in range(kT, 0, -1):
        room = _room(width, across, kW)
        if room < least:
            continue
        made = TapLayout(size, across, (min(room, theme.width(_LARGE)), tall), header, True)
        if made.height <= theme.width(_TALLEST):
            return made
        break
    return _colors(size, width, header)


def _colors(size: tuple[int, int, int], width: float, header: float) -> TapLayout:
    """Square cells without numbers: as many frames in a row as leave cells of a usual size."""
    kT, _, kW = size
    fitting = [n for n in range(kT, 0, -1) if _room(width, n, kW) >= _LEAST] or [1]
    made = []
    for across in fitting:
        side = max(min(float(int(_room(width, across, kW))), _USUAL), 1.0)
        made.append(TapLayout(size, across, (side, side), header, False))
    low = [layout for layout in made if layout.height <= theme.width(_TALLEST)] or made
    # The largest cells, and of those the one with the fewest rows.
    return max(low, key=lambda layout: (layout.cell[0], layout.across))


def _room(width: float, across: int, columns: int) -> float:
    """The width of a cell, with so many frames in a row."""
    return (width - 2 - (across - 1) * _BETWEEN) / (across * columns)


def draw_taps(
    painter: QPainter, values: NDArray[np.float64], limit: float, place: TapLayout, coat: str
) -> None:
    """Paint the headers and all cells, (kT, kH, kW) values in colors from -limit to limit."""
    kT, kH, kW = values.shape
    scale = signed_scale(limit, coat)
    flat = values.reshape(kT * kH, kW)
    colors = paint(flat, scale).reshape(values.shape)
    dark = dark_text(scale.colormap)[indices(flat, scale).reshape(values.shape)]
    written = values * words.units(limit)
    gap = 1 if place.cell[0] >= _LEAST else 0
    painter.setFont(theme.font("caption"))
    for t in range(kT):
        _draw_header(painter, place, t)
        first, last = place.box((t, 0, 0)), place.box((t, kH - 1, kW - 1))
        painter.fillRect(first.united(last).adjusted(-1, -1, 0, 0), theme.color("line"))
        corner = place.corner(t)
        columns = cells.edges(corner.x(), place.cell[0], kW)
        rows = cells.edges(corner.y(), place.cell[1], kH)
        cells.draw_cells(painter, columns, rows, colors[t], gap)
        if place.numbers:
            cells.write_numbers(painter, columns, rows, written[t], dark[t], gap=gap)


def units_words(limit: float) -> str:
    """Return what the numbers are meant in: "numbers × 0.01"; "" where they are as they are."""
    factor = words.units(limit)
    return "" if factor == 1 else f"numbers × {1 / factor:.3g}"


def _draw_header(painter: QPainter, place: TapLayout, t: int) -> None:
    """Say which frame it is, above its cells; the number alone where they are narrow."""
    corner, width = place.corner(t), place.group[0]
    text = f"t {t}" if width >= 24 else str(t)
    box = QRectF(corner.x() - 4, corner.y() - place.header, width + 8, place.header - 1)
    painter.setPen(theme.color("text3"))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def draw_choice(painter: QPainter, place: TapLayout, tap: Tap) -> None:
    """Draw the ring round the chosen tap: the accent over a dark line, seen on any color."""
    box = place.box(tap).adjusted(-0.5, -0.5, -0.5, -0.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, wide in ((QColor(0, 0, 0, 153), 4.0), (theme.color("mark"), 2.0)):
        pen = QPen(color, wide)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(box)
