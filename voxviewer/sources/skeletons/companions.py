"""What lies beside the joints in an archive: scores, names, bones.

An `.npz` of a recording often holds `confidence` or `tracking_state` in the joints' own shape,
`names` and `bones`. They are used where they fit; the archive's claims were held before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Topology
from voxviewer.sources.skeletons.topologies import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

SCORES = ("confidence", "score", "scores", "keypoint_score", "visibility", "tracking_state")
NAMES = ("names", "joint_names", "keypoint_names", "joints_names")
BONES = ("bones", "edges", "skeleton", "limbs")
LARGEST = 1 << 26
"""Bytes of a companion; larger ones are something else."""


@dataclass(frozen=True)
class Companions:
    """`score` in the shape of the joints without X, in 0..1; names and bones where they fit."""

    score: NDArray[Any] | None = None
    topology: Topology | None = None
    decisions: tuple[str, ...] = ()


def companions(
    members: Mapping[str, tuple[int, ...]],
    shape: tuple[int, ...],
    axes: str,
    read: Callable[[str], NDArray[Any] | None],
) -> Companions:
    """Find what belongs to the joints.

    Parameters
    ----------
    members : name -> shape of every array of the archive
    shape, axes : of the joints, "TJX"
    read : gives a small array by its name, None where it holds neither numbers nor text
    """
    place = axes.index("X")
    bare = shape[:place] + shape[place + 1 :]
    decisions = []
    score = None
    for name in SCORES:
        if members.get(name) == bare:
            score = _score(read(name), name)
            if score is not None:
                decisions.append(f"scores from the array {name!r}")
                break
    layout = _topology(members, dict(zip(axes, shape, strict=True))["J"], read)
    if layout is not None:
        decisions.append("names of the joints from the archive")
    return Companions(score, layout, tuple(decisions))


def _score(values: NDArray[Any] | None, name: str) -> NDArray[Any] | None:
    """Values as 0..1; tracking states are 0 none, 1 inferred, 2 tracked."""
    if values is None or values.dtype.kind not in "biuf":
        return None
    score = values.astype(np.float64)
    return score / 2 if name == "tracking_state" else score


def _topology(
    members: Mapping[str, tuple[int, ...]],
    count: int,
    read: Callable[[str], NDArray[Any] | None],
) -> Topology | None:
    for name in NAMES:
        if members.get(name) != (count,):
            continue
        words = read(name)
        if words is None or words.dtype.kind not in "US":
            continue
        texts = [
            word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
            for word in words.tolist()
        ]
        return Topology(distinct(texts), _bones(members, count, read))
    return None


def _bones(
    members: Mapping[str, tuple[int, ...]],
    count: int,
    read: Callable[[str], NDArray[Any] | None],
) -> tuple[tuple[int, int], ...]:
    for name in BONES:
        shape = members.get(name, ())
        if len(shape) != 2 or shape[1] != 2 or math.prod(shape) > 20_000:
            continue
        pairs = read(name)
        if pairs is not None and pairs.dtype.kind in "iu" and pairs.size:
            if 0 <= pairs.min() and pairs.max() < count:
                return tuple((int(a), int(b)) for a, b in pairs)
    return ()
