"""A recording's coordinates reach the heatmap's grid: which two, which way is up, how they fit.

The result is what `joint_heatmaps` takes: x to the right, y down, -1 and 1 the picture's edges.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.encoding.mending import mended_skeleton
from voxviewer.encoding.rooting import still

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, Float32, Float64, Skeleton
    from voxviewer.settings import EncodingSettings

MARGIN = 0.1
"""Share of the picture that "box" leaves free on each side."""


def place_joints(
    source: Skeleton, settings: EncodingSettings, size: tuple[int, int], frames: NDArray[np.int64]
) -> tuple[Float64, str]:
    """Take the joints of these frames to the picture.

    The plane's first letter runs to the right, its second down; where the second is the recording's
    up ("y+", "z+") it is flipped, so that up is up.

    Parameters
    ----------
    source : the recording; coordinates "normalized" are mapped by 2u - 1 (a third one, which has no
        image edge, by 2u)
    settings : `plane` and `fit`: "auto" is "none" where all finite coordinates of the plane lie in
        [-1, 1] over the whole recording, else "box": one scale for both directions over the whole
        recording, 10 % of the picture free on each side; "cube" takes all three coordinates of
        the whole recording to [-1, 1] by one scale, so that every plane shows the figure alike;
        "pixels" takes pixel i of the recording's own frame to (i + 0.5) / size, pixel centers being
        whole numbers. `root_center` keeps the body's root in the middle (`rooting`), before the
        recording's box is taken
    size : (H, W) of the picture
    frames : which frames to take

    Returns
    -------
    (len(frames), P, J, 2) float64 in [-1, 1] where inside, NaN = not seen; and the fit that was
    used

    Raises
    ------
    ValueError
        for `fit="pixels"` where the recording has no pixels or no frame size
    """
    source = seen_from(source, settings)
    plane = source.plane(settings.plane)
    axes = tuple("xyz".index(letter) for letter in plane)
    fit = settings.fit
    if fit == "auto":
        fit = "none" if _inside(_fitted(source, "none", axes, size, settings)) else "box"
    points = _fitted(source, fit, axes, size, settings)
    if plane[1] + "+" == source.up:
        points[..., 1] *= -1
    return points[frames], fit


def seen_from(source: Skeleton, settings: EncodingSettings) -> Skeleton:
    """The recording as the turntable's camera sees it; the same where there is none."""
    if settings.plane != "turntable":
        return source
    return replace(source, joints=turned(source, settings.azimuth, settings.elevation))


def turned(source: Skeleton, azimuth: float, elevation: float) -> Float32:
    """The joints (T, P, J, 3) as a camera sees them that went round the body and up.

    The camera keeps looking at the middle of the box of all joints. Axes are right-handed: with x
    to the right, away from the camera is -z where y is up, +z where y is down, +y where z is up.

    Parameters
    ----------
    azimuth : degrees to the right round the upright axis; at 90 what lay to the right is nearest
    elevation : degrees up; at 90 the camera looks straight down
    """
    joints = source.joints.astype(np.float64)
    upright, up = (2, 1.0) if source.up == "z+" else (1, 1.0 if source.up == "y+" else -1.0)
    deep = 3 - upright
    away = 1.0 if upright == 2 else -up
    seen = joints[np.isfinite(joints).all(axis=-1)]
    if not len(seen):
        return source.joints
    middle = (seen.min(axis=0) + seen.max(axis=0)) / 2
    x, v, d = (joints - middle)[..., [0, upright, deep]].transpose(3, 0, 1, 2)
    v, d = up * v, away * d
    sin, cos = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
    x, d = x * cos + d * sin, d * cos - x * sin
    sin, cos = np.sin(np.radians(elevation)), np.cos(np.radians(elevation))
    v, d = v * cos + d * sin, d * cos - v * sin
    joints[..., 0], joints[..., upright], joints[..., deep] = x, up * v, away * d
    return np.asarray(joints + middle, np.float32)


def joint_places(source: Skeleton, clip: Clip) -> Float64:
    """Where each joint lies on the clip's pixels, (T, P, J, 2) x, y; for drawing over the clip.

    Whole numbers are pixel centers. NaN = not seen, or a frame that comes from none.
    """
    H, W = clip.shape[1:3]
    known = clip.frames >= 0
    read = mended_skeleton(source, clip.settings.repairs)
    points, _ = place_joints(read, clip.settings, (H, W), np.maximum(clip.frames, 0))
    result: Float64 = (points + 1) / 2 * np.array([W, H]) - 0.5
    return np.where(known[:, None, None, None], result, np.nan)


