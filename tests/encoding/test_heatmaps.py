"""`joint_heatmaps` against a plain double loop in float64."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from encoding_sources import noise, skeleton
from hypothesis import given, settings
from hypothesis import strategies as st

import voxviewer as vv
from voxviewer.encoding import compiled
from voxviewer.encoding.fitting import place_joints
from voxviewer.encoding.heatmaps import Style, person_heatmaps

S = vv.EncodingSettings


def by_loop(joints, height, width, sigma, combine, center):
    """The contract, pixel by pixel in float64."""
    frames, count = joints.shape[:2]
    planes = np.zeros((frames, height, width, count))
    for t in range(frames):
        for j in range(count):
            u, v = (float(c) for c in joints[t, j, :2])
            if math.isnan(u) or math.isnan(v):
                continue
            px, py = (u + 1) / 2 * width, (v + 1) / 2 * height
            if center == "pixel":
                if not (0 <= px < width and 0 <= py < height):
                    continue
                px, py = math.floor(px), math.floor(py)
            else:
                px, py = px - 0.5, py - 0.5
            for y in range(height):
                for x in range(width):
                    square = (x - px) ** 2 + (y - py) ** 2
                    planes[t, y, x, j] = math.exp(-square / (2 * sigma**2))
    if combine == "joints":
        return planes
    return getattr(planes, combine)(axis=-1, keepdims=True)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 99),
    size=st.tuples(st.integers(1, 12), st.integers(1, 15)),
    sigma=st.sampled_from([0.3, 1.0, 5.0]),
    combine=st.sampled_from(["sum", "max", "joints"]),
    center=st.sampled_from(["subpixel", "pixel"]),
    axes=st.sampled_from([2, 3]),
)
def test_heatmaps_equal_the_double_loop(seed, size, sigma, combine, center, axes):
    rng = np.random.default_rng(seed)
    joints = rng.uniform(-1.3, 1.3, (3, 4, axes)).astype(np.float32)
    joints[rng.random((3, 4)) < 0.2] = np.nan
    found = vv.joint_heatmaps(joints, *size, sigma, combine, center)
    expected = by_loop(joints, *size, sigma, combine, center)
    assert found.shape == expected.shape and found.dtype == np.float32
    assert np.abs(found - expected).max() <= 1e-6


@pytest.mark.parametrize("combine", ["sum", "max", "joints"])
def test_one_joint_peaks_at_its_pixel(combine):
    found = vv.joint_heatmaps([[[0.0, 0.0]]], height=5, width=7, sigma=1.0, combine=combine)
    assert found.shape == (1, 5, 7, 1)
    assert found[0, 2, 3, 0] == 1 and np.argmax(found) == 2 * 7 + 3
    assert found[0, 2, 4, 0] == pytest.approx(math.exp(-0.5), abs=1e-7)


def test_x_runs_right_and_y_runs_down():
    found = vv.joint_heatmaps([[[0.75, -0.5]]], height=4, width=8, sigma=0.5, center="pixel")
    assert np.unravel_index(np.argmax(found), found.shape) == (0, 1, 7, 0)


def test_the_pictures_edges_are_minus_one_and_one():
    joints = [[[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]]
    inside = vv.joint_heatmaps(joints, 8, 8, 1.0, "joints", "pixel")
    assert inside[0, 0, 0, 0] == 1
    assert not inside[..., 1:].any(), "1 is the far edge, which no pixel holds"
    tails = vv.joint_heatmaps(joints, 8, 8, 1.0, "joints", "subpixel")
    assert tails[0, 0, 7, 1] == pytest.approx(math.exp(-0.25), abs=1e-6)


def test_sum_adds_where_joints_meet_and_maximum_does_not():
    joints = [[[0.0, 0.0], [0.0, 0.0]]]
    assert vv.joint_heatmaps(joints, 5, 5, 1.0, "sum").max() == 2
    assert vv.joint_heatmaps(joints, 5, 5, 1.0, "max").max() == 1


def test_a_missing_joint_leaves_its_channel_empty():
    joints = np.zeros((2, 3, 3))
    joints[:, 1, 0] = np.nan
    joints[:, 2, 2] = np.nan  # the third coordinate is not drawn
    found = vv.joint_heatmaps(joints, 6, 6, 2.0, "joints")
    assert not found[..., 1].any() and np.array_equal(found[..., 0], found[..., 2])


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e30])
def test_joints_far_outside_add_nothing_and_nothing_warns(value):
    assert not vv.joint_heatmaps([[[value, 0.0]]], 6, 6, 2.0, "max").any()


@pytest.mark.parametrize("combine", ["sum", "max"])
def test_persons_merge_by_the_rule_of_joints(combine):
    points = np.random.default_rng(3).uniform(-1, 1, (2, 3, 4, 2))
    found = person_heatmaps(points, (9, 8), Style(1.5, combine))
    flat = vv.joint_heatmaps(points.reshape(2, 12, 2), 9, 8, 1.5, combine)
    assert np.allclose(found, flat, atol=1e-6)


def test_persons_merge_by_maximum_where_joints_have_channels_and_order_does_not_matter():
    points = np.random.default_rng(3).uniform(-1, 1, (2, 3, 4, 2))
    found = person_heatmaps(points, (9, 8), Style(1.5, "joints"))
    each = [vv.joint_heatmaps(points[:, p], 9, 8, 1.5, "joints") for p in range(3)]
    assert np.array_equal(found, np.maximum.reduce(each))
    assert np.array_equal(found, person_heatmaps(points[:, ::-1], (9, 8), Style(1.5, "joints")))


def test_work_in_slabs_is_the_same_work(monkeypatch):
    joints = np.random.default_rng(4).uniform(-1, 1, (7, 3, 2))
    whole = [vv.joint_heatmaps(joints, 8, 8, 1.0, c) for c in ("sum", "max", "joints")]
    monkeypatch.setattr("voxviewer.encoding.heatmaps.CACHE", 300)
    parts = [vv.joint_heatmaps(joints, 8, 8, 1.0, c) for c in ("sum", "max", "joints")]
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(whole, parts, strict=True))


@pytest.mark.parametrize(
    ("joints", "options", "word"),
    [
        (np.zeros((2, 3)), {}, "joints"),
        (np.zeros((2, 3, 4)), {}, "joints"),
        (np.zeros((2, 3, 2)), {"sigma": 0}, "sigma"),
        (np.zeros((2, 3, 2)), {"sigma": np.nan}, "sigma"),
        (np.zeros((2, 3, 2)), {"height": 0}, "1 x 1"),
        (np.zeros((2, 3, 2)), {"combine": "mean"}, "combine"),
        (np.zeros((2, 3, 2)), {"center": "corner"}, "center"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(joints, options, word):
    with pytest.raises(ValueError, match=word):
        vv.joint_heatmaps(joints, **options)


# --- cut-off, scores, limbs, persons, the turntable -------------------------------------------


def test_sigma_in_percent_is_of_the_height():
    joints = np.random.default_rng(5).uniform(-1, 1, (2, 3, 2))
    percent = vv.joint_heatmaps(joints, 50, 80, 4.0, sigma_unit="percent")
    assert np.array_equal(percent, vv.joint_heatmaps(joints, 50, 80, 2.0))
    recording = skeleton(joints)
    clip = vv.encode(recording, S(height=50, width=80, sigma=4.0, sigma_unit="percent"))
    assert np.allclose(clip.data, percent, atol=1e-6)


@pytest.mark.parametrize("center", ["subpixel", "pixel"])
@pytest.mark.parametrize("combine", ["sum", "max", "joints"])
def test_the_cut_off_is_the_same_on_both_sides(combine, center):
    """PYSKL's window drops the pixel at -k sigma and keeps the one at +k sigma."""
    found = vv.joint_heatmaps([[[0.0, 0.0]]], 21, 21, 2.0, combine, center, cutoff=3.0)[0, ..., 0]
    drawn = found[10] > 0
    assert drawn.tolist() == [abs(i - 10) <= 6 for i in range(21)]
    whole = vv.joint_heatmaps([[[0.0, 0.0]]], 21, 21, 2.0, combine, center)[0, ..., 0]
    assert np.array_equal(found[found > 0], whole[found > 0]) and np.array_equal(found, found.T)


