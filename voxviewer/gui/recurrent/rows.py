"""The fields of a recurrent network as a table: which setting, what it is called, what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voxviewer.gui.parts import NumberField

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = 2**32 - 1


@dataclass(frozen=True)
class Field:
    """One setting; those with the same label share a row."""

    name: str
    label: str
    tip: str
    make: Callable[[], Any]


def _whole(low: int, high: int, prefix: str = "") -> Callable[[], Any]:
    return lambda: NumberField(low, low, high, 1, 0, prefix=prefix)


FIELDS = (
    Field("units", "LSTM", "Numbers that an LSTM hands on each step", _whole(1, 4096, "units")),
    Field("filters", "Pictures", "Filters of the Conv2D or ConvLSTM2D", _whole(1, 512, "F")),
    Field("kernel", "Pictures", "Their taps along H and W", _whole(1, 31, "taps")),
    Field("epochs", "Epochs", "How many times all clips are seen", _whole(1, 10_000)),
    Field("batch_size", "Epochs", "Clips between two steps", _whole(1, 4096, "batch")),
    Field("learning_rate", "Steps", "How far a step of Adam goes",
          lambda: NumberField(0.01, 1e-6, 10, 0.001, 4, prefix="rate")),
    Field("seed", "Steps", "Of the first weights, the order and what is held out",
          _whole(0, SEEDS, "seed")),
    Field("validation", "Held out", "Share of the clips of each class that is only looked at",
          lambda: NumberField(0.2, 0, 0.9, 0.05, 2)),
)  # fmt: skip


def labels() -> list[str]:
    """The rows' labels in order, each once."""
    return list(dict.fromkeys(field.label for field in FIELDS))
