"""The window loaded, run once, saved as a picture: `voxviewer open FILE --screenshot P.png`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer

from voxviewer.gui import theme
from voxviewer.gui.turns import turns

if TYPE_CHECKING:
    from voxviewer.export import Saved
    from voxviewer.gui.main_window import MainWindow
    from voxviewer.session import Notice

PATIENCE = 120_000
"""Milliseconds after which a picture is given up."""


class Screenshot(QObject):
    """Waits until everything that was asked for is there, saves the picture, then goes on.

    Parameters
    ----------
    window : the window, already opening its files
    path : where the picture goes
    gif : where the maps' GIF goes, or None
    welcome : nothing is opened: a picture of the first screen
    """

    def __init__(
        self, window: MainWindow, path: str, gif: str | None, *, welcome: bool = False
    ) -> None:
        super().__init__(window)
        self.status = 1
        self._welcome = welcome
        self._window, self._path, self._gif = window, path, gif
        # Where the pointer happens to be must not light anything up.
        window.stack.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._quiet = 0
        self._timer = QTimer(self)
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        QTimer.singleShot(PATIENCE, self, lambda: self._fail("The window was not ready in time."))
        window.session.events.notice.connect(self._on_notice)
        window.session.events.clip.connect(self._to_the_middle)

    def _on_notice(self, notice: Notice | None) -> None:
        if notice is not None and notice.kind == "error":
            self._fail(f"{notice.text} {notice.detail}".strip())

    def _to_the_middle(self, clip: object) -> None:
        """A picture of the first frame would show the least; the film strip shows where we are."""
        window = self._window
        if window.session.clip is not None and window.session.frame == 0:
            window.session.frame = (window.session.clip.data.shape[0] - 1) // 2

    def _look(self) -> None:
        """Save once all is there and nothing ran for a few looks (film strip, memory, paint)."""
        self._quiet = self._quiet + 1 if self._ready() else 0
        if self._quiet < 6:
            return
        self._timer.stop()
        self._save()

    def _ready(self) -> bool:
        session = self._window.session
        if self._welcome:
            return self._window.program.jobs.idle and session.keras.state in ("ready", "missing")
        wanted: list[object] = [
            session.current,
            session.clip,
            session.features if session.filters.whole else session.bank,
            session.features,
            session.figures,
        ]
        if session.convolution.engine == "both":
            wanted.append(session.comparison)
        keras = self._window.program.keras is None or session.keras.state in ("ready", "missing")
        there = all(item is not None for item in wanted)
        quiet = self._window.program.jobs.idle and turns().idle
        return there and keras and not session.stale and quiet

    def _save(self) -> None:
        target = Path(self._path).absolute()
        try:
            saved = self._window.grab().save(str(target))
        except OSError:
            saved = False
        if not saved:
            self._fail(f"{target.name}: cannot be written. Choose another folder, or .png.")
            return
        print(target)
        if self._gif is None:
            self._end()
            return
        self._export(self._gif)

    def _exported(self, saved: Saved) -> None:
        print(Path(saved.path).absolute())
        self._end()

    def _export(self, path: str) -> None:
        from voxviewer.export import save_gif

        session = self._window.session
        maps, export = session.features, session.export
        assert maps is not None, "`_ready` waited for them"
        self._window.pipeline.submit(
            "export",
            f"Exporting {Path(path).name}",
            lambda progress: save_gif(
                maps,
                path,
                rate=export.rate,
                settings=session.render,
                range=export.range,
                scale=export.scale,
                coat="night" if theme.is_dark() else "day",
                progress=progress,
            ),
            self._exported,
            "export",
        )

    def _end(self) -> None:
        self.status = 0
        self._window.close()

    def _fail(self, words: str) -> None:
        if self._window.isVisible():
            print(f"voxviewer: {words}", file=sys.stderr)
            self._window.close()
