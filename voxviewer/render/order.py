"""In which order the maps of a wall stand, which of them are the same, and how much they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import FeatureMaps, Float64, Progress


def map_order(maps: FeatureMaps, sort: str, change: Float64 | None = None) -> tuple[int, ...]:
    """Return the indices of all maps in the order of the wall.

    Parameters
    ----------
    maps : the feature maps
    sort : "filter" as the bank has them; "energy" the strongest first, by mean square; "sparsity"
        the one with the most exact zeros first; "change" the one that changes most over time first
    change : (F,) what `change_over_time` gave, so that it is not computed again

    Returns
    -------
    F indices; maps of the same rank stay in the bank's order
    """
    F = maps.shape[3]
    if sort == "filter":
        return tuple(range(F))
    if sort == "energy":
        rank = np.nan_to_num(maps.energy.mean(axis=0, dtype=np.float64))
    elif sort == "sparsity":
        rank = maps.sparsity.astype(np.float64)
    else:
        rank = change if change is not None else change_over_time(maps)
    return tuple(int(index) for index in np.argsort(-rank, kind="stable"))


def change_over_time(maps: FeatureMaps, progress: Progress = no_progress) -> Float64:
    """Return how much each map changes from frame to frame, (F,), as a share of its own size.

    The mean |y[t + 1] - y[t]| over the mean |y|: 0 for a still map, about 1.4 for noise, 2 for one
    that turns its sign in every frame. A map of zeros, or of one frame, has 0; values that are not
    finite count as 0.
    """
    T, H, W, F = maps.shape
    moved, size = np.zeros(F), np.zeros(F)
    before: NDArray[np.float32] | None = None
    for t, frame in enumerate(maps.data):
        progress(t / T, f"frame {t} of {T}")
        now = frame.reshape(H, W * F)
        if not np.isfinite(now.sum(dtype=np.float64)):
            now = np.nan_to_num(now, nan=0.0, posinf=0.0, neginf=0.0)
        size += _sums(np.abs(now), F)
        if before is not None:
            moved += _sums(np.abs(now - before), F)
        before = now
    pairs = max(T - 1, 1)
    found: Float64 = np.divide(moved / pairs, size / T, out=np.zeros(F), where=size > 0)
    return found


def _sums(rows: NDArray[np.float32], F: int) -> Float64:
    """Sum of each map, (F,), of rows (H, W * F): NumPy adds whole rows fastest."""
    sums: Float64 = rows.sum(axis=0).astype(np.float64).reshape(-1, F).sum(axis=0)
    return sums


def duplicates(maps: FeatureMaps) -> dict[int, int]:
    """Return which maps are the same as an earlier one: {later: first}. Dead maps do not count.

    Compared are limits, zeros and the energy of every frame, all to the bit, and the voxels of the
    frame in the middle.
    """
    first: dict[bytes, int] = {}
    found: dict[int, int] = {}
    middle = maps.data[maps.shape[0] // 2]
    for index in range(maps.shape[3]):
        if not float(maps.limits[index]) > 0:
            continue
        figures = (maps.limits[index : index + 1], maps.sparsity[index : index + 1])
        key = b"".join(part.tobytes() for part in (*figures, maps.energy[:, index]))
        before = first.setdefault(key, index)
        if before != index and np.array_equal(middle[..., index], middle[..., before]):
            found[index] = before
    return found
