"""What one time step is to a recurrent layer: three forms of this clip, with their Keras lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import EmptyState, IconButton, Label, drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.networks.forms import RecurrentForm

DRAWN = 4
"""Time steps that a picture shows, with dots for the rest."""


class FormCards(QScrollArea):
    """All forms of a clip, one under the other."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: tuple[RecurrentForm, ...] | None = None
        self._column = QVBoxLayout()
        self._column.setContentsMargins(16, 12, 16, 12)
        self._column.setSpacing(16)
        inside = QWidget()
        inside.setLayout(self._column)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidget(inside)

    def show_forms(self, forms: tuple[RecurrentForm, ...]) -> None:
        """Show other forms; none where there is no clip."""
        if forms == self.forms:
            return
        self.forms = forms
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        if not forms:
            self._column.addWidget(EmptyState("No clip yet. Open a file, or choose a sample."))
        for form in forms:
            self._column.addWidget(FormCard(form))


class FormCard(QWidget):
    """One form: picture, what a step is, shape, lines of Keras with a copy button."""

    def __init__(self, form: RecurrentForm) -> None:
        super().__init__()
        self.form = form
        self.copy = IconButton("copy", "Copy these lines of Keras")
        self.copy.clicked.connect(self._on_copy)
        head = QHBoxLayout()
        head.addWidget(Label(form.title, "title", "text"))
        head.addStretch(1)
        head.addWidget(Label(f"{form.shape}   {form.axes}", "mono", "accent"))
        head.addWidget(self.copy)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(Label(form.step, "body", "text2", wrap=True))
        code = Label(form.code, "mono", "text", wrap=True)
        code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.addWidget(code)
        words.addWidget(Label(form.note, "caption", "text3", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(StepPicture(form), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(row)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(f"import keras\n\n{self.form.code}\n")


class StepPicture(QWidget):
    """Frames over time, what becomes of one of them, and the state that runs from step to step."""

    def __init__(self, form: RecurrentForm) -> None:
        super().__init__()
        self._form = form
        self.setAccessibleName(f"{form.title}: {form.step}")
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Four steps side by side."""
        return QSize(theme.width(250), theme.width(150))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the steps from left to right."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        steps = min(self._form.shape[1], DRAWN)
        wide = self.width() / (DRAWN + 0.6)
        for t in range(steps):
            self._paint_step(
                painter, QRectF(t * wide, 0, wide - 12, self.height()), t, t + 1 < steps
            )
        if self._form.shape[1] > DRAWN:
            box = QRectF(DRAWN * wide - 4, self.height() * 0.72, wide, 20)
            drawing.text(painter, box, "…", theme.font("strong"), "text3")

    def _paint_step(self, painter: QPainter, box: QRectF, t: int, more: bool) -> None:
        side = min(box.width(), box.height() * 0.26)
        frame = QRectF(box.left(), 16, side, side)
        drawing.text(
            painter, QRectF(box.left(), 0, side + 8, 14), f"t {t}", theme.font("axis"), "text3"
        )
        self._grid(painter, frame, 4)
        middle = QRectF(box.left(), box.height() * 0.42, side, box.height() * 0.2)
        state = QRectF(box.left(), box.height() * 0.7, side, side)
        self._arrow(painter, QPointF(frame.center().x(), frame.bottom()), middle.top())
        if self._form.key == "flat":
            self._row(painter, middle, 8)
        elif self._form.key in ("cnn", "cnn_flat"):
            self._box(painter, middle.adjusted(0, 0, 0, -middle.height() / 2 - 2), "CNN")
            self._row(painter, middle.adjusted(side / 4, middle.height() / 2 + 2, -side / 4, 0), 3)
        else:
            self._grid(painter, middle.adjusted(side / 6, 0, -side / 6, 0), 4)
        self._arrow(painter, QPointF(frame.center().x(), middle.bottom()), state.top())
        if self._form.key == "convlstm":
            self._grid(painter, state, 4, "accent")
        else:
            self._box(painter, state.adjusted(0, side * 0.2, 0, -side * 0.2), "state")
        if more:
            painter.setPen(QPen(theme.color("accent"), 1.5))
            y = state.center().y()
            painter.drawLine(QPointF(state.right() + 2, y), QPointF(state.right() + 11, y))

    @staticmethod
    def _grid(painter: QPainter, box: QRectF, count: int, role: str = "text3") -> None:
        painter.setPen(QPen(theme.color(role), 1))
        painter.setBrush(theme.color("field"))
        painter.drawRect(box)
        for n in range(1, count):
            x, y = box.left() + n * box.width() / count, box.top() + n * box.height() / count
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))

    @staticmethod
    def _row(painter: QPainter, box: QRectF, count: int) -> None:
        """Numbers in a row: one cell each."""
        painter.setPen(QPen(theme.color("text3"), 1))
        painter.setBrush(theme.color("raised"))
        tall = min(box.height(), 9.0)
        for n in range(count):
            wide = box.width() / count
            cell = QRectF(box.left() + n * wide, box.center().y() - tall / 2, wide, tall)
            painter.drawRect(cell)

    @staticmethod
    def _box(painter: QPainter, box: QRectF, words: str) -> None:
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(box, 3, 3)
        center = Qt.AlignmentFlag.AlignHCenter
        drawing.text(painter, box, words, theme.font("axis"), "accent", center)

    @staticmethod
    def _arrow(painter: QPainter, start: QPointF, end: float) -> None:
        painter.setPen(QPen(theme.color("text3"), 1))
        painter.drawLine(QPointF(start.x(), start.y() + 2), QPointF(start.x(), end - 2))
