"""What the window does: the filters follow the training, a stop keeps, a second is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from direct import Desk
from test_lessons import clip

from voxviewer.flow import make_bank
from voxviewer.learning.trainer import Trainer
from voxviewer.session import Session
from voxviewer.settings import FilterSettings, TrainingSettings
from voxviewer.workers import Answer


class Talker:
    """Tells of two epochs, one step each, and asks in between what somebody does meanwhile."""

    state, text = "ready", "Keras ready"
    versions = {"tensorflow": "2.0", "onednn": True, "threads": 2}

    def __init__(self) -> None:
        self.meanwhile = lambda epoch: None
        self.stopped = False

    def watch(self, callback) -> None:
        pass

    def kernels(self, epoch: int) -> dict[str, Any]:
        kernels = np.full((3, 3, 3, 1, 2), epoch, np.float32)
        return {"kernels": kernels, "bias": np.zeros(2, np.float32)}

    def ask(self, request, values, arrays, outputs, progress, news, stop) -> Answer:
        assert request == "train"
        row = {"loss": 1.0, "val_loss": 2.0, "metric": None, "val_metric": None, "whole": True}
        history: list[dict[str, Any]] = []
        for epoch in range(3):
            said = {"epoch": epoch, "step": 0, "steps": 1, "now": row, "history": history[-1:]}
            news(Answer(said, self.kernels(epoch)))
            self.meanwhile(epoch)
            progress(0.0, "")
            self.stopped = stop()
            if self.stopped or epoch == 2:
                break
            history.append(row)
        arrays = {**self.kernels(epoch), "weights": np.zeros(9), "model": np.zeros(3, "u1")}
        return Answer({"history": history, "stopped": self.stopped, "seconds": 1.0}, arrays)


@pytest.fixture
def talker() -> Talker:
    return Talker()


@pytest.fixture
def desk(talker: Talker) -> Desk:
    """A clip, and Live off: what follows from filters has tests of its own."""
    desk = Desk(keras=talker)
    desk.session.live = False
    desk.session.clip = clip(12)
    desk.session.training = TrainingSettings(count=2, layers=1, epochs=2, span=4)
    return desk


@pytest.fixture
def session(desk: Desk) -> Session:
    return desk.session


@pytest.fixture
def trainer(desk: Desk) -> Trainer:
    return desk.pipeline.trainer


def taps(session: Session) -> float:
    return float(make_bank(session.filters, 1).kernels.max())


def test_filters_follow_the_training_and_all_of_it_is_one_step(desk, session, trainer, talker):
    heard = []
    talker.meanwhile = lambda epoch: heard.append((taps(session), session.lesson.running))
    history = desk.history
    trainer.start()
    assert heard == [(0.0, True), (1.0, True), (2.0, True)]
    assert session.lesson.lesson.network.first == "conv3d_1"
    assert not session.lesson.running
    assert session.lesson.training.bank.kernels.max() == 2.0
    assert session.notice.kind == "ok"
    history.undo()
    assert session.filters == FilterSettings()
    history.redo()
    assert taps(session) == 2.0


def test_whoever_chooses_other_filters_meanwhile_is_left_alone(session, trainer, talker):
    def choose(epoch: int) -> None:
        if epoch == 1:
            session.filters = FilterSettings(seed=9)

    talker.meanwhile = choose
    trainer.start()
    assert session.filters == FilterSettings(seed=9)
    assert session.lesson.training is not None


def test_filters_do_not_follow_where_nobody_wants_that(session, trainer):
    session.follow = False
    trainer.start()
    assert session.filters == FilterSettings()
    assert session.lesson.training is not None


def test_a_stop_keeps_what_was_learned_and_a_second_one_gives_up(session, trainer, talker):
    talker.meanwhile = lambda epoch: trainer.stop() if epoch == 1 else None
    trainer.start()
    assert session.lesson.training.stopped
    assert taps(session) == 1.0
    assert "kept" in session.notice.text

    def twice(epoch: int) -> None:
        if epoch == 1:
            trainer.stop()
            trainer.stop()

    talker.meanwhile = twice
    session.filters = FilterSettings()
    trainer.start()
    assert session.lesson.training is None
    assert not session.lesson.running
    assert taps(session) == 1.0  # what was shown last stays


def test_a_second_training_is_refused_while_one_runs(session, trainer, talker):
    seen = []

    def again(epoch: int) -> None:
        if epoch == 1:
            trainer.start()
            seen.append(session.notice)

    talker.meanwhile = again
    trainer.start()
    assert seen[0].kind == "warning"
    assert session.lesson.training is not None


def test_the_network_is_shown_before_anything_is_trained(session, trainer):
    trainer.plan()
    assert session.lesson.lesson.network.parameters > 0
    assert session.lesson.training is None
    assert session.filters == FilterSettings()


def test_what_cannot_be_learned_from_is_said_in_the_lesson(session, trainer):
    session.change("training", task="classes")
    trainer.start()
    assert "folder" in session.lesson.problem
    assert session.notice.kind == "error"


def test_without_keras_training_says_what_is_missing(session, desk):
    Trainer(session, desk.jobs, desk.history, None).start()
    assert "TensorFlow" in session.notice.text + session.notice.detail
