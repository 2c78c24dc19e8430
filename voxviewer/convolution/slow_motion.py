"""The readable loop of `reference`, one voxel of a map at a time: what a person can watch.

The kernel walks over the clip frame by frame, row by row, column by column, and the map fills in.
Nothing is computed: the maps are there already. Each step says where the walk stands and what it
looks at; `microscope.explain_voxel` takes its sum apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from voxviewer.convolution.geometry import axes_of
from voxviewer.convolution.reference import window_at
from voxviewer.data import FeatureMaps, Float32, frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

Place = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the walk.

    Attributes
    ----------
    number : 0 for the first
    place : t, h, w, f in the maps
    frames, rows, columns : (kT,), (kH,), (kW,) clip indices that the kernel's taps look at; below 0
        or beyond the clip where there is padding
    window : (kT, kH, kW, C) float32 clip values, 0 in the padding
    value : what stands in the map afterwards
    """

    number: int
    place: Place
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    window: Float32
    value: float


class SlowMotion(Sequence[Step]):
    """All steps of one filter over the clip, in the loop's order; made when they are asked for.

    Parameters
    ----------
    features : the finished maps
    filter : which of them

    Raises
    ------
    ValueError
        where there is no such map, or the maps are those of a deep layer (no bank)

    Example
    -------
    >>> steps = SlowMotion(maps)
    >>> steps[1].place
    (0, 0, 1, 0)
    """

    def __init__(self, features: FeatureMaps, filter: int = 0) -> None:
        if features.bank is None:
            raise ValueError(
                "Maps of a deep layer have no kernel that walks; choose those of a first layer"
            )
        count = features.data.shape[3]
        if not 0 <= filter < count:
            raise ValueError(f"filter {filter} is not there; the maps are 0 to {count - 1}")
        self.features, self.filter = features, filter
        self._axes = axes_of(
            features.clip.data.shape,
            features.bank.kernels.shape,
            features.settings.strides,
            features.settings.dilation,
            features.settings.padding,
        )

    def __len__(self) -> int:
        """Voxels of the map."""
        return math.prod(self.features.data.shape[:3])

    @overload
    def __getitem__(self, number: int) -> Step: ...

    @overload
    def __getitem__(self, number: slice) -> list[Step]: ...

    def __getitem__(self, number: int | slice) -> Step | list[Step]:
        """The step of this number; negative ones count from the end."""
        if isinstance(number, slice):
            return [self[index] for index in range(len(self))[number]]
        number = range(len(self))[number]
        t, h, w = self._place(number)
        places = (axis.window(u) for axis, u in zip(self._axes, (t, h, w), strict=True))
        frames, rows, columns = (frozen(place) for place in places)
        return Step(
            number=number,
            place=(t, h, w, self.filter),
            frames=frames,
            rows=rows,
            columns=columns,
            window=frozen(window_at(self.features.clip.data, self._axes, (t, h, w))),
            value=float(self.features.data[t, h, w, self.filter]),
        )

    def __iter__(self) -> Iterator[Step]:
        return (self[number] for number in range(len(self)))

    def number(self, place: tuple[int, int, int]) -> int:
        """The step that fills the map voxel t, h, w: where to begin the walk."""
        t, h, w = place
        for name, index, size in zip("THW", place, self.features.data.shape, strict=False):
            if not 0 <= index < size:
                raise ValueError(f"{name} {index} lies outside the map, which has {size} there")
        _, H, W, _ = self.features.shape
        return (t * H + h) * W + w

    def _place(self, number: int) -> tuple[int, int, int]:
        _, H, W, _ = self.features.shape
        t, rest = divmod(number, H * W)
        return t, rest // W, rest % W


def partial(features: FeatureMaps, step: int, filter: int = 0) -> Float32:
    """One map as it stands after a step of the walk.

    Parameters
    ----------
    step : the last one that was done; -1 for none yet
    filter : which map

    Returns
    -------
    (T', H', W') float32, NaN where the walk has not been

    Raises
    ------
    ValueError
        where there is no such step
    """
    whole = features.data[..., filter]
    if not -1 <= step < whole.size:
        raise ValueError(f"step {step} is not there; the steps are 0 to {whole.size - 1}")
    done = np.full(whole.size, np.nan, np.float32)
    frames, rest = divmod(step + 1, math.prod(whole.shape[1:]))
    full = done.reshape(whole.shape)
    full[:frames] = whole[:frames]
    if rest:
        full[frames].reshape(-1)[:rest] = whole[frames].reshape(-1)[:rest]
    view: Float32 = frozen(full)
    return view
