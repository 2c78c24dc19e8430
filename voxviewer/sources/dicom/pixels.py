"""The pixels of planes: decoded, made RGB where they are colors, rescaled plane by plane."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError, require_memory
from voxviewer.sources.boundary import DAMAGED, Watched, reading
from voxviewer.sources.compressed import PIECE
from voxviewer.sources.dicom.planes import DEFLATED, NATIVE, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from voxviewer.sources.boundary import Request
    from voxviewer.sources.dicom.planes import Plane

SYNTAX_ELEMENT = b"\x02\0\x10\0UI\x16\0"
"""How the element begins that names a transfer syntax of 22 letters, as the deflated one has."""

LONG_FORM = (
    b"OB",
    b"OD",
    b"OF",
    b"OL",
    b"OV",
    b"OW",
    b"SQ",
    b"SV",
    b"UC",
    b"UN",
    b"UR",
    b"UT",
    b"UV",
)
"""VRs whose length has four bytes, after two that are reserved (PS3.5, 7.1.2)."""

COLORS = ("PALETTE COLOR", "RGB", "YBR")


@contextmanager
def quiet() -> Iterator[None]:
    """Let pydicom read what breaks its standard's rules without a word, as people's files do."""
    import warnings

    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def silence_gdcm() -> None:
    """GDCM prints what it thinks of a damaged file straight to standard error."""
    try:
        import gdcm
    except ImportError:
        return
    gdcm.Trace.DebugOff()
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()


def require_decodable(plane: Plane) -> None:
    """Refuse a transfer syntax for which there is no decoder, by its name."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    if plane.syntax in NATIVE:
        return
    name = syntax_name(plane)
    problem = f"is compressed as {name}, which cannot be decoded"
    try:
        decoder = get_decoder(UID(plane.syntax))
    except (NotImplementedError, ValueError):
        raise SourceError(plane.path, problem, "Export it uncompressed") from None
    if not decoder.is_available:
        need = "python-gdcm" if "HTJ2K" not in name and "High-Throughput" not in name else ""
        remedy = f"Install {need}, or export it uncompressed" if need else "Export it uncompressed"
        raise SourceError(plane.path, problem, remedy)


def syntax_name(plane: Plane) -> str:
    """What the standard calls the transfer syntax."""
    from pydicom.uid import UID

    name = UID(plane.syntax).name
    return str(name) if name != plane.syntax else f"the unknown syntax {text(plane.syntax)}"


def require_deflated_room(path: Path, allow_large: bool) -> None:
    """Hold what a deflated file unpacks to against memory; pydicom would unpack any of it."""
    with open(path, "rb") as file:
        start = file.read(PIECE)
        if SYNTAX_ELEMENT + DEFLATED.encode() not in start:
            return
        file.seek(_meta_end(path, start))
        total, inflate, packed = 0, zlib.decompressobj(-15), b"-"
        while packed and not inflate.eof:
            packed = inflate.unconsumed_tail or file.read(PIECE)
            total += len(inflate.decompress(packed, PIECE))
            if total % (64 * PIECE) < PIECE:
                _require_room(total, path, allow_large)
        _require_room(total, path, allow_large)


def _meta_end(path: Path, start: bytes) -> int:
    """Where the elements of group 2 end, as pydicom finds it: it trusts no length of the group."""
    place = 132 if start[128:132] == b"DICM" else 0
    while start[place : place + 2] == b"\x02\0":
        if start[place + 4 : place + 6] in LONG_FORM:
            place += 12 + int.from_bytes(start[place + 8 : place + 12], "little")
        else:
            place += 8 + int.from_bytes(start[place + 6 : place + 8], "little")
    if place >= len(start) or start[place : place + 2] == b"\0\0":  # pydicom reads commands there
        raise SourceError(path, "does not say where its deflated part begins", DAMAGED)
    return place


def _require_room(total: int, path: Path, allow_large: bool) -> None:
    size = path.stat().st_size
    require_memory(2 * total, path, "unpacking it", allow_large=allow_large, stored=size)


# --- values -----------------------------------------------------------------------------------


def channels_of(planes: Sequence[Plane]) -> int:
    """1, or 3 for colors."""
    return 3 if planes[0].photometric.startswith(COLORS) else planes[0].samples


def stored_dtype(planes: Sequence[Plane]) -> np.dtype[Any]:
    """The dtype that holds the stored values of all planes."""
    kinds = []
    for plane in planes:
        kind = "f" if plane.floating else "i" if plane.signed else "u"
        kinds.append(np.dtype(f"{kind}{max(plane.bits // 8, 1)}"))
    return np.result_type(*kinds)


def values_dtype(planes: Sequence[Plane]) -> np.dtype[Any]:
    """The dtype of the values handed on: the file's where nothing is rescaled, else float32."""
    stored = stored_dtype(planes)
    if channels_of(planes) == 3:
        return np.dtype(np.uint16 if stored.itemsize > 1 else np.uint8)
    if rescaled(planes):
        return np.dtype(np.float64 if stored == np.float64 else np.float32)
    return stored


def rescaled(planes: Sequence[Plane]) -> bool:
    """True where slope and intercept, or a table, change the values of some plane."""
    return any(plane.table or (plane.slope, plane.intercept) != (1.0, 0.0) for plane in planes)


