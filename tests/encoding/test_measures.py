"""The numbers beside an encoding, against what can be worked out by hand or by other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from encoding_sources import noise, scan, skeleton
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import voxviewer as vv
from voxviewer.encoding.heatmap_measures import (
    border_loss,
    decode,
    decode_errors,
    flicker,
    fwhm,
    heatmap_figures,
    peaks,
)
from voxviewer.encoding.measures import aliasing, overshoot, resample_figures

S = vv.EncodingSettings


def waves(frequency, n=64):
    """A cosine of `frequency` cycles per sample along the last axis, mirrored at the ends."""
    k = round(2 * n * frequency)
    return np.cos(np.pi * k * (np.arange(n) + 0.5) / n).reshape(1, 1, n).astype(np.float32)


# --- resampling -------------------------------------------------------------------------------


def test_a_cubic_step_overshoots_as_scipy_says_and_a_linear_one_does_not():
    step = np.repeat([0.0, 1.0], 16).reshape(1, 1, 32)
    cubic = overshoot(step, vv.resample(step, (1, 1, 64), order=3))
    assert cubic.below == pytest.approx(0.092, abs=0.02) and cubic.above == pytest.approx(
        cubic.below
    )
    assert (
        cubic.relative == cubic.below and 0 < cubic.share < 1 and (cubic.low, cubic.high) == (0, 1)
    )
    linear = overshoot(step, vv.resample(step, (1, 1, 64), order=1))
    assert linear.share == linear.below == linear.above == 0


def test_overshoot_counts_exactly_the_values_beyond_and_no_nan():
    before = np.array([0.0, 2.0, np.nan])
    found = overshoot(before, np.array([-1.0, 0.0, 2.0, 2.5, np.nan]))
    assert (found.below, found.above, found.share) == (1.0, 0.5, 2 / 4)
    assert overshoot(np.array([np.nan]), before).share == 0
    assert overshoot(np.zeros(3, np.uint8), np.ones(3, np.uint8)).relative == 0


@pytest.mark.parametrize(
    ("frequency", "order", "above", "folded"),
    [
        (0.125, 1, 0, 0),  # halving by order 1 is the mean of pairs: a cosine stays a cosine,
        (0.3125, 1, 1, 1),  # or folds wholly
        (0.125, 3, 0, 0),
        (0.3125, 3, 1, 1),
        (0.125, 0, 0, math.sin(math.pi / 8) ** 2),  # every second voxel: displaced by half a voxel
        (0.3125, 0, 1, 1),
    ],
)
def test_what_lies_above_the_new_nyquist_frequency_folds_back(frequency, order, above, folded):
    x = waves(frequency)
    made = vv.resample(x, (1, 1, 32), order=order, antialias=False)
    found = aliasing(x, made, order, antialias=False)
    assert found.above == pytest.approx(above, abs=1e-6)
    assert found.folded == pytest.approx(folded, abs=1e-3)


def test_smoothing_first_leaves_less_false_detail():
    x = noise(24, 32, 40)
    rough = aliasing(x, vv.resample(x, (12, 16, 20), antialias=False), antialias=False)
    smooth = aliasing(x, vv.resample(x, (12, 16, 20)))
    assert rough.above == smooth.above and 0.8 < rough.above < 0.95  # 7/8 of white noise
    assert smooth.folded < rough.folded


def test_white_noise_halved_folds_what_the_mean_of_pairs_lets_through():
    """Its response is cos(pi f): (1/8 - 1/4 pi) of 1/4 lies above the new Nyquist frequency."""
    x = noise(1, 12, 600)
    found = aliasing(x, vv.resample(x, (1, 12, 300), antialias=False), antialias=False)
    assert found.above == pytest.approx(0.5, abs=0.05)
    assert found.folded == pytest.approx((1 / 8 - 1 / (4 * math.pi)) * 4, abs=0.03)


@pytest.mark.parametrize("grid", ["edges", "centers"])
def test_a_slow_wave_enlarged_by_a_cubic_is_no_false_detail_and_by_nearest_is_stairs(grid):
    x = waves(0.0625)
    cubic = aliasing(x, vv.resample(x, (1, 1, 150), 3, grid), 3, grid)
    nearest = aliasing(x, vv.resample(x, (1, 1, 150), 0, grid), 0, grid)
    assert cubic.above == nearest.above == 0
    assert cubic.folded < 2e-3 < nearest.folded


def test_an_unchanged_or_constant_or_broken_volume_has_nothing_false():
    x = noise(5, 6, 7)
    assert aliasing(x, x) == aliasing(np.ones((4, 4, 4)), np.ones((2, 2, 2)))
    assert aliasing(x, x).folded == aliasing(x, x).above == 0
    assert aliasing(np.full((2, 2, 2), np.nan), np.zeros((2, 2, 1))) is None
    assert aliasing(np.zeros((1, 1, 5000)), np.zeros((1, 1, 5))) is None


def test_extents_stay_with_edges_and_shrink_with_centers():
    x = noise(4, 8, 16)
    edges = resample_figures(x, vv.resample(x, (8, 8, 32)), spacing=(3.0, 1.0, 0.5))
    assert edges.before == edges.after == (12, 8, 8)
    made = vv.resample(x, (8, 8, 32), grid="centers")
    centers = resample_figures(x, made, grid="centers", spacing=(3.0, 1.0, 0.5))
    assert centers.after == pytest.approx((8 * 3 * 3 / 7, 8, 32 * 0.5 * 15 / 31))
    assert resample_figures(x, made, grid="centers").after is None


# --- where voxels lie -------------------------------------------------------------------------


def oblique(shape):
    """An affine that is neither aligned nor isotropic; index (H, W, D) to mm."""
    rotation = np.linalg.qr(np.random.default_rng(2).standard_normal((3, 3)))[0]
    affine = np.eye(4)
    affine[:3, :3] = rotation * (0.7, 1.1, 3.0)
    affine[:3, 3] = (-20, 5, 33)
    return affine


def located(shape, grid_values=None):
    from dataclasses import replace

    source = scan(noise(*shape))
    return replace(source, affine=oblique(shape), spacing=(3.0, 0.7, 1.1))


@pytest.mark.parametrize("axis", ["depth", "height", "width"])
@pytest.mark.parametrize("grid", ["edges", "centers"])
def test_a_point_in_the_body_keeps_its_place_by_simpleitk(axis, grid):
    """ITK reads the source at the clip's physical points; the clip holds the same values."""
    sitk = pytest.importorskip("SimpleITK")
    source = located((8, 9, 7))
    clip = vv.encode(source, S(frames=11, height=13, width=10, time_axis=axis, grid=grid))
    image = _itk(sitk, np.asarray(source.voxels)[0, ..., 0].transpose(1, 2, 0), source.affine)
    like = _itk(sitk, np.moveaxis(clip.data[..., 0], 0, -1), clip.affine)
    found = sitk.GetArrayFromImage(
        sitk.Resample(image, like, sitk.Transform(3, 1), sitk.sitkLinear)
    )
    found = found.transpose(2, 1, 0)  # x, y, z are H, W, T of the clip
    inner = (slice(2, -2),) * 3  # beyond the outermost centers ITK has nothing
    expected = np.moveaxis(clip.data[..., 0], 0, -1)
    assert np.abs(found - expected)[inner].max() < 1e-4
    lengths = np.linalg.norm(clip.affine[:3, :3], axis=0)
    assert lengths == pytest.approx([clip.spacing[1], clip.spacing[2], clip.spacing[0]])


