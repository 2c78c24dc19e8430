"""The waving hand as bones: where its joints are at each moment of a wave that loops.

Coordinates are those of the picture's square: x to the right, y down, both in [-1, 1], z towards
the viewer. The hand turns about the wrist, left and right; the fingers trail behind it, the
outer joints most; the forearm sways a little. It is a left hand, its palm towards us.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINGERS = ("thumb", "index", "middle", "ring", "little")
ELBOW = (0.02, 1.9)
FOREARM = 1.36
"""From the elbow, below the picture, to the wrist."""

SWING = np.deg2rad(19.0)
SWAY = np.deg2rad(3.0)


@dataclass(frozen=True)
class Finger:
    """`knuckle` from the wrist in the hand's own frame (right, up); degrees from up; lengths.

    `radii` at knuckle, middle, outer joint and tip. `curl`: how far each bone leans to the viewer,
    degrees.
    """

    knuckle: tuple[float, float]
    angle: float
    lengths: tuple[float, ...]
    radii: tuple[float, ...]
    curl: tuple[float, ...]
    bend: tuple[float, ...] = (0.0, 0.0, 0.0)


HAND: dict[str, Finger] = {
    "thumb": Finger(
        (-0.235, 0.215), -40, (0.225, 0.17), (0.098, 0.075, 0.056), (18, 8), (0, 24),
    ),
    "index": Finger(
        (-0.175, 0.565), -9, (0.235, 0.15, 0.115), (0.077, 0.068, 0.061, 0.048),
        (6, 10, 12), (0, 1, 2),
    ),
    "middle": Finger(
        (-0.035, 0.6), 0.5, (0.265, 0.175, 0.12), (0.08, 0.071, 0.063, 0.05),
        (4, 8, 10), (0, 0, 1),
    ),
    "ring": Finger(
        (0.1, 0.57), 9.5, (0.24, 0.165, 0.118), (0.077, 0.067, 0.06, 0.047),
        (6, 10, 12), (0, -1, -1),
    ),
    "little": Finger(
        (0.222, 0.485), 22, (0.18, 0.118, 0.1), (0.067, 0.058, 0.051, 0.041),
        (8, 12, 14), (0, -2, -2),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Pose:
    """One moment: `wrist` (x, y), `turn` of the hand and `tilt` of the forearm in radians.

    `fingers` maps a finger to its joints (3 or 4, 3): x, y, z, knuckle first.
    """

    wrist: NDArray[np.float64]
    turn: float
    tilt: float
    fingers: dict[str, NDArray[np.float64]]


def pose(phase: float) -> Pose:
    """The hand at a phase of the wave: 0 to 1 is once left and right and back."""
    swing = 2 * np.pi * phase
    tilt = SWAY * np.sin(swing + 0.5)
    turn = tilt + SWING * np.sin(swing)
    wrist = np.array(ELBOW) + FOREARM * _up(tilt)
    fingers = {
        name: _finger(finger, swing, turn, wrist, place)
        for place, (name, finger) in enumerate(HAND.items())
    }
    return Pose(wrist, float(turn), float(tilt), fingers)


def _up(angle: float) -> NDArray[np.float64]:
    """The direction `angle` clockwise from up, in picture coordinates (y down)."""
    return np.array([np.sin(angle), -np.cos(angle)])


def _finger(
    finger: Finger, swing: float, turn: float, wrist: NDArray[np.float64], place: int
) -> NDArray[np.float64]:
    """Joints of one finger: each bone trails the one before it."""
    right, up = finger.knuckle
    start = wrist + right * _up(turn + np.pi / 2) + up * _up(turn)
    points = [np.array([*start, 0.02 + 0.12 * right * np.sin(swing)])]
    # Fingers spread as the hand turns round at the ends of its swing.
    spread = 1 + 0.13 * np.cos(2 * swing - 0.6)
    angle = turn + np.deg2rad(finger.angle) * spread
    for bone, length in enumerate(finger.lengths):
        lag = 0.35 + 0.45 * bone + 0.05 * place
        angle += np.deg2rad(finger.bend[bone]) - 0.042 * np.cos(swing - lag) * (1 + 0.25 * bone)
        lean = np.deg2rad(finger.curl[bone] + 5 * np.sin(swing - 0.6 - lag))
        step = length * np.array([*(np.cos(lean) * _up(angle)), np.sin(lean)])
        points.append(points[-1] + step)
    return np.array(points)


def joints(frames: int) -> NDArray[np.float32]:
    """(frames, 20, 3) float32 of one wave: x, y, z in [-1, 1], the joints of "sample-hand"."""
    rows = []
    for frame in range(frames):
        now = pose(frame / frames)
        rows.append(np.concatenate([[[*now.wrist, 0.0]], *(now.fingers[name] for name in FINGERS)]))
    return np.asarray(rows, np.float32)
