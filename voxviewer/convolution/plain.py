"""The convolution in NumPy alone: where Numba cannot run, and for float64.

Every window becomes a row of a matrix, which is multiplied by the filters; row by row of the map,
in pieces of about a megabyte, so that the matrix stays in the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE = 1 << 18
"""Values of the window matrix made at once."""


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
            rows = piece.reshape(-1, len(matrix)) @ matrix
            rows += bias
            frame[first : first + at_once] = rows.reshape(*piece.shape[:2], -1)


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
