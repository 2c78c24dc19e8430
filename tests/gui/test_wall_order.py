"""The wall sorted, its twins named, and a map laid over the clip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_views import make_clip, make_maps, runner, shown
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from voxviewer.gui.turns import turns
from voxviewer.gui.views import ClipView, WallView
from voxviewer.gui.views.captions import Caption, briefly, paint_caption
from voxviewer.gui.views.tile_paint import TilePaint
from voxviewer.render.layout import INPUT
from voxviewer.render.order import map_order
from voxviewer.session import Session


@pytest.fixture
def session(themed: Any) -> Session:
    session = Session()
    session.clip = make_clip(8)
    session.features = make_maps(session.clip, 6)
    return session


def shown_order(wall: WallView) -> list[int]:
    return [tile.index for tile in wall.tiles.layout_now.tiles]


@pytest.mark.parametrize("sort", ["filter", "energy", "sparsity", "change"])
def test_tiles_stand_in_the_chosen_order_and_the_arrows_follow_it(qtbot, session, sort) -> None:
    wall = shown(qtbot, WallView(session, runner()), (800, 600))
    session.change("render", sort=sort)
    order = map_order(session.features, sort)
    assert shown_order(wall) == [INPUT, *order]
    session.map = order[0]
    QTest.keyClick(wall.tiles, Qt.Key.Key_Right)
    assert session.map == order[1]
    QTest.keyClick(wall.tiles, Qt.Key.Key_End)
    assert session.map == order[-1]


@pytest.mark.usefixtures("in_turns")
def test_new_maps_are_painted_whole_in_the_turn_after_they_came(
    qtbot: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[tuple[Any, QRect]] = []
    paint = TilePaint.paint

    def spy(self: TilePaint, *given: Any) -> None:
        painted.append((given[2].maps, given[1].boundingRect()))
        paint(self, *given)

    monkeypatch.setattr(TilePaint, "paint", spy)
    wall = shown(qtbot, WallView(session, runner()), (800, 600))
    qtbot.waitUntil(lambda: bool(painted) and turns().idle)
    viewport, before, maps = wall.tiles.viewport(), len(painted), make_maps(session.clip, 4)
    session.frame += 1  # its painting is asked for before the maps come
    session.features = maps
    assert not viewport.updatesEnabled()
    qtbot.waitUntil(viewport.updatesEnabled)
    qtbot.waitUntil(lambda: len(painted) > before)
    assert painted[before] == (maps, viewport.rect())


def test_a_map_that_stands_twice_says_so(qtbot, session) -> None:
    maps = session.features
    data = maps.data.copy()
    data[..., 3] = data[..., 1]
    energy = maps.energy.copy()
    energy[:, 3] = energy[:, 1]
    limits = maps.limits.copy()
    limits[3] = limits[1]
    wall = shown(qtbot, WallView(session, runner()), (800, 600))
    session.features = replace(maps, data=data, energy=energy, limits=limits)
    caption = wall.tiles.wall.all_captions()[3]
    assert "1" in caption.name
    assert "=" in caption.short


def test_the_chosen_map_lies_over_the_clip_where_that_is_wanted(qtbot, session) -> None:
    wall = shown(qtbot, WallView(session, runner()), (800, 600))
    clip = shown(qtbot, ClipView(session), (400, 400))
    before = clip.canvas.picture.pixels.copy()
    wall.map_over.click()
    assert session.map_over
    over = clip.canvas.picture.pixels.copy()
    assert not np.array_equal(before, over)
    session.map = 1
    assert not np.array_equal(clip.canvas.picture.pixels, over)
    session.map_over = False
    assert np.array_equal(clip.canvas.picture.pixels, before)
    assert not wall.map_over.isChecked()


def test_enter_and_a_double_click_open_a_map(qtbot, session) -> None:
    wall = shown(qtbot, WallView(session, runner()), (800, 600))
    with qtbot.waitSignal(wall.tiles.opened):
        QTest.keyClick(wall.tiles, Qt.Key.Key_Return)
    at = wall.tiles.tile_box(2).center()
    with qtbot.waitSignal(wall.tiles.opened):
        QTest.mouseDClick(wall.tiles.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_named_maps_on_narrow_tiles_leave_out_their_limits_all_alike(themed) -> None:
    words = [Caption(str(index), "right, even", limits, 0.5) for index, limits in enumerate(
        ("±0.955", "±1.11", "±12.4")
    )]  # fmt: skip
    assert briefly(words, 200) == words
    assert [caption.limits for caption in briefly(words, 60)] == [""] * 3
    assert {caption.name for caption in briefly(words, 60)} == {"right, even"}


def test_an_index_is_never_cut_off(themed) -> None:
    """Of 256 maps under 24 pixels each, "1…" would say nothing."""
    drawn = []
    for index in ("107", "187"):
        picture = QImage(30, 24, QImage.Format.Format_RGB32)
        picture.fill(0)
        painter = QPainter(picture)
        paint_caption(painter, QRect(3, 2, 24, 20), Caption(index, "3 %", "", 0.0), False)
        painter.end()
        drawn.append(np.array(picture.constBits()).reshape(24, 30, 4).copy())
    columns = np.flatnonzero((drawn[0] != drawn[1]).any(axis=(0, 2)))
    assert 8 < columns.mean() < 22  # the figure in the middle is there, and the one that differs
