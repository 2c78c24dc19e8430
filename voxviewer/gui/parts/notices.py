"""Notices: what happened, at the bottom right of the window, never in the way.

The newest is on top; three are shown, then a count. Errors and warnings stay until they are closed;
good news leaves by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QObject,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from voxviewer.gui import icons, theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.parts.buttons import IconButton, LinkButton
from voxviewer.gui.parts.labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent

KINDS = {"error": "error", "warning": "warning", "ok": "ok", "info": "text2"}
SHOWN = 3
WIDTH = 460
LEAVES_AFTER = {"ok": 8.0, "info": 8.0}  # seconds
SCROLL_BAR = 10
_AIR = 4  # round a notice, for its shadow


class Notice(QWidget):
    """One notice: icon, what happened, what it means, what to do about it.

    Parameters
    ----------
    kind : "error", "warning", "ok" or "info"
    title : one sentence; `text` a second one
    action : words of the link; `run` is called when it is pressed
    """

    closed = Signal()
    acted = Signal()

    def __init__(
        self,
        kind: str,
        title: str,
        text: str = "",
        action: str = "",
        run: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"notice {kind!r} is not known; use one of: {', '.join(KINDS)}")
        self.kind, self.title, self.text = kind, title, text
        self._run = run
        self.setAccessibleName(f"{kind}: {title}")
        self.setAccessibleDescription(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.link = LinkButton(action)
        self.link.setVisible(bool(action))
        self.link.clicked.connect(self._on_acted)
        self.close_button = IconButton("close", "Close this notice")
        self.close_button.clicked.connect(self.closed)
        self._lay()

    def _lay(self) -> None:
        title = Label(self.title, "strong", wrap=True)
        words = Label(self.text, "body", "text2", wrap=True)
        words.setVisible(bool(self.text))
        column = QVBoxLayout()
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(1)
        column.addWidget(title)
        column.addWidget(words)
        self._row = QHBoxLayout(self)
        left = _AIR + 12 + theme.icon_size(16) + 10
        self._row.setContentsMargins(left, _AIR + 5, _AIR + 8, _AIR + 6)
        self._row.setSpacing(6)
        self._row.addLayout(column, 1)
        for button in (self.link, self.close_button):
            self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def heightForWidth(self, width: int) -> int:
        """The height at a width."""
        for label in self.findChildren(Label):
            label.ensurePolished()  # before that, its font is not yet its own
        return self._row.heightForWidth(width)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card over its shadow, and the icon."""
        painter = drawing.painter_on(self)
        box = QRectF(self.rect()).adjusted(_AIR, _AIR, -_AIR, -_AIR)
        drawing.shadow(painter, box.adjusted(1, 1, -1, -1), 6)
        drawing.frame(painter, box, 6, "panel", "line")
        side = theme.icon_size(16)
        top = _AIR + 5 + (theme.height("target") - side) / 2
        icon = "info" if self.kind == "info" else self.kind
        icons.paint(painter, icon, QRectF(_AIR + 12, top, side, side), KINDS[self.kind])

    def _on_acted(self) -> None:
        self.acted.emit()
        if self._run is not None:
            self._run()
        self.closed.emit()


