"""Which maps and which frames an export holds: all, or those that were named."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import FeatureMaps, frozen
from voxviewer.files import require_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Clip, FilterBank


def shown_maps(maps: FeatureMaps, chosen: Sequence[int]) -> tuple[int, ...]:
    """The maps that were named, in the order in which they were."""
    F = maps.data.shape[3]
    if not len(chosen):
        raise ValueError("maps must name at least one map")
    for index in chosen:
        if not 0 <= index < F:
            raise ValueError(f"there is no map {index}; the maps are 0 to {F - 1}")
    return tuple(int(index) for index in chosen)


def clip_frames(clip: Clip, chosen: tuple[int, int] | None) -> Sequence[int]:
    """The clip frames of a range, both ends included."""
    T = clip.data.shape[0]
    if T == 0:
        raise ValueError("there is no frame to save; the clip is empty")
    first, last = chosen if chosen is not None else (0, T - 1)
    if not 0 <= first <= last < T:
        raise ValueError(f"frames {first} to {last} are not all there; the clip has 0 to {T - 1}")
    return range(first, last + 1)


def map_frames(maps: FeatureMaps, chosen: tuple[int, int] | None) -> Sequence[int]:
    """The map frames whose windows are centered in a range of clip frames."""
    every = range(maps.data.shape[0])
    if not every:
        raise ValueError("there is no frame to save; the maps are empty")
    if chosen is None:
        return every
    inside = clip_frames(maps.clip, chosen)
    frames = [frame for frame in every if maps.clip_frame(frame) in inside]
    if not frames:
        raise ValueError(f"no map frame lies in clip frames {chosen[0]} to {chosen[1]}")
    return frames


def select_maps(
    maps: FeatureMaps, chosen: Sequence[int] | None = None, within: tuple[int, int] | None = None
) -> FeatureMaps:
    """Return some of the maps, in some of their frames, as feature maps that keep their names.

    Parameters
    ----------
    maps : (T', H', W', F)
    chosen : which of F, in this order; None = all
    within : (first, last) clip frames, both included, in which their windows are centered

    Raises
    ------
    ValueError
        for maps or frames that are not there
    """
    from voxviewer.convolution.measures import measure

    if chosen is None and within is None:
        return maps
    shown = shown_maps(maps, range(maps.shape[3]) if chosen is None else chosen)
    frames = map_frames(maps, within)
    first, index = frames[0], list(shown)
    names = tuple(maps.name(each) for each in shown)
    needed = 4 * math.prod((len(frames), *maps.shape[1:3], len(index)))
    require_memory(needed, maps.clip.name, "copying the chosen maps", allow_large=True)
    data = np.ascontiguousarray(maps.data[first : frames[-1] + 1][..., index])
    limits, energy, sparsity = measure(data)
    return replace(
        maps,
        data=frozen(data),
        bank=None if maps.bank is None else _some_filters(maps.bank, index, names),
        offset=(maps.offset[0] + first * maps.stride[0], *maps.offset[1:]),
        limits=frozen(limits),
        energy=frozen(energy),
        sparsity=frozen(sparsity),
        names=names,
    )


def _some_filters(bank: FilterBank, index: list[int], names: tuple[str, ...]) -> FilterBank:
    kernels = np.ascontiguousarray(bank.kernels[..., index])
    return replace(bank, kernels=frozen(kernels), bias=frozen(bank.bias[index]), names=names)
