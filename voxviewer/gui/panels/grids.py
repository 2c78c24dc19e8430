"""One voxel of a map as numbers on their colors: columns are frames, rows clip, kernel, product.

`draw` paints the three rows of grids into a box and says where each cell lies. Where a number has
no room (kernels above 5 x 5, or many frames) the cells are colors alone, and the number is said
under the pointer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPen

from voxviewer.gui import theme
from voxviewer.gui.panels import cells, words
from voxviewer.gui.parts import drawing
from voxviewer.render.colormaps import lut
from voxviewer.render.pixels import indices, paint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.render.limits import Scale

ROWS = ("clip", "kernel", "product")
_WIDEST = "−.04"
_LARGEST = 5
"""Numbers are written up to 5 x 5, as far as they fit."""


@dataclass(frozen=True, eq=False)
class Grids:
    """What is drawn of one voxel and one channel.

    Attributes
    ----------
    frames : (kT,) clip frame of each column; outside the clip where the window reaches beyond
    padded : (kT,) bool, True where that clip frame is padding of the clip itself
    inside : (kT, kH, kW) bool, False where the window lies outside the clip
    values : clip, kernel and product, each (kT, kH, kW) float64
    scales : their color scales
    largest : what the numbers of each reach anywhere, so that all are written in the same units
    """

    frames: NDArray[np.int64]
    padded: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    values: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    scales: tuple[Scale, Scale, Scale]
    largest: tuple[float, float, float]

    @property
    def size(self) -> tuple[int, int, int]:
        """(kT, kH, kW)."""
        kT, kH, kW = self.inside.shape
        return kT, kH, kW


@dataclass(frozen=True)
class Layout:
    """Where the cells lie: `cell` wide and high in pixels, groups `between` apart.

    `font` is the kind that the numbers are written in, "" where they have no room.
    """

    left: float
    top: float
    header: float
    cell: tuple[float, float]
    between: float
    apart: float
    size: tuple[int, int, int]
    font: str

    @property
    def numbers(self) -> bool:
        """True where the cells have numbers."""
        return bool(self.font)

    @property
    def group(self) -> tuple[float, float]:
        """Width and height of one frame's grid."""
        _, kH, kW = self.size
        return self.cell[0] * kW, self.cell[1] * kH

    @property
    def bottom(self) -> float:
        """Where the last row ends."""
        return self.top + self.header + 3 * self.group[1] + 2 * self.apart

    def corner(self, row: int, t: int) -> QPointF:
        """Upper left of the grid of one row and frame."""
        width, height = self.group
        return QPointF(
            self.left + t * (width + self.between),
            self.top + self.header + row * (height + self.apart),
        )

    def at(self, point: QPointF) -> tuple[int, int, int, int] | None:
        """(row, t, i, j) under the pointer; None between the grids."""
        width, height = self.group
        for row in range(3):
            for t in range(self.size[0]):
                place = point - self.corner(row, t)
                if 0 <= place.x() < width and 0 <= place.y() < height:
                    return row, t, int(place.y() / self.cell[1]), int(place.x() / self.cell[0])
        return None


def layout(size: tuple[int, int, int], width: float, top: float = 0.0) -> Layout:
    """Fit kT grids of kH x kW cells side by side into a width."""
    kT, kH, kW = size
    left = theme.line_height("caption") + 5.0
    header = theme.line_height("caption") + 4.0
    between = 6.0 if kT * kW <= 15 else 3.0 if kT * (kW + 3) < width - left else 0.0
    room = (width - left - (kT - 1) * between) / (kT * kW)
    font = _font_for(room) if max(kH, kW) <= _LARGEST else ""
    if font:
        cell = (min(room, theme.width(44)), QFontMetricsF(theme.font(font)).height() + 4.0)
    else:
        side = min(room, 19.0, max(2.0, 130.0 / kH))
        side = float(int(side)) if side >= 3 else side
        cell = (side, side)
    return Layout(left, top, header, cell, between, 5.0, size, font)


def _font_for(room: float) -> str:
    """The larger of the two small fonts whose numbers fit into a cell; "" where none does."""
    for kind in ("caption", "axis"):
        if room >= drawing.wide(kind, _WIDEST) + 2:
            return kind
    return ""


def draw(painter: QPainter, grids: Grids, place: Layout) -> None:
    """Paint the headers "t 6", the names of the rows, and all cells."""
    _draw_headers(painter, grids, place)
    _draw_names(painter, grids, place)
    for row in range(3):
        if place.numbers:
            _draw_numbers(painter, grids, place, row)
        else:
            _draw_colors(painter, grids, place, row)


def cell_words(grids: Grids, row: int, t: int, i: int, j: int) -> str:
    """Return what stands under the pointer: "clip .31 × kernel −.04 = −.01", or "padding"."""
    if not grids.inside[t, i, j]:
        return f"t {grids.frames[t]}: outside the clip, padded with 0"
    numbers = [words.total(float(values[t, i, j])) for values in grids.values]
    return f"t {grids.frames[t]}, row {i}, column {j}: {numbers[0]} × {numbers[1]} = {numbers[2]}"


