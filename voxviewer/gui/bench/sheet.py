"""The tuning curves of every filter as a sheet to look at, point at and walk over by keys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bench.drawing import (
    MARGIN,
    cell_box,
    cell_size,
    circle_of,
    columns_in,
    curve_of,
    draw_sheet,
    sheet_height,
    tick_places,
)
from voxviewer.gui.panels import words
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from voxviewer.gui.bench.curves import Curves, Sheet


class TuningSheet(QWidget):
    """The curves of every filter; a click chooses the filter, a direction, or a speed.

    `value` is the chosen filter, `pointed` gives (direction, speed), each an index or None.
    """

    changed = Signal(object)
    committed = Signal(object)
    pointed = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._sheet: Sheet | None = None
        self._value = 0
        self._mark: tuple[int | None, int | None] = (None, None)
        self._stale = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Tuning curves")
        theme.changed.connect(self._measure)

    @property
    def value(self) -> int:
        """The chosen filter."""
        return self._value

    @value.setter
    def value(self, index: int) -> None:
        self._value = index
        self._describe()
        self.update()

    @property
    def sheet(self) -> Sheet | None:
        """What is drawn; None before anything was measured."""
        return self._sheet

    def set_bad(self, bad: bool) -> None:
        """Nothing: every filter can be chosen."""

    def show_sheet(self, sheet: Sheet | None, *, stale: bool = False) -> None:
        """Show other curves; `stale` ones are dimmed, because newer ones are on their way."""
        self._sheet, self._stale = sheet, stale
        self._describe()
        self._measure()

    def show_mark(self, direction: int | None, speed: int | None) -> None:
        """Mark what is playing beside the sheet."""
        self._mark = direction, speed
        self.update()

    @property
    def columns(self) -> int:
        """Filters side by side."""
        return columns_in(self.width(), len(self._sheet.curves) if self._sheet else 0)

    def box(self, index: int) -> QRect:
        """Where a filter lies."""
        return cell_box(index, self.columns)

    def sizeHint(self) -> QSize:
        """As high as all filters."""
        count = len(self._sheet.curves) if self._sheet else 0
        return QSize(cell_size().width() + 2 * MARGIN, sheet_height(count, self.columns))

    def minimumSizeHint(self) -> QSize:
        """One filter wide."""
        return self.sizeHint()

    def resizeEvent(self, event: QEvent) -> None:
        """More filters side by side need less height."""
        self._measure()

    def _measure(self) -> None:
        self.updateGeometry()
        self.update()

    def _describe(self) -> None:
        curves = self._chosen()
        text = f"{curves.index} {curves.name}: {curves.verdict}" if curves is not None else ""
        self.setAccessibleDescription(text)

    def _chosen(self) -> Curves | None:
        if self._sheet is None or not 0 <= self._value < len(self._sheet.curves):
            return None
        return self._sheet.curves[self._value]

    def paintEvent(self, event: QPaintEvent) -> None:
        """The filters in sight."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("window"))
        if self._sheet is None:
            return
        painter.setOpacity(0.4 if self._stale else 1.0)
        draw_sheet(painter, self._sheet, self.columns, self._value, self._mark, event.rect())
        if self.hasFocus():
            drawing.ring(painter, cell_box(self._value, self.columns).adjusted(-1, -1, 1, 1), 5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the filter; on its circle a direction, on its curve a speed."""
        place = event.position()
        index = self._at(place.toPoint())
        if index is None or self._sheet is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._choose(index)
        direction, speed = self._under(index, place)
        if direction is not None or speed is not None:
            self.pointed.emit(direction, speed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from filter to filter."""
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns, Qt.Key.Key_Down: self.columns,
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        count = len(self._sheet.curves) if self._sheet else 0
        if step is None:
            super().keyPressEvent(event)
        elif 0 <= self._value + step < count:
            self._choose(self._value + step)

    def event(self, event: QEvent) -> bool:
        """Say the numbers under the pointer."""
        if event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        text = self.tip(QPointF(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), text, self)
        else:
            QToolTip.hideText()

    def tip(self, place: QPointF) -> str:
        """Return the words for a place: a direction's or a speed's response."""
        index = self._at(place.toPoint())
        if index is None or self._sheet is None:
            return ""
        curves = self._sheet.curves[index]
        direction, speed = self._under(index, place)
        if direction is not None:
            name = self._sheet.directions[direction]
            return f"{curves.name}, {name}: {words.total(float(curves.round[direction]))}"
        if speed is not None:
            value = words.total(float(curves.line[speed]))
            return f"{curves.name}, {self._sheet.ticks[speed]} {self._sheet.unit}: {value}"
        return f"{curves.name}: {curves.verdict}"

    def _choose(self, index: int) -> None:
        if index != self._value:
            self.value = index
            self.changed.emit(index)
            self.committed.emit(index)

    def _at(self, place: QPoint) -> int | None:
        count = len(self._sheet.curves) if self._sheet else 0
        columns = self.columns
        return next((i for i in range(count) if cell_box(i, columns).contains(place)), None)

    def _under(self, index: int, place: QPointF) -> tuple[int | None, int | None]:
        """The direction or the speed nearest to a place of a filter's cell."""
        assert self._sheet is not None
        box = cell_box(index, self.columns)
        circle, curve = circle_of(box), curve_of(box)
        if circle.contains(place):
            away = place - circle.center()
            degrees = math.degrees(math.atan2(-away.y(), away.x())) % 360
            gaps = np.abs((self._sheet.degrees - degrees + 180) % 360 - 180)
            return int(gaps.argmin()), None
        if curve.adjusted(0, 0, 0, 16).contains(place):
            xs = tick_places(curve, len(self._sheet.ticks))
            return None, int(np.argmin([abs(x - place.x()) for x in xs]))
        return None, None
