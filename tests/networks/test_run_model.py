"""Models of every kind, run up to their layers: Keras' own numbers, in the right place."""

from __future__ import annotations

import json
import zipfile
from contextlib import nullcontext

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.data import Clip
from voxviewer.files import SourceError
from voxviewer.networks.model_files import inspect_model
from voxviewer.networks.passage import UnfitError
from voxviewer.settings import EncodingSettings

CLIP = (8, 12, 12, 1)
LAYERS = {
    "sequential": ("one", "norm", "pool", "two"),
    "graph": ("one", "both", "chain", "end"),
    "nested": ("deep", "inner/deep", "inner/ramp", "inner", "last"),
    "grouped": ("split", "grouped"),
    "first": ("one", "padded", "two"),
    "unet": ("fine", "down", "coarse", "up", "joined"),
    "transposed": ("down", "same", "cropped", "valid"),
    "shared": ("shared", "less"),
    "conv_lstm": ("moving", "last"),
    "frames": ("each", "mean", "both", "end"),
    "classifier": ("conv", "mean", "drop", "classes"),
    "flat": ("conv", "flat", "dense"),
    "half": ("c", "twice"),
}
ALL = [(kind, layer) for kind, layers in LAYERS.items() for layer in layers]
PLACED = [
    (kind, layer)
    for kind, layer in ALL
    if kind not in ("conv_lstm", "frames", "half", "shared") and (kind, layer) not in {
        ("classifier", "mean"), ("classifier", "drop"), ("classifier", "classes"),
        ("flat", "flat"), ("flat", "dense"),
    }
]  # fmt: skip


def clip_of(data) -> Clip:
    T, _, _, C = data.shape
    names = tuple(f"channel {c}" for c in range(C))
    return Clip(data, np.ones(T, bool), np.arange(T), names, "noise", EncodingSettings())


def noise(shape=CLIP) -> Clip:
    """The clip of which Keras said what comes out: see `vox_keras_kinds.clip_of`."""
    return clip_of(np.random.default_rng(4).normal(size=shape).astype(np.float32))


def as_maps(kind, said):
    """Keras' output as (T', H', W', F): what is one-dimensional along the clip has length 1."""
    if kind == "first":
        return np.moveaxis(said, 0, -1)
    if said.ndim == 2:
        return said[:, None, None]  # a sequence of features
    return said.reshape((1,) * (4 - said.ndim) + said.shape)


@pytest.mark.parametrize(("kind", "layer"), ALL)
def test_every_layer_gives_what_keras_own_sub_model_gives(keras_engine, kinds, kind, layer):
    folder, said = kinds
    suffix = "h5" if kind in ("sequential", "nested", "grouped", "unet", "frames") else "keras"
    maps = vv.run_model(noise(), f"{folder}/{kind}.{suffix}", layer, keras=keras_engine)
    expected = as_maps(kind, said[f"{kind} {layer}"])
    assert maps.data.shape == expected.shape
    scale = max(float(np.abs(expected).max()), 1.0)
    assert float(np.abs(maps.data - expected).max()) / scale < 1e-6
    assert maps.bank is None
    assert maps.network.layer == layer


@pytest.mark.parametrize(("kind", "layer"), PLACED)
def test_the_response_to_an_impulse_comes_back_to_its_place(keras_engine, kinds, kind, layer):
    """Where the maps change is where their windows hold the voxel that changed."""
    folder, _ = kinds
    at = (4, 5, 7)
    data = np.zeros(CLIP, np.float32)
    rest = vv.run_model(clip_of(data), f"{folder}/{kind}.keras", layer, keras=keras_engine)
    data = data.copy()
    data[at] = 3.0
    maps = vv.run_model(clip_of(data), f"{folder}/{kind}.keras", layer, keras=keras_engine)
    assert maps.network.note == ""
    changed = np.argwhere(np.abs(maps.data - rest.data).max(axis=-1) > 1e-6)
    for axis in range(3):
        places = maps.offset[axis] + changed[:, axis] * maps.stride[axis]
        reach, stride = maps.receptive_field[axis], maps.stride[axis]
        assert np.abs(places - at[axis]).max() <= (reach - 1) / 2 + max(0.5, stride / 2)
        middle = (places.min() + places.max()) / 2
        assert abs(middle - at[axis]) <= max(stride, 1.0) / 2 + 0.5


