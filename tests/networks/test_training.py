"""Training: the network that was shown, Keras' own figures, seeds, and a stop that keeps."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import voxviewer as vv
from voxviewer.data import Cancelled
from voxviewer.learning import Training, make_lesson
from voxviewer.networks.lesson import Lesson
from voxviewer.networks.model_files import inspect_model, read_bank
from voxviewer.networks.training import lesson_bytes
from voxviewer.networks.training_plan import plan_network
from voxviewer.settings import TrainingSettings
from voxviewer.workers import Overdue

SMALL = TrainingSettings(span=4, count=3, layers=1, epochs=2, batch_size=2, validation=0.4)


@pytest.fixture(scope="module")
def film(make_clip):
    return make_clip((12, 8, 8, 1))


@pytest.fixture(scope="module")
def heard() -> list:
    """The news of `training`."""
    return []


@pytest.fixture(scope="module")
def training(keras_engine, film, heard) -> Training:
    return train(film, SMALL, keras_engine, news=heard.append)


def train(data, settings, keras_engine, **more) -> Training:
    return vv.train(data, settings, keras=keras_engine, **more)


PLANS = [
    (TrainingSettings(task="next-frame", count=4, kernel=(3, 5, 1), layers=2), 0),
    (TrainingSettings(task="autoencoder", count=3, layers=2), 0),
    (TrainingSettings(task="classes", count=4, layers=3, kernel=(1, 3, 5)), 3),
    (TrainingSettings(task="targets", count=2, layers=1, activation="tanh"), 0),
]


@pytest.mark.parametrize(("settings", "classes"), PLANS, ids=[p[0].task for p in PLANS])
def test_the_network_that_is_shown_is_the_one_that_keras_builds(
    keras_worker, settings, classes
) -> None:
    shape = (6, 8, 12, 2)
    plan = plan_network(settings, shape, classes)
    rows = [
        {"name": row.name, "class_name": row.class_name, "options": dict(row.options)}
        for row in plan.layers[1:]
    ]
    values = {"layers": rows, "shape": shape, "loss": plan.loss, "metric": plan.metric}
    told = keras_worker.ask("trained_shapes", {**values, "optimizer": "adam"}).values
    assert told["outputs"] == [list(row.output) for row in plan.layers[1:]]
    assert told["parameters"] == [row.parameters for row in plan.layers[1:]]
    assert told["total"] == plan.parameters


def test_an_autoencoder_that_cannot_halve_says_which_size_it_can() -> None:
    settings = TrainingSettings(task="autoencoder", layers=2)
    with pytest.raises(ValueError, match="encode with height 32"):
        plan_network(settings, (8, 30, 32, 1))


def test_the_figures_are_those_of_keras_own_evaluate(training, keras_worker, film, tmp_path):
    """The saved model, given to Keras' evaluate, has the loss that was told at the end."""
    path = training.save(tmp_path / "film.keras")
    held = training.lesson.starts[training.lesson.held_out]
    clips = np.stack([film.data[s : s + 4] for s in held])
    after = film.data[held + 4][:, None]
    told = keras_worker.ask("evaluate", {"path": path}, {"clips": clips, "answers": after})
    assert training.history[-1].val_loss == pytest.approx(told.values["loss"], rel=1e-5)
    difference = (told.arrays["predicted"].astype(float) - after) ** 2
    assert training.history[-1].val_loss == pytest.approx(difference.mean(), rel=1e-5)


def test_two_runs_of_one_seed_give_one_set_of_kernels(training, keras_engine, film):
    again = train(film, SMALL, keras_engine)
    np.testing.assert_allclose(again.bank.kernels, training.bank.kernels, atol=1e-5)
    assert again.history == training.history


def test_another_seed_begins_elsewhere(training, keras_engine, film):
    other = train(film, replace(SMALL, seed=1, epochs=1), keras_engine)
    assert np.abs(training.before.kernels - other.before.kernels).max() > 0.01


