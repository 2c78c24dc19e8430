"""The files opened lately, on the first screen: what each was, and when it was opened."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.data import Skeleton
from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.recent import About, about, recent

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QEnterEvent, QPaintEvent

    from voxviewer.data import Source

SHOWN = 6
"""Of the files that are remembered, so many are shown."""
GONE = "file is no longer there"
WEEK = 7


class RecentRow(QAbstractButton):
    """A file: its kind, name and folder, what it held, the day; a click opens it.

    Parameters
    ----------
    path : where it is
    known : what it was when it was opened; None where only its path is known
    """

    def __init__(self, path: str, known: About | None) -> None:
        super().__init__()
        there = Path(path).exists()
        self._folder = str(Path(path).parent)
        self._known = known or About("", "", "")
        self._right = self._known.words if there else GONE
        self._day = day_words(self._known.day, date.today())
        self.setText(Path(path).name)
        self.setEnabled(there)
        self.setToolTip(path)
        self.setAccessibleName(", ".join(filter(None, (self.text(), self._right, self._day))))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As high as a field, with a line below."""
        return QSize(theme.width(300), theme.height("button") + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Icon, name and folder at the left; what it was and when at the right; a line below."""
        painter = drawing.painter_on(self)
        if self.underMouse() and self.isEnabled():
            painter.fillRect(self.rect(), theme.color("hover"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))
        role, quiet = ("text", "text3") if self.isEnabled() else ("off", "off")
        side = theme.icon_size(16)
        box = QRectF(8, (self.height() - side) / 2, side, side)
        icons.paint(painter, self._known.icon or "open", box, "text2" if role == "text" else "off")
        day, words = theme.width(84), theme.width(170)
        end = QRect(self.width() - day - 8, 0, day, self.height())
        right, plain = Qt.AlignmentFlag.AlignRight, theme.font()
        drawing.text(painter, end, self._day, theme.font("caption"), quiet, right)
        middle = QRect(end.left() - words - 12, 0, words, self.height())
        drawing.text(painter, middle, self._right, plain, quiet)
        left = QRect(side + 20, 0, middle.left() - side - 36, self.height())
        drawing.text(painter, left, self.text(), plain, role, elide=Qt.TextElideMode.ElideMiddle)
        left.setLeft(left.left() + drawing.advance(plain, self.text()) + 12)
        if left.width() > theme.width(60):
            small, cut = theme.font("caption"), Qt.TextElideMode.ElideLeft
            drawing.text(painter, left, self._folder, small, quiet, elide=cut)
        if self.hasFocus():
            drawing.ring(painter, self.rect(), 4)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to rest."""
        self.update()


class RecentList(QWidget):
    """The files opened lately; what is gone is shown so, not dropped."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.refresh()

    def refresh(self) -> None:
        """Read the list again."""
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        known = about()
        for path in recent()[:SHOWN]:
            row = RecentRow(path, known.get(path))
            row.clicked.connect(lambda _=False, path=path: self.chosen.emit(path))
            self._column.addWidget(row)
        self.setVisible(bool(recent()))


def about_source(source: Source) -> About:
    """Return what is remembered of a source: "84 frames, 25 joints", today."""
    day = date.today().isoformat()
    if isinstance(source, Skeleton):
        T, _, J, _ = source.joints.shape
        return About("skeleton", f"{T} frames, {J} joints", day)
    T, D, H, W, _ = source.shape
    if D == 1:
        size = f"{W} × {H}"
        return About("frames", f"{T} frames, {size}", day) if T > 1 else About("picture", size, day)
    shape = ", ".join(map(str, source.facts.stored_shape))
    return About("slices", f"({shape}) {source.facts.stored_dtype}", day)


def day_words(day: str, today: date) -> str:
    """Return "today", "yesterday", "Tuesday", or "3 Mar 2026"; "" for what is no day."""
    try:
        then = date.fromisoformat(day)
    except ValueError:
        return ""
    ago = (today - then).days
    if ago in (0, 1):
        return ("today", "yesterday")[ago]
    return f"{then:%A}" if 1 < ago < WEEK else f"{then.day} {then:%b} {then.year}"
