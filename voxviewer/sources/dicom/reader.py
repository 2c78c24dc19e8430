"""The readers of DICOM: a file, and a folder with one series or several."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from voxviewer.data import Facts, Volume, frozen
from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.dicom.finding import begins_as_dicom, files_in
from voxviewer.sources.dicom.pixels import (
    pixels_of,
    quiet,
    require_deflated_room,
    rescaled,
    stored_dtype,
)
from voxviewer.sources.dicom.planes import Plane, planes_of, text
from voxviewer.sources.dicom.series import (
    alternatives,
    chosen,
    direction_sentence,
    divided,
    other_series_sentence,
)
from voxviewer.sources.dicom.stacking import Stack, stacked
from voxviewer.sources.frames import JOINED_BY
from voxviewer.sources.layout import describe_volume

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from voxviewer.sources.boundary import Request
    from voxviewer.sources.dicom.series import Series

MOST_NAMED = 3


def read_dicom(request: Request) -> Volume:
    """Open a DICOM file; reader of the table `READERS`."""
    if not begins_as_dicom(request.path):
        raise SourceError(request.path, "does not begin as a DICOM file does", DAMAGED)
    request.progress(0.0, f"Reading {request.path.name}")
    dataset = _header(request, request.path)
    planes = planes_of(request.path, dataset)
    if not planes:
        _refuse_imageless(request.path, dataset)
    return _volume(request, planes, (), "DICOM")


def read_dicom_folder(request: Request) -> Volume:
    """Open a folder with DICOM files; reader of the table `READERS`."""
    paths = _paths(request)
    planes: list[Plane] = []
    without: Counter[str] = Counter()
    damaged: list[str] = []
    for index, path in enumerate(paths):
        request.progress(0.2 * index / len(paths), f"Looking at {path.name}")
        try:
            dataset = _header(request, path)
            found = planes_of(path, dataset)
        except SourceError:
            damaged.append(path.name)
            continue
        planes += found
        if not found:
            without[_kind(dataset)] += 1
    if not planes:
        kinds = ", ".join(sorted(without)) or "none can be read"
        raise SourceError(
            request.path, f"holds DICOM files without an image ({kinds})", "Open another folder"
        )
    said = _left_out(without, damaged)
    return _volume(request, planes, said, "DICOM series")


def _paths(request: Request) -> list[Path]:
    """The DICOM files of a folder, or those of them that `array` names."""
    if request.opening.array is not None:
        names = request.opening.array.split(JOINED_BY)
        paths = [request.path / os.path.basename(name) for name in names]
        missing = [path.name for path in paths if not (path.is_file() and begins_as_dicom(path))]
        if missing:
            raise SourceError(
                request.path,
                f"has no DICOM file {', '.join(missing[:MOST_NAMED])}",
                "Drop them again",
            )
        return paths
    paths = []
    for path in files_in(request.path):
        request.progress(0.0, f"Looking for DICOM files: {path.name}")
        if begins_as_dicom(path):
            paths.append(path)
    if not paths:
        raise SourceError(request.path, "is a folder without DICOM files", "Open another one")
    return paths


def _header(request: Request, path: Path) -> Any:
    """Everything but the pixels."""
    from pydicom import dcmread

    from voxviewer.sources.boundary import Watched, reading

    watched = (
        request.progress if isinstance(request.progress, Watched) else Watched(request.progress)
    )
    with reading(str(path), watched), quiet():
        require_deflated_room(path, request.allow_large)
        return dcmread(path, stop_before_pixels=True, force=True)


def _kind(dataset: Any) -> str:
    return text(dataset.get("Modality")) or "no modality"


def _refuse_imageless(path: Path, dataset: Any) -> None:
    if dataset.get("DirectoryRecordSequence") is not None:
        raise SourceError(
            path, "is the index of a folder of DICOM files, without an image", "Open its folder"
        )
    if not dataset.get("SOPClassUID"):
        raise SourceError(path, "begins like a DICOM file, but is none", DAMAGED)
    raise SourceError(
        path, f"holds no image: it is a DICOM file of modality {_kind(dataset)}", "Open an image"
    )


def _left_out(without: Counter[str], damaged: Sequence[str]) -> tuple[str, ...]:
    said = []
    if without:
        kinds = ", ".join(sorted(without))
        said.append(f"files without an image are left out: {without.total()} ({kinds})")
    if damaged:
        more = f" and {len(damaged) - MOST_NAMED} more" if len(damaged) > MOST_NAMED else ""
        said.append(f"cannot be read and left out: {', '.join(damaged[:MOST_NAMED])}{more}")
    return tuple(said)


# --- the noun ---------------------------------------------------------------------------------


def _volume(
    request: Request, planes: Sequence[Plane], warnings: tuple[str, ...], kind: str
) -> Volume:
    """The series that was asked for, stacked and decoded."""
    series = divided(planes)
    picked = chosen(request, series)
    stack = stacked(picked.planes)
    pixels = frozen(pixels_of(request, stack.planes))
    flat = [plane for frame in stack.planes for plane in frame]
    T, D, _, _, C = pixels.shape
    kept = [(letter, size) for letter, size in zip("TDHWC", pixels.shape, strict=True)
            if letter in "HW" or size > 1]  # fmt: skip
    facts = Facts(
        format=", ".join(word for word in (kind, flat[0].modality, _compression(flat[0])) if word),
        description=describe_volume((T, D, pixels.shape[2], pixels.shape[3], C)),
        stored_shape=tuple(size for _, size in kept),
        stored_axes="".join(letter for letter, _ in kept),
        stored_dtype=str(stored_dtype(flat)),
        nbytes=pixels.nbytes,
        decisions=(*_series_sentence(picked, series), *stack.decisions, *_value_sentences(flat)),
        warnings=(
            *warnings,
            *other_series_sentence(request, series),
            *direction_sentence(picked),
            *stack.warnings,
        ),
        alternatives=alternatives(request, series),
        window=_window(stack),
    )
    name = request.path.name or request.path.resolve().name
    return Volume(pixels, facts, request.opening, name, stack.affine, stack.spacing, stack.times)


def _compression(plane: Plane) -> str:
    """The name of a compressed transfer syntax, without its small print."""
    from pydicom.uid import UID

    uid = UID(plane.syntax)
    return uid.name.split(",")[0].split(" (")[0] if uid in _compressed() else ""


def _compressed() -> Sequence[str]:
    from pydicom.uid import (
        JPEG2000TransferSyntaxes,
        JPEGLSTransferSyntaxes,
        JPEGTransferSyntaxes,
        RLETransferSyntaxes,
    )

    return [
        *JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes, *JPEG2000TransferSyntaxes,
        *RLETransferSyntaxes,
    ]  # fmt: skip


def _series_sentence(picked: Series, series: Sequence[Series]) -> tuple[str, ...]:
    return (f"{picked.label} ({picked.detail}), of {len(series)}",) if len(series) > 1 else ()


def _value_sentences(planes: Sequence[Plane]) -> tuple[str, ...]:
    """What was done to the stored values."""
    first = planes[0]
    said = []
    if first.photometric == "MONOCHROME1":
        said.append("MONOCHROME1: low values are meant to be bright; the values are kept")
    elif first.photometric == "PALETTE COLOR":
        said.append("colors from the file's palette")
    elif first.photometric.startswith("YBR"):
        said.append(f"{first.photometric} colors turned to RGB")
    if any(plane.table for plane in planes):
        said.append("values from the file's modality table")
    elif rescaled(planes):
        said.append(_scaling_sentence(planes))
    return tuple(said)


def _scaling_sentence(planes: Sequence[Plane]) -> str:
    slopes, intercepts = {p.slope for p in planes}, {p.intercept for p in planes}
    unit = f" ({planes[0].unit})" if planes[0].unit else ""
    if len(slopes) == len(intercepts) == 1:
        return f"slope {min(slopes):.6g} and intercept {min(intercepts):.6g} applied{unit}"
    return (
        f"slope and intercept applied slice by slice{unit}: {min(slopes):.6g} to "
        f"{max(slopes):.6g}, {min(intercepts):.6g} to {max(intercepts):.6g}"
    )


def _window(stack: Stack) -> tuple[float, float] | None:
    """The window of the slice in the middle."""
    middle = stack.planes[len(stack.planes) // 2]
    return middle[len(middle) // 2].window
