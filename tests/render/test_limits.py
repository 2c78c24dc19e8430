from __future__ import annotations

import numpy as np
import pytest

from voxviewer.render.limits import (
    Scale,
    clip_scale,
    finite_range,
    map_ranges,
    map_scales,
    number,
    signed_scale,
    wall_words,
)
from voxviewer.settings import RenderSettings


def test_a_clip_has_one_scale_from_its_values(make_clip):
    data = np.linspace(0.1, 0.94, 2 * 4 * 4).reshape(2, 4, 4, 1)
    scale = clip_scale(make_clip(data), RenderSettings())
    assert (scale.low, scale.high) == pytest.approx((0.1, 0.94))
    assert scale.colormap == "gray" and scale.fixed and not scale.signed
    assert scale.words == "gray 0.1 – 0.94"


def test_limits_that_a_person_chose_win(make_clip):
    scale = clip_scale(make_clip(np.ones((1, 2, 2, 1))), RenderSettings(limits=(-1, 3)))
    assert (scale.low, scale.high) == (-1, 3)


def test_a_clip_per_frame_has_the_frames_own_scale_and_says_so(make_clip, rng):
    clip = make_clip(np.linspace(1, 3, 4)[:, None, None, None] * rng.random((4, 5, 6, 1)))
    settings = RenderSettings(clip_scaling="frame")
    for frame in range(4):
        scale = clip_scale(clip, settings, frame=frame)
        assert (scale.low, scale.high) == (clip.data[frame].min(), clip.data[frame].max())
        assert not scale.fixed and scale.words == "gray, contrast per frame"
    assert clip_scale(clip, settings).fixed, "what shows many frames at once has one scale"
    chosen = RenderSettings(clip_scaling="frame", limits=(0.0, 9.0))
    assert clip_scale(clip, chosen, frame=2).fixed and clip_scale(clip, chosen, frame=2).high == 9
    signed = clip_scale(clip, RenderSettings("signed", clip_scaling="frame"), frame=1)
    assert signed.signed and not signed.fixed and signed.high == clip.data[1].max()


def test_a_white_clip_stays_white(make_clip):
    scale = clip_scale(make_clip(np.full((2, 3, 3, 1), 255)), RenderSettings())
    assert (scale.low, scale.high) == (0, 255)


@pytest.mark.parametrize(("top", "high"), [(0.9, 1), (200, 255)])
def test_colors_keep_the_range_of_pictures(make_clip, top, high):
    data = np.full((1, 2, 2, 3), top)
    scale = clip_scale(make_clip(data, ("red", "green", "blue")), RenderSettings())
    assert (scale.low, scale.high, scale.colormap) == (0, high, "rgb")


def test_a_clip_of_a_skeleton_is_a_heatmap_from_zero(make_clip):
    data = np.linspace(0.2, 0.8, 9).reshape(1, 3, 3, 1)
    scale = clip_scale(make_clip(data, ("joints",), axes="TPJX"), RenderSettings())
    assert scale.colormap == "viridis"
    assert (scale.low, scale.high) == pytest.approx((0, 0.8))


def test_maps_have_their_own_limits_symmetric_about_zero_and_fixed(make_maps, rng):
    data = rng.standard_normal((3, 5, 6, 4)) * [1, 2, 3, 4]
    scales = map_scales(make_maps(data), RenderSettings())
    for f, scale in enumerate(scales):
        assert scale.high == pytest.approx(np.abs(data[..., f]).max())
        assert scale.low == -scale.high
        assert scale.signed and scale.fixed and scale.colormap == "night"
        assert scale.words == "signed, centered on 0, fixed over time"
    assert wall_words(scales).endswith("each map its own limits")


def test_maps_that_are_nowhere_negative_start_at_zero(make_maps, rng):
    data = rng.random((3, 5, 6, 2)) + 0.5
    scales = map_scales(make_maps(data), RenderSettings())
    assert [scale.colormap for scale in scales] == ["viridis", "viridis"]
    assert all(scale.low == 0 and not scale.signed for scale in scales)
    assert scales[1].high == pytest.approx(data[..., 1].max())


def test_one_negative_map_makes_the_wall_signed(make_maps, rng):
    data = rng.random((3, 5, 6, 3))
    data[1, 2, 3, 2] = -0.5
    assert all(scale.signed for scale in map_scales(make_maps(data), RenderSettings(), "day"))


