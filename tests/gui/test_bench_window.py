"""The filter bench: curves say what was measured, follow the filters, and are saved as drawn."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from direct import Desk
from made_views import pixels
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from voxviewer.convolution.bench import BenchSettings, measure_filters
from voxviewer.convolution.editing import to_settings
from voxviewer.convolution.filters import random_filters
from voxviewer.convolution.motion import DIRECTIONS
from voxviewer.convolution.presets import preset_filters
from voxviewer.gui import theme
from voxviewer.gui.bench import BenchWindow
from voxviewer.gui.bench.curves import BARS, GRATINGS, make_sheet, selectivity_words
from voxviewer.gui.bench.drawing import (
    cell_box,
    circle_of,
    columns_in,
    curve_of,
    figure,
    sheet_height,
    spoke,
    tick_places,
)
from voxviewer.gui.bench.stimulus import KINDS, SIDE, Question, make_scene, make_stimulus
from voxviewer.session import LessonNow
from voxviewer.settings import FilterSettings, TrainingSettings


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")
    theme.set_reduced_motion(True)
    yield
    theme.set_reduced_motion(None)


@pytest.fixture(scope="module")
def tuning():
    return measure_filters(preset_filters("motion-directions"))


@pytest.fixture
def desk():
    desk = Desk()
    desk.session.change("encoding", height=12, width=12, frames=6)
    desk.session.change("filters", source="preset", preset="motion-and-edges")
    desk.pipeline.open(["sample:waving-hand"])
    return desk


@pytest.fixture
def window(qtbot, desk):
    made = BenchWindow(desk.session, desk.pipeline)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    return made


# curves


def test_the_circle_is_taken_at_the_speed_of_the_ratio(tuning):
    for curves in make_sheet(tuning).curves:
        own, other = curves.round[curves.way], curves.round[(curves.way + 4) % 8]
        ratio = own / other if other else math.inf
        assert ratio == pytest.approx(tuning.selectivity[curves.index])
        assert curves.line[curves.step] == own
        assert curves.verdict.startswith(DIRECTIONS[curves.way].name)


def test_every_motion_filter_is_drawn_towards_its_own_name(tuning):
    sheet = make_sheet(tuning)
    for curves, way in zip(sheet.curves, DIRECTIONS, strict=True):
        assert curves.name == f"motion {way.name}"
        assert sheet.directions[int(curves.round.argmax())] == way.name


def test_directions_lie_on_the_screen_as_they_move():
    circle = circle_of(cell_box(0, 1))
    for way in DIRECTIONS:
        columns, rows = way.step
        away = spoke(circle, way.degrees, 1.0) - circle.center()
        assert away.x() == pytest.approx(columns * circle.width() / 2, abs=1e-6)
        assert away.y() == pytest.approx(rows * circle.width() / 2, abs=1e-6)


def test_shared_scaling_gives_all_filters_the_largest_peak():
    made = measure_filters(random_filters(count=4, seed=3))
    own, shared = make_sheet(made, BARS), make_sheet(made, BARS, shared=True)
    assert {curves.peak for curves in shared.curves} == {max(c.peak for c in own.curves)}


def test_a_silent_filter_and_one_without_preference_say_so():
    assert selectivity_words(math.nan, "right") == "silent"
    assert selectivity_words(1.01, "right") == "no direction"
    assert selectivity_words(math.inf, "up left") == "up left alone"
    assert selectivity_words(6.24, "right") == "right  6.2 : 1"
    bank = random_filters(count=1)
    silent = type(bank)(np.zeros_like(bank.kernels), bank.bias, "linear", "zero")
    for kind in (BARS, GRATINGS):
        sheet = make_sheet(measure_filters(silent), kind)
        assert sheet.curves[0].verdict == "silent" and sheet.curves[0].peak == 0
        assert not figure(sheet, "", "").isNull()


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_cells_do_not_overlap_and_their_parts_lie_inside(qapp, columns):
    boxes = [cell_box(place, columns) for place in range(7)]
    for index, box in enumerate(boxes):
        assert box.bottom() < sheet_height(7, columns)
        assert box.toRectF().contains(circle_of(box)) and box.toRectF().contains(curve_of(box))
        assert circle_of(box).right() < curve_of(box).left()
        assert not any(box.intersects(other) for other in boxes[:index])
    assert columns_in(cell_box(columns - 1, columns).right() + 20, 7) == columns


# the stimulus


@pytest.mark.parametrize("kind", [kind for kind, _ in KINDS])
def test_every_stimulus_meets_its_answer_frame_by_frame(kind):
    bank = random_filters(count=3, channels=2, seed=5)
    scene = make_scene(bank, Question(kind, 1, 0, 2), BenchSettings())
    assert scene.shown.shape == scene.answer.shape and scene.shown.shape[1:] == (SIDE, SIDE)
    assert scene.name == "filter 2"
    from scipy.ndimage import correlate

    kernel = bank.kernels[..., 2].sum(axis=3).astype(np.float64)
    expected = correlate(scene.shown.astype(np.float64), kernel, mode="constant")
    assert np.allclose(scene.answer, expected, atol=1e-5)


def test_a_bar_is_seen_for_most_of_its_time_at_every_speed():
    settings = BenchSettings()
    for step in range(len(settings.speeds)):
        clip = make_stimulus(Question("bar", 0, step), settings)
        seen = (clip.data.max(axis=(1, 2, 3)) > 0).mean()
        assert seen > 0.8


# the window


def test_it_measures_what_is_there_and_follows(desk, window):
    assert window.tuning.names == desk.session.bank.names
    assert "8 filters" in window.status.text()
    desk.session.change("filters", source="random", count=3)
    assert len(window.sheet.sheet.curves) == 3
    assert window.stimulus.answer.name == "answer of filter 0"
    desk.session.map = 2
    assert window.sheet.value == 2
    assert window.stimulus.answer.name == "answer of filter 2"


def test_while_newer_filters_are_measured_the_old_curves_are_dimmed(qtbot):
    from concurrent.futures import Executor, Future

    class Later(Executor):
        waiting: list = []

        def submit(self, function, /, *args, **kwargs):
            self.waiting.append(lambda: function(*args))
            return Future()

        def run_all(self):
            while self.waiting:
                self.waiting.pop(0)()

    later = Later()
    desk = Desk(later)
    desk.session.change("encoding", height=12, width=12, frames=6)
    desk.pipeline.open(["sample:waving-hand"])
    later.run_all()
    window = BenchWindow(desk.session, desk.pipeline)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    assert window.tuning is None and not window.picture.isEnabled()
    later.run_all()
    first = window.tuning
    assert first is not None and window.picture.isEnabled()
    desk.session.change("filters", seed=5)
    while desk.session.bank is window._bank:
        later.waiting.pop(0)()
    assert window.tuning is first and window.sheet._stale and not window.picture.isEnabled()
    later.run_all()
    assert window.tuning is not first and not window.sheet._stale
    desk.session.change("filters", seed=6)
    window.close()
    later.run_all()  # what comes home late is dropped


def test_without_filters_it_says_what_to_do(qtbot):
    desk = Desk()
    window = BenchWindow(desk.session, desk.pipeline)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    assert window.stack.currentIndex() == 1
    assert not window.numbers.isEnabled()


def press(window, place):
    QTest.mouseClick(window.sheet, Qt.MouseButton.LeftButton, pos=place.toPoint())


def test_pointing_at_a_direction_or_a_speed_shows_it(desk, window):
    sheet = window.sheet
    box = sheet.box(1)
    press(window, spoke(circle_of(box), 88, 0.7))
    assert desk.session.map == 1
    assert window.stimulus.question == Question("bar", 2, 2, 1)
    curve = curve_of(box)
    x = tick_places(curve, 5)[4]
    press(window, QPointF(x, curve.center().y()))
    assert window.stimulus.question == Question("bar", 2, 4, 1)
    assert sheet._mark == (2, 4)
    assert "motion left, 3 voxels per frame:" in sheet.tip(QPointF(x, curve.center().y()))
    assert "motion left, up:" in sheet.tip(spoke(circle_of(box), 88, 0.7))
    assert sheet.tip(QPointF(2, 2)) == ""


def test_tab_and_stimulus_go_together(window):
    window.title.tabs.setCurrentIndex(1)
    assert window.title.tab == GRATINGS
    assert window.stimulus.kind.value == "grating"
    assert window.sheet.sheet.unit == "cycles per frame"
    choice = window.stimulus.kind
    choice.setCurrentIndex(0)
    choice.activated.emit(0)
    assert window.title.tab == BARS and window.sheet.sheet.unit == "voxels per frame"
    choice.setCurrentIndex(3)
    choice.activated.emit(3)
    assert window.stimulus.step_row.isHidden() and window.stimulus.direction_row.isHidden()
    assert window.sheet._mark == (None, None)


def test_keys_walk_over_the_filters(desk, window):
    window.sheet.setFocus()
    QTest.keyClick(window.sheet, Qt.Key.Key_Right)
    assert desk.session.map == 1
    QTest.keyClick(window.sheet, Qt.Key.Key_Down)
    assert desk.session.map == 1 + window.sheet.columns
    assert window.sheet.accessibleDescription().startswith(f"{desk.session.map} ")


def test_the_stimulus_plays_on_a_clock_of_its_own_while_it_is_seen(desk, window):
    view = window.stimulus
    assert not view._timer.isActive()  # reduced motion
    view.play.click()
    assert view._timer.isActive() and view.play.accessibleName() == "Pause"
    frame = desk.session.frame
    view.tick()
    assert view.place.text().startswith("frame 1 of ")
    assert desk.session.frame == frame
    window.hide()
    assert not view._timer.isActive()


def test_picture_and_numbers_are_saved(desk, window, tmp_path):
    window.save_picture(str(tmp_path / "f.png"))
    image = QImage(str(tmp_path / "f.png"))
    assert image.width() > 1500
    assert "px" in window.status.text()
    window.save_numbers(str(tmp_path / "f.csv"))
    assert (tmp_path / "f.csv").read_text("utf-8").count("\n") == 1 + 8 * 8 * 5
    window.save_numbers(str(tmp_path / "f.json"))
    assert (tmp_path / "f.json").exists()
    window.save_numbers(str(tmp_path / "none" / "f.json"))
    assert desk.session.notice.kind == "error"


def test_no_word_of_a_figures_note_is_cut_off(window):
    heights = [figure(window.sheet.sheet, "Bank", "word " * many).height() for many in (1, 200)]
    assert heights[1] > heights[0] + 4 * QFontMetrics(theme.font("caption")).height()


def test_both_themes_are_drawn_in_their_own_colors(window):
    dark = pixels(window.sheet)
    theme.choose("light")
    QApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)
    light = pixels(window.sheet)
    assert (dark[2, 2] & 0xFFFFFF, light[2, 2] & 0xFFFFFF) == (0x1B1B1B, 0xEBEBEB)


# what training changed


def test_what_a_filter_was_before_its_training_is_drawn_on_its_own_scale(tuning):
    weak = measure_filters(replace(preset_filters("motion-directions"), kernels=_halved()))
    sheet = make_sheet(tuning, before=weak)
    plain = make_sheet(tuning)
    for curves, without in zip(sheet.curves, plain.curves, strict=True):
        around, line = curves.before
        np.testing.assert_allclose(around, curves.round / 2, rtol=1e-5)
        np.testing.assert_allclose(line, curves.line / 2, rtol=1e-5)
        assert (curves.peak, curves.verdict) == (without.peak, without.verdict)
    assert figure(sheet, "", "") != figure(plain, "", "")


def _halved():
    return preset_filters("motion-directions").kernels / 2


def test_another_direction_after_training_is_said_as_a_change(tuning):
    turned = replace(preset_filters("motion-directions"), kernels=2 * _halved()[..., ::-1])
    verdicts = [c.verdict for c in make_sheet(tuning, before=measure_filters(turned)).curves]
    assert any(" → " in verdict for verdict in verdicts)


def test_the_bench_shows_trained_filters_beside_what_they_were(desk, window):
    session = desk.session
    assert window.before is None
    before = session.bank
    session.filters = FilterSettings(source="edited", kernels=to_settings(session.bank))
    training = SimpleNamespace(
        before=before, filters=lambda: session.filters, filters_before=FilterSettings
    )
    session.lesson = LessonNow(TrainingSettings(), training=training)
    assert window.before is not None
    assert all(curves.before is not None for curves in window.sheet.sheet.curves)
    assert "before it was trained" in window.status.text()
    session.filters = FilterSettings()
    assert window.before is None
