"""The side that asks: `Worker` keeps one child process and takes turns asking it.

    worker = Worker("voxviewer.networks.worker", title="Keras")
    worker.start()                                    # returns at once
    answer = worker.ask("conv3d", values, arrays, outputs, progress)   # blocks: for a job's thread
    worker.cancel()                                   # ends the process; `ask` raises Cancelled
    worker.stop()

A death that we did not cause is reported, the process started again, the request tried once more.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

from voxviewer.data import Cancelled, Progress, no_progress
from voxviewer.workers.errors import Died, WorkerError, WorkerMissing
from voxviewer.workers.process import Process
from voxviewer.workers.wire import Answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.workers.blocks import Parcel, Shape
    from voxviewer.workers.wire import Arrays

logger = logging.getLogger(__name__)

STATES = ("off", "starting", "ready", "dead", "missing")
TICK = 0.05
"""Seconds between two looks at whether the caller's `progress` wants to stop."""
DEATHS = 3
"""Deaths in a row, without an answer between, after which it is not started again by itself."""

Observer = Callable[[str, str], None]


class _Turn:
    """One `ask` that is being worked on.

    `cancelled` is set by `cancel()` and `stop()`; `process` is the one that is busy with it.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self.process: Process | None = None


class Worker:
    """A child process that answers one request at a time. Every method may be called in any thread.

    Parameters
    ----------
    module : the child's main module, as for `python -m`
    title : for sentences: "Keras"
    missing : returns why it cannot be started ("TensorFlow is not installed ..."), or ""
    path : further folders the child may import from
    environment : further environment variables
    silence : seconds without any sign of life after which the process counts as dead
    """

    def __init__(
        self,
        module: str,
        *,
        title: str,
        missing: Callable[[], str] = str,
        path: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        silence: float = 120.0,
    ) -> None:
        self.module, self.title = module, title
        self._missing, self._path, self._environment = missing, path, dict(environment or {})
        self._silence = silence
        self._lock = threading.RLock()
        self._asking = threading.Lock()
        self._turn: _Turn | None = None
        self._process: Process | None = None
        self._dying: list[Process] = []
        self._wanted = False
        self._deaths = 0
        self._numbers = itertools.count(1)
        self._state, self._text = "off", f"{title} is not started"
        self._values: dict[str, Any] = {}
        self._observers: list[Observer] = []
        self._mourners: list[Callable[[str], None]] = []
        _LIVING.add(self)

    @property
    def state(self) -> str:
        """One of "off", "starting", "ready", "dead", "missing"."""
        return self._state

    @property
    def text(self) -> str:
        """The state in one sentence."""
        return self._text

    @property
    def values(self) -> dict[str, Any]:
        """What the child said when it became ready: its versions. Empty before."""
        return dict(self._values)

    @property
    def process_id(self) -> int | None:
        """The system's number of the running process."""
        process = self._process
        return process.pid if process is not None and process.alive else None

    def observe(self, callback: Observer) -> None:
        """Call back with (state, text) on every change of state, in the thread that changed it."""
        self._observers.append(callback)

    def on_death(self, callback: Callable[[str], None]) -> None:
        """Call back with one sentence when the process ended and we did not end it; any thread."""
        self._mourners.append(callback)

    def start(self) -> None:
        """Start the process in the background, if it does not run; returns at once."""
        with self._lock:
            self._wanted = True
            if self._process is not None:
                return
            why = self._missing()
            if not why:
                self._spawn()
                return
        self._set_state("missing", why)

    def cancel(self) -> None:
        """Stop the request that is being answered: its process ends, a fresh one gets ready.

        The blocked `ask` raises `Cancelled`. Requests that wait for their turn go on. Without a
        request nothing happens.
        """
        with self._lock:
            turn = self._turn
        if turn is not None:
            self._cancel(turn)

    def stop(self) -> None:
        """End the process; an `ask` that is under way raises `Cancelled`."""
        with self._lock:
            self._wanted = False
            turn, process, self._process = self._turn, self._process, None
            dying, self._dying = self._dying, []
            if turn is not None:
                turn.cancelled = True
        if process is not None:
            process.end(gently=turn is None)
        for former in dying:
            former.end()
        if self._state != "missing":
            self._set_state("off", f"{self.title} is stopped")

    def ask(
        self,
        request: str,
        values: Mapping[str, Any] | None = None,
        arrays: Mapping[str, NDArray[Any]] | None = None,
        outputs: Mapping[str, Shape] | None = None,
        progress: Progress = no_progress,
    ) -> Answer:
        """Ask and wait for the answer; starts the process if need be. For a job's thread.

        Parameters
        ----------
        request : a name in the child's table
        values : plain values that JSON can hold
        arrays : plain numbers, any size
        outputs : (shape, dtype) of each large array that the answer will hold
        progress : called here, in the caller's thread, at least every 50 ms; raise in it to stop

        Raises
        ------
        Cancelled
            after `cancel()` or `stop()`, or whatever `progress` raised
        ValueError
            where the child refused the request with one
        WorkerMissing
            where what it needs is not installed
        WorkerError
            where the request failed, or the process ended twice, or there is no room for arrays
        """
        from voxviewer.workers.blocks import packed  # and with it multiprocessing, which takes time

        with (
            self._my_turn(progress) as turn,
            packed(self.title, arrays or {}, outputs or {}) as parcel,
        ):
            for last in (False, True):
                try:
                    return self._ask_once(turn, request, dict(values or {}), parcel, progress)
                except Died as death:
                    if last:
                        raise WorkerError(f"{death}, twice; the log says more") from None
        raise AssertionError("unreachable")

    # -- one turn -----------------------------------------------------------------------------

    @contextmanager
    def _my_turn(self, progress: Progress) -> Iterator[_Turn]:
        """Wait until nobody else asks; `progress` may raise meanwhile."""
        while not self._asking.acquire(timeout=TICK):
            progress(0.0, f"waiting for {self.title}")
        turn = _Turn()
        try:
            with self._lock:
                self._turn = turn
            yield turn
        finally:
            self._leave(turn)
            self._asking.release()

    def _leave(self, turn: _Turn) -> None:
        """End a turn; a process that is still busy with it (`progress` raised) is ended too.

        Nobody waits for its end: a system takes up to a second to free gigabytes.
        """
        if turn.process is not None:
            self._cancel(turn)
        with self._lock:
            self._turn = None
            self._dying = [process for process in self._dying if process.alive]
            if turn.process is not None:
                self._dying.append(turn.process)

    def _cancel(self, turn: _Turn) -> None:
        """Mark a turn and kill the process that is busy with it; a fresh one gets ready."""
        with self._lock:
            if turn.cancelled or self._turn is not turn:
                return
            turn.cancelled = True
            if turn.process is None or turn.process is not self._process:
                return  # still starting, or gone: nothing is busy
            self._process = None
        turn.process.kill()
        self._set_state("off", f"{self.title} is stopped")
        if self._wanted:
            self.start()

    def _ask_once(
        self, turn: _Turn, request: str, values: dict[str, Any], parcel: Parcel, progress: Progress
    ) -> Answer:
        """Send one request to a process that is ready and wait for what it says."""
        process = self._ready_process(turn, progress)
        number = next(self._numbers)
        header = {"id": number, "request": request, "values": values, **parcel.headers()}
        if not process.send(header, parcel.small):
            self._see_end(turn, process)
        fraction, text = 0.0, f"{self.title} works"
        while True:
            message = process.take(TICK)
            self._check(turn)
            if message is None:
                self._check_life(turn, process)
                progress(fraction, text)
                continue
            said, arrays = message
            if said.get("id") != number:
                continue
            if said["kind"] == "progress":
                fraction, text = float(said["fraction"]), str(said["text"])
                progress(fraction, text)
                continue
            turn.process = None
            return self._finish(said, arrays, parcel)

    def _ready_process(self, turn: _Turn, progress: Progress) -> Process:
        """The process, started if need be, once ready; from now on it is busy with this turn."""
        self._check(turn)
        self.start()
        while True:
            with self._lock:
                self._check(turn)
                process, state = self._process, self._state
                if process is not None and process.ready.is_set():
                    turn.process = process
                    return process
            if state == "missing":
                raise WorkerMissing(self._text)
            if process is None:
                raise Died(self._text)
            self._check_life(turn, process)
            progress(0.0, f"starting {self.title}")
            process.ready.wait(TICK)

    def _finish(self, said: dict[str, Any], arrays: Arrays, parcel: Parcel) -> Answer:
        with self._lock:
            self._deaths = 0
        if said["kind"] == "answer":
            large = {name: block.take() for name, block in parcel.outputs.items()}
            return Answer(dict(said["values"]), {**arrays, **large})
        if said["type"] == "ValueError":
            raise ValueError(said["text"])
        raise WorkerError(f"{self.title} could not do it: {said['text']}", said["type"])

    def _check(self, turn: _Turn) -> None:
        if turn.cancelled:
            raise Cancelled

    def _check_life(self, turn: _Turn, process: Process) -> None:
        """Raise where the process is gone; end one that has been silent for too long."""
        if process.alive and process.silent_for() > self._silence:
            process.last_words = f"{self.title} stopped answering and was ended"
            process.end()
        if not process.alive:
            self._see_end(turn, process)

    def _see_end(self, turn: _Turn, process: Process) -> NoReturn:
        """Wait until a process that is dying has been seen off, then say so."""
        if not process.ended.wait(5.0):
            process.end()
        self._check(turn)
        turn.process = None
        if self._state == "missing":
            raise WorkerMissing(self._text)
        raise Died(process.last_words)

    # -- the process --------------------------------------------------------------------------

    def _spawn(self) -> None:
        """Start a process; the lock is held."""
        self._values = {}
        try:
            process = Process(self.module, self.title, self._path, self._environment)
        except OSError as error:
            self._wanted = False
            self._set_state("dead", f"{self.title} cannot be started: {error.strerror or error}")
            return
        self._process = process
        self._set_state("starting", f"{self.title} is starting")
        process.run(self._on_word, self._on_end)

    def _on_word(self, process: Process, said: dict[str, Any]) -> None:
        """What a child says about itself; in its reader's thread."""
        with self._lock:
            if process is not self._process:
                return
            if said["kind"] == "ready":
                self._values = dict(said["values"])
        if said["kind"] == "ready":
            text = str(self._values.get("text") or f"{self.title} is ready")
            self._set_state("ready", text, process)
        elif said["kind"] == "missing":
            self._set_state("missing", f"{self.title} cannot be used: {said['text']}", process)

    def _on_end(self, process: Process) -> None:
        """A process ended; in its reader's thread, its last. Ours took its name away before."""
        with self._lock:
            if process is not self._process:
                return
            self._process = None
            if self._state == "missing":
                return
            self._deaths += 1
            again = self._wanted and process.ready.is_set() and self._deaths < DEATHS
        logger.warning("%s (%s)", process.last_words, self.module)
        self._set_state("dead", process.last_words)
        _tell(self._mourners, process.last_words)
        if again:
            self.start()

    def _set_state(self, state: str, text: str, process: Process | None = None) -> None:
        """Change the state, tell the observers; not on the word of a process no longer ours."""
        with self._lock:
            if process is not None and process is not self._process:
                return
            if (state, text) == (self._state, self._text):
                return
            self._state, self._text = state, text
        _tell(self._observers, state, text)


def _tell(callbacks: list[Callable[..., None]], *news: str) -> None:
    """Call everyone back; an observer that fails must not stop a worker."""
    for callback in tuple(callbacks):
        try:
            callback(*news)
        except Exception:
            logger.exception("an observer of a worker failed")


_LIVING: weakref.WeakSet[Worker] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """No process outlives the program."""
    for worker in tuple(_LIVING):
        with suppress(Exception):
            worker.stop()
