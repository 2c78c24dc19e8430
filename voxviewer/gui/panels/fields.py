"""Fields made of two parts: a slider with its number, a choice with its detail.

Like every value part they have `value` (setting it is silent), `changed`, `committed`, `set_bad`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import Choice, NumberField
from voxviewer.gui.parts.fields import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent

PADS = (("zero", "zero"), ("edge", "edge"), ("loop", "loop"), ("reflect", "reflect"))
DEPTHS = (
    ("middle", "Middle slice"),
    ("mean", "Mean of all"),
    ("channels", "As channels"),
    ("index", "Slice"),
)

_STEPS = 400


class Pair(Group):
    """Two parts side by side that show one value."""

    changed = Signal(object)
    committed = Signal(object)

    def _lay(self, first: QWidget, second: QWidget, stretch: tuple[int, int], name: str) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(first, stretch[0])
        row.addWidget(second, stretch[1])
        self._parts = (first, second)
        self.lead_focus(first)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark both parts, or one, as wrong."""
        for index, part in enumerate(self._parts):
            if hasattr(part, "set_bad"):
                part.set_bad(bad and at in (None, index))


class JumpSlider(QSlider):
    """A slider that goes where it is pressed and follows from there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """As high as a field, so that the whole knob has room."""
        return QSize(super().sizeHint().width(), theme.height("field"))

    def minimumSizeHint(self) -> QSize:
        """Never lower."""
        return QSize(theme.width(40), theme.height("field"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the knob under the pointer, then let Qt drag it."""
        if event.button() == Qt.MouseButton.LeftButton:
            # The press as such says the drag has begun, so that the jump is part of it.
            self.setSliderDown(True)
            self.setSliderPosition(self._position_at(event.position().x()))
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel that scrolls, unless the keyboard is here."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _position_at(self, x: float) -> int:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        knob = self.style().subControlRect(control, option, handle, self).width()
        room = max(1, self.width() - knob)
        return QStyle.sliderValueFromPosition(
            self.minimum(), self.maximum(), round(x - knob / 2), room
        )


class SliderField(Pair):
    """A number with a slider whose steps grow with the number, live while it is dragged.

    Parameters
    ----------
    minimum, maximum : the slider's ends, both above 0; the number itself may go up to `most`
    """

    def __init__(
        self, minimum: float, maximum: float, most: float, unit: str = "", name: str = ""
    ) -> None:
        super().__init__()
        self._ends = (minimum, maximum)
        self.slider = JumpSlider()
        self.slider.setRange(0, _STEPS)
        self.slider.setSingleStep(4)
        self.slider.setPageStep(40)
        self.slider.setAccessibleName(f"{name} slider".strip())
        self.number = NumberField(minimum, 0.0, most, 0.1, 1, unit, name=name)
        self._lay(self.slider, self.number, (3, 2), name)
        self.number.setMaximumWidth(theme.width(96))
        self._value = minimum
        self.slider.valueChanged.connect(self._on_slid)
        self.slider.sliderReleased.connect(self._on_released)
        self.number.changed.connect(self._on_number)
        self.number.committed.connect(self.committed)

    @property
    def value(self) -> float:
        """The number."""
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        self._value = value
        self.number.value = value
        self._place()

    def _place(self) -> None:
        if self.slider.isSliderDown():
            return
        low, high = self._ends
        share = self._share(min(max(self._value, low), high))
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(round(share * _STEPS))
        self.slider.blockSignals(blocked)

    def set_unit(self, unit: str) -> None:
        """Say another unit beside the number."""
        self.number.set_unit(unit)

    def _share(self, value: float) -> float:
        """How far along the slider a number stands, 0 to 1."""
        low, high = self._ends
        return math.log(value / low) / math.log(high / low)

    def _at(self, share: float) -> float:
        """The number that stands there."""
        low, high = self._ends
        return float(round(low * (high / low) ** share, 1))

    def _on_slid(self, position: int) -> None:
        value = self._at(position / _STEPS)
        moved = value != self._value
        self._value = value
        self.number.value = value
        if moved:
            self.changed.emit(value)
        if not self.slider.isSliderDown():
            self.committed.emit(value)

    def _on_released(self) -> None:
        self.committed.emit(self._value)

    def _on_number(self, value: float) -> None:
        self._value = value
        self._place()
        self.changed.emit(value)


class WayField(Pair):
    """One of some words, or an index, which one of the words asks for.

    Parameters
    ----------
    ways : pairs (value, words)
    indexed : the value of the way that an index belongs to
    name, index_name : what the field, and its index, are called
    """

    def __init__(
        self, ways: Sequence[tuple[str, str]], indexed: str, name: str, index_name: str
    ) -> None:
        super().__init__()
        self._indexed = indexed
        self.way = Choice(ways, name=name)
        self.index = NumberField(0, 0, 65_535, 1, 0, name=index_name)
        self._lay(self.way, self.index, (3, 2), name)
        self.way.changed.connect(self._on_way)
        self.index.changed.connect(self._on_index)
        self.index.committed.connect(self.committed)
        self._arrange()

    @property
    def value(self) -> str | int:
        """A word, or an index."""
        indexed = self.way.value == self._indexed
        return int(self.index.value or 0) if indexed else str(self.way.value)

    @value.setter
    def value(self, value: str | int) -> None:
        if isinstance(value, int):
            self.index.value = value
        self.way.value = self._indexed if isinstance(value, int) else value
        self._arrange()

    def set_count(self, count: int) -> None:
        """Say how many there are: indices go to one less."""
        self.index.set_range(0, max(0, count - 1))

    def _on_way(self, _: Any) -> None:
        self._arrange()
        self.changed.emit(self.value)
        self.committed.emit(self.value)

    def _on_index(self, _: Any) -> None:
        self.changed.emit(self.value)

    def _arrange(self) -> None:
        self.index.setVisible(self.way.value == self._indexed)


class DepthField(WayField):
    """Which slice stays where real time is kept: "middle", "mean", "channels" or an index."""

    def __init__(self) -> None:
        super().__init__(DEPTHS, "index", "Depth", "Slice")


class FoldLine(QAbstractButton):
    """A quiet line inside a panel that folds what stands below it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A target for fingers, as wide as its words."""
        words = QFontMetrics(theme.font("caption")).horizontalAdvance(self.text())
        return QSize(words + theme.icon_size(16), theme.height("target"))

    def minimumSizeHint(self) -> QSize:
        """Words may be cut off; their beginning says enough."""
        return QSize(theme.width(60), theme.height("target"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the arrow and the words, and the ring where the keyboard is."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.icon_size(11)
        role = "text" if self.underMouse() else "text3"
        arrow = QRectF(0, (self.height() - side) / 2, side, side)
        icons.paint(painter, "fold" if self.isChecked() else "unfold", arrow, role)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color(role))
        words = QRectF(self.rect()).adjusted(side + 5, 0, 0, 0)
        metrics = QFontMetrics(theme.font("caption"))
        elide = Qt.TextElideMode.ElideRight
        text = metrics.elidedText(self.text(), elide, round(words.width()))
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), text)
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()
