"""The walk of the kernel: the loop's order, the windows it looks at, the map filling in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from voxviewer.convolution import random_filters
from voxviewer.convolution.engine import run
from voxviewer.convolution.microscope import explain_voxel
from voxviewer.convolution.slow_motion import SlowMotion, partial
from voxviewer.data import Clip
from voxviewer.settings import ConvolutionSettings, EncodingSettings


def maps_of(settings=None):
    data = np.random.default_rng(0).standard_normal((4, 5, 6, 2)).astype(np.float32)
    clip = Clip(data, np.ones(4, bool), np.arange(4), ("a", "b"), "noise", EncodingSettings())
    return run(clip, random_filters(3, (2, 3, 3), channels=2), settings or ConvolutionSettings())


SETTINGS = [
    ConvolutionSettings(),
    ConvolutionSettings(padding="valid", strides=(1, 2, 1)),
    ConvolutionSettings(dilation=(1, 2, 2), mode="convolution"),
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_step_is_a_voxel_of_the_map_in_the_order_of_the_loop(settings):
    maps = maps_of(settings)
    steps = SlowMotion(maps, 1)
    assert len(steps) == maps.data[..., 0].size
    for number, (step, place) in enumerate(
        zip(steps, np.ndindex(maps.data.shape[:3]), strict=True)
    ):
        told = explain_voxel(maps, (*place, 1))
        assert (step.number, step.place) == (number, told.place)
        assert step.value == told.map_value
        np.testing.assert_array_equal(step.window, told.window)
        for name in ("frames", "rows", "columns"):
            np.testing.assert_array_equal(getattr(step, name), getattr(told, name))
        assert steps.number(place) == number


def test_steps_can_be_picked_like_those_of_a_list():
    steps = SlowMotion(maps_of())
    assert steps[-1].place == (3, 4, 5, 0)
    assert [step.number for step in steps[5:9:2]] == [5, 7]
    with pytest.raises(IndexError):
        steps[len(steps)]


@pytest.mark.parametrize("step", [-1, 0, 5, 29, 30, 44, 119])
def test_the_map_fills_in_up_to_the_step(step):
    maps = maps_of()
    part = partial(maps, step, 2)
    assert part.shape == (4, 5, 6)
    np.testing.assert_array_equal(part.ravel()[: step + 1], maps.data[..., 2].ravel()[: step + 1])
    assert np.isnan(part.ravel()[step + 1 :]).all()
    assert not part.flags.writeable


def test_what_is_not_there_is_refused():
    maps = maps_of()
    with pytest.raises(ValueError, match="0 to 119"):
        partial(maps, 120)
    with pytest.raises(ValueError, match="maps are 0 to 2"):
        SlowMotion(maps, 3)
    with pytest.raises(ValueError, match="H 5 lies outside"):
        SlowMotion(maps).number((0, 5, 0))
    with pytest.raises(ValueError, match="deep layer"):
        SlowMotion(replace(maps, bank=None))
