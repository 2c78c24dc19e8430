"""The microscope's picture: one voxel of a map taken apart, painted in one go at every frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from voxviewer.gui import theme
from voxviewer.gui.panels import grids, words
from voxviewer.gui.panels.curve import draw_curve
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.kept import Kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QPaintEvent

    from voxviewer.gui.panels.grids import Grids

CURVE = 38
"""Height of the curve over time, in pixels of the picture."""

Piece = tuple[str, str, str]
"""Words, kind of font, color token."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything that the picture says of one voxel.

    Attributes
    ----------
    name : the filter's
    place : (t, h, w, f) in the maps
    grids : clip, kernel and product of one channel
    channel : "" where the clip has one channel, else the name of the one that is shown
    part : sum of this channel's products
    products : how many products all channels have
    total, bias : sum of all products, and what is added to it
    activation : "linear", "relu" ...
    value : what the map holds, after the activation
    exact : the same voxel in float64
    error : how far the two differ, in the measure of the proof; `agrees` where that is rounding
    over_time : (T',) the voxel in every map frame
    """

    name: str
    place: tuple[int, int, int, int]
    grids: Grids
    channel: str
    part: float
    products: int
    total: float
    bias: float
    activation: str
    value: float
    exact: float
    error: float
    agrees: bool
    over_time: NDArray[np.float64]

    @property
    def where(self) -> str:
        """y[7, 30, 24, 0]."""
        return f"y[{', '.join(str(index) for index in self.place)}]"

    @property
    def sentence(self) -> str:
        """The sum in words, for people who cannot see it, and for the clipboard."""
        value = words.total(self.value)
        bias = f" + bias {words.total(self.bias)}"
        sums = f"sum of {self.products} products {words.total(self.total)}{bias}"
        made = f", {self.activation}" if self.activation != "linear" else ""
        return f"{self.where} = {value}: {sums}{made}; {self.opinion}"

    @property
    def opinion(self) -> str:
        """What float64 says: "float64 agrees to 4e-9", or what it has instead."""
        if self.agrees:
            return f"float64 agrees to {words.exponent(self.error, 0)}"
        return f"float64 says {words.total(self.exact)}"


class VoxelPicture(QWidget):
    """Title, grids, sum, and the voxel over time.

    The arrow keys ask for the voxel beside this one: `stepped` says how many rows and columns of
    the map.
    """

    stepped = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Shown | None = None
        self._kept = Kept()
        self._height = 0
        self._ring = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Microscope")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self._measure)

    @property
    def shown(self) -> Shown | None:
        """What is painted now."""
        return self._shown

    def show_voxel(self, shown: Shown | None, quietly: bool = False) -> None:
        """Paint another voxel; `quietly` leaves screen readers in peace while a clip plays."""
        self._shown = shown
        if not quietly:
            self.setAccessibleDescription(shown.sentence if shown is not None else "")
        self._measure()
        self.update()

    def sizeHint(self) -> QSize:
        """As high as the kernel asks for."""
        return QSize(theme.width(296), int(self._needs(max(self.width(), 200))))

    def minimumSizeHint(self) -> QSize:
        """As high as it should be, narrow where it must be."""
        return QSize(200, self.sizeHint().height())

    def resizeEvent(self, event: QEvent) -> None:
        """The cells grow with the dock."""
        self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title, grids, sums, curve, from top to bottom."""
        painter, shown = QPainter(self), self._shown
        if shown is None:
            painter.fillRect(self.rect(), theme.color("panel"))
            return
        self._kept.draw(
            painter, self, self.rect(), (shown,), lambda inner: self._draw(inner, shown)
        )
        if self._ring:
            drawing.ring(painter, self.rect(), 3)
        painter.end()

    def _draw(self, painter: QPainter, shown: Shown) -> None:
        self._draw_title(painter, shown)
        place = self._layout()
        grids.draw(painter, shown.grids, place)
        y = place.bottom + 6
        for left, right in sum_lines(shown, self.width() - 2):
            self._draw_line(painter, left, right, y)
            y += self._sum_height()
        self._draw_time(painter, shown, y)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A ring where the keyboard led here."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for a neighbor."""
        steps = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(*step)

    def event(self, event: QEvent) -> bool:
        """Say the number under the pointer."""
        if event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def tip(self, point: QPointF) -> str:
        """Return the words for a place of the picture; empty beside the cells."""
        if self._shown is None:
            return ""
        found = self._layout().at(point)
        return grids.cell_words(self._shown.grids, *found) if found is not None else ""

    def _show_tip(self, event: QHelpEvent) -> None:
        text = self.tip(QPointF(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), text, self)
        else:
            QToolTip.hideText()

    # parts of the picture

    def _draw_title(self, painter: QPainter, shown: Shown) -> None:
        box = QRectF(0, 0, self.width(), theme.height("fact"))
        mono = theme.font("mono-small")
        room = box.width() - drawing.wide("mono-small", shown.where) - 12
        strong = theme.font("strong")
        painter.setFont(strong)
        painter.setPen(theme.color("text"))
        name = QFontMetricsF(strong).elidedText(shown.name, Qt.TextElideMode.ElideRight, room)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, int(middle | Qt.AlignmentFlag.AlignLeft), name)
        painter.setFont(mono)
        painter.setPen(theme.color("text2"))
        painter.drawText(box, int(middle | Qt.AlignmentFlag.AlignRight), shown.where)

    def _draw_line(
        self, painter: QPainter, left: list[Piece], right: list[Piece], y: float
    ) -> None:
        """Pieces of text from the left, others at the right end."""
        for pieces, start in ((left, 0.0), (right, self.width() - pieces_width(right))):
            x = start
            for text, font, role in pieces:
                painter.setFont(theme.font(font))
                painter.setPen(theme.color(role))
                width = drawing.wide(font, text)
                box = QRectF(x, y, width + 2, self._sum_height())
                painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
                x += width

    def _draw_time(self, painter: QPainter, shown: Shown, y: float) -> None:
        role = "text3" if shown.agrees else "error"
        left: list[Piece] = [("this voxel over time", "caption", "text3")]
        self._draw_line(painter, left, [(shown.opinion, "caption", role)], y)
        top = y + self._sum_height()
        box = QRectF(0, round(top), self.width(), theme.width(CURVE))
        draw_curve(painter, box, shown.over_time, shown.place[0])

    # measures

    def _layout(self) -> grids.Layout:
        assert self._shown is not None
        size = self._shown.grids.size
        return grids.layout(size, self.width() - 1, float(theme.height("fact")) + 2)

    def _sum_height(self) -> float:
        return float(theme.line_height("result") + 2)

    def _needs(self, width: int) -> float:
        if self._shown is None:
            return 0.0
        lines = len(sum_lines(self._shown, width - 2)) + 1
        return self._layout().bottom + 6 + lines * self._sum_height() + theme.width(CURVE) + 2

    def _measure(self) -> None:
        """Ask the dock for room only where the height changed: not at every frame."""
        height = self.sizeHint().height()
        if height != self._height:
            self._height = height
            self.updateGeometry()


