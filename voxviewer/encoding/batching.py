"""Clips become the batch that Keras is fed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Batch, Clip, FeatureMaps, frozen, no_progress
from voxviewer.encoding.encoder import encode
from voxviewer.encoding.planning import plan
from voxviewer.files import require_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Progress, Source
    from voxviewer.settings import EncodingSettings


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


def batch_bytes(sources: Sequence[Source], settings: EncodingSettings, views: int = 1) -> int:
    """Peak bytes of encoding sources and putting them side by side; views of one cost nothing."""
    plans = [plan(source, settings) for source in sources]
    clips = sum(4 * math.prod(made.shape) for made in plans)
    largest = max((made.nbytes for made in plans), default=0)
    return largest if len(plans) == 1 else clips + max(clips, largest)


def batch_sources(
    sources: Sequence[Source],
    settings: EncodingSettings,
    views: int = 1,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
) -> tuple[Batch, tuple[Clip, ...]]:
    """Encode sources alike and put them side by side; one alone `views` times, as a view.

    Returns
    -------
    Batch (N, T, H, W, C), and its N clips

    Raises
    ------
    ValueError
        for no sources, or unequal shapes: the first that differs is named
    TooLargeError
        where all together do not fit in memory; nothing was read then
    """
    sources = list(sources)
    if not sources:
        raise ValueError("a batch needs at least one clip")
    if views < 1 or (views > 1 and len(sources) > 1):
        raise ValueError("several views are for one source alone")
    _require_one_shape([(source.name, plan(source, settings).shape) for source in sources])
    needed = batch_bytes(sources, settings, views)
    require_memory(needed, sources[0].opening.path, "making the batch", allow_large=allow_large)
    clips = []
    for number, source in enumerate(sources):
        progress(number / len(sources), f"encoding {source.name}")
        clips.append(encode(source, settings, allow_large=allow_large))
    clips = clips * views if len(sources) == 1 else clips
    return batch(clips), tuple(clips)
