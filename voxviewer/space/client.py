"""The side that asks for 3D pictures: no VTK here, and none needed for the rest of the program.

engine = SpaceEngine()
engine.start()                                   # when a 3D view is first shown; returns at once
picture = engine.render(scene, camera, look, (640, 480), "full", progress=progress)   # in a job
engine.cancel(); engine.stop()

`draw` does the same and never fails for want of VTK or OpenGL: then NumPy draws, and it says so.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Cancelled, no_progress
from voxviewer.workers import Worker, WorkerError, WorkerMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import Progress
    from voxviewer.space.camera import Camera
    from voxviewer.space.looks import Look
    from voxviewer.space.scenes import Scene

QUALITIES = ("preview", "full")
LARGEST = 8192
"""Pixels a side of a picture."""
TICK = 0.05
"""Seconds between two looks at whether the caller's `progress` wants to stop."""


class SpaceError(WorkerError):
    """The 3D process could not draw it; one sentence."""


class SpaceMissing(SpaceError):
    """There is no VTK, or no OpenGL, to draw with; one sentence."""


def missing() -> str:
    """Why VTK cannot run here, in one sentence, or ""; nothing is imported to find out."""
    if find_spec("vtkmodules") is None:
        return "VTK is not installed; `pip install vtk` brings lit volumes and surfaces."
    return ""


class SpaceEngine:
    """VTK's off-screen pictures, from a process of its own. Every method may be called anywhere.

    Whether this machine can draw is found out once, when the process first gets ready or dies;
    after that a machine that cannot is not asked again, until `start` is called. The same goes for
    a process that died twice of one picture.

    Parameters
    ----------
    worker : the process; tests hand in their own
    """

    def __init__(self, worker: Worker | None = None) -> None:
        self._worker = worker or Worker(
            "voxviewer.space.worker", title="3D", missing=lambda: missing()
        )
        self._lock = threading.Lock()
        self._why_not = ""
        self._drew = False
        self._deaths = 0
        self._stopped = False
        self._settled = threading.Event()
        self._worker.observe(self._on_state)
        self._worker.on_death(self._on_death)

    @property
    def state(self) -> str:
        """One of "off", "starting", "ready", "dead", "missing"."""
        return self._worker.state

    @property
    def text(self) -> str:
        """The state in one sentence: "VTK 9.7 draws in software"."""
        return self._why_not or self._worker.text

    @property
    def why_not(self) -> str:
        """Why this machine cannot draw, in one sentence; "" where it can, or nobody knows yet."""
        return self._why_not

    @property
    def versions(self) -> dict[str, Any]:
        """`vtk`, `renderer`, `software`; empty before it is ready."""
        return {name: value for name, value in self._worker.values.items() if name != "text"}

    @property
    def process_id(self) -> int | None:
        """The system's number of the running process."""
        return self._worker.process_id

    def watch(self, callback: Callable[[str, str], None]) -> None:
        """Call back with (state, text) on every change, in the thread that made it."""
        self._worker.observe(callback)

    def on_death(self, callback: Callable[[str], None]) -> None:
        """Call back with one sentence when the process died by itself."""
        self._worker.on_death(callback)

    def start(self) -> None:
        """Start in the background; returns at once. A machine that could not draw is asked anew."""
        with self._lock:
            self._why_not, self._stopped = "", False
            if self._worker.state in ("off", "dead", "missing"):
                self._settled.clear()
        self._worker.start()

    def cancel(self) -> None:
        """Stop the picture that is being drawn: its process ends, a fresh one gets ready."""
        self._worker.cancel()

    def stop(self) -> None:
        """End the process; pictures asked for after this are cancelled, until `start`."""
        self._stopped = True
        self._worker.stop()

    def render(
        self,
        scene: Scene,
        camera: Camera,
        look: Look,
        size: tuple[int, int],
        quality: str = "full",
        *,
        width: float = 1.0,
        progress: Progress = no_progress,
    ) -> NDArray[np.uint8]:
        """Draw a scene; blocks, for a job's thread.

        Parameters
        ----------
        scene, camera, look : what, from where, how
        size : width and height in pixels
        quality : "preview" while something moves: half of each side, fewer samples along a ray
        width : of thin lines, in pixels: the screen's scale
        progress : called at least every 50 ms; may raise to stop

        Returns
        -------
        (height, width, 3) uint8, red, green, blue, row 0 on top; half of each side at "preview"

        Raises
        ------
        ValueError
            where the size or the quality is not one
        SpaceMissing, SpaceError
            where VTK or OpenGL are missing, or the process died twice over it
        Cancelled
            after `cancel()` or `stop()`
        """
        shown = picture_size(size, quality)
        self._wait_until_settled(progress)
        values = {
            "key": scene.key,
            "camera": asdict(camera),
            "look": {**asdict(look), "palette": None},
            "half": scene.half(look.depth),
            "quality": quality,
            "width": width * shown[0] / size[0],
        }
        deaths = self._deaths
        arrays = {"palette": np.frombuffer(look.palette, np.uint8)}
        outputs = {"picture": ((shown[1], shown[0], 3), "|u1")}
        try:
            answer = self._worker.ask("render", values, arrays, outputs, progress)
            if answer.values["missing"]:
                self._send(scene, progress)
                answer = self._worker.ask("render", values, arrays, outputs, progress)
        except WorkerMissing as error:
            raise SpaceMissing(self._no(str(error))) from error
        except WorkerError as error:
            if self._deaths - deaths > 1:  # it would die again of the next picture
                raise SpaceMissing(self._no(str(error))) from error
            raise SpaceError(str(error), error.kind) from error
        if answer.values["missing"]:
            raise SpaceError("3D lost the scene on its way")
        return answer.arrays["picture"]

    def _send(self, scene: Scene, progress: Progress) -> None:
        values: dict[str, Any] = {"key": scene.key}
        if scene.is_points:
            values |= {"bones": scene.bones, "extent": scene.extent}
            self._worker.ask("scene", values, {"points": scene.points}, progress=progress)
        else:
            values |= {"signed": scene.content == "signed", "film": scene.film}
            self._worker.ask("scene", values, {"codes": scene.codes}, progress=progress)

    def _wait_until_settled(self, progress: Progress) -> None:
        """Wait for the first word of the process; a machine that cannot draw is not asked twice."""
        if not (self._stopped or self._why_not or self._drew):
            self._worker.start()
            while not self._settled.wait(TICK):
                progress(0.0, "starting 3D")
        if self._stopped:
            raise Cancelled
        if self._why_not:
            raise SpaceMissing(self._why_not)

    def _on_state(self, state: str, text: str) -> None:
        """News of the process, in the thread that brings it."""
        if state == "ready":
            self._drew = True
        elif state == "missing":
            self._no(text)
        elif state == "dead" and not self._drew:
            self._no("OpenGL is missing here, or cannot draw")
        if state in ("ready", "missing", "dead", "off"):
            self._settled.set()

    def _on_death(self, _: str) -> None:
        self._deaths += 1

    def _no(self, text: str) -> str:
        with self._lock:
            self._why_not = text.rstrip(".")
        return self._why_not