@pytest.mark.parametrize("combine", ["sum", "max", "joints"])
def test_scores_are_peaks_and_a_score_of_zero_draws_nothing(combine):
    joints = np.array([[[-0.5, -0.5], [0.5, 0.5], [0.5, -0.5]]])
    found = vv.joint_heatmaps(joints, 16, 16, 0.8, combine, "pixel", score=[[0.5, 0.0, np.nan]])
    total = found.sum(axis=-1)[0]
    assert total[4, 4] == pytest.approx(0.5, abs=1e-6)
    assert total[12, 12] < 1e-6 and total[4, 12] == pytest.approx(1, abs=1e-6)
    recording = replace(skeleton(joints), score=np.array([[[0.5, 0.0, 1.0]]], np.float32))
    sure = vv.encode(recording, S(height=16, width=16, sigma=0.8, combine=combine, center="pixel"))
    assert sure.data.max() == 1 and sure.data.sum(axis=-1)[0, 12, 12] == 1


def by_distance(a, b, size, sigma):
    """A limb pixel by pixel: the distance from the segment, by three cases."""
    plane = np.zeros(size)
    for y in range(size[0]):
        for x in range(size[1]):
            p = np.array([x, y], float)
            t = np.dot(p - a, b - a)
            if t <= 0:
                d = np.linalg.norm(p - a)
            elif t >= np.dot(b - a, b - a):
                d = np.linalg.norm(p - b)
            else:
                n = (b - a) / np.linalg.norm(b - a)
                d = abs(n[0] * (p - a)[1] - n[1] * (p - a)[0])
            plane[y, x] = math.exp(-(d**2) / (2 * sigma**2))
    return plane


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 999), st.sampled_from([0.6, 1.5, 4.0]), st.sampled_from(["subpixel", "pixel"])
)
def test_limbs_are_strips_around_the_segment(seed, sigma, center):
    rng = np.random.default_rng(seed)
    joints = rng.uniform(-0.99, 0.99, (2, 4, 2))
    joints[1, 2] = np.nan
    bones = ((0, 1), (2, 3), (1, 1))
    found = vv.joint_heatmaps(joints, 14, 18, sigma, "limbs", center, bones=bones)
    assert found.shape == (2, 14, 18, 3) and found.dtype == np.float32
    places = (joints + 1) / 2 * (18, 14)
    places = np.floor(places) if center == "pixel" else places - 0.5
    for t in range(2):
        for b, (first, second) in enumerate(bones):
            gone = np.isnan(places[t, [first, second]]).any()
            expected = (
                by_distance(places[t, first], places[t, second], (14, 18), sigma) if not gone else 0
            )
            assert np.abs(found[t, ..., b] - expected).max() <= 1e-6
    merged = vv.joint_heatmaps(joints, 14, 18, sigma, "limbs-max", center, bones=bones)
    assert np.array_equal(merged[..., 0], found.max(axis=-1))


