"""Analyze 7.5 pairs (.hdr and .img), as SPM wrote them too.

The format stores voxel sizes and at most an origin, never which way the axes run. nibabel's reading
is taken: i runs to the left, j to the front, k upwards. Which side is left is a guess, and is said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Float64, Volume
from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.grids import Grid, edges_of, packing_of, usable, voxels_of
from voxviewer.sources.layout import describe_volume
from voxviewer.sources.nibabel_headers import (
    StoredArray,
    conversion_of,
    layout_of,
    mended,
    value_sentences,
)
from voxviewer.sources.pairs import first_bytes, header_and_data

if TYPE_CHECKING:
    from pathlib import Path

    from voxviewer.sources.boundary import Request

HEADER_BYTES = 348
NIFTI_MAGIC = (b"n+1\0", b"ni1\0")
GUESS = "Analyze stores no orientation: which side is left is a guess"


def is_analyze(start: bytes) -> bool:
    """True where the first bytes are a whole Analyze header, and no NIfTI-1 one."""
    if len(start) < HEADER_BYTES or start[344:348] in NIFTI_MAGIC:
        return False
    return any(
        int.from_bytes(start[:4], order) == HEADER_BYTES
        and 1 <= int.from_bytes(start[40:42], order) <= 7
        for order in ("little", "big")
    )


def read_analyze(request: Request) -> Volume:
    """Open one half of an Analyze pair; reader of the table `READERS`."""
    header_path, data_path = header_and_data(request.path, lambda start: False)
    if header_path == data_path:
        raise SourceError(
            request.path,
            "begins as the header of an Analyze pair does, but is not named .hdr",
            DAMAGED,
        )
    header, notes = _header(first_bytes(header_path))
    stored = StoredArray.of(header)
    layout = layout_of(request, stored)
    conversion = conversion_of(header, stored)
    sizes, letters = stored.sizes(layout)
    packing = packing_of(data_path)
    grid = Grid(data_path, _offset(request.path, header), sizes, letters, conversion, packing)
    voxels, more = voxels_of(request, grid)
    affine = _affine(header) if "HWD".startswith(layout.axes[:3]) else None
    facts = Facts(
        format="Analyze 7.5" + (", gzip" if packing else ""),
        description=describe_volume(voxels.shape),
        stored_shape=stored.shape,
        stored_axes=layout.axes,
        stored_dtype=stored.name,
        nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
        lazy=voxels.lazy,
        decisions=(layout.decision, *value_sentences(stored, conversion, layout)),
        warnings=(*((GUESS,) if affine is not None else ()), *_beside(header_path), *notes, *more),
    )
    spacing = None if affine is None else edges_of(affine)
    return Volume(voxels, facts, request.opening, request.path.name, affine, spacing)


def _header(start: bytes) -> tuple[Any, tuple[str, ...]]:
    """Nibabel's header, SPM's fields included, and what nibabel had to mend in it."""
    from nibabel.spm2analyze import Spm2AnalyzeHeader

    header = Spm2AnalyzeHeader(start[:HEADER_BYTES], check=False)
    return header, mended(header)


def _offset(path: Path, header: Any) -> int:
    """The first byte of the voxels; a negative one counts the same bytes, says SPM's manual."""
    offset = abs(float(header["vox_offset"]))
    if not offset < 2**53:
        raise SourceError(path, "has a header that makes no sense", DAMAGED)
    return int(offset)


def _affine(header: Any) -> Float64 | None:
    """(4, 4): voxel sizes, and the origin where SPM stored one; None where they make no sense."""
    with np.errstate(all="ignore"):
        affine = np.array(header.get_best_affine(), np.float64)
    affine.flags.writeable = False
    return affine if usable(affine) else None


def _beside(header_path: Path) -> tuple[str, ...]:
    """SPM kept an orientation in a .mat file; it is not read, and that is said."""
    matrix = header_path.with_name(header_path.name.split(".")[0] + ".mat")
    return (f"the orientation in {matrix.name} is not read",) if matrix.is_file() else ()
