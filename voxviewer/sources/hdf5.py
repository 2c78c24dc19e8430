"""HDF5: the data sets of a file, of which one is shown and the others are listed.

Only what lies in the file itself is read: links to other files, external storage and virtual data
sets are refused. A data set that lies in one piece is left there; one in chunks is unpacked if it
fits easily, and otherwise read as it is asked for.
"""

from __future__ import annotations

import json
import math
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Alternative
from voxviewer.files import SourceError, available_memory, require_memory
from voxviewer.settings import Opening
from voxviewer.sources import compressed
from voxviewer.sources.arrays import NpyHeader, OpenedArray, unshowable
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.dataset_voxels import DatasetVoxels
from voxviewer.sources.layout import Layout
from voxviewer.sources.stored import FileBytes, HeldBytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.data import Skeleton, Volume
    from voxviewer.sources.boundary import Request

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUFFIXES = (".h5", ".hdf5", ".he5")
MOST_SETS = 2000
MOST_OBJECTS = 50_000
DEEPEST = 40
WHOLE = 512 << 20
"""Bytes up to which a data set in chunks is unpacked whole."""

HARMLESS = 512 << 20
"""Bytes that a chunk may unpack to whatever it claims."""

SLAB = 8 << 20
UNPACKERS = {1, 2, 3, 4, 5, 6, 32000}
"""Numbers of HDF5's own filters (deflate, shuffle, checksum, szip, nbit, offset) and of LZF."""

MODEL_MARKS = ("model_config", "keras_version", "layer_names")
LETTERS = {"t": "T", "time": "T", "z": "D", "d": "D", "depth": "D", "y": "H", "h": "H",
           "height": "H", "x": "W", "w": "W", "width": "W", "c": "C", "channel": "C"}  # fmt: skip
RATES = ("fps", "rate", "frame_rate")


def is_hdf5(start: bytes) -> bool:
    """True where HDF5's signature stands at the beginning, or after a block of the user's own."""
    return any(start[place : place + 8] == SIGNATURE for place in (0, 512, 1024, 2048))


@dataclass(frozen=True)
class Found:
    """A data set or what stands in the place of one: `problem` says why it cannot be shown."""

    name: str
    header: NpyHeader | None = None
    problem: str = ""
    remedy: str = ""


def read_hdf5(request: Request) -> Volume | Skeleton:
    """Open the data set named, or the largest that can be shown; reader of the table `READERS`."""
    with opened_hdf5(request.path) as file:
        _require_data(request, file)
        every = _every(file)
        chosen, told = _choice(request, every)
        assert chosen.header is not None
        return _opened(request, file[chosen.name], chosen, every, told).noun()


@contextmanager
def opened_hdf5(path: Path) -> Iterator[Any]:
    """Yield the file, opened for reading; other programs may have it open, too."""
    import h5py

    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        words = str(error)
        if "truncated" in words:
            raise SourceError(path, "is cut off in the middle", "Copy it again") from error
        raise SourceError(path, "is not an HDF5 file that can be read", DAMAGED) from error
    with file:
        yield file


def _require_data(request: Request, file: Any) -> None:
    """Send a model to where models are chosen."""
    if _holds_model(file):
        raise SourceError(
            request.path, "is a model, not data", "Choose it under Filters, from a model"
        )


def _holds_model(file: Any) -> bool:
    return "model_weights" in file or any(mark in file.attrs for mark in MODEL_MARKS)


def is_model(path: str) -> bool:
    """Return whether an HDF5 file is a Keras model; False where it cannot be read."""
    try:
        with opened_hdf5(Path(path)) as file:
            return _holds_model(file)
    except SourceError:
        return False


# --- what is in the file ----------------------------------------------------------------------


