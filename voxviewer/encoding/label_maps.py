"""Does a volume hold labels? A few whole numbers in regions; between them no number means anything.

Linear and cubic resampling invent values between labels ("1.5 of liver and spleen"), so that order
0 is proposed. Judged from a few planes: it must be there before the first look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Volume

MOST = 256
"""Different values up to which whole numbers may be labels: AAL has 117, FreeSurfer's aseg 45."""

PLANES = 9
"""Planes that are looked at, spread evenly over depth and time of the volume."""

REGIONS = 0.6
"""Share of neighbors that are equal, beside the background, from which labels lie in regions: that
of squares of 4 x 4."""


def label_values(source: Volume) -> tuple[int, ...] | None:
    """Return the labels that were seen, rising, where a volume looks like labels; else None.

    Labels are whole numbers from -1 up in one channel, 2 to 256 different ones, in regions: of
    neighbors that are not both background (the most frequent value) at least 60 % are equal. A
    picture of noise or of few gray levels has no such regions, a binary mask has.
    """
    if source.shape[4] != 1 or source.voxels.dtype.kind not in "buif":
        return None
    found: NDArray[Any] = np.zeros(0)
    planes = []
    for plane in _planes(source):
        if not np.isfinite(plane).all() or (plane != np.round(plane)).any():
            return None
        found = np.union1d(found, plane)
        if len(found) > MOST or found[0] < -1:
            return None
        planes.append(plane)
    if len(found) < 2 or not _in_regions(planes):
        return None
    return tuple(int(value) for value in found)


def _planes(source: Volume) -> list[NDArray[np.float64]]:
    T, D = source.shape[:2]
    count = min(PLANES, max(D, T))
    times, depths = (np.linspace(0, n - 1, count).round().astype(int).tolist() for n in (T, D))
    # In a series labels may come later: the other way through time, not to meet the empty ends.
    places = {*zip(times, depths, strict=True), *zip(times[::-1], depths, strict=True)}
    planes = []
    for index in sorted(places):
        planes.append(np.asarray(source.voxels[index])[..., 0].astype(np.float64))
    return planes


def _in_regions(planes: list[NDArray[np.float64]]) -> bool:
    """Whether neighbors are mostly equal, where not both are background."""
    values, counts = np.unique(np.concatenate([p.ravel() for p in planes]), return_counts=True)
    background = values[int(np.argmax(counts))]
    equal = total = 0
    for plane in planes:
        for first, second in ((plane[1:], plane[:-1]), (plane[:, 1:], plane[:, :-1])):
            inside = (first != background) | (second != background)
            total += int(inside.sum())
            equal += int(((first == second) & inside).sum())
    return total > 0 and equal >= REGIONS * total
