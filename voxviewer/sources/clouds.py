"""Points in space become a grid that can be convolved: a voxel says how many points lie in it.

The longest side of the box round all points is divided into `Opening.voxels` cells, cubes all of
them. `Opening.cloud` says what a voxel holds: "count" of its points, "occupancy" (1 where there is
any), "color", or the mean of a value that the points carry. x runs along the width, y up against
the height, z along the depth, and the affine keeps where that is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import POINT_CLOUD, Alternative, Facts, Volume, frozen
from voxviewer.files import SourceError, require_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from voxviewer.data import Float64
    from voxviewer.sources.boundary import Request

VOXELS = 64
"""Cells along the longest side, where none are asked for."""

COLORS = (
    ("red", "green", "blue"),
    ("r", "g", "b"),
    ("diffuse_red", "diffuse_green", "diffuse_blue"),
)
MOST_LISTED = 12


@dataclass(frozen=True)
class Cloud:
    """Points (N, 3) float64, x, y, z, and (N,) values by name, in the file's order."""

    points: Float64
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def colors(self) -> tuple[str, ...]:
        """The names of red, green and blue, or nothing."""
        return next((names for names in COLORS if set(names) <= set(self.values)), ())

    @property
    def choices(self) -> tuple[str, ...]:
        """What a voxel can hold."""
        colors = ("color",) if self.colors else ()
        return ("count", "occupancy", *colors, *self.values)


@dataclass(frozen=True)
class Grid:
    """Cubes of edge `cell` from the corner `low`; `counts` of them along x, y, z."""

    low: Float64
    cell: float
    counts: tuple[int, int, int]

    @property
    def affine(self) -> Float64:
        """Index (H, W, D) to x, y, z: height runs down where y runs up."""
        top = self.low[1] + (self.counts[1] - 0.5) * self.cell
        return np.array(
            [
                [0.0, self.cell, 0.0, self.low[0] + self.cell / 2],
                [-self.cell, 0.0, 0.0, top],
                [0.0, 0.0, self.cell, self.low[2] + self.cell / 2],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )

    def places(self, points: Float64) -> NDArray[np.int64]:
        """The cell of each point as one number, in the order (D, H, W)."""
        nx, ny, _ = self.counts
        steps = ((points - self.low) / self.cell).astype(np.int64)
        x, y, z = (np.clip(steps[:, axis], 0, self.counts[axis] - 1) for axis in range(3))
        return (z * ny + (ny - 1 - y)) * nx + x


def grid_round(points: Float64, voxels: int) -> Grid:
    """The grid whose longest side has `voxels` cells; a flat cloud is one cell thick."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = high - low
    longest = float(extent.max())
    cell = longest / voxels if longest > 0 else 1.0
    if not math.isfinite(cell) or cell <= 0:
        cell = 1.0
    # A side that is a whole number of cells long must not get one more by rounding.
    counts = [max(1, min(voxels, math.ceil(side / cell - 1e-9))) for side in extent.tolist()]
    return Grid(low, cell, (counts[0], counts[1], counts[2]))


def volume_of(request: Request, cloud: Cloud, facts: Facts) -> Volume:
    """Make the volume of a cloud.

    Parameters
    ----------
    cloud : its points; those with a NaN or infinite coordinate are left out, and said
    facts : of the file; the shape, decisions and warnings are completed here
    """
    seen: NDArray[np.bool_] = np.isfinite(cloud.points).all(axis=1)  # type: ignore[assignment]
    if not seen.any():
        raise SourceError(
            request.path, "holds no point with three finite coordinates", "Open another"
        )
    points = cloud.points[seen]
    if float(np.abs(points).max()) > 1e150:
        raise SourceError(request.path, "holds coordinates beyond all measure", "Check its numbers")
    voxels = request.opening.voxels or VOXELS
    what = request.opening.cloud or "count"
    grid = grid_round(points, voxels)
    require_memory(
        16 * math.prod(grid.counts) + 64 * len(points),
        request.path,
        "filling the grid",
        allow_large=request.allow_large,
    )
    values = _filled(request, cloud, seen, grid, grid.places(points), what)
    edge = grid.cell
    nx, ny, nz = grid.counts
    lost = len(seen) - int(seen.sum())
    said = (
        f"{len(points)} points on {nx} x {ny} x {nz} voxels (x, y, z) of {edge:.4g} each",
        f"a voxel holds {_meaning(what)}",
        "x runs along the width, y up the height, z along the depth",
        "the file has no unit: taken as millimeters",
    )
    told = (f"points without finite coordinates, left out: {lost}",) if lost else ()
    facts = replace(
        facts,
        description=POINT_CLOUD,
        nbytes=values.nbytes,
        decisions=(*facts.decisions, *said),
        warnings=(*facts.warnings, *told),
        alternatives=facts.alternatives or _alternatives(request, cloud, what),
    )
    affine = frozen(grid.affine)
    return Volume(
        frozen(values), facts, request.opening, request.path.name, affine, (edge, edge, edge)
    )


def _meaning(what: str) -> str:
    words = {
        "count": "how many points lie in it",
        "occupancy": "1 where any point lies in it, else 0",
        "color": "the mean color of its points",
    }
    return words.get(what, f"the mean {what} of its points")


def _filled(
    request: Request,
    cloud: Cloud,
    seen: NDArray[np.bool_],
    grid: Grid,
    places: NDArray[np.int64],
    what: str,
) -> NDArray[Any]:
    """(1, D, H, W, C): counts uint32, occupancy and colors uint8, means float32, 0 where empty."""
    nx, ny, nz = grid.counts
    cells = nx * ny * nz
    counts = np.bincount(places, minlength=cells)
    if what == "count":
        return counts.astype(np.uint32).reshape(1, nz, ny, nx, 1)
    if what == "occupancy":
        return (counts > 0).astype(np.uint8).reshape(1, nz, ny, nx, 1)
    names = cloud.colors if what == "color" else (what,)
    if not names or not set(names) <= set(cloud.values):
        has = ", ".join(cloud.choices)
        raise SourceError(request.path, f"has no {what!r} for its voxels", f"Use one of: {has}")
    planes = [_mean(cloud.values[name][seen], places, counts, cells) for name in names]
    stacked = np.stack(planes, axis=-1).reshape(1, nz, ny, nx, len(names))
    if what != "color":
        return stacked.astype(np.float32)
    # Some programs write colors as floats in 0..1.
    whole = all(cloud.values[name].dtype.kind in "ui" for name in names)
    scale = 1.0 if whole or float(stacked.max()) > 1.0 else 255.0
    return np.rint(np.clip(stacked * scale, 0, 255)).astype(np.uint8)


def _mean(
    values: NDArray[Any], places: NDArray[np.int64], counts: NDArray[np.int64], cells: int
) -> Float64:
    """The mean of the values in each cell, 0 where there is no point."""
    clean = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    sums = np.bincount(places, weights=clean, minlength=cells)
    return np.asarray(sums / np.maximum(counts, 1), np.float64)


def _alternatives(request: Request, cloud: Cloud, shown: str) -> tuple[Alternative, ...]:
    """One for each thing that a voxel can hold."""
    return tuple(
        Alternative(
            replace(request.opening, cloud=what),
            what,
            detail=_meaning(what),
            shown=what == shown,
        )
        for what in cloud.choices[:MOST_LISTED]
    )
