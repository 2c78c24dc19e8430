"""What keeps one child process running: starts it, hears what it says of itself, and its end.

A death that we did not cause is told to who asked for it, and the process started again. Where a
second one stands by, that takes its place.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from voxviewer.workers.process import CALM, Process
from voxviewer.workers.standby import Standby

logger = logging.getLogger(__name__)

DEATHS = 3
"""Deaths in a row, without an answer between, after which it is not started again by itself."""

Observer = Callable[[str, str], None]


class Keeper:
    """One child process and how it is. Every method may be called in any thread.

    Attributes
    ----------
    lock : held where `process` is looked at and something is done about it
    process : the one that runs; None where none does, or where it was given up
    state, text : one of "off", "starting", "ready", "dead", "missing"; and in one sentence
    values : what the child said when it became ready; empty before
    standby : the process that takes its place, if there is one
    """

    def __init__(
        self,
        module: str,
        title: str,
        missing: Callable[[], str],
        path: tuple[str, ...],
        environment: Mapping[str, str],
        standby: Standby | None = None,
    ) -> None:
        self.title = title
        self._module, self._missing, self._path = module, missing, path
        self._environment = dict(environment)
        self.lock = threading.RLock()
        self.process: Process | None = None
        self.state, self.text = "off", f"{title} is not started"
        self.values: dict[str, Any] = {}
        self.observers: list[Observer] = []
        self.mourners: list[Callable[[str], None]] = []
        self.standby = standby or Standby(self._make_calm, lambda: self._wanted)
        self._wanted = self._borrowed = False
        self._deaths = 0

    def sibling(self) -> Keeper:
        """Another keeper of the same kind of process, with the same one that stands by.

        What it has to start anew it starts calmly: it will stand by soon.
        """
        calm = {**self._environment, CALM: "1"}
        return Keeper(self._module, self.title, self._missing, self._path, calm, self.standby)

    def start(self) -> None:
        """Start the process in the background, if it does not run; returns at once."""
        with self.lock:
            self._wanted = True
            if self.process is not None:
                return
            why = self._missing()
            if not why:
                self._spawn()
                return
        self._set_state("missing", why)

    def stand_by(self) -> bool:
        """See that a second process stands by, once the first is ready; False where none does."""
        return self._wanted and self.state == "ready" and self.standby.prepare()

    def borrow(self) -> bool:
        """Take the process that stands by, if one is warm."""
        with self.lock:
            process = self.standby.take(warm=True)
            if process is not None:
                self._adopt(process)
            self._borrowed = process is not None
            return self._borrowed

    def give_back(self) -> bool:
        """Let the process stand by again, for whoever needs one next; False where it was lost."""
        process = self.let_go()
        self.state, self.text = "off", f"{self.title} is not started"
        lost, self._borrowed = self._borrowed and process is None, False
        if process is not None and not self.standby.put(process):
            process.end()
        return not lost

    def forget(self, process: Process) -> None:
        """Know no more of a process that has ended, whoever was told of its end."""
        with self.lock:
            if process is self.process:
                self.process = None

    def kill(self, process: Process) -> None:
        """End a process whose work nobody wants any more; a fresh one gets ready in its place.

        Not in the place of a borrowed one: whoever owns the one that stands by sees to another.
        """
        with self.lock:
            if process is not self.process:
                return
            self.process = None
        process.kill()
        self._set_state("off", f"{self.title} is stopped")
        if self._wanted and not self._borrowed:
            self.start()

    def let_go(self) -> Process | None:
        """Want no process any more; return the one that is still to be ended."""
        with self.lock:
            self._wanted = False
            process, self.process = self.process, None
        return process

    def say_stopped(self) -> None:
        """Tell that it was stopped; that something is not installed stays the better news."""
        if self.state != "missing":
            self._set_state("off", f"{self.title} is stopped")

    def praise(self) -> None:
        """Forget former deaths: it has answered."""
        with self.lock:
            self._deaths = 0

    def _spawn(self) -> None:
        """Take the process that stands by, or start one; the lock is held."""
        self.values = {}
        process = self.standby.take()
        if process is None:
            try:
                process = self._make(self._environment)
            except OSError as error:
                self._wanted = False
                why = f"{self.title} cannot be started: {error.strerror or error}"
                self._set_state("dead", why)
                return
        self._adopt(process)

    def _adopt(self, process: Process) -> None:
        """Take a process for ours, as far as it is; the lock is held."""
        process.tell(self._on_word, self._on_end)
        self.process = process
        if process.values is None:
            self._set_state("starting", f"{self.title} is starting")
        else:
            self._on_word(process, {"kind": "ready", "values": process.values})

    def _make(self, environment: Mapping[str, str]) -> Process:
        process = Process(self._module, self.title, self._path, environment)
        process.tell(self._on_word, self._on_end)
        process.run()
        return process

    def _make_calm(self) -> Process:
        return self._make({**self._environment, CALM: "1"})

    def _on_word(self, process: Process, said: dict[str, Any]) -> None:
        """What a child says about itself; in its reader's thread."""
        with self.lock:
            if process is not self.process:
                return
            if said["kind"] == "ready":
                self.values = dict(said["values"])
        if said["kind"] == "ready":
            text = str(self.values.get("text") or f"{self.title} is ready")
            self._set_state("ready", text, process)
        elif said["kind"] == "missing":
            self._set_state("missing", f"{self.title} cannot be used: {said['text']}", process)

    def _on_end(self, process: Process) -> None:
        """A process ended; in its reader's thread, its last. Ours took its name away before."""
        with self.lock:
            if process is not self.process:
                return
            self.process = None
            if self.state == "missing":
                return
            self._deaths += 1
            again = self._wanted and process.ready.is_set() and self._deaths < DEATHS
        logger.warning("%s (%s)", process.last_words, self._module)
        self._set_state("dead", process.last_words)
        _tell(self.mourners, process.last_words)
        if again:
            self.start()

    def _set_state(self, state: str, text: str, process: Process | None = None) -> None:
        """Change the state, tell the observers; not on the word of a process no longer ours."""
        with self.lock:
            if process is not None and process is not self.process:
                return
            if (state, text) == (self.state, self.text):
                return
            self.state, self.text = state, text
        _tell(self.observers, state, text)


def _tell(callbacks: list[Callable[..., None]], *news: str) -> None:
    """Call everyone back; an observer that fails must not stop a worker."""
    for callback in tuple(callbacks):
        try:
            callback(*news)
        except Exception:
            logger.exception("an observer of a worker failed")
