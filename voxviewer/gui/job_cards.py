"""What is running: a card for each job that takes longer than a moment, with a way to stop it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import ProgressCard
from voxviewer.gui.turns import turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.gui.parts import NoticeStack
    from voxviewer.jobs import Job

PATIENCE = 0.3
"""Seconds that work may take before it says so."""
SILENCE = 10.0
"""Seconds without news after which the card says that too."""
QUIET = ("figures", "lint", "slice", "space", "preview", "invite", "axes", "train")
"""Lanes that say in their own place how far they are."""

_TICK = 100


@dataclass
class _Shown:
    """A card, its job, and when the job last had news."""

    card: ProgressCard
    job: Job
    news: tuple[float, str]
    since: float


def silence_words(seconds: float) -> str:
    """Return what a card says of a job without news: nothing for the first ten seconds."""
    return f"no news for {seconds:.0f} s" if seconds >= SILENCE else ""


class JobCards(QObject):
    """Puts cards of `pipeline.jobs` under a window's notices, the oldest job first.

    Parameters
    ----------
    pipeline : has `jobs` (a JobRunner) and `cancel(lane)`
    stack : holds the cards
    clock : seconds that only grow; a test gives its own
    """

    def __init__(
        self,
        pipeline: Any,
        stack: NoticeStack,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stack)
        self._stack = stack
        self._pipeline = pipeline
        self._clock = clock
        self._shown: dict[int, _Shown] = {}
        self._spare: list[ProgressCard] = []  # a new one costs more than a frame of a film
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK)
        self._timer.timeout.connect(self._on_time)
        self._wires = Wires(self)
        self._wires.connect(pipeline.jobs.changed, self._on_jobs)
        self.refresh()

    @property
    def cards(self) -> tuple[ProgressCard, ...]:
        """The cards that are shown."""
        return tuple(shown.card for shown in self._shown.values())

    def prepare(self) -> None:
        """Make the first card before it is wanted: work is under way then."""
        self._spare.append(self._made_card())

    def _on_jobs(self) -> None:
        """News come faster than a person reads: the timer thins them."""
        if not self._pipeline.jobs.running:
            self.refresh()
        elif not self._timer.isActive():
            self._timer.start()

    def _on_time(self) -> None:
        """News can wait for a turn in which nobody else works."""
        self._timer.setInterval(_TICK if turns().take() else 0)
        if self._timer.interval():
            self.refresh()

    def refresh(self) -> None:
        """Show what runs now; the timer goes only while something does."""
        now = self._clock()
        running = {id(job): job for job in self._pipeline.jobs.running if job.lane not in QUIET}
        for key in [key for key in self._shown if key not in running]:
            self._withdraw(key)
        long = {
            key: job
            for key, job in running.items()
            if job.started is not None and now - job.started >= PATIENCE
        }
        first = next((key for key in long if key not in self._shown), None)
        for key, job in long.items():
            # A new card lays the stack out: one in a turn.
            if key in self._shown or key == first or turns().at_once:
                self._show(key, job, now)
        if running and not self._timer.isActive():
            self._timer.start()
        elif not running:
            self._timer.stop()

    def _show(self, key: int, job: Job, now: float) -> None:
        if key not in self._shown:
            self._shown[key] = _Shown(self._new_card(), job, (-1.0, ""), now)
        shown = self._shown[key]
        if shown.news != (job.fraction, job.detail):
            shown.news, shown.since = (job.fraction, job.detail), now
        note = "stopping" if job.cancelled else silence_words(now - shown.since)
        fraction = job.fraction if job.fraction > 0 else None
        detail = job.detail if job.detail != job.text else ""
        shown.card.show_progress(job.text, detail, fraction, job.seconds_left, note)

    def _new_card(self) -> ProgressCard:
        card = self._spare.pop() if self._spare else self._made_card()
        self._stack.hold(card)
        return card

    def _made_card(self) -> ProgressCard:
        card = ProgressCard()
        # It must go with its window, not when Python finds it: that may be in any thread, and
        # styles would reach for what is gone.
        card.setParent(self._stack)
        card.hide()
        card.cancelled.connect(self._on_cancelled)
        return card

    def _on_cancelled(self) -> None:
        for shown in list(self._shown.values()):
            if shown.card is self.sender():
                self._pipeline.cancel(shown.job.lane)

    def _withdraw(self, key: int) -> None:
        card = self._shown.pop(key).card
        self._stack.release(card)
        card.cancel.setEnabled(True)
        self._spare.append(card)
