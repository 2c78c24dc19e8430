"""Many small numbers on colored cells, painted with a few cheap calls a cell.

Shaping a text costs fifty times as much as copying it, and the microscope writes a hundred numbers
at every frame that is shown, others at each; so a digit is drawn once for a font and a scale of the
screen, and numbers are put together from copies.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPixmap

from voxviewer.gui import theme
from voxviewer.gui.panels import words
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_BLACK, _WHITE = QColor("#000000"), QColor("#ffffff")


def edges(start: float, step: float, count: int) -> list[int]:
    """Return where `count` cells begin, and the last one ends, on whole pixels."""
    return [round(start + k * step) for k in range(count + 1)]


def draw_cells(
    painter: QPainter,
    columns: Sequence[int],
    rows: Sequence[int],
    colors: NDArray[np.uint32],
    gap: int = 1,
) -> None:
    """Fill cells between the edges (kW + 1) and (kH + 1) with colors (kH, kW), 0xFFRRGGBB."""
    for (top, below), line in zip(pairwise(rows), colors.tolist(), strict=True):
        for (left, right), color in zip(pairwise(columns), line, strict=True):
            box = (left, top, right - left - gap, below - top - gap)
            painter.fillRect(*box, QColor.fromRgb(color))


def write_numbers(
    painter: QPainter,
    columns: Sequence[int],
    rows: Sequence[int],
    values: NDArray[np.float64],
    dark: NDArray[np.bool_],
    shown: NDArray[np.bool_] | None = None,
    gap: int = 1,
    font: str = "caption",
) -> None:
    """Write values (kH, kW) into their cells in four signs: black where `dark`, else white.

    `shown` False leaves a cell alone; `font` is one of the theme's kinds.
    """
    scale, key = drawing.scale_of(painter), (font, theme.font_key())
    black, told = dark.tolist(), shown.tolist() if shown is not None else None
    for i, line in enumerate(values.tolist()):
        middle = (rows[i] + rows[i + 1] - gap) / 2
        for j, value in enumerate(line):
            if told is None or told[i][j]:
                signs = [_sign(sign, black[i][j], key, scale) for sign in words.cell(value)]
                x = (columns[j] + columns[j + 1] - gap - sum(wide for _, wide, _ in signs)) / 2
                for made, wide, height in signs:
                    painter.drawPixmap(round(x) - 1, round(middle - height / 2), made)
                    x += wide


def draw_pad(painter: QPainter, box: QRectF, font: str = "") -> None:
    """Draw a cell outside the clip: hatched paper, counted as 0; in a font the word, too."""
    paper, ink, said = (theme.color(role).rgb() for role in ("panel", "line", "text3"))
    size = (round(box.width()), round(box.height()))
    key = (font, theme.font_key())
    made = _pad(size, (paper, ink, said), key, drawing.scale_of(painter))
    painter.drawPixmap(box.topLeft(), made)


@lru_cache(maxsize=512)
def _sign(
    sign: str, black: bool, key: tuple[str, str], scale: float
) -> tuple[QPixmap, float, float]:
    """A digit, point or minus on nothing, 1 px free on its left; how far the next is, its height.

    Numbers have no kerning: a sign stands where the advances of those before it lead.
    """
    font = theme.font(key[0])
    metrics = QFontMetricsF(font)
    wide, height = metrics.horizontalAdvance(sign), metrics.height()
    made = _blank(wide + 3, height, scale)
    painter = QPainter(made)
    painter.setFont(font)
    painter.setPen(_BLACK if black else _WHITE)
    painter.drawText(QPointF(1, metrics.ascent()), sign)
    painter.end()
    return made, wide, height


@lru_cache(maxsize=64)
def _pad(
    size: tuple[int, int], colors: tuple[int, int, int], key: tuple[str, str], scale: float
) -> QPixmap:
    made = _blank(*size, scale)
    box = QRectF(0, 0, *size)
    paper, ink, said = (QColor.fromRgb(color) for color in colors)
    painter = QPainter(made)
    painter.fillRect(box, paper)
    painter.fillRect(box, QBrush(ink, Qt.BrushStyle.BDiagPattern))
    if key[0]:
        painter.setFont(theme.font(key[0]))
        painter.setPen(said)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), "pad")
    painter.end()
    return made


def _blank(width: float, height: float, scale: float) -> QPixmap:
    made = QPixmap(max(1, round(width * scale)), max(1, round(height * scale)))
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    return made
