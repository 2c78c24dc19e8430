"""Start the application: one QApplication, one program, one window."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import signal
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from voxviewer.gui import polite_imports, theme
from voxviewer.gui.diagnostics import listen
from voxviewer.gui.recent import set_aside_bad_settings, settings
from voxviewer.gui.sweeping import Sweeper

if TYPE_CHECKING:
    from types import TracebackType

    from voxviewer.gui.keeping import Keeper
    from voxviewer.gui.main_window import MainWindow
    from voxviewer.settings import Choices, Opening


AFTER_PAINT = 1500
"""Milliseconds after which a session that was left behind is looked for."""


def application() -> QApplication:
    """Return the application, made on the first call."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    # The GUI thread waits this long for the interpreter whenever another thread computes, and asks
    # for it again after each of the many calls into Qt; the default is 5 ms.
    sys.setswitchinterval(0.0005)
    polite_imports.install()
    app = QApplication(sys.argv[:1])
    app.setApplicationName("voxviewer")
    app.setOrganizationName("voxviewer")
    app.setDesktopFileName("voxviewer")
    return app


def run(
    openings: list[Opening],
    choices: Choices | None = None,
    *,
    screenshot: str | None = None,
    gif: str | None = None,
    size: tuple[int, int] | None = None,
    theme_name: str = "system",
    allow_large: bool = False,
) -> int:
    """Open the window, with files or on the welcome screen; returns the exit status."""
    app = application()
    # From here on: what is imported and made until the first file moves would be looked through a
    # dozen times, 0.1 s in all.
    sweeper = Sweeper(lambda: window.program.rests())
    listen()
    aside = set_aside_bad_settings()
    chosen = theme_name if theme_name != "system" else str(settings().value("theme", "system"))
    theme.apply(app, chosen if screenshot is None else theme_name)
    keep_log()
    from voxviewer.gui.main_window import MainWindow
    from voxviewer.gui.program import Program

    alive = screenshot is None
    window = MainWindow(Program(choices), autoplay=alive, remembers=alive, later=True)
    if size is not None or screenshot is not None:
        window.resize(*(size or (1600, 1000)))
    shot = None
    if screenshot is not None:
        from voxviewer.gui.screenshot import Screenshot

        shot = Screenshot(window, screenshot, gif, welcome=not openings)
    keeper = _kept(window, aside) if shot is None else None
    window.show()
    QTimer.singleShot(0, window, lambda: window.open_all(openings, allow_large=allow_large))
    _let_interrupts_through(app)
    app.setQuitOnLastWindowClosed(True)
    status = int(app.exec())
    sweeper.stop()
    if keeper is not None:
        keeper.close()
    return shot.status if shot is not None else status


def _kept(window: MainWindow, aside: str) -> Keeper:
    """Keep the window's state against a crash; say what happened to settings and last session."""
    from voxviewer.gui.keeping import Keeper
    from voxviewer.session import Notice

    keeper = Keeper(window.session, window.history, window.pipeline, window)
    QTimer.singleShot(AFTER_PAINT, keeper, keeper.look)
    if aside:
        window.session.notice = Notice(
            "warning", "The settings file could not be read.", f"It was set aside as {aside}.",
            "settings",
        )  # fmt: skip
    return keeper


def keep_log() -> None:
    """Write the log to the user's own folder, and with it what nobody foresaw."""
    handler, root = _log_file(), logging.getLogger()
    if handler is not None and not any(isinstance(item, type(handler)) for item in root.handlers):
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
        root.setLevel(logging.INFO)
    if not faulthandler.is_enabled() and sys.stderr is not None:
        faulthandler.enable()
    sys.excepthook = _log_what_nobody_caught


def _log_file() -> logging.handlers.RotatingFileHandler | None:
    """The log's file; None where the home cannot be written to: the program starts all the same."""
    import platformdirs

    try:
        folder = platformdirs.user_log_path("voxviewer", appauthor=False, ensure_exists=True)
        return logging.handlers.RotatingFileHandler(
            folder / "voxviewer.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8"
        )
    except OSError:
        return None


def _log_what_nobody_caught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An exception in a Qt callback ends here: into the log, and the window goes on."""
    logging.getLogger("voxviewer").error("unforeseen", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)


def _let_interrupts_through(app: QApplication) -> None:
    """Ctrl+C in the terminal closes the window: Qt's loop hands the interpreter a turn."""
    signal.signal(signal.SIGINT, lambda *_: app.closeAllWindows())
    timer = QTimer(app)
    timer.setInterval(200)
    timer.timeout.connect(lambda: None)
    timer.start()
