"""Dropping files on the window: say what a drop will do, then do it after the drop has returned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl
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
    """Makes a window take files.

    Parameters
    ----------
    window : takes them
    opened : gets their paths, and whether Shift was held: stack them over time
    model : gets the path of a Keras model, whose filters are wanted
    jobs : look at the files while they are over the window
    """

    def __init__(
        self,
        window: QWidget,
        opened: Callable[[list[str], bool], None],
        model: Callable[[str], None],
        jobs: JobRunner,
    ) -> None:
        super().__init__(window)
        self._opened = opened
        self._choose_model = model
        self._model = ""  # what is over the window, if it is one
        self._jobs = jobs
        self._over: list[str] = []
        self._stack = False
        self._said = {False: "", True: ""}  # what a drop will do, without Shift and with it
        self.overlay = DropOverlay(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer the drag's four events; everything else goes its way."""
        kind = event.type()
        if kind == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            return self._enter(event)
        if kind == QEvent.Type.DragMove and isinstance(event, QDragMoveEvent):
            _take(event)
            self._heed(event)
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
        if not paths or event.source() is not None:  # a tile of our own wall
            event.ignore()
            return True
        _take(event)
        self._over = paths
        self._stack = _wants_stack(event, paths)
        several = len(paths) > 1
        plain = "Open the files" if several else "Open the file"
        stacked = "Stack the files over time" if several else plain
        self._hear({False: plain, True: stacked}, "", paths)
        self._look(paths)
        return True

    def _heed(self, event: QDragMoveEvent) -> None:
        """Shift may be pressed and let go while the files are over the window."""
        stack = _wants_stack(event, self._over)
        if stack != self._stack:
            self._stack = stack
            self._offer()

    def _look(self, paths: list[str]) -> None:
        """A folder may hold a hundred thousand files, or lie on a disk that sleeps."""

        def work(_: Progress) -> tuple[dict[bool, str], str]:
            from voxviewer.sources import invitation, model_among

            said = {stack: invitation(paths, stack=stack) for stack in (False, True)}
            return said, model_among(paths)

        self._jobs.submit(
            Job(
                "invite",
                "Looking at what is dragged",
                work,
                lambda found: self._hear(found[0], found[1], paths),
                lambda error: None,  # the drop itself will say what is wrong
                abandon=True,
            )
        )

    def _hear(self, said: dict[bool, str], model: str, paths: list[str]) -> None:
        """Take what a drop will do, while these files are still over the window."""
        if paths is self._over:
            self._said, self._model = said, model
            self._offer()

    def _offer(self) -> None:
        hint = "Esc: nothing happens."
        if len(self._over) > 1:
            other = "Without Shift" if self._stack else "Shift"
            hint = f"{other}: {_lower(self._said[not self._stack])}. {hint}"
        self.overlay.offer(self._said[self._stack], hint)

    def _drop(self, event: QDropEvent) -> bool:
        """Only note the paths: the program dragged from waits until this returns."""
        self._over = []
        self.overlay.withdraw()
        paths = local_paths(event.mimeData())
        _take(event)
        stack = _wants_stack(event, paths)
        model, self._model = self._model, ""
        if model:
            QTimer.singleShot(0, self, lambda: self._choose_model(model))
        elif paths:
            QTimer.singleShot(0, self, lambda: self._opened(paths, stack))
        return True


def _take(event: QDropEvent) -> None:
    """Accept as a copy: with Shift a file manager proposes to move, and would delete its files."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _wants_stack(event: QDropEvent, paths: list[str]) -> bool:
    """Shift stacks several files over time; one file is opened as ever."""
    return len(paths) > 1 and bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
