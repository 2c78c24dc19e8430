"""A ground of its own for what holds many widgets.

A widget colored by the style sheet is not opaque to Qt: where a label in it changes, all that lie
behind it, up to the window, are painted first, and where it grows all that it holds. One that fills
itself from its palette is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QPalette

from voxviewer.gui import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def lay_ground(widget: QWidget, token: str) -> None:
    """Fill a widget with one of the theme's colors, now and after each change of theme."""
    _Ground(widget, token)


class _Ground(QObject):
    """Belongs to the widget, and ends with it."""

    def __init__(self, widget: QWidget, token: str) -> None:
        super().__init__(widget)
        self._widget, self._token = widget, token
        widget.setAutoFillBackground(True)
        theme.changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        palette = self._widget.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.color(self._token))
        self._widget.setPalette(palette)
