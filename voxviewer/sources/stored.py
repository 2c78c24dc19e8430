"""Voxels that lie elsewhere: in a file, or packed in memory as the file had them.

A stored array is a run of bytes with one axis after the other, the fastest first. `StoredVoxels`
shows it as (T, D, H, W, C) under basic indexing, converts what is asked for (byte order, slope and
intercept, magnitude) and nothing else, in blocks, so that no temporary grows with the file.

What lies in memory as it is to be shown is not copied, but seen from another side. What is read or
converted keeps the stored order in memory: the file is walked through in one direction.

Files are read, not mapped: a mapped file that another program cuts off kills the process.
"""

from __future__ import annotations

import math
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from voxviewer.data import frozen
from voxviewer.files import SourceError

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

VOLUME_AXES = "TDHWC"

Fetch: TypeAlias = "Callable[[int, int], Any]"
"""(first byte, count) -> an object with the buffer interface that holds these bytes."""


class Bytes(Protocol):
    """Where stored bytes lie: opened for the length of one read, by as many threads as like.

    `held` is True where they stay in memory, so that what is fetched may be shown without a copy.
    """

    @property
    def held(self) -> bool: ...  # noqa: D102

    def reader(self) -> AbstractContextManager[Fetch]: ...  # noqa: D102


@dataclass(frozen=True)
class HeldBytes:
    """Bytes in memory."""

    data: NDArray[np.uint8]
    held = True

    @contextmanager
    def reader(self) -> Iterator[Fetch]:
        """Yield a function that returns parts of the bytes, without copying."""
        yield lambda start, count: self.data[start : start + count]


@dataclass(frozen=True)
class FileBytes:
    """Bytes of a file that must not change: `size` and `mtime_ns` are from when it was opened."""

    path: Path
    size: int
    mtime_ns: int
    held = False

    @classmethod
    def of(cls, path: Path) -> FileBytes:
        """The file as it is now."""
        stat = path.stat()
        return cls(path, stat.st_size, stat.st_mtime_ns)

    @contextmanager
    def reader(self) -> Iterator[Fetch]:
        """Yield a function that reads parts of the file, through a handle of its own."""
        with self.opened() as file:
            yield lambda start, count: self._fetch(file, start, count)

    @contextmanager
    def opened(self) -> Iterator[io.FileIO]:
        """Yield the file, which must be the one that it was."""
        try:
            with open(self.path, "rb", buffering=0) as file:
                self._require_unchanged(file.fileno())
                yield file
        except OSError as error:
            raise SourceError(
                self.path, f"cannot be read: {error.strerror or error}", "Open it again"
            ) from error

    def _require_unchanged(self, handle: int) -> None:
        stat = os.fstat(handle)
        if (stat.st_size, stat.st_mtime_ns) != (self.size, self.mtime_ns):
            raise SourceError(self.path, "changed on disk after it was opened", "Open it again")

    def _fetch(self, file: io.FileIO, start: int, count: int) -> bytearray:
        buffer = bytearray(count)
        view, done = memoryview(buffer), 0
        file.seek(start)
        while done < count:
            got = file.readinto(view[done:])
            if not got:
                raise SourceError(self.path, "ended while it was being read", "Open it again")
            done += got
        return buffer


