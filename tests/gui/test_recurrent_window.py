"""The window about recurrent networks: what each form costs, one fitted, its state over time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QShortcut

import voxviewer as vv
from voxviewer.gui.recurrent.form_cards import FormCard
from voxviewer.gui.recurrent.sizes import cells, short
from voxviewer.gui.recurrent.strip import StateStrip
from voxviewer.gui.recurrent.window import RecurrentWindow, course_words
from voxviewer.gui.tensor_tools import give_undo_keys
from voxviewer.learning.fitted_to import fitting_script, guessed_word, pieces_of, target_of
from voxviewer.recipe import from_json, to_json
from voxviewer.settings import Opening
from voxviewer.workers import Answer


class StandIn:
    """Answers as the Keras process does, at once; states grow from frame to frame."""

    versions: dict[str, str] = {}

    def __init__(self):
        self.asked = []

    def ask(self, request, values, arrays, outputs, progress, news=None, stop=None):
        self.asked.append((request, values, arrays))
        made = {name: np.zeros(shape, np.float32) for name, (shape, _) in outputs.items()}
        if request == "recurrent_states":
            steps = np.arange(made["states"].shape[1], dtype=np.float32)
            made["states"] += steps.reshape(1, -1, *[1] * (made["states"].ndim - 2)) / 10
            made["said"][..., 0] = steps / (len(steps) - 1)
            made["said"][..., 1] = 1 - made["said"][..., 0]
        if request == "recurrent_save":
            with open(values["path"], "wb") as file:
                file.write(b"a model")
        epochs = values.get("epochs", [0, 0])
        said = {"seconds": 0.1, "steps": 1, "epochs": epochs[1] - epochs[0]}
        return Answer(said, made)


@pytest.fixture
def keras():
    return StandIn()


@pytest.fixture
def desk(tmp_path, keras):
    """Two films of two classes, open; jobs run at once."""
    desk = Desk(keras=keras)
    desk.session.live = False
    for name in ("left_01", "right_02"):
        frames = np.random.default_rng(len(name)).integers(0, 255, (6, 8, 10, 1))
        np.save(tmp_path / f"{name}.npy", frames.astype(np.uint8))
        desk.pipeline.open_one(Opening(str(tmp_path / f"{name}.npy"), axes="THWC"))
    desk.session.change("recurrence", epochs=3, units=4, filters=2)
    return desk


@pytest.fixture
def window(qtbot, desk):
    window = RecurrentWindow(desk.session, desk.pipeline)
    qtbot.addWidget(window)
    return window


def test_forms_follow_clip_and_choices_and_their_lines_are_copied(qtbot, desk, window):
    assert window.sizes.forms[0].shape == (1, 6, 80)
    before = window.sizes.forms[0].parameters
    desk.session.change("encoding", frames=4)
    desk.session.change("recurrence", units=8)
    assert window.sizes.forms[-1].shape == (1, 4, 8, 10, 1)
    assert window.sizes.forms[0].parameters > before
    card = window.cards.findChildren(FormCard)[-1]
    qtbot.mouseClick(card.copy, Qt.MouseButton.LeftButton)
    assert "keras.layers.ConvLSTM2D" in QGuiApplication.clipboard().text()


def test_a_form_is_chosen_by_press_and_by_keys(qtbot, desk, window):
    table = window.sizes
    table.resize(table.sizeHint())
    qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(20, table._top(0) + 5))
    assert desk.session.recurrence.form == "flat"
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert desk.session.recurrence.form == "cnn_flat"
    table.grab()
    desk.session.change("recurrence", kernel=9)
    assert cells(table.forms[1])[3] == "–" and "does not fit" in table.toolTip()
    assert not window.fit.isEnabled() and "does not fit frames of 8 × 10" in window.status.text()
    assert [short(n) for n in (7, 212_336_656, 10_567_744, 4.2e12)] == [
        "7", "212 M", "10.6 M", "4.20 T",
    ]  # fmt: skip


def test_open_clips_have_classes_that_their_names_suggest(desk, window, keras, qtbot):
    assert [edit.text() for edit in window.examples.edits] == ["left", "right"]
    window.examples.edits[1].setText("left")
    assert not window.fit.isEnabled() and "two classes" in window.status.text()
    window.examples.edits[1].setText("right")
    qtbot.mouseClick(window.fit, Qt.MouseButton.LeftButton)
    request, values, arrays = keras.asked[0]
    assert request == "recurrent_fit" and values["plan"]["classes"] == 2
    assert arrays["clips"].shape == (2, 6, 8, 10, 1) and arrays["targets"].tolist() == [0, 1]
    now = desk.session.recurrent
    assert now.fit.epochs == 3 and not now.running and now.targets == ("left", "right")
    assert window.course.text().startswith("Epoch 3 of 3: loss 0")
    assert window.save.isEnabled() and window.wall.isEnabled()


def test_every_choice_is_a_step_back_and_outlives_the_window(qtbot, desk, window, tmp_path):
    window.examples.edits[0].setText("wave")
    window.examples.edits[0].editingFinished.emit()
    qtbot.mouseClick(window.examples.kind.button("waves"), Qt.MouseButton.LeftButton)
    window._on_form("flat")
    window.fields["units"].value = 9
    window.fields["units"].changed.emit(9)
    window.fields["units"].committed.emit(9)
    window.close()
    chosen = from_json(json.loads(json.dumps(to_json(desk.session.choices))))
    assert chosen == desk.session.choices and chosen.recurrence.units == 9
    again = RecurrentWindow(desk.session, desk.pipeline)
    qtbot.addWidget(again)
    give_undo_keys(again, desk.history)
    assert (again.examples.edits[0].text(), again.examples.kind.value) == ("wave", "waves")
    for look, expected in (
        (lambda: desk.session.recurrence.units, 4),
        (lambda: again.sizes.key, "convlstm"),
        (lambda: again.examples.kind.value, "open"),
        (lambda: again.examples.edits[0].text(), "left"),
    ):
        again.findChildren(QShortcut)[0].activated.emit()
        assert look() == expected


def test_the_copied_script_fits_the_same_network_to_the_same_clips(
    desk, window, qtbot, monkeypatch, tmp_path
):
    fitted = {}

    def fit(clips, targets, settings):
        fitted.update(clips=[clip.data for clip in clips], targets=list(targets), by=settings)

    monkeypatch.setattr(vv, "fit_recurrent", fit, raising=False)
    monkeypatch.setattr(vv, "save_recurrent", lambda fit, path: path, raising=False)
    desk.session.change("encoding", frames=4)
    window.examples.edits[1].setText("0.5")
    window.examples.edits[0].setText("−1.5")
    table = tmp_path / "targets.csv"
    table.write_text("file,target\nleft_01.npy,a\nright_02.npy,b\n")
    for kind, shape, targets in (
        ("open", (4, 8, 10, 1), [-1.5, 0.5]),
        ("waves", (10, 20, 20, 1), ["down", "left", "right"]),
    ):
        desk.session.change("examples", recurrent=kind, path=str(table))
        qtbot.mouseClick(window.python, Qt.MouseButton.LeftButton)
        exec(QGuiApplication.clipboard().text(), {})
        assert fitted["clips"][0].shape == shape and fitted["targets"][:3] == targets
        assert fitted["by"] == desk.session.recurrence
        pieces = pieces_of(desk.session.examples, desk.session.sources)
        assert fitted["targets"] == [piece.target for piece in pieces]
    desk.session.change("examples", recurrent="files")
    assert "task='targets'" in fitting_script(desk.session.choices, ())
    assert [piece.target for piece in pieces_of(desk.session.examples, ())] == ["a", "b"]


def test_the_state_is_shown_frame_by_frame_on_the_clock(desk, window, qtbot):
    qtbot.mouseClick(window.fit, Qt.MouseButton.LeftButton)
    hidden = desk.session.recurrent.hidden
    assert window.strip.hidden is hidden and window.answer.text() == "left, 100 %"
    window.resize(1000, 640)
    window.strip.resize(600, 240)
    window.strip.grab()
    _, state, said = window.strip.boxes()
    x = window.strip.columns().left() + window.strip.columns().width() * 4.5 / 6
    assert window.strip.words_at(x, state.center().y()).startswith("h[4, 1] = 0.4")
    assert window.strip.words_at(x, said.top() + 3) == "after frame 4: left 80 %"
    spot = QPoint(int(x), int(state.center().y()))
    qtbot.mouseClick(window.strip, Qt.MouseButton.LeftButton, pos=spot)
    assert desk.session.frame == 4 and window.strip.frame == 4
    qtbot.keyClick(window.strip, Qt.Key.Key_Left)
    assert desk.session.frame == 3
    assert not window.maps.isHidden()
    window.maps.resize(window.maps.sizeHint())
    window.maps.grab()


def test_whoever_stops_does_not_wait_for_a_picture(desk, keras, monkeypatch):
    """Nothing is asked of the process that was ended, before the window knows what is kept."""
    ask, asked = keras.ask, []

    def stop_in_the_middle(request, *words, **options):
        asked.append((request, desk.session.recurrent.running))
        if request == "recurrent_fit":
            desk.pipeline.recurrences.stop()
        return ask(request, *words, **options)

    monkeypatch.setattr(keras, "ask", stop_in_the_middle)
    desk.pipeline.recurrences.start()
    now = desk.session.recurrent
    assert asked[0] == ("recurrent_fit", True) and ("recurrent_states", True) not in asked
    assert now.fit.epochs == 1 and not now.running and "kept" in desk.session.notice.text


def test_who_opens_another_clip_sees_the_network_run_over_it(desk, window, qtbot, keras):
    qtbot.mouseClick(window.fit, Qt.MouseButton.LeftButton)
    first = desk.session.recurrent.hidden
    window._on_shown(0)
    assert desk.session.recurrent.hidden.clip is desk.session.clip
    desk.pipeline.show(desk.session.sources[0])
    hidden = desk.session.recurrent.hidden
    assert hidden is not first and hidden.clip is desk.session.clip
    desk.session.change("encoding", height=9)
    assert not window.wall.isEnabled() and desk.session.recurrent.hidden is hidden


def test_maps_come_on_the_wall_by_the_saved_model(desk, window, qtbot, tmp_path):
    qtbot.mouseClick(window.fit, Qt.MouseButton.LeftButton)
    window.save_to(str(tmp_path / "net"), window._show_on_wall)
    filters = desk.session.filters
    assert (filters.model, filters.layer) == (str(tmp_path / "net.keras"), "convlstm")
    assert filters.whole and (tmp_path / "net.keras").read_bytes() == b"a model"
    desk.history.undo()
    assert not desk.session.filters.whole


def test_without_keras_and_without_clips_the_button_says_why(qtbot):
    desk = Desk()
    window = RecurrentWindow(desk.session, desk.pipeline)
    qtbot.addWidget(window)
    assert not window.fit.isEnabled() and "Open a file, or choose waves" in window.status.text()
    desk.pipeline.recurrences.start()
    assert "Keras is not there" in desk.session.notice.text


def test_what_goes_wrong_stands_beside_the_button(desk, window, qtbot, keras):
    def fail(*_, **__):
        raise ValueError("The loss is no longer a number; choose a lower learning rate.")

    keras.ask = fail
    qtbot.mouseClick(window.fit, Qt.MouseButton.LeftButton)
    assert "lower learning rate" in window.status.text() and window.fit.isEnabled()


def test_words_and_numbers_that_people_type():
    assert target_of("0.5") == 0.5 and target_of("−2.5") == -2.5
    assert target_of("3") == "3" and target_of("left") == "left"
    named = type("Source", (), {"name": "wave left-03.npy"})
    assert guessed_word(named) == "wave left"
    history = [[0.5, 0.75, float("nan"), float("nan")]]
    assert course_words(history, 9) == "Epoch 1 of 9: loss 0.5, 75 % right"
    history[0][2:] = [0.25, 1.0]
    assert course_words(history, 9).endswith("; held out: loss 0.25, 100 % right")


def test_an_empty_strip_says_what_to_do(qtbot):
    strip = StateStrip()
    qtbot.addWidget(strip)
    strip.grab()
    assert strip.words_at(50, 50) == "" and strip.step_at(50) is None
