"""What jobs hand to the GUI thread runs there in order, one in a turn of the event loop."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import Future
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication

from tests.direct import Clock, Direct
from voxviewer import jobs
from voxviewer.gui import program as program_module
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import CALM, LONGEST_WAIT, REST, Post, Program
from voxviewer.gui.status import StatusLine
from voxviewer.gui.stepping_back import BACK
from voxviewer.jobs import Job, JobRunner


def test_outcomes_come_in_order_on_the_thread_that_listens(qtbot: Any) -> None:
    post, heard = Post(), []

    def work() -> None:
        for number in range(5):
            post(lambda number=number: heard.append((number, threading.current_thread())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(heard) == 5)
    assert [number for number, _ in heard] == list(range(5))
    assert {home for _, home in heard} == {threading.main_thread()}


def test_between_two_outcomes_the_loop_turns(qtbot: Any) -> None:
    post, heard = Post(), []
    tick = QTimer()
    tick.setInterval(0)
    tick.timeout.connect(lambda: heard.append("turn"))
    tick.start()
    for number in range(3):
        post(lambda number=number: heard.append(number))
    qtbot.waitUntil(lambda: 2 in heard)
    tick.stop()
    outcomes = [heard.index(number) for number in range(3)]
    assert all("turn" in heard[a:b] for a, b in pairwise(outcomes))


def test_what_an_outcome_raises_stops_no_other(qtbot: Any) -> None:
    post, heard = Post(), []

    def fail() -> None:
        raise RuntimeError("on purpose")

    with qtbot.captureExceptions() as caught:
        post(fail)
        post(lambda: heard.append("next"))
        qtbot.waitUntil(lambda: heard == ["next"])
    assert [str(error) for _, error, _ in caught] == ["on purpose"]


def test_after_closing_nothing_runs(qtbot: Any) -> None:
    post, heard = Post(), []
    post(lambda: heard.append("late"))
    post.close()
    post(lambda: heard.append("later"))
    for _ in range(5):
        QApplication.processEvents()
    assert not heard


def test_a_number_handed_in_while_the_window_is_deleted_reaches_nobody(
    qtbot: Any, themed: QApplication
) -> None:
    """A spin box says `editingFinished` as it loses the keyboard: in its window's destructor."""
    window = MainWindow(Program(keras=False), autoplay=False)
    session, heard = window.session, []
    session.events.export.connect(heard.append)
    session.change("export", rate=20.0)
    window.close()
    session.change("export", rate=30.0)
    window.deleteLater()
    themed.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    session.change("export", rate=40.0)
    assert [export.rate for export in heard] == [20.0]


def open_and_close(qtbot: Any) -> list[weakref.ref[Any]]:
    """What a window held that was opened, shown a sample and closed."""
    window = MainWindow(Program(keras=False), autoplay=False)
    with qtbot.waitExposed(window):
        window.show()
    window.pipeline.open(["sample:phantom"])
    qtbot.waitUntil(lambda: window.session.features is not None, timeout=60_000)
    held = (window.session, window.session.clip, window.program)
    window.close()
    window.deleteLater()
    return [weakref.ref(item) for item in held]


def test_a_window_that_is_gone_keeps_nothing_in_memory(qtbot: Any, themed: QApplication) -> None:
    gone = open_and_close(qtbot)
    themed.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert [ref() for ref in gone] == [None, None, None]


def test_a_window_that_is_gone_leaves_no_widget_to_chance(qtbot: Any, themed: QApplication) -> None:
    """What Python finds to be garbage goes at any time, in any thread; Qt's styles hold it."""
    themed.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    before = set(QApplication.allWidgets())
    gc.disable()
    try:
        open_and_close(qtbot)
        themed.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        left = [
            type(widget).__name__ for widget in QApplication.allWidgets() if widget not in before
        ]
    finally:
        gc.enable()
    assert not left


def test_a_person_who_asks_in_small_steps_does_not_rest(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look through all garbage takes 0.15 s: not while somebody drags a slider."""
    clock = Clock()
    monkeypatch.setattr(jobs, "time", clock)
    program = Program(keras=False)
    clock.now += 2 * REST
    assert program.rests()
    for _ in range(3):
        program.jobs.submit(Job("slice", "a step", lambda _: None, lambda _: None, print))
        qtbot.waitUntil(lambda: program.jobs.idle)
        clock.now += REST / 2
        assert not program.rests()
    clock.now += REST / 2
    assert program.rests()
    program.session.playing = True
    assert not program.rests()
    program.close()


def test_a_person_who_goes_from_frame_to_frame_does_not_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Scrubbing asks for no work; what is prepared meanwhile would make it falter."""
    clock = Clock()
    for module in (jobs, program_module):
        monkeypatch.setattr(module, "time", clock)
    started = Counted()
    program = Program(executor=started, keras=False)
    clock.now += 2 * REST
    program.session.frame += 1
    assert program.jobs.idle_for > REST
    assert not program.rests()
    program._look_for_calm()
    assert not started.names
    clock.now += REST
    assert program.rests()
    program.session.playing = True
    program.session.frame += 1
    program._look_for_calm()
    assert started.names
    program.close()


class Counted(Direct):
    """Counts who is started; starts nobody."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.names.append(function.__name__)
        return Future()


def test_what_else_is_prepared_waits_for_a_pause_but_not_for_ever(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, both = Counted(), ["_start_keras", "_warm_up"]
    dragging, resting = (Program(executor=started, keras=False) for _ in range(2))
    monkeypatch.setattr(JobRunner, "idle_for", REST / 2)
    for _ in range(LONGEST_WAIT // CALM - 1):
        dragging._look_for_calm()
    assert not started.names
    dragging._look_for_calm()
    assert started.names == both
    monkeypatch.setattr(JobRunner, "idle_for", REST)
    resting._look_for_calm()
    assert started.names == both + both
    dragging.close()
    resting.close()


def test_work_that_is_over_at_once_does_not_flicker_in_the_status_line(qtbot: Any) -> None:
    """Dragging through a film on disk begins and ends a job at every step."""
    program = Program(keras=False)
    status = StatusLine(program)
    qtbot.addWidget(status)
    shown: list[str] = []
    status.work.setText = shown.append  # type: ignore[method-assign]
    job = Job("slice", "Reading a slice", lambda _: None, lambda _: None, print)
    for _ in range(3):
        program.jobs.submit(job)
        qtbot.waitUntil(lambda: program.jobs.idle)
    assert len(shown) <= 2
    qtbot.waitUntil(lambda: bool(shown) and shown[-1] == "no jobs")
    program.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a thread's niceness is Linux'")
def test_what_computes_gives_way_to_the_window(qtbot: Any) -> None:
    """With all that it starts: the processes of Keras and of the 3D view among them."""
    program = Program(keras=False)
    heard: list[tuple[int, int]] = []

    def work(_: Any) -> None:
        asked = subprocess.run(
            [sys.executable, "-S", "-c", "import os; print(os.nice(0))"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        heard.append((own, int(asked.stdout)))

    program.jobs.submit(Job("measure", "asking", work, lambda _: None, lambda _: None))
    qtbot.waitUntil(lambda: bool(heard), timeout=20_000)
    program.close()
    window = os.getpriority(os.PRIO_PROCESS, threading.main_thread().native_id or 0)
    assert heard == [(min(window + BACK, 19), min(window + BACK, 19))]
