"""The feature wall: the clip and every map as tiles on one clock, and how they are scaled."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.parts import Badge, QuietChoice, ReadOut, ViewTitle, drawing
from voxviewer.gui.views import marks, places
from voxviewer.gui.views.wall_tiles import WallTiles
from voxviewer.jobs import Job
from voxviewer.render.colormaps import lut32
from voxviewer.render.layout import INPUT
from voxviewer.render.limits import Scale, number
from voxviewer.render.order import change_over_time

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from voxviewer.data import FeatureMaps, Float64
    from voxviewer.jobs import JobRunner
    from voxviewer.session import History, Session

log = logging.getLogger(__name__)

SCALINGS = (
    ("map", "per map"),
    ("global", "global"),
    ("symmetric", "symmetric"),
    ("frame", "per frame"),
)
SORTS = (
    ("filter", "bank"),
    ("energy", "energy"),
    ("sparsity", "zeros"),
    ("change", "change"),
)
NARROW = 560
"""Under this width the title bar leaves out what its choices are called."""
ZOOMS = (("auto", "auto"), *((zoom, f"{zoom}×") for zoom in range(1, 9)))


class ColorBar(QWidget):
    """The color map between the words for its ends."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = marks.PixelBuffer()
        self._scale: Scale | None = None
        self._ends = ("", "")
        self._brief = False
        self.setAccessibleName("Color map")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_scale(self, scale: Scale | None, ends: tuple[str, str]) -> None:
        """Show the map of a scale and what its ends stand for."""
        same = scale == self._scale and ends == self._ends
        self._scale, self._ends = scale, ends
        if same:
            return
        self.setVisible(scale is not None)
        self.setAccessibleDescription(f"{ends[0]} to {ends[1]}")
        self.updateGeometry()
        self.update()

    @property
    def brief(self) -> bool:
        """True where there is little room: half as long."""
        return self._brief

    @brief.setter
    def brief(self, brief: bool) -> None:
        if brief != self._brief:
            self._brief = brief
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Both words and the bar."""
        font = theme.font("body")
        words = sum(drawing.advance(font, word) for word in self._ends)
        return QSize(words + theme.width(56 if self._brief else 118) + 16, theme.line_height())

    def minimumSizeHint(self) -> QSize:
        """Never less: a color without its number says nothing."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Low word, colors in a 1 px line, high word."""
        if self._scale is None or self._scale.colormap == "rgb":
            return
        painter = QPainter(self)
        font = theme.font("body")
        low, high = (drawing.advance(font, word) for word in self._ends)
        whole, keep = self.rect(), Qt.TextElideMode.ElideNone
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        drawing.text(painter, whole, self._ends[0], font, "text2", left, keep)
        drawing.text(painter, whole, self._ends[1], font, "text2", right, keep)
        bar = whole.adjusted(low + 8, 0, -high - 8, 0)
        bar.setTop((self.height() - 8) // 2)
        bar.setHeight(8)
        entries = 255 if self._scale.signed else 256
        colors = lut32(self._scale.colormap)[None, :entries].copy()
        painter.drawImage(bar, self._buffer.hold(colors))
        painter.setPen(theme.color("line"))
        painter.drawRect(bar.adjusted(-1, -1, 0, 0))


class WallView(QWidget):
    """Title with scaling and zoom, the tiles, the bar that says what the colors mean.

    Parameters
    ----------
    session : the state
    jobs : says how far the work on newer maps is; may be left out
    history : takes a step when another scaling was chosen; may be left out
    """

    maximize_toggled = Signal(bool)

    def __init__(
        self,
        session: Session,
        jobs: JobRunner | None = None,
        history: History | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._hover: tuple[int, int, int] | None = None
        self._measuring: FeatureMaps | None = None
        self.title = ViewTitle("Feature maps")
        self.scaling = QuietChoice("Scale", SCALINGS, "map", "Scaling of the maps")
        self.sort = QuietChoice("Order", SORTS, "filter", "Order of the maps")
        self.zoom = QuietChoice("", ZOOMS, "auto", "Zoom of the maps")
        self.tiles = WallTiles(session)
        self.readout = ReadOut()
        self.bar = ColorBar()
        self.badge = Badge()
        self._build()
        self._listen(history)
        self._show_maps()

    def _build(self) -> None:
        self.setAccessibleName("Feature wall")
        self.scaling.setToolTip("Which maps share their limits, and whether these change with time")
        self.zoom.setToolTip("Pixels for one voxel of a map (Ctrl and wheel)")
        self.sort.setToolTip(
            "Order of the maps: the strongest, the emptiest or the liveliest first; in films too"
        )
        self.title.add(self.sort)
        self.title.add(self.scaling)
        self.title.add(self.zoom)
        self.map_over = self.title.add_button(
            "over", "Lay the chosen map over the clip (O, or double click)", checkable=True
        )
        self.maximize = self.title.add_button(
            "maximize", "Maximize the wall (Esc goes back)", checkable=True
        )
        self.readout.add(self.badge)
        self.readout.add(self.bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.tiles, 1)
        column.addWidget(self.readout)

    def _listen(self, history: History | None) -> None:
        bind(self.scaling, self._session, "render.scaling", history)
        bind(self.sort, self._session, "render.sort", history)
        self.zoom.chosen.connect(self._on_zoom)
        self.maximize.toggled.connect(self.maximize_toggled)
        self.map_over.toggled.connect(self._on_map_over)
        self.tiles.hovered.connect(self._on_hovered)
        self.tiles.laid_out.connect(self._show_zoom)
        self._wires = Wires(self)
        events = self._session.events
        for name in ("features", "render", "map"):
            self._wires.connect(getattr(events, name), self._show_maps)
        for name in ("frame", "voxel"):
            self._wires.connect(getattr(events, name), self._show_readout)
        self._wires.connect(events.map_over, self._show_map_over)
        if self._jobs is not None:
            self._wires.connect(self._jobs.changed, self._show_work)
        theme.changed.connect(self._show_maps)

    def _on_zoom(self, zoom: Any) -> None:
        self.tiles.zoom = zoom

    def _on_map_over(self, on: bool) -> None:
        self._session.map_over = on

    def _show_map_over(self, on: bool) -> None:
        self.map_over.setChecked(on)

    def _on_hovered(self, place: tuple[int, int, int] | None) -> None:
        self._hover = place
        self._show_readout()

    # what the session says

    def _show_zoom(self) -> None:
        """Where the zoom is the best that fits, say which that is."""
        layout = self.tiles.layout_now
        words = layout.tiles[0].zoom.text if layout is not None else "auto"
        options = [("auto", f"auto {words}" if layout is not None else "auto"), *ZOOMS[1:]]
        self.zoom.set_options(options)
        if self.zoom.value != self.tiles.zoom:
            self.zoom.value = self.tiles.zoom

    def _show_maps(self, *_: Any) -> None:
        maps = self._session.features
        self.title.set_note(f"{maps.shape[3]} of {maps.shape[3]}" if maps is not None else "")
        self.scaling.setEnabled(maps is not None)
        self.sort.setEnabled(maps is not None)
        self._measure_change(maps)
        self.zoom.setEnabled(maps is not None)
        self._show_scale()
        self._show_readout()

    def _measure_change(self, maps: FeatureMaps | None) -> None:
        """Sorting by change needs a look at every voxel: a job, once for each maps."""
        wanted = maps is not None and self._session.render.sort == "change"
        if maps is None or not wanted or self.tiles.measured(maps) or maps is self._measuring:
            return
        self._measuring = maps
        if self._jobs is None:
            self.tiles.take_changes(maps, change_over_time(maps))
            return
        self._jobs.submit(
            Job(
                "order",
                "Measuring the change of the maps",
                lambda progress: (maps, change_over_time(maps, progress)),
                self._take_changes,
                self._on_unmeasured,
            )
        )

    def _take_changes(self, found: tuple[FeatureMaps, Float64]) -> None:
        if found[0] is self._session.features:
            self.tiles.take_changes(*found)

    def _on_unmeasured(self, error: BaseException) -> None:
        log.warning("the change of the maps was not measured", exc_info=error)
        self._measuring = None

    def _show_work(self) -> None:
        """How far the work is that will replace these maps."""
        if self._jobs is None:
            return
        running = [job for job in self._jobs.running if job.lane in ("encode", "bank", "convolve")]
        fraction = running[-1].fraction if running else None
        if fraction != self.tiles.fraction:
            self.tiles.fraction = fraction
            self.tiles.viewport().update()

    def _show_readout(self, *_: Any) -> None:
        self.readout.set_left(*self._words())

    def _show_scale(self) -> None:
        """What the colors mean; none of it depends on the frame."""
        maps = self._session.features
        if maps is None:
            self.readout.set_right("")
            self.bar.show_scale(None, ("", ""))
            self.badge.hide()
            return
        scale = self.tiles.scales[self.tiles.chosen]
        ends = ("−limit", "+limit") if scale.signed else ("0", "limit")
        if scale.shared or not maps.shape[3] > 1:
            ends = number(scale.low), number(scale.high)
        self.bar.show_scale(scale, ends)
        self.badge.show_badge("warning", "" if scale.fixed else "contrast per frame", "contrast")
        self.badge.setVisible(not scale.fixed)
        self.readout.set_right(self._scale_words(scale, maps))

    def _scale_words(self, scale: Scale, maps: FeatureMaps) -> str:
        """What the colors mean; in fewer words where place and value would have no room."""
        kind = "signed, centered on 0" if scale.signed else scale.colormap
        fixed = (f"{kind}, fixed over time", "fixed over time", "fixed")
        choices = fixed if scale.fixed else (kind,)
        widest = f"y[{', '.join(str(n - 1) for n in maps.shape)}] = −0.0000"
        taken = drawing.advance(theme.font("mono-small"), widest) + self.bar.sizeHint().width()
        badge = 0 if scale.fixed else self.badge.sizeHint().width() + 8
        room = self.width() - taken - badge - 48
        fitting = [words for words in choices if drawing.advance(theme.font(), words) <= room]
        return fitting[0] if fitting else choices[-1] if scale.fixed else ""

    def _words(self) -> tuple[str, str]:
        """The voxel under the pointer, else the chosen one in the chosen map."""
        maps = self._session.features
        if maps is None:
            return "", ""
        if self._hover is not None and self._hover[0] == INPUT:
            return self._input_words(self._hover[1], self._hover[2])
        frame = maps.map_frame(self._session.frame)
        index, place = self.tiles.chosen, None
        if self._hover is not None:
            index, place = self._hover[0], (self._hover[1], self._hover[2])
        elif self._session.voxel is not None:
            place = places.map_place(maps, self._session.voxel)
        if frame is None:
            T, offset, stride = maps.shape[0], maps.offset[0], maps.stride[0]
            near = places.nearest(self._session.frame, offset, stride, T)
            return f"y[…, {index}]", f"no frame here, nearest at {maps.clip_frame(near)}"
        place = places.held(place, maps.shape[1:3])
        if place is None:
            return "", ""
        value = float(maps.data[frame, place[0], place[1], index])
        return f"y[{frame}, {place[0]}, {place[1]}, {index}] =", long_number(value)

    def _input_words(self, row: int, column: int) -> tuple[str, str]:
        maps = self._session.features
        if maps is None:
            return "", ""
        at = places.held((row, column), maps.clip.shape[1:3])
        frame = min(max(self._session.frame, 0), maps.clip.shape[0] - 1)
        values = maps.clip.data[frame, at[0], at[1]] if at is not None else np.zeros(1)
        words = ", ".join(number(float(value)) for value in values[:4])
        return f"x[{frame}, {row}, {column}] =", words if len(values) == 1 else f"({words})"

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The words at the foot depend on the room."""
        super().resizeEvent(event)
        narrow = self.width() < theme.width(NARROW)
        self.title.set_title("Maps" if narrow else "Feature maps")
        for choice in (self.sort, self.scaling, self.bar):
            choice.brief = narrow
        self._show_scale()


def long_number(value: float) -> str:
    """Return a value in five digits with a true minus, as the microscope has it: "−0.3067"."""
    size = abs(value)
    if value == 0 or not 1e-3 <= size < 1e4:
        return number(value)
    decimals = 4 if size < 10 else 3 if size < 100 else 2 if size < 1000 else 1
    return f"{value:.{decimals}f}".replace("-", "−")
