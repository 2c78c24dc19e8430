"""MetaImage (.mha with its voxels, .mhd with them beside it): ITK's own format.

`Key = value` lines up to ElementDataFile; the fastest axis first. The world is LPS (left,
posterior, superior) and is turned to RAS+.
Specification: https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Facts, Float64, Volume
from voxviewer.files import SourceError, printable
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.detached import Payload, listed, numbered, payload_voxels, text_header
from voxviewer.sources.grids import beside, edges_of, lps_to_ras, require_shape, usable
from voxviewer.sources.layout import Layout, chosen_layout, describe_volume
from voxviewer.sources.stored import Conversion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from voxviewer.sources.boundary import Request

DTYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
LONGEST_HEADER = 4 << 20
"""A list of a hundred thousand names of files is 4 MB."""

ENTRY = re.compile(rb"[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*([^\r\n]*)(\r?\n|\Z)")


@dataclass(frozen=True)
class _Header:
    """The entries by name, and the byte after the last of them."""

    entries: Mapping[str, str]
    end: int
    lines: list[str]

    def numbers(self, *names: str) -> list[float] | None:
        """The numbers of the first of these entries that is there."""
        for name in names:
            if name in self.entries:
                return [float(word) for word in self.entries[name].split()]
        return None

    def is_true(self, *names: str) -> bool:
        """True where one of these entries says so."""
        return any(self.entries.get(name, "").lower() in ("true", "1") for name in names)


def is_metaimage(start: bytes) -> bool:
    """True where the first bytes are entries of a MetaImage header."""
    return ENTRY.match(start) is not None and b"NDims" in start and b"DimSize" in start


def read_metaimage(request: Request) -> Volume:
    """Open a .mha or .mhd file; reader of the table `READERS`."""
    header = _header(request.path)
    shape, channels, dtype = _array(request.path, header)
    layout = _layout(request, shape, channels)
    sizes = (*((channels,) if channels > 1 else ()), *shape)
    letters = ("C" if channels > 1 else "") + layout.axes
    payload = _payload(request.path, header)
    conversion = Conversion(dtype)
    voxels, more = payload_voxels(request, payload, sizes, letters, conversion)
    affine, spacing, placed, doubts = _place(header, len(shape), layout.axes)
    packed = payload.encoding in ("zlib", "gzip")
    facts = Facts(
        format="MetaImage" + (", compressed" if packed else ""),
        description=describe_volume(voxels.shape),
        stored_shape=shape,
        stored_axes=layout.axes,
        stored_dtype=str(dtype.newbyteorder("=")),
        nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
        lazy=voxels.lazy,
        decisions=(layout.decision, *_channel_sentence(channels), *placed),
        warnings=(*doubts, *more),
    )
    return Volume(voxels, facts, request.opening, request.path.name, affine, spacing)


# --- the header -------------------------------------------------------------------------------


def _header(path: Path) -> _Header:
    """The entries up to ElementDataFile, which is the last one."""
    text = text_header(path, LONGEST_HEADER)
    entries: dict[str, str] = {}
    place = 0
    while (found := ENTRY.match(text, place)) is not None:
        entries[found[1].decode("ascii")] = found[2].decode("utf-8", "replace").strip()
        place = found.end()
        if found[1] == b"ElementDataFile":
            break
    if not entries:
        raise SourceError(path, "does not begin as a MetaImage header does", DAMAGED)
    if "ElementDataFile" not in entries:
        raise SourceError(path, "has a header that ends before ElementDataFile", "Copy it again")
    if entries.get("ObjectType", "Image") != "Image":
        kind = printable(entries["ObjectType"])[:40]
        raise SourceError(path, f"holds a {kind}, which has no voxels", "Open an image")
    listing = entries["ElementDataFile"].startswith("LIST")
    lines = text[place:].decode("utf-8", "replace").splitlines() if listing else []
    return _Header(entries, place, lines)


def _array(path: Path, header: _Header) -> tuple[tuple[int, ...], int, np.dtype[np.generic]]:
    """Shape, values a voxel, and dtype of one value."""
    try:
        shape = tuple(int(word) for word in header.entries.get("DimSize", "").split())
        count = int(header.entries.get("NDims", len(shape)))
        channels = int(header.entries.get("ElementNumberOfChannels", "1"))
    except ValueError:
        raise SourceError(path, "has a size in its header that is no number", DAMAGED) from None
    require_shape(path, shape)
    if count != len(shape) or channels < 1:
        raise SourceError(path, f"declares {count} axes and {len(shape)} sizes", DAMAGED)
    name = header.entries.get("ElementType", "").removesuffix("_ARRAY")
    if name not in DTYPES:
        shown = printable(name)[:40] or "nothing"
        raise SourceError(path, f"holds values of type {shown}, which cannot be read", DAMAGED)
    big = header.is_true("BinaryDataByteOrderMSB", "ElementByteOrderMSB")
    return shape, channels, np.dtype((">" if big else "<") + DTYPES[name])


def _layout(request: Request, shape: tuple[int, ...], channels: int) -> Layout:
    """The letters of the stored axes, channels left out, or those a person gave."""
    path = str(request.path)
    if not 2 <= len(shape) <= 4:
        raise SourceError(path, f"has {len(shape)} axes, {shape}", "Two to four can be shown")
    if request.opening.axes is None:
        return Layout(
            "HWDT"[: len(shape)], f"stored axes i, j, k are {', '.join('HWD'[: len(shape)])}"
        )
    layout = chosen_layout(request.opening.axes, shape, path)
    if layout.is_skeleton or (channels > 1 and "C" in layout.axes):
        raise SourceError(path, f"cannot be opened with axes {layout.axes!r}", "Try 'HWD'")
    return layout


def _channel_sentence(channels: int) -> tuple[str, ...]:
    return (f"the {channels} values of a voxel are the channels",) if channels > 1 else ()


# --- where the voxels are ---------------------------------------------------------------------


def _payload(path: Path, header: _Header) -> Payload:
    """The file or files with the voxels."""
    name = header.entries["ElementDataFile"]
    skip = int(header.entries.get("HeaderSize") or 0)
    start = None if skip < 0 else skip
    paths: tuple[Path, ...]
    if name.upper() == "LOCAL":
        paths, start = (path,), header.end
    elif name.startswith("LIST"):
        paths = listed(path, header.lines)
    else:
        paths = numbered(path, name) or (beside(path, name),)
    if header.is_true("CompressedData"):
        return Payload(paths, start or 0, encoding=_packing(paths[0], start or 0))
    binary = header.entries.get("BinaryData", "True").lower() not in ("false", "0")
    return Payload(paths, start, encoding="" if binary else "ascii")


def _packing(path: Path, start: int) -> str:
    """MetaIO takes a gzip stream for a zlib one too."""
    with open(path, "rb") as file:
        file.seek(start)
        return "gzip" if file.read(2) == b"\x1f\x8b" else "zlib"


# --- where they lie in space ------------------------------------------------------------------


def _place(
    header: _Header, count: int, axes: str
) -> tuple[Float64 | None, tuple[float, float, float] | None, tuple[str, ...], tuple[str, ...]]:
    """Affine (RAS+), spacing (D, H, W), what was decided and what is in doubt."""
    if not "HWD".startswith(axes[:3]):
        return None, None, ("orientation left out: the axes are not H, W, D",), ()
    steps = header.numbers("ElementSpacing", "ElementSize") or [1.0] * count
    if len(steps) < count or not all(math.isfinite(step) and step > 0 for step in steps):
        return None, None, (), ("the spacing in the header makes no sense and is left out",)
    if count == 2:
        return None, (1.0, steps[0], steps[1]), (), ()
    return _in_space(header, count, np.array(steps[:3]))


def _in_space(
    header: _Header, count: int, steps: Float64
) -> tuple[Float64 | None, tuple[float, float, float], tuple[str, ...], tuple[str, ...]]:
    """The same for scans; `steps` (3,) millimeters along H, W, D."""
    spacing = (float(steps[2]), float(steps[0]), float(steps[1]))
    turned = header.numbers("TransformMatrix", "Orientation", "Rotation")
    origin = header.numbers("Offset", "Position", "Origin") or [0.0] * count
    said = "orientation from the TransformMatrix, LPS turned to RAS"
    if turned is None:
        turned, said = np.eye(count).ravel().tolist(), "no TransformMatrix: axes as in LPS"
    if len(turned) != count**2 or len(origin) < 3:
        return None, spacing, (), ("the orientation in the header makes no sense and is left out",)
    affine = np.eye(4)
    # The i-th row of the matrix is the direction of axis i.
    affine[:3, :3] = np.array(turned).reshape(count, count)[:3, :3].T * steps
    affine[:3, 3] = origin[:3]
    affine = lps_to_ras(affine)
    if not usable(affine):
        return None, spacing, (), ("the orientation in the header makes no sense and is left out",)
    affine.flags.writeable = False
    return affine, edges_of(affine), (said,), ()
