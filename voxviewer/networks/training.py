"""The side that has a network trained: what is sent to Keras' process, and what comes back.

learned = train_network(engine, lesson, settings, news=show, stop=stop)   # in a job's thread
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Cancelled, FilterBank, frozen, no_progress
from voxviewer.files import require_memory
from voxviewer.networks.client import WORKSPACE
from voxviewer.networks.lesson import Epoch, Learned, News
from voxviewer.workers import Answer, Overdue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from voxviewer.data import Progress
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.lesson import Lesson
    from voxviewer.networks.training_plan import NetworkPlan
    from voxviewer.settings import TrainingSettings

FLOAT = 4
PARAMETERS = 6
"""How often what is learned lies in memory: itself, gradient, two slots, two copies for news."""
KEPT = {"gelu": 3, "silu": 1}
"""How often an activation keeps what goes into it for its gradient, beside what it puts out."""
OWN_ROOM = ("linear", "elu", "selu")
"""Activations whose gradient is written where the one behind it lay."""


def train_network(
    engine: KerasEngine,
    lesson: Lesson,
    settings: TrainingSettings,
    *,
    progress: Progress = no_progress,
    news: Callable[[News], None] | None = None,
    stop: Callable[[], bool] | None = None,
    allow_large: bool = False,
) -> Learned:
    """Train the lesson's network in Keras' process; blocks, for a job's thread.

    Parameters
    ----------
    lesson, settings : the examples and their network; how it learns
    progress : called at least every 50 ms; what it raises ends Keras' process, nothing is kept
    news : called after every epoch and a few times a second
    stop : asked as often; True ends the training at once and keeps what was learned: up to the
        running batch or, where that goes on, up to what was told last of all weights; the process
        is ended then
    allow_large : go on where more than half of the free memory is needed

    Raises
    ------
    TooLargeError
        where it does not fit in memory
    ValueError, KerasMissing, EngineError, Cancelled
        as `KerasEngine.convolve`
    """
    require_memory(lesson_bytes(lesson, settings), "training", "training", allow_large=allow_large)
    ears = _Ears(settings, progress, news)
    values, arrays = _values(lesson, settings), _arrays(lesson)
    try:
        answer = engine.ask("train", values, arrays, {}, ears.progress, ears.news, stop)
    except Overdue:
        answer = ears.kept()
    history = tuple(Epoch(**row) for row in answer.values["history"])
    return Learned(
        model=answer.arrays["model"].tobytes(),
        weights=frozen(answer.arrays["weights"]),
        bank=_bank(settings, answer.arrays, "trained", _record(history, lesson.network.metric)),
        before=_bank(settings, ears.before, "untrained"),
        history=history,
        stopped=bool(answer.values["stopped"]),
        seconds=float(answer.values["seconds"]),
        made_with={**engine.versions, "seed": settings.seed},
    )


def model_file(
    engine: KerasEngine, lesson: Lesson, settings: TrainingSettings, learned: Learned
) -> bytes:
    """The bytes of the `.keras` file of a training that was stopped; Keras makes it now."""
    values, weights = _values(lesson, settings), {"weights": learned.weights}
    answer = engine.ask("train_save", values, weights, {}, no_progress)
    return answer.arrays["model"].tobytes()


def lesson_bytes(lesson: Lesson, settings: TrainingSettings) -> int:
    """Peak bytes of a training beside what the lesson itself takes here.

    The frames are shared with Keras' process; beside them it holds a batch in all layers, the
    weights, and twice the workspace of a single layer: the graph is traced forwards and backwards.
    """
    size = min(settings.batch_size, max(len(lesson.starts), 1))
    batch = FLOAT * size * _held(lesson.network, settings)
    weights = FLOAT * PARAMETERS * lesson.network.parameters
    return lesson.frames.nbytes + batch + weights + 2 * WORKSPACE


def _held(network: NetworkPlan, settings: TrainingSettings) -> int:
    """Numbers that TensorFlow 2.21 holds of one example on the way forwards and back.

    What each layer puts out and the gradient of it: the filters' gradients wait for both. One more
    is that of the largest activation; where clips are their own answer it finds room in the pool,
    and there are the answers, their difference and its square.
    """
    activation = settings.activation
    convolved = [
        math.prod(layer.output)
        for layer in network.layers
        if dict(layer.options).get("activation") == activation
    ]
    more = 0 if activation in OWN_ROOM else max(convolved)
    if settings.task == "autoencoder":
        more = 3 * math.prod(network.layers[0].output)
    return 2 * network.numbers + KEPT.get(activation, 0) * sum(convolved) + more


def _values(lesson: Lesson, settings: TrainingSettings) -> dict[str, Any]:
    network = lesson.network
    rows = [
        {"name": row.name, "class_name": row.class_name, "options": dict(row.options)}
        for row in network.layers
        if row.class_name != "Input"
    ]
    chosen = (
        "task", "epochs", "batch_size", "learning_rate", "schedule", "l2", "optimizer", "seed",
    )  # fmt: skip
    return {
        "layers": rows,
        "shape": list(lesson.shape),
        "loss": network.loss,
        "metric": network.metric,
        "first": network.first,
        "steps": settings.epochs * -(-lesson.learned // settings.batch_size),
        **{name: getattr(settings, name) for name in chosen},
    }


def _arrays(lesson: Lesson) -> dict[str, Any]:
    arrays = {
        "frames": lesson.frames,
        "starts": lesson.starts,
        "held_out": lesson.held_out,
    }
    return arrays if lesson.targets is None else {**arrays, "targets": lesson.targets}


def _record(history: Sequence[Epoch], metric: str) -> str:
    """How the training went: "20 epochs, loss 0.0123, held out 0.015"."""
    whole = sum(row.whole for row in history)
    figures = history[-1].words(metric) if history else ""
    return f"{whole} {'epoch' if whole == 1 else 'epochs'}{', ' if figures else ''}{figures}"


def _bank(
    settings: TrainingSettings, arrays: Mapping[str, Any], word: str, record: str = ""
) -> FilterBank:
    """The first layer's filters, as it runs them; their origin says how they came about."""
    words = filter(None, (word, settings.task, record, f"seed {settings.seed}"))
    return FilterBank(
        frozen(np.ascontiguousarray(arrays["kernels"], np.float32)),
        frozen(np.ascontiguousarray(arrays["bias"], np.float32)),
        settings.activation,
        ", ".join(words),
    )


