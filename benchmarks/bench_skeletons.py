"""From drop to moving heatmap: recordings of 300 frames, dropped on the open window.

Beside it stands what reading alone takes, and as the peer what any program must do at least: taking
the same text apart with `json.loads` and `float`.

Run with `make bench`, or `python benchmarks/bench_skeletons.py` on a screen, real or virtual.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.gui.main_window import MainWindow

HERE = Path(__file__).resolve().parent
FRAMES, JOINTS = 300, 25
ROUNDS = 3


def figure() -> np.ndarray:
    """(300, 25, 3) a figure that sways, in meters."""
    rng = np.random.default_rng(0)
    rest = rng.uniform(-0.15, 0.15, (JOINTS, 3)) + np.linspace(0, 1.6, JOINTS)[:, None] * [0, 1, 0]
    turn = np.linspace(0, 12, FRAMES)[:, None, None]
    return np.asarray(rest + 0.1 * np.sin(turn + np.arange(JOINTS)[:, None] / 3))


def write_all(folder: Path) -> dict[str, Path]:
    """The same recording in four formats."""
    joints = figure()
    files = {"OpenPose folder": folder / "openpose", "NTU skeleton": folder / "a.skeleton"}
    files |= {"BVH": folder / "a.bvh", "NumPy": folder / "a.npy"}
    files["OpenPose folder"].mkdir()
    for t, frame in enumerate(joints):
        flat = [value for x, y, _ in frame for value in (300 + 90 * x, 400 - 90 * y, 0.9)]
        text = json.dumps({"version": 1.3, "people": [{"pose_keypoints_2d": flat}]})
        (files["OpenPose folder"] / f"a_{t:012d}_keypoints.json").write_text(text)
    lines = [str(FRAMES)]
    for frame in joints:
        lines += ["1", "7 0 0 0 0 0 0 0 0 2", str(JOINTS)]
        lines += [f"{x} {y} {z} 0 0 0 0 0 0 0 0 2" for x, y, z in frame]
    files["NTU skeleton"].write_text("\n".join(lines))
    files["BVH"].write_text(bvh())
    np.save(files["NumPy"], joints.astype(np.float32))
    return files


def bvh() -> str:
    """A chain of 25 joints that turn."""
    tree = "HIERARCHY\nROOT j0\n{\nOFFSET 0 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
    for joint in range(1, JOINTS):
        tree += f"JOINT j{joint}\n{{\nOFFSET 0 7 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
    angles = 4 * np.sin(np.linspace(0, 12, FRAMES)[:, None] + np.arange(3 * JOINTS) / 9)
    rows = "\n".join(" ".join(f"{angle:.5f}" for angle in row) for row in angles)
    end = "End Site\n{\nOFFSET 0 7 0\n}\n" + "}\n" * JOINTS
    return f"{tree}{end}MOTION\nFrames: {FRAMES}\nFrame Time: 0.0333\n{rows}\n"


def least(path: Path) -> float:
    """Seconds of taking the text apart and nothing else; NaN for files that are no text."""
    if path.suffix == ".npy":
        return float("nan")
    begin = time.perf_counter()
    if path.is_dir():
        for file in sorted(path.iterdir()):
            json.loads(file.read_text())
    else:
        words = path.read_text().split()
        for word in words:
            try:
                float(word)
            except ValueError:
                continue
    return time.perf_counter() - begin


def read(path: Path) -> float:
    """Seconds of `vv.open`."""
    import voxviewer as vv

    begin = time.perf_counter()
    vv.open(path)
    return time.perf_counter() - begin


def drop(window: MainWindow, path: Path) -> tuple[float, float]:
    """Seconds from a drop on the open window to the heatmap, and to its next frame."""
    from scripted_run import wait_until

    session = window.session
    if session.current is not None:
        window.close_source()
    wait_until(lambda: window.program.jobs.idle, "a quiet window")
    begin = time.perf_counter()
    window.pipeline.open([str(path)])
    wait_until(lambda: session.clip is not None, "the heatmap")
    there = time.perf_counter() - begin
    session.playing = True
    frame = session.frame
    wait_until(lambda: session.frame != frame, "a moving heatmap")
    moving = time.perf_counter() - begin
    session.playing = False
    return there, moving


def main() -> None:
    from voxviewer.gui import theme
    from voxviewer.gui.app import application
    from voxviewer.gui.main_window import MainWindow
    from voxviewer.gui.program import Program

    app = application()
    theme.apply(app)
    print(f"{FRAMES} frames, {JOINTS} joints, median of {ROUNDS}; the clip plays at 10 per second")
    with tempfile.TemporaryDirectory() as folder:
        files = write_all(Path(folder))
        window = MainWindow(Program(keras=False))
        window.show()
        drop(window, files["NumPy"])  # the first one pays for imports
        for name, path in files.items():
            seen = [drop(window, path) for _ in range(ROUNDS)]
            print(
                f"{name:16} heatmap {_middle([one[0] for one in seen]):5.2f} s, "
                f"moving {_middle([one[1] for one in seen]):5.2f} s; "
                f"reading {_best(read, path):5.3f} s, text alone {_best(least, path):5.3f} s"
            )
        window.close()


def _middle(seconds: list[float]) -> float:
    return statistics.median(seconds)


def _best(work: Callable[[Path], float], path: Path) -> float:
    return min(work(path) for _ in range(ROUNDS))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    main()
