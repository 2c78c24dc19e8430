"""Clips become a lesson: spans of frames, which of them are held out, and what a guess would give.

Whole clips are held out where there are several, so that nothing of them is learned from; else the
last spans of each clip, and no frame that is to be answered there is learned from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Clip, frozen
from voxviewer.learning.guesses import baseline_of
from voxviewer.networks.lesson import Lesson
from voxviewer.networks.training_plan import plan_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.settings import TrainingSettings

WIDE = 20.0
"""Values beyond this, either way, are far from those that Keras' first weights are made for."""
FEW = 16
"""Examples: fewer say little about others."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Where examples begin in the frames of all clips, whose they are, which are held out."""

    starts: NDArray[np.int64]
    owners: NDArray[np.int64]
    held_out: NDArray[np.bool_]


def lesson_of(
    clips: Sequence[Clip], targets: Sequence[str | float | None], settings: TrainingSettings
) -> Lesson:
    """Return what a network learns from.

    Parameters
    ----------
    clips : of one H, W and C; of one T too where whole clips are seen
    targets : a class, a number or None for each

    Raises
    ------
    ValueError
        for unequal shapes, too few clips, one class, values or targets that are no finite numbers
    """
    _require_alike(clips, settings)
    classes = _classes(targets, settings)
    span = settings.frames_of(clips[0].shape[0])
    answers = _answers(targets, classes)
    spans = _spans(clips, span, answers, bool(classes), settings)
    frames = clips[0].data if len(clips) == 1 else np.concatenate([clip.data for clip in clips])
    network = plan_network(settings, (span, *clips[0].shape[1:]), len(classes))
    own = None if answers is None else frozen(answers[spans.owners])
    lesson = Lesson(
        frames=frozen(frames),
        starts=frozen(spans.starts),
        span=span,
        targets=own,
        held_out=frozen(spans.held_out),
        network=network,
        classes=classes,
        clips=len(clips),
        warnings=tuple(_warnings(clips, spans)),
    )
    return replace(lesson, baseline=baseline_of(lesson, settings))


def _require_alike(clips: Sequence[Clip], settings: TrainingSettings) -> None:
    """Refuse what one network cannot take."""
    if not clips:
        raise ValueError("There is nothing to learn from. Open a file, or name one.")
    whole = settings.task in ("classes", "targets") and settings.span is None
    first = clips[0]
    for clip in clips:
        same = clip.shape == first.shape if whole else clip.shape[1:] == first.shape[1:]
        if not same:
            sizes = "frames, height and width" if whole else "height and width"
            raise ValueError(
                f"{clip.name} is {clip.shape}, but {first.name} is {first.shape}: encode them with "
                f"the same {sizes}."
            )
        if not np.isfinite(clip.data).all():
            raise ValueError(
                f"{clip.name} holds values that are no finite numbers: mend it, or leave it out."
            )


def _classes(targets: Sequence[str | float | None], settings: TrainingSettings) -> tuple[str, ...]:
    """The words among the targets, in order; none where they are numbers."""
    if settings.task not in ("classes", "targets"):
        return ()
    if None in targets:
        raise ValueError(f"The task {settings.task!r} needs a class or a number for each clip.")
    if settings.task == "targets" and not any(isinstance(t, str) for t in targets):
        return ()
    classes = tuple(sorted({str(target) for target in targets}))
    if len(classes) < 2:
        raise ValueError(
            f"All clips are of one class, {classes[0]}: there is nothing to tell apart."
        )
    return classes


def _answers(
    targets: Sequence[str | float | None], classes: tuple[str, ...]
) -> NDArray[Any] | None:
    """(clips,) class numbers or float32 targets; None where frames are their own target."""
    if classes:
        numbers = {name: number for number, name in enumerate(classes)}
        return np.array([numbers[str(target)] for target in targets], np.int64)
    if targets[0] is None:
        return None
    answers = np.array(targets, np.float32)
    if not np.isfinite(answers).all():
        raise ValueError("A target is no finite number.")
    return answers


