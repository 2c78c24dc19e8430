"""The log in a window of its own: what happened, with the newest line in sight; and diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from voxviewer.gui import theme
from voxviewer.gui.diagnostics import KEPT, LINES, without_home
from voxviewer.gui.parts import Button

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

REFRESH = 400
"""Milliseconds between two looks for new lines."""


class LogSheet(QDialog):
    """Shows the newest lines of the log, and follows them; never modal.

    Parameters
    ----------
    tell : returns the diagnostics that a button copies
    """

    def __init__(self, tell: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tell = tell
        self._seen = -1
        self.setWindowTitle("Log")
        self.resize(theme.width(860), theme.width(420))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(KEPT)
        self.text.setAccessibleName("Log")
        self.text.setFont(theme.font("mono-small"))
        self.text.setPlaceholderText("Nothing has been logged yet.")
        self.diagnostics = Button("Copy diagnostics", "copy")
        self.diagnostics.setToolTip("Versions, machine and the last lines, to send to who helps")
        self.folder = Button("Open the log's folder", "open")
        self.diagnostics.clicked.connect(self._copy)
        self.folder.clicked.connect(open_log_folder)
        row = QHBoxLayout()
        row.addWidget(self.diagnostics)
        row.addWidget(self.folder)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.refresh()

    def refresh(self) -> None:
        """Show what is new; where a person has scrolled back, stay there."""
        if LINES.count == self._seen:
            return
        self._seen = LINES.count
        bar = self.text.verticalScrollBar()
        at, at_end = bar.value(), bar.value() >= bar.maximum() - 1
        self.text.setPlainText(without_home("\n".join(LINES.kept)))
        bar.setValue(bar.maximum() if at_end else at)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._tell())
        self.diagnostics.setText("Copied")


def open_log_folder() -> None:
    """Show the log's folder in the system's own file manager."""
    import platformdirs

    folder = platformdirs.user_log_path("voxviewer", appauthor=False)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
