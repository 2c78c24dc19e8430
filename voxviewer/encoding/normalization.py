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

TITLES = {
    "none": "",
    "minmax": "0 to 1",
    "zscore": "mean 0, deviation 1",
    "percentile": "percentiles 1 to 99 as 0 to 1",
    "window": "window as 0 to 1",
}


def title(settings: EncodingSettings, own: tuple[float, float] | None) -> str:
    """What the values become, in a few words; `own` is the file's window."""
    window = settings.window or own
    if settings.normalize == "window" and window is not None:
        return f"window {window[0]:g} / {window[1]:g} as 0 to 1"
    return TITLES[settings.normalize]


def require_window(settings: EncodingSettings, own: tuple[float, float] | None) -> None:
    """Refuse the method "window" where neither choice nor file has one."""
    if settings.normalize == "window" and settings.window is None and own is None:
        raise ValueError(
            "normalize 'window' needs a window, and the file has none of its own; give its center "
            "and width, such as window (40, 80)"
        )


def normalize(
    data: Float32, picked: Picked, method: str, window: tuple[float, float] | None = None
) -> tuple[str, ...]:
    """Normalize a clip's data (T, H, W, C) in place, all channels together.

    "minmax": smallest 0, largest 1. "zscore": mean 0, standard deviation 1. "percentile": the 1st
    0, the 99th 1, values beyond held at 0 and 1 (as nnU-Net's and TorchIO's rescaling). A constant
    clip becomes 0. "window": (center, width) in the source's values, its ends 0 and 1, values
    beyond held there (DICOM PS3.3 C.11.2.1.3.2, "linear exact").

    Returns sentences a person should know; empty where all went as asked.
    """
    if method == "none":
        return ()
    inside = np.flatnonzero(picked.real)
    real = data[int(inside[0]) : int(inside[-1]) + 1]
    offset, scale, warnings = _shift(method, real, window)
    for t in np.flatnonzero(picked.frames >= 0):
        frame = data[t]
        # In float64: the difference of two large neighbors would lose its digits.
        np.multiply(frame.astype(np.float64) - offset, scale, out=frame, casting="same_kind")
        if method in ("percentile", "window"):
            np.clip(frame, 0, 1, out=frame)
    return warnings


Shift = tuple[float, float, tuple[str, ...]]
"""What to subtract, what to multiply by, sentences."""


def _shift(method: str, real: Float32, window: tuple[float, float] | None) -> Shift:
    return _window(window) if method == "window" else METHODS[method](real)


def _inverse(span: float) -> float:
    return 1 / span if span > 0 else 0.0


def _minmax(real: Float32) -> Shift:
    low, high = float(real.min()), float(real.max())
    return low, _inverse(high - low), ()


def _zscore(real: Float32) -> Shift:
    mean = float(real.mean(dtype=np.float64))
    total = sum(float(np.square(_minus(frame, mean)).sum()) for frame in real)
    return mean, _inverse((total / real.size) ** 0.5), ()


def _minus(frame: Float32, mean: float) -> NDArray[np.float64]:
    return np.subtract(frame, mean, dtype=np.float64)


def _percentile(real: Float32) -> Shift:
    low, high = (float(value) for value in np.percentile(real, (1, 99)))
    if high > low:
        return low, 1 / (high - low), ()
    offset, scale, _ = _minmax(real)
    sentence = "Percentiles 1 and 99 are equal: the smallest and largest value became 0 and 1."
    return offset, scale, (sentence,) if scale else ()


def _window(window: tuple[float, float] | None) -> Shift:
    if window is None:
        raise ValueError("normalize 'window' needs a window: its center and width")
    center, width = window
    return center - width / 2, 1 / width, ()


METHODS: dict[str, Callable[[Float32], Shift]] = {
    "minmax": _minmax, "zscore": _zscore, "percentile": _percentile,
}  # fmt: skip
