"""Slow motion: the kernel walks over the clip voxel by voxel, at a pace that a person chooses.

Nothing is computed, the maps are there: the walk moves the session's frame and voxel, so that clip
view and microscope follow, and `session.walk` says how much of the map is filled. As with the
clock, the place is computed from the time that has passed: voxels that come too late are skipped.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer

from voxviewer.gui.bind import Wires
from voxviewer.gui.views import places
from voxviewer.session import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import FeatureMaps
    from voxviewer.session import Session

SHORTEST = 0.016
"""Seconds between two looks at the clock: as often as a screen shows anything."""


@dataclass(frozen=True)
class Pace:
    """How fast: so many voxels, or whole rows, per second."""

    rate: float
    rows: bool = False

    @property
    def words(self) -> str:
        """Return "30 voxels/s"."""
        unit = "row" if self.rows else "voxel"
        return f"{self.rate:g} {unit}{'s' * (self.rate != 1)}/s"


PACES = (
    *(Pace(rate) for rate in (1, 3, 10, 30, 100, 300, 1000)),
    *(Pace(rate, rows=True) for rate in (30, 100, 300)),
)
USUAL = PACES[2]


class Walker(QObject):
    """Walks while `session.walk` is there and runs; a person may point elsewhere at any time.

    It begins at the frame on screen. Whoever moves the frame or the voxel meanwhile moves the walk
    there; playing the clip, or other maps, end it.

    Parameters
    ----------
    session : the state
    now : seconds that only grow; tests give their own
    """

    def __init__(
        self,
        session: Session,
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._now = now
        self._pace = USUAL
        self._first, self._start = 0, 0.0  # which step was shown when
        self._moving = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._wires = Wires(self)
        events = session.events
        self._wires.connect(events.features, self._show_maps)
        self._wires.connect(events.playing, self._show_playing)
        for name in ("frame", "voxel"):
            self._wires.connect(getattr(events, name), self._show_place)
        self._maps = session.features

    @property
    def able(self) -> bool:
        """True where there are maps whose kernel can walk: not those of a deep layer."""
        maps = self._session.features
        return maps is not None and maps.bank is not None and maps.data.size > 0

    @property
    def pace(self) -> Pace:
        """How fast it walks; another one counts from now."""
        return self._pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        self._pace = pace
        self._anchor()

    # what a person does

    def start(self) -> None:
        """Begin with the first voxel of the frame on screen; the clip's clock stands still."""
        maps = self._session.features
        if maps is None or not self.able:
            return
        self._session.playing = False
        frame = maps.map_frame(self._session.frame)
        t = frame if frame is not None else nearest_frame(maps, self._session.frame)
        self._go(number_of(maps, (t, 0, 0)), running=True)
        self._anchor()

    def stop(self) -> None:
        """End: the map is whole again; frame and voxel stay where the walk was."""
        self._timer.stop()
        self._session.walk = None

    def toggle(self) -> None:
        """Begin, pause, or go on."""
        walk = self._session.walk
        if walk is None:
            self.start()
        elif walk.running:
            self.pause()
        else:
            self._session.walk = replace(walk, running=True)
            self._anchor()

    def pause(self) -> None:
        """Stand still."""
        self._timer.stop()
        if self._session.walk is not None:
            self._session.walk = replace(self._session.walk, running=False)

    def step(self, voxels: int) -> None:
        """Stand still and go some voxels on, or back."""
        walk = self._session.walk
        if walk is None:
            return
        self._timer.stop()
        self._go(min(max(walk.step + voxels, 0), walk.count - 1), running=False)

    # what the session says

    def _show_maps(self, maps: FeatureMaps | None) -> None:
        """Filters may change under the walk; a map of another size, or none, ends it."""
        before, self._maps = self._maps, maps
        if self._session.walk is None:
            return
        same = maps is not None and before is not None and maps.bank is not None
        if not same or maps is None or before is None or maps.shape[:3] != before.shape[:3]:
            self.stop()

    def _show_playing(self, playing: bool) -> None:
        if playing and self._session.walk is not None:
            self.stop()

    def _show_place(self, *_: Any) -> None:
        """Someone pointed elsewhere: walk on from there."""
        walk, maps = self._session.walk, self._session.features
        if self._moving or walk is None or maps is None or self._session.voxel is None:
            return
        place = places.map_place(maps, self._session.voxel)
        t = maps.map_frame(self._session.frame)
        if place is None or t is None:
            return
        self._session.walk = replace(walk, step=number_of(maps, (t, *place)))
        self._anchor()

    # the clock

    def _anchor(self) -> None:
        """Count from the voxel that is shown and from now."""
        walk = self._session.walk
        if walk is None or not walk.running:
            return
        self._first, self._start = walk.step, self._now()
        self._wait(1)

    def _wait(self, steps: int) -> None:
        """Look again when that many voxels, or rows, after the anchor are due."""
        due = self._start + steps / self._pace.rate
        self._timer.start(math.ceil(max(due - self._now(), SHORTEST) * 1000))

    def tick(self) -> None:
        """Show the voxel that is due now."""
        walk, maps = self._session.walk, self._session.features
        if walk is None or maps is None or not walk.running:
            return
        # A timer that wakes a hair early must not wait for a whole voxel.
        steps = math.floor((self._now() - self._start) * self._pace.rate + 1e-3)
        wanted = self._due(maps, steps)
        if wanted >= walk.count - 1:
            self._go(walk.count - 1, running=True)
            self.stop()
            return
        if wanted != walk.step:
            self._go(wanted, running=True)
        self._wait(steps + 1)

    def _due(self, maps: FeatureMaps, steps: int) -> int:
        """The voxel that many voxels after the anchor, or the last of that many rows after it."""
        if not self._pace.rows or steps == 0:
            return self._first + steps
        columns = maps.shape[2]
        return (self._first // columns + steps) * columns + columns - 1

    def _go(self, step: int, *, running: bool) -> None:
        """Fill the map up to this voxel and look at it."""
        maps = self._session.features
        if maps is None:
            return
        t, h, w = place_of(maps, step)
        self._moving = True
        try:
            self._session.walk = Walk(step, math.prod(maps.shape[:3]), running)
            self._session.frame = maps.clip_frame(t)
            self._session.voxel = places.clip_place(maps, (h, w))
        finally:
            self._moving = False


def number_of(maps: FeatureMaps, place: tuple[int, int, int]) -> int:
    """Return which step of the walk fills the map voxel t, h, w."""
    t, h, w = place
    _, H, W, _ = maps.shape
    return (t * H + h) * W + w


def place_of(maps: FeatureMaps, step: int) -> tuple[int, int, int]:
    """Return the map voxel t, h, w that a step of the walk fills: the readable loop's order."""
    _, H, W, _ = maps.shape
    t, rest = divmod(step, H * W)
    return t, rest // W, rest % W


def nearest_frame(maps: FeatureMaps, frame: int) -> int:
    """Return the map frame nearest to a clip frame that has none of its own."""
    t = math.floor((frame - maps.offset[0]) / maps.stride[0] + 0.5)
    return min(max(t, 0), maps.shape[0] - 1)
