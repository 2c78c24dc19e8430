"""Several volumes or pictures of one size become one source: stacked over time.

Each file is opened as if it came alone, and its moments follow those of the file before it. Files
that stay on disk stay there; files that are held in memory are put into one array.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Skeleton, Volume, frozen
from voxviewer.files import SourceError, require_memory
from voxviewer.sources.layout import describe_volume
from voxviewer.sources.stored import ranges_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Float64, Progress, Voxels
    from voxviewer.settings import Opening

NAMED = 4
"""How many files a sentence names; the others are counted."""


def member_openings(opening: Opening) -> tuple[Opening, ...]:
    """How each file of a stack is opened: in the way that was chosen for all of them."""
    plain = replace(opening.as_read, stack=None)
    return tuple(replace(plain, path=path) for path in (opening.path, *(opening.stack or ())))


def read_stack(
    opening: Opening,
    read: Callable[[Opening, Progress], Volume | Skeleton],
    progress: Progress,
    *,
    allow_large: bool = False,
) -> Volume:
    """Open every file of a stack, and join them along T in the order of their paths.

    Parameters
    ----------
    opening : `path` is the first file, `stack` the others
    read : opens one file
    allow_large : go on where memory is short but may do

    Returns
    -------
    Volume
        voxels (T1 + T2 + ..., D, H, W, C) of the dtype that holds all files' values; place and
        voxel size are the first file's

    Raises
    ------
    SourceError
        for a file that cannot be read, is a skeleton, or has another size than the first; for
        more than fits in memory, before the second file is read
    """
    openings = member_openings(opening)
    members: list[Volume] = []
    for number, one in enumerate(openings):
        progress(number / len(openings), f"Reading {Path(one.path).name}")
        member = _volume(read(one, _quiet(progress, number, len(openings))))
        members.append(member)
        _require_size(members[0], member)
        if number == 0 and isinstance(member.voxels, np.ndarray):
            # One copy of each file while it is joined, and all of them joined.
            needed = member.voxels.nbytes * (len(openings) + 1)
            what = f"stacking {len(openings)} files like it"
            require_memory(needed, one.path, what, allow_large=allow_large)
    return _joined(opening, members)


def _quiet(progress: Progress, number: int, count: int) -> Progress:
    """The progress of one file as a part of all."""
    return lambda share, words: progress((number + share) / count, words)


def _volume(source: Volume | Skeleton) -> Volume:
    if isinstance(source, Skeleton):
        raise SourceError(
            source.path, "is a skeleton, which cannot be stacked over time", "Open it on its own"
        )
    return source


def _require_size(first: Volume, member: Volume) -> None:
    """Refuse the first file that is not as large as the first of all."""
    if member.shape[1:] == first.shape[1:]:
        return
    name = Path(first.path).name
    raise SourceError(
        member.path,
        f"is (D, H, W, C) = {member.shape[1:]}, but {name} is {first.shape[1:]}",
        "Only files of one size stack over time",
    )


def _joined(opening: Opening, members: list[Volume]) -> Volume:
    first = members[0]
    _, D, H, W, C = first.shape
    shape = sum(one.shape[0] for one in members), D, H, W, C
    times, facts, name = _times(members), _facts(members, shape), _name(members)
    dtype = np.result_type(*(one.voxels.dtype for one in members))
    voxels: Voxels
    if facts.lazy:
        voxels = StackedVoxels([one.voxels for one in members], dtype)
    else:
        voxels = _in_memory(members, shape, dtype)
    return replace(first, voxels=voxels, facts=facts, opening=opening, times=times, name=name)


def _in_memory(
    members: list[Volume], shape: tuple[int, int, int, int, int], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """All of them in one array; each file's own is let go as soon as it is copied."""
    out, at = np.empty(shape, dtype), 0
    while members:
        one = members.pop(0)
        out[at : at + one.shape[0]] = one.voxels[...]
        at += one.shape[0]
    return frozen(out)


def _name(members: Sequence[Volume]) -> str:
    return f"{members[0].name} and {len(members) - 1} more"


