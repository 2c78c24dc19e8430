"""`voxviewer train`: a line an epoch, and Ctrl+C keeps what was learned."""

from __future__ import annotations

import json
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from voxviewer.commands import say
from voxviewer.files import printable, require_place
from voxviewer.options import Refused, UsageError, choices_of, openings_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from voxviewer.learning import Training
    from voxviewer.learning.gathering import Data
    from voxviewer.networks.lesson import Lesson, News
    from voxviewer.settings import TrainingSettings

ENDING = ".keras"
INTERRUPTED = 130


def run_train(options: argparse.Namespace) -> int:
    """Train and save, or show what would be trained."""
    from voxviewer.data import Cancelled
    from voxviewer.learning.teaching import make_lesson, teach
    from voxviewer.networks.client import keras_engine

    choices = choices_of(options)
    _check_output(options)
    data, settings = _asked(options, choices.training)
    large = options.allow_large
    if options.plan:
        _show_lesson(make_lesson(data, settings, choices.encoding, allow_large=large)[0])
        return 0
    ears = _Ears()
    with _interrupts() as stop:
        try:
            training = teach(
                data, settings, choices.encoding, keras_engine(), news=ears.show_epoch,
                stop=stop.is_set, lesson_made=ears.show_lesson, allow_large=large,
            )  # fmt: skip
        except Cancelled:
            return say("stopped before anything was learned", INTERRUPTED)
    return _finish(training, options)


def _check_output(options: argparse.Namespace) -> None:
    """Refuse what cannot be written before the work, not after it."""
    if options.plan:
        return
    if not options.output:
        raise UsageError("train needs -o OUT.keras, or --plan to show the network alone.")
    if not options.output.lower().endswith(ENDING):
        raise Refused(f"{printable(options.output)}: a model is saved as {ENDING}; name it so.")
    require_place(options.output)


def _asked(
    options: argparse.Namespace, settings: TrainingSettings
) -> tuple[Data, TrainingSettings]:
    """What is learned from, and how."""
    from voxviewer.learning.shipped import SETTINGS
    from voxviewer.learning.waves import WAVES

    openings = openings_of(options)
    if options.shipped_bank:
        if openings:
            raise UsageError("--shipped-bank makes its own clips: give no FILE.")
        return WAVES, SETTINGS
    if not openings and settings.task != "targets":
        raise UsageError("train needs a FILE: clips, or the folder of folders of classes.")
    return openings or None, settings


def _show_lesson(lesson: Lesson) -> None:
    """Print the network and what it learns from."""
    print(lesson.network.as_text())
    held = f", {lesson.held} held out" if lesson.held else ""
    print(f"{lesson.learned} examples of {lesson.clips} clips{held}")
    if lesson.baseline is not None:
        print(f"{lesson.baseline.words}: {lesson.baseline.figure} {lesson.baseline.value:.4g}")
    sys.stdout.flush()
    for warning in lesson.warnings:
        say(f"note: {warning}")


class _Ears:
    """Prints the network, then a line when an epoch has ended."""

    def __init__(self) -> None:
        self._metric = ""

    def show_lesson(self, lesson: Lesson) -> None:
        """Print what is trained, and remember what is measured."""
        self._metric = lesson.network.metric
        _show_lesson(lesson)

    def show_epoch(self, news: News) -> None:
        """Print the figures of an epoch that has ended."""
        if news.step == 0 and news.history and news.history[-1].whole:
            words = news.history[-1].words(self._metric)
            print(f"epoch {news.epoch}/{news.epochs}: {words}", flush=True)


def _finish(training: Training, options: argparse.Namespace) -> int:
    """Save, and say how it went."""
    training.save(options.output)
    done = sum(row.whole for row in training.history)
    words = f"stopped after {done} epochs, what was learned is kept" if training.stopped else "done"
    name = printable(options.output)
    print(f"{name}: {words}, {training.learned.seconds:.1f} s; --filters {name}:{training.layer}")
    if options.json:
        print(json.dumps(training.record(), allow_nan=False))
    return INTERRUPTED if training.stopped else 0


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """The first Ctrl+C sets the event, the second one interrupts."""
    stop = threading.Event()

    def on_interrupt(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("stopping; Ctrl+C once more gives up what was learned")

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
