"""What stands round a picture: its title with tabs, its read-out, or words where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QTabBar, QVBoxLayout, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.buttons import IconButton, LinkButton
from voxviewer.gui.parts.combos import QuietChoice
from voxviewer.gui.parts.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent


class _Tabs(QTabBar):
    """Tabs with an accent line under the one that is open."""

    def __init__(self) -> None:
        super().__init__()
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setElideMode(Qt.TextElideMode.ElideRight)

    def minimumSizeHint(self) -> QSize:
        """Whole words beside a choice whose words can be cut off: that gives way first."""
        least, title = super().minimumSizeHint(), self.parentWidget()
        choices = title.findChildren(QuietChoice) if title is not None else []
        if all(choice.isHidden() for choice in choices):
            return least
        return QSize(self.sizeHint().width(), least.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tabs, and the ring where the keyboard is."""
        super().paintEvent(event)
        if self.hasFocus():
            box = self.tabRect(self.currentIndex()).adjusted(2, 2, -2, -4)
            drawing.ring(drawing.painter_on(self), box, 4)


class ViewTitle(QWidget):
    """The bar over a view: title, tabs, one quiet note; buttons and choices at the right.

    Parameters
    ----------
    tabs : pairs (key, words)
    note : quiet words beside the title: "8 of 8"
    """

    tab_changed = Signal(str)

    def __init__(self, title: str, tabs: Sequence[tuple[str, str]] = (), note: str = "") -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = Label(title, "title", elide=Qt.TextElideMode.ElideRight)
        self._note = Label(note, "body", "text3", elide=Qt.TextElideMode.ElideRight)
        self.tabs = _Tabs()
        self.tabs.setAccessibleName(f"{title} view")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 6, 1)
        self._row.setSpacing(0)
        for widget in (self._title, self.tabs, self._note):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self.set_tabs(tabs)
        self.set_note(note)
        self.set_title(title)
        self.tabs.currentChanged.connect(self._on_tab)

    @property
    def tab(self) -> str:
        """The key of the open tab, "" where there are none; setting it tells nobody."""
        return str(self.tabs.tabData(self.tabs.currentIndex()) or "")

    @tab.setter
    def tab(self, key: str) -> None:
        blocked = self.tabs.blockSignals(True)
        self.tabs.setCurrentIndex(self._index(key))
        self.tabs.blockSignals(blocked)

    def set_title(self, title: str) -> None:
        """Show other words as title; none where the tabs are title enough."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._title.setContentsMargins(0, 0, 6, 0)

    def set_note(self, note: str) -> None:
        """Show other quiet words beside the title."""
        self._note.setText(note)
        self._note.setContentsMargins(6, 0, 0, 0)
        self._note.setVisible(bool(note))

    def set_tabs(self, tabs: Sequence[tuple[str, str]]) -> None:
        """Offer other tabs; the open one stays if it is among them, else the first opens."""
        before = self.tab if self.tabs.count() else ""
        blocked = self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        for key, words in tabs:
            self.tabs.setTabData(self.tabs.addTab(words), key)
        self.tabs.setCurrentIndex(max(0, self._index(before)))
        self.tabs.blockSignals(blocked)
        self.tabs.setVisible(bool(tabs))
        self.tabs.updateGeometry()  # a choice that came beside them gives way

    def set_tab_enabled(self, key: str, enabled: bool, reason: str = "") -> None:
        """Allow a tab or not; the reason is its tooltip. The open tab stays open."""
        index = self._index(key)
        if self.tabs.isTabEnabled(index) != enabled:  # each would lay the bar out and paint it anew
            before = self.tab
            blocked = self.tabs.blockSignals(True)
            self.tabs.setTabEnabled(index, enabled)  # Qt opens another one where it is the open one
            self.tabs.blockSignals(blocked)
            self.tab = before
        tip = "" if enabled else reason
        if self.tabs.tabToolTip(index) != tip:
            self.tabs.setTabToolTip(index, tip)

    def add(self, widget: QWidget) -> None:
        """Add a widget at the right."""
        self._row.addWidget(widget)

    def add_button(self, icon: str, tip: str, checkable: bool = False) -> IconButton:
        """Add an icon at the right."""
        button = IconButton(icon, tip, checkable)
        self._row.addWidget(button)
        return button

    def sizeHint(self) -> QSize:
        """The height of all titles."""
        return QSize(super().sizeHint().width(), theme.height("title"))

    def tabs_width(self) -> int:
        """How wide the bar must be so that no word of its tabs is cut off."""
        margins = self._row.contentsMargins()
        return self.tabs.sizeHint().width() + margins.left() + margins.right()

    def minimumSizeHint(self) -> QSize:
        """Titles and notes give way, tabs and buttons do not."""
        return QSize(super().minimumSizeHint().width(), theme.height("title"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar over a line."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))

    def _index(self, key: str) -> int:
        keys = [self.tabs.tabData(index) for index in range(self.tabs.count())]
        return keys.index(key) if key in keys else -1

    def _on_tab(self) -> None:
        self.tab_changed.emit(self.tab)


_SIZED = (QEvent.Type.Resize, QEvent.Type.Show)
_ROOM = (QEvent.Type.LayoutRequest, *_SIZED)
"""After these what stands at the right of a read-out may lie elsewhere."""


LEAST_RIGHT = 60
"""Pixels that the words at the right of a read-out keep."""
WIDGET_MOST = 16_777_215
"""Qt's QWIDGETSIZE_MAX: no limit."""


