"""What may come a moment later, piece by piece, so that no turn of the event loop is long.

A new source or clip has two dozen listeners. What a person looks at is shown at once; panels that
say something about it are asked one after the other, a few milliseconds in a turn, with the next
move of the mouse and the painting between them. Who is asked twice before its turn is asked once.

A view, which is to follow at once, hears of one new source from half a dozen signals: it is asked
once, `After` the event in which they came, and before anything is painted.

Outcomes of jobs, frames that are due, small pictures and progress have clocks of their own. On a
busy machine all ring at once: `Turns.take` gives the turn to one of them, the others to the next.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from weakref import WeakMethod

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE = 0.004
"""Seconds of work after which the rest waits for another turn."""
PAUSE = 7
"""Milliseconds to the next turn: Qt paints 5 ms after the first part of a window has changed."""


class Soon:
    """Calls a method without arguments when its turn comes; holds it weakly.

    `alone`: nobody comes after it in the same turn, since much has to be painted then. `first`:
    before all who wait.
    """

    def __init__(
        self, method: Callable[..., None], *, alone: bool = False, first: bool = False
    ) -> None:
        self.alone, self.first = alone, first
        self._method: WeakMethod[Callable[..., None]] | None = WeakMethod(method)

    def ask(self, *_: object) -> None:
        """Have the method called once, soon."""
        turns().add(self)

    def run(self) -> None:
        """Call it now, where it is still there."""
        method = self._method() if self._method is not None else None
        if method is not None:
            method()

    def cut(self) -> None:
        """Call it no more."""
        self._method = None


class After(Soon):
    """Calls a method once when the present event is over, however often it was asked meanwhile."""

    def ask(self, *_: object) -> None:
        """Have the method called once, before the next painting."""
        turns().add_after(self)


class Turns:
    """Those who wait, in the order in which they asked. `turns()` gives the application's."""

    def __init__(self) -> None:
        self.at_once = False
        """True lets nobody wait: for tests that look at a panel right after a change."""
        self._waiting: dict[Soon, None] = {}
        self._after: dict[Soon, None] = {}
        self._end_of_event: _EndOfEvent | None = None
        self._timer: QTimer | None = None
        self._taken = self._passing = False
        self._over: QTimer | None = None

    @property
    def idle(self) -> bool:
        """True where nobody waits."""
        return not self._waiting and not self._after

    def add(self, soon: Soon) -> None:
        """Let one wait for its turn; it keeps its place where it waits already."""
        if self.at_once:
            soon.run()
            return
        if soon.first:
            self._waiting = {soon: None} | self._waiting
        self._waiting.setdefault(soon)
        if self._timer is None:
            self._timer = QTimer(QCoreApplication.instance(), singleShot=True)
            self._timer.timeout.connect(self._work)
        if not self._timer.isActive():
            self._timer.start(0)

    def add_after(self, soon: Soon) -> None:
        """Let one wait until the present event is over."""
        if self.at_once:
            soon.run()
            return
        if self._end_of_event is None:
            self._end_of_event = _EndOfEvent(self._work_after)
        if not self._after:
            self._end_of_event.come.emit()
        self._after.setdefault(soon)

    def _work_after(self) -> None:
        waiting, self._after = self._after, {}
        for number, soon in enumerate(waiting):
            try:
                soon.run()
            except BaseException:  # it is reported; the others are still asked
                for other in list(waiting)[number + 1 :]:
                    self.add_after(other)
                raise

    def take(self) -> bool:
        """Ask for this turn of the event loop: whoever is told False comes again in the next."""
        if self.at_once:
            return True
        if self._taken:
            return False
        self._taken = self._passing = True
        if self._over is None:
            self._over = QTimer(QCoreApplication.instance(), singleShot=True, interval=0)
            self._over.timeout.connect(self._end)
        self._over.start()
        return True

    def _end(self) -> None:
        """Clocks that rang during the work come first: the turn ends when they have been heard."""
        if self._passing and self._over is not None:
            self._passing = False
            self._over.start()
        else:
            self._taken = False

    def finish(self) -> None:
        """Let nobody wait any longer: for who compares all that is shown with what is chosen."""
        while not self.idle:
            self._work_after()
            while self._waiting:
                self._run_next()

    def _run_next(self) -> Soon:
        soon = next(iter(self._waiting))
        del self._waiting[soon]
        soon.run()
        return soon

    def _work(self) -> None:
        if not self.take():
            if self._timer is not None:
                self._timer.start(0)
            return
        end = time.perf_counter() + SHARE
        try:
            while self._waiting:
                if self._run_next().alone or time.perf_counter() > end:
                    break
        finally:  # also where one of them fails: the others are still asked
            if self._waiting and self._timer is not None:
                self._timer.start(PAUSE)


class _EndOfEvent(QObject):
    """Calls back from the event loop, before timers ring and before Qt paints."""

    come = Signal()

    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__(QCoreApplication.instance())
        self._call = call
        self.come.connect(self._on_come, Qt.ConnectionType.QueuedConnection)

    def _on_come(self) -> None:
        self._call()


_turns = Turns()


def turns() -> Turns:
    """Return the turns of this application."""
    return _turns
