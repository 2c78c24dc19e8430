"""How nouns become blocks and points: shapes, orientation, limits, with numbers from paper."""

from __future__ import annotations

import numpy as np
import pytest

from voxviewer.data import Clip, Facts, Skeleton, Topology, Volume, frozen
from voxviewer.settings import EncodingSettings, Opening
from voxviewer.space.coding import coded, first_level, robust_limits
from voxviewer.space.looks import TOP, ZERO, Look, colors_of, opacity_of
from voxviewer.space.orientation import obliqueness, world_axes
from voxviewer.space.scenes import clip_scene, skeleton_scene, volume_scene
from voxviewer.space.shrinking import halvings, mean_of, read_block
from voxviewer.space.smoothing import finer, smoothed

FACTS = Facts("test", "test", (), "", "float32", 0)


def make_volume(voxels, affine=None, spacing=None) -> Volume:
    return Volume(voxels, FACTS, Opening("v.npy"), "v", affine, spacing)


def make_clip(data, channels=("gray",)) -> Clip:
    T = len(data)
    return Clip(frozen(data), np.ones(T, bool), np.arange(T), channels, "clip", EncodingSettings())


def make_skeleton(joints, up="y-", bones=((0, 1),)) -> Skeleton:
    names = tuple(f"joint {j}" for j in range(joints.shape[2]))
    score = np.ones(joints.shape[:3], np.float32)
    return Skeleton(joints, score, Topology(names, bones), FACTS, Opening("s.npy"), "s", up=up)


# -- blocks -----------------------------------------------------------------------------------


def test_codes_run_from_the_lowest_to_the_highest_value_and_signed_zero_is_in_the_middle():
    values = np.array([[[-2.0, 0.0, 1.0, 2.0, 5.0, np.nan, np.inf, -np.inf]]], np.float32)
    assert coded(values, (0.0, 2.0))[0, 0].tolist() == [0, 0, ZERO, TOP, TOP, 0, 0, 0]
    signed = coded(values, (-2.0, 2.0))[0, 0].tolist()
    assert signed == [0, ZERO, 3070, TOP, TOP, ZERO, ZERO, ZERO]


def test_one_value_everywhere_has_limits_all_the_same():
    assert robust_limits(np.full((3, 3, 3), 7.0, np.float32)) == (7.0, 8.0)
    assert robust_limits(np.full((3, 3, 3), np.nan, np.float32)) == (0.0, 1.0)


def test_the_level_parts_two_kinds_of_tissue():
    """Otsu's threshold of two spikes lies between them."""
    codes = np.zeros((10, 10, 10), np.uint16)
    codes[3:7, 3:7, 3:7] = 3000
    codes[0] = 400
    assert 400 / TOP <= first_level(codes, "mr") < 3000 / TOP


@pytest.mark.parametrize(
    ("sides", "budget", "spacing", "expected"),
    [
        ((8, 8, 8), 512, None, (1, 1, 1)),
        ((8, 8, 8), 511, None, (2, 1, 1)),  # of equal axes the first
        ((4, 8, 16), 256, None, (1, 1, 2)),  # of equally fine ones the longest
        ((8, 8, 8), 256, (1.0, 0.5, 1.0), (1, 2, 1)),  # the finest voxels first
        ((1, 100, 100), 10, None, (1, 64, 32)),
        ((1, 1, 1), 0, None, (1, 1, 1)),
    ],
)
def test_the_budget_halves_the_finest_axis(sides, budget, spacing, expected):
    assert halvings(sides, budget, spacing) == expected


def test_a_block_is_the_mean_of_the_voxels_it_stands_for(monkeypatch):
    """Against means over index lists in float64, with sides that do not divide, in many slabs."""
    monkeypatch.setattr("voxviewer.space.shrinking.SLAB_BYTES", 1)
    values = np.random.default_rng(0).random((7, 5, 9), dtype=np.float32)
    asked = []

    def slab(start, stop):
        asked.append((start, stop))
        return values[start:stop]

    block = read_block(slab, (7, 5, 9), (2, 4, 4), lambda *_: None)
    assert asked == [(0, 2), (2, 4), (4, 6), (6, 7)]
    assert block.shape == (4, 2, 3)
    for d, h, w in np.ndindex(block.shape):
        part = values[2 * d : 2 * d + 2, 4 * h : 4 * h + 4, 4 * w : 4 * w + 4]
        assert block[d, h, w] == pytest.approx(part.astype(np.float64).mean(), rel=1e-6)
    assert mean_of(values, 1, 0) is values


