"""Random actions at the window: it stays true to the session, and nothing goes wrong unseen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from monkey import Monkey, Watch
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QWidget
from scripted_run import wait_until

from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program

ACTIONS = int(os.environ.get("VOXVIEWER_MONKEY", "500"))
"""Of each seed; 2,000 in all."""


@pytest.mark.usefixtures("in_turns")
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_nothing_a_monkey_does_breaks_the_window(
    qtbot: Any, themed: QApplication, tmp_path: Path, seed: int
) -> None:
    window = MainWindow(Program(keras=False), autoplay=False)
    with qtbot.waitExposed(window):
        window.show()
    with Watch() as watch:
        Monkey(window, seed, tmp_path).run(ACTIONS, watch)
        window.pipeline.cancel()
        try:
            wait_until(lambda: window.program.jobs.idle, "the last jobs")
        except TimeoutError as error:
            error.add_note(str([(job.lane, job.text) for job in window.program.jobs.running]))
            raise
        window.close()
        window.deleteLater()
        themed.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        themed.processEvents()
    assert not watch.found


def test_a_monkey_that_drags_something_out_is_not_left_waiting(qtbot: Any, tmp_path: Path) -> None:
    """The system's drag ends when the button is let go, and nobody would let it go."""
    widget = QWidget()
    qtbot.addWidget(widget)
    drag = QDrag(widget)
    drag.setMimeData(QMimeData())
    with Monkey(widget, 1, tmp_path).answering():  # type: ignore[arg-type]
        assert drag.exec(Qt.DropAction.CopyAction) in (
            Qt.DropAction.CopyAction,
            Qt.DropAction.IgnoreAction,
        )