def test_receptive_fields_are_those_worked_out_on_paper(keras_engine, kinds):
    folder, _ = kinds
    found = {
        name: vv.run_model(noise(), f"{folder}/{kind}.keras", name, keras=keras_engine)
        for kind, name in (("sequential", "two"), ("unet", "up"), ("nested", "last"))
    }
    two = found["two"]  # 3 then pool (1, 2, 2) then valid (3, 2, 3)
    assert two.receptive_field == (3 + 2, 4 + 2, 4 + 4)
    assert two.stride == (1, 2, 2)
    assert two.offset == (1, 1.5, 2.5)
    up = found["up"]  # 3, mean of 2, 3 at stride 2, and back
    assert up.receptive_field == (3 + 1 + 4,) * 3
    assert (up.stride, up.offset) == ((1, 1, 1), (0, 0, 0))
    last = found["last"]  # 3, then 3 at stride 2 "same": an even size is padded at the end alone
    assert last.receptive_field == (5, 5, 5)
    assert (last.stride, last.offset) == ((2, 2, 2), (1, 1, 1))


@pytest.mark.parametrize(
    ("kind", "layer", "words"),
    [
        ("classifier", "classes", "made of the whole clip"),
        ("flat", "dense", "made of the whole clip"),
        ("frames", "both", "sees all rows and columns at once"),
        ("conv_lstm", "last", "sees all time at once"),
    ],
)
def test_values_without_a_place_say_so_and_belong_to_every_frame(
    keras_engine, kinds, kind, layer, words
):
    folder, _ = kinds
    maps = vv.run_model(noise(), f"{folder}/{kind}.keras", layer, keras=keras_engine)
    assert words in maps.network.note
    if maps.data.shape[0] == 1:
        assert [maps.map_frame(frame) for frame in range(CLIP[0])] == [0] * CLIP[0]
        assert maps.receptive_field[0] == CLIP[0]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_what_keras_counts_is_what_the_configuration_says(kinds, suffix):
    """Shapes of the doctor's table, of every layer that Keras could be asked about."""
    folder, said = kinds
    for kind in LAYERS:
        facts = inspect_model(f"{folder}/{kind}.{suffix}")
        assert facts["runnable"]
        assert facts["problem"] is None
        for row in facts["layers"]:
            array = said.get(f"{kind} {row['name']}")
            if array is not None and kind != "graph":  # its sizes are free
                assert row["output"] == list(array.shape), (kind, row["name"])


def test_the_trap_of_tensorflow_is_avoided_in_models_too(keras_engine, kinds):
    from float64_reference import conv3d, difference

    from voxviewer.networks.model_files import read_bank

    folder, _ = kinds
    clip = noise((7, 11, 4, 1))
    bank, _ = read_bank(f"{folder}/strided.keras", "trap")
    exact, sums = conv3d(clip.data, bank.kernels, bank.bias, padding="valid", strides=(1, 1, 2))
    for _ in range(3):
        maps = vv.run_model(clip, f"{folder}/strided.keras", "trap", keras=keras_engine)
        assert difference(maps.data, exact, sums) < 1e-6


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two_inputs.keras", r"takes 2 inputs, a clip is one \(Keras 3.*one input"),
        ("two_inputs.h5", "takes 2 inputs"),
        ("pictures.keras", r"\(batch, 12, 12, 1\), a batch of clips is \(batch, T, H, W, C\)"),
        ("unbuilt.keras", "never built"),
        ("alone.weights.h5", "holds weights alone.*not the layers"),
    ],
)
def test_what_cannot_be_run_is_diagnosed_in_one_sentence(keras_engine, kinds, name, words):
    folder, _ = kinds
    facts = inspect_model(folder / name)
    assert not facts["runnable"]
    with pytest.raises(SourceError, match=words) as caught:
        vv.run_model(noise(), f"{folder}/{name}", "c", keras=keras_engine)
    assert str(caught.value) == facts["problem"]
    assert "\n" not in facts["problem"]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_code_in_a_model_is_refused_and_leaves_no_canary(keras_engine, kinds, suffix):
    folder, _ = kinds
    with pytest.raises(SourceError, match=r"cannot be run safely: .*Lambda.*Keras 3"):
        vv.run_model(noise(), f"{folder}/code.{suffix}", "c", keras=keras_engine)
    assert vv.model_filters(f"{folder}/code.{suffix}", "c").count == 2
    assert not (folder / "canary").exists()