def _draw_headers(painter: QPainter, grids: Grids, place: Layout) -> None:
    width = place.group[0]
    font = theme.font("caption")
    painter.setFont(font)
    widest = max(QFontMetricsF(font).horizontalAdvance(f"t {t}") for t in grids.frames)
    step = 1 if width + place.between > widest + 4 else -(-int(widest + 6) // max(1, int(width)))
    for t in range(0, len(grids.frames), step):
        corner = place.corner(0, t)
        box = QRectF(corner.x() - 20, place.top, width + 40, place.header - 2)
        outside = not grids.inside[t].any()
        painter.setPen(theme.color("off" if outside else "padded" if grids.padded[t] else "text3"))
        text = f"t {grids.frames[t]}".replace("-", "−")
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def _draw_names(painter: QPainter, grids: Grids, place: Layout) -> None:
    """The rows' names, upright beside them, and what their numbers are in; as far as it fits."""
    height = place.group[1]
    painter.setPen(theme.color("text3"))
    for row, name in enumerate(ROWS):
        factor = words.power(1 / words.units(grids.largest[row])) if place.numbers else ""
        texts = (f"{name} {factor}", f"{name[:4]}. {factor}", factor) if factor else (name,)
        kinds = ("axis",) if height < 50 else ("caption", "axis") if factor else ("caption",)
        fitting = ((t, k) for t in texts for k in kinds if drawing.wide(k, t) <= height + 4)
        text, kind = next(fitting, ("", ""))
        if not text:
            continue
        painter.setFont(theme.font(kind))
        painter.save()
        painter.translate(0, place.corner(row, 0).y() + height)
        painter.rotate(-90)
        box = QRectF(-2, 0, height + 4, place.left - 5)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.restore()


def _draw_numbers(painter: QPainter, grids: Grids, place: Layout, row: int) -> None:
    """Cells one by one, 1 px of line between them, each with its number."""
    values, scale = grids.values[row], grids.scales[row]
    flat = values.reshape(-1, values.shape[2])
    colors = paint(flat, scale).reshape(values.shape)
    dark = dark_text(scale.colormap)[indices(flat, scale).reshape(values.shape)]
    written = values * words.units(grids.largest[row])
    # Three digits and a minus are wider than what the cells were made for.
    wide = written.min() <= -99.5 and drawing.wide(place.font, "−302") > place.cell[0] - 2
    font = "axis" if wide else place.font
    kT, kH, kW = values.shape
    for t in range(kT):
        corner = place.corner(row, t)
        painter.fillRect(_outer(corner, place), theme.color("line"))
        columns = cells.edges(corner.x(), place.cell[0], kW)
        rows = cells.edges(corner.y(), place.cell[1], kH)
        cells.draw_cells(painter, columns, rows, colors[t])
        inside = None if row == 1 or grids.inside[t].all() else grids.inside[t]
        for i, j in np.argwhere(~inside).tolist() if inside is not None else ():
            cells.draw_pad(painter, _cell_box(corner, place, i, j), place.font)
        cells.write_numbers(painter, columns, rows, written[t], dark[t], inside, font=font)


def _draw_colors(painter: QPainter, grids: Grids, place: Layout, row: int) -> None:
    """Each frame as one small image; what lies outside the clip hatched over it."""
    values = grids.values[row]
    kT, kH, kW = values.shape
    pixels = paint(values.reshape(kT * kH, kW), grids.scales[row]).reshape(kT, kH, kW)
    width, height = place.group
    for t in range(kT):
        corner = place.corner(row, t)
        image = QImage(pixels[t].tobytes(), kW, kH, 4 * kW, QImage.Format.Format_RGB32)
        painter.drawImage(QRectF(corner.x(), corner.y(), width, height), image)
        if row != 1 and not grids.inside[t].any():
            cells.draw_pad(painter, QRectF(corner.x(), corner.y(), width, height))
        elif row != 1 and not grids.inside[t].all():
            for i, j in np.argwhere(~grids.inside[t]):
                cells.draw_pad(painter, _cell_box(corner, place, int(i), int(j), gap=0.0))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if place.between:
            painter.drawRect(QRectF(corner.x() - 1, corner.y() - 1, width + 1, height + 1))


def _outer(corner: QPointF, place: Layout) -> QRectF:
    width, height = place.group
    left, right = round(corner.x()), round(corner.x() + width)
    top, bottom = round(corner.y()), round(corner.y() + height)
    return QRectF(left - 1, top - 1, right - left + 1, bottom - top + 1)


def _cell_box(corner: QPointF, place: Layout, i: int, j: int, gap: float = 1.0) -> QRectF:
    """One cell on whole pixels, so that the lines between cells are equally thin."""
    left, right = (round(corner.x() + (j + k) * place.cell[0]) for k in (0, 1))
    top, bottom = (round(corner.y() + (i + k) * place.cell[1]) for k in (0, 1))
    return QRectF(left, top, right - left - gap, bottom - top - gap)


@lru_cache(maxsize=8)
def dark_text(colormap: str) -> NDArray[np.bool_]:
    """For each palette entry: True where black stands out more than white (WCAG contrast)."""
    name = "gray" if colormap == "rgb" else colormap
    share = lut(name).astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    light: Any = linear @ np.array([0.2126, 0.7152, 0.0722])
    dark: NDArray[np.bool_] = (light + 0.05) / 0.05 > 1.05 / (light + 0.05)
    return dark
