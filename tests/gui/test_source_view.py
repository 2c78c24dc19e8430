"""The source beside the tensor: which plane it shows, how it is turned, and who reads the disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_views import (
    Held,
    make_clip,
    make_maps,
    make_volume,
    move,
    pixels,
    press,
    runner,
    shown,
)

from voxviewer.data import Facts, Skeleton, Topology
from voxviewer.gui.views import SourceView, planes, source_frames
from voxviewer.session import Session
from voxviewer.settings import EncodingSettings, Opening


@pytest.fixture
def session(themed: Any) -> Session:
    session = Session()
    session.current = make_volume()
    session.clip = make_clip(20, padded=4)
    session.features = make_maps(session.clip, 5, ("right", "left", "up", "down", "nothing"))
    return session


def test_the_source_shows_the_frame_that_the_clip_frame_came_from(qtbot, session) -> None:
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    session.clip = replace(make_clip(3), frames=np.array([5, 0, 2]))
    session.frame = 2
    frame = session.current.voxels[2, 0].astype(np.uint32)
    expected = 0xFF000000 | frame[..., 0] << 16 | frame[..., 1] << 8 | frame[..., 2]
    assert np.array_equal(view.canvas.picture.pixels, expected)


def test_the_sources_readout_is_in_the_files_own_order(qtbot, session) -> None:
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    session.frame = 4
    move(view.canvas, *view.canvas.point_of(10, 20).toTuple())
    red, green, blue = session.current.voxels[4, 0, 10, 20]
    words = view.readout.accessibleDescription()
    assert words == f"source[4, 10, 20] = ({red}, {green}, {blue})"


def test_a_click_on_the_source_sets_the_clips_voxel(qtbot, session) -> None:
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    at = view.canvas.point_of(31, 0)
    press(view.canvas, at.x(), at.y())
    assert session.voxel == (15, 0)  # 32 rows became 16


SCANNER = {
    "RAS": np.diag([2.0, 2.0, 3.0, 1.0]),
    "LPS": np.diag([-2.0, -2.0, 3.0, 1.0]),
    "PIR": np.array([[0, 0, 2.0, 0], [-2.0, 0, 0, 0], [0, -3.0, 0, 0], [0, 0, 0, 1]]),
}


@pytest.mark.parametrize("orientation", SCANNER)
@pytest.mark.parametrize("time_axis", ["depth", "height", "width"])
def test_scans_stand_head_up_with_left_on_the_left(orientation, time_axis) -> None:
    """A shown pixel's right neighbor is further right (or front), the upper one higher."""
    affine = SCANNER[orientation]
    volume = make_volume((1, 4, 6, 5, 1), "HWD", affine, "scan")
    slot = planes.slot_of(volume, EncodingSettings(time_axis=time_axis), 1)
    turn = planes.turn_of(volume, slot)
    rows, columns = planes.read_plane(volume, slot).shape[:2]
    size = (rows, columns)

    def world(row: float, column: float) -> Any:
        plane = turn.to_plane(row, column, size)
        at = dict(slot.fixed) | {slot.rows: plane[0], slot.columns: plane[1]}
        return (affine @ np.array([at["H"], at["W"], at["D"], 1.0]))[:3]

    right, up = world(1, 2) - world(1, 1), world(1, 1) - world(2, 1)
    across, above = int(np.argmax(np.abs(right))), int(np.argmax(np.abs(up)))
    assert across < above
    assert right[across] > 0
    assert up[above] > 0
    assert turn.letters == ("LPI"[across], "LPI"[above], "RAS"[across], "RAS"[above])
    assert turn.to_shown(*turn.to_plane(1, 2, size), size) == (1, 2)


@pytest.mark.parametrize("time_axis", ["depth", "height", "width"])
def test_slices_are_those_of_the_encoder(time_axis) -> None:
    """Against `np.moveaxis` of the stored (H, W, D): height gives rows W and columns D."""
    volume = make_volume((1, 4, 6, 5, 1), "HWD", None, "scan")
    stored = np.moveaxis(volume.voxels[0, ..., 0], 0, 2)
    axis = {"height": 0, "width": 1, "depth": 2}[time_axis]
    slot = planes.slot_of(volume, EncodingSettings(time_axis=time_axis), 2)
    expected = np.moveaxis(stored, axis, 0)[2]
    assert np.array_equal(planes.read_plane(volume, slot)[..., 0], expected)
    place = planes.stored_place(volume, slot, 1, 3)
    assert stored[place] == expected[1, 3]