@dataclass(frozen=True)
class Conversion:
    """From stored values to those handed on: native byte order, slope and intercept, magnitude.

    The dtype stays the file's where nothing is scaled; scaled values are float32, or float64 where
    the file is. Complex values become their magnitude, bool 0 and 1, long double float64.
    """

    stored: np.dtype[Any]
    slope: float = 1.0
    intercept: float = 0.0

    @property
    def scales(self) -> bool:
        """True where slope and intercept change anything."""
        return (self.slope, self.intercept) != (1.0, 0.0)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of converted values."""
        kind, size = self.stored.kind, self.stored.itemsize
        if kind == "c":
            return np.dtype(np.float32 if size == 8 else np.float64)
        if kind == "f" and size >= 8:
            return np.dtype(np.float64)
        if self.scales:
            return np.dtype(np.float32)
        return np.dtype(np.uint8) if kind == "b" else self.stored.newbyteorder("=")

    @property
    def identity(self) -> bool:
        """True where converted bytes are the stored ones."""
        return self.stored == self.dtype and not self.scales

    def apply(self, raw: NDArray[Any]) -> NDArray[Any]:
        """Converted values of the same shape; a view where nothing is to be done."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self.scales:
                raw = raw.astype(self._working(), copy=False) * self.slope + self.intercept
            if raw.dtype.kind == "c":
                raw = np.abs(raw)
            return raw.astype(self.dtype, copy=False)

    def _working(self) -> np.dtype[Any]:
        """Float32 holds 16-bit values exactly; wider ones are scaled in float64."""
        if self.stored.kind == "c":
            return np.dtype(np.complex128)
        narrow = self.stored.itemsize <= 2 or self.stored.newbyteorder("=") == np.float32
        return np.dtype(np.float32 if narrow else np.float64)


