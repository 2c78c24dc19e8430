"""Dropping files on the window: say what a drop will do, then do it after the drop has returned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

from voxviewer.gui.parts import DropOverlay
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QMimeData
    from PySide6.QtWidgets import QWidget

    from voxviewer.data import Progress
    from voxviewer.jobs import JobRunner


def local_paths(mime: QMimeData) -> list[str]:
    """Return the local files among what is dragged or pasted; web addresses are not opened."""
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]


def pasted_paths(mime: QMimeData) -> list[str]:
    """Return the files that were copied, or the paths that were copied as words, one a line.

    Shells and file managers quote them, or write them as file:// addresses; ~ is the home folder.
    A page of prose is no list of paths: beyond a few lines each must look like one.
    """
    files = local_paths(mime)
    if files:
        return files
    lines = [line.strip().strip("\"'") for line in mime.text().splitlines()]
    found = [_path_of(line) for line in lines if line and not line.startswith("#")]
    if len(found) > 1 and not all(os.path.isabs(path) for path in found):
        return []
    return [path for path in found if path]


def _path_of(line: str) -> str:
    if line.startswith("file:"):
        return QUrl(line).toLocalFile()
    return os.path.expanduser(line)


class Drops(QObject):
    """Makes a window take files; `opened` gets their paths, `jobs` looks at them meanwhile."""

    def __init__(
        self, window: QWidget, opened: Callable[[list[str]], None], jobs: JobRunner
    ) -> None:
        super().__init__(window)
        self._opened = opened
        self._jobs = jobs
        self._over: list[str] = []
        self.overlay = DropOverlay(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer the drag's four events; everything else goes its way."""
        kind = event.type()
        if kind == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            return self._enter(event)
        if kind == QEvent.Type.DragMove and isinstance(event, QDragMoveEvent):
            event.acceptProposedAction()
            return True
        if kind == QEvent.Type.DragLeave:
            self._over = []
            self.overlay.withdraw()
            return True
        if kind == QEvent.Type.Drop and isinstance(event, QDropEvent):
            return self._drop(event)
        return super().eventFilter(watched, event)

    def _enter(self, event: QDragEnterEvent) -> bool:
        paths = local_paths(event.mimeData())
        if not paths:
            event.ignore()
            return True
        event.acceptProposedAction()
        self._over = paths
        self._offer("Open the files" if len(paths) > 1 else "Open the file", paths)
        self._look(paths)
        return True

    def _look(self, paths: list[str]) -> None:
        """A folder may hold a hundred thousand files, or lie on a disk that sleeps."""

        def work(_: Progress) -> str:
            from voxviewer.sources import invitation

            return invitation(paths)

        self._jobs.submit(
            Job(
                "invite",
                "Looking at what is dragged",
                work,
                lambda words: self._offer(words, paths),
                lambda error: None,  # the drop itself will say what is wrong
                abandon=True,
            )
        )

    def _offer(self, words: str, paths: list[str]) -> None:
        """Say what a drop will do, while these files are still over the window."""
        if paths is self._over:
            self.overlay.offer(words, "Esc: nothing happens.")

    def _drop(self, event: QDropEvent) -> bool:
        """Only note the paths: the program dragged from waits until this returns."""
        self._over = []
        self.overlay.withdraw()
        paths = local_paths(event.mimeData())
        event.acceptProposedAction()
        if paths:
            QTimer.singleShot(0, self, lambda: self._opened(paths))
        return True
