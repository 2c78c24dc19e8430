"""What a canvas shows, as one frozen value, and how far it is enlarged. Knows no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voxviewer.gui.views.sticks import Sticks

UInt32 = NDArray[np.uint32]

_WHOLE = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64)
_LARGEST = 64.0


@dataclass(frozen=True, eq=False)
class Picture:
    """What a canvas shows. Places are (row, column) in pixels of the picture, counted from 0.

    Attributes
    ----------
    pixels : (H, W) uint32, 0xFFRRGGBB
    letters : axis names outside the image: left, below, right, above
    aspect : how much higher than wide a voxel is
    smooth : source pictures; tensors keep their squares and whole-number zoom
    cross : where the crosshair stands
    window : first row, first column, rows, columns of what the chosen map voxel sees
    taps : the rows and the columns that it looks at, where there are gaps between them
    row, column : a line through this row or column alone
    note : said over the image in violet: this frame is padding
    stale : drawn at 40 %, because a newer one is on its way
    sticks : bones and joints over the picture
    """

    pixels: UInt32
    letters: tuple[str, str, str, str] = ("H", "W", "", "")
    aspect: float = 1.0
    smooth: bool = False
    cross: tuple[float, float] | None = None
    window: tuple[float, float, float, float] | None = None
    taps: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    row: float | None = None
    column: float | None = None
    note: str = ""
    stale: bool = False
    sticks: Sticks | None = None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in units of the zoom."""
        H, W = self.pixels.shape
        return float(W), H * self.aspect

    def lies_as(self, other: Picture | None) -> bool:
        """Return True where another picture has the same place, letters and words round it."""
        if other is None or self.size != other.size or self.stale != other.stale:
            return False
        return (
            self.letters == other.letters
            and self.note == other.note
            and self.smooth == other.smooth
        )


def fitting_zoom(size: tuple[float, float], room: tuple[float, float], smooth: bool) -> float:
    """Return the largest zoom with which a size fits into the room.

    Whole numbers for tensors, or one over a whole number where even 1 is too large; any number for
    smooth pictures.
    """
    exact = min(max(room[0], 8.0) / size[0], max(room[1], 8.0) / size[1])
    if smooth:
        return min(exact, _LARGEST)
    if exact >= 1:
        return float(min(math.floor(exact), int(_LARGEST)))
    return 1.0 / math.ceil(1.0 / exact)


def next_zoom(zoom: float, step: int, smooth: bool) -> float:
    """Return the next larger (step 1) or smaller (step -1) zoom."""
    if smooth:
        return float(np.clip(zoom * 1.25**step, 0.05, _LARGEST))
    ladder = sorted([*(1.0 / n for n in (2, 3, 4, 5, 6, 8, 12, 16)), *map(float, _WHOLE)])
    nearest = int(np.argmin([abs(math.log(zoom / item)) for item in ladder]))
    return ladder[min(max(nearest + step, 0), len(ladder) - 1)]


def zoom_text(zoom: float) -> str:
    """Return the zoom for people: "4×", "1/2×", "1.1×"."""
    if zoom >= 1:
        return f"{zoom:.0f}×" if abs(zoom - round(zoom)) < 0.05 else f"{zoom:.1f}×"
    share = 1 / zoom
    return f"1/{share:.0f}×" if abs(share - round(share)) < 0.01 else f"{zoom:.2f}×"


def held_within(middle: float, size: float, room: int) -> float:
    """Return the share of the picture in the canvas' middle, held so that it stays covered."""
    if size <= room:
        return 0.5
    edge = room / size / 2
    return min(max(middle, edge), 1 - edge)