class _Ears:
    """Turns what the process tells into progress and news; a process that died begins anew."""

    def __init__(
        self,
        settings: TrainingSettings,
        progress: Progress,
        news: Callable[[News], None] | None,
    ) -> None:
        self._settings = settings
        self._progress, self._news = progress, news
        self._history: tuple[Epoch, ...] = ()
        self._fraction, self._text = 0.0, ""
        self.before: Mapping[str, Any] = {}
        self._kept: tuple[Answer, tuple[Epoch, ...]] | None = None

    def progress(self, fraction: float, text: str) -> None:
        """Go on saying how far the training is."""
        self._progress(self._fraction, self._text or text)

    def kept(self) -> Answer:
        """What the process would have answered when it told all of its weights the last time.

        Raises
        ------
        Cancelled
            where nothing was learned until then
        """
        if self._kept is None:
            raise Cancelled
        told, history = self._kept
        rows = [*map(asdict, history), *([told.values["now"]] if told.values["step"] else [])]
        values = {"history": rows, "stopped": True, "seconds": told.values["seconds"]}
        return Answer(values, {**told.arrays, "model": np.zeros(0, np.uint8)})

    def news(self, answer: Answer) -> None:
        """Hand on what the process tells."""
        said = answer.values
        epoch = int(said["epoch"])
        rows = tuple(Epoch(**row) for row in said["history"])
        self._history = (*self._history[: max(epoch - 1, 0)], *rows)
        if not epoch and not said["step"]:
            self.before = answer.arrays
        elif "weights" in answer.arrays:
            self._kept = answer, self._history
        news = News(
            epoch,
            self._settings.epochs,
            int(said["step"]),
            int(said["steps"]),
            Epoch(**said["now"]),
            self._history,
            _bank(self._settings, answer.arrays, "in training"),
        )
        self._fraction, self._text = news.fraction, news.words
        if self._news is not None:
            self._news(news)


__all__ = ["lesson_bytes", "model_file", "train_network"]
