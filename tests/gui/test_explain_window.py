"""The window about Grad-CAM and occlusion: what is asked, what is shown, where it lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from direct import Desk, Later
from PySide6.QtCore import Qt

from voxviewer.files import SourceError
from voxviewer.gui.explain import window as explain
from voxviewer.gui.explain.window import ExplainWindow
from voxviewer.gui.views.clip_view import ClipView
from voxviewer.gui.views.clip_words import scale_words
from voxviewer.gui.views.heat import heat_words
from voxviewer.network_maps import heat_maps
from voxviewer.networks.heads import Head
from voxviewer.networks.heat import Heat
from voxviewer.networks.passage import Passage
from voxviewer.session import HeatNow
from voxviewer.settings import Opening


class Keras:
    """Only asked to stop."""

    cancelled = 0

    def cancel(self):
        self.cancelled += 1


@pytest.fixture
def desk(tmp_path):
    desk = Desk(keras=Keras())
    desk.session.live = False
    frames = np.random.default_rng(0).integers(0, 255, (6, 16, 20, 1))
    np.save(tmp_path / "film.npy", frames.astype(np.uint8))
    desk.pipeline.open_one(Opening(str(tmp_path / "film.npy"), axes="THWC"))
    return desk


@pytest.fixture
def asked(monkeypatch):
    """What was asked; heat that is hot at frame 2, row 4, column 5, and against it beside that."""
    questions = []

    def find_head(path, clip):
        way = Passage(path, "classes", "Dense", (0, 0), "3.15", False, None, 0)
        return Head(way, 3, (("one", "Conv3D"), ("two", "Conv3D"), ("pool", "MaxPooling3D")))

    def answer(question, clip, keras, progress):
        questions.append(question)
        data = np.zeros(clip.shape[:3], np.float32)
        data[2, 4, 5] = 2.0
        if question.method == "occlusion":
            data[2, 4, 6] = -1.0
        scores = np.array([0.2, 0.7, 0.1], np.float32)
        target = 1 if question.target is None else question.target
        heat = Heat(
            data, clip, question.method, question.model, target, scores, "two", data, "Words", 0.1
        )
        return HeatNow(heat, heat_maps(heat))

    monkeypatch.setattr(explain, "find_head", find_head)
    monkeypatch.setattr(explain, "answer", answer)
    return questions


@pytest.fixture
def window(qtbot, desk, asked):
    window = ExplainWindow(desk.session, desk.pipeline)
    qtbot.addWidget(window)
    window.look_at("net.keras")
    return window


def press(qtbot, window):
    qtbot.mouseClick(window.run, Qt.MouseButton.LeftButton)


def test_classes_and_layers_are_those_of_the_model_and_the_last_conv3d_is_proposed(window):
    options = [window.target.itemText(at) for at in range(window.target.count())]
    assert options == ["predicted", "class 0", "class 1", "class 2"]
    assert window.layer.value == "two" and window.layer.count() == 3
    assert window.run.isEnabled() and window.status.text() == ""


def test_heat_lies_over_the_clip_here_and_in_the_main_window(qtbot, desk, window, asked):
    view = ClipView(desk.session)
    qtbot.addWidget(view)
    desk.session.frame = 2
    plain = view.canvas.picture.pixels.copy()
    press(qtbot, window)
    assert asked[-1].method == "grad-cam" and asked[-1].layer == "two"
    for pixels in (window.canvas.picture.pixels, view.canvas.picture.pixels):
        changed = np.argwhere(pixels != plain)
        assert changed.tolist() == [[4, 5]]
    clip = desk.session.clip
    words = scale_words(desk.session, clip, view.scale(clip))
    assert words.startswith("Grad-CAM, class 1 over gray")
    window._show_readout((4, 5))
    assert window.words.text() == "Grad-CAM, class 1. Words."
    desk.session.heat_over = False
    assert np.array_equal(view.canvas.picture.pixels, plain)
    assert not np.array_equal(window.canvas.picture.pixels, plain)
    desk.session.heat_cover = 0.0
    assert np.array_equal(window.canvas.picture.pixels, plain)
    window.grab()


def test_occlusion_counts_its_runs_and_refuses_boxes_that_do_not_fit(qtbot, desk, window, asked):
    window.method.value = "occlusion"
    window._show_method()
    assert window.box.value == (1, 4, 5) and window.stride.value == (1, 2, 2)
    assert window.note.text().startswith("The model runs 378 times")
    window.stride.value = (2, 2, 2)
    window._show_ready()
    assert "leave voxels out" in window.status.text() and not window.run.isEnabled()
    window.stride.value = (1, 4, 5)
    window.baseline.value = 7.0
    window.target.value = 2
    window._show_ready()
    press(qtbot, window)
    said = asked[-1]
    assert (said.box, said.stride, said.baseline, said.target) == ((1, 4, 5), (1, 4, 5), 7.0, 2)
    assert heat_words(desk.session.heat) == "Occlusion, class 2"
    assert window.bar._scale.signed and [at for at, _ in window.scores.rows()] == [1, 0, 2]
    window.grab()


def test_another_clip_says_that_heat_is_of_an_earlier_one(qtbot, desk, window):
    press(qtbot, window)
    desk.session.change("encoding", height=12)
    assert window.canvas.picture.note == "made of an earlier clip"
    view = ClipView(desk.session)
    qtbot.addWidget(view)
    view.grab()  # nothing lies over a clip that it was not made of
    clip = desk.session.clip
    assert "Grad-CAM" not in scale_words(desk.session, clip, view.scale(clip))
    assert window.box.value == (1, 3, 5)


def test_a_model_without_a_head_is_refused_beside_the_button(qtbot, desk, window, monkeypatch):
    def refuse(path, clip):
        raise SourceError(path, "puts out (4, 8, 8, 2), no scores of classes", "Choose another")

    monkeypatch.setattr(explain, "find_head", refuse)
    window.look_at("other.keras")
    assert "no scores of classes" in window.status.text() and not window.run.isEnabled()


def test_what_runs_is_stopped_by_the_same_button_and_by_closing(qtbot, desk, asked):
    later = Desk(Later(), Keras())
    later.session.clip = desk.session.clip
    window = ExplainWindow(later.session, later.pipeline)
    qtbot.addWidget(window)
    window.look_at("net.keras")
    later.jobs._executor.run_all()
    press(qtbot, window)
    assert window.run.text() == "Stop" and not window.progress.isHidden()
    press(qtbot, window)
    assert later.pipeline.keras.cancelled == 1
    later.jobs._executor.run_all()
    assert later.session.heat is None and window.run.text() == "Run"
    press(qtbot, window)
    window.done(0)
    assert later.pipeline.keras.cancelled == 2


def test_a_class_that_is_asked_about_is_shown_among_many(qtbot, window, desk):
    press(qtbot, window)
    heat = desk.session.heat.heat
    many = replace(heat, scores=np.linspace(1, 0, 30, dtype=np.float32), target=29)
    window.scores.show_heat(many)
    rows = window.scores.rows()
    assert len(rows) == 10 and rows[0][0] == 0 and rows[-1] == (29, 0.0)
    window.scores.resize(window.scores.sizeHint())
    window.scores.grab()
