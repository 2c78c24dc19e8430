"""Clips become the batch that Keras is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Batch, Clip, FeatureMaps, frozen

if TYPE_CHECKING:
    from collections.abc import Sequence


def batch(clips: Sequence[Clip]) -> Batch:
    """Put clips of one shape side by side.

    One clip N times, `batch([clip] * 8)`, is a broadcast view: it takes no memory (`numpy.repeat`
    would copy).

    Raises
    ------
    ValueError
        for no clips, or unequal shapes: the first that differs is named

    Example
    -------
    >>> batch([clip] * 8).data.shape
    (8, 30, 64, 64, 1)
    """
    clips = list(clips)
    _require_one_shape([(clip.name, clip.data.shape) for clip in clips])
    first = clips[0]
    names = tuple(clip.name for clip in clips)
    if all(clip.data is first.data and clip.real is first.real for clip in clips):
        data = np.broadcast_to(first.data, (len(clips), *first.data.shape))
        real = np.broadcast_to(first.real, (len(clips), *first.real.shape))
    else:
        data = np.stack([clip.data for clip in clips])
        real = np.stack([clip.real for clip in clips])
    return Batch(frozen(data), frozen(real), names)


def batch_maps(maps: Sequence[FeatureMaps]) -> Batch:
    """Put feature maps of one shape side by side, (N, T', H', W', F); `real` travels on.

    Raises
    ------
    ValueError
        for no maps, or unequal shapes: the first that differs is named
    """
    maps = list(maps)
    _require_one_shape([(item.clip.name, item.data.shape) for item in maps])
    real = [item.clip.real[[item.clip_frame(u) for u in range(item.shape[0])]] for item in maps]
    data = np.stack([item.data for item in maps])
    return Batch(frozen(data), frozen(np.stack(real)), tuple(item.clip.name for item in maps))


def _require_one_shape(items: Sequence[tuple[str, tuple[int, ...]]]) -> None:
    """Refuse an empty batch, and unequal shapes by the name of the first that differs."""
    if not items:
        raise ValueError("a batch needs at least one clip")
    name, shape = items[0]
    for index, (other, its) in enumerate(items):
        if its != shape:
            raise ValueError(
                f"item {index} ({other}) is {its}, but item 0 ({name}) is {shape}: encode them "
                "with the same frames, height and width"
            )
