"""How filters are trained: the task, the small network round them, and how it learns."""

from __future__ import annotations

from dataclasses import dataclass

from voxviewer.settings.checks import (
    make_plain,
    require_choice,
    require_count,
    require_number,
    require_positive,
    triple_of,
)

TASKS = ("next-frame", "autoencoder", "classes", "targets")
ACTIVATIONS = ("relu", "linear", "elu", "gelu", "leaky_relu", "selu", "silu", "tanh")
SCHEDULES = ("constant", "cosine")
OPTIMIZERS = ("adam", "sgd", "rmsprop")
WHOLE_CLIP = ("classes", "targets")
"""Tasks that see a whole clip at once where no span is chosen."""
SPAN = 8
"""Frames that the other tasks see at once where no span is chosen, of clips twice as long."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a small network is trained, whose first layer's kernels become filters.

    Attributes
    ----------
    task : "next-frame" (foretell the frame after a span), "autoencoder" (give the span back through
        a narrow place), "classes" (tell classes of clips apart), "targets" (numbers or words that a
        CSV file gives for each clip)
    count, kernel : filters of each convolution; taps of the first along T, H, W (the others have 3)
    layers : convolutions, one after the other
    activation : after each of them
    span : frames that the network sees at once; None: the whole clip for classes and targets, 8 for
        the other tasks, or half of a clip that has fewer than 16
    stride : frames from one span to the next of the same clip; None: half a span, and 1 for
        "next-frame"
    epochs : how many times everything is seen
    batch_size : examples between two steps of the optimizer
    learning_rate, optimizer : how far a step goes, and by which rule, one of `OPTIMIZERS`
    schedule : "constant", or "cosine": the learning rate falls to 0 over all steps
    l2 : penalty on the squares of the weights, a part of the loss
    seed : of the first weights, the order of the examples and which are held out
    validation : share of the examples that is held out and only looked at, never learned from
    targets : path of a CSV file with the columns "file" and "target", for "targets"
    """

    task: str = "next-frame"
    count: int = 8
    kernel: tuple[int, int, int] = (3, 3, 3)
    layers: int = 2
    activation: str = "relu"
    span: int | None = None
    stride: int | None = None
    epochs: int = 20
    batch_size: int = 4
    learning_rate: float = 0.003
    optimizer: str = "adam"
    schedule: str = "constant"
    l2: float = 0.0
    seed: int = 0
    validation: float = 0.2
    targets: str | None = None

    def __post_init__(self) -> None:
        make_plain(self)
        require_choice("task", self.task, TASKS)
        require_count("count", self.count, 1, 512)
        object.__setattr__(self, "kernel", triple_of("kernel", self.kernel))
        if max(self.kernel) > 31:
            raise ValueError(f"a trained kernel has at most 31 taps along an axis: {self.kernel}")
        require_count("layers", self.layers, 1, 6)
        require_choice("activation", self.activation, ACTIVATIONS)
        for name in ("span", "stride"):
            if getattr(self, name) is not None:
                require_count(name, getattr(self, name), 1, 4096)
        require_count("epochs", self.epochs, 1, 10_000)
        require_count("batch_size", self.batch_size, 1, 4096)
        require_positive("learning_rate", self.learning_rate)
        require_choice("optimizer", self.optimizer, OPTIMIZERS)
        require_choice("schedule", self.schedule, SCHEDULES)
        require_number("l2", self.l2, 0, 1)
        require_count("seed", self.seed, 0, 2**32 - 1)
        require_number("validation", self.validation, 0, 0.9)
        if self.targets is not None and not isinstance(self.targets, str):
            raise ValueError(f"targets must be the path of a CSV file, not {self.targets!r}")

    def frames_of(self, frames: int) -> int:
        """How many frames of a clip of so many the network sees at once."""
        if self.span is not None:
            return self.span
        if self.task in WHOLE_CLIP:
            return frames
        return min(SPAN, max(frames // 2, 1), frames - self.ahead)

    def step_of(self, span: int) -> int:
        """Frames from one span of a clip to the next."""
        if self.stride is not None:
            return self.stride
        return 1 if self.task == "next-frame" else max(span // 2, 1)

    @property
    def ahead(self) -> int:
        """Frames after a span that belong to an example."""
        return 1 if self.task == "next-frame" else 0
