"""The side that asks: `Worker` keeps one child process and takes turns asking it.

    worker = Worker("voxviewer.networks.worker", title="Keras")
    worker.start()                                    # returns at once
    answer = worker.ask("conv3d", values, arrays, outputs, progress)   # blocks: for a job's thread
    worker.cancel()                                   # ends the process; `ask` raises Cancelled
    worker.stop()

Where the process dies and we did not cause it, the request is tried once more.
"""

from __future__ import annotations

import atexit
import itertools
import threading
import weakref
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from voxviewer.data import Cancelled, Progress, no_progress
from voxviewer.workers.errors import Died, Overdue, WorkerError, WorkerMissing
from voxviewer.workers.keeper import Keeper, Observer
from voxviewer.workers.turns import Listener, Turn
from voxviewer.workers.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from voxviewer.workers.blocks import Parcel, Shape
    from voxviewer.workers.process import Process
    from voxviewer.workers.wire import Arrays

TICK = 0.05
"""Seconds between two looks at whether the caller's `progress` wants to stop."""


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
        self._begin(Keeper(module, title, missing, path, environment or {}), silence)

    def _begin(self, keeper: Keeper, silence: float) -> None:
        self.title = keeper.title
        self._keeper, self._silence = keeper, silence
        self._asking = threading.Lock()
        self._turn: Turn | None = None
        self._dying: list[Process] = []
        _LIVING.add(self)

    @property
    def state(self) -> str:
        """One of "off", "starting", "ready", "dead", "missing"."""
        return self._keeper.state

    @property
    def text(self) -> str:
        """The state in one sentence."""
        return self._keeper.text

    @property
    def values(self) -> dict[str, Any]:
        """What the child said when it became ready: its versions. Empty before."""
        return dict(self._keeper.values)

    @property
    def process_id(self) -> int | None:
        """The system's number of the running process."""
        process = self._keeper.process
        return process.pid if process is not None and process.alive else None

    @property
    def standby_id(self) -> int | None:
        """The system's number of the process that stands by; None until it is warm."""
        return self._keeper.standby.process_id

    def observe(self, callback: Observer) -> None:
        """Call back with (state, text) on every change of state, in the thread that changed it."""
        self._keeper.observers.append(callback)

    def on_death(self, callback: Callable[[str], None]) -> None:
        """Call back with one sentence when the process ended and we did not end it; any thread."""
        self._keeper.mourners.append(callback)

    def start(self) -> None:
        """Start the process in the background, if it does not run; returns at once."""
        self._keeper.start()

    def stand_by(self) -> bool:
        """See that a second process gets ready, to take the place of one that ends.

        To be asked in a quiet moment, and again now and then; not on the GUI thread. False where
        there is none: the first is not ready, or memory is short.
        """
        return self._keeper.stand_by()

    def sibling(self) -> Worker:
        """A worker of the same kind, which shares the process that stands by; see `pair`."""
        made = Worker.__new__(Worker)
        made._begin(self._keeper.sibling(), self._silence)
        return made

    def borrow(self) -> bool:
        """Take the process that stands by, if one is warm, and nobody is asked here."""
        return self._keeper.borrow()

    def give_back(self) -> bool:
        """Let the process, if there is one, stand by again; False where a borrowed one was lost."""
        return self._keeper.give_back()

    def cancel(self) -> None:
        """Stop the request that is being answered: its process ends, a fresh one gets ready.

        The blocked `ask` raises `Cancelled`. Requests that wait for their turn go on. Without a
        request nothing happens.
        """
        with self._keeper.lock:
            turn = self._turn
        if turn is not None:
            self._cancel(turn)

    def stop(self) -> None:
        """End the process; an `ask` that is under way raises `Cancelled`."""
        with self._keeper.lock:
            process = self._keeper.let_go()
            turn = self._turn
            dying, self._dying = self._dying, []
            if turn is not None:
                turn.cancelled = True
        if process is not None:
            process.end(gently=turn is None)
        self._keeper.standby.end()
        for former in dying:
            former.end()
        self._keeper.say_stopped()

    def ask(
        self,
        request: str,
        values: Mapping[str, Any] | None = None,
        arrays: Mapping[str, NDArray[Any]] | None = None,
        outputs: Mapping[str, Shape] | None = None,
        progress: Progress = no_progress,
        *,
        news: Listener | None = None,
        stop: Callable[[], bool] | None = None,
        what: str = "",
    ) -> Answer:
        """Ask and wait for the answer; starts the process if need be. For a job's thread.

        Parameters
        ----------
        request : a name in the child's table
        values : plain values that JSON can hold
        arrays : plain numbers, any size
        outputs : (shape, dtype) of each large array that the answer will hold
        progress : called here, in the caller's thread, at least every 50 ms; raise in it to stop
        news : called here with what the child tells before it answers
        stop : asked here as often; True asks the child to answer at once with what it has
        what : is done, in words for whoever waits for it: "trains filters"

        Raises
        ------
        Cancelled
            after `cancel()` or `stop()`, or whatever `progress` raised
        Overdue
            where `stop` said so, and the child did not answer in time: its process is ended
        ValueError
            where the child refused the request with one
        WorkerMissing
            where what it needs is not installed
        WorkerError
            where the request failed, or the process ended twice, or there is no room for arrays
        """
        from voxviewer.workers.blocks import packed  # and with it multiprocessing, which takes time

        with (
            self._my_turn(Turn(progress, news, stop, what)) as turn,
            packed(self.title, arrays or {}, outputs or {}, partial(self._tick, turn)) as parcel,
        ):
            for last in (False, True):
                try:
                    process = self._send(turn, request, dict(values or {}), parcel)
                    return self._wait(turn, process, parcel)
                except Died as death:
                    if last:
                        raise WorkerError(f"{death}, twice; the log says more") from None
        raise AssertionError("unreachable")

    # -- one turn -----------------------------------------------------------------------------

    @contextmanager
    def _my_turn(self, turn: Turn) -> Iterator[Turn]:
        """Wait until nobody else asks; `progress` may raise meanwhile."""
        while not self._asking.acquire(timeout=TICK):
            other = self._turn
            busy = f", which {other.what}" if other is not None and other.what else ""
            turn.progress(0.0, f"waiting for {self.title}{busy}")
        try:
            with self._keeper.lock:
                self._turn = turn
            yield turn
        finally:
            self._leave(turn)
            self._asking.release()

    def _leave(self, turn: Turn) -> None:
        """End a turn; a process that is still busy with it (`progress` raised) is ended too.

        Nobody waits for its end: a system takes up to a second to free gigabytes.
        """
        if turn.process is not None:
            self._cancel(turn)
        with self._keeper.lock:
            self._turn = None
            self._dying = [process for process in self._dying if process.alive]
            if turn.process is not None:
                self._dying.append(turn.process)

    def _cancel(self, turn: Turn) -> None:
        """Mark a turn and kill the process that is busy with it; a fresh one gets ready."""
        with self._keeper.lock:
            if turn.cancelled or self._turn is not turn:
                return
            turn.cancelled = True
            busy = turn.process
        if busy is not None:  # else it is still starting, or gone
            self._keeper.kill(busy)

    def _send(self, turn: Turn, request: str, values: dict[str, Any], parcel: Parcel) -> Process:
        """Send one request to a process that is ready; which one that is."""
        process = self._ready_process(turn)
        turn.begin(next(_NUMBERS), f"{self.title} works")
        header = {"id": turn.number, "request": request, "values": values, **parcel.headers()}
        if not process.send(header, parcel.small):
            self._see_end(turn, process)
        return process

    def _wait(self, turn: Turn, process: Process, parcel: Parcel) -> Answer:
        """Wait for what the process says."""
        while True:
            message = process.take(max(min(TICK, turn.left), 0.0))
            self._check(turn)
            turn.pass_stop(process)
            if message is None:
                self._check_life(turn, process)
                turn.progress(turn.fraction, turn.text)
            elif turn.is_answer(message):
                turn.process = None
                return self._finish(*message, parcel)
            if turn.left <= 0:
                raise Overdue

    def _ready_process(self, turn: Turn) -> Process:
        """The process, started if need be, once ready; from now on it is busy with this turn."""
        self._check(turn)
        self.start()
        while True:
            with self._keeper.lock:
                self._check(turn)
                process, state = self._keeper.process, self._keeper.state
                if process is not None and process.ready.is_set():
                    turn.process = process
                    return process
            if state == "missing":
                raise WorkerMissing(self._keeper.text)
            if process is None:
                raise Died(self._keeper.text)
            self._check_life(turn, process)
            turn.progress(0.0, f"starting {self.title}")
            process.ready.wait(TICK)

    def _finish(self, said: dict[str, Any], arrays: Arrays, parcel: Parcel) -> Answer:
        self._keeper.praise()
        if said["kind"] == "answer":
            large = {name: block.take() for name, block in parcel.outputs.items()}
            return Answer(dict(said["values"]), {**arrays, **large})
        if said["type"] == "ValueError":
            raise ValueError(said["text"])
        raise WorkerError(f"{self.title} could not do it: {said['text']}", said["type"])

    def _tick(self, turn: Turn) -> None:
        """While room is made for arrays: who wants to stop need not wait for all of it."""
        self._check(turn)
        turn.progress(0.0, f"making room for {self.title}")

    def _check(self, turn: Turn) -> None:
        if turn.cancelled:
            raise Cancelled

    def _check_life(self, turn: Turn, process: Process) -> None:
        """Raise where the process is gone; end one that has been silent for too long."""
        if process.alive and process.silent_for() > self._silence:
            process.last_words = f"{self.title} stopped answering and was ended"
            process.end()
        if not process.alive:
            self._see_end(turn, process)

    def _see_end(self, turn: Turn, process: Process) -> NoReturn:
        """Wait until a process that is dying has been seen off, then say so."""
        if not process.ended.wait(5.0):
            process.end()
        self._keeper.forget(process)
        self._check(turn)
        turn.process = None
        if self._keeper.state == "missing":
            raise WorkerMissing(self._keeper.text)
        raise Died(process.last_words)


_NUMBERS = itertools.count(1)
"""Of requests, of all workers: a process may be asked by one after the other."""
_LIVING: weakref.WeakSet[Worker] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """No process outlives the program."""
    for worker in tuple(_LIVING):
        with suppress(Exception):
            worker.stop()
