"""Slow motion: the walk keeps its pace, fills the map in the loop's order, and ends cleanly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from direct import Desk
from made_views import cut, make_clip, make_maps, pixels, shown
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest

from voxviewer.convolution.engine import run
from voxviewer.convolution.filters import random_filters
from voxviewer.convolution.slow_motion import SlowMotion, partial
from voxviewer.gui import theme
from voxviewer.gui.panels.walk_bar import WalkBar
from voxviewer.gui.views.walk_overlay import WalkOverlay, box_of, current, mark_of, unfilled
from voxviewer.gui.views.wall_tiles import WallTiles
from voxviewer.gui.walker import PACES, Pace, Walker, number_of, place_of
from voxviewer.session import Session, Walk
from voxviewer.settings import ConvolutionSettings


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def session():
    made = Session()
    made.clip = make_clip(T=6, H=5, W=4)
    made.features = run(made.clip, random_filters(count=2, seed=1), ConvolutionSettings())
    made.frame = 2
    return made


@pytest.fixture
def walker(qapp, session, clock):
    return Walker(session, now=clock)


def walk_to(walker, clock, seconds):
    clock.now += seconds
    walker.tick()


# the order


@pytest.mark.parametrize("settings", [
    ConvolutionSettings(), ConvolutionSettings(padding="valid"),
    ConvolutionSettings(strides=(2, 2, 1)), ConvolutionSettings(dilation=(1, 2, 1)),
])  # fmt: skip
def test_steps_are_those_of_the_readable_loop(settings):
    maps = run(make_clip(T=6, H=7, W=5), random_filters(count=2), settings)
    loop = SlowMotion(maps, 1)
    for step in range(len(loop)):
        assert place_of(maps, step) == loop[step].place[:3]
        assert number_of(maps, loop[step].place[:3]) == step


@pytest.mark.parametrize("step", [0, 3, 4, 10, 19, 20, 59, 119])
def test_what_is_covered_is_what_the_loop_has_not_filled(step):
    maps = run(make_clip(T=6, H=5, W=4), random_filters(count=1), ConvolutionSettings())
    walk = Walk(step, 120)
    empty = np.isnan(partial(maps, step))
    for frame in range(6):
        covered = np.zeros((5, 4), bool)
        for row, column, rows, columns in unfilled(maps, walk, frame):
            covered[row : row + rows, column : column + columns] = True
        assert np.array_equal(covered, empty[frame])
    t, h, w = place_of(maps, step)
    assert current(maps, walk, t) == (h, w, 1, 1)
    assert current(maps, walk, (t + 1) % 6) is None


# the clock


def test_it_begins_with_the_first_voxel_of_the_frame_on_screen(session, walker):
    session.playing = True
    walker.start()
    assert session.walk == Walk(2 * 20, 120)
    assert (session.frame, session.voxel) == (2, (0, 0))
    assert not session.playing


@pytest.mark.parametrize("pace", [pace for pace in PACES if not pace.rows], ids=lambda p: p.words)
def test_the_pace_is_kept_however_late_the_clock_looks(session, walker, clock, pace):
    session.frame = 0
    walker.pace = pace
    walker.start()
    walk_to(walker, clock, 7 / pace.rate)
    assert session.walk.step == 7
    assert session.voxel == (1, 3)
    walk_to(walker, clock, 13.5 / pace.rate)
    assert session.walk.step == 20
    assert session.frame == 1


def test_a_pace_of_rows_fills_whole_rows(session, walker, clock):
    session.frame = 0
    walker.pace = Pace(30, rows=True)
    walker.start()
    walk_to(walker, clock, 2 / 30)
    assert session.walk.step == 11
    assert session.voxel == (2, 3)


def test_at_the_end_the_map_is_whole_again(session, walker, clock):
    walker.start()
    walk_to(walker, clock, 1000)
    assert session.walk is None
    assert (session.frame, session.voxel) == (5, (4, 3))
    assert not walker._timer.isActive()


def test_pause_holds_and_goes_on_from_there(session, walker, clock):
    walker.start()
    walk_to(walker, clock, 0.3)
    walker.toggle()
    step = session.walk.step
    walk_to(walker, clock, 5)
    assert session.walk == Walk(step, 120, running=False)
    walker.toggle()
    walk_to(walker, clock, 0.2)
    assert session.walk.step == step + 2


def test_single_steps_pause_and_stay_inside(session, walker):
    session.frame = 0
    walker.start()
    walker.step(1)
    assert session.walk == Walk(1, 120, running=False)
    walker.step(-5)
    assert session.walk.step == 0
    walker.step(500)
    assert session.walk.step == 119


def test_pointing_elsewhere_moves_the_walk_there(session, walker, clock):
    walker.start()
    session.voxel = (3, 1)
    assert session.walk == Walk(2 * 20 + 3 * 4 + 1, 120)
    session.frame = 4
    assert session.walk.step == 4 * 20 + 3 * 4 + 1
    walk_to(walker, clock, 0.1)
    assert session.walk.step == 4 * 20 + 3 * 4 + 2


def test_playing_the_clip_ends_it(session, walker):
    walker.start()
    session.playing = True
    assert session.walk is None


def test_other_values_go_on_and_other_sizes_end_it(session, walker):
    walker.start()
    clip = session.clip
    session.features = run(clip, random_filters(count=5, seed=9), ConvolutionSettings())
    assert session.walk is not None
    session.features = run(clip, random_filters(), ConvolutionSettings(padding="valid"))
    assert session.walk is None
    walker.start()
    session.features = None
    assert session.walk is None


def test_without_maps_or_with_those_of_a_deep_layer_nothing_begins(session, walker):
    session.features = replace(session.features, bank=None)
    assert not walker.able
    walker.start()
    assert session.walk is None
    session.features = None
    walker.toggle()
    walker.step(1)
    assert session.walk is None


def test_a_frame_without_a_map_frame_begins_at_the_nearest(session, walker):
    clip = session.clip
    session.features = run(clip, random_filters(), ConvolutionSettings(padding="valid"))
    session.frame = 5
    walker.start()
    assert session.walk.step == 3 * 3 * 2
    assert session.frame == 4


# what is seen


def test_the_chosen_tile_is_empty_below_the_walk_and_no_other_tile_changes(qtbot, session, walker):
    tiles = shown(qtbot, WallTiles(session), (700, 400))
    overlay = WalkOverlay(session, tiles)
    session.map = 1
    before = pixels(tiles.viewport())
    assert overlay.isHidden()
    walker.start()
    walker.step(10)  # row 2, column 2
    after = pixels(tiles.viewport())
    other, image = tiles.tile_box(0), tiles.tile_box(1)
    assert np.array_equal(cut(after, other), cut(before, other))
    below = box_of(image, session.features, (3, 0, 2, 4))
    assert (cut(after, below) & 0xFFFFFF == 0x343434).mean() > 0.9
    above = box_of(image, session.features, (0, 0, 1, 4))
    assert np.array_equal(cut(after, above), cut(before, above))
    walker.stop()
    assert np.array_equal(pixels(tiles.viewport()), before)


def test_the_mark_of_a_voxel_is_seen_and_stays_inside_the_image():
    maps = make_maps(make_clip(T=3, H=64, W=64))
    image = QRect(10, 20, 64, 64)
    for cell in ((0, 0, 1, 1), (63, 63, 1, 1), (30, 2, 1, 1)):
        mark = mark_of(image, box_of(image, maps, cell)).toRect()
        assert mark.width() >= 5 and image.contains(mark)


def test_the_bar_shows_and_steers_the_walk(qtbot, session, walker):
    bar = WalkBar(session, walker)
    qtbot.addWidget(bar)
    assert bar.isHidden()
    walker.start()
    assert not bar.isHidden()
    assert bar.words.text() == "voxel 41 of 120 of this map"
    bar.pause.click()
    assert not session.walk.running and bar.pause.accessibleName() == "Go on"
    bar.forward.click()
    assert session.walk.step == 41
    bar.back.click()
    assert session.walk.step == 40
    bar.pace.setCurrentIndex(6)
    bar.pace.activated.emit(6)
    assert walker.pace.words == "1000 voxels/s"
    bar.stop.click()
    assert session.walk is None and bar.isHidden()


def test_paces_read_as_people_say_them():
    assert Pace(1).words == "1 voxel/s"
    assert [PACES[0].rate, PACES[6].rate] == [1, 1000]
    assert Pace(30, rows=True).words == "30 rows/s"


def test_the_microscope_follows(qtbot):
    from voxviewer.gui.panels import MicroscopePanel

    desk = Desk()
    desk.session.change("encoding", height=12, width=12, frames=6)
    desk.pipeline.open(["sample:waving-hand"])
    panel = MicroscopePanel(desk.session, desk.history)
    qtbot.addWidget(panel)
    walker = Walker(desk.session)
    walker.start()
    walker.step(30)
    t, h, w = place_of(desk.session.features, 30)
    assert panel.picture.shown.place == (t, h, w, 0)
    assert panel.picture.shown.value == desk.session.features.data[t, h, w, 0]
    walker.stop()


def test_keys_begin_pause_and_end_it_in_the_window(qtbot, themed, scan):
    from voxviewer.gui.main_window import MainWindow
    from voxviewer.gui.program import Program
    from voxviewer.settings import Opening

    window = MainWindow(Program(keras=False), autoplay=False)
    session = window.session
    try:
        with qtbot.waitExposed(window):
            window.show()
        assert not window.tools.walk_button.isEnabled()
        window.open_all([Opening(str(scan))])
        qtbot.waitUntil(
            lambda: session.features is not None and window.program.jobs.idle, timeout=20_000
        )
        assert window.tools.walk_button.isEnabled()
        window.microscope_panel.folded = True
        QTest.keyClick(window, Qt.Key.Key_S)
        assert session.walk is not None and window.tools.walk_button.isChecked()
        assert not window.microscope_panel.folded
        assert window.tools.overlay.isVisible()
        QTest.keyClick(window, Qt.Key.Key_Space)
        assert not session.walk.running and not session.playing
        QTest.keyClick(window, Qt.Key.Key_S)
        assert session.walk is None and not window.tools.walk_button.isChecked()
        QTest.keyClick(window, Qt.Key.Key_Space)
        assert session.playing
    finally:
        window.close()
        window.deleteLater()
