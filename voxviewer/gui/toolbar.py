"""The bar under the menu: open, undo, run, engine, export, search; from the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import IconButton, SearchField, Segment, ToolButton

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QPaintEvent

    from voxviewer.gui.main_window import MainWindow

ENGINES = (("handwritten", "Handwritten"), ("keras", "Keras"), ("both", "Both"))


class Toolbar(QWidget):
    """Play controls are not here: they stand in the timeline, where time has its one place."""

    def __init__(self, window: MainWindow, samples: QMenu) -> None:
        super().__init__(window)
        self.setObjectName("toolbar")
        self.setAccessibleName("Toolbar")
        self._window = window
        session = window.session
        self._texts: dict[QToolButton, str] = {}
        self.open = self._button("open", "Open")
        self.samples = ToolButton("Samples", "samples")
        self.samples.setMenu(samples)
        self.samples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.samples.setToolTip("Samples that the program makes itself")
        self.samples.setAccessibleName("Samples")
        self._texts[self.samples] = "Samples"
        self.undo, self.redo = self._icon("undo"), self._icon("redo")
        self.run = self._button("run", "Run", raised=True)
        self.live = self._button("live", "Live")
        self.engine = Segment(ENGINES, session.convolution.engine, "Engine", compact=True)
        self.engine.setToolTip("Which convolution runs: written out here, Keras, or both, compared")
        self.engine.committed.connect(lambda name: window.choose("convolution", engine=name))
        self.export = self._button("export_gif", "Export GIF", raised=True)
        self.python = self._button("copy_python", "Copy as Python")
        self.search = SearchField()
        self.search.clicked.connect(window.helping.palette)
        self.theme = IconButton("theme", "Light or dark")
        self.theme.clicked.connect(window.arranging.switch_theme)
        self.keys = self._icon("keys")
        self._lay_out()
        session.events.convolution.connect(self._show_engine)
        session.events.keras.connect(self._show_engine)
        session.events.stale.connect(self._show_stale)
        self._show_engine()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panel's ground and the line at its foot."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))

    def set_compact(self, compact: bool) -> None:
        """Leave out the words that a small screen has no room for."""
        for button in (self.samples, self.python):
            button.setText("" if compact else self._texts[button])
        self.search.setMaximumWidth(theme.width(200 if compact else 260))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(6)
        groups = (
            (self.open, self.samples),
            (self.undo, self.redo),
            (self.run, self.live),
            (self.engine,),
            (self.export, self.python),
        )
        for number, group in enumerate(groups):
            if number:
                row.addWidget(_Line())
            for widget in group:
                row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.search, self.theme, self.keys):
            row.addWidget(widget)
        self.search.setMinimumWidth(theme.width(160))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.height("toolbar"))
        for button in self.findChildren(QToolButton):
            # A click leaves the focus where it was, so that Space goes on playing.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _button(self, key: str, text: str, raised: bool = False) -> ToolButton:
        action = self._window.actions_of[key]
        button = ToolButton(text, action_icon(key), action.isCheckable(), raised)
        self._follow(button, action)
        self._texts[button] = text
        button.setAccessibleName(text)
        return button

    def _icon(self, key: str) -> IconButton:
        action = self._window.actions_of[key]
        button = IconButton(action_icon(key), action.toolTip(), action.isCheckable())
        self._follow(button, action)
        return button

    def _follow(self, button: QToolButton, action: QAction) -> None:
        """Do what the action does and look as it is, without taking its longer text."""

        def show() -> None:
            button.setEnabled(action.isEnabled())
            button.setChecked(action.isChecked())
            button.setToolTip(action.toolTip())

        button.clicked.connect(lambda _=False: action.trigger())
        action.changed.connect(show)
        action.toggled.connect(lambda _: show())
        show()

    def _show_engine(self) -> None:
        session = self._window.session
        missing = session.keras.state == "missing"
        for name in ("keras", "both"):
            self.engine.set_option_enabled(name, not missing, session.keras.text if missing else "")
        self.engine.value = session.convolution.engine

    def _show_stale(self) -> None:
        """Run is the accent while the maps are not those of what is chosen, and Live is off."""
        session = self._window.session
        self.run.primary = not session.live and (
            "features" in session.stale or (session.features is None and session.clip is not None)
        )


def action_icon(key: str) -> str:
    """Return the icon's name in a command's row."""
    from voxviewer.gui.actions import COMMANDS

    return next(row.icon for row in COMMANDS if row.key == key)


class _Line(QWidget):
    """A line between groups, one pixel wide."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(13)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line in the middle of its room."""
        painter = QPainter(self)
        painter.fillRect(self.width() // 2, (self.height() - 20) // 2, 1, 20, theme.color("line"))
