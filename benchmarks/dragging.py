"""Every control of the Encode panel that has a range, dragged: how long the event loop waits.

Used by `bench_window.py`, over the samples and a volume of 256^3, with and without the lab, and by
the test of the longest gap. Run alone: `python benchmarks/dragging.py`, on any screen.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from gap_watch import Recorder, Watcher
from PySide6.QtCore import QEventLoop, QTimer
from scripted_run import settled, wait_until

from voxviewer.data import Skeleton
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program
from voxviewer.gui.sweeping import Sweeper

if TYPE_CHECKING:
    from gap_watch import Gaps

PACE = 8
"""Milliseconds between two steps of a drag: twice as fast as a screen shows them."""

SMALL = {"frames": 32, "height": 64, "width": 64}
"""What a volume is dragged at; its own size would convolve a billion products for each step."""

SIZES = ("frames", "height", "width")
DRAGS = (
    ("sample:waving-hand", ("height", "width", "order")),
    ("sample:waving-skeleton", ("sigma", "height", "width")),
    ("sample:brain", (*SIZES, "order", "window")),
    ("sample:phantom", (*SIZES, "order")),
)
"""Samples, and the controls that are dragged over them."""
VOLUME = (*SIZES, "order", "window")
"""The controls that are dragged over the large volume."""


def steps_of(name: str) -> list[dict[str, Any]]:
    """The values that a drag of a setting runs through."""
    if name == "sigma":
        return [{name: round(0.5 * 1.08**k, 1)} for k in range(40)]
    if name in SIZES:
        return [{name: size} for size in (*range(16, 97, 3), *range(97, 16, -3))]
    if name == "order":
        return [
            {"order": order, "antialias": on} for order in (0, 1, 3) for on in (True, False)
        ] * 4
    if name == "window":
        return [{"normalize": "window", "window": (40.0 + k, 300.0 - 5 * k)} for k in range(40)]
    return [{name: value} for value in np.linspace(-90, 90, 40).round(1).tolist()]


def drag(window: MainWindow, name: str, every: int = 1) -> None:
    """Drag one control of the Encode panel through its values, or every so many of them."""
    for values in steps_of(name)[::every]:
        window.session.change("encoding", **values)
        pause(PACE)
    window.history.commit()
    wait_until(lambda: settled(window), f"what {name} made")


def pause(milliseconds: int) -> None:
    """Let the event loop run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def write_volume(path: Path, side: int = 256) -> Path:
    """Write a volume of whole numbers, as many along each side: a ball with a grain."""
    grid = np.linspace(-1, 1, side, dtype=np.float32)
    ball = 900 * np.exp(-3 * (grid[:, None, None] ** 2 + grid[:, None] ** 2 + grid**2))
    grain = np.random.default_rng(0).integers(0, 60, (side, side, side), dtype=np.int16)
    np.save(path, ball.astype(np.int16) + grain)
    return path


def open_for_dragging(window: MainWindow, path: str) -> None:
    """Open a source and wait for its maps, a volume at a size that a person would drag."""
    session = window.session
    session.live = False  # until it is small
    window.pipeline.open([path])
    wait_until(lambda: session.current is not None and session.current.opening.path == path, path)
    session.playing = False
    if not isinstance(session.current, Skeleton):
        window.choose("encoding", normalize="none", **SMALL)
    session.live = True
    wait_until(lambda: settled(window), f"the maps of {path}")


def drag_all(
    window: MainWindow, path: str, names: tuple[str, ...], recorder: Recorder, more: str = "",
    every: int = 1,
) -> None:  # fmt: skip
    """Drag these controls over a source, each a step of the recorder's; what else runs has none."""
    recorder.step = ""
    open_for_dragging(window, path)
    for name in names:
        recorder.step = f"{name} of {Path(path).name}{more}"
        drag(window, name, every)
        recorder.step = ""


def longest(gaps: Gaps) -> dict[str, tuple[float, float]]:
    """The longest gap of each named step, and the most that the GUI thread computed in one turn."""
    found: dict[str, tuple[float, float]] = {}
    for gap, own, where in zip(gaps.seconds, gaps.own, gaps.where, strict=True):
        if where:
            before = found.get(where, (0.0, 0.0))
            found[where] = max(before[0], gap), max(before[1], own)
    return found


def report(runs: int = 3) -> None:
    """Print the longest gap of each drag, the best of some runs, and who made the late turns."""
    heard: dict[str, list[tuple[float, float]]] = {}
    recorder = Recorder()
    with tempfile.TemporaryDirectory() as folder, Watcher(recorder) as watcher:
        volume = str(write_volume(Path(folder) / "volume-256.npy"))
        for _ in range(runs):
            for where, pair in one_run(recorder, volume).items():
                heard.setdefault(where, []).append(pair)
    for where, pairs in heard.items():
        gap, own = (min(values) * 1000 for values in zip(*pairs, strict=True))
        print(f"drag             {where:36} longest gap {gap:4.0f} ms, own work {own:4.0f} ms")
    print(*watcher.lines(), sep="\n")


def one_run(recorder: Recorder, volume: str) -> dict[str, tuple[float, float]]:
    """Drag everything in a fresh window, then once more beside the open lab."""
    window = MainWindow(Program(keras=False), autoplay=False)
    window.show()
    wait_until(window.isVisible, "the window")
    sweeper = Sweeper(lambda: window.program.rests())
    recorder.gaps = type(recorder.gaps)()
    recorder.start()
    for lab in (False, True):
        for path, names in (*DRAGS, (volume, VOLUME)):
            if lab and "skeleton" in path:
                continue
            window.center.set_lab(lab)
            drag_all(window, path, names, recorder, ", lab open" if lab else "")
    gaps = recorder.stop()
    sweeper.stop()
    window.close()
    return longest(gaps)


if __name__ == "__main__":
    from voxviewer.gui import theme
    from voxviewer.gui.app import application

    app = application()
    theme.apply(app)
    report()
