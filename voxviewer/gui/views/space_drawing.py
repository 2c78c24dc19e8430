"""Pictures of the 3D view, asked for: the newest wins, coarse while something moves, then fine."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from voxviewer.gui.views.space_wish import work_on
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from voxviewer.gui.views.space_wish import Result, Wish
    from voxviewer.jobs import JobRunner
    from voxviewer.space.client import SpaceEngine
    from voxviewer.space.scenes import Scene

REFINE = 150
"""Milliseconds of quiet after which the picture is drawn finely."""
PROMPT = 0.04
"""Seconds in which a fine picture is quick enough to be drawn while something moves."""
KEPT = 6
"""Scenes that are kept, so that going back to one costs nothing."""


class SpaceDrawing(QObject):
    """Turns wishes into jobs of the lane "space", and keeps the scenes that were made for them.

    `drawn` brings the `Result` of a wish; `prepared` says that only its scene was made, by which
    the next wish can be complete; `failed` says why not, `stopped` that a person did not want it;
    `quiet` that nothing moved for a moment.
    """

    drawn = Signal(object)
    prepared = Signal()
    failed = Signal(str)
    stopped = Signal()
    quiet = Signal()

    def __init__(self, jobs: JobRunner, engine: SpaceEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._engine = jobs, engine
        self._scenes: OrderedDict[tuple[Any, ...], Scene] = OrderedDict()
        self._asked: Wish | None = None
        self._refused: Wish | None = None
        self._seconds = 1.0  # that the last fine picture took
        self._refine = QTimer(self, singleShot=True, interval=REFINE)
        self._refine.timeout.connect(self.quiet)

    # scenes

    def scene(self, key: tuple[Any, ...]) -> Scene | None:
        """The scene that was made of a subject, where it is kept."""
        return self._scenes.get(key)

    def forget(self, nouns: Iterable[object]) -> None:
        """Let go of blocks whose source, clip or maps are none of these: they hold on to them."""
        held = {id(noun) for noun in nouns}
        for key in list(self._scenes):
            if not any(id(part) in held for part in key):
                del self._scenes[key]

    def _keep(self, result: Result) -> None:
        key = result.wish.subject.key
        self._scenes[key] = result.scene
        self._scenes.move_to_end(key)
        while len(self._scenes) > KEPT:
            self._scenes.popitem(last=False)

    # wishes

    def quality(self, wanted: str) -> str:
        """Return "full" also for a preview, where a fine picture is as quick."""
        return "full" if self._seconds < PROMPT else wanted

    def news(self, wish: Wish) -> bool:
        """Return False where this picture is on its way or there, or was refused."""
        return not (wish.same(self._asked) or wish.same(self._refused))

    def ask(self, wish: Wish) -> None:
        """Draw this, in the place of what waits."""
        self._asked = wish
        self._refine.stop()
        work = work_on(wish, self.scene(wish.subject.key), self._engine)
        ends = (self._take, self._on_failed, self._on_stopped, self._engine.cancel)
        self._jobs.submit(Job("space", "Drawing in 3D", work, *ends))

    def refine(self) -> None:
        """Say so when it has been quiet for a moment from now on."""
        self._refine.start()

    def rest(self) -> None:
        """Nobody looks: nothing to refine."""
        self._refine.stop()

    def clear(self) -> None:
        """There is nothing to draw."""
        self._asked = None
        self._refine.stop()

    def retry(self) -> None:
        """Draw also what was refused, and anew what is there."""
        self._asked = self._refused = None

    def _take(self, result: Result) -> None:
        self._keep(result)
        if result.empty:
            self._asked = None
            self.prepared.emit()
            return
        fine = result.wish.quality == "full"
        if fine:
            self._seconds = result.seconds
        self.drawn.emit(result)
        if not fine:
            self._refine.start()

    def _on_failed(self, error: BaseException) -> None:
        self._refused, self._asked = self._asked, None
        self.failed.emit(str(error) or type(error).__name__)

    def _on_stopped(self) -> None:
        """A person pressed Cancel: nothing is drawn until something changes."""
        self._refused, self._asked = self._asked, None
        self.stopped.emit()
