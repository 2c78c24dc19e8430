"""Imports on other threads, which let the window have the interpreter in between.

Readers and compilers are imported when they are first needed, on a job's thread: up to a thousand
modules, a second of nothing but Python. All that time the window's thread would have every other
half millisecond only, and each of its turns would take twice as long.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

SHARE = 0.002
"""Seconds of a thread's work after which it looks whether somebody else waits."""
LOOK = 0.0002
"""Seconds that a look takes where nobody does: shorter than the interpreter's switch interval."""
WAIT = 0.005
"""Seconds for which it then steps back."""


class PoliteImports:
    """Stands first on `sys.meta_path` and finds nothing. Made once, by `install`."""

    def __init__(self) -> None:
        self._looked = threading.local()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Step back where the interpreter is wanted elsewhere; the search then goes on."""
        if threading.current_thread() is threading.main_thread():
            return None
        if name == "pydicom" and _asked_by_nibabel():
            # For functions that nobody calls here: 300 ms of Python, and a library that is loaded
            # with the interpreter held. nibabel goes without it.
            raise ModuleNotFoundError("not needed to read what nibabel reads here", name=name)
        now = time.thread_time()
        if now - getattr(self._looked, "at", 0.0) > SHARE:
            _step_back()
            self._looked.at = now
        return None


def install() -> None:
    """Make this process' imports polite; once."""
    if not any(isinstance(finder, PoliteImports) for finder in sys.meta_path):
        sys.meta_path.insert(0, PoliteImports())


def _step_back() -> None:
    """Let go of the interpreter; who gets it back late was not the only one that wanted it."""
    begin = time.perf_counter()
    time.sleep(LOOK)
    if time.perf_counter() - begin > LOOK + sys.getswitchinterval() / 2:
        time.sleep(WAIT)


def _asked_by_nibabel() -> bool:
    frame = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__") != "nibabel.optpkg":
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None
