"""Random filters: the distributions of Keras' initializers, and the article's own draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

from voxviewer import files
from voxviewer.convolution import preset_filters, random_filters
from voxviewer.convolution.filters import bank_for
from voxviewer.files import TooLargeError
from voxviewer.settings import INITIALIZERS, FilterSettings

KERNEL, CHANNELS, COUNT = (5, 5, 5), 8, 64
FAN_IN, FAN_OUT = 125 * CHANNELS, 125 * COUNT

# The variance that Keras' documentation gives, and the bound of the drawn values.
UNIFORM = {
    "glorot_uniform": math.sqrt(6 / (FAN_IN + FAN_OUT)),
    "he_uniform": math.sqrt(6 / FAN_IN),
    "lecun_uniform": math.sqrt(3 / FAN_IN),
    "random_uniform": 0.05,
}
TRUNCATED = {
    "glorot_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "he_normal": math.sqrt(2 / FAN_IN),
    "lecun_normal": math.sqrt(1 / FAN_IN),
    "truncated_normal": 0.05 * 0.87962566103423978,
}


def draw(name, seed=3):
    bank = random_filters(COUNT, KERNEL, CHANNELS, seed, name)
    assert bank.kernels.shape == (*KERNEL, CHANNELS, COUNT)
    assert bank.kernels.dtype == np.float32
    return bank.kernels


@pytest.mark.parametrize(("name", "limit"), UNIFORM.items())
def test_uniform_initializers_fill_their_interval(name, limit):
    values = draw(name)
    assert np.abs(values).max() <= limit * (1 + 1e-6)
    assert np.abs(values).max() > limit * 0.999
    assert abs(values.std() / (limit / math.sqrt(3)) - 1) < 0.01
    assert abs(values.mean()) < limit * 0.01


@pytest.mark.parametrize(("name", "stddev"), TRUNCATED.items())
def test_truncated_initializers_have_their_spread_and_no_tails(name, stddev):
    values = draw(name)
    cut = 2 * stddev / 0.87962566103423978
    assert np.abs(values).max() <= cut * (1 + 1e-6)
    assert np.abs(values).max() > cut * 0.99
    assert abs(values.std() / stddev - 1) < 0.01


def test_random_normal_has_tails():
    values = draw("random_normal")
    assert abs(values.std() / 0.05 - 1) < 0.01
    assert np.abs(values).max() > 3 * 0.05


@pytest.mark.parametrize(("kernel", "channels", "count"), [((3, 3, 3), 2, 8), ((1, 2, 1), 2, 9)])
def test_orthogonal_filters_stand_at_right_angles(kernel, channels, count):
    """As `keras.initializers.Orthogonal`: of the flat matrix the shorter side is orthonormal."""
    bank = random_filters(count, kernel, channels, seed=4, initializer="orthogonal")
    flat = bank.kernels.reshape(-1, count).astype(np.float64)
    product = flat.T @ flat if flat.shape[0] >= count else flat @ flat.T
    np.testing.assert_allclose(product, np.eye(min(flat.shape)), atol=1e-6)


def test_legacy_normal_is_the_articles_own_loop():
    generator = np.random.RandomState(5)
    kernels = np.zeros((5, 4, 3, 2, 3))
    for f in range(3):
        kernels[..., f] = 0.5 * generator.randn(5, 4, 3, 2)
    bank = random_filters(3, (5, 4, 3), 2, seed=5, initializer="legacy_normal", stddev=0.5)
    np.testing.assert_array_equal(bank.kernels, kernels.astype(np.float32))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_seed_decides(name):
    np.testing.assert_array_equal(draw(name, 1), draw(name, 1))
    assert not np.array_equal(draw(name, 1), draw(name, 2))


def test_a_random_bank_has_zero_bias_and_linear_activation():
    bank = random_filters(4, seed=7)
    assert bank.bias.tolist() == [0, 0, 0, 0]
    assert bank.activation == "linear"
    assert bank.origin == "random, glorot_uniform, seed 7"
    assert (bank.count, bank.size) == (4, (3, 3, 3))
    assert not bank.kernels.flags.writeable


def test_settings_and_function_draw_the_same():
    settings = FilterSettings(count=3, kernel=(2, 3, 4), seed=9, initializer="he_normal")
    np.testing.assert_array_equal(
        bank_for(settings, 2).kernels, random_filters(3, (2, 3, 4), 2, 9, "he_normal").kernels
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"initializer": "constant"}, {"count": 0}, {"kernel": (3, 3)}, {"channels": 0},
        {"seed": -1}, {"stddev": 0.0},
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError):
        random_filters(**wrong)


def test_filters_that_do_not_fit_are_refused_before_anything_is_drawn(monkeypatch):
    with pytest.raises(TooLargeError, match="Use fewer or smaller filters"):
        random_filters(4096, (999, 999, 999))
    monkeypatch.setattr(files, "available_memory", lambda: 1_000_000)
    with pytest.raises(TooLargeError, match="Gaussian blur: making the filters takes"):
        preset_filters("gaussian-blur", (99, 99, 99), 17, "channels")
    assert random_filters(8).count == 8


def test_a_models_filters_are_not_drawn():
    with pytest.raises(ValueError, match="not drawn at random"):
        bank_for(FilterSettings(source="model", model="m.keras", layer="c"), 1)
