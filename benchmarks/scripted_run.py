"""A person's visit as a script.

Used by `bench_window.py` and by the test of the longest gap. Drives a real `MainWindow`: opens
samples, drags a slider, scrubs, plays, convolves with both engines, exports, opens more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gap_watch import Recorder
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from voxviewer.gui.main_window import MainWindow
from voxviewer.settings import ExportSettings


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Let the event loop run until a fact holds."""
    loop, timer = QEventLoop(), QTimer()
    timer.setInterval(2)
    end = time.monotonic() + seconds

    def look() -> None:
        if condition() or time.monotonic() > end:
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()
    if not condition():
        raise TimeoutError(f"waited {seconds:g} s for {what}")


def settled(window: MainWindow) -> bool:
    """Return True where everything that follows from the choices is there.

    Slices are read for as long as a scan plays, so that their lane says nothing.
    """
    session, jobs = window.session, window.program.jobs
    busy = any(jobs.busy(lane) for lane in ("load", "encode", "bank", "convolve", "compare"))
    return session.features is not None and not session.stale and not busy


def visit(window: MainWindow, folder: Path, recorder: Recorder, *, keras: bool) -> None:
    """Do what a first visit does, from an empty window to two exported files."""
    session = window.session

    def step(name: str) -> None:
        recorder.step = name
        QApplication.processEvents()

    step("open the hand")
    window.pipeline.open(["sample:waving-hand"])
    wait_until(lambda: settled(window), "the hand's maps")
    session.playing = False
    step("size")
    window.choose("encoding", height=64, width=64, frames=20, length="pad-zero")
    wait_until(lambda: settled(window), "the small clip")
    step("scrub")
    for frame in [*range(20), *range(19, -1, -1)] * 3:
        session.frame = frame
        QApplication.processEvents()
    step("play")
    session.change("export", rate=30.0)
    first = session.frame
    window.player.toggle()
    wait_until(lambda: session.frame not in (first, first + 1), "the next frames")
    # Not a certain frame: late frames are skipped, on a busy machine always the same ones.
    shown = [session.frame]
    session.events.frame.connect(shown.append)
    wait_until(lambda: shown[-1] < max(shown), "the loop")
    session.events.frame.disconnect(shown.append)
    window.player.toggle()
    step("kernel and strides")
    for kernel in ((3, 5, 5), (5, 5, 5), (3, 3, 3)):
        session.change("filters", kernel=kernel, count=16)
        QApplication.processEvents()
    window.history.commit()
    wait_until(lambda: settled(window), "sixteen maps")
    if keras:
        step("both engines")
        window.choose("convolution", engine="both")
        wait_until(lambda: session.comparison is not None, "the comparison", 120)
    step("export the wall")
    gif, npz = folder / "visit.gif", folder / "visit.npz"
    window.pipeline.export_gif(session.features, str(gif), rate=session.export.rate)
    window.pipeline.export_tensor(session.clip, str(npz))
    wait_until(lambda: gif.exists() and npz.exists() and window.program.jobs.idle, "the exports")
    step("open the skeleton")
    window.pipeline.open(["sample:waving-skeleton"])
    wait_until(lambda: settled(window) and len(session.sources) == 2, "the skeleton's maps")
    session.playing = False
    step("drag sigma")
    for tenth in range(10, 60):
        session.change("encoding", sigma=tenth / 10)
        QApplication.processEvents()
    window.history.commit()
    wait_until(lambda: settled(window), "the last sigma")
    step("open the scan")
    window.pipeline.open(["sample:brain"])
    wait_until(lambda: settled(window) and len(session.sources) == 3, "the scan's maps")
    session.playing = False
    step("scrub the scan")
    assert session.clip is not None
    for frame in range(session.clip.data.shape[0]):
        session.frame = frame
        QApplication.processEvents()
    step("undo and redo")
    for travel in [window.history.undo] * 4 + [window.history.redo] * 4:
        travel()
        QApplication.processEvents()
    wait_until(lambda: settled(window), "what was undone")
    session.export = ExportSettings()
    recorder.step = "after"