def test_a_large_scan_is_averaged_to_the_budget_and_says_so():
    voxels = np.random.default_rng(0).random((1, 8, 16, 16, 1), dtype=np.float32)
    scene = volume_scene(make_volume(voxels), budget=600)
    assert scene.codes.size <= 600
    assert scene.words == ("averaged from 8 × 16 × 16 to 8 × 8 × 8 voxels to fit",)


class Lazy:
    """Voxels that must never be read whole."""

    def __init__(self, array):
        self.array, self.largest = array, 0
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, index):
        found = self.array[index]
        self.largest = max(self.largest, found.size)
        return found


def test_a_scan_on_disk_is_read_in_slabs(monkeypatch):
    monkeypatch.setattr("voxviewer.space.shrinking.SLAB_BYTES", 4 * 16 * 16 * 2)
    lazy = Lazy(np.random.default_rng(0).random((2, 12, 16, 16, 1), dtype=np.float32))
    scene = volume_scene(make_volume(lazy), time=1, limits=(0.0, 1.0))
    assert lazy.largest <= 16 * 16 * 2
    assert np.array_equal(scene.codes, coded(lazy.array[1, ..., 0], (0.0, 1.0)))


def test_reading_can_be_stopped():
    class Stop(Exception):
        pass

    def progress(fraction, text):
        raise Stop

    with pytest.raises(Stop):
        volume_scene(make_volume(np.zeros((1, 4, 4, 4, 1))), progress=progress)


SCANNER = {
    "RAS": np.diag([2.0, 2.0, 3.0, 1.0]),
    "LPS": np.diag([-2.0, -2.0, 3.0, 1.0]),
    "PIR": np.array([[0, 0, 2.0, 0], [-2.0, 0, 0, 0], [0, -3.0, 0, 0], [0, 0, 0, 1]]),
}


