"""How late the event loop turns, and what kept it: our own work, or waiting for other threads.

`Recorder` runs a 5 ms timer and writes down how late it was, and how much of that the GUI thread
itself was computing (`time.thread_time`): that part means the same on a busy machine. `Watcher`
looks at all threads' stacks while the loop is late, so that a gap bears the name of its culprit.
"""

from __future__ import annotations

import faulthandler
import re
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, QTimer

IDLE = (
    "threading.py",
    "futures/thread.py",
    "queue.py",
    "selectors.py",
    "subprocess.py",
    "workers/process.py",
    "workers/wire.py",
)
"""Files in which a thread that waits stands."""


@dataclass
class Gaps:
    """Seconds between two turns of the event loop, beyond the timer's own 5 ms."""

    seconds: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    where: list[str] = field(default_factory=list)

    def worst(self) -> tuple[float, str]:
        """Return the longest gap and the step it fell into."""
        return _largest(self.seconds, self.where)

    def worst_own(self) -> tuple[float, str]:
        """Return the most that the GUI thread computed in one turn, and the step."""
        return _largest(self.own, self.where)

    def percentile(self, share: float) -> float:
        """Return the gap below which that share of all gaps lies."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    def lines(self, limit: float = 0.050) -> list[str]:
        """Return one line a step with gaps over the limit: how many, how long, whose."""
        found = []
        for step in dict.fromkeys(self.where):
            pairs = [
                (gap, own)
                for gap, own, where in zip(self.seconds, self.own, self.where, strict=True)
                if where == step and gap > limit
            ]
            if not pairs:
                continue
            total, own = sum(gap for gap, _ in pairs), sum(own for _, own in pairs)
            found.append(
                f"{step:22} {len(pairs):3} gaps over {limit * 1000:.0f} ms, longest "
                f"{max(pairs)[0] * 1000:4.0f} ms; most own work "
                f"{max(own for _, own in pairs) * 1000:4.0f} ms; "
                f"{100 * min(own / total, 1):3.0f} % own, the rest waited"
            )
        return found


def _largest(values: list[float], where: list[str]) -> tuple[float, str]:
    index = max(range(len(values)), key=values.__getitem__)
    return values[index], where[index]


class Recorder:
    """Runs a precise 5 ms timer and writes down when it was late. Belongs to the GUI thread."""

    INTERVAL = 0.005

    def __init__(self) -> None:
        self.gaps = Gaps()
        self.step = ""
        self.last = time.perf_counter()
        self._worked = time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin to listen."""
        self.last, self._worked = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> Gaps:
        """Stop, and return what was heard."""
        self._timer.stop()
        return self.gaps

    def _tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.gaps.seconds.append(max(now - self.last - self.INTERVAL, 0.0))
        self.gaps.own.append(worked - self._worked)
        self.gaps.where.append(self.step)
        self.last, self._worked = now, worked


class Watcher:
    r"""Looks at all threads every few milliseconds while a recorder's loop is late.

    Example
    -------
    >>> with Watcher(recorder) as watcher: ...
    >>> print(*watcher.lines(), sep="\\n")
    """

    LATE, EVERY = 0.030, 0.004

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._main = threading.main_thread().ident
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.own: Counter[str] = Counter()
        self.others: Counter[str] = Counter()

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def lines(self, count: int = 12) -> list[str]:
        """Return where the threads were found most often while the loop was late."""
        found = []
        for title, counts in (("GUI thread", self.own), ("other threads", self.others)):
            found.append(f"{title}, by number of looks while the loop was late:")
            found += [f"{number:6} {place}" for place, number in counts.most_common(count)]
        return found

    def _look(self) -> None:
        me = threading.get_ident()
        with tempfile.TemporaryFile("w+") as file:
            while not self._end.wait(self.EVERY):
                if time.perf_counter() - self._recorder.last < self.LATE + Recorder.INTERVAL:
                    continue
                file.seek(0)
                file.truncate()
                # Not sys._current_frames: walking the frames of running threads ends the process.
                faulthandler.dump_traceback(file, all_threads=True)
                file.seek(0)
                self._count(file.read(), me)

    def _count(self, stacks: str, me: int) -> None:
        for stack in stacks.split("\n\n"):
            lines = FRAME.findall(stack)
            head = HEAD.match(stack)
            if head is None or not lines or int(head[1], 16) == me:
                continue
            if int(head[1], 16) == self._main:
                self.own[f"{self._recorder.step}: {_trail(lines)}"] += 1
            elif not lines[0][0].endswith(IDLE):
                self.others[f"{self._recorder.step}: {_trail(lines)}"] += 1


HEAD = re.compile(r"(?:Current thread|Thread) 0x([0-9a-f]+)")
FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)


def _trail(frames: list[tuple[str, str, str]]) -> str:
    """Name the innermost line, and the innermost callers in this project, the nearest first."""
    own = [frame for frame in frames[1:] if "/voxviewer/" in frame[0]]
    return " < ".join(
        f"{'/'.join(path.rsplit('/', 2)[-2:])}:{line} {name}"
        for path, line, name in [frames[0], *own[:4]]
    )
