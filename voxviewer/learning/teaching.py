"""The whole way from files to trained filters, and what came out of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from voxviewer.data import Cancelled, Clip, FilterBank, no_progress
from voxviewer.files import SourceError, replace_file, require_memory
from voxviewer.learning.examples import lesson_of
from voxviewer.learning.gathering import gather
from voxviewer.settings import EncodingSettings, FilterSettings, Opening, TrainingSettings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from voxviewer.data import Progress
    from voxviewer.learning.gathering import Data, Piece
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.lesson import Epoch, Learned, Lesson, News

ENDING = ".keras"
OPENING_SHARE = 0.2
"""Of the progress: what opening and encoding count for."""


@dataclass(frozen=True, eq=False)
class Training:
    """A trained network: its filters, how it went, and the model to be saved.

    Attributes
    ----------
    settings, encoding : what was chosen; encoding None where clips of several kinds were given
    lesson : what was learned from; its `network` lists the layers, its `baseline` a guess
    learned : what came out
    """

    settings: TrainingSettings
    encoding: EncodingSettings | None
    lesson: Lesson
    learned: Learned

    @property
    def bank(self) -> FilterBank:
        """The filters of the first layer as they are now."""
        return self.learned.bank

    @property
    def before(self) -> FilterBank:
        """The same filters before the first step: drawn at random by the seed."""
        return self.learned.before

    @property
    def history(self) -> tuple[Epoch, ...]:
        """The figures of every epoch."""
        return self.learned.history

    @property
    def layer(self) -> str:
        """The name of the first layer in the saved model."""
        return self.lesson.network.first

    @property
    def stopped(self) -> bool:
        """A person ended it early; what was learned until then is here."""
        return self.learned.stopped

    def filters(self, path: str | os.PathLike[str] | None = None) -> FilterSettings:
        """Return the trained filters as a choice: of the saved file, else as edited kernels."""
        if path is None:
            return chosen(self.bank)
        return FilterSettings(source="model", model=str(path), layer=self.layer)

    def filters_before(self) -> FilterSettings:
        """Return the untrained filters as a choice, to be put beside the trained ones."""
        return chosen(self.before)

    def save(self, path: str | os.PathLike[str], keras: KerasEngine | None = None) -> str:
        """Write the model, `.keras`, and beside it `PATH.json` with how it was made.

        Of a training that was stopped Keras makes the file now, in the process that is given, else
        in this program's own.

        Raises
        ------
        ValueError, SourceError
            for another ending, or a place where nothing can be written
        """
        text = str(path)
        if not text.lower().endswith(ENDING):
            raise ValueError(f"{text}: a trained model is saved as {ENDING}; give a name with it.")
        model = self.learned.model or self._made_model(keras)
        with replace_file(path) as part:
            part.write_bytes(model)
        with replace_file(f"{text}.json") as part:
            part.write_text(json.dumps(self.record(), indent=1, allow_nan=False) + "\n")
        return text

    def _made_model(self, keras: KerasEngine | None) -> bytes:
        from voxviewer.networks.client import keras_engine
        from voxviewer.networks.training import model_file

        return model_file(keras or keras_engine(), self.lesson, self.settings, self.learned)

    def record(self) -> dict[str, Any]:
        """How it was made and how it went, as plain values for JSON."""
        lesson, learned = self.lesson, self.learned
        return {
            "training": plain(self.settings),
            "encoding": None if self.encoding is None else plain(self.encoding),
            "network": [
                {"name": row.name, "class": row.class_name, "output": list(row.output),
                 "parameters": row.parameters}
                for row in lesson.network.layers
            ],
            "parameters": lesson.network.parameters,
            "clips": lesson.clips,
            "examples": lesson.learned,
            "held_out": lesson.held,
            "classes": list(lesson.classes),
            "baseline": None if lesson.baseline is None else asdict(lesson.baseline),
            "history": [asdict(row) for row in learned.history],
            "stopped": learned.stopped,
            "seconds": round(learned.seconds, 3),
            "made_with": dict(learned.made_with),
            "warnings": list(lesson.warnings),
        }  # fmt: skip


def train(
    data: Data = None,
    settings: TrainingSettings | None = None,
    *,
    encoding: EncodingSettings | None = None,
    progress: Progress = no_progress,
    news: Callable[[News], None] | None = None,
    stop: Callable[[], bool] | None = None,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
) -> Training:
    """Train a small network whose first layer's kernels become filters.

    Keras runs in a process of its own. What is random follows from `settings.seed`: two runs on one
    computer give the same kernels.

    Parameters
    ----------
    data : clips, sources or paths, one or several; for the task "classes" a folder with a folder
        for each class; for "targets" nothing (`settings.targets` names the CSV file); for both also
        a mapping from each class or number to its clips, `{"wave": [clip, ...], "still": [...]}`
    settings : the task, the network, and how it learns
    encoding : how files and sources become clips; clips are taken as they are
    progress : called with (share done, words); what it raises ends the training, nothing is kept
    news : called a few times a second with figures and filters as they are
    stop : asked every 50 ms; True ends the training at once and keeps what was learned up to the
        running batch, or one shortly before; before anything was, `Cancelled` is raised
    allow_large : go on where more than half of the free memory is needed
    keras : the Keras process to use; this program's own by default

    Returns
    -------
    Training
        `bank`, `before`, `history`, and `save("net.keras")`

    Raises
    ------
    SourceError, ValueError
        one sentence: what cannot be learned from, and what to do
    TooLargeError
        where it does not fit in memory

    Example
    -------
    >>> training = vv.train(clip, vv.TrainingSettings(task="next-frame", epochs=5))
    >>> maps = vv.convolve(clip, training.bank)
    """
    from voxviewer.networks.client import keras_engine

    return teach(
        data,
        settings or TrainingSettings(),
        encoding,
        keras or keras_engine(),
        progress=progress,
        news=news,
        stop=stop,
        allow_large=allow_large,
    )


def teach(
    data: Data,
    settings: TrainingSettings,
    encoding: EncodingSettings | None,
    keras: KerasEngine,
    *,
    progress: Progress = no_progress,
    news: Callable[[News], None] | None = None,
    stop: Callable[[], bool] | None = None,
    lesson_made: Callable[[Lesson], None] | None = None,
    allow_large: bool = False,
) -> Training:
    """Train as `train` does; `lesson_made` is called before the first step."""
    from voxviewer.networks.training import train_network

    end = _End(progress, news, stop)
    lesson, used = make_lesson(
        data, settings, encoding, progress=end.part(0, OPENING_SHARE), allow_large=allow_large
    )
    if lesson_made is not None:
        lesson_made(lesson)
    learned = train_network(
        keras,
        lesson,
        settings,
        progress=end.part(OPENING_SHARE, 1),
        news=end.hear,
        stop=stop,
        allow_large=allow_large,
    )
    return Training(settings, used, lesson, learned)


class _End:
    """Whoever stops before anything was learned is not kept waiting: there is nothing to keep."""

    def __init__(
        self,
        progress: Progress,
        news: Callable[[News], None] | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self._progress, self._news, self._stop = progress, news, stop
        self._learned = False

    def hear(self, news: News) -> None:
        """Hand the news on."""
        self._learned = bool(news.epoch or news.step)
        if self._news is not None:
            self._news(news)

    def part(self, first: float, last: float) -> Progress:
        """The progress of one part of the work."""

        def part(fraction: float, text: str) -> None:
            if self._stop is not None and not self._learned and self._stop():
                raise Cancelled
            self._progress(first + fraction * (last - first), text)

        return part


def make_lesson(
    data: Data,
    settings: TrainingSettings,
    encoding: EncodingSettings | None = None,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
) -> tuple[Lesson, EncodingSettings | None]:
    """Open and encode what there is to learn from, and plan the network: all before training.

    Returns
    -------
    the lesson, whose `network` can be shown, and the encoding of its clips where it is one
    """
    pieces = gather(data, settings)
    clips = encoded(pieces, encoding or EncodingSettings(), progress, allow_large)
    lesson = lesson_of(clips, [piece.target for piece in pieces], settings)
    used = {clip.settings for clip in clips}
    return lesson, used.pop() if len(used) == 1 else None


def encoded(
    pieces: Sequence[Piece], encoding: EncodingSettings, progress: Progress, allow_large: bool
) -> list[Clip]:
    """Open and encode all clips; the first tells how much memory all of them take."""
    clips: list[Clip] = []
    for number, piece in enumerate(pieces):
        clips.append(_clip(piece, encoding, _one_of(progress, number, len(pieces)), allow_large))
        if number == 0:
            needed = 2 * clips[0].data.nbytes * len(pieces)
            what = f"encoding {len(pieces)} clips like it"
            require_memory(needed, piece.path, what, allow_large=allow_large)
    progress(1.0, "Encoded")
    return clips


def _one_of(progress: Progress, number: int, count: int) -> Progress:
    """The progress of one of several clips."""

    def part(fraction: float, text: str) -> None:
        progress((number + fraction) / count, f"Encoding {number + 1} of {count}")

    part(0.0, "")
    return part


def _clip(piece: Piece, encoding: EncodingSettings, progress: Progress, allow_large: bool) -> Clip:
    from voxviewer.encoding import encode
    from voxviewer.sources import same_opening

    what = piece.what
    if isinstance(what, Clip):
        return what
    if isinstance(what, Opening):
        what = same_opening(what, allow_large=allow_large, progress=progress)
    try:
        return encode(what, encoding, allow_large=allow_large, progress=progress)
    except ValueError as error:
        raise SourceError(piece.path, str(error)) from error


def chosen(bank: FilterBank) -> FilterSettings:
    """A trained bank as a choice, which remembers how it was trained."""
    from voxviewer.convolution.editing import to_settings

    kernels = replace(to_settings(bank), origin=bank.origin)
    return FilterSettings(source="edited", kernels=kernels)


def plain(settings: TrainingSettings | EncodingSettings) -> dict[str, Any]:
    """Only what was chosen: fields that differ from their defaults."""
    return {
        item.name: getattr(settings, item.name)
        for item in fields(settings)
        if getattr(settings, item.name) != item.default
    }


__all__ = ["Training", "chosen", "encoded", "make_lesson", "plain", "teach", "train"]
