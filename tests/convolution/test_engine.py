"""A clip and a bank become feature maps, with their measures, in memory, with a way to stop."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from voxviewer import files
from voxviewer.convolution import conv3d, random_filters, tuning
from voxviewer.convolution.engine import finish, peak_bytes, run, timed_again
from voxviewer.convolution.handwritten import plan_for
from voxviewer.convolution.measures import measure
from voxviewer.data import Clip, FilterBank
from voxviewer.files import TooLargeError
from voxviewer.settings import ConvolutionSettings, EncodingSettings


def make_clip(shape=(8, 10, 12, 1), seed=0):
    data = np.random.default_rng(seed).random(shape, np.float32)
    frames = np.arange(shape[0])
    names = tuple(f"c{c}" for c in range(shape[3]))
    return Clip(data, np.ones(shape[0], bool), frames, names, "noise", EncodingSettings())


def test_maps_are_those_of_conv3d():
    clip, bank = make_clip(), random_filters(5, (3, 5, 2), seed=1)
    bank = replace(bank, bias=np.arange(5, dtype=np.float32))
    settings = ConvolutionSettings(padding="valid", strides=(2, 1, 1), dilation=(1, 2, 1))
    maps = run(clip, bank, settings)
    expected = conv3d(clip.data, bank.kernels, bank.bias, (2, 1, 1), "valid", (1, 2, 1))
    np.testing.assert_array_equal(maps.data, expected)
    assert (maps.clip, maps.bank, maps.settings) == (clip, bank, settings)
    assert maps.engine == "handwritten"
    assert maps.seconds > 0
    assert maps.receptive_field == (3, 9, 2)
    assert maps.stride == (2, 1, 1)
    assert maps.offset == (1.0, 4.0, 0.5)
    assert not maps.data.flags.writeable


def test_a_map_frame_lies_where_its_window_is_centered():
    maps = run(make_clip(), random_filters(1, (3, 3, 3)), ConvolutionSettings(padding="valid"))
    assert [maps.clip_frame(u) for u in range(6)] == [1, 2, 3, 4, 5, 6]
    assert maps.map_frame(0) is None
    assert maps.map_frame(1) == 0


def test_convolution_mode_flips_all_three_kernel_axes():
    clip, bank = make_clip(), random_filters(2, (2, 3, 4))
    maps = run(clip, bank, ConvolutionSettings(mode="convolution"))
    flipped = np.ascontiguousarray(bank.kernels[::-1, ::-1, ::-1])
    np.testing.assert_array_equal(maps.data, conv3d(clip.data, flipped, padding="same"))


def test_the_activation_is_applied():
    clip, bank = make_clip(), replace(random_filters(4), activation="relu")
    maps = run(clip, bank, ConvolutionSettings())
    plain = conv3d(clip.data, bank.kernels, padding="same")
    np.testing.assert_array_equal(maps.data, np.maximum(plain, 0))
    np.testing.assert_allclose(maps.sparsity, (plain <= 0).mean(axis=(0, 1, 2)), rtol=1e-6)


@pytest.mark.parametrize("filters", [1, 3, 8, 64, 100])
def test_limits_energy_and_sparsity_are_what_they_say(filters):
    data = np.random.default_rng(3).standard_normal((2, 300, 3, filters)).astype(np.float32)
    data[np.abs(data) < 0.3] = 0
    data[:, :, 0] = 0
    limits, energy, sparsity = measure(data)
    np.testing.assert_array_equal(limits, np.abs(data).max(axis=(0, 1, 2)))
    np.testing.assert_allclose(energy, (data.astype(float) ** 2).mean(axis=(1, 2)), rtol=1e-6)
    np.testing.assert_allclose(sparsity, (data == 0).mean(axis=(0, 1, 2)), rtol=1e-6)


def test_values_that_are_not_finite_do_not_spoil_the_limits():
    data = np.ones((2, 2, 2, 2), np.float32)
    data[0, 0, 0] = np.nan, np.inf
    limits, energy, _ = measure(data)
    assert limits.tolist() == [1, 1]
    assert energy.tolist() == [[0.75, 0.75], [1, 1]]


def test_channels_that_do_not_meet_say_what_to_do():
    with pytest.raises(
        ValueError, match=r"take 3 channels, the clip has 1\. Choose filters for 1 "
    ):
        run(make_clip(), random_filters(channels=3), ConvolutionSettings())


def test_loading_the_inner_loop_is_no_part_of_the_seconds(monkeypatch):
    """In a fresh process it takes a second or two: as long as a thousand of these convolutions."""
    load, clock = tuning.kernel_for, time.perf_counter
    told = []

    def watched(name, function):
        return lambda *given, **named: (told.append(name), function(*given, **named))[1]

    monkeypatch.setattr(tuning, "kernel_for", watched("load", load))
    monkeypatch.setattr("time.perf_counter", watched("clock", clock))
    assert run(make_clip(), random_filters(7), ConvolutionSettings()).seconds > 0
    assert told == ["load", "clock", "clock"]


def test_maps_are_timed_again_as_keras_is_and_stay_what_they_are(monkeypatch):
    """The first call of a window waits for memory and for the window itself."""
    maps = run(make_clip(), random_filters(7), ConvolutionSettings())
    clock = iter([0.0, 0.004, 1.0, 1.002, 2.0, 2.003])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    again = timed_again(replace(maps, seconds=0.02))
    assert again.seconds == pytest.approx(0.002)
    assert again.data is maps.data


def test_maps_that_took_long_are_not_computed_again(monkeypatch):
    maps = replace(run(make_clip(), random_filters(7), ConvolutionSettings()), seconds=3.0)
    monkeypatch.setattr("time.perf_counter", None)
    assert timed_again(maps) is maps


def test_an_unknown_activation_is_noticed_before_the_work():
    bank = replace(random_filters(2), activation="maxout")
    with pytest.raises(ValueError, match="maxout"):
        run(make_clip(), bank, ConvolutionSettings())


def test_maps_that_do_not_fit_are_refused_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(files, "available_memory", lambda: 100_000)
    clip = make_clip((16, 32, 32, 1))
    with pytest.raises(TooLargeError) as caught:
        run(clip, random_filters(4), ConvolutionSettings(), allow_large=True)
    assert not caught.value.askable
    assert str(caught.value).startswith("noise: convolving it takes")
    assert "Use fewer filters" in str(caught.value)
    needed = peak_bytes(plan_for(clip, random_filters(8), ConvolutionSettings()))
    assert needed >= 4 * clip.data.size * 8
    monkeypatch.setattr(files, "available_memory", lambda: int(needed / 0.65))
    with pytest.raises(TooLargeError) as caught:
        run(clip, random_filters(8), ConvolutionSettings())
    assert caught.value.askable
    assert run(clip, random_filters(8), ConvolutionSettings(), allow_large=True).data.any()


class Stop(Exception):
    pass


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_rises_and_can_stop_the_work(threads, monkeypatch):
    monkeypatch.setattr("voxviewer.convolution.slabs.PER_SLAB", 1e6)
    clip, bank = make_clip((24, 48, 48, 1)), random_filters(8, (3, 5, 5))
    told: list[float] = []
    with tuning.limited_to(threads):
        whole = run(clip, bank, ConvolutionSettings(), progress=lambda s, _: told.append(s))
        assert told == sorted(told)
        assert (told[0], told[-1]) == (0, 1)
        assert len(told) > 3 or threads > 1

        def stop(share: float, text: str) -> None:
            if share > 0:
                raise Stop

        with pytest.raises(Stop):
            run(clip, bank, ConvolutionSettings(), progress=stop)
    monkeypatch.undo()
    np.testing.assert_array_equal(run(clip, bank, ConvolutionSettings()).data, whole.data)


def test_finish_builds_the_noun_of_another_engines_result():
    clip, bank = make_clip(), random_filters(3)
    data = np.zeros((8, 10, 12, 3), np.float32)
    maps = finish(data, clip, bank, ConvolutionSettings(engine="keras"), "keras", 0.5)
    assert (maps.engine, maps.seconds) == ("keras", 0.5)
    assert np.shares_memory(maps.data, data)
    with pytest.raises(ValueError, match=r"expected \(6, 8, 10, 3\)"):
        finish(data, clip, bank, ConvolutionSettings(padding="valid"), "keras", 0.5)


def test_a_bank_of_flipped_views_and_read_only_arrays_is_taken():
    clip = make_clip()
    kernels = random_filters(2).kernels[::-1]
    bank = FilterBank(kernels, np.zeros(2, np.float32), "linear", "turned")
    maps = run(clip, bank, ConvolutionSettings())
    np.testing.assert_array_equal(maps.data, conv3d(clip.data, kernels, padding="same"))


@pytest.mark.parametrize("size", [1e-30, 1e-12, 1.0, 1e12, 1e30])
def test_shares_of_energy_do_not_depend_on_the_size_of_values(size: float) -> None:
    """Squares of physical units (1e-20) and of wild ones (1e30) are no float32 numbers."""
    data = np.random.default_rng(3).normal(size=(3, 5, 6, 4)).astype(np.float32)
    _, energy, _ = measure(data * np.float32(size))
    expected = (data.astype(np.float64) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(energy / energy.sum(), expected / expected.sum(), rtol=1e-5)
    np.testing.assert_allclose(energy, expected * size**2, rtol=1e-4)
