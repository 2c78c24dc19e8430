"""The bank that is shipped: made as it says, good on waves it never saw, and made again."""

from __future__ import annotations

import json

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.convolution.bench import measure_filters
from voxviewer.files import SourceError, asset
from voxviewer.flow import make_bank
from voxviewer.learning.shipped import SETTINGS
from voxviewer.learning.teaching import plain
from voxviewer.learning.waves import SEEDS, WAVES, WAYS, wave_clips
from voxviewer.networks.model_files import inspect_model
from voxviewer.networks.shipped import WAVES as MODEL
from voxviewer.networks.shipped import model_path

UNSEEN = range(10_000, 10_030)


@pytest.fixture(scope="module")
def record() -> dict:
    return json.loads(asset("resources", "trained", "waves.keras.json").read_text())


def test_the_record_says_what_the_settings_say(record):
    assert record["training"] == json.loads(json.dumps(plain(SETTINGS)))
    assert record["clips"] == SEEDS * len(WAYS)
    assert record["seconds"] < 180
    assert record["history"][-1]["val_metric"] >= 0.95


def test_it_opens_as_any_model_does():
    facts = inspect_model(MODEL)
    assert facts["runnable"]
    bank = make_bank(vv.FilterSettings(source="model", model=MODEL, layer="conv3d_1"), 1)
    assert bank.kernels.shape == (*SETTINGS.kernel, 1, SETTINGS.count)
    with pytest.raises(SourceError, match="is not one of the models"):
        model_path("sample:tides.keras")


def test_waves_of_seeds_that_it_never_saw_are_told_apart(keras_worker):
    """At least 95 %, by Keras' own `predict`."""
    ways, clips = zip(*wave_clips(UNSEEN), strict=True)
    x = np.stack([clip.data for clip in clips])
    answers = np.array([WAYS.index(way) for way in ways])
    told = keras_worker.ask(
        "evaluate", {"path": model_path(MODEL)}, {"clips": x, "answers": answers}
    )
    right = told.arrays["predicted"].argmax(axis=1) == answers
    assert right.mean() >= 0.95


def test_made_again_it_goes_the_way_it_went(keras_engine, record):
    """The first epochs, here and elsewhere; `make bank` goes all of it."""
    history: list = []

    def hear(news) -> None:
        history[:] = news.history

    vv.train(WAVES, SETTINGS, news=hear, stop=lambda: len(history) >= 2, keras=keras_engine)
    for made, shipped in zip(history[:2], record["history"], strict=False):
        assert made.loss == pytest.approx(shipped["loss"], rel=0.01)


def test_training_made_filters_that_know_directions(record):
    """What docs/training.md says: of bars, the better direction over the opposite one."""
    trained = measure_filters(vv.model_filters(MODEL, "conv3d_1"))
    before = vv.random_filters(SETTINGS.count, SETTINGS.kernel, seed=SETTINGS.seed)
    assert np.sort(trained.selectivity)[-4:].min() > 4
    assert np.sort(measure_filters(before).selectivity)[-1] < 3
    best = np.argsort(trained.selectivity)[-4:]
    ways = {trained.direction_names[trained.preferred[f]] for f in best}
    assert {"left", "right"} <= ways
