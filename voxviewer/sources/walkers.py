"""Two persons who walk past each other, as a camera in the room would have found them.

Made by the program, the same in every run: 60 frames, 17 joints in COCO's order, meters, y up. One
comes later and leaves earlier; joints are hidden for a moment, for longer, and here and there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.sources.hand import SEED

if TYPE_CHECKING:
    from voxviewer.data import Float32, Float64

FRAMES = 60
RATE = 25.0
STRIDE = 0.62
"""Meters of a step; two steps are a turn of the legs."""

LATE, EARLY = 9, 52
"""Frames in which the second person comes and goes."""

# Meters from the ground: COCO's 17 joints of a person who stands, x ahead, y up, z to the left.
STANDING = np.array([
    [0.10, 1.58, 0.00], [0.08, 1.62, 0.03], [0.08, 1.62, -0.03], [0.00, 1.60, 0.08],
    [0.00, 1.60, -0.08], [0.00, 1.40, 0.19], [0.00, 1.40, -0.19], [0.00, 1.12, 0.23],
    [0.00, 1.12, -0.23], [0.05, 0.87, 0.22], [0.05, 0.87, -0.22], [0.00, 0.92, 0.10],
    [0.00, 0.92, -0.10], [0.00, 0.50, 0.10], [0.00, 0.50, -0.10], [0.00, 0.09, 0.10],
    [0.00, 0.09, -0.10],
])  # fmt: skip
LIMBS = ((11, 13, 15, 1.0), (12, 14, 16, -1.0), (5, 7, 9, -0.8), (6, 8, 10, 0.8))
"""Hip, knee, ankle and shoulder, elbow, wrist, and how each swings against the step."""


def walkers() -> Float32:
    """(60, 2, 17, 3) float32 meters, NaN = not seen."""
    time = np.arange(FRAMES) / RATE
    first = _walk(time, start=-1.5, speed=1.25, depth=0.25, size=1.0, phase=0.0)
    second = _walk(time, start=1.35, speed=-1.05, depth=-0.35, size=0.9, phase=0.4)
    joints = np.stack([first, second], axis=1)
    rng = np.random.default_rng(SEED)
    joints += rng.normal(0, 0.004, joints.shape)
    joints[rng.random(joints.shape[:3]) < 0.01] = np.nan
    joints[20:25, 0, 9] = np.nan  # a wrist behind the body, for a moment
    joints[30:45, 0, 16] = np.nan  # an ankle behind the other person
    joints[:LATE, 1] = joints[EARLY:, 1] = np.nan
    return joints.astype(np.float32)


def _walk(
    time: Float64, *, start: float, speed: float, depth: float, size: float, phase: float
) -> Float64:
    """(T, 17, 3) of one person: x from `start`, `speed` meters a second, at a `depth`."""
    turn = 2 * np.pi * (abs(speed) * time / (2 * STRIDE * size) + phase)
    body = np.repeat(STANDING[None] * size, len(time), axis=0)
    for top, middle, end, way in LIMBS:
        swing = 0.45 * way * np.sin(turn)
        bend = 0.5 * np.clip(way * np.cos(turn), 0, None) if top in (11, 12) else 0.35 + 0 * turn
        bend = -bend if top in (11, 12) else bend
        _swing(body, (top, middle, end), swing, bend)
    body[..., 1] += 0.02 * size * np.cos(2 * turn)[:, None]
    ahead = np.sign(speed)
    body[..., 0] = start + ahead * body[..., 0] + (speed * time)[:, None]
    body[..., 2] = depth + ahead * body[..., 2]
    return body


def _swing(body: Float64, chain: tuple[int, int, int], swing: Float64, bend: Float64) -> None:
    """Turn a limb about its upper joint, and its lower half about the middle one, in place."""
    top, middle, end = chain
    upper, lower = body[0, middle] - body[0, top], body[0, end] - body[0, middle]
    body[:, middle] = body[:, top] + _turned(upper, swing)
    body[:, end] = body[:, middle] + _turned(lower, swing + bend)


def _turned(bone: Float64, angle: Float64) -> Float64:
    """A bone (3,) turned ahead by each angle in the plane of x and y, (T, 3)."""
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = cos * bone[0] - sin * bone[1], sin * bone[0] + cos * bone[1]
    return np.stack([x, y, np.full_like(x, bone[2])], axis=-1)
