"""What one gets without learning: a figure that a trained network must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.networks.lesson import Baseline

if TYPE_CHECKING:
    from voxviewer.networks.lesson import Lesson
    from voxviewer.settings import TrainingSettings


def baseline_of(lesson: Lesson, settings: TrainingSettings) -> Baseline:
    """Return the guess that one would hold against, measured on what is held out (or on all).

    - next frame: the last frame that was seen, mean squared error
    - autoencoder: the mean of what is learned from, mean squared error
    - classes: the most frequent class, share that is right
    - numbers: the mean of the numbers that are learned from, mean squared error
    """
    which = lesson.held_out if lesson.held else ~lesson.held_out
    if lesson.targets is not None:
        learned, asked = lesson.targets[~lesson.held_out], lesson.targets[which]
        if lesson.classes:
            often = np.bincount(learned, minlength=len(lesson.classes)).argmax()
            words = f"always saying {lesson.classes[often]}"
            return Baseline(words, "accuracy", float((asked == often).mean()))
        error = float(((asked - learned.mean(dtype=np.float64)) ** 2).mean())
        return Baseline("always saying the mean", "loss", error)
    if settings.task == "next-frame":
        after = lesson.starts[which] + lesson.span
        return Baseline("repeating the last frame", "loss", _between(lesson, after, after - 1))
    mean = np.mean([_span(lesson, start).mean() for start in lesson.starts[~lesson.held_out]])
    errors = [((_span(lesson, s) - mean) ** 2).mean() for s in lesson.starts[which]]
    return Baseline("an even gray, the mean", "loss", float(np.mean(errors)))


def _span(lesson: Lesson, start: int) -> np.ndarray:
    return lesson.frames[start : start + lesson.span].astype(np.float64)


def _between(lesson: Lesson, first: np.ndarray, second: np.ndarray) -> float:
    """Mean squared difference of frames, two at a time."""
    frames = lesson.frames
    pairs = zip(first, second, strict=True)
    return float(np.mean([np.mean((frames[a] - frames[b]) ** 2, dtype=float) for a, b in pairs]))


__all__ = ["baseline_of"]