def _itk(sitk, array, affine):
    """An image whose axes x, y, z are the array's three; ITK's world is our RAS, taken as it is."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.transpose(2, 1, 0)))
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(lengths.tolist())
    image.SetDirection((affine[:3, :3] / lengths).reshape(-1).tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    return image


def test_real_time_keeps_the_place_of_its_plane_and_the_mean_is_as_thick_as_all():
    from dataclasses import replace

    from encoding_sources import volume

    affine = oblique(None)
    source = replace(volume(noise(3, 6, 8, 10, 1)), affine=affine, spacing=(3.0, 0.7, 1.1))
    plane = vv.encode(source, S(depth=2, height=4))
    assert np.allclose(plane.affine @ [0, 0, 0, 1], affine @ [0.5, 0, 2, 1])
    assert plane.spacing == pytest.approx((3.0, 1.4, 1.1))
    mean = vv.encode(source, S(depth="mean"))
    assert np.allclose(mean.affine @ [1, 2, 0, 1], affine @ [1, 2, 2.5, 1])
    assert mean.spacing == pytest.approx((18.0, 0.7, 1.1))


def test_a_clip_without_a_place_has_none():
    assert vv.encode(scan(noise(3, 4, 5))).affine is None
    assert vv.encode(skeleton(noise(3, 4, 2))).spacing is None


# --- heatmaps ---------------------------------------------------------------------------------


def test_the_width_at_half_height_is_where_the_value_is_one_half():
    assert fwhm(1.0) == pytest.approx(2.3548, abs=1e-4)
    assert math.exp(-((fwhm(3.0) / 2) ** 2) / (2 * 9)) == pytest.approx(0.5)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-6, 26),
    st.floats(-6, 22),
    st.floats(0.4, 4.0),
    st.sampled_from(["subpixel", "pixel"]),
)
def test_the_mass_lost_and_the_peak_are_those_of_the_drawn_pixels(x, y, sigma, center):
    H, W, far = 16, 20, 40
    # On the border of two pixels rounding decides which one a joint snaps to.
    assume(all(1e-6 < (v + 0.5) % 1 < 1 - 1e-6 for v in (x, y)))
    u = np.array([[[2 * (x + 0.5) / W - 1, 2 * (y + 0.5) / H - 1]]])
    drawn = vv.joint_heatmaps(u, H, W, sigma, center=center)[0, ..., 0]
    place = np.array([x, y])
    high = peaks(place, (H, W), sigma, center)
    assert high == pytest.approx(drawn.max(), abs=1e-5)
    wide = np.array(
        [[[2 * (x + far + 0.5) / (W + 2 * far) - 1, 2 * (y + far + 0.5) / (H + 2 * far) - 1]]]
    )
    inside = (u >= -1).all() and (u < 1).all()
    if center == "subpixel" or inside:
        mass = vv.joint_heatmaps(wide, H + 2 * far, W + 2 * far, sigma, center=center).sum()
        lost = 1 - drawn.sum(dtype=float) / mass
        assert border_loss(place, (H, W), sigma, center) == pytest.approx(lost, abs=1e-4)
    else:
        assert border_loss(place, (H, W), sigma, center) == 1


def test_half_the_mass_of_a_joint_on_the_edge_is_lost():
    assert border_loss(np.array([-0.5, 30.0]), (64, 64), 3.0) == pytest.approx(0.5, abs=1e-6)
    assert border_loss(np.array([30.0, 30.0]), (64, 64), 3.0) == pytest.approx(0, abs=1e-9)
    assert np.isnan(border_loss(np.array([np.nan, 3.0]), (64, 64), 3.0))


def test_a_small_gaussian_flickers_between_one_and_one_half():
    """CONVENTIONS: at sigma 0.6 the peak goes from 1 over 0.707 to 0.499 between four pixels."""
    places = np.array([[5.0, 5.0], [5.5, 5.0], [5.5, 5.5]])
    high = peaks(places, (12, 12), 0.6)
    assert high == pytest.approx([1, 0.707, 0.499], abs=1e-3)
    assert flicker(high[:, None])[0] == pytest.approx(1 - 0.499, abs=1e-3)
    assert np.isnan(flicker(np.full((3, 2), np.nan))).all()
    assert flicker(np.array([[np.nan], [0.5], [0.75]]))[0] == 0.25


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), sigma=st.sampled_from([1.0, 1.5, 2.0, 3.0, 5.0]))
def test_interior_joints_are_read_off_to_a_twentieth_of_a_pixel(seed, sigma):
    """The issue's bound; one channel for each joint, as pose networks are trained."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(-0.7, 0.7, (4, 5, 2))
    clip = vv.encode(skeleton(u), S(sigma=sigma, combine="joints", height=48, width=56))
    figures = heatmap_figures(skeleton(u), clip)
    assert figures.errors.shape == (4, 1, 5) and figures.errors.max() < 0.05
    assert figures.fwhm == pytest.approx(2.3548 * sigma, rel=1e-4)


