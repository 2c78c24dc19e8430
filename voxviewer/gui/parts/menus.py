"""Menus that belong to a part of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QMenu


class Menu(QMenu):
    """A menu that closes with the part it hangs on, as the list of a combo box does.

    What is open while its part is turned off is turned off with it. Qt's own menu then stays on the
    screen, gray, and hears no key: not even Escape.
    """

    def changeEvent(self, event: QEvent) -> None:
        """Close where nothing can be chosen any more."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self.close()
