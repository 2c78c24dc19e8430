"""Model files: kernels as Keras has them, every way it keeps them, and files made to harm."""

from __future__ import annotations

import json
import os
import zipfile

import h5py
import numpy as np
import pytest
from float64_reference import conv3d, difference

from voxviewer.data import Cancelled
from voxviewer.files import SourceError
from voxviewer.flow import model_settings
from voxviewer.networks.model_files import describe_model, inspect_model, layers, read_bank
from voxviewer.networks.safe_files import boundary
from voxviewer.settings import ConvolutionSettings

# -- what Keras saved -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain.keras", "plain.h5", "plain.weights.h5"])
def test_kernels_and_bias_are_those_of_the_layer(made_models, name):
    folder, kept, _ = made_models
    bank, _ = read_bank(folder / name, "first")
    np.testing.assert_array_equal(bank.kernels, kept["first"])
    np.testing.assert_array_equal(bank.bias, kept["first bias"])
    assert bank.origin == f"{name} / first"
    assert not bank.kernels.flags.writeable


@pytest.mark.parametrize("name", ["plain.keras", "plain.h5"])
def test_how_the_layer_runs_comes_with_its_kernels(made_models, name):
    folder, kept, _ = made_models
    bank, settings = read_bank(folder / name, "first")
    assert (bank.activation, settings) == ("relu", ConvolutionSettings(padding="same"))
    bank, settings = read_bank(folder / name, "second")
    np.testing.assert_array_equal(bank.kernels, kept["second"])
    np.testing.assert_array_equal(bank.bias, [0, 0])
    assert bank.activation == "linear"
    assert settings == ConvolutionSettings(padding="valid", strides=(1, 2, 1))
    assert model_settings(str(folder / name), "second") == settings


@pytest.mark.parametrize("name", ["plain.keras", "plain.h5"])
def test_every_layer_is_listed_and_what_gives_no_filters_says_why(made_models, name):
    folder, _, parameters = made_models
    found = {info.name: info for info in layers(folder / name)}
    assert [n for n, info in found.items() if info.readable] == ["first", "second"]
    assert found["first"].kernel == (3, 3, 3, 1, 4)
    assert found["first"].parameters == 27 * 4 + 4
    assert found["up"].class_name == "Conv3DTranspose"
    assert "transposed" in found["up"].note
    assert sum(info.parameters for info in found.values()) == parameters["plain"]
    with pytest.raises(SourceError, match="'up' gives no filters: a transposed"):
        read_bank(folder / name, "up")


def test_weights_alone_say_what_is_unknown(made_models):
    folder, _, _ = made_models
    found = layers(folder / "plain.weights.h5")
    assert [info.name for info in found if info.readable] == ["first", "second"]
    assert "unknown" in found[0].note
    facts = inspect_model(folder / "plain.weights.h5")
    assert not facts["runnable"]


@pytest.mark.parametrize("name", ["functional.keras", "functional.h5"])
def test_layers_of_models_inside_models_are_found(made_models, name):
    folder, kept, parameters = made_models
    readable = [info.name for info in layers(folder / name) if info.readable]
    assert readable == ["leaky", "inner/grouped", "inner/leaky"]
    for layer in ("leaky", "inner/leaky"):
        np.testing.assert_array_equal(read_bank(folder / name, layer)[0].kernels, kept[layer])
    assert inspect_model(folder / name)["parameters"] == parameters["functional"]
    assert read_bank(folder / name, "grouped")[0].origin == f"{name} / inner/grouped"


def test_a_top_level_name_wins_over_the_same_one_inside(made_models):
    folder, kept, _ = made_models
    bank, _ = read_bank(folder / "functional.keras", "leaky")
    np.testing.assert_array_equal(bank.kernels, kept["leaky"])
    assert bank.activation == "tanh"


def test_an_activation_with_settings_of_its_own_is_left_out_and_said(made_models):
    folder, _, _ = made_models
    bank, _ = read_bank(folder / "functional.keras", "inner/leaky")
    assert bank.activation == "linear"
    assert "without its activation 'LeakyReLU'" in bank.origin


def test_grouped_kernels_written_out_give_what_keras_gives(made_models):
    folder, kept, _ = made_models
    bank, settings = read_bank(folder / "functional.keras", "inner/grouped")
    assert kept["inner/grouped"].shape == (3, 3, 3, 2, 6)
    assert bank.kernels.shape == (3, 3, 3, 4, 6)
    exact, sums = conv3d(
        kept["clip"][0],
        bank.kernels,
        bank.bias,
        padding=settings.padding,
        dilation=settings.dilation,
    )
    assert settings.dilation == (2, 2, 2)
    assert difference(kept["grouped maps"][0], exact, sums) < 1e-6


