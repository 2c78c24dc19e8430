"""Keras' Conv3D in its own process against float64 by definition, SciPy, and refusals in words."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from float64_reference import conv3d, difference

import voxviewer as vv
from voxviewer.data import Cancelled, Clip
from voxviewer.files import TooLargeError
from voxviewer.networks import client, keras_layer
from voxviewer.networks.client import EngineError, KerasEngine, KerasMissing, output_shape
from voxviewer.settings import ConvolutionSettings, EncodingSettings
from voxviewer.workers import Worker

TOLERANCE = 1e-6
ONES = (1, 1, 1)

GRID = [
    # clip (T, H, W, C), kernels (kT, kH, kW, C, F), strides, dilation
    ((5, 7, 6, 1), (3, 3, 3, 1, 4), ONES, ONES),
    ((5, 7, 6, 3), (1, 3, 5, 3, 2), ONES, ONES),
    ((6, 8, 9, 2), (2, 4, 1, 2, 3), ONES, ONES),
    ((1, 9, 9, 1), (1, 1, 1, 1, 1), ONES, ONES),
    ((7, 9, 8, 1), (3, 2, 3, 1, 5), (2, 1, 3), ONES),
    ((8, 7, 9, 3), (3, 3, 3, 3, 2), (1, 2, 2), ONES),
    ((9, 8, 7, 4), (2, 3, 4, 4, 3), (3, 3, 2), ONES),
    ((9, 11, 10, 1), (3, 3, 3, 1, 2), ONES, (2, 1, 3)),
    ((9, 9, 12, 2), (2, 3, 4, 2, 3), ONES, (1, 3, 2)),
    # a stride larger than the kernel
    ((6, 8, 10, 2), (1, 1, 1, 2, 2), (3, 4, 5), ONES),
    # TensorFlow's trap: one channel, stride 1 along H, 2 or 3 along W, an output one voxel wide
    ((7, 11, 4, 1), (1, 2, 3, 1, 1), (1, 1, 2), ONES),
    ((7, 11, 4, 1), (1, 2, 3, 1, 1), (1, 1, 3), ONES),
    ((6, 12, 3, 1), (2, 3, 2, 1, 4), (2, 1, 3), ONES),
    ((5, 9, 2, 1), (1, 1, 2, 1, 3), (1, 1, 2), ONES),
]


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("clip", "kernels", "strides", "dilation"), GRID)
def test_keras_equals_the_definition(
    keras_engine, make_clip, make_bank, clip, kernels, strides, dilation, padding
):
    clip, bank = make_clip(clip), make_bank(kernels)
    settings = ConvolutionSettings(padding=padding, strides=strides, dilation=dilation)
    maps, seconds = keras_engine.convolve(clip, bank, settings)
    exact, sums = conv3d(
        clip.data, bank.kernels, bank.bias, padding=padding, strides=strides, dilation=dilation
    )
    assert maps.dtype == np.float32
    assert maps.shape == exact.shape
    assert difference(maps, exact, sums) < TOLERANCE
    assert 0 < seconds < 10


def test_the_trap_of_tensorflow_stays_avoided(keras_engine, make_clip, make_bank):
    """Uninitialized memory differs from call to call; ours must not."""
    clip, bank = make_clip((7, 11, 4, 1)), make_bank((1, 2, 3, 1, 1))
    settings = ConvolutionSettings(padding="valid", strides=(1, 1, 2))
    exact, sums = conv3d(clip.data, bank.kernels, bank.bias, padding="valid", strides=(1, 1, 2))
    for _ in range(5):
        maps, _ = keras_engine.convolve(clip, bank, settings)
        assert difference(maps, exact, sums) < TOLERANCE


class Built(Exception):
    """What the layer would have been built with."""


@pytest.mark.parametrize(
    ("channels", "strides", "expected"),
    [(1, (1, 1, 2), 2), (1, (2, 1, 1), 2), (1, (1, 1, 1), 1), (2, (1, 1, 2), 2)],
)
def test_a_single_channel_with_strides_gets_one_of_zeros(monkeypatch, channels, strides, expected):
    """The fault shows on some processors only, so the way round it is looked at itself."""

    def layer(kernels, bias, choices):
        raise Built(kernels)

    monkeypatch.setattr(keras_layer, "_layer", layer)
    kernels = np.ones((1, 2, 3, channels, 1), np.float32)
    clip, maps = np.ones((7, 11, 4, channels), np.float32), np.zeros((7, 10, 1, 1), np.float32)
    choices = keras_layer.Choices(strides=strides)
    with pytest.raises(Built) as caught:
        keras_layer.run(clip, kernels, np.zeros(1, np.float32), maps, choices, lambda *_: None)
    (built,) = caught.value.args
    assert built.shape[3] == expected
    np.testing.assert_array_equal(built[..., :channels, :], kernels)
    assert not built[..., channels:, :].any()


@pytest.mark.parametrize("mode", ["correlation", "convolution"])
def test_modes_are_scipys_twins(keras_engine, make_clip, make_bank, mode):
    from scipy import ndimage

    clip, bank = make_clip((6, 8, 7, 1)), make_bank((3, 3, 5, 1, 1))
    maps, _ = keras_engine.convolve(clip, bank, ConvolutionSettings(mode=mode))
    twin = {"correlation": ndimage.correlate, "convolution": ndimage.convolve}[mode]
    x, w = clip.data[..., 0].astype(np.float64), bank.kernels[..., 0, 0].astype(np.float64)
    expected = twin(x, w, mode="constant") + bank.bias[0]
    sums = ndimage.correlate(np.abs(x), np.abs(w), mode="constant")
    assert difference(maps[..., 0], expected, sums) < TOLERANCE


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", lambda y: np.maximum(y, 0)),
        ("tanh", np.tanh),
        ("sigmoid", lambda y: 1 / (1 + np.exp(-y))),
        ("elu", lambda y: np.where(y > 0, y, np.expm1(np.minimum(y, 0)))),
    ],
)
def test_keras_applies_bias_and_activation(
    keras_engine, make_clip, make_bank, activation, function
):
    clip, bank = make_clip((4, 5, 6, 2)), make_bank((3, 3, 3, 2, 3), activation)
    maps, _ = keras_engine.convolve(clip, bank, ConvolutionSettings())
    exact, _ = conv3d(clip.data, bank.kernels, bank.bias, padding="same")
    np.testing.assert_allclose(maps, function(exact), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", client.ACTIVATIONS)
def test_every_listed_activation_is_one_of_keras(keras_engine, make_clip, make_bank, name):
    maps, _ = keras_engine.convolve(
        make_clip((2, 3, 3, 1)), make_bank((1, 1, 1, 1, 2), name), ConvolutionSettings()
    )
    assert np.isfinite(maps).all()


def test_an_impulse_gives_the_kernel_back_turned_round(keras_engine, make_clip, make_bank):
    clip, bank = make_clip((5, 5, 5, 1)), make_bank((3, 3, 3, 1, 1))
    clip.data[...] = 0
    clip.data[2, 2, 2] = 1
    maps, _ = keras_engine.convolve(clip, bank, ConvolutionSettings())
    around = maps[1:4, 1:4, 1:4, 0] - bank.bias
    np.testing.assert_allclose(around, bank.kernels[::-1, ::-1, ::-1, 0, 0], atol=1e-6)


# -- slabs of time ----------------------------------------------------------------------------

SLABBED = [
    ((40, 5, 4, 1), (3, 3, 3, 1, 2), "same", (1, 1, 1), (1, 1, 1)),
    ((41, 5, 4, 2), (2, 1, 3, 2, 2), "same", (1, 2, 1), (1, 1, 1)),
    ((60, 5, 4, 1), (4, 3, 1, 1, 1), "same", (1, 1, 1), (2, 1, 1)),
    ((50, 4, 4, 1), (3, 1, 1, 1, 2), "valid", (2, 1, 1), (1, 1, 1)),
    ((61, 4, 4, 3), (2, 2, 2, 3, 2), "valid", (1, 1, 1), (3, 1, 1)),
    ((50, 4, 4, 1), (3, 3, 3, 1, 2), "same", (2, 1, 1), (1, 1, 1)),  # runs whole
]


@pytest.mark.parametrize(("clip", "kernels", "padding", "strides", "dilation"), SLABBED)
def test_slabs_of_time_give_what_the_whole_gives(
    keras_worker, make_clip, make_bank, clip, kernels, padding, strides, dilation
):
    clip, bank = make_clip(clip), make_bank(kernels)
    settings = ConvolutionSettings(padding=padding, strides=strides, dilation=dilation)
    shape = client.output_shape(clip, bank, settings)
    values = {"activation": "linear", "padding": padding, "strides": strides, "dilation": dilation}
    answer = keras_worker.ask(
        "conv3d_in_slabs",
        {**values, "flip": False},
        {"clip": clip.data, "kernels": bank.kernels, "bias": bank.bias},
        {"maps": (shape, "<f4")},
    )
    exact, sums = conv3d(
        clip.data, bank.kernels, bank.bias, padding=padding, strides=strides, dilation=dilation
    )
    assert difference(answer.arrays["maps"], exact, sums) < TOLERANCE
    heard = answer.values["heard"]
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert (len(heard) > 2) == (not (padding == "same" and strides[0] > 1))


def test_small_work_is_not_cut():
    choices = keras_layer.Choices(padding="same")
    slabs = list(keras_layer._slabs((16, 64, 64, 1), (3, 3, 3, 1, 8), (16, 64, 64, 8), choices))
    assert slabs == [keras_layer.Slab(0, 16, 0, 16, 0)]


# -- refusals ---------------------------------------------------------------------------------


@pytest.fixture
def offline():
    """An engine that must refuse before it starts anything."""
    engine = KerasEngine(Worker("vox_no_such_module", title="Keras"))
    yield engine
    assert engine.state == "off"


@pytest.mark.parametrize(
    ("bank", "options", "words"),
    [
        (((3, 3, 3, 1, 2),), {"strides": (1, 2, 1), "dilation": (2, 1, 1)}, "handwritten engine"),
        (((3, 3, 3, 2, 2),), {}, "take 2 channels, the clip has 1"),
        (((9, 3, 3, 1, 2),), {"padding": "valid"}, r"cover \(9, 3, 3\) voxels"),
        (((3, 3, 3, 1, 2),), {"padding": "valid", "dilation": (1, 5, 1)}, r"cover \(3, 11, 3\)"),
        (((3, 3, 3, 1, 2), "my_own"), {}, "knows no activation 'my_own'"),
    ],
)
def test_what_keras_cannot_do_is_refused_in_one_sentence(
    offline, make_clip, make_bank, bank, options, words
):
    with pytest.raises(ValueError, match=words):
        offline.convolve(make_clip((8, 8, 8, 1)), make_bank(*bank), ConvolutionSettings(**options))


def test_what_does_not_fit_in_memory_is_refused_before_anything_is_made(
    offline, make_clip, make_bank, monkeypatch
):
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 3_000_000)
    clip, bank = make_clip((16, 64, 64, 1)), make_bank((3, 3, 3, 1, 8))
    with pytest.raises(TooLargeError, match="convolving with Keras takes"):
        offline.convolve(clip, bank, ConvolutionSettings())


# -- the process ------------------------------------------------------------------------------


def test_versions_and_switches_travel_with_the_engine(keras_engine, make_clip, make_bank):
    keras_engine.convolve(
        make_clip((2, 2, 2, 1)), make_bank((1, 1, 1, 1, 1)), ConvolutionSettings()
    )
    versions = keras_engine.versions
    assert set(versions) == {"keras", "tensorflow", "onednn", "threads"}
    assert keras_engine.version == versions["keras"]
    major, minor = versions["keras"].split(".")[:2]
    assert keras_engine.text == f"Keras {major}.{minor} ready"
    assert keras_engine.state == "ready"


def test_the_clients_room_imports_no_tensorflow():
    code = (
        "import sys, voxviewer.networks.client, voxviewer.networks.model_files, "
        "voxviewer.networks.worker, voxviewer.networks.keras_layer\n"
        "print(sorted({'tensorflow', 'keras', 'h5py', 'PySide6'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("absent", "words"),
    [
        ({"tensorflow", "keras"}, "TensorFlow and Keras are not installed"),
        ({"tensorflow"}, "TensorFlow is not installed"),
        ({"keras"}, "Keras is not installed"),
    ],
)
def test_without_tensorflow_the_engine_says_so_and_starts_nothing(
    monkeypatch, make_clip, make_bank, absent, words
):
    monkeypatch.setattr(client, "find_spec", lambda name: None if name in absent else object())
    engine, heard = KerasEngine(), []
    engine.watch(lambda state, text: heard.append(state))
    engine.start()
    assert engine.state == "missing"
    assert words in engine.text
    assert engine.version == ""
    with pytest.raises(KerasMissing, match=words):
        engine.convolve(make_clip((2, 2, 2, 1)), make_bank((1, 1, 1, 1, 1)), ConvolutionSettings())
    engine.stop()
    assert heard == ["missing"]


def test_a_tensorflow_that_cannot_be_imported_counts_as_missing(tmp_path, make_clip, make_bank):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('libtensorflow is broken')")
    worker = Worker("voxviewer.networks.worker", title="Keras", path=(str(tmp_path),))
    engine = KerasEngine(worker)
    with pytest.raises(KerasMissing, match="libtensorflow is broken"):
        engine.convolve(make_clip((2, 2, 2, 1)), make_bank((1, 1, 1, 1, 1)), ConvolutionSettings())
    assert engine.state == "missing"
    engine.stop()


def test_an_error_inside_keras_is_one_sentence_and_keras_lives_on(
    keras_worker, make_clip, make_bank
):
    engine = KerasEngine(keras_worker)
    bad = make_bank((3, 3, 3, 1, 2))
    object.__setattr__(bad, "bias", np.zeros(7, np.float32))
    with pytest.raises((EngineError, ValueError)):
        engine.convolve(make_clip((4, 4, 4, 1)), bad, ConvolutionSettings())
    good = make_bank((3, 3, 3, 1, 2))
    maps, _ = engine.convolve(make_clip((4, 4, 4, 1)), good, ConvolutionSettings())
    assert np.isfinite(maps).all()


def test_cancel_before_keras_is_there_is_at_once(make_clip, make_bank, tmp_path):
    """Importing takes seconds; nobody waits for it to be allowed to stop."""
    (tmp_path / "tensorflow.py").write_text("import threading; threading.Event().wait()")
    engine = KerasEngine(Worker("voxviewer.networks.worker", title="Keras", path=(str(tmp_path),)))
    helper = threading.Thread(target=engine.cancel)

    def progress(fraction: float, text: str) -> None:
        if helper.ident is None:
            helper.start()

    with pytest.raises(Cancelled):
        engine.convolve(
            make_clip((2, 2, 2, 1)),
            make_bank((1, 1, 1, 1, 1)),
            ConvolutionSettings(),
            progress=progress,
        )
    helper.join(10)
    engine.stop()
    assert engine.state == "off"


def test_after_a_cancel_a_warm_process_answers_without_importing_anything_again(
    keras_worker, keras_engine, make_clip, make_bank
):
    clip, bank = make_clip((6, 8, 7, 1)), make_bank((3, 3, 3, 1, 2))
    before, _ = keras_engine.convolve(clip, bank, ConvolutionSettings())
    assert keras_engine.stand_by()
    pause = threading.Event()
    while keras_worker.standby_id is None:
        assert keras_engine.stand_by()
        pause.wait(0.05)
    warm, states = keras_worker.standby_id, []
    keras_engine.watch(lambda state, text: states.append((state, text)))

    def progress(fraction: float, text: str) -> None:
        if text == "hanging":
            keras_engine.cancel()

    with pytest.raises(Cancelled):
        keras_worker.ask("hang", progress=progress)
    after, _ = keras_engine.convolve(clip, bank, ConvolutionSettings())
    np.testing.assert_allclose(after, before, rtol=1e-6)
    assert keras_worker.process_id == warm
    assert [state for state, _ in states] == ["off", "ready"]
    assert keras_engine.versions["threads"] >= 1


@pytest.mark.parametrize(
    ("activation", "settings", "seen"),
    [  # megabytes by which both processes grew, TensorFlow 2.21
        ("linear", {}, 461),
        ("gelu", {}, 680),
        ("linear", {"padding": "valid"}, 427),
        ("gelu", {"dilation": (2, 2, 2)}, 673),
        ("linear", {"dilation": (2, 2, 2)}, 695),
        ("relu", {"strides": (1, 2, 2)}, 198),
    ],
)
def test_the_estimate_is_what_was_seen_and_at_most_a_third_more(activation, settings, seen):
    clip, bank = flat_clip(128), vv.random_filters(16, (3, 3, 3), 1)
    chosen = vv.ConvolutionSettings(**settings)
    shape = output_shape(clip, bank, chosen)
    said = client._peak_bytes(clip, replace(bank, activation=activation), shape, chosen)
    assert seen <= said / 1e6 <= 1.3 * seen


def test_a_long_clip_is_convolved_in_slabs_and_costs_little_more_than_its_maps():
    clip, bank = flat_clip(4000), vv.random_filters(16, (3, 3, 3), 1)
    settings = vv.ConvolutionSettings()
    shape = output_shape(clip, bank, settings)
    said = client._peak_bytes(clip, bank, shape, settings)
    shared = clip.data.nbytes + 4 * math.prod(shape)
    assert shared < said < 1.2 * shared


def flat_clip(frames):
    """A clip of 160 x 160 that takes no memory."""
    data = np.broadcast_to(np.float32(0), (frames, 160, 160, 1))
    real = np.ones(frames, bool)
    return Clip(data, real, np.arange(frames), ("gray",), "flat", EncodingSettings())
