"""Presets against SciPy, OpenCV's numbers and what each name promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from voxviewer.convolution import conv3d, preset_filters
from voxviewer.convolution.motion import DIRECTIONS, frequency, motion_pair
from voxviewer.convolution.presets import PRESETS, binomial, derivative
from voxviewer.flow import make_bank
from voxviewer.settings import PRESET_NAMES, FilterSettings

ROOM = (5, 7, 9)
BLUR = ("gaussian-blur",)


def test_the_table_and_the_settings_have_the_same_names():
    assert tuple(PRESETS) == PRESET_NAMES


@pytest.mark.parametrize("size", [ROOM, (6, 8, 8), None], ids=["odd", "even", "least"])
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fits_its_kernel_and_is_named(name, size):
    size = size or PRESETS[name].least
    bank = preset_filters(name, size)
    assert bank.size == size
    assert bank.kernels.dtype == np.float32
    assert np.isfinite(bank.kernels).all()
    assert len(bank.names) == bank.count == len(set(bank.names))
    assert bank.origin == PRESETS[name].title
    assert not bank.bias.any() and bank.activation == "linear"
    np.testing.assert_allclose(np.abs(bank.kernels).sum((0, 1, 2, 3)), 1, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in BLUR])
def test_uniform_brightness_gives_nothing(name):
    kernels = preset_filters(name, PRESETS[name].least).kernels
    assert np.abs(kernels.sum((0, 1, 2, 3))).max() < 1e-6


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("motion-energy")])
def test_even_motion_filters_do_not_see_flicker(name):
    bank = preset_filters(name, (5, 7, 7))
    even = [index for index, word in enumerate(bank.names) if word.endswith("even")]
    assert len(even) == 8
    kernels = bank.kernels[..., even]
    assert np.abs(kernels.sum((1, 2, 3))).max() < 1e-6


def test_motion_and_edges_is_the_bank_of_the_welcome_picture():
    assert preset_filters("motion-and-edges").names == (
        "motion right", "motion left", "motion up", "motion down",
        "Sobel x", "Sobel y", "Sobel t", "Laplacian",
    )  # fmt: skip


@pytest.mark.parametrize(("name", "axis"), [("sobel-x", 2), ("sobel-y", 1), ("sobel-t", 0)])
def test_sobel_is_that_of_scipy(name, axis):
    x = np.random.default_rng(0).random((7, 8, 9))
    maps = conv3d(x[..., None], preset_filters(name).kernels)[..., 0]
    expected = ndimage.sobel(x, axis)[1:-1, 1:-1, 1:-1]
    np.testing.assert_allclose(maps * 32, expected, atol=1e-5)


def test_larger_sobel_filters_have_the_taps_of_opencv():
    """`cv2.getDerivKernels(1, 0, ksize)`, times what makes the smallest tap 1."""
    assert (derivative(5) * 8).tolist() == [-1, -2, 0, 2, 1]
    assert (derivative(7) * 32).tolist() == [-1, -4, -5, 0, 5, 4, 1]
    assert (binomial(5) * 16).tolist() == [1, 4, 6, 4, 1]
    assert (derivative(2)).tolist() == [-1, 1]


def test_blur_is_scipys_gaussian_of_a_quarter_of_the_kernel():
    x = np.random.default_rng(1).random((9, 10, 11))
    maps = conv3d(x[..., None], preset_filters("gaussian-blur", (3, 5, 7)).kernels)[..., 0]
    sigmas, radii = (0.75, 1.25, 1.75), (1, 2, 3)
    expected = ndimage.gaussian_filter(x, sigmas, radius=radii)[1:-1, 2:-2, 3:-3]
    np.testing.assert_allclose(maps, expected, atol=1e-6)


def test_blur_of_one_tap_leaves_its_axis_sharp():
    bank = preset_filters("gaussian-blur", (1, 5, 1))
    np.testing.assert_allclose(bank.kernels.ravel(), bank.kernels.ravel()[::-1])
    assert preset_filters("gaussian-blur", (1, 1, 1)).kernels.item() == 1


def test_laplacian_looks_like_scipys():
    spot = np.zeros((1, 15, 15))
    spot[0, 7, 7] = 1
    ours = preset_filters("laplacian", (1, 15, 15)).kernels[0, :, :, 0, 0]
    theirs = ndimage.gaussian_laplace(spot[0], 2.5)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999
    assert ours[7, 7] < 0 < ours[7, 1]


def test_temporal_differences_by_hand():
    x = np.array([1, 2, 4, 8, 16.0]).reshape(5, 1, 1, 1)
    maps = conv3d(x, preset_filters("temporal-difference", (3, 1, 1)).kernels)[:, 0, 0]
    # halves, halves and quarters: the sum of |w| is 1
    assert maps.tolist() == [[0.5, 1.5, 0.25], [1, 3, 0.5], [2, 6, 1]]


def test_a_larger_kernel_of_a_difference_is_the_same_filter_among_zeros():
    small = preset_filters("temporal-difference", (3, 1, 1)).kernels
    large = preset_filters("temporal-difference", (5, 3, 4)).kernels
    np.testing.assert_array_equal(large[1:4, 1:2, 1:2], small)
    assert np.count_nonzero(large) == np.count_nonzero(small)


@pytest.mark.parametrize("direction", DIRECTIONS, ids=lambda way: way.name)
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_a_pair_passes_its_grating_and_cancels_the_opposite_one(direction, speed):
    """The energy of even and odd is 1 for a grating that moves its way, 0 for the other way."""
    size = (5, 7, 7)
    even, odd = motion_pair(size, direction, speed)
    t, h, w = np.ogrid[-2:3, -3:4, -3:4]
    columns, rows = direction.step
    for sign, expected in ((1, 1), (-1, 0)):
        way = columns * w + rows * h - sign * speed * t
        for start in (0.0, 1.0, 2.5):
            grating = np.cos(2 * np.pi * frequency(speed) * way + start)
            energy = (even * grating).sum() ** 2 + (odd * grating).sum() ** 2
            assert energy == pytest.approx(expected, abs=0.15)


def test_left_is_right_in_a_mirror_and_down_is_up():
    kernels = preset_filters("motion-and-edges", (3, 5, 5)).kernels
    right, left, up, down = np.moveaxis(kernels[..., :4], -1, 0)
    np.testing.assert_allclose(right[:, :, ::-1], left, atol=1e-7)
    np.testing.assert_allclose(up[:, ::-1], down, atol=1e-7)
    np.testing.assert_allclose(np.swapaxes(right, 1, 2), down, atol=1e-7)


def test_a_color_clip_is_seen_by_its_luminance_or_channel_by_channel():
    gray = preset_filters("edges").kernels[..., 0, :]
    bank = preset_filters("edges", channels=3)
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        np.testing.assert_allclose(bank.kernels[..., channel, :], weight * gray, atol=1e-7)
    each = preset_filters("edges", channels=3, color="channels")
    assert each.count == 12
    assert each.names[:4] == ("Sobel x, red", "Sobel x, green", "Sobel x, blue", "Sobel y, red")
    for f in range(12):
        np.testing.assert_array_equal(each.kernels[..., f % 3, f], gray[..., f // 3])
        assert np.count_nonzero(each.kernels[..., f].any((0, 1, 2))) == 1


def test_other_channels_are_averaged_and_one_is_itself():
    np.testing.assert_allclose(
        preset_filters("edges", channels=20).kernels.sum(3), preset_filters("edges").kernels.sum(3),
        atol=1e-7,
    )  # fmt: skip
    one = preset_filters("edges", color="channels")
    assert one.names == preset_filters("edges").names
    assert preset_filters("edges", channels=2, color="channels").names[1] == "Sobel x, channel 1"


def test_a_kernel_that_is_too_small_or_too_large_is_refused():
    with pytest.raises(ValueError) as caught:
        preset_filters("motion-energy-fast")
    assert str(caught.value) == (
        "Motion energy, fast needs a kernel of at least 3 x 7 x 7 (T, H, W), not 3 x 3 x 3"
    )
    with pytest.raises(ValueError, match="at most 99 taps"):
        preset_filters("edges", (3, 3, 10**6))
    with pytest.raises(ValueError, match="'hedges' is not known; use one of: motion-and-edges, "):
        preset_filters("hedges")
    with pytest.raises(ValueError, match="at least 1"):
        preset_filters("edges", channels=0)


def test_settings_make_the_same_bank():
    settings = FilterSettings(source="preset", preset="motion-energy", kernel=(3, 5, 5))
    bank = make_bank(settings, 3)
    expected = preset_filters("motion-energy", (3, 5, 5), 3)
    np.testing.assert_array_equal(bank.kernels, expected.kernels)
    with pytest.raises(ValueError, match=r"No preset is chosen\. Choose one of: "):
        make_bank(FilterSettings(source="preset"), 1)
