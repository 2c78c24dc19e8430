"""Voxels of a grid in a file: as they lie there, or packed by gzip, bzip2 or zlib.

What the readers of scans (NIfTI, MGH, Analyze, NRRD, MetaImage) share: where the bytes are, how
much of the file they need, and that a header's word about another file is not trusted.
"""

from __future__ import annotations

import bz2
import io
import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError, printable
from voxviewer.sources import compressed
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.compressed import GZIP_MAGIC
from voxviewer.sources.growing import GrowingBytes, trailer_agrees
from voxviewer.sources.stored import FileBytes, HeldBytes, StoredVoxels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from voxviewer.data import Float64
    from voxviewer.sources.boundary import Request
    from voxviewer.sources.stored import Bytes, Conversion

FLATTEST = 1e-9
"""Volume of a voxel whose edges are made 1 long: below this its axes lie in one plane."""


@dataclass(frozen=True)
class Grid:
    """An array in a file.

    Attributes
    ----------
    path : where the bytes are
    offset : the first byte of the voxels, in what the file unpacks to
    shape, axes : the fastest axis first, letters of "TDHWC"
    conversion : from stored values to those handed on
    packing : "", "gzip", "bzip2" or "zlib"
    start : where in the file the packed stream begins
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    axes: str
    conversion: Conversion
    packing: str = ""
    start: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the voxels as stored."""
        return math.prod(self.shape) * self.conversion.stored.itemsize


def packing_of(path: Path) -> str:
    """Return "gzip" where a file begins as one, else an empty text."""
    with open(path, "rb") as file:
        return "gzip" if file.read(2) == GZIP_MAGIC else ""


@contextmanager
def unpacked(path: Path) -> Iterator[Any]:
    """Yield the file for reading, unpacked where it is gzipped."""
    with open(path, "rb") as file:
        packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        yield compressed.gunzipped(file) if packed else file


def voxels_of(request: Request, grid: Grid) -> tuple[StoredVoxels, tuple[str, ...]]:
    """The voxels, after the claimed size was held against the file and memory, and warnings."""
    if not grid.packing:
        size = grid.path.stat().st_size
        compressed.require_whole(request, size, grid.offset + grid.nbytes)
        return _stored(grid, FileBytes.of(grid.path), grid.offset), ()
    size = grid.path.stat().st_size - grid.start
    if grid.packing != "bzip2":  # which has no such bound; memory is its only one
        compressed.require_possible(request, grid.offset + grid.nbytes, size)
    compressed.require_room(request, grid.nbytes, size)
    request.progress(0.0, f"Unpacking {request.path.name}")
    if grid.packing == "gzip" and trailer_agrees(grid.path, grid.offset + grid.nbytes):
        growing = GrowingBytes(grid.path, grid.start, grid.offset, grid.nbytes)
        return _stored(grid, growing, 0), ()
    with open(grid.path, "rb") as file:
        file.seek(grid.start)
        try:
            data, said = _unpacked(request, grid, file)
        except (EOFError, OSError):
            file.seek(grid.start)
            length = compressed.length_of_gzip(request, file) if grid.packing == "gzip" else None
            if length is None:
                raise
            file.seek(grid.start)
            data, said = _unpacked(request, grid, io.BytesIO(file.read(length)))
            said = ("bytes that are not gzip follow the packed data: left out", *said)
    return _stored(grid, HeldBytes(data), 0), said


def _unpacked(
    request: Request, grid: Grid, file: IO[bytes]
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The bytes of the voxels from a packed stream, and what is said of its end."""
    stream = STREAMS[grid.packing](file)
    data = compressed.unpack(request, stream, grid.offset, grid.nbytes)
    whole = compressed.finish(stream)
    return data, () if whole else ("more data follow than the header declares",)


def _unbzipped(file: IO[bytes]) -> Any:
    return bz2.BZ2File(file)


STREAMS: dict[str, Any] = {
    "gzip": compressed.gunzipped,
    "zlib": compressed.Inflated,
    "bzip2": _unbzipped,
}


def _stored(grid: Grid, source: Bytes, offset: int) -> StoredVoxels:
    return StoredVoxels(source, offset, grid.shape, grid.axes, grid.conversion)


def require_shape(path: Path, shape: tuple[int, ...]) -> None:
    """Refuse what holds no voxels."""
    if not shape or min(shape) < 1:
        raise SourceError(path, f"declares the shape {shape}, which holds no voxels", DAMAGED)


def beside(path: Path, name: str) -> Path:
    """The file that a header at `path` names; refused where it lies outside the header's folder."""
    shown = printable(name)[:80]
    folder = path.parent.resolve()
    try:
        found = (path.parent / name).resolve()
        inside, there = found.is_relative_to(folder), found.is_file()
    except (OSError, ValueError, RuntimeError):  # a name too long, a zero byte, a ring of links
        inside, there = True, False
    if not inside:
        raise SourceError(
            path,
            f"names data outside its folder, {shown}",
            "Put the data beside it, if you trust it",
        )
    if not there:
        raise SourceError(path, f"has its data in {shown}, which is not beside it", "Put it there")
    return found


def edges_of(affine: Float64) -> tuple[float, float, float]:
    """Spacing (D, H, W) in millimeters of an affine whose columns are H, W, D."""
    edges = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    return float(edges[2]), float(edges[0]), float(edges[1])


def usable(affine: Float64) -> bool:
    """True where an affine places every voxel, and no two in one place."""
    if not np.isfinite(affine).all():
        return False
    with np.errstate(all="ignore"):
        directions = affine[:3, :3] / np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
        return bool(abs(np.linalg.det(directions)) > FLATTEST)


def lps_to_ras(affine: Float64) -> Float64:
    """The same place, where the first two axes of the world run the other way."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
