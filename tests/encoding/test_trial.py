"""One frame by every method: the clip's own frame, SciPy's numbers, and what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from encoding_sources import Lazy, film, noise, scan, volume
from scipy import ndimage

from voxviewer.encoding import encode
from voxviewer.encoding.trial import METHODS, Method, area_mean, difference, reach, try_methods
from voxviewer.settings import EncodingSettings


@pytest.mark.parametrize("grid", ["edges", "centers"])
@pytest.mark.parametrize("frames", [None, 4, 17])
def test_every_method_makes_the_very_frame_that_encode_would_make(grid: str, frames: Any) -> None:
    """Also where slices are blended to another number of frames."""
    source = scan(noise(20, 26, 11))
    size = EncodingSettings(frames=frames, height=9, width=31, grid=grid)
    for frame in (0, 2):
        trial = try_methods(source, size, frame)
        assert trial is not None
        for method in METHODS:
            chosen = EncodingSettings(
                frames, 9, 31, order=method.order, grid=grid, antialias=method.antialias
            )
            made = trial.made_by(method).plane
            np.testing.assert_allclose(made, encode(source, chosen).data[frame], atol=2e-5)


@pytest.mark.parametrize("time_axis", ["height", "width"])
def test_another_axis_as_time_is_swept_the_same_way(time_axis: str) -> None:
    source = scan(noise(20, 26, 11))
    settings = EncodingSettings(frames=7, height=9, width=8, order=3, time_axis=time_axis)
    trial = try_methods(source, settings, 3)
    assert trial is not None
    clip = encode(source, settings)
    np.testing.assert_allclose(trial.made_by(trial.chosen).plane, clip.data[3], atol=2e-5)


def test_frames_of_a_film_are_resized_alone_and_colors_stay() -> None:
    source = film(np.random.default_rng(0).integers(0, 255, (6, 20, 24, 3)).astype(np.uint8))
    settings = EncodingSettings(frames=3, height=10, width=12, channels="rgb", order=1)
    trial = try_methods(source, settings, 1)
    assert trial is not None
    clip = encode(source, settings)
    assert trial.source_frame == clip.frames[1]
    assert trial.channels == ("red", "green", "blue")
    np.testing.assert_allclose(trial.made_by(trial.chosen).plane, clip.data[1], atol=1e-3)
    assert [extent.letter for extent in trial.extents] == ["H", "W"]


def test_roles_and_repairs_reach_the_frame_as_they_reach_the_clip() -> None:
    """Another axis as time, red and blue exchanged."""
    voxels = np.random.default_rng(0).integers(0, 255, (1, 5, 12, 14, 3)).astype(np.uint8)
    settings = EncodingSettings(
        height=6, width=5, channels="rgb", repairs=("bgr",),
        roles=(0, "height", "time", "width", "channel"),
    )  # fmt: skip
    trial = try_methods(volume(voxels), settings, 7)
    assert trial is not None
    clip = encode(volume(voxels), settings)
    np.testing.assert_allclose(trial.made_by(trial.chosen).plane, clip.data[7], atol=1e-3)


def test_a_padded_frame_has_nothing_to_try() -> None:
    source = film(noise(3, 8, 8, 1))
    assert try_methods(source, EncodingSettings(frames=5, length="pad-zero"), 4) is None


def test_only_the_slices_that_reach_the_frame_are_read() -> None:
    """A sweep that keeps its frames takes one slice for each; nothing else is touched."""
    voxels = Lazy(noise(1, 40, 16, 16, 1))
    source = volume(voxels)
    try_methods(source, EncodingSettings(height=8, width=8), 5)
    assert sum(voxels.read) == 16 * 16


def test_an_order_without_a_name_is_tried_too() -> None:
    source = film(noise(1, 12, 12, 1))
    trial = try_methods(source, EncodingSettings(height=24, width=24, order=4), 0)
    assert trial is not None
    assert trial.chosen == Method(4, True)
    assert trial.chosen.name == "Order 4, anti-alias"
    assert len(trial.tries) == len(METHODS) + 1


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize(("n", "m"), [(30, 7), (7, 30), (12, 12)])
def test_the_reach_of_a_sample_is_a_row_of_scipys_zoom(method: Method, n: int, m: int) -> None:
    x = np.random.default_rng(1).random(n)
    smooth = x
    if method.antialias and n > m:
        smooth = ndimage.gaussian_filter1d(x, (n / m - 1) / 2, mode="nearest")
    wanted = ndimage.zoom(smooth, m / n, order=method.order, grid_mode=True, mode="nearest")
    for at in range(m):
        weights = reach(n, m, at, method, "edges")
        got = sum(weight * x[k] for k, weight in weights.items())
        assert got == pytest.approx(wanted[at], abs=1e-5)


def test_cubic_overshoots_a_step_and_linear_does_not() -> None:
    """A step of height 1 reaches -0.09 and 1.09 by cubic splines (SciPy's own numbers)."""
    step = np.zeros((1, 16, 16, 1), np.float32)
    step[:, :, 8:] = 1
    trial = try_methods(film(step), EncodingSettings(height=16, width=64), 0)
    assert trial is not None
    cubic, linear = (trial.made_by(Method(order)).overshoot for order in (3, 1))
    reference = ndimage.zoom(step[0, :, :, 0], (1, 4), order=3, grid_mode=True, mode="nearest")
    assert cubic.above == pytest.approx(reference.max() - 1, abs=1e-5)
    assert cubic.below == pytest.approx(-reference.min(), abs=1e-5)
    assert (linear.below, linear.above) == (0, 0)


def test_antialias_takes_a_checkerboards_false_detail_away() -> None:
    board = (np.indices((48, 48)).sum(axis=0) % 2).astype(np.float32)[None, ..., None]
    trial = try_methods(
        film(board + 0.001 * noise(1, 48, 48, 1)), EncodingSettings(None, 20, 20), 0
    )
    assert trial is not None
    plain, smooth = (trial.made_by(Method(1, flag)).plane.std() for flag in (False, True))
    assert smooth < plain / 2
    assert trial.shrinks


def test_the_extent_is_kept_between_edges_and_grows_between_centers() -> None:
    source = volume(noise(1, 8, 20, 10, 1), spacing=(2.5, 1.5, 1.0))
    kept = try_methods(source, EncodingSettings(None, 10, 5), 0)
    grown = try_methods(source, EncodingSettings(None, 10, 5, grid="centers"), 0)
    assert kept is not None
    assert grown is not None
    assert [extent.lengths for extent in kept.extents] == [(20, 20), (30, 30), (10, 10)]
    assert kept.extents[1].spacings == (1.5, 3.0)
    assert grown.extents[1].spacings[1] == pytest.approx(1.5 * 19 / 9)
    assert grown.extents[0].unit == "mm"


def test_the_mean_under_each_pixel_is_a_block_mean_where_sizes_divide() -> None:
    x = noise(12, 20, 2)
    blocks = x.reshape(4, 3, 5, 4, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(area_mean(x, (4, 5)), blocks, atol=1e-6)
    np.testing.assert_allclose(area_mean(x, (36, 40)), x.repeat(3, 0).repeat(2, 1), atol=1e-6)
    np.testing.assert_allclose(area_mean(x, (7, 9)).mean(), x.mean(), atol=1e-6)


def test_an_unchanged_frame_differs_from_its_source_by_nothing() -> None:
    trial = try_methods(film(noise(2, 9, 7, 1)), EncodingSettings(), 1)
    assert trial is not None
    for on in ("clip", "source"):
        assert not difference(trial, trial.chosen, on).any()


def test_the_difference_on_the_sources_pixels_is_scipys_way_back() -> None:
    x = noise(1, 12, 16, 1)
    trial = try_methods(film(x), EncodingSettings(None, 6, 8, order=0), 0)
    assert trial is not None
    after = trial.made_by(trial.chosen).plane[..., 0]
    back = ndimage.zoom(after, 2, order=1, grid_mode=True, mode="nearest")
    on_source = difference(trial, trial.chosen, "source")[..., 0]
    np.testing.assert_allclose(on_source, back - x[0, ..., 0], atol=1e-6)
