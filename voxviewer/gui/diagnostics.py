"""What someone who helps needs to know: versions, machine, screen, and the last lines of the log.

The home folder's name is left out of every line, so that the text can be sent to a stranger.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
from collections import deque
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from voxviewer import __version__

KEPT = 2000
"""Lines of the log that are kept in memory."""

PACKAGES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "scipy", "numba", "nibabel", "pydicom", "av", "vtk",
    "tensorflow", "keras",
)  # fmt: skip


class Lines(logging.Handler):
    """Keeps the newest lines of the log in memory, for the log's window and for diagnostics."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: deque[str] = deque(maxlen=KEPT)
        self.count = 0
        form = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
        self.setFormatter(logging.Formatter(form, "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; a line that cannot be written is not worth an error of its own."""
        try:
            self.kept.append(self.format(record))
            self.count += 1
        except Exception:
            self.handleError(record)


LINES = Lines()


def listen() -> None:
    """Begin to keep the log's lines; a second call changes nothing."""
    root = logging.getLogger()
    if LINES not in root.handlers:
        root.addHandler(LINES)


def diagnostics(more: dict[str, str] | None = None, lines: int = 100) -> str:
    """Return versions, machine, screens, what the window adds, and the last lines of the log."""
    facts = {
        "voxviewer": __version__,
        "Python": f"{platform.python_version()} {platform.architecture()[0]}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "memory": _memory(),
        "screens": _screens(),
        **{name: _version(name) for name in PACKAGES},
        **(more or {}),
    }
    wide = max(map(len, facts))
    head = [f"{name:<{wide}}  {value}" for name, value in facts.items()]
    log = list(LINES.kept)[-lines:]
    return without_home("\n".join([*head, "", *log]))


def without_home(text: str) -> str:
    """Return the text with ~ in place of the home folder."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _version(name: str) -> str:
    from importlib import metadata  # brings the e-mail package with it

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _memory() -> str:
    import psutil

    from voxviewer.files import size_text

    memory = psutil.virtual_memory()
    return f"{size_text(memory.available)} free of {size_text(memory.total)}"


def _screens() -> str:
    found = [
        f"{screen.size().width()} x {screen.size().height()} at {screen.devicePixelRatio():g}"
        for screen in QGuiApplication.screens()
    ]
    style = QGuiApplication.platformName()
    return f"{', '.join(found) or 'none'} ({style}, {sys.platform})"
