from __future__ import annotations

import numpy as np
import pytest

from voxviewer.render.colormaps import CENTER, lut, lut32
from voxviewer.render.limits import Scale, map_scales, signed_scale
from voxviewer.render.pixels import clip_picture, enlarge, indices, map_indices, paint
from voxviewer.settings import RenderSettings


def test_indices_are_those_of_plain_arithmetic(rng):
    plane = rng.uniform(-0.2, 1.3, (9, 7)).astype(np.float32)
    exact = np.clip((plane.astype(np.float64) - 0.1) * 255 / 0.9, 0, 255)
    assert np.abs(indices(plane, Scale(0.1, 1.0)) - exact).max() < 0.501


def test_zero_has_the_middle_and_signs_mirror_each_other(rng):
    values = rng.uniform(-2, 2, (20, 20)).astype(np.float32)
    scale = signed_scale(1.7)
    assert indices(np.zeros((1, 1)), scale)[0, 0] == CENTER
    above, below = indices(values, scale).astype(int), indices(-values, scale).astype(int)
    assert np.array_equal(above + below, np.full((20, 20), 2 * CENTER))
    assert indices(np.array([[-9.0, 9.0]]), scale).tolist() == [[0, 254]]


def test_what_is_painted_is_the_palette_at_the_index(rng):
    plane = rng.standard_normal((5, 6))
    for scale in (Scale(-1, 1), Scale(0, 1, "viridis"), signed_scale(1.5, "day")):
        pixels = paint(plane, scale)
        assert pixels.dtype == np.uint32 and pixels.shape == (5, 6)
        assert np.array_equal(pixels, lut32(scale.colormap)[indices(plane, scale)])


def test_nan_is_paper_in_signed_maps_and_black_in_gray():
    plane = np.array([[np.nan, np.inf, -np.inf]])
    assert indices(plane, signed_scale(1.0)).tolist() == [[CENTER, 254, 0]]
    assert indices(plane, Scale(0, 1)).tolist() == [[0, 255, 0]]
    assert hex(paint(plane, Scale(0, 1))[0, 0]) == "0xff000000"


@pytest.mark.parametrize("scale", [Scale(0, 0), signed_scale(0), Scale(3, 3, "viridis")])
def test_limits_without_extent_paint_one_color(scale):
    plane = np.array([[0.0, 0.0], [np.nan, np.inf]])
    assert len(np.unique(indices(plane, scale))) == 1


@pytest.mark.parametrize("size", [1e-40, 1e-12, 1e20, 3e38])
def test_the_whole_range_of_float32_can_be_shown(size):
    plane = np.array([[-size, -size / 4, 0, size / 4, size]], np.float32)
    assert indices(plane, signed_scale(size)).tolist() == [[0, 95, 127, 159, 254]]
    assert indices(plane, Scale(-size, size))[0, [0, 1, 3, 4]].tolist() == [0, 96, 159, 255]


def test_limits_far_from_zero_keep_their_steps():
    plane = 30_000 + np.arange(256, dtype=np.float32)[None] / 255
    got = indices(plane, Scale(30_000, 30_001)).astype(int)
    assert np.abs(got - np.arange(256)).max() <= 1


@pytest.mark.parametrize(("high", "dtype"), [(255, np.uint8), (255, np.float32), (1, np.float64)])
def test_colors_are_painted_as_they_are(rng, high, dtype):
    levels = rng.integers(0, 256, (4, 5, 3))
    plane = (levels * (high / 255)).astype(dtype)
    pixels = paint(plane, Scale(0, high, "rgb"))
    red, green, blue = (pixels >> shift & 255 for shift in (16, 8, 0))
    assert np.array_equal(np.stack([red, green, blue], axis=2), levels)
    assert (pixels >> 24 == 255).all()


def test_colors_need_three_channels():
    with pytest.raises(ValueError, match=r"colors need a plane \(H, W, 3\)"):
        paint(np.zeros((4, 5)), Scale(0, 1, "rgb"))


def test_a_clip_shows_its_colors_or_one_channel(make_clip, rng):
    colors = make_clip(rng.random((2, 4, 5, 3)), ("red", "green", "blue"))
    joints = make_clip(rng.random((2, 4, 5, 3)), ("nose", "neck", "hip"))
    assert np.array_equal(
        clip_picture(colors, 1, Scale(0, 1, "rgb")), paint(colors.data[1], Scale(0, 1, "rgb"))
    )
    scale = Scale(0, 1, "viridis")
    assert np.array_equal(
        clip_picture(joints, 1, scale, channel=2), paint(joints.data[1, :, :, 2], scale)
    )
    with pytest.raises(ValueError, match="there is no channel 3; the clip has 3"):
        clip_picture(joints, 1, scale, channel=3)


@pytest.mark.parametrize("scaling", ["map", "global", "symmetric", "frame"])
def test_all_maps_at_once_are_the_maps_one_by_one(make_maps, rng, scaling):
    data = rng.standard_normal((2, 6, 7, 5)) * [1e-3, 1, 1, 50, 1e35]
    data[0, 0, 0, 1] = np.nan
    maps = make_maps(data)
    scales = map_scales(maps, RenderSettings(scaling=scaling), frame=1)
    together = map_indices(maps, 1, scales)
    assert together.shape == (5, 6, 7)
    for f, scale in enumerate(scales):
        assert np.array_equal(together[f], indices(maps.data[1, :, :, f], scale))


def test_an_enlarged_picture_repeats_every_pixel(rng):
    picture = rng.integers(0, 256, (3, 4), np.uint8)
    assert np.array_equal(enlarge(picture, 3), np.kron(picture, np.ones((3, 3), np.uint8)))
    assert enlarge(picture, 1) is picture


def test_the_palette_is_the_one_that_files_hold():
    red, green, blue = lut("night")[10].tolist()
    assert paint(np.array([[-1.0]]), Scale(-1, 1, "gray"))[0, 0] == 0xFF000000
    assert int(lut32("night")[10]) & 0xFFFFFF == red << 16 | green << 8 | blue
