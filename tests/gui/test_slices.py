"""Three linked slices: where they cross, how they hang, and what the clip makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_views import Held, make_clip, make_volume, pixels, press, runner, shown

from voxviewer.gui.carrying import VoxelCarrier
from voxviewer.gui.views import SourceView, cross, planes
from voxviewer.gui.views.slices import read_slices
from voxviewer.session import Session

AFFINES = {
    "LAS": np.array([[-2.0, 0, 0, 9], [0, 3.0, 0, -4], [0, 0, 4.0, 1], [0, 0, 0, 1]]),
    "PIR": np.array([[0, 0, 2.0, 0], [-2.0, 0, 0, 0], [0, -3.0, 0, 0], [0, 0, 0, 1]]),
}


@pytest.fixture
def session(themed: Any) -> Session:
    """A scan (H 7, W 6, D 5) in LAS order, its slices along D as the frames of a clip."""
    session = Session()
    session.current = make_volume((1, 5, 7, 6, 1), "HWD", AFFINES["LAS"], "scan")
    session.clip = make_clip(5, 14, 12, name="scan")
    return session


def opened(qtbot: Any, session: Session) -> SourceView:
    view = shown(qtbot, SourceView(session, runner()), (700, 600))
    view.set_tab("slices")
    return view


def press_at(view: SourceView, pane: int, row: float, column: float) -> None:
    canvas = view.slices.canvases[pane]
    at = canvas.point_of(row, column)
    press(canvas, at.x(), at.y())


def test_a_click_in_one_slice_moves_the_others_and_the_clip(qtbot, session) -> None:
    view = opened(qtbot, session)
    assert session.place == (0, 3, 3)  # the clip's first frame, the middle of the rest
    axial = view.slices._panes[0]
    assert axial.turn.view == "axial"
    row, column = axial.turn.to_shown(1, 4, (7, 6))
    press_at(view, 0, row, column)
    assert session.place == (0, 1, 4)
    assert session.voxel == (3, 9)  # 7 x 6 voxels became 14 x 12
    sagittal = view.slices._panes[1]
    assert sagittal.plane.slot.fixed == (("T", 0), ("H", 1))  # i runs to the left


def test_the_read_out_says_where_the_slices_cross_before_anybody_points(qtbot, session) -> None:
    view = opened(qtbot, session)
    assert view.readout.words.startswith("v[3, 3, 0] = ")
    session.place = (2, 3, 3)
    assert view.readout.words.startswith("v[3, 3, 2] = ")
    canvas = view.slices.canvases[0]
    canvas.hovered.emit((1, 1))
    pointed = view.readout.words
    session.place = (4, 3, 3)
    assert view.readout.words.split(" = ")[0] == pointed.split(" = ")[0].replace("2]", "4]")
    session.current = make_volume((1, 3, 2, 2, 1), "HWD", AFFINES["LAS"], "small")
    assert view.slices.pointed is None or view.slices.pointed.place[0] < 2


def test_letters_stay_in_sight_while_a_slice_is_zoomed_in(qtbot, session) -> None:
    view = opened(qtbot, session)
    canvas = view.slices.canvases[0]
    for _ in range(4):
        canvas.zoom_by(1)
    assert canvas.larger
    with_letters = pixels(canvas)
    canvas.show_picture(replace(canvas.picture, letters=("", "", "", "")))
    canvas.zoom_by(0)
    rows, columns = np.nonzero(with_letters != pixels(canvas))
    tall, wide = with_letters.shape
    assert columns.min() < 12 and columns.max() > wide - 12, "left and right, at the edges"
    assert rows.min() < 20 and rows.max() > tall - 20


@pytest.mark.parametrize("sizes", [(7, 28, 7), (14, 5, 14), (28, 3, 28)])
def test_the_voxel_stays_at_its_place_while_the_clip_is_resized(qtbot, session, sizes) -> None:
    carrier = VoxelCarrier(session)
    view = opened(qtbot, session)
    session.clip = make_clip(5, sizes[0], sizes[0], name="scan")
    cross.point(session, (2, 5, 1))
    place, voxel = session.place, session.voxel
    for size in sizes[1:]:
        session.clip = make_clip(5, size, size, name="scan")
        assert session.place == place, "the slices do not move"
        assert session.voxel == (int(5.5 * size / 7), int(1.5 * size / 6))
    assert session.voxel == voxel
    assert carrier is not None and view.isVisible()


def test_a_voxel_off_the_slices_is_carried_by_its_share_of_the_picture(themed) -> None:
    session = Session()
    carrier = VoxelCarrier(session)
    session.clip = make_clip(3, 256, 256)
    session.voxel = (136, 255)
    session.clip = make_clip(4, 64, 32)
    assert session.voxel == (34, 31)
    session.clip = None
    session.clip = make_clip(3, 128, 128)
    assert session.voxel == (69, 126), "through a clip that failed too"
    session.voxel = None
    session.clip = make_clip(3, 8, 8)
    assert session.voxel is None and carrier is not None


def test_the_slice_that_the_clip_sweeps_is_its_frame(qtbot, session) -> None:
    view = opened(qtbot, session)
    session.frame = 3
    assert session.place[0] == 3
    view.slices.canvases[0].stepped.emit(1)
    assert (session.frame, session.place[0]) == (4, 4)
    view.slices.canvases[0].stepped.emit(1)
    assert session.place[0] == 4  # the last slice


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("radiological", [False, True])
def test_every_slice_hangs_as_its_letters_say(themed, name, radiological) -> None:
    affine = AFFINES[name]
    volume = make_volume((1, 5, 7, 6, 1), "HWD", affine, "scan")
    found = read_slices(volume, 0, (2, 3, 4))
    assert [planes.turn_of(volume, p.slot).view for p in found] == ["axial", "sagittal", "coronal"]
    for plane in found:
        turn = planes.turn_of(volume, plane.slot, radiological)
        size = plane.values.shape[:2]

        def world(row: int, column: int, plane=plane, turn=turn, size=size) -> Any:
            at = cross.from_plane(plane.slot, *turn.to_plane(row, column, size), (2, 3, 4))
            return (affine @ np.array([at[1], at[2], at[0], 1.0]))[:3]

        right = world(1, 2) - world(1, 1)
        axis = int(np.argmax(np.abs(right)))
        assert turn.letters[2] == ("RAS" if right[axis] > 0 else "LPI")[axis]
        assert (turn.letters[2] == "L") == (radiological and turn.view != "sagittal")


def test_the_planes_are_those_of_the_array(themed) -> None:
    volume = make_volume((2, 5, 7, 6, 1), "HWD", None, "scan")
    found = read_slices(volume, 1, (2, 3, 4))
    for plane, expected in zip(
        found, (volume.voxels[1, 2], volume.voxels[1, :, :, 4], volume.voxels[1, :, 3]), strict=True
    ):
        np.testing.assert_array_equal(plane.values, expected)


def test_sides_change_on_a_click_and_are_said(qtbot, session) -> None:
    view = opened(qtbot, session)
    before = view.slices._panes[0].picture.pixels
    view.slices.side.click()
    assert session.radiological
    assert view.slices._panes[0].picture.letters[0] == "R"
    np.testing.assert_array_equal(view.slices._panes[0].picture.pixels, before[:, ::-1])
    assert "radiological" in view.slices._words[2].text()


def test_the_read_out_is_in_the_files_order_with_world_millimeters(qtbot, session) -> None:
    view = opened(qtbot, session)
    cross.point(session, (4, 2, 1))
    value = planes.value_text(session.current.voxels[0, 4, 2, 1])
    assert view.readout.accessibleDescription().startswith(f"v[2, 1, 4] = {value}")
    world = AFFINES["LAS"] @ np.array([2, 1, 4, 1])
    assert planes.world_text(
        session.current, cross.slot_through("D", 0, (4, 2, 1)), 2, 1
    ) == f"R {world[0]:+.0f}, A {world[1]:+.0f}, S {world[2]:+.0f} mm".replace("-", "−")


def test_real_time_keeps_its_clock_while_the_crosshair_goes_through_the_depth(
    qtbot, themed
) -> None:
    session = Session()
    session.current = make_volume((6, 5, 7, 6, 1), "HWDT", AFFINES["LAS"], "series")
    session.clip = make_clip(6, 7, 6, name="series")
    view = opened(qtbot, session)
    session.frame = 2
    cross.point(session, (4, 1, 1))
    assert (session.frame, session.voxel, session.place) == (2, (1, 1), (4, 1, 1))
    assert view.slices._panes[0].plane.slot.index[0] == 2


class Lazy:
    """Voxels that say how often a plane was taken out of them."""

    def __init__(self, array: Any) -> None:
        self.array, self.asked = array, []
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, index: Any) -> Any:
        self.asked.append(index)
        return self.array[index]


def test_a_lazy_volume_is_read_in_its_lane_and_only_the_newest(qtbot, themed) -> None:
    session, disk = Session(), Held()
    voxels = Lazy(np.arange(210, dtype=np.uint8).reshape(1, 5, 7, 6, 1))
    session.current = make_volume((1, 5, 7, 6, 1), "HWD", AFFINES["LAS"], "scan", voxels)
    view = shown(qtbot, SourceView(session, runner(disk)), (700, 600))
    view.set_tab("slices")
    for d in (1, 3, 4):
        cross.point(session, (d, 1, 1))
    assert not voxels.asked
    disk.release()
    read = {index[1] for index in voxels.asked if isinstance(index[1], int)}
    assert read & {1, 2, 3, 4} == {2, 4}  # the first that was asked for and the newest
    assert view.slices._panes[0].plane.slot.fixed[1] == ("D", 4)


def test_a_pointer_that_rests_over_a_smaller_scan_reads_nothing_of_it(qtbot, session) -> None:
    """What it pointed at lies outside; from the other end it would be another voxel."""
    session.current = make_volume((1, 40, 50, 60, 1), "HWD", AFFINES["LAS"], "large")
    view = opened(qtbot, session)
    for pane in (0, 1, 2):
        for row, column in ((0, 0), (30, 45), (39, 2)):
            session.current = make_volume((1, 40, 50, 60, 1), "HWD", AFFINES["LAS"], "large")
            view.slices.canvases[pane].hovered.emit((row, column))
            session.current = make_volume((1, 5, 7, 6, 1), "HWD", AFFINES["LAS"], "small")
            found, (rows, columns, _) = view.slices.pointed, view.slices._planes[pane].values.shape
            assert found is None or (0 <= found.place[0] < rows and 0 <= found.place[1] < columns)
            assert view.readout.words.startswith("v[")


@pytest.mark.parametrize(
    ("spacing", "words"), [(2.0, "R +2"), (0.811, "R +0.8"), (0.02, "R +0.02")]
)
def test_millimeters_have_decimals_enough_to_tell_neighbors_apart(
    spacing: float, words: str
) -> None:
    made = make_volume((1, 5, 7, 6, 1), "HWD", np.diag([spacing] * 3 + [1.0]), "scan")
    volume = replace(made, spacing=(spacing,) * 3)
    slot = cross.slot_through("D", 0, (0, 0, 0))
    assert planes.world_text(volume, slot, 1, 0).startswith(f"{words}, A +0")
    before = np.diag([spacing] * 3 + [1.0])
    before[0, 3] = -spacing * 1.001  # a little to the left of the middle
    text = planes.world_text(replace(volume, affine=before), slot, 1, 0)
    assert text.startswith("R +0"), text