class NoticeStack(QWidget):
    """The notices of a window, at its bottom right, and the progress cards under them.

    Parameters
    ----------
    window : over which they float
    margin : to the window's edges
    above : pixels kept free at the bottom, for a status bar
    """

    def __init__(self, window: QWidget, margin: int = 12, above: int = 0) -> None:
        super().__init__(window)
        self._margin, self._above = margin, above
        self._all = False
        self._items: list[tuple[str | None, Notice]] = []
        self._cards: list[QWidget] = []
        self.setAccessibleName("Notices")
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)  # the air round the cards is enough
        inside = QWidget()
        inside.setLayout(self._list)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        inside.setAutoFillBackground(False)
        self._scroll.viewport().setAutoFillBackground(False)
        self._foot = _Foot()
        self._foot.show_all.clicked.connect(self._on_show_all)
        self._foot.clear.clicked.connect(self.clear)
        self._held = QVBoxLayout()
        self._held.setContentsMargins(_AIR, 0, _AIR, 0)
        self._held.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._foot)
        column.addLayout(self._held)
        window.installEventFilter(self)
        theme.changed.connect(self._place)
        self._arrange()

    @property
    def _window(self) -> QWidget:
        """The window under it; not kept, as a child that holds its parent may outlive it."""
        return self.parentWidget() or self

    @property
    def notices(self) -> tuple[Notice, ...]:
        """All of them, the newest first, also those that are only counted."""
        return tuple(notice for _, notice in self._items)

    @property
    def above(self) -> int:
        """Pixels kept free at the bottom."""
        return self._above

    @above.setter
    def above(self, pixels: int) -> None:
        self._above = pixels
        self._place()

    def post(
        self,
        kind: str,
        title: str,
        text: str = "",
        action: str = "",
        run: Callable[[], object] | None = None,
        key: str | None = None,
        seconds: float | None = None,
    ) -> Notice:
        """Show a notice.

        Parameters
        ----------
        key : one of the same key takes its place, as when a failing stage runs again
        seconds : it leaves by itself after so long; None is by kind, 0 is never
        """
        same = [notice for name, notice in self._items if key is not None and name == key]
        for notice in same:
            if (notice.kind, notice.title, notice.text) == (kind, title, text) and run is None:
                return notice
            self._take(notice)
        made = Notice(kind, title, text, action, run)
        made.closed.connect(self._on_closed)
        self._items.insert(0, (key, made))
        self._list.insertWidget(0, made)
        self._arrange()
        if not same:
            _fade(made, 0.0, 1.0, theme.FADE_IN)
        stay = LEAVES_AFTER.get(kind, 0.0) if seconds is None else seconds
        if stay > 0:
            _Leaving(made, stay)
        return made

    def dismiss(self, key: str) -> None:
        """Take the notice of this key away, where it is shown: its cause is gone."""
        for name, notice in list(self._items):
            if name == key:
                self._take(notice)
        self._arrange()

    def clear(self) -> None:
        """Take all notices away."""
        for notice in self.notices:
            self._take(notice)
        self._arrange()

    def hold(self, card: QWidget) -> None:
        """Show a progress card under the notices."""
        self._cards.append(card)
        self._held.addWidget(card)
        card.show()
        self._arrange()

    def release(self, card: QWidget) -> None:
        """Take a progress card away; it can be held again."""
        if card in self._cards:
            self._cards.remove(card)
            self._held.removeWidget(card)
            card.hide()
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the corner while the window is resized."""
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self._place()
        return False

    def _on_closed(self) -> None:
        notice = self.sender()
        if isinstance(notice, Notice):
            self._drop(notice)

    def _drop(self, notice: Notice) -> None:
        """Let one fade out; it counts no more from now on."""
        self._items = [item for item in self._items if item[1] is not notice]
        motion = _fade(notice, 1.0, 0.0, theme.FADE_OUT)
        if motion is None:
            self._take(notice)
            self._arrange()
            return
        notice.setEnabled(False)
        motion.finished.connect(notice.hide)
        motion.finished.connect(notice.deleteLater)
        motion.finished.connect(self._arrange)

    def _take(self, notice: Notice) -> None:
        self._items = [item for item in self._items if item[1] is not notice]
        self._list.removeWidget(notice)
        notice.hide()
        notice.deleteLater()

    def _on_show_all(self) -> None:
        self._all = not self._all
        self._arrange()

    def _arrange(self) -> None:
        """Show the newest three, or all, and a count of the others."""
        more = max(0, len(self._items) - SHOWN)
        self._all = self._all and more > 0
        for index, (_, notice) in enumerate(self._items):
            notice.setVisible(self._all or index < SHOWN)
        self._foot.count(more, self._all)
        self._foot.setVisible(more > 0)
        self._scroll.setVisible(bool(self._items))
        self.setVisible(bool(self._items or self._cards))
        self._place()

    def _place(self) -> None:
        """Stand at the bottom right, no higher than the window."""
        room = self._window.rect().adjusted(
            self._margin, self._margin, -self._margin, -self._margin - self._above
        )
        width = min(theme.width(WIDTH), room.width())
        below = self._below()
        listed = self._break_lines(width)
        if listed + below > room.height():
            self._break_lines(width - SCROLL_BAR)
        height = min(listed + below, room.height())
        self.setGeometry(room.right() - width + 1, room.bottom() - height + 1, width, height)
        self.raise_()

    def _break_lines(self, width: int) -> int:
        """Give each notice the height that its sentences need at a width; return their sum."""
        shown = [notice for notice in self.notices if not notice.isHidden()]
        for notice in shown:
            notice.setFixedHeight(notice.heightForWidth(width))
        return sum(notice.height() for notice in shown)

    def _below(self) -> int:
        """The height of what stands under the notices."""
        foot = 0 if self._foot.isHidden() else self._foot.sizeHint().height() + 4
        held = self._held.sizeHint().height() + 4 if self._cards else 0
        return foot + held


class _Foot(QWidget):
    """How many notices are not shown, and what to do about them."""

    def __init__(self) -> None:
        super().__init__()
        self._words = Label("", "body", "text2")
        self.show_all = LinkButton("Show all")
        self.clear = LinkButton("Clear")
        row = QHBoxLayout(self)
        row.setContentsMargins(_AIR + 12, 1, _AIR + 8, 1)
        row.setSpacing(8)
        for widget in (self._words, self.show_all, self.clear):
            row.addWidget(widget)
        row.addStretch(1)

    def count(self, more: int, all_shown: bool) -> None:
        """Say how many more there are."""
        self._words.setText("" if all_shown else f"{more} more")
        self._words.setVisible(not all_shown)
        self.show_all.setText("Show fewer" if all_shown else "Show all")
        self.show_all.updateGeometry()

    def sizeHint(self) -> QSize:
        """One line of links."""
        return QSize(super().sizeHint().width(), theme.height("target") + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground the words stand on."""
        box = self.rect().adjusted(_AIR, 0, -_AIR, 0)
        drawing.frame(drawing.painter_on(self), box, 6, "panel", "line")


