"""What could not be opened, of files that were dropped together: all of it at once, each why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import Button, Label, LinkButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from voxviewer.session import Refusal

LINES = 4
"""Refused files that a notice names; more are counted."""


def title_words(text: str) -> str:
    """Return "scan.nii.gz is empty." of the terminal's "scan.nii.gz: is empty."."""
    name, colon, rest = text.partition(": ")
    verb = rest.split(" ", 1)[0]
    said = colon and verb.islower() and (verb.endswith("s") or verb in ("cannot", "could"))
    return f"{name} {rest}" if said else text


def heading(count: int, refused: Sequence[Refusal]) -> str:
    """Return "3 of 8 files were not opened."."""
    if len(refused) == count:
        return f"None of {count} files could be opened."
    return f"{len(refused)} of {count} files were not opened."


def summary(refused: Sequence[Refusal]) -> str:
    """Return a line for each of the first files, and how many more there are."""
    lines = [f"• {title_words(item.text)}" for item in refused[:LINES]]
    more = len(refused) - len(lines)
    return "\n".join([*lines, f"and {more} more" if more else ""]).strip()


def reason(item: Refusal) -> str:
    """Return what is wrong and what to do, without the name: "Is empty. Copy it again."."""
    text = item.text.partition(": ")[2] or item.text
    return f"{text[:1].upper()}{text[1:]} {item.detail}".strip()


class RefusalSheet(QDialog):
    """A list of files with their reasons; it lies beside the window and is closed when read."""

    def __init__(self, count: int, refused: Sequence[Refusal], parent: QWidget) -> None:
        super().__init__(parent)
        self._refused = tuple(refused)
        self.setWindowTitle("Not opened")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addWidget(Label(heading(count, refused), "strong", wrap=True))
        column.addWidget(self._list(), 1)
        column.addLayout(self._buttons())
        self.resize(theme.width(560), min(theme.width(560), 130 + 62 * len(self._refused)))

    def _list(self) -> QWidget:
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 6, 0)
        rows.setSpacing(10)
        self.rows = [RefusalRow(item) for item in self._refused]
        for row in self.rows:
            rows.addWidget(row)
        rows.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Files that were not opened")
        area.setWidget(inside)
        return area

    def _buttons(self) -> QHBoxLayout:
        self.copy = Button("Copy list", "copy")
        self.copy.clicked.connect(self._on_copy)
        self.close_button = Button("Close")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.close)
        line = QHBoxLayout()
        line.addWidget(self.copy)
        line.addStretch(1)
        line.addWidget(self.close_button)
        return line

    def _on_copy(self) -> None:
        lines = [f"{item.path}: {reason(item)}" for item in self._refused]
        QGuiApplication.clipboard().setText("\n".join(lines))


class RefusalRow(QWidget):
    """A file's name, why it was not opened, and a way to insist where there is one."""

    def __init__(self, item: Refusal) -> None:
        super().__init__()
        self._item = item
        name = Path(item.path).name or item.path
        self.name = Label(name, "strong", elide=Qt.TextElideMode.ElideMiddle)
        self.name.setToolTip(item.path)
        self.words = Label(reason(item), "body", "text2", wrap=True)
        self.again = LinkButton("Open anyway")
        self.again.setVisible(item.again is not None)
        self.again.clicked.connect(self._on_again)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.name)
        words.addWidget(self.words)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.icon_size(16) + 8, 0, 0, 0)
        row.addLayout(words, 1)
        row.addWidget(self.again, 0, Qt.AlignmentFlag.AlignTop)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mark beside the name."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.icon_size(15)
        top = (theme.line_height("strong") - side) / 2
        icons.paint(painter, "error", QRectF(0, top, side, side), "error")
        painter.end()

    def _on_again(self) -> None:
        self.again.setEnabled(False)
        if self._item.again is not None:
            self._item.again()
