"""The Axes panel: orders of axes as pictures, one click picks; every axis has a role."""

from __future__ import annotations

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import Qt

from voxviewer.gui.panels import AxesPanel
from voxviewer.gui.panels.role_field import RoleField
from voxviewer.gui.turns import turns


@pytest.fixture
def desk(themed):
    return Desk()


@pytest.fixture
def panel(qtbot, desk):
    made = AxesPanel(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(made)
    made.resize(280, 600)
    made.show()
    return made


def save(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    return str(tmp_path / "a.npy")


def shown(panel):
    return [tile.text() for tile in panel.tiles if not tile.isHidden()]


def test_channels_first_is_one_click_away(qtbot, desk, panel, tmp_path):
    stored = np.random.default_rng(0).random((3, 6, 9, 9), np.float32)
    desk.pipeline.open([save(tmp_path, stored)])
    assert not panel.folded and "does not say" in panel.words.text()
    assert shown(panel)[0] == "C D H W" and "H W D T" in shown(panel)
    assert all(tile.has_picture for tile in panel.tiles if not tile.isHidden())
    qtbot.mouseClick(panel.tiles[0], Qt.MouseButton.LeftButton)
    assert desk.session.current.opening.axes == "CDHW"
    desk.session.change("encoding", channels="rgb")
    assert np.array_equal(desk.session.clip.data, np.moveaxis(stored, 0, -1))
    assert shown(panel)[0] == "C D H W" and panel.tiles[0].chosen
    desk.history.undo()
    desk.history.undo()
    assert desk.session.current.opening.axes is None
    assert [tile.text() for tile in panel.tiles if tile.chosen] == ["H W D T"]


def test_rows_give_each_axis_a_role_and_undo_takes_it_back(qtbot, desk, panel, tmp_path):
    stored = np.random.default_rng(0).random((9, 8, 7), np.float32)
    desk.pipeline.open([save(tmp_path, stored)])
    panel.line.click()
    assert [row.label.text() for row in panel.rows if not row.isHidden()] == [
        "D  7", "H  9", "W  8",
    ]  # fmt: skip
    depth = panel.fields[1]
    depth.way.setFocus()
    qtbot.keyClick(depth.way, Qt.Key.Key_End)  # fixed at
    assert depth.value == 3
    assert desk.session.encoding.roles == (0, 3, "height", "width", "channel")
    assert np.array_equal(desk.session.clip.data[0, ..., 0], stored[:, :, 3])
    desk.history.undo()
    assert desk.session.encoding.roles is None and depth.value == "time"


def test_a_scan_that_says_its_axes_chooses_which_becomes_time(qtbot, desk, panel):
    desk.pipeline.open(["sample:phantom"])
    assert panel.folded
    assert shown(panel) == ["time: D", "time: H", "time: W"]
    qtbot.mouseClick(panel.tiles[1], Qt.MouseButton.LeftButton)
    assert desk.session.clip.data.shape[0] == desk.session.current.shape[2]
    assert panel.tiles[1].chosen and not panel.tiles[0].chosen


def test_a_skeleton_has_no_axes_to_choose(desk, panel):
    desk.pipeline.open(["sample:phantom"])
    assert not panel.isHidden()
    desk.pipeline.open(["sample:waving-skeleton"])
    assert panel.isHidden()


def test_a_source_that_cannot_be_drawn_leaves_its_tiles_empty(desk, panel, tmp_path):
    path = save(tmp_path, np.zeros((6, 7, 8), np.float32))
    desk.pipeline.open([path])
    with open(path, "ab") as file:
        file.write(b"changed")
    desk.session.current = None
    desk.session.current = desk.session.sources[0]
    assert not any(tile.has_picture for tile in panel.tiles)


def test_a_role_field_is_a_role_or_an_index(qtbot, themed):
    field = RoleField("D")
    qtbot.addWidget(field)
    field.set_count(9)
    field.value = "mean"
    assert field.value == "mean" and field.index.isHidden()
    field.value = 8
    assert field.value == 8 and not field.index.isHidden()


@pytest.mark.usefixtures("in_turns")
def test_what_is_clicked_before_the_panel_has_had_its_turn_is_of_the_source_it_shows(
    qtbot, desk, panel, tmp_path
):
    """The first scan is there; the panel, which follows in a turn of its own, shows none yet."""
    desk.pipeline.open([save(tmp_path, np.zeros((9, 8, 7), np.float32))])
    panel.line.toggle()
    assert panel.line.text() == "Roles"
    assert not any(row.isVisibleTo(panel) for row in panel.rows)
    turns().finish()
    shown_rows = [row.label.text() for row in panel.rows if row.isVisibleTo(panel)]
    assert shown_rows == ["D  7", "H  9", "W  8"]
