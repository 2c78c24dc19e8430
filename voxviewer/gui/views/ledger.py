"""The shape ledger: every step from the file to the maps, and the line of Python that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import IconButton, Label
from voxviewer.gui.views.ledger_row import LedgerSteps
from voxviewer.gui.views.ledger_steps import chosen_key

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from voxviewer.session import Session


class LedgerView(QWidget):
    """The row of steps, and under it the chosen one's line of Python with a copy button."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._compact = False
        self.steps = LedgerSteps(session)
        self.area = QScrollArea()
        self.line = Label("", "mono", "text", elide=Qt.TextElideMode.ElideRight)
        self.copy = IconButton("copy", "Copy this line of Python")
        self._mark = _Mark()
        self._build()
        self._wires = Wires(self)
        told = ("clip", "bank", "features", "batch", "convolution", "problems", "current", "step")
        for name in told:
            self._wires.soon(getattr(session.events, name), self._show, alone=True)
        self.copy.clicked.connect(self._on_copy)
        theme.changed.connect(self._measure)
        self._measure()
        self._show()

    def _build(self) -> None:
        self.setAccessibleName("Ledger")
        self.line.setAccessibleName("Python")
        self.area.setWidget(self.steps)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._code = QWidget()
        row = QHBoxLayout(self._code)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(self.line, 1)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 1, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.area, 1)
        column.addWidget(self._code)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_compact(self, compact: bool) -> None:
        """Take less height, for small windows."""
        if compact != self._compact:
            self._compact = compact
            self._measure()

    def code(self) -> str:
        """Return the chosen step's line of Python."""
        made = self.steps.made()
        key = chosen_key(self._session, made)
        return next((entry.step.code for entry in made if entry.key == key), "")

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code())

    def _show(self, *_: Any) -> None:
        self.line.setText(self.code())
        self.copy.setEnabled(bool(self.code()))
        self._mark.setVisible(bool(self.code()))
        self.steps.show_steps()
        self._fit()
        self._reveal()

    def _reveal(self) -> None:
        made = self.steps.placed()
        key = chosen_key(self._session, [item.entry for item in made])
        for item in made:
            if item.entry.key == key:
                self.area.ensureVisible(round(item.left + item.width / 2), 0, round(item.width), 0)

    def _measure(self) -> None:
        self._code.setFixedHeight(max(theme.line_height("mono") + 7, theme.height("target")))
        self._fit()

    def _fit(self) -> None:
        """High enough for both lines, and for the scroll bar where there must be one."""
        steps = max(self.steps.minimumSizeHint().height(), 36 if self._compact else 40)
        if self.steps.needed(complete=False) > self.width() > 0:
            steps += self.area.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(steps + self._code.height() + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Less room drops dtype and bytes, then scrolls."""
        super().resizeEvent(event)
        self.set_compact(self.window().height() < 860)
        self._fit()
        self.steps.show_steps()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window's color, with lines above and between."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("window"))
        painter.fillRect(self._code.geometry(), theme.color("panel"))
        painter.fillRect(0, 0, self.width(), 1, theme.color("line"))
        painter.fillRect(0, self._code.y() - 1, self.width(), 1, theme.color("line"))


class _Mark(QWidget):
    """The sign of Python before the line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(theme.icon_size(16))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        side = float(theme.icon_size(16))
        box = QRectF(0, (self.height() - side) / 2, side, side)
        icons.paint(QPainter(self), "python", box, "text3")
