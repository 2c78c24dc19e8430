"""The Kernel panel: every tap is there, to be typed, stepped, dragged, mirrored, taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from direct import Desk
from made_views import drag
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from voxviewer.convolution.editing import to_settings
from voxviewer.gui import theme
from voxviewer.gui.panels import tap_edit
from voxviewer.gui.panels.kernel_panel import KernelPanel, as_numpy
from voxviewer.gui.panels.taps import tap_layout, units_words
from voxviewer.gui.panels.words import units
from voxviewer.recipe import from_json, to_json

SIZES = [(3, 3, 3), (1, 1, 1), (1, 5, 5), (5, 5, 5), (7, 7, 7), (2, 11, 5), (9, 3, 3), (16, 31, 31)]


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def desk():
    desk = Desk()
    desk.session.change("encoding", height=12, width=12, frames=6)
    desk.session.change("filters", count=3)
    desk.pipeline.open(["sample:waving-hand"])
    return desk


@pytest.fixture
def panel(qtbot, desk):
    made = KernelPanel(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(made)
    made.folded = False
    made.resize(320, made.sizeHint().height())
    made.show()
    return made


def center(grid, tap):
    return grid.places().box(tap).center().toPoint()


def click(grid, tap):
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=center(grid, tap))


def weights(desk, index=0):
    return desk.session.bank.kernels[..., index]


# places


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("width", [200, 296, 500])
def test_every_tap_has_a_cell_of_its_own_inside_the_width(qapp, size, width):
    place = tap_layout(size, width)
    boxes = {}
    for tap in np.ndindex(*size):
        box = place.box(tap)
        assert box.left() >= 0 and box.right() <= width + 1
        assert box.bottom() <= place.height + 1
        if min(box.width(), box.height()) >= 2:
            assert place.at(QPointF(box.center())) == tap
        boxes[tap] = (box.x(), box.y())
    assert len(set(boxes.values())) == len(boxes)


def test_numbers_are_written_for_kernels_up_to_five(qapp):
    assert tap_layout((3, 3, 3), 296).numbers
    assert tap_layout((5, 5, 5), 296).numbers
    assert not tap_layout((7, 7, 7), 296).numbers


def test_arrows_go_over_the_gap_to_the_next_frame_and_stop_at_the_edge(qapp):
    place = tap_layout((3, 3, 3), 296)
    assert place.beside((0, 1, 2), 0, 1) == (1, 1, 0)
    assert place.beside((0, 0, 0), -1, 0) is None
    assert place.beside((2, 2, 2), 0, 1) is None
    assert place.beside((2, 2, 2), 1, 0) is None


def test_small_weights_are_written_in_units_that_tell_them_apart():
    assert (units(0.3), units_words(0.3)) == (1.0, "")
    assert (units(0.04), units_words(0.04)) == (100.0, "numbers × 0.01")
    assert (units(0.0), units_words(0.0)) == (1.0, "")


@pytest.mark.parametrize(
    ("value", "step"), [(0.042, 0.05), (0.012, 0.01), (1.0, 1.0), (0.0, 0.01), (float("nan"), 0.01)]
)
def test_steps_are_round(value, step):
    assert tap_edit.round_step(value) == pytest.approx(step)


# what is shown


def test_it_begins_folded_and_shows_every_tap_of_the_chosen_filter(qtbot, desk):
    made = KernelPanel(desk.session, desk.history)
    qtbot.addWidget(made)
    assert made.folded and made.bar.fact == "filter 0"
    made.folded = False
    desk.session.map = 2
    assert made.bar.fact == "filter 2"
    assert np.array_equal(made.grid._values, weights(desk, 2)[..., 0].astype(np.float64))


def test_channels_are_picked_by_the_clips_names(desk, panel):
    assert panel.channel_row.isHidden()
    desk.session.change("encoding", channels="rgb")
    assert not panel.channel_row.isHidden()
    panel.few.button(2).click()
    assert np.array_equal(panel.grid._values, weights(desk)[..., 2].astype(np.float64))
    desk.session.change("encoding", channels="gray")
    assert panel.channel_row.isHidden()
    assert np.array_equal(panel.grid._values, weights(desk)[..., 0].astype(np.float64))


def test_without_filters_it_says_so(qtbot):
    desk = Desk()
    made = KernelPanel(desk.session, desk.history)
    qtbot.addWidget(made)
    made.folded = False
    assert not made.empty.isHidden() and made.grid.isHidden()
    assert not made.copy_button.isEnabled()


# editing


def test_a_typed_number_is_live_and_one_step(desk, panel):
    before = desk.session.filters
    maps = desk.session.features
    click(panel.grid, (1, 2, 0))
    editor = panel.grid.editor
    assert editor.isVisible()
    QTest.keyClicks(editor, "0.25")
    assert weights(desk)[1, 2, 0, 0] == np.float32(0.25)
    assert desk.session.features is not maps
    assert desk.session.filters.source == "edited"
    assert desk.session.filters.edited_from == "random"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert not editor.isVisible()
    desk.history.undo()
    assert desk.session.filters == before
    desk.history.redo()
    assert weights(desk)[1, 2, 0, 0] == np.float32(0.25)


def test_only_that_tap_changes(desk, panel):
    before = desk.session.bank.kernels.copy()
    desk.session.map = 1
    click(panel.grid, (0, 0, 1))
    QTest.keyClicks(panel.grid.editor, "-2")
    QTest.keyClick(panel.grid.editor, Qt.Key.Key_Return)
    changed = np.argwhere(desk.session.bank.kernels != before)
    assert changed.tolist() == [[0, 0, 1, 0, 1]]


def test_escape_leaves_no_trace(desk, panel):
    before = desk.session.filters
    click(panel.grid, (1, 1, 1))
    QTest.keyClicks(panel.grid.editor, "5")
    assert desk.session.filters != before
    QTest.keyClick(panel.grid.editor, Qt.Key.Key_Escape)
    assert desk.session.filters == before
    assert not panel.grid.editor.isVisible()


def test_opening_a_number_and_leaving_it_changes_nothing(desk, panel):
    before = desk.session.filters
    click(panel.grid, (1, 1, 1))
    QTest.keyClick(panel.grid.editor, Qt.Key.Key_Return)
    assert desk.session.filters == before


def test_a_text_that_is_no_number_is_marked_and_not_taken(desk, panel):
    click(panel.grid, (1, 1, 1))
    QTest.keyClicks(panel.grid.editor, "x")
    assert panel.grid.editor.property("bad") is True
    assert desk.session.filters.source == "random"
    panel.grid.editor.clear()
    QTest.keyClicks(panel.grid.editor, "1e99")
    assert np.isfinite(desk.session.bank.kernels).all()


def test_up_and_down_step_on_round_numbers(desk, panel):
    click(panel.grid, (1, 1, 1))
    editor, step = panel.grid.editor, panel.grid.step()
    QTest.keyClicks(editor, "0.1")
    QTest.keyClick(editor, Qt.Key.Key_Up)
    assert weights(desk)[1, 1, 1, 0] == np.float32(round(0.1 + step, 9))
    QTest.keyClick(editor, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert weights(desk)[1, 1, 1, 0] == np.float32(round(0.1 - 9 * step, 9))


def test_tab_goes_on_to_the_next_tap(panel):
    click(panel.grid, (0, 2, 2))
    QTest.keyClick(panel.grid.editor, Qt.Key.Key_Tab)
    assert panel.grid.tap == (1, 0, 0) and panel.grid.editor.isVisible()
    QTest.keyClick(panel.grid.editor, Qt.Key.Key_Backtab)
    assert panel.grid.tap == (0, 2, 2)


def test_a_drag_changes_the_tap_live_and_is_one_step(desk, panel):
    before = desk.session.filters
    seen = []
    desk.session.events.filters.connect(lambda filters: seen.append(filters))
    start = float(weights(desk)[1, 1, 1, 0])
    place = center(panel.grid, (1, 1, 1))
    x, y = place.x(), place.y()
    drag(panel.grid, [(x, y), (x, y - 10), (x, y - 30), (x, y - 20)])
    assert len(seen) == 3
    assert float(weights(desk)[1, 1, 1, 0]) > start
    assert not panel.grid.editor.isVisible()
    desk.history.undo()
    assert desk.session.filters == before


def test_keys_alone_reach_and_change_a_tap(desk, panel):
    grid = panel.grid
    grid.setFocus()
    assert grid.tap is None or grid.tap == (1, 1, 1)
    grid.choose((1, 1, 1))
    QTest.keyClick(grid, Qt.Key.Key_Left)
    QTest.keyClick(grid, Qt.Key.Key_Up)
    assert grid.tap == (1, 0, 0)
    QTest.keyClick(grid, Qt.Key.Key_Delete)
    assert weights(desk)[1, 0, 0, 0] == 0
    QTest.keyClicks(grid, "7")
    assert grid.editor.isVisible() and weights(desk)[1, 0, 0, 0] == 7
    QTest.keyClick(grid.editor, Qt.Key.Key_Return)
    assert grid.accessibleDescription().startswith("frame 1, row 0, column 0: 7")


@pytest.mark.parametrize("axis", range(3))
def test_symmetric_buttons_mirror_one_filter(desk, panel, axis):
    before = desk.session.bank.kernels.copy()
    panel.mirrors[axis].click()
    after = desk.session.bank.kernels
    assert np.allclose(after[..., 0], np.flip(after[..., 0], axis))
    assert np.array_equal(after[..., 1:], before[..., 1:])
    desk.history.undo()
    assert desk.session.filters.source == "random"


def test_normalize_and_zero_sum_do_what_their_labels_say(desk, panel):
    panel.zero.click()
    assert float(weights(desk).sum()) == pytest.approx(0, abs=1e-6)
    panel.normalize.click()
    assert float(np.abs(weights(desk)).sum()) == pytest.approx(1, abs=1e-6)
    assert "Σ|w| 1.0000" in panel.facts.text()


def test_with_shift_all_filters_are_changed(desk, panel, monkeypatch):
    shift = Qt.KeyboardModifier.ShiftModifier
    monkeypatch.setattr(QApplication, "keyboardModifiers", staticmethod(lambda: shift))
    panel.normalize.click()
    sums = np.abs(desk.session.bank.kernels).sum(axis=(0, 1, 2, 3))
    assert sums == pytest.approx(1, abs=1e-6)


def test_edits_of_a_preset_keep_its_names_and_travel_in_the_recipe(desk, panel):
    desk.session.change("filters", source="preset", preset="edges")
    panel.mirrors[2].click()
    assert desk.session.filters.edited_from == "preset"
    assert desk.session.bank.names[0] == "Sobel x"
    again = from_json(to_json(desk.session.choices))
    assert again.filters == desk.session.filters


def test_another_kernel_size_closes_the_number(desk, panel):
    click(panel.grid, (2, 2, 2))
    desk.session.change("filters", kernel=(1, 2, 2))
    assert not panel.grid.editor.isVisible()
    assert panel.grid.tap is None
    assert isinstance(panel.grid.editor, QLineEdit)


def test_copied_numpy_makes_the_very_kernel(desk, panel):
    panel.copy_button.click()
    text = QApplication.clipboard().text()
    made = {}
    exec(text, made)
    assert made["kernel"].dtype == np.float32
    assert np.array_equal(made["kernel"], weights(desk)[..., 0])
    large = np.random.default_rng(0).normal(size=(5, 9, 9, 3)).astype(np.float32)
    exec(as_numpy(large.astype(np.float64), "large"), made)
    assert np.array_equal(made["kernel"], large)


def test_reveal_unfolds_and_takes_the_keyboard(qtbot, desk):
    made = KernelPanel(desk.session, desk.history)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.reveal()
    qtbot.waitUntil(lambda: made.focusWidget() is made.grid)
    assert not made.folded


def test_kernels_of_a_recipe_that_cannot_be_used_leave_the_panel_standing(desk, panel):
    kernels = replace(to_settings(desk.session.bank), activation="nonsense")
    desk.session.change("filters", source="edited", kernels=kernels)
    assert desk.session.bank is None and desk.session.problem("bank")
    assert not panel.empty.isHidden()
