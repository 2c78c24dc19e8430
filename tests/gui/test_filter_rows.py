"""Presets, edited filters and foreign channels in the Filters panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from voxviewer.convolution.editing import to_settings
from voxviewer.convolution.presets import PRESETS
from voxviewer.data import FilterBank
from voxviewer.gui import theme
from voxviewer.gui.panels import FiltersPanel
from voxviewer.gui.panels.filter_rows import least_kernel, pick_name
from voxviewer.networks.shipped import WAVES
from voxviewer.settings import FilterSettings


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def desk():
    desk = Desk()
    desk.session.change("encoding", height=12, width=12, frames=6)
    desk.session.change("filters", count=2)
    desk.pipeline.open(["sample:waving-hand"])
    return desk


@pytest.fixture
def panel(qtbot, desk):
    made = FiltersPanel(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(made)
    made.resize(320, made.sizeHint().height())
    made.show()
    return made


def bank_of(channels, count=2):
    kernels = np.arange(27 * channels * count, dtype=np.float32).reshape(3, 3, 3, channels, count)
    return FilterBank(kernels, np.zeros(count, np.float32), "linear", "model")


def edited(channels):
    kernels = to_settings(bank_of(channels))
    return FilterSettings(source="edited", kernels=kernels, edited_from="random")


def shown(panel):
    return [name for name, row in panel.rows.items() if not row.isHidden()]


def test_a_layer_of_a_whole_network_asks_for_nothing_about_channels(desk, panel):
    """Deep layers take as many channels as the layer before them puts out, not the clip's."""
    desk.session.filters = edited(4)
    assert not panel.channels.isHidden()
    desk.session.live = False
    desk.session.filters = FilterSettings(source="model", model="a.keras", layer="b", through=True)
    desk.session.bank = bank_of(4)
    panel.channels.show_session(desk.session)
    assert panel.channels.isHidden()


def test_preset_is_one_click_and_names_the_filters(desk, panel):
    panel.source.button("preset").click()
    assert desk.session.filters.source == "preset"
    assert desk.session.bank.names == PRESETS["motion-and-edges"].names
    assert shown(panel) == ["preset", "kernel"]
    assert panel.die.isHidden()
    assert panel.preset.options == tuple(PRESETS)
    desk.history.undo()
    assert desk.session.filters.source == panel.source.value == "random"
    assert "initializer" in shown(panel)


def test_no_digit_of_count_and_seed_is_cut_off(desk, panel):
    desk.session.change("filters", count=4096, seed=2**32 - 1)
    panel.resize(296, panel.sizeHint().height())
    for field in (panel.count, panel.seed):
        edit = field.spin.lineEdit()
        room = edit.contentsRect().width() - 4  # the line edit's own margins
        words = edit.text()
        assert edit.fontMetrics().horizontalAdvance(words) <= room, words


def test_every_preset_says_what_it_shows(panel):
    panel.source.button("preset").click()
    for index, preset in enumerate(PRESETS.values()):
        assert panel.preset.itemText(index) == preset.title
        tip = panel.preset.itemData(index, Qt.ItemDataRole.ToolTipRole)
        assert preset.words in tip and preset.names[0] in tip


def test_the_keyboard_chooses_the_next_preset(desk, panel):
    panel.source.button("preset").click()
    QTest.keyClick(panel.preset, Qt.Key.Key_Down)
    assert desk.session.filters.preset == list(PRESETS)[1]
    assert panel.preset.toolTip().startswith(PRESETS[list(PRESETS)[1]].words)


def test_a_kernel_too_small_is_said_beside_it_with_the_way_out(desk, panel):
    desk.session.change("filters", source="preset", preset="motion-energy-fast")
    least = PRESETS["motion-energy-fast"].least
    assert least[0] == 3 < least[1]
    assert f"at least {' x '.join(map(str, least))}" in panel.rows["kernel"].error
    assert panel.source_row.error == ""
    assert [bool(field.property("bad")) for field in panel.kernel.fields] == [False, True, False]
    assert not panel.grow_line.isHidden()
    panel.grow.click()
    assert desk.session.filters.kernel == least
    assert desk.session.bank.size == least
    assert panel.rows["kernel"].error == "" and panel.grow_line.isHidden()


def test_choosing_a_preset_makes_room_for_it_in_the_same_step(desk, panel):
    desk.session.change("filters", source="preset", preset="edges", kernel=(5, 3, 3))
    desk.history.commit()
    panel.preset.chosen.emit("motion-energy-fast")
    assert desk.session.filters.kernel == (5, 7, 7)
    assert panel.rows["kernel"].error == ""
    desk.history.undo()
    assert (desk.session.filters.preset, desk.session.filters.kernel) == ("edges", (5, 3, 3))


