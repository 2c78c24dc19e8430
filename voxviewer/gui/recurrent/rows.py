"""The fields of a recurrent network as a table: which setting, what it is called, what shows it."""

from __future__ import annotations

from voxviewer.gui.network_fields import SEEDS, Field, whole
from voxviewer.gui.parts import NumberField

FIELDS = (
    Field("units", "LSTM", "Numbers that an LSTM hands on each step", whole(1, 1, 4096, "units")),
    Field("filters", "Pictures", "Filters of the Conv2D or ConvLSTM2D", whole(1, 1, 512, "F")),
    Field("kernel", "Pictures", "Their taps along H and W", whole(1, 1, 31, "taps")),
    Field("epochs", "Epochs", "How many times all clips are seen", whole(1, 1, 10_000)),
    Field("batch_size", "Epochs", "Clips between two steps", whole(1, 1, 4096, "batch")),
    Field("learning_rate", "Steps", "How far a step of Adam goes",
          lambda: NumberField(0.01, 1e-6, 10, 0.001, 4, prefix="rate")),
    Field("seed", "Steps", "Of the first weights, the order and what is held out",
          whole(0, 0, SEEDS, "seed")),
    Field("validation", "Held out", "Share of the clips of each class that is only looked at",
          lambda: NumberField(0.2, 0, 0.9, 0.05, 2)),
)  # fmt: skip