def test_bfloat16_weights_are_read(made_models):
    folder, kept, _ = made_models
    bank, _ = read_bank(folder / "half.keras", "c")
    np.testing.assert_array_equal(bank.kernels, kept["half"])


@pytest.mark.parametrize("name", ["plain.keras", "functional.h5", "plain.weights.h5"])
def test_what_is_said_about_a_model_is_strict_json_and_a_table(made_models, name):
    folder, _, _ = made_models
    facts = inspect_model(folder / name)
    assert json.loads(json.dumps(facts, allow_nan=False))["path"] == str(folder / name)
    text = describe_model(facts)
    assert text.startswith(f"{name}: ")
    assert all(layer["name"] in text for layer in facts["layers"])


@pytest.mark.parametrize("name", ["lambda.keras", "lambda.h5"])
def test_a_lambda_is_never_executed_and_the_model_not_run(made_models, name):
    folder, kept, _ = made_models
    with pytest.raises(SourceError, match=r"cannot be run safely: .*Lambda.*--filters .*:c"):
        inspect_model(folder / name)
    np.testing.assert_array_equal(read_bank(folder / name, "c")[0].kernels, kept["lambda"])
    assert not (folder / "canary").exists()


def test_a_layer_that_is_not_there_names_those_that_are(made_models):
    folder, _, _ = made_models
    with pytest.raises(SourceError, match=r"no layer 'third'.*first, second"):
        read_bank(folder / "plain.keras", "third")


# -- real models ------------------------------------------------------------------------------

REAL = ["model11ae.h5", "model5ae.h5", "model5ae_channels_last.h5", "model5ae_channels_last.keras"]


@pytest.mark.parametrize("name", REAL)
def test_real_models_agree_with_their_ground_truth(shared_data, name):
    path = shared_data / "keras" / name
    truth = json.loads((shared_data / "truth.json").read_text())[f"keras/{name}"]
    facts = inspect_model(path)
    assert facts["parameters"] == truth["params"]
    assert facts["runnable"]
    readable = [layer for layer in facts["layers"] if layer["readable"]]
    assert len(readable) == truth["conv3d"]
    for layer, (known, shape, order, dilation, total) in zip(
        readable, truth["layers"], strict=True
    ):
        assert layer["name"] == known
        assert list(layer["kernel"]) == shape
        assert layer["data_format"] == order
        assert layer["dilation"] == (int(dilation.removeprefix("dil")),) * 3
        bank, settings = read_bank(path, known)
        assert settings.dilation == layer["dilation"]
        assert bank.kernels.sum() == pytest.approx(float(total.removeprefix("ksum ")), abs=1e-4)


# -- files that Keras did not save ------------------------------------------------------------

CONV = {"name": "c", "kernel_size": [2, 2, 2], "filters": 2, "padding": "same"}


def configuration(*rows: dict, **more) -> dict:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(rows)}, **more}


def conv(**more) -> dict:
    return {"class_name": "Conv3D", "config": {**CONV, **more}}


def weights(path, fill=None) -> bytes:
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/conv3d/vars")
        if fill is None:
            group["0"] = np.ones((2, 2, 2, 1, 2), np.float32)
        else:
            fill(group)
    return path.read_bytes()


@pytest.fixture
def write(tmp_path):
    """Write a `.keras` archive: its configuration, how its weights are made, further members."""

    def write(config=None, fill=None, members=None, **options):
        text = config if isinstance(config, (str, bytes)) else json.dumps(config)
        path = tmp_path / "model.keras"
        with zipfile.ZipFile(path, "w", **options) as archive:
            if config is not None:
                archive.writestr("config.json", text)
            archive.writestr("model.weights.h5", weights(tmp_path / "w.h5", fill))
            for name, content in (members or {}).items():
                archive.writestr(name, content)
        (tmp_path / "w.h5").unlink()
        return path

    return write


