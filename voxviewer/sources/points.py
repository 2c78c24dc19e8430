"""From plain coordinates (T, P, J, 2 or 3) to a `Skeleton`, with what can be said about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.sources.skeletons.anatomy import standing, unit_of
from voxviewer.sources.skeletons.companions import Companions
from voxviewer.sources.skeletons.guessing import PIXELS, guessed_topology, is_confidence, padding
from voxviewer.sources.skeletons.recording import Recording, skeleton

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Facts, Float64, Skeleton
    from voxviewer.sources.boundary import Request

NO_COMPANIONS = Companions()


def skeleton_of(
    values: NDArray[Any],
    facts: Facts,
    request: Request,
    times: Float64 | None,
    beside: Companions = NO_COMPANIONS,
) -> Skeleton:
    """Make a skeleton of coordinates that say nothing about themselves.

    Parameters
    ----------
    values : (T, P, J, 2, 3 or 4), any real dtype; the last of 4 is how sure a joint is; one with a
        NaN or infinite coordinate counts as not seen
    facts : of the file; decisions and warnings are added here
    beside : scores (T, P, J), names and bones, where the archive has them
    """
    with np.errstate(invalid="ignore"):
        joints = values.astype(np.float64)
    told: list[str] = [*beside.decisions]
    score = beside.score
    if joints.shape[-1] == 4:
        score, joints = joints[..., 3] if score is None else score, joints[..., :3]
        told.append("the fourth column is taken as the confidence, 0 is missing")
    elif score is None and is_confidence(joints):
        score, joints = joints[..., 2], joints[..., :2]
        told.append("the third column is taken as the confidence, 0 is missing")
    if score is not None:
        joints[~(score > 0)] = np.nan
    flat = joints.shape[-1] == 2
    zeros = padding(joints, flat)
    joints[zeros] = np.nan
    layout, named = guessed_topology(joints.shape[2], not flat)
    recording = Recording(
        joints=joints,
        score=score,
        topology=beside.topology or layout,
        format=facts.format,
        stored_shape=facts.stored_shape,
        stored_axes=facts.stored_axes,
        stored_dtype=facts.stored_dtype,
        times=times,
    )
    if named and beside.topology is None:
        told.append(named)
    _place(recording, told)
    recording.decisions += [*facts.decisions, *told]
    recording.warnings += facts.warnings
    if zeros.any():
        recording.warnings.append(f"{int(zeros.sum())} joints of all zeros count as missing")
    return skeleton(recording, request)


def _place(recording: Recording, told: list[str]) -> None:
    """Unit by the range; up as in pictures, unless named joints stand upright the other way."""
    finite = recording.joints[np.isfinite(recording.joints).all(axis=-1)]
    inside = not bool((np.abs(finite) > 1).any())
    found = _standing(recording)
    upright = found is not None and found.up == "y+"
    solid = recording.joints.shape[-1] == 3
    unit = unit_of(found.height) if found is not None and solid and not inside else None
    recording.unit = unit or ("unit" if inside else "px" if _is_pixels(finite) else "unknown")
    recording.up = "y+" if upright else "y-"
    if inside:
        told.append("coordinates lie in [-1, 1]")
    elif unit is not None and found is not None:
        told.append(f"unit taken as {unit}: from feet to head are {found.height:.4g}")
    elif recording.unit == "px":
        told.append("unit not stored: taken as pixels")
    else:
        told.append("unit not stored and not told by the figure's size")
    told.append(
        "up is y+: there the head lies above the feet"
        if upright
        else "y taken as pointing down, as in pictures"
    )


def _is_pixels(points: NDArray[Any]) -> bool:
    """True for places (., 2 or 3) as pictures have them; 3D that is small or below 0 is not."""
    place = points[:, :2]
    return points.shape[-1] == 2 or bool((place >= 0).all() and place.max(initial=0) > PIXELS)


def _standing(recording: Recording) -> Any:
    joints = recording.joints
    if joints.shape[-1] == 2:
        joints = np.concatenate([joints, np.zeros_like(joints[..., :1])], axis=-1)
    return standing(recording.topology.names, joints)