def picture_size(size: tuple[int, int], quality: str) -> tuple[int, int]:
    """Return width and height of the picture that is drawn for a size at a quality."""
    if quality not in QUALITIES:
        raise ValueError(f"quality {quality!r} is not known; use one of: {', '.join(QUALITIES)}")
    width, height = (int(side) for side in size)
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
        raise ValueError(f"a picture has 1 to {LARGEST} pixels a side, not {width} × {height}")
    if quality == "preview":
        return max(width // 2, 1), max(height // 2, 1)
    return width, height


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture, and why it is NumPy's and not VTK's; "" where it is VTK's."""

    picture: NDArray[np.uint8]
    note: str = ""


def draw(
    engine: SpaceEngine,
    scene: Scene,
    camera: Camera,
    look: Look,
    size: tuple[int, int],
    quality: str = "full",
    *,
    width: float = 1.0,
    progress: Progress = no_progress,
) -> Drawn:
    """Draw a scene by VTK, else by NumPy: a picture in any case."""
    try:
        picture = engine.render(scene, camera, look, size, quality, width=width, progress=progress)
        return Drawn(picture)
    except SpaceError as error:
        from voxviewer.space.projection import project

        progress(0.0, "drawing with NumPy")
        return Drawn(project(scene, camera, look, size, quality, progress=progress), str(error))


__all__ = ["Drawn", "SpaceEngine", "SpaceError", "SpaceMissing", "draw", "missing", "picture_size"]
