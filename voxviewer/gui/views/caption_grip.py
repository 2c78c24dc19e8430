"""The captions of the wall as handles: a tile is dragged out of the window by its caption.

Its image is no handle, because a drag over an image moves the crosshair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget

TIP = "Drag out as a GIF; with Shift this frame as a PNG"


class CaptionGrip:
    """Follows the mouse over `viewport` from a press on a caption until the tile leaves.

    Parameters
    ----------
    viewport : shows a hand and a tip over captions
    caption_at : the index of the tile whose caption lies at a point, None where none does
    dragged : gets the index and whether Shift was held, once for each press
    """

    def __init__(
        self,
        viewport: QWidget,
        caption_at: Callable[[QPoint], int | None],
        dragged: Callable[[int, bool], None],
    ) -> None:
        self._viewport = viewport
        self._caption_at = caption_at
        self._dragged = dragged
        self._start: QPoint | None = None
        self._index: int | None = None  # None: nothing held, or the tile has left already

    @property
    def held(self) -> bool:
        """True from a press on a caption until the button is let go."""
        return self._start is not None

    def press(self, point: QPoint) -> None:
        """Take hold where a caption is."""
        self._index = self._caption_at(point)
        self._start = point if self._index is not None else None

    def move(self, event: QMouseEvent) -> None:
        """Let the tile go its way once the pointer is as far as a drag begins."""
        if self._start is None or self._index is None:
            return
        way = event.position().toPoint() - self._start
        if way.manhattanLength() >= QApplication.startDragDistance():
            index, self._index = self._index, None
            still = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._dragged(index, still)

    def release(self) -> None:
        """Let go."""
        self._start = self._index = None

    def hover(self, point: QPoint) -> None:
        """A hand over captions, and what can be done there."""
        over = self._caption_at(point) is not None
        shape = Qt.CursorShape.OpenHandCursor if over else Qt.CursorShape.ArrowCursor
        if self._viewport.cursor().shape() != shape:
            self._viewport.setCursor(shape)
            self._viewport.setToolTip(TIP if over else "")
