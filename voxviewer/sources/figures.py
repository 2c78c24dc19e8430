"""Figures of a whole source: range, mean, holes, a histogram; computed slab by slab.

They cost a pass over all values, so they are a job's, kept beside the source and not in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Float64, Skeleton, no_progress
from voxviewer.data import frozen as read_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from voxviewer.data import Progress, Source

BINS = 256
SLAB = 16 << 20
"""Values that are looked at together, in bytes: a few times this is the peak."""


@dataclass(frozen=True, eq=False)
class Figures:
    """Whole-array figures of a source.

    Attributes
    ----------
    low, high, mean : over finite values; None where there are none (or their sum overflows)
    nan, inf : how many values are not a number, or infinite
    histogram : (256,) int64, counts of finite values
    edges : (257,) float64, rising; all 0 where nothing is finite
    missing : (J,) float64, share of frames and persons in which a joint is not seen; None for
        volumes
    """

    low: float | None
    high: float | None
    mean: float | None
    nan: int
    inf: int
    histogram: NDArray[np.int64]
    edges: Float64
    missing: Float64 | None = None

    @property
    def range(self) -> tuple[float, float] | None:
        """(low, high), or None where nothing is finite."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def figures(source: Source, progress: Progress = no_progress) -> Figures:
    """Compute the figures of a source; lazy voxels are read twice, in slabs."""
    if isinstance(source, Skeleton):
        return _computed(_Flat(source.joints), progress, _missing(source))
    return _computed(source.voxels, progress, None)


def value_range(source: Source, progress: Progress = no_progress) -> tuple[float, float] | None:
    """The lowest and highest finite value, in one pass; None where there is none."""
    first = _first_pass(_array(source), progress, 1.0)
    return None if first.low is None or first.high is None else (first.low, first.high)


class _Flat:
    """Joints as voxels (T, P, J, 3, 1), so that one loop serves both nouns."""

    def __init__(self, joints: NDArray[Any]) -> None:
        self.shape = (*joints.shape, 1)
        self.dtype = joints.dtype
        self._joints = joints[..., None]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        values: NDArray[Any] = self._joints[index]
        return values


def _array(source: Source) -> Any:
    return _Flat(source.joints) if isinstance(source, Skeleton) else source.voxels


def _missing(source: Skeleton) -> Float64:
    seen = np.isfinite(source.joints).all(axis=-1)
    return read_only(1.0 - seen.mean(axis=(0, 1)))


@dataclass
class _Pass:
    """What one pass over all values adds up to."""

    low: float | None = None
    high: float | None = None
    total: float = 0.0
    count: int = 0
    nan: int = 0
    inf: int = 0

    def add(self, values: NDArray[Any]) -> None:
        finite = _finite(values)
        if finite.size < values.size:
            nan = int(np.isnan(values).sum())
            self.nan += nan
            self.inf += values.size - finite.size - nan
        if not finite.size:
            return
        low, high = finite.min().item(), finite.max().item()
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        with np.errstate(over="ignore", invalid="ignore"):
            self.total += float(finite.sum(dtype=np.float64))
        self.count += finite.size


def _computed(array: Any, progress: Progress, missing: Float64 | None) -> Figures:
    first = _first_pass(array, progress, 0.5)
    edges = np.zeros(BINS + 1)
    histogram = np.zeros(BINS, np.int64)
    if first.low is not None and first.high is not None:
        edges = _edges(first.low, first.high)
        for share, values in _slabs(array):
            progress(0.5 + 0.5 * share, "Counting values")
            histogram += _counts(_finite(values), edges)
    mean = first.total / first.count if first.count and math.isfinite(first.total) else None
    return Figures(
        low=first.low,
        high=first.high,
        mean=mean,
        nan=first.nan,
        inf=first.inf,
        histogram=read_only(histogram),
        edges=read_only(edges),
        missing=missing,
    )


def _first_pass(array: Any, progress: Progress, part: float) -> _Pass:
    first = _Pass()
    for share, values in _slabs(array):
        progress(part * share, "Looking for the range")
        first.add(values)
    return first


def _slabs(array: Any) -> Iterator[tuple[float, NDArray[Any]]]:
    """(share done, values): runs of frames, or runs of planes where a frame is large."""
    T, D = array.shape[:2]
    plane = math.prod(array.shape[2:]) * max(array.dtype.itemsize, 4)
    planes = max(1, SLAB // max(plane, 1))
    if planes >= D:
        frames = max(1, planes // max(D, 1))
        for start in range(0, T, frames):
            yield start / T, array[start : start + frames]
        return
    for frame in range(T):
        for start in range(0, D, planes):
            yield (frame + start / D) / T, array[frame, start : start + planes]


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    """The finite values; the array itself where all of them are."""
    if values.dtype.kind not in "fc":
        return values
    finite = np.isfinite(values)
    return values if finite.all() else values[finite]


def _edges(low: float, high: float) -> Float64:
    """Bin edges; halves are added up, because high - low can overflow."""
    if low == high:
        spread = 0.5 if abs(low) < 2**52 else abs(low) * 2**-40
        low, high = low - spread, high + spread
    with np.errstate(over="ignore"):
        return np.clip(np.linspace(low / 2, high / 2, BINS + 1) * 2, low, high)


def _counts(values: NDArray[Any], edges: Float64) -> NDArray[np.int64]:
    """How many values lie in each bin; the last bin holds its upper edge, as in NumPy."""
    low, high = edges[0] / 2, edges[-1] / 2
    scale = BINS / (high - low)
    place = (values.astype(np.float64).ravel() / 2 - low) * scale
    index = np.clip(place.astype(np.int64), 0, BINS - 1)
    return np.bincount(index, minlength=BINS)
