"""Threads that compute, and give way to the one that answers a person.

Encoding, figures, the search for faults and the imports of readers run side by side, and are more
than a small computer has cores. Where all threads are equal, the window's waits in a queue behind
them: a turn of the event loop with 40 ms of work then took 100 ms.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

from PySide6.QtCore import QThread

BACK = 5
"""By how much a thread's niceness grows; 19 is the most. At 5 it gets a third of what the window's
thread gets where both want one core, and all of it where the window waits for a person."""


def step_back() -> None:
    """Let the calling thread give way, with all threads and child processes that it starts."""
    if sys.platform.startswith("linux"):  # there, priority belongs to a thread, not to a process
        with suppress(OSError):
            thread = threading.get_native_id()
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, now + BACK)
    else:
        QThread.currentThread().setPriority(QThread.Priority.LowPriority)
