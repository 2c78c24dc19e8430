"""How the tiles of the wall are painted: what moves with the frame, over all that stays.

All tiles in sight are composed into one kept buffer. Captions, lines and the ring of the chosen
tile are a kept pixmap, so that a step paints images alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import ref

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap, QRegion

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import captions, marks, strip_marks
from voxviewer.render.layout import INPUT, Tile, WallLayout
from voxviewer.render.wall import compose_wall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QWidget

    from voxviewer.data import FeatureMaps, Float64
    from voxviewer.render.limits import Scale
    from voxviewer.session import Session

NO_FRAME = "no frame here"


@dataclass(frozen=True, eq=False)
class Wall:
    """What is painted of some maps: where each tile lies, how it is colored, what is said of it.

    `clip` is the scale of the input; `shares` (F,) are of the energy of all maps; `twins` those
    that are the same as an earlier one.
    """

    maps: FeatureMaps
    layout: WallLayout
    scales: tuple[Scale, ...]
    clip: Scale
    shares: Float64
    twins: Mapping[int, int]

    def all_captions(self) -> dict[int, captions.Caption]:
        """Return the words of all tiles, by index: in the same form for all of them."""
        tiles = self.layout.tiles
        made = [self.caption(tile.index) for tile in tiles]
        width = min((tile.caption.width for tile in tiles), default=0)
        shown = captions.briefly(made, width)
        return {tile.index: words for tile, words in zip(tiles, shown, strict=True)}

    def caption(self, index: int) -> captions.Caption:
        """Return the words of one tile, where there is room for all of them."""
        if index == INPUT:
            return captions.Caption("input", "x", self.clip.text)
        twin = self.twins.get(index)
        return captions.of_map(self.maps, index, self.scales[index], self.shares, twin)


@dataclass(frozen=True, eq=False)
class Sight:
    """The tiles that can be seen, as a wall of their own that begins `top` pixels down the whole.

    `tiles` are the same in the whole; `images` are their pictures in the viewport.
    """

    key: tuple[WallLayout, int, int, int]
    tiles: tuple[Tile, ...]
    part: WallLayout
    top: int
    images: QRegion


class TilePaint:
    """Paints a wall into a viewport; keeps what does not depend on the frame."""

    def __init__(self, session: Session, viewport: QWidget) -> None:
        self._session = session
        self._viewport = viewport
        self._base: QPixmap | None = None
        self._sight: Sight | None = None
        self._buffer = marks.PixelBuffer()
        self._shown: tuple[object, ...] = ()  # what is in it, the frame last

    def forget(self) -> None:
        """Captions, choice or places have changed."""
        self._base = None

    def images(self, layout: WallLayout, origin: QPoint) -> QRegion:
        """Return where the images in sight lie: all that another frame changes."""
        return self._in_sight(layout, origin).images

    def paint(
        self,
        painter: QPainter,
        dirty: QRegion,
        wall: Wall,
        origin: QPoint,
        chosen: int,
        waiting: tuple[bool, float | None],
    ) -> None:
        """Paint what lies in the dirty region.

        Parameters
        ----------
        wall : what is shown
        origin : where its (0, 0) lies in the viewport
        chosen : the map with the ring
        waiting : whether newer maps are on their way, and how far they are
        """
        sight = self._in_sight(wall.layout, origin)
        if waiting[0] or not dirty.subtracted(sight.images).isEmpty():
            painter.drawPixmap(0, 0, self._kept(wall, sight, origin, chosen))
        if sight.tiles:
            self._paint_images(painter, wall, sight, origin, waiting)

    # what stays

    def _kept(self, wall: Wall, sight: Sight, origin: QPoint, chosen: int) -> QPixmap:
        """Canvas, lines, captions, energy and the ring of the chosen tile."""
        ratio = self._viewport.devicePixelRatioF()
        size = self._viewport.size() * ratio
        if self._base is None or self._base.size() != size:
            self._base = QPixmap(size)
            self._base.setDevicePixelRatio(ratio)
            self._base.fill(theme.color("canvas"))
            painter = QPainter(self._base)
            words = wall.all_captions()
            for tile in sight.tiles:
                _paint_frame(painter, tile, words[tile.index], origin, tile.index == chosen)
            painter.end()
        return self._base

    # what moves

    def _paint_images(
        self,
        painter: QPainter,
        wall: Wall,
        sight: Sight,
        origin: QPoint,
        waiting: tuple[bool, float | None],
    ) -> None:
        """Compose what is in sight and draw each tile's part of it."""
        picture = self._composed(wall, sight)
        silent = wall.maps.map_frame(self._session.frame) is None
        offset, share = origin + QPoint(0, sight.top), strip_marks.reach_now(self._session)
        for tile in sight.part.tiles:
            part = QRect(*tile.image)
            place = part.translated(offset)
            if waiting[0]:
                painter.setOpacity(marks.STALE_OPACITY)
            painter.drawImage(place, picture, part)
            if waiting[0]:
                painter.setOpacity(1.0)
            if tile.index != INPUT:
                _paint_state(painter, place, silent, share, waiting)

    def _composed(self, wall: Wall, sight: Sight) -> QImage:
        """The tiles in sight; composed anew only where frame, maps or colors are others."""
        frame, grounds = self._session.frame, (marks.rgb("canvas"), marks.rgb("field"))
        key = (sight.part, grounds, ref(wall.maps), wall.scales, wall.clip, frame)
        if key != self._shown:
            pixels = compose_wall(
                wall.maps, frame, sight.part, wall.scales, wall.clip,
                background=grounds[0], empty=grounds[1], out=self._buffer.pixels,
                grounded=key[:2] == self._shown[:2],
            )  # fmt: skip
            self._buffer.hold(pixels)
            self._shown = key
        return self._buffer.image

    def _in_sight(self, layout: WallLayout, origin: QPoint) -> Sight:
        key = (layout, origin.x(), origin.y(), self._viewport.height())
        if self._sight is None or self._sight.key != key:
            self._sight = _sight(layout, origin, key)
        return self._sight


