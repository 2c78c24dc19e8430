"""What training travels by: the examples, the news while it runs, and what was learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from voxviewer.data import FilterBank, Float32
    from voxviewer.networks.training_plan import NetworkPlan


@dataclass(frozen=True)
class Baseline:
    """What one gets without learning: `words` how, `figure` "loss" or "accuracy", its value."""

    words: str
    figure: str
    value: float


@dataclass(frozen=True, eq=False)
class Lesson:
    """Everything a network learns from and is held against: N examples out of the frames of clips.

    Attributes
    ----------
    frames : (S, H, W, C) float32, the frames of all clips, one after the other
    starts : (N,) int64, where in `frames` an example begins
    span : T, how many frames the network sees at once
    targets : (N,) float32 numbers or int64 classes; None where the frames are their own target
    held_out : (N,) bool, examples that are only looked at
    network : what will be trained
    classes : the words that class numbers stand for
    clips : how many clips the examples come from
    warnings : one sentence each, what a person should know before the training
    baseline : what a guess would give
    """

    frames: Float32
    starts: NDArray[np.int64]
    span: int
    targets: NDArray[Any] | None
    held_out: NDArray[np.bool_]
    network: NetworkPlan
    classes: tuple[str, ...] = ()
    clips: int = 1
    warnings: tuple[str, ...] = ()
    baseline: Baseline | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(T, H, W, C) of one example."""
        H, W, C = self.frames.shape[1:]
        return self.span, H, W, C

    @property
    def learned(self) -> int:
        """How many examples are learned from."""
        return int((~self.held_out).sum())

    @property
    def held(self) -> int:
        """How many examples are held out."""
        return int(self.held_out.sum())


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch; None where there is none.

    Attributes
    ----------
    loss, val_loss : of what is learned from, running mean; of what is held out
    metric, val_metric : accuracy of classes, mean absolute error of numbers
    whole : False for one that was stopped on its way
    """

    loss: float | None = None
    val_loss: float | None = None
    metric: float | None = None
    val_metric: float | None = None
    whole: bool = True

    def words(self, metric: str = "") -> str:
        """One line: "loss 0.0123, held out 0.015, accuracy 0.95, held out 0.9"."""
        pairs = [("loss", self.loss), ("held out", self.val_loss)]
        if metric:
            pairs += [(metric.replace("_", " "), self.metric), ("held out", self.val_metric)]
        return ", ".join(f"{word} {value:.4g}" for word, value in pairs if value is not None)


@dataclass(frozen=True, eq=False)
class News:
    """How far a training is, a few times a second and after every epoch.

    Attributes
    ----------
    epoch, epochs : whole ones behind it, and wanted
    step, steps : batches of the running epoch behind it, and in an epoch
    now : the running figures of this epoch
    history : of the whole epochs
    bank : the first layer as it is now: kernels (kT, kH, kW, C, F), bias, activation
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    now: Epoch
    history: tuple[Epoch, ...]
    bank: FilterBank

    @property
    def fraction(self) -> float:
        """Share done, 0..1."""
        done = self.epoch + self.step / max(self.steps, 1)
        return min(done / self.epochs, 1.0)

    @property
    def words(self) -> str:
        """One line: "Epoch 3 of 10, loss 0.0123, held out 0.0150"."""
        running = min(self.epoch + 1, self.epochs) if self.step else self.epoch
        last = self.now if self.step or not self.history else self.history[-1]
        return ", ".join(filter(None, (f"Epoch {running} of {self.epochs}", last.words())))


@dataclass(frozen=True, eq=False)
class Learned:
    """What came out of a training.

    Attributes
    ----------
    model : the bytes of a `.keras` file; none of a training that was stopped: see
        `training.model_file`
    weights : (P,) float32, all of them in a row, in Keras' order
    bank, before : the first layer's filters, and what they were before the first step
    history : of every epoch; the last may have been stopped on its way
    stopped : a person ended it early
    seconds : of training, without the start of Keras
    made_with : `tensorflow`, `keras`, `onednn`, `threads`, `seed`
    """

    model: bytes
    weights: Float32
    bank: FilterBank
    before: FilterBank
    history: tuple[Epoch, ...]
    stopped: bool
    seconds: float
    made_with: dict[str, Any] = field(default_factory=dict)
