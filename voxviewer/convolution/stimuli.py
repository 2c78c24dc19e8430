"""Clips that ask a filter one question each: an impulse, a moving bar, flicker, a drifting grating.

All are formulas, without chance: gray, float32, one value per voxel and frame. Directions are those
of `motion.DIRECTIONS`; speeds are voxels per frame, rates cycles per frame.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Clip, Float32, Float64, frozen
from voxviewer.settings import EncodingSettings

if TYPE_CHECKING:
    from voxviewer.convolution.motion import Direction

Shape = tuple[int, int, int]


def impulse_clip(shape: Shape) -> Clip:
    """(T, H, W, 1) of zeros with a single 1 in the middle, index (n - 1) // 2 of each axis."""
    data = np.zeros((*shape, 1), np.float32)
    t, h, w = ((size - 1) // 2 for size in shape)
    data[t, h, w] = 1
    return _clip(data, "impulse")


def bar_clip(direction: Direction, speed: float, shape: Shape, width: float = 2.0) -> Clip:
    """A bright bar on black that crosses the picture, in the middle of it at half time.

    Parameters
    ----------
    direction : where it moves to; the bar stands across
    speed : voxels per frame
    shape : T, H, W
    width : of the bar, voxels; its edges are one voxel soft
    """
    t = np.arange(shape[0]) - (shape[0] - 1) / 2
    distance = np.abs(_along(direction, shape) - (speed * t)[:, None, None])
    data = np.clip(width / 2 + 0.5 - distance, 0, 1)
    name = f"bar to the {direction.name}, {speed:g} voxels per frame"
    return _clip(data[..., None].astype(np.float32), name)


def flicker_clip(rate: float, shape: Shape) -> Clip:
    """Uniform brightness 0.5 + 0.5 cos(2 pi rate t)."""
    wave = 0.5 + 0.5 * np.cos(2 * math.pi * rate * np.arange(shape[0]))
    data = np.broadcast_to(wave[:, None, None, None], (*shape, 1)).astype(np.float32)
    return _clip(data, f"flicker, {rate:g} cycles per frame")


def grating_clip(direction: Direction, rate: float, shape: Shape, wavelength: float = 4.0) -> Clip:
    """Stripes that drift: 0.5 + 0.5 cos(2 pi (s / wavelength - rate t)), s along the direction.

    They move by `rate * wavelength` voxels per frame.
    """
    turns = _along(direction, shape) / wavelength - rate * np.arange(shape[0])[:, None, None]
    data = 0.5 + 0.5 * np.cos(2 * math.pi * turns)
    name = f"grating to the {direction.name}, {rate:g} cycles per frame"
    return _clip(data[..., None].astype(np.float32), name)


def _along(direction: Direction, shape: Shape) -> Float64:
    """(H, W) how far each voxel lies from the middle, along a direction."""
    columns, rows = direction.step
    h, w = (np.arange(size, dtype=np.float64) - (size - 1) / 2 for size in shape[1:])
    return rows * h[:, None] + columns * w


def _clip(data: Float32, name: str) -> Clip:
    frames = np.arange(len(data))
    return Clip(
        data=frozen(data),
        real=frozen(np.ones(len(data), bool)),
        frames=frozen(frames),
        channels=("gray",),
        name=name,
        settings=EncodingSettings(),
    )
