"""NumPy's `.npy`: plain numbers, never Python objects, never unpickled.

A volume stays on disk; skeletons are small and are read whole. What an array needs to become a noun
is here for archives of arrays too (`archives`).
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import POINT_CLOUD, Facts, Skeleton, Volume
from voxviewer.files import SourceError
from voxviewer.sources import compressed
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.clouds import Cloud, volume_of
from voxviewer.sources.layout import Layout, chosen_layout, describe_volume, guessed_layout
from voxviewer.sources.points import NO_COMPANIONS, skeleton_of
from voxviewer.sources.skeletons.companions import Companions, companions
from voxviewer.sources.skeletons.guessing import LOOKED_AT, better_axes, is_joints_first
from voxviewer.sources.stored import Bytes, Conversion, FileBytes, StoredVoxels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from voxviewer.data import Alternative
    from voxviewer.sources.boundary import Request

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 65_536
MOST_BYTES = 2**62
"""Bytes beyond which a shape is nonsense: no file system holds them."""


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
    require_numbers(request, header)
    compressed.require_whole(request, request.path.stat().st_size, header.start + header.nbytes)
    return OpenedArray(
        request, header, FileBytes.of(request.path), header.start, "NumPy array"
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


def require_numbers(request: Request, header: NpyHeader, name: str = "") -> None:
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


# --- nouns ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenedArray:
    """An array whose bytes can be had, on its way to a noun."""

    request: Request
    header: NpyHeader
    source: Bytes
    offset: int
    format: str
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    saved_clip: bool = False
    rate: float | None = None
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    companion: Callable[[str], NDArray[Any] | None] = lambda name: None
    hint: Layout | None = None
    spacing: tuple[float, float, float] | None = None
    elsewhere: Callable[[str], Any] | None = None

    def noun(self) -> Volume | Skeleton:
        """Lay the axes out as given, labeled or guessed, and make what they say."""
        layout = self._layout()
        if layout.is_cloud:
            return self._cloud(layout)
        opening = self.request.opening
        if (opening.voxels, opening.cloud) != (None, None):
            raise SourceError(opening.path, "is not a point cloud", "Leave out voxels and cloud")
        return self._skeleton(layout) if layout.is_skeleton else self._volume(layout)

    def _layout(self) -> Layout:
        shape, path = self.header.shape, str(self.request.path)
        if self.request.opening.axes is not None:
            return chosen_layout(self.request.opening.axes, shape, path)
        if self.hint is not None:
            return self.hint
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

    def _lanes(self, axes: str) -> Any:
        """X, J, P, T as T, D, H, W: a skeleton is read through the same door as voxels."""
        return self._voxels(axes.translate(str.maketrans("TPJX", "TDHW")))

    def _first_frames(self, axes: str) -> NDArray[Any]:
        """(T, P, J, X) of the first frames."""
        found: NDArray[Any] = self._lanes(axes)[:LOOKED_AT][..., 0]
        return found

    def _voxels(self, axes: str) -> Any:
        """The stored bytes as (T, D, H, W, C); C order has its last axis fastest."""
        if self.elsewhere is not None:
            return self.elsewhere(axes)
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
            alternatives=self.alternatives,
        )
        times, name = self._times(voxels.shape[0]), request.path.name
        return Volume(voxels, facts, request.opening, name, spacing=self.spacing, times=times)

    def _cloud(self, layout: Layout) -> Volume:
        """Points (N, 3) on a grid."""
        count = self.header.shape[0]
        compressed.require_room(self.request, 100 * count, 100 * count)
        points = self._voxels("HW")[0, 0, :, :, 0].astype(np.float64)
        facts = Facts(
            format=self.format,
            description=POINT_CLOUD,
            stored_shape=self.header.shape,
            stored_axes=layout.axes,
            stored_dtype=self.header.dtype.newbyteorder("=").name,
            nbytes=0,
            decisions=(*self.decisions, layout.decision),
            warnings=self.warnings,
            alternatives=self.alternatives,
        )
        return volume_of(self.request, Cloud(points), facts)

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
            alternatives=self.alternatives,
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
