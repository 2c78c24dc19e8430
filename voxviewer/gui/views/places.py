"""Where a map voxel lies in the clip, and what it sees of it. Knows no Qt and no session."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, FeatureMaps

Place = tuple[int, int]
Window = tuple[float, float, float, float]
Taps = tuple[tuple[int, ...], tuple[int, ...]]


def held(place: Place | None, size: tuple[int, int]) -> Place | None:
    """Return a (row, column) drawn into a picture of that size; None stays None."""
    if place is None:
        return None
    return min(max(place[0], 0), size[0] - 1), min(max(place[1], 0), size[1] - 1)


def nearest(position: int, offset: float, stride: float, count: int) -> int:
    """Return the map index, 0 to count - 1, centered nearest to a clip position.

    Where two are equally near, the one that `clip_place` takes to this position.
    """
    index = math.ceil((position - offset) / stride - 0.5)
    return min(max(index, 0), count - 1)


def map_place(maps: FeatureMaps, voxel: Place) -> Place:
    """Return the map voxel whose window is centered nearest to a clip voxel.

    At the clip's edge, where a `valid` map has no voxel, that is the map's own edge: crosshair,
    read-out and microscope speak of the same one.
    """
    row, column = (
        nearest(at, maps.offset[axis], maps.stride[axis], maps.shape[axis])
        for axis, at in zip((1, 2), voxel, strict=True)
    )
    return row, column


def clip_place(maps: FeatureMaps, place: Place) -> Place:
    """Return the clip voxel at the center of a map voxel's window."""
    row, column = (
        math.floor(maps.offset[axis] + at * maps.stride[axis] + 0.5)
        for axis, at in zip((1, 2), place, strict=True)
    )
    size = maps.clip.shape[1:3]
    return min(max(row, 0), size[0] - 1), min(max(column, 0), size[1] - 1)


def window(maps: FeatureMaps, voxel: Place) -> Window:
    """Return first row, first column, rows, columns that the map voxel at a clip voxel sees."""
    place = map_place(maps, voxel)
    _, rows, columns = maps.receptive_field
    row, column = (
        maps.offset[axis] + at * maps.stride[axis] for axis, at in zip((1, 2), place, strict=True)
    )
    return row - (rows - 1) / 2, column - (columns - 1) / 2, float(rows), float(columns)


def taps(maps: FeatureMaps, voxel: Place) -> Taps | None:
    """Return the clip rows and columns that a dilated kernel looks at; None where it has no gaps.

    Those inside the clip alone: `window` says how far the kernel reaches beyond it.
    """
    gaps = maps.settings.dilation[1:]
    if maps.bank is None or max(gaps) == 1:
        return None
    first = window(maps, voxel)[:2]
    counts, sizes = maps.bank.size[1:], maps.clip.shape[1:3]
    rows, columns = (
        tuple(at for at in range(round(start), round(start) + count * gap, gap) if 0 <= at < size)
        for start, count, gap, size in zip(first, counts, gaps, sizes, strict=True)
    )
    return rows, columns


def seen_frames(maps: FeatureMaps, frame: int) -> range:
    """Return the clip frames whose values are in the map frame at a clip frame; empty for none."""
    ends, at = window_frames(maps, frame), maps.map_frame(frame)
    if ends is None or at is None:
        return range(0)
    gap = maps.settings.dilation[0] if maps.bank is not None else 1
    start = round(maps.offset[0] + at * maps.stride[0] - (maps.receptive_field[0] - 1) / 2)
    return range(start if start >= 0 else start % gap, ends[1] + 1, gap)


def window_frames(maps: FeatureMaps, frame: int) -> tuple[int, int] | None:
    """Return the first and last clip frame that the map frame at a clip frame sees."""
    at = maps.map_frame(frame)
    if at is None:
        return None
    half = (maps.receptive_field[0] - 1) / 2
    center = maps.offset[0] + at * maps.stride[0]
    last = maps.clip.shape[0] - 1
    return max(math.ceil(center - half), 0), min(math.floor(center + half), last)


def energy_by_frame(maps: FeatureMaps, index: int) -> NDArray[np.float64]:
    """Return one map's mean square at each clip frame, (T,); NaN where the map has no frame."""
    T = maps.clip.shape[0]
    found = np.full(T, np.nan)
    for frame in range(T):
        at = maps.map_frame(frame)
        if at is not None:
            found[frame] = maps.energy[at, index]
    return found


def padding_words(clip: Clip) -> str:
    """Return how the clip was padded: "zero, after"; "" where it was not."""
    padded = np.flatnonzero(~clip.real)
    if not len(padded):
        return ""
    kind = clip.settings.length.removeprefix("pad-")
    real = np.flatnonzero(clip.real)
    side = "after" if not len(real) or padded[0] > real[-1] else "before"
    if len(real) and padded[0] < real[0] and padded[-1] > real[-1]:
        side = "both sides"
    return f"{kind}, {side}" if clip.settings.length.startswith("pad-") else side
