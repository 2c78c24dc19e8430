"""The figure lies where its heatmaps have their peaks, and where a film shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from direct import Desk

from voxviewer.data import Skeleton
from voxviewer.gui.panels.import_words import film_words
from voxviewer.gui.views import ClipView, SourceView
from voxviewer.gui.views.source_pictures import FIGURE, nearest_stick
from voxviewer.gui.views.sticks import film_without_place, over_clip, over_film, pair
from voxviewer.settings import EncodingSettings, Opening


@pytest.fixture
def flat(tmp_path: Path) -> str:
    """Twelve frames of 17 joints in pixels, with a gap in one of them."""
    rng = np.random.default_rng(3)
    joints = rng.uniform(10, 90, (1, 17, 2)) + np.arange(12)[:, None, None]
    joints[5, 4] = np.nan
    np.save(tmp_path / "flat.npy", joints.astype(np.float32))
    return str(tmp_path / "flat.npy")


@pytest.fixture
def film(tmp_path: Path) -> str:
    np.save(tmp_path / "film.npy", np.zeros((12, 120, 100, 3), np.uint8))
    return str(tmp_path / "film.npy")


@pytest.mark.parametrize("change", [{}, {"fit": "cube", "root_center": True}, {"frames": 7}])
def test_joints_lie_on_the_peaks_of_their_heatmaps(flat: str, change: dict[str, object]) -> None:
    desk = Desk()
    desk.session.live = False
    desk.session.encoding = EncodingSettings(combine="joints", sigma=1.5, height=48, **change)  # type: ignore[arg-type]
    desk.pipeline.open_one(Opening(flat, unit="px"))
    clip = desk.session.clip
    assert clip is not None
    for frame in (0, 5, clip.shape[0] - 1):
        sticks = over_clip(desk.session, clip, frame)
        assert sticks is not None
        for joint, (x, y) in enumerate(sticks.points[0]):
            if np.isfinite(x) and 0 <= x <= 63 and 0 <= y <= 47:
                peak = np.unravel_index(np.argmax(clip.data[frame, :, :, joint]), (48, 64))
                assert abs(peak[0] - y) <= 0.51
                assert abs(peak[1] - x) <= 0.51


def test_a_gap_is_drawn_through_only_when_asked_and_said(flat: str) -> None:
    desk = Desk()
    desk.pipeline.open_one(Opening(flat, unit="px"))
    session = desk.session
    assert session.clip is not None
    before = session.clip.data.copy()
    open_ = over_clip(session, session.clip, 5)
    session.bridge = True
    closed = over_clip(session, session.clip, 5)
    assert open_ is not None and closed is not None
    assert np.isnan(open_.points[0, 4]).all() and open_.words == ""
    assert np.isfinite(closed.points).all() and closed.made[0, 4]
    assert closed.words == "1 joint drawn through gaps"
    np.testing.assert_array_equal(session.clip.data, before)


def test_a_recording_lies_over_a_film_of_as_many_frames(flat: str, film: str) -> None:
    desk = Desk()
    desk.pipeline.open_one(Opening(flat, unit="px"))
    desk.pipeline.open_one(Opening(film))
    session = desk.session
    found = pair(session)
    assert found is not None and found.recording.path == flat
    source = found.recording
    sticks = over_film(session, 3, (120, 100))
    assert sticks is not None
    np.testing.assert_allclose(sticks.points[0], source.joints[3, 0, :, :2], atol=1e-9)
    half = over_film(session, 3, (60, 50))
    assert half is not None  # edges on edges
    np.testing.assert_allclose(half.points, (sticks.points + 0.5) / 2 - 0.5, atol=1e-9)
    session.bones = False
    assert over_film(session, 3, (120, 100)) is None


def test_other_lengths_and_places_in_meters_are_laid_over_no_film(flat: str, film: str) -> None:
    desk = Desk()
    desk.pipeline.open_one(Opening(flat, unit="m"))
    desk.pipeline.open_one(Opening(film))
    assert pair(desk.session) is None
    (source,) = [item for item in desk.session.sources if isinstance(item, Skeleton)]
    short = replace(source, joints=source.joints[:11], unit="px", opening=Opening("short"))
    desk.session.sources = (*desk.session.sources, short)
    assert pair(desk.session) is None
    assert film_without_place(desk.session) is None  # the film itself is current
    desk.pipeline.show(source)
    found = film_without_place(desk.session)
    assert found is not None and found.path == film
    assert film_words(desk.session).startswith("Not over film.npy")
    desk.pipeline.show(short)
    told = "Not over film.npy: it has 12 frames, the recording 11."
    assert film_words(desk.session) == told


def test_the_film_is_behind_the_recording_that_is_current(qtbot, tmp_path: Path, flat: str) -> None:
    frames = np.arange(12, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, 120, 100, 3), np.uint8
    )
    np.save(tmp_path / "numbers.npy", frames)
    desk = Desk()
    view = SourceView(desk.session, desk.jobs)
    qtbot.addWidget(view)
    desk.pipeline.open_one(Opening(str(tmp_path / "numbers.npy")))
    desk.pipeline.open_one(Opening(flat, unit="px"))
    for frame in (0, 7, 3):
        desk.session.frame = frame
        picture = view.canvas.picture
        assert picture is not None and picture.sticks is not None
        assert np.unique(picture.pixels & 0xFF) == [frame], "the film's frame is the recording's"
        source = desk.session.current
        assert isinstance(source, Skeleton)
        np.testing.assert_allclose(picture.sticks.points[0], source.joints[frame, 0, :, :2])
    assert film_words(desk.session) == "Over numbers.npy, which has as many frames."
    x, y = picture.sticks.points[0, 9]
    assert nearest_stick(picture.sticks, (120, 100), (round(y), round(x))) == (0, 9)
    desk.session.bones = False
    assert view.canvas.picture is not None and view.canvas.picture.sticks is None
    assert view.canvas.picture.pixels.shape == (FIGURE, FIGURE)


def test_joints_in_meters_lie_where_the_camera_saw_them(tmp_path: Path) -> None:
    color = np.array([[960.0, 540.0], [0.0, 0.0], [1919.0, 1079.0]])
    lines = ["12"]
    for frame in range(12):
        lines += ["1", "7 0 0 0 0 0 0 0 0 2", "3"]
        lines += [f"{j} {frame} 2 1 1 {x} {y} 0 0 0 0 2" for j, (x, y) in enumerate(color)]
    (tmp_path / "a.skeleton").write_text("\n".join(lines))
    np.save(tmp_path / "film.npy", np.zeros((12, 540, 960, 3), np.uint8))
    desk = Desk()
    desk.pipeline.open_one(Opening(str(tmp_path / "a.skeleton")))
    desk.pipeline.open_one(Opening(str(tmp_path / "film.npy")))
    sticks = over_film(desk.session, 4, (540, 960))
    assert sticks is not None
    np.testing.assert_allclose(sticks.points[0, [0, 2]], (color[[0, 2]] + 0.5) / 2 - 0.5, atol=1e-4)
    assert np.isnan(sticks.points[0, 1]).all(), "(0, 0) is what programs without a camera write"


def test_the_button_of_the_clip_takes_the_skeleton_away(qtbot, flat: str, film: str) -> None:
    desk = Desk()
    view = ClipView(desk.session)
    source = SourceView(desk.session, desk.jobs)
    for widget in (view, source):
        qtbot.addWidget(widget)
    desk.pipeline.open_one(Opening(film))
    assert view.bones.isHidden()
    desk.pipeline.open_one(Opening(flat, unit="px"))
    assert not view.bones.isHidden() and view.bones.isChecked()
    assert view.canvas.picture is not None and view.canvas.picture.sticks is not None
    view.resize(300, 300)
    with_bones = view.canvas.grab().toImage()
    view.bones.click()
    assert desk.session.bones is False
    assert view.canvas.picture.sticks is None
    assert view.canvas.grab().toImage() != with_bones
    desk.session.bones = True
    desk.pipeline.show(desk.session.sources[0])
    assert source.canvas.picture is not None and source.canvas.picture.sticks is not None
    assert view.canvas.picture is not None and view.canvas.picture.sticks is not None
