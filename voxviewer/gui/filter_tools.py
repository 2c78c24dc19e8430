"""What the window has for filters beyond choosing them: their taps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from voxviewer.gui.panels.kernel_panel import KernelPanel

if TYPE_CHECKING:
    from voxviewer.gui.main_window import MainWindow


class FilterTools(QObject):
    """Made once by the window, when its panels are there; commands of the Filters menu call it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.kernel = KernelPanel(window.session, window.history, window.pipeline)
        window.filters_panel.kernel_wanted.connect(self.kernel.reveal)
