"""NIfTI-1 and NIfTI-2: single files, gzipped files, and pairs of .hdr and .img.

The header goes through nibabel; the voxels stay in the file and are read as they are asked for. A
gzipped file is unpacked once, as it was stored, because gzip cannot be entered in the middle (and
a cut-off one must be noticed). World axes are RAS+ (right, anterior, superior), in millimeters.
"""

from __future__ import annotations

import gzip
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Float64, Volume
from voxviewer.files import SourceError
from voxviewer.sources import compressed
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.layout import Layout, chosen_layout, describe_volume
from voxviewer.sources.stored import Conversion, FileBytes, HeldBytes, StoredVoxels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

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
    header_path, data_path = _paths(request.path)
    version, header, notes = _header(request.path, header_path)
    stored = _Stored.of(header)
    layout = _axes(request, stored)
    conversion = _conversion(header, stored.dtype)
    offset = _offset(request.path, header)
    voxels, more = _voxels(request, data_path, offset, stored, layout, conversion)
    place = _place(header, layout.axes)
    times, timed = _times(header, voxels.shape[0], layout.axes)
    facts = Facts(
        format=f"NIfTI-{version}" + ("" if voxels.lazy else ", gzip"),
        description=describe_volume(voxels.shape),
        stored_shape=stored.shape,
        stored_axes=layout.axes,
        stored_dtype="RGB" if stored.color else str(stored.dtype.newbyteorder("=")),
        nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
        lazy=voxels.lazy,
        decisions=(layout.decision, *_scaling_sentences(conversion), *place.decisions, *timed),
        warnings=(*place.warnings, *notes, *more),
    )
    return Volume(
        voxels, facts, request.opening, request.path.name, place.affine, place.spacing, times
    )


# --- the file ---------------------------------------------------------------------------------


def _paths(path: Path) -> tuple[Path, Path]:
    """Where header and voxels lie: in one file, or in a pair of which one half was named."""
    name = path.name.lower()
    for half, other in ((".hdr", ".img"), (".img", ".hdr")):
        for packing in ("", ".gz"):
            if not name.endswith(half + packing):
                continue
            if half == ".hdr" and _version(_start(path)) and _is_single(_start(path)):
                return path, path
            partner = _partner(path, half + packing, other)
            return (path, partner) if half == ".hdr" else (partner, path)
    return path, path


def _is_single(start: bytes) -> bool:
    return start[344:348] == MAGIC_1[0] or start[4:12] == MAGIC_2[0]


def _partner(path: Path, ending: str, other: str) -> Path:
    """The other half of a pair, packed or not."""
    stem = path.name[: -len(ending)]
    names = [stem + suffix for suffix in (other, other.upper(), other + ".gz")]
    for name in names:
        if path.with_name(name).is_file():
            return path.with_name(name)
    raise SourceError(path, f"is half of a pair, and {names[0]} is not beside it", "Put it there")


def _start(path: Path) -> bytes:
    """The first bytes of the header, unpacked."""
    with _opened(path) as file:
        start: bytes = file.read(HEADER_BYTES[2])
    return start


def _opened(path: Path) -> Any:
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else open(path, "rb")


def _header(path: Path, header_path: Path) -> tuple[int, Any, tuple[str, ...]]:
    """Version, nibabel's header, and what nibabel had to mend in it; `path` is what was named."""
    from nibabel.nifti1 import Nifti1Header, Nifti1PairHeader
    from nibabel.nifti2 import Nifti2Header, Nifti2PairHeader

    start = _start(header_path)
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
    notes = _checked(header)
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
    if start[:4] in sizes[:2]:
        raise SourceError(
            path,
            f"{subject}is an Analyze 7.5 file without orientation",
            "Convert it to NIfTI first",
        )
    raise SourceError(path, f"{subject}does not begin as a NIfTI file does", DAMAGED)


def _offset(path: Path, header: Any) -> int:
    """The first byte of the voxels; the header has it as a float, which may be anything."""
    offset = float(header["vox_offset"])
    if not 0 <= offset < 2**53:
        raise SourceError(path, "has a header that makes no sense", DAMAGED)
    return int(header.get_data_offset())


