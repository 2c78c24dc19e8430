"""A second Keras process is asked for when the first is warm and nothing runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.direct import Clock, Direct, Later
from voxviewer import jobs
from voxviewer.gui import standing_by
from voxviewer.gui.standing_by import StandingBy
from voxviewer.jobs import Job, JobRunner
from voxviewer.session import EngineState, Session

READY = EngineState("ready", "Keras 3.15 ready")


class Keras:
    def __init__(self) -> None:
        self.asked = 0

    def stand_by(self) -> bool:
        self.asked += 1
        return True


class Desk:
    def __init__(self) -> None:
        self.session, self.keras, self.later = Session(), Keras(), Later()
        self.jobs = JobRunner(self.later, lambda call: call())
        self.standing_by = StandingBy(
            self.session, self.keras, lambda: self.jobs.idle_for, Direct()
        )


@pytest.fixture
def desk(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(standing_by, "QUIET", 0.001)
    made = Desk()
    yield made
    made.standing_by.stop()


def test_it_is_asked_for_once_keras_is_ready_and_then_seldom(desk: Any, qtbot: Any) -> None:
    for state in ("off", "starting"):
        desk.session.keras = EngineState(state)
        assert not desk.standing_by._timer.isActive()
    desk.session.keras = READY
    qtbot.waitUntil(lambda: desk.keras.asked == 1)
    assert desk.standing_by._timer.interval() == 1000 * standing_by.AGAIN


def test_it_waits_until_nothing_runs(desk: Any, qtbot: Any) -> None:
    desk.jobs.submit(Job("convolve", "Convolving", lambda _: None, lambda _: None, print))
    desk.session.keras = READY
    for _ in range(5):
        desk.standing_by._look()
    assert desk.keras.asked == 0
    desk.later.run_all()
    qtbot.waitUntil(lambda: desk.keras.asked == 1)


def test_it_waits_while_somebody_works_in_small_steps(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who drags a slider is found idle at nearly every look."""
    clock = Clock()
    monkeypatch.setattr(jobs, "time", clock)
    desk = Desk()
    desk.session.keras = READY
    for _ in range(20):
        desk.jobs.submit(Job("slice", "a step", lambda _: None, lambda _: None, print))
        desk.later.run_all()
        clock.now += standing_by.QUIET / 2
        desk.standing_by._look()
    assert desk.keras.asked == 0
    assert desk.standing_by._timer.interval() == 1000 * standing_by.QUIET / 2
    clock.now += standing_by.QUIET / 2
    desk.standing_by._look()
    assert desk.keras.asked == 1
    desk.standing_by.stop()


def test_after_a_promotion_the_next_one_is_asked_for(desk: Any, qtbot: Any) -> None:
    for count, state in ((1, READY), (2, EngineState("off"))):
        desk.session.keras = state
        desk.session.keras = READY
        qtbot.waitUntil(lambda count=count: desk.keras.asked == count)