def refused(path, words):
    with pytest.raises(SourceError, match=words) as caught:
        layers(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("model")


def test_a_small_model_written_by_hand_is_read(write):
    bank, settings = read_bank(write(configuration(conv())), "c")
    assert bank.kernels.shape == (2, 2, 2, 1, 2)
    assert settings.padding == "same"


def test_a_zip_bomb_is_refused_by_its_directory(write, tmp_path):
    path = write(configuration(conv()), compression=zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", b" " * (20 << 20))
    refused(path, "over 200 to 1")
    path = write(configuration(conv()))
    content = bytearray(path.read_bytes())
    central = content.rfind(b"PK\1\2")
    content[central + 24 : central + 28] = (600 << 20).to_bytes(4, "little")
    path.write_bytes(content)
    refused(path, "unpacks .* to 629 MB")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_know_no_limit_are_refused_by_the_directory(write, packing):
    path = write(configuration(conv()))
    with zipfile.ZipFile(path, "a", packing) as archive:
        archive.writestr("metadata.json", b"{}")
    refused(path, "packs metadata.json in an unknown way")


@pytest.mark.parametrize(
    "name", ["../../escape.py", "/etc/passwd", "assets/../x", "assets\\..\\x", "code.py", "a/b.pkl"]
)
def test_unknown_and_climbing_names_are_refused(write, name):
    refused(write(configuration(conv()), members={name: b"x"}), "which no Keras model holds")


def test_assets_are_allowed(write):
    path = write(configuration(conv()), members={"assets/layer/words.txt": b"a b"})
    assert layers(path)[0].readable


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (None, "holds no config.json"),
        (b"\xff\xfe\x00", "is not JSON"),
        ("[1, 2]", "is not a JSON object"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a": ' * 50_000, "nested too deeply"),
        (" " * (65 << 20), "its config.json has"),
        ({"class_name": "Mine"}, None),
        (configuration(), None),
    ],
)
def test_configurations_that_are_none_are_one_sentence(write, config, words):
    path = write(config)
    if words:
        refused(path, words)
    else:  # no list of layers: what looks like kernels is offered, its strides unknown
        assert "unknown" in layers(path)[0].note


def test_models_within_models_without_end_are_refused(write):
    model = configuration(conv())
    for _ in range(200):
        model = configuration(model)
    refused(write(model), "nested too deeply")


@pytest.mark.parametrize(
    "change",
    [
        {"kernel_size": [3, 3, 3]},
        {"kernel_size": "large"},
        {"kernel_size": [2, 2]},
        {"strides": [0, 1, 1]},
        {"strides": [1.5, 1, 1, 1]},
        {"dilation_rate": None},
        {"padding": "causal"},
        {"groups": -2},
        {"groups": "two"},
    ],
)
def test_a_configuration_that_does_not_fit_makes_a_layer_unreadable_and_no_more(write, change):
    path = write(configuration(conv(**change)))
    (info,) = layers(path)
    assert not info.readable
    assert info.note
    with pytest.raises(SourceError, match="gives no filters"):
        read_bank(path, "c")


def test_somebodys_own_conv3d_is_not_taken_for_keras(write):
    path = write(configuration({**conv(), "registered_name": "mine>Conv3D", "module": "mine"}))
    assert not layers(path)[0].readable


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"class_name": "Lambda", "config": {"name": "x"}}, "Lambda"),
        ({"class_name": "TFSMLayer", "config": {"name": "x"}}, "TFSMLayer"),
        ({"class_name": "Mine", "config": {"name": "x"}}, "'Mine' is not a layer of Keras"),
        ({"module": "os", "class_name": "system", "config": "touch"}, "os.system"),
        ({"module": "keras.utils", "class_name": "get_file", "config": {}}, "keras.utils.get_file"),
        (conv(activation={"module": "builtins", "class_name": "function", "config": "f"}), "'f'"),
        (conv(kernel_initializer={"module": "os", "class_name": "system"}), "os.system"),
        (conv(bias_initializer={"class_name": "__lambda__", "config": {}}), "__lambda__"),
        (conv(kernel_regularizer={"registered_name": "mine>R"}), "mine>R"),
    ],
)
def test_whatever_could_run_code_is_named(write, row, words):
    path = write(configuration(conv(), row))
    with pytest.raises(SourceError, match="cannot be run safely") as caught:
        inspect_model(path)
    assert words in str(caught.value)
    assert layers(path)[0].readable


# -- HDF5 made to harm ------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path):
    """A file on this computer that a model must not be able to read."""
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["kernel"] = np.full((2, 2, 2, 1, 2), 42, np.float32)
    (tmp_path / "secret.bin").write_bytes(np.full(16, 42, np.float32).tobytes())
    return path


def external_link(group, secret):
    group["0"] = h5py.ExternalLink(str(secret), "/kernel")


def soft_link(group, secret):
    group["elsewhere"] = np.ones((2, 2, 2, 1, 2), np.float32)
    group["0"] = h5py.SoftLink("/layers/conv3d/vars/elsewhere")


def external_storage(group, secret):
    where = [(str(secret.with_suffix(".bin")), 0, h5py.h5f.UNLIMITED)]
    group.create_dataset("0", (2, 2, 2, 1, 2), "<f4", external=where)


def virtual(group, secret):
    layout = h5py.VirtualLayout((2, 2, 2, 1, 2), "<f4")
    layout[...] = h5py.VirtualSource(str(secret), "kernel", (2, 2, 2, 1, 2))
    group.create_virtual_dataset("0", layout)


