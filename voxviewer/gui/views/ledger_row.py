"""The painted row of the shape ledger: pictures of sheets, numbers over letters, arrows between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing
from voxviewer.gui.views import marks
from voxviewer.gui.views.ledger_steps import (
    Entry,
    chosen_key,
    dtype_words,
    empty_words,
    entries,
    full_words,
    letters,
    size_words,
)
from voxviewer.gui.views.staleness import Staleness

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QPaintEvent, QResizeEvent

    from voxviewer.data import Step
    from voxviewer.session import Session

PAD = 9
COLUMN_GAP = 9
ARROW = 14  # the least room beside an operation's words
REFUSAL_WIDTH = 46  # digits that one line of a refusal may be wide


@dataclass(frozen=True)
class Placed:
    """Where an entry stands: its box, and the room of the arrow that leads to it."""

    entry: Entry
    left: float
    width: float
    arrow: tuple[float, float] | None


class LedgerSteps(QWidget):
    """The painted row of steps; one is chosen by a click or the arrow keys."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._stale = Staleness(session, ("clip",), self)
        self._ring = False
        self._painted: tuple[object, QPixmap] = (None, QPixmap())
        self._kept: tuple[tuple[object, ...], list[Entry]] = ((), [])
        self._widths: dict[tuple[int, bool], float] = {}  # of boxes, by number and completeness
        self.setAccessibleName("Shape ledger")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._stale.changed.connect(self.update)
        theme.changed.connect(self.show_steps)

    # measures

    def show_steps(self) -> None:
        """The steps, the choice or the room have changed."""
        self._widths.clear()
        made = self.made()
        key = chosen_key(self._session, made)
        words = [full_words(entry) for entry in made if entry.key == key]
        self.setAccessibleDescription(words[0] if words else empty_words(self._session))
        self.setMinimumWidth(min(self.needed(self.complete), 16_000))
        self.updateGeometry()
        self.update()

    def made(self) -> list[Entry]:
        """Return the steps; written anew only where what they tell of is another."""
        session = self._session
        told = (
            session.clip, session.bank, session.features, session.batch, session.current,
            session.encoding, session.filters, session.convolution, session.problems,
            session.stale,
        )  # fmt: skip
        before, kept = self._kept
        if len(before) != len(told) or any(a is not b for a, b in zip(before, told, strict=True)):
            kept = entries(session)
            self._kept = (told, kept)
            self._widths.clear()
        return kept

    @property
    def room(self) -> int:
        """Pixels there are before anything must scroll."""
        area = self.parentWidget()
        return area.width() if area is not None else self.width()

    @property
    def complete(self) -> bool:
        """True where dtype and bytes have room too."""
        return self.needed(complete=True) <= self.room

    def needed(self, complete: bool) -> int:
        """Return the least width of the whole row, with dtype and bytes or without."""
        made = self.made()
        boxes = sum(self._box_width(number, complete) for number in range(len(made)))
        arrows = sum(self._arrow_width(entry.step) for entry in made[1:])
        return round(boxes + arrows + 2 * PAD) if made else 0

    def placed(self) -> list[Placed]:
        """Return where every step stands; what room is left goes to the arrows, evenly."""
        made, complete = self.made(), self.complete
        if not made:
            return []
        spare = max(self.width() - self.needed(complete), 0) / max(len(made) - 1, 1)
        x, found = float(PAD), []
        for number, entry in enumerate(made):
            arrow = None
            if number:
                wide = self._arrow_width(entry.step) + spare
                arrow = (x + 5, x + wide - 5)
                x += wide
            wide = self._box_width(number, complete)
            found.append(Placed(entry, x, wide, arrow))
            x += wide
        return found

    def _columns(self, step: Step) -> list[int]:
        """How wide each axis is: the number in bold, or its letter."""
        least = theme.width(9)
        return [
            max(drawing.wide("mono-ledger-strong", str(size)), least) + COLUMN_GAP
            for size in step.shape
        ]

    def _box_width(self, number: int, complete: bool) -> float:
        """How wide a step is, by its number; measured once."""
        key = (number, complete)
        if key not in self._widths:
            self._widths[key] = self._measured(self.made()[number], complete)
        return self._widths[key]

    def _measured(self, entry: Entry, complete: bool) -> float:
        step = entry.step
        if entry.refusal:
            lines = refusal_lines(entry.refusal)
            return 2 * PAD + max(drawing.wide("caption", line) for line in lines) + 2
        wide = 2 * PAD + self._sheet_width() + 8 + sum(self._columns(step))
        if complete:
            words = (dtype_words(step), size_words(step.nbytes))
            wide += max(drawing.wide("caption", word) for word in words) + 2
        return wide

    @staticmethod
    def _arrow_width(step: Step) -> float:
        return drawing.wide("body", step.operation) + 2 * ARROW

    @staticmethod
    def _sheet_width() -> int:
        return theme.width(30)

    def minimumSizeHint(self) -> QSize:
        """Two lines: numbers, and letters below."""
        return QSize(0, theme.line_height("mono-ledger") + theme.line_height("axis") + 8)

    # what a person does

    def _at(self, point: QPointF) -> Placed | None:
        for item in self.placed():
            if item.left <= point.x() <= item.left + item.width:
                return item
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the step under the pointer."""
        item = self._at(event.position())
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            self._session.step = item.entry.key

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right, Home and End choose."""
        keys = [entry.key for entry in self.made()]
        key = event.key()
        moves = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)
        if not keys or key not in moves or event.modifiers():
            super().keyPressEvent(event)
            return
        now = keys.index(chosen_key(self._session, self.made()))
        targets = {Qt.Key.Key_Left: now - 1, Qt.Key.Key_Right: now + 1, Qt.Key.Key_Home: 0}
        wanted = targets.get(Qt.Key(key), len(keys) - 1)
        self._session.step = keys[min(max(wanted, 0), len(keys) - 1)]

    def event(self, event: QEvent) -> bool:
        """Say a step in full in its tooltip."""
        if event.type() == QEvent.Type.ToolTip:
            item = self._at(QPointF(event.pos()))  # type: ignore[attr-defined]
            words = full_words(item.entry) if item is not None else ""
            QToolTip.showText(event.globalPos(), words, self)  # type: ignore[attr-defined]
            return True
        return bool(super().event(event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A ring on the chosen step where the keyboard led here."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._ring = drawing.ring_after(event, self._ring)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrows take the room that is left."""
        super().resizeEvent(event)
        self.update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Steps and the arrows between them; painted anew only where something is to be seen."""
        items, complete = self.placed(), self.complete
        key = chosen_key(self._session, [item.entry for item in items])
        seen = self._seen(items, complete, key)
        if self._painted[0] != seen:
            self._painted = (seen, self._paint(items, complete, key))
        painter = QPainter(self)
        if self._stale.shown:
            painter.fillRect(self.rect(), theme.color("window"))
            painter.setOpacity(marks.STALE_OPACITY)
        painter.drawPixmap(0, 0, self._painted[1])

    def _seen(self, items: list[Placed], complete: bool, key: str) -> object:
        """All that the picture depends on."""
        steps = tuple(
            (
                item.left, item.width, item.arrow, item.entry.key, item.entry.step.operation,
                letters(item.entry.step), item.entry.step.shape, item.entry.step.changed,
                dtype_words(item.entry.step), size_words(item.entry.step.nbytes),
                item.entry.refusal,
            )
            for item in items
        )  # fmt: skip
        look = self._ring, self.size(), self.devicePixelRatioF()
        return steps, complete, key, look, theme.colors(), theme.font_key()

    def _paint(self, items: list[Placed], complete: bool, key: str) -> QPixmap:
        made = QPixmap(self.size() * self.devicePixelRatioF())
        made.setDevicePixelRatio(self.devicePixelRatioF())
        made.fill(theme.color("window"))
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not items:
            center = Qt.AlignmentFlag.AlignHCenter
            words = empty_words(self._session)
            drawing.text(painter, self.rect(), words, theme.font("caption"), "text3", center)
        for item in items:
            if item.arrow is not None:
                self._paint_arrow(painter, item.entry.step.operation, *item.arrow)
            self._paint_step(painter, item, item.entry.key == key, complete)
        painter.end()
        return made

    def _lines(self) -> tuple[float, float, float]:
        """Middle of the numbers, middle of the letters, top of both."""
        number, letter = theme.line_height("mono-ledger"), theme.line_height("axis")
        top = (self.height() - number - letter) / 2
        return top + number / 2, top + number + letter / 2 - 1, top

    def _paint_arrow(self, painter: QPainter, words: str, left: float, right: float) -> None:
        upper, lower, _ = self._lines()
        tall = theme.line_height()
        box = QRectF(left, upper - tall / 2, right - left, tall)
        drawing.text(painter, box, words, theme.font(), "text2", Qt.AlignmentFlag.AlignHCenter)
        y = round(lower) - 0.5
        painter.setPen(QPen(theme.color("text3"), 1))
        painter.drawLines(
            [
                QLineF(left, y, right, y),
                QLineF(right - 4, y - 4, right, y),
                QLineF(right - 4, y + 4, right, y),
            ]
        )

    def _paint_step(self, painter: QPainter, item: Placed, chosen: bool, complete: bool) -> None:
        step = item.entry.step
        box = QRectF(item.left, 4, item.width, self.height() - 8)
        if chosen:
            drawing.frame(painter, box, 4, "soft")
            if self._ring:
                marks.paint_ring(painter, box, 4)
        if item.entry.refusal:
            self._paint_refusal(painter, item)
            return
        x = item.left + PAD
        self._paint_sheets(painter, step, QRectF(x, box.top(), self._sheet_width(), box.height()))
        x += self._sheet_width() + 8
        upper, lower, _ = self._lines()
        axes = zip(letters(step), step.shape, step.changed, self._columns(step), strict=True)
        for letter, size, changed, wide in axes:
            self._paint_axis(painter, letter, str(size), changed, QRectF(x, 0, wide, 0))
            x += wide
        if complete:
            font, tall = theme.font("caption"), theme.line_height("caption")
            for words, y in ((dtype_words(step), upper), (size_words(step.nbytes), lower)):
                place = QRectF(x + 2, y - tall / 2, item.left + item.width - x, tall)
                drawing.text(painter, place, words, font, "text3")

    def _paint_refusal(self, painter: QPainter, item: Placed) -> None:
        """Why there is no such shape, on the two lines where it would stand."""
        upper, lower, _ = self._lines()
        lines, tall = refusal_lines(item.entry.refusal), theme.line_height("caption")
        places = (upper, lower) if len(lines) > 1 else ((upper + lower) / 2,)
        for words, y in zip(lines, places, strict=True):
            place = QRectF(item.left + PAD, y - tall / 2, item.width - 2 * PAD + 2, tall)
            drawing.text(painter, place, words, theme.font("caption"), "error")

    def _paint_axis(
        self, painter: QPainter, letter: str, number: str, changed: bool, column: QRectF
    ) -> None:
        upper, lower, _ = self._lines()
        strong = "-strong" if changed else ""
        font, small = theme.font(f"mono-ledger{strong}"), theme.font(f"axis{strong}")
        wide, center = column.width() - COLUMN_GAP, Qt.AlignmentFlag.AlignHCenter
        tall = theme.line_height(f"mono-ledger{strong}")
        # One pixel more on each side: a rounded width must not put an ellipsis for a digit.
        place = QRectF(column.left() - 2, upper - tall / 2, wide + 4, tall)
        role = "text" if changed else "text2"
        drawing.text(painter, place, number, font, role, center, Qt.TextElideMode.ElideNone)
        tall = theme.line_height(f"axis{strong}")
        place = QRectF(column.left() - 2, lower - tall / 2, wide + 4, tall)
        role = "accent" if changed else "text3"
        drawing.text(painter, place, letter, small, role, center, Qt.TextElideMode.ElideNone)

    @staticmethod
    def _paint_sheets(painter: QPainter, step: Step, area: QRectF) -> None:
        """Sheets in proportion: the front one rows by columns, more of them the deeper time is."""
        sizes = dict(zip(letters(step), step.shape, strict=True))
        rows, columns = float(sizes.get("H", 1)), float(sizes.get("W", 1))
        if "J" in sizes:
            rows, columns = float(sizes["J"]), float(sizes["J"])
        depth = max(sizes.get("T", 1), sizes.get("D", 1))
        sheets = 1 if depth == 1 else 2 if depth < 4 else 3 if depth < 8 else 4 if depth < 24 else 5
        shift = 3.0
        room = min(area.width(), area.height() - 4) - shift * (sheets - 1)
        scale = room / max(rows, columns) * min(1.0, 0.72 + max(rows, columns) / 900)
        wide, tall = max(columns * scale, 4.0), max(rows * scale, 4.0)
        left = area.center().x() - (wide + shift * (sheets - 1)) / 2
        bottom = area.center().y() + (tall + shift * (sheets - 1)) / 2
        painter.setPen(QPen(theme.color("text3"), 1))
        for back in range(sheets - 1, -1, -1):
            fill = marks.mixed(theme.color("edge"), theme.color("window"), 0.35 if back else 0.6)
            painter.setBrush(fill)
            sheet = QRectF(left + back * shift, bottom - tall - back * shift, wide, tall)
            painter.drawRoundedRect(sheet, 1.5, 1.5)
        if sizes.get("C", 1) > 1:
            dots = min(sizes["C"], 3)
            for dot in range(dots):
                spot = QRectF(left + 3 + dot * 4, bottom - 5.5, 2.5, 2.5)
                painter.fillRect(spot, theme.color("text"))


def refusal_lines(words: str) -> list[str]:
    """Return a refusal on one or two lines of about equal length.

    What is too long ends in an ellipsis; the tooltip has the whole of it.
    """
    most = REFUSAL_WIDTH
    if len(words) <= most:
        return [words]
    if len(words) > 2 * most:
        words = f"{words[: 2 * most - 2].rpartition(' ')[0].rstrip('.,')} …"
    middle = min(
        (place for place, letter in enumerate(words) if letter == " "),
        key=lambda place: abs(place - len(words) / 2),
        default=len(words),
    )
    return [words[:middle], words[middle + 1 :]]
