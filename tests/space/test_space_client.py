"""The 3D process: it starts once, dies alone, leaves nothing, and NumPy takes its place."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from vox_space_scenes import ball, block

from voxviewer.data import Cancelled
from voxviewer.space import client
from voxviewer.space.camera import Camera
from voxviewer.space.client import SpaceEngine, SpaceMissing, draw, picture_size
from voxviewer.space.looks import Look
from voxviewer.space.scenes import Scene
from voxviewer.workers import Worker

SIZE = (64, 48)


def test_versions_and_who_draws_are_known(space_engine):
    assert set(space_engine.versions) == {"vtk", "renderer", "software"}
    assert space_engine.versions["renderer"]
    assert space_engine.state == "ready"
    assert space_engine.text.startswith("VTK ")
    assert space_engine.why_not == ""


def test_a_preview_is_half_as_large(space_engine):
    picture = space_engine.render(block(ball(16)), Camera(), Look(), SIZE, "preview")
    assert picture.shape == (24, 32, 3)
    assert picture_size((1, 1), "preview") == (1, 1)


@pytest.mark.parametrize(
    ("size", "quality", "words"),
    [((0, 5), "full", "0 × 5"), ((9000, 5), "full", "9000 × 5"), ((5, 5), "best", "'best'")],
)
def test_a_wrong_size_or_quality_is_refused(space_engine, size, quality, words):
    with pytest.raises(ValueError, match=words):
        space_engine.render(block(ball(8)), Camera(), Look(), size, quality)


def test_a_scene_is_sent_once_and_again_where_it_was_forgotten(space_engine, monkeypatch):
    sent = []
    send = space_engine._send
    monkeypatch.setattr(
        space_engine, "_send", lambda scene, p: (sent.append(scene), send(scene, p))
    )
    first, *others = [block(ball(8)) for _ in range(6)]
    for scene in (first, first, *others, first):
        space_engine.render(scene, Camera(), Look("slices"), SIZE)
    assert sent == [first, *others, first]


def test_scenes_do_not_show_through_each_other(space_engine):
    """What was drawn before leaves no trace in the next picture."""
    small, large = block(ball(16, 0.3)), block(ball(16, 0.9))
    looks = [Look(mode) for mode in ("volume", "surface", "slices", "mip")]
    first = [space_engine.render(small, Camera(20, 20), look, SIZE) for look in looks]
    for look in looks:
        space_engine.render(large, Camera(50, 0, 2), look, (100, 30))
    again = [space_engine.render(small, Camera(20, 20), look, SIZE) for look in looks]
    for before, after in zip(first, again, strict=True):
        assert np.array_equal(before, after)


def shared_blocks() -> set[str]:
    folder = Path("/dev/shm")
    mine = f"vox_{os.getpid()}_*"
    return {path.name for path in folder.glob(mine)} if folder.is_dir() else set()


def test_nothing_is_left_behind():
    if client.missing():
        pytest.skip(client.missing())
    before = shared_blocks()
    engine = SpaceEngine()
    try:
        engine.render(block(ball(64)), Camera(), Look(), (400, 300))
    except SpaceMissing as error:
        pytest.skip(str(error))
    process = psutil.Process(engine.process_id)
    engine.stop()
    assert not process.is_running()
    assert engine.process_id is None
    assert shared_blocks() == before


def test_a_process_that_is_killed_comes_back_with_the_scene(space_engine):
    scene = block(ball(16))
    before = space_engine.render(scene, Camera(), Look("surface"), SIZE)
    psutil.Process(space_engine.process_id).kill()
    after = draw(space_engine, scene, Camera(), Look("surface"), SIZE)
    assert after.note == ""
    assert np.array_equal(after.picture, before)


def starts(tmp_path: Path) -> int:
    return len((tmp_path / "starts").read_text().split())


def test_without_opengl_numpy_draws_and_the_machine_is_asked_once(mortal, tmp_path):
    engine = mortal("start")
    for _ in range(3):
        drawn = draw(engine, block(ball(16)), Camera(), Look(), SIZE)
        assert drawn.picture.shape == (48, 64, 3)
        assert drawn.picture.std() > 5
        assert drawn.note == "OpenGL is missing here, or cannot draw"
    assert starts(tmp_path) == 1
    engine.start()  # asked once more, because a person wants it
    assert draw(engine, block(ball(16)), Camera(), Look(), SIZE).note
    assert starts(tmp_path) == 2


def test_a_process_that_dies_of_every_picture_is_given_up(mortal, tmp_path):
    engine = mortal("picture")
    notes = [draw(engine, block(ball(16)), Camera(), Look(), SIZE).note for _ in range(3)]
    assert "twice" in notes[0]
    assert len(set(notes)) == 1
    assert starts(tmp_path) == 2 or starts(tmp_path) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="OSMesa is Linux's way to draw without OpenGL")
def test_a_real_vtk_without_opengl_ends_in_a_sentence():
    """VTK's wheel has no OSMesa: its first picture is a segmentation fault, in the child alone."""
    if client.missing():
        pytest.skip(client.missing())
    environment = {"VTK_DEFAULT_OPENGL_WINDOW": "vtkOSOpenGLRenderWindow"}
    engine = SpaceEngine(Worker("voxviewer.space.worker", title="3D", environment=environment))
    drawn = draw(engine, block(ball(16)), Camera(), Look(), SIZE)
    engine.stop()
    assert "OpenGL" in drawn.note
    assert drawn.picture.std() > 5


def test_without_vtk_numpy_draws(monkeypatch):
    monkeypatch.setattr(client, "find_spec", lambda name: None)
    engine = SpaceEngine()
    drawn = draw(engine, block(ball(16)), Camera(), Look(), SIZE)
    assert "VTK is not installed" in drawn.note
    assert engine.state == "missing"
    engine.stop()


def test_after_stop_pictures_are_cancelled_until_it_is_started_again(mortal):
    engine = mortal("picture")
    engine.stop()
    with pytest.raises(Cancelled):
        draw(engine, block(ball(8)), Camera(), Look(), SIZE)
    assert engine.process_id is None


def test_stop_ends_a_picture_that_waits_for_the_start(space_engine):
    engine = SpaceEngine()
    ended = []

    def work() -> None:
        try:
            engine.render(block(ball(8)), Camera(), Look(), SIZE)
        except Cancelled:
            ended.append("cancelled")

    thread = threading.Thread(target=work)
    engine.start()
    thread.start()
    engine.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert ended == ["cancelled"]
    assert engine.process_id is None


def test_a_skeleton_is_sent_with_its_bones(space_engine):
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (3, 2, 5, 3)).astype(np.float32)
    scene = Scene(points=points, bones=((0, 1), (1, 2)))
    pictures = [
        space_engine.render(scene, Camera(), Look(frame=frame, trail=0), SIZE)
        for frame in (0, 2, 9)
    ]
    assert not np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[1], pictures[2])  # past the end: the last frame


def test_the_window_side_imports_no_vtk_and_no_qt():
    code = (
        "import sys, voxviewer.space.client, voxviewer.space.worker, voxviewer.space.scenes\n"
        "import voxviewer.space.projection, voxviewer.space.vtk_stage, voxviewer.space.vtk_parts\n"
        "print(sorted({'vtkmodules', 'vtk', 'PySide6', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
