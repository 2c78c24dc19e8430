"""What a model says of the whole clip: a bar for each class, the one asked about marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.networks.heat import Heat

MOST = 10
"""Classes that are shown: those with the highest scores."""


class Scores(QWidget):
    """The highest scores, the first on top."""

    def __init__(self) -> None:
        super().__init__()
        self._heat: Heat | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scores of the classes")
        theme.changed.connect(self.updateGeometry)

    def show_heat(self, heat: Heat | None) -> None:
        """Show what a model said."""
        if heat is not self._heat:
            self._heat = heat
            said = [f"class {at}: {number(value)}" for at, value in self.rows()]
            self.setAccessibleDescription(", ".join(said))
            self.updateGeometry()
            self.update()

    def rows(self) -> list[tuple[int, float]]:
        """Class and score of each row; the one that was asked about is always among them."""
        if self._heat is None:
            return []
        scores = self._heat.scores
        order = np.argsort(-scores, kind="stable")[:MOST].tolist()
        if self._heat.target not in order:
            order[-1] = self._heat.target
        return [(at, float(scores[at])) for at in order]

    def sizeHint(self) -> QSize:
        """A line for each row."""
        return QSize(theme.width(200), len(self.rows()) * theme.height("fact"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw class, bar and score of each row."""
        if self._heat is None:
            return
        painter, line = drawing.painter_on(self), theme.height("fact")
        left, right = theme.width(64), theme.width(56)
        largest = max(float(np.abs(self._heat.scores).max(initial=0.0)), 1e-30)
        for row, (at, value) in enumerate(self.rows()):
            on, top = at == self._heat.target, row * line
            role = "accent" if on else "text2"
            name = QRectF(0, top, left - 8, line)
            font = theme.font("strong" if on else "body")
            drawing.text(painter, name, f"class {at}", font, role)
            room = QRectF(left, top + line / 2 - 3, self.width() - left - right, 6)
            drawing.frame(painter, room, 2, "field")
            bar = QRectF(room.left(), room.top(), room.width() * abs(value) / largest, 6)
            drawing.frame(painter, bar, 2, "accent" if on else "text3")
            words = QRectF(self.width() - right, top, right, line)
            aside = Qt.AlignmentFlag.AlignRight
            drawing.text(painter, words, number(value), theme.font("mono-small"), role, aside)
