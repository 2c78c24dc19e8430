"""Fields of windows: a preset or a center and a width of one's own; and how values are normalized.

A window says which values of the source are the ends, as a radiologist sets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout

from voxviewer.gui.parts import Choice, NumberField, side_by_side
from voxviewer.gui.parts.fields import Group
from voxviewer.windows import CT_WINDOWS, window_limits, window_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.windows import Window

OWN = "own"
FILE = "file"
FIRST = CT_WINDOWS["soft-tissue"]
"""The window where neither file nor person has said one."""


def preset_words(name: str) -> str:
    """Return "Soft tissue  50 / 400": center and width, as they are written."""
    center, width = CT_WINDOWS[name]
    title = name.replace("-", " ").capitalize()
    return f"{title}  {number_words(center)} / {number_words(width)}"


def number_words(value: float) -> str:
    """Return a number with a true minus."""
    return f"{value:g}".replace("-", "−")


def file_words(window: Window) -> str:
    """Return "Of the file  40 / 400"."""
    return f"Of the file  {number_words(window[0])} / {number_words(window[1])}"


class WindowField(Group):
    """A window as (center, width); None is the file's own."""

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._own: Window | None = None
        self._value: Window | None = None
        self.preset = Choice(name="Window")
        self.center = NumberField(0, -1e6, 1e6, 10, 1, prefix="C", name="Center of the window")
        self.width_ = NumberField(1, 0.1, 1e6, 10, 1, prefix="W", name="Width of the window")
        self.numbers = side_by_side(self.center, self.width_)
        self.center.setToolTip("Center of the window, in the source's values")
        self.width_.setToolTip("Width of the window: its ends become 0 and 1")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.preset)
        column.addWidget(self.numbers)
        self.lead_focus(self.preset)
        self.setAccessibleName("Window")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.preset.chosen.connect(self._on_preset)
        for field in (self.center, self.width_):
            field.changed.connect(self._on_number)
            field.committed.connect(self._on_settled)
        self._offer()

    @property
    def value(self) -> Window | None:
        """(center, width), or None for the file's own window; setting it tells nobody."""
        return self._value

    @value.setter
    def value(self, value: Window | None) -> None:
        self._value = value
        self._show()

    def set_file_window(self, window: Window | None) -> None:
        """Say which window the file brings, if any."""
        if window != self._own:
            self._own = window
            self._offer()

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the numbers as wrong."""
        for field in (self.center, self.width_):
            field.set_bad(bad)

    def _offer(self) -> None:
        named = [(name, preset_words(name)) for name in CT_WINDOWS]
        own = [(FILE, file_words(self._own))] if self._own is not None else []
        self.preset.set_options([*own, *named, (OWN, "Your own")])
        self._show()

    def _show(self) -> None:
        window = self._value or self._own or FIRST
        if self._value is None and self._own is not None:
            self.preset.value = FILE
        else:
            self.preset.value = window_named(window) or OWN
        self.center.value, self.width_.value = window

    def _on_preset(self, name: str) -> None:
        if name == OWN:  # the numbers are there to be changed
            self.center.setFocus()
            return
        self._tell(None if name == FILE else CT_WINDOWS[name])
        self.committed.emit(self._value)

    def _on_number(self, _: Any) -> None:
        self._tell((float(self.center.value), float(self.width_.value)))

    def _on_settled(self, _: Any) -> None:
        self.committed.emit(self._value)

    def _tell(self, value: Window | None) -> None:
        self._value = value
        self._show()
        self.changed.emit(value)


class NormalizeField(Group):
    """How a clip's values are scaled: (method, window); the window shows where it is the method."""

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self, methods: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.method = Choice(methods, name="Normalize")
        self.window_field = WindowField()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.method)
        column.addWidget(self.window_field)
        self.lead_focus(self.method)
        self._has_own = False
        self._kept: Window | None = None
        self.method.changed.connect(self._on_method)
        self.window_field.changed.connect(self._on_window)
        self.window_field.committed.connect(self._on_settled)
        self._arrange()

    @property
    def value(self) -> tuple[str, Window | None]:
        """What `normalize` and `window` of `EncodingSettings` take."""
        return str(self.method.value), self._kept

    @value.setter
    def value(self, value: tuple[str, Window | None]) -> None:
        self.method.value, self._kept = value
        self.window_field.value = self._kept
        self._arrange()

    def set_file_window(self, window: Window | None) -> None:
        """Say which window the file brings, if any."""
        self._has_own = window is not None
        self.window_field.set_file_window(window)

    def set_bad(self, bad: bool, at: int | None = None) -> None:
        """Mark the method, and the window where it is shown."""
        self.method.set_bad(bad)
        self.window_field.set_bad(bad and self.method.value == "window")

    def _on_method(self, method: str) -> None:
        if method == "window" and self._kept is None and not self._has_own:
            self._kept = FIRST
            self.window_field.value = FIRST
        self._arrange()
        self.changed.emit(self.value)
        self.committed.emit(self.value)

    def _on_window(self, window: Window | None) -> None:
        self._kept = window
        self.changed.emit(self.value)

    def _on_settled(self, _: Any) -> None:
        self.committed.emit(self.value)

    def _arrange(self) -> None:
        self.window_field.setVisible(self.method.value == "window")


class DisplayWindow(Choice):
    """A window as limits of the colors: `value` is (low, high), None where they are no window."""

    def __init__(self) -> None:
        super().__init__(name="Window of the colors")
        self._own: Window | None = None
        self._offer()

    def set_file_window(self, window: Window | None) -> None:
        """Say which window the file brings, if any."""
        if window != self._own:
            self._own = window
            self._offer()

    def show_limits(self, limits: tuple[float, float] | None) -> None:
        """Name the window that these limits are."""
        self.value = limits if limits in self.options else None

    def _offer(self) -> None:
        found = [(window_limits(self._own), file_words(self._own))] if self._own else []
        named = [(window_limits(CT_WINDOWS[name]), preset_words(name)) for name in CT_WINDOWS]
        taken = {limits for limits, _ in found}
        named = [item for item in named if item[0] not in taken]
        self.set_options([(None, "none of these"), *found, *named])
        self.value = None
