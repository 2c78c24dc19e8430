"""One voxel of a feature map taken apart: which clip values, which weights, which sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.convolution.activations import activation
from voxviewer.convolution.geometry import as_applied, axes_of
from voxviewer.convolution.reference import exact_pixels, window_at
from voxviewer.data import FeatureMaps, FilterBank, Float32, Float64, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

Place = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Explanation:
    """How one map voxel came to be.

    Attributes
    ----------
    place : t, h, w, f in the maps
    frames, rows, columns : (kT,), (kH,), (kW,) clip indices that the taps look at; below 0 or
        beyond the clip where there is padding
    window : (kT, kH, kW, C) float32 clip values, 0 in the padding
    padding : (kT, kH, kW) bool, True where a tap lies outside the clip
    kernel : (kT, kH, kW, C) float32, the filter as applied (flipped in mode "convolution")
    products : (kT, kH, kW, C) float64, window * kernel
    total : their sum, float64
    bias : of the filter
    before : total + bias, what the activation is given
    activation : its name
    value : after the activation, float64
    map_value : what stands in the map, float32
    error : |map_value - value| divided by sum |products| + |bias|, or by |value| where that is
        larger: the measure of `proof` at this voxel; rounding is a few 1e-7
    """

    place: Place
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    window: Float32
    padding: NDArray[np.bool_]
    kernel: Float32
    products: Float64
    total: float
    bias: float
    before: float
    activation: str
    value: float
    map_value: float
    error: float


def explain_voxel(features: FeatureMaps, place: Place) -> Explanation:
    """Take apart the map voxel at `place` (t, h, w, f): clip values, weights, products, their sum.

    Example
    -------
    >>> told = explain_voxel(maps, (7, 30, 24, 0))
    >>> told.frames, told.total + told.bias

    Raises
    ------
    ValueError
        where the place lies outside the maps, or the maps are those of a deep layer (no bank)
    """
    bank = _bank(features)
    t, h, w, f = _checked(place, features.data.shape)
    settings = features.settings
    clip = features.clip.data
    kernels = as_applied(bank.kernels, settings.mode)
    axes = axes_of(clip.shape, kernels.shape, settings.strides, settings.dilation, settings.padding)
    frames, rows, columns = (axis.window(u) for axis, u in zip(axes, (t, h, w), strict=True))
    window = window_at(clip, axes, (t, h, w))
    products = window.astype(np.float64) * kernels[..., f]
    total, bias = float(products.sum()), float(bank.bias[f])
    value = _activated(features, kernels, bank, (t, h, w, f))
    map_value = float(features.data[t, h, w, f])
    scale = max(float(np.abs(products).sum()) + abs(bias), abs(value))
    t_out, h_out, w_out = (
        (i < 0) | (i >= n) for i, n in zip((frames, rows, columns), clip.shape[:3], strict=True)
    )
    return Explanation(
        place=(t, h, w, f),
        frames=frozen(frames),
        rows=frozen(rows),
        columns=frozen(columns),
        window=frozen(window),
        padding=frozen(t_out[:, None, None] | h_out[:, None] | w_out),
        kernel=frozen(np.ascontiguousarray(kernels[..., f])),
        products=frozen(products),
        total=total,
        bias=bias,
        before=total + bias,
        activation=bank.activation,
        value=value,
        map_value=map_value,
        error=_relative(map_value, value, scale),
    )


def over_time(features: FeatureMaps, place: Place) -> Float32:
    """(T',) float32, the value of one map at one row and column in every frame of the map."""
    _, h, w, f = _checked(place, features.data.shape)
    curve: Float32 = frozen(features.data[:, h, w, f])
    return curve


def _bank(features: FeatureMaps) -> FilterBank:
    if features.bank is None:
        raise ValueError(
            "Maps of a deep layer cannot be taken apart; choose those of a first Conv3D layer"
        )
    return features.bank


def _checked(place: Place, shape: tuple[int, ...]) -> Place:
    t, h, w, f = (int(index) for index in place)
    for name, index, size in zip("THWF", (t, h, w, f), shape, strict=True):
        if not 0 <= index < size:
            raise ValueError(f"{name} {index} lies outside the maps, which have {size} there")
    return t, h, w, f


def _activated(features: FeatureMaps, kernels: Float32, bank: FilterBank, place: Place) -> float:
    """The voxel's value in float64; of all filters first, because "softmax" looks at them all."""
    settings = features.settings
    places = np.array([place[:3]], np.int64)
    choices = settings.strides, settings.padding, settings.dilation
    sums = exact_pixels(features.clip.data, kernels, bank.bias, *choices, places)
    with np.errstate(all="ignore"):
        return float(activation(bank.activation)(sums)[0, place[3]])


def _relative(value: float, exact: float, scale: float) -> float:
    if value == exact or (np.isnan(value) and np.isnan(exact)):
        return 0.0
    return abs(value - exact) / scale if scale > 0 else float("inf")
