"""Fields of several numbers that belong together: length, transforms, percentiles, statistics.

Each shows a tuple of settings; a part that the chosen way has no use for is not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy

from voxviewer.gui.panels.fields import PADS
from voxviewer.gui.parts import Choice, Label, NumberField
from voxviewer.gui.parts.fields import Group
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from collections.abc import Sequence

WAYS = (
    ("sample", "Sample evenly"),
    ("random", "Sample at random"),
    ("center", "Center"),
    ("window", "Window from"),
    ("pad", "Pad"),
)
SIDES = (("after", "after"), ("before", "before"), ("both", "both"))
STATISTICS = (("clip", "Of this clip"), ("sources", "Of all open sources"))


class Several(Group):
    """Parts that show one tuple; any edit tells the whole of it."""

    changed = Signal(object)
    committed = Signal(object)

    def _watch(self, parts: Sequence[Any]) -> None:
        self._parts = tuple(parts)
        self.lead_focus(self._parts[0])
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for part in parts:
            part.changed.connect(self._on_part)
            part.committed.connect(self._on_settled)

    @property
    def value(self) -> Any:
        """What all parts say."""
        return tuple(part.value for part in self._parts)

    @value.setter
    def value(self, value: Any) -> None:
        for part, one in zip(self._parts, value, strict=True):
            part.value = one
        self._show_parts()

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the parts as wrong."""
        for index, part in enumerate(self._parts):
            if hasattr(part, "set_bad"):
                part.set_bad(bad and at in (None, index))

    def _show_parts(self) -> None:
        """Show the parts that the chosen way has a use for."""

    def _on_part(self, _: Any) -> None:
        self._show_parts()
        self.changed.emit(self.value)

    def _on_settled(self, _: Any) -> None:
        self.committed.emit(self.value)


class LengthFields(Several):
    """How real time meets the wanted frames: (`length`, `pad_side`, `start`)."""

    def __init__(self) -> None:
        super().__init__()
        self.way = Choice(WAYS, name="Length")
        self.pad = Choice(PADS, name="Padding in time")
        self.side = Choice(SIDES, name="Where frames are padded")
        self.start = NumberField(0, 0, 1_000_000, 1, 0, prefix="frame", name="First frame")
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.addWidget(self.way, 0, 0)
        grid.addWidget(self.start, 0, 1)
        grid.addWidget(self.side, 0, 1)
        grid.addWidget(self.pad, 1, 0, 1, 2)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        self._watch((self.way, self.pad, self.side, self.start))
        self._show_parts()

    @property
    def value(self) -> Any:
        """`length`, `pad_side` and `start`."""
        way = f"pad-{self.pad.value}" if self.way.value == "pad" else str(self.way.value)
        return way, str(self.side.value), int(self.start.value or 0)

    @value.setter
    def value(self, value: tuple[str, str, int]) -> None:
        way, _, pad = value[0].partition("-")
        self.way.value = way
        if pad:
            self.pad.value = pad
        self.side.value, self.start.value = value[1], value[2]
        self._show_parts()

    def _show_parts(self) -> None:
        way = self.way.value
        self.pad.setVisible(way == "pad")
        self.side.setVisible(way == "pad")
        self.start.setVisible(way == "window")
        # A way without a part beside it has all the room: its words are long.
        self._grid.setColumnStretch(1, {"pad": 3, "window": 2}.get(way, 0))


class TransformFields(Several):
    """Ranges of a still's random transforms.

    (`rotation`, `translation`, `zoom`, `shear`, `blur`, `blur_taps`), two numbers where a range has
    two ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rotation = NumberField(15, 0, 180, 1, 1, "°", "±", name="Rotation")
        self.translation = NumberField(0.1, 0, 1, 0.01, 2, "", "±", name="Translation")
        self.zoom = Ends((0.9, 1.1), 0.01, 100, 0.05, 2, "Scale")
        self.shear = NumberField(0.1, 0, 80, 0.1, 1, "°", "±", name="Shear")
        self.blur = Ends((0.1, 1.0), 0.001, 1000, 0.1, 2, "Blur")
        self.taps = NumberField(3, 1, 999, 2, 0, "taps", name="Length of the blur")
        parts = (self.rotation, self.translation, self.zoom, self.shear, self.blur, self.taps)
        words = ("Rotate", "Shift", "Scale", "Shear", "Blur", "")
        tips = (
            "Degrees, either way", "Share of height and width, either way",
            "Lowest and highest scale", "Degrees, either way",
            "Lowest and highest sigma of the Gaussian, in pixels of the clip",
            "Length of the Gaussian; 1 blurs nothing",
        )  # fmt: skip
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for row, (word, part, tip) in enumerate(zip(words, parts, tips, strict=True)):
            part.setToolTip(tip)
            grid.addWidget(Label(word, "caption", "text3"), row, 0)
            grid.addWidget(part, row, 1)
        grid.setColumnStretch(1, 1)
        self._watch(parts)


class Ends(Several):
    """The two ends of a range."""

    def __init__(
        self, value: tuple[float, float], low: float, high: float, step: float, decimals: int,
        name: str, unit: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        self.low = NumberField(value[0], low, high, step, decimals, unit, name=f"{name} from")
        self.high = NumberField(value[1], low, high, step, decimals, unit, name=f"{name} to")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.low, 1)
        row.addWidget(self.high, 1)
        self._watch((self.low, self.high))


class StatisticsField(Group):
    """Whose statistics a clip is normalized with; numbers once they were measured.

    "sources" is only told by `changed`: what measures them replaces it by numbers, as one step.
    """

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.way = Choice(STATISTICS, name="Statistics")
        self._value: Any = "clip"
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.way)
        self.lead_focus(self.way)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.way.chosen.connect(self._on_chosen)

    @property
    def value(self) -> Any:
        """The setting: "clip", "sources" or two numbers."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value
        options: list[tuple[Any, str]] = [*STATISTICS]
        if isinstance(value, tuple):
            options.insert(1, (value, f"Given: {number(value[0])}, {number(value[1])}"))
        self.way.set_options(options)
        self.way.value = value

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Nothing here can be typed wrong."""

    def _on_chosen(self, value: Any) -> None:
        self._value = value
        self.changed.emit(value)
        if value != "sources":
            self.committed.emit(value)
