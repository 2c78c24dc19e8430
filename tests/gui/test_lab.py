"""The resampling lab: every method on one patch, chosen by a click, made off the GUI thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_views import Held, make_volume, move, pixels, press, runner, shown, wheel
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from scipy import ndimage

from voxviewer.data import Skeleton
from voxviewer.encoding import encode
from voxviewer.encoding.trial import METHODS, Method
from voxviewer.gui.lab import LabView
from voxviewer.gui.lab.pictures import PATCH, Wish, make_pictures, patch
from voxviewer.gui.views import ClipView
from voxviewer.session import History, Session
from voxviewer.settings import EncodingSettings


@pytest.fixture
def session(themed: Any) -> Session:
    """A film of six frames, 32 x 24, that shrinks to 8 x 6."""
    session = Session()
    session.current = make_volume((6, 1, 32, 24, 1), "THW")
    session.encoding = EncodingSettings(height=8, width=6)
    session.frame = 2
    return session


def opened(qtbot: Any, session: Session, executor: Any = None) -> LabView:
    view = LabView(session, runner(executor), History(session))
    return shown(qtbot, view, (960, 640))


def center(canvas: Any) -> tuple[float, float]:
    middle = canvas.image_box().center()
    return middle.x(), middle.y()


def test_all_methods_stand_beside_the_source_with_their_numbers(qtbot, session) -> None:
    view = opened(qtbot, session)
    assert view.source.canvas.picture.pixels.shape == (32, 24)
    for method in METHODS:
        tile = view.tiles[method]
        assert tile.canvas.picture.pixels.shape == (8, 6)
        assert tile.caption.numbers[0].startswith("overshoot")
        assert tile.caption.numbers[-1].endswith("ms")
    assert [m for m in METHODS if view.tiles[m].chosen] == [Method(1, True)]
    assert "frame 2, 32 × 24 → 8 × 6" in view.title._note.text()


def test_the_numbers_are_those_of_scipys_cubic(qtbot, session) -> None:
    view = opened(qtbot, session)
    x = session.current.voxels[2, 0, :, :, 0].astype(float)
    cubic = ndimage.zoom(x, 0.25, order=3, grid_mode=True, mode="nearest")
    span = x.max() - x.min()
    share = max(cubic.max() - x.max(), x.min() - cubic.min(), 0) / span
    made = view._made.trial.made_by(Method(3))
    np.testing.assert_allclose(made.plane[..., 0], cubic, atol=1e-3)
    assert made.overshoot.relative == pytest.approx(share, abs=1e-6)


def test_a_click_on_a_method_chooses_it_as_one_step(qtbot, session) -> None:
    view = opened(qtbot, session)
    press(view.tiles[Method(3)].canvas, *center(view.tiles[Method(3)].canvas))
    assert (session.encoding.order, session.encoding.antialias) == (3, False)
    assert view.tiles[Method(3)].chosen
    QTest.mouseClick(view.tiles[Method(0)].caption, Qt.MouseButton.LeftButton)
    assert (session.encoding.order, session.encoding.antialias) == (0, False)
    view._history.undo()
    assert session.encoding.order == 3
    view._history.undo()
    assert session.encoding == EncodingSettings(height=8, width=6)


def test_methods_are_reached_and_chosen_by_the_keyboard(qtbot, session) -> None:
    view = opened(qtbot, session)
    caption = view.tiles[Method(3, True)].caption
    caption.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(caption, Qt.Key.Key_Space)
    assert (session.encoding.order, session.encoding.antialias) == (3, True)


def test_one_cursor_points_at_the_same_place_of_all(qtbot, session) -> None:
    view = opened(qtbot, session)
    canvas = view.tiles[Method(1)].canvas
    at = canvas.point_of(5, 1)
    move(canvas, at.x(), at.y())
    share = (5.5 / 8, 1.5 / 6)
    assert view.links[0].cursor == share
    for tile in (view.source, *view.tiles.values()):
        H, W = tile.canvas.picture.pixels.shape
        assert tile.canvas.picture.cross == (share[0] * H - 0.5, share[1] * W - 0.5)
    source = session.current.voxels[2, 0, 22, 6, 0]
    assert view.source.caption._value == str(source)
    assert view.readout._place == "source[2, 22, 6] → x[2, 5, 1]"
    canvas.hovered.emit(None)
    assert view.source.canvas.picture.cross is None


def test_zoom_and_pan_of_one_are_those_of_all(qtbot, session) -> None:
    view = opened(qtbot, session)
    canvas = view.tiles[Method(3)].canvas
    for _ in range(3):
        wheel(canvas, 120, Qt.KeyboardModifier.ControlModifier)
    boxes = [tile.canvas.image_box() for tile in (view.source, *view.tiles.values())]
    assert all(abs(box.width() - boxes[0].width()) <= 1 for box in boxes)
    assert all(abs(box.center().x() - boxes[0].center().x()) <= 2 for box in boxes)
    assert boxes[0].width() > canvas.fit_width
    view._fit.click()
    assert view.source.canvas.image_box().width() == pytest.approx(canvas.fit_width, abs=1)


def test_before_after_difference_says_on_whose_pixels(qtbot, session) -> None:
    view = opened(qtbot, session)
    view.set_tab("difference")
    assert view.difference.canvas.picture.pixels.shape == (8, 6)
    assert view.readout._place == "clip pixel − mean of the source under it"
    view.grid.value = "source"
    view.grid.chosen.emit("source")
    assert view.difference.canvas.picture.pixels.shape == (32, 24)
    assert view.readout._place == "clip, straight lines between its pixels, − source"
    assert view.difference.caption.numbers[0].startswith("±")


def test_where_nothing_shrinks_antialias_says_that_it_does_nothing(qtbot, session) -> None:
    session.encoding = EncodingSettings(height=64, width=24)
    view = opened(qtbot, session)
    assert view.tiles[Method(1, True)].caption.numbers[0] == "nothing shrinks: as without"


def test_the_gui_thread_never_resamples(qtbot, session) -> None:
    """Nothing is made before the lane has run, and of many wishes only the newest waits."""
    held = Held()
    view = opened(qtbot, session, held)
    assert view.source.canvas.picture is None
    for height in range(10, 20):
        session.change("encoding", height=height)
    assert len(held.waiting) == 1
    held.release()
    assert view.tiles[Method(0)].canvas.picture.pixels.shape == (19, 6)


def test_a_hidden_lab_asks_for_nothing(qtbot, session) -> None:
    held = Held()
    view = LabView(session, runner(held), History(session))
    qtbot.addWidget(view)
    session.frame = 3
    session.change("encoding", order=3)
    assert not held.waiting


def test_padding_and_skeletons_say_why_there_is_nothing(qtbot, session) -> None:
    session.encoding = EncodingSettings(frames=9, height=8, width=6, length="pad-zero")
    view = opened(qtbot, session)
    session.frame = 8
    assert view.source.canvas.picture is None
    assert "padding" in view.source.canvas._empty
    session.current = Skeleton.__new__(Skeleton)
    assert "nothing is resampled" in view.source.canvas._empty


def test_of_a_large_clip_a_patch_round_the_voxel_is_painted(themed: Any) -> None:
    """The same shares of source and clip, on the edges of clip pixels."""
    voxels = np.zeros((1, 1, 900, 1200, 1), np.uint8)
    voxels[0, 0, 700:, 900:] = 200
    source = make_volume(voxels.shape, "HW", voxels=voxels)
    wish = Wish(source, EncodingSettings(height=1800, width=600), 0, (0.8, 0.8))
    made = make_pictures(wish, lambda *_: None)
    assert made is not None
    layer = made.tries[Method(1, True)]
    assert layer.plane.shape == (1800, 600, 1)
    assert layer.pixels.shape == (PATCH, PATCH)
    assert layer.first[0] == pytest.approx(0.8 * 1800 - PATCH / 2, abs=1)
    assert made.before.first[0] == pytest.approx(layer.first[0] / 2, abs=1)
    at = layer.place((0.99, 0.99))
    assert layer.plane[at] == made.before.plane[made.before.place((0.99, 0.99))] == 200
    assert patch((900, 1200), (0.0, 1.0), (1800, 600)) == ((0, 256), (176, 1200))


def test_the_ring_is_seen_round_the_chosen_tile(qtbot, session) -> None:
    from voxviewer.gui import theme

    view = opened(qtbot, session)
    ring = theme.color("accent").rgb() & 0xFFFFFF
    on, off = (pixels(view.tiles[Method(1, flag)]) & 0xFFFFFF for flag in (True, False))
    assert (on[:, 0:2] == ring).any()
    assert not (off[:, 0:2] == ring).any()


def compared(qtbot: Any, session: Session, width: int) -> ClipView:
    session.clip = encode(session.current, session.encoding)
    view = ClipView(session, jobs=runner())
    view.set_tab("compare")
    return shown(qtbot, view, (width, 320))


def test_the_clip_view_shows_what_the_clip_lost_of_its_source(qtbot, session) -> None:
    """Linear without anti-alias takes the mean of 4 of 16 voxels; the difference is to all 16."""
    session.encoding = EncodingSettings(height=8, width=6, antialias=False)
    view = compared(qtbot, session, 700)
    assert not view.before.isHidden()
    assert not view.difference.isHidden()
    x = session.current.voxels[2, 0, :, :, 0].astype(float)
    blocks = x.reshape(8, 4, 6, 4).mean(axis=(1, 3))
    wanted = session.clip.data[2, :, :, 0] - blocks
    np.testing.assert_allclose(view.difference.made.plane, wanted, atol=1e-3)
    assert view.difference.words.startswith("after − before ±")
    session.frame = 3
    assert view.difference.made.frame == 3


def test_a_narrow_clip_view_shows_two_of_the_three(qtbot, session) -> None:
    view = compared(qtbot, session, 320)
    assert view.difference.isHidden()
    assert not view.pair.isHidden()
    view.pair.value = "difference"
    view.pair.chosen.emit("difference")
    assert view.before.isHidden()
    assert not view.difference.isHidden()
    view.set_tab("frame")
    assert view.difference.isHidden()
    assert view.pair.isHidden()


def test_normalizing_does_not_count_as_a_difference(qtbot, session) -> None:
    session.encoding = EncodingSettings(normalize="minmax")
    view = compared(qtbot, session, 700)
    assert not view.difference.made.plane.any()