@pytest.mark.parametrize(
    "roles",
    [
        (0, "time", "width", "height", "channel"),
        (0, "width", "time", "height", "channel"),
        (0, "height", 2, "width", "channel"),
    ],
    ids=str,
)
def test_the_source_shows_the_plane_that_roles_take(roles) -> None:
    import voxviewer as vv

    volume = make_volume((1, 4, 6, 5, 1), "HWD", None, "scan")
    settings = EncodingSettings(roles=roles, frames=1 if "time" not in roles else None)
    clip = vv.encode(volume, settings)
    at = len(clip.data) // 2
    plane = planes.read_plane(volume, planes.slot_of(volume, settings, at))
    assert np.array_equal(plane[..., 0], clip.data[at, ..., 0])


def test_anisotropic_voxels_are_drawn_in_their_shape(qtbot, themed: Any) -> None:
    session = Session()
    session.current = make_volume((1, 4, 6, 5, 1), "HWD", np.diag([1.0, 2.0, 4.0, 1.0]), "scan")
    session.current = replace(session.current, spacing=(4.0, 1.0, 2.0))
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    picture = view.canvas.picture
    assert picture.pixels.shape == (5, 6)  # turned: A is up, R to the right
    assert picture.aspect == 2.0


class Disk:
    """Voxels that say when they were read."""

    def __init__(self) -> None:
        self.array = np.arange(6 * 8 * 7, dtype=np.float32).reshape(1, 6, 8, 7, 1)
        self.shape, self.dtype = self.array.shape, self.array.dtype
        self.read = 0

    def __getitem__(self, index: Any) -> Any:
        self.read += 1
        return self.array[index]


def test_lazy_slices_are_read_off_the_gui_thread_newest_wins(qtbot, themed: Any) -> None:
    held, disk = Held(), Disk()
    session = Session()
    session.current = make_volume(disk.shape, "HWD", None, "scan", disk)
    session.clip = make_clip(6, name="scan")
    view = shown(qtbot, SourceView(session, runner(held)), (370, 320))
    assert disk.read == 0
    assert view.canvas.picture is None
    for frame in (1, 2, 5):
        session.frame = frame
    assert disk.read == 0
    held.release()
    assert disk.read == 2  # the first that was asked for and the newest
    assert np.array_equal(view.frames.plane.values[..., 0], disk.array[0, 5, ..., 0])


def test_the_old_slice_stays_until_the_new_one_is_there(qtbot, themed: Any) -> None:
    held, disk = Held(), Disk()
    session = Session()
    session.current = make_volume(disk.shape, "HWD", None, "scan", disk)
    session.clip = make_clip(6, name="scan")
    view = shown(qtbot, SourceView(session, runner(held)), (370, 320))
    held.release()
    before = view.canvas.picture.pixels
    session.frame = 3
    assert np.array_equal(view.canvas.picture.pixels, before)
    held.release()
    assert not np.array_equal(view.frames.plane.values[..., 0], disk.array[0, 0, ..., 0])


def test_dragging_to_and_fro_reads_each_slice_but_once(qtbot, themed: Any, monkeypatch) -> None:
    held, disk = Held(), Disk()
    session = Session()
    session.current = make_volume(disk.shape, "HWD", None, "scan", disk)
    session.clip = make_clip(6, name="scan")
    view = shown(qtbot, SourceView(session, runner(held)), (370, 320))
    for frame in (1, 2, 3):
        session.frame = frame
        held.release()
    assert disk.read == 4
    session.frame = 5  # is being read while an earlier one is wanted again
    session.frame = 2
    assert np.array_equal(view.frames.plane.values[..., 0], disk.array[0, 2, ..., 0])
    held.release()
    assert np.array_equal(view.frames.plane.values[..., 0], disk.array[0, 2, ..., 0])
    assert disk.read == 5
    one = view.frames.plane.values.nbytes
    monkeypatch.setattr(source_frames, "KEPT", 2 * one)
    for frame in (4, 5, 4, 0, 4, 5):  # room for two: read are 4, 0, and 5 that gave way to it
        session.frame = frame
        held.release()
    assert disk.read == 5 + 3


def test_a_slice_that_cannot_be_read_is_said(qtbot, themed: Any) -> None:
    class Broken(Disk):
        def __getitem__(self, index: Any) -> Any:
            raise OSError("scan.nii ends after 3 MB.")

    session = Session()
    session.current = make_volume(Broken().shape, "HWD", None, "scan", Broken())
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    assert view.canvas.picture is None
    assert view.frames.failure == "scan.nii ends after 3 MB."


def test_the_montage_shows_every_frame_and_goes_where_it_is_clicked(qtbot, session) -> None:
    session.clip = replace(make_clip(6), frames=np.arange(6))
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    view.set_tab("montage")
    sheet = view.montage.sheet
    assert list(sheet.frames) == [0, 1, 2, 3, 4, 5]
    cell = view.montage.cell(4)
    press(view.montage, cell.center().x(), cell.center().y())
    assert session.frame == 4
    assert pixels(view.montage).size


