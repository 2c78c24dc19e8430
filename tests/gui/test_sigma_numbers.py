"""The numbers beside the sigma slider: what they say, whose they are, when they are measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_views import Held, press, runner, shown

from voxviewer.data import Facts, Skeleton, Topology
from voxviewer.encoding import encode
from voxviewer.gui.panels.joint_figures import measure_joints, values_at
from voxviewer.gui.panels.sigma_numbers import SigmaNumbers
from voxviewer.session import Session
from voxviewer.settings import EncodingSettings, Opening

SIZE = EncodingSettings(height=32, width=48, sigma=2.0, fit="none", combine="joints")


def recording(joints: Any, names: tuple[str, ...] = ("hand", "foot")) -> Skeleton:
    """(T, P, J, 2) places of [-1, 1] as a recording."""
    points = np.zeros((*np.shape(joints)[:3], 3), np.float32)
    points[..., :2] = joints
    facts = Facts("test", "skeleton", points.shape, "TPJ3", "float32", points.nbytes)
    return Skeleton(
        points, np.ones(points.shape[:3], np.float32), Topology(names), facts, Opening("walk.npy"),
        "walk", unit="unit",
    )  # fmt: skip


@pytest.fixture
def walk() -> Skeleton:
    """A hand that moves to the right across the border and a foot that stands still."""
    t = np.linspace(-0.5, 1.05, 12)
    hand, foot = np.stack([t, 0 * t], -1), np.full((12, 2), 0.25)
    return recording(np.stack([hand, foot], 1)[:, None])


@pytest.fixture
def session(themed: Any, walk: Skeleton) -> Session:
    session = Session()
    session.current, session.encoding = walk, SIZE
    session.clip = encode(walk, SIZE)
    return session


def test_the_worst_joint_is_named_and_the_width_is_that_of_a_gaussian(walk: Skeleton) -> None:
    made = measure_joints(walk, encode(walk, SIZE))
    width, border, flicker, decoded = made.lines
    assert width == "4.71 px, 15 % of H"  # 2.355 sigma
    assert "lost, hand" in border
    assert "hand" in flicker
    assert decoded.endswith("px")
    inside = np.abs(made.figures.places[:, 0, 0, 0] - 23.5) < 16
    assert np.nanmax(made.figures.errors[inside]) < 0.05


def test_the_joint_that_moves_is_shown_until_another_is_chosen(walk: Skeleton) -> None:
    made = measure_joints(walk, encode(walk, SIZE))
    assert made.name(made.held(None)) == "hand"
    assert made.held((0, 1)) == (0, 1)
    assert made.held((3, 9)) == (0, 0)  # chosen in a recording of more people


def test_persons_are_named_where_there_are_several() -> None:
    two = recording(np.zeros((2, 2, 2, 2)))
    made = measure_joints(two, encode(two, SIZE))
    assert made.name((1, 0)) == "hand, person 1"
    assert len(made.joints) == 4


def test_a_joint_nobody_saw_has_no_numbers() -> None:
    none = recording(np.full((3, 1, 2, 2), np.nan))
    made = measure_joints(none, encode(none, SIZE))
    assert made.lines[1:] == ("–", "–", "nothing to read off")
    assert np.isnan(made.values).all()


def test_values_are_read_at_the_nearest_pixel_of_the_joints_own_channel() -> None:
    data = np.arange(2 * 3 * 4 * 2, dtype=np.float32).reshape(2, 3, 4, 2)
    places = np.array([[[[1.4, 2.4], [-0.4, 0.0]]], [[[9.0, 0.0], [np.nan, 0.0]]]])
    got = values_at(data, places)
    assert got[0, 0].tolist() == [data[0, 2, 1, 0], data[0, 0, 0, 1]]
    assert np.isnan(got[1]).all()


def opened(qtbot: Any, session: Session, executor: Any = None) -> SigmaNumbers:
    return shown(qtbot, SigmaNumbers(session, runner(executor)), (256, 200))


def test_numbers_follow_every_clip_and_of_many_only_the_newest(qtbot, session, walk) -> None:
    held = Held()
    block = opened(qtbot, session, held)
    for sigma in (1.0, 3.0, 4.0):
        session.clip = encode(walk, replace(SIZE, sigma=sigma))
    assert len(held.waiting) == 1
    assert block.made is None
    held.release()
    assert block.lines.texts[0] == "9.42 px, 29 % of H"


def test_a_chosen_joint_stays_chosen_and_a_press_goes_to_its_frame(qtbot, session, walk) -> None:
    block = opened(qtbot, session)
    assert block.joint.value == (0, 0)
    block.joint.value = (0, 1)
    block.joint.changed.emit((0, 1))
    assert session.joint == (0, 1)
    session.clip = encode(walk, replace(SIZE, sigma=3.0))
    assert block.joint.value == (0, 1)
    press(block.curve, block.curve.width() - 2, block.curve.height() - 8)
    assert session.frame == 11
    assert block.curve.words.endswith("at frame 11")


def test_the_open_list_says_how_well_each_joint_is_read(qtbot, session) -> None:
    block = opened(qtbot, session)
    block.joint.showPopup()
    texts = [block.joint.itemText(index) for index in range(block.joint.count())]
    assert texts[1].startswith("foot")
    assert texts[1].endswith("px")
    block.joint.hidePopup()
    assert block.joint.itemText(1) == "foot"


def test_a_hidden_block_measures_nothing(qtbot, session, walk) -> None:
    held = Held()
    block = SigmaNumbers(session, runner(held))
    qtbot.addWidget(block)
    session.clip = encode(walk, replace(SIZE, sigma=3.0))
    assert not held.waiting
