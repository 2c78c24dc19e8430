"""Notices and progress over the window: what happened, how far the work is, and how to stop it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from voxviewer.gui.parts import NoticeStack, ProgressCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from voxviewer.gui.program import Program
    from voxviewer.jobs import Job
    from voxviewer.session import Notice

PATIENCE = 0.3
"""Seconds a job may take before the window speaks of it."""

OK_SECONDS = 8.0


def open_folder_of(path: str) -> None:
    """Show a file's folder in the system's own file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).resolve().parent)))


class News(QObject):
    """Puts the session's notices and the runner's long jobs into the stack over the window."""

    def __init__(self, program: Program, window: QWidget, above: int = 0) -> None:
        super().__init__(window)
        self._program = program
        self.stack = NoticeStack(window, above=above)
        self._cards: dict[str, ProgressCard] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._show_jobs)
        program.session.events.notice.connect(self._show_notice)
        program.session.events.problems.connect(self._show_problems)
        program.jobs.changed.connect(self._on_jobs)

    def _show_notice(self, notice: Notice | None) -> None:
        if notice is None:
            return
        label, run = self._action(notice)
        self.stack.post(
            notice.kind,
            notice.text,
            notice.detail,
            action=label,
            run=run,
            key=f"{notice.place}: {notice.text}" if notice.place == "open" else notice.place,
            seconds=OK_SECONDS if notice.kind in ("ok", "info") else None,
        )

    def _action(self, notice: Notice) -> tuple[str, Callable[[], None] | None]:
        if notice.action is not None:
            return notice.action
        place, _, path = notice.place.partition(":")
        if place == "export" and path:
            return "Open folder", lambda: open_folder_of(path)
        return "", None

    def _show_problems(self, problems: tuple[tuple[str, str], ...]) -> None:
        """A problem that is gone takes its notice with it."""
        there = {place for place, _ in problems}
        for place in ("figures", "encode", "bank", "convolve", "compare"):
            if place not in there:
                self.stack.dismiss(place)

    # progress

    def _on_jobs(self) -> None:
        if self._program.jobs.idle:
            self._show_jobs()
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _show_jobs(self) -> None:
        now = time.monotonic()
        long = {
            job.lane: job
            for job in self._program.jobs.running
            if job.started is not None and now - job.started > PATIENCE
        }
        for lane in set(self._cards) - set(long):
            card = self._cards.pop(lane)
            self.stack.release(card)
            card.deleteLater()
        for lane, job in long.items():
            self._card(lane).show_progress(
                job.text, job.detail, job.fraction or None, job.seconds_left, _note(job, now)
            )

    def _card(self, lane: str) -> ProgressCard:
        if lane not in self._cards:
            card = ProgressCard()
            card.cancelled.connect(lambda: self._program.pipeline.cancel(lane))
            self.stack.hold(card)
            self._cards[lane] = card
        return self._cards[lane]


def _note(job: Job, now: float) -> str:
    """Say so where a job has been silent for long."""
    silent = now - max(job.last_news, job.started or now)
    return f"no news for {silent:.0f} s" if silent > 10 else ""
