"""The panels of colors, filters, engines and running work, and how the panels write numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from direct import Desk
from made_views import shown
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from voxviewer.data import Clip, Comparison
from voxviewer.gui import theme
from voxviewer.gui.panels import (
    ContrastPanel,
    ConvolvePanel,
    FiltersPanel,
    filter_words,
    filters,
    words,
)
from voxviewer.gui.panels.convolve_panel import proof, third_opinion
from voxviewer.gui.panels.histogram import Histogram, histogram, sample
from voxviewer.gui.panels.network_rows import network_help
from voxviewer.gui.views import ClipView
from voxviewer.networks.layer_info import LayerInfo
from voxviewer.recipe import to_python
from voxviewer.session import EngineState, History, Session
from voxviewer.settings import INITIALIZERS, EncodingSettings, FilterSettings

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
    panel.resize(320, panel.sizeHint().height())
    panel.show()
    return panel


# Contrast


def test_the_histogram_counts_as_numpy_does():
    values = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    counts = histogram(values, -2.0, 2.0, 16)
    expected, _ = np.histogram(values, 16, (-2.0, 2.0))
    assert np.array_equal(counts, expected)


def test_a_sample_is_regular_finite_and_small():
    values = np.arange(10_000, dtype=np.float32).reshape(10, 100, 10, 1)
    taken = sample(values, 1000)
    assert 900 <= taken.size <= 1000
    assert len(set(np.diff(taken))) == 1
    assert sample(np.array([1.0, np.nan, np.inf, 2.0])).tolist() == [1.0, 2.0]


def pick(choice, value):
    """Pick from a list, as a person does."""
    index = list(choice.options).index(value)
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def test_limits_of_one_percent_are_the_clips_percentiles(qtbot, desk):
    panel = opened(qtbot, desk, ContrastPanel, "sample:waving-hand")
    pick(panel.limits, "percent")
    expected = np.percentile(desk.session.clip.data, (1, 99))
    assert desk.session.render.limits == pytest.approx(expected)
    assert panel.limits.value == "percent"
    pick(panel.limits, "full")
    assert desk.session.render.limits is None
    desk.history.undo()
    assert panel.limits.value == "percent"


def test_limits_of_tiny_values_can_be_read_and_typed(qtbot, desk, tmp_path):
    """Diffusion in m2/s, strain, fields in tesla: five decimals would show nothing but zeros."""
    values = np.random.default_rng(0).random((4, 8, 8), np.float32) * 2e-9
    np.save(tmp_path / "diffusion.npy", values)
    panel = opened(qtbot, desk, ContrastPanel, str(tmp_path / "diffusion.npy"))
    desk.session.change("render", limits=(2e-10, 1.5e-9))
    assert panel.ends.low.spin.text() == "0.0000000002"
    assert panel.ends.value == (2e-10, 1.5e-9)
    panel.ends.high.spin.stepUp()
    assert desk.session.render.limits == pytest.approx((2e-10, 1.51e-9))


def test_contrast_per_frame_is_chosen_said_and_left_by_a_handle(qtbot, desk):
    panel = opened(qtbot, desk, ContrastPanel, "sample:waving-hand")
    session = desk.session
    pick(panel.limits, "frame")
    assert session.render.clip_scaling == "frame" and session.render.limits is None
    assert panel.limits.value == "frame"
    view = shown(qtbot, ClipView(session), (500, 400))
    assert not view._badge.isHidden() and "per frame" not in view.readout._right.text()
    for frame in (0, 9):
        session.frame = frame
        scale, plane = view.scale(session.clip), session.clip.data[frame]
        assert (scale.low, scale.high) == (float(plane.min()), float(plane.max()))
    view.set_tab("tw")
    assert view._badge.isHidden(), "a plane of all frames has one scale for all"
    view.set_tab("frame")
    session.change("render", limits=(20.0, 90.0))
    assert panel.limits.value == "own" and view._badge.isHidden()


def test_a_handle_drags_live_and_is_one_step(qtbot, desk):
    panel = opened(qtbot, desk, ContrastPanel, "sample:waving-hand")
    picture = panel.histogram
    seen = []
    desk.session.events.render.connect(lambda new: seen.append(new.limits))
    width = picture.width()
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, pos=QPoint(width - 20, 20))
    for x in (width - 40, width - 60):
        QTest.mouseMove(picture, QPoint(x, 20))
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=QPoint(width - 60, 20))
    assert len(seen) == 3
    assert seen[0][1] > seen[1][1] > seen[2][1]
    assert panel.limits.value == "own"
    desk.history.undo()
    assert desk.session.render.limits is None
    assert picture.value is None
    assert panel.limits.value == "full"


def test_handles_never_cross_and_stay_inside(qtbot):
    picture = Histogram()
    qtbot.addWidget(picture)
    picture.resize(260, 90)
    picture.show_counts(np.ones(8, np.int64), 0.0, 1.0)
    picture.show()
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, pos=QPoint(200, 10))
    QTest.mouseMove(picture, QPoint(-500, 10))
    assert 0.0 == picture.value[0] < picture.value[1]
    QTest.mouseMove(picture, QPoint(5000, 10))
    assert picture.value == (0.0, 1.0)
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=QPoint(5000, 10))
    QTest.keyClick(picture, Qt.Key.Key_Left)
    assert picture.value == pytest.approx((0.0, 0.99))
    QTest.mouseDClick(picture, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    assert picture.value is None


def test_around_zero_both_handles_move_alike(qtbot):
    picture = Histogram()
    qtbot.addWidget(picture)
    picture.resize(260, 90)
    picture.show_counts(np.ones(8, np.int64), -2.0, 2.0, centered=True)
    picture.show()
    QTest.keyClick(picture, Qt.Key.Key_Left)
    low, high = picture.value
    assert (low, high) == pytest.approx((-1.96, 1.96))


# Filters


def test_the_die_takes_the_next_seed_as_one_step(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel, "sample:waving-hand")
    before = desk.session.bank.kernels
    panel.die.click()
    assert desk.session.filters.seed == panel.seed.value == 1
    assert not np.array_equal(desk.session.bank.kernels, before)
    desk.session.change("filters", seed=2**32 - 1)
    panel.die.click()
    assert desk.session.filters.seed == 0


def test_every_initializer_has_a_name_and_its_spread_where_it_has_one(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel)
    assert panel.initializer.options == INITIALIZERS
    for name in INITIALIZERS:
        desk.session.change("filters", initializer=name)
        assert panel.rows["stddev"].isHidden() == (name not in words.SPREAD_USED)


def test_a_click_on_a_kernel_chooses_its_map(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel, "sample:waving-hand")
    desk.session.change("filters", count=6)
    pictures = panel.pictures
    pictures.resize(296, pictures.sizeHint().height())
    QTest.mouseClick(pictures, Qt.MouseButton.LeftButton, pos=pictures._place(5).center())
    assert desk.session.map == 5
    QTest.keyClick(pictures, Qt.Key.Key_Left)
    assert desk.session.map == 4
    assert not desk.history.can_undo or desk.session.encoding.height == 12
    assert pictures.accessibleDescription().startswith("filter 4: 3×3×3")


def test_many_kernels_are_shown_in_pages(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel, "sample:waving-hand")
    desk.session.change("filters", count=40)
    assert list(panel.pictures.shown) == list(range(16))
    desk.session.map = 39
    assert list(panel.pictures.shown) == list(range(32, 40))
    assert panel.more.text().startswith("32 – 39 of 40")


def test_model_without_a_file_shows_its_rows_and_changes_nothing(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel, "sample:waving-hand")
    panel.source.button("model").click()
    assert desk.session.filters.source == "random"
    assert desk.session.notice is None
    assert not panel.rows["model"].isHidden()
    assert panel.rows["kernel"].isHidden()
    panel.source.button("random").click()
    assert not panel.rows["kernel"].isHidden()


def test_choosing_a_file_asks_the_pipeline_and_lists_layers(qtbot, desk, monkeypatch):
    panel = opened(qtbot, desk, FiltersPanel)
    asked = []
    monkeypatch.setattr(filters, "ask_model_file", lambda parent: "some/model.keras")
    monkeypatch.setattr(desk.pipeline, "choose_model", asked.append)
    panel.choose.click()
    assert asked == ["some/model.keras"]
    desk.pipeline.model_layers = (
        LayerInfo("conv_a", "Conv3D", (3, 3, 3, 1, 8), readable=True),
        LayerInfo("dense", "Dense"),
        LayerInfo("up", "Conv3DTranspose", note="a transposed convolution, not a filter bank"),
    )
    desk.pipeline.model_layers_changed.emit()
    assert panel.layer.options == ("conv_a", "up")
    assert panel.layer.itemText(0) == "conv_a, 3×3×3, 1 → 8"
    assert not panel.layer.model().item(1).isEnabled()
    assert "transposed" in panel.layer.model().item(1).toolTip()


def test_a_model_runs_as_kernels_or_as_a_network_up_to_the_layer(qtbot, desk):
    """The switch is one undo step; a network's layers need no kernels, and its maps say where."""
    panel = opened(qtbot, desk, FiltersPanel)
    convolve = opened(qtbot, desk, ConvolvePanel)
    desk.pipeline._listed = "some.keras"
    desk.pipeline.model_layers = (
        LayerInfo("in", "InputLayer"),
        LayerInfo("conv", "Conv3D", (3, 3, 3, 1, 8), readable=True),
        LayerInfo("pool", "MaxPooling3D"),
    )
    desk.session.filters = FilterSettings(source="model", model="some.keras", layer="conv")
    assert panel.layer.options == ("conv",)
    assert convolve.strides.isEnabled()
    panel.through.button(True).click()
    assert desk.session.filters.whole
    assert panel.layer.options == ("conv", "pool")
    assert panel.layer.itemText(1) == "pool, MaxPooling3D"
    assert panel.layer.model().item(1).isEnabled()
    assert not convolve.strides.isEnabled()
    assert filter_words.size_words(desk.session.filters, None) == "up to conv"
    desk.history.undo()
    assert not desk.session.filters.through
    assert convolve.strides.isEnabled()


