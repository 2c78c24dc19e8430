"""Recurrent networks, asked for: fitted to a target for each clip, and their state over time.

fit = fit_recurrent(clips, ["left", "right", ...], RecurrentSettings(form="convlstm"))
(hidden,) = hidden_states(fit, [clip])     # (T, H, W, F), and what the head says after each step
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Cancelled, frozen, no_progress
from voxviewer.files import replace_file, require_memory
from voxviewer.networks.client import WORKSPACE, keras_engine
from voxviewer.networks.forms import recurrent_form
from voxviewer.networks.layer_rules import output_of
from voxviewer.networks.passage import Passage, Placed, placed
from voxviewer.networks.places import AXES, Along
from voxviewer.networks.recurrent_data import rescaling, split, stacked, targets_of
from voxviewer.networks.recurrent_nouns import HiddenStates, RecurrentFit
from voxviewer.settings import RecurrentSettings
from voxviewer.workers import Overdue

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Batch, Clip, Float32, Progress
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.recurrent_data import Targets
    from voxviewer.workers import Answer

NEWS = 0.5
"""Seconds of fitting after which the process tells how far it is."""
GRAPHS = 128 << 20
"""Bytes that TensorFlow takes for the graphs of a network that is fitted."""


def fit_recurrent(
    clips: Batch | Sequence[Clip],
    targets: Sequence[Any],
    settings: RecurrentSettings | None = None,
    *,
    progress: Progress = no_progress,
    watch: Callable[[RecurrentFit], None] | None = None,
    stop: Callable[[], bool] | None = None,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
) -> RecurrentFit:
    """Fit a recurrent network to clips with a target each.

    Padded frames are masked: they leave the state as it is. (The CNN of a form with one sees them,
    the LSTM behind it does not.)

    Parameters
    ----------
    clips : N clips of one shape (T, H, W, C), or a batch
    targets : N words or whole numbers, which are classes; or N other numbers, or rows of them
    settings : form, sizes, epochs and seed; ConvLSTM2D by default
    progress : called with (share done, words); may raise to stop, which keeps nothing
    watch : called with what was learned so far, about twice a second and at the end
    stop : asked every 50 ms; True ends the fitting at once and keeps what was learned up to the
        running batch, or one shortly before; before anything was, `Cancelled` is raised
    allow_large : go on where more than half of the free memory is needed
    keras : the Keras process to use; this program's own by default

    Returns
    -------
    RecurrentFit
        the same for the same clips, settings and seed on one computer, up to rounding

    Raises
    ------
    ValueError
        where shapes, targets or sizes do not go together, or the loss is no longer a number
    TooLargeError
        where it does not fit in memory
    KerasMissing, EngineError, Cancelled
        where Keras is not installed, failed or was stopped

    Example
    -------
    >>> fit = vv.fit_recurrent(clips, ["left", "right"] * 8, vv.RecurrentSettings(epochs=30))
    >>> fit.form.parameters, fit.history[-1, 1]
    (2642, 1.0)
    """
    settings = settings or RecurrentSettings()
    data, real = stacked(clips)
    found = targets_of(targets, len(data))
    start = _unfitted(data, real, found, settings)
    needed = _peak_bytes(data, start)
    require_memory(needed, "recurrent network", "fitting it", allow_large=allow_large)
    fitting = _Fitting(keras or keras_engine(), data, real, found, start, progress, stop)
    return fitting.run(watch)


def _unfitted(
    data: Float32, real: NDArray[np.bool_], targets: Targets, settings: RecurrentSettings
) -> RecurrentFit:
    """The network before its first epoch, without weights."""
    numbers = targets.numbers or 1
    form = recurrent_form(data.shape[1:], settings, len(targets.classes), numbers)
    if form.problem:
        raise ValueError(f"{form.title} cannot be built. {form.problem}")
    learned, held = split(targets, settings.validation, settings.seed)
    return RecurrentFit(
        form=form,
        settings=settings,
        classes=targets.classes,
        weights=np.zeros(0, np.float32),
        history=np.zeros((0, 4), np.float32),
        held_out=tuple(held.tolist()),
        rescale=rescaling(data[learned], real[learned]) if settings.rescale else None,
        seconds=0.0,
    )


class _Fitting:
    """Epochs asked for a few at a time, so that what was learned is there whatever happens."""

    def __init__(
        self,
        engine: KerasEngine,
        data: Float32,
        real: NDArray[np.bool_],
        targets: Targets,
        start: RecurrentFit,
        progress: Progress,
        stop: Callable[[], bool] | None,
    ) -> None:
        self._engine, self._fit = engine, start
        self._progress, self._stop = progress, stop or (lambda: False)
        learned = np.setdiff1d(np.arange(len(data)), start.held_out).astype(np.int32)
        self._arrays = {
            "clips": np.ascontiguousarray(data),
            "real": real.astype(np.uint8),
            "targets": targets.values,
            "learned": learned,
            "held": np.array(start.held_out, np.int32),
        }
        count = start.form.parameters
        self._moments: Float32 = np.zeros(2 * count, np.float32)
        self._weights: Float32 = np.zeros(count, np.float32)
        self._steps = 0
        self._told: Answer | None = None

    def run(self, watch: Callable[[RecurrentFit], None] | None) -> RecurrentFit:
        """Fit to the end."""
        wanted, pace = self._fit.settings.epochs, 1
        while self._fit.epochs < wanted and not (self._stop() and self._fit.epochs):
            start = time.monotonic()
            self._go_on(min(self._fit.epochs + pace, wanted))
            spent = (time.monotonic() - start) / pace
            pace = max(1, min(int(NEWS / max(spent, 1e-6)), 4 * pace))
            if watch is not None:
                watch(self._fit)
        return self._fit

    def _may_go_on(self, fraction: float, text: str) -> None:
        """Progress; who stops before anything was learned is not kept waiting."""
        if not self._fit.epochs and self._told is None and self._stop():
            raise Cancelled
        self._progress(fraction, text)

    def _hear(self, told: Answer) -> None:
        self._told = told

    def _go_on(self, last: int) -> None:
        """Ask for the epochs up to `last`, and take what was learned."""
        start = time.monotonic()
        try:
            answer = self._ask(last)
        except Overdue:
            self._keep_told(time.monotonic() - start)
            return
        self._told = None
        self._moments = answer.arrays["moments"]
        self._steps = int(answer.values["steps"])
        rows = answer.arrays["history"][: int(answer.values["epochs"])]
        self._learn(answer.arrays["weights"], rows, float(answer.values["seconds"]))

    def _keep_told(self, seconds: float) -> None:
        """The process was ended: what was learned is what it told last."""
        if self._told is not None:
            told = self._told.arrays
            self._learn(told["weights"], told["rows"], seconds)

    def _learn(self, weights: Float32, rows: Float32, seconds: float) -> None:
        """Take what was learned, and the figures of its epochs."""
        self._weights = weights
        self._fit = replace(
            self._fit,
            weights=frozen(weights),
            history=frozen(np.concatenate([self._fit.history, rows])),
            seconds=self._fit.seconds + seconds,
            made_with={**self._engine.versions, "seed": self._fit.settings.seed},
        )

    def _ask(self, last: int) -> Answer:
        chosen, first = self._fit.settings, self._fit.epochs
        values = {
            "plan": self._fit.plan,
            "epochs": [first, last],
            "of": chosen.epochs,
            "batch_size": chosen.batch_size,
            "learning_rate": chosen.learning_rate,
            "seed": chosen.seed,
            "steps": self._steps,
        }
        memory = {"weights": self._weights, "moments": self._moments}
        outputs: dict[str, Any] = {name: (row.shape, "<f4") for name, row in memory.items()}
        outputs["history"] = ((last - first, 4), "<f4")
        arrays = {**self._arrays, **memory}
        return self._engine.ask(
            "recurrent_fit", values, arrays, outputs, self._may_go_on, self._hear, self._stop
        )


def hidden_states(
    fit: RecurrentFit,
    clips: Sequence[Clip],
    *,
    progress: Progress = no_progress,
    keras: KerasEngine | None = None,
) -> tuple[HiddenStates, ...]:
    """Run a fitted network over clips and keep its state after each frame.

    Parameters
    ----------
    fit : what `fit_recurrent` returned
    clips : of the shape (T, H, W, C) that it was fitted to
    progress, keras : as `fit_recurrent`

    Raises
    ------
    ValueError
        for a clip of another shape

    Example
    -------
    >>> (hidden,) = vv.hidden_states(fit, [clip])
    >>> hidden.states.shape, hidden.answer
    ((20, 64, 64, 8), 'left, 97 %')
    """
    data, real = stacked(clips)
    if data.shape[1:] != fit.form.clip:
        raise ValueError(
            f"The network was fitted to clips of {fit.form.clip}, this one is {data.shape[1:]}: "
            "encode it with the same frames, height, width and channels."
        )
    N, T = real.shape
    shape = (N, T, *fit.form.state)
    needed = data.nbytes + 6 * 4 * math.prod(shape) + WORKSPACE
    require_memory(needed, clips[0].name, "running the network over it")
    answer = (keras or keras_engine()).ask(
        "recurrent_states",
        {"plan": fit.plan},
        {"clips": data, "real": real.astype(np.uint8), "weights": fit.weights},
        {"states": (shape, "<f4"), "said": ((N, T, fit.numbers), "<f4")},
        progress,
    )
    seconds = float(answer.values["seconds"])
    rows = zip(clips, answer.arrays["states"], answer.arrays["said"], strict=True)
    return tuple(
        HiddenStates(fit, clip, frozen(states), frozen(said), seconds)
        for clip, states, said in rows
    )


def state_places(hidden: HiddenStates) -> Placed:
    """Where the state of a ConvLSTM2D lies in the clip; it sees all frames up to its own."""
    part, shape = hidden.fit.form.parts[0], hidden.clip.shape
    if hidden.states.ndim != 4:
        raise ValueError(f"{hidden.fit.form.title} has no maps; its state is a row of numbers.")
    settings = hidden.fit.settings
    config = {"filters": settings.filters, "kernel_size": settings.kernel, "padding": "same"}
    entering = tuple(Along(size, axis) for size, axis in zip(shape, (*AXES, "C"), strict=True))
    made = output_of(part.class_name, {**config, "return_sequences": True}, [entering])
    way = Passage("", part.name, part.class_name, (0, 0), "", False, made)
    return placed(way, hidden.states.shape, shape)


def save_recurrent(
    fit: RecurrentFit,
    path: str | os.PathLike[str],
    *,
    progress: Progress = no_progress,
    keras: KerasEngine | None = None,
) -> str:
    """Save a fitted network as a `.keras` file, which `run_model` runs up to any of its layers.

    The file takes the clip alone: where frames are padded a mask is given in Keras as
    `model(x, mask=real)`, here as `run_model(..., masked=True)`. Returns the path.
    """
    path = str(path) if str(path).endswith(".keras") else f"{path}.keras"
    with replace_file(path) as part:
        values = {"plan": fit.plan, "path": str(part)}
        (keras or keras_engine()).ask(
            "recurrent_save", values, {"weights": fit.weights}, {}, progress
        )
    return path


def _peak_bytes(data: Float32, start: RecurrentFit) -> int:
    """The peak in both processes: the clips twice, a batch's steps back in time, weights and more.

    Rounded up from what was seen of TensorFlow 2.21 while it goes back in time: nine numbers for
    each of a state (gates, their slopes), six for each that goes in; weights twelve times (slopes,
    moments, both ways), and `GRAPHS` for the graphs themselves.
    """
    form, size = start.form, min(start.settings.batch_size, len(data))
    entering = sum(map(math.prod, (form.shape[2:], form.clip[1:])))
    steps = 4 * size * form.clip[0] * (6 * entering + 9 * math.prod(form.state))
    return 2 * data.nbytes + steps + 12 * 4 * form.parameters + GRAPHS


__all__ = [
    "HiddenStates",
    "RecurrentFit",
    "fit_recurrent",
    "hidden_states",
    "save_recurrent",
    "state_places",
]
