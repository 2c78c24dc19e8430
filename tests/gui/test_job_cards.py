"""Cards of what is running: patience, silence, Cancel."""

from __future__ import annotations

from typing import Any

from direct import Desk
from PySide6.QtWidgets import QApplication, QWidget

from voxviewer.gui.job_cards import JobCards
from voxviewer.gui.parts import NoticeStack
from voxviewer.jobs import Job


def test_cards_show_what_takes_longer_than_a_moment(qtbot: Any, themed: QApplication) -> None:
    window, desk, now = QWidget(), Desk(), [100.0]
    qtbot.addWidget(window)
    cards = JobCards(desk.pipeline, NoticeStack(window), clock=lambda: now[0])
    job = Job("export", "Exporting wave.gif", lambda p: None, print, print, started=100.0)
    quiet = Job("figures", "Reading the values", lambda p: None, print, print, started=100.0)
    desk.jobs._running = {"export": job, "figures": quiet}
    cards.refresh()
    assert cards.cards == ()
    now[0] += 0.4
    cards.refresh()
    assert len(cards.cards) == 1
    assert cards.cards[0].isVisibleTo(window)
    job.fraction, job.detail = 0.5, "frame 6 of 12"
    cards.refresh()
    assert cards.cards[0].accessibleName() == "Exporting wave.gif"
    assert "frame 6 of 12" in cards.cards[0].accessibleDescription()
    now[0] += 12
    cards.refresh()
    assert "no news for 12 s" in cards.cards[0].accessibleDescription()
    cards.cards[0].cancel.click()
    assert job.cancelled
    desk.jobs._running = {}
    desk.jobs.changed.emit()
    assert cards.cards == ()
    assert not cards._timer.isActive()
