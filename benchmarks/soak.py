"""A long stay: 20,000 random actions, then 100 cycles of open, play, export, close.

Run with `make soak`, about a quarter of an hour; `soak.py ACTIONS CYCLES FIRST` for another length
and another first seed. Ends with exit status 1 where the window went wrong or memory kept growing.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import psutil
from monkey import Monkey, Watch
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication
from scripted_run import settled, wait_until

from voxviewer.gui import theme
from voxviewer.gui.app import application
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program

PART = 1000
"""Actions of one monkey; each has a window and a seed of its own."""
SLOPE = 1e6
"""Bytes a cycle above which memory is said to leak; measured over the second half."""


def main(actions: int = 20_000, cycles: int = 100, first: int = 0) -> int:
    """Do both; return the exit status. What ends the process leaves the stacks of all threads."""
    faulthandler.enable()
    app = application()
    app.setQuitOnLastWindowClosed(False)
    theme.apply(app, "dark")
    with tempfile.TemporaryDirectory() as folder, Watch() as watch:
        own = QSettings.Format.IniFormat, QSettings.Scope.UserScope
        QSettings.setPath(*own, str(Path(folder) / "settings"))
        _let_monkeys_in(Path(folder), actions, watch, first)
        slope = _visit(Path(folder), cycles, watch)
    print(f"memory           {slope / 1e6:+.2f} MB a cycle over the second half of {cycles}")
    return int(bool(watch.found) or slope > SLOPE)


def _let_monkeys_in(folder: Path, actions: int, watch: Watch, first: int) -> None:
    begin = time.perf_counter()
    for number in range(-(-actions // PART)):
        place, seed = folder / f"monkey {number}", first + number
        place.mkdir()
        window = MainWindow(Program(keras=False), autoplay=False)
        window.show()
        count = min(PART, actions - number * PART)
        Monkey(window, seed, place).run(count, watch)
        window.pipeline.cancel()
        wait_until(lambda window=window: window.program.jobs.idle, "the last jobs")
        _leave(window)
        took = time.perf_counter() - begin
        print(f"monkey           {number * PART + count} actions, {took:.0f} s", flush=True)


def _visit(folder: Path, cycles: int, watch: Watch) -> float:
    """Open, play, export and close; return the growth in bytes a cycle."""
    sizes = []
    for cycle in range(cycles):
        window = MainWindow(Program(keras=False), autoplay=False)
        window.show()
        window.pipeline.open([("sample:waving-hand", "sample:phantom")[cycle % 2]])
        wait_until(lambda window=window: settled(window), "the maps")
        window.player.toggle()
        session = window.session
        wait_until(lambda session=session: session.frame > 0, "the next frame")
        film = folder / f"{cycle}.gif"
        window.pipeline.export_gif(session.features, str(film))
        wait_until(lambda window=window, film=film: film.exists() and window.program.jobs.idle,
                   "the film")  # fmt: skip
        film.unlink()
        _leave(window)
        sizes.append(_memory())
        assert not watch.found, watch.found
        if cycle % 10 == 9:
            print(f"cycle {cycle + 1:3}        {sizes[-1] / 1e6:.0f} MB", flush=True)
    return _slope(sizes[cycles // 2 :])


def _memory() -> int:
    """Bytes of this process alone that are in use.

    What the C library keeps for the next arrays is given back first: it comes and goes by a hundred
    megabytes.
    """
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(psutil.Process().memory_full_info().uss)


def _slope(sizes: list[int]) -> float:
    """The median of the slopes between all pairs (Theil and Sen): single outliers do not count."""
    pairs = combinations(enumerate(sizes), 2)
    slopes = [(b - a) / (j - i) for (i, a), (j, b) in pairs]
    return statistics.median(slopes) if slopes else 0.0


def _leave(window: MainWindow) -> None:
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:4])))
