"""Recurrent networks in the Keras process: built, fitted by a few epochs at a time, looked into.

Nothing is kept here that an answer depends on: weights and the optimizer's moments come with each
request and go back with its answer, so that a process that ended is replaced without a loss.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.networks.network import in_one_sentence, limited_memory
from voxviewer.networks.weights_row import Due, flat, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voxviewer.data import Float32
    from voxviewer.workers.child import Call

WATCHED = 16
"""Clips that are looked into at once."""
NEWS = 0.25
"""Seconds between two times that what was learned so far is told."""


@dataclass
class Built:
    """The network that was built last, for its plan; its weights are anybody's.

    Attributes
    ----------
    fit : (clip, real) to what the head says of the last state; compiled
    watch : (clip, real) to the state after each step and what the head would say of it
    alone : clip to what the head says: what is saved
    """

    plan: str = ""
    fit: Any = None
    watch: Any = None
    alone: Any = None


LAST = Built()


def recurrent_fit(call: Call) -> Mapping[str, Any]:
    """Go on fitting from epoch `first` to `last`; see `recurrent.fit_recurrent` for the arrays."""
    first, last = (int(epoch) for epoch in call.values["epochs"])
    rate, seed = float(call.values["learning_rate"]), int(call.values["seed"])
    with limited_memory(), in_one_sentence():
        call.progress(first / int(call.values["of"]), "Keras builds the network")
        built = _built(call.values["plan"], seed if first == 0 else None)
        optimizer = built.fit.optimizer
        optimizer.learning_rate.assign(rate)
        if first:
            put(built.fit.weights, call.arrays["weights"])
        _put_moments(optimizer, call.arrays["moments"], int(call.values["steps"]))
        start, so_far = time.perf_counter(), _SoFar(call, built.fit)
        while len(so_far.rows) < last - first and not (call.stopping() and first + so_far.epochs):
            so_far.rows.append(_epoch(built.fit, call, first + so_far.epochs, so_far.tell))
        seconds = time.perf_counter() - start
        call.outputs["history"][: so_far.epochs] = so_far.rows
        call.outputs["weights"][:] = flat(built.fit.weights)
        call.outputs["moments"][:] = flat(optimizer.variables[2:])
        steps = int(optimizer.iterations.numpy())
        return {"seconds": seconds, "steps": steps, "epochs": so_far.epochs}


class _SoFar:
    """What was learned so far, told a few times a second: it is kept where the process is ended."""

    def __init__(self, call: Call, model: Any) -> None:
        self.rows: list[list[float]] = []
        self._call, self._model = call, model
        self._due = Due(model.count_params())
        self._told = time.monotonic()

    @property
    def epochs(self) -> int:
        """Whole epochs of this request."""
        return len(self.rows)

    def tell(self, said: Mapping[str, float]) -> None:
        """Tell the weights, and the figures with those of the running epoch."""
        now = time.monotonic()
        if now - self._told >= NEWS and self._due.now():
            self._told = now
            rows = np.array([*self.rows, _row(said, {})], np.float32)
            self._call.tell({"rows": rows, "weights": flat(self._model.weights)})


def _epoch(
    model: Any, call: Call, epoch: int, tell: Callable[[Mapping[str, float]], None]
) -> list[float]:
    """One time through the clips; loss and accuracy, of what is learned from and held out."""
    learned, held = call.arrays["learned"], call.arrays["held"]
    size, epochs = int(call.values["batch_size"]), int(call.values["of"])
    order = np.random.default_rng([int(call.values["seed"]), epoch]).permutation(learned)
    count = math.ceil(len(order) / size)
    model.reset_metrics()
    said: dict[str, float] = {}
    for number in range(count):
        if call.stopping() and said:
            break
        said = model.train_on_batch(*_some(call, order[number::count]), return_dict=True)
        done = (epoch + (number + 1) / count) / epochs
        call.progress(done, f"epoch {epoch + 1} of {epochs}, loss {float(said['loss']):.3g}")
        tell(said)
    beside: Mapping[str, float] = {}
    if len(held) and not call.stopping():
        beside = model.evaluate(*_some(call, held), size, verbose=0, return_dict=True)
    row = _row(said, beside)
    if not math.isfinite(row[0]):
        raise ValueError("The loss is no longer a number; choose a lower learning rate.")
    return row


def _row(said: Mapping[str, float], beside: Mapping[str, float]) -> list[float]:
    """Loss and accuracy of what is learned from, and of what is held out."""
    return [_number(one, name) for one in (said, beside) for name in ("loss", "accuracy")]


def _number(said: Mapping[str, Any], name: str) -> float:
    return float(said.get(name, math.nan))


def _some(call: Call, rows: Any) -> tuple[list[Any], Any]:
    """The clips, masks and targets of some rows."""
    real = call.arrays["real"][rows].astype(bool)
    return [call.arrays["clips"][rows], real], call.arrays["targets"][rows]


def recurrent_states(call: Call) -> Mapping[str, Any]:
    """Write the state after each step, and what the head would say there, of each clip."""
    clips, real = call.arrays["clips"], call.arrays["real"].astype(bool)
    with limited_memory(), in_one_sentence():
        call.progress(0.0, "Keras builds the network")
        built = _built(call.values["plan"], None)
        put(built.fit.weights, call.arrays["weights"])
        start = time.perf_counter()
        for first in range(0, len(clips), WATCHED):
            rows = slice(first, first + WATCHED)
            states, said = built.watch([clips[rows], real[rows]], training=False)
            call.outputs["states"][rows] = np.asarray(memoryview(states))
            call.outputs["said"][rows] = np.asarray(memoryview(said))
            call.progress(min(first + WATCHED, len(clips)) / len(clips), "Keras runs the network")
        return {"seconds": time.perf_counter() - start}


def recurrent_save(call: Call) -> Mapping[str, Any]:
    """Save the network as a `.keras` file; it takes the clip alone, without a mask."""
    with limited_memory(), in_one_sentence():
        built = _built(call.values["plan"], None)
        put(built.fit.weights, call.arrays["weights"])
        built.alone.save(str(call.values["path"]))
        return {"parameters": int(built.alone.count_params())}


# -- building ---------------------------------------------------------------------------------


def _built(plan: Mapping[str, Any], seed: int | None) -> Built:
    """The network of a plan; with a `seed` its weights are drawn anew."""
    import keras

    key = json.dumps(plan, sort_keys=True)
    if seed is not None or LAST.plan != key:
        LAST.__init__()  # type: ignore[misc]
        keras.utils.set_random_seed(seed or 0)
        LAST.fit, LAST.watch, LAST.alone = build(plan)
        LAST.plan = key
    return LAST


def build(plan: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Build the three models over one set of layers; see `Built`.

    `plan`: `form`, `clip` (T, H, W, C), `units`, `filters`, `kernel`, `classes` (0: one number for
    each of `numbers`), and `scale`, `offset` of a Rescaling layer, or None.
    """
    import keras

    clip = keras.Input(tuple(plan["clip"]), name="clip")
    real = keras.Input((plan["clip"][0],), dtype="bool", name="real")
    steps, recurrent = _steps(plan, clip)
    head = _head(plan)
    states, last, *_ = recurrent(steps, mask=real)
    _, unmasked, *_ = recurrent(steps)
    if plan["form"] == "convlstm":
        mean = keras.layers.GlobalAveragePooling2D(name="mean")
        each = keras.layers.TimeDistributed(keras.layers.GlobalAveragePooling2D())
        last, unmasked, flat = mean(last), mean(unmasked), each(states)
    else:
        flat = states
    fit = keras.Model([clip, real], head(last))
    loss = "sparse_categorical_crossentropy" if plan["classes"] else "mean_squared_error"
    metrics = ["accuracy"] if plan["classes"] else []
    # XLA would compile for longer than such a network is fitted.
    fit.compile(keras.optimizers.Adam(), loss, metrics=metrics, jit_compile=False)
    fit.optimizer.build(fit.trainable_variables)
    return fit, keras.Model([clip, real], [states, head(flat)]), keras.Model(clip, head(unmasked))


