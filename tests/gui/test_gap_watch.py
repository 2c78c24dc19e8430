"""The recorder of the event loop's gaps tells own work from waiting, and names the culprit."""

from __future__ import annotations

import threading
import time
from typing import Any

from gap_watch import Recorder, Watcher
from PySide6.QtCore import QTimer

LONG = 0.12


def compute_for_long() -> None:
    """Work for so long by this thread's own clock, however crowded the machine is."""
    end = time.thread_time() + LONG
    while time.thread_time() < end:
        pass


def wait_for_long() -> None:
    threading.Event().wait(LONG)


def record(qtbot: Any, work: Any) -> tuple[Recorder, Watcher]:
    recorder = Recorder()
    turns: list[int] = []  # how many there had been when the work was done
    recorder.step = "long step"
    with Watcher(recorder) as watcher:
        recorder.start()
        QTimer.singleShot(20, lambda: (work(), turns.append(len(recorder.gaps.seconds))))
        # The turn that the work was done in is written down by the next tick.
        qtbot.waitUntil(lambda: bool(turns) and len(recorder.gaps.seconds) > turns[0])
        recorder.stop()
    return recorder, watcher


def test_own_work_is_told_as_own_and_by_name(qtbot: Any) -> None:
    recorder, watcher = record(qtbot, compute_for_long)
    assert recorder.gaps.worst()[0] > LONG * 0.9 and recorder.gaps.worst()[1] == "long step"
    assert recorder.gaps.worst_own()[0] > LONG * 0.9
    assert any("compute_for_long" in place for place in watcher.own)
    (line,) = recorder.gaps.lines()
    assert line.startswith("long step")


def test_waiting_is_not_own_work(qtbot: Any) -> None:
    recorder, _ = record(qtbot, wait_for_long)
    assert recorder.gaps.worst()[0] > LONG * 0.9
    assert recorder.gaps.worst_own()[0] < LONG / 2
