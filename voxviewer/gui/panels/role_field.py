"""Parts of the Axes panel: the role of one axis, and the picture of one order of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from voxviewer.gui import theme
from voxviewer.gui.panels.fields import WayField
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent

ROLES = (
    ("time", "Time"),
    ("height", "Height"),
    ("width", "Width"),
    ("channel", "Channel"),
    ("mean", "Mean of all"),
    ("fixed", "Fixed at"),
)
RING = 3


class RoleField(WayField):
    """What becomes of an axis: one of `settings.ROLES`, or the index it is fixed at."""

    def __init__(self, letter: str) -> None:
        super().__init__(ROLES, "fixed", f"Role of {letter}", f"Index of {letter}")
        self._count = 1

    def set_count(self, count: int) -> None:
        """Say how many entries the axis has; fixed, it begins with the middle one."""
        self._count = count
        super().set_count(count)

    def _on_way(self, way: Any) -> None:
        if self.way.value == "fixed":
            self.index.value = self._count // 2
        super()._on_way(way)


class CandidateTile(QAbstractButton):
    """A picture over the letters of its axes; the one in force wears the accent ring."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self._side = side
        self._image: QImage | None = None
        self._chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def chosen(self) -> bool:
        """Whether the source is taken so."""
        return self._chosen

    @chosen.setter
    def chosen(self, chosen: bool) -> None:
        self._chosen = chosen
        self.setAccessibleName(f"{self.text()}, chosen" if chosen else self.text())
        self.update()

    @property
    def has_picture(self) -> bool:
        """Whether its picture has been drawn."""
        return self._image is not None

    def show_candidate(self, label: str, words: str) -> None:
        """Show other letters; the picture comes when it has been read."""
        self._image = None
        self.setText(label)
        self.setAccessibleName(label)
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def show_pixels(self, pixels: NDArray[np.uint32]) -> None:
        """Show (h, w) uint32 pixels."""
        H, W = pixels.shape
        raw = np.ascontiguousarray(pixels).tobytes()
        self._image = QImage(raw, W, H, 4 * W, QImage.Format.Format_RGB32).copy()
        self.update()

    def sizeHint(self) -> QSize:
        """A square and a line of letters."""
        side = theme.width(self._side)
        return QSize(side + 2 * RING, side + 2 * RING + theme.line_height("caption") + 4)

    def minimumSizeHint(self) -> QSize:
        """Pictures may be smaller, down to a thumb."""
        return QSize(theme.width(48), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, the line or ring round it, and the letters."""
        painter = drawing.painter_on(self)
        tall = theme.line_height("caption") + 4
        side = min(self.width(), self.height() - tall) - 2 * RING
        box = QRectF((self.width() - side) / 2, RING, side, side)
        painter.fillRect(box, theme.color("canvas"))
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, self._image)
        if self._chosen:
            drawing.frame(
                painter, box.adjusted(-RING, -RING, RING, RING), 3, edge="accent", thick=2
            )
        else:
            edge = "text3" if self.underMouse() else "line"
            drawing.frame(painter, box.adjusted(-1, -1, 1, 1), 1, edge=edge)
        line = QRect(0, self.height() - tall, self.width(), tall)
        role = "accent" if self._chosen else "text" if self.underMouse() else "text2"
        center = Qt.AlignmentFlag.AlignHCenter
        drawing.text(painter, line, self.text(), theme.font("caption"), role, center)
        if self.hasFocus():
            drawing.ring(painter, self.rect(), 4)
