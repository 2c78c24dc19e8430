"""Where the tiles of a feature wall lie, in whole pixels; it knows no data.

Pixels are squares: the zoom is a whole number, or one over a whole number where the wall would not
fit otherwise (then each pixel is the mean of a square of voxels). The input lies first, and maps of
a strided convolution are drawn at its extent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

INPUT = -1
"""The index of the tile that shows the clip."""
SMALLEST = 96
"""Tiles are not shrunk below this many pixels to fit; the wall scrolls instead."""


class Rect(NamedTuple):
    """A rectangle in pixels of the wall's buffer."""

    x: int
    y: int
    width: int
    height: int

    def contains(self, x: int, y: int) -> bool:
        """Return True where the point lies in the rectangle."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True)
class Zoom:
    """A whole-number zoom: every voxel is `grow` pixels wide, or `shrink` voxels are one pixel."""

    grow: int = 1
    shrink: int = 1

    @property
    def text(self) -> str:
        """The zoom for people: "3×" or "1/2×"."""
        return f"{self.grow}×" if self.shrink == 1 else f"1/{self.shrink}×"

    def times(self, factor: int) -> Zoom:
        """Return the zoom of an image with `factor` times coarser voxels, of the same extent."""
        if self.shrink <= factor:
            return Zoom(max(self.grow * factor // self.shrink, 1))
        return Zoom(1, self.shrink // factor)

    def pixels(self, voxels: int) -> int:
        """Return how many pixels that many voxels take, at least one."""
        return voxels * self.grow if self.shrink == 1 else max(voxels // self.shrink, 1)


@dataclass(frozen=True)
class Tile:
    """One tile: `index` of its map (`INPUT` for the clip), where its image and its caption lie."""

    index: int
    image: Rect
    caption: Rect
    zoom: Zoom


@dataclass(frozen=True)
class WallLayout:
    """Where everything lies: the size of the buffer in pixels, its tiles in order, their columns.

    `height` may be more than was available: then the wall scrolls.
    """

    width: int
    height: int
    columns: int
    zoom: Zoom
    tiles: tuple[Tile, ...]

    @property
    def rows(self) -> int:
        """How many rows of tiles there are."""
        return math.ceil(len(self.tiles) / self.columns)

    def tile_at(self, x: int, y: int) -> Tile | None:
        """Return the tile whose image or caption lies under the point, or None."""
        for tile in self.tiles:
            if tile.image.contains(x, y) or tile.caption.contains(x, y):
                return tile
        return None

    def voxel_at(self, x: int, y: int) -> tuple[int, int, int] | None:
        """Return (map index, row, column) of the voxel under the point, or None.

        Where the wall is shrunk it is the first voxel of the square that the pixel shows.
        """
        tile = self.tile_at(x, y)
        if tile is None or not tile.image.contains(x, y):
            return None
        grow, shrink = tile.zoom.grow, tile.zoom.shrink
        row = (y - tile.image.y) // grow * shrink
        return tile.index, row, (x - tile.image.x) // grow * shrink


def layout_wall(
    map_size: tuple[int, int],
    maps: Sequence[int],
    width: int,
    height: int,
    *,
    input_size: tuple[int, int] | None = None,
    zoom: str | int = "auto",
    columns: int | None = None,
    gap: int = 8,
    caption: int = 0,
    margin: int = 0,
) -> WallLayout:
    """Place the input and the maps on a grid.

    Parameters
    ----------
    map_size : (H', W') voxels of a map
    maps : index of each map to show, in order
    width, height : pixels there are
    input_size : (H, W) voxels of the clip, which is then the first tile; None = without it
    zoom : "auto" is the biggest whole number with which all fits, else 1/2, 1/3 ... down to tiles
        of `SMALLEST` pixels; a whole number is taken as it is
    columns : None = as many as there is room for, rows filled evenly
    gap, caption, margin : pixels between tiles, of a caption below each, and round the wall

    Raises
    ------
    ValueError
        for no tile at all, and for a zoom or a count of columns below 1
    """
    count = len(maps) + (input_size is not None)
    if not count:
        raise ValueError("a wall needs at least one map")
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be a whole number above 0, not {columns}")
    factor = _coarseness(map_size, input_size)
    room = _Room(width, height, gap, caption, margin)
    best, columns = _fit(map_size, input_size, factor, count, room, _zoom(zoom), columns)
    return _place(map_size, input_size, factor, tuple(maps), room, best, columns)


class _Room(NamedTuple):
    """The pixels there are, and those that are not for images."""

    width: int
    height: int
    gap: int
    caption: int
    margin: int

    def columns(self, cell_width: int, count: int) -> int:
        """How many cells of this width stand side by side, in rows as even as can be."""
        inside = self.width - 2 * self.margin + self.gap
        most = min(max(inside // (cell_width + self.gap), 1), count)
        return math.ceil(count / math.ceil(count / most))

    def fits(self, cell_width: int, cell_height: int, columns: int, rows: int) -> bool:
        wide = columns * (cell_width + self.gap) - self.gap + 2 * self.margin
        tall = rows * (cell_height + self.caption + self.gap) - self.gap + 2 * self.margin
        return wide <= self.width and tall <= self.height


def _zoom(zoom: str | int) -> Zoom | None:
    """The zoom asked for; None = the best."""
    if zoom == "auto":
        return None
    if isinstance(zoom, bool) or not isinstance(zoom, int) or zoom < 1:
        raise ValueError(f'zoom must be "auto" or a whole number above 0, not {zoom!r}')
    return Zoom(zoom)


def _coarseness(map_size: tuple[int, int], input_size: tuple[int, int] | None) -> int:
    """How many clip voxels a map voxel stands for: strided maps are drawn at the input's extent."""
    if input_size is None:
        return 1
    return max(1, min(input_size[0] // map_size[0], input_size[1] // map_size[1]))


def _cell(
    map_size: tuple[int, int], input_size: tuple[int, int] | None, factor: int, zoom: Zoom
) -> tuple[int, int]:
    """Width and height of the larger of map and input, in pixels."""
    map_zoom = zoom.times(factor)
    height, width = (map_zoom.pixels(size) for size in map_size)
    if input_size is not None:
        height = max(height, zoom.pixels(input_size[0]))
        width = max(width, zoom.pixels(input_size[1]))
    return width, height


def _fit(
    map_size: tuple[int, int],
    input_size: tuple[int, int] | None,
    factor: int,
    count: int,
    room: _Room,
    zoom: Zoom | None,
    columns: int | None,
) -> tuple[Zoom, int]:
    """The zoom and the columns: the first candidate, from large to small, with which all fits."""
    candidates = [zoom] if zoom else _candidates(max(*map_size, *(input_size or (1, 1))), room)
    for candidate in candidates:
        width, height = _cell(map_size, input_size, factor, candidate)
        side = columns or room.columns(width, count)
        if room.fits(width, height, side, math.ceil(count / side)):
            return candidate, side
    # Nothing fits, or the zoom is given: as wide as there is room, and the wall scrolls.
    last = candidates[-1]
    return last, columns or room.columns(_cell(map_size, input_size, factor, last)[0], count)


def _candidates(voxels: int, room: _Room) -> list[Zoom]:
    """Every zoom worth a try, largest first, for images of at most that many voxels a side."""
    largest = max(room.width, room.height, 1)
    grow = [Zoom(zoom) for zoom in range(min(max(largest // voxels, 1), 64), 0, -1)]
    return grow + [Zoom(1, shrink) for shrink in range(2, max(voxels // SMALLEST, 1) + 1)]


def _place(
    map_size: tuple[int, int],
    input_size: tuple[int, int] | None,
    factor: int,
    maps: tuple[int, ...],
    room: _Room,
    zoom: Zoom,
    columns: int,
) -> WallLayout:
    """Tiles row by row, each image in the middle of its cell, its caption below the cell."""
    cell_width, cell_height = _cell(map_size, input_size, factor, zoom)
    order = maps if input_size is None else (INPUT, *maps)
    tiles = []
    for place, index in enumerate(order):
        row, column = divmod(place, columns)
        x = room.margin + column * (cell_width + room.gap)
        y = room.margin + row * (cell_height + room.caption + room.gap)
        own = zoom if index == INPUT else zoom.times(factor)
        size = input_size if index == INPUT and input_size is not None else map_size
        height, width = (own.pixels(voxels) for voxels in size)
        image = Rect(x + (cell_width - width) // 2, y + (cell_height - height) // 2, width, height)
        tiles.append(Tile(index, image, Rect(x, y + cell_height, cell_width, room.caption), own))
    rows = math.ceil(len(order) / columns)
    width = columns * (cell_width + room.gap) - room.gap + 2 * room.margin
    height = rows * (cell_height + room.caption + room.gap) - room.gap + 2 * room.margin
    return WallLayout(width, height, columns, zoom.times(factor), tuple(tiles))
