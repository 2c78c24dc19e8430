"""The timeline: frame number and transport at the left, the film strip, what its marks mean.

Time has one place in the window, and this is it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.parts import Label, NumberField, ToolButton, drawing
from voxviewer.gui.position import Position
from voxviewer.gui.views import marks, places, strip_marks
from voxviewer.gui.views.film_strip import FilmStrip
from voxviewer.gui.views.gap_marks import clip_gaps, gap_words, paint_mark

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from voxviewer.gui.player import Player
    from voxviewer.jobs import JobRunner
    from voxviewer.session import History, Session

SMALL = 860
"""Windows lower than this have a lower timeline."""
SHORT_BY = 20
LEAST_LEFT = 268
"""Pixels of the left block where no panels stand above it: the words beside the rate fit."""


class Transport(QWidget):
    """The left block: where we are, play controls, rate and what a GIF makes of it."""

    def __init__(self, session: Session, history: History | None, player: Player) -> None:
        super().__init__()
        self._session = session
        self._history = history
        self._player = player
        self.position = Position(session)
        self.first = _button("first", "First frame (Home)")
        self.back = _button("back", "One frame back (Left)")
        self.play = ToolButton(icon="play")
        self.forward = _button("forward", "One frame forward (Right)")
        self.last = _button("last", "Last frame (End)")
        self.loop = _button("loop", "Loop", checkable=True)
        self.range = _button("range", "Play the range A-B, and export it alone", checkable=True)
        self.rate = NumberField(10.0, 0.1, 200.0, 1.0, 2, unit="fps", name="Frames per second")
        self.rate.spin.trim = True
        self.rate.setToolTip("How fast the clip plays, and the rate of an exported GIF")
        self.timing = Label("", "caption", "text3", elide=Qt.TextElideMode.ElideRight)
        self._build()
        self._listen()
        self._show_clip()
        self._show_playing()
        self._show_export()

    def _build(self) -> None:
        self.setAccessibleName("Time")
        self.play.primary = True
        top = _row(self.position)
        steps = (self.first, self.back, self.play, self.forward, self.last)
        self._buttons = (*steps, self.loop, self.range)
        middle = _row(*steps)
        middle.setSpacing(3)
        middle.addSpacing(2)
        middle.addWidget(_Line())
        middle.addSpacing(2)
        middle.addWidget(self.loop)
        middle.addWidget(self.range)
        middle.addStretch(1)
        bottom = _row(self.rate)
        bottom.addWidget(self.timing, 1)
        self.measure()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 6)
        column.setSpacing(3)
        for row in (top, middle, bottom):
            column.addLayout(row)
        column.addStretch(1)

    def measure(self) -> None:
        """Square buttons, a field for three digits: as large as the font asks for."""
        for button in self._buttons:
            button.setFixedWidth(theme.height("button"))
        self.rate.setFixedWidth(theme.width(92))

    def _listen(self) -> None:
        player, session = self._player, self._session
        self.first.clicked.connect(player.first)
        self.back.clicked.connect(lambda: player.step(-1))
        self.play.clicked.connect(player.toggle)
        self.forward.clicked.connect(lambda: player.step(1))
        self.last.clicked.connect(player.last)
        self.loop.clicked.connect(self._on_loop)
        self.range.clicked.connect(self._on_range)
        bind(self.rate, session, "export.rate", self._history)
        self._wires = Wires(self)
        self._wires.connect(session.events.clip, self._show_clip)
        self._wires.connect(session.events.playing, self._show_playing)
        self._wires.connect(session.events.loop, self._show_playing)
        self._wires.connect(session.events.ping_pong, self._show_playing)
        self._wires.connect(session.events.export, self._show_export)

    def _on_loop(self, on: bool) -> None:
        self._session.loop = on

    def _on_range(self, on: bool) -> None:
        """Begin with all frames; the handles on the strip draw them in."""
        whole = (0, max(self._player.count - 1, 0))
        self._session.change("export", range=whole if on else None)
        if self._history is not None:
            self._history.commit()

    def _show_clip(self, *_: Any) -> None:
        there = self._player.count > 0
        for widget in (self.first, self.back, self.forward, self.last, self.range, self.rate):
            widget.setEnabled(there)
        self.play.setEnabled(self._player.count > 1)

    def _show_playing(self, *_: Any) -> None:
        playing = self._session.playing
        self.play.set_icon("pause" if playing else "play")
        words = "Pause" if playing else "Play"
        self.play.setToolTip(f"{words} (Space)")
        self.play.setAccessibleName(words)
        self.loop.setChecked(self._session.loop)
        to_and_fro = self._session.ping_pong
        self.loop.set_icon("pingpong" if to_and_fro else "loop")
        self.loop.setToolTip("Loop, to and fro (G)" if to_and_fro else "Loop (G)")

    def _show_export(self, *_: Any) -> None:
        from voxviewer.export.timing import timing

        self.range.setChecked(self._session.export.range is not None)
        try:
            words = f"GIF: {timing(self._session.export.rate).text}"
        except ValueError as error:
            words = str(error)
        self.timing.setText(words)


class Legend(QWidget):
    """The right block: what the strip's marks mean, each with its number."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._rows: list[Row] = []
        self.setAccessibleName("What the film strip shows")
        self._wires = Wires(self)
        for name in ("clip", "features", "map", "export", "current"):
            self._wires.soon(getattr(session.events, name), self._show)
        theme.changed.connect(self.update)
        self._show()

    def _show(self, *_: Any) -> None:
        rows = legend(self._session)
        if rows == self._rows:
            return
        self._rows = rows
        self.setAccessibleDescription("; ".join(f"{row.words}: {row.value}" for row in rows))
        self.setToolTip("\n".join(f"{row.words}: {row.value}" for row in rows))
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the right dock."""
        return QSize(theme.width(320), theme.height("timeline"))

    def minimumSizeHint(self) -> QSize:
        """Narrower it cuts words off."""
        return QSize(theme.width(180), 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """One line each: mark, words, number."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        rows, font = self._rows, theme.font("body")
        if not rows:
            return
        tall = min((self.height() - 12) / len(rows), theme.line_height() + 8.0)
        numbers = max(drawing.advance(font, row.value) for row in rows)
        left = drawing.advance(theme.font("strong"), "AB") + 8
        for index, row in enumerate(rows):
            box = QRectF(12, 6 + index * tall, self.width() - 24, tall)
            self._paint_mark(painter, row, QRectF(12, box.top(), left, tall))
            right = box.adjusted(box.width() - numbers, 0, 2, 0)
            drawing.text(painter, right, row.value, font, "text2")
            words = box.adjusted(left, 0, -numbers - 8, 0)
            drawing.text(painter, words, row.words, font, "text2")

    @staticmethod
    def _paint_mark(painter: QPainter, row: Row, area: QRectF) -> None:
        box = QRectF(area.left(), area.center().y() - 6, 14, 12)
        if row.mark == "real":
            marks.paint_pill(painter, box, "text3", 1)
        elif row.mark == "padded":
            marks.paint_hatch(painter, box)
        elif row.mark == "gaps":
            paint_mark(painter, box)
        elif row.mark in ("dropped", "seam", "reach"):
            strip_marks.paint_mark(painter, row.mark, box)
        elif row.mark == "energy":
            side = float(theme.icon_size(15))
            icon = QRectF(area.left() - 1, area.center().y() - side / 2, side, side)
            icons.paint(painter, "histogram", icon, "text2")
        else:
            drawing.text(painter, area, "AB", theme.font("strong"), "accent")


