"""`voxviewer train`: what it prints, what it writes, Ctrl+C, and what it refuses."""

from __future__ import annotations

import json
import shlex
import signal
from pathlib import Path

import numpy as np
import pytest

import voxviewer as vv
from voxviewer import train_command
from voxviewer.cli import main

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    frames = np.random.default_rng(0).random((12, 1, 8, 8, 1), np.float32)
    np.save("film.npy", frames)
    return tmp_path


@pytest.fixture
def own_engine(keras_engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voxviewer.networks.client.keras_engine", lambda: keras_engine)


SMALL = "--span 4 --count 2 --layers 1 --batch-size 4"


def test_the_line_of_the_readme_trains(here, own_engine, capsys):
    (line,) = [line for line in README.splitlines() if line.startswith("voxviewer train ")]
    assert main(shlex.split(line)[1:]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["layer", "class", "output", "parameters"]
    assert sum(row.startswith("epoch ") for row in out) == 5
    bank = vv.model_filters("hand.keras", "conv3d_1")
    assert bank.count == 8
    assert json.loads(Path("hand.keras.json").read_text())["training"] == {"epochs": 5}


def test_the_last_line_is_json_where_that_is_asked_for(here, own_engine, capsys):
    words = f"train film.npy -o net.keras --epochs 1 --seed 3 --json {SMALL}"
    assert main(words.split()) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["made_with"]["seed"] == 3
    assert len(told["history"]) == 1


def test_ctrl_c_keeps_what_was_learned(here, own_engine, capsys, monkeypatch):
    shown = train_command._Ears.show_epoch

    def interrupt(ears, news) -> None:
        shown(ears, news)
        if news.epoch == 2 and news.step == 0:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(train_command._Ears, "show_epoch", interrupt)
    before = signal.getsignal(signal.SIGINT)  # ignored, where a shell runs this behind itself
    assert main(f"train film.npy -o net.keras --epochs 5000 {SMALL}".split()) == 130
    out, error = capsys.readouterr()
    assert "what was learned is kept" in out
    assert "Ctrl+C once more" in error
    assert vv.model_filters("net.keras", "conv3d_1").count == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_the_plan_is_shown_without_keras(here, capsys):
    assert main(f"train film.npy --plan {SMALL}".split()) == 0
    out = capsys.readouterr().out
    assert "conv3d_1" in out and "repeating the last frame" in out
    assert main(["train", "--shipped-bank", "--plan"]) == 0
    assert "300 clips" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("train film.npy", 2, "needs -o OUT.keras"),
        ("train -o net.keras", 2, "needs a FILE"),
        ("train film.npy -o net.h5", 1, "saved as .keras"),
        ("train film.npy -o no/net.keras", 1, "is not there"),
        ("train film.npy -o net.keras --task guess", 2, "next-frame, autoencoder"),
        ("train film.npy -o net.keras --task targets", 1, "CSV file"),
        ("train film.npy -o net.keras --task classes", 1, "is not a folder"),
        ("train film.npy -o net.keras --span 40", 1, "a span of 40"),
        ("train film.npy -o net.keras --shipped-bank", 2, "give no FILE"),
        ("train gone.npy -o net.keras", 1, "gone.npy: is not there"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_line(here, capsys, words, status, said):
    assert main(words.split()) == status
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not Path("net.keras").exists()