def _every(file: Any) -> list[Found]:
    """All data sets by their path, in the file's order; a group is entered once, whatever links."""
    import h5py

    found: list[Found] = []
    seen = {_address(file)}
    waiting: list[tuple[Any, str]] = [(file, "")]
    looked = 0
    while waiting and len(found) < MOST_SETS and looked < MOST_OBJECTS:
        group, path = waiting.pop()
        inner = []
        for key in group:
            looked += 1
            name = f"{path}{key}"
            link = group.get(key, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                found.append(_elsewhere(name))
            if not isinstance(link, h5py.HardLink) or looked > MOST_OBJECTS:
                continue
            with suppress(OSError, RuntimeError, KeyError, ValueError, TypeError):
                item = group[key]
                if isinstance(item, h5py.Dataset) and item.shape != ():
                    found.append(_described(name, item))
                elif isinstance(item, h5py.Group) and name.count("/") < DEEPEST:
                    if _address(item) not in seen:
                        seen.add(_address(item))
                        inner.append((item, f"{name}/"))
        waiting += reversed(inner)
    return found


def _address(item: Any) -> int:
    import h5py

    return int(h5py.h5o.get_info(item.id).addr)


def _elsewhere(name: str) -> Found:
    return Found(name, None, "lies in another file, which is not opened", "Open that file itself")


def _described(name: str, dataset: Any) -> Found:
    """What a data set is, from its header alone."""
    if dataset.is_virtual or dataset.external:
        return _elsewhere(name)
    if dataset.shape is None:
        return Found(name, None, "is empty", "Choose another")
    shape = tuple(int(length) for length in dataset.shape)
    if dataset.dtype.hasobject:
        return Found(name, None, "holds texts or references, not numbers", "Choose another")
    header = NpyHeader(shape, dataset.dtype, False, 0)
    problem = unshowable(header)
    if problem is None and header.nbytes > 2**62:
        problem = (f"declares the shape {shape}", DAMAGED)
    if problem is None:
        plist = dataset.id.get_create_plist()
        filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
        if filters - UNPACKERS:
            problem = ("is packed by a filter that is not HDF5's own", "Save it with gzip")
    return Found(name, header, *(problem or ()))


def _choice(request: Request, every: list[Found]) -> tuple[Found, tuple[str, ...]]:
    """The data set to show, and a warning that lists the others where none was named."""
    asked = request.opening.array
    if asked is not None:
        for one in every:
            if one.name == asked.strip("/"):
                if one.problem:
                    raise SourceError(request.path, f"{one.name} {one.problem}", one.remedy)
                return one, ()
        raise SourceError(request.path, f"has no data set {asked!r}", f"It has {_listed(every)}")
    shown = [one for one in every if not one.problem and one.header is not None]
    if not shown:
        if not every:
            raise SourceError(request.path, "is an HDF5 file without data sets", "Open another")
        first = every[0]
        raise SourceError(request.path, f"{first.name} {first.problem}", first.remedy)
    largest = max(shown, key=lambda one: one.header.nbytes if one.header else 0)
    others = [one for one in shown if one is not largest]
    if not others:
        return largest, ()
    told = f"{largest.name!r} is the largest data set; also in the file: {_listed(others)}"
    return largest, (told,)


def _listed(every: list[Found]) -> str:
    named = [f"{one.name} {one.header.shape}" if one.header else one.name for one in every[:6]]
    more = f" and {len(every) - 6} more" if len(every) > 6 else ""
    return (", ".join(named) or "none") + more


def _alternatives(request: Request, every: list[Found], shown: Found) -> tuple[Alternative, ...]:
    if len(every) < 2:
        return ()
    return tuple(
        Alternative(
            Opening(request.opening.path, array=one.name),
            one.name,
            one.header.shape if one.header else (),
            one.header.dtype.newbyteorder("=").name if one.header else "",
            one.problem,
            one is shown,
        )
        for one in every
    )


# --- its values -------------------------------------------------------------------------------


def _opened(
    request: Request, dataset: Any, chosen: Found, every: list[Found], told: tuple[str, ...]
) -> OpenedArray:
    """The data set where it lies, in memory, or to be read as it is asked for."""
    header = chosen.header
    assert header is not None
    common = OpenedArray(
        request,
        header,
        HeldBytes(np.empty(0, np.uint8)),
        0,
        "HDF5",
        decisions=(f"data set {chosen.name!r}",),
        warnings=told,
        alternatives=_alternatives(request, every, chosen),
        hint=_labelled(dataset, header.shape),
        spacing=_spacing(dataset),
        rate=_rate(dataset),
    )
    place = dataset.id.get_offset() if dataset.chunks is None else None
    if place is not None:
        source = FileBytes.of(request.path)
        compressed.require_whole(request, source.size, place + header.nbytes)
        return replace(common, source=source, offset=place)
    if header.nbytes <= min(WHOLE, available_memory() // 4):
        return replace(common, source=HeldBytes(_unpacked(request, dataset)))
    _require_chunks(request, dataset)

    def elsewhere(axes: str) -> DatasetVoxels:
        return DatasetVoxels(request.path, chosen.name, header.shape, header.dtype, axes)

    return replace(common, elsewhere=elsewhere)


def _require_chunks(request: Request, dataset: Any) -> None:
    """A chunk is unpacked in one piece: it must fit, and be no more than it claims."""
    chunk = math.prod(int(length) for length in dataset.chunks or ()) * dataset.dtype.itemsize
    require_memory(4 * chunk, request.path, "unpacking it", allow_large=request.allow_large)
    if dataset.compression != "gzip":
        return
    most = max(HARMLESS, 2 * chunk)
    suspects: list[Any] = []

    def note(info: Any) -> None:
        if info.size * compressed.DEFLATE_RATIO > most:
            suspects.append(info)

    dataset.id.chunk_iter(note)
    for info in suspects:
        compressed.require_honest(request, dataset.id.read_direct_chunk(info.chunk_offset)[1], most)


def _unpacked(request: Request, dataset: Any) -> Any:
    """(bytes,) uint8 of a data set in chunks, read in slabs along its first axis."""
    _require_chunks(request, dataset)
    size = math.prod(int(length) for length in dataset.shape) * dataset.dtype.itemsize
    compressed.require_room(request, size, int(dataset.id.get_storage_size()))
    data = np.empty(dataset.shape, dataset.dtype)
    rows = max(1, SLAB // max(1, size // max(1, len(data))))
    if dataset.chunks is not None:
        rows = max(rows // dataset.chunks[0], 1) * dataset.chunks[0]
    for start in range(0, len(data), rows):
        request.progress(start / len(data), f"Unpacking {request.path.name}")
        data[start : start + rows] = dataset[start : start + rows]
    return data.reshape(-1).view(np.uint8)


# --- what stands beside them ------------------------------------------------------------------


def _labelled(dataset: Any, shape: tuple[int, ...]) -> Layout | None:
    """The axes as the file names them: dimension labels, or the tags of ilastik and vigra."""
    with suppress(OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError):
        labels = [str(dataset.dims[place].label).lower() for place in range(len(shape))]
        if not any(labels) and "axistags" in dataset.attrs:
            tags = json.loads(dataset.attrs["axistags"])["axes"]
            labels = [str(tag["key"]).lower() for tag in tags]
        axes = "".join(LETTERS.get(label, "?") for label in labels)
        if len(axes) == len(shape) == len(set(axes)) and "?" not in axes and {*"HW"} <= set(axes):
            return Layout(axes, f"axes {', '.join(axes)} as the file labels them")
    return None


def _spacing(dataset: Any) -> tuple[float, float, float] | None:
    """Millimeters of D, H, W, where the data set has `element_size_um` (z, y, x)."""
    with suppress(OSError, RuntimeError, ValueError, TypeError, KeyError):
        sizes = np.asarray(dataset.attrs["element_size_um"], np.float64).ravel() / 1000
        if sizes.shape == (3,) and np.isfinite(sizes).all() and (sizes > 0).all():
            return float(sizes[0]), float(sizes[1]), float(sizes[2])
    return None


def _rate(dataset: Any) -> float | None:
    """Frames per second, where an attribute of that name is a number."""
    for name in RATES:
        with suppress(OSError, RuntimeError, ValueError, TypeError, KeyError):
            rate = float(dataset.attrs[name])
            if math.isfinite(rate) and rate > 0:
                return rate
    return None
