"""The 3D view: source, clip or map as a body, with time as depth where it has frames.

Pictures come from a process of its own (see `space_drawing`); NumPy draws where that process
cannot. The view follows the clock and the crosshair; the only things of its own are where the eye
is and how a body is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from voxviewer.data import Skeleton
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import ReadOut, ViewTitle
from voxviewer.gui.views import marks
from voxviewer.gui.views.space_bars import WhyRow
from voxviewer.gui.views.space_canvas import Shot, SpaceCanvas, colors_now
from voxviewer.gui.views.space_controls import SpaceControls
from voxviewer.gui.views.space_drawing import SpaceDrawing
from voxviewer.gui.views.space_names import joint_names
from voxviewer.gui.views.space_subject import (
    WHATS,
    Subject,
    joint_words,
    nearest_point,
    places_in,
    scale_words,
    subject_of,
)
from voxviewer.gui.views.space_wish import Ways, Wish, described, look_of
from voxviewer.gui.views.staleness import Staleness
from voxviewer.space.boxes import labels
from voxviewer.space.camera import Camera, panned, turned, zoomed
from voxviewer.space.looks import WHOLE, Look

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent

    from voxviewer.gui.views.space_wish import Result
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session
    from voxviewer.space.client import SpaceEngine
    from voxviewer.space.scenes import Scene

TABS = (("volume", "Volume"), ("mip", "MIP"), ("surface", "Surface"), ("slices", "Slices"))
SHORT_TABS = (("volume", "Volume"), ("mip", "MIP"), ("surface", "Iso"), ("slices", "Slices"))
NARROW = 400
"""Under this width the tabs stand without their title."""
NOTE_FROM = 560
"""Width from which there is room for words beside the tabs."""


class SpaceView(QWidget):
    """Title with modes, canvas, controls, read-out.

    Parameters
    ----------
    session : the state
    jobs : its lane "space" draws
    engine : the 3D process, started when the view is first shown; whoever made it stops it
    """

    maximize_toggled = Signal(bool)

    def __init__(
        self,
        session: Session,
        jobs: JobRunner,
        engine: SpaceEngine,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._engine = session, engine
        self.drawing = SpaceDrawing(jobs, engine, self)
        self._started = False
        self._shown: Result | None = None
        self._cameras: dict[str, Camera] = {}
        self._levels: dict[str, float] = {}
        self._narrow = False
        self._stale = Staleness(session, ("clip", "features"), self)
        self.title = ViewTitle("3D", TABS)
        self.title.tabs.setProperty("dense", True)
        self.canvas = SpaceCanvas("3D picture")
        self.why = WhyRow()
        self.controls = SpaceControls()
        self.readout = ReadOut()
        self._build()
        self._listen()
        self._show()

    def _build(self) -> None:
        self.setAccessibleName("3D")
        self._home = self.title.add_button("fit", "Look from the front again (R)")
        self.crop = self.title.add_button("range", "Show a part of it", checkable=True)
        self.maximize = self.title.add_button(
            "maximize", "Maximize the 3D view (Esc goes back)", checkable=True
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.title, self.canvas, self.why, self.controls, self.readout):
            column.addWidget(widget, int(widget is self.canvas))

    def _listen(self) -> None:
        self.title.tab_changed.connect(self.set_mode)
        self._home.clicked.connect(self._on_home)
        self.crop.toggled.connect(self._on_crop)
        self.maximize.toggled.connect(self.maximize_toggled)
        self.controls.chosen.connect(self._show)
        self.controls.names.changed.connect(self._show_shot)
        self.controls.level.changed.connect(self._on_level)
        self.controls.moved.connect(self._on_moved)
        self.controls.released.connect(self.drawing.refine)
        self.canvas.turned.connect(self._on_turned)
        self.canvas.panned.connect(self._on_panned)
        self.canvas.zoomed.connect(self._on_zoomed)
        self.canvas.home.connect(self._on_home)
        self.canvas.released.connect(self.drawing.refine)
        self.canvas.pointed.connect(self._on_pointed)
        self.canvas.resized.connect(self._show_place)
        self.why.again.connect(self._on_again)
        self.drawing.drawn.connect(self._take)
        self.drawing.prepared.connect(self._on_prepared)
        self.drawing.failed.connect(self._on_failed)
        self.drawing.stopped.connect(self._on_stopped)
        self.drawing.quiet.connect(self._on_quiet)
        self._wires = Wires(self)
        events = self._session.events
        self._wires.soon(events.current, self._show_source)
        for name in ("clip", "features", "map", "render", "stale", "bridge"):
            self._wires.soon(getattr(events, name), self._show)
        for name in ("frame", "voxel"):
            self._wires.connect(getattr(events, name), self._show_place)
        self._stale.changed.connect(self._show_dim)
        theme.changed.connect(self._show)

    # what it shows

    @property
    def mode(self) -> str:
        """The tab in front: "volume", "mip", "surface" or "slices"."""
        return self.title.tab

    def set_mode(self, mode: str) -> None:
        """Bring a tab to the front."""
        self.title.tab = mode
        self._show_controls()
        self._want("preview")

    @property
    def what(self) -> str:
        """What is shown: "source", "clip" or "map"."""
        return str(self.controls.what.value)

    def set_what(self, what: str) -> None:
        """Show something else."""
        self.controls.what.value = what
        self._show()

    @property
    def shown(self) -> Result | None:
        """The picture on the canvas and what it was made of."""
        return self._shown

    @property
    def camera(self) -> Camera | None:
        """Where the eye is; None before anything was seen."""
        held = self._cameras.get(self._eye_of())
        return held if held is not None or self._shown is None else self._shown.camera

    def _eye_of(self) -> str:
        """Clip and map are looked at with one eye, so that they can be compared."""
        return "source" if self.what == "source" else "cube"

    def _scene(self) -> Scene | None:
        subject = subject_of(self._session, self.what, marks.coat())
        return self.drawing.scene(subject.key) if isinstance(subject, Subject) else None

    # what a person does

    def _on_turned(self, right: float, down: float) -> None:
        self._move(lambda camera, size: turned(camera, right, down, size))

    def _on_panned(self, right: float, down: float) -> None:
        self._move(lambda camera, size: panned(camera, right, down, size))

    def _on_zoomed(self, factor: float, at: QPointF | None) -> None:
        place = None if at is None else (at.x(), at.y())
        self._move(lambda camera, size: zoomed(camera, factor, place, size))

    def _move(self, change: Any) -> None:
        camera = self.camera
        if camera is not None:
            size = (self.canvas.width(), self.canvas.height())
            self._cameras[self._eye_of()] = change(camera, size)
            self._want("preview")

    def _on_home(self) -> None:
        self.drawing.retry()
        self._cameras.pop(self._eye_of(), None)
        self._want("preview")

    def _on_crop(self, on: bool) -> None:
        self._show_controls()
        self._want("preview")

    def _on_level(self, level: float) -> None:
        self._levels[self._level_key()] = level
        self._on_moved()

    def _on_moved(self, *_: Any) -> None:
        self._show_readout()
        self._want("preview")

    def _on_again(self) -> None:
        """Ask a machine once more whether it can draw."""
        self._engine.start()
        self._shown = None
        self.drawing.retry()
        self._want("full")

    def _on_pointed(self, at: QPointF | None) -> None:
        """Name the joint under the pointer."""
        shown, source = self._shown, self._session.current
        index = None
        if shown is not None and at is not None and isinstance(source, Skeleton):
            size, frame = (self.canvas.width(), self.canvas.height()), shown.wish.look.frame
            index = nearest_point(shown.scene, shown.camera, frame, size, (at.x(), at.y()))
        if index is None or shown is None or not isinstance(source, Skeleton):
            self.canvas.show_tag("", None)
            self._show_readout()
            return
        place, value = joint_words(shown.scene, source, frame, index)
        x, y, _ = shown.camera.project(shown.scene.points[frame].reshape(-1, 3)[index], size)
        self.canvas.show_tag(shown.scene.joint_name(index), QPointF(x, y))
        self.readout.set_left(place, value)

    def showEvent(self, event: QShowEvent) -> None:
        """Start the process the first time; draw what changed while nobody looked."""
        super().showEvent(event)
        if not self._started:
            self._started = True
            self._engine.start()
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing to refine."""
        super().hideEvent(event)
        self.drawing.rest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow view the four ways need the room that the title has."""
        super().resizeEvent(event)
        narrow = self.width() < theme.width(NARROW)
        if narrow != self._narrow:
            self._narrow = narrow
            self.title.set_title("" if narrow else "3D")
            self.title.set_tabs(SHORT_TABS if narrow else TABS)
            self._show_controls()

    # what the session says

    def _show_source(self, *_: Any) -> None:
        """Another source: its own level, seen from the front."""
        self._levels.clear()
        self._cameras.clear()
        self._show()

    def _show(self, *_: Any) -> None:
        session = self._session
        self.drawing.forget((session.current, session.clip, session.features))
        self._show_controls()
        self._want("preview")

    def _show_place(self, *_: Any) -> None:
        """The clock or the crosshair moved."""
        self._want("preview")

    def _show_controls(self) -> None:
        """Offer what has an effect on what is seen."""
        scene = self._scene()
        points = isinstance(self._session.current, Skeleton) and self.what == "source"
        for key, _ in TABS:
            self.title.set_tab_enabled(key, not points, "Joints and bones are drawn as they are.")
        self.crop.setEnabled(not points)
        level = self._level(scene) if scene is not None else 0.3
        self.controls.arrange(scene, self.mode, level, points=points, crop=self.crop.isChecked())
        self._show_readout()

    def _level_key(self) -> str:
        return f"{self.what} {self.mode}"

    def _level(self, scene: Scene) -> float:
        return self._levels.get(self._level_key(), scene.level)

    def _show_dim(self) -> None:
        old = self._stale.shown and self.what != "source"
        self.canvas.set_dim(old and self._shown is not None)

    def _show_readout(self) -> None:
        shown = self._shown
        if shown is None:
            self.title.set_note("")
            self.readout.set_left("", "")
            self.readout.set_right("")
            return
        camera = shown.camera
        angles = f"{camera.azimuth:.0f}°, {camera.elevation:.0f}°".replace("-", "−")
        self.readout.set_left(angles, f"{camera.zoom:.1f}×")
        look = shown.wish.look
        self.readout.set_right(scale_words(shown.scene, look.mode, look.level))
        parts = (shown.wish.subject.words, *shown.scene.words)
        words = ", ".join(part for part in parts if part)
        self.readout.setToolTip(words)
        # Tabs before notes: on a narrow view the words are in the tooltip alone.
        self.title.set_note(words if self.width() > theme.width(NOTE_FROM) else "")

    # drawing

    def _look(self, subject: Subject, scene: Scene | None) -> Look:
        """How the scene is to be drawn now."""
        if scene is None:
            return Look(colors=colors_now())
        controls = self.controls
        box = controls.box if self.crop.isChecked() else WHOLE
        level, trails = self._level(scene), controls.trails.value
        ways = Ways(self.mode, controls.opacity.value, level, controls.deep.value, box, trails)
        at = places_in(self._session, self.what, scene)
        return look_of(scene, subject, ways, at, colors_now(), light=not theme.is_dark())

    def _want(self, quality: str) -> None:
        """Ask for a picture of what is true now; nothing while nobody looks."""
        if not self.isVisible():
            return
        subject = subject_of(self._session, self.what, marks.coat())
        if isinstance(subject, str):
            self._shown = None
            self.drawing.clear()
            self.why.say("")
            self.canvas.show_words(subject)
            self._show_readout()
            return
        scale = self.devicePixelRatioF()
        size = (
            max(round(self.canvas.width() * scale), 1), max(round(self.canvas.height() * scale), 1),
        )  # fmt: skip
        camera, quality = self._cameras.get(self._eye_of()), self.drawing.quality(quality)
        look = self._look(subject, self.drawing.scene(subject.key))
        wish = Wish(subject, camera, look, size, scale, quality)
        if not self.drawing.news(wish):
            return
        if self._shown is None:
            self.canvas.show_words("Drawing …")
        self.drawing.ask(wish)

    def _on_prepared(self) -> None:
        """How a body looks could not be known before its scene was there."""
        self._show_controls()
        self._want("preview")

    def _take(self, result: Result) -> None:
        self._shown = result
        self._show_shot()
        self.canvas.setAccessibleDescription(described(result, dict(WHATS)[self.what]))
        self.why.say(result.drawn.note)
        self._show_dim()
        self._show_readout()

    def _show_shot(self, *_: Any) -> None:
        """Put the newest picture on the canvas, with its letters and names."""
        result = self._shown
        if result is None:
            return
        size = (self.canvas.width(), self.canvas.height())
        letters = tuple(labels(result.scene, result.camera, size, result.wish.look.depth))
        letter = (float(theme.width(6)), float(theme.line_height("caption")))
        named = self.controls.names.value and result.scene.is_points
        names = joint_names(result, size, letter) if named else ()
        self.canvas.show_shot(Shot(result.drawn.picture, letters, names))

    def _on_quiet(self) -> None:
        """Nothing moved for a moment."""
        if not (self.canvas.dragging or self.controls.dragging):
            self._want("full")

    def _on_failed(self, words: str) -> None:
        self._shown = None
        self.canvas.show_words(words)
        self._show_readout()

    def _on_stopped(self) -> None:
        """A person pressed Cancel: the picture stays as it is until something changes."""
        if self._shown is None:
            self.canvas.show_words("Stopped. Turn it or press R to draw it.")
