"""A small network trained, in the Keras process: batch after batch, told of, stopped in between."""

from __future__ import annotations

import math
import os
import tempfile
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.networks.network import in_one_sentence, limited_memory
from voxviewer.networks.weights_row import Due, flat, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from voxviewer.workers.child import Call

NEWS = 0.25
"""Seconds between two reports within an epoch."""
CLASSES = ("Conv3D", "MaxPooling3D", "UpSampling3D", "GlobalAveragePooling3D", "Dense")
WEIGHTED = ("Conv3D", "Dense")
OPTIMIZERS = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}


def run(call: Call) -> Mapping[str, Any]:
    """Train as the values of a call say; see `training.train_network` for what they are."""
    import keras

    keras.utils.set_random_seed(int(call.values["seed"]))
    call.progress(0.0, "Keras builds the network")
    with limited_memory(), in_one_sentence():
        model = built(call.values)
        course = Course(call, model, Examples(call))
        stopped = course.run()
        seconds = course.seconds
    return {
        "stopped": stopped,
        "history": course.history,
        "seconds": seconds,
        # Whoever stops is answered at once; the file is made when it is wanted.
        "model": saved(model) if not stopped else np.zeros(0, np.uint8),
        "weights": flat(model.weights),
        **course.kernels(),
    }


def save(call: Call) -> Mapping[str, Any]:
    """The file of a network whose weights are given."""
    with limited_memory(), in_one_sentence():
        model = built(call.values)
        put(model.weights, call.arrays["weights"])
        return {"model": saved(model)}


def built(values: Mapping[str, Any]) -> Any:
    """The network that was shown: one layer of Keras for each of its rows."""
    import keras

    layers = [keras.Input(tuple(values["shape"]), name="clip")]
    for row in values["layers"]:
        if row["class_name"] not in CLASSES:
            raise ValueError(f"no {row['class_name']} is trained here")
        kind = getattr(keras.layers, row["class_name"])
        weighted = values["l2"] and row["class_name"] in WEIGHTED
        penalty = {"kernel_regularizer": keras.regularizers.L2(values["l2"])} if weighted else {}
        layers.append(kind(name=row["name"], **row["options"], **penalty))
    model = keras.Sequential(layers, name="trained")
    rule = getattr(keras.optimizers, OPTIMIZERS[values["optimizer"]])
    metrics = [values["metric"]] if values["metric"] else []
    # Not compiled by XLA: for networks as small as these that takes longer than their training.
    model.compile(rule(rate_of(values)), values["loss"], metrics=metrics, jit_compile=False)
    return model


def rate_of(values: Mapping[str, Any]) -> Any:
    """The learning rate, or one that falls to 0 over all steps by half a cosine."""
    import keras

    if values["schedule"] == "constant":
        return values["learning_rate"]
    return keras.optimizers.schedules.CosineDecay(values["learning_rate"], values["steps"])


def saved(model: Any) -> NDArray[np.uint8]:
    """The bytes of the model's `.keras` file."""
    with tempfile.TemporaryDirectory(prefix="vox-") as folder:
        path = os.path.join(folder, "trained.keras")
        model.save(path)
        with open(path, "rb") as file:
            return np.frombuffer(file.read(), np.uint8)


