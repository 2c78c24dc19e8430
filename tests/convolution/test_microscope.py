"""One voxel taken apart: the numbers add up, at borders too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from voxviewer.convolution import random_filters
from voxviewer.convolution.engine import run
from voxviewer.convolution.microscope import explain_voxel, over_time
from voxviewer.data import Clip
from voxviewer.settings import ConvolutionSettings, EncodingSettings


def maps_of(settings, kernel=(3, 3, 3), activation="linear"):
    rng = np.random.default_rng(0)
    data = rng.standard_normal((5, 6, 7, 2)).astype(np.float32)
    clip = Clip(data, np.ones(5, bool), np.arange(5), ("a", "b"), "noise", EncodingSettings())
    bank = random_filters(3, kernel, channels=2, seed=1)
    bias = rng.standard_normal(3).astype(np.float32)
    return run(clip, replace(bank, bias=bias, activation=activation), settings)


SETTINGS = [
    ConvolutionSettings(),
    ConvolutionSettings(padding="valid"),
    ConvolutionSettings(strides=(2, 1, 3)),
    ConvolutionSettings(dilation=(2, 1, 3)),
    ConvolutionSettings(strides=(2, 3, 1), dilation=(1, 2, 2), mode="convolution"),
]


@pytest.mark.parametrize("activation", ["linear", "relu", "softmax"])
@pytest.mark.parametrize("kernel", [(3, 3, 3), (2, 3, 1)])
@pytest.mark.parametrize("settings", SETTINGS)
def test_the_products_of_every_voxel_add_up_to_the_map(settings, kernel, activation):
    maps = maps_of(settings, kernel, activation)
    for place in np.ndindex(maps.data.shape):
        told = explain_voxel(maps, place)
        assert told.before == pytest.approx(told.products.sum() + maps.bank.bias[place[3]])
        assert told.map_value == maps.data[place]
        assert told.value == pytest.approx(told.map_value, abs=1e-5)
        assert told.error < 1e-6


def test_the_window_at_a_same_border_is_masked_where_it_leaves_the_clip():
    maps = maps_of(ConvolutionSettings())
    told = explain_voxel(maps, (0, 5, 6, 1))
    assert told.frames.tolist() == [-1, 0, 1]
    assert told.rows.tolist() == [4, 5, 6]
    assert told.columns.tolist() == [5, 6, 7]
    outside = np.zeros((3, 3, 3), bool)
    outside[0], outside[:, 2], outside[:, :, 2] = True, True, True
    np.testing.assert_array_equal(told.padding, outside)
    assert not told.window[outside].any()
    np.testing.assert_array_equal(told.window[1:, :2, :2], maps.clip.data[0:2, 4:6, 5:7])
    np.testing.assert_array_equal(told.kernel, maps.bank.kernels[..., 1])
    np.testing.assert_array_equal(told.products, told.window.astype(float) * told.kernel)


def test_dilation_and_strides_pick_the_clip_voxels_they_say():
    maps = maps_of(ConvolutionSettings(padding="valid", strides=(1, 2, 1), dilation=(1, 1, 3)))
    told = explain_voxel(maps, (1, 1, 0, 0))
    assert told.frames.tolist() == [1, 2, 3]
    assert told.rows.tolist() == [2, 3, 4]
    assert told.columns.tolist() == [0, 3, 6]
    np.testing.assert_array_equal(told.window, maps.clip.data[1:4, 2:5, [0, 3, 6]])


def test_true_convolution_shows_the_kernel_as_applied():
    maps = maps_of(ConvolutionSettings(mode="convolution"))
    told = explain_voxel(maps, (1, 1, 1, 2))
    np.testing.assert_array_equal(told.kernel, maps.bank.kernels[::-1, ::-1, ::-1, :, 2])


def test_the_activation_stands_beside_the_sum():
    maps = maps_of(ConvolutionSettings(), activation="relu")
    t, h, w, f = (int(i) for i in np.argwhere(maps.data == 0)[0])
    told = explain_voxel(maps, (t, h, w, f))
    assert told.activation == "relu"
    assert told.before < 0
    assert (told.value, told.map_value, told.error) == (0, 0, 0)


def test_a_wrong_map_value_shows_as_an_error():
    maps = maps_of(ConvolutionSettings())
    data = maps.data.copy()
    data[1, 2, 3, 0] += 0.1
    assert explain_voxel(replace(maps, data=data), (1, 2, 3, 0)).error > 1e-3


def test_a_voxel_over_time_is_a_column_of_the_map():
    maps = maps_of(ConvolutionSettings())
    np.testing.assert_array_equal(over_time(maps, (3, 4, 5, 1)), maps.data[:, 4, 5, 1])


def test_places_outside_and_maps_without_filters_are_refused():
    maps = maps_of(ConvolutionSettings())
    with pytest.raises(ValueError, match="H 6 lies outside the maps, which have 6"):
        explain_voxel(maps, (0, 6, 0, 0))
    with pytest.raises(ValueError, match="F -1"):
        over_time(maps, (0, 0, 0, -1))
    with pytest.raises(ValueError, match="deep layer"):
        explain_voxel(replace(maps, bank=None), (0, 0, 0, 0))
