"""Two workers of one kind: what is long is done by the process that stands by.

A training takes minutes, a layer of a model a moment. Where a second process is warm, the long
request goes to it, and whoever asks for something short is not kept waiting. Afterwards it stands
by again. Where there is none, both wait for each other, and are told for what.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from voxviewer.workers.parent import Worker


class Pair:
    """A worker, and a second one for long requests. Every method may be called in any thread."""

    def __init__(self, worker: Worker) -> None:
        self.first = worker
        self._second: Worker | None = None
        self._mourners: list[Callable[[str], None]] = []
        self._lent = threading.Lock()

    @contextmanager
    def worker_for(self, *, long: bool) -> Iterator[Worker]:
        """The one to be asked: for a long request the second, if it is free and warm."""
        if not long or not self._lent.acquire(blocking=False):
            yield self.first
            return
        try:
            second = self._made()
            try:
                yield second if second.borrow() else self.first
            finally:
                if not second.give_back():
                    # Whoever stopped it does not wait until another one is started.
                    threading.Thread(target=self.first.stand_by, daemon=True).start()
        finally:
            self._lent.release()

    def on_death(self, callback: Callable[[str], None]) -> None:
        """Call back when one of both ended and we did not end it; see `Worker.on_death`."""
        self._mourners.append(callback)
        self.first.on_death(callback)

    def cancel(self) -> None:
        """Stop what either is asked."""
        for worker in self._both():
            worker.cancel()

    def stop(self) -> None:
        """End all processes; whoever asks hears of it."""
        for worker in self._both():
            worker.stop()

    def _both(self) -> list[Worker]:
        return [self.first, *([self._second] if self._second is not None else [])]

    def _made(self) -> Worker:
        if self._second is None:
            self._second = self.first.sibling()
            for callback in self._mourners:
                self._second.on_death(callback)
        return self._second
