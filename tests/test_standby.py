"""A second process that stands by: it takes the other's place, warm, and is never a burden."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from toy_worker import PATIENCE, make

from voxviewer.data import Cancelled
from voxviewer.workers import Worker, standby


@pytest.fixture
def ours():
    """The processes that this test has started; other tests may have some that live on."""
    others = set(children())
    return lambda: set(children()) - others


def wait_for(fact) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if fact():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come true")


def with_standby(worker: Worker) -> int:
    """Ready, and another one standing by: its number."""
    worker.ask("about")
    assert worker.stand_by()
    wait_for(lambda: worker.standby_id is not None)
    return worker.standby_id


def kill(process: int) -> None:
    """As the system does where memory runs out; wait until it is gone."""
    psutil.Process(process).kill()
    wait_for(lambda: not psutil.pid_exists(process))


def cancel_one(worker: Worker) -> None:
    def progress(fraction: float, text: str) -> None:
        if text == "hanging":
            worker.cancel()

    with pytest.raises(Cancelled):
        worker.ask("hang", {}, {"a": np.ones(10**5)}, {}, progress)


def blocks_here() -> list[str]:
    folder = Path("/dev/shm")
    return [p.name for p in folder.glob(f"vox_{os.getpid()}_*")] if folder.is_dir() else []


def children() -> dict[int, str]:
    tracker = getattr(multiprocessing, "resource_tracker", None)
    known = getattr(getattr(tracker, "_resource_tracker", None), "_pid", None)
    found = {}
    for process in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # gone while we look
            found[process.pid] = process.status()
    return {pid: status for pid, status in found.items() if pid != known}


def test_after_a_cancel_the_one_that_stood_by_answers_without_a_start(toy):
    warm = with_standby(toy)
    states = []
    toy.observe(lambda state, text: states.append(state))
    cancel_one(toy)
    assert toy.ask("about").values["process"] == warm
    assert states == ["off", "ready"]
    assert toy.values["version"] == "1.0"
    assert toy.standby_id is None


def test_a_process_that_dies_is_replaced_by_the_one_that_stood_by(toy):
    warm = with_standby(toy)
    states, deaths = [], []
    toy.observe(lambda state, text: states.append(state))
    toy.on_death(deaths.append)
    kill(toy.process_id)
    wait_for(lambda: states == ["dead", "ready"])
    assert toy.process_id == warm
    assert len(deaths) == 1


def test_fifty_jobs_come_through_though_both_processes_are_killed(toy, tmp_path):
    """Every tenth job its process dies while it works; once the one that stood by as well."""
    deaths, killed = [], []
    toy.on_death(deaths.append)

    def progress(fraction: float, text: str) -> None:
        if text == "hanging" and toy.process_id not in (None, *killed):
            killed.append(toy.process_id)
            psutil.Process(killed[-1]).kill()

    for number in range(50):
        marker = tmp_path / f"{number}"
        if number % 10:
            marker.touch()
        else:
            warm = with_standby(toy)
            if number == 30:
                kill(warm)
        once = np.full((300, 300), number, np.float32)
        twice = {"twice": ((300, 300), "<f4")}
        values = {"marker": str(marker)}
        answer = toy.ask("double_in_time", values, {"once": once}, twice, progress)
        assert (answer.arrays["twice"] == 2 * number).all()
        assert len(killed) == len(deaths) == number // 10 + 1
    assert not any(psutil.pid_exists(process) for process in killed)
    wait_for(lambda: psutil.STATUS_ZOMBIE not in children().values())
    assert blocks_here() == []


def test_one_that_dies_while_it_stands_by_is_no_news_and_is_replaced_once(toy):
    deaths = []
    toy.on_death(deaths.append)
    for replaced in (True, False):
        kill(with_standby(toy))
        assert toy.stand_by() is replaced
    assert deaths == []
    cancel_one(toy)
    assert toy.ask("echo", {"a": 1}).values["values"] == {"a": 1}


def test_one_that_is_not_warm_yet_is_taken_as_it_is(ours):
    worker = make(environment={"VOX_TOY_SLOW": "0.3"})
    worker.ask("about")
    before = ours()
    assert worker.stand_by()
    (coming,) = ours() - before
    states = []
    worker.observe(lambda state, text: states.append(state))
    cancel_one(worker)
    assert worker.ask("about").values["process"] == coming
    assert states == ["off", "starting", "ready"]
    worker.stop()


def test_none_is_prepared_before_the_first_is_ready_nor_after_all_was_stopped(toy):
    assert not toy.stand_by()
    toy.ask("about")
    toy.stop()
    assert not toy.stand_by()


def test_there_is_one_at_most(toy, ours):
    with_standby(toy)
    before = ours()
    assert toy.stand_by()
    assert ours() == before
    assert len(before) == 2


def test_none_is_prepared_where_memory_is_short(toy, ours, monkeypatch):
    monkeypatch.setattr(standby, "available_memory", lambda: standby.ROOM - 1)
    toy.ask("about")
    assert not toy.stand_by()
    assert len(ours()) == 1


def test_it_is_given_up_where_memory_becomes_short(toy, monkeypatch):
    warm = with_standby(toy)
    monkeypatch.setattr(standby, "available_memory", lambda: standby.ROOM // 2)
    assert toy.stand_by()
    monkeypatch.setattr(standby, "available_memory", lambda: standby.ROOM // 2 - 1)
    assert not toy.stand_by()
    assert not psutil.pid_exists(warm)
    assert toy.ask("echo", {"a": 1}).values["values"] == {"a": 1}


def test_what_is_stopped_while_one_is_being_started_leaves_nothing(toy, ours, monkeypatch):
    toy.ask("about")
    start = toy._keeper.standby._make

    def slowly():
        made = start()
        toy.stop()
        return made

    monkeypatch.setattr(toy._keeper.standby, "_make", slowly)
    assert not toy.stand_by()
    assert ours() == set()


def test_stopping_ends_both(toy, ours):
    with_standby(toy)
    toy.stop()
    assert ours() == set()
    assert toy.standby_id is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="priorities of threads")
def test_it_prepares_itself_at_low_priority_and_answers_at_the_usual_one(toy):
    usual = os.nice(0)
    assert toy.ask("priorities").values == {"prepared": usual, "asked": usual}
    with_standby(toy)
    cancel_one(toy)
    assert toy.ask("priorities").values == {"prepared": min(usual + 10, 19), "asked": usual}
