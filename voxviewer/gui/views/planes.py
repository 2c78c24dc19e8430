"""Which plane of a source stands behind a clip frame, how it is turned for the eye, its numbers.

Pure functions, no Qt. The tensor keeps the stored order; only this view turns a scan by its affine,
so that the head is up and the patient's left is on the left (neurological) or on the right
(radiological).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voxviewer.render.limits import Scale, finite_range
from voxviewer.render.pixels import paint
from voxviewer.settings import EncodingSettings

if TYPE_CHECKING:
    from voxviewer.data import Clip, Float64, Source, Volume

UInt32 = NDArray[np.uint32]

_AXES = "DHW"
_ENDS = (("L", "R"), ("P", "A"), ("I", "S"))
_VIEWS = ("sagittal", "coronal", "axial")
VIEWS_SHOWN = ("axial", "sagittal", "coronal", "")
"""The order in which slices stand side by side; "" is a volume without orientation."""
_MOST = 1024
"""Pixels a side that a source picture is painted with; larger ones are thinned by whole steps."""


@dataclass(frozen=True)
class Slot:
    """One plane of a volume's voxels (T, D, H, W, C).

    Attributes
    ----------
    index : what to index the voxels with; leaves two axes of space and the channels
    fixed : letter and index of each axis that is not in the plane
    rows, columns : letters of the plane's axes, as the tensor has them
    swapped : True where the axes come out of the voxels the other way round
    """

    index: tuple[Any, ...]
    fixed: tuple[tuple[str, int], ...]
    rows: str
    columns: str
    swapped: bool = False


@dataclass(frozen=True)
class Turn:
    """How a plane (rows, columns, ...) is shown: axes swapped first, then flipped."""

    swap: bool = False
    flip_rows: bool = False
    flip_columns: bool = False
    letters: tuple[str, str, str, str] = ("H", "W", "", "")
    view: str = ""

    def shown(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Return the plane as it is shown, a view of it."""
        if self.swap:
            plane = plane.swapaxes(0, 1)
        rows = slice(None, None, -1) if self.flip_rows else slice(None)
        columns = slice(None, None, -1) if self.flip_columns else slice(None)
        return plane[rows, columns]

    def to_shown(self, row: float, column: float, size: tuple[int, int]) -> tuple[float, float]:
        """Return where a place of the plane, `size` (rows, columns), is shown."""
        rows, columns = size
        if self.swap:
            row, column, rows, columns = column, row, columns, rows
        down = rows - 1 - row if self.flip_rows else row
        return down, columns - 1 - column if self.flip_columns else column

    def to_plane(self, row: float, column: float, size: tuple[int, int]) -> tuple[float, float]:
        """Return which place of the plane is shown there: the way back."""
        rows, columns = (size[1], size[0]) if self.swap else size
        row = rows - 1 - row if self.flip_rows else row
        column = columns - 1 - column if self.flip_columns else column
        return (column, row) if self.swap else (row, column)

    def in_picture(
        self, row: float, column: float, size: tuple[int, ...], shown: tuple[int, ...]
    ) -> tuple[float, float]:
        """Return where a place of the plane lies in its picture, which may be thinned."""
        down, across = self.to_shown(row, column, (size[0], size[1]))
        tall, wide = (size[1], size[0]) if self.swap else size[:2]
        return (down + 0.5) * shown[0] / tall - 0.5, (across + 0.5) * shown[1] / wide - 0.5

    def from_picture(
        self, place: tuple[int, int], size: tuple[int, ...], shown: tuple[int, ...]
    ) -> tuple[int, int]:
        """Return which place of the plane a pixel of its picture shows: the way back."""
        tall, wide = (size[1], size[0]) if self.swap else size[:2]
        row, column = (place[0] + 0.5) * tall / shown[0], (place[1] + 0.5) * wide / shown[1]
        found = self.to_plane(round(row - 0.5), round(column - 0.5), (size[0], size[1]))
        return int(found[0]), int(found[1])


AS_STORED = Turn()
"""No turn at all."""


