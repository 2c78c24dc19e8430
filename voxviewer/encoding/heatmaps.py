"""Joints become pictures: a Gaussian around each, peak 1, merged into channels.

A Gaussian is separable, exp(-(dx^2 + dy^2) / 2 s^2) = gy * gx, so the sum over joints of a frame is
one matrix product (H, J) x (J, W). A maximum has no such product; it runs over a few frames at a
time, so that the pictures stay in the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxviewer.data import Float32, Float64, Progress, no_progress
from voxviewer.encoding.resampling import ONE_THREAD
from voxviewer.settings import CENTERS, COMBINES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Gaussians: TypeAlias = tuple[Float32, Float32]
"""Along rows (T, P, J, H) and along columns (T, P, J, W)."""

STEEP = 41.0
"""Exponents below -STEEP give 0: exp(-41) = 1.6e-18, and a product of two such is still a normal
float32 (denormal numbers would slow the products a hundredfold)."""

CACHE = 1 << 18
"""Bytes of pictures that stay in a core's cache while joints are merged by maximum."""

SLAB = 1 << 25
"""Bytes of pictures between two looks at the progress."""


def joint_heatmaps(
    joints: ArrayLike,
    height: int = 64,
    width: int = 64,
    sigma: float = 5.0,
    combine: str = "sum",
    center: str = "subpixel",
) -> Float32:
    """Draw a Gaussian of peak 1 around every joint of every frame.

    Parameters
    ----------
    joints : (T, J, 2 or 3), x to the right, y down, -1 and 1 the picture's edges; a third
        coordinate is not drawn. NaN: the joint was not seen and adds nothing.
    height, width : pixels
    sigma : pixels of the picture
    combine : "sum" and "max" merge the joints into one channel, "joints" gives each its own
    center : "subpixel": x = u lies at index (u + 1) / 2 * width - 0.5, joints outside leave their
        tails; "pixel": joints snap to the pixel floor((u + 1) / 2 * width), those outside add
        nothing

    Returns
    -------
    (T, height, width, 1) or (T, height, width, J) float32

    Raises
    ------
    ValueError
        for other shapes, sizes below 1, a sigma that is not above 0, and unknown options

    Example
    -------
    >>> h = joint_heatmaps([[[0.0, 0.0]]], height=5, width=7, sigma=1.0)
    >>> h.shape, h[0, 2, 3, 0]
    ((1, 5, 7, 1), 1.0)
    """
    points = np.asarray(joints)
    if points.ndim != 3 or points.shape[2] not in (2, 3) or points.dtype.kind not in "buif":
        raise ValueError(f"joints must be numbers (T, J, 2) or (T, J, 3), not {points.shape}")
    for name, value, known in (("combine", combine, COMBINES), ("center", center, CENTERS)):
        if value not in known:
            raise ValueError(f"{name} {value!r} is not known; use one of: {', '.join(known)}")
    if int(height) != height or int(width) != width or min(height, width) < 1:
        raise ValueError(f"a heatmap needs at least 1 x 1 pixels, not {height} x {width}")
    if not 0 < sigma < np.inf:
        raise ValueError(f"sigma must be a number above 0, not {sigma!r}")
    size = (int(height), int(width))
    return person_heatmaps(points[:, None, :, :2], size, sigma, combine, center)


def person_heatmaps(
    points: NDArray[Any],
    size: tuple[int, int],
    sigma: float,
    combine: str,
    center: str,
    progress: Progress = no_progress,
) -> Float32:
    """Draw joints (T, P, J, 2) as `joint_heatmaps` does, (T, H, W, 1 or J) float32.

    Persons merge by the same rule as joints; by maximum where each joint has its own channel.
    """
    T, P, J = points.shape[:3]
    C = J if combine == "joints" else 1
    out = np.zeros((T, *size, C), np.float32)
    step = max(1, SLAB // max(1, size[0] * size[1] * C * 4))
    for first in range(0, T, step):
        progress(first / T, f"drawing frame {first} of {T}")
        part = slice(first, first + step)
        if P and J:
            MERGE[combine](_gaussians(points[part], size, sigma, center), out[part])
    return out


def _gaussians(points: NDArray[Any], size: tuple[int, int], sigma: float, center: str) -> Gaussians:
    """Rows and columns of every joint's Gaussian; 0 throughout for joints that add nothing."""
    H, W = size
    u = (points.astype(np.float64, copy=False) + 1) / 2 * (W, H)
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(u).all(axis=-1))
    if center == "pixel":
        seen &= ((u >= 0) & (u < (W, H))).all(axis=-1)
        places = np.floor(u)
    else:
        places = u - 0.5
    places = np.where(seen[..., None], places, 0)
    return _gaussian(places[..., 1], H, sigma, seen), _gaussian(places[..., 0], W, sigma, seen)


@np.errstate(over="ignore", under="ignore")  # joints far outside: their Gaussian is 0
def _gaussian(places: Float64, count: int, sigma: float, seen: NDArray[np.bool_]) -> Float32:
    """exp(-(i - place)^2 / 2 sigma^2) for i in 0..count-1, (T, P, J, count)."""
    distance = ((np.arange(count) - places[..., None]) / sigma).astype(np.float32)
    exponent = -0.5 * distance * distance
    result: Float32 = np.exp(np.maximum(exponent, np.float32(-STEEP - 1)))
    result *= (exponent > -STEEP) & seen[..., None]
    return result


def _sum(gaussians: Gaussians, out: Float32) -> None:
    """out[t, y, x, 0] = sum over persons and joints of gy * gx."""
    rows, columns = (g.reshape(len(g), -1, g.shape[-1]) for g in gaussians)
    step = max(1, ONE_THREAD // (columns.shape[1] * columns.shape[2]))
    for first in range(0, rows.shape[2], step):
        part = slice(first, first + step)
        np.matmul(rows[..., part].transpose(0, 2, 1), columns, out=out[:, part, :, 0])


def _max(gaussians: Gaussians, out: Float32) -> None:
    """out[t, y, x, 0] = the largest gy * gx of all persons and joints."""
    rows, columns = (g.reshape(len(g), -1, g.shape[-1]) for g in gaussians)
    step = max(1, CACHE // (rows.shape[2] * columns.shape[2] * 4))
    for first in range(0, len(out), step):
        picture = out[first : first + step, :, :, 0]
        one = np.empty_like(picture)
        for joint in range(rows.shape[1]):
            y, x = rows[first : first + step, joint], columns[first : first + step, joint]
            np.multiply(y[:, :, None], x[:, None, :], out=one)
            np.maximum(picture, one, out=picture)


def _joints(gaussians: Gaussians, out: Float32) -> None:
    """out[t, y, x, j] = the largest gy * gx of joint j over all persons."""
    rows, columns = (np.ascontiguousarray(np.moveaxis(g, 2, -1)) for g in gaussians)
    np.multiply(rows[:, 0, :, None, :], columns[:, 0, None, :, :], out=out)
    for person in range(1, rows.shape[1]):
        one = rows[:, person, :, None, :] * columns[:, person, None, :, :]
        np.maximum(out, one, out=out)


MERGE = {"sum": _sum, "max": _max, "joints": _joints}
