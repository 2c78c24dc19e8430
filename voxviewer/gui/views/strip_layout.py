"""Where everything lies in the film strip: pure numbers, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

MARGIN = 14
SMALLEST_THUMBNAIL = 24
_RULER_SPACE = 72


@dataclass(frozen=True)
class StripLayout:
    """One cell a frame, side by side; above them the range, below them energy and ruler.

    Attributes
    ----------
    width, height : pixels of the strip
    count : frames
    ruler : pixels of the line of numbers
    handle_side : pixels of a range handle
    """

    width: int
    height: int
    count: int
    ruler: int = 18
    handle_side: int = 14

    @cached_property
    def cell(self) -> float:
        """Pixels a cell is wide, gap included."""
        return max(self.width - 2 * MARGIN, 1) / max(self.count, 1)

    @cached_property
    def group(self) -> int:
        """Every how many frames there is a thumbnail."""
        return max(1, math.ceil(SMALLEST_THUMBNAIL / self.cell))

    @cached_property
    def gap(self) -> float:
        """Pixels between two cells; none where cells are very small."""
        return 1.5 if self.cell >= 8 else 0.5 if self.cell >= 3 else 0.0

    def left(self, frame: int) -> float:
        """Return where the cell of a frame begins."""
        return MARGIN + frame * self.cell

    def middle(self, frame: int) -> float:
        """Return the middle of the cell of a frame."""
        return self.left(frame) + (self.cell - self.gap) / 2

    def frame_at(self, x: float) -> int:
        """Return the frame under a point, the nearest where it lies beside the strip."""
        index = math.floor((x - MARGIN) / self.cell)
        return min(max(index, 0), max(self.count - 1, 0))

    @cached_property
    def range_y(self) -> int:
        """The middle of the bar that shows the range."""
        return self.handle_side // 2 + 8

    @cached_property
    def thumbnails(self) -> tuple[int, int]:
        """Top and height of the thumbnails."""
        return self._top, max(round((self._room - 7) * 0.64), 8)

    @cached_property
    def bars(self) -> tuple[int, int]:
        """Top and height of the energy bars."""
        top, height = self.thumbnails
        return top + height + 6, max(self._room - height - 7, 4)

    @cached_property
    def ruler_top(self) -> int:
        """Where the numbers begin."""
        top, height = self.bars
        return top + height + 6

    @cached_property
    def _room(self) -> int:
        return self.height - self._top - self.ruler - 6 - 6

    @cached_property
    def _top(self) -> int:
        return self.handle_side + 10

    @cached_property
    def ruler_step(self) -> int:
        """Every how many frames a number stands: 1, 2, 5, 10, 20, 50 ..."""
        step = 1
        for decade in range(8):
            for digit in (1, 2, 5):
                step = digit * int(10**decade)
                if step * self.cell >= _RULER_SPACE or step >= self.count:
                    return step
        return step

    def handle(self, frame: int, *, last: bool) -> tuple[float, float]:
        """Return left and right end of a range handle: A begins its cell, B ends its cell."""
        if last:
            right = self.left(frame + 1) - self.gap
            return right - self.handle_side, right
        return self.left(frame), self.left(frame) + self.handle_side
