"""Three linked slices: where they cross, how they hang, and what the clip makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_views import Held, make_clip, make_volume, press, runner, shown

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
