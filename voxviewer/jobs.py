"""What is running: lanes of jobs, their progress, and how a person stops them. Knows no Qt.

All methods, signals and callbacks belong to one thread (the GUI's); only the work itself runs on
the executor. So there is no lock: what a worker thread has to say goes through `post`, which runs
a function on the owning thread.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from voxviewer.data import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from voxviewer.data import Progress

QUEUE, NEWEST, REFUSE = "queue", "newest", "refuse"

LANES = {
    "load": QUEUE,  # three files dropped are three files loaded
    "export": QUEUE,
    "figures": NEWEST,  # one running, the newest waiting; being overtaken is not being cancelled
    "lint": NEWEST,
    "statistics": NEWEST,
    "batch": NEWEST,
    "stills": NEWEST,
    "preview": QUEUE,
    "invite": NEWEST,
    "drag": NEWEST,
    "axes": NEWEST,
    "slice": NEWEST,
    "slices": NEWEST,
    "montage": NEWEST,
    "order": NEWEST,
    "keep": QUEUE,
    "space": NEWEST,
    "encode": NEWEST,
    "bank": NEWEST,
    "convolve": NEWEST,
    "compare": NEWEST,
    "pinned": NEWEST,
    "bench": NEWEST,
    "stimulus": NEWEST,
    "lab": NEWEST,
    "measure": NEWEST,
    "labels": NEWEST,
    "difference": NEWEST,
    "states": NEWEST,
    "explain": NEWEST,
    "train": REFUSE,  # a second one is refused
}

AHEAD = ("encode", "bank", "convolve")
"""Lanes on the way to the first maps."""
BEHIND = ("figures", "lint")
"""Lanes that look at the same data, and begin when those have nothing to do, or take their time."""
PATIENCE = 1.0
"""Seconds of one job's work after which those behind it no longer wait."""

NEWS_INTERVAL = 0.05
"""Seconds between two reports of progress that reach the owning thread."""


