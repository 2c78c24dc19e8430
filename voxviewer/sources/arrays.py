"""NumPy's `.npy` and `.npz`: plain numbers, never Python objects, never unpickled.

A `.npy` volume stays on disk; a member of an `.npz` is unpacked in pieces after the archive's
directory was believed only as far as deflate can go. Skeletons are small and are read whole.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
import zipfile
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Skeleton, Volume, no_progress
from voxviewer.files import SourceError, size_text
from voxviewer.sources import compressed
from voxviewer.sources.boundary import DAMAGED, Watched, reading
from voxviewer.sources.layout import Layout, chosen_layout, describe_volume, guessed_layout
from voxviewer.sources.points import NO_COMPANIONS, skeleton_of
from voxviewer.sources.skeletons.companions import LARGEST, Companions, companions
from voxviewer.sources.skeletons.guessing import LOOKED_AT, better_axes, is_joints_first
from voxviewer.sources.stored import Bytes, Conversion, FileBytes, HeldBytes, StoredVoxels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from voxviewer.sources.boundary import Request

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 65_536
MOST_BYTES = 2**62
"""Bytes beyond which a shape is nonsense: no file system holds them."""

RATE_NAMES = ("fps", "rate", "frame_rate")


@dataclass(frozen=True)
class NpyHeader:
    """What an array file says of itself: `start` is the first byte of the values."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    start: int

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npy(request: Request) -> Volume | Skeleton:
    """Open an array file; reader of the table `READERS`."""
    with open(request.path, "rb") as file:
        header = npy_header(file, str(request.path))
    _require_numbers(request, header)
    compressed.require_whole(request, request.path.stat().st_size, header.start + header.nbytes)
    return _Opened(request, header, FileBytes.of(request.path), header.start, "NumPy array").noun()


def read_npz(request: Request) -> Volume | Skeleton:
    """Open an archive of arrays: the one named, or the largest that can be shown."""
    with zipfile.ZipFile(request.path) as archive:
        members, unread = _members(request, archive)
        name, warnings = _choice(request, members, unread)
        header, info = members[name]
        _require_numbers(request, header, name)
        data = _unpacked(request, archive, info, header)
        return _Opened(
            request,
            header,
            HeldBytes(data),
            0,
            "NumPy archive",
            warnings=warnings,
            decisions=(f"array {name!r}",),
            saved_clip={"data", "real", "frames"} <= set(members) and name == "data",
            rate=_rate(archive, members),
            shapes={name: header.shape for name, (header, _) in members.items()},
            companion=lambda name: _small(archive, *members[name]),
        ).noun()


# --- headers ----------------------------------------------------------------------------------


def npy_header(stream: IO[bytes], path: str) -> NpyHeader:
    """Read the header of an array file (numpy.lib.format), as data and never as code."""
    start = stream.read(8)
    if start[:6] != MAGIC or len(start) < 8:
        raise SourceError(path, "does not begin as a NumPy file does", DAMAGED)
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    text = stream.read(min(length, LONGEST_HEADER))
    if start[6] not in (1, 2, 3) or not 0 < length == len(text):
        raise SourceError(path, "has a NumPy header that is cut off", DAMAGED)
    try:
        fields = _literal(text.decode("utf-8" if start[6] == 3 else "latin1"))
        shape, fortran = fields["shape"], bool(fields["fortran_order"])
        dtype = np.lib.format.descr_to_dtype(fields["descr"])
    except (ValueError, SyntaxError, TypeError, LookupError, MemoryError, RecursionError) as error:
        # The last two: the parser's own, for brackets within brackets within brackets.
        raise SourceError(path, "has a NumPy header that makes no sense", DAMAGED) from error
    whole = isinstance(shape, tuple) and all(type(length) is int for length in shape)
    if not whole or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize > MOST_BYTES:
        raise SourceError(path, f"declares the shape {shape!r:.80}", DAMAGED)
    return NpyHeader(shape, dtype, fortran, 8 + width + length)


