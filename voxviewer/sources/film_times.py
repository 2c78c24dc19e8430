"""When each frame of a film is shown: what its file says, and what has to be made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float64


def film_times(stamps: Float64, stream: Any) -> tuple[Float64 | None, list[str]]:
    """Seconds of each frame from 0, and what had to be made up.

    Parameters
    ----------
    stamps : (T,) in units of the stream, NaN where the file has none, in order where it has
    """
    count = len(stamps)
    if count < 2:
        return None, []
    unit = float(stream.time_base or 0)
    step = _mean_step(stream)
    seconds = stamps * unit
    repeated = np.r_[False, np.diff(seconds) <= 0]
    missing = ~np.isfinite(seconds) | repeated
    told = []
    if missing.any():
        told.append(f"frames without a time of their own, spaced evenly: {int(missing.sum())}")
        seconds = _filled(seconds, missing, step)
    seconds = seconds - seconds[0]
    if not np.isfinite(seconds).all() or seconds[-1] <= 0:
        return None, [*told, "time stamps make no sense: left out"]
    told += _rate_sentences(seconds, stream)
    return frozen(seconds), told


def _mean_step(stream: Any) -> float:
    """Seconds from frame to frame by the header; 1/25 where it says nothing."""
    rate = stream.average_rate or stream.guessed_rate
    return float(1 / rate) if rate else 0.04


def _filled(seconds: Float64, missing: NDArray[np.bool_], step: float) -> Float64:
    """Times between known ones are spaced evenly, those after the last by the mean step."""
    places = np.arange(len(seconds), dtype=np.float64)
    known = places[~missing]
    if len(known) == 0:
        return places * step
    filled = np.interp(places, known, seconds[~missing])
    before, after = places < known[0], places > known[-1]
    filled[before] = filled[~before][0] - (known[0] - places[before]) * step
    filled[after] = seconds[~missing][-1] + (places[after] - known[-1]) * step
    return np.asarray(filled, np.float64)


def _rate_sentences(seconds: Float64, stream: Any) -> list[str]:
    """A word where gaps differ by more than the rounding of a container to milliseconds."""
    gaps = np.diff(seconds)
    rounding = max(2.5e-3, 0.05 * float(np.median(gaps)))
    if gaps.max() - gaps.min() <= rounding:
        return []
    low, high = 1000 * gaps.min(), 1000 * gaps.max()
    return [f"the rate varies: from {low:.0f} to {high:.0f} ms between frames"]


def end_sentences(times: Float64 | None, container: Any, stream: Any) -> list[str]:
    """A word where the film ends well before the header says that it does."""
    if stream.duration:
        declared = float(stream.duration * stream.time_base)
    elif container.duration and not container.streams.audio:
        declared = container.duration / 1e6
    else:
        return []
    shown = 0.0 if times is None else float(times[-1]) + _mean_step(stream)
    if shown >= min(0.9 * declared, declared - 3 * _mean_step(stream)):
        return []
    return [f"ends after {shown:.1f} of {declared:.1f} s: it may be cut off"]
