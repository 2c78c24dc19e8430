"""Fields of the Encode panel for targets in millimeters, Gaussians that end, and cameras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.panels.fields import Pair, SliderField
from voxviewer.gui.parts import Choice, NumberField
from voxviewer.gui.parts.fields import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

SPACINGS = (
    ("source", "As the source is"),
    ("isotropic", "Isotropic"),
    ("one", "Every"),
    ("axes", "Each axis"),
)
CUTOFFS = (("whole", "None"), ("at", "At"))


class SpacingField(Group):
    """Millimeters between voxels: as the source is, isotropic, one number, or one an axis."""

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.way = Choice(SPACINGS, name="Spacing")
        self.one = NumberField(1.0, 0.001, 10_000.0, 0.5, 3, "mm", name="Spacing")
        self.axes = tuple(
            NumberField(1.0, 0.001, 10_000.0, 0.5, 3, prefix=letter, name=f"Spacing {letter}")
            for letter in "DHW"
        )
        for number in (self.one, *self.axes):
            number.spin.trim = True
        for number in self.axes:  # three side by side: the number before the arrows
            number.spin.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self._below = QWidget()
        self._lay()
        self.lead_focus(self.way)
        self.way.changed.connect(self._on_way)
        for number in (self.one, *self.axes):
            number.changed.connect(lambda _: self.changed.emit(self.value))
            number.committed.connect(lambda _: self.committed.emit(self.value))
        self._arrange()

    def _lay(self) -> None:
        column, above, below = QVBoxLayout(self), QHBoxLayout(), QHBoxLayout(self._below)
        for layout in (column, above, below):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(6)
        column.setSpacing(5)
        above.addWidget(self.way, 3)
        above.addWidget(self.one, 2)
        for number in self.axes:
            below.addWidget(number, 1)
        column.addLayout(above)
        column.addWidget(self._below)

    @property
    def value(self) -> Any:
        """What `EncodingSettings.spacing` takes."""
        way = self.way.value
        if way == "one":
            return float(self.one.value)
        if way == "axes":
            return tuple(float(number.value) for number in self.axes)
        return "isotropic" if way == "isotropic" else None

    @value.setter
    def value(self, value: Any) -> None:
        if isinstance(value, tuple):
            for number, mm in zip(self.axes, value, strict=True):
                number.value = mm
        elif isinstance(value, (int, float)):
            self.one.value = value
        self.way.value = (
            "source" if value is None else value if isinstance(value, str)
            else "axes" if isinstance(value, tuple) else "one"
        )  # fmt: skip
        self._arrange()

    def set_own(self, spacing: Sequence[float] | None) -> None:
        """Begin with the source's own millimeters, D, H, W, where others are not chosen."""
        if spacing is None:
            return
        if self.way.value != "axes":
            for number, mm in zip(self.axes, spacing, strict=True):
                number.value = round(float(mm), 3)
        if self.way.value != "one":
            self.one.value = round(float(min(spacing)), 3)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the numbers as such that cannot be used."""
        for number in (self.one, *self.axes):
            number.set_bad(bad)

    def _on_way(self, _: Any) -> None:
        self._arrange()
        self.changed.emit(self.value)
        self.committed.emit(self.value)

    def _arrange(self) -> None:
        self.one.setVisible(self.way.value == "one")
        self._below.setVisible(self.way.value == "axes")


class CutoffField(Pair):
    """Where a Gaussian ends: nowhere, or at so many sigmas either way."""

    def __init__(self) -> None:
        super().__init__()
        self.way = Choice(CUTOFFS, name="Cut-off")
        self.sigmas = NumberField(3.0, 0.1, 100.0, 0.5, 1, "σ", name="Cut-off")
        self._lay(self.way, self.sigmas, (3, 2), "Cut-off")
        self.way.changed.connect(self._on_way)
        self.sigmas.changed.connect(lambda _: self.changed.emit(self.value))
        self.sigmas.committed.connect(lambda _: self.committed.emit(self.value))
        self._arrange()

    @property
    def value(self) -> float | None:
        """Sigmas, None where all of it is drawn."""
        return float(self.sigmas.value) if self.way.value == "at" else None

    @value.setter
    def value(self, value: float | None) -> None:
        if value is not None:
            self.sigmas.value = value
        self.way.value = "whole" if value is None else "at"
        self._arrange()

    def _on_way(self, _: Any) -> None:
        self._arrange()
        self.changed.emit(self.value)
        self.committed.emit(self.value)

    def _arrange(self) -> None:
        self.sigmas.setVisible(self.way.value == "at")


class AngleField(SliderField):
    """Degrees with a slider of even steps, live while it is dragged."""

    def __init__(self, most: float, name: str) -> None:
        super().__init__(-most, most, most, "°", name)
        self.number.set_range(-most, most)
        self.number.setMaximumWidth(theme.width(96))
        self.value = 0.0

    def _share(self, value: float) -> float:
        low, high = self._ends
        return (value - low) / (high - low)

    def _at(self, share: float) -> float:
        low, high = self._ends
        return float(round(low + (high - low) * share))
