"""TIFF: stacks and films through tifffile, pictures and rare packings through Pillow.

tifffile knows the axes of ImageJ and OME, BigTIFF, every number format, and several series in one
file; it unpacks deflate and PackBits by itself. What else pages are packed with (LZW, JPEG, fax,
WebP, Zstandard) and pictures with palettes, alpha or inks are Pillow's. Plain data stay on disk.
"""

from __future__ import annotations

import logging
import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Alternative, Facts, Volume, frozen
from voxviewer.files import SourceError
from voxviewer.settings import Opening
from voxviewer.sources import compressed
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.layout import Layout, chosen_layout, describe_volume
from voxviewer.sources.pictures import read_picture
from voxviewer.sources.stored import VOLUME_AXES, Conversion, FileBytes, StoredVoxels
from voxviewer.sources.tiff_chain import require_sound_chain
from voxviewer.sources.tiff_facts import sampling
from voxviewer.sources.tiff_pages import is_plain, pillow_reads_whole, pixels_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.sources.boundary import Request

MEANINGS = {"X": "W", "Y": "H", "S": "C", "C": "C", "Z": "D", "T": "T"}
"""tifffile's letters for axes, and ours; others (pages, angles, mosaics) are found a place."""

SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_tiff(start: bytes) -> bool:
    """True where the first bytes are those of a TIFF or a BigTIFF."""
    # DICOM leaves the first 128 bytes free; some files hold a TIFF's beginning there.
    return start.startswith(BEGINNINGS) and start[128:132] != b"DICM"


def read_tiff(request: Request) -> Volume:
    """Open a TIFF: a picture, or the series chosen of it; reader of the table `READERS`."""
    require_sound_chain(request.path)
    with _opened(request) as file:
        every = sorted(file.series, key=lambda one: -one.nbytes)
        if not every:
            raise SourceError(request.path, "is a TIFF without pictures", DAMAGED)
        number = request.opening.series
        if number >= len(every):
            raise SourceError(
                request.path,
                f"has no series {number}",
                f"It has {len(every)}, the largest of which is 0" if every[1:] else "Use series 0",
            )
        series = every[number]
        alone = len(file.pages) == 1 and not (file.is_imagej or file.is_ome)
        if not (alone and request.opening.axes is None and pillow_reads_whole(series.keyframe)):
            return _Stack(request, file, series, _choices(request, every, number)).volume()
    return read_picture(request)


@contextmanager
def _opened(request: Request) -> Iterator[Any]:
    """Yield tifffile's view of the file; what it thinks of it is not for standard error."""
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Never another file: OME's names of companions may lead out of the folder.
        with tifffile.TiffFile(request.path, _multifile=False) as file:
            yield file


def _choices(request: Request, every: list[Any], shown: int) -> tuple[Alternative, ...]:
    """Every series of the file, the largest first; none where there is only one."""
    if len(every) < 2:
        return ()
    return tuple(
        Alternative(
            Opening(request.opening.path, series=number),
            f"series {number}" + (f", {one.name}" if one.name else ""),
            tuple(int(length) for length in one.shape),
            f"{one.dtype}, axes {one.axes}",
            shown=number == shown,
        )
        for number, one in enumerate(every)
    )