def slot_of(volume: Volume, settings: EncodingSettings, frame: int) -> Slot:
    """Return the plane that an encoding takes for a source frame (or slice)."""
    from voxviewer.encoding.roles import volume_roles

    T, D = volume.shape[:2]
    if settings.roles is not None:
        slot = _slot_of_roles(volume.shape, settings.roles, frame)
        if slot is not None:
            return slot
        settings = EncodingSettings()
    try:
        roles = volume_roles(volume.shape, settings)
    except ValueError:  # settings that fit another source: the pipeline says so, the picture stays
        roles = volume_roles(volume.shape, EncodingSettings())
    if roles.kind != "sweep":
        t = min(max(frame, 0), T - 1)
        d = roles.plane if isinstance(roles.plane, int) else D // 2
        return Slot((t, d), (("T", t), ("D", d)), "H", "W")
    swept, rows, columns = roles.axes
    at = min(max(frame, 0), volume.shape[1 + swept] - 1)
    index: list[Any] = [roles.time, slice(None), slice(None), slice(None)]
    index[1 + swept] = at
    fixed = (("T", roles.time), (_AXES[swept], at))
    return Slot(tuple(index), fixed, _AXES[rows], _AXES[columns], rows > columns)


def _slot_of_roles(shape: tuple[int, ...], roles: tuple[str | int, ...], frame: int) -> Slot | None:
    """The plane of rows and columns as roles have them; None where they are no axes of space.

    Of an axis that is averaged the middle stands for all.
    """
    rows, columns = roles.index("height"), roles.index("width")
    if not {rows, columns} <= {1, 2, 3}:
        return None
    letters = f"T{_AXES}"
    index: list[Any] = [slice(None)] * 4
    fixed: list[tuple[str, int]] = []
    for axis in sorted({0, 1, 2, 3} - {rows, columns}):
        role = roles[axis]
        at = role if isinstance(role, int) else frame if role == "time" else shape[axis] // 2
        index[axis] = min(max(at, 0), shape[axis] - 1)
        fixed.append((letters[axis], index[axis]))
    return Slot(tuple(index), tuple(fixed), letters[rows], letters[columns], rows > columns)


def source_count(source: Source, settings: EncodingSettings) -> int:
    """Return how many frames or slices an encoding takes from the source."""
    from voxviewer.data import Skeleton
    from voxviewer.encoding.roles import volume_roles

    if isinstance(source, Skeleton):
        return source.shape[0]
    try:
        return volume_roles(source.shape, settings).size[0]
    except ValueError:
        return volume_roles(source.shape, EncodingSettings()).size[0]


def source_frame(source: Source, clip: Clip | None, frame: int) -> int | None:
    """Return the source frame behind a clip frame; None where the clip is padded there."""
    if clip is None or clip.name != source.name or not 0 <= frame < len(clip.frames):
        return 0
    found = int(clip.frames[frame])
    return found if found >= 0 else None


def read_plane(volume: Volume, slot: Slot) -> NDArray[Any]:
    """Return the plane (rows, columns, C) as the tensor has its axes. May read from disk."""
    plane = np.asarray(volume.voxels[slot.index])
    return plane.swapaxes(0, 1) if slot.swapped else plane


def turn_of(volume: Volume, slot: Slot, radiological: bool = False) -> Turn:
    """Return how the plane is shown: by the affine where there is one, else as it is stored.

    `radiological`: the patient is seen from the feet or from the front, left is on the right.
    """
    if volume.affine is None or volume.is_cloud:
        return Turn(letters=(slot.rows, slot.columns, "", ""))
    worlds = _world_axes(volume.affine)
    down, across = worlds["HWD".index(slot.rows)], worlds["HWD".index(slot.columns)]
    swap = down[0] < across[0]
    if swap:
        down, across = across, down
    bottom, top = _ENDS[down[0]]
    left, right = _ENDS[across[0]]
    through = 3 - down[0] - across[0]
    mirrored = radiological and across[0] == 0
    if mirrored:
        left, right = right, left
    letters = (left, bottom, right, top)
    return Turn(swap, down[1] > 0, (across[1] < 0) != mirrored, letters, _VIEWS[through])


def _world_axes(affine: Float64) -> list[tuple[int, int]]:
    """For each array axis i, j, k the nearest world axis and its sign, each taken once.

    The largest cosines first, as nibabel's `io_orientation` does for scans without shear.
    """
    columns = np.asarray(affine, dtype=np.float64)[:3, :3]
    lengths = np.sqrt((columns**2).sum(axis=0))
    cosines = np.nan_to_num(columns / np.where(lengths > 0, lengths, 1))
    found: dict[int, tuple[int, int]] = {}
    left = np.abs(cosines)
    for _ in range(3):
        world, axis = (int(n) for n in np.unravel_index(np.argmax(left), left.shape))
        found[axis] = (world, -1 if cosines[world, axis] < 0 else 1)
        left[world, :] = left[:, axis] = -1
    return [found[axis] for axis in range(3)]


