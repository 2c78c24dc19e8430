"""Dragging files over a window: what it says, with Shift and without, and what a drop does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from voxviewer.gui.drops import Drops
from voxviewer.jobs import JobRunner

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


class Here:
    """An executor that works at once."""

    def submit(self, work, *args):
        work(*args)


@pytest.fixture
def dropped(qtbot: QtBot, tmp_path: Path):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    window.show()
    got: list[tuple[list[str], bool]] = []
    models: list[str] = []
    jobs = JobRunner(Here(), lambda function: function())  # type: ignore[arg-type]
    drops = Drops(window, lambda paths, stack: got.append((paths, stack)), models.append, jobs)
    window.models = models
    paths = [tmp_path / "a.npy", tmp_path / "b.npy"]
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return window, drops, mime, got, [str(path) for path in paths]


def test_shift_stacks_and_says_so_while_it_is_held(dropped, qtbot: QtBot) -> None:
    window, drops, mime, got, paths = dropped
    left = Qt.MouseButton.LeftButton
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(9, 9), BOTH, mime, left, NONE))
    assert drops.overlay.accessibleName() == "Open 2 files"
    assert drops.overlay.accessibleDescription().startswith("Shift: stack 2 files over time.")
    QApplication.sendEvent(window, QDragMoveEvent(QPoint(9, 9), BOTH, mime, left, SHIFT))
    assert drops.overlay.accessibleName() == "Stack 2 files over time"
    QApplication.sendEvent(window, QDragMoveEvent(QPoint(9, 9), BOTH, mime, left, NONE))
    assert drops.overlay.accessibleName() == "Open 2 files"
    event = QDropEvent(QPointF(9, 9), BOTH, mime, left, SHIFT)
    QApplication.sendEvent(window, event)
    # Shift proposes to move: whoever lets go of files must keep them.
    assert event.dropAction() == Qt.DropAction.CopyAction and event.isAccepted()
    qtbot.waitUntil(lambda: got == [(paths, True)])
    assert drops.overlay.isHidden()


def test_one_file_with_shift_is_opened_as_ever(dropped, qtbot: QtBot) -> None:
    window, drops, mime, got, paths = dropped
    mime.setUrls(mime.urls()[:1])
    left = Qt.MouseButton.LeftButton
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(9, 9), BOTH, mime, left, SHIFT))
    assert drops.overlay.accessibleName() == "Open a.npy"
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), BOTH, mime, left, SHIFT))
    qtbot.waitUntil(lambda: got == [(paths[:1], False)])


def test_a_dropped_model_gives_its_filters(dropped, tmp_path: Path, qtbot: QtBot) -> None:
    window, drops, mime, got, _ = dropped
    model = tmp_path / "net.keras"
    model.write_bytes(b"PK")
    mime.setUrls([QUrl.fromLocalFile(str(model))])
    left = Qt.MouseButton.LeftButton
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(9, 9), BOTH, mime, left, NONE))
    assert drops.overlay.accessibleName() == "Take the filters of net.keras"
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), BOTH, mime, left, NONE))
    qtbot.waitUntil(lambda: window.models == [str(model)])
    assert got == []
