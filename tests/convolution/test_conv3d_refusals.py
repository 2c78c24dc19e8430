"""What `conv3d` refuses, and in which words."""

from __future__ import annotations

import numpy as np
import pytest

from voxviewer.convolution import conv3d

X = np.zeros((20, 8, 8, 1), np.float32)
K = np.zeros((3, 3, 3, 1, 2), np.float32)


def refusal(*args, **kwargs) -> str:
    with pytest.raises(ValueError) as caught:
        conv3d(*args, **kwargs)
    return str(caught.value)


def test_a_kernel_longer_than_a_valid_clip_says_how_many_fit():
    text = refusal(X, np.zeros((41, 3, 3, 1, 2)))
    assert text == "41 frames do not fit a valid clip of 20. Use 20 or fewer, or padding same"
    assert refusal(X, np.zeros((3, 9, 3, 1, 2))).startswith("9 rows do not fit a valid clip of 8.")
    assert refusal(X, np.zeros((3, 3, 9, 1, 2))).startswith("9 columns do not fit")
    assert conv3d(X, np.zeros((41, 3, 3, 1, 2)), padding="same").shape == (20, 8, 8, 2)


def test_a_dilated_kernel_says_how_far_it_reaches():
    assert "3 frames with dilation 10 reach over 21" in refusal(X, K, dilation=(10, 1, 1))


def test_channels_that_do_not_meet_are_named():
    assert "take 1 channel, but the clip has 3" in refusal(np.zeros((5, 5, 5, 3)), K)


@pytest.mark.parametrize("shape", [(5,), (5, 5, 5), (1, 1, 5, 5, 5, 1)])
def test_a_clip_of_other_axes_is_refused(shape):
    assert "(T, H, W, C) or (N, T, H, W, C)" in refusal(np.zeros(shape), K)


def test_kernels_bias_and_empty_arrays_are_checked():
    assert "(kT, kH, kW, C, F)" in refusal(X, np.zeros((3, 3, 3, 2)))
    assert "empty" in refusal(X, np.zeros((3, 3, 3, 1, 0)))
    assert "one value per filter" in refusal(X, K, [1.0])
    assert "empty along H" in refusal(np.zeros((5, 0, 5, 1)), K, padding="same")


def test_values_that_are_no_real_numbers_are_refused():
    assert "real numbers" in refusal(X.astype(complex), K)
    assert "real numbers" in refusal(np.full(X.shape, None, object), K)
    assert "real numbers" in refusal(X, np.full(K.shape, "1"))
    assert refusal(None, K) == "x must hold real numbers, not NoneType"


def test_rows_of_different_lengths_are_no_array():
    assert refusal([[1.0], [1.0, 2.0]], K).startswith("x must be one array")
    assert refusal(X, [[1.0], [1.0, 2.0]]).startswith("kernels must be one array")


def test_masked_values_are_not_passed_over_in_silence():
    masked = np.ma.masked_array(X, X == 0)
    assert refusal(masked, K) == "x has masked values; fill them first, with x.filled(0)"
    assert "masked values" in refusal(X, np.ma.masked_array(K, K == 0))
    assert conv3d(np.ma.masked_array(X), K).shape == (18, 6, 6, 2)


@pytest.mark.parametrize("name", ["strides", "dilation"])
@pytest.mark.parametrize("value", [0, -1, (1, 1), (1, 1, 0), "abc", 1.5, (1.0, 1, 1), None, True])
def test_steps_that_are_not_three_counts_are_refused(name, value):
    assert name in refusal(X, K, **{name: value})


def test_one_number_serves_all_axes_and_numpy_integers_are_numbers():
    expected = conv3d(X, K, strides=(2, 2, 2)).shape
    assert conv3d(X, K, strides=2).shape == expected
    assert conv3d(X, K, strides=np.array([2, 2, 2])).shape == expected


def test_unknown_padding_is_refused():
    assert "'full' is not known" in refusal(X, K, padding="full")


@pytest.mark.parametrize(
    "out",
    [
        np.zeros((18, 6, 6, 3), np.float32),
        np.zeros((18, 6, 6, 2)),
        np.zeros((1, 18, 6, 6, 2), np.float32),
        [[1.0]],
    ],
)
def test_an_out_that_does_not_fit_is_refused(out):
    assert "float32 array of shape (18, 6, 6, 2)" in refusal(X, K, out=out)


def test_a_read_only_out_is_refused():
    out = np.zeros((18, 6, 6, 2), np.float32)
    out.flags.writeable = False
    assert "read-only" in refusal(X, K, out=out)


@pytest.mark.parametrize("groups", [0, -1, True, 1.0, None, "2"])
def test_groups_that_are_no_count_are_refused(groups):
    assert "groups must be a whole number" in refusal(X, K, groups=groups)


def test_groups_divide_channels_and_filters():
    x = np.zeros((5, 5, 5, 6), np.float32)
    assert "4 groups do not divide 6 channels and 8 filters" in refusal(
        x, np.zeros((3, 3, 3, 2, 8)), groups=4
    )
    text = refusal(x, np.zeros((3, 3, 3, 6, 8)), groups=2)
    assert "take 6 channels in each of 2 groups, 12 in all, but the clip has 6" in text
    assert "(kT, kH, kW, 3, F)" in text


@pytest.mark.parametrize("dtype", [np.float16, np.int32, ">f4", complex, None, "foo"])
def test_arithmetic_in_other_dtypes_is_refused(dtype):
    assert "dtype must be float32 or float64" in refusal(X, K, dtype=dtype)


def test_unknown_activation_and_mode_are_refused():
    assert "'maxout' is not known" in refusal(X, K, activation="maxout")
    assert "['relu'] is not known" in refusal(X, K, activation=["relu"])
    assert "'flipped' is not known" in refusal(X, K, mode="flipped")


def test_no_activation_is_linear_as_in_keras():
    x = np.random.default_rng(0).normal(size=X.shape)
    kernels = np.random.default_rng(1).normal(size=K.shape)
    assert np.array_equal(conv3d(x, kernels, activation=None), conv3d(x, kernels))
