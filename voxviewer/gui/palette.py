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


class KeySheet(QDialog):
    """Every command with a key, by menu."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(24)
        row = 0
        for title, keys in MENUS:
            grid.addWidget(Label(title.replace("&", ""), "title"), row, 0, 1, 2)
            row += 1
            for key in keys:
                action = _action(actions, key)
                if action is None or action.shortcut().isEmpty():
                    continue
                text = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                grid.addWidget(Label(action.text(), role="text2"), row, 0)
                grid.addWidget(Key(text), row, 1, Qt.AlignmentFlag.AlignLeft)
                row += 1
        area = QScrollArea()
        area.setWidget(sheet)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self.resize(theme.width(420), theme.width(560))


def _action(actions: Actions, key: str | None) -> QAction | None:
    try:
        return actions[key] if key else None
    except KeyError:
        return None
