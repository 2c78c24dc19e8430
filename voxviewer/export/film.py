"""What a film shows: its frames as palette indices, and one palette for all of them.

Frames come from the functions that paint the screen. Where one color map serves all (a gray clip,
one map, a wall of maps without the input) the palette is that map and nothing is lost; where
several meet, or a clip has colors of its own, `palette` reduces them once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxviewer.data import Clip, FeatureMaps, Progress, no_progress
from voxviewer.export.choosing import clip_frames, map_frames, shown_maps
from voxviewer.export.palette import TABLE_BYTES, common_palette
from voxviewer.render.colormaps import RULE, is_signed, lut, lut32
from voxviewer.render.limits import Scale, clip_scale, is_rgb, map_scales, wall_words
from voxviewer.render.order import map_order
from voxviewer.render.pixels import clip_picture, clip_plane, indices
from voxviewer.render.wall import (
    WallLayout,
    compose_indices,
    compose_map_frame,
    layout_wall,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.settings import RenderSettings

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Film:
    """Frames to be written.

    Attributes
    ----------
    frames, width, height : how many, and their size in pixels before any enlarging
    colormap : the color map that is the palette; None where `picture` is in colors of its own
    words : how the values were scaled
    index : gives frame i as palette indices (height, width) uint8; with a color map
    picture : gives frame i as pixels (height, width) uint32; without one
    entries : (up to 256, 3) uint8, colors that serve well should `picture` have too many
    extra : bytes needed beside the frames
    """

    frames: int
    width: int
    height: int
    colormap: str | None
    words: str
    index: Callable[[int], UInt8] | None = None
    picture: Callable[[int], UInt32] | None = None
    entries: UInt8 | None = None
    extra: int = 0


@dataclass(frozen=True, eq=False)
class Inked:
    """A film whose palette is settled: `entries` (256, 3) uint8, `index` as in `Film`.

    `colors` is how many colors had to share the entries; 0 where none had to.
    """

    entries: UInt8
    index: Callable[[int], UInt8]
    colors: int = 0


def ink(film: Film, progress: Progress = no_progress) -> Inked:
    """Settle the film's palette; frames in colors of their own are looked at for it."""
    if film.colormap is not None and film.index is not None:
        return Inked(lut(film.colormap), film.index)
    picture = film.picture
    assert picture is not None
    palette = common_palette(picture, film.frames, progress, film.entries)
    lost = 0 if palette.lossless else palette.colors
    return Inked(palette.entries, lambda frame: palette.indices(picture(frame)), lost)


def make_film(
    what: Clip | FeatureMaps | object,
    settings: RenderSettings,
    *,
    maps: Sequence[int] | None = None,
    range: tuple[int, int] | None = None,
    coat: str = "night",
    input_tile: bool = False,
    columns: int | None = None,
    channel: int | None = None,
) -> Film:
    """Decide what a film of a clip, of one map or of a wall shows; `save_gif` has the parameters.

    Raises
    ------
    ValueError
        for anything else, and for maps, frames or channels that are not there
    """
    if not isinstance(what, (Clip, FeatureMaps)):
        kind = type(what).__name__
        raise ValueError(f"a film is made of one clip or of feature maps, not of a {kind}")
    if isinstance(what, Clip):
        if maps is not None or input_tile:
            raise ValueError("a clip has no feature maps to choose; leave out maps and input_tile")
        return _clip_film(what, settings, clip_frames(what, range), coat, channel)
    shown = map_order(what, settings.sort) if maps is None else shown_maps(what, maps)
    frames = map_frames(what, range)
    if len(shown) == 1 and not input_tile:
        return _map_film(what, shown[0], settings, frames, coat)
    layout = _film_layout(what, shown, input_tile=input_tile, columns=columns)
    if input_tile:
        return _mixed_film(what, layout, settings, frames, coat, channel or 0)
    return _wall_film(what, layout, settings, frames, coat)