@dataclass(frozen=True)
class _Stack:
    """A series on its way to a volume."""

    request: Request
    file: Any
    series: Any
    choices: tuple[Alternative, ...]

    def volume(self) -> Volume:
        """The series as (T, D, H, W, C)."""
        layout = self._layout()
        lazy = self._stored(layout.axes)
        said: list[str] = [layout.decision]
        told = list(self._others())
        if lazy is not None:
            voxels: Any = lazy
            dtype = self._dtype()
        else:
            pixels = pixels_of(self.request, self.series)
            said += pixels.decisions
            told += pixels.warnings
            dtype = pixels.array.dtype
            voxels = arranged(pixels.array, pixels.axes(layout.axes, self.series.axes))
        return self._named(voxels, dtype, layout, said, told)

    def _named(
        self, voxels: Any, dtype: Any, layout: Layout, said: list[str], told: list[str]
    ) -> Volume:
        T = voxels.shape[0]
        found = sampling(self.file, self.series)
        times = None
        if T > 1 and found.step is not None:
            times = frozen(np.arange(T) * found.step)
        shape = tuple(int(length) for length in self.series.shape)
        facts = Facts(
            format=self._format(),
            description=describe_volume(voxels.shape),
            stored_shape=shape,
            stored_axes=layout.axes,
            stored_dtype=np.dtype(dtype).newbyteorder("=").name,
            nbytes=math.prod(voxels.shape) * voxels.dtype.itemsize,
            lazy=isinstance(voxels, StoredVoxels),
            decisions=(*said, *found.words),
            warnings=tuple(told),
            alternatives=self.choices,
        )
        opening, name = self.request.opening, self.request.path.name
        return Volume(voxels, facts, opening, name, spacing=found.spacing, times=times)

    def _format(self) -> str:
        kind = "BigTIFF" if self.file.is_bigtiff else "TIFF"
        maker = "OME " if self.file.is_ome else "ImageJ " if self.file.is_imagej else ""
        pages = len(self.series.pages)
        return f"{maker}{kind}" + (f", {pages} pages" if pages > 1 else "")

    def _others(self) -> tuple[str, ...]:
        if not self.choices or self.request.opening.series:
            return ()
        others = [f"{one.label} {one.shape}" for one in self.choices if not one.shown]
        named = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
        return (f"the largest series is shown; also in the file: {named}",)

    def _layout(self) -> Layout:
        shape, letters = tuple(self.series.shape), self.series.axes.upper()
        path = str(self.request.path)
        if 0 in shape or len(shape) < 2:
            raise SourceError(path, f"holds pages of the shape {shape}", DAMAGED)
        asked = self.request.opening.axes
        if asked is not None:
            layout = chosen_layout(asked, shape, path)
            if layout.is_skeleton:
                raise SourceError(path, "is a picture, not joints", "Use T, D, H, W and C")
            return layout
        axes = meaning(letters, shape)
        merged = len(set(axes)) < len(axes)
        decision = f"stored axes {', '.join(letters)} taken as {', '.join(axes)}"
        return Layout(axes, f"{decision}, those of one letter run together" if merged else decision)

    def _dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = np.dtype(self.series.dtype).newbyteorder(self.file.byteorder)
        return dtype

    def _stored(self, axes: str) -> StoredVoxels | None:
        """Voxels left on disk, where they lie there one after the other as they are."""
        series = self.series
        if series.dataoffset is None or len(set(axes)) < len(axes) or not is_plain(series.keyframe):
            return None
        source = FileBytes.of(self.request.path)
        compressed.require_whole(self.request, source.size, series.dataoffset + series.nbytes)
        shape = tuple(int(length) for length in series.shape)
        conversion = Conversion(self._dtype())
        return StoredVoxels(source, series.dataoffset, shape[::-1], axes[::-1], conversion)


def meaning(letters: str, shape: tuple[int, ...]) -> str:
    """Our letter for each of tifffile's; one that we have not goes where there is room.

    Pages that say nothing of themselves are slices where they are gray and frames where they have
    colors. What finds no room of its own runs together with time.
    """
    free = [letter for letter in "DT" if letter not in {MEANINGS.get(each) for each in letters}]
    if any(each in "SC" for each in letters):
        free.reverse()
    found = ""
    for letter in letters:
        known = MEANINGS.get(letter)
        if known is None:
            known = free.pop(0) if free else "T"
        found += known
    return found


def arranged(array: Any, axes: str) -> Any:
    """(T, D, H, W, C) of an array whose axes have these letters; equal ones run together."""
    order = [place for letter in VOLUME_AXES for place, each in enumerate(axes) if each == letter]
    counts = [
        math.prod(n for n, each in zip(array.shape, axes, strict=True) if each == letter)
        for letter in VOLUME_AXES
    ]
    conversion = Conversion(array.dtype)
    return frozen(conversion.apply(array.transpose(order).reshape(counts)))
