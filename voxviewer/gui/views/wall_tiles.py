"""The tiles of the wall: in which order they stand and where, scrolled, pointed at, chosen.

`WallTiles` is the area that scrolls; what stands round it is `WallView`'s, how the tiles are
painted `tile_paint`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import captions, marks, places
from voxviewer.gui.views.caption_grip import CaptionGrip
from voxviewer.gui.views.missing import no_maps
from voxviewer.gui.views.staleness import Staleness
from voxviewer.gui.views.tile_layout import GAP, best_layout
from voxviewer.gui.views.tile_paint import TilePaint, Wall
from voxviewer.render.layout import INPUT, WallLayout
from voxviewer.render.limits import Scale, clip_scale, map_scales
from voxviewer.render.order import duplicates, map_order

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from voxviewer.data import FeatureMaps, Float64
    from voxviewer.session import Session


class WallTiles(QAbstractScrollArea):
    """Shows the session's feature maps at its frame; a press chooses the map and the voxel.

    `hovered` gives (map index, row, column) of the voxel under the pointer, or None; `opened` says
    that the chosen map is wanted large (double click, Enter); `dragged_out` gives the index of the
    tile whose caption was dragged, and whether Shift was held.
    """

    hovered = Signal(object)
    opened = Signal()
    dragged_out = Signal(int, bool)
    laid_out = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._zoom: str | int = "auto"
        self._layout: WallLayout | None = None
        self._painting = TilePaint(session, self.viewport())
        self._scales: tuple[Scale, ...] = ()
        self._shares = np.zeros(0)
        self._order: tuple[int, ...] = ()
        self._twins: dict[int, int] = {}
        self._twins_of: FeatureMaps | None = None
        self._changes: tuple[FeatureMaps, Float64] | None = None
        self._stale = Staleness(session, ("clip", "bank", "features"), self)
        self._grip = CaptionGrip(self.viewport(), self._caption_at, self.dragged_out.emit)
        self._ring = False
        self._slack = 1.0
        self.fraction: float | None = None  # of the work on newer maps; None where none runs
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Feature maps")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._wires = Wires(self)
        events = session.events
        self._wires.connect(events.features, self._cover)
        self._wires.soon(events.features, self._uncover, alone=True, first=True)
        for name in ("features", "render"):
            self._wires.connect(getattr(events, name), self._show_maps)
        self._wires.connect(events.map, self._show_map)
        self._wires.connect(events.frame, self._show)
        for name in ("problems", "live", "clip"):
            self._wires.connect(getattr(events, name), self._show_missing)
        self._stale.changed.connect(self._show)
        theme.changed.connect(self._show_maps)
        self._show_maps()

    # what there is

    @property
    def zoom(self) -> str | int:
        """How many pixels a voxel is wide, or "auto"."""
        return self._zoom

    @zoom.setter
    def zoom(self, zoom: str | int) -> None:
        if zoom != self._zoom:
            self._zoom = zoom
            self._lay_out()

    @property
    def slack(self) -> float:
        """How many times higher than its room the wall may be before its tiles get smaller."""
        return self._slack

    @slack.setter
    def slack(self, slack: float) -> None:
        if slack != self._slack:
            self._slack = slack
            self._lay_out()

    @property
    def layout_now(self) -> WallLayout | None:
        """Where the tiles lie, in pixels of the whole wall; None without maps."""
        return self._layout

    @property
    def wall(self) -> Wall | None:
        """What is painted now; None without maps."""
        maps, layout = self._session.features, self._layout
        return self._wall(maps, layout) if maps is not None and layout is not None else None

    @property
    def scales(self) -> tuple[Scale, ...]:
        """How each map is painted now."""
        return self._scales

    @property
    def chosen(self) -> int:
        """The chosen map, one that is there."""
        maps = self._session.features
        return min(self._session.map, maps.shape[3] - 1) if maps is not None else 0

    @property
    def computing(self) -> bool:
        """True where newer maps have been on their way for a while, or wait for Run."""
        return self._stale.shown

    @property
    def grown(self) -> int:
        """How many pixels of the screen a voxel is wide; 1 where the wall is shrunk."""
        return self._layout.tiles[0].zoom.grow if self._layout is not None else 1

    def origin(self) -> QPoint:
        """Where the wall's own (0, 0) lies in the viewport: in the middle, and scrolled."""
        wide, tall = (self._layout.width, self._layout.height) if self._layout else (0, 0)
        left = max((self.viewport().width() - wide) // 2, 0)
        top = max((self.viewport().height() - tall) // 2, 0)
        scrolled = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        return QPoint(left - scrolled[0], top - scrolled[1])

    def tile_box(self, index: int) -> QRect:
        """Return where a map's image lies in the viewport (`INPUT` for the clip)."""
        for tile in self._layout.tiles if self._layout is not None else ():
            if tile.index == index:
                return QRect(*tile.image).translated(self.origin())
        return QRect()

    def tile_picture(self, index: int) -> QPixmap:
        """Return a tile as it is shown now, for what is dragged."""
        return self.viewport().grab(self.tile_box(index))

    # what the session says

    def _cover(self, *_: Any) -> None:
        """New maps are painted in a turn of their own: clip, film strip and they are too much."""
        self.viewport().setUpdatesEnabled(False)

    def _uncover(self) -> None:
        self.viewport().setUpdatesEnabled(True)

    def _show_maps(self, *_: Any) -> None:
        maps = self._session.features
        if maps is None:
            self._scales, self._shares, self._order, self._twins = (), np.zeros(0), (), {}
        else:
            self._shares = captions.energy_shares(maps)
            self._order = self._ordered(maps)
            if self._twins_of is not maps:
                self._twins_of, self._twins = maps, duplicates(maps)
        self._rescale()
        self._lay_out()

    def _ordered(self, maps: FeatureMaps) -> tuple[int, ...]:
        """The maps in the chosen order; in the bank's until their change was measured."""
        sort = self._session.render.sort
        if sort != "change":
            return map_order(maps, sort)
        if not self.measured(maps) or self._changes is None:
            return map_order(maps, "filter")
        return map_order(maps, sort, self._changes[1])

    def measured(self, maps: FeatureMaps) -> bool:
        """True where it is known how much these maps change over time."""
        return self._changes is not None and self._changes[0] is maps

    def take_changes(self, maps: FeatureMaps, changes: Float64) -> None:
        """Keep how much each map changes over time, (F,), and sort by it where that is chosen."""
        self._changes = (maps, changes)
        self._show_maps()

    def _rescale(self) -> None:
        maps = self._session.features
        if maps is not None:
            frame = maps.map_frame(self._session.frame) or 0
            self._scales = map_scales(maps, self._session.render, marks.coat(), frame)

    def _show(self, *_: Any) -> None:
        """Another frame: the tiles move, the rest stays, unless each frame has its own limits."""
        if self._session.render.scaling == "frame":
            self._rescale()
            self._refresh()
        elif self._layout is None or self._session.features is None:
            self.viewport().update()
        else:
            self.viewport().update(self._painting.images(self._layout, self.origin()))

    def _show_missing(self, *_: Any) -> None:
        """Why there are no maps may have changed."""
        if self._session.features is None:
            self.viewport().update()

    def _refresh(self) -> None:
        """Captions, choice or places have changed."""
        self._painting.forget()
        self.viewport().update()

    def _show_map(self, *_: Any) -> None:
        self._reveal()
        self._refresh()

    def _lay_out(self) -> None:
        """Place the tiles anew; scroll bars where they do not fit."""
        maps, room = self._session.features, self.maximumViewportSize()
        self._layout = None
        if maps is not None:
            self._layout = best_layout(maps, self._order, room, self._zoom, self._slack)
        wide = self._layout.width if self._layout is not None else 0
        tall = self._layout.height if self._layout is not None else 0
        bar = self.verticalScrollBar().sizeHint().width()
        inside = room.width() - (bar if tall > room.height() else 0)
        below = room.height() - (bar if wide > inside else 0)
        for scroll, size, page in (
            (self.horizontalScrollBar(), wide, inside),
            (self.verticalScrollBar(), tall, below),
        ):
            scroll.setPageStep(page)
            scroll.setSingleStep(24)
            scroll.setRange(0, max(size - page, 0))
        self._refresh()
        self.laid_out.emit()

    def _reveal(self) -> None:
        """Scroll so that the chosen tile is seen."""
        for tile in self._layout.tiles if self._layout is not None else ():
            if tile.index != self.chosen:
                continue
            scroll = self.verticalScrollBar()
            top, bottom = tile.image.y - GAP, tile.caption.y + tile.caption.height + GAP
            if top < scroll.value():
                scroll.setValue(top)
            elif bottom > scroll.value() + self.viewport().height():
                scroll.setValue(bottom - self.viewport().height())

    # what a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile, and the voxel under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip.press(event.position().toPoint())
            self._point(event.position().toPoint(), choose=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A caption that was not dragged far was only chosen."""
        self._grip.release()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the map large, over the clip."""
        if event.button() == Qt.MouseButton.LeftButton and self._place(event.position().toPoint()):
            self.opened.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer; a drag moves the crosshair, one by a caption the tile."""
        point = event.position().toPoint()
        self.hovered.emit(self._place(point))
        held = bool(event.buttons() & Qt.MouseButton.LeftButton)
        if held and self._grip.held:
            self._grip.move(event)
        elif held:
            self._point(point, choose=False)
        else:
            self._grip.hover(point)

    def viewportEvent(self, event: Any) -> bool:
        """Nothing is under a pointer that has left."""
        if event.type() == event.Type.Leave:
            self.hovered.emit(None)
        return bool(super().viewportEvent(event))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl and wheel chooses another zoom; the wheel alone scrolls."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        now = self._layout.tiles[0].zoom.grow if self._layout is not None else 1
        step = 1 if event.angleDelta().y() > 0 else -1
        self.zoom = min(max(now + step, 1), 8)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the choice from tile to tile, Home and End to the first and the last."""
        maps, step = self._session.features, marks.key_step(event.key())
        if maps is None or self._layout is None or event.modifiers() or not self._order:
            event.ignore()
            return
        if step is not None:
            # The order may still be that of other maps: the chosen one need not be in it.
            place = self._order.index(self.chosen) if self.chosen in self._order else 0
            wanted = place + step[1] + step[0] * self._layout.columns
            if 0 <= wanted < len(self._order):
                self._session.map = self._order[wanted]
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Home:
            self._session.map = self._order[0]
        elif event.key() == Qt.Key.Key_End:
            self._session.map = self._order[-1]
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A ring round the wall where the keyboard led here."""
        self._ring = drawing.ring_after(event, self._ring)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._ring = drawing.ring_after(event, self._ring)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the tiles for another room."""
        self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw what is in sight now."""
        self._refresh()

    def _place(self, point: QPoint) -> tuple[int, int, int] | None:
        if self._layout is None:
            return None
        at = point - self.origin()
        return self._layout.voxel_at(at.x(), at.y())

    def _caption_at(self, point: QPoint) -> int | None:
        """The tile whose caption lies there."""
        if self._layout is None or self._place(point) is not None:
            return None
        at = point - self.origin()
        tile = self._layout.tile_at(at.x(), at.y())
        return tile.index if tile is not None else None

    def _point(self, point: QPoint, *, choose: bool) -> None:
        maps, place = self._session.features, self._place(point)
        if maps is None or self._layout is None:
            return
        at = point - self.origin()
        tile = self._layout.tile_at(at.x(), at.y())
        if choose and tile is not None and tile.index != INPUT:
            self._session.map = tile.index
        if place is None:
            return
        index, row, column = place
        inside = (row, column) if index == INPUT else places.clip_place(maps, (row, column))
        self._session.voxel = places.held(inside, maps.clip.shape[1:3])

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The kept captions and lines, and over them all tiles of this frame."""
        if not self.viewport().updatesEnabled():
            return  # Qt paints what changed before that all the same: new maps, old captions
        painter = QPainter(self.viewport())
        maps, area = self._session.features, self.viewport().rect()
        if maps is None or self._layout is None:
            painter.fillRect(area, theme.color("canvas"))
            words = no_maps(self._session, busy=self.fraction is not None)
            marks.paint_empty(painter, area, words)
        else:
            wall, waiting = self._wall(maps, self._layout), (self.computing, self.fraction)
            self._painting.paint(painter, event.region(), wall, self.origin(), self.chosen, waiting)
        if self._ring:
            marks.paint_ring(painter, QRectF(area), 2.0)

    def _wall(self, maps: FeatureMaps, layout: WallLayout) -> Wall:
        frame = min(max(self._session.frame, 0), maps.clip.shape[0] - 1)
        scale = clip_scale(maps.clip, self._session.render, marks.coat(), frame)
        return Wall(maps, layout, self._scales, scale, self._shares, self._twins)

    def sizeHint(self) -> QSize:
        """Room for a few tiles."""
        return QSize(620, 480)

    def minimumSizeHint(self) -> QSize:
        """At least one tile."""
        return QSize(160, 120)