class StoredVoxels:
    """(T, D, H, W, C) over stored bytes: shape, dtype, basic indexing, safe from any thread.

    Parameters
    ----------
    source : where the bytes lie
    offset : the first byte of the array
    shape, axes : of the stored array, the fastest axis first; letters of "TDHWC", each once, and
        at least one.
        Axes that are not named have one entry.
    conversion : from stored values to those handed on
    """

    BLOCK = 8 << 20
    """Bytes that are read at a time, about: small enough to be cheap, large enough to be fast."""

    def __init__(
        self, source: Bytes, offset: int, shape: tuple[int, ...], axes: str, conversion: Conversion
    ) -> None:
        sizes = dict(zip(axes, shape, strict=True))
        T, D, H, W, C = (sizes.get(letter, 1) for letter in VOLUME_AXES)
        self.shape = (T, D, H, W, C)
        self.dtype = conversion.dtype
        self._source, self._offset, self._conversion = source, offset, conversion
        self._stored_shape, self._axes = tuple(shape), axes

    @property
    def lazy(self) -> bool:
        """True where the values still lie on disk."""
        return isinstance(self._source, FileBytes)

    @property
    def ndim(self) -> int:
        """Five."""
        return len(self.shape)

    def at_time(self, index: int) -> StoredVoxels:
        """One time point (1, D, H, W, C), as lazy as all of them; T must be stored slowest."""
        if self._axes[-1:] != "T" or not 0 <= index < self.shape[0]:
            raise ValueError(f"there is no time point {index} to be taken by itself")
        shape = self._stored_shape[:-1]
        step = math.prod(shape) * self._conversion.stored.itemsize
        start = self._offset + index * step
        return StoredVoxels(self._source, start, shape, self._axes[:-1], self._conversion)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        ranges, kept = ranges_of(index, self.shape)
        named = dict(zip(VOLUME_AXES, ranges, strict=True))
        wanted = [named[letter] for letter in self._axes]
        if self._conversion.identity and self._source.held and all(map(len, wanted)):
            stored = self._seen(wanted)
        else:
            stored = np.empty([len(entry) for entry in wanted], self.dtype, order="F")
            if stored.size:
                self._fill(stored, wanted)
        # Of an axis that is not stored a range may pick nothing.
        values = self._in_volume_order(stored)
        missing = [letter not in self._axes for letter in VOLUME_AXES]
        cut = [
            _as_slice(r) if gone else slice(None) for r, gone in zip(ranges, missing, strict=True)
        ]
        out = values[tuple(cut)]
        picked: NDArray[Any] = out[tuple(slice(None) if keep else 0 for keep in kept)]
        # A single voxel is a scalar, as in NumPy, and has no flags.
        return frozen(picked) if picked.ndim else picked

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Everything, for `np.asarray`."""
        values = self[...]
        return values if dtype is None else values.astype(dtype, copy=False)

    def _in_volume_order(self, stored: NDArray[Any]) -> NDArray[Any]:
        """The same memory as (T, D, H, W, C)."""
        present = [letter for letter in VOLUME_AXES if letter in self._axes]
        moved = stored.transpose([self._axes.index(letter) for letter in present])
        return moved[tuple(slice(None) if letter in present else None for letter in VOLUME_AXES)]

    def _seen(self, ranges: list[range]) -> NDArray[Any]:
        """The stored values themselves, where they are in memory as they are to be shown."""
        strides = _strides(self._stored_shape, self._conversion.stored.itemsize)
        steps = list(zip(ranges, strides, strict=True))
        low = sum(min(entry) * stride for entry, stride in steps)
        high = sum(max(entry) * stride for entry, stride in steps) + strides[0]
        first = sum(entry[0] * stride for entry, stride in steps) - low
        with self._source.reader() as fetch:
            data = fetch(self._offset + low, high - low)
        return np.ndarray(
            tuple(len(entry) for entry in ranges),
            self._conversion.stored,
            data,
            first,
            tuple(entry.step * stride for entry, stride in steps),
        )

    def _fill(self, view: NDArray[Any], ranges: list[range]) -> None:
        """Read block by block: the inner axes in one piece, the outer ones entry by entry."""
        inner = self._inner_count()
        strides = _strides(self._stored_shape, self._conversion.stored.itemsize)
        low, high = min(ranges[inner - 1]), max(ranges[inner - 1]) + 1
        shape = (*self._stored_shape[: inner - 1], high - low)
        ranges = [*ranges[: inner - 1], _shifted(ranges[inner - 1], low), *ranges[inner:]]
        picks = tuple(_as_slice(entry) for entry in ranges[:inner])
        first = self._offset + low * strides[inner - 1]
        count = (high - low) * strides[inner - 1]
        outer = ranges[inner:]
        with self._source.reader() as fetch:
            for place in np.ndindex(*(len(entry) for entry in outer)):
                steps = zip(outer, place, strides[inner:], strict=True)
                start = first + sum(entry[at] * stride for entry, at, stride in steps)
                block = np.frombuffer(fetch(start, count), self._conversion.stored)
                picked = block.reshape(shape, order="F")[picks]
                view[(..., *place)] = self._conversion.apply(picked)

    def _inner_count(self) -> int:
        """How many of the fastest axes make one block, at least one."""
        size = self._conversion.stored.itemsize
        for count, length in enumerate(self._stored_shape):
            size *= length
            if size > self.BLOCK:
                return max(count, 1)
        return len(self._stored_shape)


def _strides(shape: tuple[int, ...], itemsize: int) -> list[int]:
    """Bytes from one entry to the next of each axis, the fastest first."""
    return [itemsize * math.prod(shape[:axis]) for axis in range(len(shape))]


def ranges_of(index: Any, shape: tuple[int, ...]) -> tuple[list[range], list[bool]]:
    """Resolve a basic index: a range for each axis, and whether the axis stays in the result."""
    entries = list(index) if isinstance(index, tuple) else [index]
    dots = [place for place, entry in enumerate(entries) if entry is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can have one ellipsis ('...') only")
    named = len(entries) - len(dots)
    if named > len(shape):
        raise IndexError(f"too many indices: {named} for {len(shape)} axes")
    place = dots[0] if dots else len(entries)
    entries[place : place + 1] = [slice(None)] * (len(shape) - named)
    ranges = [_range(entry, length) for entry, length in zip(entries, shape, strict=True)]
    return ranges, [isinstance(entry, slice) for entry in entries]


def _range(entry: Any, length: int) -> range:
    """The positions that one entry of an index picks along an axis."""
    if isinstance(entry, slice):
        return range(*entry.indices(length))
    try:
        at = entry.__index__()
    except AttributeError:
        raise IndexError(
            f"only whole numbers, slices and '...' pick voxels, not {entry!r}"
        ) from None
    if not -length <= at < length:
        raise IndexError(f"index {at} is out of bounds for an axis of {length}")
    at %= length
    return range(at, at + 1)


def _shifted(entry: range, low: int) -> range:
    return range(entry.start - low, entry.stop - low, entry.step)


def _as_slice(entry: range) -> slice:
    """The slice that picks the same positions (a stop below 0 would count from the end)."""
    return slice(entry.start, entry.stop if entry.stop >= 0 else None, entry.step)
