"""The 3D view: the mouse turns it, the clock moves in it, and no process can take it down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import psutil
import pytest
from made_views import (
    Held,
    drag,
    make_clip,
    make_maps,
    make_volume,
    move,
    pixels,
    runner,
    shown,
    wheel,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from voxviewer.data import Facts, Skeleton, Topology
from voxviewer.gui import theme
from voxviewer.gui.program import Program
from voxviewer.gui.views.space_names import joint_names
from voxviewer.gui.views.space_view import SpaceView
from voxviewer.session import Session
from voxviewer.settings import Opening
from voxviewer.space.client import SpaceEngine, SpaceMissing, missing, picture_size
from voxviewer.workers import Worker

SIZE = (400, 380)


class FakeEngine:
    """Answers at once with a picture of one color, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.started = 0
        self.cancelled = 0
        self.why = ""

    def start(self) -> None:
        self.started += 1

    def cancel(self) -> None:
        self.cancelled += 1

    def render(self, scene, camera, look, size, quality="full", *, width=1.0, progress=None) -> Any:
        self.asked.append((scene, camera, look, size, quality))
        if self.why:
            raise SpaceMissing(self.why)
        width, height = picture_size(size, quality)
        return np.full((height, width, 3), 40 + len(self.asked) % 200, np.uint8)

    @property
    def look(self) -> Any:
        return self.asked[-1][2]


@pytest.fixture
def session(themed: Any) -> Session:
    session = Session()
    session.current = make_volume((1, 8, 10, 12, 1), "HWD", np.diag([1.0, 1, 2, 1]), "scan")
    session.clip = make_clip(8, 10, 12, name="scan")
    session.features = make_maps(session.clip, 3)
    return session


@pytest.fixture
def engine() -> Any:
    return FakeEngine()


def make_view(qtbot: Any, session: Session, engine: Any, executor: Any = None) -> SpaceView:
    view: SpaceView = shown(qtbot, SpaceView(session, runner(executor), engine), SIZE)
    return view


def is_fine(view: SpaceView, engine: FakeEngine) -> bool:
    return bool(engine.asked) and engine.asked[-1][4] == "full"


# -- what a person does ---------------------------------------------------------------------------


def test_the_process_starts_when_the_view_is_first_shown(qtbot, session, engine):
    view = SpaceView(session, runner(), engine)
    qtbot.addWidget(view)
    session.frame = 3
    assert (engine.started, engine.asked) == (0, [])
    view.show()
    assert engine.started == 1
    assert engine.asked
    view.hide()
    count = len(engine.asked)
    session.frame = 5
    assert len(engine.asked) == count
    view.show()
    assert engine.started == 1
    assert engine.look.mark == (1, pytest.approx(1 - 5.5 / 8))  # slice k = 5, up is up


