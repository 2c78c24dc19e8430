"""When an old picture is dimmed: not at once, so that dragging a slider makes no view flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from voxviewer.gui.bind import Wires

if TYPE_CHECKING:
    from collections.abc import Iterable

    from voxviewer.session import Session

PATIENCE = 150
"""Milliseconds without a newer product before the old one is shown as old."""


class Staleness(QObject):
    """Says whether products have been out of date for a while. `changed` when that changes."""

    changed = Signal()

    def __init__(self, session: Session, products: Iterable[str], parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._products = frozenset(products)
        self.shown = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE)
        self._timer.timeout.connect(self._on_time)
        self._wires = Wires(self)
        self._wires.connect(session.events.stale, self._show)
        for product in self._products:
            self._wires.connect(getattr(session.events, product), self._show_product)
        self._show()

    @property
    def _stale(self) -> bool:
        return bool(self._session.stale & self._products)

    def _show(self, *_: Any) -> None:
        if not self._stale:
            self._timer.stop()
            self._set(False)
        elif not self.shown and not self._timer.isActive():
            self._timer.start()

    def _show_product(self, *_: Any) -> None:
        """Something newer has come: what is shown is fresh enough again."""
        self._set(False)
        if self._stale:
            self._timer.start()

    def _on_time(self) -> None:
        self._set(self._stale)

    def _set(self, shown: bool) -> None:
        if shown != self.shown:
            self.shown = shown
            self.changed.emit()
