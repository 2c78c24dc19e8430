"""One frame of a clip, of a map or of the wall as a picture: a PNG file, or pixels to be copied.

The frame is the very one that a film would have, in the same colors: `make_film` decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxviewer.data import Clip, FeatureMaps
from voxviewer.export.film import Film, make_film
from voxviewer.export.outputs import STILLS, Saved, require_suffix
from voxviewer.files import replace_file, require_memory, require_place, size_text
from voxviewer.render.colormaps import lut
from voxviewer.render.pixels import enlarge
from voxviewer.settings import RenderSettings

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

UInt8 = NDArray[np.uint8]


def still(
    what: Clip | FeatureMaps,
    frame: int,
    *,
    settings: RenderSettings | None = None,
    maps: Sequence[int] | None = None,
    scale: int = 1,
    coat: str = "night",
    input_tile: bool = False,
    channel: int | None = None,
) -> UInt8:
    """Return one frame as it is on screen.

    Parameters
    ----------
    what, settings, maps, coat, input_tile, channel : as `save_gif` has them
    frame : of the clip; of maps the one whose windows are centered there
    scale : every pixel as a square of scale x scale

    Returns
    -------
    (H * scale, W * scale, 3) uint8
        red, green, blue

    Raises
    ------
    ValueError
        where the clip or the maps have no such frame
    """
    film = _film(what, frame, settings, maps, coat, input_tile=input_tile, channel=channel)
    return _pixels(film, scale)


def save_png(
    what: Clip | FeatureMaps,
    path: str | os.PathLike[str],
    frame: int,
    *,
    settings: RenderSettings | None = None,
    maps: Sequence[int] | None = None,
    scale: int = 1,
    coat: str = "night",
    input_tile: bool = False,
    channel: int | None = None,
) -> Saved:
    """Write one frame as a PNG whose comment says how it was scaled; parameters as `still`.

    Raises
    ------
    ValueError, SourceError
        for a frame that is not there; where the file cannot be written
    """
    from PIL import Image, PngImagePlugin

    require_suffix(path, STILLS)
    require_place(path)
    film = _film(what, frame, settings, maps, coat, input_tile=input_tile, channel=channel)
    require_memory(film.width * film.height * (24 + 6 * scale**2), path, "writing the picture")
    pixels = _pixels(film, scale)
    told = PngImagePlugin.PngInfo()
    told.add_itxt("Comment", f"frame {frame}: {film.words}")
    with replace_file(path) as part:
        with open(part, "wb") as file:
            Image.fromarray(pixels).save(file, "PNG", pnginfo=told)
        nbytes = part.stat().st_size
    height, width, _ = pixels.shape
    sentences = (f"{width} x {height}, {size_text(nbytes)}.", f"Scaling: {film.words}.")
    return Saved(Path(path), nbytes, 1, sentences, width=width, height=height)


def _film(
    what: Clip | FeatureMaps,
    frame: int,
    settings: RenderSettings | None,
    maps: Sequence[int] | None,
    coat: str,
    *,
    input_tile: bool,
    channel: int | None,
) -> Film:
    """The film that begins with this frame."""
    if isinstance(what, FeatureMaps) and what.map_frame(frame) is None:
        raise ValueError(f"the maps have no frame at clip frame {frame}; go to one inside")
    return make_film(
        what, settings or RenderSettings(), maps=maps, range=(frame, frame), coat=coat,
        input_tile=input_tile, channel=channel,
    )  # fmt: skip


def _pixels(film: Film, scale: int) -> UInt8:
    """The first frame of a film as (H, W, 3) red, green, blue."""
    if film.colormap is not None and film.index is not None:
        painted: UInt8 = lut(film.colormap)[enlarge(film.index(0), scale)]
        return painted
    assert film.picture is not None, "a film has indices or a picture"
    words = enlarge(film.picture(0), scale)
    colors = [(words >> np.uint32(shift) & np.uint32(255)).astype(np.uint8) for shift in (16, 8, 0)]
    return np.stack(colors, axis=-1)
