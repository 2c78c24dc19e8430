"""A stop is answered at once, and what is long keeps nobody waiting: the second process does it."""

from __future__ import annotations

import threading

import numpy as np
import psutil
import pytest
from test_standby import wait_for, with_standby
from toy_worker import PATIENCE

from voxviewer.data import Cancelled
from voxviewer.workers import Overdue, Pair


@pytest.fixture
def pair(toy):
    pair = Pair(toy)
    yield pair
    pair.stop()


def ask(pair: Pair, request: str, *words, long: bool = False, **options):
    with pair.worker_for(long=long) as worker:
        return worker.ask(request, *words, **options)


class Long:
    """A long request in a thread of its own, which ends when it is told to."""

    def __init__(self, pair: Pair, request: str = "tell_until_stopped") -> None:
        self.enough, self.heard = threading.Event(), threading.Event()
        self.outcome: list = []
        self._pair, self._request = pair, request
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        assert self.heard.wait(PATIENCE)

    def _ask(self) -> None:
        try:
            answer = ask(
                self._pair, self._request, long=True, stop=self.enough.is_set, what="counts",
                news=lambda _: self.heard.set(),
            )  # fmt: skip
            self.outcome.append(answer.values["process"])
        except BaseException as error:
            self.outcome.append(error)

    def end(self):
        self.enough.set()
        self._thread.join(PATIENCE)
        return self.outcome[0]


def test_who_stops_what_does_not_end_has_what_was_told_last(toy):
    told, enough = [], threading.Event()

    def hear(news):
        told.append(news)
        enough.set()

    first = toy.ask("about").values["process"]
    with pytest.raises(Overdue):
        toy.ask("tell_and_hang", news=hear, stop=enough.is_set)
    assert told[0].values["so far"] == 3
    np.testing.assert_array_equal(told[0].arrays["row"], [0, 1, 2])
    wait_for(lambda: not psutil.pid_exists(first))
    assert toy.ask("about").values["process"] != first


def test_who_stops_what_comes_to_an_end_has_its_answer_and_the_process_lives(toy):
    first = toy.ask("about").values["process"]
    answer = toy.ask("tell_until_stopped", stop=lambda: True)
    assert answer.values["process"] == first == toy.process_id


def test_a_short_request_does_not_wait_for_a_long_one(toy, pair):
    second = with_standby(toy)
    long = Long(pair)
    assert toy.standby_id is None
    assert ask(pair, "about").values["process"] == toy.process_id != second
    assert long.end() == second
    assert toy.standby_id == second  # and stands by again
    assert Long(pair).end() == second


def test_whoever_ends_the_second_process_gets_another_that_stands_by(toy, pair):
    second, first = with_standby(toy), toy.process_id
    hangs = Long(pair, "tell_and_hang")
    assert isinstance(hangs.end(), Overdue)
    wait_for(lambda: toy.standby_id not in (None, second))
    assert toy.process_id == first


def test_the_second_process_takes_the_place_of_the_first_after_a_long_request(toy, pair):
    second = with_standby(toy)
    assert Long(pair).end() == second
    psutil.Process(toy.process_id).kill()
    wait_for(lambda: toy.process_id == second)
    # whatever was told to it before is not meant for what it is asked now
    enough = threading.Event()
    toy.ask("tell_until_stopped", news=lambda _: enough.set(), stop=enough.is_set)
    assert toy.process_id == second


def test_where_none_stands_by_who_waits_is_told_for_what(toy, pair):
    toy.ask("about")
    long = Long(pair)
    said = []

    def progress(fraction, text):
        said.append(text)
        if "waiting" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        ask(pair, "about", progress=progress)
    assert said == ["waiting for Toy, which counts"]
    assert long.end() == toy.process_id


def test_a_long_request_whose_process_dies_is_tried_again_and_told(toy, pair, tmp_path):
    deaths = []
    pair.on_death(deaths.append)
    second = with_standby(toy)
    first = toy.process_id
    marker = str(tmp_path / "marker")
    answer = ask(pair, "crash_once", {"marker": marker}, long=True)
    assert answer.values["process"] not in (first, second)
    assert toy.process_id == first and len(deaths) == 1
    wait_for(lambda: toy.standby_id == answer.values["process"])


def test_all_processes_end_with_the_pair(toy, pair):
    second = with_standby(toy)
    long, first = Long(pair), toy.process_id
    pair.stop()
    assert isinstance(long.end(), Cancelled)
    assert not psutil.pid_exists(first) and not psutil.pid_exists(second)
