"""From plain coordinates (T, P, J, 2 or 3) to a `Skeleton`, with what can be said about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Skeleton, Topology, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float64
    from voxviewer.sources.boundary import Request

MANY_JOINTS = 600
"""More joints than this are more likely something else, which is said."""


def skeleton_of(
    values: NDArray[Any], facts: Facts, request: Request, times: Float64 | None
) -> Skeleton:
    """Make a skeleton of coordinates without names.

    Parameters
    ----------
    values : (T, P, J, 2 or 3), any real dtype; a joint with a NaN or infinite coordinate counts
        as not seen
    facts : of the file; decisions and warnings are added here
    """
    joints, seen = _joints(values)
    unit = "unit" if _in_unit(joints) else "px"
    names = tuple(f"joint {index}" for index in range(joints.shape[2]))
    told = (
        "coordinates lie in [-1, 1]" if unit == "unit" else "unit not stored: taken as pixels",
        "y taken as pointing down, as in pictures",
    )
    facts = replace(
        facts,
        decisions=(*facts.decisions, *told),
        warnings=(*facts.warnings, *_warnings(values, joints, seen, facts.stored_axes)),
    )
    return Skeleton(
        joints=joints,
        score=frozen(seen.astype(np.float32)),
        topology=Topology(names),
        facts=facts,
        opening=request.opening,
        name=request.path.name,
        unit=unit,
        up="y-",
        times=times,
    )


def _joints(values: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(T, P, J, 3) float32 with z = 0 where there is none, and (T, P, J) which joints are seen."""
    joints = np.zeros((*values.shape[:3], 3), np.float32)
    with np.errstate(over="ignore"):
        joints[..., : values.shape[-1]] = values
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(joints).all(axis=-1))
    joints[~seen] = np.nan
    return frozen(joints), seen


def _in_unit(joints: NDArray[np.float32]) -> bool:
    """True where every finite coordinate lies in [-1, 1]."""
    with np.errstate(invalid="ignore"):
        return not bool((np.abs(joints) > 1).any())


def _warnings(
    values: NDArray[Any],
    joints: NDArray[np.float32],
    seen: NDArray[np.bool_],
    axes: str,
) -> tuple[str, ...]:
    """What a person should know before trusting the picture."""
    said = []
    missing = 1 - float(seen.mean())
    if missing:
        said.append(f"{missing:.1%} of the joints are missing")
    if bool(np.isinf(values).any()):
        said.append("infinite coordinates count as missing")
    if not seen.any():
        said.append("no joint is seen in any frame")
    if joints.shape[2] > MANY_JOINTS:
        said.append(
            f"{joints.shape[2]} joints are many: if this is no skeleton, give axes ('HWC', 'HWD')"
        )
    return tuple(said)
