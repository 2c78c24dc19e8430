"""One child process and the two threads that listen to it: one for answers, one for its log."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxviewer.workers import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

Message = tuple[dict[str, Any], wire.Arrays]
OnWord = Callable[["Process", dict[str, Any]], None]
OnEnd = Callable[["Process"], None]
ABOUT_ITSELF = ("ready", "missing")
CALM = "VOXVIEWER_CALM"
"""Set in the environment of a child that prepares itself while something else runs."""


def command(module: str) -> list[str]:
    """How a worker is started.

    `-P` keeps the current folder off the import path: a `secrets.py` beside the data must not be
    imported. A frozen program has no `-m`; it is started itself with `--worker networks`.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, "--worker", module.split(".")[-2]]
    return [sys.executable, "-P", "-m", module]


def environment(path: tuple[str, ...], more: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: this checkout on its import path, no relative folder on it."""
    result = {**os.environ, "PYTHONUNBUFFERED": "1", **more}
    package = Path(__file__).resolve().parents[2]
    # Installed packages come by themselves, and must not stand before the standard library.
    own = () if package.name in ("site-packages", "dist-packages") else (str(package),)
    inherited = (
        part for part in result.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(part)
    )
    result["PYTHONPATH"] = os.pathsep.join((*path, *own, *inherited))
    return result


def ending(title: str, code: int | None) -> str:
    """How a process ended, for a person: "Keras was ended by the system (SIGKILL)"."""
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"{title}'s process was ended by {signal.Signals(-code).name}"
    return f"{title}'s process ended by itself (status {code})"


class Process:
    """A started child; `run` begins to listen, `end` ends it and leaves nothing behind.

    Attributes
    ----------
    ready : set once the child has said so
    values : what it said with that word; None before
    ended : set once the process is gone and its end has been reported
    last_words : how it ended, one sentence without a full stop
    """

    def __init__(
        self, module: str, title: str, path: tuple[str, ...], more: Mapping[str, str]
    ) -> None:
        self.ready, self.ended = threading.Event(), threading.Event()
        self.title, self.last_words = title, ""
        self.values: dict[str, Any] | None = None
        self._heard = time.monotonic()
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._child = subprocess.Popen(
            command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment(path, more),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._threads: tuple[threading.Thread, ...] = ()
        self._on_word: OnWord = lambda process, said: None
        self._on_end: OnEnd = lambda process: None
        self._log = logging.getLogger(f"{__package__}.{title.lower()}")

    @property
    def pid(self) -> int:
        """The system's number of the process."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """False once its output has ended."""
        return not self.ended.is_set()

    @property
    def running(self) -> bool:
        """False as soon as the system knows of its end, which `alive` hears of a little later."""
        return self.alive and self._child.poll() is None

    def silent_for(self) -> float:
        """Seconds since the last sign of life."""
        return time.monotonic() - self._heard

    def tell(self, on_word: OnWord, on_end: OnEnd) -> None:
        """Call these back from now on: for what it says about itself, and for its end."""
        self._on_word, self._on_end = on_word, on_end

    def run(self) -> None:
        """Listen in the background."""
        self._threads = (
            threading.Thread(target=self._read, name=f"{self.title} answers"),
            threading.Thread(target=self._drain, name=f"{self.title} log"),
        )
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def send(self, header: dict[str, Any], arrays: wire.Arrays) -> bool:
        """Send one message; False where the process is gone."""
        pipe: Any = self._child.stdin
        try:
            with self._sending:
                if pipe.closed:
                    return False
                wire.send(pipe, header, arrays)
        except OSError:
            return False
        return True

    def take(self, timeout: float) -> Message | None:
        """The next message about a request; None where none came in time, or none will come."""
        try:
            return self._inbox.get(timeout=timeout)
        except queue.Empty:
            return None

    def end(self, *, gently: bool = False) -> None:
        """End the process, wait for it, let its threads finish. Gently: by the end of its input."""
        if gently:
            self._close_input()
            self.ended.wait(2.0)
        self.kill()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(10.0)

    def kill(self) -> None:
        """End the process without waiting for it; its threads see it off."""
        with suppress(OSError):
            self._child.kill()

    def _read(self) -> None:
        pipe: Any = self._child.stdout
        try:
            if wire.skip_to_magic(pipe):
                self._take_messages(pipe)
        except (OSError, wire.WireError) as error:
            self._log.warning("the stream of answers is damaged: %s", error)
        finally:
            try:
                self._see_off()
                self._on_end(self)
            finally:
                self.ended.set()
                self._inbox.put(None)

    def _take_messages(self, pipe: Any) -> None:
        while (message := wire.receive(pipe)) is not None:
            self._heard = time.monotonic()
            kind = message[0].get("kind")
            if kind == "ready":
                self.values = dict(message[0]["values"])
            if kind in ABOUT_ITSELF:
                self._on_word(self, message[0])
                if kind == "ready":
                    self.ready.set()
            elif kind != "beat":
                self._inbox.put(message)

    def _see_off(self) -> None:
        """Its output has ended: wait for it, so that no zombie stays, and note how it ended."""
        try:
            self._child.wait(2.0)
        except subprocess.TimeoutExpired:
            self.kill()
            self._child.wait()
        self._close_input()
        self._close(self._child.stdout)
        self.last_words = self.last_words or ending(self.title, self._child.returncode)

    def _drain(self) -> None:
        """Put what it and its libraries print into the log, line by line."""
        pipe: Any = self._child.stderr
        rest = b""
        with suppress(OSError, ValueError):
            while piece := pipe.read(1 << 16):
                *lines, rest = (rest + piece)[-(1 << 20) :].split(b"\n")
                for line in lines:
                    self._log.info("%s", line.decode("utf-8", "replace").rstrip())
        if rest:
            self._log.info("%s", rest.decode("utf-8", "replace"))
        self._close(pipe)

    def _close_input(self) -> None:
        """Close the pipe to the child, unless a thread is stuck writing to it."""
        if self._sending.acquire(timeout=1.0):
            try:
                self._close(self._child.stdin)
            finally:
                self._sending.release()

    @staticmethod
    def _close(pipe: Any) -> None:
        with suppress(OSError, ValueError):
            pipe.close()