@pytest.mark.parametrize("combine", ["limbs", "limbs-max"])
def test_limbs_are_the_same_compiled_or_not(combine):
    rng = np.random.default_rng(3)
    joints, score = rng.uniform(-1.2, 1.2, (9, 5, 2)), rng.random((9, 5))
    joints[2, 1] = np.nan
    bones = [(0, 1), (1, 2), (3, 3), (2, 4)]
    compiled.warm_up()
    fast = vv.joint_heatmaps(joints, 21, 17, 2, combine, bones=bones, score=score)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "loop", lambda name, values=0: None)
        plain = vv.joint_heatmaps(joints, 21, 17, 2, combine, bones=bones, score=score)
    assert plain.max() > 0.1 and np.abs(fast - plain).max() <= np.spacing(np.float32(1))


def test_a_limb_is_as_sure_as_its_weaker_end_and_named_by_both():
    joints = np.array([[[-0.5, 0.0], [0.5, 0.0]]])
    found = vv.joint_heatmaps(joints, 9, 9, 1.0, "limbs", bones=[(0, 1)], score=[[0.9, 0.4]])
    assert found.max() == pytest.approx(0.4, abs=1e-6)
    recording = skeleton(joints, names=("wrist", "elbow"), bones=((0, 1), (1, 7)))
    clip = vv.encode(recording, S(combine="limbs"))
    assert clip.channels == ("wrist - elbow",) and clip.shape[3] == 1
    with pytest.raises(ValueError, match=r"^combine 'limbs' needs bones"):
        vv.encode(skeleton(joints), S(combine="limbs"))


