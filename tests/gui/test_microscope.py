"""The microscope's numbers against a computation of their own in float64, and its picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from voxviewer.convolution.engine import run
from voxviewer.data import Clip, FilterBank
from voxviewer.gui import theme
from voxviewer.gui.panels import MicroscopePanel, grids, words
from voxviewer.gui.panels.microscope import map_voxel, shown_voxel
from voxviewer.gui.panels.voxel import sum_lines
from voxviewer.gui.panels.words import ascii_row
from voxviewer.gui.parts import drawing
from voxviewer.gui.views.places import clip_place
from voxviewer.render.colormaps import lut
from voxviewer.session import History, Session
from voxviewer.settings import ConvolutionSettings, EncodingSettings, RenderSettings

CHOICES = [
    ConvolutionSettings(padding=padding, strides=strides, dilation=dilation, mode=mode)
    for padding, (strides, dilation), mode in itertools.product(
        ("same", "valid"),
        (((1, 1, 1), (1, 1, 1)), ((2, 1, 3), (1, 1, 1)), ((1, 1, 1), (1, 2, 2))),
        ("correlation", "convolution"),
    )
]


def named(item):
    """A short name for a choice in a test's name."""
    if not isinstance(item, ConvolutionSettings):
        return str(item)
    return f"{item.padding}-{item.strides}-{item.dilation}-{item.mode}"


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")


def make_clip(T=5, H=7, W=8, C=1, seed=0):
    data = np.random.default_rng(seed).normal(size=(T, H, W, C)).astype(np.float32)
    real = np.arange(T) < T - 1
    names = ("gray",) if C == 1 else tuple(f"joint {c}" for c in range(C))
    return Clip(data, real, np.arange(T), names, "clip", EncodingSettings())


def make_bank(size=(3, 3, 3), C=1, F=2, activation="linear", bias=0.0, seed=1):
    kernels = np.random.default_rng(seed).normal(size=(*size, C, F)).astype(np.float32)
    return FilterBank(kernels, np.full(F, bias, np.float32), activation, "random")


def make_maps(clip=None, bank=None, settings=None):
    return run(clip or make_clip(), bank or make_bank(), settings or ConvolutionSettings())


def opened(qtbot, maps, voxel=(3, 4), frame=2):
    session = Session()
    panel = MicroscopePanel(session, History(session))
    qtbot.addWidget(panel)
    session.features, session.voxel, session.frame = maps, voxel, frame
    panel.resize(320, panel.sizeHint().height())
    panel.show()
    return panel, session


