"""The fields of the Train panel as a table: which setting, what it is called, what shows it."""

from __future__ import annotations

from voxviewer.gui.network_fields import SEEDS, Field, whole
from voxviewer.gui.parts import AxisFields, Choice, NumberField
from voxviewer.settings.training import ACTIVATIONS, OPTIMIZERS, SCHEDULES

SCHEDULE_NAMES = {"constant": "Constant", "cosine": "Cosine"}
OPTIMIZER_NAMES = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}

FIELDS = (
    Field("count", "Network", "F, filters of each convolution", whole(8, 1, 512, "F")),
    Field("layers", "Network", "Convolutions, one after the other", whole(2, 1, 6, "layers")),
    Field("kernel", "Kernel", "Taps of the first convolution, whose filters are shown",
          lambda: AxisFields("THW", (3, 3, 3), 1, 31)),
    Field("epochs", "Epochs", "How many times everything is seen", whole(20, 1, 10_000)),
    Field("batch_size", "Epochs", "Examples between two steps", whole(4, 1, 4096, "batch")),
    Field("activation", "Activation", "After each convolution",
          lambda: Choice([(name, name) for name in ACTIVATIONS]), seldom=True),
    Field("span", "Frames", "Frames that the network sees at once",
          whole(None, 1, 4096, "span", "by task"), seldom=True),
    Field("stride", "Frames", "Frames from one span of a clip to the next",
          whole(None, 1, 4096, "step", "by task"), seldom=True),
    Field("optimizer", "Steps", "By which rule the weights are changed",
          lambda: Choice([(name, OPTIMIZER_NAMES[name]) for name in OPTIMIZERS]), seldom=True),
    Field("learning_rate", "Steps", "How far a step goes",
          lambda: NumberField(0.003, 1e-6, 10, 0.001, 4, prefix="rate"), seldom=True),
    Field("schedule", "Decay", "The rate stays, or falls to 0 over all steps",
          lambda: Choice([(name, SCHEDULE_NAMES[name]) for name in SCHEDULES]), seldom=True),
    Field("l2", "Decay", "Penalty on the squares of the weights, a part of the loss",
          lambda: NumberField(0.0, 0, 1, 0.001, 4, prefix="L2"), seldom=True),
    Field("validation", "Held out", "Share of the examples that is only looked at",
          lambda: NumberField(0.2, 0, 0.9, 0.05, 2), seldom=True),
    Field("seed", "Held out", "Of the first weights, the order and what is held out",
          whole(0, 0, SEEDS, "seed"), seldom=True),
)  # fmt: skip
