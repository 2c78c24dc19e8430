"""A network as a small table: each layer, what it puts out, how many numbers it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter, QPaintEvent

    from voxviewer.networks.training_plan import Layer, NetworkPlan

TITLES = ("layer", "output (T, H, W, C)", "parameters")


def cells(row: Layer) -> tuple[str, str, str]:
    """Return the words of a row: "conv3d_1", "8 × 64 × 64 × 8", "224"."""
    shape = " × ".join(map(str, row.output))
    return row.name, shape, f"{row.parameters:,}" if row.parameters else "–"


class LayerTable(QWidget):
    """The rows of a network, its first convolution marked: its kernels become the filters."""

    def __init__(self) -> None:
        super().__init__()
        self.network: NetworkPlan | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Network")
        theme.changed.connect(self.updateGeometry)

    def show_network(self, network: NetworkPlan | None) -> None:
        """Show another network; None shows nothing."""
        if network == self.network:
            return
        before, self.network = self.network, network
        self.setAccessibleDescription(network.as_text() if network is not None else "")
        if before is None or network is None or len(before.layers) != len(network.layers):
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A line for each layer and one for the titles."""
        rows = len(self.network.layers) + 1 if self.network is not None else 0
        return QSize(theme.width(200), rows * theme.height("fact"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw titles, a line, and the rows."""
        if self.network is None:
            return
        painter, high = drawing.painter_on(self), theme.height("fact")
        self._draw_row(painter, 0, TITLES, "text3", "axis")
        painter.fillRect(0, high - 1, self.width(), 1, theme.color("line"))
        for index, row in enumerate(self.network.layers, 1):
            role = "text" if row.name == self.network.first else "text2"
            self._draw_row(painter, index * high, cells(row), role, "mono-small")

    def _draw_row(
        self, painter: QPainter, top: int, words: tuple[str, str, str], role: str, kind: str
    ) -> None:
        high, right = theme.height("fact"), Qt.AlignmentFlag.AlignRight
        name, shape, parameters = words
        last = theme.width(68)
        middle = self.width() - last
        needed = drawing.wide(kind, shape) + 6  # shaped lines are a little wider than measured
        first = QRect(0, top, max(middle - needed - 8, 0), high)
        named = "strong" if role == "text" and kind != "axis" else "caption"
        drawing.text(painter, first, name, theme.font("axis" if kind == "axis" else named), role)
        font = theme.font(kind)
        drawing.text(painter, QRect(middle - needed, top, needed, high), shape, font, role, right)
        drawing.text(painter, QRect(middle, top, last, high), parameters, font, role, right)

    def event(self, event: QEvent) -> bool:
        """Say a layer's class and options under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip(event.pos().y()), self)
            return True
        return super().event(event)

    def tip(self, y: int) -> str:
        """Return what Keras calls the layer at a height."""
        index = y // max(theme.height("fact"), 1) - 1
        rows = self.network.layers if self.network is not None else ()
        if not 0 <= index < len(rows):
            return ""
        options = ", ".join(f"{name}={value!r}" for name, value in rows[index].options)
        return f"{rows[index].class_name}({options})"
