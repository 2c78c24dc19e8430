"""From the welcome screen to an exported GIF in at most five clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from voxviewer.gui.export_dialog import ExportDialog
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.parts import Button
from voxviewer.gui.program import Program

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


def test_welcome_to_gif_in_five_clicks(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clicks: list[str] = []

    def click(widget: QWidget, what: str) -> None:
        clicks.append(what)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def save(*_: object) -> tuple[str, str]:
        clicks.append("Save")
        return str(tmp_path / "wave.gif"), ""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ExportDialog)
        click(next(b for b in dialog.findChildren(Button) if b.text() == "Export"), "Export")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", save)
    window = MainWindow(Program(keras=False), autoplay=False)
    qtbot.addWidget(window)
    window.show()
    click(window.welcome.cards["sample:waving-hand"], "sample")
    qtbot.waitUntil(lambda: window.session.features is not None, timeout=30_000)
    QTimer.singleShot(200, answer)
    button = next(
        one for one in window.toolbar.findChildren(QWidget)
        if getattr(one, "text", str)() == "Export GIF" and one.isVisible()
    )  # fmt: skip
    click(button, "Export GIF")
    qtbot.waitUntil(lambda: (tmp_path / "wave.gif").exists(), timeout=30_000)
    assert len(clicks) == 4 <= 5
    with Image.open(tmp_path / "wave.gif") as film:
        assert film.n_frames == window.session.features.shape[0]
    window.close()
