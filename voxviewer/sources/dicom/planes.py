"""A header becomes planes: one for each frame, with its place, its scaling and its time.

Frames of enhanced files have these in functional groups, shared by all frames or of each one
(PS3.3, C.7.6.16); single ones have them in the file itself. `_Frame` looks in all three.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voxviewer.files import SourceError, printable, size_text
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Triple = tuple[float, float, float]

DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "")
"""Transfer syntaxes of pixels that lie in the file as they are."""

MOST_FRAMES = 100_000
SMALLEST_FRAME = 8
"""Bytes that a compressed frame takes at least: the head of its item."""
SEGMENT = "SegmentIdentificationSequence"

MOMENTS = {
    "temporal position": (
        ("TemporalPositionIdentifier",), ("TemporalPositionIndex", "FrameContentSequence"),
    ),
    "trigger time": (
        ("TriggerTime",), ("NominalCardiacTriggerDelayTime", "CardiacSynchronizationSequence"),
    ),
    "echo time": (("EchoTime",), ("EffectiveEchoTime", "MREchoSequence")),
    "b-value": (("DiffusionBValue", "MRDiffusionSequence"),),
    "instance number": (("InstanceNumber",),),
}  # fmt: skip
"""Elements, each with the functional group it may stand in."""

ORDER = ("temporal position", "trigger time", "time of acquisition", "echo time", "b-value",
         "instance number", "number of the frame")  # fmt: skip


@dataclass(frozen=True)
class Plane:
    """One frame of a file.

    Attributes
    ----------
    path, frame, frames : the file, which frame of it from 0, and how many it has
    uid, series, modality, number, description : of the object and its series
    rows, columns, samples, bits, floating, signed : of its pixels
    photometric : "MONOCHROME2", "RGB" ...
    position, orientation : of the first pixel, and directions of rows and columns; LPS, mm
    spacing : mm between rows, between columns; `thickness` mm
    slope, intercept : what stored values are rescaled by; `table` where a table does it
    moments : what tells planes at one place apart, the first usable decides: (name, value)
    seconds : when it was taken, of any origin
    window : (center, width) for display
    segment : number of the segment it shows, 0 for none
    """

    path: Path
    frame: int
    frames: int
    uid: str
    series: str
    modality: str
    number: int
    description: str
    rows: int
    columns: int
    samples: int
    bits: int
    floating: bool
    signed: bool
    photometric: str
    syntax: str
    position: Triple | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    thickness: float | None
    slope: float
    intercept: float
    table: bool
    moments: tuple[tuple[str, float | None], ...]
    seconds: float | None
    window: tuple[float, float] | None
    segment: int
    unit: str = ""

    @property
    def place(self) -> str:
        """The file, and the frame where it has several, for sentences."""
        return self.path.name + (f", frame {self.frame + 1}" if self.frames > 1 else "")


class _Frame:
    """One frame's view of a header: its own groups first, then the shared ones, then the file."""

    def __init__(self, dataset: Any, index: int) -> None:
        own = dataset.get("PerFrameFunctionalGroupsSequence") or []
        shared = dataset.get("SharedFunctionalGroupsSequence") or []
        self._groups = [*own[index : index + 1], *shared[:1]]
        self._dataset = dataset

    def value(self, name: str, *macros: str) -> Any:
        """The value of an element, in one of these functional groups or in the file itself."""
        for group in self._groups:
            for macro in macros:
                for item in (group.get(macro) or [])[:1]:
                    if item.get(name) is not None:
                        return item.get(name)
        return self._dataset.get(name)

    def number(self, name: str, *macros: str) -> float | None:
        """One finite number, or None."""
        found = numbers(self.value(name, *macros))
        return found[0] if found else None

    def triple(self, name: str, *macros: str) -> Triple | None:
        """Three finite numbers, or None."""
        found = numbers(self.value(name, *macros))
        return (found[0], found[1], found[2]) if len(found) == 3 else None


def numbers(value: Any) -> tuple[float, ...]:
    """The values of an element as finite floats; none where one of them is no number."""
    if value is None or value == "":
        return ()
    many = value if isinstance(value, list | tuple) or hasattr(value, "append") else [value]
    try:
        found = tuple(float(each) for each in many)
    except (TypeError, ValueError):
        return ()
    return found if all(map(math.isfinite, found)) else ()


