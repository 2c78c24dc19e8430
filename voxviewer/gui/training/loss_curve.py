"""The loss over the epochs: of what is learned from, and of what is held out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from voxviewer.networks.lesson import Epoch
    from voxviewer.session import LessonNow

HEIGHT = 104
WIDE_RANGE = 10.0
"""From this ratio of the largest to the smallest loss on, equal factors are equally far apart."""

Place = tuple[float, float]


@dataclass(frozen=True)
class Curves:
    """What is drawn: (epochs done, loss) of both, the loss of a guess, and epochs in all."""

    learned: tuple[Place, ...] = ()
    held: tuple[Place, ...] = ()
    guess: float | None = None
    epochs: int = 1

    @property
    def limits(self) -> tuple[float, float] | None:
        """The lowest and the highest loss; None where there is none."""
        found = [loss for _, loss in (*self.learned, *self.held)]
        if not found:
            return None
        low, high = min(found), max(found)
        if self.guess is not None and low / 2 <= self.guess <= 2 * high:
            low, high = min(low, self.guess), max(high, self.guess)
        return low, high

    @property
    def shows_guess(self) -> bool:
        """Whether the loss of a guess lies among the others."""
        limits = self.limits
        return (
            self.guess is not None and limits is not None and limits[0] <= self.guess <= limits[1]
        )

    @property
    def by_factors(self) -> bool:
        """Whether equal factors are equally far apart."""
        limits = self.limits
        return limits is not None and limits[0] > 0 and limits[1] / limits[0] >= WIDE_RANGE


def curves_of(now: LessonNow | None) -> Curves:
    """Return the curves of a training, under way or done."""
    if now is None or (now.news is None and now.training is None):
        return Curves()
    baseline = now.lesson.baseline if now.lesson is not None else None
    guess = baseline.value if baseline is not None and baseline.figure == "loss" else None
    if now.training is not None:
        history, running = now.training.history, None
    else:
        assert now.news is not None
        history, running = now.news.history, now.news
    learned = _places(history, "loss")
    if running is not None and running.step and running.now.loss is not None:
        part = running.epoch + running.step / max(running.steps, 1)
        learned = (*learned, (part, running.now.loss))
    return Curves(learned, _places(history, "val_loss"), guess, now.settings.epochs)


def _places(history: Sequence[Epoch], name: str) -> tuple[Place, ...]:
    losses = [getattr(row, name) for row in history]
    return tuple((index + 1.0, loss) for index, loss in enumerate(losses) if loss is not None)


class LossCurve(QWidget):
    """Both curves in a field, with their limits at the left and the epochs at the foot."""

    def __init__(self) -> None:
        super().__init__()
        self.curves = Curves()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Loss")
        theme.changed.connect(self.update)

    def show_curves(self, curves: Curves) -> None:
        """Draw other curves."""
        if curves != self.curves:
            self.curves = curves
            self.setAccessibleDescription(self._words())
            self.update()

    def _words(self) -> str:
        parts = [("learned", self.curves.learned), ("held out", self.curves.held)]
        return ", ".join(f"{name} {places[-1][1]:.3g}" for name, places in parts if places)

    def sizeHint(self) -> QSize:
        """As wide as the panel."""
        return QSize(theme.width(200), theme.width(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw field, guess, curves, then numbers and legend."""
        painter = drawing.painter_on(self)
        foot = theme.line_height("axis") + 2
        box = QRectF(self.rect()).adjusted(0, 0, 0, -foot)
        drawing.frame(painter, box, 4, "field", "line")
        limits = self.curves.limits
        if limits is not None:
            inner = box.adjusted(8, 8 + theme.line_height("axis"), -8, -8)
            self._draw_guess(painter, inner)
            self._draw(painter, inner, self.curves.held, "text3", Qt.PenStyle.DashLine)
            self._draw(painter, inner, self.curves.learned, "text", Qt.PenStyle.SolidLine)
            self._draw_numbers(painter, box, limits)
        self._draw_foot(painter, QRectF(0, box.bottom() + 2, self.width(), foot - 2))

    def place(self, at: Place, inner: QRectF) -> QPointF:
        """Where an epoch and a loss lie in the box."""
        low, high = self.curves.limits or (0.0, 1.0)
        epoch, loss = at
        if self.curves.by_factors:
            low, high, loss = math.log(low), math.log(high), math.log(loss)
        share = (loss - low) / (high - low) if high > low else 0.5
        across = min(epoch / self.curves.epochs, 1.0)
        return QPointF(
            inner.left() + across * inner.width(), inner.bottom() - share * inner.height()
        )

    def _draw(
        self,
        painter: QPainter,
        inner: QRectF,
        places: Sequence[Place],
        role: str,
        style: Qt.PenStyle,
    ) -> None:
        points = [self.place(at, inner) for at in places]
        if not points:
            return
        painter.setPen(QPen(theme.color(role), 1.5, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent" if role == "text" else role))
        painter.drawEllipse(points[-1], 2.5, 2.5)

    def _draw_guess(self, painter: QPainter, inner: QRectF) -> None:
        """A dotted line where a guess lies, if it lies among the losses."""
        guess = self.curves.guess
        if guess is None or not self.curves.shows_guess:
            return
        y = self.place((0, guess), inner).y()
        painter.setPen(QPen(theme.color("text3"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))

    def _draw_numbers(self, painter: QPainter, box: QRectF, limits: tuple[float, float]) -> None:
        """The highest loss over the curves, the lowest under them, and what the lines mean."""
        line = theme.line_height("axis")
        top = QRectF(box.left() + 8, box.top() + 4, box.width() - 16, line)
        font, right = theme.font("axis"), Qt.AlignmentFlag.AlignRight
        words = f"{limits[1]:.3g}{', by factors' if self.curves.by_factors else ''}"
        drawing.text(painter, top, words, font, "text3")
        held = "  - - held out" if self.curves.held else ""
        guess = "  ··· guess" if self.curves.shows_guess else ""
        drawing.text(painter, top, f"— learned{held}{guess}", font, "text3", right)

    def _draw_foot(self, painter: QPainter, line: QRectF) -> None:
        limits, right = self.curves.limits, Qt.AlignmentFlag.AlignRight
        font = theme.font("axis")
        if limits is not None:
            drawing.text(painter, line, f"{limits[0]:.3g}", font, "text3")
        drawing.text(painter, line, f"epoch {self.curves.epochs}", font, "text3", right)
