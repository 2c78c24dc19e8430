"""What the lab shows of one frame: planes, their pixels, numbers; made in a lane of its own.

Of a large clip a patch is painted, round the chosen voxel; numbers are of the whole frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.encoding.trial import Method, Trial, difference, try_methods
from voxviewer.render.limits import RGB, Scale, finite_range, signed_scale
from voxviewer.render.pixels import paint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32, Progress, Volume
    from voxviewer.settings import EncodingSettings

PATCH = 512
"""Clip pixels a side up to which all of a frame is painted."""

GRIDS = ("clip", "source")
"""Whose pixels a difference has."""


@dataclass(frozen=True)
class Wish:
    """What shall be tried and how it is painted; compares by value.

    Attributes
    ----------
    middle : (y, x) shares of the frame, the patch's middle where only a patch is painted
    channel : which is painted, where the channels are not colors
    limits : lowest and highest value of the source, once they are known
    coat : of the signed color map
    """

    source: Volume
    settings: EncodingSettings
    frame: int
    middle: tuple[float, float] = (0.5, 0.5)
    channel: int = 0
    limits: tuple[float, float] | None = None
    coat: str = "night"


@dataclass(frozen=True, eq=False)
class Layer:
    """A plane and the pixels of its patch, which begins at `first` (row, column)."""

    plane: Float32
    pixels: NDArray[np.uint32]
    first: tuple[int, int]
    channel: int

    def place(self, share: tuple[float, float]) -> tuple[int, int]:
        """Return the row and column of the plane under a share (y, x) of the patch."""
        found = []
        for axis in (0, 1):
            at = self.first[axis] + int(share[axis] * self.pixels.shape[axis])
            found.append(min(max(at, 0), self.plane.shape[axis] - 1))
        return found[0], found[1]

    def values(self, share: tuple[float, float]) -> NDArray[np.float32]:
        """Return what the plane holds there: the painted channel, or three colors."""
        row, column = self.place(share)
        values: NDArray[np.float32] = self.plane[row, column]
        return values if self.channel < 0 else values[self.channel : self.channel + 1]


@dataclass(frozen=True, eq=False)
class Difference:
    """After minus before on one grid: its layer, its largest size and its root mean square."""

    layer: Layer
    largest: float
    rms: float


@dataclass(frozen=True, eq=False)
class LabPictures:
    """Everything the lab shows of one frame, all planes on one scale."""

    wish: Wish
    trial: Trial
    scale: Scale
    before: Layer
    tries: dict[Method, Layer]
    differences: dict[str, Difference]

    @property
    def span(self) -> float:
        """The range of the frame before, which differences are set against."""
        low, high = finite_range(self.trial.before)
        return high - low


def make_pictures(wish: Wish, progress: Progress) -> LabPictures | None:
    """Try, measure and paint; None where the frame is padding."""
    trial = try_methods(wish.source, wish.settings, wish.frame, progress)
    if trial is None:
        return None
    channel = -1 if trial.channels == RGB else min(wish.channel, trial.before.shape[2] - 1)
    scale = value_scale(trial.before, wish.limits, colors=channel < 0)
    progress(0.8, "painting")

    def layer(plane: Float32, colors: Scale = scale) -> Layer:
        return _layer(plane, colors, channel, wish.middle, trial)

    return LabPictures(
        wish,
        trial,
        scale,
        layer(trial.before),
        {item.method: layer(item.plane) for item in trial.tries},
        {on: _difference(trial, on, wish, channel) for on in GRIDS},
    )


def value_scale(plane: Float32, limits: tuple[float, float] | None, *, colors: bool) -> Scale:
    """Return the one scale of all planes of a frame: colors as they are, others the source's."""
    low, high = finite_range(plane)
    if colors:
        top = 1.0 if high <= 1 else 255.0
        return Scale(0.0, top, "rgb") if low >= 0 and high <= 255 else Scale(low, high, "rgb")
    low, high = limits if limits is not None else (low, high)
    return Scale(float(low), float(high), "gray")


def _layer(
    plane: Float32, scale: Scale, channel: int, middle: tuple[float, float], trial: Trial
) -> Layer:
    (top, bottom), (left, right) = patch(plane.shape, middle, trial.tries[0].plane.shape)
    cut = plane[top:bottom, left:right]
    shown: Any = cut if channel < 0 and scale.colormap == "rgb" else cut[..., max(channel, 0)]
    return Layer(plane, np.ascontiguousarray(paint(shown, scale)), (top, left), channel)


def patch(
    shape: tuple[int, ...], middle: tuple[float, float], clip: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return first and last row, first and last column that are painted of a plane.

    The same shares of every plane: those that `PATCH` clip pixels cover.
    """
    found = []
    for axis in (0, 1):
        share = min(PATCH / clip[axis], 1.0)
        start = min(max(middle[axis] - share / 2, 0.0), 1.0 - share)
        # On the edges of clip pixels, so that their squares are whole.
        start = round(start * clip[axis]) / clip[axis]
        first = round(start * shape[axis])
        found.append((first, max(first + 1, round((start + share) * shape[axis]))))
    return found[0], found[1]


def _difference(trial: Trial, on: str, wish: Wish, channel: int) -> Difference:
    plane = difference(trial, trial.chosen, on)
    if channel < 0:  # of colors the strongest channel's, with its sign
        strongest = np.abs(plane).argmax(axis=2)[..., None]
        plane = np.take_along_axis(plane, strongest, axis=2)
    shown = plane[..., max(min(channel, plane.shape[2] - 1), 0)]
    largest = float(np.abs(shown).max())
    rms = float(np.sqrt(np.mean(np.square(shown, dtype=np.float64))))
    scale = signed_scale(largest if largest > 0 else 1.0, wish.coat)
    at = max(min(channel, plane.shape[2] - 1), 0)
    return Difference(_layer(plane, scale, at, wish.middle, trial), largest, rms)
