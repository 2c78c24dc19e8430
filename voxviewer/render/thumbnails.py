"""Small pictures: of planes for the film strip, of skeletons as stick figures."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voxviewer.data import Topology

UInt32 = NDArray[np.uint32]
Float64 = NDArray[np.float64]

PLANES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2), "turntable": (0, 1)}


class StickColors(NamedTuple):
    """Colors of a stick figure, each 0xRRGGBB."""

    background: int = 0x121212
    bone: int = 0xBCBCBC
    joint: int = 0xEBEBEB


class Bounds(NamedTuple):
    """The part of the plane a stick figure is drawn in, in the unit of the joints."""

    left: float
    right: float
    low: float
    high: float


def thumbnail(picture: UInt32, width: int, height: int) -> UInt32:
    """Return a picture of exactly that size: cut to its shape round the center, then averaged.

    Parameters
    ----------
    picture : (H, W) uint32, 0xFFRRGGBB
    width, height : pixels of the result, at least 1

    Returns
    -------
    (height, width) uint32; each pixel is the mean of the area it covers (box filter)
    """
    H, W = picture.shape
    rows, columns = _cover(H, W, width, height)
    part = np.ascontiguousarray(picture[rows, columns])
    h, w = part.shape
    if (h, w) == (height, width):
        return part
    channels = part.view(np.uint8).reshape(h, w * 4).astype(np.float32)
    tall = _product(_boxes(h, height), channels).reshape(height, w, 4)
    small = np.rint(_boxes(w, width) @ tall).astype(np.uint8)
    pixels: UInt32 = np.ascontiguousarray(small).view(np.uint32)[:, :, 0]
    return pixels


def _product(weights: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product in parts small enough for OpenBLAS to keep to one thread.

    Its threads wait for each other in a busy loop: beside other work 0.2 ms become 15.
    """
    step = max(1, (1 << 18) // weights.size)
    starts = range(0, values.shape[1], step)
    return np.concatenate([weights @ values[:, i : i + step] for i in starts], axis=1)


def _cover(H: int, W: int, width: int, height: int) -> tuple[slice, slice]:
    """The largest centered part of (H, W) that has the shape of width x height."""
    h = min(H, max(round(W * height / width), 1))
    w = min(W, max(round(H * width / height), 1))
    top, left = (H - h) // 2, (W - w) // 2
    return slice(top, top + h), slice(left, left + w)


@lru_cache(maxsize=32)
def _boxes(n: int, m: int) -> NDArray[np.float32]:
    """The (m, n) matrix that averages n samples into m equal boxes, parts of samples counted."""
    edges = np.linspace(0, n, m + 1)
    starts = np.arange(n)
    low = np.maximum(edges[:-1, None], starts)
    high = np.minimum(edges[1:, None], starts + 1)
    share: NDArray[np.float32] = (np.maximum(high - low, 0) * (m / n)).astype(np.float32)
    return share


def skeleton_bounds(joints: NDArray[Any], plane: str = "xy", margin: float = 0.1) -> Bounds:
    """Return the part of the plane that holds a whole recording, so that its figure does not jump.

    Parameters
    ----------
    joints : (..., 2 or 3), NaN = not seen
    plane : "xy", "xz" or "yz": which coordinate points to the right, and which up or down
    margin : share of the extent added on each side
    """
    points = _flat(joints, plane).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return Bounds(-1.0, 1.0, -1.0, 1.0)
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    pad = margin * max(right - left, high - low) or 1.0
    return Bounds(float(left - pad), float(right + pad), float(low - pad), float(high + pad))


def skeleton_picture(
    joints: NDArray[Any],
    topology: Topology,
    size: tuple[int, int],
    colors: StickColors = StickColors(),  # noqa: B008 - a tuple, never changed
    *,
    bounds: Bounds | None = None,
    plane: str = "xy",
    up: str = "y-",
) -> UInt32:
    """Draw one frame of a skeleton as smooth lines and dots.

    Parameters
    ----------
    joints : (J, 2 or 3) or (P, J, 2 or 3), one frame; a joint of NaN and its bones are left out
    topology : its bones
    size : (H, W) pixels
    colors : of background, bones and joints
    bounds : what is shown, at true aspect, in the middle; None = the frame's own
        (`skeleton_bounds` of the recording keeps a film still)
    plane : "xy", "xz" or "yz"
    up : "y+" or "z+": where that is the plane's second coordinate it grows upwards, else downwards,
        as in pictures

    Returns
    -------
    (H, W) uint32, 0xFFRRGGBB
    """
    bounds = bounds or skeleton_bounds(joints, plane)
    people = _on_picture(_flat(joints, plane), size, bounds, downwards=up != plane[1] + "+")
    people = people.reshape(-1, *people.shape[-2:])
    radius = max(min(size) / 130, 0.6)
    lines, dots = np.zeros(size), np.zeros(size)
    for person in people:
        seen = np.isfinite(person).all(axis=1)
        for first, second in topology.bones:
            if max(first, second) < len(person) and seen[first] and seen[second]:
                _draw(lines, person[first], person[second], radius)
        for joint in person[seen]:
            _draw(dots, joint, joint, 2 * radius)
    return _blend(colors, lines, dots)


def _flat(joints: NDArray[Any], plane: str) -> Float64:
    """The two coordinates of the plane, (..., 2) float64; a missing third one is 0."""
    if plane not in PLANES:
        raise ValueError(f"plane {plane!r} is not known; use one of: {', '.join(PLANES)}")
    full = np.zeros((*joints.shape[:-1], 3))
    full[..., : joints.shape[-1]] = joints
    return full[..., list(PLANES[plane])]


def _on_picture(
    points: Float64, size: tuple[int, int], bounds: Bounds, *, downwards: bool
) -> Float64:
    """Points (..., 2) as (column, row) of pixel centers, at true aspect in the middle."""
    H, W = size
    left, right, low, high = bounds
    scale = min(W / max(right - left, 1e-12), H / max(high - low, 1e-12))
    across = (points[..., 0] - (left + right) / 2) * scale + (W - 1) / 2
    down = (points[..., 1] - (low + high) / 2) * scale * (1 if downwards else -1) + (H - 1) / 2
    return np.stack([across, down], axis=-1)


def _draw(cover: Float64, start: Float64, end: Float64, radius: float) -> None:
    """Raise the cover to that of a line with round ends: 1 inside, a one-pixel ramp at its edge."""
    H, W = cover.shape
    reach = radius + 1
    x0, x1 = _pixels_between(start[0], end[0], reach, W)
    y0, y1 = _pixels_between(start[1], end[1], reach, H)
    if x0 >= x1 or y0 >= y1:
        return
    x, y = np.arange(x0, x1) - start[0], np.arange(y0, y1)[:, None] - start[1]
    along = end - start
    length = float(along @ along)
    share = (x * along[0] + y * along[1]) / length if length else 0.0
    share = np.minimum(np.maximum(share, 0.0), 1.0)  # np.clip takes longer than the rest
    distance = np.hypot(x - share * along[0], y - share * along[1])
    part = cover[y0:y1, x0:x1]
    np.maximum(part, np.minimum(radius + 0.5 - distance, 1.0), out=part)


def _pixels_between(start: float, end: float, reach: float, size: int) -> tuple[int, int]:
    """First and last pixel that a line reaches, of `size`; the joints may lie anywhere."""
    low, high = (start, end) if start < end else (end, start)
    # Clipped before it becomes an integer: as far away as it likes.
    first = min(max(math.floor(max(low - reach, -1.0)), 0), size)
    last = min(max(math.ceil(min(high + reach, size + 1.0)) + 1, 0), size)
    return first, last


def _blend(colors: StickColors, lines: Float64, dots: Float64) -> UInt32:
    """Background, then lines over it, then dots over both."""
    pixels = np.full(lines.size, 0xFF000000 | colors[0], np.uint32)
    drawn = np.flatnonzero(lines + dots)  # a few percent of the picture
    line, dot = lines.ravel()[drawn], dots.ravel()[drawn]
    inked = np.full(len(drawn), 0xFF000000, np.uint32)
    for shift in (16, 8, 0):
        background, bone, joint = (color >> shift & 255 for color in colors)
        level = background + line * (bone - background)
        level += dot * (joint - level)
        inked |= np.rint(level).astype(np.uint32) << np.uint32(shift)
    pixels[drawn] = inked
    return pixels.reshape(lines.shape)
