"""In which order a kernel's taps are summed, and which of them a voxel of the maps can see.

The order is one for all voxels, so that a voxel's bytes do not depend on its neighbors. Taps that
would see frames before or after the clip, or rows above or below it, are left out: they add zeros.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from voxviewer.data import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.geometry import Axis

Taps: TypeAlias = tuple[int, ...]
"""kT, kH, kW, C."""

Range: TypeAlias = tuple[int, int]
"""(first, after)."""

WHOLE = 128
"""Taps at most of a kernel that is summed in one go."""

GROUP = 96
"""Taps at most that are summed in one go of a larger one: rounding must not grow with its size."""

MANY = 10_000
"""Segments above which rows are not told apart."""


class Section(NamedTuple):
    """Taps from `first` to `after` whose runs along W have one length, `wide` along W together."""

    first: int
    after: int
    run: int
    wide: int


class Table(NamedTuple):
    """Which taps are summed for which output voxels: all int64 and flat.

    Attributes
    ----------
    segments : first, after, run of neighboring taps, which are summed `run` at a time
    cells : where the segments of each part of the taps begin; a part ends where the next begins
    frames, rows : the sum of a frame's and a row's number says where in `cells` its parts begin
    parts : how many there are; each is summed by itself
    by_row : whether taps above and below the clip are left out, as those before and after it are
    """

    segments: NDArray[np.int64]
    cells: NDArray[np.int64]
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]
    parts: int
    by_row: bool


@lru_cache(maxsize=16)
def order(shape: Taps) -> NDArray[np.int64]:
    """(taps,) in which order the taps (kT, kH, kW, C), flat, are summed.

    A run is three, else two, else one tap along W, of one channel. First come all runs of three.
    """
    taps = np.arange(math.prod(shape)).reshape(shape).swapaxes(2, 3)
    parts = [taps[..., first:after].reshape(-1) for first, after, _ in _runs(shape[2])]
    return frozen(np.concatenate(parts).astype(np.int64))


@lru_cache(maxsize=16)
def offsets(shape: Taps, apart: tuple[int, ...]) -> NDArray[np.int64]:
    """(taps,) distance of each tap from the first; neighbors along an axis are so far `apart`."""
    places = np.zeros(shape, np.int64)
    for axis, (count, step) in enumerate(zip(shape, apart, strict=True)):
        along = np.arange(count, dtype=np.int64) * step
        places += np.expand_dims(along, tuple(set(range(4)) - {axis}))
    return frozen(places.reshape(-1)[order(shape)])


@lru_cache(maxsize=64)
def table(shape: Taps, t: Axis, h: Axis, *, alone: bool, by_row: bool) -> Table:
    """The table of a kernel.

    Parameters
    ----------
    alone : all runs are of one tap: because of strides or dilation no tap sees what its neighbor
        saw a voxel before, or the inner loop has no use for it
    by_row : leave out what lies above and below the clip too, not only before and after it
    """
    frames, of_frames = _kinds(t)
    rows, of_rows = _kinds(h) if by_row else ([(0, shape[1])], np.zeros(h.outputs, np.int64))
    if len(rows) > 1 and len(frames) * len(rows) * shape[0] > MANY:
        return table(shape, t, h, alone=alone, by_row=False)
    edges = _edges(shape)
    cells, segments = [0], []
    for seen in itertools.product(frames, rows):
        ranges = _seen(shape, *seen, alone=alone)
        for part in itertools.pairwise(edges):
            segments += _within(ranges, part)
            cells.append(len(segments))
    parts = len(edges) - 1
    return Table(
        _numbers([*itertools.chain.from_iterable(segments), 0, 0, 1]),
        _numbers(cells),
        _numbers(of_frames * (len(rows) * parts)),
        _numbers(of_rows * parts),
        parts,
        by_row,
    )


def _numbers(values: object) -> NDArray[np.int64]:
    return frozen(np.array(values, np.int64))


def _runs(width: int) -> list[tuple[int, int, int]]:
    """How kW taps fall into runs of three, of two, of one: (first, after, length)."""
    threes = width // 3 - (width % 3 == 1 and width > 1)
    twos = (width - 3 * threes) // 2
    found = [(0, 3 * threes, 3), (3 * threes, 3 * threes + 2 * twos, 2)]
    found.append((found[1][1], width, 1))
    return [part for part in found if part[0] < part[1]]


def _sections(shape: Taps) -> list[Section]:
    found, before = [], 0
    for first, after, run in _runs(shape[2]):
        wide = after - first
        size = math.prod(shape) // shape[2] * wide
        found.append(Section(before, before + size, run, wide))
        before += size
    return found


def _edges(shape: Taps) -> list[int]:
    """Where the parts of the taps begin, and the last one's end: as even as whole runs allow."""
    total = math.prod(shape)
    count = 1 if total <= WHOLE else -(-total // GROUP)
    inner = (number * total // count for number in range(1, count))
    return [0, *(_run_at(shape, place) for place in inner), total]


def _run_at(shape: Taps, place: int) -> int:
    """Where the run begins that holds this tap."""
    (found,) = (one for one in _sections(shape) if one.first <= place < one.after)
    return found.first + (place - found.first) // found.run * found.run


def _kinds(axis: Axis) -> tuple[list[Range], NDArray[np.int64]]:
    """Which ranges of an axis' taps outputs see of the clip, and (outputs,) which of them each."""
    start = np.arange(axis.outputs) * axis.stride - axis.before
    lowest = np.clip(-(start // axis.dilation), 0, axis.taps)
    highest = np.clip(-((start - axis.size) // axis.dilation), lowest, axis.taps)
    pairs = list(zip(lowest.tolist(), highest.tolist(), strict=True))
    kinds = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    return list(kinds), np.array([kinds[pair] for pair in pairs], np.int64)


def _seen(shape: Taps, frames: Range, rows: Range, *, alone: bool) -> list[tuple[int, int, int]]:
    """Ranges of taps, with their runs, that see these of the kernel's frames and rows."""
    found: list[tuple[int, int, int]] = []
    for section in _sections(shape):
        line = shape[3] * section.wide
        for frame in range(*frames):
            first, after = (section.first + (frame * shape[1] + row) * line for row in rows)
            run = 1 if alone else section.run
            if found and found[-1][1:] == (first, run):
                first = found.pop()[0]
            if first < after:
                found.append((first, after, run))
    return found


def _within(ranges: list[tuple[int, int, int]], part: Range) -> list[tuple[int, int, int]]:
    """What of the ranges lies in this part."""
    cut = ((max(first, part[0]), min(after, part[1]), run) for first, after, run in ranges)
    return [one for one in cut if one[0] < one[1]]