def test_padded_frames_are_masked_for_a_network_where_there_are_some(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel)
    row = panel.rows["masked"]
    desk.session.filters = FilterSettings(source="model", model="a.keras", layer="lstm")
    assert row.isHidden()
    desk.session.change("filters", through=True)
    assert row.isHidden()
    data, real = np.zeros((4, 3, 3, 1), np.float32), np.arange(4) < 3
    desk.session.clip = Clip(data, real, np.arange(4), ("gray",), "padded", EncodingSettings())
    assert not row.isHidden()
    row.masked.click()
    assert desk.session.filters.masked
    assert "masked=True" in to_python(desk.session.choices)
    desk.history.undo()
    assert not desk.session.filters.masked and not row.masked.value


def test_a_clip_that_does_not_fit_is_resized_by_the_button_under_the_layer(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel)
    assert not panel.fit_line.isVisible()
    desk.history.commit()
    before = desk.session.encoding
    desk.session.fit = replace(before, frames=16, channels="rgb")
    assert panel.fit_line.isVisible()
    assert "frames 16, channels rgb" in panel.fit_line.button.toolTip()
    panel.fit_line.button.click()
    assert desk.session.encoding == replace(before, frames=16, channels="rgb")
    desk.history.undo()
    assert desk.session.encoding == before


