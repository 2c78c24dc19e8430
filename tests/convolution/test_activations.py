"""Activations against SciPy's special functions and numbers worked out on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from voxviewer.convolution.activations import ACTIVATIONS, activate, activation

X = np.linspace(-9, 9, 73).reshape(-1, 1)
SCIPY = {
    "sigmoid": special.expit,
    "log_sigmoid": special.log_expit,
    "softplus": lambda x: np.logaddexp(0, x),
    "gelu": lambda x: x * stats.norm.cdf(x),
    "silu": lambda x: x * special.expit(x),
    "swish": lambda x: x * special.expit(x),
    "tanh": np.tanh,
    "exponential": np.exp,
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
}
BY_HAND = {
    "linear": [-4, -1, 0, 1, 4, 8],
    "relu": [0, 0, 0, 1, 4, 8],
    "relu6": [0, 0, 0, 1, 4, 6],
    "leaky_relu": [-0.8, -0.2, 0, 1, 4, 8],
    "elu": [np.exp(-4) - 1, np.exp(-1) - 1, 0, 1, 4, 8],
    "selu": [-1.725899, -1.111331, 0, 1.050701, 4.202804, 8.405608],
    "softsign": [-0.8, -0.5, 0, 0.5, 0.8, 8 / 9],
    "hard_sigmoid": [0, 1 / 3, 0.5, 2 / 3, 1, 1],
    "hard_silu": [0, -1 / 3, 0, 2 / 3, 4, 8],
    "hard_swish": [0, -1 / 3, 0, 2 / 3, 4, 8],
    "hard_tanh": [-1, -1, 0, 1, 1, 1],
}  # fmt: skip


@pytest.mark.parametrize("name", SCIPY)
def test_smooth_activations_equal_scipy(name):
    np.testing.assert_allclose(activation(name)(X), SCIPY[name](X), rtol=1e-12, atol=1e-14)
    single = activation(name)(X.astype(np.float32))
    np.testing.assert_allclose(single, SCIPY[name](X), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", BY_HAND)
def test_piecewise_activations_by_hand(name):
    x = np.array([-4, -1, 0, 1, 4, 8], np.float32)
    np.testing.assert_allclose(activation(name)(x), BY_HAND[name], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_runs_over_the_filters(name):
    x = np.random.default_rng(0).normal(0, 5, (2, 3, 4, 5))
    expected = getattr(special, name)(x, axis=-1)
    np.testing.assert_allclose(activation(name)(x), expected, rtol=1e-12)


def test_every_activation_is_tested():
    assert set(ACTIVATIONS) == {*SCIPY, *BY_HAND, "softmax", "log_softmax"}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_dtype_and_shape_stay_and_large_values_do_not_warn(name):
    maps = np.array([-1e30, -100, 0, 100, 1e30, 1], np.float32).reshape(1, 1, 2, 3)
    assert activate(name, maps) is maps
    assert maps.dtype == np.float32
    for dtype in (np.float32, np.float64):
        assert activation(name)(np.ones((2, 3), dtype)).dtype == dtype


def test_an_unknown_activation_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'maxout' is not known; use one of: elu, .*tanh"):
        activation("maxout")
