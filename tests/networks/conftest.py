"""One Keras process for all tests of this room: its start takes seconds."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from voxviewer.data import Clip, FilterBank
from voxviewer.networks.client import KerasEngine
from voxviewer.settings import EncodingSettings
from voxviewer.workers import Worker

PROGRAMS = str(Path(__file__).parent / "programs")


@pytest.fixture(scope="session")
def keras_worker():
    """The Keras process, with the requests that only tests make."""
    if find_spec("tensorflow") is None or find_spec("keras") is None:
        pytest.skip("TensorFlow and Keras are not installed")
    worker = Worker("vox_keras_worker", title="Keras", path=(PROGRAMS,))
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def keras_engine(keras_worker) -> KerasEngine:
    return KerasEngine(keras_worker)


@pytest.fixture(scope="session")
def made_models(keras_worker, tmp_path_factory):
    """A folder of models saved by Keras, its own kernels by name, and parameter counts."""
    folder = tmp_path_factory.mktemp("models")
    answer = keras_worker.ask("make_models", {"folder": str(folder)})
    return folder, answer.arrays, answer.values["parameters"]


@pytest.fixture(scope="session")
def kinds(keras_worker, tmp_path_factory):
    """A folder of models of every kind, and Keras' own outputs by "kind layer"."""
    folder = tmp_path_factory.mktemp("kinds")
    return folder, keras_worker.ask("make_kinds", {"folder": str(folder)}).arrays


@pytest.fixture(scope="session")
def make_clip():
    def clip(shape: tuple[int, int, int, int], seed: int = 0) -> Clip:
        T, H, W, C = shape
        data = np.random.default_rng(seed).normal(size=(T, H, W, C)).astype(np.float32)
        names = tuple(f"channel {c}" for c in range(C))
        settings = EncodingSettings()
        return Clip(data, np.ones(T, bool), np.arange(T), names, "noise", settings)

    return clip


@pytest.fixture(scope="session")
def make_bank():
    def bank(shape: tuple[int, ...], activation: str = "linear", seed: int = 1) -> FilterBank:
        random = np.random.default_rng(seed)
        kernels = random.normal(size=shape).astype(np.float32)
        bias = random.normal(size=shape[-1]).astype(np.float32)
        return FilterBank(kernels, bias, activation, "noise")

    return bank
