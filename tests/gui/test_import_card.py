"""The import card: what was read of a skeleton, set right by hand, kept for the next file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from voxviewer.data import Skeleton
from voxviewer.gui.import_memory import as_last, kept, kind_of
from voxviewer.gui.panels.import_card import ImportCard
from voxviewer.gui.panels.import_words import missing, percent
from voxviewer.gui.recent import settings
from voxviewer.settings import Opening

BVH = """HIERARCHY
ROOT Hips
{
 OFFSET 0 0 0
 CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
 JOINT Arm
 {
  OFFSET 0 3 0
  CHANNELS 3 Zrotation Yrotation Xrotation
  End Site
  {
   OFFSET 0 2 0
  }
 }
}
MOTION
Frames: 3
Frame Time: 0.04
0 0 0 0 0 0 0 0 0
1 0 0 0 0 0 10 0 0
2 0 0 0 0 0 20 0 0
"""


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.session.live = False
    desk.pipeline.adjust = as_last
    return desk


@pytest.fixture
def bvh(tmp_path: Path) -> tuple[str, str]:
    """Two files of one kind, which say no unit."""
    paths = [tmp_path / "one.bvh", tmp_path / "two.bvh"]
    for path in paths:
        path.write_text(BVH)
    return str(paths[0]), str(paths[1])


@pytest.fixture
def pair(tmp_path: Path) -> str:
    """Two persons of 17 joints, one of whom comes late and lacks a wrist."""
    rng = np.random.default_rng(2)
    joints = rng.uniform(50, 400, (1, 2, 17, 2)) + np.arange(30)[:, None, None, None]
    joints[:10, 1] = np.nan
    joints[:, 1, 9] = np.nan
    np.save(tmp_path / "pair.npy", joints.astype(np.float32))
    return str(tmp_path / "pair.npy")


def card(qtbot, desk: Desk) -> ImportCard:
    made = ImportCard(desk.session, desk.pipeline)
    qtbot.addWidget(made)
    made.resize(270, 300)
    made.show()
    return made


def pick(choice, text: str) -> None:
    """Choose the option that begins with these words, as a person does."""
    index = next(n for n in range(choice.count()) if choice.itemText(n).startswith(text))
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def current(desk: Desk) -> Skeleton:
    assert isinstance(desk.session.current, Skeleton)
    return desk.session.current


def test_the_card_is_there_for_skeletons_alone(qtbot, desk: Desk, bvh, scan: Path) -> None:
    made = ImportCard(desk.session, desk.pipeline)
    qtbot.addWidget(made)
    assert made.isHidden()
    desk.pipeline.open([bvh[0]])
    assert not made.isHidden()
    assert made.rows["person"].isHidden()
    assert made.rate.value is None
    desk.pipeline.open([str(scan)])
    assert made.isHidden()


def test_an_unknown_unit_is_asked_for_once(qtbot, desk: Desk, bvh) -> None:
    made = card(qtbot, desk)
    desk.pipeline.open([bvh[0]])
    assert made.question.isVisible() and made.rows["unit"].isHidden()
    assert "Coordinates go from" in made.question.text.text()
    QTest.mouseClick(made.question.answers["cm"], Qt.MouseButton.LeftButton)
    assert current(desk).unit == "cm"
    assert made.question.isHidden() and made.rows["unit"].isVisible()
    desk.pipeline.open([bvh[1]])
    assert current(desk).opening == Opening(bvh[1], unit="cm")
    assert made.question.isHidden()
    assert "centimeters" in made.note.text()
    assert "next BVH file" in made.note.text()


def test_a_unit_left_open_is_not_asked_for_again(qtbot, desk: Desk, bvh) -> None:
    made = card(qtbot, desk)
    desk.pipeline.open([bvh[0]])
    QTest.mouseClick(made.question.leave, Qt.MouseButton.LeftButton)
    assert made.question.isHidden()
    desk.pipeline.open([bvh[1]])
    assert made.question.isHidden()
    assert current(desk).unit == "unknown"


def test_one_person_is_chosen_and_undone(qtbot, desk: Desk, pair: str) -> None:
    made = card(qtbot, desk)
    desk.pipeline.open_one(Opening(pair, "TPJX"))
    assert made.person.itemText(0) == "all 2"
    assert made.person.itemText(2) == "1: in 20 of 30 frames"
    pick(made.person, "1:")
    assert current(desk).shape == (30, 1, 17, 3)
    assert desk.session.choices.opening == Opening(pair, "TPJX", person=1)
    assert made.missing.joints[0].share == pytest.approx(1.0)
    assert made.rows["person"].isVisible()
    desk.history.undo()
    assert current(desk).shape == (30, 2, 17, 3)
    assert made.person.value is None


def test_up_and_rate_are_set_and_taken_back(qtbot, desk: Desk, pair: str) -> None:
    made = card(qtbot, desk)
    desk.pipeline.open_one(Opening(pair, "TPJX"))
    pick(made.up, "z up")
    made.rate.spin.setFocus()
    QTest.keyClicks(made.rate.spin, "50")
    QTest.keyClick(made.rate.spin, Qt.Key.Key_Return)
    assert current(desk).up == "z+"
    times = current(desk).times
    assert times is not None and times[1] == pytest.approx(0.02)
    assert kept(kind_of(current(desk))) == {"up": "z+", "rate": 50.0}
    QTest.mouseClick(made.as_read, Qt.MouseButton.LeftButton)
    assert current(desk).opening == Opening(pair, "TPJX")
    assert kept(kind_of(current(desk))) == {}
    assert not made.as_read.isVisible()


def test_corrections_given_with_the_opening_win(desk: Desk, bvh) -> None:
    desk.pipeline.open([bvh[0]])
    desk.pipeline.correct(unit="mm", up="z+")
    from voxviewer.gui.import_memory import keep

    keep(current(desk))
    desk.pipeline.open_one(Opening(bvh[1], unit="m"))
    assert current(desk).opening == Opening(bvh[1], unit="m")


@pytest.mark.parametrize(
    "written", ["nonsense", "[1]", '{"unit": "feet"}', '{"person": "x", "rate": -3}', '{"up": []}']
)
def test_settings_written_by_another_hand_do_no_harm(desk: Desk, bvh, written: str) -> None:
    settings().setValue("import/v1/BVH", written)
    desk.pipeline.open([bvh[0]])
    assert current(desk).as_read is None


def test_shares_are_never_rounded_to_nothing_or_all() -> None:
    assert [percent(share) for share in (0.0004, 0.021, 0.5, 0.995, 1.0)] == [
        "< 0.1 %", "2.1 %", "50 %", "> 99 %", "100 %",
    ]  # fmt: skip


def test_missing_joints_are_listed_with_the_worst_first(desk: Desk, pair: str) -> None:
    desk.pipeline.open_one(Opening(pair, "TPJX"))
    found = missing(current(desk))
    assert found[0].share == pytest.approx((30 + 0) / 60)
    assert [item.share for item in found] == sorted((item.share for item in found), reverse=True)
    assert len(found) == 17
