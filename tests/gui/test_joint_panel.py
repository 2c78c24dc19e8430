"""One joint over time: its own numbers, the heatmap's own value, gaps where nothing was seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from voxviewer.data import Skeleton
from voxviewer.gui.panels import JointPanel
from voxviewer.gui.panels.joint_panel import places, runs
from voxviewer.gui.panels.joint_values import liveliest, tracks
from voxviewer.gui.timeline import legend
from voxviewer.gui.views.gap_marks import clip_gaps, gap_words
from voxviewer.settings import EncodingSettings, Opening


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Twenty frames of two persons; joint 3 of the first is missing in frames 5, 6 and 12 to 15."""
    rng = np.random.default_rng(4)
    joints = rng.uniform(20, 80, (1, 2, 17, 3)) + np.arange(20)[:, None, None, None] * 0.5
    joints[..., 2] /= 50
    joints[:, 0, 7, 0] += 10 * np.sin(np.arange(20))
    joints[5:7, 0, 3] = np.nan
    joints[12:16, 0, 3] = np.nan
    np.save(tmp_path / "pair.npy", joints.astype(np.float32))
    desk = Desk()
    desk.session.live = False
    desk.session.encoding = EncodingSettings(combine="joints", sigma=2.0)
    desk.pipeline.open_one(Opening(str(tmp_path / "pair.npy"), "TPJX", unit="m"))
    return desk


def current(desk: Desk) -> Skeleton:
    assert isinstance(desk.session.current, Skeleton)
    return desk.session.current


def test_curves_are_the_recording_and_the_clip(desk: Desk) -> None:
    session, source = desk.session, current(desk)
    assert session.clip is not None
    session.joint = (0, 3)
    x, y, z, heat = tracks(session, session.clip, source)
    for axis, track in enumerate((x, y, z)):
        np.testing.assert_array_equal(track.values, source.joints[:, 0, 3, axis])
        assert track.unit == "m"
    seen = np.isfinite(x.values)
    np.testing.assert_array_equal(np.isfinite(heat.values), seen)
    # Peak 1, less what lies between the joint and the middle of its pixel.
    assert np.all(heat.values[seen] > np.exp(-0.5 / (2 * 2.0**2)) - 1e-6)
    assert np.all(heat.values[seen] <= 1.0 + 1e-6)


def test_curves_follow_the_clips_frames(desk: Desk) -> None:
    session, source = desk.session, current(desk)
    session.change("encoding", frames=30, length="pad-zero")
    session.joint = (1, 2)
    assert session.clip is not None
    x = tracks(session, session.clip, source)[0]
    np.testing.assert_array_equal(x.values[:20], source.joints[:, 1, 2, 0])
    assert np.isnan(x.values[20:]).all()


def test_short_gaps_are_bridged_in_the_curves_too(desk: Desk) -> None:
    session, source = desk.session, current(desk)
    assert session.clip is not None
    session.joint, session.bridge = (0, 3), True
    x, *_, heat = tracks(session, session.clip, source)
    assert np.flatnonzero(x.made).tolist() == [5, 6, 12, 13, 14, 15]
    assert np.isfinite(x.values).all()
    assert np.isnan(heat.values[5])


def test_the_liveliest_joint_is_shown_first(desk: Desk) -> None:
    assert liveliest(current(desk)) == 7


def test_the_panel_shows_and_sets_joint_and_frame(qtbot, desk: Desk) -> None:
    panel = JointPanel(desk.session)
    qtbot.addWidget(panel)
    panel.resize(300, 400)
    panel.show()
    panel.reveal()
    qtbot.waitUntil(lambda: panel.curves.isVisible() and panel.curves.width() > 100)
    assert [track.name for track in panel.curves.tracks] == ["x", "y", "z", "heatmap"]
    assert panel.joint.value == 7
    index = panel.joint.options.index(3)
    panel.joint.setCurrentIndex(index)
    panel.joint.activated.emit(index)
    assert desk.session.joint == (0, 3)
    at = QPoint(panel.curves.width() - 2, 10)
    QTest.mouseClick(panel.curves, Qt.MouseButton.LeftButton, pos=at)
    assert desk.session.frame == 19
    desk.session.frame = 13
    assert "x missing" in panel.curves.accessibleDescription()
    desk.session.bridge = True
    assert panel.note.isVisible() and panel.note.text().startswith("6 frames drawn through")
    assert not panel.grab().isNull()


def test_gaps_leave_the_curve_open() -> None:
    from PySide6.QtCore import QRectF

    x, y = places(np.array([1.0, np.nan, 3.0]), QRectF(0, 0, 100, 50))
    assert np.isnan(y[1]) and y[0] > y[2]
    assert x[0] < x[1] < x[2]
    assert runs(np.array([True, True, False, True])) == [(0, 1), (3, 3)]


def test_the_film_strip_knows_where_joints_are_missing(desk: Desk) -> None:
    gaps = clip_gaps(desk.session)
    assert gaps is not None
    assert np.flatnonzero(gaps).tolist() == [5, 6, 12, 13, 14, 15]
    assert gaps[5] == pytest.approx(1 / 34)
    rows = {row.mark: row.value for row in legend(desk.session)}
    assert rows["gaps"] == "6"
    desk.session.change("encoding", frames=25, length="pad-zero")
    padded = clip_gaps(desk.session)
    assert padded is not None and padded[20:].tolist() == [0] * 5
    assert gap_words(np.array([0, 0.5, 1.0])) == "2, 1 with nobody"
