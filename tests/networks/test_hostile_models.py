"""Models made to harm: each is refused before a process is started, and no canary appears."""

from __future__ import annotations

import json
import zipfile

import h5py
import numpy as np
import pytest

from voxviewer import flow
from voxviewer.data import Clip
from voxviewer.files import SourceError
from voxviewer.networks.client import KerasEngine
from voxviewer.networks.model_files import inspect_model, read_bank
from voxviewer.settings import EncodingSettings
from voxviewer.workers import Worker

CONV = {"name": "c", "kernel_size": [2, 2, 2], "filters": 2, "padding": "same"}
INPUT = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 4, 4, 4, 1]}}


@pytest.fixture
def offline():
    """An engine that must refuse before it starts anything."""
    engine = KerasEngine(Worker("vox_no_such_module", title="Keras"))
    yield engine
    assert engine.state == "off"


@pytest.fixture
def clip() -> Clip:
    data = np.zeros((4, 4, 4, 1), np.float32)
    return Clip(data, np.ones(4, bool), np.arange(4), ("gray",), "zeros", EncodingSettings())


def model(*rows, **more):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [*rows]}, **more}


def conv(**more):
    return {"class_name": "Conv3D", "config": {**CONV, **more}}


def saved(path, config, fill=None, members=None):
    """A `.keras` or `.h5` file of this configuration with the kernels of one layer "c"."""
    with h5py.File(path if path.suffix == ".h5" else path.with_suffix(".w"), "w") as file:
        kernels = np.ones((2, 2, 2, 1, 2), np.float32)
        if path.suffix == ".h5":
            file.attrs["model_config"] = json.dumps(config)
            file.attrs["keras_version"] = "2.13.1"
            group = file.create_group("model_weights/c")
            group["kernel:0"] = kernels
            group.attrs["weight_names"] = [b"kernel:0"]
        else:
            file["layers/conv3d/vars/0"] = kernels
        if fill is not None:
            fill(file)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("metadata.json", json.dumps({"keras_version": "3.4.1"}))
            archive.write(path.with_suffix(".w"), "model.weights.h5")
            for name, content in (members or {}).items():
                archive.writestr(name, content)
    return path


BYTECODE = {
    "class_name": "__lambda__",
    "config": {"code": "4wEAAAAAAAAAAAAAAAIAAABDAAAA", "defaults": None, "closure": None},
}
"""Marshaled code, as Keras writes a lambda."""


def code(canary):
    """Layers of each known kind that would touch the canary if anybody listened to them."""
    touch = f"touch {canary}"
    yield "bytecode", {"class_name": "Lambda", "config": {"name": "x", "function": BYTECODE}}
    yield "system", {"module": "os", "class_name": "system", "config": touch}
    yield (
        "function",
        {
            "module": "builtins",
            "class_name": "function",
            "config": "system",
            "registered_name": "function",
        },
    )
    yield (
        "unsafe mode",
        {
            "module": "keras.config",
            "class_name": "function",
            "config": "enable_unsafe_deserialization",
            "registered_name": "keras.config>enable_unsafe_deserialization",
        },
    )
    yield (
        "download",
        {
            "module": "keras.utils",
            "class_name": "get_file",
            "config": {"fname": str(canary), "origin": "file:///etc/hostname"},
        },
    )
    yield "saved graph", {"class_name": "TFSMLayer", "config": {"filepath": str(canary.parent)}}
    yield "own class", {"class_name": "Dense", "registered_name": "mine>Dense", "config": {}}
    yield "wrapped", {"class_name": "TimeDistributed", "config": {"name": "t", "layer": BYTECODE}}
    yield "activation", conv(name="d", activation=BYTECODE)
    hidden = {"module": "subprocess", "class_name": "Popen", "config": {"args": touch}}
    yield "initializer", conv(name="d", kernel_initializer=hidden)
    yield "compiled", model(conv(name="d"), compile_config={"loss": hidden})
    yield "vocabulary", {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}


KINDS = [kind for kind, _ in code(__import__("pathlib").Path("canary"))]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_could_execute_code_is_refused_and_the_kernels_still_read(
    tmp_path, offline, clip, kind, suffix
):
    canary = tmp_path / "canary"
    row = dict(code(canary))[kind]
    path = saved(tmp_path / f"bad{suffix}", model(INPUT, conv(), row))
    for ask in (
        lambda: inspect_model(path),
        lambda: flow.run_model(clip, str(path), "c", keras=offline),
    ):
        with pytest.raises(SourceError, match=r"cannot be run safely: .*\(Keras [23]\.") as caught:
            ask()
        assert "--filters" in str(caught.value)
        assert "\n" not in str(caught.value)
    assert read_bank(path, "c")[0].kernels.shape == (2, 2, 2, 1, 2)
    assert not canary.exists()


def test_a_loss_of_somebodys_own_forbids_nothing_where_it_is_never_loaded(tmp_path):
    loss = {"module": "builtins", "class_name": "function", "config": "dice"}
    path = saved(tmp_path / "m.keras", model(INPUT, conv(), compile_config={"loss": loss}))
    assert inspect_model(path)["runnable"]


