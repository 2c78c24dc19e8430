"""Things to press.

The mouse does not leave the keyboard's focus on them (`TabFocus`): after a click on Run the arrow
keys still step through the frames. Tab reaches every one, and then it wears the accent ring.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QIcon, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QToolButton

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.labels import Key


class Button(QPushButton):
    """A raised button; `primary` fills it with the accent."""

    def __init__(self, text: str, icon: str = "", primary: bool = False) -> None:
        super().__init__(text)
        self._icon = icon
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.primary = primary
        self._measure()
        theme.changed.connect(self._measure)

    @property
    def primary(self) -> bool:
        """Whether this is the one thing to do next."""
        return bool(self.property("primary"))

    @primary.setter
    def primary(self, on: bool) -> None:
        theme.set_property(self, "primary", on)
        self.set_icon(self._icon)

    def set_icon(self, name: str) -> None:
        """Show another icon, or none for ""."""
        self._icon = name
        role = "onaccent" if self.primary else "text"
        self.setIcon(icons.icon(name, role) if name else QIcon())

    def _measure(self) -> None:
        self.setIconSize(_icon_beside_text())


class ToolButton(QToolButton):
    """A button of the tool bar: flat or raised, icon, text or both, on and off if checkable."""

    def __init__(
        self, text: str = "", icon: str = "", checkable: bool = False, raised: bool = False
    ) -> None:
        super().__init__()
        self._icon = icon
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("raised", raised)
        self.setText(text)
        self.primary = False
        self._measure()
        theme.changed.connect(self._measure)

    @property
    def primary(self) -> bool:
        """Whether this is the one thing to do next: filled with the accent."""
        return bool(self.property("primary"))

    @primary.setter
    def primary(self, on: bool) -> None:
        theme.set_property(self, "primary", on)
        self.set_icon(self._icon)

    def setText(self, text: str) -> None:
        """Show a text beside the icon; without one the button is square."""
        super().setText(text)
        beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        only = Qt.ToolButtonStyle.ToolButtonIconOnly
        self.setToolButtonStyle(beside if text else only)
        theme.set_property(self, "icononly", not text)
        self._measure()

    def set_icon(self, name: str) -> None:
        """Show another icon, or none for ""."""
        self._icon = name
        role = "onaccent" if self.primary else "text"
        self.setIcon(icons.icon(name, role) if name else QIcon())

    def sizeHint(self) -> QSize:
        """The height of all buttons, whatever the style thinks of its icon."""
        return QSize(super().sizeHint().width(), theme.height("button"))

    def minimumSizeHint(self) -> QSize:
        """A button is not squeezed."""
        return self.sizeHint()

    def _measure(self) -> None:
        square = QSize(theme.icon_size(), theme.icon_size())
        self.setIconSize(_icon_beside_text() if self.text() else square)


class IconButton(QToolButton):
    """A small icon in a title bar; `tip` says what it does, with its key: "Copy (Ctrl+C)"."""

    def __init__(self, icon: str, tip: str, checkable: bool = False) -> None:
        super().__init__()
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("icononly", True)
        self.setProperty("small", True)
        self.setToolTip(tip)
        self.setAccessibleName(tip.split(" (")[0])
        self.set_icon(icon)
        self._measure()
        theme.changed.connect(self._measure)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self.setIcon(icons.icon(name))

    def sizeHint(self) -> QSize:
        """A square that a finger of 24 px hits."""
        return QSize(theme.height("target"), theme.height("target"))

    def minimumSizeHint(self) -> QSize:
        """Never less."""
        return self.sizeHint()

    def _measure(self) -> None:
        self.setIconSize(QSize(theme.icon_size(), theme.icon_size()))


def _icon_beside_text() -> QSize:
    """An icon with air at its right; our icons stand at the left of a box that is too wide."""
    side = theme.icon_size()
    return QSize(side + theme.width(4), side)


class _Painted(QAbstractButton):
    """A button that draws itself; Enter presses it as Space does."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAutoRepeat(False)

    def minimumSizeHint(self) -> QSize:
        """Never less than all of it."""
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up under the pointer."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to rest."""
        super().leaveEvent(event)
        self.update()


class LinkButton(_Painted):
    """A word that acts: "Show in log"."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """The words with room for the ring."""
        words = drawing.advance(theme.font("strong"), self.text())
        return QSize(words + 8, theme.height("target"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw accent words, underlined under the pointer."""
        painter = drawing.painter_on(self)
        font = theme.font("strong")
        font.setUnderline(self.underMouse() and self.isEnabled())
        role = "accent" if self.isEnabled() else "off"
        drawing.text(painter, self.rect(), self.text(), font, role, Qt.AlignmentFlag.AlignHCenter)
        if self.hasFocus():
            drawing.ring(painter, self.rect(), 4)


class SearchField(_Painted):
    """What looks like a search field and opens the command search: lens, words, key cap."""

    def __init__(self, text: str = "Search commands", keys: str = "Ctrl+Shift+P") -> None:
        super().__init__(text)
        self._cap = Key(keys)
        self._cap.setParent(self)
        self.setAccessibleName(text)
        self.setAccessibleDescription(keys)
        self.setToolTip(f"{text} ({keys})")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As wide as in the picture."""
        return QSize(theme.width(300), theme.height("button"))

    def minimumSizeHint(self) -> QSize:
        """Lens and key cap stay; where there is no room for the words, the first stands for all."""
        room = self._cap.sizeHint().width() + self._left() + theme.width(30)
        return QSize(room, theme.height("button"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, the lens and the words; the key cap draws itself."""
        painter = drawing.painter_on(self)
        edge = "text3" if self.underMouse() else "edge"
        drawing.frame(painter, self.rect(), 5, "field", edge if self.isEnabled() else "line")
        side = theme.icon_size(14)
        role = "text2" if self.isEnabled() else "off"
        top = (self.height() - side) / 2
        icons.paint(painter, "search", QRectF(theme.width(9), top, side, side), role)
        words = QRect(self._left(), 0, self._cap.x() - self._left() - 8, self.height())
        whole = drawing.advance(theme.font(), self.text()) <= words.width()
        text = self.text() if whole else self.text().split()[0]
        drawing.text(painter, words, text, theme.font(), role)
        if self.hasFocus():
            drawing.ring(painter, self.rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the key cap at the right end."""
        size = self._cap.sizeHint()
        self._cap.resize(size)
        self._cap.move(
            self.width() - size.width() - theme.width(7), (self.height() - size.height()) // 2
        )

    def _left(self) -> int:
        return theme.width(9) + theme.icon_size(14) + theme.width(7)
