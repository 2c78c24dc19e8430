"""How long an engine takes, said the same way for both.

A first call meets cold caches and memory that the system has yet to hand out; a single later one
meets whatever else the computer is doing. So the least of a few calls counts, where they are short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = 0.05
"""Seconds of a call that is made again; a longer one has little to gain."""
CALLS = 3


def least(call: Callable[[], float]) -> float:
    """Seconds of the shortest of `CALLS` calls; of the first alone where that is not short.

    Parameters
    ----------
    call : does the work and returns the seconds it took
    """
    seconds = call()
    for _ in range(CALLS - 1 if seconds < SHORT else 0):
        seconds = min(seconds, call())
    return seconds