@pytest.mark.parametrize("combine", ["sum", "max"])
def test_joints_that_lie_apart_are_read_off_a_merged_channel_too(combine):
    places = np.stack(np.meshgrid([10.3, 30.7, 51.2], [9.6, 33.4, 50.1]), axis=-1).reshape(1, 9, 2)
    u = (places + 0.5) / 32 - 1
    data = vv.joint_heatmaps(u, 64, 64, 1.5, combine)
    assert decode_errors(data, places[:, None], 1.5).max() < 0.05


def test_joints_that_meet_are_read_off_wrongly_and_the_number_says_so():
    u = np.array([[[0.0, 0.0], [0.1, 0.0]]])
    places = (u + 1) * 32 - 0.5
    sum_of_two = vv.joint_heatmaps(u, 64, 64, 4.0)
    assert decode_errors(sum_of_two, places[:, None], 4.0).min() > 1
    each = vv.joint_heatmaps(u, 64, 64, 4.0, "joints")
    assert decode_errors(each, places[:, None], 4.0).max() < 0.05


def test_decoding_finds_nothing_where_nothing_was_drawn():
    maps = np.zeros((2, 8, 8), np.float32)
    near = np.array([[[3.0, 3.0], [np.nan, 2.0], [1e12, -1e12]]] * 2)
    assert np.isnan(decode(maps, near, 2)).all()
    maps[0, 3, 7] = 1  # at the border: no parabola, the pixel itself
    assert decode(maps, np.array([[[7.0, 3.0]]] * 2), 1)[0, 0].tolist() == [7, 3]


def test_figures_of_missing_joints_and_padded_frames_are_nan():
    joints = np.zeros((3, 2, 2))
    joints[1, 0] = np.nan
    source = skeleton(joints)
    clip = vv.encode(source, S(frames=5, length="pad-zero", combine="joints", sigma=1.0))
    found = heatmap_figures(source, clip)
    for values in (found.errors, found.lost, found.peaks, found.places[..., 0]):
        assert np.isnan(values[1, 0, 0]) and np.isnan(values[3:]).all()
        assert np.isfinite(values[0]).all() and np.isfinite(values[1, 0, 1])
    assert found.flicker.tolist() == [[0.0, 0.0]]


def test_channels_that_are_no_joints_have_no_error():
    assert np.isnan(decode_errors(np.ones((2, 4, 4, 3)), np.zeros((2, 1, 5, 2)), 1.0)).all()