def _spans(
    clips: Sequence[Clip],
    span: int,
    answers: NDArray[Any] | None,
    words: bool,
    settings: TrainingSettings,
) -> Spans:
    """Cut every clip into spans and hold some out."""
    if span < 1:
        raise ValueError(f"{clips[0].name} has 1 frame, 2 are needed to foretell the next.")
    ends = np.cumsum([0, *(clip.shape[0] for clip in clips)])
    own = [_of_clip(clip, span, settings, whole=answers is not None) for clip in clips]
    held = _held_clips(answers if words else None, len(clips), settings)
    if not held.any() and settings.validation and answers is None:
        reach = 0 if settings.ahead else span
        parts = [_split(starts, reach, settings) for starts in own]
    else:
        parts = [(starts, np.full(len(starts), out)) for starts, out in zip(own, held, strict=True)]
    starts = [part[0] + end for part, end in zip(parts, ends, strict=False)]
    owners = np.repeat(np.arange(len(clips)), [len(part[0]) for part in parts])
    return Spans(np.concatenate(starts), owners, np.concatenate([part[1] for part in parts]))


def _of_clip(
    clip: Clip, span: int, settings: TrainingSettings, *, whole: bool
) -> NDArray[np.int64]:
    """Where the spans of a clip begin; in films, none that holds padding."""
    needed = span + settings.ahead
    starts = np.arange(0, clip.shape[0] - needed + 1, settings.step_of(span))
    if not whole:
        padding = np.concatenate([[0], np.cumsum(~clip.real)])
        starts = starts[padding[starts + needed] == padding[starts]]
    if not len(starts):
        real = clip.shape[0] if whole else int(clip.real.sum())
        more = " and the one to foretell" if settings.ahead else ""
        raise ValueError(
            f"{clip.name} has {real} frames, a span of {span}{more} does not fit: choose a shorter "
            "span, or encode with more frames."
        )
    return starts.astype(np.int64)


def _split(
    starts: NDArray[np.int64], reach: int, settings: TrainingSettings
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Hold the last spans of a clip out, and leave out those that reach into them.

    A frame that is foretold lies behind all that was learned from: there nothing is left out.
    """
    count = round(settings.validation * len(starts))
    if not 0 < count < len(starts):
        return starts, np.zeros(len(starts), bool)
    held = starts >= starts[-count]
    keep = held | (starts + max(reach, 1) <= starts[-count])
    if not (keep & ~held).any():
        return starts, np.zeros(len(starts), bool)
    return starts[keep], held[keep]


def _held_clips(
    classes: NDArray[Any] | None, count: int, settings: TrainingSettings
) -> NDArray[np.bool_]:
    """(clips,) which are held out: of each class its share, at least one, never all."""
    held = np.zeros(count, bool)
    order = np.random.default_rng([settings.seed, 1])
    groups = (
        [np.arange(count)]
        if classes is None
        else [np.flatnonzero(classes == number) for number in np.unique(classes)]
    )
    for group in groups:
        share = round(settings.validation * len(group))
        if classes is not None and settings.validation and len(group) > 1:
            share = max(share, 1)
        held[order.permutation(group)[: min(share, len(group) - 1)]] = True
    return held


def _warnings(clips: Sequence[Clip], spans: Spans) -> list[str]:
    """What a person should know before a training."""
    found = []
    low = min(float(clip.data.min()) for clip in clips)
    high = max(float(clip.data.max()) for clip in clips)
    if max(-low, high) > WIDE:
        found.append(
            f"The values lie in {low:g} .. {high:g}; networks learn best from values near 0 .. 1: "
            'encode with normalize "minmax".'
        )
    if low == high:
        found.append(f"All values are {low:g}: there is nothing to learn.")
    learned = int((~spans.held_out).sum())
    if learned < FEW:
        found.append(f"There are {learned} examples to learn from; so few say little about others.")
    if not spans.held_out.any():
        found.append("Nothing is held out: only what is learned from is measured.")
    return found


__all__ = ["lesson_of"]
