"""What the Filters panel says of its filters, and of which axis a problem speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.gui.panels.words import kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import FilterBank
    from voxviewer.settings import FilterSettings

AXIS_WORDS = ("frames", "rows", "columns")


def size_words(filters: FilterSettings, bank: FilterBank | None) -> str:
    """Return "8 × 3×3×3": of the bank that is there, else of what was chosen."""
    if filters.whole:
        return f"up to {filters.layer}"
    if bank is not None:
        return f"{bank.count} × {kernel(bank.size)}"
    if filters.source == "random":
        return f"{filters.count} × {kernel(filters.kernel)}"
    return kernel(filters.kernel) if filters.source == "preset" else "no filters"


def kind_words(filters: FilterSettings) -> str:
    """Return what the folded panel calls the filters: "random", "Motion and edges", "edited"."""
    if filters.source != "preset" or filters.preset is None:
        return "network" if filters.whole else filters.source
    from voxviewer.convolution.presets import PRESETS

    return PRESETS[filters.preset].title


def first_difference(first: Sequence[int], second: Sequence[int]) -> int:
    """Return the first axis in which two sizes differ."""
    pairs = zip(first, second, strict=True)
    return next(axis for axis, (one, other) in enumerate(pairs) if one != other)


def problem_axis(text: str) -> int | None:
    """Return which of T, H, W a sentence about a kernel that does not fit speaks of."""
    found = [index for index, word in enumerate(AXIS_WORDS) if f" {word} " in f" {text} "]
    return found[0] if found else None
