"""The docks' panels: they open on every sample, say what is true, and do what is pressed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from voxviewer.data import Facts, Skeleton, Topology, Volume
from voxviewer.gui import theme
from voxviewer.gui.panels import (
    ContrastPanel,
    ConvolvePanel,
    EncodePanel,
    FiltersPanel,
    MicroscopePanel,
    SourcePanel,
    facts,
)
from voxviewer.gui.parts import PanelStack
from voxviewer.gui.turns import turns
from voxviewer.settings import Opening

LEFT = (SourcePanel, EncodePanel, ContrastPanel)
RIGHT = (FiltersPanel, ConvolvePanel, MicroscopePanel)
SAMPLES = ["", "sample:waving-hand", "sample:waving-skeleton", "sample:phantom"]
SMALL = {"height": 12, "width": 12}


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def desk():
    desk = Desk()
    desk.session.change("encoding", **SMALL)
    desk.session.change("filters", count=2)
    return desk


def opened(qtbot, desk, kind, path=""):
    if path:
        desk.pipeline.open([path])
    panel = kind(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(panel)
    panel.resize(280, panel.sizeHint().height())
    panel.show()
    return panel


def array_volume(array, axes="HWD", **more):
    """A volume (1, D, H, W, 1) of an array (H, W, D) that was read from a file."""
    stored = Facts(
        "NumPy array", "3D scan", array.shape, axes, str(array.dtype), array.nbytes,
        decisions=("axes guessed as H, W, D",), warnings=("orientation unknown",),
    )  # fmt: skip
    voxels = np.moveaxis(array, -1, 0)[None, ..., None]
    opening = Opening("folder/with/a/scan.npy")
    return Volume(voxels, stored, opening, "scan.npy", **more)


@pytest.mark.parametrize("look", ["dark", "light"])
@pytest.mark.parametrize("path", SAMPLES)
@pytest.mark.parametrize("kind", [*LEFT, *RIGHT])
def test_a_panel_opens_paints_and_closes(qtbot, desk, kind, path, look):
    theme.choose(look)
    panel = opened(qtbot, desk, kind, path)
    desk.session.voxel = (3, 4)
    picture = panel.grab().toImage()
    assert picture.pixelColor(2, picture.height() - 3).name() == theme.colors().panel
    panel.folded = True
    panel.close()
    panel.deleteLater()
    qtbot.waitUntil(lambda: not isValid(panel))
    desk.session.change("encoding", normalize="minmax")
    desk.session.frame = 1


@pytest.mark.parametrize("kind", [*LEFT, *RIGHT])
def test_everything_that_takes_the_keyboard_has_a_name(qtbot, desk, kind):
    panel = opened(qtbot, desk, kind, "sample:waving-hand")
    for widget in panel.findChildren(QWidget):
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if takes and widget.window() is panel:
            text = widget.text() if hasattr(widget, "text") else ""
            owner = widget.parentWidget()
            assert widget.accessibleName() or text or owner.accessibleName(), widget


@pytest.mark.parametrize("sides", [LEFT, RIGHT], ids=["left", "right"])
@pytest.mark.parametrize("path", SAMPLES[1:])
def test_tab_goes_down_the_rows(qtbot, desk, sides, path):
    stack = PanelStack()
    qtbot.addWidget(stack)
    for kind in sides:
        stack.add(kind(desk.session, desk.history, desk.pipeline))
    desk.pipeline.open([path])
    stack.resize(320, 1200)
    stack.show()
    qtbot.waitActive(stack)
    places = []
    for _ in range(60):
        QTest.keyClick(stack.focusWidget() or stack, Qt.Key.Key_Tab)
        focus = stack.focusWidget()
        top = focus.mapTo(stack, QPoint(0, focus.height() // 2))
        if (top.y(), top.x()) in places:
            break
        places.append((top.y(), top.x()))
    assert len(places) >= 8
    for before, after in pairwise(places):
        same_line = abs(after[0] - before[0]) < 12
        assert after[0] > before[0] or (same_line and after[1] > before[1]), (before, after)


@pytest.fixture(params=["", "DejaVu Sans"])
def family(request, qapp):
    """The system's font, and a wider one; measures follow when the event has been heard."""
    font = qapp.font()
    if request.param:
        wide = qapp.font()
        wide.setFamily(request.param)
        qapp.setFont(wide)
        qapp.processEvents()
    yield request.param
    qapp.setFont(font)
    qapp.processEvents()


@pytest.mark.parametrize("path", SAMPLES[1:])
def test_docks_are_as_narrow_as_the_look_asks(qtbot, desk, family, path):
    for sides, least in ((LEFT, 248), (RIGHT, 296)):
        panels = [opened(qtbot, desk, kind, path) for kind in sides]
        for panel in panels:
            # A wider font may take what the docks have beyond their least width.
            room = theme.width(least + (24 if family else 0))
            assert panel.minimumSizeHint().width() <= room, panel.title


# Source


