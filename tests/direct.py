"""An executor that runs at once, and a program's worth of state around it."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

from voxviewer.jobs import JobRunner
from voxviewer.pipeline import Pipeline
from voxviewer.session import History, Session


class Direct(Executor):
    """Runs what is submitted in the calling thread, before `submit` returns."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


class Later(Executor):
    """Keeps jobs until the test runs them: what a slow disk looks like from the window."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting.append(lambda: function(*args, **kwargs))
        return Future()

    def run_all(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


class Clock:
    """The time of day, where a test says what it is: put in the place of the module `time`."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Desk:
    """Session, history, jobs and pipeline; jobs run at once, or when `Later` says so."""

    def __init__(self, executor: Executor | None = None, keras: Any = None) -> None:
        self.session = Session()
        self.history = History(self.session)
        self.jobs = JobRunner(executor or Direct(), lambda call: call())
        self.pipeline = Pipeline(self.session, self.jobs, self.history, keras)
