"""The controls of slow motion, above the microscope's picture while the kernel walks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Choice, IconButton, Label, drawing
from voxviewer.gui.walker import PACES

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.gui.walker import Walker
    from voxviewer.session import Session


class WalkBar(QWidget):
    """Pause, step, stop and pace; how many voxels are filled, as words and as a thin bar."""

    def __init__(self, session: Session, walker: Walker) -> None:
        super().__init__()
        self._session = session
        self._walker = walker
        self.setAccessibleName("Slow motion")
        self.pause = IconButton("pause", "Pause (Space)")
        self.back = IconButton("back", "One voxel back")
        self.forward = IconButton("forward", "One voxel on")
        self.stop = IconButton("stop", "End slow motion (S)")
        self.pace = Choice([(pace, pace.words) for pace in PACES], walker.pace, "Pace")
        self.words = Label("", "caption", "text3")
        self.progress = _Progress()
        self._build()
        self.pause.clicked.connect(walker.toggle)
        self.back.clicked.connect(lambda: walker.step(-1))
        self.forward.clicked.connect(lambda: walker.step(1))
        self.stop.clicked.connect(walker.stop)
        self.pace.chosen.connect(self._on_pace)
        self._wires = Wires(self)
        self._wires.connect(session.events.walk, self._show_walk)
        self._show_walk()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for button in (self.pause, self.back, self.forward, self.stop):
            row.addWidget(button)
        row.addSpacing(6)
        row.addWidget(self.pace, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.progress)
        column.addWidget(self.words)

    def _on_pace(self, pace: Any) -> None:
        self._walker.pace = pace

    def _show_walk(self, *_: Any) -> None:
        walk = self._session.walk
        self.setVisible(walk is not None)
        if walk is None:
            return
        self.pause.set_icon("pause" if walk.running else "play")
        words = "Pause" if walk.running else "Go on"
        self.pause.setToolTip(f"{words} (Space)")
        self.pause.setAccessibleName(words)
        self.progress.show_share((walk.step + 1) / walk.count)
        self.words.setText(f"voxel {walk.step + 1:,} of {walk.count:,} of this map")
        if not walk.running:
            self.setAccessibleDescription(self.words.text())


class _Progress(QWidget):
    """A bar of 2 px: how much of the map is filled."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setFixedHeight(2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_share(self, share: float) -> None:
        """Show another share."""
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("line"))
        painter.fillRect(0, 0, round(self.width() * self._share), 2, theme.color("accent"))
