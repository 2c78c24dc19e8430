"""Two sheets read from the table of commands: find one by its words, and see every key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from voxviewer.gui import theme
from voxviewer.gui.actions import MENUS, Actions
from voxviewer.gui.parts import Key, Label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QAction


def matches(words: str, text: str) -> bool:
    """Return True where every word typed begins or lies in some word of the text."""
    return all(word in text.lower() for word in words.lower().split())


class CommandPalette(QDialog):
    """A field and a list: type a few letters, Enter runs the command. Esc closes."""

    def __init__(self, actions: Actions, keys: list[str], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName("Search commands")
        self._actions = [actions[key] for key in keys]
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type a command")
        self.field.setAccessibleName("Command")
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.resize(theme.width(420), theme.width(360))
        self.field.textChanged.connect(self._show_matches)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _: self._run())
        self._show_matches("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Up, Down and Enter work while the field has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                rows = max(self.list.count(), 1)
                self.list.setCurrentRow((self.list.currentRow() + step) % rows)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    def _show_matches(self, words: str) -> None:
        self.list.clear()
        found = [
            action
            for action in self._actions
            if matches(words, f"{action.text()} {action.statusTip()}")
        ]
        # What is called so comes before what is only explained so.
        for action in sorted(found, key=lambda action: not matches(words, action.text())):
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(action.icon(), action.text() + (f"    {keys}" if keys else ""))
            item.setData(Qt.ItemDataRole.UserRole, action)
            if not action.isEnabled():
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        action: QAction = item.data(Qt.ItemDataRole.UserRole)
        self.close()
        action.trigger()


HANDS = (
    ("In a picture", (
        ("Choose a voxel", "Click"),
        ("Go a voxel on", "Ctrl+Arrows"),
        ("Step through frames, or through slices", "Wheel"),
        ("Zoom", "Ctrl+Wheel, + −"),
        ("Move a picture larger than its view", "Drag"),
        ("Show all of it", "Double click, 0"),
        ("Leave a view that has all the room", "Esc"),
    )),
    ("On the wall", (
        ("Go from map to map", "Arrows, Home, End"),
        ("Open a map large, over the clip", "Double click, Enter"),
        ("Zoom", "Ctrl+Wheel"),
        ("Take a map out as a GIF", "Drag its caption"),
        ("Take this frame of it out as a PNG", "Shift+Drag its caption"),
    )),
    ("In 3D", (
        ("Turn", "Drag, Arrows"),
        ("Move", "Shift+Drag, Shift+Arrows"),
        ("Zoom", "Wheel, + −"),
        ("Look from the front again", "Double click, R"),
    )),
    ("On the film strip", (
        ("Go to a frame", "Click, Drag"),
        ("Change the range", "Drag A or B"),
    )),
)  # fmt: skip
"""What hands do where no command has a key for it."""


class KeySheet(QDialog):
    """Every command with a key, by menu; then what keys and mouse do in the views."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(24)
        for title, rows in (*_menus(actions), *HANDS):
            grid.addWidget(Label(title, "title"), grid.rowCount(), 0, 1, 2)
            for words, keys in rows:
                row = grid.rowCount()
                grid.addWidget(Label(words, role="text2"), row, 0)
                grid.addWidget(Key(keys), row, 1, Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea()
        area.setAccessibleName("Every command and its key")
        area.setWidget(sheet)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self.resize(theme.width(460), theme.width(600))


def _menus(actions: Actions) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each menu with those of its commands that have a key."""
    for title, keys in MENUS:
        found = [action for key in keys if (action := _action(actions, key)) is not None]
        with_keys = [(action.text(), action.shortcut()) for action in found]
        native = QKeySequence.SequenceFormat.NativeText
        rows = [(words, key.toString(native)) for words, key in with_keys if not key.isEmpty()]
        yield title.replace("&", ""), rows


def _action(actions: Actions, key: str | None) -> QAction | None:
    try:
        return actions[key] if key else None
    except KeyError:
        return None
