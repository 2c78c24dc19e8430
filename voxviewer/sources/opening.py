"""A path becomes a noun: known by its first bytes, then by its name, and read by its reader."""

from __future__ import annotations

import os
import stat
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.data import Progress, Skeleton, Volume, no_progress
from voxviewer.files import SourceError
from voxviewer.settings import Opening
from voxviewer.sources.boundary import Request, Watched, reading
from voxviewer.sources.compressed import GZIP_MAGIC
from voxviewer.sources.corrections import corrected
from voxviewer.sources.dicom.finding import is_dicom_folder
from voxviewer.sources.layout import require_axes
from voxviewer.sources.readers import (
    FAMILIES,
    FOLDER,
    POSES,
    READABLE,
    READERS,
    SAMPLE,
    SCANS,
    Reader,
)
from voxviewer.sources.samples import is_sample, read_sample
from voxviewer.sources.skeletons.pose_folder import is_pose_folder
from voxviewer.sources.stacking import read_stack

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD_BYTES = 4096
MODELS = (".keras",)


def open(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    axes: str | None = None,
    array: str | None = None,
    series: int = 0,
    person: int | None = None,
    unit: str | None = None,
    up: str | None = None,
    rate: float | None = None,
    voxels: int | None = None,
    cloud: str | None = None,
    stack: bool = False,
    allow_large: bool = False,
    progress: Progress = no_progress,
) -> Volume | Skeleton:
    """Open a file, a folder of images or a sample; or several of one size, stacked over time.

    Parameters
    ----------
    path : a file, a folder, or "sample:waving-hand" (the table `samples.SAMPLES`); with `stack` a
        list of them
    axes : letters for the stored axes, where the guess is wrong: "HWD", "THWC", "DHW", "TJX", "NX"
    array : which array of an archive or data set of an HDF5 file; files of a folder, joined by "/";
        which part of a pose file ("hand_left", "all"); which recording of a list
    series : which series of a file that has several, the largest first; 0 where it has one
    person : of a skeleton's persons this one alone, counted from 0; None: all
    unit, up : of a skeleton, where the reader's decision is wrong: "px", "m", "cm", "mm",
        "normalized" or "unit"; "y+", "y-" or "z+"
    rate : frames per second, where the file says none or a wrong one
    voxels : of a point cloud, the cells along the longest side of its grid; None is 64
    cloud : of a point cloud, what a voxel holds: "count" (None), "occupancy", "color", or the name
        of a value that the points carry
    stack : `path` lists volumes or pictures of one size, which become one source: the moments of
        each follow those of the one before it
    allow_large : go on where memory is short but may do
    progress : called with (share done, what is being done); what it raises passes

    Returns
    -------
    Volume or Skeleton
        arrays read-only; large volumes stay on disk until they are indexed

    Raises
    ------
    SourceError
        one sentence: which file, what is wrong, what to do
    ValueError
        for `axes`, `series`, `person`, `unit`, `up`, `rate` or `voxels` that cannot be meant; for
        several paths without `stack`

    Example
    -------
    >>> open("sample:phantom").shape
    (1, 30, 64, 64, 1)
    """
    first, *others = _paths(path, stack)
    opening = Opening(
        first, require_axes(axes), array, series, person, unit, up, rate, voxels, cloud,
        tuple(others) or None,
    )  # fmt: skip
    return same_opening(opening, allow_large=allow_large, progress=progress)


def _paths(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], stack: bool
) -> list[str]:
    """One path, or the paths of a stack."""
    if isinstance(path, (str, bytes, os.PathLike)):
        return [os.fsdecode(path)]
    paths = [os.fsdecode(one) for one in path]
    if not paths:
        raise ValueError("there is no path to open")
    if len(paths) > 1 and not stack:
        raise ValueError(f"{len(paths)} paths are one source only with stack=True")
    return paths


