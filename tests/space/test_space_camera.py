"""Where points land in the picture, what drags do, where the box's letters stand."""

from __future__ import annotations

import numpy as np
import pytest

from voxviewer.space import boxes
from voxviewer.space.camera import DISTANCE, FILL, ZOOMS, Camera, fitted, panned, turned, zoomed
from voxviewer.space.figures import bone_radius, floor_lines, mixed, strokes_of, trails_of
from voxviewer.space.scenes import Axis, Scene

SIZE = (400, 300)
HALF = (0.6, 0.5, 0.4)


def test_the_middle_of_the_scene_is_the_middle_of_the_picture():
    assert Camera(30, 20).project(np.zeros(3), SIZE).tolist() == [200, 150, DISTANCE]


def test_right_down_and_away_are_where_they_belong():
    camera = Camera()
    right = camera.project(np.array([0.5, 0, 0]), SIZE)
    down = camera.project(np.array([0, 0.5, 0]), SIZE)
    away = camera.project(np.array([0, 0, 0.5]), SIZE)
    assert right[0] > 200
    assert right[1] == 150
    assert down[1] > 150
    assert down[0] == 200
    assert away.tolist() == [200, 150, DISTANCE + 0.5]


def test_the_ball_of_radius_one_fills_the_shorter_side():
    """Its outline is a circle; the ray that touches it makes the half angle with the axis."""
    camera = Camera()
    angle = np.arcsin(1 / DISTANCE)
    touch = np.array([0, np.cos(angle), -np.sin(angle)])
    assert camera.project(touch, SIZE)[1] == pytest.approx(150 + FILL * 150)


@pytest.mark.parametrize("camera", [Camera(40, 25, 1.3, (0.1, -0.2)), Camera(-170, -80, 0.5)])
def test_rays_lead_back_to_what_was_projected(camera):
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3))
    seen = camera.project(points, SIZE)
    eye, directions = camera.rays(SIZE)
    assert np.allclose(camera.project(eye + 3 * directions, SIZE)[10, 20, :2], (20.5, 10.5))
    for point, (x, y, depth) in zip(points, seen, strict=True):
        row, column = int(np.clip(y, 0, 299)), int(np.clip(x, 0, 399))
        if (row, column) == (int(y), int(x)):
            back = camera.project(eye + depth * directions[row, column], SIZE)
            assert np.hypot(back[0] - x, back[1] - y) < 1
            assert np.linalg.norm(eye + depth * directions[row, column] - point) < 0.02


def test_what_lies_in_front_follows_the_pointer():
    point = np.array([0, 0, -0.8])
    camera = turned(Camera(), 20, 10, SIZE)
    x, y, _ = camera.project(point, SIZE)
    assert x > 205
    assert y > 152
    assert camera.azimuth == pytest.approx(-12)
    assert camera.elevation == pytest.approx(6)


def test_the_eye_does_not_go_over_the_pole():
    assert turned(Camera(), 0, 1e6, SIZE).elevation == 90
    assert turned(Camera(), 0, -1e6, SIZE).elevation == -90
    assert abs(turned(Camera(), 1e6, 0, SIZE).azimuth) <= 360


def test_panning_moves_the_scene_by_as_many_pixels_within_reach():
    camera = panned(Camera(), 12, -7, SIZE)
    assert camera.project(np.zeros(3), SIZE)[:2].tolist() == pytest.approx([212, 143])
    assert max(map(abs, panned(Camera(), 1e9, -1e9, SIZE).pan)) == 1.0


def test_zooming_keeps_what_is_under_the_pointer():
    camera = Camera(30, 20, 1.2, (0.05, 0.1))
    point = np.array([0.3, -0.2, 0.0])
    point = camera.rotation.T @ point  # in the plane through the middle that faces the eye
    before = camera.project(point, SIZE)
    after = zoomed(camera, 1.7, (before[0], before[1]), SIZE).project(point, SIZE)
    assert after[:2] == pytest.approx(before[:2])
    assert zoomed(camera, 1e9, None, SIZE).zoom == ZOOMS[1]
    assert zoomed(camera, 1e-9, None, SIZE).zoom == ZOOMS[0]


@pytest.mark.parametrize("half", [(0.99, 0.1, 0.05), (0.1, 0.99, 0.1), (0.577, 0.577, 0.577)])
@pytest.mark.parametrize("size", [(400, 300), (200, 900)])
def test_fitting_leaves_the_margin_and_no_more(half, size):
    camera = fitted(Camera(35, 20, 3, (1, 1)), half, size, 24)
    corners = [edge.ends(half) for edge in boxes.EDGES]
    seen = camera.project(np.concatenate(corners), size)[:, :2]
    room = np.minimum(seen.min(axis=0), np.array(size) - seen.max(axis=0))
    assert room.min() >= 24 - 1e-6
    assert room.min() <= 24 + 1e-6 or camera.zoom == 2.0


# -- the box ------------------------------------------------------------------------------------