def _times(members: Sequence[Volume]) -> Float64 | None:
    """Films follow each other by their own clocks; single moments have none."""
    joined: list[Float64] = []
    begin = 0.0
    for one in members:
        if one.times is None or one.shape[0] < 2:
            return None
        joined.append(one.times - one.times[0] + begin)
        begin = float(joined[-1][-1] + (one.times[-1] - one.times[0]) / (one.shape[0] - 1))
    return frozen(np.concatenate(joined))


def _facts(members: Sequence[Volume], shape: tuple[int, int, int, int, int]) -> Facts:
    first = members[0].facts
    names = [Path(one.path).name for one in members]
    dtype = np.result_type(*(one.voxels.dtype for one in members))
    return replace(
        first,
        format=f"{len(members)} files over time: {first.format}",
        description=describe_volume(shape),
        stored_shape=shape,
        stored_axes="TDHWC",
        nbytes=math.prod(shape) * dtype.itemsize,
        lazy=any(not isinstance(one.voxels, np.ndarray) for one in members),
        decisions=(f"stacked over time: {_listed(names)}", *first.decisions),
        warnings=_warnings(members, names),
        alternatives=(),
    )


def _warnings(members: Sequence[Volume], names: Sequence[str]) -> tuple[str, ...]:
    """What the readers said, each file by its name, and where files do not lie on one another."""
    first = members[0]
    told: dict[str, list[str]] = {}
    for one, name in zip(members, names, strict=True):
        for text in one.facts.warnings:
            told.setdefault(text, []).append(name)
    moved = [name for one, name in zip(members, names, strict=True) if not _same_place(first, one)]
    other = [
        name
        for one, name in zip(members, names, strict=True)
        if one.facts.stored_dtype != first.facts.stored_dtype
    ]
    found = [
        text if len(who) == len(names) else f"{_listed(who)}: {text}" for text, who in told.items()
    ]
    if moved:
        found.append(f"another place or voxel size than {names[0]} has {_listed(moved)}")
    if other:
        found.append(f"another type of numbers than {names[0]} has {_listed(other)}")
    return tuple(found)


def _same_place(first: Volume, other: Volume) -> bool:
    if first.affine is None or other.affine is None:
        same_edges = first.spacing == other.spacing or np.allclose(
            first.spacing or (0, 0, 0), other.spacing or (0, 0, 0)
        )
        return (first.affine is None) == (other.affine is None) and bool(same_edges)
    return bool(np.allclose(first.affine, other.affine, rtol=1e-4, atol=1e-3))


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(names[:NAMED])
    return text if len(names) <= NAMED else f"{text} and {len(names) - NAMED} more"


class StackedVoxels:
    """(T, D, H, W, C) over several files that stay where they are; safe from any thread.

    Parameters
    ----------
    members : (Ti, D, H, W, C) each, arrays or lazy
    dtype : of what is handed out
    """

    lazy = True

    def __init__(self, members: Sequence[Voxels], dtype: np.dtype[Any]) -> None:
        self._members = tuple(members)
        self._ends = tuple(accumulate(one.shape[0] for one in members))
        self.shape: tuple[int, ...] = (self._ends[-1], *members[0].shape[1:])
        self.dtype = dtype

    @property
    def ndim(self) -> int:
        """Five."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        ranges, kept = ranges_of(index, self.shape)
        out = np.empty([len(entry) for entry in ranges], self.dtype)
        if out.size:
            # A stop below 0 would count from the end.
            rest = tuple(
                slice(entry.start, entry.stop if entry.stop >= 0 else None, entry.step)
                for entry in ranges[1:]
            )
            for place, moment in enumerate(ranges[0]):
                member, own = self._at(moment)
                out[place] = member[(slice(own, own + 1), *rest)][0]
        picked: NDArray[Any] = out[tuple(slice(None) if keep else 0 for keep in kept)]
        return frozen(picked) if picked.ndim else picked

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Everything, for `np.asarray`."""
        values = self[...]
        return values if dtype is None else values.astype(dtype, copy=False)

    def _at(self, moment: int) -> tuple[Voxels, int]:
        """The file that holds a moment, and which of its own it is."""
        number = bisect_right(self._ends, moment)
        return self._members[number], moment - (self._ends[number - 1] if number else 0)
