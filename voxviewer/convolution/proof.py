"""Two engines on the same clip and bank: whether they agree, and if not, which one errs.

The measure is the largest |a - b|, divided by the largest sum |x||w|: rounding is a few 1e-7 in it,
an error is not. The bias counts as one more product, and after an activation the largest value
where that is larger: both are what float32 rounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.convolution import handwritten
from voxviewer.convolution.activations import activation
from voxviewer.convolution.geometry import as_applied
from voxviewer.convolution.reference import exact_pixels
from voxviewer.data import Comparison, FeatureMaps, Float32, Float64, Progress, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES = 64
"""Places drawn at random (seed 0) for the float64 referee, beside the corners of the maps."""


def compare(
    ours: FeatureMaps, keras: FeatureMaps, *, progress: Progress = no_progress
) -> Comparison:
    """Hold two results together and against float64 at sampled voxels.

    Raises
    ------
    ValueError
        where the two are not results of one clip, bank and choice, or have no bank
    """
    _require_one_origin(ours, keras)
    difference, place = largest_difference(ours.data, keras.data)
    scale = rounding_scale(ours, progress)
    places = _sampled_places(ours.shape, place)
    exact = exact_values(ours, places)
    return Comparison(
        handwritten=ours,
        keras=keras,
        max_difference=_share(difference, scale),
        place=place,
        sampled=places,
        exact=exact,
        handwritten_error=_share(_error(ours.data, places, exact), scale),
        keras_error=_share(_error(keras.data, places, exact), scale),
    )


def largest_difference(a: Float32, b: Float32) -> tuple[float, tuple[int, int, int, int]]:
    """The largest |a - b| of maps (T', H', W', F), and its place t, h, w, f.

    Equal infinities and NaN in both are no difference; NaN in one alone is an infinite one.
    """
    largest, where = -1.0, (0, 0, 0, 0)
    for t, (ours, theirs) in enumerate(zip(a, b, strict=True)):
        differences = _distance(ours, theirs)
        index = int(differences.argmax())
        if differences.flat[index] > largest:
            largest = float(differences.flat[index])
            h, w, f = (int(i) for i in np.unravel_index(index, differences.shape))
            where = (t, h, w, f)
    return largest, where


def rounding_scale(maps: FeatureMaps, progress: Progress = no_progress) -> float:
    """What a rounding error of these maps is set against; see the module's docstring."""
    if maps.bank is None:
        raise ValueError("Maps of a deep layer have no filters of their own to compare by")
    plan = handwritten.plan_for(maps.clip, maps.bank, maps.settings)
    scale = handwritten.largest_sum(plan, maps.clip.data[None], progress)
    top = float(maps.limits.max())
    if maps.bank.activation == "exponential":
        # The one activation whose slope is large, as large as its values: it magnifies rounding.
        return max(scale, 1.0) * max(top, 1.0)
    return max(scale, top) if maps.bank.activation != "linear" else scale


def exact_values(maps: FeatureMaps, places: NDArray[np.int64]) -> Float64:
    """Map voxels in float64, activation included: places (S, 4) int -> (S,) float64."""
    assert maps.bank is not None
    settings = maps.settings
    sums = exact_pixels(
        maps.clip.data,
        as_applied(maps.bank.kernels, settings.mode),
        maps.bank.bias,
        settings.strides,
        settings.padding,
        settings.dilation,
        places[:, :3],
    )
    with np.errstate(all="ignore"):
        values = activation(maps.bank.activation)(sums)
    chosen: Float64 = values[np.arange(len(places)), places[:, 3]]
    return chosen


def _require_one_origin(a: FeatureMaps, b: FeatureMaps) -> None:
    if a.clip is not b.clip or a.bank is not b.bank or a.bank is None:
        raise ValueError("Only results of one clip and one bank can be compared")
    if a.data.shape != b.data.shape or a.settings.mode != b.settings.mode:
        raise ValueError(
            "Only results of the same padding, strides, dilation and mode can be compared"
        )


def _sampled_places(
    shape: tuple[int, int, int, int], largest: tuple[int, int, int, int]
) -> NDArray[np.int64]:
    """(S, 4): the largest difference, the eight corners, places at random; each once."""
    T, H, W, F = shape
    corners = [
        (t, h, w, index % F)
        for index, (t, h, w) in enumerate(np.ndindex(2, 2, 2))
        for t, h, w in [(t * (T - 1), h * (H - 1), w * (W - 1))]
    ]
    drawn = np.random.default_rng(0).integers(0, shape, (SAMPLES, 4))
    return np.unique(np.vstack([[largest], corners, drawn]).astype(np.int64), axis=0)


def _error(data: Float32, places: NDArray[np.int64], exact: Float64) -> float:
    values = data[tuple(places.T)].astype(np.float64)
    with np.errstate(over="ignore"):
        return float(_distance(values, exact, exact.astype(np.float32)).max())


def _distance(
    a: NDArray[np.floating], b: NDArray[np.floating], rounded: NDArray[np.floating] | None = None
) -> NDArray[np.floating]:
    """|a - b|; 0 where both are the same infinity or NaN, infinite where only one is NaN."""
    other = b if rounded is None else rounded
    with np.errstate(all="ignore"):
        distance = np.abs(a - b)
    same = (a == other) | (np.isnan(a) & np.isnan(other))
    distance[same & ~np.isfinite(distance)] = 0
    distance[np.isnan(distance)] = np.inf
    return distance


def _share(difference: float, scale: float) -> float:
    if difference == 0:
        return 0.0
    return difference / scale if scale > 0 else float("inf")
