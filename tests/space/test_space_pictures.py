"""VTK's pictures and NumPy's: the same scene from the same eye, against numbers from geometry."""

from __future__ import annotations

import numpy as np
import pytest
from vox_space_scenes import ball, block

from voxviewer.space.camera import DISTANCE, Camera
from voxviewer.space.client import SpaceEngine
from voxviewer.space.looks import TOP, ZERO, Colors, Look
from voxviewer.space.projection import project
from voxviewer.space.scenes import Scene

SIZE = (160, 120)
CAMERAS = [Camera(), Camera(35, 20), Camera(-130, -40, 1.3, (0.1, -0.08)), Camera(10, 88, 0.7)]
BACKGROUND = 0x213141
COLORS = Colors(BACKGROUND, 0x808080, 0x00FF00, 0xFF0000, 0x0000FF, 0xFFFF00)


@pytest.fixture(params=["vtk", "numpy"])
def render(request):
    """The real process, and what takes its place."""
    if request.param == "numpy":
        return lambda scene, camera, look, size=SIZE: project(scene, camera, look, size)
    engine: SpaceEngine = request.getfixturevalue("space_engine")
    return lambda scene, camera, look, size=SIZE: engine.render(scene, camera, look, size)


def brightest(picture: np.ndarray) -> tuple[float, float]:
    """The middle of the pixels that are nearly as bright as the brightest, (x, y)."""
    light = picture.astype(np.float64).sum(axis=2)
    rows, columns = np.nonzero(light >= 0.9 * light.max())
    return float(columns.mean() + 0.5), float(rows.mean() + 0.5)


def is_background(picture: np.ndarray, color: int = BACKGROUND) -> np.ndarray:
    rgb = np.array([color >> 16 & 255, color >> 8 & 255, color & 255])
    return (picture == rgb).all(axis=2)


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_bright_spot_of_a_projection_is_where_the_camera_says(render, camera):
    codes = np.zeros((9, 9, 9), np.uint16)
    codes[1, 6, 2] = TOP
    scene = block(codes)
    half = np.array(scene.half())
    place = ((np.array([2, 6, 1]) + 0.5) / 9 * 2 - 1) * half
    expected = camera.project(place, SIZE)
    look = Look("mip", colors=Colors(0, 0, 0))
    x, y = brightest(render(scene, camera, look))
    assert np.hypot(x - expected[0], y - expected[1]) < 2.5


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_surface_of_a_ball_covers_its_disk(render, camera):
    scene = block(ball())
    half = scene.half()[0]
    radius = 0.7 * half  # in radii of the scene
    picture = render(scene, camera, Look("surface", level=0.5, colors=Colors(0, 0, 0)))
    # The rays that touch a ball make a cone; in perspective its middle is the ball's own.
    focal = camera.focal(SIZE)
    expected = np.pi * (focal * np.tan(np.arcsin(radius / DISTANCE))) ** 2
    inside = picture.sum(axis=2) > 30
    rows, columns = np.nonzero(inside)
    x, y = camera.middle(SIZE)
    if 0 < rows.min() and rows.max() < SIZE[1] - 1:
        assert inside.sum() == pytest.approx(expected, rel=0.06)
        assert np.hypot(columns.mean() + 0.5 - x, rows.mean() + 0.5 - y) < 1.2


@pytest.mark.parametrize("mode", ["volume", "mip", "surface", "slices"])
def test_the_background_is_exactly_the_one_that_was_asked_for(render, mode):
    picture = render(block(ball()), Camera(35, 20), Look(mode, colors=COLORS))
    assert picture.shape == (120, 160, 3)
    assert picture.dtype == np.uint8
    clear = is_background(picture)
    assert clear[0].all()
    assert clear[-1].all()
    assert not clear[60, 80]


@pytest.mark.parametrize("mode", ["volume", "mip", "surface", "slices"])
def test_both_draw_the_same_thing(space_engine, mode):
    """Unlit and coarser, but light and dark lie where they lie."""
    codes = ball() // 2
    codes[4:12, 20:30, 8:16] = TOP
    scene, camera = block(codes), Camera(30, 25)
    look = Look(mode, level=0.3, colors=Colors(0, 0, 0))
    pictures = [
        render(scene, camera, look, (120, 100)).sum(axis=2).astype(np.float64).ravel()
        for render in (space_engine.render, project)
    ]
    assert np.corrcoef(*pictures)[0, 1] > 0.85