def test_the_source_panel_says_what_was_opened(qtbot, desk):
    panel = opened(qtbot, desk, SourcePanel, "sample:waving-hand")
    shown = dict(panel.facts.facts)
    assert shown["Kind"] == "color video"
    assert shown["Shape"] == "(16, 256, 256, 3)"
    assert shown["Axes"] == "T, H, W, C"
    low, high = desk.session.figures.low, desk.session.figures.high
    assert shown["Values"] == f"uint8, {low} – {high}"
    assert shown["Rate"] == "12 fps, 1.33 s"
    assert shown["Size"] == "3.1 MB, in memory"
    assert panel.subtitle.text() == "sample, made by the program, seed 7"
    assert panel.empty.isHidden()


def test_figures_are_awaited_not_guessed(desk):
    desk.pipeline.open(["sample:waving-skeleton"])
    source = desk.session.current
    waiting = dict(facts.facts(source, None))
    assert waiting["Values"] == "float32, …"
    assert waiting["Missing"] == "…"
    assert dict(facts.facts(source, desk.session.figures))["Missing"] == "none"


def test_missing_joints_are_counted_and_the_worst_is_named():
    from voxviewer.sources.figures import figures

    joints = np.zeros((4, 1, 2, 3), np.float32)
    joints[0, 0, 1] = np.nan
    stored = Facts("NumPy array", "skeleton", (4, 2, 3), "TJX", "float32", joints.nbytes)
    names = Topology(("wrist", "thumb"))
    source = Skeleton(joints, joints[..., 0], names, stored, Opening("a.npy"), "a.npy")
    assert dict(facts.facts(source, figures(source)))["Missing"] == "12.5 %, thumb most"


def test_a_scan_says_spacing_and_extent_as_it_is_stored(desk):
    scan = array_volume(np.zeros((10, 20, 30), np.float32), spacing=(2.2, 1.0, 1.5))
    shown = dict(facts.facts(scan, None))
    assert shown["Spacing"] == "1.0 × 1.5 × 2.2 mm"
    assert shown["Extent"] == "10 × 30 × 66 mm"


def test_warnings_come_before_decisions(qtbot, desk):
    panel = opened(qtbot, desk, SourcePanel)
    desk.session.current = array_volume(np.zeros((4, 5, 6), np.float32))
    assert panel.remarks.said == (
        ("warning", "orientation unknown"),
        ("info", "axes guessed as H, W, D"),
    )
    desk.session.current = None
    assert panel.remarks.isHidden()
    assert not panel.empty.isHidden()


def test_a_long_name_is_cut_off_and_told_in_whole(qtbot, desk):
    name = "a-name-that-is-" + "much-" * 20 + "too-long.npy"
    panel = opened(qtbot, desk, SourcePanel)
    desk.session.current = replace(array_volume(np.zeros((4, 5, 6), np.float32)), name=name)
    panel.resize(280, 400)
    qtbot.waitUntil(lambda: panel.name.toolTip() == name)
    assert panel.minimumSizeHint().width() <= 280


def test_open_sources_are_switched_and_closed(qtbot, desk):
    panel = opened(qtbot, desk, SourcePanel, "sample:phantom")
    assert panel.list.isHidden()
    desk.pipeline.open(["sample:waving-hand"])
    assert not panel.list.isHidden()
    assert [line.isChecked() for line in panel.list.lines] == [False, True]
    panel.list.lines[0].click()
    assert desk.session.current.name == "phantom"
    desk.history.undo()
    assert desk.session.current.name == "waving-hand"
    assert panel.name.text() == "waving-hand"
    assert [line.isChecked() for line in panel.list.lines] == [False, True]
    panel.list.close_buttons[1].click()
    assert [source.name for source in desk.session.sources] == ["phantom"]
    assert panel.list.isHidden()


@pytest.mark.usefixtures("in_turns")
def test_a_line_that_is_clicked_before_the_list_has_followed_means_what_it_shows(qtbot, desk):
    panel = opened(qtbot, desk, SourcePanel, "sample:phantom")
    desk.pipeline.open(["sample:waving-hand", "sample:brain"])
    turns().finish()
    desk.pipeline.close(desk.session.sources[0])
    panel.list.close_buttons[0].click()
    assert [source.name for source in desk.session.sources] == ["waving-hand", "brain"]
    panel.list.lines[1].click()
    assert desk.session.current.name == "waving-hand"


def test_an_empty_panel_asks_for_a_file(qtbot, desk):
    panel = opened(qtbot, desk, SourcePanel)
    with qtbot.waitSignal(panel.open_wanted):
        panel.empty.link.click()


# Encode


def test_empty_sizes_show_what_the_source_has(qtbot, desk):
    desk.session.change("encoding", height=None, width=None)
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-hand")
    hints = [field.hint for field in panel.fields["frames"].fields]
    assert hints == ["16", "256", "256"]
    desk.pipeline.open(["sample:waving-skeleton"])
    assert [field.hint for field in panel.fields["frames"].fields] == ["30", "64", "64"]


