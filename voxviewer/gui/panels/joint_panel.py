"""The Joint panel: where one joint is over time, and what the heatmap is worth there.

Gaps are shaded; where short ones are drawn through, the line is dashed and the panel says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.data import Skeleton
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.joint_values import chosen_joint, tracks
from voxviewer.gui.parts import Choice, FoldPanel, FormRow, Label, drawing
from voxviewer.gui.parts.scrolling import bring_into_sight
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

    from voxviewer.gui.panels.joint_values import Track
    from voxviewer.session import Session

EACH = 46
"""Pixels a curve is high, in the mock-up's measure."""


class JointPanel(FoldPanel):
    """Shown while the current source is a skeleton; a click on a curve goes to that frame."""

    def __init__(self, session: Session) -> None:
        super().__init__("Joint", folded=True)
        self._session = session
        self.joint = Choice(name="Joint")
        self.person = Choice(name="Person of the joint")
        self.row = FormRow("Joint", self.joint)
        self.person_row = FormRow("Person", self.person)
        self.curves = JointCurves()
        self.note = Label("", "caption", "warning", wrap=True)
        for widget in (self.row, self.person_row, self.curves, self.note):
            self.add(widget)
        self.joint.chosen.connect(self._on_joint)
        self.person.chosen.connect(self._on_person)
        self.curves.picked.connect(self._on_picked)
        self.folded_changed.connect(self._show)
        self._wires = Wires(self)
        for name in ("current", "clip", "joint", "bridge"):
            self._wires.soon(getattr(session.events, name), self._show)
        self._wires.connect(session.events.frame, self._show_frame)
        self._show()

    def reveal(self) -> None:
        """Unfold, and let a person choose a joint."""
        once = Qt.ConnectionType.SingleShotConnection
        self._motion.finished.connect(self._on_unfolded, once)
        if self.folded:
            self.folded = False
        else:
            self._on_unfolded()
        self.joint.setFocus()

    def _on_unfolded(self) -> None:
        """Only now the panel has its height; the dock follows at the next turn of the loop."""
        QTimer.singleShot(0, self, lambda: bring_into_sight(self))

    # what the session says

    def _show(self, *_: Any) -> None:
        source, clip = self._session.current, self._session.clip
        self.setVisible(isinstance(source, Skeleton))
        if not isinstance(source, Skeleton):
            self.curves.show_tracks([])
            return
        joint = self._show_choices(source)
        names = source.topology.names
        self.set_summary(names[joint] if joint < len(names) else f"joint {joint}")
        fits = clip is not None and clip.name == source.name
        if clip is None or self.folded or not fits or clip.frames.max(initial=0) >= source.shape[0]:
            self.curves.show_tracks([])
            return
        found = tracks(self._session, clip, source)
        self.curves.show_tracks(found)
        made = int(found[0].made.sum())
        frames = "frame" if made == 1 else "frames"
        self.note.setText(f"{made} {frames} drawn through gaps; the clip has none of it.")
        self.note.setVisible(made > 0)
        self._show_frame()

    def _show_choices(self, source: Skeleton) -> int:
        _, P, J, _ = source.shape
        names = source.topology.names
        self.joint.set_options(
            [(j, names[j] if j < len(names) else f"joint {j}") for j in range(J)]
        )
        self.person.set_options([(p, str(p)) for p in range(P)])
        person, joint = chosen_joint(self._session, source)
        self.joint.value, self.person.value = joint, person
        self.person_row.setVisible(P > 1)
        return joint

    def _show_frame(self, *_: Any) -> None:
        self.curves.show_frame(self._session.frame)

    # what a person does

    def _on_joint(self, joint: int) -> None:
        self._session.joint = (int(self.person.value or 0), joint)

    def _on_person(self, person: int) -> None:
        self._session.joint = (person, int(self.joint.value or 0))

    def _on_picked(self, frame: int) -> None:
        self._session.playing = False
        self._session.frame = frame


