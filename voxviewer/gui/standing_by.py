"""When a second Keras process is prepared: the first is warm, and nothing has run for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from voxviewer.gui.bind import Wires

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from voxviewer.jobs import JobRunner
    from voxviewer.networks.client import KerasEngine
    from voxviewer.session import EngineState, Session

LOOK, LOOKS = 1500, 3
"""Milliseconds between two looks whether nothing runs, and how many of them say it is quiet."""
AGAIN = 60_000
"""Milliseconds until it is looked after again: whether it lives still, and memory is free."""


class StandingBy(QObject):
    """Asks, in quiet moments, for a process that takes the place of one that ends.

    Nothing of it happens before Keras is ready, which is long after the first maps are shown.
    """

    def __init__(
        self, session: Session, keras: KerasEngine | None, jobs: JobRunner, executor: Executor
    ) -> None:
        super().__init__()
        self._keras, self._jobs, self._executor = keras, jobs, executor
        self._quiet = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._wires = Wires(self)
        self._wires.connect(session.events.keras, self._on_state)

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _on_state(self, keras: EngineState) -> None:
        self._quiet = 0
        if keras.state == "ready":
            self._timer.start(LOOK)
        else:
            self._timer.stop()

    def _look(self) -> None:
        self._quiet = self._quiet + 1 if self._jobs.idle else 0
        if self._keras is not None and self._quiet >= LOOKS:
            self._executor.submit(self._keras.stand_by)
            self._quiet = LOOKS - 1
            self._timer.start(AGAIN)