def test_the_saved_model_is_one_that_the_program_opens_and_its_filters_are_a_choice(
    training, keras_engine, film, tmp_path
):
    path = training.save(tmp_path / "film.keras")
    facts = inspect_model(path)
    assert facts["runnable"] and facts["parameters"] == training.lesson.network.parameters
    bank = vv.model_filters(path, training.layer)
    assert np.array_equal(bank.kernels, training.bank.kernels)
    assert bank.activation == "relu"
    from voxviewer.flow import make_bank

    for chosen, kernels in (
        (training.filters(path), training.bank.kernels),
        (training.filters(), training.bank.kernels),
        (training.filters_before(), training.before.kernels),
    ):
        assert np.array_equal(make_bank(chosen, 1).kernels, kernels)
    assert np.abs(training.bank.kernels - training.before.kernels).max() > 1e-4
    maps = vv.run_model(film_of(film, 4), path, training.layer, keras=keras_engine)
    own = vv.convolve(film_of(film, 4), bank)
    np.testing.assert_allclose(maps.data, own.data, atol=1e-5)
    record = (tmp_path / "film.keras.json").read_text()
    for word in ('"tensorflow"', '"onednn"', '"threads"', '"seed": 0', '"val_loss"'):
        assert word in record


def film_of(film, frames: int):
    return replace(
        film, data=film.data[:frames], real=film.real[:frames], frames=film.frames[:frames]
    )


def test_news_come_with_figures_and_filters_that_change(training, heard):
    ends = [news for news in heard if news.step == 0]
    assert [news.epoch for news in ends] == [0, 1, 2]
    assert [len(news.history) for news in ends] == [0, 1, 2]
    assert ends[-1].fraction == 1.0
    assert any(news.step and news.now.loss is not None for news in heard)
    assert np.abs(ends[0].bank.kernels - ends[-1].bank.kernels).max() > 1e-4


class Impatient:
    """Keras' process, which is ended where it is told to stop."""

    def __init__(self, engine):
        self._engine, self.versions = engine, engine.versions

    def ask(self, request, *words):
        answer = self._engine.ask(request, *words)
        if request == "train":
            raise Overdue
        return answer


@pytest.mark.parametrize("ended", [False, True])
def test_a_stop_keeps_what_was_learned_and_its_model(keras_engine, film, tmp_path, ended):
    engine = Impatient(keras_engine) if ended else keras_engine
    enough = threading.Event()
    kernels = []

    def hear(news):
        kernels.append(news.bank.kernels)
        if news.epoch == 3:
            enough.set()

    long = replace(SMALL, epochs=10_000)
    training = train(film, long, engine, news=hear, stop=enough.is_set)
    assert training.stopped
    assert 3 <= len(training.history) < 10_000
    assert np.abs(training.bank.kernels - kernels[0]).max() > 1e-4
    np.testing.assert_array_equal(training.before.kernels, kernels[0])
    training.save(tmp_path / "net.keras", engine)
    saved = read_bank(tmp_path / "net.keras", training.layer)[0]
    np.testing.assert_array_equal(saved.kernels, training.bank.kernels)
    facts = inspect_model(tmp_path / "net.keras")
    assert not facts["problem"] and training.learned.weights.size == sum(
        row.parameters for row in training.lesson.network.layers
    )


def test_a_stop_before_anything_was_learned_has_nothing_to_keep(keras_engine, film):
    with pytest.raises(Cancelled):
        train(film, SMALL, keras_engine, stop=lambda: True)


