"""What resampling did to these very data, as numbers: overshoot, false detail, extent.

An operator along an axis takes each cosine of the source to a mixture. What stays at the cosine's
own frequency is the picture; what lands elsewhere was folded back there (aliasing, where the axis
shrinks; stair steps, where it grows). So the resampled values are split in two: the part that each
cosine below both Nyquist frequencies kept, and the rest, which is false detail. See Oppenheim and
Schafer, Discrete-Time Signal Processing, 4.6, for folding; the cosines are those of a DCT-II, whose
mirrored ends are the edges' (`grid="edges"`), or of a DCT-I for "centers".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.encoding.geometry import extents
from voxviewer.encoding.resampling import ONE_THREAD, resample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64

ROUNDING = 1e-6
"""Share of the source's range that counts as rounding, not as overshoot."""

LONGEST = 2048
"""Samples of an axis up to which its cosines are looked at."""


@dataclass(frozen=True)
class Overshoot:
    """How far values leave the source's range.

    Attributes
    ----------
    low, high : the range of the source, over finite values
    below, above : how far the lowest and highest new value lie beyond it, in the source's unit
    share : share of new values that lie beyond, 0 to 1
    """

    low: float
    high: float
    below: float
    above: float
    share: float

    @property
    def relative(self) -> float:
        """The larger of the two as a share of the source's range; 0.0 where that has none."""
        span = self.high - self.low
        return max(self.below, self.above) / span if span > 0 else 0.0


@dataclass(frozen=True)
class Aliasing:
    """What the new grid cannot show, and what became of it.

    Attributes
    ----------
    above : share of the source's variance above the new Nyquist frequency along any axis, 0 to 1;
        0.0 where nothing shrinks
    folded : share of the new values' variance that is false detail: folded back from above, or
        stair steps between samples, or displaced by order 0, which takes every second voxel where
        the mean of two belongs
    """

    above: float
    folded: float


@dataclass(frozen=True)
class ResampleFigures:
    """The numbers beside a resampled picture; extents in mm for D, H, W, None where not known."""

    overshoot: Overshoot
    aliasing: Aliasing | None
    before: tuple[float, ...] | None
    after: tuple[float, ...] | None


def resample_figures(
    before: NDArray[Any],
    after: NDArray[Any],
    order: int = 1,
    grid: str = "edges",
    antialias: bool = True,
    spacing: Sequence[float] | None = None,
) -> ResampleFigures:
    """Measure a resampling of one channel; about as long as the resampling itself takes.

    Parameters
    ----------
    before, after : (D, H, W), of one channel, and what `resample` made of it by these options
    spacing : mm for D, H, W of `before`
    """
    pair: tuple[tuple[float, ...] | None, tuple[float, ...] | None] = (None, None)
    if spacing is not None:
        pair = extents(before.shape, after.shape, spacing, grid)
    return ResampleFigures(
        overshoot(before, after), aliasing(before, after, order, grid, antialias), *pair
    )


def overshoot(before: NDArray[Any], after: NDArray[Any]) -> Overshoot:
    """How far `after` leaves the range of `before`; NaN and infinities do not count.

    Splines of order 2 and more ring at steps: a cubic step of height 1 reaches -0.09 and 1.09.
    """
    known = before[np.isfinite(before)] if before.dtype.kind == "f" else before
    if not known.size:
        return Overshoot(0.0, 0.0, 0.0, 0.0, 0.0)
    low, high = float(known.min()), float(known.max())
    slack = ROUNDING * (high - low)
    new = after[np.isfinite(after)] if after.dtype.kind == "f" else after
    beyond = int(np.count_nonzero(new < low - slack) + np.count_nonzero(new > high + slack))
    if not beyond:
        return Overshoot(low, high, 0.0, 0.0, 0.0)
    below, above = max(0.0, low - float(new.min())), max(0.0, float(new.max()) - high)
    return Overshoot(low, high, below, above, beyond / new.size)


