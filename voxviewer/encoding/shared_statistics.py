"""One normalization for several sources: their common statistics, as numbers in the settings.

Numbers, not a reference to files: the recipe that holds them gives later data the same values,
wherever these sources are then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import no_progress
from voxviewer.encoding.encoder import encode
from voxviewer.encoding.planning import estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voxviewer.data import Clip, Float64, Progress, Source
    from voxviewer.settings import EncodingSettings

KNOTS = 4097
"""Quantiles that are kept of each clip: a common percentile is right to 1/4096 of its rank."""


@dataclass(frozen=True, eq=False)
class Summary:
    """What is kept of a clip's real values: how many, mean, sum of squares about it, quantiles."""

    count: int
    mean: float
    squares: float
    quantiles: Float64


def with_shared_statistics(
    sources: Iterable[Source],
    settings: EncodingSettings,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
) -> EncodingSettings:
    """Return the settings with the statistics of all these sources, encoded alike, as numbers.

    "minmax": lowest and highest value. "zscore": mean and deviation of all values together.
    "percentile": two percentiles of all values together, right to 1/4096 of their rank. Padding
    does not count. Clips are measured one after the other: no more than one is in memory.

    Raises
    ------
    ValueError
        for no sources, or where one cannot be encoded so
    TooLargeError
        where one does not fit in memory

    Example
    -------
    >>> vv.with_shared_statistics([a, b], vv.EncodingSettings(normalize="minmax")).statistics
    (0.0, 255.0)
    """
    if settings.normalize == "none":
        return replace(settings, statistics="clip")
    plain = replace(settings, normalize="none", statistics="clip")

    def clips() -> Iterable[Clip]:
        for number, source in enumerate(sources):
            # How many there will be is not known where they are opened one by one.
            progress(number / (number + 1), f"measuring {source.name}")
            yield encode(source, plain, allow_large=allow_large)

    found = [summary(clip) for clip in clips()]
    return replace(settings, statistics=combined(found, settings))


def shared_bytes(sources: Sequence[Source], settings: EncodingSettings) -> int:
    """Peak bytes of measuring these sources: the largest clip, and a sorted copy of its values."""
    plain = replace(settings, normalize="none", statistics="clip")
    one = replace(plain, normalize="percentile")  # counts the copy that sorting needs
    return max((estimate(source, one) for source in sources), default=0)


def summary(clip: Clip) -> Summary:
    """Return what is kept of a clip's real values."""
    inside = np.flatnonzero(clip.real)
    real = clip.data[int(inside[0]) : int(inside[-1]) + 1]
    mean = float(real.mean(dtype=np.float64))
    squares = sum(float(np.square(np.subtract(f, mean, dtype=np.float64)).sum()) for f in real)
    shares = np.linspace(0, 100, min(KNOTS, real.size))
    return Summary(real.size, mean, squares, np.percentile(real, shares).astype(np.float64))


def combined(found: Sequence[Summary], settings: EncodingSettings) -> tuple[float, float]:
    """Return the two numbers of all clips together."""
    if not found:
        raise ValueError("shared statistics need at least one source")
    low = min(float(one.quantiles[0]) for one in found)
    high = max(float(one.quantiles[-1]) for one in found)
    if settings.normalize == "minmax":
        return low, high
    if settings.normalize == "percentile":
        lower, upper = _percentiles(found, settings.percentiles)
        return (lower, upper) if upper > lower else (low, high)
    count = sum(one.count for one in found)
    mean = sum(one.mean * one.count for one in found) / count
    squares = sum(one.squares + one.count * (one.mean - mean) ** 2 for one in found)
    return float(mean), float((squares / count) ** 0.5)


def _percentiles(found: Sequence[Summary], wanted: tuple[float, float]) -> tuple[float, float]:
    """Return percentiles of the mixture: every quantile stands for its share of its clip."""
    values = np.concatenate([one.quantiles for one in found])
    weights = np.concatenate(
        [np.full(len(one.quantiles), one.count / len(one.quantiles)) for one in found]
    )
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    ranks = (np.cumsum(weights) - weights / 2) / weights.sum() * 100
    low, high = np.interp(wanted, ranks, values)
    return float(low), float(high)