def test_a_drag_turns_at_once_and_refines_after_a_moment(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    qtbot.waitUntil(lambda: is_fine(view, engine))
    view.drawing._seconds = 1.0  # as on a slow machine
    before, count = view.camera, len(engine.asked)
    drag(view.canvas, [(100, 100), (130, 100), (150, 120)])
    asked = engine.asked[count:]
    assert [row[4] for row in asked] == ["preview", "preview"]
    side = min(view.canvas.width(), view.canvas.height())
    assert view.camera.azimuth == pytest.approx(before.azimuth - 50 * 180 / side)
    assert view.camera.elevation == pytest.approx(before.elevation + 20 * 180 / side)
    qtbot.waitUntil(lambda: is_fine(view, engine))
    assert engine.asked[-1][1] == view.camera


def test_nothing_is_refined_while_the_button_is_held(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    qtbot.waitUntil(lambda: is_fine(view, engine))
    view.drawing._seconds = 1.0
    QTest.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    move(view.canvas, 120, 100, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(view.drawing.quiet):
        pass
    assert engine.asked[-1][4] == "preview"
    QTest.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(120, 100))
    qtbot.waitUntil(lambda: is_fine(view, engine))


def test_shift_and_drag_pans_and_a_double_click_goes_home(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    home = view.camera
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mousePress(view.canvas, Qt.MouseButton.LeftButton, shift, QPoint(100, 100))
    move(view.canvas, 130, 90, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, shift, QPoint(130, 90))
    side = min(view.canvas.width(), view.canvas.height())
    assert view.camera.pan == pytest.approx((30 / side, -10 / side))
    assert view.camera.azimuth == home.azimuth
    QTest.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    QTest.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert view.camera == home


def test_the_wheel_zooms(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    before = view.camera.zoom
    wheel(view.canvas, 240)
    assert view.camera.zoom == pytest.approx(before * 1.15**2)
    wheel(view.canvas, -240)
    assert view.camera.zoom == pytest.approx(before)


def test_everything_is_done_with_keys_too(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    home = view.camera
    QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    assert view.camera.azimuth == pytest.approx(home.azimuth - 12)
    QTest.keyClick(view.canvas, Qt.Key.Key_Up)
    assert view.camera.elevation == pytest.approx(home.elevation - 12)
    QTest.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert view.camera.zoom > home.zoom
    QTest.keyClick(view.canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.camera.pan[0] < 0
    QTest.keyClick(view.canvas, Qt.Key.Key_R)
    assert view.camera == home
    QTest.keyClick(view.controls.level, Qt.Key.Key_Right)
    assert engine.look.level == pytest.approx(view.controls.level.value)


def test_the_level_is_dragged_and_belongs_to_its_mode(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    view.set_mode("surface")
    first = engine.look.level
    bar = view.controls.level
    drag(bar, [tuple(bar.point_of(first).toTuple()), tuple(bar.point_of(0.7).toTuple())])
    assert engine.look.level == pytest.approx(0.7, abs=0.02)
    assert "surface at" in view.readout._right.text()
    view.set_mode("volume")
    assert engine.look.level == pytest.approx(first)
    view.set_mode("surface")
    assert engine.look.level == pytest.approx(0.7, abs=0.02)
    session.current = make_volume((1, 8, 10, 12, 1), "HWD", None, "other")
    assert engine.look.level == pytest.approx(view._scene().level)


def test_a_part_is_cut_out_with_two_knobs_along_an_axis(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    assert engine.look.box == ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))
    QTest.mouseClick(view.crop, Qt.MouseButton.LeftButton)
    bar = view.controls.crops[2]
    drag(bar, [tuple(bar.point_of(1.0).toTuple()), tuple(bar.point_of(0.4).toTuple())])
    assert engine.look.box[2] == (0.0, pytest.approx(0.4, abs=0.03))
    QTest.mouseClick(view.crop, Qt.MouseButton.LeftButton)
    assert engine.look.box[2] == (0.0, 1.0)


def test_every_choice_reaches_the_picture(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    for mode in ("mip", "surface", "slices", "volume"):
        view.title.tabs.setCurrentIndex(["volume", "mip", "surface", "slices"].index(mode))
        assert engine.look.mode == mode
    view.controls.opacity.menu().actions()[1].trigger()
    assert engine.look.preset == "ct"
    view.set_what("clip")
    view.controls.deep.menu().actions()[3].trigger()
    assert engine.look.depth == 2.0


# -- what the session says ------------------------------------------------------------------------


def test_the_mark_and_the_slices_follow_clock_and_crosshair(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    view.set_what("clip")
    session.frame = 2
    assert engine.look.mark == (0, pytest.approx(2.5 / 8))
    session.voxel = (4, 9)
    assert engine.look.slices == pytest.approx((2.5 / 8, 4.5 / 10, 9.5 / 12))
    view.set_what("source")
    # The file's H runs to the right, its W to the front, its D up: the block is W, -D, H.
    assert engine.look.slices == pytest.approx((9.5 / 12, 1 - 2.5 / 8, 4.5 / 10))
    assert engine.look.mark == (1, pytest.approx(1 - 2.5 / 8))


def test_a_map_frame_lies_where_its_window_is_centered(qtbot, session, engine):
    session.features = make_maps(session.clip, 3, valid=True)
    view = make_view(qtbot, session, engine)
    view.set_what("map")
    session.frame = 3
    assert engine.look.mark == (0, pytest.approx(2.5 / 6))
    session.frame = 0  # no window is centered there
    assert engine.look.mark is None
    assert engine.look.slices[0] is None


def test_another_map_is_another_block(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    view.set_what("map")
    first = engine.asked[-1][0]
    session.map = 1
    second = engine.asked[-1][0]
    assert second is not first
    assert engine.look.signed
    session.map = 0
    assert engine.asked[-1][0] is first  # kept


def test_clip_and_map_are_seen_by_one_eye_and_the_source_by_another(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    source = view.camera
    view.set_what("clip")
    QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    turned = view.camera
    view.set_what("map")
    assert view.camera == turned
    view.set_what("source")
    assert view.camera == source


def make_skeleton() -> Skeleton:
    joints = np.random.default_rng(1).uniform(-1, 1, (8, 1, 4, 3)).astype(np.float32)
    facts = Facts("test", "skeleton", (8, 4, 3), "TJX", "float32", 240)
    topology = Topology(("wrist", "thumb", "index", "little"), ((0, 1), (0, 2), (0, 3)))
    score = np.ones((8, 1, 4), np.float32)
    return Skeleton(joints, score, topology, facts, Opening("s.npy"), "scan")


def test_a_skeleton_moves_with_the_clock_and_names_its_joints(qtbot, session, engine):
    session.current = make_skeleton()
    session.clip = replace(make_clip(8, name="scan"), frames=np.arange(8))
    view = make_view(qtbot, session, engine)
    session.frame = 5
    assert engine.look.frame == 5
    assert not view.title.tabs.isTabEnabled(2)
    assert view.controls.level.isHidden()
    size = (view.canvas.width(), view.canvas.height())
    x, y, _ = view.camera.project(view.shown.scene.points[5, 0, 2], size)
    move(view.canvas, x, y)
    words = view.readout.accessibleDescription()
    assert words.startswith("joints[5, 0, 2] (")
    assert words.endswith("index")
    move(view.canvas, 2, 2)
    assert not view.readout.accessibleDescription().startswith("joints")


def test_trails_and_names_of_joints_can_be_shown_or_not(qtbot, session, engine):
    session.current = make_skeleton()
    session.clip = replace(make_clip(8, name="scan"), frames=np.arange(8))
    view = make_view(qtbot, session, engine)
    assert view.controls.trails.isVisible() and view.controls.names.isVisible()
    assert engine.look.trail == 12
    view.controls.trails.click()
    assert engine.look.trail == 0
    assert view.canvas.shot.names == ()
    view.controls.names.click()
    drawn = {label.text: (label.x, label.y) for label in view.canvas.shot.names}
    assert drawn and set(drawn) <= set(session.current.topology.names)
    size = (view.canvas.width(), view.canvas.height())
    for index, name in enumerate(session.current.topology.names):
        if name in drawn:
            x, y, _ = view.camera.project(view.shown.scene.points[session.frame, 0, index], size)
            assert drawn[name][1] == pytest.approx(y, abs=0.5)
            right = drawn[name][0] == pytest.approx(x + 8, abs=0.5)
            assert right or drawn[name][0] + 5 * len(name) < x, "else it ends left of the joint"
    view.controls.names.click()
    assert view.canvas.shot.names == ()
    session.current = make_volume((1, 8, 10, 12, 1), "HWD", np.diag([1.0, 1, 2, 1]), "scan")
    assert view.controls.trails.isHidden() and view.controls.names.isHidden()
    assert view.mode == "volume", "a skeleton has no modes, and leaves the volume's as it was"


def test_gaps_are_drawn_through_in_space_when_asked(qtbot, session, engine):
    whole = make_skeleton()
    joints = whole.joints.copy()
    joints[3, 0, 2] = np.nan
    session.current = replace(whole, joints=joints)
    session.clip = replace(make_clip(8, name="scan"), frames=np.arange(8))
    session.frame = 3
    view = make_view(qtbot, session, engine)
    assert np.isnan(view.shown.scene.points[3, 0, 2]).all()
    session.bridge = True
    assert np.isfinite(view.shown.scene.points[3, 0, 2]).all()


def test_what_is_not_there_is_said(qtbot, themed, engine):
    session = Session()
    view = make_view(qtbot, session, engine)
    assert view.canvas.words == "Nothing open yet. Drop a file here, or choose a sample."
    session.current = make_volume((1, 1, 10, 12, 3), "HWC", None, "picture")
    assert view.canvas.words.startswith("A picture has no depth.")
    for what in ("clip", "map"):
        view.set_what(what)
        assert view.canvas.words.endswith((".", "…"))
    assert engine.asked == []
    pixels(view)


def test_the_theme_is_the_background(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    assert engine.look.colors.background == 0x121212
    view.set_mode("mip")
    assert engine.look.palette[:3] == b"\0\0\0"
    theme.choose("light")
    assert engine.look.colors.background == 0xD9D9D9
    assert engine.look.palette[:3] == b"\xff\xff\xff"  # ink on paper


def test_the_picture_is_painted_with_its_letters(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    qtbot.waitUntil(lambda: is_fine(view, engine))
    picture = pixels(view.canvas)
    level = int(view.canvas.shot.pixels[0, 0, 0])
    assert (picture & 0xFF == level).mean() > 0.9
    assert {letter.text for letter in view.canvas.shot.letters} == set("LRAPSI")


def test_names_stand_left_of_joints_where_there_is_no_room_at_the_right(qtbot, session, engine):
    session.current = make_skeleton()
    session.clip = replace(make_clip(8, name="scan"), frames=np.arange(8))
    view = make_view(qtbot, session, engine)
    size, letter = (view.canvas.width(), view.canvas.height()), (6.0, 14.0)
    seen = view.camera.project(view.shown.scene.points[0, 0], size)
    right_of_all = int(seen[:, 0].max()) + 12
    names = joint_names(view.shown, (right_of_all, size[1]), letter)
    # The same eye looks at a picture that ends right beside the joint at its edge.
    ends = [label.x + letter[0] * len(label.text) for label in names]
    assert names and max(ends) <= right_of_all
    outermost = session.current.topology.names[int(seen[:, 0].argmax())]
    assert outermost in [label.text for label in names]
    for label in joint_names(view.shown, size, letter):
        end = label.x + letter[0] * len(label.text)
        over = (seen[:, 0] > label.x) & (seen[:, 0] < end) & (abs(seen[:, 1] - label.y) < 7)
        assert not over.any(), "a name on another joint would seem to be that one's"


def test_a_picture_of_another_size_is_not_distorted(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    canvas = view.canvas
    canvas.resize(canvas.width() * 2, canvas.height())
    box = canvas._box_of_shot()
    assert box.height() == canvas.height() and box.width() * 2 == pytest.approx(canvas.width(), 2)
    assert abs(box.center().x() - canvas.rect().center().x()) <= 1


def test_everything_has_a_name_and_fits(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    view.crop.setChecked(True)
    names = [view, view.canvas, view.controls.level, view.controls.what, *view.controls.crops]
    assert all(widget.accessibleName() for widget in names)
    assert view.canvas.accessibleDescription().startswith("Source, volume")
    assert view.minimumSizeHint().width() <= 340


# -- jobs and processes ---------------------------------------------------------------------------


def test_the_newest_picture_wins_and_the_window_never_waits(qtbot, session, engine):
    held = Held()
    view = make_view(qtbot, session, engine, held)
    assert view.canvas.words == "Drawing …"
    held.release()
    qtbot.waitUntil(lambda: bool(held.waiting) or is_fine(view, engine))
    held.release()
    view.drawing._seconds = 1.0
    count = len(engine.asked)
    for x in range(20):
        view.canvas.turned.emit(3.0, 0.0)
        assert len(engine.asked) == count, x
    held.release()
    assert len(engine.asked) == count + 2  # the first, and the newest of all others
    assert engine.asked[-1][1] == view.camera


def test_without_opengl_numpy_draws_and_one_line_says_so(qtbot, session, engine):
    engine.why = "OpenGL is missing here, or cannot draw"
    view = make_view(qtbot, session, engine)
    assert view.why.text == (
        "Drawn by NumPy, without light: OpenGL is missing here, or cannot draw."
    )
    assert view.canvas.shot.pixels.std() > 1
    drag(view.canvas, [(100, 100), (150, 120)])
    assert view.why.text
    qtbot.waitUntil(lambda: is_fine(view, engine))
    engine.why, started = "", engine.started
    view.why.again.emit()
    assert engine.started == started + 1
    assert view.why.text == ""


def test_a_source_that_cannot_be_read_is_said(qtbot, session, engine):
    class Broken:
        shape, dtype = (1, 4, 4, 4, 1), np.dtype(np.float32)

        def __getitem__(self, index: Any) -> Any:
            raise OSError("scan.nii ends after 3 MB.")

    view = make_view(qtbot, session, engine)
    session.current = make_volume(Broken.shape, "HWD", None, "broken", Broken())
    assert view.canvas.words == "scan.nii ends after 3 MB."
    session.current = make_volume((1, 4, 4, 4, 1), "HWD", None, "good")
    assert view.canvas.words == ""


def test_a_cancelled_picture_stays_as_it_was(qtbot, session, engine):
    held = Held()
    session_runner = runner(held)
    view = shown(qtbot, SpaceView(session, session_runner, engine), SIZE)
    held.release()
    before = view.canvas.shot
    view.canvas.turned.emit(30.0, 0.0)
    session_runner.cancel("space")
    held.release()
    assert engine.cancelled == 1
    assert view.canvas.shot is before
    view.canvas.turned.emit(30.0, 0.0)
    held.release()
    assert view.canvas.shot is not before


@pytest.fixture
def program(themed: Any) -> Any:
    made = Program(keras=False)
    yield made
    made.close()


def real_engine() -> SpaceEngine:
    if missing():
        pytest.skip(missing())
    return SpaceEngine()


def test_the_real_process_draws_dies_and_draws_again(qtbot, session, program):
    engine = real_engine()
    view = shown(qtbot, SpaceView(session, program.jobs, engine), SIZE)

    def fine() -> bool:
        return view.shown is not None and view.shown.wish.quality == "full"

    qtbot.waitUntil(fine, timeout=30_000)
    if view.why.text:
        engine.stop()
        pytest.skip(view.why.text)
    picture = view.canvas.shot.pixels
    assert picture.std() > 10
    drag(view.canvas, [(100, 100), (160, 110), (200, 130)])
    qtbot.waitUntil(lambda: fine() and view.shown.camera == view.camera, timeout=30_000)
    assert not np.array_equal(view.canvas.shot.pixels, picture)
    psutil.Process(engine.process_id).kill()
    view.set_mode("surface")
    qtbot.waitUntil(lambda: fine() and view.shown.wish.look.mode == "surface", timeout=30_000)
    assert view.why.text == ""
    last = psutil.Process(engine.process_id)
    engine.stop()
    assert not last.is_running()


def test_a_machine_without_opengl_keeps_its_window(qtbot, session, program):
    environment = {"VTK_DEFAULT_OPENGL_WINDOW": "vtkOSOpenGLRenderWindow"}
    if missing():
        pytest.skip(missing())
    engine = SpaceEngine(Worker("voxviewer.space.worker", title="3D", environment=environment))
    view = shown(qtbot, SpaceView(session, program.jobs, engine), SIZE)
    qtbot.waitUntil(lambda: view.shown is not None, timeout=30_000)
    if engine.why_not:  # Linux' wheels have no OSMesa; elsewhere the variable says nothing
        assert "OpenGL" in view.why.text
        assert view.canvas.shot.pixels.std() > 5
    session.frame = 3
    qtbot.waitUntil(lambda: view.shown.wish.look.mark[1] == pytest.approx(1 - 3.5 / 8))
    engine.stop()


def test_blocks_of_what_is_gone_are_let_go(qtbot, session, engine):
    view = make_view(qtbot, session, engine)
    view.set_what("clip")
    view.set_what("map")
    assert len(view.drawing._scenes) == 3
    session.clip = make_clip(8, 10, 12, name="scan")
    assert len(view.drawing._scenes) == 2
    session.current = None
    session.features = None
    view.set_what("clip")
    assert [key[1] for key in view.drawing._scenes] == [session.clip]