def test_a_montage_of_a_file_on_disk_is_made_beside_the_slices_and_can_be_stopped(
    qtbot, themed: Any
) -> None:
    """In one lane the next frame's slice took the place of a montage that waited: it never came."""
    session, executor, disk = Session(), Held(), Disk()
    jobs = runner(executor)
    session.current = make_volume(disk.shape, "HWD", None, "scan", disk)
    session.clip = replace(make_clip(6, name="scan"), frames=np.arange(6))
    view = shown(qtbot, SourceView(session, jobs), (370, 320))
    view.set_tab("montage")
    for session.frame in (1, 2, 3):
        pass
    assert {job.text for job in jobs.running} >= {"Making the montage", "Reading a slice"}
    jobs.cancel("montage")
    executor.release()
    assert view.montage.sheet is None and "again" in view.montage._empty
    view.set_tab("picture")
    view.set_tab("montage")
    executor.release()
    assert list(view.montage.sheet.frames) == [0, 1, 2, 3, 4, 5]


def make_skeleton() -> Skeleton:
    joints = np.random.default_rng(1).uniform(-1, 1, (5, 1, 4, 3)).astype(np.float32)
    joints[2, 0, 3] = np.nan
    facts = Facts("test", "skeleton", (5, 4, 3), "TJX", "float32", 240)
    topology = Topology(("wrist", "thumb", "index", "little"), ((0, 1), (0, 2), (0, 3)))
    score = np.ones((5, 1, 4), np.float32)
    return Skeleton(joints, score, topology, facts, Opening("s.npy"), "clip")


def test_a_skeleton_is_a_stick_figure_with_named_joints(qtbot, session) -> None:
    from voxviewer.gui.views.source_pictures import nearest_joint

    skeleton = make_skeleton()
    session.current = skeleton
    session.clip = replace(make_clip(5), frames=np.arange(5))
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    session.frame = 2
    assert view.readout.accessibleDescription() == "joints[2] 3 of 4 seen"
    assert len(np.unique(view.canvas.picture.pixels)) > 8  # smooth lines
    H, W = view.canvas.picture.pixels.shape
    found = [
        (row, column)
        for row in range(0, H, 6)
        for column in range(0, W, 6)
        if nearest_joint(skeleton, 2, "xy", (row, column)) == (0, 1)
    ]
    move(view.canvas, *view.canvas.point_of(*found[len(found) // 2]).toTuple())
    assert view.readout.accessibleDescription().startswith("joints[2, 0, 1] (")
    assert view.readout.accessibleDescription().endswith("thumb")


def test_a_figure_on_the_turntable_is_seen_from_its_camera(qtbot, session) -> None:
    from voxviewer.gui.views.source_pictures import picture_of_figure

    skeleton = make_skeleton()
    from_the_right = skeleton.joints.copy()
    from_the_right[..., 0] = skeleton.joints[..., 2]  # what lay away lies to the right
    expected = picture_of_figure(replace(skeleton, joints=from_the_right), 1, "xy")
    session.current = skeleton
    session.frame = 1
    camera = EncodingSettings(plane="turntable", azimuth=90.0)
    session.clip = replace(make_clip(5), frames=np.arange(5), settings=camera)
    view = shown(qtbot, SourceView(session, runner()), (370, 320))
    difference = view.canvas.picture.pixels.view(np.uint8).astype(int)
    difference -= expected.picture.pixels.view(np.uint8)
    assert np.abs(difference).max() <= 2
    view.set_tab("montage")
    turned = view.montage.sheet.pixels.copy()
    session.clip = replace(session.clip, settings=EncodingSettings(plane="turntable"))
    assert not np.array_equal(view.montage.sheet.pixels, turned)


def test_nothing_open_is_said(qtbot, themed: Any) -> None:
    view = shown(qtbot, SourceView(Session(), runner()), (370, 320))
    assert view.canvas.picture is None
    view.set_tab("montage")
    assert view.tab == "picture"


def test_source_colors_keep_their_values() -> None:
    rng = np.random.default_rng(0)
    for channels in (3, 4):
        plane = rng.integers(0, 255, (6, 5, channels)).astype(np.uint8)
        if channels == 4:
            plane[..., 3] = 255
        shown = planes.source_pixels(plane, planes.source_scale(plane, None))
        assert np.array_equal(shown >> 16 & 0xFF, plane[..., 0])
        assert np.array_equal(shown & 0xFF, plane[..., 2])
    gray = np.array([[[0.0], [10.0]]])
    shown = planes.source_pixels(gray, planes.source_scale(gray, (0.0, 20.0)))
    assert list(shown[0] & 0xFF) == [0, 128]