def test_what_a_network_s_maps_see_stands_under_its_layer(qtbot, desk):
    from voxviewer.data import Network

    panel = opened(qtbot, desk, FiltersPanel, "sample:waving-hand")
    maps = desk.session.features
    chosen = FilterSettings(source="model", model="some.keras", layer="a/conv", through=True)
    network = Network("some.keras", "a/conv", "Conv3D")
    made = replace(maps, network=network, receptive_field=(5, 6, 8), stride=(1, 2, 0.5))
    assert network_help(chosen, made) == "Sees 5 × 6 × 8 voxels (T, H, W), every 1 × 2 × 0.5."
    noted = replace(made, network=replace(network, note="It has no place."))
    assert network_help(chosen, noted) == "It has no place."
    assert network_help(replace(chosen, layer="other"), made) == ""
    assert panel.rows["layer"].error == ""


def test_a_kernel_too_large_is_said_under_the_kernel(qtbot, desk):
    panel = opened(qtbot, desk, FiltersPanel, "sample:waving-hand")
    convolve = opened(qtbot, desk, ConvolvePanel)
    desk.session.change("convolution", padding="valid")
    desk.session.change("filters", kernel=(17, 3, 3))
    assert "17 frames do not fit a valid clip of 16" in panel.rows["kernel"].error
    assert [bool(field.property("bad")) for field in panel.kernel.fields] == [True, False, False]
    assert convolve.padding.property("bad") is True
    desk.session.change("filters", kernel=(3, 3, 3))
    assert panel.rows["kernel"].error == ""
    assert convolve.padding.property("bad") is False


# Convolve


@pytest.fixture
def convolved():
    """A session with maps, and no pipeline that makes others."""
    clip = Desk()
    clip.session.change("encoding", **SMALL)
    clip.pipeline.open(["sample:waving-hand"])
    session = Session()
    session.current, session.features = clip.session.current, clip.session.features
    return session


def convolve_panel(qtbot, session):
    panel = ConvolvePanel(session, History(session))
    qtbot.addWidget(panel)
    panel.show()
    return panel


def comparison(session, difference, place=(3, 0, 17, 2), ours=0.0, theirs=0.0):
    maps = session.features
    made_with = {"tensorflow": "2.21.0", "onednn": True, "threads": 2}
    keras = replace(maps, engine="keras", seconds=0.0094, made_with=made_with)
    return Comparison(
        replace(maps, seconds=0.0019), keras, difference, place, np.zeros((64, 4), np.int64),
        np.zeros(64), ours, theirs,
    )  # fmt: skip


