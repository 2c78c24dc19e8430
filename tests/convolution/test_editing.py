"""Edited filters: plain values in, plain values out, and the numbers that each edit promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from voxviewer.convolution import preset_filters, random_filters
from voxviewer.convolution.editing import (
    from_settings,
    normalized,
    symmetrized,
    to_settings,
    with_tap,
    zero_sum,
)
from voxviewer.flow import make_bank
from voxviewer.settings import FilterSettings, Kernels


@pytest.fixture
def kernels():
    return to_settings(random_filters(3, (2, 3, 4), channels=2, seed=5))


def taps(kernels):
    return from_settings(kernels).kernels


def test_a_bank_comes_back_equal_with_names_bias_and_activation():
    bank = preset_filters("edges", (3, 3, 5), channels=3)
    bank = replace(bank, bias=np.arange(4, dtype=np.float32), activation="tanh")
    back = from_settings(to_settings(bank))
    assert back.kernels.tobytes() == bank.kernels.tobytes()
    assert back.bias.tolist() == [0, 1, 2, 3]
    assert (back.activation, back.names, back.origin) == ("tanh", bank.names, "edited")
    assert not back.kernels.flags.writeable
    assert to_settings(back) == to_settings(bank)
    assert hash(to_settings(back)) == hash(to_settings(bank))


def test_views_and_foreign_byte_orders_are_stored_the_same(kernels):
    bank = from_settings(kernels)
    turned = replace(bank, kernels=np.asfortranarray(bank.kernels).astype(">f4"))
    assert to_settings(turned) == kernels


def test_one_tap_changes_and_nothing_else(kernels):
    before = taps(kernels).copy()
    changed = with_tap(kernels, (1, 2, 3, 1, 2), 0.1)
    expected = before.copy()
    expected[1, 2, 3, 1, 2] = np.float32(0.1)
    np.testing.assert_array_equal(taps(changed), expected)
    np.testing.assert_array_equal(taps(kernels), before)
    assert changed.bias == kernels.bias


@pytest.mark.parametrize("place", [(2, 0, 0, 0, 0), (0, 0, 0, 0, -1), (0, 0, 0)])
def test_a_tap_outside_is_refused(kernels, place):
    with pytest.raises(ValueError, match=r"lies outside kernels of shape \(2, 3, 4, 2, 3\)"):
        with_tap(kernels, place, 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_a_weight_that_is_no_finite_float32_is_refused(kernels, value):
    with pytest.raises(ValueError, match="finite number"):
        with_tap(kernels, (0, 0, 0, 0, 0), value)


@pytest.mark.parametrize(("axis", "index"), [("T", 0), ("H", 1), ("W", 2)])
def test_symmetrized_kernels_are_their_own_mirror_image(kernels, axis, index):
    before, after = taps(kernels), taps(symmetrized(kernels, axis))
    np.testing.assert_array_equal(after, np.flip(after, index))
    np.testing.assert_allclose(after.sum((0, 1, 2)), before.sum((0, 1, 2)), atol=1e-6)
    assert symmetrized(symmetrized(kernels, axis), axis) == symmetrized(kernels, axis)
    with pytest.raises(ValueError, match="use one of: T, H, W"):
        symmetrized(kernels, "C")


def test_normalized_filters_have_unit_sum_of_sizes_and_zeros_stay(kernels):
    sums = np.abs(taps(normalized(kernels))).sum((0, 1, 2, 3))
    np.testing.assert_allclose(sums, 1, rtol=1e-6)
    empty = Kernels((1, 1, 2, 1, 1), bytes(8), bytes(4))
    assert normalized(empty) == empty


def test_zero_sum_filters_give_nothing_for_uniform_brightness(kernels):
    after = taps(zero_sum(kernels))
    assert np.abs(after.sum((0, 1, 2, 3), dtype=float)).max() < 1e-6
    np.testing.assert_allclose(np.diff(after, axis=2), np.diff(taps(kernels), axis=2), atol=1e-6)


@pytest.mark.parametrize(
    "edit", [normalized, zero_sum, lambda kernels, only: symmetrized(kernels, "H", only)]
)
def test_one_filter_alone_can_be_changed(kernels, edit):
    before, after, all_of_them = taps(kernels), taps(edit(kernels, 1)), taps(edit(kernels, None))
    np.testing.assert_array_equal(after[..., [0, 2]], before[..., [0, 2]])
    np.testing.assert_array_equal(after[..., 1], all_of_them[..., 1])
    with pytest.raises(ValueError, match="filters 0 to 2"):
        edit(kernels, 3)


def test_edited_filters_are_a_choice(kernels):
    bank = make_bank(FilterSettings(source="edited", kernels=kernels), 2)
    np.testing.assert_array_equal(bank.kernels, taps(kernels))
    assert bank.origin == "edited"
    with pytest.raises(ValueError, match="No filter is edited yet"):
        make_bank(FilterSettings(source="edited"), 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"shape": (1, 1, 2, 1)}, "need the shape"),
        ({"shape": (1, 1, 0, 1, 1)}, "each size"),
        ({"kernels": b"1234"}, "need 8 bytes"),
        ({"bias": b""}, "need 4 bytes"),
        ({"names": ("a", "b")}, "as many names"),
        ({"names": (1,)}, "must be texts"),
    ],
)
def test_kernels_that_are_none_are_refused(wrong, words):
    right = {"shape": (1, 1, 2, 1, 1), "kernels": bytes(8), "bias": bytes(4)}
    with pytest.raises(ValueError, match=words):
        Kernels(**{**right, **wrong})


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="maxout"):
        from_settings(Kernels((1, 1, 2, 1, 1), bytes(8), bytes(4), "maxout"))