class ReadOut(QWidget):
    """The bar under a view: the value under the pointer, right how the picture was scaled."""

    def __init__(self) -> None:
        super().__init__()
        self._place, self._value = "", ""
        self._ended = 0  # where the words at the left must end
        self._widest = 0  # place and value, since the words at the right are as they are
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Value under the pointer")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._right = Label("", "body", "text2", elide=Qt.TextElideMode.ElideLeft)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 1, 12, 0)
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self._row.addWidget(self._right)

    @property
    def words(self) -> str:
        """Place and value as one line: "x[7, 30, 24, 0] = 0.308"; empty where there is none."""
        return f"{self._place} {self._value}".strip() if self._value else ""

    def set_left(self, place: str, value: str = "") -> None:
        """Show a place and its value: "x[7, 30, 24, 0] =", "0.308"; both in monospace."""
        if (place, value) == (self._place, self._value):
            return
        self._place, self._value = place, value
        self.setAccessibleDescription(f"{place} {value}".strip())
        wide = self._left_width()
        if wide > self._widest:
            self._share(wide)
        # At each step of a film: no more than that.
        self.update(0, 0, self._end() + 1, self.height())

    def set_right(self, words: str) -> None:
        """Show how the picture was scaled: "gray 0 – .94, 4×"."""
        if words != self._right.text():
            self._right.setText(words)
            self._share(self._left_width())

    def _left_width(self) -> int:
        """Pixels that place and value need."""
        return drawing.advance(theme.font("mono-small"), f"{self._place} {self._value}".strip())

    def _share(self, wide: int) -> None:
        """Let the words at the right give way, as far as a number of them stays.

        They are in a tooltip then, and the scaling is said elsewhere too; the pointer is only here.
        A narrower place does not bring them back: they would come and go under the hand.
        """
        self._widest = wide
        whole = self._right.sizeHint().width()
        others = [p for p in drawing.widgets_in(self._row) if p.isVisibleTo(self)]
        hints = [part.sizeHint().width() for part in others if part is not self._right]
        taken = sum(hints) + len(hints) * self._row.spacing()
        room = max(self.width() - 24 - 8 - taken - wide, theme.width(LEAST_RIGHT))
        self._right.setMaximumWidth(room if room < whole else WIDGET_MOST)

    def add(self, widget: QWidget) -> None:
        """Add a widget before the words at the right, as the bar of a color map."""
        self._row.insertWidget(self._row.count() - 1, widget)

    def sizeHint(self) -> QSize:
        """The height of all read-outs."""
        return QSize(super().sizeHint().width() + theme.width(160), theme.height("readout"))

    def minimumSizeHint(self) -> QSize:
        """No narrower than the words at the right, though they may give way."""
        given = self._right.sizeHint().width() - self._right.minimumSizeHint().width()
        return QSize(super().minimumSizeHint().width() + given, theme.height("readout"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar under a line, and the words at the left."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.fillRect(0, 0, self.width(), 1, theme.color("line"))
        font = theme.font("mono-small")
        place = f"{self._place} " if self._value else self._place
        box = self.rect().adjusted(12, 1, 0, 0)
        box.setRight(self._ended)
        room, wide = box.width(), drawing.advance(font, place)
        if wide + drawing.advance(font, self._value) <= room:
            drawing.text(painter, box, place, font, "text2")
        else:  # the value stays: its place is marked in the view
            wide = max(0, min(wide, room - drawing.advance(font, self._value) - 8))
            short = QRect(box)
            short.setWidth(wide)
            drawing.text(painter, short, place, font, "text2")
        box.setLeft(box.left() + wide)
        if box.width() > 0:
            drawing.text(painter, box, self._value, font, "text")

    def event(self, event: QEvent) -> bool:
        """Where what stands at the right gets other room, the words at the left get it too."""
        if event.type() in _SIZED:
            self._share(self._left_width())
        if event.type() in _ROOM:
            self._ended = self._end()
            self.update()
        return super().event(event)

    def _end(self) -> int:
        """Where the words at the left must end."""
        shown = [part.x() for part in drawing.widgets_in(self._row) if part.isVisibleTo(self)]
        return min([self.width() - 12, *shown]) - 8


class EmptyState(QWidget):
    """Words where a picture will be: one sentence, the next step, a dashed edge."""

    clicked = Signal()

    def __init__(self, text: str, action: str = "", icon: str = "") -> None:
        super().__init__()
        self._icon = icon
        self.words = Label(text, "body", "text2", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(text)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(6)
        column.addStretch(1)
        if icon:
            column.addSpacing(theme.icon_size(28))
        column.addWidget(self.words)
        self.link = LinkButton(action)
        self.link.setVisible(bool(action))
        self.link.clicked.connect(self.clicked)
        column.addWidget(self.link, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def set_text(self, text: str) -> None:
        """Say something else."""
        self.words.setText(text)
        self.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dashed edge, and the icon over the words."""
        painter = drawing.painter_on(self)
        dashed = Qt.PenStyle.DashLine
        drawing.frame(painter, self.rect().adjusted(1, 1, -1, -1), 3, None, "edge", 1, dashed)
        if self._icon:
            side = theme.icon_size(24)
            top = self.words.y() + (self.words.height() - self._text_height()) / 2 - side - 6
            icons.paint(painter, self._icon, QRectF((self.width() - side) / 2, top, side, side))

    def _text_height(self) -> int:
        return min(self.words.height(), self.words.heightForWidth(self.words.width()))
