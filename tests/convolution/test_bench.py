"""Stimuli that are what they say, and tuning curves that tell motion filters from random ones."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from voxviewer import files
from voxviewer.convolution import bench, preset_filters, random_filters
from voxviewer.convolution.bench import BenchSettings, measure_filters
from voxviewer.convolution.motion import DIRECTIONS
from voxviewer.convolution.presets import PRESETS
from voxviewer.convolution.stimuli import bar_clip, flicker_clip, grating_clip, impulse_clip
from voxviewer.data import Cancelled
from voxviewer.files import TooLargeError

MOTION = [name for name in PRESETS if name.startswith("motion")]
SHAPE = (9, 21, 25)


def center(frame):
    """Columns and rows (downwards) of the brightness' center, from the middle."""
    h, w = np.indices(frame.shape)
    total = frame.sum()
    rows, columns = (h * frame).sum() / total, (w * frame).sum() / total
    return columns - (frame.shape[1] - 1) / 2, rows - (frame.shape[0] - 1) / 2


# stimuli


@pytest.mark.parametrize("direction", DIRECTIONS, ids=lambda way: way.name)
@pytest.mark.parametrize("speed", [0.5, 1.0])
def test_a_bar_moves_where_and_as_fast_as_it_says(direction, speed):
    clip = bar_clip(direction, speed, (9, 33, 33))
    assert clip.data.dtype == np.float32
    assert 0 <= clip.data.min() and clip.data.max() == 1
    # round the middle, where the bar's ends are not seen
    disk = np.hypot(*(np.indices((33, 33)) - 16)) <= 12
    places = np.array([center(frame[..., 0] * disk) for frame in clip.data])
    columns, rows = direction.step
    along = places @ np.array([columns, rows])
    np.testing.assert_allclose(along, speed * (np.arange(9) - 4), atol=0.35)


def test_down_is_down_and_right_is_right():
    ways = {way.name: way.step for way in DIRECTIONS}
    assert ways["right"] == (1, 0)
    assert ways["down"] == (0, 1)
    np.testing.assert_allclose(ways["up left"], (-(0.5**0.5), -(0.5**0.5)))


def test_flicker_is_uniform_and_a_grating_moves_by_rate_times_wavelength():
    flicker = flicker_clip(0.25, SHAPE).data
    assert np.ptp(flicker, axis=(1, 2)).max() == 0
    np.testing.assert_allclose(flicker[:5, 0, 0, 0], [1, 0.5, 0, 0.5, 1], atol=1e-6)
    right = DIRECTIONS[0]
    grating = grating_clip(right, 0.25, SHAPE, wavelength=8).data[..., 0]
    np.testing.assert_allclose(grating[1:, :, 2:], grating[:-1, :, :-2], atol=1e-6)


def test_an_impulse_is_one_voxel():
    data = impulse_clip((5, 7, 9)).data
    assert np.argwhere(data).tolist() == [[2, 3, 4, 0]]
    assert data.sum() == 1


# the bench


@pytest.mark.parametrize("name", MOTION)
@pytest.mark.parametrize("size", [None, (5, 7, 7)], ids=["least", "large"])
def test_motion_presets_prefer_their_own_direction_three_to_one(name, size):
    bank = preset_filters(name, size or PRESETS[name].least)
    tuning = measure_filters(bank)
    ways = {way.name for way in DIRECTIONS}
    moving = 0
    for f, word in enumerate(bank.names):
        own = word.removeprefix("motion ").split(",")[0]
        if own not in ways:
            continue
        moving += 1
        assert tuning.direction_names[tuning.preferred[f]] == own
        assert tuning.selectivity[f] >= 3
        assert tuning.direction_curve(f).argmax() == tuning.preferred[f]
    assert moving >= 4


def test_slow_and_fast_filters_prefer_slow_and_fast_bars():
    tuning = measure_filters(preset_filters("motion-speeds", (7, 9, 9)))
    assert tuning.speeds[tuning.best_speed].tolist() == [0.5] * 4 + [1.0] * 4 + [2.0] * 4
    assert all(
        tuning.speed_curve(f).argmax() == tuning.best_speed[f] for f in range(len(tuning.names))
    )


def test_random_filters_stay_near_flat():
    tuning = measure_filters(random_filters(128, seed=1))
    assert np.median(tuning.selectivity) < 1.7
    assert np.quantile(tuning.selectivity, 0.9) < 3


