"""Filters for other channels than the clip's: each remedy does what its words say."""

from __future__ import annotations

import numpy as np
import pytest

from voxviewer.convolution import adapted, conv3d, random_filters
from voxviewer.convolution.channels import mismatch, remedies
from voxviewer.convolution.editing import to_settings
from voxviewer.flow import make_bank
from voxviewer.settings import FilterSettings

COLOR, GRAY = random_filters(4, channels=3, seed=1), random_filters(4, channels=1, seed=2)
X = np.random.default_rng(0).random((5, 6, 7, 3), np.float32)


def test_sum_is_the_gray_clip_in_every_channel():
    bank = adapted(COLOR, 1, "sum")
    gray = X[..., :1]
    expected = conv3d(np.repeat(gray, 3, -1), COLOR.kernels)
    np.testing.assert_allclose(conv3d(gray, bank.kernels), expected, atol=1e-6)


def test_repeat_is_the_mean_of_the_channels():
    bank = adapted(GRAY, 3, "repeat")
    expected = conv3d(X.mean(-1, keepdims=True), GRAY.kernels)
    np.testing.assert_allclose(conv3d(X, bank.kernels), expected, atol=1e-6)


def test_pick_takes_a_channel_of_the_filters_or_of_the_clip():
    np.testing.assert_array_equal(adapted(COLOR, 1, "pick:2").kernels, COLOR.kernels[:, :, :, 2:])
    maps = conv3d(X, adapted(GRAY, 3, "pick:1").kernels)
    np.testing.assert_allclose(maps, conv3d(X[..., 1:2], GRAY.kernels), atol=1e-6)


def test_many_channels_meet_many_by_their_mean():
    bank = adapted(COLOR, 5, "repeat")
    np.testing.assert_allclose(bank.kernels.sum(3), COLOR.kernels.sum(3), atol=1e-6)
    assert np.ptp(bank.kernels, axis=3).max() < 1e-7


def test_what_fits_is_left_alone_and_the_rest_keeps_its_name():
    assert adapted(COLOR, 3, "sum") is COLOR
    assert remedies(COLOR, 3) == ()
    bank = adapted(COLOR, 1, "sum")
    assert bank.origin == f"{COLOR.origin}, channels by sum"
    assert not bank.kernels.flags.writeable


@pytest.mark.parametrize(("bank", "channels"), [(COLOR, 1), (GRAY, 3), (COLOR, 5), (GRAY, 2)])
def test_every_remedy_that_is_offered_works_and_is_a_setting(bank, channels):
    offered = remedies(bank, channels)
    assert offered
    for remedy in offered:
        settings = FilterSettings(source="edited", kernels=to_settings(bank), adapt=remedy.how)
        made = make_bank(settings, channels)
        assert made.kernels.shape == (3, 3, 3, channels, 4)
        assert remedy.words[0].isupper() and "\n" not in remedy.words


def test_the_words_name_both_sides_and_the_ways():
    assert mismatch(3, 1) == (
        "The filters take 3 channels, the clip has 1. Choose filters for 1 channel, encode the "
        "clip with 3 channels, or adapt the filters by sum or pick:0 to pick:2"
    )
    assert mismatch(3, 5).endswith("adapt the filters by repeat")


@pytest.mark.parametrize(
    ("bank", "channels", "how"),
    [(COLOR, 1, "repeat"), (COLOR, 1, "pick:3"), (GRAY, 3, "sum"), (COLOR, 5, "pick:0")],
)
def test_ways_that_do_not_lead_there_are_refused(bank, channels, how):
    with pytest.raises(ValueError, match=r"cannot meet a clip of .* Use "):
        adapted(bank, channels, how)


def test_without_a_choice_nothing_is_adapted():
    settings = FilterSettings(source="edited", kernels=to_settings(COLOR))
    assert make_bank(settings, 1).kernels.shape[3] == 3
