"""What a TIFF says beside its pixels: spacing and time, as ImageJ and OME write them.

ImageJ keeps the pixel size as a resolution with a unit in its description, the slice distance as
`spacing` (https://imagej.net/ij/docs/guide/146-28.html); OME has PhysicalSizeX, Y, Z and
TimeIncrement (https://docs.openmicroscopy.org/ome-model/latest/). The resolution of a plain TIFF is
that of a printer and says nothing of the thing that was seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLIMETERS = {
    "µm": 1e-3, "μm": 1e-3, "um": 1e-3, "micron": 1e-3, "microns": 1e-3, "micrometer": 1e-3,
    "\\u00b5m": 1e-3, "nm": 1e-6, "nanometer": 1e-6, "mm": 1.0, "millimeter": 1.0, "cm": 10.0,
    "m": 1000.0, "inch": 25.4, "in": 25.4, "å": 1e-7, "pm": 1e-9,
}  # fmt: skip
SECONDS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "msec": 1e-3, "µs": 1e-6, "us": 1e-6, "min": 60.0,
           "h": 3600.0, "": 1.0}  # fmt: skip


@dataclass(frozen=True)
class Sampling:
    """How far apart: `spacing` millimeters of D, H, W; `step` seconds in time; None is unknown."""

    spacing: tuple[float, float, float] | None = None
    step: float | None = None
    words: tuple[str, ...] = ()


def sampling(file: Any, series: Any) -> Sampling:
    """What the file says about a series (tifffile's)."""
    if file.is_ome and file.ome_metadata:
        number = next(place for place, one in enumerate(file.series) if one is series)
        return _of_ome(file.ome_metadata, number)
    if file.is_imagej and file.imagej_metadata:
        return _of_imagej(file.imagej_metadata, series.keyframe.tags)
    return Sampling()


def _of_imagej(words: Mapping[str, Any], tags: Any) -> Sampling:
    step = _positive(words.get("finterval"))
    step = step * SECONDS.get(str(words.get("tunit", "")).lower(), 1.0) if step else None
    unit = MILLIMETERS.get(str(words.get("unit", "")).strip().lower())
    width, height = (_per_unit(tags.get(number)) for number in (282, 283))
    if unit is None or width is None or height is None:
        return Sampling(step=step)
    depth = _positive(words.get("spacing"))
    said = "spacing as ImageJ wrote it"
    if depth is None:
        depth, said = (
            width,
            f"{said}; the distance of slices is not there: taken as a pixel's width",
        )
    return Sampling((depth * unit, height * unit, width * unit), step, (said,))


def _per_unit(tag: Any) -> float | None:
    """Units a pixel, from pixels a unit as a fraction."""
    try:
        above, below = tag.value
        return _positive(below / above)
    except (AttributeError, TypeError, ValueError, ZeroDivisionError):
        return None


def _of_ome(text: str, index: int) -> Sampling:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return Sampling()
    found = [node.attrib for node in root.iter() if node.tag.rpartition("}")[2] == "Pixels"]
    if index >= len(found):
        return Sampling()
    pixels = found[index]
    sizes = [_ome_length(pixels, letter) for letter in "ZYX"]
    step = _positive(pixels.get("TimeIncrement"))
    step = step * SECONDS.get(pixels.get("TimeIncrementUnit", "s"), 1.0) if step else None
    depth, height, width = sizes
    if height is None or width is None:
        return Sampling(step=step)
    return Sampling((depth or width, height, width), step, ("spacing as OME wrote it",))


def _ome_length(pixels: Mapping[str, str], letter: str) -> float | None:
    size = _positive(pixels.get(f"PhysicalSize{letter}"))
    unit = MILLIMETERS.get(pixels.get(f"PhysicalSize{letter}Unit", "µm").lower())
    return size * unit if size and unit else None


def _positive(value: Any) -> float | None:
    """The number, where it is one, finite and above 0."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
