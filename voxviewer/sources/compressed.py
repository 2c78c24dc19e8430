"""Unpacking in pieces: never one-shot, never more than was claimed, always stoppable.

A deflate stream unpacks at most 1032 to 1 (https://zlib.net/zlib_tech.html), so a header that
claims more than its file can hold is refused before anything is read. Gzip and zlib streams are
unpacked by ISA-L, two to three times as fast as zlib, which takes its place where it is missing.
"""

from __future__ import annotations

import gzip
import zlib
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np

from voxviewer.files import SourceError, require_memory, size_text
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from voxviewer.sources.boundary import Request

GZIP_MAGIC = b"\x1f\x8b"
DEFLATE_RATIO = 1032
PIECE = 1 << 20


class Stream(Protocol):
    """Whatever gives bytes in order."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102


def gunzipped(file: IO[bytes]) -> Any:
    """The unpacked stream of a gzip file, from where it stands; the file stays its owner's."""
    try:
        from isal.igzip import IGzipFile
    except ImportError:  # not every machine has it
        return gzip.GzipFile(fileobj=file, mode="rb")
    return IGzipFile(fileobj=file, mode="rb")


class Inflated:
    """The unpacked stream of a zlib stream in a file, from where it stands."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        try:
            from isal import isal_zlib
        except ImportError:
            self._inflate: Any = zlib.decompressobj()
        else:
            self._inflate = isal_zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none where the stream is at its end."""
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(PIECE >> 2)
            piece: bytes = self._inflate.decompress(packed, size)
            if piece or not packed:
                return piece
        return b""


def require_possible(request: Request, claimed: int, packed: int) -> None:
    """Refuse a claim that no deflate stream of `packed` bytes can meet."""
    if claimed > DEFLATE_RATIO * max(packed, 1):
        raise SourceError(
            request.path,
            f"claims {size_text(claimed)}, more than its {size_text(packed)} can unpack to",
            DAMAGED,
        )


def require_room(request: Request, claimed: int, packed: int) -> None:
    """Refuse what does not fit in memory, before it is allocated."""
    require_memory(
        claimed,
        request.path,
        "unpacking it",
        allow_large=request.allow_large,
        stored=packed,
    )


def require_whole(request: Request, size: int, claimed: int) -> None:
    """Refuse a file of `size` bytes that claims to hold more."""
    if claimed > size:
        _refuse_short(request, size, claimed)


def unpack(request: Request, stream: Stream, skip: int, claimed: int) -> NDArray[np.uint8]:
    """Read `claimed` bytes after the first `skip`, in pieces of 1 MB, with progress.

    Returns
    -------
    (claimed,) uint8
    """
    skip_bytes(request.path, stream, skip)
    data = np.empty(claimed, np.uint8)
    done = 0
    while done < claimed:
        request.progress(done / claimed, f"Unpacking {request.path.name}")
        piece = stream.read(min(PIECE, claimed - done))
        if not piece:
            _refuse_short(request, done, claimed)
        data[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    return data


def skip_bytes(path: Path, stream: Stream, count: int) -> None:
    """Read past the first bytes, whatever they are."""
    while count > 0:
        piece = stream.read(min(PIECE, count))
        if not piece:
            raise SourceError(path, "ends before its data begin", DAMAGED)
        count -= len(piece)


def _refuse_short(request: Request, size: int, claimed: int) -> None:
    have, want = size_text(size), size_text(claimed)
    problem = f"ends after {have} of {want}"
    if have == want:
        problem = f"ends {size_text(claimed - size)} short of its {want}"
    raise SourceError(request.path, problem, "Copy it again")


def finish(stream: Stream) -> bool:
    """Read on to the checksum at the end; False where far more follows than was claimed."""
    return len(stream.read(PIECE)) < PIECE


def length_of_gzip(request: Request, file: IO[bytes]) -> int | None:
    """Bytes of the gzip members where the file stands; None unless something else follows them.

    Other programs pass over it, as `gzip -d` does ("trailing garbage ignored").
    """
    start, inflate, packed = file.tell(), zlib.decompressobj(31), file.read(PIECE)
    while packed:
        request.progress(1.0, f"Looking at the end of {request.path.name}")
        inflate.decompress(packed, PIECE)
        if inflate.eof:
            end = file.tell() - len(inflate.unused_data)
            packed = (inflate.unused_data or file.read(PIECE)).lstrip(b"\0")
            inflate = zlib.decompressobj(31)
            if packed and not packed.startswith(GZIP_MAGIC):
                return end - start
        else:
            packed = inflate.unconsumed_tail or file.read(PIECE)
    return None


def require_honest(request: Request, packed: bytes, most: int) -> None:
    """Refuse a deflate stream that unpacks to more than `most`; nothing of it is kept.

    For libraries that unpack a strip or a chunk in one piece, and would not stop there.
    """
    unpacker, done = zlib.decompressobj(), 0
    while packed and not unpacker.eof:
        request.progress(0.0, f"Looking at {request.path.name}")
        done += len(unpacker.decompress(packed, PIECE))
        packed = unpacker.unconsumed_tail
        if done > most:
            raise SourceError(request.path, "unpacks to far more than it claims", DAMAGED)
