"""Checks of skeletons: joints at (0, 0), gaps, which way is up, the unit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.encoding.lint_findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import Float64, Skeleton

HEAD = re.compile(r"head|nose|skull|(^|[^a-z])(eye|ear)|chin", re.IGNORECASE)
FEET = re.compile(r"ankle|foot|toe|heel", re.IGNORECASE)

SURE = 0.9
"""Share of frames that must agree."""


def joints_at_zero(source: Skeleton) -> Finding | None:
    """Joints at x = y = 0 that are elsewhere in other frames, or far from all other joints.

    A joint that is always there may be the origin of the coordinates, and is left alone.
    """
    place = source.joints[..., :2]
    zero = (place == 0).all(axis=-1)
    seen = np.isfinite(place).all(axis=-1)
    moves = (zero.any(axis=0) & (seen & ~zero).any(axis=0))[None]
    odd = zero & moves
    if not odd.any() or not _far_off(place, zero, odd):
        return None
    names = source.topology.names
    joints = np.unique(np.nonzero(odd)[2])
    some = ", ".join(names[j] if j < len(names) else f"joint {j}" for j in joints[:3])
    more = f" and {len(joints) - 3} more" if len(joints) > 3 else ""
    share = odd.sum() / max(int(seen.sum()), 1)
    text = f"{some}{more}: at (0, 0) in {share:.1%} of all places, elsewhere in other frames."
    return Finding("zeros", text, "Take them as not seen", repair="zeros-missing")


def _far_off(place: NDArray[np.float32], zero: NDArray[np.bool_], odd: NDArray[np.bool_]) -> bool:
    """Whether the joint jumps to (0, 0), further than it moves otherwise."""
    jumps, usual = [], []
    for person, joint in zip(*np.nonzero(odd.any(axis=0)), strict=True):
        path = place[:, person, joint].astype(np.float64)
        there = np.isfinite(path).all(axis=-1) & ~zero[:, person, joint]
        steps = np.linalg.norm(np.diff(path[there], axis=0), axis=1)
        usual.append(float(np.median(steps)) if len(steps) else 0.0)
        jumps.append(float(np.linalg.norm(path[there], axis=1).min()))
    return float(np.median(jumps)) > 3 * float(np.median(usual))


def joint_gaps(source: Skeleton) -> Finding | None:
    """Joints that are not seen for some frames, and seen before and after."""
    seen = np.isfinite(source.joints).all(axis=-1)
    after = np.flip(np.logical_or.accumulate(np.flip(seen, 0), axis=0), 0)
    gaps = ~seen & np.logical_or.accumulate(seen, axis=0) & after
    if not gaps.any():
        return None
    joints = len(np.unique(np.nonzero(gaps)[2]))
    share = gaps.sum() / gaps.size
    text = f"{share:.1%} of all joints are NaN, in gaps of {joints} "
    text += "joint" if joints == 1 else "joints"
    text += ": an empty place in the heatmap, NaN in a loss."
    return Finding("gaps", text, "Fill gaps on a line", repair="fill-gaps")


def upside_down(source: Skeleton) -> Finding | None:
    """Heads below feet, as the recording says which way is up."""
    names = source.topology.names
    heads = [j for j, name in enumerate(names) if HEAD.search(name)]
    feet = [j for j, name in enumerate(names) if FEET.search(name)]
    if source.up not in ("y+", "y-") or not heads or not feet:
        return None
    height = _mean(source, heads) - _mean(source, feet)
    height = height[np.isfinite(height)]
    if not len(height):
        return None
    above = height < 0 if source.up == "y-" else height > 0
    size = float(np.median(np.abs(height)))
    if above.mean() > 1 - SURE or size < 0.3 * _extent(source):
        return None
    up = "y+" if source.up == "y-" else "y-"
    text = f"The head lies below the feet in {1 - above.mean():.0%} of the frames, if up is "
    text += f"{source.up}."
    return Finding("up", text, f"Take {up} as up", opening=(("up", up),))


def _mean(source: Skeleton, joints: list[int]) -> Float64:
    """(T * P,) mean y of these joints; NaN where none was seen."""
    values = source.joints[:, :, joints, 1].astype(np.float64)
    there = np.isfinite(values)
    count = there.sum(axis=2)
    total = np.where(there, values, 0).sum(axis=2)
    mean: Float64 = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean.ravel()


def _extent(source: Skeleton) -> float:
    """How tall a person is, in the middle of all frames."""
    y = source.joints[..., 1].astype(np.float64)
    there = np.isfinite(y)
    low = np.where(there, y, np.inf).min(axis=2)
    high = np.where(there, y, -np.inf).max(axis=2)
    found = (high - low)[np.isfinite(high - low)]
    return float(np.median(found)) if len(found) else 0.0


def wrong_unit(source: Skeleton) -> Finding | None:
    """Shares of the picture taken for something else, or pixels taken for shares."""
    place = source.joints[..., :2]
    found = place[np.isfinite(place).all(axis=-1)].astype(np.float64)
    found = found[(found != 0).any(axis=1)]
    if len(found) < 16:
        return None
    low, high = found.min(), found.max()
    spread = np.ptp(found, axis=0).min()
    shares = low >= 0 and high <= 1 and spread > 0.05
    # Half of what can be -1 to 1 lies below 0: of many joints, none is no chance.
    if shares and (source.unit == "px" or (source.unit == "unit" and high > 0.55)):
        text = f"All coordinates lie in {low:.2g} to {high:.2g}: shares of a picture, read as "
        text += "pixels." if source.unit == "px" else "−1 to 1."
        return Finding("unit", text, "Read as 0 to 1", opening=(("unit", "normalized"),))
    if source.unit in ("normalized", "unit") and high > 20 and low > -0.2 * high:
        text = f"Coordinates run to {high:.4g}: pixels, read as "
        text += "0 to 1." if source.unit == "normalized" else "−1 to 1."
        return Finding("unit", text, "Read as pixels", opening=(("unit", "px"),))
    return None


JOINT_CHECKS: tuple[Callable[[Skeleton], Finding | None], ...] = (
    wrong_unit, upside_down, joints_at_zero, joint_gaps,
)  # fmt: skip
