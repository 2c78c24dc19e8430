"""Values as codes of 12 bits: their limits, and where the body begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxviewer.space.looks import TOP, ZERO

if TYPE_CHECKING:
    from voxviewer.data import Float32

UInt16 = NDArray[np.uint16]


def coded(block: Float32, limits: tuple[float, float]) -> UInt16:
    """Return values as codes 0 to `TOP`; what is not a number becomes the lowest, or zero.

    Where the limits are those of a signed scale, -limit to limit, zero has the code `ZERO`.
    """
    low, high = limits
    scale = TOP / (high - low) if high > low else 0.0
    empty = ZERO if low == -high and high > 0 else 0
    with np.errstate(invalid="ignore", over="ignore"):
        found = np.rint((block.astype(np.float32) - np.float32(low)) * np.float32(scale))
    found = np.where(np.isfinite(block), np.clip(found, 0, TOP), empty)
    return np.ascontiguousarray(found.astype(np.uint16))


def robust_limits(block: Float32) -> tuple[float, float]:
    """Return the values' range without the outermost thousandth; (0, 1) where there is none."""
    step = max(1, round((block.size / 2_000_000) ** (1 / 3)))
    values = block[::step, ::step, ::step].ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, (0.1, 99.9)))
    if not high > low:
        low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + 1.0)


def first_level(codes: UInt16, content: str) -> float:
    """Return where the body begins, 0 to 1: Otsu's threshold, which parts the values best in two.

    Otsu, "A threshold selection method from gray-level histograms" (1979). Bone and what grows from
    0 have one of their own; of signed values the strongest few per cent lie above it.
    """
    known = {"ct": 0.45, "heatmap": 0.3}
    if content in known:
        return known[content]
    if content == "signed":
        step = max(1, round((codes.size / 500_000) ** (1 / 3)))
        away = np.abs(codes[::step, ::step, ::step].astype(np.int32) - ZERO)
        return float(min(max(0.6 * np.percentile(away, 98) / ZERO, 0.08), 0.5))
    counts = np.bincount(codes.ravel() >> 4, minlength=256)[:256].astype(np.float64)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / below, (sums[-1] - sums) / above
        between = np.nan_to_num(below * above * (means[0] - means[1]) ** 2)
    return float(min(max(between.argmax() / 255, 0.05), 0.7))
