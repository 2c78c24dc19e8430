"""Time to first paint, time to a moving sample, and the event loop's gaps in a scripted visit.

Beside the time on the clock stands what the GUI thread computed: that part is the same on a busy
machine. After the visits: where the threads stood while the loop was late.

Run with `make bench`, or `python benchmarks/bench_window.py` on a screen, real or virtual.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LATE = ("tensorflow", "keras", "vtkmodules", "numba", "scipy", "nibabel", "pyqtgraph")

FIRST_PAINT = """
import sys, time
begin = time.perf_counter()
import json
from voxviewer.gui import theme
from voxviewer.gui.app import application
app = application()
from voxviewer.gui.sweeping import Sweeper
sweeper = Sweeper(lambda: False)
theme.apply(app)
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program
from voxviewer.settings import Opening

window = MainWindow(Program(), later=True)
facts = {}

def painted():
    facts["paint"] = time.perf_counter() - begin
    facts["worked"] = time.thread_time()
    facts["modules"] = sorted({name.split(".")[0] for name in sys.modules} & set(LATE))
    original()

original = window._begin
window._begin = painted
window.show()
if SAMPLE:
    window.open_all([Opening("sample:waving-hand")])

def look(frame):
    if window.session.features is not None and "moving" not in facts:
        facts["moving"] = time.perf_counter() - begin
        window.close()

def play(maps):
    if maps is not None:
        window.session.playing = True

window.session.events.features.connect(play)
window.session.events.frame.connect(look)
from PySide6.QtCore import QTimer
if not SAMPLE:
    timer = QTimer()
    timer.timeout.connect(lambda: window.close() if facts else None)
    timer.start(20)
app.exec()
print(json.dumps(facts))
"""


def start(sample: bool) -> dict[str, object]:
    """Start the program in a fresh process; return seconds and what was imported by first paint."""
    code = f"LATE = {LATE!r}\nSAMPLE = {sample}\n{FIRST_PAINT}"
    # An installed program has its modules compiled; a checkout has after its first start.
    warm = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=warm, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    facts: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return facts


def main() -> None:
    start(sample=False)
    starts = [start(sample=False) for _ in range(5)]
    paints = [float(str(facts["paint"])) for facts in starts]
    worked = statistics.median(float(str(facts["worked"])) for facts in starts)
    print(
        f"first paint      median {statistics.median(paints):.2f} s of {len(paints)} starts, "
        f"{worked:.2f} s of it computed"
    )
    print(f"imported by then {starts[0]['modules'] or 'none of ' + ', '.join(LATE)}")
    moving = [float(str(start(sample=True)["moving"])) for _ in range(3)]
    print(f"moving sample    median {statistics.median(moving):.2f} s of {len(moving)} starts")
    eager = [_eager() for _ in range(1)]
    print(f"for comparison   importing everything first: {eager[0]:.1f} s")
    _gaps()


def _eager() -> float:
    """Time the peer: a program that imports at its top all that this one uses."""
    names = "PySide6.QtWidgets, numpy, scipy.ndimage, nibabel, numba, h5py, keras, vtkmodules.all"
    code = f"import time; t = time.perf_counter()\nimport {names}\nprint(time.perf_counter() - t)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=240
    )
    return float(done.stdout.split()[-1]) if done.returncode == 0 else float("nan")


def _gaps() -> None:
    from dragging import report
    from gap_watch import Recorder, Watcher
    from scripted_run import visit, wait_until

    from voxviewer.gui import theme
    from voxviewer.gui.app import application
    from voxviewer.gui.main_window import MainWindow
    from voxviewer.gui.program import Program
    from voxviewer.gui.sweeping import Sweeper

    app = application()
    theme.apply(app)
    for run in range(3):
        window = MainWindow(Program(), later=True)
        sweeper = Sweeper(lambda window=window: window.program.rests())
        recorder = Recorder()
        window.show()
        wait_until(lambda window=window: window.windowHandle().isExposed(), "the first paint")
        recorder.start()
        recorder.step = "make panels and views"
        wait_until(lambda window=window: window.furnishing.complete, "panels and views")
        with tempfile.TemporaryDirectory() as folder, Watcher(recorder) as watcher:
            visit(window, Path(folder), recorder, keras=True)
        gaps = recorder.stop()
        sweeper.stop()
        window.close()
        worst, where = gaps.worst()
        own, busy = gaps.worst_own()
        print(
            f"event loop       run {run + 1}: longest gap {worst * 1000:.0f} ms ({where}), "
            f"99 % under {gaps.percentile(0.99) * 1000:.0f} ms, {len(gaps.seconds)} turns; "
            f"most own work in a turn {own * 1000:.0f} ms ({busy})"
        )
        print(*(f"    {line}" for line in gaps.lines()), sep="\n")
    print(*watcher.lines(), sep="\n")
    report()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    main()