def _literal(text: str) -> Any:
    """A Python literal; files of Python 2 write whole numbers as 10L."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the parser's, about odd escapes: it would print them
        return ast.literal_eval(re.sub(r"(\d)L\b", r"\1", text).strip())


def _require_numbers(request: Request, header: NpyHeader, name: str = "") -> None:
    """Refuse, in one sentence, what has no picture."""
    problem = unshowable(header)
    if problem:
        subject = f"array {name!r} " if name else ""
        raise SourceError(request.path, subject + problem[0], problem[1])


def unshowable(header: NpyHeader) -> tuple[str, str] | None:
    """Why an array cannot be shown and what to do, or None where it can."""
    dtype = header.dtype
    if dtype.hasobject:
        return (
            "holds Python objects, which are never loaded because they can run code",
            "Save it as an array of numbers",
        )
    if dtype.names or dtype.kind not in "biufc":
        return f"holds {dtype.name}, not numbers", "Save it as an array of numbers"
    if not 2 <= len(header.shape) <= 5:
        return f"has {len(header.shape)} axes, {header.shape}", "Two to five can be shown"
    if 0 in header.shape:
        return f"has the shape {header.shape}, which holds no values", "Save it again"
    return None


# --- archives ---------------------------------------------------------------------------------


Members = dict[str, tuple[NpyHeader, zipfile.ZipInfo]]


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


# --- nouns ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Opened:
    """An array whose bytes can be had, on its way to a noun."""

    request: Request
    header: NpyHeader
    source: Bytes
    offset: int
    format: str
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    saved_clip: bool = False
    rate: float | None = None
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    companion: Callable[[str], NDArray[Any] | None] = lambda name: None

    def noun(self) -> Volume | Skeleton:
        layout = self._layout()
        return self._skeleton(layout) if layout.is_skeleton else self._volume(layout)

    def _layout(self) -> Layout:
        shape, path = self.header.shape, str(self.request.path)
        if self.request.opening.axes is not None:
            return chosen_layout(self.request.opening.axes, shape, path)
        if self.saved_clip and len(shape) == 4:
            return Layout("THWC", "axes T, H, W, C: a clip that voxviewer saved")
        layout = guessed_layout(shape, self.header.dtype, self._all_in_unit)
        if layout is None:
            raise SourceError(path, f"has {len(shape)} axes, {shape}", "Two to five can be shown")
        floating = self.header.dtype.kind == "f"
        better = better_axes(layout.axes, shape, floating, self._first_frames)
        if better is None or ("P" in better and not self._moves(better)):
            return layout
        return Layout(better, f"axes guessed as {', '.join(better)} from the shape and the values")

    def _moves(self, axes: str) -> bool:
        """True where persons move smoothly; else their four axes are the film that they look like.

        A film of 6 frames, 32 x 32 pixels and 3 channels has the shape of 6 persons, too.
        """
        values = self._first_frames(axes)
        return is_joints_first(values.reshape(len(values), -1, values.shape[-1]))

    def _lanes(self, axes: str) -> StoredVoxels:
        """X, J, P, T as T, D, H, W: a skeleton is read through the same door as voxels."""
        return self._voxels(axes.translate(str.maketrans("TPJX", "TDHW")))

    def _first_frames(self, axes: str) -> NDArray[Any]:
        """(T, P, J, X) of the first frames."""
        return self._lanes(axes)[:LOOKED_AT][..., 0]

    def _voxels(self, axes: str) -> StoredVoxels:
        """The stored bytes as (T, D, H, W, C); C order has its last axis fastest."""
        shape = self.header.shape
        if not self.header.fortran:
            shape, axes = shape[::-1], axes[::-1]
        return StoredVoxels(self.source, self.offset, shape, axes, Conversion(self.header.dtype))

    def _all_in_unit(self) -> bool:
        """True where every value lies in [0, 1]; stops at the first row that does not."""
        compressed.require_room(self.request, self.header.nbytes, self.header.nbytes)
        rows = self._voxels("HWC")
        for start in range(0, self.header.shape[0], 64):
            part = rows[:, :, start : start + 64]
            if not ((part >= 0) & (part <= 1)).all():
                return False
        return True

    def _volume(self, layout: Layout) -> Volume:
        voxels = self._voxels(layout.axes)
        request, dtype = self.request, self.header.dtype
        complex_values = ("complex values shown as their magnitude",) if dtype.kind == "c" else ()
        facts = Facts(
            format=self.format,
            description=describe_volume(voxels.shape),
            stored_shape=self.header.shape,
            stored_axes=layout.axes,
            stored_dtype=dtype.newbyteorder("=").name,
            nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
            lazy=voxels.lazy,
            decisions=(*self.decisions, layout.decision, *complex_values),
            warnings=self.warnings,
        )
        times = self._times(voxels.shape[0])
        return Volume(voxels, facts, request.opening, request.path.name, times=times)

    def _skeleton(self, layout: Layout) -> Skeleton:
        count = math.prod(self.header.shape)
        compressed.require_room(self.request, 48 * count, 48 * count)
        values = self._lanes(layout.axes)[..., 0]
        facts = Facts(
            format=self.format,
            description="skeleton",
            stored_shape=self.header.shape,
            stored_axes=layout.axes,
            stored_dtype=self.header.dtype.newbyteorder("=").name,
            nbytes=16 * count,
            decisions=(*self.decisions, layout.decision),
            warnings=self.warnings,
        )
        times = self._times(values.shape[0])
        return skeleton_of(values, facts, self.request, times, self._beside(layout.axes))

    def _beside(self, axes: str) -> Companions:
        """Scores (T, P, J), names and bones of the archive."""
        if not self.shapes:
            return NO_COMPANIONS
        found = companions(self.shapes, self.header.shape, axes, self.companion)
        if found.score is None:
            return found
        bare = axes.replace("X", "")
        missing = [letter for letter in "TPJ" if letter not in bare]
        score = found.score.reshape(found.score.shape + (1,) * len(missing))
        order = [(bare + "".join(missing)).index(letter) for letter in "TPJ"]
        return replace(found, score=score.transpose(order))

    def _times(self, count: int) -> Any:
        if self.rate is None or count < 2:
            return None
        times = np.arange(count) / self.rate
        times.flags.writeable = False
        return times
