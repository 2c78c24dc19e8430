"""Repairs give back what the fault took away; sources without the fault stay as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from encoding_sources import Lazy, film, noise, scan, skeleton, volume

import voxviewer as vv

S = vv.EncodingSettings


def smooth(T=4, H=30, W=40, top=400):
    rows, columns = np.mgrid[:H, :W] / 10
    frames = [np.sin(columns + t / 3) * np.cos(rows - t / 5) + 1 for t in range(T)]
    return (np.array(frames) / 2 * top)[..., None]


def test_bgr_becomes_rgb_and_alpha_stays():
    frames = (noise(2, 5, 6, 4) * 40 + 100).astype(np.uint8)
    swapped = frames[..., [2, 1, 0, 3]]
    for channels in ("rgb", "gray"):
        right = vv.encode(film(frames), S(channels=channels)).data
        mended = vv.encode(film(swapped), S(channels=channels, repairs=("bgr",))).data
        assert np.array_equal(mended, right)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_whole_numbers_that_ran_over_are_continued(dtype):
    true = smooth(top=400 if dtype == np.uint8 else 50_000).astype(np.int64)
    source = film(true.astype(dtype))
    mended = vv.encode(source, S(repairs=("unwrap",))).data
    assert np.array_equal(mended, true.astype(np.float32))
    assert not np.array_equal(vv.encode(source).data, mended)


def test_frames_scaled_one_by_one_get_one_level_again():
    rows = np.linspace(0, 1, 40)
    still = (rows[:, None] + rows[None, :])[None, ..., None] * np.ones((6, 1, 1, 1))
    gains, levels = np.array([1, 1.5, 0.8, 1.2, 0.7, 1.1]), np.array([0, 0.2, -0.1, 0.3, 0, 0.1])
    faulty = (still * gains[:, None, None, None] + levels[:, None, None, None]).astype(np.float32)
    mended = vv.encode(film(faulty), S(repairs=("levels",))).data
    assert np.abs(mended - mended[:1]).max() < 1e-5 < np.abs(faulty - faulty[:1]).max()


def test_repairs_read_disk_memory_and_any_sweep_alike():
    array = smooth(6, 12, 14, 400).astype(np.uint8)[..., 0]
    for source in (scan(array), volume(array[None, ..., None].repeat(3, 0))):
        for change in ({}, {"time_axis": "height"}, {"time_axis": "width"}, {"depth": "mean"}):
            settings = S(repairs=("unwrap", "levels"), **change)
            lazy = replace(source, voxels=Lazy(np.asarray(source.voxels)))
            assert np.array_equal(vv.encode(source, settings).data, vv.encode(lazy, settings).data)


def test_zeros_count_as_not_seen_and_gaps_are_filled_on_a_line():
    joints = noise(7, 3, 2) * 0.3
    joints[2:4, 1] = 0
    joints[:2, 2] = np.nan
    clip = vv.encode(skeleton(joints), S(repairs=("zeros-missing", "fill-gaps"), combine="joints"))
    right = joints.copy()
    right[2, 1] = joints[1, 1] + (joints[4, 1] - joints[1, 1]) / 3
    right[3, 1] = joints[1, 1] + (joints[4, 1] - joints[1, 1]) * 2 / 3
    right[:2, 2] = joints[2, 2]
    expected = vv.joint_heatmaps(right, 64, 64, 5.0, combine="joints")
    assert np.allclose(clip.data, expected, atol=1e-5)


def test_repairs_of_other_sources_are_ignored():
    source = scan(noise(4, 5, 6))
    repairs = ("bgr", "unwrap", "levels", "zeros-missing")
    assert np.array_equal(vv.encode(source, S(repairs=repairs)).data, vv.encode(source).data)
    assert "repairs" not in vv.encode(source, S(repairs=repairs)).steps[-1].code
