"""The longest gap of the event loop in a whole visit. The one test that looks at a clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gap_watch import Recorder
from PySide6.QtWidgets import QApplication
from scripted_run import visit

from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program

LIMIT = 0.250
"""Seconds; the goal is 0.050, which `benchmarks/bench_window.py` reports."""


def test_the_window_never_waits_for_long(qtbot: Any, themed: QApplication, tmp_path: Path) -> None:
    """The best of three runs counts: other programs may take the processor meanwhile."""
    worst = []
    for run in range(3):
        folder = tmp_path / str(run)
        folder.mkdir()
        window = MainWindow(Program(keras=False), autoplay=False)
        with qtbot.waitExposed(window):
            window.show()
        recorder = Recorder()
        recorder.start()
        visit(window, folder, recorder, keras=False)
        worst.append(recorder.stop().worst())
        window.close()
        window.deleteLater()
        if worst[-1][0] < LIMIT:
            break
    gap, where = min(worst)
    assert gap < LIMIT, f"{gap * 1000:.0f} ms in '{where}'"
