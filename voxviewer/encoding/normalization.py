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

TITLES = {
    "none": "",
    "minmax": "0 to 1",
    "zscore": "mean 0, deviation 1",
    "percentile": "percentiles 1 to 99 as 0 to 1",
}


def normalize(data: Float32, picked: Picked, method: str) -> tuple[str, ...]:
    """Normalize a clip's data (T, H, W, C) in place, all channels together.

    "minmax": smallest 0, largest 1. "zscore": mean 0, standard deviation 1. "percentile": the 1st
    0, the 99th 1, values beyond held at 0 and 1 (as nnU-Net's and TorchIO's rescaling). A constant
    clip becomes 0.

    Returns sentences a person should know; empty where all went as asked.
    """
    if method == "none":
        return ()
    inside = np.flatnonzero(picked.real)
    real = data[int(inside[0]) : int(inside[-1]) + 1]
    offset, scale, warnings = METHODS[method](real)
    for t in np.flatnonzero(picked.frames >= 0):
        frame = data[t]
        # In float64: the difference of two large neighbors would lose its digits.
        np.multiply(frame.astype(np.float64) - offset, scale, out=frame, casting="same_kind")
        if method == "percentile":
            np.clip(frame, 0, 1, out=frame)
    return warnings


Shift = tuple[float, float, tuple[str, ...]]
"""What to subtract, what to multiply by, sentences."""


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


METHODS: dict[str, Callable[[Float32], Shift]] = {
    "minmax": _minmax, "zscore": _zscore, "percentile": _percentile,
}  # fmt: skip
