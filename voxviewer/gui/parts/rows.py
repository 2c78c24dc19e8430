"""What stands in a panel: rows of label and field, lists of facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.labels import Label
from voxviewer.gui.parts.menus import Menu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QPaintEvent

LABEL_COLUMN = 76
USUAL_FACTS = 12
"""Lines that a list of facts is made with."""


class FormRow(QWidget):
    """A label, a field, and under the field a line that helps, warns or says why not."""

    def __init__(self, label: str, field: QWidget, help: str = "") -> None:
        super().__init__()
        self.field = field
        self.label = Label(label, role="text2", elide=Qt.TextElideMode.ElideRight)
        self.label.setBuddy(field)
        if not field.accessibleName():
            field.setAccessibleName(label)
        self._help, self._error, self._reason = help, "", ""
        self._said: tuple[str, str, str] | None = None
        self._note = _Note()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self.label, 0, 0)
        self._grid.addWidget(field, 0, 1)
        self._grid.addWidget(self._note, 1, 1)
        self._measure()
        self._say()
        theme.changed.connect(self._measure)

    @property
    def error(self) -> str:
        """The sentence about a wrong value, "" while there is none."""
        return self._error

    def keep_label_on_top(self) -> None:
        """Let the label stand beside the first line of a field of several lines."""
        self.label.setFixedHeight(theme.height("field"))
        self._grid.setAlignment(self.label, Qt.AlignmentFlag.AlignTop)

    def set_help(self, text: str) -> None:
        """Show a quiet line under the field."""
        self._help = text
        self._say()

    def set_error(self, text: str, at: int | None = None) -> None:
        """Say what is wrong with the value and what to do; "" clears it.

        Parameters
        ----------
        at : which of several numbers is wrong
        """
        self._error = text
        mark = getattr(self.field, "set_bad", None)
        if mark is not None:
            mark(bool(text), at)
        self._say()

    def set_reason(self, text: str, *, able: bool = True) -> None:
        """Disable the field and say why; "" enables it, unless it is said elsewhere why not."""
        self._reason = text
        self.field.setEnabled(able and not text)
        self._say()

    def _say(self) -> None:
        """Show the most pressing of error, reason and help; the same again moves nothing."""
        if self._error:
            said = (self._error, "error", "error")
        elif self._reason:
            said = (self._reason, "text2", "")
        else:
            said = (self._help, "text3", "")
        self.field.setAccessibleDescription(said[0])
        if said == self._said:
            return
        self._said = said
        self._note.say(*said)
        noted = self._note.words.text() != ""
        self._note.setVisible(noted)
        # A row of one line never grows; a note is as high as its lines at the width it gets.
        down = QSizePolicy.Policy.Preferred if noted else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Expanding, down)

    def _measure(self) -> None:
        column = theme.width(LABEL_COLUMN)
        if not self.label.text():
            column = 0
        self.label.setFixedWidth(column)
        self._grid.setHorizontalSpacing(8 if column else 0)
        self._grid.setRowMinimumHeight(0, theme.height("field"))


class _Note(QWidget):
    """A caption under a field, with an icon where it tells of an error."""

    def __init__(self) -> None:
        super().__init__()
        self._icon, self._role = "", "text3"
        self.words = Label("", "caption", "text3", wrap=True)
        self._said: tuple[str, str, str] | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 3, 0, 3)
        self._row.addWidget(self.words, 1)

    def say(self, text: str, role: str, icon: str) -> None:
        if self._said == (text, role, icon):
            return
        self._said = (text, role, icon)
        self._icon, self._role = icon, role
        self.words.setText(text)
        self.words.set_role(role)
        # An error is read, help is looked up: the error is in the size of the fields.
        self.words.set_font("body" if icon else "caption")
        left = theme.icon_size(16) + 6 if icon else 0
        self._row.setContentsMargins(left, 3, 0, 3)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._icon:
            side = theme.icon_size(15)
            top = 3 + (theme.line_height() - side) / 2
            icons.paint(
                drawing.painter_on(self), self._icon, QRectF(0, top, side, side), self._role
            )


class FactList(QWidget):
    """What a source is, one fact a line. Values too long are cut off; a menu copies them whole."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: list[tuple[str, str]] = []
        self._cells: list[tuple[Label, Label]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.setAccessibleName("Facts")
        theme.changed.connect(self._measure)
        for _ in range(USUAL_FACTS):  # a first file need not wait for them to be made
            self._add_line()

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What is shown."""
        return tuple(self._facts)

    def set_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show other facts: pairs of a label and a value."""
        before = len(self._facts)
        self._facts = [(str(label), str(value)) for label, value in facts]
        while len(self._cells) < len(self._facts):
            self._add_line()
        for index, cells in enumerate(self._cells):
            shown = index < len(self._facts)
            words = self._facts[index] if shown else ("", "")
            for cell, text in zip(cells, words, strict=True):
                cell.setVisible(shown)
                cell.setText(text)
        self.setAccessibleDescription("; ".join(f"{label}: {text}" for label, text in self._facts))
        if len(self._facts) != before:
            self._measure()

    def _add_line(self) -> None:
        elide = Qt.TextElideMode.ElideRight
        cells = Label("", role="text3", elide=elide), Label("", role="text", elide=elide)
        for column, cell in enumerate(cells):
            self._grid.addWidget(cell, len(self._cells), column)
            cell.hide()
        self._cells.append(cells)

    def _measure(self) -> None:
        for index, (label, _) in enumerate(self._cells):
            label.setFixedWidth(theme.width(LABEL_COLUMN))
            shown = index < len(self._facts)
            self._grid.setRowMinimumHeight(index, theme.height("fact") if shown else 0)

    def _on_menu(self, place: QPoint) -> None:
        """Offer to copy the value under the pointer, or all."""
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        cell = self.childAt(place)
        if isinstance(cell, Label):
            menu.addAction("Copy", lambda: QApplication.clipboard().setText(cell.text()))
        text = "\n".join(f"{label}: {value}" for label, value in self._facts)
        menu.addAction("Copy All", lambda: QApplication.clipboard().setText(text))
        menu.popup(self.mapToGlobal(place))


def side_by_side(*widgets: QWidget, stretch: Sequence[int] = ()) -> QWidget:
    """Fields in one row: "Pad after" and "zero". `stretch` says how they share the room.

    The keyboard goes to the first that takes it.
    """
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for index, widget in enumerate(widgets):
        row.addWidget(widget, stretch[index] if index < len(stretch) else 1)
    none = Qt.FocusPolicy.NoFocus
    made.setFocusProxy(next((one for one in widgets if one.focusPolicy() != none), widgets[0]))
    return made
