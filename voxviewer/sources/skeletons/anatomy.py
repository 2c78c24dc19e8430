"""Which way is up, and how large a unit is: told by where the head is above the feet.

Motion capture files seldom say either. A head lies about 1.5 m above the ankles of a grown person;
children and a crouch stay within the limits below, other units are a hundred times away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HEAD = re.compile(r"head|nose|skull|^[lr][fb]hd$", re.IGNORECASE)
FEET = re.compile(r"foot|feet|ankle|toe|heel|^[lr](ank|hee|toe)$", re.IGNORECASE)
HIPS = re.compile(r"hip|pelvis|spine.?base|root|^[lr](asi|psi)$", re.IGNORECASE)

CLEARLY = 2.0
"""One axis must hold this many times more of the height than each of the others."""

STEADY = 0.95
"""The head must be on the same side of the feet in this share of the frames."""

HEIGHTS = (("m", 0.9, 2.4), ("cm", 90.0, 240.0), ("mm", 900.0, 2400.0))
"""Units by the height from ankles to head, in that unit."""


@dataclass(frozen=True)
class Standing:
    """`up`: "y+", "y-", "z+" or another signed axis; `height` from the feet to the head."""

    up: str
    height: float


def standing(names: Sequence[str], joints: NDArray[Any]) -> Standing | None:
    """How the figure stands, or None where no head and feet (or hips) are told apart.

    Parameters
    ----------
    names : (J,)
    joints : (T, P, J, 3), NaN = not seen
    """
    low = FEET if any(FEET.search(name) for name in names) else HIPS
    top, bottom = _places(names, joints, HEAD), _places(names, joints, low)
    if top is None or bottom is None:
        return None
    spans = (top - bottom).reshape(-1, 3)
    spans = spans[np.isfinite(spans).all(axis=-1)]
    if not len(spans):
        return None
    way = np.median(spans, axis=0)
    order = np.argsort(np.abs(way))
    if not abs(way[order[2]]) > CLEARLY * abs(way[order[1]]):
        return None
    along = spans[:, order[2]] * np.sign(way[order[2]])
    if (along > 0).mean() < STEADY:
        return None
    sign = "+" if way[order[2]] > 0 else "-"
    height = float(np.linalg.norm(way)) if low is FEET else 0.0
    return Standing("xyz"[order[2]] + sign, height)


def _places(
    names: Sequence[str], joints: NDArray[Any], pattern: re.Pattern[str]
) -> NDArray[np.float64] | None:
    """(T, P, 3) the mean of the joints of these names, NaN where one of them is not seen."""
    index = [place for place, name in enumerate(names) if pattern.search(name)]
    if not index:
        return None
    mean: NDArray[np.float64] = joints[:, :, index].mean(axis=2, dtype=np.float64)
    return mean


def unit_of(height: float) -> str | None:
    """The unit in which a person is this tall, or None where none fits."""
    for unit, least, most in HEIGHTS:
        if least <= height <= most:
            return unit
    return None


def placed(
    names: Sequence[str], joints: NDArray[Any], up: str, unit: str | None
) -> tuple[str, str, tuple[str, ...]]:
    """Up and unit of a recording whose file says neither or only its unit, and how they were found.

    Parameters
    ----------
    up : what the format usually is, for figures that do not tell
    unit : what the file says, None where it says nothing
    """
    found = standing(names, joints)
    told = []
    if found is not None and found.up in ("y+", "y-", "z+"):
        up = found.up
        told.append(f"up is {up}: there the head lies above the feet")
    else:
        told.append(f"up taken as {up}, as is usual: the figure does not tell")
    if unit is not None:
        return up, unit, tuple(told)
    guessed = unit_of(found.height) if found is not None else None
    if guessed is not None and found is not None:
        told.append(f"unit taken as {guessed}: from feet to head are {found.height:.4g}")
    else:
        told.append("unit not stored and not told by the figure's size")
    return up, guessed or "unknown", tuple(told)
