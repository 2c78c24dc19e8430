"""Planes are divided into series: what can be one volume, the largest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.data import Alternative
from voxviewer.files import SourceError
from voxviewer.settings import Opening

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from voxviewer.sources.boundary import Request
    from voxviewer.sources.dicom.planes import Plane


@dataclass(frozen=True)
class Series:
    """Planes of one size and direction, in no order yet; `directions` its files have among them."""

    planes: tuple[Plane, ...]
    directions: int = 1

    @property
    def size(self) -> int:
        """How many pixels it has."""
        first = self.planes[0]
        return len(self.planes) * first.rows * first.columns * first.samples

    @property
    def label(self) -> str:
        """What to call it: "series 3, T1 axial"."""
        first = self.planes[0]
        words = [f"series {first.number}", first.description]
        if first.segment:
            words.append(f"segment {first.segment}")
        return ", ".join(word for word in words if word)

    @property
    def detail(self) -> str:
        """What else tells it apart: "CT, 120 slices"."""
        count = len(self.planes)
        return ", ".join(
            word for word in (self.planes[0].modality, f"{count} slice{'s' * (count > 1)}") if word
        )

    def shape(self) -> tuple[int, ...]:
        """Slices, rows and columns."""
        first = self.planes[0]
        return (len(self.planes), first.rows, first.columns)


def divided(planes: Sequence[Plane]) -> tuple[Series, ...]:
    """The series of some planes, the one with the most pixels first."""
    groups: dict[Hashable, list[Plane]] = {}
    directions: dict[str, set[Hashable]] = {}
    for plane in planes:
        groups.setdefault(_key(plane), []).append(plane)
        if plane.orientation:
            directions.setdefault(plane.series, set()).add(_rounded(plane.orientation, 2))
    series = [
        Series(tuple(group), len(directions.get(group[0].series, ())) or 1)
        for group in groups.values()
    ]
    # Sorting keeps the order of equals: that of the files.
    return tuple(sorted(series, key=lambda each: (-each.size, each.planes[0].number)))


def _key(plane: Plane) -> Hashable:
    """What planes of one volume have in common."""
    placed = plane.position is not None and plane.orientation is not None
    # A film, and a picture of no place, belongs with its own file or series alone.
    alone = plane.uid if not placed and plane.frames > 1 else ""
    return (
        plane.series,
        plane.rows,
        plane.columns,
        plane.samples,
        plane.photometric,
        plane.segment,
        placed,
        alone,
        _rounded(plane.orientation, 2),
        _rounded(plane.spacing, 3),
    )


def _rounded(values: Sequence[float] | None, digits: int) -> tuple[float, ...]:
    # + 0.0 turns the negative zero, which is another value to nobody.
    return tuple(round(value, digits) + 0.0 for value in values or ())


def chosen(request: Request, series: Sequence[Series]) -> Series:
    """The series that was asked for."""
    index = request.opening.series
    if index >= len(series):
        count = "one series" if len(series) == 1 else f"{len(series)} series"
        raise SourceError(request.path, f"has no series {index}, only {count}", "Count from 0")
    return series[index]


def alternatives(request: Request, series: Sequence[Series]) -> tuple[Alternative, ...]:
    """All series, and how each is opened; none where there is only one."""
    if len(series) < 2:
        return ()
    opening = request.opening
    return tuple(
        Alternative(
            Opening(opening.path, array=opening.array, series=index),
            each.label,
            each.shape(),
            each.detail,
            shown=index == opening.series,
        )
        for index, each in enumerate(series)
    )


def other_series_sentence(request: Request, series: Sequence[Series]) -> tuple[str, ...]:
    """What else is there, by name."""
    others = [
        f"{index}: {each.label} ({each.detail})"
        for index, each in enumerate(series)
        if index != request.opening.series
    ]
    if not others:
        return ()
    shown = "; ".join(others[:8]) + (f"; and {len(others) - 8} more" if len(others) > 8 else "")
    return (f"other series that can be opened: {shown}",)


def direction_sentence(series: Series) -> tuple[str, ...]:
    """One about a localizer: slices of one series that run in several directions."""
    if series.directions < 2:
        return ()
    return (
        f"slices of this series run in {series.directions} directions, as a localizer's do: each "
        "direction is opened as a series of its own",
    )
