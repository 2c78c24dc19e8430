"""The clock: moves the session's frame at the chosen rate, round and round, to and fro, or once.

The frame is computed from the time that has passed, so the rate is kept whatever painting costs:
frames that come too late are skipped, never queued.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any
from weakref import ref

from PySide6.QtCore import QObject, Qt, QTimer

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.turns import turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Source
    from voxviewer.session import Session

SHORTEST = 0.004
"""Seconds between two looks at the clock: faster than any screen, and the window stays awake."""

FASTEST = 16.0
SLOWEST = 1 / 16


class Player(QObject):
    """Plays the session's clip while `session.playing` is true.

    `session.export` says rate and range (A-B), `session.speed` how many times as fast (below 0:
    backward), `session.loop` and `session.ping_pong` what happens at the end. A newly opened source
    begins to move by itself, unless the system asks for less motion.

    Parameters
    ----------
    session : the state
    autoplay : False: nothing moves before someone asks for it
    now : seconds that only grow; tests give their own
    """

    def __init__(
        self,
        session: Session,
        parent: QObject | None = None,
        *,
        autoplay: bool = True,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._autoplay = autoplay
        self._now = now
        self._start = 0.0  # when `_first` was shown
        self._first = 0
        self._heading = 1  # when `_first` was shown: 1 forward, -1 backward
        self._going = 1  # now: to and fro changes it
        self._shown = -1  # the frame this clock has set last
        self._moved: ref[Source] | None = None  # the source that has begun to move by itself
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_time)
        self._wires = Wires(self)
        events = session.events
        self._wires.connect(events.playing, self._show_playing)
        self._wires.connect(events.clip, self._show_clip)
        self._wires.connect(events.frame, self._show_frame)
        self._wires.connect(events.export, self._show_pace)
        for signal in (events.loop, events.ping_pong):
            self._wires.connect(signal, self._show_pace)
        self._wires.connect(events.speed, self._show_speed)
        self._show_clip(session.clip)
        self._show_playing(session.playing)

    # what there is to play

    @property
    def count(self) -> int:
        """T, the frames of the clip; 0 without one."""
        clip = self._session.clip
        return 0 if clip is None else clip.shape[0]

    @property
    def range(self) -> tuple[int, int]:
        """First and last frame that are played: A-B, or all."""
        last = max(self.count - 1, 0)
        if self._session.export.range is None:
            return 0, last
        first, end = self._session.export.range
        return min(first, last), min(end, last)

    # what a person does

    def toggle(self) -> None:
        """Play or pause."""
        if self._session.playing:
            self.stop()
        else:
            self.play()

    def play(self) -> None:
        """Play; from the beginning where the end was reached or the frame is not in A-B."""
        if self.count < 2:
            return
        first, last = self.range
        backward = self._session.speed < 0
        begin, end = (last, first) if backward else (first, last)
        at_end = self._session.frame == end and not self._session.loop
        if at_end or not first <= self._session.frame <= last:
            self._session.frame = begin
        self._session.playing = True

    def shuttle(self, direction: int) -> None:
        """J and L: play backward (-1) or forward (1); again, twice as fast; K pauses (0)."""
        speed, playing = self._session.speed, self._session.playing
        if direction == 0:
            self.stop()
            self._session.speed = 1.0
            return
        same = playing and speed * direction > 0
        self._session.speed = direction * (min(abs(speed) * 2, FASTEST) if same else 1.0)
        self.play()

    def pace(self, factor: float) -> None:
        """Play so many times as fast as now, the same way."""
        speed = self._session.speed
        size = min(max(abs(speed) * factor, SLOWEST), FASTEST)
        self._session.speed = size if speed > 0 else -size

    def stop(self) -> None:
        """Pause."""
        self._session.playing = False

    def step(self, frames: int) -> None:
        """Go some frames on (or back) and pause there; with loop the first follows the last."""
        if not self.count:
            return
        self.stop()
        wanted = self._session.frame + frames
        if self._session.loop and abs(frames) == 1:
            wanted %= self.count
        self.go(wanted)

    def go(self, frame: int) -> None:
        """Show a frame, the nearest there is."""
        if self.count:
            self._session.frame = min(max(frame, 0), self.count - 1)

    def first(self) -> None:
        """Show the first frame."""
        self.go(0)

    def last(self) -> None:
        """Show the last frame."""
        self.go(self.count - 1)

    # what the session says

    def _show_playing(self, playing: bool) -> None:
        if playing and self.count > 1:
            self._anchor()
        else:
            self._timer.stop()

    def _show_clip(self, *_: Any) -> None:
        """Keep the frame one that is there; a newly opened source begins to move."""
        session = self._session
        if not self.count:
            return
        self.go(session.frame)
        source = session.current
        if source is not None and (self._moved is None or self._moved() is not source):
            self._moved = ref(source)
            session.playing = self._autoplay and self.count > 1 and not theme.reduced_motion()
        if session.playing and self.count < 2:
            session.playing = False
        elif session.playing:
            self._anchor()

    def _show_frame(self, frame: int) -> None:
        """Someone else moved the frame: play on from there.

        A curve of older maps may lead to a frame that a newer, shorter clip has not.
        """
        if self.count and not 0 <= frame < self.count:
            self.go(frame)
        elif self._session.playing and frame != self._shown:
            self._anchor()

    def _show_pace(self, *_: Any) -> None:
        """Another rate, range or way of going round counts from now."""
        if self._session.playing and self.count > 1:
            self._anchor()

    def _show_speed(self, speed: float) -> None:
        self._going = 1 if speed > 0 else -1
        self._show_pace()

    # the clock

    def _anchor(self) -> None:
        """Count from the frame that is shown and from now."""
        self._start, self._first = self._now(), self._session.frame
        self._heading = self._going
        self._shown = self._first
        self._wait(1)

    def _wait(self, steps: int) -> None:
        """Look again when that many frames after the anchor are due."""
        due = self._start + steps / self._rate
        seconds = max(due - self._now(), SHORTEST)
        self._timer.start(min(math.ceil(seconds * 1000), 2**31 - 1))

    @property
    def _rate(self) -> float:
        """Frames per second on screen."""
        return self._session.export.rate * abs(self._session.speed)

    def _on_time(self) -> None:
        """A frame that is due while others work comes right after them."""
        if turns().take():
            self.tick()
        else:
            self._timer.start(0)

    def tick(self) -> None:
        """Show the frame that is due now."""
        if not self._session.playing or self.count < 2:
            return
        # A timer that wakes a hair early must not wait for a whole frame.
        steps = math.floor((self._now() - self._start) * self._rate + 1e-3)
        frame, ended = self._due(steps)
        self._shown = frame
        self._session.frame = frame
        if ended:
            self.stop()
        elif self._session.playing and self._shown == frame:
            self._wait(steps + 1)

    def _due(self, steps: int) -> tuple[int, bool]:
        """The frame that many steps after the anchor, and whether the film has ended there."""
        first, last = self.range
        if steps <= 0:
            return self._first, False
        if self._session.loop and self._session.ping_pong and last > first:
            return self._to_and_fro(steps, first, last), False
        self._going = 1 if self._session.speed > 0 else -1
        if self._heading > 0:
            return self._onward(steps, self._first, first, last)
        # Backward is forward in a mirror.
        frame, ended = self._onward(steps, -self._first, -last, -first)
        return -frame, ended

    def _onward(self, steps: int, start: int, first: int, last: int) -> tuple[int, bool]:
        wanted = start + steps
        if wanted <= last:
            return wanted, not self._session.loop and wanted == last
        if not self._session.loop:
            return last, True
        # From beyond B the next one is A; from within the range it goes round.
        past = wanted - max(start, last) - 1
        return first + past % (last - first + 1), False

    def _to_and_fro(self, steps: int, first: int, last: int) -> int:
        """A to B and back to A; neither of the two is shown twice in a row."""
        way = last - first
        offset = min(max(self._first - first, 0), way)
        phase = (offset if self._heading > 0 else -offset) + steps
        phase %= 2 * way
        self._going = 1 if phase < way else -1
        return first + (phase if phase <= way else 2 * way - phase)
