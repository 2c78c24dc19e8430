"""The state of a ConvLSTM2D at one frame: a picture for each of its filters, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import marks
from voxviewer.render.limits import signed_scale
from voxviewer.render.pixels import paint

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.networks.recurrent_nouns import HiddenStates

GAP = 6


class MapsRow(QWidget):
    """As many maps as find room, all on one scale."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden: HiddenStates | None = None
        self._limit = 1.0
        self._frame = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("State as pictures")
        theme.changed.connect(self.update)

    def show_states(self, hidden: HiddenStates | None, frame: int) -> None:
        """Show the state after a frame; there is none of an LSTM."""
        if hidden is not None and hidden.states.ndim != 4:
            hidden = None
        if hidden is not self._hidden and hidden is not None:
            self._limit = float(np.abs(hidden.states).max(initial=1e-9))
        if (hidden, frame) != (self._hidden, self._frame):
            self._hidden, self._frame = hidden, frame
            self.update()
        self.setVisible(hidden is not None)

    def sizeHint(self) -> QSize:
        """A row of small pictures."""
        return QSize(theme.width(400), theme.width(78) + theme.line_height("axis"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the maps from left to right; those that find no room are counted."""
        if self._hidden is None:
            return
        painter = drawing.painter_on(self)
        states = self._hidden.states[min(self._frame, len(self._hidden.states) - 1)]
        H, W, F = states.shape
        line = theme.line_height("axis")
        high = self.height() - line
        wide = max(high * W / H, 8.0)
        room = max(int((self.width() + GAP) / (wide + GAP)), 1)
        scale = signed_scale(self._limit, marks.coat())
        for f in range(min(F, room)):
            left = f * (wide + GAP)
            pixels = np.ascontiguousarray(paint(states[:, :, f], scale))
            box = QRectF(left, 0, wide, high)
            painter.drawImage(box, marks.image_over(pixels))
            drawing.frame(painter, box, 0, edge="edge")
            words = str(f) if f < room - 1 or F <= room else f"{f}, and {F - room} more"
            under = QRectF(left, high, wide, line)
            drawing.text(painter, under, words, theme.font("axis"), "text3")