def test_a_volume_is_opaque_where_its_values_are_high(render):
    codes = np.zeros((12, 12, 12), np.uint16)
    codes[3:9, 3:9, 3:9] = TOP
    clear = render(block(codes), Camera(), Look(level=0.9, colors=Colors(0xFF0000, 0, 0)))
    assert clear[60, 80, 1] > 80  # gray, hardly any of the red behind
    low = np.full((12, 12, 12), TOP // 10, np.uint16)
    through = render(block(low), Camera(), Look(level=0.9, colors=Colors(0xFF0000, 0xFF0000, 0)))
    assert np.abs(through[60, 80].astype(int) - (255, 0, 0)).max() <= 3


def test_slices_show_the_values_at_their_place(render):
    codes = np.zeros((9, 9, 9), np.uint16)
    codes[2] = TOP
    codes[6] = TOP // 2
    scene = block(codes)
    for share, light in (((2 + 0.5) / 9, 255), ((6 + 0.5) / 9, 127), ((4 + 0.5) / 9, 0)):
        look = Look("slices", slices=(share, None, None), colors=COLORS)
        picture = render(scene, Camera(), look)
        assert np.abs(picture[60, 80].astype(int) - light).max() <= 2


def test_the_clip_box_takes_away_what_lies_outside(render):
    for mode in ("volume", "mip", "surface"):
        colors = Colors(BACKGROUND, BACKGROUND, BACKGROUND)
        box = ((0.0, 1.0), (0.0, 1.0), (0.5, 1.0))
        picture = render(block(ball()), Camera(), Look(mode, level=0.5, box=box, colors=colors))
        clear = is_background(picture)
        assert clear[:, :76].all(), mode
        assert not clear[60, 90], mode


def test_a_plane_marks_the_frame_in_its_color(render):
    scene, camera = block(np.zeros((9, 9, 9), np.uint16)), Camera(30, 20)
    picture = render(scene, camera, Look(mark=(0, 0.25), colors=COLORS))
    from voxviewer.space.boxes import plane_corners

    corners = camera.project(plane_corners(scene.half(), 0, 0.25), SIZE)
    green = (picture[..., 1] > 150) & (picture[..., 0] < 100) & (picture[..., 2] < 100)
    for share in (0.3, 0.5, 0.7):
        x, y = (corners[0] + share * (corners[1] - corners[0]))[:2]
        assert green[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].any()


def test_signed_values_have_two_surfaces_in_two_colors(render):
    codes = np.full((12, 12, 12), ZERO, np.uint16)
    codes[4:8, 4:8, 1:4] = 0
    codes[4:8, 4:8, 8:11] = TOP
    from voxviewer.render.colormaps import lut

    look = Look("surface", "signed", 0.5, palette=lut("night").tobytes(), colors=Colors(0, 0, 0))
    picture = render(block(codes, content="signed"), Camera(), look).astype(int)
    left, right = picture[60, 55], picture[60, 105]
    assert left[2] > left[0] + 20  # blue
    assert right[0] > right[2] + 20  # warm


def test_depth_stretches_time_alone(render):
    def wide_and_tall(depth: float) -> tuple[int, int]:
        camera = Camera(90, 0)  # from the side: time runs across
        colors = Colors(0, 0, 0)
        picture = render(block(np.full((4, 8, 8), TOP, np.uint16)), camera,
                         Look("surface", level=0.5, depth=depth, colors=colors))  # fmt: skip
        seen = picture.sum(axis=2) > 30
        return np.ptp(np.nonzero(seen.any(axis=0))[0]) + 1, np.ptp(np.nonzero(seen.any(axis=1))[0])

    thin, deep = wide_and_tall(0.5), wide_and_tall(2.0)
    assert deep[0] / deep[1] == pytest.approx(4 * thin[0] / thin[1], rel=0.15)


@pytest.mark.parametrize("camera", CAMERAS)
def test_joints_are_where_the_camera_says(render, camera):
    points = np.array([[-0.4, 0.3, 0.2], [0.5, -0.2, -0.3], [0.1, 0.1, 0.4]], np.float32)
    scene = Scene(points=points[None, None], bones=((0, 1),), extent=(0.6, 0.5, 0.5))
    picture = render(scene, camera, Look(colors=COLORS)).astype(int)
    blue = picture[..., 2] - picture[..., :2].max(axis=2)
    for x, y, _ in camera.project(points, SIZE):
        if 4 < x < SIZE[0] - 4 and 4 < y < SIZE[1] - 4:
            near = blue[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]
            assert near.max() > 50
    middle = camera.project((points[0] + points[1]) / 2, SIZE)
    red = picture[..., 0] - picture[..., 1:].max(axis=2)
    assert red[int(middle[1]) - 1 : int(middle[1]) + 2, int(middle[0])].max() > 40


@pytest.mark.parametrize(
    "points", [np.zeros((0, 0, 0, 3)), np.zeros((0, 1, 2, 3)), np.full((2, 1, 2, 3), np.nan)]
)
def test_a_recording_of_nothing_is_a_floor(render, points):
    scene = Scene(points=points.astype(np.float32), bones=((0, 1),))
    picture = render(scene, Camera(0, 20), Look(frame=5, colors=COLORS))
    assert 0 < (~is_background(picture)).sum() < 3000


@pytest.mark.parametrize("shape", [(1, 5, 6), (4, 1, 1), (1, 1, 1), (2, 2, 2)])
@pytest.mark.parametrize("mode", ["volume", "mip", "surface", "slices"])
def test_thin_blocks_are_drawn_too(render, shape, mode):
    picture = render(block(np.full(shape, TOP, np.uint16)), Camera(30, 20), Look(mode, level=0.4))
    assert picture.max() > 60


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (301, 7)])
def test_odd_sizes_are_drawn(render, size):
    assert render(block(ball(16)), Camera(), Look(), size).shape == (size[1], size[0], 3)


def test_numpy_keeps_a_small_copy_of_a_large_block():
    from voxviewer.space.projection import SMALL, small_block

    scene = block(np.full((100, 120, 110), 700, np.uint16))
    assert small_block(scene).size <= SMALL
    assert small_block(scene) is small_block(scene)
    assert np.unique(small_block(scene)).tolist() == [700]


def test_numpys_picture_can_be_stopped():
    class Stop(Exception):
        pass

    def progress(fraction, text):
        assert text == "drawing with NumPy"
        if fraction > 0.2:
            raise Stop

    with pytest.raises(Stop):
        project(block(ball(16)), Camera(), Look(), SIZE, progress=progress)
