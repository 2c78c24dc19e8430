"""What is drawn of a measurement: each filter's curves, and in words which way it prefers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.bench import Tuning

BARS, GRATINGS = "bars", "gratings"

LEAST = 1.05
"""A ratio below this is no preference."""


@dataclass(frozen=True, eq=False)
class Curves:
    """What is drawn of one filter.

    Attributes
    ----------
    index, name : of the filter
    round : (8,) responses by direction, at the speed or rate `step`
    line : (S,) responses by speed or rate, in the direction `way`
    flicker : (S,) responses to uniform flicker of the same rates; None for bars
    way, step : indices of the direction it prefers, None where it prefers none, and of the speed
        that the ratio speaks of
    verdict : which way, and how much more than the opposite one
    peak : what the ends of both pictures stand for; 0 where it answers to nothing
    before : `round` and `line` of the same filter before it was trained; None where it was not
    """

    index: int
    name: str
    round: NDArray[np.float64]
    line: NDArray[np.float64]
    flicker: NDArray[np.float64] | None
    way: int | None
    step: int
    verdict: str
    peak: float
    before: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None


@dataclass(frozen=True, eq=False)
class Sheet:
    """All curves of a bank: bars or gratings, scaled to each filter's peak or to the largest."""

    curves: tuple[Curves, ...]
    ticks: tuple[str, ...]
    unit: str
    directions: tuple[str, ...]
    degrees: NDArray[np.float64]


def make_sheet(
    tuning: Tuning, kind: str = BARS, shared: bool = False, before: Tuning | None = None
) -> Sheet:
    """Take from the measurement what is drawn; `before` was measured before a training."""
    curves_of = _bars if kind == BARS else _gratings
    made = [curves_of(tuning, f) for f in _all(tuning)]
    if before is not None:
        were = [curves_of(before, f) for f in _all(before)]
        name = "bars" if kind == BARS else "gratings"
        answers = zip(getattr(tuning, name), getattr(before, name), strict=True)
        made = [_changed(*row) for row in zip(made, were, answers, strict=True)]
    largest = max((curves.peak for curves in made), default=0.0)
    if shared:
        made = [_scaled(curves, largest) for curves in made]
    steps = tuning.speeds if kind == BARS else tuning.rates
    unit = "voxels per frame" if kind == BARS else "cycles per frame"
    ticks = tuple(f"{step:.3g}".removeprefix("0") for step in steps)
    return Sheet(tuple(made), ticks, unit, tuning.direction_names, tuning.directions)


def _all(tuning: Tuning) -> range:
    return range(len(tuning.names))


def _changed(
    now: Curves, was: Curves, answers: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> Curves:
    """What training made of a filter; `answers` (8, S) are its own, now and before."""
    way = int(np.abs(answers[0] - now.line).sum(axis=1).argmin())
    old = answers[1][:, now.step], answers[1][way]
    peak = max(now.peak, *(float(part.max()) for part in old))
    verdict = now.verdict if now.verdict == was.verdict else f"{was.verdict} → {now.verdict}"
    return replace(now, before=old, peak=peak, verdict=verdict)


def _scaled(curves: Curves, peak: float) -> Curves:
    return replace(curves, peak=peak)


def _bars(tuning: Tuning, f: int) -> Curves:
    """The circle at the speed at which the ratio is taken: there both ways differ most."""
    answers, way = tuning.bars[f], int(tuning.preferred[f])
    step = int((answers[way] - answers[opposite(way)]).argmax())
    return _curves(tuning, f, answers, (way, step), float(tuning.selectivity[f]), None)


def _gratings(tuning: Tuning, f: int) -> Curves:
    """The circle at the rate of the largest response; flicker of that rate is no motion."""
    answers = tuning.gratings[f]
    way, step = (int(index) for index in np.unravel_index(answers.argmax(), answers.shape))
    best, other = float(answers[way, step]), float(answers[opposite(way), step])
    ratio = best / other if other > 0 else math.inf if best > 0 else math.nan
    return _curves(tuning, f, answers, (way, step), ratio, tuning.flicker[f])


def _curves(
    tuning: Tuning,
    f: int,
    answers: NDArray[np.float64],
    best: tuple[int, int],
    ratio: float,
    flicker: NDArray[np.float64] | None,
) -> Curves:
    way, step = best
    prefers = way if ratio >= LEAST else None
    if prefers is None:
        step = int(answers[way].argmax())
    peak = max(float(answers.max()), float(flicker.max()) if flicker is not None else 0.0)
    verdict = selectivity_words(ratio, tuning.direction_names[way])
    line = answers[way]
    return Curves(f, tuning.names[f], answers[:, step], line, flicker, prefers, step, verdict, peak)


def opposite(way: int) -> int:
    """Return the index of the direction against this one."""
    return (way + 4) % 8


def selectivity_words(ratio: float, way: str) -> str:
    """Return "right 6.2 : 1"; "no direction" below 1.05, "silent" for no response at all."""
    if math.isnan(ratio):
        return "silent"
    if ratio < LEAST:
        return "no direction"
    if ratio > 999:
        return f"{way} alone"
    return f"{way}  {ratio:.1f} : 1" if ratio < 99.95 else f"{way}  {ratio:.0f} : 1"


def share_of(value: float, peak: float) -> float:
    """Return how far towards the end a value reaches, 0 to 1."""
    return min(max(float(value) / peak, 0.0), 1.0) if peak > 0 else 0.0
