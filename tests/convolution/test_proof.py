"""Two results held together: rounding is no difference, an error is found and its side named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from voxviewer.convolution import random_filters
from voxviewer.convolution.engine import finish, run
from voxviewer.convolution.proof import compare, largest_difference, rounding_scale
from voxviewer.data import Clip
from voxviewer.settings import ConvolutionSettings, EncodingSettings


def make_clip(data):
    T = len(data)
    return Clip(
        data, np.ones(T, bool), np.arange(T), ("gray",) * data.shape[3], "noise", EncodingSettings()
    )


@pytest.fixture
def clip():
    return make_clip(np.random.default_rng(0).standard_normal((6, 9, 11, 2)).astype(np.float32))


def by_fft(maps):
    """Another engine's honest result: SciPy in float64, rounded once."""
    x, kernels = maps.clip.data.astype(float), maps.bank.kernels.astype(float)
    data = np.stack(
        [signal.correlate(x, kernels[..., f], "valid")[..., 0] for f in range(maps.bank.count)], -1
    )
    return finish((data + maps.bank.bias).astype(np.float32), *origin(maps), "keras", 0.1)


def origin(maps):
    return maps.clip, maps.bank, replace(maps.settings, engine="keras")


VALID = ConvolutionSettings(padding="valid")


def test_two_honest_engines_agree(clip):
    ours = run(clip, random_filters(4, channels=2, seed=1), VALID)
    verdict = compare(ours, by_fft(ours))
    assert verdict.agree
    assert verdict.errs == "none"
    assert 0 < verdict.max_difference < 1e-6
    assert verdict.handwritten_error < 1e-6
    assert verdict.keras_error < 1e-7
    assert verdict.sampled.shape == (len(verdict.exact), 4)
    assert len(np.unique(verdict.sampled, axis=0)) == len(verdict.sampled)


@pytest.mark.parametrize("side", ["handwritten", "keras"])
def test_one_wrong_voxel_is_found_and_its_side_named(clip, side):
    ours = run(clip, random_filters(4, channels=2), VALID)
    data = ours.data.copy()
    data[2, 3, 4, 1] += 0.01
    wrong = finish(data, *origin(ours), side, 0.1)
    right = by_fft(ours)
    verdict = compare(wrong, right) if side == "handwritten" else compare(ours, wrong)
    assert not verdict.agree
    assert verdict.errs == side
    assert verdict.place == (2, 3, 4, 1)
    assert [2, 3, 4, 1] in verdict.sampled.tolist()


def test_the_corners_are_always_sampled(clip):
    ours = run(clip, random_filters(3, channels=2), ConvolutionSettings())
    places = compare(ours, ours).sampled[:, :3].tolist()
    for corner in np.ndindex(2, 2, 2):
        assert [c * (n - 1) for c, n in zip(corner, ours.data.shape, strict=False)] in places


def test_the_measure_is_the_largest_sum_of_products(clip):
    maps = run(clip, random_filters(3, channels=2), VALID)
    x, w = np.abs(clip.data.astype(float)), np.abs(maps.bank.kernels.astype(float))
    sums = [signal.correlate(x, w[..., f], "valid").max() for f in range(3)]
    assert rounding_scale(maps) == pytest.approx(max(sums), rel=1e-6)


@pytest.mark.parametrize("activation", ["relu", "tanh", "softmax", "exponential", "gelu"])
@pytest.mark.parametrize("bias", [0.0, 100.0])
def test_rounding_is_no_error_after_an_activation_or_with_a_large_bias(clip, activation, bias):
    bank = random_filters(4, channels=2, seed=2)
    bank = replace(bank, activation=activation, bias=np.full(4, bias / 10, np.float32))
    ours = run(clip, bank, VALID)
    theirs = finish(np.nextafter(ours.data, np.float32(9e9)), *origin(ours), "keras", 0.1)
    verdict = compare(ours, theirs)
    assert verdict.agree
    assert verdict.errs == "none"


def test_strides_dilation_and_true_convolution_are_referees_too(clip):
    bank = random_filters(2, (2, 3, 2), channels=2)
    for mode in ("correlation", "convolution"):
        settings = ConvolutionSettings(strides=(2, 1, 2), dilation=(1, 2, 2), mode=mode)
        ours = run(clip, bank, settings)
        assert compare(ours, ours).handwritten_error < 1e-6


def test_a_black_clip_is_no_difference():
    ours = run(make_clip(np.zeros((4, 5, 5, 1), np.float32)), random_filters(2), VALID)
    verdict = compare(ours, ours)
    assert (verdict.max_difference, verdict.errs) == (0.0, "none")


def test_nan_in_both_is_no_difference_in_one_an_infinite_one(clip):
    data = clip.data.copy()
    data[0, 0, 0] = np.nan
    ours = run(make_clip(data), random_filters(2, channels=2), VALID)
    assert compare(ours, ours).errs == "none"
    clean = np.nan_to_num(ours.data)
    verdict = compare(ours, finish(clean, *origin(ours), "keras", 0.1))
    assert verdict.max_difference == np.inf
    assert verdict.errs == "keras"


def test_the_place_of_the_largest_difference_is_its_index():
    a = np.zeros((3, 4, 5, 6), np.float32)
    b = a.copy()
    b[1, 2, 3, 4], b[2, 0, 0, 0] = -2, 1
    assert largest_difference(a, b) == (2.0, (1, 2, 3, 4))


def test_results_of_different_clips_are_not_compared(clip):
    bank = random_filters(2, channels=2)
    with pytest.raises(ValueError, match="one clip and one bank"):
        compare(run(clip, bank, VALID), run(make_clip(clip.data), bank, VALID))
    with pytest.raises(ValueError, match="padding"):
        compare(run(clip, bank, VALID), run(clip, bank, ConvolutionSettings()))
