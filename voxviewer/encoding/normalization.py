"""Values of the whole clip to a common range, in place; statistics over real frames alone.

Padded zeros stay zeros: padding is not data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import Float32
    from voxviewer.encoding.lengths import Picked
    from voxviewer.settings import EncodingSettings

Numbers = tuple[float, float]
"""Lowest and highest value, mean and deviation, or center and width of a window."""

TITLES = {
    "none": "",
    "minmax": "0 to 1",
    "zscore": "mean 0, deviation 1",
    "percentile": "percentiles {0:g} to {1:g} as 0 to 1",
    "window": "window as 0 to 1",
}


def title(settings: EncodingSettings, own: Numbers | None) -> str:
    """What the values become, in a few words; `own` is the file's window."""
    window = settings.window or own
    if settings.normalize == "window":
        return f"window {window[0]:g} / {window[1]:g} as 0 to 1" if window else TITLES["window"]
    words = TITLES[settings.normalize].format(*settings.percentiles)
    return f"{words}, given statistics" if isinstance(settings.statistics, tuple) else words


def require_window(settings: EncodingSettings, own: Numbers | None) -> None:
    """Refuse the method "window" where neither choice nor file has one."""
    if settings.normalize == "window" and settings.window is None and own is None:
        raise ValueError(
            "normalize 'window' needs a window, and the file has none of its own; give its center "
            "and width, such as window (40, 80)"
        )


def normalize(
    data: Float32, picked: Picked, settings: EncodingSettings, window: Numbers | None = None
) -> tuple[str, ...]:
    """Normalize a clip's data (T, H, W, C) in place, all channels together.

    "minmax": smallest 0, largest 1. "zscore": mean 0, standard deviation 1. "percentile": the lower
    of `percentiles` 0, the upper 1, values beyond held at 0 and 1 (as nnU-Net's and TorchIO's
    rescaling). A constant clip becomes 0. Two numbers as `statistics` take the place of the clip's
    own; values beyond them then lie beyond 0 and 1 (not those of "percentile"). "window": (center,
    width) in the source's values, its ends 0 and 1, values beyond held there (DICOM PS3.3
    C.11.2.1.3.2, "linear exact").

    Returns sentences a person should know; empty where all went as asked.
    """
    method = settings.normalize
    if method == "none":
        return ()
    (low, high), warnings = statistics_of(data, picked, settings, window)
    offset, scale = low, _inverse(high if method == "zscore" else high - low)
    for t in np.flatnonzero(picked.frames >= 0):
        frame = data[t]
        # In float64: the difference of two large neighbors would lose its digits.
        np.multiply(frame.astype(np.float64) - offset, scale, out=frame, casting="same_kind")
        if method in ("percentile", "window"):
            np.clip(frame, 0, 1, out=frame)
    return warnings


def statistics_of(
    data: Float32, picked: Picked, settings: EncodingSettings, window: Numbers | None
) -> tuple[Numbers, tuple[str, ...]]:
    """Return the two numbers that `normalize` works with, and sentences about them."""
    if settings.normalize == "window":
        if window is None:
            raise ValueError("normalize 'window' needs a window: its center and width")
        return (window[0] - window[1] / 2, window[0] + window[1] / 2), ()
    if isinstance(settings.statistics, tuple):
        return settings.statistics, ()
    inside = np.flatnonzero(picked.real)
    return METHODS[settings.normalize](data[int(inside[0]) : int(inside[-1]) + 1], settings)


def _inverse(span: float) -> float:
    return 1 / span if span > 0 else 0.0


Measured = tuple[Numbers, tuple[str, ...]]


def _minmax(real: Float32, settings: EncodingSettings) -> Measured:
    return (float(real.min()), float(real.max())), ()


def _zscore(real: Float32, settings: EncodingSettings) -> Measured:
    mean = float(real.mean(dtype=np.float64))
    total = sum(float(np.square(_minus(frame, mean)).sum()) for frame in real)
    return (mean, (total / real.size) ** 0.5), ()


def _minus(frame: Float32, mean: float) -> NDArray[np.float64]:
    return np.subtract(frame, mean, dtype=np.float64)


def _percentile(real: Float32, settings: EncodingSettings) -> Measured:
    lower, upper = settings.percentiles
    low, high = (float(value) for value in np.percentile(real, (lower, upper)))
    if high > low:
        return (low, high), ()
    extremes, _ = _minmax(real, settings)
    sentence = (
        f"Percentiles {lower:g} and {upper:g} are equal: the smallest and largest value became 0 "
        "and 1."
    )
    return extremes, (sentence,) if extremes[1] > extremes[0] else ()


METHODS: dict[str, Callable[[Float32, EncodingSettings], Measured]] = {
    "minmax": _minmax, "zscore": _zscore, "percentile": _percentile,
}  # fmt: skip
