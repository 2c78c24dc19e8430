"""The film strip: one cell a frame, and the whole of it is the slider of time.

Range A-B on top, thumbnails, the energy of the chosen map, a ruler. What does not depend on the
frame is kept as pixmaps, so that scrubbing costs copies and a few strokes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.kept import Kept
from voxviewer.gui.views import energy_bars, marks, places, strip_marks
from voxviewer.gui.views.gap_marks import clip_gaps, paint_gaps
from voxviewer.gui.views.staleness import Staleness
from voxviewer.gui.views.strip_layout import MARGIN, StripLayout
from voxviewer.gui.views.thumbnails import Thumbnails
from voxviewer.render.limits import clip_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent, QWheelEvent

    from voxviewer.data import Clip
    from voxviewer.session import Session

_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
}


class FilmStrip(QWidget):
    """Shows and sets the session's frame; `committed` when a range handle was let go."""

    committed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._thumbnails = Thumbnails(self)
        self._stale = Staleness(session, ("clip",), self)
        self._upper, self._lower, self._ruler = Kept(), Kept(), Kept()
        self._numbers: list[QRectF] = []  # where the ruler's numbers stand in it
        self._marked = QRect()  # what the marks of the frame covered
        self._dragged = ""  # "frame", "A" or "B"
        self._resume = False
        self._ring = False
        self.setAccessibleName("Film strip")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._listen()

    def _listen(self) -> None:
        self._wires = Wires(self)
        events = self._session.events
        for name in ("clip", "current", "render", "features", "map", "export"):
            self._wires.connect(getattr(events, name), self._show)
        self._wires.connect(events.frame, self._show_step)
        self._wires.connect(events.voxel, self._show_frame)
        self._thumbnails.changed.connect(self.update)
        self._stale.changed.connect(self.update)
        theme.changed.connect(self._show)
        self._show()

    def sizeHint(self) -> QSize:
        """As wide as there is room, as high as the timeline."""
        return QSize(600, theme.height("timeline"))

    def minimumSizeHint(self) -> QSize:
        """Cells may be a pixel wide, the rest stays legible."""
        return QSize(160, 84)

    # what there is

    @property
    def thumbnails(self) -> Thumbnails:
        """The small pictures, which come little by little."""
        return self._thumbnails

    def strip(self) -> StripLayout:
        """Return where everything lies now."""
        clip = self._session.clip
        ruler = theme.line_height("caption") + 3
        count = clip.shape[0] if clip is not None else 0
        handle = max(14, theme.line_height("axis") + 2)
        return StripLayout(self.width(), self.height(), count, ruler, handle)

    def span(self) -> tuple[int, int]:
        """Return the range A-B, or all frames."""
        clip = self._session.clip
        last = clip.shape[0] - 1 if clip is not None else 0
        first, end = self._session.export.range or (0, last)
        return min(first, last), min(end, last)

    # what the session says

    def _show(self, *_: Any) -> None:
        clip = self._session.clip
        strip = self.strip()
        if clip is not None:
            ratio = self.devicePixelRatioF()
            wide = max(round((strip.cell * strip.group - strip.gap) * ratio), 1)
            tall = max(round(strip.thumbnails[1] * ratio), 1)
            scale = clip_scale(clip, self._session.render, marks.coat())
            self._thumbnails.want(clip, scale, (wide, tall), strip.group, self._session.frame)
        else:
            self._thumbnails.want(None, None, (1, 1), 1, 0)
        self._show_frame()

    def _show_frame(self, *_: Any) -> None:
        clip = self._session.clip
        last = clip.shape[0] - 1 if clip is not None else 0
        self.setAccessibleDescription(f"frame {self._session.frame} of 0 to {last}")
        self.update()

    def _show_step(self, *_: Any) -> None:
        """Another frame: painted are the cells round its mark, where that was and where it is."""
        clip, frame = self._session.clip, self._session.frame
        if clip is None:
            return
        self.setAccessibleDescription(f"frame {frame} of 0 to {clip.shape[0] - 1}")
        strip = self.strip()
        around = self._around(strip, min(max(frame, 0), strip.count - 1))
        self.update(QRegion(self._marked) + QRegion(around))

    def _around(self, strip: StripLayout, frame: int) -> QRect:
        """What the marks of a frame cover: ring, bar, number and numbers it hides, and window."""
        maps = self._session.features
        pill = self._pill(strip, frame).adjusted(-3, 0, 3, 0)
        spans = [(pill.left(), pill.right()), (strip.left(frame), strip.left(frame + 1))]
        spans += [(box.left(), box.right()) for box in self._numbers if box.intersects(pill)]
        seen = places.window_frames(maps, frame) if maps is not None else None
        if seen is not None:
            spans.append((strip.left(seen[0]), strip.left(seen[1] + 1)))
        left = math.floor(min(begin for begin, _ in spans)) - 5
        right = math.ceil(max(end for _, end in spans)) + 5
        return QRect(left, 0, right - left, self.height())

    # what a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a handle of the range, or jump to the frame under the pointer."""
        if event.button() != Qt.MouseButton.LeftButton or self._session.clip is None:
            return
        self._dragged = self._handle_at(event.position()) or "frame"
        if self._dragged == "frame":
            self._resume, self._session.playing = self._session.playing, False
            self._go(self.strip().frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer at full speed: everything is in memory."""
        frame = self.strip().frame_at(event.position().x())
        if self._dragged == "frame":
            self._go(frame)
        elif self._dragged:
            self._move_handle(frame)
        else:
            over = self._handle_at(event.position())
            shape = Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Play on if it was playing; a moved handle is one step of the history."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        dragged, self._dragged = self._dragged, ""
        if dragged == "frame" and self._resume:
            self._session.playing = True
        elif dragged in ("A", "B"):
            self.committed.emit()
        self._resume = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel steps."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        if turned:
            self._step(-1 if turned > 0 else 1)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, with Shift and as pages by ten; Home and End go to the ends."""
        key = Qt.Key(event.key())
        clip = self._session.clip
        if not self._ring:  # who uses keys sees where they go
            self._ring = True
            self.update()
        if clip is None or event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            super().keyPressEvent(event)
        elif key in _KEYS:
            shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._step(_KEYS[key] * (10 if shifted and abs(_KEYS[key]) == 1 else 1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(0 if key == Qt.Key.Key_Home else clip.shape[0] - 1)
        else:
            super().keyPressEvent(event)

    def _step(self, frames: int) -> None:
        self._session.playing = False
        self._go(self._session.frame + frames)

    def _go(self, frame: int) -> None:
        clip = self._session.clip
        if clip is not None:
            self._session.frame = min(max(frame, 0), clip.shape[0] - 1)

    def _handle_at(self, point: QPointF) -> str:
        strip, (first, last) = self.strip(), self.span()
        if abs(point.y() - strip.range_y) > 10:
            return ""
        for name, frame in (("B", last), ("A", first)):
            left, right = strip.handle(frame, last=name == "B")
            if left - 5 <= point.x() <= right + 5:
                return name
        return ""

    def _move_handle(self, frame: int) -> None:
        first, last = self.span()
        pair = (min(frame, last), last) if self._dragged == "A" else (first, max(frame, first))
        self._session.change("export", range=pair)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A ring where the keyboard led here."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other cells, other thumbnails."""
        self._show()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The kept picture, and over it what depends on the frame."""
        painter = QPainter(self)
        clip, strip = self._session.clip, self.strip()
        if clip is None:
            painter.fillRect(self.rect(), theme.color("panel"))
            center = Qt.AlignmentFlag.AlignHCenter
            drawing.text(painter, self.rect(), "No clip yet.", theme.font(), "text3", center)
        else:
            self._paint_kept(painter, clip, strip)
            self._paint_frame(painter, clip, strip)
        if self._ring:
            marks.paint_ring(painter, QRectF(self.rect()), 2.0)

    def _paint_kept(self, painter: QPainter, clip: Clip, strip: StripLayout) -> None:
        """What does not depend on the frame, in three parts: each is painted when it changes."""
        session, width, span = self._session, self.width(), self.span()
        bars, ruler = strip.bars[0], strip.ruler_top
        maps = session.features
        reach = strip_marks.reach(session).tobytes()
        pictures = (self._thumbnails.version, ref(clip), reach)
        source = ref(session.current) if session.current is not None else None
        self._upper.draw(
            painter, self, QRect(0, 0, width, bars),
            (strip, span, session.export.range is None, source, *pictures),
            lambda inner: self._paint_upper(inner, clip, strip),
        )  # fmt: skip
        if self._stale.shown:
            self._veil(painter, strip)
        self._lower.draw(
            painter, self, QRect(0, bars, width, ruler - bars),
            (strip, span, ref(clip), ref(maps) if maps is not None else None, session.map),
            lambda inner: energy_bars.paint(inner, self._session, strip, span),
        )  # fmt: skip
        self._ruler.draw(
            painter, self, QRect(0, ruler, width, self.height() - ruler), (strip,),
            lambda inner: self._paint_ruler(inner, strip),
        )  # fmt: skip

    def _veil(self, painter: QPainter, strip: StripLayout) -> None:
        """Dim the pictures of a clip that is being made anew."""
        ground = theme.color("panel")
        ground.setAlphaF(1.0 - marks.STALE_OPACITY)
        painter.fillRect(QRectF(0, strip.thumbnails[0], self.width(), strip.thumbnails[1]), ground)

    def _paint_upper(self, painter: QPainter, clip: Clip, strip: StripLayout) -> None:
        self._paint_thumbnails(painter, clip, strip)
        gaps = clip_gaps(self._session)
        if gaps is not None:
            paint_gaps(painter, strip, gaps)
        self._paint_range(painter, strip)

    def _paint_thumbnails(self, painter: QPainter, clip: Clip, strip: StripLayout) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        (top, height), (first, last) = strip.thumbnails, self.span()
        for frame, pixels in sorted(self._thumbnails.pictures.items()):
            if frame % strip.group or frame >= strip.count:
                continue
            wide = min(strip.group, strip.count - frame) * strip.cell - strip.gap
            box = QRectF(strip.left(frame), top, wide, height)
            outside = frame > last or frame + strip.group <= first
            painter.setOpacity(0.5 if outside else 1.0)
            H, W = pixels.shape
            part = QRectF(0, 0, W * (wide / (strip.group * strip.cell - strip.gap)), H)
            painter.drawImage(box, marks.image_over(pixels), part)
        painter.setOpacity(1.0)
        for padded in np.flatnonzero(~clip.real):
            box = QRectF(strip.left(int(padded)), top, max(strip.cell - strip.gap, 1), height)
            marks.paint_hatch(painter, box)
        strip_marks.paint_dropped(painter, strip, self._session)
        strip_marks.paint_reach(painter, strip, self._session)
        strip_marks.paint_seams(painter, strip, self._session)

    def energy(self) -> NDArray[np.float64]:
        """Return the chosen map's energy at each frame as a share of its largest; NaN for none."""
        return energy_bars.shares(self._session)

    def _paint_range(self, painter: QPainter, strip: StripLayout) -> None:
        first, last = self.span()
        chosen = self._session.export.range is not None
        whole = QRectF(MARGIN, strip.range_y - 1.5, strip.cell * strip.count - strip.gap, 3)
        marks.paint_pill(painter, whole, "line", 1.5)
        left, right = strip.left(first), strip.left(last + 1) - strip.gap
        if chosen:
            marks.paint_pill(painter, QRectF(left, whole.top(), right - left, 3), "accent", 1.5)
        font = theme.font("axis")
        font.setWeight(theme.font("strong").weight())
        for name, frame in (("A", first), ("B", last)):
            x, _ = strip.handle(frame, last=name == "B")
            side = strip.handle_side
            box = QRectF(round(x), strip.range_y - side // 2, side, side)
            marks.paint_pill(painter, box, "accent" if chosen else "line", 3)
            role = "onaccent" if chosen else "text3"
            drawing.text(painter, box, name, font, role, Qt.AlignmentFlag.AlignHCenter)

    def _paint_frame(self, painter: QPainter, clip: Clip, strip: StripLayout) -> None:
        """Ring, filled bar and filled number of the current frame; the window of the microscope."""
        frame = min(max(self._session.frame, 0), strip.count - 1)
        self._marked = self._around(strip, frame)
        wide = max(strip.cell - strip.gap, 3.0)
        left = min(strip.left(frame), self.width() - MARGIN - wide)
        self._paint_window(painter, strip, frame)
        energy = energy_bars.share(self._session, frame)
        if energy is not None:
            painter.fillRect(energy_bars.box(strip, left, wide, energy), theme.color("accent"))
        self._paint_number(painter, strip, frame)
        top, height = strip.thumbnails
        marks.paint_ring(painter, QRectF(left - 1, top - 1, wide + 2, height + 2), 2.0)

    def _paint_window(self, painter: QPainter, strip: StripLayout, frame: int) -> None:
        """A thin line under the frames that the chosen map voxel sees, and under no others."""
        maps, clip = self._session.features, self._session.clip
        if maps is None or self._session.voxel is None or maps.clip is not clip:
            return
        seen, top = places.seen_frames(maps, frame), sum(strip.thumbnails) + 2
        apart = seen.step > 1 or not seen
        for begin, end in [(at, at) for at in seen] if apart else [(seen[0], seen[-1])]:
            left, right = strip.left(begin), strip.left(end + 1) - strip.gap
            painter.fillRect(QRectF(left, top, right - left, 2), theme.color("accent"))

    def _paint_number(self, painter: QPainter, strip: StripLayout, frame: int) -> None:
        """The current number on the accent; numbers of the ruler that it would touch give way."""
        font, pill = theme.font("strong"), self._pill(strip, frame)
        for box in self._numbers:
            if box.intersects(pill.adjusted(-3, 0, 3, 0)):
                painter.fillRect(box, theme.color("panel"))
        marks.paint_pill(painter, pill, "accent", 3)
        drawing.text(painter, pill, str(frame), font, "onaccent", Qt.AlignmentFlag.AlignHCenter)

    def _pill(self, strip: StripLayout, frame: int) -> QRectF:
        """Where the current number stands."""
        wide = max(drawing.wide("strong", str(frame)) + 12, 26)
        x = min(max(strip.middle(frame) - wide / 2, 0), self.width() - wide)
        return QRectF(round(x), strip.ruler_top, wide, strip.ruler)

    def _paint_ruler(self, painter: QPainter, strip: StripLayout) -> None:
        """Numbers at even steps and at the end, where they do not touch each other."""
        font = theme.font("body")
        self._numbers = []
        last = strip.count - 1
        for number in [last, *range(0, last, strip.ruler_step)]:
            wide = drawing.advance(font, str(number)) + 4
            box = QRectF(strip.middle(number) - wide / 2, strip.ruler_top, wide, strip.ruler)
            box.moveRight(min(box.right(), float(self.width())))
            if any(box.adjusted(-3, 0, 3, 0).intersects(taken) for taken in self._numbers):
                continue
            self._numbers.append(box)
            drawing.text(painter, box, str(number), font, "text3", Qt.AlignmentFlag.AlignHCenter)
