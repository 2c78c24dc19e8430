"""What says how far work is, and what a drop would do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QProgressBar, QSizePolicy, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.buttons import Button
from voxviewer.gui.parts.labels import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_STEPS = 1000


class ProgressCard(QWidget):
    """What is being done, how far it is, how long it will take, and Cancel."""

    cancelled = Signal()

    def __init__(self, what: str = "", cancellable: bool = True) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._what = Label(what, "strong", elide=Qt.TextElideMode.ElideRight)
        self._detail = Label("", "body", "text3", elide=Qt.TextElideMode.ElideRight)
        self._far = Label("", "body", "text2")
        self.cancel = Button("Cancel", "stop")
        self.cancel.clicked.connect(self._on_cancel)
        self.cancel.setVisible(cancellable)
        self._bar = QProgressBar(maximum=_STEPS, textVisible=False)
        grid = QGridLayout(self)
        grid.setContentsMargins(13, 9, 13, 11)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for column, widget in enumerate((self._what, self._detail, self._far, self.cancel)):
            grid.addWidget(widget, 0, column)
        grid.addWidget(self._bar, 1, 0, 1, 4)
        self.show_progress(what)

    def show_progress(
        self,
        what: str,
        detail: str = "",
        fraction: float | None = None,
        left: float | None = None,
        note: str = "",
    ) -> None:
        """Say how it stands.

        Parameters
        ----------
        fraction : 0 to 1, None while it is not known
        left : seconds, None while they are not known
        note : words in the place of both: "no news for 12 s"
        """
        self._what.setText(what)
        self._detail.setText(detail)
        self._far.setText(note or progress_text(fraction, left))
        self._show_bar(round(_STEPS * min(1.0, max(0.0, fraction or 0.0))))
        self.setAccessibleName(what)
        self.setAccessibleDescription(f"{detail} {self._far.text()}".strip())

    def _show_bar(self, steps: int) -> None:
        """Qt's bar paints at once, and with it all that waits to be painted in the window."""
        if steps != self._bar.value():
            self._bar.setUpdatesEnabled(False)
            self._bar.setValue(steps)
            self._bar.setUpdatesEnabled(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        drawing.frame(drawing.painter_on(self), self.rect(), 5, "panel", "line")

    def _on_cancel(self) -> None:
        """Say at once that it was heard; the work itself may need a moment to stop."""
        self.cancel.setEnabled(False)
        self._far.setText("stopping")
        self.cancelled.emit()


def progress_text(fraction: float | None, left: float | None) -> str:
    """How far and how long, for people: "43 %, 6 s left", "7 %, 2 min left", "" if unknown."""
    parts = []
    if fraction is not None and math.isfinite(fraction):
        parts.append(f"{math.floor(100 * min(1.0, max(0.0, fraction)))} %")
    if left is not None and math.isfinite(left):
        parts.append(f"{_duration(max(0.0, left))} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    if seconds < 90 * 60:
        return f"{math.ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


class DropOverlay(QWidget):
    """Over the whole window while something is dragged over it: says what a drop will do."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._text, self._hint = "", ""
        # The window under it takes the drop.
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        window.installEventFilter(self)
        self.hide()

    @property
    def _window(self) -> QWidget:
        """The window under it; not kept, as a child that holds its parent may outlive it."""
        return self.parentWidget() or self

    def offer(self, text: str, hint: str = "") -> None:
        """Say what a drop will do, and what changes it: "Shift: each on its own."."""
        self._text, self._hint = text, hint
        self.setAccessibleName(text)
        self.setAccessibleDescription(hint)
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()
        self.update()

    def withdraw(self) -> None:
        """Nothing is over the window any more."""
        self.hide()

    def sizeHint(self) -> QSize:
        """Room for its words."""
        words = drawing.advance(theme.font("lead"), self._text)
        return QSize(words + 96, theme.line_height("lead") + theme.line_height() + 96)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the window."""
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self.setGeometry(self._window.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a soft sheet with an accent edge, an icon and the words."""
        painter = drawing.painter_on(self)
        veil = theme.color("canvas")
        veil.setAlphaF(0.6)
        painter.fillRect(self.rect(), veil)
        sheet = QRectF(self.rect()).adjusted(12, 12, -12, -12)
        painter.setOpacity(0.92)
        drawing.frame(painter, sheet, 8, "soft", "accent", 2)
        painter.setOpacity(1)
        lead, line = theme.line_height("lead"), theme.line_height()
        side = theme.icon_size(24)
        top = round(sheet.center().y() - (side + 10 + lead + 6 + line) / 2)
        box = QRectF(sheet.center().x() - side / 2, top, side, side)
        icons.paint(painter, "drop", box, "accent")
        left, width = round(sheet.x()) + 12, round(sheet.width()) - 24
        center = Qt.AlignmentFlag.AlignHCenter
        words = QRect(left, top + side + 10, width, lead)
        drawing.text(painter, words, self._text, theme.font("lead"), "text", center)
        below = QRect(left, words.bottom() + 6, width, line)
        drawing.text(painter, below, self._hint, theme.font(), "text2", center)
