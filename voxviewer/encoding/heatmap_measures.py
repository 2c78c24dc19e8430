"""What a heatmap does to its joints, as numbers: width, what the border cuts off, flicker, error.

All follow from the formula of the Gaussian but the decoded places, which are read off the values:
the largest value near a joint, moved to the top of the parabola through its logarithm and that of
its neighbors. For one Gaussian that is exact, whatever its sigma (Zhang et al., Distribution-Aware
Coordinate Representation, CVPR 2020, decode by the same expansion).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.encoding.fitting import joint_places
from voxviewer.encoding.heatmaps import REACH, pixel_sigma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, Float64, Skeleton


@dataclass(frozen=True, eq=False)
class HeatmapFigures:
    """The numbers beside a heatmap; NaN where a joint was not seen.

    Attributes
    ----------
    sigma, fwhm : pixels of the clip; full width at half maximum
    places : (T, P, J, 2) x, y in pixels of the clip, whole numbers are pixel centers
    lost : (T, P, J) share of each joint's mass that lies beyond the picture, 0 to 1
    peaks : (T, P, J) the largest value that the joint alone leaves on the pixels
    flicker : (P, J) largest minus smallest peak over time, of frames where the joint is inside
    errors : (T, P, J) pixels between a joint and its place read off the values; NaN where there is
        nothing to read, and throughout for limbs
    """

    sigma: float
    fwhm: float
    places: Float64
    lost: Float64
    peaks: Float64
    flicker: Float64
    errors: Float64


def heatmap_figures(source: Skeleton, clip: Clip) -> HeatmapFigures:
    """Measure the clip that `encode` made of this recording."""
    places = joint_places(source, clip)
    settings, size = clip.settings, (clip.shape[1], clip.shape[2])
    sigma = pixel_sigma(settings.sigma, settings.sigma_unit, size[0])
    high = peaks(places, size, sigma, settings.center, settings.cutoff)
    inside = ((places > -0.5) & (places < np.array(size[::-1]) - 0.5)).all(axis=-1)
    return HeatmapFigures(
        sigma=sigma,
        fwhm=fwhm(sigma),
        places=places,
        lost=border_loss(places, size, sigma, settings.center, settings.cutoff),
        peaks=high,
        flicker=flicker(np.where(inside, high, np.nan)),
        errors=_errors(clip, places, sigma),
    )


def _errors(clip: Clip, places: Float64, sigma: float) -> Float64:
    """Of joints; limbs have no place to read off."""
    if clip.settings.combine.startswith("limbs"):
        return np.full(places.shape[:-1], np.nan)
    return decode_errors(clip.data, places, sigma)


def fwhm(sigma: float) -> float:
    """Full width at half maximum of a Gaussian: 2 sqrt(2 ln 2) sigma = 2.355 sigma."""
    return 2 * math.sqrt(2 * math.log(2)) * sigma


def border_loss(
    places: NDArray[Any],
    size: tuple[int, int],
    sigma: float,
    center: str = "subpixel",
    cutoff: float | None = None,
) -> Float64:
    """Share of each Gaussian's mass that falls beyond the picture, 0 to 1; NaN where not seen.

    The mass is the sum over pixels, here over those of the picture against those of an endless one.

    Parameters
    ----------
    places : (..., 2) x, y in pixels, whole numbers are pixel centers
    size : (H, W)
    sigma : pixels
    center : "pixel": joints snap first, and add nothing where they lie outside (all is lost)
    cutoff : sigmas beyond which nothing is drawn, along rows and columns; None = everything is
    """
    x, y = _snapped(places, size, center)
    with np.errstate(invalid="ignore"):
        inside = _share_inside(x, size[1], sigma, cutoff) * _share_inside(y, size[0], sigma, cutoff)
    return np.asarray(1 - inside)


def _snapped(
    places: NDArray[Any], size: tuple[int, int], center: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Columns and rows where the Gaussians are drawn; far away where "pixel" draws none."""
    x, y = (np.asarray(places[..., axis], np.float64) for axis in (0, 1))
    if center == "pixel":
        x, y = np.floor(x + 0.5), np.floor(y + 0.5)
        outside = (x < 0) | (x >= size[1]) | (y < 0) | (y >= size[0])
        x = np.where(outside, np.inf, x)
    return x, y


def _share_inside(place: Float64, count: int, sigma: float, cutoff: float | None) -> Float64:
    """Sum of a row's Gaussian over its pixels, by the sum over an endless row."""
    reach = REACH if cutoff is None else min(cutoff, REACH)
    steps = np.arange(-math.ceil(reach * sigma) - 1, math.ceil(reach * sigma) + 2)
    finite = np.isfinite(place)
    nearest = np.floor(np.where(finite, place, 0) + 0.5)
    pixel = nearest[..., None] + steps
    distance = (pixel - np.where(finite, place, 0)[..., None]) / sigma
    values = np.exp(-0.5 * distance**2) * (np.abs(distance) <= reach)
    total = values.sum(axis=-1)
    inside = (values * ((pixel >= 0) & (pixel < count))).sum(axis=-1)
    share = np.divide(inside, total, out=np.zeros_like(total), where=total > 0)
    return np.where(np.isnan(place), np.nan, np.where(finite, share, 0.0))


