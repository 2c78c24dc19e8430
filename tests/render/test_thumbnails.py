from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from voxviewer.data import Topology
from voxviewer.render.thumbnails import (
    StickColors,
    skeleton_bounds,
    skeleton_picture,
    thumbnail,
)


def gray(levels: np.ndarray) -> np.ndarray:
    return (0xFF000000 | levels.astype(np.uint32) * 0x010101).astype(np.uint32)


def test_a_thumbnail_is_the_box_average_that_pillow_gives(rng):
    levels = rng.integers(0, 256, (60, 60))
    small = thumbnail(gray(levels), 13, 13)
    expected = np.asarray(
        Image.fromarray(levels.astype(np.uint8)).resize((13, 13), Image.Resampling.BOX)
    )
    assert small.shape == (13, 13) and small.dtype == np.uint32
    # Pillow's box takes whole samples only, so it is asked at a whole ratio as well.
    assert np.abs((small & 255).astype(int) - expected.astype(int)).max() < 64
    whole = np.asarray(
        Image.fromarray(levels.astype(np.uint8)).resize((12, 12), Image.Resampling.BOX)
    )
    assert np.abs((thumbnail(gray(levels), 12, 12) & 255).astype(int) - whole).max() <= 1


def test_a_thumbnail_keeps_the_mean_and_stays_opaque(rng):
    colors = (0xFF000000 | rng.integers(0, 1 << 24, (37, 37))).astype(np.uint32)
    small = thumbnail(colors, 8, 8)
    assert (small >> 24 == 255).all()
    for shift in (16, 8, 0):
        assert (small >> shift & 255).mean() == pytest.approx((colors >> shift & 255).mean(), abs=1)


def test_a_thumbnail_is_cut_round_the_center():
    levels = np.zeros((10, 30))
    levels[:, 10:20] = 200
    assert (thumbnail(gray(levels), 5, 5) & 255 == 200).all()
    assert thumbnail(gray(levels.T), 7, 4).shape == (4, 7)


def test_a_thumbnail_of_something_smaller_is_enlarged():
    picture = gray(np.array([[0, 255]]))
    assert (thumbnail(picture, 8, 4) & 255).tolist() == [[0] * 4 + [255] * 4] * 4
    assert np.array_equal(thumbnail(picture, 2, 1), picture)


TWO = Topology(("a", "b"), ((0, 1),))
COLORS = StickColors(0x000000, 0xFF0000, 0x0000FF)


def test_a_bone_is_a_line_between_its_joints():
    joints = np.array([[-1.0, 0.0], [1.0, 0.0]])
    picture = skeleton_picture(joints, TWO, (41, 41), COLORS)
    assert picture.shape == (41, 41) and (picture >> 24 == 255).all()
    assert picture[20, 20] == 0xFFFF0000
    assert (picture[:15] == 0xFF000000).all() and (picture[26:] == 0xFF000000).all()
    blue = np.argwhere(picture == 0xFF0000FF)
    assert {tuple(point) for point in blue} >= {(20, 4), (20, 36)} or len(blue) >= 2


def test_lines_are_smooth_at_their_edges():
    joints = np.array([[-1.0, -0.37], [1.0, 0.41]])
    levels = np.unique(skeleton_picture(joints, TWO, (64, 64), COLORS) >> 16 & 255)
    assert len(levels) > 10


def test_a_joint_that_was_not_seen_takes_its_bones_along():
    joints = np.array([[-1.0, 0.0], [np.nan, np.nan]])
    picture = skeleton_picture(joints, TWO, (32, 32), COLORS)
    assert not (picture >> 16 & 255).any()
    assert (picture & 255).any()
    nothing = skeleton_picture(np.full((2, 3), np.nan), TWO, (8, 8), COLORS)
    assert (nothing == 0xFF000000).all()


def test_up_is_up():
    joints = np.array([[0.0, 1.0], [0.0, 1.0]])
    bounds = skeleton_bounds(np.array([[-1.0, -1.0], [1.0, 1.0]]))
    kwargs = {"bounds": bounds, "topology": TWO, "size": (40, 40), "colors": COLORS}
    down = np.argwhere(skeleton_picture(joints, up="y-", **kwargs) & 255)[:, 0].mean()
    up = np.argwhere(skeleton_picture(joints, up="y+", **kwargs) & 255)[:, 0].mean()
    assert up < 20 < down
    assert up + down == pytest.approx(39)


def test_bounds_hold_the_whole_recording():
    joints = np.array([[[0.0, 2.0, 5.0]], [[4.0, 3.0, np.nan]]])
    bounds = skeleton_bounds(joints, margin=0.1)
    assert (bounds.left, bounds.right, bounds.low, bounds.high) == pytest.approx(
        (-0.4, 4.4, 1.6, 3.4)
    )
    assert skeleton_bounds(joints, "xz").left == skeleton_bounds(joints, "xz").right - 2
    assert skeleton_bounds(np.full((2, 3), np.nan)) == (-1, 1, -1, 1)


def test_people_planes_and_joints_far_outside_are_drawn_without_fuss():
    joints = np.array([[[-1.0, 0, 0], [1, 0, 3]], [[0, -1, 1e30], [0, 1, -1e30]]])
    for plane in ("xy", "xz", "yz"):
        assert skeleton_picture(joints, TWO, (20, 30), COLORS, plane=plane).shape == (20, 30)
    with pytest.raises(ValueError, match="plane 'ab' is not known"):
        skeleton_picture(joints, TWO, (20, 30), plane="ab")


def test_bones_of_joints_that_do_not_exist_are_left_out():
    picture = skeleton_picture(np.array([[0.0, 0.0]]), TWO, (16, 16), COLORS)
    assert not (picture >> 16 & 255).any()
