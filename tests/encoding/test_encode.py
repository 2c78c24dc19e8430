"""`encode`: the table of DESIGN's section 6, and every setting where it matters."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from encoding_sources import Lazy, film, noise, scan, skeleton, volume
from scipy import ndimage

import voxviewer as vv
from voxviewer.encoding import batch_step, compiled, estimate, plan, relevant
from voxviewer.files import TooLargeError

S = vv.EncodingSettings


def gray_of(frames):
    """The weights of ITU-R BT.601 in float64."""
    return frames[..., :3].astype(float) @ [0.299, 0.587, 0.114]


# --- what the table gives ---------------------------------------------------------------------


def test_a_volume_of_64_64_30_becomes_30_frames_each_its_slice():
    array = np.random.default_rng(0).integers(-9, 999, (64, 64, 30)).astype(np.int16)
    clip = vv.encode(scan(array))
    assert clip.data.shape == (30, 64, 64, 1) and clip.data.dtype == np.float32
    assert all(np.array_equal(clip.data[t, ..., 0], array[:, :, t]) for t in range(30))
    assert clip.frames.tolist() == list(range(30)) and clip.real.all() and clip.times is None
    wrong = array.reshape(30, 64, 64)
    assert not np.array_equal(clip.data[..., 0], wrong), "never by reshaping"


def test_a_4d_series_keeps_time_and_its_middle_slice():
    array = noise(10, 30, 64, 64, 1)
    clip = vv.encode(volume(array, times=np.arange(10) * 2.0))
    assert clip.data.shape == (10, 64, 64, 1)
    assert np.array_equal(clip.data, array[:, 15])
    assert clip.times.tolist() == list(np.arange(10) * 2.0)


def test_a_color_film_becomes_gray():
    frames = np.random.default_rng(1).integers(0, 256, (20, 120, 160, 3)).astype(np.uint8)
    clip = vv.encode(film(frames))
    assert clip.data.shape == (20, 120, 160, 1) and clip.channels == ("gray",)
    assert np.allclose(clip.data[..., 0], gray_of(frames), atol=1e-4)


def test_one_picture_becomes_five_frames():
    picture = np.random.default_rng(2).integers(0, 256, (1, 12, 17, 3)).astype(np.uint8)
    clip = vv.encode(film(picture), S(channels="rgb"))
    assert clip.data.shape == (5, 12, 17, 3) and clip.frames.tolist() == [0] * 5
    assert clip.real.all() and all(np.array_equal(frame, picture[0]) for frame in clip.data)
    assert vv.encode(film(picture), S(frames=3)).data.shape == (3, 12, 17, 1)


def test_a_skeleton_of_30_20_3_becomes_heatmaps():
    joints = np.random.default_rng(3).uniform(-1, 1, (30, 20, 3)).astype(np.float32)
    clip = vv.encode(skeleton(joints))
    assert clip.data.shape == (30, 64, 64, 1) and clip.channels == ("heatmap",)
    assert np.allclose(clip.data, vv.joint_heatmaps(joints), atol=1e-6)


def test_eight_in_a_batch_take_no_memory():
    clip = vv.encode(skeleton(np.zeros((30, 20, 3))))
    batch = vv.batch([clip] * 8)
    assert batch.data.shape == (8, 30, 64, 64, 1) and batch.real.shape == (8, 30)
    assert np.shares_memory(batch.data, clip.data) and batch.data.strides[0] == 0
    assert not batch.data.flags.writeable and batch.names == ("s",) * 8


def test_clips_of_one_shape_stack_and_the_first_of_another_is_named():
    a, b = vv.encode(scan(noise(4, 5, 6))), vv.encode(scan(noise(4, 5, 6, seed=1)))
    both = vv.batch([a, b])
    assert np.array_equal(both.data[1], b.data) and both.data.shape == (2, 6, 4, 5, 1)
    other = vv.encode(skeleton(np.zeros((3, 2, 2))))
    with pytest.raises(ValueError, match=r"item 2 \(s\)"):
        vv.batch([a, b, other])
    with pytest.raises(ValueError, match="at least one"):
        vv.batch([])


# --- roles ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "axis"), [("height", 0), ("width", 1), ("depth", 2)])
def test_the_swept_axis_is_moved_to_the_front(name, axis):
    array = noise(4, 5, 6)
    clip = vv.encode(scan(array), S(time_axis=name))
    assert np.array_equal(clip.data[..., 0], np.moveaxis(array, axis, 0))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", ["height", "width", "depth"])
def test_sweeping_reads_any_memory_order_and_disk_alike(name, order):
    array = np.asarray(noise(9, 8, 7), order=order)
    source = scan(array)
    settings = S(time_axis=name, frames=5, height=6, width=11)
    in_memory = vv.encode(source, settings)
    on_disk = vv.encode(replace(source, voxels=Lazy(np.asarray(source.voxels))), settings)
    assert np.array_equal(in_memory.data, on_disk.data)


def test_slabs_make_the_same_clip(monkeypatch):
    source, settings = scan(noise(9, 8, 40)), S(frames=12, height=6)
    frames = film((noise(30, 9, 8, 3) * 50).astype(np.int16))
    whole = [vv.encode(source, settings).data, vv.encode(frames, settings).data]
    monkeypatch.setattr("voxviewer.encoding.footprint.SLAB", 1500)
    parts = [vv.encode(source, settings).data, vv.encode(frames, settings).data]
    assert np.allclose(whole[0], parts[0], atol=1e-6)
    assert np.allclose(whole[1], parts[1], rtol=1e-5, atol=1e-4)


def test_time_index_picks_which_time_is_swept():
    array = noise(3, 4, 5, 6, 1)
    clip = vv.encode(volume(array), S(time_axis="depth", time_index=2))
    assert np.array_equal(clip.data, array[2])
    with pytest.raises(ValueError, match="times 0 to 2"):
        vv.encode(volume(array), S(time_axis="depth", time_index=3))


def test_depth_picks_a_plane_their_mean_or_channels():
    array = noise(3, 4, 5, 6, 1)
    assert np.array_equal(vv.encode(volume(array), S(depth=1)).data, array[:, 1])
    mean = vv.encode(volume(array), S(depth="mean")).data
    assert np.allclose(mean, array.mean(axis=1), atol=1e-6)
    clip = vv.encode(volume(array), S(depth="channels"))
    assert np.array_equal(clip.data, np.moveaxis(array[..., 0], 1, -1))
    assert clip.channels == ("slice 0", "slice 1", "slice 2", "slice 3")
    with pytest.raises(ValueError, match="planes 0 to 3"):
        vv.encode(volume(array), S(depth=4))


def test_slices_of_colors_as_channels_are_named_slice_by_slice():
    array = noise(2, 3, 4, 5, 3)
    clip = vv.encode(volume(array), S(depth="channels", channels="rgb"))
    assert clip.channels[:4] == ("slice 0 red", "slice 0 green", "slice 0 blue", "slice 1 red")
    assert np.array_equal(clip.data[..., 5], array[:, 1, ..., 2])


def test_settings_foreign_to_a_source_are_ignored():
    odd = S(time_axis="height", depth=9, time_index=9, sigma=1.0, combine="joints", plane="xz")
    frames = film((noise(4, 6, 7, 3) * 9).astype(np.int16))
    assert np.array_equal(vv.encode(frames, odd).data, vv.encode(frames).data)
    array = scan(noise(4, 5, 6))
    assert vv.encode(array, S(time_index=3, depth=99)).data.shape == (6, 4, 5, 1)
    points = skeleton(noise(4, 3, 2))
    assert np.array_equal(
        vv.encode(points, S(order=3, channels="rgb", depth=7)).data, vv.encode(points).data
    )


# --- channels ---------------------------------------------------------------------------------


def test_alpha_lies_over_black():
    frames = np.random.default_rng(5).integers(0, 256, (3, 4, 5, 4)).astype(np.uint8)
    alpha = frames[..., 3:] / 255
    rgb = vv.encode(film(frames), S(channels="rgb"))
    assert rgb.channels == ("red", "green", "blue")
    assert np.allclose(rgb.data, frames[..., :3] * alpha, atol=1e-3)
    gray = vv.encode(film(frames)).data[..., 0]
    assert np.allclose(gray, gray_of(frames) * alpha[..., 0], atol=1e-3)
    share = film((frames / 255).astype(np.float32))
    assert np.allclose(vv.encode(share, S(channels="rgb")).data * 255, rgb.data, atol=1e-3)


def test_rgb_of_one_channel_repeats_it_and_other_counts_are_kept():
    one = vv.encode(film(noise(3, 4, 5, 1)), S(channels="rgb"))
    assert one.shape == (3, 4, 5, 3) and np.array_equal(one.data[..., 0], one.data[..., 2])
    for count in (2, 5):
        frames = noise(3, 4, 5, count)
        for channels in ("gray", "rgb"):
            clip = vv.encode(film(frames), S(channels=channels))
            assert np.array_equal(clip.data, frames) and len(clip.channels) == count


# --- resampling -------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("grid", ["edges", "centers"])
def test_a_scan_is_resampled_along_all_three_axes(order, grid):
    array = noise(20, 30, 24)
    clip = vv.encode(scan(array), S(frames=10, height=33, width=15, order=order, grid=grid))
    swept = np.moveaxis(array, 2, 0).astype(float)
    factors = [10 / 24, 33 / 20, 15 / 30]
    if order:
        sigma = [max(1 / f - 1, 0) / 2 for f in factors]
        swept = ndimage.gaussian_filter(swept, sigma, mode="nearest", truncate=4)
    modes = {"grid_mode": True, "mode": "nearest"} if grid == "edges" else {"mode": "nearest"}
    if grid == "centers" and order > 1:
        modes = {"mode": "mirror"}
    expected = ndimage.zoom(swept, factors, order=order, **modes)
    assert np.abs(clip.data[..., 0] - expected).max() < 1e-5 * np.ptp(array)


def test_frames_of_a_swept_axis_name_the_nearest_slice():
    slices = np.zeros((2, 2, 9)) + np.arange(9)
    clip = vv.encode(scan(slices), S(frames=3, order=0))
    assert clip.frames.tolist() == [1, 4, 7] == clip.data[:, 0, 0, 0].tolist()
    assert vv.encode(scan(slices), S(frames=3)).frames.tolist() == [1, 4, 7]


def test_real_time_is_never_blended():
    frames = np.zeros((5, 8, 8, 1), np.float32) + np.arange(5).reshape(5, 1, 1, 1)
    clip = vv.encode(film(frames), S(frames=12, height=4, width=4, order=3))
    assert set(np.round(np.unique(clip.data), 4)) == {0, 1, 2, 3, 4}


def test_frames_are_resampled_one_by_one_as_scipy_does():
    frames = np.random.default_rng(6).integers(0, 256, (4, 48, 64, 3)).astype(np.uint8)
    clip = vv.encode(film(frames), S(height=20, width=16, channels="rgb"))
    for t in range(4):
        for c in range(3):
            smooth = ndimage.gaussian_filter(
                frames[t, ..., c].astype(float), [0.7, 1.5], mode="nearest", truncate=4
            )
            expected = ndimage.zoom(
                smooth, [20 / 48, 16 / 64], order=1, grid_mode=True, mode="nearest"
            )
            assert np.abs(clip.data[t, ..., c] - expected).max() < 1e-5 * 255


# --- length -----------------------------------------------------------------------------------


def encoded_frames(count, **options):
    """Which frames a film of `count` keeps; the values of its clip say the same."""
    frames = np.zeros((count, 1, 1, 1), np.float32) + np.arange(1, count + 1).reshape(-1, 1, 1, 1)
    clip = vv.encode(film(frames, times=np.arange(count) * 0.5), S(**options))
    assert (clip.data.ravel() - 1).tolist() == clip.frames.tolist()
    return clip


@pytest.mark.parametrize(
    ("length", "frames", "real"),
    [
        ("sample", [0, 0, 1, 1, 2, 2, 3], 7),
        ("pad-zero", [0, 1, 2, 3, -1, -1, -1], 4),
        ("pad-edge", [0, 1, 2, 3, 3, 3, 3], 4),
        ("pad-loop", [0, 1, 2, 3, 0, 1, 2], 4),
        ("pad-reflect", [0, 1, 2, 3, 2, 1, 0], 4),
    ],
)
def test_too_few_frames_are_repeated_or_padded_after(length, frames, real):
    clip = encoded_frames(4, frames=7, length=length)
    assert clip.frames.tolist() == [(2 * i + 1) * 4 // 14 for i in range(7)] or length != "sample"
    if length != "sample":
        assert clip.frames.tolist() == frames
        assert np.allclose(clip.times, np.arange(7) * 0.5)
    assert clip.real.tolist() == [True] * real + [False] * (7 - real)


def test_too_few_frames_centered_are_padded_on_both_ends():
    clip = encoded_frames(4, frames=7, length="center")
    assert clip.frames.tolist() == [-1, 0, 1, 2, 3, -1, -1]
    assert clip.times.tolist() == [-0.5, 0, 0.5, 1, 1.5, 2, 2.5]


@pytest.mark.parametrize(
    ("length", "frames"),
    [("sample", [1, 3, 5, 7, 9]), ("center", [3, 4, 5, 6, 7]), ("pad-loop", [0, 1, 2, 3, 4])],
)
def test_too_many_frames_are_sampled_or_cropped(length, frames):
    clip = encoded_frames(11, frames=5, length=length)
    expected = [int(np.floor((i + 0.5) * 11 / 5)) for i in range(5)]
    assert clip.frames.tolist() == (expected if length == "sample" else frames)
    assert clip.real.all() and np.allclose(clip.times, clip.frames * 0.5)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_reflection_is_that_of_numpy(count):
    clip = encoded_frames(count, frames=12, length="pad-reflect")
    assert clip.frames.tolist() == np.pad(np.arange(count), (0, 12 - count), "reflect").tolist()


def test_only_the_frames_that_are_used_are_read():
    voxels = Lazy(noise(100, 6, 8, 9, 1))
    clip = vv.encode(volume(voxels), S(frames=4, depth=2))
    assert sum(voxels.read) == 4 * 8 * 9 and clip.frames.tolist() == [12, 37, 62, 87]
    swept = Lazy(noise(5, 6, 8, 9, 1))
    vv.encode(volume(swept), S(time_axis="depth", time_index=3))
    assert sum(swept.read) == 6 * 8 * 9
    still = Lazy(noise(1, 1, 8, 9, 1))
    vv.encode(volume(still), S(frames=50))
    assert sum(still.read) == 8 * 9


# --- values -----------------------------------------------------------------------------------


def test_normalizing_uses_the_whole_clip_and_leaves_padding_at_zero():
    frames = noise(6, 8, 9, 1) * 40 + 300
    wanted = {"frames": 8, "length": "pad-zero"}
    lowest, highest = frames.min(), frames.max()
    data = vv.encode(film(frames), S(normalize="minmax", **wanted)).data
    assert np.allclose(data[:6], (frames - lowest) / (highest - lowest), atol=1e-6)
    assert not data[6:].any()
    data = vv.encode(film(frames), S(normalize="zscore", **wanted)).data
    assert np.allclose(data[:6], (frames - frames.mean()) / frames.std(), atol=1e-4)
    assert not data[6:].any()
    low, high = np.percentile(frames, [1, 99])
    data = vv.encode(film(frames), S(normalize="percentile", **wanted)).data
    assert np.allclose(data[:6], np.clip((frames - low) / (high - low), 0, 1), atol=1e-5)


@pytest.mark.parametrize("normalize", ["minmax", "zscore", "percentile"])
def test_a_constant_clip_becomes_zero(normalize):
    clip = vv.encode(film(np.full((2, 3, 4, 1), 7.0)), S(normalize=normalize))
    assert not clip.data.any() and clip.warnings == ()


def test_equal_percentiles_fall_back_and_say_so():
    frames = np.zeros((4, 20, 20, 1))
    frames[2, 3, 4] = 5
    clip = vv.encode(film(frames), S(normalize="percentile"))
    assert clip.data.max() == 1 and "equal" in clip.warnings[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_values_that_are_not_finite_become_zero_and_it_is_said(value):
    array = np.ones((6, 7, 8))
    array[1, 2, 3] = value
    clip = vv.encode(scan(array), S(frames=12, order=3))
    assert np.isfinite(clip.data).all()
    assert clip.steps[-1].operation.endswith("1 NaN as 0")
    assert clip.warnings == ("1 value was NaN or infinite and became 0 in the clip.",)
    assert vv.encode(scan(array)).data[3, 1, 2, 0] == 0
    frames = vv.encode(film(np.moveaxis(array, 2, 0)[..., None]), S(height=3))
    assert np.isfinite(frames.data).all() and frames.warnings == clip.warnings


def test_a_clip_is_read_only_and_keeps_what_made_it():
    settings = S(frames=3)
    clip = vv.encode(scan(noise(4, 5, 6)), settings)
    for array in (clip.data, clip.real, clip.frames):
        assert not array.flags.writeable
    assert clip.settings is settings and clip.name == "x" and clip.data.flags.c_contiguous


def test_encoding_never_changes_the_source():
    array = noise(1, 4, 5, 6, 1)
    before = array.copy()
    vv.encode(volume(array), S(normalize="minmax"))
    joints = skeleton(noise(3, 4, 3), up="y+")
    kept = joints.joints.copy()
    vv.encode(joints)
    assert np.array_equal(array, before) and np.array_equal(joints.joints, kept)


# --- skeletons --------------------------------------------------------------------------------


def test_each_plane_draws_its_two_coordinates():
    joints = noise(3, 5, 3) / 4
    for plane, axes in (("xy", [0, 1]), ("xz", [0, 2]), ("yz", [1, 2])):
        clip = vv.encode(skeleton(joints), S(plane=plane, sigma=2.0))
        assert np.allclose(clip.data, vv.joint_heatmaps(joints[..., axes], sigma=2.0), atol=1e-6)


def test_up_is_up():
    joints = np.array([[[0.5, 0.25, 0.75]]], np.float32)
    low = vv.encode(skeleton(joints), S(sigma=1.0)).data
    assert np.array_equal(vv.encode(skeleton(joints, up="y+"), S(sigma=1.0)).data, low[:, ::-1])
    side = S(sigma=1.0, plane="xz")
    low = vv.encode(skeleton(joints), side).data
    assert np.array_equal(vv.encode(skeleton(joints, up="z+"), side).data, low[:, ::-1])
    assert np.array_equal(vv.encode(skeleton(joints, up="y+"), side).data, low)


def test_joints_have_channels_of_their_names():
    joints = noise(3, 2, 2) / 4
    clip = vv.encode(skeleton(joints, names=("head", "hip")), S(combine="joints"))
    assert clip.channels == ("head", "hip") and clip.shape == (3, 64, 64, 2)
    unnamed = vv.encode(skeleton(joints, names=("head",)), S(combine="joints"))
    assert unnamed.channels == ("joint 0", "joint 1")


def test_missing_joints_add_nothing():
    joints = noise(3, 2, 2) / 4
    joints[1, 0] = np.nan
    clip = vv.encode(skeleton(joints), S(combine="joints"))
    assert not clip.data[1, ..., 0].any() and clip.data[1, ..., 1].max() > 0.9
    assert not vv.encode(skeleton(np.full((2, 3, 2), np.nan))).data.any()


def peak(data):
    return np.unravel_index(np.argmax(data), data.shape)


def test_pixels_go_to_the_pixel_they_name():
    joints = np.array([[[30.0, 10.0]]])
    source = skeleton(joints, unit="px", frame_size=(48, 64))
    clip = vv.encode(source, S(fit="pixels", height=48, width=64, sigma=1.0))
    assert peak(clip.data[0, ..., 0]) == (10, 30) and clip.data.max() == 1
    half = vv.encode(source, S(fit="pixels", height=24, width=32, sigma=1.0))
    exact = vv.joint_heatmaps([[[2 * 30.5 / 64 - 1, 2 * 10.5 / 48 - 1]]], 24, 32, 1.0)
    assert np.allclose(half.data, exact, atol=1e-6)


def test_shares_of_the_picture_are_mapped_by_2u_minus_1():
    shares = np.random.default_rng(1).uniform(0, 1, (3, 4, 2))
    clip = vv.encode(skeleton(shares, unit="normalized"), S(sigma=2.0))
    expected = vv.joint_heatmaps((2 * shares - 1).astype(np.float32), sigma=2.0)
    assert np.allclose(clip.data, expected, atol=1e-5)


def test_a_box_keeps_the_aspect_and_leaves_a_tenth_on_each_side():
    square = np.array([[[100.0, 100.0], [300.0, 100.0]], [[100.0, 200.0], [300.0, 200.0]]])
    source = skeleton(square, unit="px")
    clip = vv.encode(source, S(sigma=0.5, center="pixel", height=45, width=55, combine="max"))
    rows, columns = np.nonzero(clip.data.max(axis=0)[..., 0] == 1)
    assert (columns.min(), columns.max()) == (5, 49), "80 % of the width"
    assert (rows.min(), rows.max()) == (11, 33), "half as high as wide, in the middle"
    assert "fit box" in clip.steps[-1].operation


def test_auto_fits_a_box_only_where_it_must():
    inside = skeleton(noise(3, 4, 2) / 8)
    assert np.array_equal(vv.encode(inside).data, vv.encode(inside, S(fit="none")).data)
    outside = skeleton(noise(3, 4, 2) * 100)
    assert np.array_equal(vv.encode(outside).data, vv.encode(outside, S(fit="box")).data)
    assert vv.encode(outside).data.any() and not vv.encode(outside, S(fit="none")).data.all()


def test_one_point_alone_lies_in_the_middle_of_its_box():
    clip = vv.encode(skeleton(np.full((2, 1, 2), 500.0)), S(height=5, width=7, sigma=1.0))
    assert peak(clip.data[0, ..., 0]) == (2, 3)


@pytest.mark.parametrize("more", [{"unit": "px"}, {"unit": "m"}])
def test_pixels_without_a_frame_are_refused_with_a_remedy(more):
    with pytest.raises(ValueError, match="use fit 'box'"):
        vv.encode(skeleton(np.zeros((1, 1, 2)), **more), S(fit="pixels"))


def test_a_skeleton_is_padded_and_sampled_like_film():
    joints = noise(6, 3, 2) / 4
    clip = vv.encode(skeleton(joints), S(frames=8, length="pad-zero"))
    assert not clip.data[6:].any() and clip.real.tolist() == [True] * 6 + [False] * 2
    few = vv.encode(skeleton(joints), S(frames=3))
    assert np.allclose(few.data, vv.joint_heatmaps(joints[[1, 3, 5]]), atol=1e-6)


# --- limits -----------------------------------------------------------------------------------


def test_what_does_not_fit_is_refused_before_anything_is_read(monkeypatch):
    voxels = Lazy(noise(1, 8, 8, 8, 1))
    source, settings = volume(voxels), S(frames=64, height=512, width=512)
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 130_000_000)
    with pytest.raises(TooLargeError) as caught:
        vv.encode(source, settings)
    assert voxels.read == [] and caught.value.askable
    with pytest.raises(TooLargeError):
        vv.encode(source, S(frames=64, height=1024, width=1024), allow_large=True)
    assert vv.encode(source, settings, allow_large=True).shape == (64, 512, 512, 1)


def test_cancel_stops_between_slabs(monkeypatch):
    monkeypatch.setattr("voxviewer.encoding.footprint.SLAB", 1000)
    seen = []

    def stop(fraction, text):
        seen.append((fraction, text))
        if len(seen) == 3:
            raise KeyboardInterrupt

    for source in (film(noise(40, 9, 9, 1)), scan(noise(9, 9, 40))):
        seen.clear()
        with pytest.raises(KeyboardInterrupt):
            vv.encode(source, S(height=5), progress=stop)
        assert len(seen) == 3 and all(0 <= fraction <= 1 and text for fraction, text in seen)


def test_progress_ends_at_one():
    seen = []
    vv.encode(scan(noise(9, 9, 9)), S(frames=4), progress=lambda f, _: seen.append(f))
    assert seen == sorted(seen) and seen[-1] == 1


@pytest.mark.parametrize("shape", [(0, 1, 4, 4, 1), (1, 4, 4, 4, 0)])
def test_an_empty_source_is_refused(shape):
    with pytest.raises(ValueError, match="empty"):
        vv.encode(volume(np.zeros(shape)))


# --- the plan ---------------------------------------------------------------------------------

SOURCES = {
    "scan": scan(noise(9, 8, 7)),
    "integers": scan((noise(9, 8, 7) * 99).astype(np.int16)),
    "series": volume(noise(6, 4, 9, 8, 1), times=np.arange(6.0)),
    "color series": volume(noise(3, 4, 9, 8, 3)),
    "film": film((noise(6, 9, 8, 3) * 50).astype(np.uint8)),
    "layers": film(noise(6, 9, 8, 5)),
    "picture": film((noise(1, 9, 8, 4) * 50).astype(np.uint8)),
    "placed": volume(noise(6, 4, 9, 8, 1), spacing=(2.0, 1.0, 0.5), affine=np.diag([1, 0.5, 2, 1])),
    "skeleton": skeleton(
        noise(6, 4, 3) * 30, score=np.full((6, 1, 4), 0.5), bones=((0, 1), (3, 2))
    ),
    "two persons": skeleton(
        noise(6, 2, 4, 3), up="y+", score=np.full((6, 2, 4), 0.5), bones=((0, 1), (3, 2))
    ),
}

CHANGES = [
    {}, {"frames": 4}, {"frames": 11}, {"height": 5, "width": 12}, {"order": 0, "height": 4},
    {"order": 3, "width": 20}, {"grid": "centers", "frames": 3, "height": 13},
    {"antialias": False, "height": 3}, {"time_axis": "height"}, {"time_axis": "width", "frames": 5},
    {"time_axis": "depth"}, {"depth": "mean"}, {"depth": "channels"}, {"depth": 0},
    {"time_axis": "depth", "time_index": 1}, {"channels": "rgb"}, {"normalize": "minmax"},
    {"normalize": "zscore", "frames": 9, "length": "pad-zero"}, {"normalize": "percentile"},
    {"length": "center", "frames": 3}, {"length": "center", "frames": 9},
    {"length": "pad-loop", "frames": 13}, {"length": "pad-edge", "frames": 2},
    {"sigma": 2.0}, {"combine": "max"}, {"combine": "joints"}, {"center": "pixel"},
    {"roles": (0, "time", "height", "width", "channel")},
    {"roles": (0, 0, "width", "height", "channel"), "frames": 4},
    {"roles": ("time", "mean", "height", "width", 0), "frames": 4},
    {"roles": ("time", "mean", "width", "height", "channel"), "frames": 9, "length": "pad-edge"},
    {"roles": ("mean", "width", "time", "height", "channel"), "channels": "rgb", "width": 5},
    {"roles": ("height", "mean", "width", "time", "mean"), "frames": 11, "order": 3},
    {"roles": ("mean", "mean", "height", "width", "mean"), "height": 5},
    {"roles": ("channel", 0, "width", "height", 0)},
    {"normalize": "window", "window": (0.5, 2.0), "frames": 9, "length": "pad-zero"},
    {"plane": "yz"}, {"plane": "xz"}, {"fit": "box"}, {"fit": "none"}, {"seed": 3},
    {"pseudo_depth": "transforms", "seed": 3}, {"pseudo_depth": "transforms", "frames": 1},
    {"length": "random", "frames": 3}, {"length": "window", "start": 2},
    {"length": "window", "start": 2, "frames": 3}, {"length": "window", "start": 2, "frames": 9},
    {"length": "pad-edge", "frames": 11, "pad_side": "before"},
    {"length": "pad-reflect", "frames": 11, "pad_side": "both"},
    {"length": "pad-loop", "frames": 3, "pad_side": "before"},
    {"clip_rate": 2.0}, {"clip_rate": 0.5, "frames": 9, "length": "pad-zero"},
    {"clip_rate": 3.0, "frames": 4}, {"frame_order": (2, 0, 1)},
    {"frame_order": (2, 1), "frames": 5, "length": "pad-loop"},
    {"normalize": "percentile", "percentiles": (5, 95)},
    {"normalize": "zscore", "statistics": (3.0, 2.0), "frames": 9, "length": "pad-zero"},
    {"repairs": ("bgr", "unwrap", "levels", "zeros-missing", "fill-gaps")},
    {"height": 12, "aspect": True}, {"order": 3, "clip_overshoot": True, "width": 20},
    {"combine": "limbs", "sigma": 1.0}, {"combine": "limbs-max", "cutoff": 2.0, "frames": 9},
    {"confidence_peak": True, "persons": "sum"}, {"sigma_unit": "percent", "persons": "max"},
    {"plane": "turntable", "azimuth": 30.0, "elevation": -20.0, "frames": 3},
]  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_plan_is_what_encode_does(name, change):
    source, settings = SOURCES[name], S(**change)
    way, clip = plan(source, settings), vv.encode(source, settings)
    assert clip.data.shape == way.shape and clip.channels == way.channels
    assert len(clip.channels) == clip.data.shape[-1]
    assert clip.real.tolist() == way.picked.real.tolist()
    assert len(clip.frames) == way.shape[0] == len(clip.real)
    assert [step.shape for step in clip.steps] == [step.shape for step in way.steps]
    last = clip.steps[-1]
    assert (last.shape, last.axes, last.dtype) == (way.shape, "THWC", "float32")
    assert last.nbytes == clip.data.nbytes
    for step in clip.steps:
        assert len(step.axes) == len(step.shape) == len(step.changed)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_every_line_of_the_ledger_runs_and_gives_its_shape(name, change):
    source = SOURCES[name]
    clip = vv.encode(source, S(**change))
    scope = {"np": np, "vv": vv, "source": source}
    for step in [*clip.steps[1:], batch_step(clip, 3)]:
        assert "\n" not in step.code
        exec(step.code, scope)
        made = scope[step.code.split(" = ")[0]]
        array = made if isinstance(made, np.ndarray) else made.data
        assert array.shape == step.shape, step.code
        assert str(array.dtype) == step.dtype, step.code
    assert np.array_equal(scope["clip"].data, clip.data)


def test_the_plan_reads_nothing():
    voxels = Lazy(noise(3, 4, 9, 8, 1))
    for change in CHANGES:
        plan(volume(voxels), S(**change))
    assert voxels.read == []


BASES = [
    {}, {"frames": 4, "height": 5}, {"frames": 9, "height": 5}, {"time_axis": "depth"},
    {"length": "random", "frames": 4, "pseudo_depth": "transforms", "height": 30, "width": 30},
    {"length": "window", "frames": 2, "normalize": "percentile"},
    {"order": 3, "height": 30, "width": 30}, {"plane": "turntable"},
]  # fmt: skip

SINGLE = {
    "frames": 8, "height": 7, "width": 9, "order": 3, "grid": "centers", "antialias": False,
    "time_axis": "height", "depth": 0, "time_index": 1, "channels": "rgb", "normalize": "minmax",
    "sigma": 2.0, "combine": "max", "center": "pixel", "plane": "xz", "fit": "none",
    "root_center": True, "roles": (0, "mean", "width", "height", "channel"), "window": (1.0, 2.0),
    "pseudo_depth": "transforms", "length": "pad-zero", "seed": 3,
    "rotation": 90.0, "translation": 0.5, "zoom": (2.0, 3.0), "shear": 40.0, "blur": (2.0, 3.0),
    "blur_taps": 5, "start": 1, "pad_side": "before", "clip_rate": 0.5, "frame_order": (1, 0),
    "percentiles": (20.0, 80.0), "statistics": (0.5, 2.0), "repairs": ("bgr", "levels"),
    "aspect": True, "clip_overshoot": True, "sigma_unit": "percent", "cutoff": 1.0,
    "persons": "max", "confidence_peak": True, "azimuth": 40.0, "elevation": 20.0,
}  # fmt: skip

MAYBE = {"pad_side", "repairs"}
"""Relevant by the kind of source; whether they change a clip is a matter of its values and size."""


@pytest.mark.parametrize("name", SOURCES)
def test_settings_change_the_clip_exactly_where_they_are_relevant(name):
    source = SOURCES[name]
    changed, said = set(), set()
    for base in BASES:
        before = vv.encode(source, S(**base)).data
        said |= relevant(source, S(**base))
        own = {"spacing": 0.7} if name == "placed" else {}
        for field, value in {**SINGLE, **own}.items():
            after = vv.encode(source, S(**{**base, field: value})).data
            if before.shape != after.shape or not np.array_equal(before, after):
                assert field in relevant(source, S(**base)), f"{field} after {base}"
                changed.add(field)
    assert said - MAYBE <= changed <= said


def test_relevant_answers_even_where_an_index_is_out_of_range():
    assert "depth" in relevant(SOURCES["series"], S(depth=99))
    assert "time_index" in relevant(SOURCES["series"], S(time_axis="depth", time_index=99))


def test_the_anti_alias_says_what_it_does_to_this_source():
    source = film(np.zeros((2, 256, 256, 3), np.uint8))
    assert plan(source, S(height=64, width=64)).antialias_text == "shrinks 4×, smooths"
    assert plan(source, S(height=64, order=0)).antialias_text == "shrinks 4×, aliases"
    assert plan(source, S(height=300)).antialias_text == "nothing shrinks"


def test_the_ledger_of_a_film_reads_as_the_window_shows_it():
    source = film(np.zeros((16, 256, 256, 3), np.uint8))
    steps = plan(source, S(frames=20, height=64, width=64, length="pad-zero")).steps
    assert [step.operation for step in steps] == ["", "gray, resize linear", "pad 4 after"]
    assert [step.shape for step in steps] == [(16, 256, 256, 3), (16, 64, 64, 1), (20, 64, 64, 1)]
    assert steps[1].changed == (False, True, True, True)
    assert steps[2].changed == (True, False, False, False)
    assert steps[-1].code == (
        "clip = vv.encode(source, vv.EncodingSettings("
        "frames=20, height=64, width=64, length='pad-zero'))"
    )
    assert batch_step(vv.encode(source)).nbytes == 0


def test_the_ledger_of_a_scan_moves_the_axis():
    steps = plan(scan(np.zeros((96, 96, 24), np.int16)), S()).steps
    assert [(step.operation, step.axes, step.shape) for step in steps] == [
        ("", "HWD", (96, 96, 24)),
        ("moveaxis", "THWC", (24, 96, 96, 1)),
        ("to float32", "THWC", (24, 96, 96, 1)),
    ]
    assert steps[1].nbytes == 0 and steps[1].changed == (True, False, False, True)


def test_slices_that_are_in_front_as_stored_are_not_said_to_be_moved():
    """Those of DICOM and TIFF: its lines are run, so that none of them tells what was not done."""
    source = volume(np.arange(120).reshape(1, 4, 5, 6, 1).astype(np.int16), "DHW", (4, 5, 6))
    operations = {
        axis: plan(source, S(time_axis=axis)).steps[1] for axis in ("depth", "height", "width")
    }
    assert operations["depth"].operation == "D as time"
    assert operations["depth"].code == "x = source.voxels[0]"
    assert {operations[axis].operation for axis in ("height", "width")} == {"moveaxis"}
    assert not any("#" in step.code for step in operations.values())
    for axis, step in operations.items():
        made: dict[str, Any] = {}
        exec(f"import numpy as np\n{step.code}", {"source": source}, made)
        assert np.array_equal(
            made["x"], vv.encode(source, S(time_axis=axis, normalize="none")).data
        )


# --- memory -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "change"),
    [
        (scan(noise(90, 100, 110)), {}),
        (scan(noise(90, 100, 110)), {"frames": 150, "height": 120}),
        (scan(noise(90, 100, 110)), {"frames": 20, "height": 30, "width": 40, "order": 3}),
        (scan(noise(90, 100, 110)), {"time_axis": "height", "order": 0, "width": 300}),
        (volume(noise(1, 40, 90, 100, 3)), {"channels": "rgb", "width": 150}),
        (volume(noise(20, 10, 90, 100, 1)), {"depth": "mean", "width": 150}),
        (volume(noise(20, 10, 90, 100, 1)), {"depth": "channels"}),
        (volume(noise(20, 10, 90, 100, 1)), {"roles": ("mean", "time", "height", "width", 0)}),
        (volume(noise(90, 10, 60, 70, 1)), {"roles": ("time", "mean", "height", "width", 0)}),
        (volume(noise(20, 90, 90, 10, 1)), {"roles": ("width", "time", "height", "mean", 0)}),
        (film(np.zeros((30, 200, 200, 3), np.uint8)), {"height": 100}),
        (film(np.zeros((30, 200, 200, 4), np.uint8)), {"frames": 60, "normalize": "percentile"}),
        (film(np.zeros((1, 900, 900, 3), np.uint8)), {"frames": 9, "channels": "rgb"}),
        (skeleton(noise(200, 25, 3)), {}),
        (skeleton(noise(50, 2, 25, 3)), {"combine": "joints"}),
        (skeleton(noise(50, 25, 3)), {"frames": 300, "combine": "max"}),
        (film(np.zeros((1, 500, 500, 3), np.uint8)), {"pseudo_depth": "transforms", "frames": 9}),
        (
            film(np.zeros((1, 300, 300, 3), np.uint8)),
            {"pseudo_depth": "transforms", "order": 3, "channels": "rgb", "normalize": "minmax"},
        ),
        (film(np.zeros((30, 200, 200, 3), np.uint8)), {"frame_order": tuple(range(29, -1, -1))}),
        (film(np.zeros((30, 200, 200, 3), np.uint8)), {"repairs": ("bgr",)}),
        (film(np.zeros((60, 200, 200, 1), np.uint8)), {"repairs": ("unwrap", "levels")}),
        (scan(np.zeros((90, 100, 110), np.int16)), {"repairs": ("unwrap",)}),
        (skeleton(noise(200, 25, 3)), {"repairs": ("zeros-missing", "fill-gaps")}),
    ],
)
def test_the_estimate_is_never_below_the_truth(source, change):
    settings = S(**change)
    if isinstance(source, vv.Volume):
        source = replace(source, voxels=Lazy(np.asarray(source.voxels)))
    compiled.warm_up()
    vv.encode(source, settings)  # imports and cached operators are not part of the job
    tracemalloc.start()
    vv.encode(source, settings)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes <= estimate(source, settings) <= 2.5 * peak_bytes + 3_000_000


LARGE_JOBS = {
    "linear, larger": (scan(noise(160, 150, 100)), S(frames=150, height=400, width=440)),
    "cubic, smaller": (
        scan(np.zeros((400, 500, 320), np.int16)), S(frames=160, height=200, width=250, order=3),
    ),
    "nearest": (scan(noise(160, 150, 100)), S(frames=150, height=400, width=440, order=0)),
    "as it is": (scan(np.zeros((300, 300, 400), np.int16)), S(normalize="zscore")),
    "film": (film(np.zeros((160, 300, 400, 3), np.uint8)), S(channels="rgb", height=330)),
    "heatmaps": (skeleton(noise(250, 18, 2)), S(height=112, width=112, combine="joints")),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE_JOBS)
def test_the_estimate_of_a_job_over_200_mb_is_at_most_a_third_too_large(name):
    source, settings = LARGE_JOBS[name]
    compiled.warm_up()
    tracemalloc.start()
    vv.encode(source, settings)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = estimate(source, settings)
    assert said > 100_000_000
    assert peak_bytes <= said <= 1.3 * peak_bytes, f"{said / peak_bytes:.2f} times"