BOMBS = {
    "filters": (INPUT, conv(filters=10**12)),
    "kernel": (INPUT, conv(name="d", kernel_size=[4000, 4000, 4000])),
    "channels": (
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 4, 4, 4, 10**10]}},
        conv(),
    ),
    "dense": (
        INPUT,
        conv(),
        {"class_name": "Flatten", "config": {}},
        {"class_name": "Dense", "config": {"units": 10**9}},
    ),
    "recurrent": (
        INPUT,
        {"class_name": "ConvLSTM2D", "config": {"filters": 10**6, "kernel_size": 3}},
    ),
    "slopes": (
        INPUT,
        conv(),
        {"class_name": "UpSampling3D", "config": {"size": [10**4, 10**4, 10**4]}},
        {"class_name": "PReLU", "config": {}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", BOMBS)
def test_a_configuration_that_asks_for_more_weights_than_there_are_is_refused(
    tmp_path, offline, clip, kind, suffix
):
    path = saved(tmp_path / f"bomb{suffix}", model(*BOMBS[kind]))
    words = r"asks for (over 10\^15|[\d,]+) weights.* and holds 16 "
    with pytest.raises(SourceError, match=words):
        inspect_model(path)
    with pytest.raises(SourceError, match=words):
        flow.run_model(clip, str(path), "c", keras=offline)


def test_maps_that_fill_the_memory_are_refused_before_keras_is_asked(tmp_path, offline, clip):
    large = {"class_name": "UpSampling3D", "config": {"name": "up", "size": [3000, 3000, 3000]}}
    path = saved(tmp_path / "bomb.keras", model(INPUT, conv(), large))
    with pytest.raises(SourceError, match="running it up to up takes"):
        flow.run_model(clip, str(path), "up", keras=offline)


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/x.h5", "/k")), "to another place"),
        (lambda f: f.__setitem__("x/y", h5py.SoftLink("/layers")), "to another place"),
        (
            lambda f: f.create_dataset("x", (4,), "<f4", external=[("/etc/passwd", 0, 16)]),
            "from other files",
        ),
        (
            lambda f: f.create_dataset("x", (2**20, 2**20), "<f4", chunks=(64, 64)),
            r"declares x as 4\.4 TB",
        ),
    ],
)
def test_arrays_that_no_layer_names_are_looked_at_as_well(tmp_path, offline, clip, fill, words):
    """Keras opens the file as a whole; what lies aside must be as harmless as the kernels."""
    path = saved(tmp_path / "m.keras", model(INPUT, conv()), fill)
    with pytest.raises(SourceError, match=words):
        flow.run_model(clip, str(path), "c", keras=offline)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"../../canary": b"x"}, "no Keras model holds"),
        ({"assets/big": b" " * (30 << 20)}, "over 200 to 1"),
    ],
)
def test_archives_made_to_harm_are_not_run(tmp_path, offline, clip, members, words):
    path = saved(tmp_path / "m.keras", model(INPUT, conv()), members=members)
    with pytest.raises(SourceError, match=words):
        flow.run_model(clip, str(path), "c", keras=offline)
    assert not (tmp_path.parent.parent / "canary").exists()


def test_a_saved_model_folder_is_refused(tmp_path, offline, clip):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(SourceError, match="SavedModel folders, whose graphs can run anything"):
        flow.run_model(clip, str(tmp_path / "saved"), "c", keras=offline)


def test_models_that_call_each_other_without_end_are_refused_in_time(tmp_path):
    """Each level calls the one below it twenty times: 20 ** 12 layers."""
    inner = conv()
    for level in range(12):
        rows = [{**inner, "config": {**inner["config"], "name": f"n{i}"}} for i in range(20)]
        if level > 1:
            node = [[["in", 0, 0, {}]]] * 20
            rows = [{**inner, "name": "n", "inbound_nodes": node}]
            entry = {**INPUT, "name": "in", "inbound_nodes": []}
            config = {"name": f"m{level}", "layers": [entry, *rows]}
            config |= {"input_layers": [["in", 0, 0]], "output_layers": [["n", 0, 0]]}
            config["layers"][1]["config"] = {**inner["config"], "name": "n"}
            inner = {"class_name": "Functional", "config": config}
        else:
            inner = model(*rows)
    path = saved(tmp_path / "m.keras", inner)
    with pytest.raises(SourceError, match="nested too deeply or too large"):
        inspect_model(path)


@pytest.mark.parametrize(
    "nodes",
    [
        [["d", 0, 0]],
        [[["d", 0, 0, {}]]],
        "x",
        [{"args": [{"config": {"keras_history": ["nobody", 0, 0]}}]}],
        [[["in", -1, 7, {}]]],
        7,
    ],
)
def test_a_graph_that_is_none_is_listed_and_does_no_harm(tmp_path, nodes):
    layer = {**conv(), "name": "c", "inbound_nodes": nodes}
    config = {"name": "m", "layers": [{**INPUT, "name": "in"}, layer]}
    config |= {"input_layers": [["in", 0, 0]], "output_layers": [["c", 0, 0]]}
    path = saved(tmp_path / "m.keras", {"class_name": "Functional", "config": config})
    try:
        facts = inspect_model(path)
    except SourceError as error:
        assert "m.keras" in str(error)
    else:
        assert [row["name"] for row in facts["layers"]] == ["in", "c"]
