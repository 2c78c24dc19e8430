"""What a plain array of coordinates tells by its values: confidences, padding, order, names.

An array file holds numbers alone. These are pure functions of its values; each answer is a guess
that is said in the facts, and `axes` overrides the order of the axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.sources.skeletons.topologies import LANDMARKS, OPENPOSE, known, numbered

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import Topology

JOINT_COUNTS = frozenset(
    (14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 26, 27, 31, 32, 33, 42, 67, 68, 70, 75, 133, 137)
)
"""Numbers of joints that layouts have; needed where the order of axes is in question."""

MOST_PERSONS = 6
LOOKED_AT = 256
"""Frames whose values are looked at."""

SMOOTH = 4.0
"""Steps between joints are this many times larger than those between frames."""

PIXELS = 10.0
"""Coordinates that go beyond this are pixels or millimeters, no shares."""

SOLID = {25: "ntu-25"} | LANDMARKS
FLAT = OPENPOSE | LANDMARKS


def better_axes(
    axes: str, shape: tuple[int, ...], floating: bool, read: Callable[[str], NDArray[Any]]
) -> str | None:
    """Axes that fit an array better than those guessed from its shape; None where none do.

    Joints come first where an array is smooth along its second axis only; four axes are persons
    where one is short, one has a known number of joints, one has 2 or 3 coordinates, and values
    leave [0, 1]. (T, J, 4) with a known number of joints is x, y, z and how sure each is.

    Parameters
    ----------
    axes : as guessed by `layout.guessed_layout`
    read : gives the first frames (T, P, J, X) of the array read with these axes
    """
    if not floating:
        return None
    if axes == "TJX" and shape[0] in JOINT_COUNTS and shape[1] > shape[0]:
        return "JTX" if is_joints_first(read("JTX")[:, 0]) else None
    if axes == "HWD" and shape[2] == 4 and shape[1] in JOINT_COUNTS:
        return "TJX" if _is_sure(read("TJX")) else None
    for candidate in _with_persons(shape) if len(shape) == 4 else ():
        values = read(candidate)
        if not ((values >= 0) & (values <= 1)).all():
            return candidate
    return None


def _with_persons(shape: tuple[int, ...]) -> list[str]:
    """The orders of persons that this shape may have: ours, ST-GCN's, PYSKL's.

    ST-GCN's (C, T, V, M) has three channels and one or two persons; (3, T, J, 2) is taken as that.
    """
    found = []
    for order, most in (("TPJX", MOST_PERSONS), ("XTJP", 2), ("PTJX", MOST_PERSONS)):
        size = dict(zip(order, shape, strict=True))
        coordinates = (3,) if order == "XTJP" else (2, 3)
        persons = size["P"] <= most and size["T"] > size["P"]
        if size["X"] in coordinates and persons and size["J"] in JOINT_COUNTS:
            found.append(order)
    return found


def is_joints_first(values: NDArray[Any]) -> bool:
    """True where (T, J, X) as read from joints first moves smoothly, unlike the other way round."""
    found = values.astype(np.float64)
    found[(found == 0).all(axis=-1)] = np.nan
    in_time = np.abs(np.diff(found, axis=0))
    between = np.abs(np.diff(found, axis=1))
    if not np.isfinite(in_time).any() or not np.isfinite(between).any():
        return False
    moving, apart = np.nanmean(in_time), np.nanmean(between)
    return bool(moving > 0 and apart > SMOOTH * moving)


def _is_sure(values: NDArray[Any]) -> bool:
    """True where the last of four columns lies in [0, 1], and the others leave it."""
    found = values[np.isfinite(values).all(axis=-1)]
    inside = (found >= 0) & (found <= 1)
    return bool(len(found) and inside[:, 3].all() and not inside[:, :3].all())


def is_confidence(values: NDArray[Any]) -> bool:
    """True where the third of three coordinates is how sure the joint is, and no depth.

    It lies in [0, 1] while the others are pixels; or it is 0 for the joints at (0, 0) and for no
    other, while all values lie in [0, 1].
    """
    if values.shape[-1] != 3:
        return False
    found = values[np.isfinite(values).all(axis=-1)].astype(np.float64)
    if not len(found):
        return False
    place, third = found[:, :2], found[:, 2]
    if (third < 0).any() or (third > 1).any() or not third.any() or np.ptp(third) == 0:
        return False
    if np.abs(place).max() > PIXELS:
        return True
    origin = (place == 0).all(axis=1)
    shares = bool((place >= 0).all() and (place <= 1).all())
    return shares and bool(origin.any()) and bool(((third == 0) == origin).all())


def padding(values: NDArray[Any], flat: bool) -> NDArray[np.bool_]:
    """(T, P, J) joints whose zeros mean that nothing was found.

    In pixels no joint lies in the very corner. In other units a person of all zeros is padding;
    a joint at zero in some frames is missing, one that is there in all of them is the origin.
    """
    zero: NDArray[np.bool_] = np.asarray((values == 0).all(axis=-1))
    nobody = zero.all(axis=2, keepdims=True)
    if values.shape[2] < 3 or nobody.all():
        nobody = np.zeros_like(nobody)
    finite = values[np.isfinite(values)]
    beyond, negative = bool((np.abs(finite) > 1).any()), bool((finite < 0).any())
    if not beyond:
        result = nobody & zero
    elif flat and not negative:
        result = zero
    else:
        always = (zero | nobody).all(axis=0, keepdims=True)
        result = zero & ~(always & ~nobody)
    return np.asarray(result)


def guessed_topology(count: int, solid: bool) -> tuple[Topology, str]:
    """Names and bones by the number of joints, and a sentence about it ("" where none is known)."""
    keys = SOLID if solid else FLAT
    if count not in keys:
        return numbered(count), ""
    title, layout = known(keys[count])
    return layout, f"joints named as those of {title}: guessed by their number"
