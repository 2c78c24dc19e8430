"""`joint_heatmaps` against a plain double loop in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import voxviewer as vv
from voxviewer.encoding.heatmaps import person_heatmaps


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
    found = person_heatmaps(points, (9, 8), 1.5, combine, "subpixel")
    flat = vv.joint_heatmaps(points.reshape(2, 12, 2), 9, 8, 1.5, combine)
    assert np.allclose(found, flat, atol=1e-6)


def test_persons_merge_by_maximum_where_joints_have_channels_and_order_does_not_matter():
    points = np.random.default_rng(3).uniform(-1, 1, (2, 3, 4, 2))
    found = person_heatmaps(points, (9, 8), 1.5, "joints", "subpixel")
    each = [vv.joint_heatmaps(points[:, p], 9, 8, 1.5, "joints") for p in range(3)]
    assert np.array_equal(found, np.maximum.reduce(each))
    assert np.array_equal(
        found, person_heatmaps(points[:, ::-1], (9, 8), 1.5, "joints", "subpixel")
    )


def test_work_in_slabs_is_the_same_work(monkeypatch):
    joints = np.random.default_rng(4).uniform(-1, 1, (7, 3, 2))
    whole = [vv.joint_heatmaps(joints, 8, 8, 1.0, c) for c in ("sum", "max", "joints")]
    monkeypatch.setattr("voxviewer.encoding.heatmaps.SLAB", 600)
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
