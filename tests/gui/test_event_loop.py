"""The longest gap of the event loop in a whole visit. The one test that looks at a clock."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from dragging import drag_all, longest, write_volume
from gap_watch import Recorder
from PySide6.QtWidgets import QApplication
from scripted_run import visit

from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program

pytestmark = [pytest.mark.alone, pytest.mark.usefixtures("in_turns")]

LIMIT = 0.250
"""Seconds of a gap, and of one turn's own work; `benchmarks/bench_window.py` reports the goal."""


def crowded() -> bool:
    """Whether other programs want the processors twice over: then the clock says nothing of us."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def test_the_window_never_waits_for_long(qtbot: Any, themed: QApplication, tmp_path: Path) -> None:
    """The best of three runs counts: other programs may take the processor meanwhile."""
    worst, own = [], []
    for run in range(3):
        folder = tmp_path / str(run)
        folder.mkdir()
        window = MainWindow(Program(keras=False), autoplay=False)
        with qtbot.waitExposed(window):
            window.show()
        recorder = Recorder()
        recorder.start()
        visit(window, folder, recorder, keras=False)
        gaps = recorder.stop()
        worst.append(gaps.worst())
        own.append(gaps.worst_own())
        window.close()
        window.deleteLater()
        if own[-1][0] < LIMIT and (worst[-1][0] < LIMIT or crowded()):
            break
    (gap, where), (work, step) = min(worst), min(own)
    assert work < LIMIT, f"{work * 1000:.0f} ms of its own in '{step}'"
    assert gap < LIMIT or crowded(), f"{gap * 1000:.0f} ms in '{where}'"


def test_dragging_a_control_over_a_large_volume_never_waits_for_long(
    qtbot: Any, themed: QApplication, tmp_path: Path
) -> None:
    """256 x 256 x 256 on disk, with the lab open; the best of three runs counts."""
    volume = str(write_volume(tmp_path / "large.npy"))
    worst, own = [], []
    for _ in range(3):
        window = MainWindow(Program(keras=False), autoplay=False)
        with qtbot.waitExposed(window):
            window.show()
        recorder = Recorder()
        recorder.start()
        window.center.set_lab(True)
        drag_all(window, volume, ("height", "order"), recorder, every=4)
        heard = longest(recorder.stop())
        worst.append(max((gap, where) for where, (gap, _) in heard.items()))
        own.append(max((work, where) for where, (_, work) in heard.items()))
        window.close()
        window.deleteLater()
        if own[-1][0] < LIMIT and (worst[-1][0] < LIMIT or crowded()):
            break
    (gap, where), (work, step) = min(worst), min(own)
    assert work < LIMIT, f"{work * 1000:.0f} ms of its own in '{step}'"
    assert gap < LIMIT or crowded(), f"{gap * 1000:.0f} ms in '{where}'"
