"""What every network that learns in the window has in common, whatever it learns.

One at a time; what it tells is shown, the newest alone; whoever stops it keeps what was learned;
what goes wrong is said in one sentence. All is called on the GUI thread, but for `tell`.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voxviewer.failures import sentences
from voxviewer.jobs import Job
from voxviewer.session import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Progress
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

LANE = "train"


class Course:
    """One learning network's field of the session, and its job.

    Parameters
    ----------
    session, jobs : the state, and what runs
    field : of the session, a frozen dataclass with `running` and `problem`
    text : what the job does: "Training filters"
    place : of notices
    taken : called with the news after they were shown
    """

    def __init__(
        self,
        session: Session,
        jobs: JobRunner,
        field: str,
        text: str,
        place: str,
        taken: Callable[[dict[str, Any]], None] = lambda news: None,
    ) -> None:
        self._session, self._jobs = session, jobs
        self._field, self._text, self._place = field, text, place
        self._taken = taken
        self._news: dict[str, Any] | None = None

    def begin(
        self,
        now: Any,
        work: Callable[[Progress, threading.Event], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        stopped: Callable[[], None] = lambda: None,
    ) -> bool:
        """Start it, unless one runs, which is said; False where it was not started.

        `now` is what the field holds first. `work` gets an event, which is set when it shall come
        to an end and keep what was learned.
        """
        if self._jobs.busy(LANE):
            words = "A training is running; only one runs at a time."
            remedy = "Stop it first, what it learned is kept."
            self._session.notice = Notice("warning", words, remedy, self._place)
            return False
        ended = threading.Event()

        def ended_early() -> None:
            self.show(running=False)
            stopped()

        setattr(self._session, self._field, now)
        job = Job(
            LANE, self._text, lambda progress: work(progress, ended), done, failed, ended_early,
            gently=ended.set,
        )  # fmt: skip
        self._jobs.submit(job)
        return True

    def stop(self) -> None:
        """End it at once; what was learned is kept."""
        self._jobs.cancel(LANE)

    def tell(self, **news: Any) -> None:
        """On the job's thread: hand the newest on, never more than one at a time."""
        waiting, self._news = self._news, {**(self._news or {}), **news}
        if waiting is None:
            self._jobs.post(self._take)

    def _take(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            self.show(**news)
            self._taken(news)

    def show(self, **news: Any) -> None:
        """Change what the field says."""
        now = getattr(self._session, self._field)
        if now is not None:
            setattr(self._session, self._field, replace(now, **news))

    def fail(
        self, error: BaseException, action: tuple[str, Callable[[], None]] | None = None
    ) -> None:
        """It is over: say why, beside its button and as a notice."""
        text, detail = sentences(error)
        self.show(running=False, problem=f"{text} {detail}".strip())
        self.report(error, action)

    def report(
        self, error: BaseException, action: tuple[str, Callable[[], None]] | None = None
    ) -> None:
        """Say what went wrong, and what can be done."""
        text, detail = sentences(error)
        self._session.notice = Notice("error", text, detail, self._place, action)