@dataclass(frozen=True)
class Row:
    """One line of the legend: which mark, in words, and its number."""

    mark: str
    words: str
    value: str


def legend(session: Session) -> list[Row]:
    """Return the lines of the legend; none without a clip."""
    clip = session.clip
    if clip is None:
        return []
    padded = int((~clip.real).sum())
    how = places.padding_words(clip)
    rows = [
        Row("real", "real frames", str(int(clip.real.sum()))),
        Row("padded", f"padded, {how}" if how else "padded", str(padded)),
    ]
    gaps = clip_gaps(session)
    if gaps is not None:
        rows.append(Row("gaps", "frames with missing joints", gap_words(gaps)))
    rows += [Row(*row) for row in strip_marks.legend_rows(session)]
    maps = session.features
    if maps is not None and maps.clip.shape[0] == clip.shape[0]:
        index = min(session.map, maps.shape[3] - 1)
        energy = np.nan_to_num(maps.energy[:, index])
        named = maps.bank is not None and index < len(maps.bank.names)
        name = maps.name(index) if named else str(index)
        peak = maps.clip_frame(int(energy.argmax()))
        value = f"peak t {peak}" if energy.max() > 0 else "none"
        rows.append(Row("energy", f"energy of map {name}", value))
    first, last = session.export.range or (0, clip.shape[0] - 1)
    words = "range, bounds the export" if session.export.range is not None else "range, all frames"
    rows.append(Row("range", words, f"{first} – {min(last, clip.shape[0] - 1)}"))
    return rows


