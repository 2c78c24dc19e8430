"""A path and how it is opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from voxviewer.settings.checks import (
    make_plain,
    require_choice,
    require_count,
    require_positive,
)

UNITS = ("px", "m", "cm", "mm", "normalized", "unit")
UPS = ("y+", "y-", "z+")


def _require_paths(value: Any) -> None:
    """Refuse a stack that is not one path at least."""
    if not isinstance(value, tuple) or not value or not all(isinstance(p, str) for p in value):
        raise ValueError(f"stack must be the paths of one file or more, not {value!r}")


@dataclass(frozen=True)
class Opening:
    """A path and how it is opened: `axes` letters of the stored array, `array` of an archive.

    Samples have paths of the form "sample:waving-hand". What follows corrects a reader's decision;
    None leaves it as read.

    Attributes
    ----------
    person : of a skeleton's persons this one alone, counted from 0
    unit : of a skeleton's coordinates, one of `UNITS`
    up : of a skeleton: "y+", "y-" or "z+"
    rate : frames per second, at even steps
    voxels : of a point cloud, how many cells the longest side of its grid has; None: 64
    cloud : of a point cloud, what a voxel holds: "count" (None), "occupancy", "color" or the name
        of a value that the points carry
    stack : the files that follow `path` over time, all of one size and opened alike; None: `path`
        alone
    """

    path: str
    axes: str | None = None
    array: str | None = None
    series: int = 0
    person: int | None = None
    unit: str | None = None
    up: str | None = None
    rate: float | None = None
    voxels: int | None = None
    cloud: str | None = None
    stack: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        make_plain(self)
        if self.stack is not None:
            _require_paths(self.stack)
        if self.person is not None:
            require_count("person", self.person, 0)
        if self.unit is not None:
            require_choice("unit", self.unit, UNITS)
        if self.up is not None:
            require_choice("up", self.up, UPS)
        if self.rate is not None:
            require_positive("rate", self.rate)
        if self.voxels is not None:
            require_count("voxels", self.voxels, 2, 2048)

    @property
    def as_read(self) -> Opening:
        """The same without corrections: what a reader is asked for."""
        return replace(self, person=None, unit=None, up=None, rate=None)


CORRECTIONS = ("person", "unit", "up", "rate")
"""Fields of an `Opening` that change what was read without reading again."""
