"""`voxviewer explain` and `voxviewer recurrent` at a terminal."""

from __future__ import annotations

import json

import numpy as np
import pytest

from voxviewer import flow
from voxviewer.cli import main
from voxviewer.networks import explaining, recurrent


@pytest.fixture(autouse=True)
def _one_process(monkeypatch, keras_engine):
    for room in (flow, explaining, recurrent):
        monkeypatch.setattr(room, "keras_engine", lambda: keras_engine)


@pytest.fixture
def model(keras_worker, tmp_path):
    keras_worker.ask("make_heads", {"folder": str(tmp_path)})
    np.save(tmp_path / "clip.npy", np.random.default_rng(4).normal(size=(8, 12, 12, 1)))
    return tmp_path


def test_heat_is_saved_with_what_the_model_says(model, capsys):
    words = ["explain", str(model / "clip.npy"), "--axes", "THWC", "--model"]
    out = str(model / "heat.npy")
    assert main([*words, str(model / "softmax.keras"), "-o", out, "--json"]) == 0
    line, facts = capsys.readouterr().out.splitlines()
    facts = json.loads(facts)
    assert facts["layer"] == "two" and facts["target"] == int(np.argmax(facts["scores"]))
    heat = np.load(out)
    assert heat.shape == (8, 12, 12, 1) and heat.max() == pytest.approx(facts["largest"])
    assert line.startswith(f"heat.npy: class {facts['target']} (") and "two (Conv3D)" in line
    film = str(model / "heat.gif")
    more = ["--method", "occlusion", "--box", "8", "6", "6", "--step", "8", "6", "6"]
    assert main([*words, str(model / "corner.keras"), "-o", film, "--target", "1", *more]) == 0
    assert "4 boxes of 8 × 6 × 6" in capsys.readouterr().out
    assert main([*words, str(model / "headless.keras"), "-o", out]) == 1
    assert "no scores of classes" in capsys.readouterr().err


def test_sizes_are_shown_and_a_network_is_fitted_to_folders_of_classes(tmp_path, capsys):
    random = np.random.default_rng(0)
    for word, level in (("bright", 3.0), ("dark", 0.0)):
        (tmp_path / "clips" / word).mkdir(parents=True)
        for at in range(3):
            data = random.normal(level, 1, (4, 6, 6, 1)).astype(np.float32)
            np.save(tmp_path / "clips" / word / f"{at}.npy", data)
    one = str(tmp_path / "clips" / "dark" / "0.npy")
    assert main(["recurrent", one, "--axes", "THWC", "--units", "4", "--json"]) == 0
    costs = {row["form"]: row for row in json.loads(capsys.readouterr().out)}
    assert costs["flat"]["parameters"] == 4 * 4 * (36 + 4 + 1) + 2 * 4 + 2
    out = str(tmp_path / "net.keras")
    words = ["--axes", "THWC", "--form", "flat", "--units", "4", "--epochs", "3", "-o", out]
    assert main(["recurrent", str(tmp_path / "clips"), *words]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("form") and said[1].split()[0] == "flat"
    assert said[-2].startswith("epoch 3/3: loss ") and said[-1].startswith("net.keras: Flattened")
    assert main(["model", out]) == 0
    assert main(["recurrent", one, "-o", out]) == 2
    assert main(["recurrent", one, "--form", "gru"]) == 2
    assert "use one of: flat" in capsys.readouterr().err
