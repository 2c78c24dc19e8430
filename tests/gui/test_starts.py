"""The program starts where things are missing: a screen, a home to write to, TensorFlow, VTK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from voxviewer.files import cache_folder

VISIT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from scripted_run import settled, wait_until
from voxviewer.gui import app as start, theme
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program

app = start.application()
theme.apply(app, "dark")
start.keep_log()
window = MainWindow(Program(), autoplay=False)
window.show()
session = window.session
window.choose("encoding", height=16, width=16, frames=8)
window.pipeline.open(["sample:phantom"])
wait_until(lambda: settled(window), "the maps", 120)
window.actions_of["space"].trigger()
wait_until(lambda: window.center.space._shown is not None, "the 3D view", 120)
wait_until(lambda: session.keras.state in ("ready", "missing"), "Keras", 120)
print(json.dumps({
    "screen": app.platformName(), "maps": session.features.shape, "keras": session.keras.text,
    "space": window.center.space.why.text,
}))
window.close()
"""

HIDDEN = """
from importlib.machinery import PathFinder

found = PathFinder.find_spec
names = ("tensorflow", "keras", "vtkmodules", "vtk")

def find(name, path=None, target=None):
    return None if name.split(".")[0] in names else found(name, path, target)

PathFinder.find_spec = find
"""


def visit(folder: Path, **environment: str) -> dict[str, Any]:
    """Start, open a sample, look at it in 3D and leave; in a process of its own."""
    root = Path(__file__).resolve().parents[2]
    paths = [str(folder), str(root), os.environ.get("PYTHONPATH", "")]
    (folder / "sitecustomize.py").write_text(HIDDEN)
    own = {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        # Compiled before: to compile once more would take longer than all the rest.
        "NUMBA_CACHE_DIR": str(cache_folder() / "numba"),
        "XDG_CONFIG_HOME": str(folder / "settings"),
    }
    ran = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", VISIT, str(root / "benchmarks")],
        env={**os.environ, **own, **environment}, capture_output=True, text=True, timeout=250,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    said: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return said


def check(said: dict[str, Any]) -> None:
    assert said["maps"] == [8, 16, 16, 8]
    assert "not installed" in said["keras"]
    assert said["space"].startswith("Drawn by NumPy") and "VTK" in said["space"]


def test_it_starts_without_a_screen_or_a_home_to_write_to(tmp_path: Path) -> None:
    """The home is a file, so that not even root can write into it."""
    home = tmp_path / "home"
    home.write_text("not a folder")
    at_home = {name: str(home / name) for name in ("cache", "state", "data")}
    said = visit(
        tmp_path, QT_QPA_PLATFORM="offscreen", HOME=str(home), XDG_CONFIG_HOME=str(home / "config"),
        XDG_CACHE_HOME=at_home["cache"], XDG_STATE_HOME=at_home["state"],
        XDG_DATA_HOME=at_home["data"],
    )  # fmt: skip
    assert said["screen"] == "offscreen"
    check(said)
    assert home.read_text() == "not a folder"


@pytest.mark.skipif("DISPLAY" not in os.environ, reason="an X screen is needed, as CI has")
def test_it_starts_on_x_without_tensorflow_and_vtk(tmp_path: Path) -> None:
    said = visit(tmp_path, QT_QPA_PLATFORM="xcb")
    assert said["screen"] == "xcb"
    check(said)
