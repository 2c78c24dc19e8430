"""Dropping files on the window: say what a drop will do, then do it after the drop has returned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

from voxviewer.gui.parts import DropOverlay

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QMimeData
    from PySide6.QtWidgets import QWidget


def local_paths(mime: QMimeData) -> list[str]:
    """Return the local files among what is dragged or pasted; web addresses are not opened."""
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]


class Drops(QObject):
    """Makes a window take files; `opened` gets their paths."""

    def __init__(self, window: QWidget, opened: Callable[[list[str]], None]) -> None:
        super().__init__(window)
        self._opened = opened
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
            self.overlay.withdraw()
            return True
        if kind == QEvent.Type.Drop and isinstance(event, QDropEvent):
            return self._drop(event)
        return super().eventFilter(watched, event)

    def _enter(self, event: QDragEnterEvent) -> bool:
        from voxviewer.sources import invitation

        paths = local_paths(event.mimeData())
        if not paths:
            event.ignore()
            return True
        event.acceptProposedAction()
        self.overlay.offer(invitation(paths), "Esc: nothing happens.")
        return True

    def _drop(self, event: QDropEvent) -> bool:
        """Only note the paths: the program dragged from waits until this returns."""
        self.overlay.withdraw()
        paths = local_paths(event.mimeData())
        event.acceptProposedAction()
        if paths:
            QTimer.singleShot(0, self, lambda: self._opened(paths))
        return True
