"""Which of several arrays, series or data sets of a file is shown, as a row of the Source panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from voxviewer.gui.parts import Choice, FormRow

if TYPE_CHECKING:
    from voxviewer.data import Alternative, Source


class AlternativesRow(FormRow):
    """A list of what the file holds; `wanted` says how to open what was picked."""

    wanted = Signal(object)

    def __init__(self) -> None:
        self.choice = Choice(name="What is shown of the file")
        super().__init__("Shown", self.choice)
        self._found: tuple[Alternative, ...] = ()
        self.choice.chosen.connect(self._on_chosen)
        self.setToolTip("What the file holds; another one takes the place of what is shown")
        self.hide()

    def show_source(self, source: Source | None) -> None:
        """Offer what this source's file holds; a file with one thing offers nothing."""
        self._found = source.facts.alternatives if source is not None else ()
        self.setVisible(len(self._found) > 1)
        self.label.setText(kind_words(self._found))
        self.choice.set_options(
            [(place, option_words(item)) for place, item in enumerate(self._found)]
        )
        for place, item in enumerate(self._found):
            if item.problem:
                self.choice.set_option_enabled(place, False, f"{item.label} {item.problem}")
        self._show_shown()

    def _show_shown(self) -> None:
        self.choice.value = next((n for n, item in enumerate(self._found) if item.shown), None)

    def _on_chosen(self, place: int) -> None:
        """Show what is shown until the other is there: it may be refused, or take a while."""
        item = self._found[place]
        self._show_shown()
        if not item.shown:
            self.wanted.emit(item.opening)


def kind_words(found: tuple[Alternative, ...]) -> str:
    """Return what to call the things of a file: "Array", "Voxels" of a cloud, "Part", "Series"."""
    if any(item.opening.cloud is not None for item in found):
        return "Voxels"
    if any(item.detail.endswith("joints") for item in found):
        return "Part"
    named = any(item.opening.array is not None for item in found)
    return "Array" if named else "Series"


def option_words(item: Alternative) -> str:
    """Return "vol  160 × 192 × 224, float64"."""
    shape = " × ".join(str(n) for n in item.shape)
    more = ", ".join(words for words in (shape, item.detail) if words)
    return f"{item.label}   {more}" if more else item.label
