"""When Python looks for garbage: between two turns of the event loop, a little at a time.

By itself it looks whenever enough was made, in whichever thread that happens, and everything else
stands still meanwhile: 150 ms with the compiler's and the window's modules in memory, in the middle
of a paint event as well as anywhere. Most garbage needs no looking for; only rings do.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 500
"""Milliseconds between two looks."""
YOUNG = 2000
"""New objects that are worth a look; a thousand of them take a tenth of a millisecond."""
FREEZES = 40
"""Times that what is there is set aside with new modules; rings among it are never found again."""
CALM = 20
"""Looks without work after which everything is looked through, once."""


class Sweeper(QObject):
    """Takes the search for garbage over until it is stopped.

    What modules bring along stays for good: it is set aside once they are imported, so that no
    search walks through it.

    Parameters
    ----------
    idle : whether nothing is at work and nothing plays
    """

    def __init__(self, idle: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._idle = idle
        self._modules = len(sys.modules)
        self._looks = self._calm = self._freezes = 0
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self.look)
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()

    def look(self) -> None:
        """Look through what is new, or through everything where nobody would notice."""
        self._looks += 1
        modules, self._modules = self._modules, len(sys.modules)
        if self._modules != modules and self._freezes < FREEZES:
            self._freezes += 1
            gc.freeze()
            return
        self._calm = self._calm + 1 if self._idle() else 0
        if self._calm == CALM:
            gc.collect()
        elif self._looks % 10 == 0:
            gc.collect(1)
        elif gc.get_count()[0] > YOUNG:
            gc.collect(0)