def pixels_of(request: Request, frames: Sequence[Sequence[Plane]]) -> NDArray[Any]:
    """(T, D, H, W, C) of a stack of planes."""
    flat = [plane for frame in frames for plane in frame]
    first, dtype, channels = flat[0], values_dtype(flat), channels_of(flat)
    shape = (len(frames), len(frames[0]), first.rows, first.columns, channels)
    for plane in {plane.path: plane for plane in flat}.values():
        _named(request, plane.path, require_decodable, plane)
    largest = max(path.stat().st_size for path in {plane.path for plane in flat})
    one = first.rows * first.columns * max(first.samples, channels) * 16
    needed = len(flat) * one // 16 * dtype.itemsize + one + largest
    require_memory(needed, request.path, "reading it", allow_large=request.allow_large)
    silence_gdcm()
    return _filled(request, frames, np.empty(shape, dtype))


def _filled(request: Request, frames: Sequence[Sequence[Plane]], out: NDArray[Any]) -> NDArray[Any]:
    """Decode file by file, each once, frames in the order of the file."""
    wanted: dict[Path, dict[int, tuple[int, int]]] = {}
    planes: dict[tuple[Path, int], Plane] = {}
    for time, frame in enumerate(frames):
        for depth, plane in enumerate(frame):
            wanted.setdefault(plane.path, {})[plane.frame] = (time, depth)
            planes[plane.path, plane.frame] = plane
    total, done = out.shape[0] * out.shape[1], 0
    for path, places in wanted.items():
        first = next(iter(places))
        with _about(request, path), quiet(), _decoding(planes[path, first]):
            for index, values in _frames(path, places):
                request.progress(0.2 + 0.8 * done / total, f"Decoding {path.name}")
                plane = planes[path, index]
                out[places[index]] = _values(plane, values, out.dtype)
                done += 1
    return out


@contextmanager
def _decoding(plane: Plane) -> Iterator[None]:
    """Name the syntax where a decoder gives up: some cannot do all of what a syntax allows."""
    try:
        yield
    except RuntimeError as error:
        if plane.syntax in NATIVE or isinstance(error, RecursionError):
            raise
        raise SourceError(
            plane.path,
            f"holds pixels that cannot be decoded, compressed as {syntax_name(plane)}",
            "Export it uncompressed, or copy it again if it is damaged",
        ) from error


def _frames(path: Path, places: Mapping[int, Any]) -> Iterator[tuple[int, tuple[Any, Any]]]:
    """(index, (decoded frame, header)) of the frames that are wanted."""
    from pydicom.pixels import iter_pixels

    source, header = _source(path)
    indices = sorted(places)
    for index, frame in zip(
        indices, iter_pixels(source, indices=indices, ds_out=header), strict=False
    ):
        yield index, (frame, source if header is None else header)
        places_left = index != indices[-1]
        if not places_left:
            return
    raise SourceError(path, f"has fewer than its {max(places) + 1} frames", "Copy it again")


def _source(path: Path) -> tuple[Any, Any]:
    """What pydicom decodes from: the file, frame by frame, or all of it where it must be mended."""
    from pydicom import dcmread
    from pydicom.dataset import Dataset, FileMetaDataset

    with open(path, "rb") as file:
        whole = file.read(132)[128:] == b"DICM"
    if whole:
        meta = dcmread(path, specific_tags=[], stop_before_pixels=True).file_meta
        syntax = meta.get("TransferSyntaxUID")
        if syntax and syntax != DEFLATED:
            return path, Dataset()
    dataset = dcmread(path, force=True)
    if not getattr(dataset, "file_meta", None):
        dataset.file_meta = FileMetaDataset()
    if not dataset.file_meta.get("TransferSyntaxUID"):
        implicit, little = dataset.original_encoding
        ending = "" if implicit else ".1" if little else ".2"
        from pydicom.uid import UID

        dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2" + ending)
    return dataset, None


def _values(plane: Plane, decoded: tuple[Any, Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """(H, W, C) of one decoded frame."""
    frame, header = decoded
    if plane.photometric == "PALETTE COLOR":
        from pydicom.pixels import apply_color_lut

        frame = apply_color_lut(frame, header)[..., :3]
    elif plane.table:
        from pydicom.pixels import apply_modality_lut

        frame = apply_modality_lut(frame, header)
    elif (plane.slope, plane.intercept) != (1.0, 0.0):
        with np.errstate(all="ignore"):
            frame = frame.astype(np.float64) * plane.slope + plane.intercept
    if frame.ndim == 2:
        frame = frame[..., None]
    if frame.shape[:2] != (plane.rows, plane.columns):
        raise SourceError(plane.path, "holds a frame of another size than it claims", DAMAGED)
    with np.errstate(all="ignore"):
        values: NDArray[Any] = frame.astype(dtype, copy=False)
    return values


def _named(request: Request, path: Path, check: Any, plane: Plane) -> None:
    with _about(request, path):
        check(plane)


@contextmanager
def _about(request: Request, path: Path) -> Iterator[None]:
    """What is wrong with a file of a folder is told with its name and the folder's."""
    watched = (
        request.progress if isinstance(request.progress, Watched) else Watched(request.progress)
    )
    try:
        with reading(str(path), watched):
            yield
    except SourceError as error:
        if path == request.path or error.path != str(path):
            raise
        problem = f"{path.name} {error.problem}"
        raise SourceError(request.path, problem, error.remedy) from error