def test_a_clip_of_another_size_is_refused_with_the_line_that_fixes_it(keras_engine, kinds):
    folder, _ = kinds
    path = f"{folder}/sequential.keras"
    with pytest.raises(SourceError, match=r"8 x 12 x 12 x 1 .*9 x 12 x 5 x 1.*--frames 8 --width"):
        vv.run_model(noise((9, 12, 5, 1)), path, "two", keras=keras_engine)
    with pytest.raises(SourceError, match=r"Encode it with --channels gray"):
        vv.run_model(noise((8, 12, 12, 3)), path, "two", keras=keras_engine)
    with pytest.raises(SourceError, match=r"--height 12.*--channels gray"):
        vv.run_model(noise((8, 9, 12, 3)), f"{folder}/first.keras", "two", keras=keras_engine)


@pytest.mark.parametrize("small", [(1, 12, 12, 1), (8, 3, 3, 1), (1, 3, 3, 1)])
def test_a_clip_too_small_for_a_layer_is_refused_with_sizes_that_are_enough(
    keras_engine, tmp_path, keras_worker, small
):
    keras_worker.ask("make_narrow", {"path": f"{tmp_path}/narrow.keras"})
    with pytest.raises(UnfitError, match="Encode it with --") as caught:
        vv.run_model(noise(small), f"{tmp_path}/narrow.keras", "two", keras=keras_engine)
    enough = caught.value.wanted
    assert [a == b for a, b in zip(enough, small, strict=True)].count(False) < 4
    maps = vv.run_model(noise(enough), f"{tmp_path}/narrow.keras", "two", keras=keras_engine)
    assert min(maps.data.shape) >= 1


def test_a_clip_is_resampled_where_that_is_asked_for(keras_engine, kinds):
    folder, _ = kinds
    clip = noise((5, 20, 12, 1))
    maps = vv.run_model(clip, f"{folder}/first.h5", "two", resize=True, keras=keras_engine)
    same = clip_of(vv.resample(clip.data, CLIP[:3], 1))
    expected = vv.run_model(same, f"{folder}/first.h5", "two", keras=keras_engine)
    np.testing.assert_array_equal(maps.data, expected.data)
    assert maps.clip.shape == CLIP
    assert "resampled to 8 x 12 x 12" in maps.clip.warnings[-1]
    assert maps.clip.frames.tolist() == [0, 0, 1, 2, 2, 3, 4, 4]


def test_a_layer_that_is_not_there_and_one_inside_a_wrapper_are_one_sentence(keras_engine, kinds):
    folder, _ = kinds
    with pytest.raises(SourceError, match=r"has no layer 'x'. Its layers: .*split, grouped"):
        vv.run_model(noise(), f"{folder}/grouped.keras", "x", keras=keras_engine)
    with pytest.raises(SourceError, match=r"only inside 'each'\. Run the clip up to 'each'"):
        vv.run_model(noise(), f"{folder}/frames.keras", "inside", keras=keras_engine)


