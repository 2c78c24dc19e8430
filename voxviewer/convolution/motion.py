"""Filters that see motion: spatio-temporal Gabor pairs in eight directions.

A pair, even and odd, is two filters a quarter of a period apart, made of pairs in space and in
time (Adelson and Bergen 1985, "Spatiotemporal energy models for the perception of motion"; Watson
and Ahumada 1985): what moves their way passes, what moves the other way cancels. The sum of both
squared is the motion energy. No filter answers to uniform brightness, and the even ones see no
flicker.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from voxviewer.data import Float64

FINEST = 0.2
"""Cycles per voxel, in space and from frame to frame: of what 3 taps can hold, bars of all widths
told their directions apart best (see `bench`)."""


class Direction(NamedTuple):
    """A direction in the picture: its name and its degrees, 0 to the right, 90 up."""

    name: str
    degrees: float

    @property
    def step(self) -> tuple[float, float]:
        """Columns and rows of one voxel's way; rows count downwards."""
        angle = math.radians(self.degrees)
        return round(math.cos(angle), 12), round(-math.sin(angle), 12)


DIRECTIONS = tuple(
    Direction(name, 45.0 * index)
    for index, name in enumerate(
        ("right", "up right", "up", "up left", "left", "down left", "down", "down right")
    )
)


def frequency(speed: float) -> float:
    """Cycles per voxel of the pattern that a pair is made for, so that it never turns too fast."""
    return FINEST / max(1.0, speed)


def motion_pair(
    size: tuple[int, int, int], direction: Direction, speed: float
) -> tuple[Float64, Float64]:
    """The even and the odd filter for what moves in a direction.

    Parameters
    ----------
    size : (kT, kH, kW), each at least 2
    direction : where to
    speed : voxels per frame

    Returns
    -------
    two (kT, kH, kW) float64, for correlation; the gain for a grating of their own direction, speed
    and `frequency` is 1, for the opposite direction 0
    """
    cycles = frequency(speed)
    plain, balanced, odd = _space_pair(size[1:], direction, cycles)
    cosine, sine = _time_pair(size[0], cycles * speed)
    cosine, sine = cosine[:, None, None], sine[:, None, None]
    # Over time the sine is balanced already: with it, the plain one keeps the odd filter sharp.
    return (cosine * balanced + sine * odd) / 2, (cosine * odd - sine * plain) / 2


def centered(taps: int) -> Float64:
    """(taps,) places of the taps, 0 in the middle; half voxels where their number is even."""
    places: Float64 = np.arange(taps, dtype=np.float64) - (taps - 1) / 2
    return places


def bell(taps: int) -> Float64:
    """(taps,) a Gaussian as wide as the kernel can hold: sigma a quarter of the taps."""
    bells: Float64 = np.exp(-0.5 * (centered(taps) / (taps / 4)) ** 2)
    return bells


def _space_pair(
    size: tuple[int, ...], direction: Direction, cycles: float
) -> tuple[Float64, Float64, Float64]:
    """Even, even of sum 0, and odd Gabor (kH, kW) across the direction: gain 1 at `cycles`."""
    columns, rows = direction.step
    along = rows * centered(size[0])[:, None] + columns * centered(size[1])
    window = bell(size[0])[:, None] * bell(size[1])
    phase = 2 * math.pi * cycles * along
    even, odd = window * np.cos(phase), window * np.sin(phase)
    balanced = even - window * (even.sum() / window.sum())
    evens = (taps / (taps * np.cos(phase)).sum() for taps in (even, balanced))
    return *evens, odd / (odd * np.sin(phase)).sum()


def _time_pair(taps: int, rate: float) -> tuple[Float64, Float64]:
    """Cosine and sine (taps,) under a bell: gain 1 at `rate` cycles per frame."""
    phase = 2 * math.pi * rate * centered(taps)
    cosine, sine = bell(taps) * np.cos(phase), bell(taps) * np.sin(phase)
    return cosine / (cosine * np.cos(phase)).sum(), sine / (sine * np.sin(phase)).sum()