class _Leaving(QObject):
    """Closes a notice after some seconds, but not under the pointer or the keyboard."""

    def __init__(self, notice: Notice, seconds: float) -> None:
        super().__init__(notice)
        self._timer = QTimer(self, interval=round(1000 * seconds), singleShot=True)
        self._timer.timeout.connect(self._on_time)
        self._timer.start()

    def _on_time(self) -> None:
        notice = self.parent()
        if not isinstance(notice, Notice):
            return
        focused = notice.window().focusWidget()
        if notice.underMouse() or (focused is not None and notice.isAncestorOf(focused)):
            self._timer.start()
        else:
            notice.closed.emit()


class _Veil(QWidget):
    """Covers what a notice says, more or less: so its words come and go.

    Not a `QGraphicsOpacityEffect`: to paint through one, Qt first gives every widget of the window
    its place, be it hidden, and again at each step (20 ms and more).
    """

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice)
        self._cover = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(notice.rect())
        self.show()
        self.raise_()
        notice.installEventFilter(self)

    def set_cover(self, cover: float) -> None:
        """Cover nothing at 0, all at 1."""
        self._cover = cover
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the notice, which gets its place after it was shown."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw an empty card over the notice, as dense as the cover."""
        painter = drawing.painter_on(self)
        painter.setOpacity(self._cover)
        card = QRectF(self.rect()).adjusted(_AIR, _AIR, -_AIR, -_AIR)
        drawing.frame(painter, card, 6, "panel", "line")


def _fade(notice: Notice, start: float, end: float, duration: int) -> QVariantAnimation | None:
    """Fade a notice from 0, its empty card, to 1, or back; None where nobody sees the motion."""
    if theme.reduced_motion() or not notice.isVisible():
        return None
    veil = _Veil(notice)
    motion = QVariantAnimation(veil)
    motion.valueChanged.connect(veil.set_cover)
    motion.setDuration(duration)
    motion.setStartValue(1.0 - start)
    motion.setEndValue(1.0 - end)
    if end == 1:
        motion.finished.connect(veil.deleteLater)
    motion.start()
    return motion