def text(value: Any) -> str:
    """An element's value as one printable line."""
    return "" if value is None else printable(str(value).strip())[:64]


def planes_of(path: Path, dataset: Any) -> tuple[Plane, ...]:
    """The planes of a header; none where the file has no image.

    Raises
    ------
    SourceError
        where the sizes in the header cannot be meant
    """
    rows, columns = _whole(dataset, "Rows"), _whole(dataset, "Columns")
    if not rows or not columns:
        return ()
    frames = _whole(dataset, "NumberOfFrames") or 1
    if rows < 0 or columns < 0 or not 0 < frames <= MOST_FRAMES:
        raise SourceError(path, f"declares {frames} frames of {columns} x {rows}", DAMAGED)
    common = _common(path, dataset, frames)
    _require_possible(path, common)
    return tuple(_planes(dataset, common))


def _require_possible(path: Path, common: dict[str, Any]) -> None:
    """Refuse a file that is too short for the frames that it claims, before making planes."""
    size = path.stat().st_size
    values = common["frames"] * common["rows"] * common["columns"] * common["samples"]
    claimed = values * common["bits"] // 8
    if common["photometric"] == "YBR_FULL_422":
        claimed = claimed * 2 // 3
    if common["syntax"] in NATIVE and claimed > size:
        problem = f"ends after {size_text(size)} of {size_text(claimed)}"
        raise SourceError(path, problem, "Copy it again")
    if common["syntax"] != DEFLATED and SMALLEST_FRAME * common["frames"] > size:
        problem = f"claims {common['frames']} frames, more than its {size_text(size)} can hold"
        raise SourceError(path, problem, DAMAGED)


def _whole(dataset: Any, name: str) -> int:
    found = numbers(dataset.get(name))
    return int(found[0]) if found else 0


def _planes(dataset: Any, common: dict[str, Any]) -> Iterator[Plane]:
    frames: int = common["frames"]
    offsets = numbers(dataset.get("GridFrameOffsetVector"))
    seconds = _cine(dataset, frames)
    for index in range(frames):
        frame = _Frame(dataset, index)
        position, orientation = _position(frame), _orientation(frame)
        if len(offsets) == frames and position and orientation:
            position = _moved(position, orientation, offsets[index] - offsets[0])
        slope, intercept = _scaling(frame)
        taken = _taken(frame)
        yield Plane(
            **common,
            frame=index,
            position=position,
            orientation=orientation,
            spacing=_spacing(frame),
            thickness=_thickness(frame),
            slope=slope,
            intercept=intercept,
            moments=_moments(frame, taken, index),
            seconds=seconds[index] if seconds else taken,
            window=_window(frame),
            segment=int(frame.number("ReferencedSegmentNumber", SEGMENT) or 0),
        )


def _moments(
    frame: _Frame, taken: float | None, index: int
) -> tuple[tuple[str, float | None], ...]:
    """What may tell planes at one place apart, the most telling first."""
    found: dict[str, float | None] = {"time of acquisition": taken}
    for name, ways in MOMENTS.items():
        values = (frame.number(element, *macros) for element, *macros in ways)
        found[name] = next((value for value in values if value is not None), None)
    found["number of the frame"] = float(index)
    return tuple((name, found[name]) for name in ORDER)


def _common(path: Path, dataset: Any, frames: int) -> dict[str, Any]:
    """What all frames of a file share."""
    bits = _whole(dataset, "BitsAllocated") or 16
    meta = getattr(dataset, "file_meta", None)
    return {
        "path": path,
        "frames": frames,
        "uid": text(dataset.get("SOPInstanceUID")) or str(path),
        "series": text(dataset.get("SeriesInstanceUID")),
        "modality": text(dataset.get("Modality")),
        "number": _whole(dataset, "SeriesNumber"),
        "description": text(dataset.get("SeriesDescription")),
        "rows": _whole(dataset, "Rows"),
        "columns": _whole(dataset, "Columns"),
        "samples": _whole(dataset, "SamplesPerPixel") or 1,
        "bits": bits,
        "floating": bits >= 32 and dataset.get("PixelRepresentation") is None,
        "signed": _whole(dataset, "PixelRepresentation") == 1,
        "photometric": text(dataset.get("PhotometricInterpretation")),
        "syntax": str(meta.get("TransferSyntaxUID", "")) if meta is not None else "",
        "table": bool(dataset.get("ModalityLUTSequence")),
        "unit": text(dataset.get("DoseUnits") or dataset.get("Units")),
    }


