"""Windows about the tensor beside the main one: batch, recurrent networks, a still three ways.

Each stays beside the main window and follows it; what it makes is made in a lane of the jobs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from voxviewer.gui.main_window import MainWindow
    from voxviewer.session import History


def give_undo_keys(dialog: QDialog, history: History) -> None:
    """Let undo and redo work in a window of its own, which the main window's keys do not reach."""
    keys = QKeySequence.StandardKey
    for key, step in ((keys.Undo, history.undo), (keys.Redo, history.redo)):
        QShortcut(QKeySequence(key), dialog).activated.connect(step)


class TensorTools(QObject):
    """Opens each of the windows once, or brings it to the front."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._open: dict[str, QDialog] = {}

    def show_batch(self) -> None:
        """Put open sources side by side."""
        from voxviewer.gui.tensor_tools.batch_window import BatchWindow

        window = self._window
        self._show(
            "batch", lambda: BatchWindow(window.session, window.history, window.pipeline, window)
        )

    def show_steps(self) -> None:
        """Recurrent networks: what a time step is, what they cost, and one of them fitted."""
        from voxviewer.gui.recurrent.window import RecurrentWindow

        window = self._window
        self._show("steps", lambda: RecurrentWindow(window.session, window.pipeline, window))

    def show_explain(self) -> None:
        """Where in the clip a model's answer comes from."""
        from voxviewer.gui.explain.window import ExplainWindow

        window = self._window
        self._show("explain", lambda: ExplainWindow(window.session, window.pipeline, window))

    def show_stills(self) -> None:
        """A picture as a clip, three ways."""
        from voxviewer.gui.tensor_tools.stills_window import StillsWindow

        window = self._window
        self._show("stills", lambda: StillsWindow(window.session, window.pipeline, window))

    def _show(self, name: str, make: object) -> None:
        if name not in self._open:
            assert callable(make)
            dialog: QDialog = make()
            self._open[name] = dialog
            give_undo_keys(dialog, self._window.history)
            dialog.finished.connect(lambda _: self._open.pop(name, None))
            dialog.show()
        self._open[name].raise_()
        self._open[name].activateWindow()