def test_edges_and_blur_have_no_direction():
    for name in ("edges", "gaussian-blur"):
        np.testing.assert_allclose(measure_filters(preset_filters(name)).selectivity, 1, atol=1e-6)


def test_sobel_x_prefers_upright_bars_and_no_flicker():
    tuning = measure_filters(preset_filters("edges"))
    assert tuning.direction_names[tuning.preferred[0]] in ("right", "left")
    assert tuning.direction_names[tuning.preferred[1]] in ("up", "down")
    assert tuning.flicker[[0, 1, 3]].max() < 1e-6
    assert tuning.flicker[2].min() > 0.1


def test_gains_are_those_of_the_fourier_transform():
    bank = random_filters(5, (4, 3, 5), seed=2)
    tuning = measure_filters(bank)
    t, h, w = np.meshgrid(*(np.arange(n) for n in bank.size), indexing="ij")
    for r, rate in enumerate(tuning.rates):
        wave = np.exp(-2j * np.pi * rate * t)
        gain = np.abs((bank.kernels[..., 0, :] * wave[..., None]).sum((0, 1, 2)))
        np.testing.assert_allclose(tuning.flicker[:, r], gain, rtol=1e-5)
        for d, direction in enumerate(DIRECTIONS):
            columns, rows = direction.step
            wave = np.exp(2j * np.pi * ((columns * w + rows * h) / 4 - rate * t))
            gain = np.abs((bank.kernels[..., 0, :] * wave[..., None]).sum((0, 1, 2)))
            np.testing.assert_allclose(tuning.gratings[:, d, r], gain, rtol=1e-4, atol=1e-6)


def test_the_impulse_response_is_the_kernel_flipped_its_channels_added():
    bank = random_filters(3, (2, 3, 4), channels=2, seed=3)
    impulse = measure_filters(bank).impulse
    expected = bank.kernels.sum(3)[::-1, ::-1, ::-1]
    np.testing.assert_allclose(np.moveaxis(impulse, 0, -1), expected, atol=1e-7)


def test_color_filters_are_shown_gray():
    gray, color = (measure_filters(preset_filters("edges", channels=n)) for n in (1, 3))
    np.testing.assert_allclose(gray.bars, color.bars, atol=1e-6)


def test_a_filter_of_zeros_answers_to_nothing():
    bank = preset_filters("edges")
    tuning = measure_filters(replace(bank, kernels=bank.kernels * 0))
    assert np.isnan(tuning.selectivity).all()
    assert tuning.as_dict()["selectivity"] == [None] * 4


def test_numbers_can_be_saved():
    tuning = measure_filters(preset_filters("motion-directions"), BenchSettings(speeds=(1, 2)))
    told = json.loads(json.dumps(tuning.as_dict(), allow_nan=False))
    assert told["preferred"] == [way.name for way in DIRECTIONS]
    assert np.shape(told["bars"]) == (8, 8, 2)
    lines = tuning.as_csv().splitlines()
    assert lines[0] == "filter,direction,degrees,speed,response"
    assert len(lines) == 1 + 8 * 8 * 2
    assert lines[1].startswith("motion right,right,0,1,")


def test_progress_can_stop_it():
    def stop(share: float, text: str) -> None:
        if share > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        measure_filters(preset_filters("edges"), progress=stop)


@pytest.mark.parametrize(
    "wrong", [{"speeds": ()}, {"speeds": (0,)}, {"rates": (99,)}, {"width": 0}]
)
def test_questions_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        BenchSettings(**wrong)


def test_kernels_whose_bars_do_not_fit_in_memory_are_refused(monkeypatch):
    bank = random_filters(2, (9, 9, 9))
    seen = []
    monkeypatch.setattr(bench, "bar_clip", lambda *_: seen.append(1))
    monkeypatch.setattr(files, "available_memory", lambda: 1_000_000)
    with pytest.raises(TooLargeError, match=r"Filter bench: measuring takes .* smaller filters"):
        measure_filters(bank)
    assert not seen


def test_it_can_be_stopped_within_a_convolution():
    """One convolution with large kernels takes minutes: it asks after each slab of it."""
    bank = random_filters(count=64, kernel=(3, 31, 31), channels=1, seed=0)
    asked = []

    def stop(share, words):
        asked.append(words)
        if len(asked) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        measure_filters(bank, progress=stop)
    assert set(asked) == {"Showing motion right"}
