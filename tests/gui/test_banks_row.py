"""Banks side by side: one clock, one crosshair, and a bank that does not fit says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from direct import Desk
from made_views import press, shown
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from voxviewer import flow
from voxviewer.gui import theme
from voxviewer.gui.banks_row import MOST, BanksRow, bank_words, others
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program
from voxviewer.gui.views.wall_tiles import WallTiles
from voxviewer.settings import ConvolutionSettings, FilterSettings, Opening

RANDOM = FilterSettings(count=4, seed=3)
PRESET = FilterSettings(source="preset", preset="edges")
TOO_SMALL = FilterSettings(source="preset", preset="motion-energy-fast")


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def desk():
    desk = Desk()
    desk.session.change("encoding", height=12, width=16, frames=6)
    desk.session.change("filters", count=4)
    desk.pipeline.open(["sample:waving-hand"])
    return desk


@pytest.fixture
def row(qtbot, desk):
    return shown(qtbot, BanksRow(desk.session, WallTiles(desk.session)), (900, 500))


# the stage


def test_pinned_banks_are_convolved_with_the_same_clip_in_the_same_way(desk):
    session = desk.session
    session.change("convolution", padding="valid", engine="both")
    session.pinned = (RANDOM, PRESET)
    made = session.pinned_maps
    assert [item.filters for item in made] == [RANDOM, PRESET]
    for item in made:
        bank = flow.make_bank(item.filters, 1)
        settings = ConvolutionSettings(padding="valid")
        assert np.array_equal(item.maps.data, flow.convolve(session.clip, bank, settings).data)
        assert item.maps.clip is session.clip
    session.change("encoding", height=14)
    assert session.pinned_maps[0].maps.clip is session.clip
    session.pinned = ()
    assert session.pinned_maps is None


def test_a_bank_that_does_not_fit_says_why_and_the_other_is_shown(desk):
    desk.session.pinned = (TOO_SMALL, PRESET)
    small, fits = desk.session.pinned_maps
    assert small.maps is None and "needs a kernel of at least" in small.problem
    assert fits.maps is not None and fits.problem == ""
    assert desk.session.problems == ()
    missing = FilterSettings(source="model", model="nowhere.keras", layer="a")
    desk.session.pinned = (missing,)
    assert "nowhere.keras" in desk.session.pinned_maps[0].problem


def test_with_live_off_they_wait_for_run(desk):
    session = desk.session
    session.pinned = (RANDOM,)
    session.live = False
    before = session.pinned_maps
    session.change("convolution", padding="valid")
    assert session.pinned_maps is before and "pinned_maps" in session.stale
    desk.pipeline.run()
    assert session.pinned_maps is not before and not session.stale
    assert session.pinned_maps[0].maps.settings.padding == "valid"
    session.change("encoding", height=14)
    desk.pipeline.run()
    assert session.pinned_maps[0].maps.clip is session.clip


def test_the_present_filters_do_not_convolve_pinned_ones_again(desk):
    desk.session.pinned = (RANDOM,)
    before = desk.session.pinned_maps
    desk.session.change("filters", seed=77)
    assert desk.session.pinned_maps is before


# what is seen


def test_alone_the_wall_has_no_heading(desk, row):
    assert row.heading.isHidden() and row.columns == []
    desk.session.pinned = (RANDOM,)
    assert not row.heading.isHidden() and len(row.columns) == 1
    desk.session.pinned = ()
    assert row.heading.isHidden() and row.columns == []


def test_all_walls_follow_one_clock_and_one_way_of_coloring(desk, row):
    session = desk.session
    session.pinned = (RANDOM, PRESET)
    session.frame = 4
    session.change("render", scaling="global")
    for column, item in zip(row.columns, session.pinned_maps, strict=True):
        assert column._session.features is item.maps
        assert column._session.frame == 4
        assert column._session.render.scaling == "global"
        assert column.tiles.zoom == row._tiles.layout_now.tiles[0].zoom.grow


def test_a_press_in_a_pinned_wall_moves_the_crosshair_and_chooses_no_map(desk, row):
    session = desk.session
    session.pinned = (PRESET,)
    session.map = 2
    tiles = row.columns[0].tiles
    box = tiles.tile_box(1)
    grow = tiles.layout_now.tiles[0].zoom.grow
    press(tiles.viewport(), box.x() + 5.5 * grow, box.y() + 3.5 * grow)
    assert session.voxel == (3, 5)
    assert session.map == 2
    assert tiles.chosen < 0


def test_headings_name_the_banks():
    assert bank_words(RANDOM, None) == ("Random", "Glorot uniform, seed 3")
    assert bank_words(PRESET, None) == ("Edges", "")
    edited = FilterSettings(source="edited", edited_from="preset")
    assert bank_words(edited, None) == ("Edited", "from a preset")
    model = FilterSettings(source="model", model="a/net.keras", layer="conv_1")
    assert bank_words(model, None) == ("conv_1", "net.keras")


def test_a_problem_stands_where_the_maps_would(desk, row):
    desk.session.pinned = (TOO_SMALL,)
    column = row.columns[0]
    assert column.tiles.isHidden() and not column.empty.isHidden()
    assert "needs a kernel" in column.empty.words.text()
    column.close_button.click()
    assert desk.session.pinned == ()


def test_the_closed_one_goes_and_the_other_stays(desk, row):
    desk.session.pinned = (RANDOM, PRESET)
    row.columns[0].close_button.click()
    assert desk.session.pinned == (PRESET,)
    assert row.columns[0]._session.features is desk.session.pinned_maps[0].maps


def test_scrolling_one_scrolls_all(qtbot, desk):
    row = shown(qtbot, BanksRow(desk.session, WallTiles(desk.session)), (500, 200))
    desk.session.change("filters", count=40)
    desk.session.pinned = (replace(RANDOM, count=40),)
    row._tiles.zoom = 3
    bar, other = row._tiles.verticalScrollBar(), row.columns[0].tiles.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 50 and other.maximum() > 50)
    bar.setValue(40)
    assert other.value() == 40
    other.setValue(10)
    assert bar.value() == 10


def test_beside_some_filters_stand_the_kinds_they_are_not():
    assert [made.source for made in others(RANDOM)] == ["preset"]
    assert [made.source for made in others(PRESET)] == ["random"]
    model = FilterSettings(source="model", model="net.keras", layer="a")
    assert [made.source for made in others(model)] == ["random", "preset"]
    assert [made.source for made in others(replace(model, source="random"))] == ["preset", "model"]
    assert others(RANDOM)[0].preset == "motion-and-edges"


# in the window


@pytest.fixture
def window(qtbot, themed, scan) -> Iterator[MainWindow]:
    made = MainWindow(Program(keras=False), autoplay=False)
    with qtbot.waitExposed(made):
        made.show()
    made.open_all([Opening(str(scan))])
    session = made.session
    qtbot.waitUntil(lambda: session.features is not None and made.program.jobs.idle, timeout=20_000)
    yield made
    made.close()
    made.deleteLater()


def test_keys_compare_pin_and_go_back(qtbot, window):
    session, wall = window.session, window.center.wall
    tools = window.tools
    assert not wall.maximize.isChecked()
    QTest.keyClick(window, Qt.Key.Key_C)
    assert [filters.source for filters in session.pinned] == ["preset"]
    qtbot.waitUntil(lambda: session.pinned_maps is not None and window.program.jobs.idle)
    assert wall.maximize.isChecked() and tools.compare_button.isChecked()
    assert tools.banks.columns[0].tiles.isVisible()
    QTest.keyClick(window, Qt.Key.Key_P)
    assert len(session.pinned) == MOST
    assert not window.actions_of["pin"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_C)
    assert session.pinned == () and not wall.maximize.isChecked()
    assert not tools.compare_button.isChecked()


def test_banks_change_places_as_one_step(qtbot, window):
    session = window.session
    QTest.keyClick(window, Qt.Key.Key_C)
    present, pinned = session.filters, session.pinned[0]
    window.tools.banks.columns[0].use.click()
    assert (session.filters, session.pinned) == (pinned, (present,))
    qtbot.waitUntil(lambda: window.program.jobs.idle, timeout=20_000)
    window.history.undo()
    assert (session.filters, session.pinned) == (present, (pinned,))
    window.history.redo()
    assert (session.filters, session.pinned) == (pinned, (present,))


def test_the_menu_chooses_random_and_preset_filters(qtbot, window):
    session = window.session
    window.actions_of["preset_filters"].trigger()
    assert session.filters.source == "preset" and session.filters.preset == "motion-and-edges"
    assert window.actions_of["preset_filters"].isChecked()
    window.filters_panel.source.button("random").click()
    assert window.actions_of["random_filters"].isChecked()
    assert not window.actions_of["preset_filters"].isChecked()
    window.history.undo()
    assert session.filters.source == "preset"


def test_pinned_filters_that_change_can_be_pinned_again(window):
    window.actions_of["pin"].trigger()
    assert not window.actions_of["pin"].isEnabled()
    window.choose("filters", kernel=(2, 3, 3))
    assert window.actions_of["pin"].isEnabled()
