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
from voxviewer.gui.views.ledger_row import refusal_lines
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


@pytest.mark.parametrize("kernel", [(3, 3, 3), (1, 4, 2), (5, 5, 5)])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("strides", "dilation"), [((1, 1, 1), (1, 2, 1)), ((2, 3, 1), (1, 1, 1))])
def test_the_shape_of_the_maps_is_told_before_they_are_made(
    themed: Any, kernel, padding, strides, dilation
) -> None:
    """While Live is off nothing is run; what is told is what a run then gives."""
    from voxviewer.convolution.engine import run
    from voxviewer.convolution.filters import random_filters

    session = Session()
    session.clip = make_clip(20)
    session.live = False
    session.bank = random_filters(4, kernel, channels=1)
    session.change(
        "convolution", padding=padding, strides=strides, dilation=dilation, mode="correlation"
    )
    told = entries(session)[-1]
    assert told.key == "maps"
    made = run(session.clip, session.bank, session.convolution)
    assert told.step.shape == (1, *made.shape)
    assert told.step.nbytes == made.data.nbytes


def test_a_shape_that_cannot_be_is_refused_in_words(ledger, session) -> None:
    from voxviewer.convolution import random_filters

    session.features = None
    session.bank = random_filters(4, (21, 3, 3), channels=1)
    session.change("convolution", padding="valid")
    entry = ledger.steps.made()[-1]
    assert entry.step.shape == ()
    assert (
        entry.refusal == "21 frames do not fit a valid clip of 20. Use 20 or fewer, or padding same"
    )
    assert full_words(entry) == (
        "Conv3D 4 × 21×3×3 valid cannot be done: 21 frames do not fit a valid clip of 20. "
        "Use 20 or fewer, or padding same."
    )
    QTest.keyClick(ledger.steps, Qt.Key.Key_End)
    assert ledger.code() == ""
    assert not ledger.copy.isEnabled()
    session.change("convolution", padding="same")
    assert ledger.steps.made()[-1].step.shape == (1, 20, 16, 12, 4)


def test_filters_of_other_channels_are_refused_with_what_to_do(session) -> None:
    from voxviewer.convolution import random_filters

    session.bank = random_filters(4, channels=3)
    entry = entries(session)[-1]
    assert (
        "The filters take 3 channels, the clip has 1. Choose filters for 1 channel" in entry.refusal
    )
    assert len(refusal_lines(entry.refusal)) == 2
    session.bank = None
    session.problems = (("bank", "No filter is edited yet"),)
    assert entries(session)[-1].refusal == "No filter is edited yet"


@pytest.mark.parametrize("words", ["", "short", "a" * 300, "one two " * 40, "x " + "y" * 200])
def test_refusals_of_any_length_stand_on_two_lines(words) -> None:
    lines = refusal_lines(words)
    assert 1 <= len(lines) <= 2
    assert all(len(line) <= 210 for line in lines)


def test_an_encoding_that_cannot_be_says_so_where_the_steps_would_stand(ledger, session) -> None:
    session.clip = session.features = None
    session.problems = (("encode", "Height must be at least 1"),)
    assert ledger.steps.accessibleDescription() == "Height must be at least 1"
