"""The side that has a network trained: what is sent to Keras' process, and what comes back.

learned = train_network(engine, lesson, settings, news=show, stop=stop)   # in a job's thread
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import FilterBank, frozen, no_progress
from voxviewer.files import require_memory
from voxviewer.networks.client import WORKSPACE
from voxviewer.networks.lesson import Epoch, Learned, News

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from voxviewer.data import Progress
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.lesson import Lesson
    from voxviewer.settings import TrainingSettings
    from voxviewer.workers import Answer

FLOAT = 4
HELD = 4
"""How often a batch's numbers lie in memory: forwards, backwards, and TensorFlow's own copies."""


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
    stop : asked as often; True ends the training after the running batch, what was learned is kept
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
    answer = engine.ask(
        "train", _values(lesson, settings), _arrays(lesson), {}, ears.progress, ears.news, stop
    )
    values, arrays = answer.values, answer.arrays
    history = tuple(Epoch(**row) for row in values["history"])
    before = {name: arrays[f"{name} before"] for name in ("kernels", "bias")}
    return Learned(
        model=arrays["model"].tobytes(),
        bank=_bank(settings, arrays, "trained", _record(history, lesson.network.metric)),
        before=_bank(settings, before, "untrained"),
        history=history,
        stopped=bool(values["stopped"]),
        seconds=float(values["seconds"]),
        made_with={**engine.versions, "seed": settings.seed},
    )


def lesson_bytes(lesson: Lesson, settings: TrainingSettings) -> int:
    """Peak bytes of a training beside what the lesson itself takes here."""
    size = min(settings.batch_size, max(len(lesson.starts), 1))
    batch = FLOAT * HELD * size * lesson.network.numbers
    return lesson.frames.nbytes + batch + FLOAT * HELD * lesson.network.parameters + WORKSPACE


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

    def progress(self, fraction: float, text: str) -> None:
        """Go on saying how far the training is."""
        self._progress(self._fraction, self._text or text)

    def news(self, answer: Answer) -> None:
        """Hand on what the process tells."""
        said = answer.values
        epoch = int(said["epoch"])
        rows = tuple(Epoch(**row) for row in said["history"])
        self._history = (*self._history[: max(epoch - 1, 0)], *rows)
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


__all__ = ["lesson_bytes", "train_network"]