def test_of_a_turned_box_nine_edges_stand_behind_and_six_border_on_the_background():
    camera = Camera(35, 20)
    assert len(boxes.edges_behind(camera, HALF)) == 9
    assert len(boxes.outline(camera, HALF)) == 6
    nearest = min(
        (edge.point(HALF, end) for edge in boxes.EDGES for end in (0.0, 1.0)),
        key=lambda point: camera.project(point, SIZE)[2],
    )
    for edge in boxes.edges_behind(camera, HALF):
        assert not any(np.allclose(end, nearest) for end in edge.ends(HALF))


def scan_scene() -> Scene:
    axes = (
        Axis("D", 4, ends=("P", "A")),
        Axis("H", 5, True, ("S", "I")),
        Axis("W", 6, False, ("L", "R")),
    )
    return Scene(np.zeros((4, 5, 6), np.uint16), axes=axes)


@pytest.mark.parametrize("azimuth", range(-170, 180, 25))
@pytest.mark.parametrize("elevation", [-60, -15, 20, 70])
def test_letters_stand_outside_the_box_and_near_their_end(azimuth, elevation):
    from scipy.spatial import ConvexHull

    scene, camera = scan_scene(), Camera(azimuth, elevation)
    half = scene.half()
    corners = np.concatenate([edge.ends(half) for edge in boxes.EDGES])
    hull = ConvexHull(camera.project(corners, SIZE)[:, :2])
    found = boxes.labels(scene, camera, SIZE)
    assert {label.text for label in found} == set("PASILR")
    ends = {"L": (0, -1), "R": (0, 1), "S": (1, -1), "I": (1, 1), "P": (2, -1), "A": (2, 1)}
    other = dict(zip("LRSIPA", "RLISAP", strict=True))
    for label in found:
        outside = hull.equations @ np.array([label.x, label.y, 1.0])
        assert outside.max() > 6
        axis, sign = ends[label.text]
        face, back = np.zeros(3), np.zeros(3)
        face[axis], back[axis] = sign * half[axis], -sign * half[axis]
        there = next(item for item in found if item.text == other[label.text])
        along = camera.project(face, SIZE)[:2] - camera.project(back, SIZE)[:2]
        assert np.array([label.x - there.x, label.y - there.y]) @ along > 0


def test_an_axis_seen_end_on_has_no_letters():
    found = boxes.labels(scan_scene(), Camera(), SIZE)
    assert {label.text for label in found} == set("SILR")
    assert boxes.labels(Scene(), Camera(), SIZE) == []


def test_the_shown_part_is_a_box_in_scene_coordinates():
    low, high = boxes.cut_half(HALF, ((0.0, 0.5), (0.25, 1.0), (0.0, 1.0)))
    assert low.tolist() == pytest.approx([-0.6, -0.25, -0.4])
    assert high.tolist() == pytest.approx([0.6, 0.5, 0.0])


def test_a_plane_stands_across_its_axis():
    corners = boxes.plane_corners(HALF, 0, 0.25)
    assert np.unique(corners[:, 2]).tolist() == pytest.approx([-0.2])
    assert np.abs(corners[:, 0]).tolist() == [0.6] * 4
    assert np.unique(boxes.plane_corners(HALF, 2, 1.0)[:, 0]).tolist() == [0.6]


# -- figures ------------------------------------------------------------------------------------


def test_bones_need_both_joints():
    points = np.zeros((1, 2, 3, 3))
    points[0, :, 1, 0] = 0.5
    points[0, 1, 2] = np.nan
    strokes = strokes_of(points, ((0, 1), (1, 2), (0, 7)), 0, 0xFF0000)
    assert len(strokes) == 3  # first person 0-1 and 1-2, second 0-1
    assert strokes[0].points.tolist() == [[0, 0, 0], [0.5, 0, 0]]


def test_trails_fade_with_age_and_break_where_a_joint_was_not_seen():
    points = np.zeros((10, 1, 2, 3))
    points[:, 0, 0, 0] = np.arange(10)
    points[5, 0, 0] = np.nan
    (older, newer) = trails_of(points, 9, 8, 0x808080)  # the joint that stands still has none
    assert older.points[:, 0].tolist() == [1, 2, 3, 4]
    assert newer.points[:, 0].tolist() == [6, 7, 8, 9]
    cover = np.concatenate([older.cover, newer.cover])
    assert (np.diff(cover) > 0).all()
    assert cover[0] == 0
    assert cover[-1] == pytest.approx(0.85)
    assert trails_of(points, 0, 8, 0) == []


def test_the_floor_lies_under_the_figure():
    lines = floor_lines((0.5, 0.6, 0.1), 0x404040, 0x101010)
    points = np.concatenate([line for line, _ in lines])
    assert points[:, 1].min() > 0.6
    assert np.abs(points[:, 0]).max() >= 0.5
    assert np.abs(points[:, 2]).max() >= 0.1


def test_bones_are_neither_threads_nor_logs():
    points = np.zeros((2, 1, 2, 3))
    assert bone_radius(points, ()) == pytest.approx(0.085 * 0.15)
    points[:, 0, 1, 0] = 100
    assert bone_radius(points, ((0, 1),)) == 0.022


def test_colors_mix_channel_by_channel():
    assert mixed(0x000000, 0xFF8000, 0.5) == 0x804000
