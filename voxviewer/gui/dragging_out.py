"""Dragging a tile out of the wall, to any other program: a GIF; with Shift a PNG of this frame.

The file is written by a job before the drag begins, because whoever takes it reads it at once. It
lies in a folder of our own that goes with the window.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QPixmap

from voxviewer.failures import sentences
from voxviewer.gui import theme
from voxviewer.jobs import Job
from voxviewer.render.layout import INPUT
from voxviewer.session import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Clip, FeatureMaps, Progress
    from voxviewer.gui.views.wall_tiles import WallTiles
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

UNSAFE = '<>:"/\\|?*'
"""Letters that some systems refuse in a file's name."""


class TileDrag(QObject):
    """Writes the tile that is dragged out of `tiles`, and hands it to where it is dropped.

    Parameters
    ----------
    tiles, session, jobs : the wall, the state, and who writes the file
    carry : takes the file away and says whether somebody took it; the system's own drag, unless a
        test carries it
    """

    def __init__(
        self,
        tiles: WallTiles,
        session: Session,
        jobs: JobRunner,
        carry: Callable[[Path], bool] | None = None,
    ) -> None:
        super().__init__(tiles)
        self._tiles, self._session, self._jobs = tiles, session, jobs
        self._carry = carry or self._drag
        self._folder: Path | None = None
        self._index = 0
        tiles.dragged_out.connect(self.begin)

    def begin(self, index: int, still: bool) -> None:
        """Write a tile's film, or its frame of now, and let it be dragged when that is done."""
        session = self._session
        if session.features is None:
            return
        self._index = index
        what = session.features.clip if index == INPUT else session.features
        options = self._options(index, still)
        frame, name = session.frame, tile_name(session.features, index, still, session.frame)

        def work(progress: Progress) -> Path:
            return self._write(what, name, frame if still else None, options, progress)

        words = f"Writing {name} to be dragged"
        self._jobs.submit(Job("drag", words, work, self._written, self._failed, abandon=True))

    def close(self) -> None:
        """Take the files away; who took one has read it."""
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _options(self, index: int, still: bool) -> dict[str, Any]:
        """What the tile shows now, as large as it is on screen or as exports are."""
        session = self._session
        options: dict[str, Any] = {
            "settings": session.render,
            "scale": max(session.export.scale, self._tiles.grown),
            "coat": "night" if theme.is_dark() else "day",
        }
        if not still:
            options |= {"rate": session.export.rate, "range": session.export.range}
        return options if index == INPUT else options | {"maps": (index,)}

    def _write(
        self,
        what: Clip | FeatureMaps,
        name: str,
        frame: int | None,
        options: dict[str, Any],
        progress: Progress,
    ) -> Path:
        """On a thread: each file in a folder of its own, so that it keeps its name."""
        from voxviewer.export import save_gif
        from voxviewer.export.stills import save_png

        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="voxviewer-"))
        path = Path(tempfile.mkdtemp(dir=self._folder)) / name
        if frame is None:
            save_gif(what, path, progress=progress, **options)
        else:
            save_png(what, path, frame, **options)
        return path

    def _written(self, path: Path) -> None:
        """Where nobody took it, nobody needs it."""
        if not self._carry(path):
            with suppress(OSError):
                shutil.rmtree(path.parent)

    def _drag(self, path: Path) -> bool:
        """The system's drag; not begun where the button was let go while the file was written."""
        if not QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            text = f"{path.name} was not ready when you let go."
            self._session.notice = Notice("info", text, "Hold the button a moment longer.", "drag")
            return False
        drag = QDrag(self._tiles.viewport())
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        drag.setMimeData(mime)
        drag.setPixmap(QPixmap(self._tiles.tile_picture(self._index)))
        return drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.IgnoreAction

    def _failed(self, error: BaseException) -> None:
        text, detail = sentences(error)
        self._session.notice = Notice("error", text, detail, "drag")


def tile_name(maps: FeatureMaps, index: int, still: bool, frame: int) -> str:
    """Return what a tile's file is called: "waving-hand-map-3.gif", "scan-input-frame-7.png"."""
    tile = "input" if index == INPUT else f"map-{index}"
    stem = "".join("-" if letter in UNSAFE else letter for letter in maps.clip.name) or "clip"
    return f"{stem}-{tile}-frame-{frame}.png" if still else f"{stem}-{tile}.gif"