class Examples:
    """Batches of examples, cut from the frames as they are wanted."""

    def __init__(self, call: Call) -> None:
        self.frames: NDArray[np.float32] = call.arrays["frames"]
        self.starts = call.arrays["starts"]
        self.targets = call.arrays.get("targets")
        self.span = int(call.values["shape"][0])
        self.task = str(call.values["task"])
        self.size = int(call.values["batch_size"])
        held = call.arrays["held_out"]
        self.learned, self.held = np.flatnonzero(~held), np.flatnonzero(held)

    def batches(self, which: NDArray[Any]) -> Iterator[tuple[Any, Any]]:
        """Clips (n, T, H, W, C) and what is to be answered, in the order of the numbers given."""
        for first in range(0, len(which), self.size):
            yield self.batch(which[first : first + self.size])

    def batch(self, chosen: NDArray[Any]) -> tuple[Any, Any]:
        """Cut some examples out."""
        clips = np.stack([self.frames[start : start + self.span] for start in self.starts[chosen]])
        if self.task == "next-frame":
            return clips, self.frames[self.starts[chosen] + self.span][:, None]
        return clips, clips if self.targets is None else self.targets[chosen]

    def steps(self, which: NDArray[Any]) -> int:
        """How many batches the numbers make."""
        return -(-len(which) // self.size)


class Course:
    """The epochs of one training.

    `history` gets a row for each: loss, val_loss, metric, val_metric, whole.
    """

    def __init__(self, call: Call, model: Any, examples: Examples) -> None:
        self.call, self.model, self.examples = call, model, examples
        self.epochs = int(call.values["epochs"])
        self.metric = str(call.values["metric"])
        self.history: list[dict[str, Any]] = []
        self._order = np.random.default_rng(int(call.values["seed"]))
        self._first = model.get_layer(call.values["first"])
        self._told = self._start = time.monotonic()
        self._due = Due(model.count_params())

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._start

    def run(self) -> bool:
        """Go through all epochs; True where a person stopped it."""
        self.tell(0, {})
        for _ in range(self.epochs):
            row = self.epoch()
            self.history.append(row)
            self.tell(0, {})
            if not row["whole"]:
                return True
        return False

    def epoch(self) -> dict[str, Any]:
        """See every example once, then look at those held out."""
        order = self._order.permutation(self.examples.learned)
        learned, whole = self.over(order, self.model.train_on_batch, self.news)
        if not whole:
            return self.row(learned, {}, whole=False)
        held, whole = self.over(self.examples.held, self.model.test_on_batch, lambda *_: None)
        return self.row(learned, held if whole else {}, whole=whole)

    def over(
        self,
        which: NDArray[Any],
        work: Callable[..., Any],
        then: Callable[[int, dict[str, float]], None],
    ) -> tuple[dict[str, float], bool]:
        """Work on batch after batch; the mean figures, and whether it came to the end."""
        figures: dict[str, float] = {}
        seen = 0
        for step, (clips, answers) in enumerate(self.examples.batches(which), 1):
            if self.call.stopping():
                return figures, False
            # Keras tells the figures of this batch alone.
            found = work(clips, answers, return_dict=True)
            seen += len(clips)
            share = len(clips) / seen
            for name, value in found.items():
                before = figures.get(name, 0.0)
                figures[name] = before + share * (float(value) - before)
            if not math.isfinite(figures["loss"]):
                raise ValueError("The loss is no longer a number; choose a lower learning rate.")
            then(step, figures)
        return figures, True

    def news(self, step: int, figures: dict[str, float]) -> None:
        """Tell of a step, not too often."""
        now = time.monotonic()
        if step == 1 or now - self._told >= NEWS:
            self._told = now
            self.tell(step, figures)

    def tell(self, step: int, figures: dict[str, float]) -> None:
        """Send the figures, the first layer, and where they are due all weights, as they are."""
        said = {
            "epoch": len(self.history),
            "step": step,
            "steps": self.examples.steps(self.examples.learned),
            "now": self.row(figures, {}, whole=False),
            "history": self.history[-1:],
            "seconds": self.seconds,
        }
        weights = {"weights": flat(self.model.weights)} if self._due.now() else {}
        self.call.tell({**said, **self.kernels(), **weights})

    def row(
        self, learned: dict[str, float], held: dict[str, float], *, whole: bool
    ) -> dict[str, Any]:
        """One row of the history."""
        return {
            "loss": learned.get("loss"),
            "val_loss": held.get("loss"),
            "metric": learned.get(self.metric),
            "val_metric": held.get(self.metric),
            "whole": whole,
        }

    def kernels(self) -> dict[str, NDArray[np.float32]]:
        """Copies of the first layer's kernels and bias."""
        return {
            "kernels": np.array(self._first.kernel, np.float32),
            "bias": np.array(self._first.bias, np.float32),
        }
