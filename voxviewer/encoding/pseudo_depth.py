"""A still picture becomes a clip: pseudo-depth, replicas or random transforms of it.

Replicas are what the I3D paper calls a boring video: a filter that sums to zero over time answers 0
to them, away from the ends. Transforms move a little from frame to frame; each frame's draw depends
on the seed and its own number alone, so that a longer clip begins like a shorter one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64, Progress
    from voxviewer.settings import EncodingSettings

STILL_FRAMES = 5
"""Frames of a still where none are asked for, as in the source article."""

TRANSFORM_SETTINGS = (
    "seed", "rotation", "translation", "zoom", "shear", "blur", "blur_taps",
)  # fmt: skip


@dataclass(frozen=True)
class Transform:
    """One frame's draw: degrees, pixels (down, right), scale, degrees of shear, sigma in pixels."""

    rotation: float
    shift: tuple[float, float]
    zoom: float
    shear: float
    sigma: float


def draw(settings: EncodingSettings, frame: int, size: tuple[int, int]) -> Transform:
    """Draw one frame's transform, each number evenly in its range.

    The ranges by default are the source article's: rotation 15 degrees, translation 0.1 of the
    size, scale 0.9 to 1.1, shear 0.1 degrees (torchvision's `RandomAffine(15, (0.1, 0.1),
    (0.9, 1.1), 0.1)`), and a Gaussian of 3 taps with sigma 0.1 to 1.

    Parameters
    ----------
    frame : its number in the clip
    size : (H, W) of the clip
    """
    turn, down, right, grow, slant, soft = np.random.default_rng([settings.seed, frame]).random(6)
    H, W = size
    reach = 2 * settings.translation
    low, high = settings.zoom
    soft_low, soft_high = settings.blur
    return Transform(
        rotation=float(2 * turn - 1) * settings.rotation,
        shift=(float(down - 0.5) * reach * H, float(right - 0.5) * reach * W),
        zoom=low + float(grow) * (high - low),
        shear=float(2 * slant - 1) * settings.shear,
        sigma=soft_low + float(soft) * (soft_high - soft_low),
    )


def backward(transform: Transform, size: tuple[int, int]) -> tuple[Float64, Float64]:
    """Return matrix (2, 2) and offset (2,) that take a place (row, column) back to the picture.

    Forward, a place is sheared along its row, turned against the clock as seen on screen, scaled,
    all about the picture's center, then shifted.
    """
    angle, slant = math.radians(transform.rotation), math.tan(math.radians(transform.shear))
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])  # on (row, column): rows run down
    forward = transform.zoom * turn @ np.array([[1.0, 0.0], [slant, 1.0]])
    matrix = np.linalg.inv(forward)
    center = (np.array(size, np.float64) - 1) / 2
    return matrix, center - matrix @ (center + np.array(transform.shift))


def taps(sigma: float, count: int) -> Float64:
    """Return the (count,) weights of a Gaussian, which sum to one."""
    x = np.arange(count) - count // 2
    weights: Float64 = np.exp(-0.5 * (x / sigma) ** 2)
    weights /= weights.sum()
    return weights


def transformed(
    picture: Float32, transform: Transform, order: int, blur_taps: int, out: Float32
) -> None:
    """Write a picture (H, W, C), moved and then blurred, into `out`; 0 where it does not reach.

    Moved by `scipy.ndimage.affine_transform`; blurred along rows and columns, mirrored at the ends
    (as torchvision's GaussianBlur).
    """
    from scipy import ndimage

    move: Any = ndimage.affine_transform  # its stubs do not know a plain whole number as order
    matrix, offset = backward(transform, (picture.shape[0], picture.shape[1]))
    weights = taps(transform.sigma, blur_taps)
    still = np.array_equal(matrix, np.eye(2)) and not offset.any()
    for c in range(picture.shape[2]):
        moved: NDArray[np.float32] = picture[..., c]
        if not still:
            moved = move(moved, matrix, offset, order=order)
        for axis in (0, 1) if blur_taps > 1 else ():
            moved = ndimage.correlate1d(moved, weights, axis, mode="mirror")
        out[..., c] = moved


def transform_all(
    picture: Float32, out: Float32, settings: EncodingSettings, progress: Progress
) -> None:
    """Fill a clip (T, H, W, C) with transforms of a picture (H, W, C)."""
    T, H, W, _ = out.shape
    for t in range(T):
        progress(0.9 * t / T, f"transforming frame {t + 1} of {T}")
        chosen = draw(settings, t, (H, W))
        transformed(picture, chosen, settings.order, settings.blur_taps, out[t])
