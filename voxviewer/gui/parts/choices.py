"""One of several, or yes and no.

Two or three options are a segment, more a combo box; on and off is a check box whose text says what
it does. Options are pairs of a value and its words. `value` is set silently; what a person does is
told by `changed`, `committed` and `chosen`, all at the same moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import (
        QEnterEvent,
        QFocusEvent,
        QKeyEvent,
        QPaintEvent,
    )

    Options = Sequence[tuple[Any, str]]


class _Option(QAbstractButton):
    """One option of a segment; the segment has the keyboard."""

    def __init__(self, segment: Segment, value: Any, text: str, air: int) -> None:
        super().__init__(segment)
        self._air = air
        self.value = value
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Room for the words in semibold, so that choosing moves nothing."""
        words = drawing.advance(theme.font("strong"), self.text())
        return QSize(words + 2 * self._air, theme.height("segment"))

    def minimumSizeHint(self) -> QSize:
        """Words are not cut off while there is another way."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words, raised where chosen."""
        painter = drawing.painter_on(self)
        box = self.rect()
        segment = self.parentWidget() or self
        if self.isChecked():
            inset = 2 if segment.hasFocus() else 0
            inner = box.adjusted(inset, inset, -inset, -inset)
            edge = "edge" if segment.isEnabled() else "line"
            fill = "chosen" if self.isEnabled() else "head"
            drawing.frame(painter, inner, 5 - inset, fill, edge)
        font = theme.font("strong" if self.isChecked() else "body")
        center = Qt.AlignmentFlag.AlignHCenter
        drawing.text(painter, box.adjusted(2, 0, -2, 0), self.text(), font, self._role(), center)

    def _role(self) -> str:
        if not self.isEnabled():
            return "off"
        return "text" if self.isChecked() or self.underMouse() else "text2"

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up under the pointer."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to rest."""
        super().leaveEvent(event)
        self.update()


class Segment(QWidget):
    """A few options side by side in one frame, one of them chosen; arrow keys move the choice.

    Parameters
    ----------
    options : pairs (value, words)
    value : the chosen one; None for the first (or for the option whose value is None)
    name : for people who cannot see the label beside it
    compact : only as wide as its words, as in the tool bar
    """

    changed = Signal(object)
    committed = Signal(object)
    chosen = Signal(object)

    def __init__(
        self, options: Options, value: Any = None, name: str = "", compact: bool = False
    ) -> None:
        super().__init__()
        self._compact = compact
        self._value: Any = value
        self._buttons: list[_Option] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        across = QSizePolicy.Policy.Maximum if compact else QSizePolicy.Policy.Expanding
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.set_options(options)

    @property
    def value(self) -> Any:
        """The chosen option's value; setting it tells nobody."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value
        words = ""
        for button in self._buttons:
            button.setChecked(button.value == value)
            words = button.text() if button.isChecked() else words
        self.setAccessibleDescription(words)

    @property
    def options(self) -> tuple[Any, ...]:
        """The values there are."""
        return tuple(button.value for button in self._buttons)

    def set_options(self, options: Options) -> None:
        """Offer other options; the value stays if it is among them, else the first is chosen."""
        if [(button.value, button.text()) for button in self._buttons] != list(options):
            self._make_buttons(options)
        for button in self._buttons:
            button.setEnabled(True)
            button.setToolTip("")
        found = self._value in self.options
        self.value = self._value if found or not self._buttons else self._buttons[0].value

    def _make_buttons(self, options: Options) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        air = 11 if self._compact else 3
        self._buttons = [_Option(self, value, text, air) for value, text in options]
        for button in self._buttons:
            self._row.addWidget(button, 0 if self._compact else 1)
            button.clicked.connect(self._on_clicked)

    def set_option_enabled(self, value: Any, enabled: bool, reason: str = "") -> None:
        """Allow an option or not; the reason is its tooltip."""
        for button in self._buttons:
            if button.value == value:
                button.setEnabled(enabled)
                button.setToolTip("" if enabled else reason)

    def button(self, value: Any) -> QAbstractButton:
        """The button of an option, for tests and tours."""
        return next(button for button in self._buttons if button.value == value)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the choice as one that cannot be used."""
        theme.set_property(self, "bad", bad)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, or the ring where the keyboard is."""
        painter = drawing.painter_on(self)
        edge = "error" if self.property("bad") else "edge" if self.isEnabled() else "line"
        drawing.frame(painter, self.rect(), 5, "field" if self.isEnabled() else "panel", edge)
        if self.hasFocus():
            drawing.ring(painter, self.rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move the choice, past options that are off."""
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1,
        }  # fmt: skip
        if event.key() in steps:
            self._step(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            able = [button for button in self._buttons if button.isEnabled()]
            if able:
                self._choose(able[0 if event.key() == Qt.Key.Key_Home else -1])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring, round the chosen option too."""
        super().focusInEvent(event)
        self._repaint()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self._repaint()

    def _repaint(self) -> None:
        self.update()
        for button in self._buttons:
            button.update()

    def _step(self, by: int) -> None:
        able = [button for button in self._buttons if button.isEnabled()]
        places = [place for place, button in enumerate(able) if button.isChecked()]
        place = places[0] + by if places else 0
        if 0 <= place < len(able):
            self._choose(able[place])

    def _on_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, _Option):
            self._choose(button)

    def _choose(self, button: _Option) -> None:
        if button.value == self._value:
            button.setChecked(True)
            return
        self.value = button.value
        for signal in (self.changed, self.committed, self.chosen):
            signal.emit(button.value)


class Check(QCheckBox):
    """Yes or no; its text says what it does to this data: "shrinks 4×, smooths"."""

    changed = Signal(object)
    committed = Signal(object)
    chosen = Signal(object)

    def __init__(self, text: str = "", value: bool = False, name: str = "") -> None:
        super().__init__(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name or text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.value = value
        self.clicked.connect(self._on_clicked)

    @property
    def value(self) -> bool:
        """Yes or no; setting it tells nobody."""
        return self.isChecked()

    @value.setter
    def value(self, value: bool) -> None:
        self.setChecked(bool(value))

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the choice as one that cannot be used."""
        theme.set_property(self, "bad", bad)

    def sizeHint(self) -> QSize:
        """The height of all fields."""
        return QSize(super().sizeHint().width() + 2, theme.height("field"))

    def minimumSizeHint(self) -> QSize:
        """The words may be cut off; then they are the tooltip."""
        return QSize(min(self.sizeHint().width(), theme.width(70)), theme.height("field"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as the style does, with an ellipsis where the words are too long."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        element = QStyle.SubElement.SE_CheckBoxContents
        room = self.style().subElementRect(element, option, self).width()
        elide = Qt.TextElideMode.ElideRight
        option.text = self.fontMetrics().elidedText(self.text(), elide, room)
        self.setToolTip(self.text() if option.text != self.text() else "")
        painter.drawControl(QStyle.ControlElement.CE_CheckBox, option)

    def _on_clicked(self, on: bool) -> None:
        for signal in (self.changed, self.committed, self.chosen):
            signal.emit(on)
