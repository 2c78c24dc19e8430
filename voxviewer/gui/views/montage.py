"""All slices or frames of a source side by side; the current one is ringed, a click goes there.

The small pictures are made once, in a lane of their own, because they need the whole source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from voxviewer.data import Skeleton, no_progress
from voxviewer.encoding.fitting import seen_from
from voxviewer.gui import theme
from voxviewer.gui.views import marks, planes
from voxviewer.render.thumbnails import StickColors, skeleton_bounds, skeleton_picture, thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Progress, Source
    from voxviewer.settings import EncodingSettings

UInt32 = NDArray[np.uint32]

SIDE = 96
"""Pixels of the longer side of a small picture."""
MOST = 160
"""Small pictures at most; of longer sources every k-th frame is shown."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """The small pictures of a source: `frames` (N,) source frames, `pixels` (N, h, w) uint32."""

    source: Source
    frames: NDArray[np.int64]
    pixels: UInt32


def make_sheet(
    source: Source,
    settings: EncodingSettings,
    limits: tuple[float, float] | None,
    colors: StickColors,
    progress: Progress = no_progress,
) -> Sheet:
    """Read a source and return its small pictures; any thread, takes as long as the disk does."""
    count = planes.source_count(source, settings)
    step = max(1, -(-count // MOST))
    frames = np.arange(0, count, step)
    seen = seen_from(source, settings) if isinstance(source, Skeleton) else source
    pictures = []
    for done, frame in enumerate(frames):
        progress(done / len(frames), f"frame {frame} of {count}")
        pictures.append(_small(seen, settings, int(frame), limits, colors))
    return Sheet(source, frames, np.stack(pictures))


def _small(
    source: Source,
    settings: EncodingSettings,
    frame: int,
    limits: tuple[float, float] | None,
    colors: StickColors,
) -> UInt32:
    if isinstance(source, Skeleton):
        side = source.plane(settings.plane)
        bounds = skeleton_bounds(source.joints, side)
        return skeleton_picture(
            source.joints[frame], source.topology, (SIDE, SIDE), colors,
            bounds=bounds, plane=side, up=source.up,
        )  # fmt: skip
    slot = planes.slot_of(source, settings, frame)
    turn = planes.turn_of(source, slot)
    plane = planes.read_plane(source, slot)
    pixels = turn.shown(planes.source_pixels(plane, planes.source_scale(plane, limits)))
    tall = pixels.shape[0] * planes.aspect_of(source, slot, turn)
    longest = max(tall, pixels.shape[1])
    height = max(round(SIDE * tall / longest), 1)
    return thumbnail(pixels, max(round(SIDE * pixels.shape[1] / longest), 1), height)


def grid(count: int, size: tuple[int, int], room: tuple[int, int], gap: int) -> tuple[int, float]:
    """Return the columns that show `count` pictures of (width, height) largest, and their scale."""
    best = (1, 0.0)
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        wide = (room[0] - gap * (columns + 1)) / (columns * size[0])
        tall = (room[1] - gap * (rows + 1)) / (rows * size[1])
        best = max(best, (columns, min(wide, tall)), key=lambda item: item[1])
    return best


class Montage(QWidget):
    """Shows one sheet. `chosen` gives the source frame of a cell that was clicked."""

    chosen = Signal(int)
    hovered = Signal(object)
    GAP = 3

    def __init__(self, name: str) -> None:
        super().__init__()
        self._sheet: Sheet | None = None
        self._current: int | None = None
        self._empty = ""
        self._drawn: QPixmap | None = None
        self._drawn_for: tuple[Any, ...] = ()
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        """Small enough for any window."""
        return QSize(96, 64)

    @property
    def sheet(self) -> Sheet | None:
        """What is shown."""
        return self._sheet

    def show_sheet(self, sheet: Sheet | None, empty: str = "") -> None:
        """Show small pictures, or a sentence where there are none yet."""
        self._sheet, self._empty, self._drawn = sheet, empty, None
        self.update()

    def show_current(self, frame: int | None) -> None:
        """Ring the picture of this source frame, or the last before it."""
        if frame != self._current:
            self._current = frame
            self.update()

    def cell(self, place: int) -> QRectF:
        """Return where the picture at a place lies."""
        if self._sheet is None:
            return QRectF()
        count, h, w = self._sheet.pixels.shape
        columns, scale = grid(count, (w, h), (self.width(), self.height()), self.GAP)
        width, height = w * max(scale, 0.01), h * max(scale, 0.01)
        rows = math.ceil(count / columns)
        left = (self.width() - columns * (width + self.GAP) + self.GAP) / 2
        top = (self.height() - rows * (height + self.GAP) + self.GAP) / 2
        row, column = divmod(place, columns)
        return QRectF(
            left + column * (width + self.GAP), top + row * (height + self.GAP), width, height
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw all pictures, from a kept pixmap, and the ring."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        if self._sheet is None:
            if self._empty:
                marks.paint_empty(painter, self.rect(), self._empty)
            return
        painter.drawPixmap(0, 0, self._picture(self._sheet))
        place = self._place(self._current, self._sheet.frames)
        if place is not None:
            marks.paint_ring(painter, self.cell(place).adjusted(-2, -2, 2, 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the pointer."""
        frame = self._frame_at(event)
        if frame is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(frame)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say which frame is under the pointer; a drag goes there."""
        frame = self._frame_at(event)
        self.hovered.emit(frame)
        if frame is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.chosen.emit(frame)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go by a row of pictures."""
        step = marks.key_step(event.key())
        if step is None or step[0] == 0 or self._sheet is None:
            super().keyPressEvent(event)
            return
        count, h, w = self._sheet.pixels.shape
        columns, _ = grid(count, (w, h), (self.width(), self.height()), self.GAP)
        place = (self._place(self._current, self._sheet.frames) or 0) + step[0] * columns
        if 0 <= place < count:
            self.chosen.emit(int(self._sheet.frames[place]))

    def _frame_at(self, event: QMouseEvent) -> int | None:
        if self._sheet is None:
            return None
        for place, frame in enumerate(self._sheet.frames):
            if self.cell(place).contains(event.position()):
                return int(frame)
        return None

    @staticmethod
    def _place(frame: int | None, frames: Sequence[int] | NDArray[np.int64]) -> int | None:
        if frame is None or not len(frames):
            return None
        return max(int(np.searchsorted(np.asarray(frames), frame, side="right")) - 1, 0)

    def _picture(self, sheet: Sheet) -> QPixmap:
        ratio = self.devicePixelRatioF()
        wanted = (sheet, self.size(), ratio, theme.is_dark())
        if self._drawn is None or self._drawn_for != wanted:
            self._drawn, self._drawn_for = self._draw(sheet, ratio), wanted
        return self._drawn

    def _draw(self, sheet: Sheet, ratio: float) -> QPixmap:
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(theme.color("canvas"))
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place, pixels in enumerate(sheet.pixels):
            source = QRect(0, 0, pixels.shape[1], pixels.shape[0])
            painter.drawImage(self.cell(place), marks.image_over(pixels), QRectF(source))
        painter.end()
        return made
