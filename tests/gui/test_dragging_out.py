"""A tile dragged out of the wall by its caption, and frames copied as pictures."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_views import Held, make_clip, make_maps, runner
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from voxviewer.export.stills import still
from voxviewer.gui import theme
from voxviewer.gui.copying import Copying
from voxviewer.gui.dragging_out import TileDrag, tile_name
from voxviewer.gui.parts import ReadOut
from voxviewer.gui.views.wall_tiles import WallTiles
from voxviewer.render.layout import INPUT
from voxviewer.session import Session
from voxviewer.settings import ExportSettings

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Carried:
    """Stands for where a tile is dropped: reads the file at once, as another program does."""

    def __init__(self, takes: bool = True) -> None:
        self.takes = takes
        self.got: list[tuple[str, tuple[int, int], int]] = []
        self.paths: list = []

    def __call__(self, path) -> bool:
        with Image.open(path) as picture:
            frames = getattr(picture, "n_frames", 1)
            self.got.append((path.name, picture.size, frames))
        self.paths.append(path)
        return self.takes


@pytest.fixture
def wall(qtbot):
    clip = make_clip(T=6)
    session = Session(clip=clip, features=make_maps(clip, F=3))
    tiles = WallTiles(session)
    qtbot.addWidget(tiles)
    tiles.resize(500, 300)
    tiles.show()
    return session, tiles


def pull(tiles: WallTiles, index: int, keys=NONE, far: bool = True) -> None:
    """Press a tile's caption, move and let go."""
    view, box = tiles.viewport(), tiles.tile_box(index)
    start = QPoint(box.center().x(), box.bottom() + 8)
    QTest.mousePress(view, LEFT, keys, start)
    end = start + QPoint(0, 3 * QApplication.startDragDistance() if far else 1)
    move(view, end, LEFT, keys)
    QTest.mouseRelease(view, LEFT, keys, end)


def move(view, point: QPoint, buttons=Qt.MouseButton.NoButton, keys=NONE) -> None:
    """Move the pointer; Qt's own helper forgets the keys that are held."""
    at, kind = QPointF(point), QEvent.Type.MouseMove
    here = view.mapToGlobal(at)
    QApplication.sendEvent(
        view, QMouseEvent(kind, at, here, Qt.MouseButton.NoButton, buttons, keys)
    )


def test_a_caption_carries_the_maps_film_out(wall) -> None:
    session, tiles = wall
    carried = Carried()
    drag = TileDrag(tiles, session, runner(), carried)
    voxel = session.voxel
    session.export = ExportSettings(range=(1, 4), rate=20.0)
    pull(tiles, 1)
    _, H, W, _ = session.features.shape
    zoom = tiles.grown
    assert zoom > 1
    assert carried.got == [("clip-map-1.gif", (W * zoom, H * zoom), 4)]
    assert session.map == 1 and session.voxel == voxel  # the crosshair stays
    assert carried.paths[0].exists()
    drag.close()
    assert not carried.paths[0].exists() and not carried.paths[0].parent.parent.exists()


def test_shift_carries_this_frame_as_a_png_and_the_input_the_clip(wall) -> None:
    session, tiles = wall
    carried = Carried()
    drag = TileDrag(tiles, session, runner(), carried)
    session.frame = 3
    pull(tiles, 2, SHIFT)
    pull(tiles, INPUT)
    assert [name for name, _, _ in carried.got] == ["clip-map-2-frame-3.png", "clip-input.gif"]
    assert carried.got[1][2] == 6
    drag.close()


def test_what_nobody_took_is_gone_at_once(wall) -> None:
    session, tiles = wall
    carried = Carried(takes=False)
    drag = TileDrag(tiles, session, runner(), carried)
    pull(tiles, 0)
    assert not carried.paths[0].exists()
    drag.close()


