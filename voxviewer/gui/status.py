"""The line at the window's foot: what the keys do; threads, memory, jobs, and how Keras is."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStatusBar

from voxviewer.files import size_text
from voxviewer.gui import theme
from voxviewer.gui.parts import Label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from voxviewer.gui.program import Program

HINT = "Space play or pause  ·  ← → step  ·  click a voxel to take it apart  ·  ? keys"
DROP_HINT = "Drop a file anywhere in the window"
PATIENCE = 150
"""Milliseconds between two looks at what runs."""
_DOTS = {"ready": "●", "busy": "●", "starting": "○", "off": "○", "missing": "–", "dead": "✕"}
_ROLES = {"ready": "ok", "busy": "accent", "dead": "error"}


class StatusLine(QStatusBar):
    """Hints on the left; figures on the right, memory read every two seconds."""

    def __init__(self, program: Program, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(12, 0, 12, 0)
        self.setFixedHeight(theme.height("status"))
        self._program = program
        self.hint = Label(DROP_HINT, "caption", "text3")
        self.threads = Label("", "caption", "text3")
        self.memory = Label("", "caption", "text3")
        self.work = Label("no jobs", "caption", "text3")
        self.dot = Label("○", "caption", "text3")
        self.keras = Label("", "caption", "text3")
        self.addWidget(self.hint, 1)
        for label in (self.threads, self.memory, self.work, self.dot, self.keras):
            label.setContentsMargins(0 if label is self.keras else 10, 0, 0, 0)
            self.addPermanentWidget(label)
        self._tell()
        self._soon = QTimer(self, singleShot=True, interval=PATIENCE)
        self._soon.timeout.connect(self._show_jobs)
        program.jobs.changed.connect(self._note_jobs)
        program.session.events.keras.connect(self._show_keras)
        program.session.events.current.connect(self._show_hint)
        self._timer = QTimer(self)
        self._timer.setInterval(2000)
        self._timer.timeout.connect(self._show_memory)
        self._show_keras()

    def begin(self) -> None:
        """Start reading figures; not before the first paint, which must not wait for them."""
        self._program.executor.submit(self._import)

    def _import(self) -> None:
        """On a thread: what reads the memory takes too long to import for a turn of the window."""
        import_module("psutil")
        self._program.post(self._read)

    def _read(self) -> None:
        self._show_memory()
        self._timer.start()

    def _tell(self) -> None:
        self.threads.setToolTip("Processor threads that the handwritten convolution may use")
        self.memory.setToolTip("Memory of this program, without Keras' own process")
        self.work.setToolTip("What runs, and what waits for it")
        for label in (self.dot, self.keras):
            label.setToolTip("The process in which Keras runs")

    def _show_memory(self) -> None:
        import psutil

        threads = os.cpu_count() or 1
        self.threads.setText("1 thread" if threads == 1 else f"{threads} threads")
        self.memory.setText(size_text(psutil.Process().memory_info().rss))

    def _note_jobs(self) -> None:
        """Say it in a moment: reading one frame of a film is over before it could be read."""
        if not self._soon.isActive():
            self._soon.start()

    def _show_jobs(self) -> None:
        running = self._program.jobs.running
        count = len(running) + len(self._program.jobs.waiting)
        words = "no jobs" if not count else running[0].text if count == 1 and running else ""
        self.work.setText(words or f"{count} jobs")

    def _show_keras(self) -> None:
        keras = self._program.session.keras
        self.keras.setText(keras.text)
        self.dot.setText(_DOTS.get(keras.state, "○"))
        self.dot.set_role(_ROLES.get(keras.state, "text3"))

    def _show_hint(self) -> None:
        self.hint.setText(HINT if self._program.session.current is not None else DROP_HINT)
