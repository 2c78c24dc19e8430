"""Planes of numbers become pixels, with nothing but NumPy.

A value is scaled to a palette index, an index to a color: `paint` is `lut32[indices]`, so that a
film written with a palette holds the very pixels of the screen. NaN is drawn as nothing: the paper
of a signed map, the lowest color of the others (black in gray). Infinities are drawn as the ends.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voxviewer.render.colormaps import CENTER, COLORMAPS, levels, lut32
from voxviewer.render.limits import Scale, is_rgb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Clip, FeatureMaps

__all__ = ["COLORMAPS", "Scale", "clip_picture", "enlarge", "indices", "map_indices", "paint"]

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]


def indices(plane: NDArray[Any], scale: Scale) -> UInt8:
    """Return the palette index of every value.

    Parameters
    ----------
    plane : (H, W) or (H, W, C), real numbers; NaN gets `CENTER` in a signed map and 0 in the others
    scale : limits and color map; colors ("rgb") give the level 0..255 of each channel

    Returns
    -------
    array of the plane's shape, uint8: 0 to 255, in a signed map 0 to 254 with zero at `CENTER`
    """
    factor, offset, top, nothing = _line(scale)
    return _index(plane, factor, offset, top, nothing)


def paint(plane: NDArray[Any], scale: Scale) -> UInt32:
    """Return the pixels of a plane.

    Parameters
    ----------
    plane : (H, W), or (H, W, 3) red, green, blue where the scale's color map is "rgb"
    scale : limits and color map

    Returns
    -------
    (H, W) uint32, 0xFFRRGGBB

    Example
    -------
    >>> hex(paint(np.array([[0.0]]), Scale(-1, 1, "night", signed=True))[0, 0])
    '0xff171717'
    """
    if scale.colormap != "rgb":
        return colored(indices(plane, scale), scale)
    if plane.ndim != 3 or plane.shape[2] != 3:
        raise ValueError(f"colors need a plane (H, W, 3), not {plane.shape}")
    red, green, blue = np.moveaxis(indices(plane, scale), 2, 0).astype(np.uint32)
    pixels: UInt32 = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return pixels


def colored(index: UInt8, scale: Scale) -> UInt32:
    """Return the colors of palette indices, an array of their shape."""
    # Twice as fast as lut[index]; no index lies outside the palette.
    pixels: UInt32 = lut32(scale.colormap).take(index, mode="clip")
    return pixels


def clip_picture(clip: Clip, frame: int, scale: Scale, channel: int = 0) -> UInt32:
    """Return one frame of a clip, (H, W) uint32: its colors, or one of its channels."""
    return paint(clip_plane(clip, frame, channel), scale)


def clip_plane(clip: Clip, frame: int, channel: int = 0) -> NDArray[np.float32]:
    """Return what is painted of a clip's frame: (H, W, 3) of colors, (H, W) of one channel."""
    plane: NDArray[np.float32] = clip.data[frame]
    if is_rgb(clip):
        return plane
    C = clip.shape[3]
    if not 0 <= channel < C:
        raise ValueError(f"there is no channel {channel}; the clip has {C}, counted from 0")
    return plane[:, :, channel]


def map_indices(
    maps: FeatureMaps, frame: int, scales: Sequence[Scale], chosen: Sequence[int] | None = None
) -> UInt8:
    """Return the palette indices of every map in one of their frames, (F, H', W') uint8.

    The values are those of `indices(maps.data[frame, :, :, f], scales[f])`, all maps at once; of
    the `chosen` ones alone, in their order, where not all are wanted.
    """
    plane = maps.data[frame]
    if chosen is not None:
        plane, scales = plane.take(chosen, axis=2), [scales[f] for f in chosen]
    H, W, F = plane.shape
    lines = _lines(tuple(scales), W)
    if lines is None:
        return np.stack([indices(plane[:, :, f], scale) for f, scale in enumerate(scales)])
    return np.moveaxis(_index(plane.reshape(H, W * F), *lines).reshape(H, W, F), 2, 0)


def enlarge(picture: NDArray[Any], zoom: int) -> NDArray[Any]:
    """Return the picture (H, W) with every pixel as a square of zoom x zoom."""
    return picture if zoom == 1 else picture.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _index(plane: NDArray[Any], factor: Any, offset: Any, top: Any, nothing: Any) -> UInt8:
    """Round(value * factor + offset), held in 0..top; NaN becomes `nothing`.

    `factor` and the like are scalars, or arrays over the plane's last axis.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        shares = np.multiply(plane, factor, dtype=factor.dtype)
        shares += offset
    np.clip(shares, 0, top, out=shares)
    bad = np.isnan(shares)
    if bad.any():
        np.copyto(shares, nothing, where=bad)
    np.rint(shares, out=shares)
    index: UInt8 = shares.astype(np.uint8)
    return index


def _line(scale: Scale) -> tuple[Any, Any, Any, Any]:
    """Factor and offset of one scale, its highest index, and the index of NaN."""
    top = float(levels(scale.colormap) - 1) if scale.colormap != "rgb" else 255.0
    signed = scale.signed and top == 2 * CENTER
    span = scale.high - scale.low
    # Far from 0, or at the ends of what float32 holds, the sum below would lose the plane's digits.
    kind = np.float32 if 1e-30 < span < 1e30 and abs(scale.low) < 1e2 * span else np.float64
    factor = top / span if span > 1e-300 else 0.0
    offset = float(CENTER) if signed else -scale.low * factor
    return kind(factor), kind(offset), kind(top), kind(CENTER if signed else 0)


@lru_cache(maxsize=16)
def _lines(scales: tuple[Scale, ...], W: int) -> tuple[Any, Any, Any, Any] | None:
    """The same of many scales, for whole rows (W * F,); kept, since a film asks for each frame.

    NumPy goes through a row of W * F values at once, but through F at a time where it must repeat
    F numbers: with few maps that takes four times as long. None where they need different
    precision and one array would change the pixels of some.
    """
    columns = list(zip(*(_line(scale) for scale in scales), strict=True))
    if len({type(factor) for factor in columns[0]}) > 1:
        return None
    factor, offset, top, nothing = (np.tile(np.array(column), W) for column in columns)
    return factor, offset, top, nothing
