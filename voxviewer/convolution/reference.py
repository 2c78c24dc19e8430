"""The convolution as one would explain it: a loop over places and filters, and a float64 referee.

`loop` is slow (7 microseconds for a voxel and filter) and correct; the handwritten engine is held
to it by tests. `exact_at` computes single voxels in float64: the third opinion where two engines
differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.convolution.geometry import Axis, axes_of, output_shape

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from voxviewer.data import Float32, Float64


def loop(
    x: Float32,
    kernels: Float32,
    bias: Float32 | None = None,
    strides: tuple[int, int, int] = (1, 1, 1),
    padding: str = "valid",
    dilation: tuple[int, int, int] = (1, 1, 1),
    groups: int = 1,
) -> Float32:
    """Cross-correlate a clip (T, H, W, C) with filters (kT, kH, kW, C / groups, F), plainly.

    Returns
    -------
    (T', H', W', F) float32
    """
    axes = axes_of(x.shape, kernels.shape, strides, dilation, padding)
    out = np.zeros((*output_shape(axes), kernels.shape[-1]), np.float32)
    seen, together = kernels.shape[3], kernels.shape[4] // groups
    for t in range(out.shape[0]):
        for h in range(out.shape[1]):
            for w in range(out.shape[2]):
                window = window_at(x, axes, (t, h, w))
                for f in range(out.shape[3]):
                    first = f // together * seen
                    channels = window[..., first : first + seen]
                    out[t, h, w, f] = (channels * kernels[..., f]).sum()
                    if bias is not None:
                        out[t, h, w, f] += bias[f]
    return out


def window_at(x: Float32, axes: tuple[Axis, Axis, Axis], place: tuple[int, int, int]) -> Float32:
    """The clip values (kT, kH, kW, C) that one map voxel looks at, 0 where there is padding."""
    indices = [axis.window(u) for axis, u in zip(axes, place, strict=True)]
    inside = [(i >= 0) & (i < axis.size) for axis, i in zip(axes, indices, strict=True)]
    window = np.zeros((*(axis.taps for axis in axes), x.shape[3]), x.dtype)
    there = (i[ok] for i, ok in zip(indices, inside, strict=True))
    window[np.ix_(*inside)] = x[np.ix_(*there)]
    return window


def exact_at(
    x: Float32,
    kernels: Float32,
    bias: ArrayLike | None,
    strides: tuple[int, int, int],
    padding: str,
    dilation: tuple[int, int, int],
    places: NDArray[np.int64],
) -> Float64:
    """Single map voxels in float64.

    Parameters
    ----------
    places : (S, 4) int, t, h, w, f of each

    Returns
    -------
    (S,) float64
    """
    values = exact_pixels(x, kernels, bias, strides, padding, dilation, places[:, :3])
    chosen: Float64 = values[np.arange(len(places)), places[:, 3]]
    return chosen


def exact_pixels(
    x: Float32,
    kernels: Float32,
    bias: ArrayLike | None,
    strides: tuple[int, int, int],
    padding: str,
    dilation: tuple[int, int, int],
    places: NDArray[np.int64],
) -> Float64:
    """All filters at single places t, h, w, in float64: places (S, 3) int -> (S, F) float64."""
    axes = axes_of(x.shape, kernels.shape, strides, dilation, padding)
    taps = kernels.astype(np.float64).reshape(-1, kernels.shape[-1])
    offset = np.zeros(len(taps[0])) if bias is None else np.asarray(bias, np.float64)
    values = np.empty((len(places), taps.shape[1]))
    for row, place in enumerate(places):
        t, h, w = (int(u) for u in place)
        window = window_at(x, axes, (t, h, w)).astype(np.float64)
        values[row] = window.reshape(-1) @ taps + offset
    return values