def same_opening(
    opening: Opening, *, allow_large: bool = False, progress: Progress = no_progress
) -> Volume | Skeleton:
    """Open a path as it was opened before: the same noun comes back."""
    axes, series = require_axes(opening.axes), opening.series
    if isinstance(series, bool) or not isinstance(series, int) or series < 0:
        raise ValueError(f"series must be a whole number from 0, not {series!r}")
    opening = replace(opening, axes=axes, series=series)
    watched = Watched(progress)
    request = Request(opening.as_read, Path(opening.path), watched, allow_large)
    with reading(opening.path, watched):
        if opening.stack is None:
            return corrected(_read(request), opening)
        return corrected(_stacked(request), opening)


def _stacked(request: Request) -> Volume:
    def read(one: Opening, progress: Progress) -> Volume | Skeleton:
        return same_opening(one, allow_large=request.allow_large, progress=progress)

    return read_stack(request.opening, read, request.progress, allow_large=request.allow_large)


def _read(request: Request) -> Volume | Skeleton:
    if is_sample(request.opening.path):
        _require_plain(request, "is a sample", SAMPLE)
        return read_sample(request)
    reader = recognized(request.opening.path)
    _require_plain(request, f"is a {reader.name}", reader)
    return reader.read(request)


def recognized(path: str) -> Reader:
    """The row of `READERS` for a path, by its first bytes, then by its name; else `SourceError`."""
    file = Path(path)
    try:
        found = os.stat(path)  # not of `file`: to a Path, "" is the current folder
    except FileNotFoundError:
        raise SourceError(path, "is not there", "Check the path") from None
    except ValueError as error:
        raise SourceError(path, "is not a path that can be opened", "Check the path") from error
    if stat.S_ISDIR(found.st_mode):
        return _folder_reader(file)
    if not stat.S_ISREG(found.st_mode):
        raise SourceError(path, "is not a file", READABLE)
    if found.st_size == 0:
        raise SourceError(path, "is empty", "Copy it again")
    start = _start(file)
    named = named_reader(path)
    for reader in READERS:
        if reader.sniff(start):
            _require_same_family(path, reader, named)
            return reader
    return named or _refuse(path)


def _folder_reader(folder: Path) -> Reader:
    if is_pose_folder(folder):
        return POSES
    return SCANS if is_dicom_folder(folder) else FOLDER


def _require_same_family(path: str, reader: Reader, named: Reader | None) -> None:
    """Refuse a picture that is named as a scan: one of the two is a mistake."""
    if named is None or _family(named) == _family(reader):
        return
    raise SourceError(
        path,
        f"has the name of a {named.name} file but holds {reader.name} data",
        "Give it its own ending, or copy it again",
    )


def _family(reader: Reader) -> tuple[str, ...]:
    return next((family for family in FAMILIES if reader.name in family), ())


def named_reader(path: str) -> Reader | None:
    """The row of `READERS` for a file name, without a look at the file."""
    name = path.lower()
    for reader in READERS:
        if name.endswith(reader.suffixes or ("\0",)):
            return reader
    return None


def _refuse(path: str) -> Reader:
    if path.lower().endswith(MODELS):
        raise SourceError(path, "is a model, not data", "Choose it under Filters, from a model")
    raise SourceError(path, "is not a kind of file that can be opened", READABLE)


def _start(path: Path) -> bytes:
    """The first bytes, unpacked where they are gzipped."""
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    if not start.startswith(GZIP_MAGIC):
        return start
    try:
        return zlib.decompressobj(31).decompress(start, HEAD_BYTES)
    except zlib.error:
        return b""


def _require_plain(request: Request, what: str, reader: Reader) -> None:
    """Refuse ways of opening that this kind of file does not have; nothing is ignored."""
    opening = request.opening
    if opening.series and not reader.several:
        raise SourceError(opening.path, f"{what} with one series", "Use series 0")
    if opening.array is not None and not reader.named:
        raise SourceError(opening.path, f"{what} without named arrays", "Leave out array")
    if (opening.voxels, opening.cloud) != (None, None) and not reader.points:
        raise SourceError(opening.path, f"{what}, not a point cloud", "Leave out voxels and cloud")
    if opening.axes is not None and not reader.sized:
        raise SourceError(opening.path, f"{what}, whose axes are known", "Leave out axes")
