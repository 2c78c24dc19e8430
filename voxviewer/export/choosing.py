"""Which maps and which frames an export holds: all, or those that were named."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Clip, FeatureMaps


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