def test_the_badge_proves_or_says_where_the_engines_differ(qtbot, convolved):
    panel = convolve_panel(qtbot, convolved)
    convolved.change("convolution", engine="both")
    convolved.keras = EngineState("ready", "Keras 3.15 ready")
    convolved.comparison = comparison(convolved, 3.1e-7)
    assert (panel.badge.kind, panel.badge.text) == ("ok", "handwritten = Keras, 3.1e-7")
    assert panel.times.text() == "1.9 ms · 9.4 ms"
    by = "TensorFlow 2.21.0 with oneDNN, 2 threads"
    assert f"Handwritten 1.9 ms, Keras 9.4 ms ({by})." in panel.times.toolTip()
    assert "float64" in panel.badge.toolTip()
    convolved.comparison = comparison(convolved, 4.2e-2, theirs=4e-2)
    assert panel.badge.kind == "error"
    assert panel.badge.text == "engines differ, 4.2e-2, at y[3, 0, 17, 2]"
    assert "agrees with handwritten; Keras errs" in panel.words.text()
    convolved.change("convolution", engine="handwritten")
    assert not panel.badge.isVisible()


@pytest.mark.parametrize(("width", "beside"), [(420, True), (212, False)])
def test_the_verdict_can_be_read_whole_however_narrow_the_panel(qtbot, convolved, width, beside):
    """The times stand below it where there is no room at its right."""
    panel = convolve_panel(qtbot, convolved)
    convolved.change("convolution", engine="both")
    convolved.comparison = comparison(convolved, 0.0)
    panel.resize(width, panel.height())
    qtbot.waitUntil(lambda: (panel.times.y() < panel.badge.geometry().bottom()) == beside)
    assert panel.badge.width() >= panel.badge.sizeHint().width()
    assert panel.times.width() >= panel.times.sizeHint().width()
    assert panel.badge.x() == 0


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [(1e-2, 0, "handwritten errs"), (0, 1e-2, "Keras errs"), (1, 1, "neither"), (0, 0, "no error")],
)
def test_float64_says_which_side_errs(convolved, ours, theirs, expected):
    found = comparison(convolved, 0.5, ours=ours, theirs=theirs)
    assert expected in third_opinion(found)
    assert proof(found)[0] == "error"


def test_a_proof_of_other_maps_is_dimmed(qtbot, convolved):
    panel = convolve_panel(qtbot, convolved)
    convolved.change("convolution", engine="both")
    convolved.comparison = comparison(convolved, 3.1e-7)
    assert panel.badge.isEnabled()
    convolved.stale = frozenset({"comparison"})
    assert not panel.badge.isEnabled()


def test_without_keras_its_engines_are_off_and_the_reason_stands_below(qtbot, convolved):
    panel = convolve_panel(qtbot, convolved)
    convolved.keras = EngineState("missing", "Keras is not installed")
    actions = {action.text(): action.isEnabled() for action in panel.engine.menu().actions()}
    assert actions == {"handwritten": True, "Keras": False, "both engines": False}
    assert "Keras is not installed: handwritten runs alone." in panel.words.text()


def test_waiting_for_keras_is_said(qtbot, convolved):
    panel = convolve_panel(qtbot, convolved)
    assert panel.words.text().startswith("handwritten, ")
    convolved.keras = EngineState("starting", "Keras is starting …")
    convolved.change("convolution", engine="both")
    assert panel.words.text() == "Keras is starting …"


# Words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (0.314, ".31"), (-0.04, "−.04"), (0.001, ".00"), (-0.001, "−.00"),
        (0.996, "1.0"), (1.25, "1.2"), (-9.96, "−10"), (214.4, "214"), (-1000.0, "−1e3"),
        (float("nan"), "?"), (float("inf"), "∞"), (float("-inf"), "−∞"),
    ],
)  # fmt: skip
def test_numbers_in_cells_are_short(value, text):
    assert words.cell(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.3067, "−0.3067"), (12.4, "12.400"), (3.14e-5, "3.14e-5"), (1e6, "1.00e6")],
)
def test_sums_are_written_in_full(value, text):
    assert words.total(value) == text


def test_times_are_told_in_the_unit_that_fits():
    told = [words.duration(seconds) for seconds in (0.0019, 0.0996, 0.45, 1.25, 240.0)]
    assert told == ["1.9 ms", "100 ms", "450 ms", "1.2 s", "4 min"]
