"""What the axes of a plain array mean: the rules for guessing, and the letters a person may give.

An array file says nothing about its axes. The rules are a pure function of shape and dtype (and,
for a float picture, of whether all values lie in [0, 1]); `axes` overrides them. Letters: those of
`data.py`, and X for the two or three coordinates of a joint, N for the points of a cloud.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voxviewer.files import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from voxviewer.data import Volume

VOLUME_LETTERS = "TDHWC"
SKELETON_LETTERS = "TPJX"
CLOUD_LETTERS = "NX"

FEWEST_POINTS = 64
"""A float array (N, 3) of at least this many rows is a point cloud: no picture is 3 pixels wide."""

PICTURE_MIN_WIDTH = 150
"""A float array (H, W, 3) in [0, 1] is a picture above this width, a skeleton up to it."""


@dataclass(frozen=True)
class Layout:
    """`axes`: a letter for each stored axis; `decision`: how they were found, in a sentence."""

    axes: str
    decision: str

    @property
    def is_skeleton(self) -> bool:
        """True where the array holds joints."""
        return "J" in self.axes

    @property
    def is_cloud(self) -> bool:
        """True where the array holds points."""
        return self.axes == CLOUD_LETTERS


def require_axes(axes: str | None) -> str | None:
    """Return the letters in capitals; `ValueError` where they cannot name the axes of anything.

    "TJ2", "TJ3" and "TPJ3" are understood as "TJX" and "TPJX", "N3" as "NX".
    """
    if axes is None:
        return None
    if not isinstance(axes, str):
        raise ValueError(f"axes must be a text such as 'HWD', not {axes!r}")
    letters = axes.strip().upper().replace("2", "X").replace("3", "X")
    if letters == CLOUD_LETTERS:
        return letters
    allowed = SKELETON_LETTERS if "J" in letters else VOLUME_LETTERS
    needed = "JX" if "J" in letters else "HW"
    wrong = set(letters) - set(allowed) or set(needed) - set(letters)
    if wrong or len(set(letters)) != len(letters):
        raise ValueError(
            f"axes {axes!r} cannot be used; give one letter for each stored axis: of T, D, H, W, C "
            "with H and W ('HWD', 'THWC'), of T, P, J, X with J and X ('TJX'), or 'NX' for points"
        )
    return letters


def chosen_layout(axes: str, shape: tuple[int, ...], path: str) -> Layout:
    """The layout that a person gave, held against the array."""
    if len(axes) != len(shape):
        raise SourceError(
            path,
            f"axes {axes!r} name {len(axes)} axes, the array {_text(shape)} has {len(shape)}",
            "Give one letter for each axis",
        )
    sizes = dict(zip(axes, shape, strict=True))
    if sizes.get("X", 2) not in (2, 3, 4):
        raise SourceError(
            path,
            f"axes {axes!r} put X, the coordinates, on an axis of {sizes['X']}",
            "X needs an axis of 2 or 3, or of 4 with confidences",
        )
    if axes == CLOUD_LETTERS and shape[1] != 3:
        raise SourceError(path, f"has {shape[1]} coordinates a point", "A cloud needs three")
    return Layout(axes, f"axes given as {', '.join(axes)}")


def guessed_layout(
    shape: tuple[int, ...], dtype: np.dtype[Any], all_in_unit: Callable[[], bool]
) -> Layout | None:
    """Guess the axes of an array; None where no rule fits.

    (N, 3) float of 64 rows or more is a point cloud, other (H, W) a picture; (H, W, 3 or 4) uint8,
    or float all in [0, 1] with W > 150, a picture; (T, J, 2 or 3) float a skeleton; (T, H, W, 3 or
    4) a video; other (H, W, D) and (H, W, D, T) volumes; 5-D (T, D, H, W, C). `all_in_unit` is
    asked only where the values decide.
    """
    axes = _guess(shape, dtype, all_in_unit)
    if axes is None:
        return None
    return Layout(axes, f"axes guessed as {', '.join(axes)} from the shape {_text(shape)}")


def _guess(
    shape: tuple[int, ...], dtype: np.dtype[Any], all_in_unit: Callable[[], bool]
) -> str | None:
    floating = dtype.kind == "f"
    colored = shape[-1:] in ((3,), (4,))
    if len(shape) == 3 and colored:
        if dtype == "uint8":
            return "HWC"
        if floating and shape[1] > PICTURE_MIN_WIDTH and all_in_unit():
            return "HWC"
    if len(shape) == 2 and floating and shape[1] == 3 and shape[0] >= FEWEST_POINTS:
        return CLOUD_LETTERS
    if len(shape) == 3 and floating and shape[-1] in (2, 3):
        return "TJX"
    if len(shape) == 4 and colored:
        return "THWC"
    return {2: "HW", 3: "HWD", 4: "HWDT", 5: "TDHWC"}.get(len(shape))


def describe_volume(shape: tuple[int, int, int, int, int]) -> str:
    """The kind of a volume (T, D, H, W, C) in the field's words: "3D scan", "color video"."""
    T, D, _, _, C = shape
    color = {1: "gray ", 3: "color ", 4: "color "}.get(C, "")
    if T > 1:
        return "4D series" if D > 1 else f"{color}video"
    if D > 1:
        return "3D scan" if C == 1 else f"3D scan, {C} values a voxel"
    return f"{color}picture"


def orientation(volume: Volume) -> str | None:
    """Letters of the stored axes i, j, k ("LAS"); None where no affine says which way they run."""
    if volume.affine is None or volume.is_cloud:
        return None
    from nibabel.orientations import aff2axcodes

    letters = aff2axcodes(volume.affine)
    return None if None in letters else "".join(letters)


def _text(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(str(length) for length in shape) + ")"
