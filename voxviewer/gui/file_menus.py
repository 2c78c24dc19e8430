"""Menus of files, filled when they open: the samples, and what was opened last."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from voxviewer.gui.recent import recent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from voxviewer.pipeline import Pipeline


def samples_menu(parent: QWidget, pipeline: Pipeline) -> QMenu:
    """Make the menu of samples, with what each is."""
    menu = QMenu("Samples", parent)

    def fill() -> None:
        from voxviewer.sources.samples import SAMPLES

        menu.clear()
        for sample in SAMPLES:
            action = menu.addAction(f"{sample.title}, {sample.caption}")
            action.triggered.connect(lambda _=False, path=sample.path: pipeline.open([path]))

    menu.aboutToShow.connect(fill)
    return menu


def add_recent(parent: QMenu, pipeline: Pipeline) -> None:
    """Add the menu of recent files; those that are gone are off."""
    menu = parent.addMenu("Recent")

    def fill() -> None:
        menu.clear()
        for path in recent():
            action = menu.addAction(Path(path).name)
            action.setToolTip(path)
            action.setEnabled(Path(path).exists())
            action.triggered.connect(lambda _=False, path=path: pipeline.open([path]))
        if menu.isEmpty():
            menu.addAction("No file yet").setEnabled(False)

    menu.aboutToShow.connect(fill)
