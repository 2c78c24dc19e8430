"""Which lines a skeleton is drawn of: bones, trails that fade with age, a floor. No VTK, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float64

CELLS = 8
"""Cells of the floor along its longer side."""


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line through points (N, 3) in scene coordinates, in one color 0xRRGGBB.

    `cover` (N,) says how much of what lies behind it hides, 0 to 1.
    """

    points: Float64
    color: int
    cover: Float64


def bone_radius(points: NDArray[np.floating], bones: tuple[tuple[int, int], ...]) -> float:
    """Return how thick bones are: a part of the usual bone's length, within limits."""
    lengths = []
    sample = points[:: max(1, len(points) // 8)]
    for first, second in bones:
        if max(first, second) < points.shape[2]:
            lengths.append(np.linalg.norm(sample[..., first, :] - sample[..., second, :], axis=-1))
    known = np.concatenate([part.ravel() for part in lengths]) if lengths else np.zeros(0)
    known = known[np.isfinite(known)]
    usual = float(np.median(known)) if len(known) else 0.15
    return min(max(0.085 * usual, 0.006), 0.022)


def strokes_of(
    points: NDArray[np.floating], bones: tuple[tuple[int, int], ...], frame: int, color: int
) -> list[Stroke]:
    """Return the bones of one frame whose joints are both seen."""
    found = []
    for person in points[frame] if len(points) else ():
        for first, second in bones:
            if max(first, second) < len(person):
                ends = person[[first, second]].astype(np.float64)
                if np.isfinite(ends).all() and np.any(ends[0] != ends[1]):
                    found.append(Stroke(ends, color, np.ones(2)))
    return found


def trails_of(points: NDArray[np.floating], frame: int, length: int, color: int) -> list[Stroke]:
    """Return where each joint was in the frames before: a line that fades with age.

    It breaks where a joint was not seen; a joint that stands still has none.
    """
    first = max(frame - length, 0)
    if frame <= first or not len(points):
        return []
    ways = points[first : frame + 1].reshape(frame + 1 - first, -1, 3).astype(np.float64)
    fade = 0.85 * ((np.arange(len(ways)) + length - frame + first) / length) ** 1.3
    found = []
    for joint in range(ways.shape[1]):
        way = ways[:, joint]
        seen: NDArray[np.bool_] = np.asarray(np.isfinite(way).all(axis=1))
        for run in _runs(seen):
            part = way[run]
            if len(part) > 1 and np.abs(np.diff(part, axis=0)).max() > 1e-4:
                found.append(Stroke(part, color, fade[run]))
    return found


def _runs(seen: NDArray[np.bool_]) -> list[slice]:
    """The stretches of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def floor_lines(
    extent: tuple[float, float, float], color: int, background: int
) -> list[tuple[Float64, int]]:
    """Return a grid under the recording: square cells, the outer lines a little stronger."""
    half = np.array([extent[0], extent[2]]) * 1.02
    floor = extent[1] * 1.04
    cell = 2 * half.max() / CELLS
    counts = np.maximum(np.ceil(2 * half / cell - 1e-6).astype(int), 1)
    half = counts * cell / 2
    faint = mixed(color, background, 0.5)
    lines: list[tuple[Any, int]] = []
    for axis in range(2):
        other = 1 - axis
        for n in range(counts[axis] + 1):
            at = -half[axis] + n * cell
            ends = np.full((2, 3), floor)
            ends[:, (0, 2)[axis]] = at
            ends[:, (0, 2)[other]] = -half[other], half[other]
            lines.append((ends, color if n in (0, counts[axis]) else faint))
    return lines


def mixed(first: int, second: int, share: float) -> int:
    """Return the color `share` of the way from the first to the second, 0xRRGGBB."""
    result = 0
    for shift in (16, 8, 0):
        a, b = first >> shift & 255, second >> shift & 255
        result |= round(a + (b - a) * share) << shift
    return result
