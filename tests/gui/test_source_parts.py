"""Parts of the Source panel and of windows: lists, alternatives, affines, presets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import Qt

from voxviewer.data import Facts, Volume
from voxviewer.gui.panels import ContrastPanel, EncodePanel, SourcePanel, facts
from voxviewer.gui.panels.affine_lines import matrix_words, origin_words
from voxviewer.gui.panels.source_list import SourceList
from voxviewer.gui.panels.window_field import NormalizeField, WindowField
from voxviewer.settings import Opening
from voxviewer.sources.figures import figures

AFFINE = np.array([[-2, 0, 0, 90.5], [0, 2, 0, -126], [0, 0, 3.25, -72], [0, 0, 0, 1.0]])


@pytest.fixture
def desk(themed):
    return Desk()


def scan(values=None, window=None, **more):
    array = np.linspace(-1000, 1500, 4 * 5 * 6).reshape(4, 5, 6) if values is None else values
    stored = Facts("DICOM", "3D scan", array.shape, "HWD", "int16", array.nbytes, window=window)
    voxels = np.moveaxis(array, -1, 0)[None, ..., None]
    more = {"spacing": (3.25, 2.0, 2.0), "affine": AFFINE, **more}
    return Volume(voxels, stored, Opening("a/scan.dcm"), "scan.dcm", **more)


def shown(desk, source):
    desk.session.sources = (source,)
    desk.session.current = source


def made(qtbot, desk, kind):
    panel = kind(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(panel)
    panel.resize(280, panel.sizeHint().height())
    panel.show()
    return panel


def test_another_array_is_picked_from_the_source_panel(qtbot, desk, tmp_path):
    np.savez(
        tmp_path / "a.npz", vol=np.zeros((4, 5, 6)), seg=np.ones((3, 4, 5), int), text=np.array("x")
    )
    panel = made(qtbot, desk, SourcePanel)
    desk.pipeline.open([str(tmp_path / "a.npz")])
    choice = panel.alternatives.choice
    assert not panel.alternatives.isHidden()
    assert panel.alternatives.label.text() == "Array"
    assert [choice.itemText(n).split()[0] for n in range(choice.count())] == ["vol", "seg", "text"]
    assert choice.value == 0
    assert not choice.model().item(2).isEnabled()
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    assert desk.session.current.opening.array == "seg"
    assert choice.value == 1 and len(desk.session.sources) == 1
    desk.history.undo()
    assert choice.value == 0


def test_grid_of_a_point_cloud_is_chosen_in_the_source_panel(qtbot, desk, tmp_path):
    np.save(tmp_path / "points.npy", np.random.default_rng(0).random((200, 3)))
    panel = made(qtbot, desk, SourcePanel)
    desk.pipeline.open(["sample:phantom"])
    assert panel.cloud.isHidden()
    desk.pipeline.open([str(tmp_path / "points.npy")])
    assert not panel.cloud.isHidden()
    assert panel.cloud.number.value is None
    assert panel.alternatives.label.text() == "Voxels"
    panel.cloud.number.spin.setFocus()
    panel.cloud.number.spin.selectAll()
    qtbot.keyClicks(panel.cloud.number.spin, "20")
    qtbot.keyClick(panel.cloud.number.spin, Qt.Key.Key_Return)
    assert max(desk.session.current.shape[1:4]) == 20
    assert desk.session.current.opening.voxels == 20
    panel.alternatives.choice.setCurrentIndex(1)
    panel.alternatives.choice.activated.emit(1)
    assert desk.session.current.opening.cloud == "occupancy"
    assert desk.session.current.opening.voxels == panel.cloud.number.value == 20
    desk.history.undo()
    desk.history.undo()
    assert max(desk.session.current.shape[1:4]) == 64


def test_an_array_that_is_refused_leaves_the_choice_where_it_was(qtbot, desk, tmp_path):
    np.savez(tmp_path / "a.npz", vol=np.zeros((4, 5, 6)), seg=np.ones((3, 4, 5), int))
    panel = made(qtbot, desk, SourcePanel)
    desk.pipeline.open([str(tmp_path / "a.npz")])
    (tmp_path / "a.npz").unlink()
    panel.alternatives.choice.setCurrentIndex(1)
    panel.alternatives.choice.activated.emit(1)
    assert panel.alternatives.choice.value == 0
    assert desk.session.notice is not None and "not there" in desk.session.notice.text


def test_a_file_with_one_thing_offers_no_choice(qtbot, desk):
    panel = made(qtbot, desk, SourcePanel)
    desk.pipeline.open(["sample:phantom"])
    assert panel.alternatives.isHidden()


def test_a_long_list_of_sources_scrolls_and_tells_twins_apart(qtbot, themed):
    many = SourceList()
    qtbot.addWidget(many)
    sources = [scan() for _ in range(9)]
    many.show_sources(sources, sources[7])
    many.resize(260, many.sizeHint().height())
    many.show()
    assert many.height() < 9 * many.lines[0].height()
    assert [line.text() for line in many.lines[:2]] == ["scan.dcm (1)", "scan.dcm (2)"]
    assert [line.isChecked() for line in many.lines].index(True) == 7
    with qtbot.waitSignal(many.closed) as told:
        qtbot.mouseClick(many.close_buttons[2], Qt.MouseButton.LeftButton)
    assert told.args == [2]
    many.show_sources(sources[:2], sources[0])
    assert [row.isHidden() for row in many._rows] == [False, False, *[True] * 7]


def test_facts_count_what_is_not_finite_and_say_the_mean():
    values = np.array([[[0.0, 1, 2], [3, np.nan, np.inf]]] * 2)
    source = scan(values)
    lines = dict(facts.facts(source, figures(source)))
    assert lines["Mean"] == "1.5"
    assert lines["Not finite"] == "2 NaN, 2 infinite"
    assert dict(facts.facts(source, None))["Not finite"] == "…"
    whole = scan(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    lines = dict(facts.facts(whole, figures(whole)))
    assert "Not finite" not in lines and lines["Mean"] == "11.5"


def test_the_affine_is_said_in_a_line_and_unfolds(qtbot, desk):
    assert origin_words(AFFINE) == "90.5, −126, −72 mm"
    assert matrix_words(AFFINE).splitlines()[0].split() == ["−2", "0", "0", "90.5"]
    panel = made(qtbot, desk, SourcePanel)
    shown(desk, scan())
    assert "origin 90.5" in panel.affine.line.text() and panel.affine.matrix.isHidden()
    panel.affine.line.click()
    assert not panel.affine.matrix.isHidden()
    shown(desk, scan(affine=None))
    assert panel.affine.isHidden()


# --- windows ----------------------------------------------------------------------------------


def test_a_window_is_a_preset_the_files_own_or_ones_own(qtbot, themed):
    field = WindowField()
    qtbot.addWidget(field)
    field.value = (-600.0, 1500.0)
    assert field.preset.value == "lung"
    field.value = (1.0, 2.0)
    assert field.preset.value == "own" and field.center.value == 1.0
    field.set_file_window((35.0, 90.0))
    field.value = None
    assert field.preset.value == "file" and field.width_.value == 90.0


def test_choosing_a_window_as_normalization_makes_the_clip(qtbot, desk):
    panel = made(qtbot, desk, EncodePanel)
    shown(desk, scan())
    field = panel.fields["normalize"]
    assert field.window_field.isHidden()
    field.method.setFocus()
    qtbot.keyClick(field.method, Qt.Key.Key_End)
    assert desk.session.encoding.normalize == "window"
    assert desk.session.encoding.window == (50.0, 400.0)
    assert not field.window_field.isHidden()
    field.window_field.preset.setCurrentIndex(0)
    field.window_field.preset.activated.emit(0)
    assert desk.session.encoding.window == (40.0, 80.0)
    assert float(desk.session.clip.data.max()) == 1.0
    desk.history.undo()
    assert desk.session.encoding.window == (50.0, 400.0)


def test_a_files_own_window_is_taken_before_any_preset(qtbot, themed):
    field = NormalizeField((("none", "none"), ("window", "window")))
    qtbot.addWidget(field)
    field.value = ("none", None)
    field.set_file_window((35.0, 90.0))
    field.method.setCurrentIndex(1)
    field.method.activated.emit(1)
    assert field.value == ("window", None)
    assert field.window_field.preset.value == "file"


def test_windows_as_limits_of_the_colors_are_for_scans_like_ct(qtbot, desk):
    panel = made(qtbot, desk, ContrastPanel)
    shown(desk, scan())
    assert not panel.window_row.isHidden()
    lung = panel.window_field.options.index((-1350.0, 150.0))
    panel.window_field.setCurrentIndex(lung)
    panel.window_field.activated.emit(lung)
    assert desk.session.render.limits == (-1350.0, 150.0)
    desk.session.change("render", limits=None)
    assert panel.window_field.value is None
    desk.session.change("encoding", normalize="minmax")
    assert not panel.window_field.isEnabled()
    shown(desk, scan(np.random.default_rng(0).random((4, 5, 6))))
    assert panel.window_row.isHidden()
    own = scan(np.random.default_rng(0).random((4, 5, 6)))
    shown(desk, replace(own, facts=replace(own.facts, window=(0.5, 0.2))))
    assert not panel.window_row.isHidden()
    assert panel.window_field.options[1] == (0.4, 0.6)


def test_roles_say_why_the_time_axis_has_no_say(qtbot, desk):
    panel = made(qtbot, desk, EncodePanel)
    shown(desk, scan())
    assert panel.fields["time_axis"].isEnabled()
    desk.session.change("encoding", roles=(0, "height", "time", "width", "channel"))
    assert not panel.fields["time_axis"].isEnabled()
    assert "Axes" in panel.fields["time_axis"].accessibleDescription()
