"""One of many: combo boxes, framed for panels and quiet for title bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QPaintEvent,
    QStandardItemModel,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
)

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.menus import Menu

if TYPE_CHECKING:
    from voxviewer.gui.parts.choices import Options


WIDEST_LIST = 560
"""Pixels that the list of a choice may be wide; longer words are cut off there."""


class Choice(QComboBox):
    """One of many, as a combo box. The wheel changes it only while it has the keyboard."""

    changed = Signal(object)
    committed = Signal(object)
    chosen = Signal(object)

    def __init__(self, options: Options = (), value: Any = None, name: str = "") -> None:
        super().__init__()
        self._values: list[Any] = []
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # A long name in the list must not widen the whole dock.
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.setSizeAdjustPolicy(policy)
        self.setMinimumContentsLength(4)
        self.activated.connect(self._on_activated)
        self.set_options(options, value)

    @property
    def value(self) -> Any:
        """The chosen option's value, None where there is none; setting it tells nobody."""
        index = self.currentIndex()
        return self._values[index] if 0 <= index < len(self._values) else None

    @value.setter
    def value(self, value: Any) -> None:
        index = self._values.index(value) if value in self._values else -1
        self.setCurrentIndex(index)
        self._told = value

    @property
    def options(self) -> tuple[Any, ...]:
        """The values there are."""
        return tuple(self._values)

    def set_options(self, options: Options, value: Any = None) -> None:
        """Offer other options; `value`, else the present one, else the first is chosen."""
        wanted = self.value if value is None and self._values else value
        texts = [self.itemText(index) for index in range(self.count())]
        if list(zip(self._values, texts, strict=True)) != list(options):
            self.clear()
            self._values = [item for item, _ in options]
            self.addItems([text for _, text in options])
        for item in self._values:
            self.set_option_enabled(item, True)
        if wanted in self._values:
            self.value = wanted
        elif self._values:
            self.value = self._values[0]

    def set_option_enabled(self, value: Any, enabled: bool, reason: str = "") -> None:
        """Allow an option or not; the reason is its tooltip."""
        model = self.model()
        if value in self._values and isinstance(model, QStandardItemModel):
            item = model.item(self._values.index(value))
            item.setEnabled(enabled)
            item.setToolTip("" if enabled else reason)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the choice as one that cannot be used."""
        theme.set_property(self, "bad", bad)

    def sizeHint(self) -> QSize:
        """The height of all fields."""
        return QSize(super().sizeHint().width(), theme.height("field"))

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters; longer words are cut off with an ellipsis."""
        return QSize(theme.width(56), theme.height("field"))

    def showPopup(self) -> None:
        """Show the list as wide as its longest words, however narrow the field is."""
        view = self.view()
        needed = view.sizeHintForColumn(0) + theme.width(32)
        view.setMinimumWidth(min(max(needed, self.width()), theme.width(WIDEST_LIST)))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel that scrolls, unless the keyboard is here."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as the style does, with the words cut off by an ellipsis where they are too long."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        room = field.width() - (
            option.iconSize.width() + 4 if not option.currentIcon.isNull() else 0
        )
        elide = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(option.currentText, elide, room - 4)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _on_activated(self) -> None:
        if self.value == self._told:
            return
        self._told = self.value
        for signal in (self.changed, self.committed, self.chosen):
            signal.emit(self.value)


class QuietChoice(QToolButton):
    """A choice for title bars: words and a chevron, no frame: "Scale per map v"."""

    changed = Signal(object)
    committed = Signal(object)
    chosen = Signal(object)

    def __init__(
        self, label: str, options: Options = (), value: Any = None, name: str = ""
    ) -> None:
        super().__init__()
        self._label = label
        self._brief = False
        self._value: Any = value
        self._actions: list[tuple[Any, QAction]] = []
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName(name or label)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMenu(Menu(self))
        self._group = QActionGroup(self)
        self.setProperty("small", True)
        self.set_options(options)

    @property
    def value(self) -> Any:
        """The chosen option's value; setting it tells nobody."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value
        for item, action in self._actions:
            action.setChecked(item == value)
        self.setText(self.words())
        self.setAccessibleDescription(self.words())
        self.updateGeometry()

    @property
    def options(self) -> tuple[Any, ...]:
        """The values there are."""
        return tuple(value for value, _ in self._actions)

    def words(self) -> str:
        """Label and chosen option, as shown."""
        chosen = [action.text() for value, action in self._actions if value == self._value]
        label = [] if self._brief and chosen else [self._label]
        return " ".join([*label, *chosen]).strip()

    @property
    def brief(self) -> bool:
        """True where the label is left out, because there is little room."""
        return self._brief

    @brief.setter
    def brief(self, brief: bool) -> None:
        if brief != self._brief:
            self._brief = brief
            self.value = self._value

    def set_options(self, options: Options) -> None:
        """Offer other options; the value stays if it is among them, else the first is chosen."""
        if [(value, action.text()) for value, action in self._actions] != list(options):
            for _, action in self._actions:
                self._group.removeAction(action)
                self.menu().removeAction(action)
            self._actions = [(value, self._action(text)) for value, text in options]
        for _, action in self._actions:
            action.setEnabled(True)
            action.setToolTip("")
        found = self._value in self.options
        self.value = self._value if found or not self._actions else self._actions[0][0]

    def set_option_enabled(self, value: Any, enabled: bool, reason: str = "") -> None:
        """Allow an option or not; the reason is its tooltip."""
        for item, action in self._actions:
            if item == value:
                action.setEnabled(enabled)
                action.setToolTip(reason)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Nothing to mark: it has no frame."""

    def sizeHint(self) -> QSize:
        """Words and chevron."""
        words = drawing.advance(theme.font(), self.words())
        return QSize(words + theme.icon_size(12) + 20, theme.height("target"))

    def minimumSizeHint(self) -> QSize:
        """Words may be cut off."""
        return QSize(theme.width(48), theme.height("target"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw words and chevron."""
        painter = drawing.painter_on(self)
        role = "text" if self.underMouse() else "text2"
        role = role if self.isEnabled() else "off"
        side = theme.icon_size(12)
        words = QRect(6, 0, self.width() - side - 18, self.height())
        drawing.text(painter, words, self.words(), theme.font(), role)
        shown = min(drawing.advance(theme.font(), self.words()), words.width())
        box = QRectF(words.x() + shown + 6, (self.height() - side) / 2 + 0.5, side, side)
        icons.paint(painter, "fold", box, "text3" if self.isEnabled() else "off")
        if self.hasFocus():
            drawing.ring(painter, self.rect(), 4)

    def _action(self, text: str) -> QAction:
        action = self.menu().addAction(text)
        action.setCheckable(True)
        self._group.addAction(action)
        action.triggered.connect(self._on_triggered)
        return action

    def _on_triggered(self) -> None:
        value = next(value for value, action in self._actions if action.isChecked())
        if value == self._value:
            return
        self.value = value
        for signal in (self.changed, self.committed, self.chosen):
            signal.emit(value)
