"""The source beside the tensor: the very picture, slice or figure that a clip frame came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from voxviewer.data import Skeleton, Volume
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import ReadOut, ViewTitle
from voxviewer.gui.views import places, planes
from voxviewer.gui.views.canvas import Canvas
from voxviewer.gui.views.missing import NOTHING_OPEN
from voxviewer.gui.views.montage import Montage, Sheet, make_sheet
from voxviewer.gui.views.picture import zoom_text
from voxviewer.gui.views.slices import Slices
from voxviewer.gui.views.source_frames import SourceFrames, shown_frame, source_settings
from voxviewer.gui.views.source_pictures import (
    Shown,
    nearest_joint,
    nearest_stick,
    picture_of_figure,
    picture_of_film,
    picture_of_plane,
    source_place,
    stick_colors,
    value_limits,
)
from voxviewer.gui.views.sticks import film_behind
from voxviewer.gui.views.sticks import shown as drawn
from voxviewer.jobs import Job
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Source
    from voxviewer.gui.views.planes import Slot
    from voxviewer.gui.views.slices import Probe
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

TABS = (("picture", "Picture"), ("slices", "Slices"), ("montage", "Montage"))


def _stored_words(
    volume: Volume, slot: Slot, place: tuple[int, int], values: NDArray[Any]
) -> tuple[str, str]:
    """Return a voxel's place in the file's own array and its value, in words."""
    index = ", ".join(map(str, planes.stored_place(volume, slot, *place)))
    name = "v" if volume.affine is not None else "source"
    return f"{name}[{index}] =", planes.value_text(values)


class SourceView(QWidget):
    """Title, canvas or montage, read-out. `frames` may be given to the clip's view as well."""

    maximize_toggled = Signal(bool)

    def __init__(self, session: Session, jobs: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._shown: Shown | None = None
        self._hover: tuple[int, int] | None = None
        self._sheet_key: tuple[Any, ...] | None = None
        self.frames = SourceFrames(session, jobs, self)
        self.film = SourceFrames(session, jobs, self, film_behind)
        self.title = ViewTitle("Source", TABS)
        self.canvas = Canvas("Source picture")
        self.montage = Montage("Source montage")
        self.slices = Slices(session, jobs)
        self.readout = ReadOut()
        self._build()
        self._listen()
        self._show()

    def _build(self) -> None:
        self.setAccessibleName("Source")
        self._fit = self.title.add_button("fit", "Fit the picture (0)")
        self.maximize = self.title.add_button(
            "maximize", "Maximize the source (Esc goes back)", checkable=True
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.canvas)
        self.pages.addWidget(self.montage)
        self.pages.addWidget(self.slices)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.pages, 1)
        column.addWidget(self.readout)

    def _listen(self) -> None:
        self.title.tab_changed.connect(self.set_tab)
        self._fit.clicked.connect(self.canvas.fit)
        self._fit.clicked.connect(self.slices.fit)
        self.slices.hovered.connect(self._on_slice)
        self.slices.crossed.connect(lambda: self._on_slice(self.slices.pointed))
        self.maximize.toggled.connect(self.maximize_toggled)
        self.canvas.picked.connect(self._on_picked)
        self.canvas.hovered.connect(self._on_hovered)
        self.canvas.stepped.connect(self._on_stepped)
        self.canvas.zoomed.connect(self._show_readout)
        self.montage.chosen.connect(self._on_chosen)
        self.montage.hovered.connect(self._on_cell)
        self._wires = Wires(self)
        for frames in (self.frames, self.film):
            self._wires.after(frames.changed, self._show)
            frames.moved.connect(self._show_moved)
        for name in ("voxel", "figures", "radiological", "bones", "bridge", "sources"):
            self._wires.after(getattr(self._session.events, name), self._show)
        theme.changed.connect(self._show_theme)

    @property
    def tab(self) -> str:
        """The tab in front: "picture", "slices" or "montage"."""
        return self.title.tab

    def set_tab(self, tab: str) -> None:
        """Bring a tab to the front."""
        self.title.tab = tab
        self.pages.setCurrentWidget(self._page(tab))
        if tab == "montage" and self.montage.sheet is None and not self._jobs.busy("montage"):
            self._sheet_key = None
        self._show()

    def _page(self, tab: str) -> QWidget:
        return {"montage": self.montage, "slices": self.slices}.get(tab, self.canvas)

    # what a person does

    def _on_picked(self, row: int, column: int) -> None:
        """A click on the source chooses the clip's voxel there."""
        self._choose_joint((row, column))
        clip, shown = self._session.clip, self._shown
        if clip is None or shown is None or shown.plane is None:
            return
        down, across = shown.stored((row, column))
        size = shown.size
        _, H, W, _ = clip.shape
        at = int((down + 0.5) * H / size[0]), int((across + 0.5) * W / size[1])
        self._session.voxel = min(max(at[0], 0), H - 1), min(max(at[1], 0), W - 1)

    def _choose_joint(self, place: tuple[int, int]) -> None:
        """A click on a figure chooses the joint whose curves are shown."""
        source, frame = self._session.current, shown_frame(self._session)
        if not isinstance(source, Skeleton) or frame is None:
            return
        found = self._joint_at(source, min(frame, source.shape[0] - 1), place)
        if found is not None:
            self._session.joint = found

    def _joint_at(
        self, source: Skeleton, frame: int, place: tuple[int, int]
    ) -> tuple[int, int] | None:
        """The joint pointed at, on the bare figure or over the film."""
        picture = self.canvas.picture
        if picture is not None and picture.sticks is not None:
            return nearest_stick(picture.sticks, picture.pixels.shape, place)
        side = source.plane(source_settings(self._session).plane)
        return nearest_joint(drawn(self._session, source), frame, side, place)

    def _on_hovered(self, place: tuple[int, int] | None) -> None:
        self._hover = place
        self._show_readout()

    def _on_stepped(self, step: int) -> None:
        clip = self._session.clip
        if clip is not None:
            self._session.playing = False
            last = clip.shape[0] - 1
            self._session.frame = min(max(self._session.frame + step, 0), last)

    def _on_chosen(self, frame: int) -> None:
        """Go to the clip frame that came from this source frame, or from the nearest one."""
        clip = self._session.clip
        if clip is None or not (clip.frames >= 0).any():
            return
        distance = np.where(clip.frames >= 0, np.abs(clip.frames - frame), np.iinfo(np.int64).max)
        self._session.frame = int(np.argmin(distance))

    def _on_slice(self, found: Probe | None) -> None:
        """The voxel under the pointer in one of three slices, else where they cross."""
        source, probe = self._session.current, found or self.slices.crossing()
        if probe is None or not isinstance(source, Volume):
            self.readout.set_left("", "")
            self.readout.set_right("")
            return
        self.readout.set_left(*_stored_words(source, probe.slot, probe.place, probe.values))
        self.readout.set_right(planes.world_text(source, probe.slot, *probe.place))

    def _on_cell(self, frame: int | None) -> None:
        source = self._session.current
        if frame is None or source is None:
            self._show_readout()
            return
        count = planes.source_count(source, source_settings(self._session))
        self.readout.set_left(f"source frame {frame}", f"of 0 – {count - 1}")

    # what the session says

    def _show_theme(self) -> None:
        self._sheet_key = None
        self._show()

    def _show(self, *_: Any) -> None:
        source = self._session.current
        still = source is None or planes.source_count(source, source_settings(self._session)) < 2
        self.title.set_tab_enabled("montage", not still, "There is one frame only.")
        flat = not isinstance(source, Volume) or source.shape[1] < 2
        self.title.set_tab_enabled("slices", not flat, "The source has no depth.")
        if (still and self.tab == "montage") or (flat and self.tab == "slices"):
            self.title.tab = "picture"
            self.pages.setCurrentWidget(self.canvas)
        if self.tab == "montage" and source is not None:
            self._show_montage(source)
        elif self.tab == "picture":
            self._show_picture()
        self._show_readout()

    def _show_moved(self) -> None:
        """Another frame of what is shown: its picture is made when it is painted."""
        if self.tab == "montage":
            self.montage.show_current(shown_frame(self._session))
        elif self.tab == "picture":
            shown, plane = self._shown, self.frames.plane
            if shown is not None and shown.plane is not None and plane is not None:
                self._shown = replace(shown, plane=plane)  # its values are said at once
            self.canvas.show_later(self._show_picture)
            self._show_readout()

    def _show_picture(self) -> None:
        source = self._session.current
        self._shown = self._make(source)
        waiting = self.frames.failure or ("Reading …" if source is not None else NOTHING_OPEN)
        self.canvas.show_picture(self._shown.picture if self._shown else None, waiting)

    def _make(self, source: Source | None) -> Shown | None:
        if isinstance(source, Skeleton):
            frame = shown_frame(self._session)
            at = min(frame if frame is not None else source.shape[0] - 1, source.shape[0] - 1)
            if self.film.plane is not None:
                return picture_of_film(self.film.plane, self._session, at)
            side = source.plane(source_settings(self._session).plane)
            return picture_of_figure(drawn(self._session, source), at, side)
        plane = self.frames.plane
        return picture_of_plane(plane, self._session) if plane is not None else None

    def _show_montage(self, source: Source) -> None:
        settings = source_settings(self._session)
        camera = (settings.plane, settings.azimuth, settings.elevation)
        axes = (settings.time_axis, settings.depth, settings.time_index, *camera)
        key = (source, axes, value_limits(self._session), theme.is_dark())
        if self._sheet_key is None or self._sheet_key[0] is not source or self._sheet_key != key:
            if self._sheet_key is not None and self._sheet_key[0] is not source:
                self._jobs.cancel("montage")  # of a source that nobody looks at
            self._sheet_key = key
            limits, colors = value_limits(self._session), stick_colors()
            if self.montage.sheet is None or self.montage.sheet.source is not source:
                self.montage.show_sheet(None, "Reading all frames …")
            self._jobs.submit(
                Job(
                    "montage",
                    "Making the montage",
                    lambda progress: make_sheet(source, settings, limits, colors, progress),
                    self._take_sheet,
                    self._on_failed,
                    stopped=lambda: self._on_stopped(key),
                )
            )
        self.montage.show_current(shown_frame(self._session))

    def _on_stopped(self, key: tuple[Any, ...]) -> None:
        """A person stopped it: read again when the montage is opened again, not before."""
        if self._sheet_key is key and self.montage.sheet is None:
            self.montage.show_sheet(None, "Stopped. Open the montage again to read all frames.")

    def _take_sheet(self, sheet: Sheet) -> None:
        if sheet.source is self._session.current:
            self.montage.show_sheet(sheet)

    def _on_failed(self, error: BaseException) -> None:
        self.montage.show_sheet(None, str(error))

    def _show_readout(self) -> None:
        source = self._session.current
        if source is None or self.tab == "montage":
            self.readout.set_left("", "")
            self.readout.set_right("")
            return
        if self.tab == "slices":
            self._on_slice(self.slices.crossing())
            return
        place, value, more = self._words(source)
        self.readout.set_left(place, value)
        self.readout.set_right(more)

    def _zoom_words(self, source: Source) -> str:
        if self._shown is None:
            return ""
        height = f"{self.canvas.image_box().height():.0f} px"
        if isinstance(source, Skeleton):
            film = self.film.plane
            return f"over {film.volume.name}" if film is not None else height
        return f"{height}, {self._zoom()}"

    def _zoom(self) -> str:
        return zoom_text(self.canvas.zoom)

    def _words(self, source: Source) -> tuple[str, str, str]:
        """Place, value, and what stands to the right: where in the scanner, else the zoom."""
        if isinstance(source, Skeleton):
            return *self._joint_words(source), self._zoom_words(source)
        shown = self._shown
        if shown is None or shown.plane is None:
            return "", "", ""
        view = f"{self._view_words(shown)}, {self._zoom()}" if shown.turn.view else ""
        place = self._place(shown)
        if place is None:
            return "", "", view or self._zoom_words(source)
        slot, (row, column) = shown.plane.slot, place
        words = _stored_words(source, slot, place, shown.plane.values[row, column])
        world = planes.world_text(source, slot, row, column)
        return *words, world or self._zoom_words(source)

    def _view_words(self, shown: Shown) -> str:
        """Which plane it is, and where that matters whether left is on the left."""
        if shown.turn.view == "sagittal":
            return shown.turn.view
        side = "radiological" if self._session.radiological else "neurological"
        return f"{shown.turn.view}, {side}"

    def _place(self, shown: Shown) -> tuple[int, int] | None:
        """The plane's row and column under the pointer, else of the chosen voxel."""
        if self._hover is not None:
            found = shown.stored(self._hover)
        elif self._session.voxel is not None and self._session.clip is not None:
            row, column = source_place(self._session, shown.size)
            found = round(row), round(column)
        else:
            return None
        return places.held(found, shown.size)

    def _joint_words(self, source: Skeleton) -> tuple[str, str]:
        frame = shown_frame(self._session)
        if frame is None:
            return "", ""
        frame = min(frame, source.shape[0] - 1)
        if self._hover is None:
            seen = np.isfinite(source.joints[frame]).all(axis=-1)
            there = np.isfinite(drawn(self._session, source).joints[frame]).all(axis=-1)
            words = f"{int(seen.sum())} of {seen.size} seen"
            made = int((there & ~seen).sum())
            return f"joints[{frame}]", words + (f", {made} drawn through gaps" if made else "")
        found = self._joint_at(source, frame, self._hover)
        if found is None:
            return f"joints[{frame}]", ""
        person, joint = found
        at: NDArray[np.float32] = source.joints[frame, person, joint]
        names = source.topology.names
        name = f" {names[joint]}" if joint < len(names) else ""
        words = ", ".join(number(float(v)) for v in at)
        return f"joints[{frame}, {person}, {joint}]", f"({words}){name}"
