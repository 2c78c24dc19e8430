"""How large the clip becomes: sizes that are given, sizes that follow, sizes from millimeters.

For each axis the first that says something counts: the size itself; with `aspect`, the other of
height and width; `spacing`; the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.encoding.geometry import spaced_size

if TYPE_CHECKING:
    from voxviewer.data import Skeleton, Volume
    from voxviewer.encoding.roles import Roles
    from voxviewer.settings import EncodingSettings

SKELETON_SIZE = 64
"""Height and width of heatmaps where none are asked for."""

LARGEST = 65_536
"""Voxels along an axis, as `EncodingSettings` allows."""


def volume_size(source: Volume, settings: EncodingSettings, roles: Roles) -> tuple[int, int, int]:
    """Swept slices (or the frames there are, of real time), rows and columns after resampling.

    Raises
    ------
    ValueError
        where `spacing` is asked for and the source has none, or it takes too many voxels
    """
    T, H, W = _spaced(source, settings, roles)
    rows, columns = _rows_and_columns((H, W), roles.size[1:], settings)
    return (settings.frames or T if roles.kind == "sweep" else T), rows, columns


def skeleton_size(source: Skeleton, settings: EncodingSettings) -> tuple[int, int]:
    """Rows and columns of the heatmaps; a recording's aspect is its frame's, else a square's."""
    own = source.frame_size or (SKELETON_SIZE, SKELETON_SIZE)
    return _rows_and_columns((SKELETON_SIZE, SKELETON_SIZE), own, settings)


def _rows_and_columns(
    otherwise: tuple[int, int], own: tuple[int, ...], settings: EncodingSettings
) -> tuple[int, int]:
    """The given sizes, what follows from one of them, or `otherwise`."""
    height, width = settings.height, settings.width
    if settings.aspect and height is not None and width is None:
        width = _held(round(height * own[1] / own[0]))
    elif settings.aspect and width is not None and height is None:
        height = _held(round(width * own[0] / own[1]))
    return height or otherwise[0], width or otherwise[1]


def _held(size: int) -> int:
    return min(max(size, 1), LARGEST)


def _spaced(source: Volume, settings: EncodingSettings, roles: Roles) -> tuple[int, int, int]:
    """Sizes of T, H, W by `spacing`; the source's own without, and real time is never touched."""
    if settings.spacing is None:
        return roles.size
    if source.spacing is None:
        raise ValueError(
            f"spacing needs a source that knows its own, which {source.name} does not: choose "
            "frames, height and width instead"
        )
    first = 0 if roles.kind == "sweep" else 1
    axes = roles.axes if roles.kind == "sweep" else (0, 1, 2)
    own = [source.spacing[axis] for axis in axes]
    wanted = _wanted(settings, axes, own[first:])
    sizes = list(roles.size)
    for place in range(first, 3):
        sizes[place] = spaced_size(sizes[place], own[place], wanted[place], settings.grid)
        if sizes[place] > LARGEST:
            raise ValueError(
                f"spacing {wanted[place]:g} mm takes {sizes[place]} voxels along one axis; at most "
                f"{LARGEST} can be made"
            )
    return sizes[0], sizes[1], sizes[2]


def _wanted(
    settings: EncodingSettings, axes: tuple[int, int, int], own: list[float]
) -> tuple[float, float, float]:
    """Millimeters for the clip's T, H, W."""
    spacing = settings.spacing
    if isinstance(spacing, tuple):
        return spacing[axes[0]], spacing[axes[1]], spacing[axes[2]]
    one = min(own) if spacing == "isotropic" else float(spacing)  # type: ignore[arg-type]
    return one, one, one
