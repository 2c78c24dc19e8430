"""Ten times open, play, export, close in one process, Keras included: nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, os, sys, tempfile, threading
from pathlib import Path
import psutil
sys.path.insert(0, sys.argv[1])
from scripted_run import settled, wait_until
from voxviewer.gui import theme
from voxviewer.gui.app import application
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program
from voxviewer.settings import Opening
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication

folder = Path(sys.argv[2])
app = application()
app.setQuitOnLastWindowClosed(False)
theme.apply(app, "dark")
me = psutil.Process()

def children():
    # All but Python's own keeper of shared memory, which lives and ends with this process.
    return [p for p in me.children() if not any("resource_tracker" in w for w in p.cmdline())]

for cycle in range(10):
    window = MainWindow(Program(keras=True), autoplay=False)
    window.show()
    window.open_all([Opening("sample:phantom")])
    wait_until(lambda: settled(window), "the maps", 120)
    session = window.session
    if cycle == 0:
        window.choose("convolution", engine="both")
        wait_until(lambda: session.comparison is not None, "the comparison", 120)
    window.player.toggle()
    frame = session.frame
    wait_until(lambda: session.frame != frame, "the next frame")
    gif = folder / f"{cycle}.gif"
    window.pipeline.export_gif(session.features, str(gif))
    wait_until(lambda: gif.exists() and window.program.jobs.idle, "the film")
    window.close()
    window.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.processEvents()
wait_until(lambda: not children(), "the children's end", 10)
blocks = Path("/dev/shm")
print(json.dumps({
    "threads": [t.name for t in threading.enumerate() if t is not threading.main_thread()],
    "children": [p.name() for p in children()],
    "timers": [t.objectName() for w in app.topLevelWidgets() for t in w.findChildren(QTimer)
               if t.isActive()],
    "blocks": [p.name for p in blocks.iterdir() if f"vox_{os.getpid()}_" in p.name]
              if blocks.is_dir() else [],
    "parts": [p.name for p in folder.iterdir() if p.suffix != ".gif"],
    "windows": [type(w).__name__ for w in app.topLevelWidgets() if w.isVisible()],
}))
"""


def test_ten_cycles_leave_nothing_behind(tmp_path: Path) -> None:
    benchmarks = Path(__file__).resolve().parents[2] / "benchmarks"
    films = tmp_path / "films"
    films.mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(benchmarks), str(films)],
        env=environment, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    left = json.loads(done.stdout.splitlines()[-1])
    assert not {key: names for key, names in left.items() if names}
    assert len(list(films.glob("*.gif"))) == 10
    temporary = [path.name for path in tmp_path.iterdir() if path.name not in ("films", "c")]
    assert not [name for name in temporary if name.startswith(("vox", "tmp"))]