def test_the_way_out_makes_no_axis_smaller():
    T, H, W = PRESETS["motion-energy-fast"].least
    assert least_kernel("motion-energy-fast", (T + 2, H - 1, W + 4)) == (T + 2, H, W + 4)
    assert least_kernel("motion-energy-fast", (T, H, W)) is None
    assert least_kernel(None, (1, 1, 1)) is None


def test_color_is_asked_for_where_there_are_several_channels(desk, panel):
    panel.source.button("preset").click()
    assert panel.rows["color"].isHidden()
    desk.session.change("encoding", channels="rgb")
    assert not panel.rows["color"].isHidden()
    panel.color.button("channels").click()
    assert desk.session.bank.count == 3 * len(PRESETS["motion-and-edges"].names)
    assert desk.session.bank.names[1].endswith("green")
    panel.source.button("random").click()
    assert panel.rows["color"].isHidden()


def test_edited_filters_say_so_and_lead_back(desk, panel):
    desk.session.filters = replace(edited(1), edited_from="preset", preset="edges")
    desk.history.commit()
    assert shown(panel) == ["edited"]
    assert panel.edited.words.text() == "2 × 3×3×3"
    assert panel.edited.back.text() == "Back to the preset"
    panel.folded = True
    assert panel.bar.fact == "edited, 2 × 3×3×3"
    panel.edited.back.click()
    assert desk.session.filters.source == "preset"
    desk.history.undo()
    assert desk.session.filters.source == "edited"


@pytest.mark.parametrize("how", ["sum", "pick:1"])
def test_filters_of_three_channels_meet_a_gray_clip_by_a_remedy(desk, panel, how):
    desk.session.filters = edited(3)
    assert panel.channels.error == "The filters take 3 channels, the clip has 1."
    assert panel.source_row.error == "" and not panel.channels.isHidden()
    assert desk.session.features is None
    if how == "sum":
        assert panel.channels.whole.text() == "Sum"
        panel.channels.whole.click()
    else:
        action = panel.channels.pick.menu().actions()[2]
        assert action.text() == "channel 1"
        action.trigger()
    assert desk.session.filters.adapt == how
    assert desk.session.features is not None
    own = bank_of(3).kernels
    expected = own.sum(axis=3, keepdims=True) if how == "sum" else own[:, :, :, 1:2]
    assert np.array_equal(desk.session.bank.kernels, expected)
    assert panel.channels.error == ""
    assert panel.channels.words.text() == ("added up" if how == "sum" else "channel 1")
    panel.channels.back.click()
    assert desk.session.filters.adapt is None and panel.channels.error


def test_gray_filters_are_repeated_over_a_color_clip(desk, panel):
    desk.session.filters = edited(1)
    assert panel.channels.isHidden()
    desk.session.change("encoding", channels="rgb")
    assert panel.channels.whole.text() == "Repeat"
    names = [action.text() for action in panel.channels.pick.menu().actions()]
    assert names == ["one …", "red", "green", "blue"]
    panel.channels.whole.click()
    assert desk.session.features is not None
    desk.session.change("encoding", channels="gray")
    assert panel.channels.isHidden()


def test_a_remedy_that_does_not_lead_there_says_so_and_can_be_taken_back(desk, panel):
    desk.session.filters = replace(edited(3), adapt="repeat")
    assert "cannot meet a clip of 1" in panel.channels.error
    assert not panel.channels.back.isHidden()
    panel.channels.back.click()
    assert panel.channels.whole.text() == "Sum"


def test_a_picked_channel_has_the_clips_name_where_it_has_one():
    assert pick_name("pick:1", ("red", "green", "blue")) == "green"
    assert pick_name("pick:4", ("red",)) == "channel 4"


def test_enter_and_a_double_click_ask_for_the_taps(qtbot, panel):
    with qtbot.waitSignal(panel.kernel_wanted):
        QTest.keyClick(panel.pictures, Qt.Key.Key_Return)
    with qtbot.waitSignal(panel.kernel_wanted):
        place = panel.pictures._place(1).center()
        QTest.mouseDClick(panel.pictures, Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(panel.kernel_wanted):
        panel.taps.click()


def test_trained_filters_are_one_click_for_whoever_has_no_model(desk, panel):
    panel.source.chosen.emit("model")
    assert panel.waves.isVisibleTo(panel)
    panel.waves.click()
    session = desk.session
    assert (session.filters.source, session.filters.model) == ("model", WAVES)
    assert session.bank.kernels.shape == (3, 5, 5, 1, 8)
    assert not panel.waves.isVisibleTo(panel)