class TimelineView(QWidget):
    """Transport, film strip and legend side by side.

    Parameters
    ----------
    session, player : what is shown and steered
    history : takes a step when rate or range were changed
    jobs : not needed, since everything drawn is in memory
    """

    def __init__(
        self,
        session: Session,
        history: History | None,
        player: Player,
        jobs: JobRunner | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.transport = Transport(session, history, player)
        self.strip = FilmStrip(session)
        self.legend = Legend(session)
        self._widths = (280, 320)
        self._compact = False
        self.setAccessibleName("Timeline")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 1, 0, 0)
        row.setSpacing(0)
        for widget in (self.transport, _Line(), self.strip, _Line(), self.legend):
            row.addWidget(widget)
        row.setStretchFactor(self.strip, 1)
        if history is not None:
            self.strip.committed.connect(history.commit)
        theme.changed.connect(self._measure)
        self._measure()

    def set_widths(self, left: int, right: int) -> None:
        """Stand in line with the docks above: their widths in pixels."""
        self._widths = (left, right)
        least = theme.width(LEAST_LEFT) if not left else self.transport.minimumSizeHint().width()
        self.transport.setFixedWidth(max(left, least))
        self.legend.setFixedWidth(right)

    def set_compact(self, compact: bool) -> None:
        """Take less height, for small windows."""
        if compact != self._compact:
            self._compact = compact
            self._measure()

    def _measure(self) -> None:
        """Heights and widths of the font in use."""
        least = self.transport.minimumSizeHint().height() + 1
        height = theme.height("timeline") - (SHORT_BY if self._compact else 0)
        self.setFixedHeight(max(height, least))
        self.transport.measure()
        self.set_widths(*(theme.width(pixels) for pixels in (280, 320)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the window's height."""
        super().resizeEvent(event)
        self.set_compact(self.window().height() < SMALL)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The panel's color, and the line above it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.fillRect(0, 0, self.width(), 1, theme.color("line"))


class _Line(QWidget):
    """A 1 px line between two parts."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(1)
        self.setMinimumHeight(16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        QPainter(self).fillRect(self.rect(), theme.color("line"))


def _button(icon: str, tip: str, checkable: bool = False) -> ToolButton:
    """A button of the transport: 28 px, its tip is its name."""
    button = ToolButton(icon=icon, checkable=checkable)
    button.setToolTip(tip)
    button.setAccessibleName(tip.split(" (")[0])
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(7)
    for widget in widgets:
        row.addWidget(widget)
    return row
