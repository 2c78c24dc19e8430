"""Bring a panel of a dock into sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QScrollArea

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def bring_into_sight(panel: QWidget) -> None:
    """Scroll the dock so that the panel is seen, its title first where it is higher than the dock.

    At the next turn of the event loop: the dock knows the panel's height only after the layout.
    """
    QTimer.singleShot(0, panel, lambda: _scroll(panel))


def _scroll(panel: QWidget) -> None:
    above = panel.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    inside = above.widget() if above is not None else None
    if above is None or inside is None:
        return
    above.ensureWidgetVisible(panel, 0, 0)
    top = panel.mapTo(inside, panel.rect().topLeft()).y()
    bar = above.verticalScrollBar()
    bar.setValue(min(bar.value(), top))