@pytest.mark.parametrize(
    ("combine", "persons", "merge"),
    [
        ("sum", "auto", np.add), ("sum", "sum", np.add), ("sum", "max", np.maximum),
        ("max", "auto", np.maximum), ("max", "sum", np.add), ("joints", "auto", np.maximum),
        ("joints", "sum", np.add), ("limbs", "auto", np.maximum), ("limbs-max", "sum", np.add),
    ],
)  # fmt: skip
def test_persons_merge_by_their_own_rule(combine, persons, merge):
    points = np.random.default_rng(3).uniform(-1, 1, (2, 3, 4, 2))
    bones = ((0, 1), (1, 3))
    style = Style(1.5, combine, persons=persons, bones=bones)
    each = [vv.joint_heatmaps(points[:, p], 9, 8, 1.5, combine, bones=bones) for p in range(3)]
    expected = merge(merge(each[0], each[1]), each[2])
    assert np.allclose(person_heatmaps(points, (9, 8), style), expected, atol=1e-6)
    turned_round = person_heatmaps(points[:, ::-1], (9, 8), style)
    assert np.allclose(turned_round, expected, atol=1e-6), "the order of persons does not matter"


def test_the_compiled_maximum_makes_the_bits_of_numpy(monkeypatch):
    from voxviewer.encoding import compiled

    joints = np.random.default_rng(8).uniform(-1.2, 1.2, (4, 9, 2))
    joints[1, 3] = np.nan
    compiled.warm_up()
    fast = vv.joint_heatmaps(joints, 33, 41, 1.3, "max", cutoff=4.0)
    assert compiled.loop("draw_max") is not None, "Numba is here, so it is used"
    monkeypatch.setattr(compiled, "loop", lambda name, values=0: None)
    assert np.array_equal(fast, vv.joint_heatmaps(joints, 33, 41, 1.3, "max", cutoff=4.0))


def seen_from(up, azimuth, elevation):
    """Where a joint to the right, one up and one away from the middle are drawn: x, y (y down)."""
    away = {"y+": (0, 0, -1), "y-": (0, 0, 1), "z+": (0, 1, 0)}[up]
    upward = {"y+": (0, 1, 0), "y-": (0, -1, 0), "z+": (0, 0, 1)}[up]
    arms = np.array([(1, 0, 0), upward, away], float) * 0.5
    joints = np.concatenate([arms, -arms])[None]
    recording = skeleton(joints, up=up)
    chosen = S(plane="turntable", azimuth=azimuth, elevation=elevation, fit="none")
    points, _ = place_joints(recording, chosen, (64, 64), np.arange(1))
    return (2 * points[0, 0, :3]).round(6)


@pytest.mark.parametrize("up", ["y+", "y-", "z+"])
def test_the_turntable_goes_round_the_upright_axis_and_up(up):
    right, upward, away = seen_from(up, 0, 0)
    assert np.allclose(right, (1, 0)) and np.allclose(upward, (0, -1)) and np.allclose(away, (0, 0))
    right, upward, away = seen_from(up, 90, 0)
    assert np.allclose(away, (1, 0)) and np.allclose(upward, (0, -1)) and np.allclose(right, (0, 0))
    right, upward, away = seen_from(up, 0, 90)  # from straight above what is far lies higher
    assert np.allclose(right, (1, 0)) and np.allclose(away, (0, -1)) and np.allclose(upward, (0, 0))
    right, upward, away = seen_from(up, -45, 0)
    assert np.allclose(right, (0.5**0.5, 0), atol=1e-5) and away[0] < 0


def test_a_turntable_that_did_not_turn_is_the_plane_from_the_front():
    joints = noise(5, 4, 3) * 9
    for up, plane in (("y+", "xy"), ("y-", "xy"), ("z+", "xz")):
        recording = skeleton(joints, up=up)
        turned = vv.encode(recording, S(plane="turntable"))
        assert np.allclose(turned.data, vv.encode(recording, S(plane=plane)).data, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"cutoff": 0}, "cutoff"),
        ({"sigma_unit": "mm"}, "sigma_unit"),
        ({"combine": "limbs"}, "bones"),
        ({"combine": "limbs", "bones": [(0, 9)]}, "bone"),
        ({"score": [1.0]}, "score"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_one_sentence(options, word):
    with pytest.raises(ValueError, match=word):
        vv.joint_heatmaps(np.zeros((2, 3, 2)), **options)
