"""Three slices through one place of a volume, linked: a click in one moves the other two.

Axes stand as the affine says, voxels have their true aspect. Slices of a lazy volume are read in
the lane "slices": the old ones stay until the new ones are there, and only the newest are read.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from voxviewer.data import Volume
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Label, LinkButton
from voxviewer.gui.views import cross, planes
from voxviewer.gui.views.canvas import Canvas
from voxviewer.gui.views.picture import Picture
from voxviewer.gui.views.source_frames import Plane, in_memory
from voxviewer.gui.views.source_pictures import painted
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Progress
    from voxviewer.gui.views.cross import Place
    from voxviewer.gui.views.planes import Slot
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

log = logging.getLogger(__name__)

_AXES = ("D", "W", "H")
"""Which axis each pane stands on; where the affine names the planes they are sorted by it."""


@dataclass(frozen=True, eq=False)
class Pane:
    """One slice as it is shown."""

    plane: Plane
    turn: planes.Turn
    picture: Picture


@dataclass(frozen=True, eq=False)
class Probe:
    """One voxel: the plane it was found in, its row and column there, its values (C,)."""

    slot: Slot
    place: tuple[int, int]
    values: NDArray[Any]


class Slices(QWidget):
    """Three canvases and what they show in words; `hovered` says where the pointer is.

    Parameters
    ----------
    session : `place` is where the slices cross
    jobs : reads what lies on disk
    """

    hovered = Signal(object)
    crossed = Signal()
    """Other slices are shown, or the same ones through another place."""

    def __init__(self, session: Session, jobs: JobRunner) -> None:
        super().__init__()
        self._session = session
        self._jobs = jobs
        self._planes: tuple[Plane, ...] = ()
        self._panes: tuple[Pane, ...] = ()
        self._wanted: tuple[Volume, int, Place] | None = None
        self._hovered: tuple[int, tuple[int, int]] | None = None
        self.failure = ""
        self.canvases = tuple(Canvas(f"Slice {number}") for number in (1, 2, 3))
        self._title = Label("", "title")
        self._words = tuple(Label("", "body", role) for role in ("text2", "text2", "text3"))
        self.side = LinkButton("")
        self._build()
        self._listen()

    def _build(self) -> None:
        self.setAccessibleName("Three slices")
        self.setProperty("area", "canvas")
        words = QWidget()
        words.setProperty("area", "canvas")
        column = QVBoxLayout(words)
        column.setContentsMargins(16, 12, 12, 12)
        column.setSpacing(4)
        column.addWidget(self._title)
        for label in self._words:
            label.setWordWrap(True)
            column.addWidget(label)
        column.addWidget(self.side, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(1)
        for index, widget in enumerate((*self.canvases, words)):
            grid.addWidget(widget, index // 2, index % 2)
            grid.setRowStretch(index // 2, 1)
            grid.setColumnStretch(index % 2, 1)

    def _listen(self) -> None:
        for index, canvas in enumerate(self.canvases):
            canvas.picked.connect(lambda row, column, n=index: self._on_picked(n, row, column))
            canvas.stepped.connect(lambda step, n=index: self._on_stepped(n, step))
            canvas.nudged.connect(lambda rows, columns, n=index: self._on_nudged(n, rows, columns))
            canvas.hovered.connect(lambda place, n=index: self._on_hovered(n, place))
        self.side.clicked.connect(self._turn_sides)
        self._wires = Wires(self)
        for name in ("frame", "voxel", "clip", "current"):
            self._wires.connect(getattr(self._session.events, name), self._follow)
        for name in ("place", "figures", "radiological"):
            self._wires.connect(getattr(self._session.events, name), self._show)
        theme.changed.connect(self._show)

    def showEvent(self, event: Any) -> None:
        """What changed while others were shown is caught up with."""
        super().showEvent(event)
        self._follow()

    def fit(self) -> None:
        """Show all three whole."""
        for canvas in self.canvases:
            canvas.fit()

    # what a person does

    def _on_picked(self, index: int, row: int, column: int) -> None:
        at = self._stored(index, row, column)
        if at is not None and self._session.place is not None:
            slot = self._panes[index].plane.slot
            cross.point(self._session, cross.from_plane(slot, *at, self._session.place))

    def _on_stepped(self, index: int, step: int) -> None:
        """The wheel goes along the axis that the slice stands on."""
        if index < len(self._panes):
            self._move(self._panes[index].plane.slot.fixed[1][0], step)

    def _on_nudged(self, index: int, rows: int, columns: int) -> None:
        """Ctrl and an arrow: a voxel along the shown rows or columns."""
        if index >= len(self._panes):
            return
        pane = self._panes[index]
        rows, columns = (columns, rows) if pane.turn.swap else (rows, columns)
        down = -rows if _flipped(pane.turn, rows=True) else rows
        across = -columns if _flipped(pane.turn, rows=False) else columns
        self._move(pane.plane.slot.rows, down)
        self._move(pane.plane.slot.columns, across)

    def _move(self, axis: str, step: int) -> None:
        place = self._session.place
        if place is None or not step:
            return
        at = list(place)
        at[cross.AXES.index(axis)] += step
        cross.point(self._session, (at[0], at[1], at[2]))

    def _on_hovered(self, index: int, place: tuple[int, int] | None) -> None:
        self._hovered = (index, place) if place is not None else None
        self.hovered.emit(self.pointed)

    @property
    def pointed(self) -> Probe | None:
        """The voxel under the pointer, None where there is none."""
        if self._hovered is None or self._session.place is None:
            return None
        index, place = self._hovered
        at = self._stored(index, *place)
        if at is None:
            return None
        plane = self._panes[index].plane
        rows, columns = plane.values.shape[:2]
        if not (0 <= at[0] < rows and 0 <= at[1] < columns):
            return None  # another volume came under the pointer, and it has not moved yet
        return Probe(plane.slot, at, plane.values[at])

    def crossing(self) -> Probe | None:
        """Return the voxel at which the slices cross; None before they were read."""
        place = self._session.place
        if place is None or not self._panes:
            return None
        plane = self._panes[0].plane
        at = cross.in_plane(plane.slot, cross.held(place, plane.volume))
        return Probe(plane.slot, at, plane.values[at])

    def _turn_sides(self) -> None:
        self._session.radiological = not self._session.radiological

    def _stored(self, index: int, row: int, column: int) -> tuple[int, int] | None:
        """Return the plane's row and column under a pixel of a pane."""
        if index >= len(self._panes):
            return None
        pane = self._panes[index]
        size = pane.plane.values.shape[:2]
        return pane.turn.from_picture((row, column), size, pane.picture.pixels.shape)

    # what the session says

    def _follow(self, *_: Any) -> None:
        if not self.isVisible():
            return
        before = self._session.place
        cross.follow(self._session)
        if self._session.place == before:
            self._show()  # else the new place has shown it

    def _show(self, *_: Any) -> None:
        volume, place = self._session.current, self._session.place
        if not self.isVisible() or not isinstance(volume, Volume) or place is None:
            return
        self._want(volume, cross.time_of(volume, self._session), cross.held(place, volume))
        self._paint(volume)

    def _want(self, volume: Volume, time: int, place: Place) -> None:
        before = self._wanted
        if before is not None and before[0] is volume and before[1:] == (time, place):
            return
        self._wanted = (volume, time, place)
        if in_memory(volume):
            self._planes = read_slices(volume, time, place)
            return

        def work(progress: Progress) -> tuple[Plane, ...]:
            return read_slices(volume, time, place)

        self._jobs.submit(Job("slices", "Reading three slices", work, self._take, self._on_failed))

    def _take(self, found: tuple[Plane, ...]) -> None:
        if found[0].volume is self._session.current:
            self._planes, self.failure = found, ""
            self._paint(found[0].volume)

    def _on_failed(self, error: BaseException) -> None:
        log.warning("slices could not be read", exc_info=error)
        self.failure = str(error)
        self._wanted = None
        for canvas in self.canvases:
            canvas.show_picture(None, self.failure)

    def _paint(self, volume: Volume) -> None:
        found = [plane for plane in self._planes if plane.volume is volume]
        self._panes = tuple(self._pane(plane) for plane in found)
        if not found:
            for canvas in self.canvases:
                canvas.show_picture(None, self.failure or "Reading …")
        for canvas, pane in zip(self.canvases, self._panes, strict=False):
            canvas.setAccessibleName(f"{pane.turn.view or pane.plane.slot.fixed[1][0]} slice")
            canvas.show_picture(pane.picture)
        self._show_words(volume)
        self.crossed.emit()

    def _pane(self, plane: Plane) -> Pane:
        turn, pixels, aspect = painted(plane, self._session)
        mark = None
        if self._session.place is not None:
            at = cross.in_plane(plane.slot, cross.held(self._session.place, plane.volume))
            mark = turn.in_picture(*at, plane.values.shape, pixels.shape)
        picture = Picture(pixels, turn.letters, aspect, smooth=True, cross=mark)
        return Pane(plane, turn, picture)

    def _show_words(self, volume: Volume) -> None:
        place = self._session.place
        if place is None:
            return
        d, h, w = cross.held(place, volume)
        known = volume.affine is not None
        self._title.setText(f"i {h}, j {w}, k {d}" if known else f"H {h}, W {w}, D {d}")
        slot = cross.slot_through("D", cross.time_of(volume, self._session), (d, h, w))
        world = planes.world_text(volume, slot, h, w)
        if volume.spacing is not None:
            depth, height, width = (f"{size:.3g}" for size in volume.spacing)
            size = f"voxels of {height} × {width} × {depth} mm"
        else:
            size = "voxel size not known, drawn square"
        turned = sides_words(volume, self._session.radiological)
        for label, text in zip(self._words, (world, size, turned), strict=True):
            label.setText(text)
            label.setVisible(bool(text))
        self.side.setVisible(known)
        other = "neurological" if self._session.radiological else "radiological"
        self.side.setText(f"Show {other}")


def sides_words(volume: Volume, radiological: bool) -> str:
    """Return which convention the slices follow, in words."""
    if volume.affine is None:
        return "as stored; the file says nothing of orientation"
    if radiological:
        return "radiological: the patient's left is on the right"
    return "neurological: the patient's left is on the left"


def read_slices(volume: Volume, time: int, place: Place) -> tuple[Plane, ...]:
    """Return the three planes through a place; axial, sagittal, coronal where that is known."""
    slots = [cross.slot_through(axis, time, place) for axis in _AXES]
    slots.sort(key=lambda slot: planes.VIEWS_SHOWN.index(planes.turn_of(volume, slot).view))
    return tuple(Plane(volume, slot, planes.read_plane(volume, slot)) for slot in slots)


def _flipped(turn: planes.Turn, rows: bool) -> bool:
    """Return True where the plane's own rows (or columns) run against the screen."""
    if turn.swap:
        rows = not rows
    return turn.flip_rows if rows else turn.flip_columns
