"""Sizes that follow: from millimeters, from the other side, from the source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from encoding_sources import film, noise, scan, skeleton, volume
from hypothesis import given, settings
from hypothesis import strategies as st

import voxviewer as vv
from voxviewer.encoding import plan, relevant

S = vv.EncodingSettings


def placed(shape=(20, 30, 8), spacing=(3.0, 0.5, 1.0)):
    """A scan of stored (H, W, D) voxels; spacing in mm for D, H, W."""
    return replace(scan(noise(*shape)), spacing=spacing)


@pytest.mark.parametrize(
    ("chosen", "shape"),
    [
        ({"spacing": 1.0}, (24, 10, 30)),
        ({"spacing": "isotropic"}, (48, 20, 60)),
        ({"spacing": (6.0, 1.0, 2.0)}, (4, 10, 15)),
        ({"spacing": 1.0, "height": 7}, (24, 7, 30)),
        ({"spacing": 1.0, "frames": 5, "time_axis": "height"}, (5, 30, 24)),
        ({"spacing": (6.0, 1.0, 2.0), "time_axis": "width"}, (15, 10, 4)),
        ({"spacing": 1.0, "grid": "centers"}, (22, 11, 30)),
        ({"spacing": 500.0}, (1, 1, 1)),
        ({"aspect": True, "height": 10}, (8, 10, 15)),
        ({"aspect": True, "width": 10}, (8, 7, 10)),
        ({"aspect": True, "width": 10, "height": 10}, (8, 10, 10)),
        ({"aspect": True, "width": 1, "spacing": 1.0}, (24, 1, 1)),
    ],
)
def test_sizes_follow_from_millimeters_and_from_the_other_side(chosen, shape):
    clip = vv.encode(placed(), S(**chosen))
    assert clip.shape[:3] == shape == plan(placed(), S(**chosen)).shape[:3]


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.2, 9), st.tuples(*[st.floats(0.3, 4)] * 3), st.sampled_from(["edges", "centers"])
)
def test_the_new_spacing_is_the_nearest_to_what_was_asked_that_whole_voxels_give(wanted, own, grid):
    source = placed((9, 12, 5), own)
    clip = vv.encode(source, S(spacing=wanted, grid=grid))
    assert clip.spacing is not None
    for n, step, m, new in zip((5, 9, 12), own, clip.shape, clip.spacing, strict=False):
        length = n * step if grid == "edges" else (n - 1) * step
        parts = m if grid == "edges" else m - 1
        assert new * max(parts, 1) == pytest.approx(length if parts else step)
        assert parts <= 1 or abs(parts - length / wanted) <= 0.5 + 1e-9


def test_simpleitk_resampled_to_the_clips_own_grid_holds_the_same_values():
    sitk = pytest.importorskip("SimpleITK")
    source = placed((20, 30, 16), (2.0, 0.5, 1.0))
    clip = vv.encode(source, S(spacing=0.8, order=1))
    image = sitk.GetImageFromArray(np.asarray(source.voxels)[0, ..., 0])  # z, y, x are D, H, W
    image.SetSpacing((1.0, 0.5, 2.0))
    T, H, W, _ = clip.shape
    s = clip.spacing
    origin = [(s[2] - 1.0) / 2, (s[1] - 0.5) / 2, (s[0] - 2.0) / 2]  # the outer faces stay
    found = sitk.GetArrayFromImage(
        sitk.Resample(
            image, (W, H, T), sitk.Transform(3, 1), sitk.sitkLinear, origin, s[::-1],
            image.GetDirection(),
        )
    )  # fmt: skip
    smooth = vv.encode(source, S(spacing=0.8, antialias=False)).data[..., 0]
    assert np.abs(found - smooth)[2:-2, 2:-2, 2:-2].max() < 1e-4


def test_real_time_keeps_its_frames_and_only_its_plane_is_spaced():
    source = volume(noise(6, 4, 10, 12, 1), spacing=(3.0, 2.0, 1.0))
    assert vv.encode(source, S(spacing="isotropic")).shape == (6, 20, 12, 1)
    assert vv.encode(source, S(spacing=(9.0, 1.0, 2.0))).shape == (6, 20, 6, 1)


def test_without_a_spacing_of_its_own_a_source_says_so_and_what_to_do():
    with pytest.raises(ValueError, match=r"^spacing needs .* choose frames, height and width"):
        vv.encode(film((noise(3, 4, 5, 1) * 9).astype(np.uint8)), S(spacing=1.0))
    with pytest.raises(ValueError, match="at most 65536"):
        plan(placed(), S(spacing=1e-6))
    assert "spacing" not in relevant(scan(noise(3, 4, 5)), S())
    assert "spacing" in relevant(placed(), S())


def test_heatmaps_take_the_aspect_of_their_recordings_frame():
    joints = skeleton(noise(2, 3, 2), unit="px", frame_size=(480, 640))
    assert vv.encode(joints, S(height=48, aspect=True)).shape[1:3] == (48, 64)
    assert vv.encode(joints, S(width=48, aspect=True)).shape[1:3] == (36, 48)
    square = skeleton(noise(2, 3, 2))
    assert vv.encode(square, S(width=48, aspect=True)).shape[1:3] == (48, 48)
    assert vv.encode(square, S(width=48)).shape[1:3] == (64, 48)


def test_held_values_stay_within_what_they_were_made_of_and_others_do_not_change():
    step = np.zeros((16, 16, 8), np.float32)
    step[8:] = 1
    free = vv.encode(scan(step), S(height=40, order=3)).data
    held = vv.encode(scan(step), S(height=40, order=3, clip_overshoot=True)).data
    assert free.min() < -0.05 and free.max() > 1.05
    assert held.min() == 0 and held.max() == 1
    assert np.array_equal(held, np.clip(free, 0, 1))


def test_each_frame_of_real_time_is_held_by_its_own_values_however_many_are_read(monkeypatch):
    frames = film(np.repeat([0.0, 1.0, 5.0], 8 * 8).reshape(3, 8, 8, 1) * noise(3, 8, 8, 1))
    chosen = S(height=20, width=20, order=3, clip_overshoot=True)
    whole = vv.encode(frames, chosen).data
    monkeypatch.setattr("voxviewer.encoding.footprint.SLAB", 100)
    assert np.allclose(vv.encode(frames, chosen).data, whole, atol=1e-5)
    source = np.asarray(frames.voxels)
    assert all(whole[t].max() <= source[t].max() + 1e-6 for t in range(3))


@pytest.mark.parametrize(
    "wrong", [0, -1, float("nan"), "fine", (1.0, 2.0), (1, 2, 0), True, (1, 2, "a")]
)
def test_a_spacing_that_is_none_is_refused_in_one_sentence(wrong):
    with pytest.raises(ValueError, match="spacing must be"):
        S(spacing=wrong)


def test_one_word_of_a_command_line_is_one_number():
    assert S(spacing=[2.0]).spacing == 2.0 and S(spacing=["isotropic"]).spacing == "isotropic"
    assert S(spacing=np.array([1, 2, 3])).spacing == (1, 2, 3)