def _checked(header: Any) -> tuple[str, ...]:
    """Let nibabel check and mend the header; what it mended, as sentences."""
    notes: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            notes.append(f"header: {record.getMessage()}")

    # A logger of our own: nibabel's writes to standard error.
    logger = logging.Logger("voxviewer.nifti", logging.WARNING)
    logger.addHandler(Listener())
    header.check_fix(logger=logger, error_level=40)
    return tuple(notes)


# --- the array --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stored:
    """Shape (i, j, k, ...), dtype of one number, and (3,) or (4,) where a voxel is a color."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    color: tuple[int, ...] = ()

    @classmethod
    def of(cls, header: Any) -> _Stored:
        shape = tuple(int(length) for length in header.get_data_shape())
        while len(shape) > 3 and shape[-1] == 1:
            shape = shape[:-1]
        dtype = header.get_data_dtype()
        if dtype.names:
            return cls(shape, np.dtype(np.uint8), (len(dtype.names),))
        return cls(shape, dtype)

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * math.prod(self.color) * self.dtype.itemsize


def _axes(request: Request, stored: _Stored) -> Layout:
    """The letters of the stored axes: H, W, D, T, C, or those a person gave."""
    path, shape = str(request.path), stored.shape
    if not shape or min(shape) < 1:
        raise SourceError(path, f"declares the shape {shape}, which holds no voxels", DAMAGED)
    if len(shape) == 1 or len(shape) > 5 - bool(stored.color):
        raise SourceError(path, f"has {len(shape)} axes, {shape}", "Two to five can be shown")
    if request.opening.axes is None:
        axes = "HWDTC"[: len(shape)]
        return Layout(axes, f"stored axes i, j, k are {', '.join(axes[:3])}")
    layout = chosen_layout(request.opening.axes, shape, path)
    if layout.is_skeleton or (stored.color and "C" in layout.axes):
        raise SourceError(path, f"cannot be opened with axes {layout.axes!r}", "Try 'HWD'")
    return layout


def _voxels(
    request: Request,
    path: Path,
    offset: int,
    stored: _Stored,
    layout: Layout,
    conversion: Conversion,
) -> tuple[StoredVoxels, tuple[str, ...]]:
    """The voxels, after the claimed size was held against the file, and warnings."""
    sizes = (*stored.color, *stored.shape)
    letters = ("C" if stored.color else "") + layout.axes
    with _opened(path) as stream:
        if isinstance(stream, gzip.GzipFile):
            data, more = _unpacked(request, stream, path.stat().st_size, offset, stored.nbytes)
            return StoredVoxels(HeldBytes(data), 0, sizes, letters, conversion), more
    compressed.require_whole(request, path.stat().st_size, offset + stored.nbytes)
    return StoredVoxels(FileBytes.of(path), offset, sizes, letters, conversion), ()


def _unpacked(
    request: Request, stream: gzip.GzipFile, size: int, offset: int, claimed: int
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    compressed.require_possible(request, offset + claimed, size)
    compressed.require_room(request, claimed, size)
    data = compressed.unpack(request, stream, offset, claimed)
    whole = compressed.finish(stream)
    return data, () if whole else ("more data follow than the header declares",)


def _conversion(header: Any, dtype: np.dtype[Any]) -> Conversion:
    """Slope and intercept; a slope of 0 or NaN means none (nibabel returns None for it)."""
    slope, intercept = header.get_slope_inter()
    if slope is None or header.get_data_dtype().names:
        return Conversion(dtype)
    return Conversion(dtype, float(slope), float(intercept or 0.0))


def _scaling_sentences(conversion: Conversion) -> tuple[str, ...]:
    said = []
    if conversion.scales:
        said.append(
            f"slope {conversion.slope:.6g} and intercept {conversion.intercept:.6g} applied"
        )
    if conversion.stored.kind == "c":
        said.append("complex values shown as their magnitude")
    return tuple(said)


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
    if not np.isfinite(affine).all() or np.linalg.matrix_rank(affine[:3, :3]) < 3:
        return _Place(warnings=("the orientation in the header makes no sense and is left out",))
    affine.flags.writeable = False
    edges = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    spacing = (float(edges[2]), float(edges[0]), float(edges[1]))
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
