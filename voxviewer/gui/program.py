"""Everything behind the window: state, jobs, pipeline, Keras' process; made once, closed once."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from voxviewer.data import Cancelled
from voxviewer.gui.import_memory import as_last
from voxviewer.gui.standing_by import StandingBy
from voxviewer.gui.stepping_back import step_back
from voxviewer.gui.turns import turns
from voxviewer.jobs import JobRunner
from voxviewer.networks.client import KerasEngine
from voxviewer.pipeline import Pipeline
from voxviewer.session import History, Session
from voxviewer.space.client import SpaceEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from voxviewer.settings import Choices


CALM, LONGEST_WAIT = 400, 10_000
"""Milliseconds between two looks whether a person rests, and after which that is not waited for."""
REST = 0.5
"""Seconds without work after which a person rests, and does not drag a slider in small steps."""


class Post(QObject):
    """Runs functions on the thread it was made on, in order, whichever thread hands them over.

    One in a turn of the event loop: where several outcomes wait, painting and what a person does
    come between them, and no turn is as long as all of them together.
    """

    _call = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._waiting: deque[Callable[[], None]] = deque()
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._next)
        self._call.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def __call__(self, function: Callable[[], None]) -> None:
        """Hand over a function from any thread."""
        if self._open:
            self._call.emit(function)

    def close(self) -> None:
        """Run nothing more: what was handed over late is dropped.

        Qt would hold what is on its way until the loop turns again, and all that hangs on it.
        """
        self._open = False
        self._waiting.clear()
        self._turn.stop()
        QCoreApplication.removePostedEvents(self, QEvent.Type.MetaCall.value)

    def _take(self, function: Callable[[], None]) -> None:
        """Run the first of a turn at once, let others wait for the next turns."""
        self._waiting.append(function)
        if not self._turn.isActive():
            self._turn.start()
            self._next()

    def _next(self) -> None:
        if not self._waiting or not self._open:
            self._turn.stop()
        elif turns().take():
            self._waiting.popleft()()


class Program:
    """What a window shows and steers.

    Parameters
    ----------
    choices : what is chosen at the start
    executor : runs the jobs; threads of its own by default
    keras : False leaves Keras' process out, for tests that need no second engine
    """

    def __init__(
        self,
        choices: Choices | None = None,
        executor: Executor | None = None,
        *,
        keras: bool = True,
    ) -> None:
        self._closed = False
        self.session = Session()
        if choices is not None:
            self.session.restore(choices)
        self.history = History(self.session)
        self.post = Post()
        # More threads than cores: lanes wait for disk and for Keras, and none may hold up another.
        self.executor = executor or ThreadPoolExecutor(
            8, thread_name_prefix="voxviewer", initializer=step_back
        )
        self.jobs = JobRunner(self.executor, self.post)
        self.keras = KerasEngine() if keras else None
        self.space = SpaceEngine()
        self.pipeline = Pipeline(self.session, self.jobs, self.history, self.keras)
        self.pipeline.adjust = as_last
        self.pipeline.watch_keras(self.post)
        self._stepped = 0.0  # when a person last went to another frame
        self.session.events.frame.connect(self._on_frame)
        self._standing_by = StandingBy(
            self.session, self.keras, lambda: self.idle_for, self.executor
        )
        self._looks = 0
        self._calm = QTimer(self.post)
        self._calm.setInterval(CALM)
        self._calm.timeout.connect(self._look_for_calm)

    @property
    def idle_for(self) -> float:
        """Seconds since a job was asked for or ended, or a person went to another frame."""
        return min(self.jobs.idle_for, time.monotonic() - self._stepped)

    def _on_frame(self, _: int) -> None:
        if not self.session.playing:
            self._stepped = time.monotonic()

    def rests(self) -> bool:
        """Whether nobody works or watches: nothing ran for a while, plays or is held."""
        held = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        return self.idle_for >= REST and not (held or self.session.playing)

    def start(self) -> None:
        """Begin what no one waits for; called after the first paint.

        At once only what the first maps need. What else is prepared would take the processor from
        the file that a person has just opened or scrubs through: it waits for a rest, or for some
        seconds.
        """
        if self._closed:
            return
        self.executor.submit(self._warm_up, 1)
        self.pipeline.list_layers()
        self._calm.start()

    def _look_for_calm(self) -> None:
        self._looks += 1
        if self.idle_for < REST and self._looks * CALM < LONGEST_WAIT:
            return
        self._calm.stop()
        self.executor.submit(self._start_keras)
        self.executor.submit(self._warm_up)

    def _start_keras(self) -> None:
        """On a thread: until the system has started a process, whoever asked for it waits."""
        if self.keras is not None and not self._closed:
            self.keras.start()

    def _warm_up(self, first: int | None = None) -> None:
        """Compile the loops, or load them from the cache, before they are wanted; on a thread.

        Closing waits for the one that is being compiled, not for all.
        """
        from voxviewer.convolution import tuning
        from voxviewer.encoding import compiled

        def progress(_: float, __: str) -> None:
            if self._closed:
                raise Cancelled

        with suppress(Cancelled):
            tuning.warm_up(progress, first=first)
            if first is None:
                compiled.warm_up()

    def close(self) -> None:
        """Stop all work, end the child processes, join the threads."""
        self._closed = True
        self._calm.stop()
        self._standing_by.stop()
        self.session.playing = False
        self.jobs.close()
        if self.keras is not None:
            self.keras.stop()
        self.space.stop()
        self.executor.shutdown(wait=True, cancel_futures=True)
        if self.keras is not None:
            self.keras.stop()  # one whose start was under way when the first word came
        self.post.close()
        self._let_go()

    def _let_go(self) -> None:
        """Let nobody hear of anything any more, and nothing be kept alive by who listened.

        A field that loses the keyboard while its window is deleted still hands in its number, when
        half of those who listen are gone. And psygnal's finalizers hold a signal, with all that
        listen to it, for as long as one of them lives: window and arrays would never be freed.
        """
        events = self.session.events
        events.block()
        others = (
            self.jobs.changed, self.pipeline.opened, self.pipeline.model_layers_changed,
            self.history.changed, self.history.missing,
        )  # fmt: skip
        for signal in (*events.signals.values(), *others):
            signal.disconnect()