def sum_lines(shown: Shown, width: float) -> list[tuple[list[Piece], list[Piece]]]:
    """Return the lines of the sum, each with what stands left and right.

    One line where it fits, "Σ 27 products −0.3067 + bias 0 = −0.3067"; the result on a line of its
    own where it does not. With several channels the shown one's share comes first.
    """
    lines: list[tuple[list[Piece], list[Piece]]] = []
    if shown.channel:
        count = shown.grids.inside.size
        share = [(f"Σ {count} of {shown.channel} ", "body", "text2")]
        lines.append(([*share, (words.total(shown.part), "body", "text")], []))
    left: list[Piece] = [
        (f"Σ {shown.products} products  ", "body", "text2"),
        (words.total(shown.total), "body", "text"),
        ("  + bias ", "body", "text2"),
        (words.total(shown.bias), "body", "text"),
    ]
    equals = f"{shown.activation} = " if shown.activation != "linear" else "= "
    right: list[Piece] = [
        (equals, "body", "text2"),
        (words.total(shown.value, signed=True), "result", "accent"),
    ]
    if pieces_width(left) + pieces_width(right) + 10 <= width:
        return [*lines, (left, right)]
    return [*lines, (left, []), ([], right)]


def pieces_width(pieces: list[Piece]) -> float:
    """Return how wide pieces of text are, side by side."""
    return float(sum(drawing.wide(font, text) for text, font, _ in pieces))
