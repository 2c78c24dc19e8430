"""One `ask` that is being worked on: who listens, who is busy with it, and whether it shall end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voxviewer.data import Progress, no_progress
from voxviewer.workers.wire import Answer

if TYPE_CHECKING:
    from voxviewer.workers.process import Message, Process

Listener = Callable[[Answer], None]


@dataclass(eq=False)
class Turn:
    """What `Worker.ask` was given to listen with, and how far its request is.

    Attributes
    ----------
    progress : called with what is done, and to learn whether the caller wants to stop
    news : called with what the child tells before it answers
    stop : True asks the child to answer soon with what it has
    cancelled : set by the worker's `cancel()` and `stop()`
    process : the one that is busy with it
    number : of its request
    """

    progress: Progress = no_progress
    news: Listener | None = None
    stop: Callable[[], bool] | None = None
    cancelled: bool = False
    process: Process | None = None
    number: int = 0
    fraction: float = 0.0
    text: str = ""
    _told: bool = field(default=False, repr=False)

    def pass_stop(self, process: Process) -> None:
        """Tell the process once that it shall come to an end, where that is wanted."""
        if self.stop is not None and not self._told and self.stop():
            self._told = process.send({"stop": self.number}, {})

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
        self.number, self.fraction, self.text, self._told = number, 0.0, text, False
