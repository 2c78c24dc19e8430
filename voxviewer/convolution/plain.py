"""The convolution in NumPy alone: where Numba cannot run, and for float64.

Every window becomes a row of a matrix, which is multiplied by the filters; row by row of the map,
in pieces of about a megabyte, so that the matrix stays in the processor's cache.

The trap: OpenBLAS, which multiplies matrices for NumPy, shares large products among its threads,
and then sums in an order that depends on how many there are. Products below its limit it does
alone, but those of a matrix and a vector, whose limit is far lower; so all are cut small, and none
has a single row or column. The same input gives the same bytes, whatever the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE = 1 << 18
"""Values of the window matrix made at once."""

ALONE = 1 << 17
"""Multiply-adds of one product: half of what OpenBLAS does in one thread (65536 times 4)."""

DEEP, WIDE = 1 << 12, 16
"""Taps and filters of one product at most, so that it has two rows at least."""


def correlate(
    slab: NDArray[Any],
    kernels: NDArray[Any],
    bias: NDArray[Any],
    strides: tuple[int, int, int],
    dilation: tuple[int, int, int],
    out: NDArray[Any],
) -> None:
    """Correlate a padded slab with all filters into `out`.

    Parameters
    ----------
    slab : (t, h, w, C) float32 or float64, padded: every window lies inside
    kernels : (kT, kH, kW, C, F), bias (F,), out (t', h', w', F), written: of the same dtype
    """
    size = kernels.shape[:3]
    matrix = kernels.reshape(-1, kernels.shape[-1])
    _, height, width, _ = out.shape
    at_once = max(1, PIECE // (width * len(matrix)))
    windows = _windows(slab, size, strides, dilation, out.shape[:3])
    for t, frame in enumerate(out):
        for first in range(0, height, at_once):
            piece = windows[t, first : first + at_once]
            rows = _product(piece.reshape(-1, len(matrix)), matrix)
            rows += bias
            frame[first : first + at_once] = rows.reshape(*piece.shape[:2], -1)


def _product(rows: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """(n, K) times (K, F), cut into products that are summed in one order by any BLAS thread."""
    K, F = matrix.shape
    if F == 1:  # a second column of zeros: a matrix, not a vector
        return _product(rows, np.hstack([matrix, np.zeros_like(matrix)]))[:, :1]
    if len(rows) == 1:
        return _product(np.vstack([rows, rows]), matrix)[:1]
    result = np.zeros((len(rows), F), rows.dtype)
    many = max(2, ALONE // (min(K, DEEP) * min(F, WIDE)))
    for n in _cuts(len(rows), many):
        for f in _cuts(F, WIDE):
            for k in _cuts(K, DEEP):
                result[n, f] += rows[n, k] @ matrix[k, f]
    return result


def _cuts(length: int, step: int) -> list[slice]:
    """0 .. length in pieces of `step`; what would be a piece of one belongs to the one before."""
    firsts = list(range(0, length, step))
    if len(firsts) > 1 and length - firsts[-1] == 1:
        firsts.pop()
    return [slice(a, b) for a, b in zip(firsts, [*firsts[1:], length], strict=True)]


def _windows(
    slab: NDArray[Any],
    size: tuple[int, ...],
    strides: tuple[int, int, int],
    dilation: tuple[int, int, int],
    outputs: tuple[int, ...],
) -> NDArray[Any]:
    """(t', h', w', kT, kH, kW, C), a view of the slab in which every window is spelled out."""
    steps = slab.strides[:3]
    between = tuple(step * stride for step, stride in zip(steps, strides, strict=True))
    within = tuple(step * gap for step, gap in zip(steps, dilation, strict=True))
    return np.lib.stride_tricks.as_strided(
        slab,
        (*outputs, *size, slab.shape[3]),
        (*between, *within, slab.strides[3]),
        writeable=False,
    )
