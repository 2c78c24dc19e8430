"""What helps a person on: the search for commands, the sheet of keys, versions, the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from voxviewer import __version__
from voxviewer.gui.palette import CommandPalette, KeySheet

if TYPE_CHECKING:
    from voxviewer.gui.main_window import MainWindow


class Helping:
    """Opens the sheets that help; each is closed for good when it is closed."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def palette(self) -> None:
        """Open the search for commands, at the top of the window."""
        from voxviewer.gui.actions import COMMANDS

        window = self._window
        sheet = CommandPalette(window.actions_of, [row.key for row in COMMANDS], window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        left = (window.width() - sheet.width()) // 2
        top = window.toolbar.mapTo(window, window.toolbar.rect().bottomLeft()).y() + 6
        sheet.move(window.mapToGlobal(QPoint(left, top)))
        sheet.show()
        sheet.field.setFocus()

    def keys(self) -> None:
        """Show every command and its key."""
        sheet = KeySheet(self._window.actions_of, self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.show()

    def about(self) -> None:
        """Say which versions are at work."""
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("About voxviewer")
        box.setText(f"<b>voxviewer {__version__}</b>")
        box.setInformativeText(
            f"See what Conv3D sees.\n\nPySide6 {pyside_version}, "
            f"NumPy {np.__version__}. {self._window.session.keras.text}."
        )
        box.show()

    def log(self) -> None:
        """Show the log."""
        from voxviewer.gui.log_sheet import LogSheet

        sheet = LogSheet(self.diagnostics, self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.show()

    def copy_diagnostics(self) -> None:
        """Copy versions, machine and the last lines of the log."""
        from voxviewer.session import Notice

        QGuiApplication.clipboard().setText(self.diagnostics())
        self._window.session.notice = Notice(
            "ok", "Diagnostics copied.", "Paste them where you ask for help.", "copy"
        )

    def diagnostics(self) -> str:
        """Return what someone who helps needs to know."""
        from voxviewer.gui.diagnostics import diagnostics

        window, session = self._window, self._window.session
        clip, maps = session.clip, session.features
        return diagnostics(
            {
                "Keras process": session.keras.text,
                "window": f"{window.width()} x {window.height()}",
                "clip": str(clip.shape) if clip is not None else "none",
                "maps": str(maps.shape) if maps is not None else "none",
            }
        )
