"""The Train panel: a network is shown, trained, watched and stopped; its filters are kept.

Keras is played by a teacher that tells of recorded epochs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from tests.direct import Desk, Later
from voxviewer.convolution.editing import with_tap
from voxviewer.data import Cancelled
from voxviewer.flow import make_bank
from voxviewer.gui import theme
from voxviewer.gui.banks_row import bank_words
from voxviewer.gui.panels.trained import before_training, trained_name, trained_record
from voxviewer.gui.training import TrainPanel
from voxviewer.gui.training.layer_table import cells
from voxviewer.gui.training.loss_curve import Curves, curves_of
from voxviewer.learning.waves import WAVES, WAYS
from voxviewer.networks.lesson import Epoch
from voxviewer.recipe import from_json, to_json
from voxviewer.session import EngineState
from voxviewer.settings import EncodingSettings, FilterSettings, TrainingSettings
from voxviewer.workers import Answer, WorkerError

LOSSES = (0.9, 0.4, 0.2, 0.1)


class Teacher:
    """Plays the Keras process: epoch after epoch the kernels grow, and `told` is called."""

    versions = {"keras": "3.15"}

    def __init__(self) -> None:
        self.told: Any = lambda epoch: None
        self.error: Exception | None = None

    def ask(
        self, request: str, values: Any, arrays: Any, _: Any, progress: Any, news: Any, stop: Any
    ) -> Answer:
        assert request == "train"
        options = values["layers"][0]["options"]
        shape = (*options["kernel_size"], arrays["frames"].shape[-1], options["filters"])
        history: list[dict[str, Any]] = []
        for epoch in range(values["epochs"] + 1):
            if epoch:
                history.append(row(epoch))
            news(Answer(said(epoch, values["epochs"], history), bank(shape, epoch)))
            progress(0.0, "")
            self.told(epoch)
            if self.error is not None:
                raise self.error
            if stop():
                break
        model = {"model": np.frombuffer(b"a model", np.uint8), "weights": np.zeros(9)}
        told = {"stopped": stop(), "history": history, "seconds": 1.0}
        return Answer(told, {**bank(shape, epoch), **model})

    def cancel(self) -> None:
        """Nothing to end."""

    def stop(self) -> None:
        """Nothing to end."""


def row(epoch: int) -> dict[str, Any]:
    return {"loss": LOSSES[epoch - 1], "val_loss": 2 * LOSSES[epoch - 1], "whole": True}


def said(epoch: int, epochs: int, history: list[dict[str, Any]]) -> dict[str, Any]:
    now = {"loss": None, "whole": False}
    return {"epoch": epoch, "step": 0, "steps": 3, "now": now, "history": history[-1:]}


def bank(shape: tuple[int, ...], epoch: int) -> dict[str, Any]:
    return {
        "kernels": np.full(shape, 1 + epoch, np.float32),
        "bias": np.zeros(shape[-1], np.float32),
    }


class Place:
    """A desk with a panel and an open film; jobs run when `run` is called."""

    def __init__(self, qtbot: Any, folder: Path) -> None:
        self.teacher, self.later = Teacher(), Later()
        self.desk = Desk(self.later, keras=self.teacher)
        self.session = self.desk.session
        film = np.random.default_rng(0).random((12, 1, 10, 14, 1)).astype(np.float32)
        np.save(folder / "film.npy", film)
        self.desk.pipeline.open([str(folder / "film.npy")])
        self.panel = TrainPanel(self.session, self.desk.history, self.desk.pipeline)
        qtbot.addWidget(self.panel)
        self.panel.fold_at_once(False)
        self.panel.show()
        self.run()
        self.session.training = TrainingSettings(epochs=4, count=3)
        self.desk.history.commit()

    def run(self) -> None:
        self.later.run_all()

    def kernels(self) -> float:
        return float(self.session.bank.kernels.max())


@pytest.fixture
def place(qtbot: Any, qapp: Any, tmp_path: Path) -> Place:
    theme.apply(qapp, "dark")
    return Place(qtbot, tmp_path)


# -- before ----------------------------------------------------------------------------------------


def test_the_network_is_shown_before_it_is_trained_and_follows_every_choice(place: Place) -> None:
    names = [layer.name for layer in place.panel.table.network.layers]
    assert names == ["clip", "conv3d_1", "conv3d_2", "next_frame"]
    assert cells(place.panel.table.network.layers[1]) == ("conv3d_1", "6 × 10 × 14 × 3", "84")
    place.panel.fields["layers"].committed.emit(1)
    place.session.change("training", layers=1)
    assert len(place.panel.table.network.layers) == 3
    assert "parameters, mean squared error" in place.panel.network.text()
    assert "kernel_size=(3, 3, 3)" in place.panel.table.tip(place.panel.table.height() // 2)
    assert not place.panel.grab().isNull()


def test_every_choice_is_a_field_and_one_step_back(place: Place) -> None:
    place.panel.fields["count"].spin.setValue(5)
    place.panel.fields["count"].committed.emit(5)
    assert place.session.training.count == 5
    place.desk.history.undo()
    assert place.session.training.count == 3
    assert place.panel.fields["count"].value == 3
    chosen = set(TrainingSettings.__dataclass_fields__) - {"task", "targets"}
    assert set(place.panel.fields) == chosen


def test_a_network_that_cannot_be_is_one_sentence_and_no_training(place: Place) -> None:
    place.session.training = TrainingSettings(task="autoencoder", layers=2)
    assert "encode with height" in place.panel.network.text()
    assert not place.panel.train.isEnabled()
    assert place.panel.remedy.text() == "Resize the clip to 8 × 16"
    place.panel.remedy.click()
    place.run()
    assert place.panel.train.isEnabled()
    assert place.panel.remedy_line.isHidden()
    place.desk.history.undo()
    assert place.session.encoding == EncodingSettings()


def test_without_keras_or_a_clip_the_button_is_off_and_says_why(place: Place) -> None:
    place.session.keras = EngineState("missing", "not installed")
    assert not place.panel.train.isEnabled()
    assert "not installed" in place.panel.network.text()
    place.session.keras = EngineState("ready")
    assert place.panel.train.isEnabled()
    place.session.current = None
    assert not place.panel.train.isEnabled()
    assert place.panel.network.text() == "Open a clip to learn from."


def test_values_far_from_those_that_networks_learn_from_can_be_normalized(
    place: Place, tmp_path: Path
) -> None:
    assert place.panel.far.text() == ""
    np.save(tmp_path / "bright.npy", np.arange(960.0, dtype=np.float32).reshape(12, 1, 8, 10, 1))
    place.desk.pipeline.open([str(tmp_path / "bright.npy")])
    place.run()
    assert "0 – 959" in place.panel.far.text()
    assert place.panel.remedy.text() == "Normalize the clip to 0 – 1"
    place.panel.remedy.click()
    assert place.session.encoding == EncodingSettings(normalize="minmax")
    place.run()
    assert place.panel.far.text() == ""
    place.desk.history.undo()
    assert place.session.encoding == EncodingSettings()


# -- while it runs ---------------------------------------------------------------------------------


def test_while_it_runs_figures_curve_and_filters_follow(place: Place) -> None:
    seen: list[tuple[Any, ...]] = []

    def told(epoch: int) -> None:
        panel = place.panel
        seen.append(
            (len(panel.curve.curves.learned), len(panel.curve.curves.held), panel.train.text())
        )
        assert not panel.fields["count"].isEnabled()
        if epoch == 2:
            assert panel.bar.fact == "epoch 2 of 4"
            assert panel.figures.text().startswith("Loss 0.4, held out 0.8")
            assert not panel.grab().isNull()

    place.teacher.told = told
    place.panel.train.click()
    assert place.panel.running
    place.run()
    assert seen == [(n, n, "Stop") for n in range(5)]
    assert not place.panel.running
    assert place.panel.train.text() == "Train"
    assert place.panel.fields["count"].isEnabled()
    assert place.session.filters.source == "edited"
    assert place.kernels() == 5.0
    assert place.session.features is not None
    assert place.session.notice.text == "Trained."


def test_what_was_trained_is_one_step_back(place: Place) -> None:
    before = place.session.filters
    place.panel.train.click()
    place.run()
    assert place.session.filters != before
    place.desk.history.undo()
    assert place.session.filters == before


def test_filters_are_followed_at_a_calm_pace(place: Place) -> None:
    """While maps of the last ones are being made no newer ones are asked for."""
    chosen: list[FilterSettings] = []
    place.session.events.filters.connect(chosen.append)
    place.panel.train.click()
    place.run()
    assert len(chosen) == 2  # jobs wait here until the training is done: the first and the last


def test_filters_are_left_alone_where_that_is_wanted_or_others_are_chosen(place: Place) -> None:
    place.panel.follow.click()
    place.panel.train.click()
    place.run()
    assert place.session.filters == FilterSettings()
    place.panel.follow.click()
    other = FilterSettings(seed=7)

    def told(epoch: int) -> None:
        place.session.filters = other

    place.teacher.told = told
    place.panel.train.click()
    place.run()
    assert place.session.filters == other
    assert place.session.lesson.training is not None


def test_stop_keeps_what_was_learned_and_is_pressed_once(place: Place) -> None:
    def told(epoch: int) -> None:
        if epoch == 2:
            place.panel.train.click()
            assert not place.panel.train.isEnabled()
            place.panel._show_lesson()  # as the next news does
            assert not place.panel.train.isEnabled()
            assert "stopping" in place.panel.progress.words.text()

    place.teacher.told = told
    place.panel.train.click()
    place.run()
    assert len(place.session.lesson.training.history) == 2
    assert place.kernels() == 3.0
    assert "what was learned is kept" in place.session.notice.text


def test_a_second_training_is_refused_in_words(place: Place) -> None:
    place.panel.train.click()
    place.desk.pipeline.trainer.start()
    assert "only one runs at a time" in place.session.notice.text
    place.run()
    assert place.session.lesson.training is not None


def test_what_went_wrong_is_one_sentence_where_it_is_looked_for(place: Place) -> None:
    place.teacher.error = WorkerError("Keras could not do it: no room")
    place.panel.train.click()
    place.run()
    assert place.panel.figures.text() == "Keras could not do it: no room"
    assert not place.panel.running
    assert place.session.filters.source in ("random", "edited")
    place.teacher.error = None
    place.panel.train.click()
    assert place.panel.figures.text() == ""
    place.run()
    assert place.session.lesson.training is not None


def test_what_takes_much_memory_is_trained_where_a_person_insists(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voxviewer.networks.training.lesson_bytes", lambda *_: 20 << 20)
    monkeypatch.setattr("voxviewer.files.available_memory", lambda: 30 << 20)
    place.panel.train.click()
    place.run()
    label, insist = place.session.notice.action
    assert label == "Go on anyway"
    assert place.session.lesson.training is None
    insist()
    place.run()
    assert place.session.lesson.training is not None


def test_one_that_was_cancelled_leaves_no_result(place: Place) -> None:
    place.teacher.error = Cancelled()
    place.panel.train.click()
    place.run()
    assert not place.panel.running
    assert place.session.lesson.training is None
    assert place.panel.outcome.isHidden()


# -- afterwards ------------------------------------------------------------------------------------


def test_trained_filters_stand_beside_what_they_were_before(place: Place) -> None:
    place.panel.train.click()
    place.run()
    assert not place.panel.outcome.isHidden()
    place.panel.compare.click()
    (before,) = place.session.pinned
    session = place.session
    assert trained_name(session.filters) == "Trained"
    assert trained_name(before) == bank_words(before, None)[0] == "Before training"
    assert trained_name(FilterSettings()) == ""
    assert "epochs, loss " in trained_record(session.filters)
    made = from_json(to_json(session.choices)).filters
    assert bank_words(made, None) == ("Trained", trained_record(session.filters))
    assert made.kernels is not None and before_training(session) is not None
    edited = replace(made, kernels=with_tap(made.kernels, (0, 0, 0, 0, 0), 1.0))
    assert trained_name(edited) == "Trained, edited"
    assert make_bank(edited, 1).origin.startswith("trained, next-frame, ")
    session.filters = edited
    assert before_training(session) is None


def test_the_bench_is_asked_for_with_the_trained_filters(place: Place, qtbot: Any) -> None:
    place.panel.train.click()
    place.run()
    place.session.filters = FilterSettings()
    with qtbot.waitSignal(place.panel.bench_wanted):
        place.panel.bench.click()
    assert trained_name(place.session.filters) == "Trained"


def test_the_network_is_saved_with_how_it_was_made(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    place.panel.train.click()
    place.run()
    place.panel.save.click()
    place.run()
    assert (tmp_path / "net.keras").read_bytes() == b"a model"
    assert (tmp_path / "net.keras.json").is_file()
    assert "net.keras written" in place.session.notice.text


# -- other things to learn from --------------------------------------------------------------------


def test_a_folder_of_classes_shows_its_network_and_is_trained_on(
    place: Place, tmp_path: Path
) -> None:
    random = np.random.default_rng(1)
    for name in ("left", "right"):
        (tmp_path / "all" / name).mkdir(parents=True)
        for index in range(3):
            clip = random.random((6, 1, 8, 8, 1)).astype(np.float32)
            np.save(tmp_path / "all" / name / f"{index}.npy", clip)
    place.session.change("training", task="classes")
    assert "folder for each class" in place.panel.network.text()
    assert not place.panel.train.isEnabled()
    place.session.change("examples", folder="sample:waves")
    assert place.panel.data.text() == "waves, a sample"
    place.panel.take_path(str(tmp_path / "all"))
    assert not place.panel.train.isEnabled()
    place.run()
    assert place.panel.train.isEnabled()
    assert place.panel.data.text() == "all"
    assert place.panel.table.network.layers[-1].output == (2,)
    assert "left, right" in place.panel.rows["task"]._note.words.text()
    place.panel.train.click()
    place.run()
    assert place.session.lesson.training.lesson.classes == ("left", "right")


def test_whoever_has_no_folder_of_classes_learns_from_waves(place: Place) -> None:
    assert not place.panel.waves.isVisible()
    place.session.change("training", task="classes")
    place.panel.waves.click()
    place.run()
    assert place.session.examples.folder == WAVES
    assert not place.panel.waves.isVisible()
    assert place.panel.table.network.layers[-1].output == (len(WAYS),)
    assert place.panel.train.isEnabled()


def test_a_folder_without_classes_is_one_sentence(place: Place, tmp_path: Path) -> None:
    place.session.change("training", task="classes")
    (tmp_path / "empty").mkdir()
    place.panel.take_path(str(tmp_path / "empty"))
    place.run()
    assert "holds no folder of a class" in place.session.notice.text


def test_all_open_sources_can_be_learned_from(place: Place, tmp_path: Path) -> None:
    assert place.panel.rows["scope"].isHidden()
    np.save(tmp_path / "other.npy", np.random.default_rng(3).random((9, 1, 10, 14, 1), np.float32))
    place.desk.pipeline.open([str(tmp_path / "other.npy")])
    place.run()
    assert not place.panel.rows["scope"].isHidden()
    place.panel.scope.button(True).click()
    place.panel.train.click()
    place.run()
    assert place.session.lesson.training.lesson.clips == 2


# -- the curve -------------------------------------------------------------------------------------


def test_a_wide_range_of_losses_is_drawn_by_factors() -> None:
    near = Curves(learned=((1.0, 2.0), (2.0, 1.0)))
    wide = Curves(learned=((1.0, 2.0), (2.0, 0.1)), held=((1.0, 3.0),), guess=1.0, epochs=2)
    assert (near.by_factors, wide.by_factors) == (False, True)
    assert wide.limits == (0.1, 3.0)
    assert wide.shows_guess
    assert Curves().limits is None


def test_a_guess_far_from_all_losses_does_not_flatten_the_curve() -> None:
    curves = Curves(learned=((1.0, 2.0), (2.0, 1.0)), guess=0.001)
    assert curves.limits == (1.0, 2.0)
    assert not curves.shows_guess


def test_epochs_without_a_figure_are_left_out(place: Place) -> None:
    place.panel.train.click()
    place.run()
    now = place.session.lesson
    assert curves_of(now).learned == tuple(zip((1.0, 2.0, 3.0, 4.0), LOSSES, strict=True))
    assert curves_of(None) == Curves()
    assert Epoch(loss=1.0).val_loss is None
