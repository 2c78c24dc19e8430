"""The side that answers: `serve` takes the pipes aside and answers one request after the other.

A child's main module is a table of functions and one call:

    REQUESTS = {"conv3d": conv3d}
    serve(REQUESTS, prepare=import_tensorflow)

It ends at once when its input ends, in whatever it is: nothing here is worth saving.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Progress, no_progress
from voxviewer.workers import wire
from voxviewer.workers.blocks import attach
from voxviewer.workers.process import CALM

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEAT = 1.0
"""Seconds between two signs of life."""
NICE = 10
"""By how much a calm preparation stands back; 19 is the most."""


@dataclass
class Call:
    """One request: plain `values`, read-only `arrays`, `outputs` to be written into.

    Long work tells what it has so far by `tell`, plain values and small arrays, and asks `stopping`
    from time to time: True means answer soon with what there is.
    """

    values: dict[str, Any]
    arrays: wire.Arrays
    outputs: wire.Arrays
    progress: Progress = field(default=no_progress)
    tell: Callable[[Mapping[str, Any]], None] = field(default=lambda _: None)
    stopping: Callable[[], bool] = field(default=lambda: False)


Handler = Callable[[Call], Mapping[str, Any]]
"""Answers a call with plain values; an array among them travels on the pipe: a small one."""


def serve(
    requests: Mapping[str, Handler], prepare: Callable[[], Mapping[str, Any]] | None = None
) -> None:
    """Answer requests until the input ends.

    Parameters
    ----------
    requests : one function per request
    prepare : the slow imports; its answer goes to the parent with the word that all is ready. An
        `ImportError` in it tells the parent that what is needed is not installed.
    """
    line = _Line(*_take_pipes())
    line.say_hello()
    calls: queue.SimpleQueue[tuple[dict[str, Any], wire.Arrays]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(line, calls), daemon=True).start()
    threading.Thread(target=_beat, args=(line,), daemon=True).start()
    try:
        line.send("ready", {"values": _prepared(prepare) if prepare else {}})
    except ImportError as error:
        traceback.print_exc()
        line.send("missing", {"text": str(error)})
        os._exit(0)
    while True:
        header, arrays = calls.get()
        _answer(line, requests, header, arrays)


def _prepared(prepare: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Prepare; calmly where the parent asks for it.

    On Linux priority belongs to a thread and cannot be raised again: the imports are done in a
    thread of their own, so that requests and all threads that they start have the usual one.
    """
    if CALM not in os.environ or not sys.platform.startswith("linux"):
        return dict(prepare())
    outcome: list[Mapping[str, Any] | BaseException] = []

    def work() -> None:
        try:
            os.nice(NICE)
            outcome.append(prepare())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return dict(outcome[0])


class _Line:
    """The two pipes to the parent; any thread may send."""

    def __init__(self, input: Any, output: Any) -> None:
        self.input, self._output = input, output
        self._lock = threading.Lock()
        self.stopped: Any = None
        """The number of the request that shall come to an end."""

    def say_hello(self) -> None:
        self._output.write(wire.MAGIC)

    def send(self, kind: str, header: Mapping[str, Any], arrays: wire.Arrays | None = None) -> None:
        """Send one message; where nobody listens any more, the process has no more use."""
        with self._lock:
            try:
                wire.send(self._output, {"kind": kind, **header}, arrays)
            except OSError:
                os._exit(0)


def _take_pipes() -> tuple[Any, Any]:
    """Move standard input and output aside, so that what a library prints goes to the log."""
    with suppress(ValueError, OSError):
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # Ctrl+C in the terminal is the parent's affair
    input, output = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "win32":
        import msvcrt

        for handle in (input, output):
            msvcrt.setmode(handle, os.O_BINARY)
    with suppress(ValueError, OSError, AttributeError):
        faulthandler.enable()
    return open(input, "rb", buffering=0), open(output, "wb", buffering=0)


def _listen(line: _Line, calls: queue.SimpleQueue[tuple[dict[str, Any], wire.Arrays]]) -> None:
    """Put requests into the queue; the end of the input ends the process at once."""
    with suppress(OSError, wire.WireError):
        while (message := wire.receive(line.input)) is not None:
            if "stop" in message[0]:
                line.stopped = message[0]["stop"]
            else:
                calls.put(message)
    os._exit(0)


def _beat(line: _Line) -> None:
    pause = threading.Event()
    while not pause.wait(BEAT):
        line.send("beat", {})


def _answer(
    line: _Line, requests: Mapping[str, Handler], header: dict[str, Any], arrays: wire.Arrays
) -> None:
    """Answer one request; whatever goes wrong in it is an answer too."""
    number = header.get("id")
    try:
        values = _run(line, requests, header, arrays)
    except BaseException as error:
        traceback.print_exc()
        kind = "ValueError" if isinstance(error, ValueError) else type(error).__name__
        line.send("error", {"id": number, "type": kind, "text": str(error) or kind})
        return
    _send_values(line, "answer", number, values)


def _send_values(line: _Line, kind: str, number: Any, values: Mapping[str, Any]) -> None:
    """Send plain values, and the arrays among them as arrays."""
    small = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in values.items() if name not in small}
    line.send(kind, {"id": number, "values": plain}, small)


def _run(
    line: _Line, requests: Mapping[str, Handler], header: dict[str, Any], arrays: wire.Arrays
) -> dict[str, Any]:
    """Attach the blocks, call the function, let the blocks go."""
    handler = requests.get(header["request"])
    if handler is None:
        raise ValueError(f"this process does not know the request {header['request']!r}")
    keep: list[Any] = []
    number = header["id"]
    call = Call(
        header["values"],
        dict(arrays),
        {},
        _progress(line, number),
        lambda values: _send_values(line, "news", number, values),
        lambda: bool(line.stopped == number),
    )
    try:
        for name, block in header["inputs"].items():
            call.arrays[name] = _attached(block, keep)
        for array in call.arrays.values():
            array.flags.writeable = False
        for name, block in header["outputs"].items():
            call.outputs[name] = _attached(block, keep)
        return dict(handler(call))
    finally:
        call.arrays.clear()
        call.outputs.clear()
        for memory in keep:
            with suppress(BufferError):
                memory.close()


def _attached(block: dict[str, Any], keep: list[Any]) -> NDArray[Any]:
    array, memory = attach(block)
    keep.append(memory)
    return array


def _progress(line: _Line, number: int) -> Progress:
    def progress(fraction: float, text: str) -> None:
        line.send("progress", {"id": number, "fraction": float(fraction), "text": text})

    return progress
