"""A part of the window that is shown, but not painted yet: plain ground stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from shiboken6 import isValid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QWidget

OPAQUE = Qt.WidgetAttribute.WA_OpaquePaintEvent


def hides_ground(widget: QWidget) -> bool:
    """Whether nothing behind a widget is painted, as it covers all of it."""
    return widget.testAttribute(OPAQUE) or widget.autoFillBackground()


class Curtain:
    """Hangs before a widget until it is drawn.

    Where nothing in it is painted, nothing may claim to cover what it paints: Qt would leave out
    the ground there, and what was on the screen before would be seen. A curtain before a part of
    the widget is hung first, and drawn later.

    Parameters
    ----------
    part : what is not painted
    known : widgets among which those are that hide their ground; looking through all takes 10 ms
    """

    def __init__(self, part: QWidget, known: Iterable[QWidget]) -> None:
        self.part = part
        self._covers = [
            (widget, widget.testAttribute(OPAQUE), widget.autoFillBackground())
            for widget in known
            if isValid(widget) and part.isAncestorOf(widget) and hides_ground(widget)
        ]
        for widget, *_ in self._covers:
            widget.setAttribute(OPAQUE, False)
            widget.setAutoFillBackground(False)
        part.setUpdatesEnabled(False)

    def draw(self) -> None:
        """Have the widget painted, from now on as ever."""
        for widget, opaque, filled in self._covers:
            if isValid(widget):
                widget.setAttribute(OPAQUE, opaque)
                widget.setAutoFillBackground(filled)
        self.part.setUpdatesEnabled(True)
