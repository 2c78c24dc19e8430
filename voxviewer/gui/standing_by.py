"""When a second Keras process is prepared: the first is warm, and nothing has run for a while."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from voxviewer.gui.bind import Wires

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from voxviewer.networks.client import KerasEngine
    from voxviewer.session import EngineState, Session

QUIET = 4.5
"""Seconds without work that say it is quiet."""
AGAIN = 60.0
"""Seconds until it is looked after again: whether it lives still, and memory is free."""


class StandingBy(QObject):
    """Asks, in quiet moments, for a process that takes the place of one that ends.

    Nothing of it happens before Keras is ready, which is long after the first maps are shown.

    Parameters
    ----------
    idle_for : seconds since somebody or something was at work
    executor : starts the process
    """

    def __init__(
        self,
        session: Session,
        keras: KerasEngine | None,
        idle_for: Callable[[], float],
        executor: Executor,
    ) -> None:
        super().__init__()
        self._keras, self._idle_for, self._executor = keras, idle_for, executor
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._wires = Wires(self)
        self._wires.connect(session.events.keras, self._on_state)

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _on_state(self, keras: EngineState) -> None:
        if keras.state == "ready":
            self._look_in(QUIET)
        else:
            self._timer.stop()

    def _look_in(self, seconds: float) -> None:
        self._timer.start(math.ceil(1000 * seconds))

    def _look(self) -> None:
        lacking = QUIET - self._idle_for()
        if lacking > 0:
            self._look_in(lacking)
        elif self._keras is not None:
            self._executor.submit(self._keras.stand_by)
            self._look_in(AGAIN)