def enormous(group, secret):
    group.create_dataset("0", (2, 2, 2, 2**18, 2**18), "<f4", chunks=(1, 1, 1, 64, 64))


def hollow(group, secret):
    group.create_dataset("0", (2, 2, 2, 1024, 1024), "<f4", chunks=(1, 1, 1, 64, 64))


def objects(group, secret):
    group.create_dataset("0", (2, 2, 2, 1, 2), h5py.string_dtype())


def integers(group, secret):
    group["0"] = np.ones((2, 2, 2, 1, 2), np.int8)


def empty(group, secret):
    group["0"] = h5py.Empty("<f4")


def no_weights(group, secret):
    pass


@pytest.mark.parametrize("form", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (external_link, "to another place or file"),
        (soft_link, "to another place or file"),
        (external_storage, "from other files"),
        (virtual, "from other files"),
        (enormous, "as 2.2 TB"),
        (hollow, "larger than it is"),
        (objects, "not as floating point numbers"),
        (integers, "not as floating point numbers"),
        (empty, "gives no filters"),
        (no_weights, "gives no filters"),
    ],
)
def test_weights_made_to_harm_are_refused_before_they_are_read(
    write, tmp_path, secret, form, fill, words
):
    if form == ".keras":
        path = write(configuration(conv()), lambda group: fill(group, secret))
    else:
        path = legacy(tmp_path / "model.h5", lambda group: fill(group, secret))
    with pytest.raises(SourceError, match=words):
        read_bank(path, "c")


def legacy(path, fill):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(configuration(conv()))
        group = file.create_group("model_weights/c")
        fill(group)
        if "0" in list(group):
            group.move("0", "kernel:0")
        group.attrs["weight_names"] = [b"kernel:0"]
    return path


def test_groups_in_a_circle_end(tmp_path):
    path = tmp_path / "model.weights.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/conv3d/vars")
        group["0"] = np.ones((2, 2, 2, 1, 2), np.float32)
        file["layers/conv3d/vars/again"] = file["layers"]
    assert [info.name for info in layers(path)] == ["conv3d"]


def test_optimizer_states_are_no_kernels(tmp_path):
    path = tmp_path / "model.weights.h5"
    weights(path)
    with h5py.File(path, "a") as file:
        file["optimizer/vars/0"] = np.ones((2, 2, 2, 1, 2), np.float32)
    assert [info.name for info in layers(path)] == ["conv3d"]


# -- what is no model -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello", "is not a .keras or .h5 model"),
        (b"PK\3\4 cut off", "cut off or not a .keras archive"),
        (b"\x89HDF\r\n\x1a\n cut off", "cut off or not an HDF5 file"),
    ],
)
def test_what_is_no_model_is_one_sentence(tmp_path, content, words):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    refused(path, words)


def test_folders_and_absent_files_are_one_sentence(tmp_path):
    refused(tmp_path / "model.keras", "is not there")
    (tmp_path / "model").mkdir()
    refused(tmp_path / "model", "is a folder")
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"")
    refused(tmp_path / "model", "SavedModel")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are Unix's")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.keras")
    refused(tmp_path / "model.keras", "is not a file")


def test_an_hdf5_file_of_something_else_is_one_sentence(tmp_path):
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file["scan"] = np.zeros((4, 4, 4))
    refused(path, "holds no layers")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(), "may not be read"),
        (MemoryError(), "too large to read"),
        (RecursionError(), "nested too deeply"),
        (KeyError("vars"), "is damaged: 'vars'"),
    ],
)
def test_whatever_a_library_raises_is_one_sentence(error, words):
    with pytest.raises(SourceError, match=words), boundary("model.keras"):
        raise error


def test_a_cancel_passes_the_boundary():
    with pytest.raises(Cancelled), boundary("model.keras"):
        raise Cancelled


@pytest.mark.parametrize("kind", [".keras", ".h5"])
def test_damage_anywhere_is_a_source_error_or_does_no_harm(write, tmp_path, kind):
    whole = write(configuration(conv()))
    if kind == ".h5":
        whole = legacy(
            tmp_path / "model.h5", lambda g: g.create_dataset("0", (2, 2, 2, 1, 2), "<f4")
        )
    content = whole.read_bytes()
    random = np.random.default_rng(3)
    refusals = 0
    for _ in range(150):
        broken = bytearray(content)
        for place in random.integers(0, len(broken), 8):
            broken[place] = random.integers(0, 256)
        whole.write_bytes(broken[: random.integers(1, len(broken) + 1)])
        try:
            inspect_model(whole)
            read_bank(whole, "c")
        except SourceError:
            refusals += 1
    assert refusals > 75
