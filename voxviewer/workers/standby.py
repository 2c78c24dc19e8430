"""A second process that stands by: prepared at leisure, promoted when the first is gone.

Importing TensorFlow takes 5 to 8 s. Who cancels a run, or whose process dies, must not wait for
that again: where a process stands by, it takes the other's place as it is, warm.

It costs memory (TensorFlow's takes about 0.25 GB for itself; the rest is shared with the first), so
there is one only while enough is free. On Linux it is prepared by a thread of low priority, which
does not slow down the requests that other threads of it answer later; elsewhere at the usual one.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from voxviewer.files import GIGABYTE, available_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.workers.process import Process

logger = logging.getLogger(__name__)

ROOM = 2 * GIGABYTE
"""Bytes that must be free before a process is prepared; under half of it, it is given up."""
LOSSES = 2
"""Processes lost while they stood by, after which none is prepared any more."""


class Standby:
    """At most one process that nobody asks yet. Every method may be called in any thread.

    Parameters
    ----------
    make : starts a process that prepares itself calmly; `OSError` where that cannot be
    wanted : returns False once all was stopped
    """

    def __init__(self, make: Callable[[], Process], wanted: Callable[[], bool]) -> None:
        self._make, self._wanted = make, wanted
        self._lock = threading.Lock()
        self._preparing = threading.Lock()
        self._process: Process | None = None
        self._losses = 0

    @property
    def process_id(self) -> int | None:
        """The system's number of the process that stands by; None until it is warm."""
        process = self._process
        return process.pid if process is not None and process.ready.is_set() else None

    def prepare(self) -> bool:
        """See that a process stands by or gets ready; False where there is none, and will be none.

        Asked now and then, so that one which was lost is replaced, and given up where memory is
        short.
        """
        free = available_memory()
        with self._preparing:
            with self._lock:
                self._count_loss()
                there, lost = self._process is not None, self._losses >= LOSSES
            if there and free < ROOM // 2:
                self.end()
                return False
            if there or lost or free < ROOM:
                return there
            return self._start()

    def take(self, *, warm: bool = False) -> Process | None:
        """Hand over the process, if one is there and alive; it stands by no more.

        `warm`: only one that can be asked at once
        """
        with self._lock:
            self._count_loss()
            if warm and self._process is not None and not self._process.ready.is_set():
                return None
            process, self._process = self._process, None
        return process

    def put(self, process: Process) -> bool:
        """Let a process stand by that was taken; False where it is of no use."""
        with self._lock:
            if not process.running or self._process is not None or not self._wanted():
                return False
            self._process = process
        return True

    def end(self) -> None:
        """End the process that stands by."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.end()

    def _count_loss(self) -> None:
        """Forget a process that has ended; the lock is held."""
        process = self._process
        if process is not None and not process.running:
            self._process = None
            self._losses += 1
            logger.warning("a process of %s that stood by has ended", process.title)

    def _start(self) -> bool:
        try:
            process = self._make()
        except OSError as error:
            logger.warning("no process can stand by: %s", error)
            return False
        with self._lock:
            if self._wanted():
                self._process = process
                return True
        process.end()
        return False