def _fitted(
    source: Skeleton, fit: str, axes: tuple[int, ...], size: tuple[int, int],
    settings: EncodingSettings,
) -> Float64:  # fmt: skip
    """(T, P, J, 2) of all frames at their places, up not yet turned."""

    def moved(points: Float64) -> Float64:
        return still(points, source.topology.names) if settings.root_center else points

    if fit == "cube":
        whole = _square(source.joints.astype(np.float64), source, (0, 1, 2))
        return _cubed(moved(whole), axes, size)
    points = source.joints[..., list(axes)].astype(np.float64)
    if fit == "box":
        return _boxed(moved(_square(points, source, axes)), size)
    if fit == "pixels" and source.unit == "px":
        return moved(_from_pixels(points, source, axes))
    _require_image(source, fit)
    return moved(_unit(points, source.unit, axes))


def _inside(points: Float64) -> bool:
    finite = np.isfinite(points).all(axis=-1)
    return bool((np.abs(points[finite]) <= 1).all())


def _unit(points: Float64, unit: str, axes: tuple[int, ...]) -> Float64:
    """Coordinates of [0, 1] as those of [-1, 1]; others as they are."""
    if unit != "normalized":
        return points
    result: Float64 = 2 * points - np.array([0 if axis == 2 else 1 for axis in axes])
    return result


def _require_image(source: Skeleton, fit: str) -> None:
    if fit == "pixels" and source.unit not in ("unit", "normalized"):
        raise ValueError(
            f"fit 'pixels' needs coordinates in pixels; those of {source.name} are in "
            f"{source.unit}: use fit 'box'"
        )


def _from_pixels(points: Float64, source: Skeleton, axes: tuple[int, ...]) -> Float64:
    """Pixels of the recording's frame to [-1, 1]; a pixel's center is a whole number."""
    if source.frame_size is None:
        raise ValueError(
            f"fit 'pixels' needs a frame size, which {source.name} lacks: use fit 'box'"
        )
    height, width = source.frame_size
    extent = np.array([(width, height, width)[axis] for axis in axes])
    corner = np.array([(0.5, 0.5, width / 2)[axis] for axis in axes])  # depth 0 is the middle
    result: Float64 = 2 * (points + corner) / extent - 1
    return result


def _square(points: Float64, source: Skeleton, axes: tuple[int, ...]) -> Float64:
    """Shares of a frame whose size is known, as pixels: only these have the true aspect."""
    if source.unit != "normalized" or source.frame_size is None:
        return points
    height, width = source.frame_size
    result: Float64 = points * np.array([(width, height, width)[axis] for axis in axes])
    return result


def _cubed(points: Float64, axes: tuple[int, ...], size: tuple[int, int]) -> Float64:
    """Take (T, P, J, 3) to the cube [-1, 1], which fills the shorter side of the picture.

    Per axis the center (min + max) / 2, for all axes one scale, the largest (max - min) / 2; 1
    where all joints lie in one point.
    """
    finite = points[np.isfinite(points).all(axis=-1)]
    if not len(finite):
        return points[..., list(axes)]
    low, high = finite.min(axis=0), finite.max(axis=0)
    scale = float((high - low).max()) / 2 or 1.0
    placed = (points - (low + high) / 2)[..., list(axes)] / scale
    result: Float64 = placed * (min(size) / np.array([size[1], size[0]]))
    return result


def _boxed(points: Float64, size: tuple[int, int]) -> Float64:
    """Fit the box of all finite points into the picture, one scale for both directions."""
    finite = points[np.isfinite(points).all(axis=-1)]
    if not len(finite):
        return points
    low, high = finite.min(axis=0), finite.max(axis=0)
    room = np.array([size[1], size[0]]) * (1 - 2 * MARGIN)
    extent = high - low
    with np.errstate(divide="ignore"):
        scale = float((room / extent).min())  # pixels per unit; infinite where all lie in one point
    if not np.isfinite(scale):
        scale = 0.0
    result: Float64 = (points - (low + high) / 2) * scale * 2 / np.array([size[1], size[0]])
    return result
