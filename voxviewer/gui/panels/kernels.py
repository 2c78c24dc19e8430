"""The kernels of a bank as small pictures: kT frames side by side, blue below zero, warm above.

All have one limit, the largest weight of the bank, so that weak filters look weak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from voxviewer.gui import theme
from voxviewer.gui.panels.words import kernel, total
from voxviewer.gui.parts.kept import Kept
from voxviewer.render.limits import signed_scale
from voxviewer.render.pixels import paint

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from voxviewer.data import FilterBank

COLUMNS = (4, 2, 1)
"""Pictures in a row: as many as leave a cell at least `CLEAR` pixels."""
ROWS = 4
"""Rows shown at once; the page with the chosen filter is shown."""
CLEAR = 3

_GAP, _PADDING, _BETWEEN = 5, 4, 4
_TALLEST = 44


def picture(mean: NDArray[Any], limit: float, coat: str) -> NDArray[np.uint32]:
    """Return one filter's pixels, (kT, kH, kW) uint32, of its weights meant over channels."""
    kT, kH, kW = mean.shape
    return paint(mean.reshape(kT * kH, kW), signed_scale(limit, coat)).reshape(kT, kH, kW)


class KernelPictures(QWidget):
    """The pictures in rows; a click or the arrow keys choose one.

    `value` is the chosen filter's index, `changed` and `committed` follow a person's choice;
    `opened` tells of a double click or Enter.
    """

    changed = Signal(object)
    committed = Signal(object)
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bank: FilterBank | None = None
        self._means: NDArray[np.float64] = np.zeros((1, 1, 1, 0))
        self._limit = 0.0
        self._value = 0
        self._pictures: dict[int, list[QImage]] = {}
        self._kept = Kept()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Kernels")
        theme.changed.connect(self._forget)

    @property
    def value(self) -> int:
        """Index of the chosen filter."""
        return self._value

    @value.setter
    def value(self, index: int) -> None:
        page = self._page
        self._value = index
        self._describe()
        if self._page != page:
            self.updateGeometry()
        self.update()

    def set_bad(self, bad: bool) -> None:
        """Nothing: every picture can be chosen."""

    def show_bank(self, bank: FilterBank | None) -> None:
        """Show another bank; None shows none."""
        before = self.sizeHint()
        self._bank = bank
        if bank is not None:
            self._means = bank.kernels.mean(axis=3, dtype=np.float64)
            self._limit = float(np.abs(self._means).max(initial=0.0))
        self._forget()
        self._describe()
        if self.sizeHint() != before:
            self.updateGeometry()

    @property
    def shown(self) -> range:
        """The filters of this page."""
        count = self._bank.count if self._bank is not None else 0
        page = self.columns * ROWS
        return range(self._page * page, min(count, (self._page + 1) * page))

    @property
    def columns(self) -> int:
        """Pictures in a row: fewer for large kernels, where there are few enough filters."""
        count = self._bank.count if self._bank is not None else 0
        fits = [n for n in COLUMNS if self._cell(n) >= CLEAR or n == 2 < count]
        return fits[0] if fits else 1

    @property
    def _page(self) -> int:
        count = self._bank.count if self._bank is not None else 0
        return min(max(self._value, 0), max(count - 1, 0)) // (self.columns * ROWS)

    # painting

    def sizeHint(self) -> QSize:
        """As many rows as the page has."""
        rows = -(-len(self.shown) // self.columns)
        return QSize(theme.width(296), max(0, rows * self._row_height()))

    def minimumSizeHint(self) -> QSize:
        """As high as it should be, narrow where it must be."""
        return QSize(120, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cells grow with the dock."""
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Each filter's frames; the chosen one on soft in a ring."""
        if self._bank is not None:
            key = (self._bank, self._value, self.hasFocus())
            self._kept.draw(QPainter(self), self, self.rect(), key, self._draw)

    def _draw(self, painter: QPainter) -> None:
        for index in self.shown:
            place = self._place(index)
            if index == self._value:
                self._draw_ring(painter, place)
            self._draw_filter(painter, place, index)

    def _draw_ring(self, painter: QPainter, place: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent"), 2 if self.hasFocus() else 1.5))
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(QRectF(place).adjusted(1, 1, -1, -1), 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_filter(self, painter: QPainter, place: QRect, index: int) -> None:
        images = self._images(index)
        width, height, between = self._frame_size()
        left = place.center().x() - (len(images) * (width + between) - between) / 2
        top = place.center().y() - height / 2 + 0.5
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for number, image in enumerate(images):
            frame = QRectF(round(left + number * (width + between)), round(top), width, height)
            painter.drawImage(frame, image)
            if between:
                painter.drawRect(frame.adjusted(-1, -1, 0, 0))

    def _images(self, index: int) -> list[QImage]:
        """One picture a frame, kept until bank or theme change."""
        if index not in self._pictures:
            coat = "night" if theme.is_dark() else "day"
            frames = picture(self._means[..., index], self._limit, coat)
            _, kH, kW = frames.shape
            self._pictures[index] = [
                QImage(frame.tobytes(), kW, kH, 4 * kW, QImage.Format.Format_RGB32).copy()
                for frame in frames
            ]
        return self._pictures[index]

    def _forget(self) -> None:
        self._pictures.clear()
        self.update()

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the picture under the pointer."""
        index = self._at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the picture under the pointer."""
        if self._at(event.position().toPoint()) is not None:
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the next one, or the one above or below; Home and End the ends; Enter opens."""
        last = (self._bank.count if self._bank is not None else 0) - 1
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and last >= 0:
            self.opened.emit()
            return
        steps = {
            Qt.Key.Key_Left: self._value - 1,
            Qt.Key.Key_Right: self._value + 1,
            Qt.Key.Key_Up: self._value - self.columns,
            Qt.Key.Key_Down: self._value + self.columns,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        index = steps.get(Qt.Key(event.key()))
        if index is None:
            super().keyPressEvent(event)
        elif 0 <= index <= last:
            self._choose(index)

    def event(self, event: QEvent) -> bool:
        """Say which filter it is under the pointer."""
        if event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        index = self._at(event.pos())
        if index is None or self._bank is None:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPos(), self._tip(index), self)

    def _tip(self, index: int) -> str:
        assert self._bank is not None
        names, weights = self._bank.names, self._bank.kernels[..., index]
        name = names[index] if index < len(names) else f"filter {index}"
        C = weights.shape[3]
        channels = "" if C == 1 else f", mean of {C} channels"
        span = f"{total(float(weights.min()))} to {total(float(weights.max()))}"
        return f"{name}: {kernel(self._bank.size)}{channels}, {span}"

    def _choose(self, index: int) -> None:
        if index != self._value:
            self.value = index
            self.changed.emit(index)
            self.committed.emit(index)

    # places

    def _item_width(self, columns: int) -> float:
        return (max(self.width(), 120) - (columns - 1) * _GAP) / columns

    def _cell(self, columns: int) -> float:
        """Side of a cell in pixels: whole ones where they fit, at most 8."""
        kT, kH, kW = self._bank.size if self._bank is not None else (3, 3, 3)
        room = self._item_width(columns) - 2 * _PADDING - (kT - 1) * self._between(columns)
        cell = min(room / (kT * kW), _TALLEST / kH, 8.0)
        return float(int(cell)) if cell >= 1 else max(cell, 1e-3)

    def _between(self, columns: int) -> int:
        """The gap between two frames; none where the frames themselves have no room."""
        kT, _, kW = self._bank.size if self._bank is not None else (3, 3, 3)
        room = self._item_width(columns) - 2 * _PADDING
        return next((gap for gap in (_BETWEEN, 2) if kT * (kW + gap) <= room), 0)

    def _frame_size(self) -> tuple[float, float, int]:
        """Width and height of one frame's picture, and the gap between two."""
        _, kH, kW = self._bank.size if self._bank is not None else (3, 3, 3)
        cell = self._cell(self.columns)
        return max(1.0, cell * kW), max(1.0, cell * kH), self._between(self.columns)

    def _row_height(self) -> int:
        return int(max(self._frame_size()[1], 12.0)) + 2 * _PADDING + 2

    def _place(self, index: int) -> QRect:
        row, column = divmod(index - self.shown.start, self.columns)
        width, height = self._item_width(self.columns), self._row_height()
        return QRect(round(column * (width + _GAP)), row * height, round(width), height - 2)

    def _at(self, point: QPoint) -> int | None:
        return next((i for i in self.shown if self._place(i).contains(point)), None)

    def _describe(self) -> None:
        known = self._bank is not None and self._value < self._bank.count
        self.setAccessibleDescription(self._tip(self._value) if known else "no filters")
