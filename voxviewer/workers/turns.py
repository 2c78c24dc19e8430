"""One `ask` that is being worked on: who listens, who is busy with it, and whether it shall end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voxviewer.data import Progress, no_progress
from voxviewer.workers.wire import Answer

if TYPE_CHECKING:
    from voxviewer.workers.process import Message, Process

Listener = Callable[[Answer], None]
PATIENCE = 0.06
"""Seconds in which a child may answer after it was told to stop, before its process is ended."""


@dataclass(eq=False)
class Turn:
    """What `Worker.ask` was given to listen with, and how far its request is.

    Attributes
    ----------
    progress : called with what is done, and to learn whether the caller wants to stop
    news : called with what the child tells before it answers
    stop : True asks the child to answer at once with what it has
    what : is done, in words for whoever waits meanwhile: "trains filters"
    cancelled : set by the worker's `cancel()` and `stop()`
    process : the one that is busy with it
    number : of its request
    """

    progress: Progress = no_progress
    news: Listener | None = None
    stop: Callable[[], bool] | None = None
    what: str = ""
    cancelled: bool = False
    process: Process | None = None
    number: int = 0
    fraction: float = 0.0
    text: str = ""
    _told: float | None = field(default=None, repr=False)

    def pass_stop(self, process: Process) -> None:
        """Tell the process once that it shall come to an end, where that is wanted."""
        if self.stop is not None and self._told is None and self.stop():
            process.send({"stop": self.number}, {})
            self._told = time.monotonic()

    @property
    def left(self) -> float:
        """Seconds in which it may still come to an end by itself, once it was told to."""
        return PATIENCE - (time.monotonic() - self._told) if self._told is not None else math.inf

    def is_answer(self, message: Message) -> bool:
        """Hand on progress and news; True for the word that ends the request."""
        said, arrays = message
        if said.get("id") != self.number:
            return False
        if said["kind"] == "progress":
            self.fraction, self.text = float(said["fraction"]), str(said["text"])
        elif said["kind"] == "news":
            if self.news is not None:
                self.news(Answer(dict(said["values"]), arrays))
        else:
            return True
        self.progress(self.fraction, self.text)
        return False

    def begin(self, number: int, text: str) -> None:
        """Begin a request, the first or one that is tried again."""
        self.number, self.fraction, self.text, self._told = number, 0.0, text, None