def test_a_short_pull_and_a_pull_at_the_image_carry_nothing(wall, qtbot) -> None:
    session, tiles = wall
    carried = Carried()
    TileDrag(tiles, session, runner(), carried)
    pull(tiles, 0, far=False)
    QTest.mousePress(tiles.viewport(), LEFT, NONE, tiles.tile_box(0).center())
    QTest.mouseRelease(tiles.viewport(), LEFT, NONE, tiles.tile_box(0).center())
    assert carried.got == []


def test_letting_go_before_the_file_is_written_says_so(wall) -> None:
    session, tiles = wall
    held = Held()
    drag = TileDrag(tiles, session, runner(held))
    pull(tiles, 0)
    held.release()
    assert session.notice.text == "clip-map-0.gif was not ready when you let go."
    drag.close()


def test_a_file_that_cannot_be_written_is_a_sentence(wall, monkeypatch) -> None:
    session, tiles = wall
    drag = TileDrag(tiles, session, runner(), Carried())
    pull(tiles, 0)
    shutil.rmtree(drag._folder)  # a cleaner of temporary files was here
    pull(tiles, 0)
    assert session.notice is not None and session.notice.kind == "error"


def test_the_hand_over_captions_says_what_can_be_done(wall) -> None:
    _, tiles = wall
    box = tiles.tile_box(1)
    move(tiles.viewport(), QPoint(box.center().x(), box.bottom() + 8))
    assert tiles.viewport().cursor().shape() == Qt.CursorShape.OpenHandCursor
    assert "GIF" in tiles.viewport().toolTip()
    move(tiles.viewport(), box.center())
    assert tiles.viewport().toolTip() == ""


def test_names_are_such_as_every_system_takes(wall) -> None:
    session, _ = wall
    odd = replace(session.features, clip=replace(session.features.clip, name="a/b:c?.nii"))
    assert tile_name(odd, 3, True, 7) == "a-b-c-.nii-map-3-frame-7.png"
    assert tile_name(odd, INPUT, False, 7) == "a-b-c-.nii-input.gif"


def test_a_copied_frame_is_the_picture_on_screen(wall) -> None:
    session, tiles = wall
    center = SimpleNamespace(
        clip=SimpleNamespace(canvas=SimpleNamespace(zoom=2.7)), wall=SimpleNamespace(tiles=tiles)
    )
    copying = Copying(session, center, SimpleNamespace())
    session.frame = 2
    coat = "night" if theme.is_dark() else "day"
    for copy, wanted in (
        (copying.frame, still(session.clip, 2, scale=2, coat=coat)),
        (copying.map, still(session.features, 2, maps=(0,), scale=tiles.grown, coat=coat)),
    ):
        copy()
        image = (
            QGuiApplication.clipboard()
            .image()
            .convertToFormat(QGuiApplication.clipboard().image().Format.Format_RGB888)
        )
        got = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        H, W, _ = wanted.shape
        np.testing.assert_array_equal(got[:, : 3 * W].reshape(H, W, 3), wanted)
        assert session.notice.kind == "ok"


def test_the_read_out_under_the_pointer_is_what_is_copied(qtbot) -> None:
    views = [QWidget() for _ in range(4)]
    for view, place in zip(views, "abcd", strict=True):
        view.readout = ReadOut()
        view.readout.set_left(f"x[{place}] =", "0.5")
        qtbot.addWidget(view)
        view.show()
    center = SimpleNamespace(source=views[0], clip=views[1], wall=views[2], space=views[3])
    copying = Copying(Session(), center, SimpleNamespace(words=lambda: "map 1 is 0.25"))
    for view in views:
        view.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    assert copying.read_out() == ""
    views[2].setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
    assert copying.read_out() == "x[c] = 0.5"
    copying.value()
    assert QGuiApplication.clipboard().text() == "x[c] = 0.5"
    views[2].readout.set_left("x[c] =")
    assert copying.read_out() == ""
    copying.value()
    assert QGuiApplication.clipboard().text() == "map 1 is 0.25"
