"""Lanes: what queues, what is overtaken, what is refused, and what Cancel does."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

import pytest

from tests.direct import Clock
from voxviewer import jobs
from voxviewer.data import Cancelled
from voxviewer.jobs import LANES, PATIENCE, Job, JobRunner, LaneBusyError

if TYPE_CHECKING:
    from collections.abc import Callable


class Later(Executor):
    """An executor that runs a job when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting.append(lambda: function(*args, **kwargs))
        return Future()

    def run_one(self) -> None:
        self.waiting.pop(0)()


class Log:
    """Makes jobs whose outcomes are written down."""

    def __init__(self, runner: JobRunner) -> None:
        self.runner, self.lines = runner, []  # type: ignore[var-annotated]

    def submit(self, lane: str, name: str, work: Any = None, **options: Any) -> Job:
        job = Job(
            lane,
            name,
            work or (lambda progress: name),
            lambda value: self.lines.append(("done", value)),
            lambda error: self.lines.append(("failed", str(error))),
            stopped=lambda: self.lines.append(("stopped", name)),
            **options,
        )
        self.runner.submit(job)
        return job


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def log(later: Later) -> Log:
    return Log(JobRunner(later, post=lambda call: call()))


def test_a_queue_runs_all_jobs_in_order(log: Log, later: Later) -> None:
    for name in "abc":
        log.submit("load", name)
    assert len(later.waiting) == 1
    for _ in "abc":
        later.run_one()
    assert log.lines == [("done", "a"), ("done", "b"), ("done", "c")]
    assert log.runner.idle


def test_the_newest_overtakes_what_waits_but_not_what_runs(log: Log, later: Later) -> None:
    for name in "abcd":
        log.submit("encode", name)
    later.run_one()
    later.run_one()
    assert not later.waiting
    assert log.lines == [("done", "a"), ("done", "d")]


def test_lanes_do_not_wait_for_each_other(log: Log, later: Later) -> None:
    log.submit("encode", "a")
    log.submit("load", "b")
    assert len(later.waiting) == 2


def test_what_looks_at_the_same_data_begins_after_the_first_maps(log: Log, later: Later) -> None:
    log.submit("encode", "clip")
    log.submit("figures", "figures")
    log.submit("lint", "lint")
    assert len(later.waiting) == 1
    log.runner._running["encode"].done = lambda _: log.submit("convolve", "maps")
    later.run_one()
    assert [job.lane for job in log.runner.running] == ["convolve"]
    later.run_one()
    assert {job.lane for job in log.runner.running} == {"figures", "lint"}


