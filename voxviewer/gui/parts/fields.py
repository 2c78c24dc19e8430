"""Numbers: one, or one for each axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from voxviewer.gui import theme
from voxviewer.gui.parts.spins import Spin, arrow_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QResizeEvent

SETTLE = 400  # milliseconds without another step, until stepping counts as finished


class Group(QWidget):
    """Parts that show one value; the focus it is given goes to the first of them.

    No focus proxy: Tab stops at a proxy's holder too, wherever it stands in the chain, and where
    rows change their order that leads back to rows that were left, round and round.
    """

    _first: QWidget | None = None

    def lead_focus(self, first: QWidget) -> None:
        """Say which part has the keyboard first."""
        self._first = first

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the focus on."""
        if self._first is not None:
            self._first.setFocus(event.reason())


class NumberField(Group):
    """One number, with its unit.

    Parameters
    ----------
    decimals : 0 makes `value` an int
    unit, prefix : drawn quietly after and before the number: "2.0 px", "seed 7"
    optional : the field may be empty, then `value` is None and `hint` says what that means
    """

    changed = Signal(object)
    committed = Signal(object)

    def __init__(
        self,
        value: float | None = 0.0,
        minimum: float = 0.0,
        maximum: float = 1e9,
        step: float = 0.1,
        decimals: int = 1,
        unit: str = "",
        prefix: str = "",
        optional: bool = False,
        hint: str = "",
        name: str = "",
    ) -> None:
        super().__init__()
        step = max(1, step) if decimals == 0 else step
        self.spin = Spin(minimum, maximum, step, decimals, prefix, unit, optional)
        self.spin.set_hint(hint)
        self.setAccessibleName(name)
        self.lead_focus(self.spin)
        _only(self, [self.spin])
        self._settle = _settling(self, [self.spin], self._on_changed, self._on_settled)
        self.value = value

    @property
    def value(self) -> Any:
        """The number, None where the field is empty; setting it tells nobody."""
        return self.spin.number

    @value.setter
    def value(self, value: float | None) -> None:
        self.spin.number = value
        self._told = self._live = self.spin.number

    def setAccessibleName(self, name: str) -> None:
        """Name the number too: it is what has the keyboard."""
        super().setAccessibleName(name)
        self.spin.setAccessibleName(name)

    def set_hint(self, hint: str) -> None:
        """Say what an empty field means."""
        self.spin.set_hint(hint)

    def set_unit(self, unit: str) -> None:
        """Draw another unit after the number."""
        self.spin.set_unit(unit)

    def set_range(self, minimum: float, maximum: float) -> None:
        """Allow numbers from minimum to maximum."""
        blocked = self.spin.blockSignals(True)
        self.spin.limit(minimum, maximum)
        self.spin.blockSignals(blocked)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the number as one that cannot be used."""
        theme.set_property(self.spin, "bad", bad)

    def _on_changed(self) -> None:
        if self.value != self._live:  # Qt tells the same again when Enter is pressed
            self._live = self.value
            self.changed.emit(self.value)

    def _on_settled(self) -> None:
        self._settle.stop()
        if self.value != self._told:
            self._told = self.value
            self.committed.emit(self.value)


class AxisFields(Group):
    """Whole numbers side by side, one for each axis: `T 20  H 64  W 64`.

    Parameters
    ----------
    letters : the axes' letters
    value : as many whole numbers; None in one of them where `optional`
    """

    changed = Signal(object)
    committed = Signal(object)

    def __init__(
        self,
        letters: str = "THW",
        value: Sequence[int | None] = (1, 1, 1),
        minimum: int = 1,
        maximum: int = 9999,
        optional: bool = False,
        name: str = "",
    ) -> None:
        super().__init__()
        self.fields = tuple(
            Spin(minimum, maximum, prefix=letter, optional=optional) for letter in letters
        )
        for letter, field in zip(letters, self.fields, strict=True):
            field.setAccessibleName(f"{name} {letter}".strip())
        self.setAccessibleName(name)
        self.lead_focus(self.fields[0])
        _only(self, self.fields)
        self._settle = _settling(self, self.fields, self._on_changed, self._on_settled)
        self.value = tuple(value)

    @property
    def value(self) -> tuple[int | None, ...]:
        """The numbers, None for an empty one; setting them tells nobody."""
        return tuple(None if field.number is None else round(field.number) for field in self.fields)

    @value.setter
    def value(self, value: Sequence[int | None]) -> None:
        for field, number in zip(self.fields, value, strict=True):
            field.number = number
        self._told = self._live = self.value
        self._fit()

    def set_hints(self, hints: Sequence[int | str]) -> None:
        """Say what an empty field means: the source's own values, or words as "auto"."""
        for field, hint in zip(self.fields, hints, strict=True):
            field.set_hint(str(hint))
        self._fit()

    def set_range(self, minimum: int, maximum: int) -> None:
        """Allow numbers from minimum to maximum."""
        for field in self.fields:
            blocked = field.blockSignals(True)
            field.limit(minimum, maximum)
            field.blockSignals(blocked)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark all numbers, or the one at index `at`, as such that cannot be used."""
        for index, field in enumerate(self.fields):
            theme.set_property(field, "bad", bad and at in (None, index))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the arrows where the numbers need the room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show arrows in all fields or in none."""
        if not hasattr(self, "fields"):
            return
        arrows, count, row = arrow_width(), len(self.fields), self.layout()
        # Not the fields' own widths: those are of the layout before.
        room = (self.width() - (count - 1) * max(row.spacing() if row else 0, 0)) // count
        narrow = any(room < field.widest() + arrows for field in self.fields)
        for field in self.fields:
            field.set_narrow(narrow and self.width() > 0)

    def _on_changed(self) -> None:
        self._fit()
        if self.value != self._live:
            self._live = self.value
            self.changed.emit(self.value)

    def _on_settled(self) -> None:
        self._settle.stop()
        if self.value != self._told:
            self._told = self.value
            self.committed.emit(self.value)


def _only(widget: QWidget, fields: Sequence[QWidget]) -> None:
    """Lay fields side by side without margins."""
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(5)
    for field in fields:
        row.addWidget(field, 1)
    widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def _settling(widget: QWidget, fields: Sequence[Spin], changed: object, settled: object) -> QTimer:
    """Tell `changed` at once, `settled` when a person presses Enter, leaves or stops stepping."""
    timer = QTimer(widget, singleShot=True, interval=SETTLE)
    timer.timeout.connect(settled)
    for field in fields:
        field.valueChanged.connect(changed)
        field.stepped.connect(timer.start)
        field.editingFinished.connect(settled)
    return timer
