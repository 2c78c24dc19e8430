"""One joint over time: its coordinates and the heatmap's value there, as numbers. No widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.gui.views.sticks import clip_places
from voxviewer.render.gaps import bridged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, Float64, Skeleton
    from voxviewer.session import Session


@dataclass(frozen=True, eq=False)
class Track:
    """One curve over the clip's frames.

    `values` (T,) with NaN where there is none; `made` (T,) True where a value lies on a straight
    line through a gap; `unit` stands after a value.
    """

    name: str
    values: Float64
    made: NDArray[np.bool_]
    unit: str = ""


def chosen_joint(session: Session, source: Skeleton) -> tuple[int, int]:
    """Person and joint that are shown: the chosen one, else the one that moves most."""
    P, J = source.shape[1:3]
    person, joint = session.joint or (0, liveliest(source))
    return min(max(person, 0), P - 1), min(max(joint, 0), J - 1)


def liveliest(source: Skeleton) -> int:
    """The joint of the first person whose way from frame to frame is longest."""
    steps = np.abs(np.diff(source.joints[:, 0].astype(np.float64), axis=0)).sum(axis=-1)
    way = np.where(np.isfinite(steps), steps, 0).sum(axis=0)
    return int(np.argmax(way)) if way.size else 0


def tracks(session: Session, clip: Clip, source: Skeleton) -> list[Track]:
    """The curves of the chosen joint: x, y, z where the recording has depth, and the heatmap."""
    person, joint = chosen_joint(session, source)
    way = source.joints[:, person : person + 1, joint : joint + 1]
    values, made = bridged(way) if session.bridge else (way, np.zeros(way.shape[:3], bool))
    known = clip.frames >= 0
    at = np.maximum(clip.frames, 0)
    unit = source.unit if source.unit in ("px", "m", "cm", "mm") else ""
    flat = not np.any(np.nan_to_num(source.joints[..., 2]))
    result = []
    for axis, name in enumerate("xy" if flat else "xyz"):
        column = np.where(known, values[at, 0, 0, axis].astype(np.float64), np.nan)
        result.append(Track(name, column, made[at, 0, 0] & known, unit))
    heat = heat_at(session, clip, person, joint)
    return [*result, Track("heatmap", heat, np.zeros(len(heat), bool))]


def heat_at(session: Session, clip: Clip, person: int, joint: int) -> Float64:
    """The clip's value in the pixel that the joint lies in, (T,); NaN where it is not seen."""
    T, H, W, C = clip.shape
    result = np.full(T, np.nan)
    laid = clip_places(session, clip, bridge=False)
    if laid is None:
        return result
    points = laid[0][np.maximum(clip.frames, 0), person, joint]
    place = np.floor(np.where(np.isfinite(points), points, -1e9) + 0.5).astype(np.int64)
    x, y = place[:, 0], place[:, 1]
    inside = (clip.frames >= 0) & (x >= 0) & (x < W) & (y >= 0) & (y < H)
    channel = joint if C > joint and clip.settings.combine == "joints" else 0
    frames = np.flatnonzero(inside)
    result[frames] = clip.data[frames, y[frames], x[frames], channel]
    return result
