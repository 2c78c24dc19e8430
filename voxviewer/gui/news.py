"""Notices and progress over the window: what happened, how far the work is, and how to stop it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from voxviewer.gui.job_cards import JobCards
from voxviewer.gui.parts import NoticeStack
from voxviewer.gui.refusals import RefusalSheet, heading, summary, title_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from voxviewer.data import Clip
    from voxviewer.gui.program import Program
    from voxviewer.session import Notice, Refusal

OK_SECONDS = 8.0
BESIDE = ("encode", "bank", "convolve", "compare")
"""Stages whose problem a panel shows beside the field it is about."""


def open_folder_of(path: str) -> None:
    """Show a file's folder in the system's own file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).resolve().parent)))


class News(QObject):
    """Puts the session's notices and the runner's long jobs into the stack over the window."""

    def __init__(self, program: Program, window: QWidget, above: int = 0) -> None:
        super().__init__(window)
        self._program = program
        self.stack = NoticeStack(window, above=above)
        self.cards = JobCards(program.pipeline, self.stack)
        program.session.events.notice.connect(self._show_notice)
        program.session.events.refusals.connect(self._show_refusals)
        program.session.events.problems.connect(self._show_problems)
        program.session.events.clip.connect(self._show_clip)

    def _show_notice(self, notice: Notice | None) -> None:
        if notice is None or self._is_told_beside(notice):
            return
        label, run = self._action(notice)
        self.stack.post(
            notice.kind,
            title_words(notice.text),
            notice.detail,
            action=label,
            run=run,
            key=f"{notice.place}: {notice.text}" if notice.place == "open" else notice.place,
            seconds=OK_SECONDS if notice.kind in ("ok", "info") else None,
        )

    def _show_refusals(self, told: tuple[int, tuple[Refusal, ...]] | None) -> None:
        """Name the first ones; a sheet has all of them with what can be done about each."""
        if told is None:
            return
        self.stack.post(
            "error",
            heading(*told),
            summary(told[1]),
            action="Show all",
            run=lambda: self.show_sheet(*told),
            key="refusals",
        )

    def show_sheet(self, count: int, refused: tuple[Refusal, ...]) -> RefusalSheet:
        """Show every refused file with its reason."""
        sheet = RefusalSheet(count, refused, self.stack.window())
        sheet.show()
        return sheet

    def _is_told_beside(self, notice: Notice) -> bool:
        """An error of a field stands beside it, and where its picture would be: once is enough."""
        error = notice.kind == "error" and notice.action is None
        session = self._program.session
        return error and notice.place in BESIDE and bool(session.problem(notice.place))

    def _action(self, notice: Notice) -> tuple[str, Callable[[], None] | None]:
        if notice.action is not None:
            return notice.action
        place, _, path = notice.place.partition(":")
        if place == "export" and path:
            return "Open folder", lambda: open_folder_of(path)
        return "", None

    def _show_clip(self, clip: Clip | None) -> None:
        """What was said of another clip does not hold for this one."""
        if clip is None or not clip.warnings:
            self.stack.dismiss("clip")

    def _show_problems(self, problems: tuple[tuple[str, str], ...]) -> None:
        """A problem that is gone takes its notice with it."""
        there = {place for place, _ in problems}
        for place in ("figures", "encode", "bank", "convolve", "compare"):
            if place not in there:
                self.stack.dismiss(place)
