"""The heart of the program: our convolution and Keras' give the same maps, to rounding."""

from __future__ import annotations

import numpy as np
import pytest
from float64_reference import conv3d as exact_conv3d
from float64_reference import difference

from voxviewer.convolution import conv3d
from voxviewer.convolution.activations import ACTIVATIONS as OURS
from voxviewer.convolution.engine import finish, run
from voxviewer.convolution.proof import compare
from voxviewer.networks.client import ACTIVATIONS as THEIRS
from voxviewer.settings import ConvolutionSettings

TOLERANCE = 1e-6


def cases():
    """A stride beyond the kernel; forty seeded draws of shapes, kernels, strides or dilation."""
    yield (6, 8, 10, 2), (1, 1, 1, 2, 2), (3, 4, 5), (1, 1, 1), "same"
    random = np.random.default_rng(11)
    for number in range(40):
        C, F = (int(n) for n in random.integers(1, 5, 2))
        kernel = tuple(int(n) for n in random.integers(1, 6, 3))
        steps = tuple(int(n) for n in random.integers(1, 4, 3))
        strides, dilation = ((steps, (1, 1, 1)), ((1, 1, 1), steps))[number % 2]
        window = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
        more = random.integers(0, 9, 3)
        size = tuple(w + int(m) for w, m in zip(window, more, strict=True))
        yield (*size, C), (*kernel, C, F), strides, dilation, ("same", "valid")[number // 2 % 2]


@pytest.mark.parametrize(("clip", "kernels", "strides", "dilation", "padding"), list(cases()))
def test_engines_and_the_definition_agree(
    keras_engine, make_clip, make_bank, clip, kernels, strides, dilation, padding
):
    clip, bank = make_clip(clip), make_bank(kernels)
    settings = ConvolutionSettings(padding=padding, strides=strides, dilation=dilation)
    theirs, _ = keras_engine.convolve(clip, bank, settings)
    ours = conv3d(clip.data, bank.kernels, bank.bias, strides, padding, dilation)
    exact, sums = exact_conv3d(
        clip.data, bank.kernels, bank.bias, padding=padding, strides=strides, dilation=dilation
    )
    assert ours.shape == theirs.shape == exact.shape
    assert difference(ours, theirs, sums) < TOLERANCE
    assert difference(ours, exact, sums) < TOLERANCE


@pytest.mark.parametrize("mode", ["correlation", "convolution"])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel", [(3, 3, 3), (2, 4, 1)])
def test_both_modes_agree_with_every_kernel(
    keras_engine, make_clip, make_bank, mode, padding, kernel
):
    clip, bank = make_clip((7, 9, 8, 2)), make_bank((*kernel, 2, 3))
    settings = ConvolutionSettings(mode=mode, padding=padding)
    data, seconds = keras_engine.convolve(clip, bank, settings)
    theirs = finish(data, clip, bank, settings, "keras", seconds)
    comparison = compare(run(clip, bank, settings), theirs)
    assert comparison.agree
    assert comparison.errs == "none"
    assert comparison.keras is theirs


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_every_activation_agrees(keras_engine, make_clip, make_bank, name):
    clip, bank = make_clip((4, 6, 5, 2)), make_bank((2, 3, 2, 2, 4), name)
    theirs, _ = keras_engine.convolve(clip, bank, ConvolutionSettings())
    ours = run(clip, bank, ConvolutionSettings()).data
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-5)


def test_numbers_that_are_none_come_out_where_they_went_in(keras_engine, make_clip, make_bank):
    """NaN and infinity spread over the kernel's window, in both engines alike."""
    clip, bank = make_clip((5, 6, 7, 1)), make_bank((3, 3, 3, 1, 2))
    clip.data[2, 3, 3] = np.nan
    clip.data[0, 0, 6] = np.inf
    for strides in ((1, 1, 1), (1, 2, 2)):
        settings = ConvolutionSettings(strides=strides)
        theirs, _ = keras_engine.convolve(clip, bank, settings)
        ours = run(clip, bank, settings).data
        finite = np.isfinite(ours)
        np.testing.assert_array_equal(finite, np.isfinite(theirs))
        np.testing.assert_allclose(ours[finite], theirs[finite], rtol=1e-4, atol=1e-4)


def test_both_engines_know_the_same_activations():
    assert sorted(THEIRS) == sorted(OURS)