def _steps(plan: Mapping[str, Any], clip: Any) -> tuple[Any, Any]:
    """What the recurrent layer is fed at each step, and that layer."""
    from keras import layers

    if plan["scale"] is not None:
        clip = layers.Rescaling(plan["scale"], plan["offset"], name="rescaling")(clip)
    both: dict[str, Any] = {"return_sequences": True, "return_state": True}
    F, k = plan["filters"], plan["kernel"]
    if plan["form"] == "convlstm":
        return clip, layers.ConvLSTM2D(F, k, padding="same", name="convlstm", **both)
    lstm = layers.LSTM(plan["units"], name="lstm", **both)
    if plan["form"] == "flat":
        # Unlike Reshape it hands a mask on.
        return layers.TimeDistributed(layers.Flatten(), name="rows")(clip), lstm
    frames = layers.TimeDistributed(layers.Conv2D(F, k, activation="relu"), name="frames")(clip)
    flatten = layers.Flatten() if plan["form"] == "cnn_flat" else layers.GlobalAveragePooling2D()
    return layers.TimeDistributed(flatten, name="features")(frames), lstm


def _head(plan: Mapping[str, Any]) -> Any:
    from keras import layers

    if plan["classes"]:
        return layers.Dense(plan["classes"], activation="softmax", name="classes")
    return layers.Dense(plan["numbers"], name="numbers")


def _put_moments(optimizer: Any, moments: Float32, steps: int) -> None:
    """What Adam remembers: its variables behind the count of steps and the learning rate."""
    optimizer.iterations.assign(steps)
    put(optimizer.variables[2:], moments)
