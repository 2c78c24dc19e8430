"""FreeSurfer's volumes: .mgh, and .mgz, the same gzipped. Always big-endian, at most 4D.

The header is 284 bytes; after the voxels may follow a footer that begins with the time between two
volumes in milliseconds. The world is RAS+, its origin given for the middle of the grid.
Specification: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Facts, Float64, Volume
from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.compressed import PIECE
from voxviewer.sources.grids import Grid, edges_of, packing_of, unpacked, usable, voxels_of
from voxviewer.sources.layout import Layout, chosen_layout, describe_volume
from voxviewer.sources.stored import Conversion

if TYPE_CHECKING:
    from voxviewer.sources.boundary import Request

HEADER_BYTES = 284
DTYPES = {0: ">u1", 1: ">i4", 3: ">f4", 4: ">i2", 10: ">u2"}
SHORTEST_FOOTER = 4

# Without directions of its own a volume is coronal: i to the left, j downwards, k to the front.
CORONAL = np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


@dataclass(frozen=True)
class _Header:
    """`sizes` of the four axes, `dtype`, `affine` or None; `oriented` where it is stored."""

    sizes: tuple[int, int, int, int]
    dtype: np.dtype[np.generic]
    affine: Float64 | None
    oriented: bool


def is_mgh(start: bytes) -> bool:
    """True where the (unpacked) first bytes are a header of version 1 with possible contents."""
    if len(start) < HEADER_BYTES or start[:4] != b"\0\0\0\1":
        return False
    *sizes, kind = struct.unpack(">5i", start[4:24])
    return min(sizes) > 0 and kind in DTYPES


def read_mgh(request: Request) -> Volume:
    """Open a .mgh or .mgz file; reader of the table `READERS`."""
    with unpacked(request.path) as file:
        header = _header(request, file.read(HEADER_BYTES))
    shape = header.sizes if header.sizes[3] > 1 else header.sizes[:3]
    layout = _layout(request, shape)
    packing = packing_of(request.path)
    conversion = Conversion(header.dtype)
    grid = Grid(request.path, HEADER_BYTES, shape, layout.axes, conversion, packing)
    voxels, more = voxels_of(request, grid)
    placed = header.affine is not None and "HWD".startswith(layout.axes[:3])
    affine = header.affine if placed else None
    times, timed = _times(request, grid, layout.axes, voxels.shape[0])
    facts = Facts(
        format="MGH" + (", gzip" if packing else ""),
        description=describe_volume(voxels.shape),
        stored_shape=shape,
        stored_axes=layout.axes,
        stored_dtype=str(header.dtype.newbyteorder("=")),
        nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
        lazy=voxels.lazy,
        decisions=(layout.decision, *timed),
        warnings=(*_place_sentences(header), *more),
    )
    spacing = None if affine is None else edges_of(affine)
    return Volume(voxels, facts, request.opening, request.path.name, affine, spacing, times)


def _header(request: Request, start: bytes) -> _Header:
    """The header's fields, held against what they can be."""
    if len(start) < HEADER_BYTES:
        raise SourceError(request.path, "ends inside its header", "Copy it again")
    if not is_mgh(start):
        raise SourceError(request.path, "does not begin as an MGH file does", DAMAGED)
    columns, rows, planes, frames, kind = struct.unpack(">5i", start[4:24])
    (oriented,) = struct.unpack(">h", start[28:30])
    numbers = np.frombuffer(start[30:90], ">f4").astype(np.float64)
    sizes = (columns, rows, planes, frames)
    affine = _affine(sizes, numbers, oriented > 0)
    return _Header(sizes, np.dtype(DTYPES[kind]), affine, oriented > 0)


def _affine(sizes: tuple[int, ...], numbers: Float64, oriented: bool) -> Float64 | None:
    """(4, 4) from spacing (3), directions (3 x 3, an axis a row) and the middle (3)."""
    spacing, directions, middle = numbers[:3], numbers[3:12].reshape(3, 3).T, numbers[12:]
    if not oriented:
        spacing, directions, middle = np.ones(3), CORONAL, np.zeros(3)
    affine = np.eye(4)
    with np.errstate(all="ignore"):
        affine[:3, :3] = directions * spacing
        affine[:3, 3] = middle - affine[:3, :3] @ (np.array(sizes[:3]) / 2)
    affine.flags.writeable = False
    return affine if usable(affine) else None


def _layout(request: Request, shape: tuple[int, ...]) -> Layout:
    """The letters of the stored axes, or those a person gave."""
    if request.opening.axes is None:
        return Layout("HWDT"[: len(shape)], "stored axes i, j, k are H, W, D")
    path = str(request.path)
    layout = chosen_layout(request.opening.axes, shape, path)
    if layout.is_skeleton:
        raise SourceError(path, f"cannot be opened with axes {layout.axes!r}", "Try 'HWD'")
    return layout


def _place_sentences(header: _Header) -> tuple[str, ...]:
    if header.affine is None:
        return ("the orientation in the header makes no sense and is left out",)
    if not header.oriented:
        return (
            "no orientation is stored: FreeSurfer's default is taken, which side is left a guess",
        )
    return ()


def _times(
    request: Request, grid: Grid, axes: str, count: int
) -> tuple[Float64 | None, tuple[str, ...]]:
    """Seconds of each volume, from the footer; None where there is none or it makes no sense."""
    if count < 2 or axes[3:4] != "T":
        return None, ()
    with unpacked(request.path) as file:
        # A packed file can only be walked through; there is one time point to be had at its end.
        left = grid.offset + grid.nbytes
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            request.progress(1.0, f"Looking for the times of {request.path.name}")
        footer = file.read(SHORTEST_FOOTER)
    step = struct.unpack(">f", footer)[0] if len(footer) == SHORTEST_FOOTER else 0.0
    if not math.isfinite(step) or step <= 0:
        return None, ()
    times: Float64 = np.arange(count, dtype=np.float64) * (step / 1000)
    times.flags.writeable = False
    return times, (f"{step:g} milliseconds between volumes",)
