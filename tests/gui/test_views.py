"""The painted views: pixels equal to render's, marks, read-outs, and what a person points at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_views import (
    Held,
    cut,
    drag,
    make_clip,
    make_maps,
    make_volume,
    move,
    pixels,
    pixels_on_screen,
    press,
    runner,
    shown,
    wheel,
)  # fmt: skip
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from voxviewer.convolution.engine import run
from voxviewer.convolution.filters import random_filters
from voxviewer.convolution.microscope import explain_voxel
from voxviewer.data import Clip
from voxviewer.gui import theme
from voxviewer.gui.position import Position
from voxviewer.gui.views import ClipView, LedgerView, SourceView, WallView, clip_pictures
from voxviewer.gui.views.film_strip import FilmStrip
from voxviewer.gui.views.picture import Picture, fitting_zoom, next_zoom, zoom_text
from voxviewer.gui.views.places import clip_place, map_place, seen_frames, window
from voxviewer.render.layout import INPUT
from voxviewer.render.limits import clip_scale, map_scales
from voxviewer.render.pixels import clip_picture, enlarge, paint
from voxviewer.session import Session
from voxviewer.settings import ConvolutionSettings


@pytest.fixture
def session(themed: Any) -> Session:
    session = Session()
    session.current = make_volume()
    session.clip = make_clip(20, padded=4)
    session.features = make_maps(session.clip, 5, ("right", "left", "up", "down", "nothing"))
    return session


@pytest.fixture
def wall(qtbot: Any, session: Session) -> WallView:
    return shown(qtbot, WallView(session, runner()), (640, 480))


@pytest.fixture
def view(qtbot: Any, session: Session) -> ClipView:
    return shown(qtbot, ClipView(session), (370, 320))


# the wall


def test_a_tile_holds_the_very_pixels_of_render(wall, session) -> None:
    session.frame = 6
    picture = pixels(wall.tiles.viewport())
    maps, scales = session.features, map_scales(session.features, session.render)
    zoom = wall.tiles.layout_now.zoom.grow
    for index in (0, 3):
        expected = enlarge(paint(maps.data[6, :, :, index], scales[index]), zoom)
        assert np.array_equal(cut(picture, wall.tiles.tile_box(index)), expected)
    expected = clip_picture(session.clip, 6, clip_scale(session.clip, session.render))
    assert np.array_equal(cut(picture, wall.tiles.tile_box(INPUT)), enlarge(expected, zoom))


def test_all_tiles_move_with_the_clock(wall, session) -> None:
    before = pixels(wall.tiles.viewport())
    session.frame = 9
    after = pixels(wall.tiles.viewport())
    for index in range(4):
        box = wall.tiles.tile_box(index)
        assert not np.array_equal(cut(before, box), cut(after, box))


def test_a_click_chooses_the_map_and_the_voxel(wall, session) -> None:
    box, zoom = wall.tiles.tile_box(2), wall.tiles.layout_now.zoom.grow
    press(wall.tiles.viewport(), box.x() + 5.5 * zoom, box.y() + 9.5 * zoom)
    assert session.map == 2
    assert session.voxel == (9, 5)


def test_the_voxel_of_a_valid_map_is_the_center_of_its_window(wall, session) -> None:
    session.features = make_maps(session.clip, valid=True)
    box, zoom = wall.tiles.tile_box(1), wall.tiles.layout_now.zoom.grow
    press(wall.tiles.viewport(), box.x() + 0.5 * zoom, box.y() + 0.5 * zoom)
    assert session.voxel == (1, 1)


def test_a_click_on_the_input_keeps_the_map(wall, session) -> None:
    session.map = 3
    box = wall.tiles.tile_box(INPUT)
    press(wall.tiles.viewport(), box.center().x(), box.center().y())
    assert session.map == 3
    assert session.voxel is not None


def test_a_click_on_a_caption_chooses_the_map_alone(wall, session) -> None:
    box = wall.tiles.tile_box(1)
    press(wall.tiles.viewport(), box.center().x(), box.bottom() + 8)
    assert (session.map, session.voxel) == (1, None)


@pytest.mark.parametrize(
    ("key", "chosen"),
    [(Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 0), (Qt.Key.Key_End, 4), (Qt.Key.Key_Home, 0)],
)
def test_keys_choose_maps(wall, session, key, chosen) -> None:
    session.map = 1
    QTest.keyClick(wall.tiles, key)
    assert session.map == chosen


def test_the_readout_has_place_and_value(wall, session) -> None:
    session.frame, session.map, session.voxel = 7, 1, (9, 4)
    value = session.features.data[7, 9, 4, 1]
    assert wall.readout.accessibleDescription() == (
        f"y[7, 9, 4, 1] = {value:.4f}".replace("-", "−")
    )


def test_the_pointer_reads_any_voxel(wall, session) -> None:
    box, zoom = wall.tiles.tile_box(3), wall.tiles.layout_now.zoom.grow
    at = QPoint(box.x() + 2 * zoom + 1, box.y() + 3 * zoom + 1)
    move(wall.tiles.viewport(), at.x(), at.y())
    assert wall.readout.accessibleDescription().startswith("y[0, 3, 2, 3] = ")


def test_dead_maps_and_limits_are_said_in_captions(wall, session) -> None:
    dead = wall.tiles.wall.caption(4)
    assert (dead.name, dead.limits) == ("dead", "all 0")
    alive = wall.tiles.wall.caption(0)
    assert (alive.index, alive.name) == ("0", "right")
    assert alive.limits == f"±{session.features.limits[0]:.3g}"


def test_maps_without_names_say_their_share_of_the_energy(wall, session) -> None:
    session.features = make_maps(session.clip)
    energy = session.features.energy.mean(axis=0)
    words = wall.tiles.wall.caption(0).name
    assert words == f"{100 * energy[0] / energy.sum():.0f} % of energy"


def test_the_scaling_is_said_and_chosen(wall, session) -> None:
    assert not wall.badge.isVisible()
    wall.scaling.value = "frame"
    wall.scaling.changed.emit("frame")
    assert session.render.scaling == "frame"
    assert wall.badge.text == "contrast per frame"
    assert wall.badge.isVisible()
    session.change("render", scaling="symmetric")
    assert wall.scaling.value == "symmetric"
    assert len({scale.high for scale in wall.tiles.scales}) == 1


def test_zoom_is_a_whole_number_and_the_wall_scrolls(wall, session) -> None:
    wall.zoom.value = 8
    wall.zoom.chosen.emit(8)
    assert wall.tiles.tile_box(0).width() == 12 * 8
    wheel(wall.tiles.viewport(), -120, Qt.KeyboardModifier.ControlModifier)
    assert wall.tiles.zoom == 7
    wall.tiles.zoom = 40
    assert wall.tiles.verticalScrollBar().maximum() > 0
    session.map = 3
    assert wall.tiles.viewport().rect().intersects(wall.tiles.tile_box(3))


def test_scrolled_tiles_hold_the_right_pixels(wall, session) -> None:
    wall.tiles.zoom = 20
    wall.tiles.verticalScrollBar().setValue(90)
    picture, area = pixels(wall.tiles.viewport()), wall.tiles.viewport().rect()
    scales = map_scales(session.features, session.render)
    whole = wall.tiles.tile_box(1)
    part = whole.intersected(area)
    assert 0 < part.height() < whole.height()
    expected = enlarge(paint(session.features.data[0, :, :, 1], scales[1]), 20)
    rows = slice(part.y() - whole.y(), part.y() - whole.y() + part.height())
    columns = slice(part.x() - whole.x(), part.x() - whole.x() + part.width())
    assert np.array_equal(cut(picture, part), expected[rows, columns])


def test_a_tile_without_a_frame_there_says_so(wall, session) -> None:
    session.features = make_maps(session.clip, valid=True)
    session.frame = 0
    picture = pixels(wall.tiles.viewport())
    tile = cut(picture, wall.tiles.tile_box(0))
    assert tile[1, 1] == QColor(theme.colors().field).rgb()
    assert QColor(theme.colors().text3).rgb() in tile
    assert wall.readout.accessibleDescription().endswith("no frame here, nearest at 1")


def test_stale_maps_are_dimmed_after_a_moment(qtbot, wall, session) -> None:
    bright = pixels(wall.tiles.viewport())
    session.stale = frozenset({"features"})
    assert np.array_equal(pixels(wall.tiles.viewport()), bright)  # a drag must not flicker
    qtbot.waitUntil(lambda: wall.tiles.computing)
    box = wall.tiles.tile_box(INPUT)
    dim = (cut(pixels(wall.tiles.viewport()), box) & 0xFF).astype(float)
    paper = QColor(theme.colors().canvas).blue()
    expected = 0.4 * (cut(bright, box) & 0xFF) + 0.6 * paper
    assert np.abs(dim - expected).max() <= 2
    session.stale = frozenset()
    assert np.array_equal(pixels(wall.tiles.viewport()), bright)


def test_work_on_newer_maps_shows_how_far_it_is(qtbot, session) -> None:
    from voxviewer.jobs import Job

    held = Held()
    jobs = runner(held)
    wall = shown(qtbot, WallView(session, jobs), (640, 480))
    jobs.submit(Job("convolve", "Convolving", lambda progress: None, print, print))
    session.stale = frozenset({"features"})
    qtbot.waitUntil(lambda: wall.tiles.computing)
    jobs.running[0].fraction = 0.5
    jobs.changed.emit()
    box = wall.tiles.tile_box(1)
    foot = pixels(wall.tiles.viewport())[box.bottom() - 1, box.left() : box.right() + 1]
    accent = QColor(theme.colors().accent).rgb()
    assert abs(np.mean(foot == accent) - 0.5) < 0.03
    held.release()
    assert wall.tiles.fraction is None


def test_without_maps_the_wall_says_what_to_do(qtbot, themed: Any) -> None:
    wall = shown(qtbot, WallView(Session()), (640, 480))
    for action in (Qt.Key.Key_Right, Qt.Key.Key_End):
        QTest.keyClick(wall.tiles, action)
    press(wall.tiles.viewport(), 300, 200)
    assert QColor(theme.colors().text2).rgb() in pixels(wall.tiles.viewport())
    assert wall.tiles.layout_now is None


# places


def test_map_and_clip_places_are_each_others_inverse(session) -> None:
    for valid in (False, True):
        maps = make_maps(session.clip, valid=valid)
        for place in ((0, 0), (5, 3), (maps.shape[1] - 1, maps.shape[2] - 1)):
            assert map_place(maps, clip_place(maps, place)) == place
    assert map_place(make_maps(session.clip, valid=True), (0, 0)) == (0, 0)
    assert window(make_maps(session.clip), (6, 4)) == (5.0, 3.0, 3.0, 3.0)


# the clip


def test_the_clip_is_shown_in_renders_pixels(view, session) -> None:
    session.frame = 3
    zoom = view.canvas.zoom
    assert zoom == int(zoom) > 1
    expected = clip_picture(session.clip, 3, clip_scale(session.clip, session.render))
    box = view.canvas.image_box().toRect()
    assert np.array_equal(cut(pixels(view.canvas), box), enlarge(expected, int(zoom)))


def test_color_clips_are_shown_in_their_colors(qtbot, session) -> None:
    session.clip = make_clip(4, C=3)
    view = shown(qtbot, ClipView(session), (370, 320))
    assert not view.channel.isVisible()
    box = view.canvas.image_box().toRect()
    corner = int(cut(pixels(view.canvas), box)[0, 0])
    red, green, blue = np.rint(session.clip.data[0, 0, 0] * 255).astype(int)
    assert corner & 0xFFFFFF == red << 16 | green << 8 | blue


def test_other_channels_can_be_chosen(qtbot, session) -> None:
    session.clip = make_clip(4, C=5)
    view = shown(qtbot, ClipView(session), (370, 320))
    assert view.channel.isVisible()
    view.channel.value = 3
    view.channel.changed.emit(3)
    expected = clip_picture(session.clip, 0, clip_scale(session.clip, session.render), 3)
    assert np.array_equal(view.canvas.picture.pixels, expected)
    assert session.channel == 3


def test_beside_a_picker_of_channels_words_grow_short(qtbot, session) -> None:
    view = shown(qtbot, ClipView(session), (370, 320))
    wide = view.title.tabs_width()
    session.clip = make_clip(4, C=5)
    assert view.title.tabs.tabText(1) == "Compare"
    assert view.title.tabs_width() < wide
    session.clip = make_clip(4, C=1)
    assert not view.channel.isVisible()
    assert view.title.tabs_width() == wide


def test_a_click_sets_the_voxel_and_a_drag_moves_it(view, session) -> None:
    points = [view.canvas.point_of(row, column) for row, column in ((2, 3), (5, 6), (14, 9))]
    press(view.canvas, points[0].x(), points[0].y())
    assert session.voxel == (2, 3)
    drag(view.canvas, [(point.x(), point.y()) for point in points])
    assert session.voxel == (14, 9)
    drag(view.canvas, [(points[0].x(), points[0].y()), (-50, -50)])
    assert session.voxel == (0, 0)


def test_the_crosshair_and_the_window_are_drawn_in_the_mark(view, session) -> None:
    session.voxel = (8, 5)
    picture = pixels(view.canvas)
    mark = QColor(theme.colors().mark).rgb()
    at, zoom = view.canvas.point_of(8, 5), view.canvas.zoom
    assert mark in picture[round(at.y() - 1.5 * zoom) - 1 : round(at.y() - 1.5 * zoom) + 2].ravel()
    row = picture[round(at.y())]
    assert np.count_nonzero((row >> 8 & 0xFF) > (row >> 16 & 0xFF) + 60) > view.width() // 4


def test_a_dilated_kernel_glows_where_its_taps_are(view, session) -> None:
    session.features = dilated_maps(session.clip)
    session.frame, session.voxel = 1, (1, 5)
    assert view.canvas.picture.taps == ((1, 3), (2, 5, 8))
    picture = pixels(view.canvas)
    mark = QColor(theme.colors().mark).rgb()
    half = view.canvas.zoom / 2

    def framed(row: int, column: int) -> bool:
        at = view.canvas.point_of(row, column)
        left, top = round(at.x() - half), round(at.y() - half)
        return (picture[top : top + 2, left + 2 : round(at.x())] == mark).any(axis=0).all()

    assert all(framed(row, column) for row in (1, 3) for column in (2, 5, 8))
    assert not any(framed(row, column) for row, column in ((2, 5), (1, 4), (3, 6)))


def test_the_frames_that_are_seen_are_those_of_the_taps(session) -> None:
    maps = dilated_maps(session.clip)
    for t in range(maps.shape[0]):
        taps = explain_voxel(maps, (t, 0, 0, 0)).frames
        inside = taps[(taps >= 0) & (taps < session.clip.shape[0])].tolist()
        assert list(seen_frames(maps, maps.clip_frame(t))) == inside
    plain = make_maps(session.clip)
    assert list(seen_frames(plain, 4)) == [3, 4, 5]


def dilated_maps(clip):
    settings = ConvolutionSettings(dilation=(4, 2, 3))
    return run(clip, random_filters(2, (3, 3, 3), clip.shape[3]), settings)


def test_the_readout_names_frame_row_column_channel(view, session) -> None:
    session.frame, session.voxel = 7, (3, 2)
    value = session.clip.data[7, 3, 2, 0]
    assert view.readout.accessibleDescription() == f"x[7, 3, 2, 0] = {value:.3g}"
    at = view.canvas.point_of(4, 6)
    move(view.canvas, at.x(), at.y())
    assert view.readout.accessibleDescription().startswith("x[7, 4, 6, 0] =")


def test_padded_frames_are_said(view, session) -> None:
    assert view.canvas.picture.note == ""
    session.frame = 18
    assert view.canvas.picture.note == "padded, zero, after"
    assert QColor(theme.colors().padded).rgb() in pixels(view.canvas)[4:30]


def test_space_and_time_can_be_seen_as_one_picture(view, session) -> None:
    session.voxel = (5, 2)
    view.set_tab("tw")
    scale = clip_scale(session.clip, session.render)
    expected = paint(session.clip.data[:, 5, :, 0], scale)
    assert np.array_equal(view.canvas.picture.pixels, expected)
    assert view.canvas.picture.letters[:2] == ("T", "W")
    at = view.canvas.point_of(11, 7)
    press(view.canvas, at.x(), at.y())
    assert (session.frame, session.voxel) == (11, (5, 7))


def test_before_stands_beside_after(qtbot, session) -> None:
    source = SourceView(session, runner())
    qtbot.addWidget(source)
    view = shown(qtbot, ClipView(session, source.frames), (500, 320))
    view.set_tab("compare")
    assert view.before.isVisible()
    assert view.before.picture.pixels.shape == (32, 24)
    view.set_tab("frame")
    assert not view.before.isVisible()


def test_ctrl_and_wheel_zooms_a_drag_pans_and_a_double_click_fits(view, session) -> None:
    fit = view.canvas.zoom
    for _ in range(6):
        wheel(view.canvas, 120, Qt.KeyboardModifier.ControlModifier)
    assert view.canvas.zoom > fit
    assert view.canvas.zoom == int(view.canvas.zoom)
    before, voxel = view.canvas.image_box(), session.voxel
    drag(view.canvas, [(150, 150), (155, 155), (190, 170)])
    assert view.canvas.image_box().topLeft() != before.topLeft()
    assert session.voxel == voxel  # a pan is not a pick
    press(view.canvas, 150, 150)
    assert session.voxel != voxel
    QTest.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert view.canvas.zoom == fit


def test_the_wheel_steps_and_keys_zoom_and_nudge(view, session) -> None:
    wheel(view.canvas, -120)
    assert session.frame == 1
    fit = view.canvas.zoom
    QTest.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert view.canvas.zoom > fit
    QTest.keyClick(view.canvas, Qt.Key.Key_0)
    assert view.canvas.zoom == fit
    session.voxel = (4, 4)
    QTest.keyClick(view.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view.canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert session.voxel == (3, 5)


def test_a_voxel_outside_a_smaller_clip_is_drawn_into_it(view, session) -> None:
    session.voxel = (15, 11)
    session.features = None
    session.clip = make_clip(5, 4, 4)
    assert view.canvas.picture.cross == (3, 3)


def test_a_stale_clip_is_dimmed_after_a_moment(qtbot, view, session) -> None:
    session.stale = frozenset({"clip"})
    assert not view.canvas.picture.stale
    qtbot.waitUntil(lambda: view.canvas.picture.stale)
    session.clip = make_clip(20)
    assert not view.canvas.picture.stale


def test_without_a_clip_the_view_says_what_to_do(qtbot, themed: Any) -> None:
    view = shown(qtbot, ClipView(Session()), (370, 320))
    for tab in ("compare", "tw", "frame"):
        view.set_tab(tab)
        press(view.canvas, 100, 100)
    assert view.canvas.picture is None
    assert QColor(theme.colors().text2).rgb() in pixels(view.canvas)


def test_zooms_are_whole_numbers_for_tensors() -> None:
    assert fitting_zoom((64, 64), (300, 270), smooth=False) == 4
    assert fitting_zoom((512, 512), (300, 300), smooth=False) == 1 / 2
    assert fitting_zoom((256, 256), (300, 292), smooth=True) == pytest.approx(292 / 256)
    assert next_zoom(4, 1, smooth=False) == 5
    assert next_zoom(1, -1, smooth=False) == 1 / 2
    assert [zoom_text(zoom) for zoom in (4, 0.5, 1.14)] == ["4×", "1/2×", "1.1×"]
    assert Picture(np.zeros((4, 6), np.uint32), aspect=2.0).size == (6, 8)


@pytest.fixture
def ledger(qtbot: Any, session: Session) -> LedgerView:
    return shown(qtbot, LedgerView(session), (1600, 66))


# all of them


def test_every_view_is_named_and_reached_by_the_keyboard(
    qtbot, session, wall, view, ledger
) -> None:
    source = shown(qtbot, SourceView(session, runner()), (370, 320))
    for widget in (source.canvas, source.montage, view.canvas, view.before, wall.tiles,
                   ledger.steps):  # fmt: skip
        assert widget.accessibleName()
        assert widget.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_another_theme_repaints_every_view(wall, view, ledger) -> None:
    places = [(wall.tiles.viewport(), "canvas"), (view.canvas, "canvas"), (ledger.steps, "window")]
    for choice in ("light", "dark"):
        theme.choose(choice)
        for widget, token in places:
            assert pixels(widget)[1, 1] == QColor(getattr(theme.colors(), token)).rgb()


def test_signed_maps_change_their_coat_with_the_theme(wall, session) -> None:
    session.frame = 4  # padding, which is marked on the tiles, does not reach it
    box = wall.tiles.tile_box(0)
    dark = cut(pixels(wall.tiles.viewport()), box)
    theme.choose("light")
    light = cut(pixels(wall.tiles.viewport()), wall.tiles.tile_box(0))
    expected = paint(
        session.features.data[4, :, :, 0], map_scales(session.features, session.render, "day")[0]
    )
    zoom = wall.tiles.layout_now.zoom.grow
    assert np.array_equal(light, enlarge(expected, zoom))
    assert not np.array_equal(light, dark)


def test_closed_views_do_not_hear_the_session_any_more(qtbot, session) -> None:
    views = [SourceView(session, runner()), ClipView(session), WallView(session)]
    for widget in views:
        widget.deleteLater()
    QApplication.sendPostedEvents(None, 52)  # deferred deletes
    session.frame = 5
    session.clip = make_clip(3)
    assert session.frame == 5


def test_arrows_on_a_wall_whose_order_is_of_other_maps_do_no_harm(qtbot, session):
    """Python 3.11 and PySide end the process over an error from C in an event: a plain `index`."""
    wall = shown(qtbot, WallView(session), (640, 480))
    for order in ((), (7, 9)):
        wall.tiles._order = order
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_End):
            QTest.keyClick(wall.tiles, key)
    assert session.map in (0, 7, 9)


def test_many_frames_in_one_turn_make_one_picture_and_it_is_the_last(
    qtbot, session, monkeypatch
) -> None:
    made: list[int] = []

    def counted(clip: Clip, frame: int, *others: Any) -> Any:
        made.append(frame)
        return clip_picture(clip, frame, *others)

    monkeypatch.setattr(clip_pictures, "clip_picture", counted)
    view = shown(qtbot, ClipView(session), (370, 320))
    made.clear()
    for frame in range(1, session.clip.shape[0]):
        session.frame = frame
    QApplication.processEvents()
    last = session.clip.shape[0] - 1
    assert made == [last]
    expected = clip_picture(session.clip, last, view.scale(session.clip))
    assert np.array_equal(view.canvas.picture.pixels, expected)


class Paints(QObject):
    """Counts the paint events of some widgets."""

    def __init__(self, *watched: QWidget) -> None:
        super().__init__()
        self.counts = dict.fromkeys(watched, 0)
        for widget in watched:
            widget.installEventFilter(self)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.counts[widget] += 1
        return False


def test_fifty_frames_in_one_turn_are_painted_once_and_the_last_is_shown(qtbot, session) -> None:
    """Scrubbing never queues: what nobody could have seen is never made."""
    view, wall, strip = ClipView(session), WallView(session), FilmStrip(session)
    widgets = (view, wall, strip, Position(session), SourceView(session, runner()))
    for widget in widgets:
        shown(qtbot, widget, (640, 480))
    qtbot.waitUntil(lambda: strip.thumbnails.complete)
    session.voxel = (3, 4)
    QApplication.processEvents()
    paints = Paints(view.canvas, view.readout, wall.tiles.viewport(), strip, widgets[3])
    for step in range(50):
        session.frame = step * 7 % 15
    QApplication.processEvents()
    assert session.frame == 49 * 7 % 15
    assert set(paints.counts.values()) == {1}
    for widget in widgets:
        assert np.array_equal(pixels_on_screen(widget), pixels(widget))


def test_a_step_paints_what_painting_all_anew_paints(qtbot, session) -> None:
    """Only what changes is painted at a step; what is on screen must be the whole truth."""
    view, wall, strip = ClipView(session), WallView(session), FilmStrip(session)
    source = SourceView(session, runner())
    widgets = (view, wall, strip, source)
    for widget in widgets:
        shown(qtbot, widget, (640, 480))
    qtbot.waitUntil(lambda: strip.thumbnails.complete)
    session.voxel = (3, 4)
    for frame in (5, 15, 14, 17, 3, 19, 0):
        session.frame = frame
        QApplication.processEvents()
        for widget in widgets:
            assert np.array_equal(pixels_on_screen(widget), pixels(widget)), (frame, widget)
