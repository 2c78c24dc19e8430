"""How far a training is: words, time left, and a bar of three pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import Label, drawing
from voxviewer.gui.parts.overlays import progress_text

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.jobs import Job

BAR = 3


class ProgressLine(QWidget):
    """What is being done at the left, how far and how long at the right, the bar below."""

    def __init__(self) -> None:
        super().__init__()
        self.words = Label(font="caption", role="text2", elide=Qt.TextElideMode.ElideRight)
        self.far = Label(font="caption", role="text3")
        self.fraction = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.words, 1)
        line.addWidget(self.far)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, BAR + 3)
        column.addLayout(line)

    def show_job(self, job: Job, *, ending: bool) -> None:
        """Show a job as it is now; `ending` once it was asked to stop."""
        self.words.setText("stopping" if ending else job.detail or "beginning")
        self.far.setText(progress_text(job.fraction or None, job.seconds_left))
        self.fraction = min(max(job.fraction, 0.0), 1.0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar at the foot."""
        painter = drawing.painter_on(self)
        top = self.height() - BAR
        painter.fillRect(0, top, self.width(), BAR, theme.color("line"))
        painter.fillRect(0, top, round(self.fraction * self.width()), BAR, theme.color("accent"))