@dataclass(eq=False)
class Job:
    """One piece of work in a lane: what it is, how far it is, whether a person stopped it.

    `abandon` where nothing is lost by leaving it alone: cancelled, it gives its lane free at once,
    and ends unheard at its next report. Else the lane waits until it has ended.
    `gently` where it can end early with what it has: cancelled, that is called and `done` hears of
    it; cancelled once more it is stopped as any other.
    """

    lane: str
    text: str
    work: Callable[[Progress], Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    stopped: Callable[[], None] | None = None
    on_cancel: Callable[[], None] | None = None
    abandon: bool = False
    gently: Callable[[], None] | None = None
    fraction: float = 0.0
    detail: str = ""
    started: float | None = None
    cancelled: bool = False
    ending: bool = False
    last_news: float = field(default=0.0, repr=False)

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the pace so far; None while there is too little to go by."""
        if self.started is None or self.fraction < 0.02:
            return None
        spent = time.monotonic() - self.started
        return spent / self.fraction * (1.0 - self.fraction)


class LaneBusyError(RuntimeError):
    """A lane that takes one job at a time has one."""


class JobRunner:
    """Runs jobs on an executor, lane by lane, and brings their results back through `post`.

    Parameters
    ----------
    executor : runs the work; a test gives one that runs at once
    post : called from any thread with a function; runs it on the owning thread, in order
    """

    changed = Signal()
    """Emitted on the owning thread when a job started, ended or reported progress."""

    def __init__(self, executor: Executor, post: Callable[[Callable[[], None]], None]) -> None:
        self._executor = executor
        self.post = post
        self._running: dict[str, Job] = {}
        self._waiting: dict[str, deque[Job]] = {lane: deque() for lane in LANES}
        self._closed = self._closing = False
        self._moved = time.monotonic()
        self._paused = False
        self._keeping: tuple[str, ...] = ()
        self._kept: list[Callable[[], None]] = []

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs at work, the oldest first."""
        return tuple(self._running.values())

    @property
    def waiting(self) -> tuple[Job, ...]:
        """The jobs that wait for their lane."""
        return tuple(job for lane in self._waiting.values() for job in lane)

    @property
    def idle(self) -> bool:
        """True where nothing runs and nothing waits."""
        return not self._running and not self.waiting

    @property
    def idle_for(self) -> float:
        """Seconds since a job was last asked for or ended; 0 while one runs or waits.

        A person who drags a slider asks for much, and yet is mostly found `idle`.
        """
        return time.monotonic() - self._moved if self.idle else 0.0

    def busy(self, lane: str) -> bool:
        """Return True where the lane has work, running or waiting."""
        return lane in self._running or bool(self._waiting[lane])

    def submit(self, job: Job) -> None:
        """Start the job, or let it wait, or refuse it, by its lane's policy.

        Raises
        ------
        LaneBusyError
            if the lane takes one job at a time and has one
        """
        if self._closed:
            return
        policy, waiting = LANES[job.lane], self._waiting[job.lane]
        if policy == REFUSE and self.busy(job.lane):
            raise LaneBusyError(f"{job.text} has to wait until the running one has ended.")
        if policy == NEWEST:
            waiting.clear()
        waiting.append(job)
        self._start_next(job.lane)
        self._tell()

    def cancel(self, lane: str | None = None) -> None:
        """Stop what runs and forget what waits, in one lane or in all."""
        if self._closed:
            return
        for name in [lane] if lane else list(LANES):
            waiting = list(self._waiting[name])
            self._waiting[name].clear()
            job = self._running.get(name)
            if job is not None and not job.cancelled:
                self._stop(job)
            for left in waiting:
                left.cancelled = True
                self._tell_stopped(left)
        self._tell()

    def _stop(self, job: Job) -> None:
        if job.gently is not None and not job.ending and not self._closing:
            job.ending = True
            job.gently()
            return
        job.cancelled = True
        if job.on_cancel is not None:
            job.on_cancel()
        if job.abandon:
            self._running.pop(job.lane, None)
            self._tell_stopped(job)

    def _tell_stopped(self, job: Job) -> None:
        if job.stopped is not None and not self._closing:
            job.stopped()

    def close(self) -> None:
        """Cancel everything and take no more; what still runs ends unheard."""
        self._closing = True
        self.cancel()
        self._closed = True
        # A job holds who asked for it, and with that all that a window was.
        self._running.clear()
        self._kept.clear()

    def hold(self) -> None:
        """Start nothing until `release`."""
        self._paused = True

    def release(self, *, keeping: tuple[str, ...] = ()) -> None:
        """Start what waits, and hand on what was kept, in order.

        `keeping` : lanes whose outcomes are kept until the next release: who takes them is not
        there yet
        """
        self._paused, self._keeping = False, keeping
        kept, self._kept = self._kept, []
        for told in kept:
            self.post(told)
        for lane in LANES:
            self._start_next(lane)

    def _start_next(self, lane: str) -> None:
        if self._paused or lane in self._running or not self._waiting[lane]:
            return
        if lane in BEHIND and self._hurries():
            return
        job = self._waiting[lane].popleft()
        self._running[lane] = job
        job.started = time.monotonic()
        self._executor.submit(self._run, job)

    def _hurries(self) -> bool:
        """Whether the first maps are on their way, and have not been for long."""
        running = [self._running[lane] for lane in AHEAD if lane in self._running]
        late = any(time.monotonic() - (job.started or 0.0) > PATIENCE for job in running)
        return bool(running) and not late

    def _tell(self) -> None:
        """Something was asked for, or has ended."""
        self._moved = time.monotonic()
        self.changed.emit()

    def _hear(self) -> None:
        """On the owning thread: a job said how far it is."""
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        for lane in BEHIND:
            self._start_next(lane)

    def _run(self, job: Job) -> None:
        """On a thread of the executor: do the work, send the outcome home."""

        def progress(fraction: float, text: str) -> None:
            if job.cancelled:
                raise Cancelled
            job.fraction, job.detail = fraction, text
            now = time.monotonic()
            if now - job.last_news >= NEWS_INTERVAL:
                job.last_news = now
                self.post(self._hear)

        outcome: Any = None
        error: BaseException | None = None
        try:
            progress(0.0, "")
            outcome = job.work(progress)
        except BaseException as raised:
            error = raised
        told = partial(self._finish, job, outcome, error)
        # An error holds this frame, and this frame must not hold the error: such a ring, and all
        # that its callers hold, would be swept away at any time, in the middle of a paint event.
        outcome = error = None
        try:
            self.post(told)
        finally:
            del told

    def _finish(self, job: Job, outcome: Any, error: BaseException | None) -> None:
        """On the owning thread: hand the outcome on, then give the lane to the next."""
        if self._running.get(job.lane) is not job:
            return  # abandoned: its lane is another's, and it was told that it is stopped
        if job.lane in self._keeping and not self._closed:
            self._kept.append(partial(self._finish, job, outcome, error))
            return
        self._running.pop(job.lane, None)
        try:
            if self._closed:
                return
            if job.cancelled or isinstance(error, Cancelled):
                self._tell_stopped(job)
            elif error is not None:
                job.failed(error)
            else:
                job.done(outcome)
        finally:
            if not self._closed:
                self._start_next(job.lane)
                self._follow()
            self._tell()
