"""Words and marks: labels that follow the theme, key caps, badges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

BADGE_ICONS = {"ok": "ok", "warning": "warning", "error": "error", "padded": ""}


class Label(QLabel):
    """Text in one of the theme's fonts and colors.

    Parameters
    ----------
    font : a kind of `theme.FONTS`
    role : a token, "text2", "text3", "error" ...
    wrap : break lines
    elide : cut off with an ellipsis where there is no room; the whole text is then a tooltip
    """

    def __init__(
        self,
        text: str = "",
        font: str = "body",
        role: str = "text",
        wrap: bool = False,
        elide: Qt.TextElideMode | None = None,
    ) -> None:
        super().__init__(text)
        self._role, self._kind = role, font
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        theme.set_role(self, role)
        theme.set_font(self, font)

    def set_role(self, role: str) -> None:
        """Color it by another token."""
        self._role = role
        theme.set_role(self, role)

    def set_font(self, kind: str) -> None:
        """Give it another of the theme's fonts."""
        self._kind = kind
        theme.set_font(self, kind)

    def setText(self, text: str) -> None:
        """Show a text; the same again costs nothing."""
        if text != self.text():
            super().setText(text)
            self._explain()

    def minimumSizeHint(self) -> QSize:
        """A text that may be cut off needs little room."""
        hint = super().minimumSizeHint()
        if self._elide is None:
            return hint
        return QSize(min(hint.width(), theme.width(24)), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text, cut off where it must be."""
        if self._elide is None:
            super().paintEvent(event)
            return
        role = self._role if self.isEnabled() else "off"
        painter = drawing.painter_on(self)
        box = self.contentsRect()
        align = self.alignment() & Qt.AlignmentFlag.AlignHorizontal_Mask
        drawing.text(painter, box, self.text(), self.font(), role, align, self._elide)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say the whole text in a tooltip while it is cut off."""
        super().resizeEvent(event)
        self._explain()

    def _explain(self) -> None:
        if self._elide is None:
            return
        text = self.text()
        tip = text if drawing.wide(self._kind, text) > self.contentsRect().width() else ""
        if tip != self.toolTip():
            self.setToolTip(tip)


class Key(QWidget):
    """A key as on a keyboard: `Key("Ctrl+O")`."""

    def __init__(self, keys: str) -> None:
        super().__init__()
        self._keys = keys
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(keys)

    @property
    def keys(self) -> str:
        """What is pressed."""
        return self._keys

    def sizeHint(self) -> QSize:
        """Room for the words and a little air."""
        font = theme.font("caption")
        return QSize(drawing.advance(font, self._keys) + 10, theme.line_height("caption") + 4)

    def minimumSizeHint(self) -> QSize:
        """Never less."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a small rounded box with the words."""
        painter = drawing.painter_on(self)
        drawing.frame(painter, self.rect(), 3, "head", "line")
        center = Qt.AlignmentFlag.AlignHCenter
        drawing.text(painter, self.rect(), self._keys, theme.font("caption"), "text2", center)


class Badge(QWidget):
    """A pill that says one thing holds, or does not: icon and words, never color alone.

    Parameters
    ----------
    kind : "ok", "warning", "error" or "padded"
    icon : another icon than the kind's; "" for none
    """

    def __init__(self, text: str = "", kind: str = "ok", icon: str | None = None) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.text, self.kind, self._icon = "", "ok", ""
        self.show_badge(kind, text, icon)

    def show_badge(self, kind: str, text: str, icon: str | None = None) -> None:
        """Say something else; without a text the badge takes no room."""
        if kind not in BADGE_ICONS:
            raise ValueError(f"badge {kind!r} is not known; use one of: {', '.join(BADGE_ICONS)}")
        self.text, self.kind = text, kind
        self._icon = BADGE_ICONS[kind] if icon is None else icon
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Icon, words and round ends."""
        if not self.text:
            return QSize(0, 0)
        words = drawing.advance(theme.font("caption"), self.text)
        return QSize(self._left() + words + theme.width(9), theme.height("badge"))

    def minimumSizeHint(self) -> QSize:
        """Words may be cut off; the tooltip has them all."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), theme.width(60)), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pill."""
        if not self.text:
            return
        painter = drawing.painter_on(self)
        box = self.rect()
        drawing.frame(painter, box, box.height() / 2, f"{self.kind}fill")
        if self._icon:
            side = theme.icon_size(14)
            top = (box.height() - side) / 2
            icons.paint(painter, self._icon, QRectF(theme.width(8), top, side, side), self.kind)
        words = box.adjusted(self._left(), 0, -theme.width(8), 0)
        drawing.text(painter, words, self.text, theme.font("caption"), self.kind)

    def _left(self) -> int:
        if not self._icon:
            return theme.width(9)
        return theme.width(8) + theme.icon_size(14) + theme.width(5)