def peaks(
    places: NDArray[Any],
    size: tuple[int, int],
    sigma: float,
    center: str = "subpixel",
    cutoff: float | None = None,
) -> Float64:
    """The largest value that each joint alone leaves on the pixels, (...); NaN where not seen.

    1 where it lies on a pixel's center, exp(-1 / 4 sigma^2) where it lies between four: a joint
    that moves flickers, the more the smaller sigma is.
    """
    result = np.ones(places.shape[:-1])
    for place, count in zip(_snapped(places, size, center), (size[1], size[0]), strict=True):
        pixel = np.clip(np.floor(place + 0.5), 0, count - 1)
        with np.errstate(invalid="ignore", over="ignore"):
            distance = np.abs(pixel - place) / sigma
            value = np.exp(-0.5 * distance**2)
        if cutoff is not None:
            value = np.where(distance > cutoff, 0.0, value)
        result = result * value
    return result


def flicker(high: Float64) -> Float64:
    """Largest minus smallest peak over time, (T, ...) -> (...); NaN where there is none."""
    seen = np.isfinite(high)
    largest = np.where(seen, high, -np.inf).max(axis=0, initial=-np.inf)
    smallest = np.where(seen, high, np.inf).min(axis=0, initial=np.inf)
    some = seen.any(axis=0)
    return np.where(some, np.where(some, largest, 0) - np.where(some, smallest, 0), np.nan)


def decode_errors(data: NDArray[Any], places: NDArray[Any], sigma: float) -> Float64:
    """Pixels between each joint and its place read off a clip's values, (T, P, J).

    Parameters
    ----------
    data : (T, H, W, C); joint j is looked for in channel j where there is one for each, in the only
        one where there is one; more or fewer channels hold no joints (NaN)
    places : (T, P, J, 2) x, y in pixels
    sigma : pixels; the largest value within one of them counts, at least 1 pixel
    """
    T, P, J, _ = places.shape
    C = data.shape[3]
    if C not in (1, J):
        return np.full((T, P, J), np.nan)
    radius = max(1, math.ceil(sigma))
    errors = np.empty((T, P, J))
    for j in range(J):
        found = decode(data[..., j if C == J else 0], places[:, :, j], radius)
        errors[:, :, j] = np.hypot(*np.moveaxis(found - places[:, :, j], -1, 0))
    return errors


def decode(maps: NDArray[Any], near: NDArray[Any], radius: int) -> Float64:
    """The sub-pixel place of the largest value near each point, (T, K, 2) x, y; NaN where none.

    Parameters
    ----------
    maps : (T, H, W), not negative
    near : (T, K, 2) x, y where to look; NaN = nowhere
    radius : pixels, how far to look
    """
    T, H, W = maps.shape
    seen = np.isfinite(near).all(axis=-1)
    middle = np.floor(np.where(seen[..., None], near, 0) + 0.5)
    middle = np.clip(middle, -1e9, 1e9).astype(np.int64)
    steps = np.arange(-radius, radius + 1)
    rows = middle[..., 1, None, None] + steps[:, None]
    columns = middle[..., 0, None, None] + steps
    inside = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < W)
    t = np.arange(T)[:, None, None, None]
    windows = maps[t, np.clip(rows, 0, H - 1), np.clip(columns, 0, W - 1)]
    windows = np.where(inside, windows, -np.inf).reshape(*seen.shape, -1)
    best = windows.argmax(axis=-1)
    high = np.take_along_axis(windows, best[..., None], axis=-1)[..., 0]
    y = np.clip(middle[..., 1] + steps[best // len(steps)], 0, H - 1)
    x = np.clip(middle[..., 0] + steps[best % len(steps)], 0, W - 1)
    frames = np.arange(T)[:, None]
    column = _values(maps, frames, y, x, (0, 1))
    row = _values(maps, frames, y, x, (1, 0))
    found = np.stack([x + _summit(column), y + _summit(row)], axis=-1)
    return np.where((seen & (high > 0))[..., None], found, np.nan)


def _values(
    maps: NDArray[Any], t: NDArray[Any], y: NDArray[Any], x: NDArray[Any], step: tuple[int, int]
) -> Float64:
    """The value before, at and after (y, x) along a step, (3, T, K); 0 beyond the picture."""
    H, W = maps.shape[1:]
    found = []
    for k in (-1, 0, 1):
        row, column = y + k * step[0], x + k * step[1]
        inside = (row >= 0) & (row < H) & (column >= 0) & (column < W)
        values = maps[t, np.clip(row, 0, H - 1), np.clip(column, 0, W - 1)]
        found.append(np.where(inside, values, 0))
    return np.stack(found).astype(np.float64)


def _summit(values: Float64) -> Float64:
    """Where the parabola through three logarithms is highest, -0.5 to 0.5 from the middle one.

    Where a neighbor holds nothing (the border, a cut-off) there is no parabola: 0.
    """
    known = (values > 0).all(axis=0)
    before, at, after = np.log(np.where(known, values, 1.0))
    bend = before - 2 * at + after
    top = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=known & (bend < 0))
    return np.asarray(np.clip(top, -0.5, 0.5), np.float64)