def aliasing(
    before: NDArray[Any],
    after: NDArray[Any],
    order: int = 1,
    grid: str = "edges",
    antialias: bool = True,
) -> Aliasing | None:
    """How much of (D, H, W) lies above the new Nyquist frequency, and how much was folded back.

    None where there is nothing to say: values that are not finite, or an axis longer than 2048.
    """
    if max(*before.shape, *after.shape) > LONGEST:
        return None
    source = np.asarray(before, np.float32)
    made = np.asarray(after, np.float32)
    source = source - source.mean(dtype=np.float64).astype(np.float32)
    energy = _energy(source)
    if not np.isfinite(energy):
        return None
    made = made - np.asarray(before, np.float32).mean(dtype=np.float64).astype(np.float32)
    total = _energy(made)
    kept, low = source, source
    for axis, (n, m) in enumerate(zip(before.shape, after.shape, strict=True)):
        if n != m:
            kept = _along(_faithful(n, m, order, grid, antialias), kept, axis)
        if m < n:
            low = _along(_low(n, m, grid).T, low, axis)
    above = max(0.0, 1 - _energy(low) / energy) if energy > 0 and low is not source else 0.0
    folded = min(1.0, _energy(made - kept) / total) if total > 0 else 0.0
    return Aliasing(above, folded)


def _energy(x: Float32) -> float:
    flat = x.reshape(-1)
    return float(np.dot(flat, flat))


def _along(matrix: Float32, x: Float32, axis: int) -> Float32:
    """Multiply one axis by a matrix, in products small enough for one thread of BLAS.

    Its threads wait for each other in a busy loop, and a window beside them would stand still.
    """
    moved = np.moveaxis(x, axis, 0)
    columns = np.ascontiguousarray(moved.reshape(len(moved), -1))
    out = np.empty((len(matrix), columns.shape[1]), np.float32)
    step = max(1, ONE_THREAD // matrix.size)
    for first in range(0, columns.shape[1], step):
        part = slice(first, first + step)
        np.matmul(matrix, columns[:, part], out=out[:, part])
    made = out.reshape(len(matrix), *moved.shape[1:])
    return np.ascontiguousarray(np.moveaxis(made, 0, axis))


def _cosines(n: int, count: int, grid: str) -> Float64:
    """The slowest `count` cosines on n samples, (n, count): of a DCT-II, or a DCT-I for centers."""
    i, k = np.arange(n)[:, None], np.arange(count)
    if grid == "edges" or n == 1:
        return np.cos(np.pi * k * (i + 0.5) / n)
    return np.cos(np.pi * k * i / (n - 1))


@lru_cache(maxsize=32)
def _low(n: int, m: int, grid: str) -> Float32:
    """An orthonormal basis of the cosines that m samples can show, (n, m) float32."""
    return np.linalg.qr(_cosines(n, m, grid))[0].astype(np.float32)


@lru_cache(maxsize=32)
def _faithful(n: int, m: int, order: int, grid: str, antialias: bool) -> Float32:
    """The operator's part that leaves each cosine at its own frequency, (m, n) float32."""
    count = min(n, m)
    source, shown = _cosines(n, count, grid), _cosines(m, count, grid)
    answers = resample(source.reshape(n, 1, count), (m, 1, count), order, grid, antialias)
    made = answers.reshape(m, count).astype(np.float64)
    gains = (made * shown).sum(axis=0) / np.square(shown).sum(axis=0)
    return np.asarray((shown * gains) @ _analysis(source, grid), np.float32)


def _analysis(cosines: Float64, grid: str) -> Float64:
    """The matrix that takes samples to the coefficients of these cosines, (count, n).

    Cosines of a DCT-II are orthogonal; those of a DCT-I are, where the end samples count half.
    """
    weighted = cosines.copy()
    if grid == "centers" and len(cosines) > 1:
        weighted[[0, -1]] /= 2
    result: Float64 = weighted.T / (weighted * cosines).sum(axis=0)[:, None]
    return result
