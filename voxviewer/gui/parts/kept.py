"""A picture that is painted anew only where what it shows is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QPainter, QPixmap

from voxviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QRect
    from PySide6.QtWidgets import QWidget


class Kept:
    """A part of a widget as a pixmap, kept until its key, its place or the theme changes."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._pixmap = QPixmap()

    def draw(
        self,
        painter: QPainter,
        widget: QWidget,
        box: QRect,
        key: tuple[object, ...],
        paint: Callable[[QPainter], None],
        ground: str = "panel",
    ) -> None:
        """Draw the part; `paint` paints it anew, in the widget's own coordinates, on `ground`."""
        if box.isEmpty():
            return
        ratio = widget.devicePixelRatioF()
        whole = (key, box.getRect(), ratio, theme.colors(), theme.font_key())
        if whole != self._key:
            self._key = ()
            self._pixmap = QPixmap(box.size() * ratio)
            self._pixmap.setDevicePixelRatio(ratio)
            self._pixmap.fill(theme.color(ground))
            inner = QPainter(self._pixmap)
            inner.translate(-box.topLeft())
            paint(inner)
            inner.end()
            self._key = whole
        painter.drawPixmap(box.topLeft(), self._pixmap)
