"""The shape ledger: every step, its line of Python, and room for little windows."""

from __future__ import annotations

from typing import Any

import pytest
from made_views import (
    make_clip,
    make_maps,
    make_volume,
    pixels,
    press,
    shown,
)
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from voxviewer.gui.views import LedgerView
from voxviewer.gui.views.ledger_steps import chosen_key, entries, full_words, size_words
from voxviewer.session import Session


@pytest.fixture
def session(themed: Any) -> Session:
    session = Session()
    session.current = make_volume()
    session.clip = make_clip(20, padded=4)
    session.features = make_maps(session.clip, 5, ("right", "left", "up", "down", "nothing"))
    return session


@pytest.fixture
def ledger(qtbot: Any, session: Session) -> LedgerView:
    return shown(qtbot, LedgerView(session), (1600, 66))


def test_the_ledger_goes_from_the_file_to_the_maps(session) -> None:
    made = entries(session)
    assert [entry.key for entry in made] == ["source", "step 1", "clip", "batch", "maps"]
    assert made[3].step.shape == (1, 20, 16, 12, 1)
    assert made[3].step.nbytes == 0
    last = made[-1].step
    assert last.operation == "Conv3D 5 × 3³ same"
    assert last.axes == "NTHWC"
    assert last.shape == (1, 20, 16, 12, 5)
    assert last.changed == (False, False, False, False, True)
    assert last.code.startswith("maps = vv.convolve(clip, bank")


def test_the_chosen_steps_line_of_python_stands_below(ledger, session) -> None:
    assert ledger.code() == "clip = vv.encode(source, frames=20)"
    session.step = "batch"
    assert ledger.line.text() == "batch = vv.batch([clip])"
    QTest.mouseClick(ledger.copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "batch = vv.batch([clip])"


def test_steps_are_chosen_by_click_and_keys(ledger, session) -> None:
    item = ledger.steps.placed()[1]
    press(ledger.steps, item.left + item.width / 2, 20)
    assert session.step == "step 1"
    QTest.keyClick(ledger.steps, Qt.Key.Key_Right)
    assert session.step == "clip"
    QTest.keyClick(ledger.steps, Qt.Key.Key_End)
    assert session.step == "maps"
    QTest.keyClick(ledger.steps, Qt.Key.Key_Home)
    assert session.step == "source"
    QTest.keyClick(ledger.steps, Qt.Key.Key_Left)
    assert session.step == "source"


def test_a_narrow_ledger_drops_dtype_and_bytes_then_scrolls(ledger) -> None:
    assert ledger.steps.complete
    ledger.resize(ledger.steps.needed(complete=True) - 20, 66)
    assert not ledger.steps.complete
    assert ledger.area.horizontalScrollBar().maximum() == 0
    ledger.resize(400, 66)
    QApplication.processEvents()
    assert ledger.area.horizontalScrollBar().maximum() > 0
    last = ledger.steps.placed()[-1]
    assert last.left + last.width <= ledger.steps.width()


def test_full_words_say_every_axis(session) -> None:
    words = full_words(entries(session)[1])
    assert words == (
        "gray, resize linear: time 16, rows 16 (changed), columns 12 (changed), channels 1; "
        "float32, 15 kB"
    )
    assert [size_words(n) for n in (0, 328_000, 2_600_000)] == ["0 B", "328 kB", "2.6 MB"]


def test_a_step_that_is_gone_falls_back_to_the_clip(session) -> None:
    session.step = "maps"
    session.features = None
    assert chosen_key(session, entries(session)) == "clip"


def test_a_stale_ledger_is_dimmed(qtbot, ledger, session) -> None:
    bright = pixels(ledger.steps)
    session.stale = frozenset({"clip"})
    qtbot.waitUntil(lambda: ledger.steps._stale.shown)
    dim = pixels(ledger.steps)
    assert (dim & 0xFF).max() < (bright & 0xFF).max()


def test_the_ledger_is_legible_without_a_clip(qtbot, themed: Any) -> None:
    made = shown(qtbot, LedgerView(Session()), (800, 66))
    QTest.keyClick(made.steps, Qt.Key.Key_Right)
    press(made.steps, 100, 20)
    assert made.code() == ""
    assert not made.copy.isEnabled()