# --- where a frame lies -----------------------------------------------------------------------


def _position(frame: _Frame) -> Triple | None:
    return frame.triple("ImagePositionPatient", "PlanePositionSequence")


def _orientation(frame: _Frame) -> tuple[float, ...] | None:
    found = numbers(frame.value("ImageOrientationPatient", "PlaneOrientationSequence"))
    if len(found) != 6:
        return None
    rows, columns = math.hypot(*found[:3]), math.hypot(*found[3:])
    if not (0.9 < rows < 1.1 and 0.9 < columns < 1.1):
        return None
    return found


def normal_of(orientation: Sequence[float]) -> Triple:
    """Across the plane of rows and columns, by the right hand."""
    a, b, c, d, e, f = orientation
    return b * f - c * e, c * d - a * f, a * e - b * d


def _moved(position: Triple, orientation: Sequence[float], way: float) -> Triple:
    """A plane further along the normal: RTDOSE gives its frames as offsets."""
    x, y, z = (at + way * step for at, step in zip(position, normal_of(orientation), strict=True))
    return x, y, z


def _spacing(frame: _Frame) -> tuple[float, float] | None:
    for name in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        found = numbers(frame.value(name, "PixelMeasuresSequence"))
        if len(found) == 2 and min(found) > 0:
            return found[0], found[1]
    return None


def _thickness(frame: _Frame) -> float | None:
    """Between slices where that is told, else of one; positions overrule both."""
    for name in ("SpacingBetweenSlices", "SliceThickness"):
        found = frame.number(name, "PixelMeasuresSequence")
        if found:
            return abs(found)
    return None


# --- what its values mean ---------------------------------------------------------------------


def _scaling(frame: _Frame) -> tuple[float, float]:
    """Slope and intercept; a dose has a factor alone."""
    dose = frame.number("DoseGridScaling")
    if dose:
        return dose, 0.0
    macro = "PixelValueTransformationSequence"
    slope, intercept = frame.number("RescaleSlope", macro), frame.number("RescaleIntercept", macro)
    return (1.0 if not slope else slope), (intercept or 0.0)


def _window(frame: _Frame) -> tuple[float, float] | None:
    """The first window of the frame, (center, width)."""
    center = numbers(frame.value("WindowCenter", "FrameVOILUTSequence"))
    width = numbers(frame.value("WindowWidth", "FrameVOILUTSequence"))
    return (center[0], width[0]) if center and width and width[0] > 0 else None


# --- when it was taken ------------------------------------------------------------------------


def _taken(frame: _Frame) -> float | None:
    """Seconds of the day, or of the calendar where date and time are one element."""
    for name in ("FrameAcquisitionDateTime", "AcquisitionDateTime"):
        stamp = text(frame.value(name, "FrameContentSequence"))
        if len(stamp) >= 14 and stamp[:14].isdigit():
            clock = clock_seconds(stamp[8:])
            return None if clock is None else int(stamp[6:8]) * 86400 + clock
    for name in ("AcquisitionTime", "ContentTime"):
        clock = clock_seconds(text(frame.value(name)))
        if clock is not None:
            return clock
    return None


def clock_seconds(stamp: str) -> float | None:
    """Seconds of "HHMMSS.ffffff"; None where it is none."""
    digits = stamp.replace(":", "")[:13]
    if len(digits) < 6 or not digits[:6].isdigit():
        return None
    try:
        return int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + float(digits[4:].rstrip("+-Z"))
    except ValueError:
        return None


def _cine(dataset: Any, frames: int) -> tuple[float, ...]:
    """Seconds of each frame of a film; none where the file does not say."""
    steps = numbers(dataset.get("FrameTimeVector"))
    if len(steps) == frames > 1:
        return tuple(sum(steps[1 : index + 1]) / 1000 for index in range(frames))
    step = numbers(dataset.get("FrameTime"))
    for name in ("CineRate", "RecommendedDisplayFrameRate"):
        rate = numbers(dataset.get(name))
        if not (step and step[0] > 0) and rate and rate[0] > 0:
            step = (1000 / rate[0],)
    if frames < 2 or not step or step[0] <= 0:
        return ()
    return tuple(index * step[0] / 1000 for index in range(frames))