def test_rounding_below_zero_does_not_make_maps_signed(make_maps, rng):
    data = rng.random((3, 5, 6, 2))
    data[0, 0, 0, 0] = -1e-9
    assert map_scales(make_maps(data), RenderSettings())[0].colormap == "viridis"


@pytest.mark.parametrize("scaling", ["global", "symmetric"])
def test_shared_limits_are_those_of_the_strongest_map(make_maps, rng, scaling):
    data = rng.standard_normal((3, 5, 6, 4)) * [1, 2, 3, 4]
    scales = map_scales(make_maps(data), RenderSettings(scaling=scaling))
    assert len(set(scales)) == 1
    assert scales[0].high == pytest.approx(np.abs(data).max())
    assert "for all maps" in wall_words(scales)


def test_symmetric_is_centered_on_zero_whatever_the_values(make_maps, rng):
    scale = map_scales(make_maps(rng.random((2, 4, 4, 2))), RenderSettings(scaling="symmetric"))[0]
    assert scale.signed and scale.low == -scale.high and scale.colormap == "night"


def test_limits_of_each_frame_are_said_not_to_be_fixed(make_maps, rng):
    data = rng.standard_normal((3, 5, 6, 2))
    data[1] *= 10
    maps, settings = make_maps(data), RenderSettings(scaling="frame")
    first, second = (map_scales(maps, settings, frame=frame)[0] for frame in (0, 1))
    assert first.high == pytest.approx(np.abs(data[0, ..., 0]).max())
    assert second.high == pytest.approx(np.abs(data[1, ..., 0]).max())
    assert first.words == "signed, centered on 0, contrast per frame"
    with pytest.raises(ValueError, match="needs to know the frame"):
        map_scales(maps, settings)


def test_a_sequential_map_chosen_for_signed_values_shows_all_of_them(make_maps):
    data = np.array([-3.0, 0, 1, 2]).reshape(1, 2, 2, 1)
    scale = map_scales(make_maps(data), RenderSettings(colormap="gray"))[0]
    assert (scale.low, scale.high, scale.signed) == (-3, 2, False)


def test_an_empty_map_has_limits_of_zero(make_maps):
    scale = map_scales(make_maps(np.zeros((2, 3, 3, 1))), RenderSettings())[0]
    assert (scale.low, scale.high) == (0, 0)


def test_values_that_are_not_finite_do_not_set_limits(make_maps, make_clip):
    data = np.array([np.nan, np.inf, -2, 1, -np.inf, 0.5]).reshape(1, 2, 3, 1)
    assert finite_range(data) == (-2, 1)
    low, high = map_ranges(make_maps(np.concatenate([data, data * np.nan], axis=3)))
    assert low.tolist() == [-2, 0] and high.tolist() == [1, 0]
    assert finite_range(np.full((2, 2), np.nan)) == (0, 0)
    assert finite_range(np.zeros((0, 2))) == (0, 0)
    scale = clip_scale(make_clip(np.full((1, 2, 2, 1), np.nan)), RenderSettings())
    assert (scale.low, scale.high) == (0, 0)


def test_limits_are_written_in_three_digits_with_a_true_minus():
    assert Scale(2.14e-5, 1).text == "0 – 1"
    assert Scale(6, 251).text == "6 – 251"
    assert Scale(-0.307, 0.5).text == "−0.307 – 0.5"
    assert signed_scale(0.344444).text == "±0.344"
    assert Scale(0, 0).text == "0 – 0"
    assert number(-0.0) == "0" and number(-3066.7) == "−3067"
    assert number(30393) == "30393" and number(999.7) == "1000" and number(65535.0) == "65535"
    assert number(2.5e6) == "2.5e+06"
    assert Scale(-3024, 1381).text == "−3024 – 1381", "a CT's own ends"
    assert Scale(-1.152e18, 1.1525e18).text == "−1.15e+18 – 1.15e+18"
    assert wall_words(()) == ""


def test_unknown_colors_are_refused(make_clip, make_maps):
    with pytest.raises(ValueError, match="'jet' is not known"):
        clip_scale(make_clip(np.zeros((1, 2, 2, 1))), RenderSettings(colormap="jet"))
    with pytest.raises(ValueError, match="'jet' is not known"):
        map_scales(make_maps(np.zeros((1, 2, 2, 1))), RenderSettings(colormap="jet"))
