"""NumPy's `.npz`: several arrays in one file, of which one is shown and the others are listed.

A member is unpacked in pieces after the archive's directory was believed only as far as deflate can
go. Small arrays beside a skeleton, its scores and names, are read with it.
"""

from __future__ import annotations

import math
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Alternative, no_progress
from voxviewer.files import SourceError, size_text
from voxviewer.settings import Opening
from voxviewer.sources import compressed
from voxviewer.sources.arrays import (
    NpyHeader,
    OpenedArray,
    npy_header,
    require_numbers,
    unshowable,
)
from voxviewer.sources.boundary import Watched, reading
from voxviewer.sources.skeletons.companions import LARGEST
from voxviewer.sources.stored import HeldBytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton, Volume
    from voxviewer.sources.boundary import Request

RATE_NAMES = ("fps", "rate", "frame_rate")
Members = dict[str, tuple[NpyHeader, zipfile.ZipInfo]]


def read_npz(request: Request) -> Volume | Skeleton:
    """Open an archive of arrays: the one named, or the largest that can be shown."""
    with zipfile.ZipFile(request.path) as archive:
        members, unread = _members(request, archive)
        name, warnings = _choice(request, members, unread)
        header, info = members[name]
        require_numbers(request, header, name)
        data = _unpacked(request, archive, info, header)
        return OpenedArray(
            request,
            header,
            HeldBytes(data),
            0,
            "NumPy archive",
            warnings=warnings,
            decisions=(f"array {name!r}",),
            alternatives=_alternatives(request, members, unread, name),
            saved_clip={"data", "real", "frames"} <= set(members) and name == "data",
            rate=_rate(archive, members),
            shapes={name: header.shape for name, (header, _) in members.items()},
            companion=lambda name: _small(archive, *members[name]),
        ).noun()


def _members(request: Request, archive: zipfile.ZipFile) -> tuple[Members, dict[str, SourceError]]:
    """The arrays of an archive by name, from their headers alone, and why others are unreadable."""
    found: Members = {}
    unread: dict[str, SourceError] = {}
    for info in archive.infolist():
        if not info.filename.endswith(".npy") or info.is_dir():
            continue
        try:
            found[info.filename[:-4]] = _member_header(request, archive, info), info
        except SourceError as error:
            unread[info.filename[:-4]] = error
    if not found and not unread:
        raise SourceError(request.path, "is an archive without arrays", "Open an .npz of arrays")
    return found, unread


def _member_header(request: Request, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NpyHeader:
    path, subject = str(request.path), f"array {info.filename[:-4]!r}"
    if info.flag_bits & 1:
        raise SourceError(path, f"{subject} is encrypted", "Save it without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # bz2 and LZMA unpack a piece without a limit, whatever size the directory names.
        raise SourceError(path, f"{subject} is packed as NumPy never does", "Save it with NumPy")
    with reading(path, Watched(no_progress)), archive.open(info) as stream:
        return npy_header(stream, path)


def _choice(
    request: Request, members: Members, unread: dict[str, SourceError]
) -> tuple[str, tuple[str, ...]]:
    """The array to show, and a warning that lists the others where none was named."""
    asked = request.opening.array
    if asked in unread:
        raise unread[asked]
    if asked is not None:
        if asked in members:
            return asked, ()
        names = ", ".join(repr(name) for name in (*members, *unread))
        raise SourceError(request.path, f"has no array {asked!r}", f"It has {names}")
    if not members:
        raise next(iter(unread.values()))
    shown = {name: header for name, (header, _) in members.items() if not unshowable(header)}
    if not shown:
        return next(iter(members)), ()
    largest = max(shown, key=lambda name: math.prod(shown[name].shape))
    others = [f"{name} {members[name][0].shape}" for name in members if name != largest]
    others += [f"{name}, which cannot be read" for name in unread]
    told = f"{largest!r} is the largest array; also in the file: {', '.join(others)}"
    return largest, (told,) if others else ()


def _alternatives(
    request: Request, members: Members, unread: dict[str, SourceError], shown: str
) -> tuple[Alternative, ...]:
    """Every array of the archive, in its order; none where there is only one."""
    if len(members) + len(unread) < 2:
        return ()

    def named(name: str) -> Opening:
        return Opening(request.opening.path, array=name)

    found = [
        Alternative(
            named(name),
            name,
            header.shape,
            header.dtype.newbyteorder("=").name,
            (unshowable(header) or ("",))[0],
            name == shown,
        )
        for name, (header, _) in members.items()
    ]
    unreadable = [Alternative(named(name), name, problem="cannot be read") for name in unread]
    return (*found, *unreadable)


def _unpacked(
    request: Request, archive: zipfile.ZipFile, info: zipfile.ZipInfo, header: NpyHeader
) -> Any:
    """The bytes of one array, after its claims were held against the directory."""
    claimed = header.start + header.nbytes
    if claimed > info.file_size:
        raise SourceError(
            request.path,
            f"array {info.filename[:-4]!r} ends after {size_text(info.file_size)} "
            f"of {size_text(claimed)}",
            "Save it again",
        )
    if info.compress_type == zipfile.ZIP_DEFLATED:
        compressed.require_possible(request, claimed, info.compress_size)
    compressed.require_room(request, header.nbytes, info.compress_size)
    with archive.open(info) as stream:
        data = compressed.unpack(request, stream, header.start, header.nbytes)
        compressed.finish(stream)
    return data


def _rate(archive: zipfile.ZipFile, members: Members) -> float | None:
    """Frames per second, where the archive holds one number of that name."""
    for name in RATE_NAMES:
        if name not in members:
            continue
        header, info = members[name]
        if header.dtype.kind in "iuf" and math.prod(header.shape) == 1:
            with archive.open(info) as stream:
                stream.read(header.start)
                value = float(np.frombuffer(stream.read(header.nbytes), header.dtype)[0])
            return value if math.isfinite(value) and value > 0 else None
    return None


def _small(
    archive: zipfile.ZipFile, header: NpyHeader, info: zipfile.ZipInfo
) -> NDArray[Any] | None:
    """An array of numbers or texts that goes with another, or None where it is too large."""
    if header.dtype.kind not in "biufUS" or header.nbytes > min(LARGEST, info.file_size):
        return None
    with archive.open(info) as stream:
        stream.read(header.start)
        data = stream.read(header.nbytes)
    if len(data) < header.nbytes or not data:
        return None
    order: Any = "F" if header.fortran else "C"
    return np.frombuffer(data, header.dtype).reshape(header.shape, order=order)
