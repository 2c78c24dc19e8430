"""NIfTI-1 and NIfTI-2: single files, gzipped files, and pairs of .hdr and .img.

The header goes through nibabel; the voxels stay in the file and are read as they are asked for. A
gzipped file is unpacked as far as it is looked at. World axes are RAS+ (right, anterior, superior),
in millimeters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Float64, Volume
from voxviewer.files import SourceError
from voxviewer.sources.analyze import is_analyze, read_analyze
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

MAGIC_1 = (b"n+1\0", b"ni1\0")
MAGIC_2 = (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")
HEADER_BYTES = {1: 348, 2: 540}
MILLIMETERS = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6, "unknown": 1.0}
CIFTI_INTENTS = range(3000, 3100)
LONGEST_STEP = 1000.0
"""A time step of this many "seconds" is one of milliseconds under the wrong unit."""


def is_nifti(start: bytes) -> bool:
    """True where the (unpacked) first bytes are those of a NIfTI header."""
    return _version(start) is not None


def _version(start: bytes) -> int | None:
    if len(start) >= 348 and start[344:348] in MAGIC_1:
        return 1
    return 2 if start[4:12] in MAGIC_2 else None


def read_nifti(request: Request) -> Volume:
    """Open a NIfTI file; reader of the table `READERS`."""
    header_path, data_path = header_and_data(request.path, _is_single)
    start = first_bytes(header_path)
    if is_analyze(start) and header_path != data_path:
        return read_analyze(request)  # the voxels of such a pair look like nothing
    version, header, notes = _header(request.path, header_path, start)
    stored = StoredArray.of(header)
    layout = layout_of(request, stored)
    conversion = conversion_of(header, stored)
    offset = _offset(request.path, header)
    sizes, letters = stored.sizes(layout)
    packing = packing_of(data_path)
    grid = Grid(data_path, offset, sizes, letters, conversion, packing)
    voxels, more = voxels_of(request, grid)
    place = _place(header, layout.axes)
    times, timed = _times(header, voxels.shape[0], layout.axes)
    values = value_sentences(stored, conversion, layout)
    facts = Facts(
        format=f"NIfTI-{version}" + (", gzip" if packing else ""),
        description=describe_volume(voxels.shape),
        stored_shape=stored.shape,
        stored_axes=layout.axes,
        stored_dtype=stored.name,
        nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
        lazy=voxels.lazy,
        decisions=(layout.decision, *values, *place.decisions, *timed),
        warnings=(*place.warnings, *notes, *more),
        window=_window(header),
    )
    return Volume(
        voxels, facts, request.opening, request.path.name, place.affine, place.spacing, times
    )


# --- the header -------------------------------------------------------------------------------


def _is_single(start: bytes) -> bool:
    return start[344:348] == MAGIC_1[0] or start[4:12] == MAGIC_2[0]


def _header(path: Path, header_path: Path, start: bytes) -> tuple[int, Any, tuple[str, ...]]:
    """Version, nibabel's header, and what nibabel had to mend in it; `path` is what was named."""
    from nibabel.nifti1 import Nifti1Header, Nifti1PairHeader
    from nibabel.nifti2 import Nifti2Header, Nifti2PairHeader

    subject = "" if path == header_path else f"has a header, {header_path.name}, that "
    version = _version(start)
    if version is None:
        _refuse_foreign(path, subject, start)
    assert version is not None
    if len(start) < HEADER_BYTES[version]:
        raise SourceError(path, f"{subject}ends inside its header", "Copy it again")
    single, pair = {1: (Nifti1Header, Nifti1PairHeader), 2: (Nifti2Header, Nifti2PairHeader)}[
        version
    ]
    kind = single if _is_single(start) else pair
    header = kind(start[: HEADER_BYTES[version]], check=False)
    notes = mended(header)
    if int(header["intent_code"]) in CIFTI_INTENTS:
        raise SourceError(
            path, "is a CIFTI-2 matrix, which has no voxels", "Open the scan it was made from"
        )
    return version, header, notes


def _refuse_foreign(path: Path, subject: str, start: bytes) -> None:
    sizes = [size.to_bytes(4, order) for size in (348, 540) for order in ("little", "big")]
    begins = any(size.startswith(start[:4]) for size in sizes)
    if begins and len(start) < HEADER_BYTES[1]:
        raise SourceError(path, f"{subject}ends inside its header", "Copy it again")
    raise SourceError(path, f"{subject}does not begin as a NIfTI file does", DAMAGED)


def _offset(path: Path, header: Any) -> int:
    """The first byte of the voxels; the header has it as a float, which may be anything."""
    offset = float(header["vox_offset"])
    if not 0 <= offset < 2**53:
        raise SourceError(path, "has a header that makes no sense", DAMAGED)
    return int(header.get_data_offset())


def _window(header: Any) -> tuple[float, float] | None:
    """(center, width) of the display range that the header may have, cal_min to cal_max."""
    low, high = float(header["cal_min"]), float(header["cal_max"])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    return (low + high) / 2, high - low


# --- where it lies in space and time ----------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Affine, spacing (D, H, W) in millimeters, and what was decided and doubted about them."""

    affine: Float64 | None = None
    spacing: tuple[float, float, float] | None = None
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _place(header: Any, axes: str) -> _Place:
    """Where the voxels lie in the world: the sform before the qform before the bare voxel sizes."""
    if not "HWD".startswith(axes[:3]):
        return _Place(decisions=("orientation left out: the axes are not H, W, D",))
    affine = _best_affine(header)
    affine[:3] *= MILLIMETERS[_units(header)[0]]
    if not usable(affine):
        return _Place(warnings=("the orientation in the header makes no sense and is left out",))
    affine.flags.writeable = False
    spacing = edges_of(affine)
    if int(header["sform_code"]) > 0:
        return _Place(affine, spacing, ("orientation from the sform",))
    if int(header["qform_code"]) > 0:
        return _Place(affine, spacing, ("orientation from the qform",))
    doubt = "no orientation is stored: which side is left is a guess"
    return _Place(affine, spacing, ("orientation from the voxel sizes alone",), (doubt,))


def _best_affine(header: Any) -> Float64:
    """(4, 4), NaN throughout where nibabel finds that the header contradicts itself."""
    from nibabel.spatialimages import HeaderDataError

    with np.errstate(all="ignore"):
        try:
            return np.array(header.get_best_affine(), np.float64)
        except (HeaderDataError, ValueError):  # a quaternion longer than 1
            return np.full((4, 4), np.nan)


def _units(header: Any) -> tuple[str, str]:
    try:
        space, time = header.get_xyzt_units()
    except KeyError:
        return "unknown", "unknown"
    return space, time


def _times(header: Any, count: int, axes: str) -> tuple[Float64 | None, tuple[str, ...]]:
    """Seconds of each time point; None where the file has one, or does not say."""
    step = float(header["pixdim"][4]) if axes[3:4] == "T" else 0.0
    scale = SECONDS.get(_units(header)[1])
    if count < 2 or scale is None or not math.isfinite(step) or step <= 0:
        return None, ()
    said: tuple[str, ...] = ()
    if scale == 1.0 and step >= LONGEST_STEP:
        scale, said = 1e-3, (f"a time step of {step:g} is taken as milliseconds",)
    times: Float64 = np.arange(count, dtype=np.float64) * step * scale
    times.flags.writeable = False
    return times, said
