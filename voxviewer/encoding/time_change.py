"""How much a clip changes over time, as a filter sees it; and where padding reaches.

The numbers beside a still's pseudo-depth and a padded clip: what a filter that sums to zero over
time answers, how far a loop jumps at its seam, and which frames a kernel fills from padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, Float32, Float64
    from voxviewer.settings import ConvolutionSettings


@dataclass(frozen=True)
class TimeChange:
    """What the temporal difference [-1, 0, 1] / 2 answers, as shares of the clip's own strength.

    Both are root mean squares, divided by the root mean square of the clip: `inside`, where all
    three taps lie in the clip: 0 for replicas; `ends`, at the first and last frame, which "same"
    padding completes with zeros. NaN where there is no such frame, or nothing but zeros.
    """

    inside: float
    ends: float


def time_change(data: Float32) -> TimeChange:
    """Measure a clip's data (T, H, W, C): how much change over time it gives a filter."""
    strength = float(np.sqrt(np.mean([_power(frame) for frame in data])))
    if strength == 0:
        return TimeChange(float("nan"), float("nan"))
    inside = [_power(_half(data[t + 1], data[t - 1])) for t in range(1, len(data) - 1)]
    if len(data) > 1:
        ends = [_power(data[1]) / 4, _power(data[-2]) / 4]
    else:
        ends = [0.0]  # the only tap that meets the frame is the middle one, which is 0
    return TimeChange(_root(inside) / strength, _root(ends) / strength)


def _half(after: Float32, before: Float32) -> Float64:
    difference: Float64 = np.subtract(after, before, dtype=np.float64)
    difference *= 0.5
    return difference


def _power(frame: NDArray[np.float32] | Float64) -> float:
    return float(np.mean(np.square(frame, dtype=np.float64)))


def _root(powers: list[float]) -> float:
    return float(np.sqrt(np.mean(powers))) if powers else float("nan")


@dataclass(frozen=True)
class Seam:
    """Where a padded clip jumps: between frames `at` - 1 and `at`, by `jump`.

    `jump` is the mean absolute difference there, divided by the mean one between neighbors of the
    recording itself: 1 is no more than it moves anyway; infinite where it does not move at all.
    """

    at: int
    jump: float


_SEAMS: WeakKeyDictionary[Clip, tuple[Seam, ...]] = WeakKeyDictionary()


def seams(clip: Clip) -> tuple[Seam, ...]:
    """Return the places where a clip passes between its recording and its padding, or begins anew.

    Loops jump there; edges and reflections do not. Zeros are not a seam of the data: the mask says
    where they are. Measured once for each clip.
    """
    if clip not in _SEAMS:
        _SEAMS[clip] = _measured(clip)
    return _SEAMS[clip]


def _measured(clip: Clip) -> tuple[Seam, ...]:
    if bool(clip.real.all()) or not clip.real.any():
        return ()
    shown = clip.frames >= 0
    usual = _usual_step(clip)
    at = [t for t in range(1, len(clip.frames)) if shown[t - 1] and shown[t] and _breaks(clip, t)]
    return tuple(Seam(t, _over(_step(clip, t), usual)) for t in at)


def _breaks(clip: Clip, t: int) -> bool:
    """Whether the source's frame is not a neighbor of the one before, where either is padding."""
    padded = not (clip.real[t - 1] and clip.real[t])
    return padded and abs(int(clip.frames[t]) - int(clip.frames[t - 1])) > 1


def _usual_step(clip: Clip) -> float:
    inside = [t for t in range(1, len(clip.real)) if clip.real[t - 1] and clip.real[t]]
    return float(np.mean([_step(clip, t) for t in inside])) if inside else 0.0


def _step(clip: Clip, t: int) -> float:
    difference = np.subtract(clip.data[t], clip.data[t - 1], dtype=np.float64)
    return float(np.mean(np.abs(difference)))


def _over(jump: float, usual: float) -> float:
    if usual > 0:
        return jump / usual
    return float("inf") if jump > 0 else 0.0


def padded_reach(
    real: NDArray[np.bool_], kernel: int, settings: ConvolutionSettings
) -> NDArray[np.float64]:
    """Say how much of each map frame's window lies in padding, 0 to 1, (T',).

    Padding is both the clip's own frames that are not real and, for "same", the zeros before and
    after it, which Keras adds: the odd one after.

    Parameters
    ----------
    real : (T,) bool, of the clip
    kernel : taps in time
    settings : padding, strides and dilation

    Returns
    -------
    (T',) float64; empty where the kernel is longer than the clip
    """
    stride, dilation = settings.strides[0], settings.dilation[0]
    T, reach = len(real), (kernel - 1) * dilation + 1
    if settings.padding == "same":
        count = -(-T // stride)
        before = max((count - 1) * stride + reach - T, 0) // 2
    else:
        count, before = max((T - reach) // stride + 1, 0), 0
    if count == 0:
        return np.zeros(0)
    places = np.arange(count)[:, None] * stride - before + np.arange(kernel) * dilation
    inside = (places >= 0) & (places < T)
    filled = ~(inside & real[np.clip(places, 0, T - 1)])
    return np.asarray(filled.mean(axis=1), np.float64)
