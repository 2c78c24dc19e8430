"""The files opened lately: what they were, when, and what became of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_views import make_volume, shown
from PySide6.QtCore import Qt

from voxviewer import sources
from voxviewer.gui import recent
from voxviewer.gui.recent_list import GONE, RecentList, RecentRow, about_source, day_words

SATURDAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def empty(themed: Any) -> Any:
    recent.forget_all()
    yield
    recent.forget_all()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-21", "today"),
        ("2026-11-20", "yesterday"),
        ("2026-11-17", "Tuesday"),
        ("2026-11-14", "14 Nov 2026"),
        ("2026-12-24", "24 Dec 2026"),
        ("once", ""),
        ("", ""),
    ],
)
def test_a_day_is_said_as_people_say_it(day: str, words: str) -> None:
    assert day_words(day, SATURDAY) == words


def test_what_a_file_was_is_said_by_its_kind() -> None:
    volume = make_volume((1, 5, 7, 6, 1), "HWD", np.eye(4), "scan")
    found = about_source(volume)
    shape = ", ".join(map(str, volume.facts.stored_shape))
    assert (found.icon, found.words) == ("slices", f"({shape}) {volume.facts.stored_dtype}")
    assert found.day == date.today().isoformat()
    assert about_source(sources.open("sample:waving-hand")).words == "16 frames, 256 × 256"
    skeleton = about_source(sources.open("sample:waving-skeleton"))
    assert (skeleton.icon, skeleton.words) == ("skeleton", "30 frames, 20 joints")


def test_words_are_kept_and_leave_with_their_paths(tmp_path: Path) -> None:
    about = recent.About("slices", "(2, 3, 4) int16", "2026-11-21")
    first = str(tmp_path / "0.npy")
    recent.remember(first, about)
    assert recent.about() == {first: about}
    recent.remember(first)
    assert recent.about() == {first: about}, "as long as nothing newer is known"
    for number in range(1, recent.LIMIT + 1):
        recent.remember(str(tmp_path / f"{number}.npy"), about)
    assert len(recent.recent()) == len(recent.about()) == recent.LIMIT
    assert first not in recent.about()


@pytest.mark.parametrize(
    "junk", ["{", "[]", '{"a": 1}', '{"a": ["b"]}', '{"a": ["b", "c", 3]}', '{"a": {"b": 1}}']
)
def test_words_that_somebody_else_wrote_are_passed_over(junk: str) -> None:
    recent.settings().setValue("recent/about", junk)
    assert recent.about() == {}


def test_a_row_opens_by_click_and_key_and_says_what_is_gone(qtbot: Any, tmp_path: Path) -> None:
    here, gone = tmp_path / "scan.npy", tmp_path / "old.npy"
    here.touch()
    recent.remember(str(gone), recent.About("frames", "9 frames, 4 × 4", "2026-11-21"))
    recent.remember(str(here), recent.About("slices", "(2, 3, 4) int16", "nonsense"))
    made = shown(qtbot, RecentList(), (700, 100))
    rows = made.findChildren(RecentRow)
    assert [row.text() for row in rows] == ["scan.npy", "old.npy"]
    assert rows[0].accessibleName() == "scan.npy, (2, 3, 4) int16"
    assert not rows[1].isEnabled() and GONE in rows[1].accessibleName()
    for act in (
        lambda: qtbot.mouseClick(rows[0], Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(rows[0], Qt.Key.Key_Space),
    ):
        with qtbot.waitSignal(made.chosen) as told:
            act()
        assert told.args == [str(here)]