def _clip_film(
    clip: Clip, settings: RenderSettings, frames: Sequence[int], coat: str, channel: int | None
) -> Film:
    H, W, C = clip.data.shape[1:]
    scale = clip_scale(clip, settings, coat, frames[0])

    def of(frame: int) -> Scale:
        return scale if scale.fixed else clip_scale(clip, settings, coat, frame)

    if is_rgb(clip):
        return Film(
            len(frames), W, H, None, scale.words,
            picture=lambda i: clip_picture(clip, frames[i], of(frames[i])), extra=TABLE_BYTES,
        )  # fmt: skip
    chosen = channel or 0
    clip_plane(clip, 0, chosen)  # refuses a channel that is not there
    words = scale.words if C == 1 else f"{scale.words}; channel {clip.channels[chosen]} of {C}"
    return Film(
        len(frames), W, H, scale.colormap, words,
        index=lambda i: indices(clip_plane(clip, frames[i], chosen), of(frames[i])),
    )  # fmt: skip


def _map_film(
    maps: FeatureMaps, index: int, settings: RenderSettings, frames: Sequence[int], coat: str
) -> Film:
    scales = _scales(maps, settings, coat, frames)
    H, W = maps.data.shape[1:3]
    first = scales(0)[index]
    return Film(
        len(frames), W, H, first.colormap, first.words,
        index=lambda i: indices(maps.data[frames[i], :, :, index], scales(i)[index]),
    )  # fmt: skip


def _wall_film(
    maps: FeatureMaps,
    layout: WallLayout,
    settings: RenderSettings,
    frames: Sequence[int],
    coat: str,
) -> Film:
    scales = _scales(maps, settings, coat, frames)
    colormap = scales(0)[0].colormap
    gap = RULE if is_signed(colormap) else 0
    return Film(
        len(frames), layout.width, layout.height, colormap, wall_words(scales(0)),
        index=lambda i: compose_indices(maps, frames[i], layout, scales(i), gap),
    )  # fmt: skip


def _mixed_film(
    maps: FeatureMaps,
    layout: WallLayout,
    settings: RenderSettings,
    frames: Sequence[int],
    coat: str,
    channel: int,
) -> Film:
    scales = _scales(maps, settings, coat, frames)
    own = clip_scale(maps.clip, settings, coat, maps.clip_frame(frames[0]))

    def of_input(frame: int) -> Scale:
        return own if own.fixed else clip_scale(maps.clip, settings, coat, maps.clip_frame(frame))

    clip_plane(maps.clip, 0, channel)
    gap = int(lut32(coat)[RULE]) & 0xFFFFFF

    def picture(i: int) -> UInt32:
        return compose_map_frame(
            maps, frames[i], layout, scales(i), of_input(frames[i]),
            channel=channel, background=gap,
        )  # fmt: skip

    words = f"input {own.words}; maps {wall_words(scales(0))}"
    colormap = scales(0)[0].colormap
    entries = None if own.colormap == "rgb" else _half_of_both(own.colormap, colormap, coat)
    return Film(
        len(frames), layout.width, layout.height, None, words,
        picture=picture, entries=entries, extra=TABLE_BYTES,
    )  # fmt: skip


def _half_of_both(first: str, second: str, coat: str) -> UInt8:
    """Every second color of two color maps, and that of lines: 256, off by a level or so."""
    middles = np.arange(1, 254, 2) if is_signed(second) else np.rint(np.linspace(0, 255, 127))
    ends = np.rint(np.linspace(0, 255, 128)).astype(int)
    return np.vstack([lut(first)[ends], lut(second)[middles.astype(int)], lut(coat)[[RULE]]])


def _scales(
    maps: FeatureMaps, settings: RenderSettings, coat: str, frames: Sequence[int]
) -> Callable[[int], tuple[Scale, ...]]:
    """The scales of film frame i: the same ones for all, but where each frame has its own."""
    if settings.scaling == "frame":
        return lambda i: map_scales(maps, settings, coat, frames[i])
    fixed = map_scales(maps, settings, coat)
    return lambda _: fixed


def _film_layout(
    maps: FeatureMaps, shown: tuple[int, ...], *, input_tile: bool, columns: int | None
) -> WallLayout:
    """Tiles one pixel apart, in a wall about as wide as it is high."""
    H, W = maps.data.shape[1:3]
    count = len(shown) + input_tile
    side = columns or min(math.ceil(math.sqrt(count * H / W)), count)
    size = maps.clip.data.shape[1:3] if input_tile else None
    return layout_wall((H, W), shown, 0, 0, input_size=size, zoom=1, columns=side, gap=1)
