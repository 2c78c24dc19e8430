"""The feature wall: all tiles of one moment in one buffer, for the screen and for films.

`layout_wall` places the tiles, `compose_wall` paints them for a clip frame as a window's clock
counts, `compose_map_frame` and `compose_indices` for a map frame as films count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voxviewer.render.layout import INPUT, Rect, Tile, WallLayout, Zoom, layout_wall
from voxviewer.render.pixels import clip_plane, colored, indices, map_indices, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import FeatureMaps
    from voxviewer.render.limits import Scale

__all__ = [
    "CANVAS",
    "INPUT",
    "Rect",
    "Tile",
    "WallLayout",
    "Zoom",
    "compose_indices",
    "compose_map_frame",
    "compose_wall",
    "layout_wall",
]

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]

CANVAS = 0x121212
"""The color between tiles on a dark screen, 0xRRGGBB."""


def compose_wall(
    maps: FeatureMaps,
    frame: int,
    layout: WallLayout,
    scales: Sequence[Scale],
    input_scale: Scale | None = None,
    *,
    channel: int = 0,
    background: int = CANVAS,
    empty: int = CANVAS,
    out: UInt32 | None = None,
    grounded: bool = False,
) -> UInt32:
    """Paint all tiles of one moment into one buffer.

    Parameters
    ----------
    maps : the feature maps, and their clip for the input tile
    frame : the clip frame, which is what the clock counts. Each map shows the frame whose window
        is centered there (`maps.map_frame`); where there is none its tile is left empty
    layout : where the tiles lie
    scales, input_scale : of the maps (F,), and of the clip where the layout has it
    channel : the channel of the input tile, where the clip is not in color
    background, empty : colors between the tiles and of a tile with nothing to show, 0xRRGGBB
    out : a buffer of an earlier call, used again where its shape is right
    grounded : that call had this layout and these colors, and only the tiles are painted anew

    Returns
    -------
    (height, width) uint32, 0xFFRRGGBB
    """
    return _compose(
        maps, frame, maps.map_frame(frame), layout, scales, input_scale,
        channel, background, empty, out, grounded,
    )  # fmt: skip


def compose_map_frame(
    maps: FeatureMaps,
    frame: int,
    layout: WallLayout,
    scales: Sequence[Scale],
    input_scale: Scale | None = None,
    *,
    channel: int = 0,
    background: int = CANVAS,
) -> UInt32:
    """Paint the wall of one map frame, as films count: the input at the center of its window."""
    return _compose(
        maps, maps.clip_frame(frame), frame, layout, scales, input_scale,
        channel, background, background, None,
    )  # fmt: skip


def compose_indices(
    maps: FeatureMaps, frame: int, layout: WallLayout, scales: Sequence[Scale], background: int
) -> UInt8:
    """Return the wall of one map frame as palette indices, for films with one palette.

    The layout has no input; all scales have one color map; `background` is an index of it.
    """
    buffer = np.full((layout.height, layout.width), background, np.uint8)
    planes = _map_planes(maps, frame, layout, scales)
    for tile in layout.tiles:
        _put(buffer, tile, planes[tile.index])
    return buffer


def _compose(
    maps: FeatureMaps,
    clip_frame: int,
    map_frame: int | None,
    layout: WallLayout,
    scales: Sequence[Scale],
    input_scale: Scale | None,
    channel: int,
    background: int,
    empty: int,
    out: UInt32 | None,
    grounded: bool = False,
) -> UInt32:
    buffer = _buffer((layout.height, layout.width), out)
    if not grounded or buffer is not out:
        buffer.fill(0xFF000000 | background)
    planes = None if map_frame is None else _map_planes(maps, map_frame, layout, scales)
    shown = 0 <= clip_frame < len(maps.clip.data)
    for tile in layout.tiles:
        if tile.index == INPUT and input_scale is not None and shown:
            plane = _shrunk(clip_plane(maps.clip, clip_frame, channel), tile.zoom.shrink)
            _put(buffer, tile, paint(plane, input_scale))
        elif tile.index != INPUT and planes is not None:
            _put(buffer, tile, colored(planes[tile.index], scales[tile.index]))
        elif grounded or empty != background:
            _put(buffer, tile, np.array([[0xFF000000 | empty]], np.uint32))
    return buffer


def _map_planes(
    maps: FeatureMaps, frame: int, layout: WallLayout, scales: Sequence[Scale]
) -> dict[int, UInt8]:
    """Palette indices of the layout's maps at its shrinking, (h, w) uint8 each, by index.

    A wall that is scrolled has a part of the maps: no others are looked at.
    """
    tiles = [tile for tile in layout.tiles if tile.index != INPUT]
    shrink = max((tile.zoom.shrink for tile in tiles), default=1)
    wanted = [tile.index for tile in tiles]
    few = len(wanted) < maps.shape[3]
    if shrink == 1:
        planes = map_indices(maps, frame, scales, wanted if few else None)
        return dict(zip(wanted if few else range(len(planes)), planes, strict=True))
    data = maps.data[frame].take(wanted, axis=2)
    plane = _shrunk(data, shrink)
    return {f: indices(plane[:, :, at], scales[f]) for at, f in enumerate(wanted)}


def _shrunk(plane: NDArray[Any], shrink: int) -> NDArray[Any]:
    """The mean of squares of shrink x shrink voxels; rows and columns left over are not shown."""
    if shrink == 1:
        return plane
    H, W = plane.shape[:2]
    rows, columns = min(shrink, H), min(shrink, W)
    h, w = H // rows, W // columns
    plane = plane[: h * rows, : w * columns]
    with np.errstate(over="ignore", invalid="ignore"):
        # Whole rows first: six times as fast as the mean of small squares, and a paint waits.
        sums = plane[::rows].astype(np.float32)
        for row in range(1, rows):
            sums += plane[row::rows]
        mean: NDArray[Any] = sums[:, ::columns] / np.float32(rows * columns)
        for column in range(1, columns):
            mean += sums[:, column::columns] / np.float32(rows * columns)
    return mean


def _put(buffer: NDArray[Any], tile: Tile, picture: NDArray[Any]) -> None:
    """Draw the picture enlarged into the tile's place: columns once, rows as copies."""
    x, y, width, height = tile.image
    target = buffer[y : y + height, x : x + width]
    grow = tile.zoom.grow
    if grow == 1 or picture.shape == (1, 1):
        target[...] = picture
        return
    wide = picture.repeat(grow, axis=1)
    for row in range(grow):
        target[row::grow] = wide


def _buffer(shape: tuple[int, int], out: UInt32 | None) -> UInt32:
    usable = out is not None and out.shape == shape and out.dtype == np.uint32
    return out if out is not None and usable else np.empty(shape, np.uint32)