@pytest.mark.parametrize("orientation", SCANNER)
def test_a_scan_stands_upright_with_right_to_the_right_and_front_in_the_depth(orientation):
    """A voxel found again by its value: its place in the block is its place in the world."""
    nibabel = pytest.importorskip("nibabel")
    affine = SCANNER[orientation]
    assert "".join(nibabel.aff2axcodes(affine)) == orientation
    voxels = np.arange(3 * 4 * 5, dtype=np.float32).reshape(1, 3, 4, 5, 1)  # T, D, H, W, C
    spacing = (3.0, 2.0, 2.0) if orientation != "PIR" else (2.0, 2.0, 3.0)
    scene = volume_scene(make_volume(voxels, affine, spacing), limits=(0.0, float(TOP)))
    worlds = {}
    for d, h, w in np.ndindex(3, 4, 5):
        worlds[int(voxels[0, d, h, w, 0])] = (affine @ [h, w, d, 1])[:3]
    middle = tuple(n // 2 for n in scene.codes.shape)
    here = worlds[int(scene.codes[middle])]
    for axis, (world, sign) in enumerate(((1, 1), (2, -1), (0, 1))):  # away A, down I, right R
        place = list(middle)
        place[axis] += 1
        there = worlds[int(scene.codes[tuple(place)])]
        step = sign * (there - here)
        assert np.argmax(np.abs(step)) == world
        assert step[world] == pytest.approx(scene.spacing[axis])
    assert [axis.ends for axis in scene.axes] == [("P", "A"), ("S", "I"), ("L", "R")]
    assert scene.words == ()


@pytest.mark.parametrize("orientation", SCANNER)
def test_an_index_of_the_file_is_found_in_the_turned_block(orientation):
    voxels = np.zeros((1, 3, 4, 5, 1), np.float32)
    voxels[0, 0, 1, 4] = 1
    scene = volume_scene(make_volume(voxels, SCANNER[orientation], (3, 2, 2)), limits=(0.0, 1.0))
    place = np.unravel_index(int(scene.codes.argmax()), scene.codes.shape)
    for letter, index in (("D", 0), ("H", 1), ("W", 4)):
        axis = scene.axis_of(letter)
        share = (place[axis] + 0.5) / scene.codes.shape[axis]
        assert scene.axes[axis].share(index) == pytest.approx(share)


def test_a_leaning_scan_is_shown_along_its_own_axes_and_says_so():
    angle = np.radians(20)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    assert obliqueness(affine) == pytest.approx(20)
    assert world_axes(affine) == [(0, 1), (1, 1), (2, 1)]
    scene = volume_scene(make_volume(np.zeros((1, 3, 3, 3, 1)), affine))
    assert scene.words == ("oblique by 20°, shown along its own axes",)


def test_an_affine_of_nothing_does_no_harm():
    scene = volume_scene(make_volume(np.zeros((1, 3, 3, 3, 1)), np.full((4, 4), np.nan), (0, 0, 0)))
    assert scene.codes.shape == (3, 3, 3)
    assert np.isfinite(scene.half()).all()


def test_frames_of_a_video_stand_one_behind_another_as_luminance():
    frames = np.zeros((4, 1, 2, 3, 3), np.uint8)
    frames[2, 0, 1, 0] = (255, 0, 0)
    scene = volume_scene(make_volume(frames), limits=(0.0, 255.0))
    assert scene.codes.shape == (4, 2, 3)
    assert scene.film
    assert np.flatnonzero(scene.codes).tolist() == [2 * 6 + 3]
    assert scene.codes.max() == round(0.299 * TOP)
    assert [axis.name for axis in scene.axes] == ["T", "H", "W"]
    assert scene.axes[0].ends == ("0", "3")


def test_a_single_picture_has_no_depth():
    with pytest.raises(ValueError, match="no depth"):
        volume_scene(make_volume(np.zeros((1, 1, 4, 4, 3), np.uint8)))


def test_hounsfield_units_are_recognized():
    voxels = np.full((1, 6, 6, 6, 1), -1000, np.int16)
    voxels[0, 2:4, 2:4, 2:4] = 1500
    scene = volume_scene(make_volume(voxels))
    assert scene.content == "ct"
    assert scene.limits[0] == -1024


def test_a_clip_keeps_its_limits_and_joints_show_their_largest():
    data = np.zeros((2, 3, 4, 3), np.float32)
    data[1, 2, 3] = (0.1, 0.9, 0.2)
    scene = clip_scene(make_clip(data, ("a", "b", "c")), (0.0, 1.0), content="heatmap")
    assert scene.codes[1, 2, 3] == round(0.9 * TOP)
    assert scene.limits == (0.0, 1.0)
    colors = clip_scene(make_clip(data, ("red", "green", "blue")), (0.0, 1.0))
    luminance = 0.299 * 0.1 + 0.587 * 0.9 + 0.114 * 0.2
    assert colors.codes[1, 2, 3] == round(luminance * TOP)


def test_the_scene_fits_the_ball_whatever_its_depth():
    scene = clip_scene(make_clip(np.zeros((5, 8, 6, 1), np.float32)), (0.0, 1.0))
    for depth in (0.25, 1.0, 4.0):
        x, y, z = scene.half(depth)
        assert np.hypot(np.hypot(x, y), z) == pytest.approx(1)
        assert x / y == pytest.approx(6 / 8)
        assert z / y == pytest.approx(0.9 * depth)


# -- looks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["ct", "mr", "heatmap"])
@pytest.mark.parametrize("level", [0.0, 0.1, 0.5, 1.0])
def test_opacity_grows_with_the_value_from_nothing(preset, level):
    table = opacity_of(Look("volume", preset, level))
    assert table.shape == (256,)
    assert (np.diff(table) >= -1e-6).all()
    assert table[0] <= 0.01 or level == 0
    assert table[-1] > 0.2
    assert 0 <= table.min() <= table.max() <= 1


def test_opacity_of_both_signs_is_the_same_and_zero_is_clear():
    table = opacity_of(Look("volume", "signed", 0.3))
    assert np.allclose(table, table[::-1], atol=1e-6)
    assert table[127] == table[128] == 0


def test_a_signed_palette_keeps_its_zero_in_the_middle():
    from voxviewer.render.colormaps import CENTER, lut

    table = colors_of(Look("volume", "signed", palette=lut("night").tobytes()))
    assert np.abs(table[127].astype(int) - lut("night")[CENTER]).max() <= 3
    assert table[0].tolist() == lut("night")[0].tolist()
    assert table[255].tolist() == lut("night")[254].tolist()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mode": "fog"}, "mode 'fog' is not known"),
        ({"preset": "x"}, "preset 'x' is not known"),
        ({"palette": b"123"}, "768 bytes"),
        ({"box": ((0.5, 0.5), (0, 1), (0, 1))}, "not from 0.5 to 0.5"),
    ],
)
def test_a_wrong_look_is_refused_in_one_sentence(values, words):
    with pytest.raises(ValueError, match=words):
        Look(**values)