def test_a_wrong_value_of_the_settings_is_refused_in_one_sentence():
    for wrong in (
        {"task": "guess"}, {"count": 0}, {"kernel": (3, 3)}, {"kernel": (3, 3, 99)}, {"layers": 0},
        {"span": 0}, {"epochs": 0}, {"learning_rate": 0}, {"learning_rate": float("nan")},
        {"optimizer": "magic"}, {"validation": 1}, {"targets": 3}, {"activation": "soft"},
        {"seed": -1}, {"batch_size": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            TrainingSettings(**wrong)


def test_the_memory_is_estimated_before_keras_is_asked(keras_engine, film, monkeypatch):
    import voxviewer.networks.training as room
    from voxviewer.files import TooLargeError

    lesson, _ = make_lesson(film, SMALL)
    assert room.lesson_bytes(lesson, SMALL) > lesson.frames.nbytes
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 1 << 20)
    with pytest.raises(TooLargeError, match="training takes"):
        room.train_network(keras_engine, lesson, SMALL)


def test_classes_of_a_folder_are_told_apart(keras_engine, tmp_path: Path):
    """Dark and bright films: an easy task, learned to the end, on films it has not seen."""
    random = np.random.default_rng(0)
    for name, level in (("bright", 200), ("dark", 20)):
        (tmp_path / name).mkdir()
        for index in range(10):
            values = random.integers(level - 15, level + 15, (4, 1, 8, 8, 1)).astype(np.uint8)
            np.save(tmp_path / name / f"{index}.npy", values)
    settings = TrainingSettings(
        task="classes", count=3, layers=1, epochs=25, learning_rate=0.05, batch_size=8
    )
    encoding = vv.EncodingSettings(normalize="window", window=(128, 256))
    training = train(str(tmp_path), settings, keras_engine, encoding=encoding)
    assert training.lesson.classes == ("bright", "dark")
    assert training.history[-1].val_metric == 1.0
    assert training.encoding == encoding


@pytest.mark.parametrize(
    ("task", "batch", "shape", "more", "seen"),
    [  # megabytes by which both processes grew, TensorFlow 2.21
        ("autoencoder", 8, (8, 200, 200, 1), {"count": 16, "layers": 2}, 1001),
        ("autoencoder", 16, (4, 160, 160, 3), {"layers": 1, "activation": "tanh"}, 389),
        ("autoencoder", 8, (8, 224, 224, 3), {"count": 32, "layers": 2}, 2254),
        ("next-frame", 8, (8, 160, 160, 3), {"count": 16, "layers": 1, "kernel": (3, 7, 7)}, 378),
        ("next-frame", 8, (8, 96, 96, 1), {"count": 16, "layers": 4}, 345),
        ("next-frame", 8, (8, 160, 160, 1), {"layers": 2, "activation": "elu"}, 237),
        ("next-frame", 8, (8, 160, 160, 3), {"count": 16, "activation": "linear"}, 497),
        ("classes", 8, (8, 200, 200, 1), {"count": 16, "layers": 3}, 609),
        ("classes", 16, (16, 112, 112, 3), {"layers": 1}, 352),
        ("targets", 8, (8, 160, 160, 1), {"layers": 2, "activation": "gelu"}, 376),
        ("targets", 8, (8, 160, 160, 1), {"layers": 2, "activation": "silu"}, 307),
    ],
)
def test_the_estimate_is_what_was_seen_and_at_most_a_third_more(task, batch, shape, more, seen):
    span, *frame = shape
    settings = TrainingSettings(task=task, span=span, batch_size=batch, **{"count": 8, **more})
    said = lesson_bytes(flat_lesson(settings, tuple(frame), 3 * batch), settings)
    assert seen <= said / 1e6 <= 1.3 * seen


def test_many_frames_count_once():
    settings = TrainingSettings(task="next-frame", span=4, count=4, layers=1, batch_size=2)
    lesson = flat_lesson(settings, (300, 300, 1), 995)
    assert 1.1 < lesson_bytes(lesson, settings) / lesson.frames.nbytes < 1.3


def flat_lesson(settings, frame, count):
    """So many examples, one frame apart, that take no memory."""
    frames = np.broadcast_to(np.float32(0), (count + settings.span + 1, *frame))
    plan = plan_network(settings, (settings.span, *frame), 3 if settings.task == "classes" else 0)
    none = np.zeros(count, bool)
    return Lesson(frames, np.arange(count), settings.span, None, none, plan)
