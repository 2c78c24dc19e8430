"""Canvases that show the same patch: zoomed, panned and pointed at as one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.gui.views.canvas import Canvas

Share = tuple[float, float]
"""(y, x) from 0 to 1 over the picture, the same on every canvas whatever its pixels."""


class LinkedCanvases(QObject):
    """Lets each canvas follow the one that a person moves.

    Parameters
    ----------
    canvases : of about the same size on the screen; the last one's pixels decide what fits, so that
        the pictures with the fewest pixels are enlarged by whole numbers
    """

    pointed = Signal(object)
    """The share under the pointer, None where there is none."""

    def __init__(self, canvases: Sequence[Canvas], parent: QObject) -> None:
        super().__init__(parent)
        self._canvases = tuple(canvases)
        self._width: float | None = None  # on the screen; None: as large as fits
        self._middle: tuple[float, float] = (0.5, 0.5)
        self._cursor: Share | None = None
        for canvas in self._canvases:
            canvas.moved.connect(partial(self._on_moved, canvas))
            canvas.hovered.connect(partial(self._on_hovered, canvas))
            canvas.zoomed.connect(self.apply)

    @property
    def cursor(self) -> Share | None:
        """Where the linked cursor stands."""
        return self._cursor

    @property
    def width(self) -> float:
        """How wide the picture is on the screen."""
        return self._width if self._width is not None else self._canvases[-1].fit_width

    def fit(self) -> None:
        """Show the whole picture on all."""
        self._width, self._middle = None, (0.5, 0.5)
        self.apply()

    def point(self, share: Share | None) -> None:
        """Put the cursor at a share of every picture, or take it away."""
        self._cursor = share
        for canvas in self._canvases:
            picture = canvas.picture
            if picture is None:
                continue
            H, W = picture.pixels.shape
            cross = None if share is None else (share[0] * H - 0.5, share[1] * W - 0.5)
            if cross != picture.cross:
                canvas.show_picture(replace(picture, cross=cross))

    def apply(self) -> None:
        """Let every canvas show the same patch."""
        width = self.width
        if width <= 0:
            return
        for canvas in self._canvases:
            canvas.follow(width, self._middle)

    def _on_moved(self, leader: Canvas) -> None:
        if leader.picture is None:
            return
        width = leader.zoom * leader.picture.size[0]
        whole = leader.middle == (0.5, 0.5) and not leader.larger
        self._width = None if whole and abs(width - leader.fit_width) < 1 else width
        self._middle = leader.middle
        self.apply()

    def _on_hovered(self, canvas: Canvas, place: tuple[int, int] | None) -> None:
        share = None
        if place is not None and canvas.picture is not None:
            H, W = canvas.picture.pixels.shape
            share = (place[0] + 0.5) / H, (place[1] + 0.5) / W
        self.pointed.emit(share)
