"""Names beside the joints of a 3D picture, as many as there is room for. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.space.boxes import Label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.gui.views.space_wish import Result

ASIDE = 8.0
"""Pixels between a joint and its name."""


def joint_names(
    result: Result, size: tuple[int, int], letter: tuple[float, float]
) -> tuple[Label, ...]:
    """Return the names at their joints, right or left of them, none on another or on a joint.

    The joints nearest to the eye are named first.

    Parameters
    ----------
    size : width and height of the picture
    letter : width and height of a letter
    """
    scene = result.scene
    if not len(scene.points):
        return ()
    frame = min(max(result.wish.look.frame, 0), len(scene.points) - 1)
    seen = result.camera.project(scene.points[frame].reshape(-1, 3), size)
    taken: list[tuple[float, float, float, float]] = []
    found = []
    for joint in np.argsort(seen[:, 2], kind="stable"):
        x, y, deep = (float(value) for value in seen[joint])
        if not np.isfinite((x, y, deep)).all():
            continue
        text = scene.joint_name(int(joint))
        wide = letter[0] * len(text)
        for left in (x + ASIDE, x - ASIDE - wide):
            box = (left, y - letter[1] / 2, left + wide, y + letter[1] / 2)
            inside = 0 <= left and box[2] <= size[0] and 0 <= box[1] and box[3] <= size[1]
            if inside and not _covers(box, seen) and not any(_meet(box, other) for other in taken):
                taken.append(box)
                found.append(Label(text, left, y))
                break
    return tuple(found)


def _covers(box: tuple[float, ...], joints: NDArray[np.float64]) -> bool:
    """True where a name would lie on a joint, and seem to be that one's; NaN is nowhere."""
    x, y = joints[:, 0], joints[:, 1]
    return bool(((box[0] < x) & (x < box[2]) & (box[1] < y) & (y < box[3])).any())


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