def test_sizes_go_back_to_the_source_as_one_step(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-hand")
    panel.as_source.click()
    assert desk.session.encoding.height is None
    assert panel.fields["frames"].value == (None, None, None)
    assert not panel.as_source.isEnabled()
    desk.history.undo()
    assert desk.session.encoding.height == 12


def test_the_panel_says_what_choices_do_to_this_data(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-hand")
    desk.session.change("encoding", height=64, width=64, frames=20, length="pad-zero")
    assert panel.fields["antialias"].text() == "shrinks 4×, smooths"
    desk.session.change("encoding", height=256, width=256)
    assert panel.fields["antialias"].text() == "nothing shrinks"
    note = panel.fields["length"].accessibleDescription()
    assert note == "16 real frames, 4 padded. The mask travels with the clip."


def test_foreign_settings_are_kept_disabled_and_out_of_the_way(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-hand")
    assert panel.rows["sigma"].isHidden()
    assert not panel.rows["order"].isHidden()
    assert panel.others.text() == "More: edges kept, 15 of other sources"
    desk.session.change("encoding", grid="centers")
    assert panel.others.text().startswith("More: centers kept")
    panel.others.click()
    assert panel.fields["grid"].isEnabled()
    assert not panel.rows["sigma"].isHidden()
    assert not panel.fields["sigma"].isEnabled()
    assert "no joints" in panel.fields["sigma"].accessibleDescription()
    desk.pipeline.open(["sample:waving-skeleton"])
    assert panel.fields["sigma"].isEnabled()
    assert not panel.fields["order"].isEnabled()


def test_a_target_in_millimeters_begins_with_the_sources_own(qtbot, desk):
    desk.session.encoding = replace(desk.session.encoding, frames=None, height=None, width=None)
    panel = opened(qtbot, desk, EncodePanel, "sample:brain")
    field = panel.fields["spacing"]
    assert not panel.rows["spacing"].isHidden()
    assert [number.value for number in field.axes] == [2.2, 2.0, 2.0]
    field.way.value = "isotropic"
    field.way.changed.emit("isotropic")
    assert desk.session.encoding.spacing == "isotropic"
    assert panel.rows["spacing"]._note.words.text() == "comes to 26 × 128 × 96"
    desk.session.change("encoding", height=8, width=8, frames=4)
    assert "All sizes are given" in panel.rows["spacing"]._note.words.text()
    desk.history.undo()
    desk.history.undo()
    assert desk.session.encoding.spacing is None


def test_a_source_without_millimeters_says_so(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-hand")
    assert not panel.fields["spacing"].isEnabled()
    assert "no millimeters" in panel.fields["spacing"].accessibleDescription()


def test_another_unit_keeps_the_picture_and_is_one_step(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-skeleton")
    desk.session.change("encoding", height=64, width=64, sigma=3.2)
    desk.history.commit()
    panel.fields["sigma_unit"]._choose(panel.fields["sigma_unit"]._buttons[1])
    assert (desk.session.encoding.sigma_unit, desk.session.encoding.sigma) == ("percent", 5.0)
    desk.history.undo()
    assert (desk.session.encoding.sigma_unit, desk.session.encoding.sigma) == ("px", 3.2)


def test_the_turntables_camera_stands_under_the_plane_only_while_it_is_used(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-skeleton")
    assert panel.rows["azimuth"].isHidden()
    desk.session.change("encoding", plane="turntable")
    assert not panel.rows["azimuth"].isHidden()
    assert panel.fields["azimuth"].isEnabled()
    slider = panel.fields["azimuth"].slider
    slider.setValue(slider.maximum())
    assert desk.session.encoding.azimuth == 180.0
    desk.session.change("encoding", plane="xy", cutoff=3.0)
    assert panel.rows["azimuth"].isHidden()
    assert "cut at 3 σ" in panel.others.text()


def test_labels_are_said_quietly_and_nearest_is_one_click(qtbot, desk):
    labels = np.zeros((12, 12, 6), np.uint8)
    labels[3:9, 3:9, 1:5] = 4
    panel = opened(qtbot, desk, EncodePanel)
    finding = panel.below["order"]
    desk.session.current = array_volume(labels)
    assert not finding.isHidden()
    assert finding.words.text() == "2 labels?"
    finding.use.click()
    assert desk.session.encoding.order == 0
    assert finding.isHidden()
    desk.session.change("encoding", order=3)
    assert not finding.isHidden()
    desk.session.current = array_volume(np.random.default_rng(0).random((6, 6, 4)))
    assert finding.isHidden()


def test_a_row_keeps_its_place_when_another_choice_switches_it_off(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel, "sample:waving-hand")
    desk.session.change("encoding", order=0)
    assert not panel.rows["antialias"].isHidden()
    assert not panel.fields["antialias"].isEnabled()
    assert "Nearest" in panel.fields["antialias"].accessibleDescription()


def test_what_cannot_be_encoded_is_said_beside_its_field(qtbot, desk):
    panel = opened(qtbot, desk, EncodePanel)
    series = np.zeros((2, 3, 4, 5, 1), np.float32)
    source = replace(array_volume(np.zeros((4, 5, 3), np.float32)), voxels=series)
    desk.session.change("encoding", time_axis="depth", time_index=9)
    desk.session.current = source
    assert "time_index 9 is not there" in panel.rows["time_index"].error
    desk.session.change("encoding", time_index=1)
    assert panel.rows["time_index"].error == ""
