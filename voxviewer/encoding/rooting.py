"""Walking taken out of a recording: every frame is moved so that the body's root stands still."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Float64

ROOTS = (
    re.compile(r"(mid[ _]?hip|hips?|pelvis|spine[ _]?base|base of (the )?spine|root)", re.I),
    re.compile(r"(l|left|r|right)[ _]?hip|[lr](asi|psi)", re.I),
    re.compile(r"wrist|.*[ _:]hips?|.*[ _:]pelvis", re.I),
)
"""Whole names of joints that a body hangs from, the best first; several are averaged."""


def root_joints(names: Sequence[str]) -> tuple[int, ...]:
    """Indices of the joints whose mean is the root; all of them where no name tells.

    Example
    -------
    >>> root_joints(("nose", "left_hip", "right_hip"))
    (1, 2)
    """
    for pattern in ROOTS:
        found = tuple(index for index, name in enumerate(names) if pattern.fullmatch(name.strip()))
        if found:
            return found
    return tuple(range(len(names)))


def still(points: Float64, names: Sequence[str]) -> Float64:
    """Subtract the root's place from every joint of the same frame.

    One person's root for all, so that persons keep their distance: that of the person who is seen
    in most frames, the first of equals. In frames without it the root moves in a straight line
    between those with it, and stays before the first and after the last.

    Parameters
    ----------
    points : (T, P, J, X), NaN = not seen
    names : (J,)

    Returns
    -------
    (T, P, J, X), the root at 0
    """
    people: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=-1))
    person = int(np.argmax(people.any(axis=2).sum(axis=0)))
    path = root_path(points[:, person], names)
    result: Float64 = points - path[:, None, None]
    return result


def root_path(points: Float64, names: Sequence[str]) -> Float64:
    """The root of one person (T, J, X) as (T, X); without gaps, 0 where nothing is ever seen."""
    joints = root_joints(names) if len(names) == points.shape[1] else ()
    root = points[:, list(joints)].mean(axis=1) if joints else np.full_like(points[:, 0], np.nan)
    everywhere = joints == tuple(range(points.shape[1]))
    if everywhere or not np.isfinite(root).all(axis=-1).any():
        root = _mean_seen(points)
    return filled(root)


def _mean_seen(points: Float64) -> Float64:
    """The mean of the joints that are seen, (T, X); NaN where none is."""
    seen = np.asarray(np.isfinite(points).all(axis=-1, keepdims=True))
    count = seen.sum(axis=1)
    total = np.where(seen, points, 0).sum(axis=1)
    mean: Float64 = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def filled(path: Float64) -> Float64:
    """A path (T, X) whose gaps are straight lines, its ends held; all 0 where it has no place."""
    known = np.flatnonzero(np.isfinite(path).all(axis=-1))
    if not len(known):
        return np.zeros_like(path)
    frames = np.arange(len(path))
    columns = [np.interp(frames, known, path[known, axis]) for axis in range(path.shape[1])]
    return np.stack(columns, axis=-1)
