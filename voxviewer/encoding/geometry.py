"""Where voxels lie in millimeters after resampling: spacing, extent and affine follow the grid.

Along each axis output index j lies at input index `scale * j + offset`. With "edges" the scale is
n / m and the offset (scale - 1) / 2, so that the outer faces stay; with "centers" it is
(n - 1) / (m - 1) and 0, so that the centers of the end voxels stay and the outer faces move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Float64, Volume
    from voxviewer.encoding.roles import Roles

Spacing = tuple[float, ...]


def grid_map(n: int, m: int, grid: str) -> tuple[float, float]:
    """(scale, offset): output index j of m lies at input index scale * j + offset of n.

    One sample has no two centers to keep: it is divided as its extent is; and one output at
    "centers" is SciPy's, the first sample itself.
    """
    if grid == "edges" or n == 1:
        return n / m, (n / m - 1) / 2
    return ((n - 1) / (m - 1) if m > 1 else 1.0), 0.0


def resampled_spacing(
    shape: Sequence[int], target: Sequence[int], spacing: Sequence[float], grid: str = "edges"
) -> Spacing:
    """Millimeters between voxels after resampling `shape` to `target`, one for each axis."""
    return tuple(
        float(step * grid_map(n, m, grid)[0])
        for n, m, step in zip(shape, target, spacing, strict=True)
    )


def extents(
    shape: Sequence[int], target: Sequence[int], spacing: Sequence[float], grid: str = "edges"
) -> tuple[Spacing, Spacing]:
    """Millimeters from outer face to outer face along each axis, before and after.

    With "edges" they are equal; with "centers" the outer half voxels change with the voxel's size.
    """
    after = resampled_spacing(shape, target, spacing, grid)
    return (
        tuple(float(n * step) for n, step in zip(shape, spacing, strict=True)),
        tuple(float(m * step) for m, step in zip(target, after, strict=True)),
    )


def resampled_affine(
    affine: Float64, shape: Sequence[int], target: Sequence[int], grid: str = "edges"
) -> Float64:
    """The affine of the resampled grid, (4, 4); the three axes in the affine's own order."""
    change = np.eye(4)
    for axis, (n, m) in enumerate(zip(shape, target, strict=True)):
        change[axis, axis], change[axis, 3] = grid_map(n, m, grid)
    result: Float64 = np.asarray(affine, np.float64) @ change
    return result


def spaced_size(n: int, step: float, wanted: float, grid: str = "edges") -> int:
    """How many voxels bring n voxels, `step` mm apart, nearest to `wanted` mm; at least 1.

    With "edges" the extent n * step is divided, with "centers" the distance of the end centers.
    """
    if grid == "centers" and n > 1:
        return max(1, round((n - 1) * step / wanted) + 1)
    return max(1, round(n * step / wanted))


def clip_affine(
    source: Volume, roles: Roles, shape: Sequence[int], grid: str = "edges"
) -> Float64 | None:
    """Index (H, W, T) of the clip to world millimeters, (4, 4); None where the source has none.

    As of a volume, rows come first: `nibabel.Nifti1Image(np.moveaxis(clip.data[..., 0], 0, -1),
    clip.affine)` lies where the scan lies. Where T is real time the third index is that of depth,
    counted from the plane that was taken; their mean lies in the middle of all planes, as thick as
    they are together.
    """
    if source.affine is None:
        return None
    _, D, H, W, _ = source.shape
    stored = {0: 2, 1: 0, 2: 1}  # D, H, W as the affine's axes (H, W, D)
    T2, H2, W2 = shape[:3]
    if roles.kind == "sweep":
        sizes = (D, H, W)
        pairs = [(axis, sizes[axis], m) for axis, m in zip(roles.axes, (T2, H2, W2), strict=True)]
        maps = [(axis, *grid_map(n, m, grid)) for axis, n, m in pairs]
    else:
        maps = [(0, *_plane_map(D, roles.plane))]
        maps += [(1, *grid_map(H, H2, grid)), (2, *grid_map(W, W2, grid))]
    change = np.zeros((4, 4))
    change[3, 3] = 1
    for place, (axis, scale, offset) in zip((2, 0, 1), maps, strict=True):
        change[stored[axis], place], change[stored[axis], 3] = scale, offset
    result: Float64 = np.asarray(source.affine, np.float64) @ change
    return result


def _plane_map(D: int, plane: int | str) -> tuple[float, float]:
    """Depth index of what is left of depth: a plane, their mean, or all as channels."""
    if plane == "mean":
        return float(D), (D - 1) / 2
    return 1.0, 0.0 if isinstance(plane, str) else float(plane)


def clip_spacing(
    source: Volume, roles: Roles, shape: Sequence[int], grid: str = "edges"
) -> tuple[float, float, float] | None:
    """Millimeters for T, H, W of the clip; None where the source has none.

    Where T is real time the first is that of depth, as in `clip_affine`.
    """
    if source.spacing is None:
        return None
    D, H, W = (
        source.spacing[axis] for axis in (roles.axes if roles.kind == "sweep" else (0, 1, 2))
    )
    if roles.kind != "sweep":
        thick = D * source.shape[1] if roles.plane == "mean" else D
        rows, columns = resampled_spacing(roles.size[1:], shape[1:3], (H, W), grid)
        return float(thick), rows, columns
    T, rows, columns = resampled_spacing(roles.size, shape[:3], (D, H, W), grid)
    return T, rows, columns
