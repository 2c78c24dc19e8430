"""A clip of another size lies where it lay, and its frames are the nearest ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from encoding_sources import film, noise
from scipy import ndimage

import voxviewer as vv
from voxviewer.encoding.clip_resampling import resampled_clip


def clip_in_space():
    clip = vv.encode(film(noise(6, 9, 4, 2)))
    affine = np.array([[0, -2.0, 0, 5], [1.5, 0, 0, -7], [0, 0, 3.0, 1], [0, 0, 0, 1]])
    return replace(clip, affine=affine, spacing=(3.0, 1.5, 2.0), times=np.arange(6) / 10)


def test_values_are_scipys_and_the_outer_faces_stay():
    clip = clip_in_space()
    made = resampled_clip(clip, (9, 18, 6), "for the model")
    zoom = np.divide((9, 18, 6, 2), (6, 9, 4, 2))
    expected = ndimage.zoom(clip.data, zoom, order=1, grid_mode=True, mode="nearest")
    assert np.allclose(made.data, expected, atol=1e-6)
    for old, new in (([0, 0, 0], [0, 0, 0]), ([9, 4, 6], [18, 6, 9])):  # corners, as H, W, T
        before = clip.affine @ [*np.subtract(old, 0.5), 1]
        assert np.allclose(made.affine @ [*np.subtract(new, 0.5), 1], before)
    assert np.allclose(np.multiply(made.spacing, (9, 18, 6)), np.multiply(clip.spacing, (6, 9, 4)))
    assert made.warnings[-1].startswith("The clip was resampled to 9 x 18 x 6 (T, H, W) for")


def test_frames_and_times_are_those_of_the_nearest():
    clip = clip_in_space()
    clip = replace(clip, real=np.arange(6) < 4, frames=np.array([0, 2, 4, 6, -1, -1]))
    made = resampled_clip(clip, (3, 9, 4), "")
    assert made.frames.tolist() == [2, 6, -1] and made.real.tolist() == [True, True, False]
    assert np.allclose(made.times, [0.1, 0.3, 0.5])


def test_a_clip_of_that_size_is_the_one_itself():
    clip = clip_in_space()
    assert resampled_clip(clip, (6, 9, 4), "for the model") is clip