def by_hand(maps, place):
    """Window, kernel and sum in float64: the clip with a wide rim of zeros, sliced once."""
    settings, (t, h, w, f) = maps.settings, place
    kernel = maps.bank.kernels[..., f].astype(np.float64)
    if settings.mode == "convolution":
        kernel = kernel[::-1, ::-1, ::-1]
    rim = 20
    wide = np.pad(maps.clip.data.astype(np.float64), [(rim, rim)] * 3 + [(0, 0)])
    slices = []
    for u, n, k, s, d in zip(
        (t, h, w), maps.clip.data.shape, kernel.shape, settings.strides, settings.dilation,
        strict=False,
    ):  # fmt: skip
        reach = (k - 1) * d + 1
        total = max((-(-n // s) - 1) * s + reach - n, 0) if settings.padding == "same" else 0
        start = rim + u * s - total // 2
        slices.append(slice(start, start + reach, d))
    window = wide[tuple(slices)]
    return window, kernel, float((window * kernel).sum()) + float(maps.bank.bias[f])


@pytest.mark.parametrize("settings", CHOICES, ids=named)
def test_numbers_are_those_of_a_computation_of_its_own(settings):
    """At every corner and in the middle, so with and without padding."""
    maps = make_maps(settings=settings, bank=make_bank(bias=0.25))
    T, H, W, _ = maps.shape
    for t, h, w in itertools.product({0, T // 2, T - 1}, {0, H // 2, H - 1}, {0, W // 2, W - 1}):
        shown = shown_voxel(maps, (t, h, w, 1), 0, RenderSettings())
        window, kernel, value = by_hand(maps, (t, h, w, 1))
        clip, weights, products = shown.grids.values
        assert np.array_equal(clip, window[..., 0])
        assert np.array_equal(weights, kernel[..., 0])
        assert np.array_equal(products, (window * kernel)[..., 0])
        assert shown.total + shown.bias == pytest.approx(value, rel=1e-12, abs=1e-12)
        assert shown.value == pytest.approx(value, abs=1e-5)
        assert shown.agrees
        assert not clip[~shown.grids.inside].any()


def test_a_map_that_is_wrong_does_not_agree():
    maps = make_maps()
    wrong = maps.data.copy()
    wrong[2, 3, 4, 0] += 0.01
    from dataclasses import replace

    shown = shown_voxel(replace(maps, data=wrong), (2, 3, 4, 0), 0, RenderSettings())
    assert not shown.agrees
    assert shown.opinion.startswith("float64 says ")


def test_several_channels_are_picked_and_all_are_summed(qtbot):
    maps = make_maps(make_clip(C=3), make_bank(C=3))
    panel, _ = opened(qtbot, maps)
    window, kernel, value = by_hand(maps, (2, 3, 4, 0))
    shown = panel.picture.shown
    assert shown.products == 81
    assert shown.total == pytest.approx(value, rel=1e-9)
    assert panel.channel_row is not None
    panel.channel_row.field.button(2).click()
    shown = panel.picture.shown
    assert shown.channel == "joint 2"
    assert np.array_equal(shown.grids.values[0], window[..., 2])
    assert shown.part == pytest.approx(float((window * kernel)[..., 2].sum()), rel=1e-9)
    assert shown.total == pytest.approx(value, rel=1e-9)


def test_the_channel_is_the_one_of_clip_and_kernel(qtbot):
    panel, session = opened(qtbot, make_maps(make_clip(C=5), make_bank(C=5)))
    session.channel = 4
    qtbot.waitUntil(lambda: panel.picture.shown.channel == "joint 4")
    assert panel.picker.value == 4
    panel.picker.chosen.emit(1)
    assert session.channel == 1
    session.features = make_maps(make_clip(C=2), make_bank(C=2))
    session.channel = 4  # of a clip of more channels
    qtbot.waitUntil(lambda: panel.picture.shown.channel == "joint 1")


def test_the_channel_picker_goes_with_the_channels(qtbot):
    panel, session = opened(qtbot, make_maps(make_clip(C=5), make_bank(C=5)))
    assert panel.channel_row is not None
    session.features = make_maps()
    assert panel.channel_row is None
    assert panel.picture.shown.channel == ""


@pytest.mark.parametrize("settings", CHOICES, ids=named)
@pytest.mark.parametrize("size", [(3, 3, 3), (2, 2, 2), (1, 4, 3)])
def test_a_map_voxel_is_found_again_from_the_clip_voxel_it_is_shown_at(settings, size):
    """What a click in the wall sets is what the microscope takes apart, even kernels included."""
    maps = make_maps(settings=settings, bank=make_bank(size))
    _, H, W, _ = maps.shape
    for h, w in itertools.product(range(H), range(W)):
        row, column = clip_place(maps, (h, w))
        found = map_voxel(maps, 0, (row, column), 0)[1:3]
        assert clip_place(maps, found) == (row, column)
        inside = 0 < row < maps.clip.shape[1] - 1 and 0 < column < maps.clip.shape[2] - 1
        assert found == (h, w) or not inside


def test_a_click_outside_all_windows_takes_the_nearest():
    maps = make_maps(settings=ConvolutionSettings(padding="valid"))
    assert map_voxel(maps, 0, (0, 0), 7) == (0, 0, 0, 1)
    assert map_voxel(maps, 99, (99, 99), -1) == (2, 4, 5, 0)


def test_it_follows_frame_map_and_voxel(qtbot):
    maps = make_maps()
    panel, session = opened(qtbot, maps)
    assert panel.picture.shown.where == "y[2, 3, 4, 0]"
    session.frame, session.map, session.voxel = 4, 1, (0, 7)
    shown = panel.picture.shown
    assert shown.where == "y[4, 0, 7, 1]"
    assert shown.value == maps.data[4, 0, 7, 1]
    assert np.array_equal(shown.over_time, maps.data[:, 0, 7, 1])
    assert shown.grids.frames.tolist() == [3, 4, 5]
    assert shown.grids.padded.tolist() == [False, True, False]


def test_arrow_keys_walk_over_the_map_in_its_own_steps(qtbot):
    settings = ConvolutionSettings(strides=(1, 1, 3))
    panel, _ = opened(qtbot, make_maps(settings=settings), voxel=(3, 4))
    before = panel.picture.shown.place
    QTest.keyClick(panel.picture, Qt.Key.Key_Right)
    QTest.keyClick(panel.picture, Qt.Key.Key_Up)
    t, h, w, f = before
    assert panel.picture.shown.place == (t, h - 1, w + 1, f)
    for _ in range(20):
        QTest.keyClick(panel.picture, Qt.Key.Key_Down)
    assert panel.picture.shown.place[1] == panel._session.features.shape[1] - 1


def test_it_says_why_there_is_nothing(qtbot):
    session = Session()
    panel = MicroscopePanel(session, History(session))
    qtbot.addWidget(panel)
    panel.show()
    assert panel.empty.accessibleName() == "No maps yet."
    session.features = make_maps()
    assert panel.empty.accessibleName() == "Click a voxel of a map to take it apart."
    session.voxel = (1, 1)
    assert panel.empty.isHidden()
    session.features = None
    assert panel.words() == ""


def test_the_sum_is_one_line_or_two_but_whole(qtbot):
    shown = opened(qtbot, make_maps())[0].picture.shown
    assert len(sum_lines(shown, 300)) == 1
    assert len(sum_lines(shown, 150)) == 2
    text = "".join(piece[0] for line in sum_lines(shown, 150) for side in line for piece in side)
    assert text.startswith("Σ 27 products")


def test_an_activation_is_named_and_applied(qtbot):
    maps = make_maps(bank=make_bank(activation="relu", bias=-1.0))
    place = tuple(int(i) for i in np.argwhere(maps.data == 0)[0])
    shown = shown_voxel(maps, place, 0, RenderSettings())
    assert shown.total + shown.bias < 0
    assert (shown.value, shown.exact) == (0.0, 0.0)
    assert shown.agrees
    assert ", relu;" in shown.sentence


@pytest.mark.parametrize(
    ("size", "numbers"),
    [
        ((3, 3, 3), True),
        ((1, 5, 5), True),
        ((1, 1, 1), True),
        ((5, 5, 5), False),
        ((1, 7, 7), False),
    ],
)
def test_numbers_are_written_where_they_have_room(size, numbers):
    place = grids.layout(size, 296)
    assert place.numbers == numbers
    kT, kH, kW = size
    right = place.corner(2, kT - 1).x() + place.group[0]
    assert right <= 296.5
    assert place.at(place.corner(2, kT - 1) + QPointF(0.5, 0.5)) == (2, kT - 1, 0, 0)
    last = QPointF(right - 0.4 * place.cell[0], place.bottom - 0.4 * place.cell[1])
    assert place.at(last) == (2, kT - 1, kH - 1, kW - 1)
    assert place.at(QPointF(2, 2)) is None


def test_numbers_are_written_smaller_before_they_are_left_out():
    fonts = [grids.layout((3, 3, 3), width).font for width in range(320, 150, -2)]
    assert list(dict.fromkeys(fonts)) == ["caption", "axis", ""]
    narrow = next(
        width for width in range(320, 150, -2) if grids.layout((3, 3, 3), width).font == "axis"
    )
    place = grids.layout((3, 3, 3), narrow)
    assert place.cell[0] >= drawing.wide("axis", "−.04")


@pytest.mark.parametrize("colormap", ["gray", "viridis", "night", "day"])
def test_the_number_on_a_cell_is_black_or_white_whichever_is_clearer(colormap):
    dark = grids.dark_text(colormap)
    for index in (0, 60, 127, 200, 254):
        red, green, blue = (int(v) for v in lut(colormap)[index])
        light = _luminance(QColor(red, green, blue))
        black, white = (light + 0.05) / 0.05, 1.05 / (light + 0.05)
        assert dark[index] == (black > white)
        assert max(black, white) >= 4.5


def _luminance(color):
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
             for c in (color.redF(), color.greenF(), color.blueF())]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_the_pointer_tells_the_numbers(qtbot):
    panel, _ = opened(qtbot, make_maps(), voxel=(0, 0))
    picture = panel.picture
    place = picture._layout()
    assert "outside the clip" in picture.tip(place.corner(0, 1) + QPointF(1, 1))
    last = place.corner(0, 1) + QPointF(*place.group) - QPointF(2, 2)
    values = [float(v[1, 2, 2]) for v in picture.shown.grids.values]
    tip = picture.tip(last)
    assert tip.startswith("t 2, row 2, column 2: ")
    assert f"{abs(values[2]):.4f}" in tip
    assert picture.tip(QPointF(1, 1)) == ""


def test_numbers_can_be_copied(qtbot):
    panel, _ = opened(qtbot, make_maps())
    panel.copy_button.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0] == panel.words()
    assert lines[0].startswith("y[2, 3, 4, 0] = ")
    start = lines.index("kernel, t 1") + 1
    read = [[float(word) for word in line.split("\t")] for line in lines[start : start + 3]]
    assert np.allclose(read, panel.picture.shown.grids.values[1][0], rtol=1e-5)
    assert ascii_row([-0.0, 0.0, -1.5]) == "0\t0\t-1.5"


def test_while_playing_the_height_stays_and_screen_readers_are_left_in_peace(qtbot):
    panel, session = opened(qtbot, make_maps())
    height, said = panel.picture.sizeHint().height(), panel.picture.accessibleDescription()
    session.playing = True
    said = panel.picture.accessibleDescription()
    for frame in range(5):
        session.frame = frame
        assert panel.picture.sizeHint().height() == height
    assert panel.picture.accessibleDescription() == said
    session.playing = False
    assert panel.picture.accessibleDescription() == panel.words()


def test_frames_that_rush_by_are_thinned_and_the_last_one_is_shown(qtbot, monkeypatch):
    panel, session = opened(qtbot, make_maps())
    made = []
    original = panel._make
    monkeypatch.setattr(panel, "_make", lambda: made.append(session.frame) or original())
    for frame in (0, 1, 2, 3, 0, 1, 2, 3):
        session.frame = frame
    assert len(made) < 8
    qtbot.waitUntil(lambda: panel.picture.shown.sentence == panel.words())


def test_folded_it_does_no_work(qtbot, monkeypatch):
    panel, session = opened(qtbot, make_maps())
    panel.folded = True
    monkeypatch.setattr(panel, "_make", lambda: pytest.fail("worked while folded"))
    session.frame = 3


def test_it_lives_in_the_program(qtbot):
    desk = Desk()
    desk.session.change("encoding", height=16, width=16)
    panel = MicroscopePanel(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(panel)
    panel.show()
    desk.pipeline.open(["sample:waving-hand"])
    desk.session.voxel = (8, 8)
    assert panel.picture.shown.agrees
    assert panel.picture.grab().width() > 0


def test_the_first_voxel_that_is_pointed_at_brings_the_numbers_into_sight_once(qtbot):
    session = Session()
    panel = MicroscopePanel(session, History(session))
    dock = QScrollArea()
    qtbot.addWidget(dock)
    inside = QWidget()
    column = QVBoxLayout(inside)
    above = QWidget()
    above.setFixedHeight(300)
    column.addWidget(above)
    column.addWidget(panel)
    dock.setWidget(inside)
    dock.setWidgetResizable(True)
    dock.resize(340, 330)
    dock.show()
    maps = make_maps()
    session.clip = maps.clip
    session.features = maps
    session.voxel = (3, 4)  # as the program chooses one
    qtbot.waitUntil(lambda: dock.verticalScrollBar().maximum() > 0)
    bar = dock.verticalScrollBar()
    session.voxel = None  # as another source begins
    session.voxel = (4, 4)
    assert not panel._sought
    session.voxel = (2, 5)
    # All of it, or its title first where it is higher than the dock.
    qtbot.waitUntil(lambda: bar.value() >= min(bar.maximum(), panel.y()) > 0)
    bar.setValue(0)
    session.voxel = (3, 3)
    qtbot.waitUntil(lambda: panel.picture.shown.place[1:3] == (3, 3))
    assert bar.value() == 0


@pytest.mark.parametrize(
    ("largest", "value", "written", "factor"),
    [
        (0.3, -0.04, "−.04", ""),
        (999.0, 214.0, "214", ""),
        (3024.0, -3024.0, "−302", "×10"),
        (65535.0, 999.0, "10", "×100"),
        (3.63e30, -1e29, "−10", "×1e28"),
        (0.012, 0.012, "1.2", "×.01"),
        (3.4e-30, 1e-30, "1.0", "×1e-30"),
        (0.0, 0.0, "0", ""),
        (np.inf, 2.0, "2.0", ""),
    ],
)
def test_numbers_are_written_in_units_that_tell_them_apart(largest, value, written, factor):
    """The counts of a CT are not all −1e3."""
    assert words.cell(value * words.units(largest)) == written
    assert words.power(1 / words.units(largest)) == factor


def test_the_units_of_the_numbers_stay_as_time_goes_on(qapp):
    clip = make_clip()
    clip.data.flags.writeable = True
    clip.data[:] *= np.array([1, 10, 100, 1000, 10000], np.float32)[:, None, None, None]
    maps = make_maps(clip)
    found = [shown_voxel(maps, (t, 3, 4, 0), 0, RenderSettings()).grids for t in range(5)]
    assert len({grid.largest for grid in found}) == 1
    for grid in found:
        for values, largest in zip(grid.values, grid.largest, strict=True):
            assert np.abs(values).max() <= largest
