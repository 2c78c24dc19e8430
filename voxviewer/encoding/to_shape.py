"""Choices by which a source becomes a clip of a certain shape, such as a network's input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from voxviewer.encoding.planning import plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voxviewer.data import Source
    from voxviewer.settings import EncodingSettings

CHANNELS = {1: ("gray",), 3: ("rgb",)}
COMBINED = ("sum", "joints", "limbs")


def encoding_for(
    source: Source, settings: EncodingSettings, shape: Sequence[int | None]
) -> EncodingSettings | None:
    """Settings by which the source becomes a clip of this shape; nothing else of them changes.

    Parameters
    ----------
    shape : (T, H, W, C); None where any size will do

    Returns
    -------
    The settings whose plan has this shape, the fewest choices changed; None where there are none.
    """
    T, H, W, C = shape
    for chosen in _of_other_channels(settings, C):
        fit = replace(
            chosen,
            frames=chosen.frames if T is None else T,
            height=chosen.height if H is None else H,
            width=chosen.width if W is None else W,
        )
        if _makes(source, fit, shape):
            return fit
    return None


def _of_other_channels(
    settings: EncodingSettings, channels: int | None
) -> Iterator[EncodingSettings]:
    """The settings as they are first, then those that may have another number of channels."""
    yield settings
    if channels is None:
        return
    for name in CHANNELS.get(channels, ()):
        yield replace(settings, channels=name)
        if settings.depth == "channels":
            yield replace(settings, channels=name, depth="middle")
    for name in COMBINED:
        yield replace(settings, combine=name)


def _makes(source: Source, settings: EncodingSettings, shape: Sequence[int | None]) -> bool:
    try:
        made = plan(source, settings).shape
    except ValueError:
        return False
    return all(size in (None, has) for size, has in zip(shape, made, strict=True))