# -- what small blocks go through ---------------------------------------------------------------


def test_a_finer_block_has_twice_the_voxels_and_keeps_ramps():
    """Half-pixel centers: voxel i of the fine block lies at (i + 0.5) / 2 - 0.5 of the old one."""
    ramp = np.broadcast_to(np.arange(0, 1600, 100)[:, None, None], (16, 4, 3)).astype(np.uint16)
    fine = finer(ramp)
    assert fine.shape == (32, 8, 6)
    places = (np.arange(32) + 0.5) / 2 - 0.5
    inside = slice(4, -4)
    assert np.abs(fine[inside, 2, 2] - 100 * places[inside]).max() <= 0.5


def test_large_blocks_stay_as_they_are(monkeypatch):
    monkeypatch.setattr("voxviewer.space.smoothing.FINE", 10)
    block = np.zeros((5, 5, 5), np.uint16)
    assert finer(block) is block
    assert smoothed(block) is block


def test_smoothing_is_the_binomial_filter():
    from scipy import ndimage

    block = np.random.default_rng(0).integers(0, TOP, (5, 6, 7)).astype(np.uint16)
    expected = block.astype(np.float64)
    for axis in range(3):
        expected = ndimage.correlate1d(expected, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    assert np.abs(smoothed(block) - expected).max() <= 0.51


# -- points -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("up", "above"), [("y-", (0, -1, 0)), ("y+", (0, 1, 0)), ("z+", (0, 0, 1))]
)
def test_up_is_up_and_nothing_is_mirrored(up, above):
    joints = np.zeros((1, 1, 4, 3), np.float32)
    joints[0, 0, 1] = above
    joints[0, 0, 2] = (1, 0, 0)
    joints[0, 0, 3] = np.cross((1, 0, 0), above)
    points = skeleton_scene(make_skeleton(joints, up)).points[0, 0].astype(np.float64)
    origin, top, right, third = points
    assert (top - origin)[1] < 0
    assert (right - origin)[0] > 0
    handed = np.cross(right - origin, top - origin) @ (third - origin)
    assert handed > 0


def test_missing_joints_stay_missing_and_far_ones_do_not_shrink_the_rest():
    rng = np.random.default_rng(0)
    joints = rng.uniform(-1, 1, (200, 1, 4, 3)).astype(np.float32)
    joints[3, 0, 1] = np.nan
    joints[5, 0, 2] = (1e6, 0, 0)
    scene = skeleton_scene(make_skeleton(joints))
    assert np.isnan(scene.points[3, 0, 1]).all()
    usual = np.delete(scene.points, [3, 5], axis=0)
    assert 0.5 < np.abs(usual).max() < 1.2


def test_nothing_seen_at_all_is_a_scene_too():
    scene = skeleton_scene(make_skeleton(np.full((2, 1, 3, 3), np.nan, np.float32)))
    assert np.isnan(scene.points).all()
    assert np.isfinite(scene.extent).all()