class JointCurves(QWidget):
    """Curves one under another on one time axis; `picked` with the frame under a press."""

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.tracks: tuple[Track, ...] = ()
        self._frame = 0
        self._kept: QPixmap | None = None  # all that does not depend on the frame
        self.setAccessibleName("The joint over time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._forget)

    def show_tracks(self, found: list[Track]) -> None:
        """Show other curves."""
        self.tracks = tuple(found)
        self._forget()
        self.updateGeometry()

    def show_frame(self, frame: int) -> None:
        """Mark a frame."""
        self._frame = frame
        words = [f"{track.name} {self._value(track)}" for track in self.tracks]
        self.setAccessibleDescription("; ".join(words))
        self.update()

    def sizeHint(self) -> QSize:
        """One band a curve."""
        return QSize(theme.width(240), max(len(self.tracks), 1) * theme.width(EACH))

    def minimumSizeHint(self) -> QSize:
        """Narrower the curves are steeper."""
        return QSize(theme.width(140), max(len(self.tracks), 1) * theme.width(EACH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw anew."""
        self._forget()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the pointer."""
        self._pick(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag."""
        self._pick(event.position().x())

    def _pick(self, x: float) -> None:
        if self.tracks:
            last = len(self.tracks[0].values) - 1
            share = (x - 1) / max(self.width() - 2, 1)
            self.picked.emit(min(max(round(share * last), 0), last))

    def _forget(self) -> None:
        self._kept = None
        self.update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The kept curves, then the frame's line, dots and values."""
        painter = drawing.painter_on(self)
        if not self.tracks:
            return
        ratio = self.devicePixelRatioF()
        if self._kept is None or self._kept.size() != self.size() * ratio:
            self._kept = self._drawn(ratio)
        painter.drawPixmap(0, 0, self._kept)
        for index, track in enumerate(self.tracks):
            self._paint_frame(painter, self._box(index), track)

    def _drawn(self, ratio: float) -> QPixmap:
        kept = QPixmap(self.size() * ratio)
        kept.setDevicePixelRatio(ratio)
        kept.fill(theme.color("panel"))
        painter = QPainter(kept)
        for index, track in enumerate(self.tracks):
            paint_track(painter, self._box(index), track)
        painter.end()
        return kept

    def _box(self, index: int) -> QRectF:
        tall = self.height() / max(len(self.tracks), 1)
        return QRectF(0, index * tall, self.width(), tall - 4)

    def _value(self, track: Track) -> str:
        value = track.values[min(max(self._frame, 0), len(track.values) - 1)]
        if not np.isfinite(value):
            return "missing"
        return f"{number(float(value))} {track.unit}".strip()

    def _paint_frame(self, painter: QPainter, box: QRectF, track: Track) -> None:
        frame = min(max(self._frame, 0), len(track.values) - 1)
        x, y = places(track.values, box)
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.drawLine(QPointF(x[frame], box.top() + 1), QPointF(x[frame], box.bottom() - 1))
        if np.isfinite(y[frame]):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            painter.drawEllipse(QPointF(x[frame], y[frame]), 3, 3)
        words = self._value(track)
        font = theme.font("caption")
        area = box.adjusted(6, 2, -5, 0)
        area.setHeight(theme.line_height("caption"))
        right = Qt.AlignmentFlag.AlignRight
        drawing.text(painter, area, words, font, "warning" if words == "missing" else "text", right)


def places(
    values: NDArray[np.float64], box: QRectF
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of each frame, (T,) pixels; y NaN where there is no value.

    A value that never changes lies in the middle.
    """
    T = len(values)
    share = np.arange(T) / (T - 1) if T > 1 else np.array([0.5])
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    top, bottom = box.top() + theme.line_height("caption") + 3, box.bottom() - 4
    level = (
        (values - low) / (high - low) if high > low else np.where(np.isfinite(values), 0.5, values)
    )
    return box.left() + 1 + share * (box.width() - 2), bottom - level * (bottom - top)


def paint_track(painter: QPainter, box: QRectF, track: Track) -> None:
    """Field, shaded gaps, the curve with its gaps, its name."""
    painter.fillRect(box, theme.color("field"))
    x, y = places(track.values, box)
    there = np.asarray(np.isfinite(y))
    lost = ~there | track.made
    half = (x[1] - x[0]) / 2 if len(x) > 1 else 1.0
    for first, last in runs(lost):
        gap = QRectF(x[first] - half, box.top(), x[last] - x[first] + 2 * half, box.height())
        painter.fillRect(gap.intersected(box), theme.color("warningfill"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(theme.color("text2"), 1.4)
    for first, last in runs(there & ~track.made):
        _line(painter, pen, x, y, first, last)
    dashed = QPen(theme.color("text2"), 1.2, Qt.PenStyle.DotLine)
    for first, last in runs(track.made & there):
        _line(painter, dashed, x, y, max(first - 1, 0), min(last + 1, len(x) - 1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(theme.color("line"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    area = box.adjusted(6, 2, -5, 0)
    area.setHeight(theme.line_height("caption"))
    drawing.text(painter, area, track.name, theme.font("caption"), "text3")


def _line(
    painter: QPainter, pen: QPen, x: NDArray[Any], y: NDArray[Any], first: int, last: int
) -> None:
    painter.setPen(pen)
    points = [QPointF(x[t], y[t]) for t in range(first, last + 1) if np.isfinite(y[t])]
    if len(points) == 1:
        painter.drawEllipse(points[0], 0.8, 0.8)
    painter.drawPolyline(QPolygonF(points))


def runs(good: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last index of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
