"""Bring a panel of a dock into sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QScrollArea

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

SETTLING = 400
"""Milliseconds in which a panel that was unfolded still grows, line by line."""


def bring_into_sight(panel: QWidget) -> None:
    """Scroll the dock so that the panel is seen, its title first where it is higher than the dock.

    At the next turn of the event loop, and whenever the dock's contents grow shortly after: it
    knows the panel's height only after the layout, which takes several turns.
    """
    dock = _dock(panel)
    if dock is None:
        return
    grown = dock.verticalScrollBar().rangeChanged
    following = grown.connect(lambda *_: _scroll(dock, panel))
    QTimer.singleShot(0, panel, lambda: _scroll(dock, panel))
    QTimer.singleShot(SETTLING, panel, lambda: grown.disconnect(following))


def _dock(panel: QWidget) -> QScrollArea | None:
    above = panel.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    return above


def _scroll(dock: QScrollArea, panel: QWidget) -> None:
    inside = dock.widget()
    if inside is None:
        return
    dock.ensureWidgetVisible(panel, 0, 0)
    top = panel.mapTo(inside, panel.rect().topLeft()).y()
    bar = dock.verticalScrollBar()
    bar.setValue(min(bar.value(), top))
