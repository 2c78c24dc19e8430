"""A volume whose axes have found their roles, still unread: moved, fixed at an index, averaged.

`EncodingSettings.roles` says what becomes of each axis. What comes out is a volume like any other,
real time in T and an axis that is swept as time in D, so that the rest of encoding needs no second
way. Values that are not averaged are the source's own.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.encoding.roles import AXES, arranged_axes, arranged_shape, plain_roles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float64, Source, Volume, Voxels
    from voxviewer.settings import EncodingSettings

SLAB = 1 << 24
"""Bytes of an averaged axis that are read at a time."""


def arranged(source: Volume, settings: EncodingSettings) -> tuple[Volume, EncodingSettings]:
    """The volume as its roles say, and the settings that are left; both as they are without roles.

    Raises
    ------
    ValueError
        where an axis is fixed at what is not there
    """
    if settings.roles is None:
        return source, settings
    _, left = plain_roles(source.shape, settings)
    times = source.times if settings.roles[0] == "time" else None
    affine, spacing = _placed(source, settings.roles)
    voxels = Arranged(source.voxels, settings.roles)
    return replace(source, voxels=voxels, times=times, affine=affine, spacing=spacing), left


def _placed(
    source: Volume, roles: tuple[str | int, ...]
) -> tuple[Float64 | None, tuple[float, float, float] | None]:
    """Affine and spacing of the arranged volume; None where its axes are not those of space.

    A fixed axis of space becomes a depth of one plane where it was; an averaged one lies in the
    middle of all its planes, as thick as they are together.
    """
    rows, columns = roles.index("height"), roles.index("width")
    if not {rows, columns} <= {1, 2, 3} or ("time" in roles and roles.index("time") == 4):
        return None, None
    third = 6 - rows - columns
    role, length = roles[third], source.voxels.shape[third]
    scale, offset = (float(length), (length - 1) / 2) if role == "mean" else (1.0, 0.0)
    offset = float(role) if isinstance(role, int) else offset
    spacing = None
    if source.spacing is not None:
        D, H, W = (source.spacing[axis - 1] for axis in (third, rows, columns))
        spacing = (D * scale, H, W)
    if source.affine is None:
        return None, spacing
    stored = {1: 2, 2: 0, 3: 1}  # D, H, W as the affine's axes (H, W, D)
    change = np.zeros((4, 4))
    change[3, 3] = 1
    change[stored[rows], 0] = change[stored[columns], 1] = 1
    change[stored[third], 2], change[stored[third], 3] = scale, offset
    return np.asarray(source.affine, np.float64) @ change, spacing


def arranged_source(source: Source, settings: EncodingSettings) -> tuple[Any, EncodingSettings]:
    """The same for any source: joints have no such axes, and ignore roles."""
    from voxviewer.data import Volume

    return arranged(source, settings) if isinstance(source, Volume) else (source, settings)


class Arranged:
    """(T, D, H, W, C) over voxels in other roles: shape, dtype, basic indexing.

    Parameters
    ----------
    voxels : (T, D, H, W, C), an array or lazy
    roles : of its five axes, as `EncodingSettings.roles`

    The dtype is the voxels' own; float32 where an axis is averaged (summed in float64).
    """

    def __init__(self, voxels: Voxels, roles: tuple[str | int, ...]) -> None:
        T, D, H, W, C = voxels.shape
        self.shape = arranged_shape((T, D, H, W, C), roles)
        self.averaged = tuple(axis for axis, role in enumerate(roles) if role == "mean")
        self.dtype = np.dtype(np.float32) if self.averaged else voxels.dtype
        self._voxels, self._roles = voxels, roles
        self._places = arranged_axes(roles)
        free = iter(axis for axis in range(5) if axis not in self._places)
        self._order = [next(free) if axis is None else axis for axis in self._places]

    @property
    def strides(self) -> tuple[int, ...]:
        """How far apart neighbors lie, as of an array; where voxels lie on disk, none is nearer."""
        given = getattr(self._voxels, "strides", (0,) * 5)
        return tuple(0 if axis is None else given[axis] for axis in self._places)

    def slab_bytes(self, values: int) -> int:
        """Bytes that are read at a time to average so many values of the result."""
        lengths = sorted(self._voxels.shape[axis] for axis in self.averaged)
        entry = values * math.prod(lengths[:-1]) * self._voxels.dtype.itemsize
        return min(max(SLAB, entry), entry * lengths[-1])

    def __getitem__(self, index: Any) -> NDArray[Any]:
        wanted = [*(index if isinstance(index, tuple) else (index,))]
        wanted += [slice(None)] * (5 - len(wanted))
        given: list[Any] = [role if isinstance(role, int) else slice(None) for role in self._roles]
        for axis, part in zip(self._places, wanted, strict=True):
            if axis is not None:
                given[axis] = part
        whole = self._mean(given) if self.averaged else self._read(given)
        out = whole.transpose(self._order)
        kept = tuple(
            self._kept(axis, part) for axis, part in zip(self._places, wanted, strict=True)
        )
        return np.asarray(out[kept])

    @staticmethod
    def _kept(axis: int | None, part: Any) -> Any:
        """What is still to be taken of an axis: its one entry, where one was asked for."""
        return part if axis is None else 0 if not isinstance(part, slice) else slice(None)

    def _read(self, given: list[Any]) -> NDArray[Any]:
        """All five axes of the voxels; one entry that was asked for stays as an axis of one."""
        index = tuple(
            part if isinstance(part, slice) else slice(part, part + 1 or None) for part in given
        )
        return np.asarray(self._voxels[index])

    def _mean(self, given: list[Any]) -> NDArray[np.float32]:
        """The same with averaged axes of one entry, read in slabs along the longest of them."""
        axis = max(self.averaged, key=lambda axis: self._voxels.shape[axis])
        length = self._voxels.shape[axis]
        sizes = [len(range(*part.indices(n))) if isinstance(part, slice) else 1
                 for part, n in zip(given, self._voxels.shape, strict=True)]  # fmt: skip
        entry = math.prod(sizes) // length * self._voxels.dtype.itemsize
        step = max(1, SLAB // max(entry, 1))
        total: Any = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, length, step):
                given[axis] = slice(first, min(first + step, length))
                total += self._read(given).sum(axis=self.averaged, dtype=np.float64, keepdims=True)
            count = math.prod(self._voxels.shape[axis] for axis in self.averaged)
            return np.asarray((total / count).astype(np.float32))


def arranging_line(roles: tuple[str | int, ...]) -> str:
    """The line of Python that arranges `source.voxels` as (T, H, W, C); T is 1 without a time.

    Example
    -------
    >>> arranging_line((0, "time", "height", "width", "channel"))
    'x = source.voxels[0, :, :, :, :]'
    """
    index = ", ".join(str(role) if isinstance(role, int) else ":" for role in roles)
    code = f"source.voxels[{index}]"
    left = [role for role in roles if not isinstance(role, int)]
    averaged = tuple(place for place, role in enumerate(left) if role == "mean")
    if averaged:
        axis = averaged[0] if len(averaged) == 1 else averaged
        code = f'{code}.mean(axis={axis}, dtype="float64").astype("float32")'
    left = [role for role in left if role != "mean"]
    wanted = [role for role in ("time", "height", "width", "channel") if role in left]
    order = tuple(left.index(role) for role in wanted)
    if order != tuple(range(len(order))):
        code = f"np.transpose({code}, {order})"
    if "channel" not in left:
        code += "[..., None]"
    return f"x = {code}" if "time" in left else f"x = {code}[None]"


def arranging_words(shape: tuple[int, ...], roles: tuple[str | int, ...]) -> str:
    """What roles do, in a few words: "D as time, mean of T, W 3"."""
    words = []
    if "time" in roles and roles[0] != "time":
        words.append(f"{AXES[roles.index('time')]} as time")
    for letter, length, role in zip(AXES, shape, roles, strict=True):
        if length == 1:
            continue
        if role == "mean":
            words.append(f"mean of {length} {letter}")
        elif isinstance(role, int):
            words.append(f"{letter} {role}")
    return ", ".join(words) or "axes moved"