def _sight(layout: WallLayout, origin: QPoint, key: tuple[WallLayout, int, int, int]) -> Sight:
    """The tiles of a wall that can be seen, captions counted."""
    low, high = -origin.y(), key[3] - origin.y()
    seen = [
        tile
        for tile in layout.tiles
        if tile.image.y < high and tile.caption.y + tile.caption.height > low
    ]
    if not seen:
        return Sight(key, (), replace(layout, tiles=()), 0, QRegion())
    top = min(tile.image.y for tile in seen)
    bottom = max(tile.image.y + tile.image.height for tile in seen)
    moved = tuple(replace(tile, image=tile.image._replace(y=tile.image.y - top)) for tile in seen)
    images = QRegion()
    for tile in seen:
        images += QRect(*tile.image).translated(origin)
    return Sight(key, tuple(seen), replace(layout, tiles=moved, height=bottom - top), top, images)


def _paint_frame(
    painter: QPainter, tile: Tile, words: captions.Caption, origin: QPoint, chosen: bool
) -> None:
    """The 1 px line round a tile's image, its caption, and the ring where it is chosen."""
    image = QRect(*tile.image).translated(origin)
    caption = QRect(*tile.caption).translated(origin)
    painter.setPen(theme.color("line"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(image.adjusted(-1, -1, 0, 0))
    captions.paint_caption(painter, caption, words, chosen)
    if chosen:
        ring = QRectF(image.united(caption)).adjusted(-4, -4, 4, 3)
        marks.paint_ring(painter, ring, 4)


def _paint_state(
    painter: QPainter, image: QRect, silent: bool, share: float, waiting: tuple[bool, float | None]
) -> None:
    """Say where a map has no frame or is made of padding, and how far newer maps are."""
    if silent:
        center = Qt.AlignmentFlag.AlignHCenter
        drawing.text(painter, image, NO_FRAME, theme.font("caption"), "text3", center)
    if waiting[0] and waiting[1] is not None:
        marks.paint_foot(painter, image, waiting[1])
    elif share:
        strip_marks.paint_reached(painter, QRectF(image), share)