def test_what_takes_its_time_is_not_waited_for(
    log: Log, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxviewer.jobs.NEWS_INTERVAL", 0.0)

    def long(progress: Any) -> str:
        job = log.runner._running["encode"]
        progress(0.1, "")
        assert not log.runner.busy("figures") or len(later.waiting) == 0
        job.started -= 2 * PATIENCE
        progress(0.2, "")
        assert len(later.waiting) == 1
        return "clip"

    log.submit("encode", "clip", long)
    log.submit("figures", "figures")
    later.run_one()
    later.run_one()
    assert log.lines == [("done", "clip"), ("done", "figures")]


def test_a_stopped_job_lets_those_behind_it_begin(log: Log, later: Later) -> None:
    log.submit("encode", "clip")
    log.submit("lint", "lint")
    log.runner.cancel("encode")
    later.run_one()
    later.run_one()
    assert log.lines == [("stopped", "clip"), ("done", "lint")]


def test_training_refuses_a_second(log: Log) -> None:
    log.submit("train", "first")
    with pytest.raises(LaneBusyError, match="second"):
        log.submit("train", "second")


def test_cancel_stops_at_the_next_report_and_forgets_what_waits(log: Log, later: Later) -> None:
    told = []

    def work(progress: Any) -> str:
        log.runner.cancel("load")
        progress(0.5, "half")
        return "never"

    log.submit("load", "a", work, on_cancel=lambda: told.append("worker"))
    log.submit("load", "b")
    later.run_one()
    assert log.lines == [("stopped", "b"), ("stopped", "a")]
    assert told == ["worker"]
    assert log.runner.idle


def test_abandoned_work_gives_its_lane_free_at_once_and_ends_unheard(
    log: Log, later: Later
) -> None:
    log.submit("load", "a", abandon=True)
    log.runner.cancel("load")
    assert log.lines == [("stopped", "a")]
    assert log.runner.idle
    log.submit("load", "b")
    later.run_one()  # a's work comes to its end only now
    assert log.lines == [("stopped", "a")]
    later.run_one()
    assert log.lines == [("stopped", "a"), ("done", "b")]


def test_a_result_that_comes_after_cancel_is_not_delivered(log: Log, later: Later) -> None:
    log.submit("export", "a")
    log.runner.cancel()
    later.run_one()
    assert log.lines == [("stopped", "a")]


def test_cancelled_raised_by_the_work_is_not_a_failure(log: Log, later: Later) -> None:
    def work(progress: Any) -> None:
        raise Cancelled

    log.submit("compare", "a", work)
    later.run_one()
    assert log.lines == [("stopped", "a")]


def test_a_failure_leaves_no_ring_of_frames_behind(log: Log, later: Later) -> None:
    """What its frames hold, widgets too, would be swept away at any time."""

    class Held:
        pass

    held = Held()
    there = weakref.ref(held)

    def work(progress: Any) -> None:
        kept = there()  # noqa: F841 - in the frame that fails
        raise ValueError("no")

    log.submit("load", "a", work)
    later.run_one()
    assert log.lines == [("failed", "no")]
    log.lines.clear()
    gc.disable()
    try:
        del held
        assert there() is None
    finally:
        gc.enable()


def test_a_failure_frees_the_lane(log: Log, later: Later) -> None:
    log.submit("load", "a", lambda progress: 1 / 0)
    log.submit("load", "b")
    later.run_one()
    later.run_one()
    assert log.lines == [("failed", "division by zero"), ("done", "b")]


def test_a_callback_that_raises_does_not_block_the_lane(log: Log, later: Later) -> None:
    job = Job("load", "a", lambda progress: 0, lambda value: 1 / 0, lambda error: None)
    log.runner.submit(job)
    log.submit("load", "b")
    with pytest.raises(ZeroDivisionError):
        later.run_one()
    later.run_one()
    assert log.lines == [("done", "b")]


def test_progress_says_how_long_it_will_take(log: Log, later: Later) -> None:
    seen = []

    def work(progress: Any) -> str:
        progress(0.5, "half")
        seen.append((job.fraction, job.detail, job.seconds_left))
        return "a"

    job = log.submit("load", "a", work)
    later.run_one()
    fraction, detail, left = seen[0]
    assert (fraction, detail) == (0.5, "half")
    assert left is not None and left >= 0


def test_after_close_nothing_is_heard_or_started(log: Log, later: Later) -> None:
    log.submit("load", "a")
    log.submit("load", "b")
    log.runner.close()
    later.run_one()
    log.submit("load", "c")
    assert not later.waiting
    assert log.lines == []


def test_it_is_idle_since_the_last_job_was_asked_for_or_ended(
    log: Log, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(jobs, "time", clock)
    log.submit("slice", "a")
    clock.now += 5
    assert log.runner.idle_for == 0
    later.run_one()
    assert log.runner.idle_for == 0
    clock.now += 2
    assert log.runner.idle_for == 2
    log.submit("load", "b", abandon=True)
    clock.now += 3
    log.runner.cancel("load")
    assert log.runner.idle
    assert log.runner.idle_for == 0


def test_who_asks_in_small_steps_is_never_idle_for_long(
    log: Log, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(jobs, "time", clock)
    for _ in range(20):
        log.submit("slice", "a step")
        later.run_one()
        clock.now += 0.1
        assert log.runner.idle
        assert log.runner.idle_for < 0.2


def test_every_lane_has_a_policy() -> None:
    assert set(LANES.values()) == {"queue", "newest", "refuse"}


def test_while_held_nothing_starts_and_order_is_kept(log: Log, later: Later) -> None:
    log.runner.hold()
    log.submit("load", "first")
    log.submit("load", "second")
    log.submit("preview", "picture")
    assert not later.waiting and not log.runner.running
    log.runner.release()
    while later.waiting:
        later.run_one()
    assert log.lines == [("done", "first"), ("done", "picture"), ("done", "second")]


def test_outcomes_that_nobody_can_take_yet_are_kept(log: Log, later: Later) -> None:
    log.runner.hold()
    log.submit("load", "file")
    log.submit("preview", "picture")
    log.runner.release(keeping=("load",))
    while later.waiting:
        later.run_one()
    assert log.lines == [("done", "picture")]
    assert log.runner.busy("load")
    log.runner.release()
    assert log.lines[1:] == [("done", "file")]
    assert log.runner.idle


def test_a_kept_outcome_can_be_cancelled(log: Log, later: Later) -> None:
    log.runner.release(keeping=("load",))
    log.submit("load", "file", abandon=True)
    later.run_one()
    log.runner.cancel("load")
    log.runner.release()
    assert log.lines == [("stopped", "file")]
    assert log.runner.idle