def test_a_model_that_changes_between_look_and_load_is_not_run(keras_worker, kinds):
    folder, _ = kinds
    values = {"path": f"{folder}/flat.keras", "stamp": [1, 2], "layer": "conv", "shape": [*CLIP]}
    with pytest.raises(Exception, match="has changed meanwhile"):
        keras_worker.ask("network_shape", values)


def test_the_process_itself_refuses_what_holds_code(keras_worker, kinds):
    folder, _ = kinds
    path = folder / "code.keras"
    stamp = [path.stat().st_size, path.stat().st_mtime_ns]
    values = {"path": str(path), "stamp": stamp, "layer": "c", "shape": [*CLIP]}
    with pytest.raises(Exception, match="cannot be run safely"):
        keras_worker.ask("network_shape", values)
    assert not (folder / "canary").exists()


def test_a_model_runs_under_a_limit_of_memory_that_is_lifted_again(keras_worker):
    pytest.importorskip("resource")
    said = keras_worker.ask("limits").values
    assert said["after"] == said["before"]
    assert 0 < said["within"] < 1 << 50


def test_results_carry_what_made_them(keras_engine, kinds, tmp_path):
    folder, _ = kinds
    maps = vv.run_model(noise(), f"{folder}/flat.keras", "conv", keras=keras_engine)
    assert {"keras", "tensorflow", "onednn", "threads", "seed"} <= set(maps.made_with)
    vv.save_tensor(maps, tmp_path / "maps.npy")
    (side,) = (json.loads(path.read_text()) for path in tmp_path.glob("*.json"))
    text = json.dumps(side)
    assert maps.made_with["tensorflow"] in text
    assert '"layer": "conv"' in text


@pytest.mark.parametrize("form", ["h5", "keras"])
def test_a_real_network_gives_its_ground_truth(shared_data, keras_engine, form):
    """The numbers stand in the README beside the files: Keras' own forward pass."""
    path = shared_data / "keras" / f"model5ae_channels_last.{form}"
    first = [2.149956464767456, -0.8365693092346191, -2.515357732772827]
    last = [0.6770269274711609, -3.479135513305664, -3.4787561893463135]
    clip = clip_of(np.linspace(0, 1, 4096, dtype=np.float32).reshape(16, 16, 16, 1))
    maps = vv.run_model(clip, str(path), "output", keras=keras_engine)
    assert maps.data.mean() == pytest.approx(-1.985171914100647, rel=1e-5)
    np.testing.assert_allclose(maps.data[0, 0, 0], first, rtol=1e-4)
    np.testing.assert_allclose(maps.data[-1, -1, -1], last, rtol=1e-4)
    assert maps.receptive_field == (93, 93, 93)


def test_what_keras_itself_refuses_says_who_wrote_the_file_and_what_to_do(
    keras_engine, kinds, tmp_path
):
    """A word that this Keras does not know, as a newer one may write."""
    folder, _ = kinds
    path = tmp_path / "newer.keras"
    with zipfile.ZipFile(folder / "flat.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                content = content.replace(b'"groups": 1', b'"groups": 1, "novelty": 2')
            if name == "metadata.json":
                content = json.dumps({"keras_version": "3.99.0"}).encode()
            new.writestr(name, content)
    words = r"cannot be run: .*novelty.*\(Keras 3\.99\.0 wrote it, 3.* is installed\)\. pip install"
    with pytest.raises(SourceError, match=words) as caught:
        vv.run_model(noise(), str(path), "conv", keras=keras_engine)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("installed", "fits"), [("3.14.2", False), ("2.15.0", False), ("3.15.1", True)]
)
def test_a_keras_whose_loader_has_holes_opens_no_model(installed, fits):
    from voxviewer.networks.network import require_version

    with nullcontext() if fits else pytest.raises(ValueError, match=r"with 3\.15 or newer"):
        require_version(installed)
