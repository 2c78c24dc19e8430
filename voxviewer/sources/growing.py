"""A gzip file that is unpacked as far as it is looked at: the first slice waits for no other.

What is unpacked stays in memory, as it was stored, so nothing is unpacked twice. Gzip cannot be
entered in the middle: whoever asks for the last byte waits for all of them.
"""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import no_progress
from voxviewer.files import SourceError
from voxviewer.sources.boundary import Watched, reading
from voxviewer.sources.compressed import PIECE, finish, gunzipped, skip_bytes
from voxviewer.sources.stored import FileBytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from voxviewer.sources.stored import Fetch


FIRST_READ = 1 << 15


def trailer_agrees(path: Path, nbytes: int) -> bool:
    """True where the last four bytes of a gzip file tell that it unpacks to this many, or few more.

    RFC 1952: ISIZE is the length modulo 2**32, of the last member alone. A file that was cut off,
    holds far more than it claims or is made of several members does not agree.
    """
    with open(path, "rb") as file:
        file.seek(-4, io.SEEK_END)
        more = (int.from_bytes(file.read(4), "little") - nbytes) % 2**32
    return more < PIECE


class GrowingBytes:
    """`claimed` bytes of a gzip stream, after its first `skip`; safe from any thread.

    Parameters
    ----------
    path, start : the file, and where in it the gzip stream begins
    """

    held = True

    def __init__(self, path: Path, start: int, skip: int, claimed: int) -> None:
        self._path, self._skip, self._claimed = path, skip, claimed
        # Pages that nothing is written to take no memory.
        self._data = np.empty(claimed, np.uint8)
        self._view = memoryview(self._data)  # type: ignore[arg-type]
        self._done = 0
        self._file = _Visited(path, start)
        self._stream: Any = None
        self._failure: SourceError | None = None
        self._lock = threading.Lock()

    @contextmanager
    def reader(self) -> Iterator[Fetch]:
        """Yield a function that returns parts of the bytes, unpacking as far as need be."""
        yield self._fetch

    def _fetch(self, start: int, count: int) -> Any:
        while self._done < start + count:
            # Piece by piece, so that who needs less than another thread does not wait for it.
            with self._lock:
                self._grow(start + count)
        if self._failure:
            raise self._failure
        return self._data[start : start + count]

    def _grow(self, wanted: int) -> None:
        """Unpack one piece; what goes wrong is told now and whenever somebody asks again."""
        if self._failure:
            raise self._failure
        if self._done >= wanted:
            return
        try:
            with reading(str(self._path), Watched(no_progress)), self._file.visit():
                self._unpack_piece(min(wanted, self._claimed))
        except SourceError as error:
            self._failure = error
            raise

    def _unpack_piece(self, wanted: int) -> None:
        if self._stream is None:
            self._stream = gunzipped(self._file)  # type: ignore[arg-type]
            skip_bytes(self._path, self._stream, self._skip)
        count = self._stream.readinto(self._view[self._done : min(self._done + PIECE, wanted)])
        if not count:
            raise SourceError(self._path, "ends too early", "Copy it again")
        self._done += count
        if self._done == self._claimed:
            finish(self._stream)  # to the checksum, which is held against what was unpacked


class _Visited(io.RawIOBase):
    """A file that is open during visits only, and stays where it stood between them."""

    def __init__(self, path: Path, start: int) -> None:
        self._bytes = FileBytes.of(path)
        self._place = start
        self._most = FIRST_READ
        self._file: io.FileIO | None = None

    @contextmanager
    def visit(self) -> Iterator[None]:
        with self._bytes.opened() as self._file:
            self._file.seek(self._place)
            yield
            self._place = self._file.tell()
        self._file = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        assert self._file is not None
        # The first slice needs little; whoever goes on is given more and more.
        count = self._file.readinto(memoryview(buffer)[: self._most])
        self._most *= 2
        return count