def aspect_of(volume: Volume, slot: Slot, turn: Turn) -> float:
    """Return how much higher than wide a voxel is shown; 1 where its size is not known."""
    if volume.spacing is None:
        return 1.0
    spacing = dict(zip(_AXES, volume.spacing, strict=True))
    tall, wide = spacing[slot.rows], spacing[slot.columns]
    if turn.swap:
        tall, wide = wide, tall
    ratio = tall / wide if wide > 0 and tall > 0 else 1.0
    return ratio if 0.02 < ratio < 50 else 1.0


def is_color(plane: NDArray[Any]) -> bool:
    """Return True where the last axis holds red, green, blue (and alpha)."""
    return plane.ndim == 3 and plane.shape[2] in (3, 4)


def source_scale(plane: NDArray[Any], limits: tuple[float, float] | None) -> Scale:
    """Return how a source's values are painted: colors as they are, others gray between limits."""
    if is_color(plane):
        if plane.dtype.kind in "ui":
            return Scale(0, float(np.iinfo(plane.dtype).max), "rgb")
        low, high = finite_range(plane)
        return Scale(0.0, 1.0, "rgb") if 0 <= low and high <= 1 else Scale(low, high, "rgb")
    low, high = limits if limits is not None else finite_range(plane[..., :1])
    return Scale(float(low), float(high), "gray")


def source_pixels(plane: NDArray[Any], scale: Scale) -> UInt32:
    """Return a source's plane (rows, columns, C) as pixels; colors keep their values exactly."""
    step = max(1, -(-max(plane.shape[:2]) // _MOST))
    plane = plane[::step, ::step]
    if not is_color(plane):
        return np.ascontiguousarray(paint(plane[..., 0], scale))
    if plane.shape[2] == 4:
        top = np.iinfo(plane.dtype).max if plane.dtype.kind in "ui" else 1
        plane = plane[..., :3] * (plane[..., 3:] / np.float32(top))
    if plane.dtype != np.uint8:
        return np.ascontiguousarray(paint(plane, scale))
    red, green, blue = (plane[..., c].astype(np.uint32) for c in range(3))
    return np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue


def stored_place(volume: Volume, slot: Slot, row: int, column: int) -> tuple[int, ...]:
    """Return the index into the file's own array, in its order of axes, without channels."""
    places = dict(slot.fixed) | {slot.rows: row, slot.columns: column}
    stored = volume.facts.stored_axes
    axes = [letter for letter in stored if letter in places] or list("THW")
    return tuple(places[letter] for letter in axes)


def world_text(volume: Volume, slot: Slot, row: int, column: int) -> str:
    """Return the place in millimeters of the scanner: "R +6, A +11, S +4 mm".

    Of a point cloud in the file's own coordinates: "x 1.2, y 3, z 0.5"; "" without affine.
    """
    if volume.affine is None:
        return ""
    places = dict(slot.fixed) | {slot.rows: row, slot.columns: column}
    at = volume.affine @ np.array([places["H"], places["W"], places["D"], 1.0])
    if volume.is_cloud:
        words = (f"{name} {value:.4g}" for name, value in zip("xyz", at[:3], strict=True))
        return ", ".join(words).replace("-", "−")
    digits = _digits(volume)
    rounded = (round(float(value), digits) + 0.0 for value in at[:3])  # no −0
    words = (f"{name} {value:+.{digits}f}" for name, value in zip("RAS", rounded, strict=True))
    return ", ".join(words).replace("-", "−") + " mm"


def _digits(volume: Volume) -> int:
    """Decimals of a millimeter that tell neighboring voxels apart."""
    finest = min((size for size in volume.spacing or () if size > 0), default=1.0)
    return min(max(0, math.ceil(-math.log10(finest) - 0.02)), 4)


def value_text(values: NDArray[Any]) -> str:
    """Return one voxel's value, or its channels in brackets."""
    from voxviewer.render.limits import number

    flat = np.atleast_1d(values)
    words = [str(int(v)) if flat.dtype.kind in "iub" else number(float(v)) for v in flat[:4]]
    words = [word.replace("-", "−") for word in words]
    if len(flat) == 1:
        return words[0]
    return f"({', '.join(words)}{', …' if len(flat) > 4 else ''})"
