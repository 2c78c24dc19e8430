"""Voxels of text headers (NRRD, MetaImage): in the same file or others, raw, packed or as text."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError, require_memory, size_text
from voxviewer.sources import compressed
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.grids import STREAMS, Grid, beside, voxels_of
from voxviewer.sources.stored import HeldBytes, StoredVoxels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from voxviewer.sources.boundary import Request
    from voxviewer.sources.stored import Conversion

TEXTS = ("ascii", "hex")
MOST_FILES = 100_000
BYTES_OF_A_NUMBER = 64
"""What a number of a text takes while it is being read, as Python has it."""


@dataclass(frozen=True)
class Payload:
    """Where the voxels are and how they are written.

    Attributes
    ----------
    paths : one file, or several that follow each other, the slowest axis divided among them
    start : the first byte in each file that is theirs; None: they are the last ones of it
    skip : bytes to leave out of what each file unpacks to
    encoding : "" (raw), "gzip", "bzip2", "zlib", "ascii" or "hex"
    """

    paths: tuple[Path, ...]
    start: int | None
    skip: int = 0
    encoding: str = ""


def payload_voxels(
    request: Request,
    payload: Payload,
    shape: tuple[int, ...],
    axes: str,
    conversion: Conversion,
) -> tuple[StoredVoxels, tuple[str, ...]]:
    """The voxels of a payload, and warnings; `shape` and `axes` the fastest first."""
    nbytes = math.prod(shape) * conversion.stored.itemsize
    if payload.encoding in TEXTS:
        data = _from_text(request, payload, math.prod(shape), conversion.stored)
        return StoredVoxels(HeldBytes(data), 0, shape, axes, conversion), ()
    if len(payload.paths) > 1:
        data = _joined(request, payload, nbytes)
        return StoredVoxels(HeldBytes(data), 0, shape, axes, conversion), ()
    (path,) = payload.paths
    start = payload.start
    if start is None:
        start = path.stat().st_size - nbytes
        if start < 0:
            compressed.require_whole(request, path.stat().st_size, nbytes)
    grid = Grid(path, start + payload.skip, shape, axes, conversion)
    if payload.encoding:
        grid = replace(grid, offset=payload.skip, packing=payload.encoding, start=start)
    return voxels_of(request, grid)


def _joined(request: Request, payload: Payload, nbytes: int) -> NDArray[np.uint8]:
    """The bytes of several files, one after the other, each with its share."""
    count = len(payload.paths)
    share, rest = divmod(nbytes, count)
    if rest:
        raise SourceError(
            request.path, f"divides {size_text(nbytes)} among {count} files, unevenly", DAMAGED
        )
    compressed.require_room(request, nbytes, sum(path.stat().st_size for path in payload.paths))
    data = np.empty(nbytes, np.uint8)
    for index, path in enumerate(payload.paths):
        request.progress(index / count, f"Reading {path.name}")
        data[index * share : (index + 1) * share] = _part(request, payload, path, share)
    return data


def _part(request: Request, payload: Payload, path: Path, share: int) -> NDArray[np.uint8]:
    """One file's bytes."""
    quiet = replace(request, path=path, progress=lambda done, text: request.progress(0.0, text))
    size = path.stat().st_size
    with open(path, "rb") as file:
        file.seek(size - share if payload.start is None else payload.start)
        stream = STREAMS[payload.encoding](file) if payload.encoding else file
        return compressed.unpack(quiet, stream, payload.skip, share)


# --- numbers as text --------------------------------------------------------------------------


def _from_text(
    request: Request, payload: Payload, count: int, dtype: np.dtype[Any]
) -> NDArray[np.uint8]:
    """The bytes of voxels that are written out as numbers, or as hexadecimal digits."""
    size = sum(path.stat().st_size for path in payload.paths)
    digits = 2 * count * dtype.itemsize if payload.encoding == "hex" else 2 * count - 1
    compressed.require_whole(request, size, digits)
    require_memory(
        size * BYTES_OF_A_NUMBER // 2,
        request.path,
        "reading its numbers",
        allow_large=request.allow_large,
    )
    request.progress(0.0, f"Reading the numbers of {request.path.name}")
    text = b" ".join(_text(path, payload) for path in payload.paths)
    if payload.encoding == "hex":
        values = np.frombuffer(bytes.fromhex(text.decode("ascii")), np.uint8)
        return values[: count * dtype.itemsize]
    words = text.replace(b",", b" ").split()[:count]
    if len(words) < count:
        raise SourceError(
            request.path, f"ends after {len(words)} of {count} numbers", "Copy it again"
        )
    return np.array(words).astype(dtype).view(np.uint8)


def _text(path: Path, payload: Payload) -> bytes:
    with open(path, "rb") as file:
        file.seek((payload.start or 0) + payload.skip)
        return file.read()


# --- names of files ---------------------------------------------------------------------------


def numbered(path: Path, words: str) -> tuple[Path, ...] | None:
    """The files that "slice%03d.raw 1 20 1" stands for; None where the words are none such."""
    found = re.fullmatch(r"(\S.*%0?\d*d\S*)\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)(\s+\d+)?", words.strip())
    if found is None:
        return None
    pattern, first, last, step = found[1], int(found[2]), int(found[3]), int(found[4])
    if pattern.count("%") != 1 or not step:
        raise SourceError(path, f"names its data {words.strip()!r}, which makes no sense", DAMAGED)
    numbers = range(first, last + (1 if step > 0 else -1), step)
    if not 0 < len(numbers) <= MOST_FILES:
        raise SourceError(path, f"claims {len(numbers)} files of data", DAMAGED)
    return tuple(beside(path, _filled(pattern, number)) for number in numbers)


def _filled(pattern: str, number: int) -> str:
    """The pattern's number in its place, as `printf` writes it; widths of a name's length only."""
    return re.sub(r"%(0?)(\d?)\d*d", lambda m: f"{number:{m[1]}{m[2] or ''}d}", pattern)


def listed(path: Path, lines: list[str]) -> tuple[Path, ...]:
    """The files that a list names, a line each."""
    names = [line.strip() for line in lines if line.strip()]
    if not 0 < len(names) <= MOST_FILES:
        raise SourceError(path, f"lists {len(names)} files of data", DAMAGED)
    return tuple(beside(path, name) for name in names)


def text_header(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file."""
    with open(path, "rb") as file:
        return file.read(most)
