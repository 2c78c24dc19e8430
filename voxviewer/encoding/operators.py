"""The one-axis operators of resampling, as SciPy defines them.

`scipy.ndimage.zoom` is separable and linear: along each axis it is a matrix (m, n) with a few
weights in each row. Nearest is a gather. Linear is two weights, written out here, so that the
default needs no import of SciPy. Splines of order 2 to 5 are read off `scipy.ndimage.zoom` itself,
prefilter, padding and boundary included, so a new SciPy cannot make the two disagree: combs of unit
impulses are zoomed, far enough apart (`REACH`) that each answer belongs to one impulse. Smoothing
before shrinking is one more matrix, multiplied in beforehand, so it costs nothing while data flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Float64

REACH = {2: 20, 3: 26, 4: 34, 5: 42}
"""Samples after which a spline's prefilter has decayed below 1e-14 of the impulse (its largest pole
is 0.17, 0.27, 0.36, 0.43 for orders 2 to 5)."""

BLOCKS = 8, 32
"""Fewest and most rows of an operator multiplied at once."""

NEGLIGIBLE = 1e-9


def scipy_zoom(
    x: NDArray[Any], factors: float | Sequence[float], order: int, grid: str
) -> NDArray[Any]:
    """Zoom as `scipy.ndimage.zoom` does on this grid, without the sample that it loses.

    With centers, SciPy's default `mode="constant"` returns 0 where the last coordinate is rounded
    past the last sample (32 -> 16). "nearest" (orders 0, 1) and "mirror" (the boundary that
    "constant" uses inside its prefilter) are the same everywhere else and hold the last sample.
    """
    from scipy import ndimage  # half a second of import

    mode = "nearest" if grid == "edges" or order < 2 else "mirror"
    zoom: Any = ndimage.zoom
    result: NDArray[Any] = zoom(x, factors, order=order, grid_mode=grid == "edges", mode=mode)
    return result


def coordinates(n: int, m: int, grid: str) -> Float64:
    """Where each of m output samples lies among n input samples, (m,) float64, held inside."""
    i = np.arange(m, dtype=np.float64)
    if grid == "edges":
        c = (i + 0.5) * (n / m) - 0.5
    else:
        c = i * ((n - 1) / (m - 1) if m > 1 else 1.0)
    return np.clip(c, 0, n - 1)


def smoothing_sigma(n: int, m: int) -> float:
    """Sigma of the Gaussian before shrinking n to m: (factor - 1) / 2, as scikit-image's resize."""
    return max(n / m - 1, 0.0) / 2


@lru_cache(maxsize=64)
def gather(n: int, m: int, grid: str) -> NDArray[np.intp]:
    """Which input sample each of m outputs takes at order 0, (m,), read off SciPy."""
    places = scipy_zoom(np.arange(n, dtype=np.float64), m / n, 0, grid)
    index: NDArray[np.intp] = places.astype(np.intp)
    index.flags.writeable = False
    return index


@dataclass(frozen=True, eq=False)
class Block:
    """Rows `first:last` of an operator, which need inputs `low:high`: weights (rows, inputs)."""

    first: int
    last: int
    low: int
    high: int
    weights: NDArray[Any]


@lru_cache(maxsize=64)
def operator(n: int, m: int, order: int, grid: str, smooth: bool) -> tuple[Block, ...]:
    """The operator that takes n samples to m at order 1 to 5, in blocks without its zeros.

    Parameters
    ----------
    n, m : samples before and after
    order : spline order, 1 to 5
    grid : "edges" or "centers"
    smooth : True: a Gaussian of `smoothing_sigma` runs first, where the axis shrinks
    """
    start, weights = linear_weights(n, m, grid) if order == 1 else _probed(n, m, order, grid)
    sigma = smoothing_sigma(n, m)
    if smooth and sigma > 0:
        start, weights = _smoothed(start, weights, sigma)
    rows = block_rows(n, m)
    return tuple(
        _block(first, min(first + rows, m), start, weights, n) for first in range(0, m, rows)
    )


def block_rows(n: int, m: int) -> int:
    """Rows multiplied at once: enough for BLAS, few enough to skip the zeros; measured."""
    low, high = BLOCKS
    return min(max(round(24 * m / n), low), high)


def linear_weights(n: int, m: int, grid: str) -> tuple[NDArray[np.intp], Float64]:
    """First input (m,) and the two weights (m, 2) of each output at order 1."""
    c = coordinates(n, m, grid)
    if n == 1:
        return np.zeros(m, np.intp), np.ones((m, 1))
    low = np.minimum(np.floor(c), n - 2)
    return low.astype(np.intp), np.stack([1 - (c - low), c - low], axis=1)


def _probed(n: int, m: int, order: int, grid: str) -> tuple[NDArray[np.intp], Float64]:
    """First input (m,) and the weights (m, S) of each output, read off SciPy with S combs."""
    S = min(2 * REACH[order], n)
    combs = (np.arange(n) % S == np.arange(S)[:, None]).astype(np.float64)
    answers = np.stack([scipy_zoom(comb, m / n, order, grid) for comb in combs])
    start = np.floor(coordinates(n, m, grid)).astype(np.intp) - S // 2 + 1
    start = np.clip(start, 0, n - S)
    inputs = start[:, None] + np.arange(S)
    return start, answers[inputs % S, np.arange(m)[:, None]]


def _smoothed(
    start: NDArray[np.intp], weights: Float64, sigma: float
) -> tuple[NDArray[np.intp], Float64]:
    """The weights after a Gaussian that runs first: `gaussian_filter1d(..., truncate=4)`.

    Inputs may now lie outside the axis; `_block` adds them to the end samples (mode "nearest").
    """
    radius = int(4 * sigma + 0.5)
    x = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (x / sigma) ** 2)
    kernel /= kernel.sum()
    m, S = weights.shape
    wide = np.zeros((m, S + 2 * radius))
    for k in range(S):
        wide[:, k : k + 2 * radius + 1] += weights[:, k, None] * kernel
    return start - radius, wide


def _block(first: int, last: int, start: NDArray[np.intp], weights: Float64, n: int) -> Block:
    """Rows first:last as one dense matrix over the inputs that matter to them."""
    rows = np.arange(last - first)[:, None]
    inputs = np.clip(start[first:last, None] + np.arange(weights.shape[1]), 0, n - 1)
    low, high = int(inputs.min()), int(inputs.max()) + 1
    dense = np.zeros((last - first, high - low))
    np.add.at(dense, (rows, inputs - low), weights[first:last])
    kept = np.flatnonzero(np.abs(dense).max(axis=0) > NEGLIGIBLE)
    a, b = int(kept[0]), int(kept[-1]) + 1
    matrix = np.ascontiguousarray(dense[:, a:b], np.float32)
    matrix.flags.writeable = False
    return Block(first, last, low + a, low + b, matrix)
