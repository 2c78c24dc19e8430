"""The window's trainer with Keras itself: filters follow, and what is saved opens again."""

from __future__ import annotations

import numpy as np

import voxviewer as vv
from tests.direct import Desk, Later
from voxviewer.networks.client import KerasEngine
from voxviewer.settings import TrainingSettings


def opened(worker, folder) -> tuple[Desk, Later]:
    """A desk whose jobs run when told, with a small film of a bar that moves."""
    film = np.zeros((14, 1, 12, 12, 1), np.float32)
    for t in range(14):
        film[t, 0, :, t % 12] = 1
    np.save(folder / "bar.npy", film)
    later = Later()
    desk = Desk(later, keras=KerasEngine(worker))
    desk.pipeline.open([str(folder / "bar.npy")])
    later.run_all()
    desk.session.training = TrainingSettings(epochs=4, count=2, layers=1, learning_rate=0.02)
    return desk, later


def test_filters_follow_a_training_and_its_file_gives_the_same_ones(keras_worker, tmp_path):
    desk, later = opened(keras_worker, tmp_path)
    heard = []
    desk.session.events.lesson.connect(heard.append)
    desk.pipeline.trainer.start()
    later.run_all()
    training = desk.session.lesson.training
    losses = [row.loss for row in training.history]
    assert len(losses) == 4
    assert losses[-1] < losses[0]
    assert {now.news.epoch for now in heard if now.news is not None} == {0, 1, 2, 3, 4}
    np.testing.assert_array_equal(desk.session.bank.kernels, training.bank.kernels)
    assert desk.session.features.data.shape == (14, 12, 12, 2)
    desk.pipeline.trainer.save(str(tmp_path / "bar.keras"))
    later.run_all()
    read = vv.model_filters(tmp_path / "bar.keras", training.layer)
    np.testing.assert_array_equal(read.kernels, training.bank.kernels)
