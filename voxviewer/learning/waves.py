"""Moving waves, made by formula and seed: clips whose class is the way in which they move.

Stripes of a random wavelength, phase, speed and contrast drift to the left, to the right, up or
down, or stand still, under noise. What tells the classes apart is motion
alone: a single frame of a wave to the left is one of a wave to the right as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Clip, frozen
from voxviewer.settings import EncodingSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

WAVES = "sample:waves"
"""What they are called where classes are learned."""
SEEDS = 60
WAYS = ("down", "left", "right", "still", "up")
"""The classes, in the order of their numbers."""
STEPS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
"""Rows and columns that each moves by, times its speed."""

SHAPE = (10, 20, 20)
WAVELENGTHS = (5.0, 11.0)
SPEEDS = (0.5, 1.5)
"""Voxels per frame; the fastest is less than a third of the shortest wave."""
CONTRASTS = (0.5, 1.0)
NOISE = (0.0, 0.1)


def wave_clip(way: str, seed: int, shape: tuple[int, int, int] = SHAPE) -> Clip:
    """Make one wave: values in 0..1.

    Parameters
    ----------
    way : one of `WAYS`
    seed : the same way and seed give the same clip
    shape : T, H, W

    Raises
    ------
    ValueError
        for another way

    Example
    -------
    >>> wave_clip("left", 0).shape
    (10, 20, 20, 1)
    """
    if way not in WAYS:
        raise ValueError(f"a wave goes {', '.join(WAYS)}, not {way!r}")
    random = np.random.default_rng([WAYS.index(way), seed])
    wavelength, speed, contrast, noise = (
        random.uniform(*limits) for limits in (WAVELENGTHS, SPEEDS, CONTRASTS, NOISE)
    )
    phase = random.uniform(0, 2 * np.pi)
    along_rows = STEPS[way][0] != 0 if way in STEPS else bool(random.integers(2))
    t, h, w = np.ogrid[: shape[0], : shape[1], : shape[2]]
    place = (h if along_rows else w) - speed * sum(STEPS.get(way, (0, 0))) * t
    wave = 0.5 + 0.5 * contrast * np.cos(2 * np.pi * place / wavelength + phase)
    data = np.broadcast_to(wave, shape) + random.normal(0, noise, shape)
    return Clip(
        data=frozen(np.clip(data, 0, 1)[..., None].astype(np.float32)),
        real=frozen(np.ones(shape[0], bool)),
        frames=frozen(np.arange(shape[0])),
        channels=("gray",),
        name=f"wave {way}, seed {seed}",
        settings=EncodingSettings(),
    )


def wave_clips(seeds: Iterable[int]) -> list[tuple[str, Clip]]:
    """Make a wave of every way for every seed; each with its class."""
    return [(way, wave_clip(way, seed)) for seed in seeds for way in WAYS]


__all__ = ["WAVES", "WAYS", "wave_clip", "wave_clips"]
