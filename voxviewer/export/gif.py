"""Films as animated GIFs whose frames, times and pixels are exactly those that were asked for.

The blocks are written here, because Pillow's writer merges equal frames and adds their times: what
a film of data must keep is its timeline. Only the LZW data of each frame are Pillow's, made by
saving the frame alone. Format: GIF89a specification (CompuServe, 1990), and Netscape's loop block.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import voxviewer
from voxviewer.data import Clip, FeatureMaps, Progress, no_progress
from voxviewer.export.film import Film, Inked, ink, make_film
from voxviewer.export.outputs import FILMS, Saved, require_suffix
from voxviewer.export.timing import Timing, timing
from voxviewer.files import replace_file, require_memory, require_place, size_text
from voxviewer.render.pixels import enlarge
from voxviewer.settings import RenderSettings

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

UInt8 = NDArray[np.uint8]

LARGEST = 65_535
"""Width and height are unsigned 16-bit numbers in the file."""

_LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_TRAILER = b"\x3b"


def save_gif(
    what: Clip | FeatureMaps,
    path: str | os.PathLike[str],
    rate: float = 10.0,
    *,
    settings: RenderSettings | None = None,
    maps: Sequence[int] | None = None,
    range: tuple[int, int] | None = None,
    scale: int = 1,
    coat: str = "night",
    progress: Progress = no_progress,
    input_tile: bool = False,
    columns: int | None = None,
    channel: int | None = None,
    allow_large: bool = False,
) -> Saved:
    """Write a film of a clip, of one feature map or of the wall, in the pixels of the screen.

    Parameters
    ----------
    what : a clip (T, H, W, C), or feature maps (T', H', W', F): one frame each for T or T'
    path : a name that ends in .gif; an old file stays until the new one is complete
    rate : frames per second; where hundredths of a second cannot give it, all frames get the one
        delay that comes nearest, and the report says so
    settings : color map, limits and scaling, as on screen
    maps : which feature maps, in order; None = all. One map alone is shown without a wall
    range : (first, last) clip frames, both included; None = all
    scale : every pixel as a square of scale x scale
    coat : "night" or "day", the theme's coat of the signed color map
    progress : called before each frame; may raise to cancel
    input_tile : the clip as the first tile of the wall, at the centers of the maps' windows
    columns : of the wall; None = about as wide as high
    channel : which channel of a clip that is not in color; None = the first
    allow_large : go on where more than half of the free memory is needed

    Returns
    -------
    Saved
        its first sentence says frames, timing and size, the second what happened to rate, colors
        and scaling

    Raises
    ------
    ValueError
        for arguments that fit no film
    SourceError
        where the file cannot be written
    """
    require_suffix(path, FILMS)
    require_place(path)
    clock = timing(rate)
    film = make_film(
        what, settings or RenderSettings(), maps=maps, range=range, coat=coat,
        input_tile=input_tile, columns=columns, channel=channel,
    )  # fmt: skip
    size = _size(film, scale)
    # A frame as numbers, indices, enlarged, in Pillow's hands and encoded.
    needed = film.width * film.height * 24 + size[0] * size[1] * 6 + film.extra
    require_memory(needed, path, "writing the film", allow_large=allow_large)
    inked = ink(film, _part(progress, 0.0, 0.4))
    start = 0.4 if film.colormap is None else 0.0
    with replace_file(path) as part:
        with open(part, "wb") as file:
            _write(file, film, inked, size, scale, clock, _part(progress, start, 1.0))
        nbytes = part.stat().st_size
    progress(1.0, "Film saved")
    return _report(Path(path), film, inked, size, clock, nbytes)


def _size(film: Film, scale: int) -> tuple[int, int]:
    """Width and height of the film in pixels, refused where a GIF has no room for them."""
    whole = isinstance(scale, int) and not isinstance(scale, bool)
    if not whole or not 1 <= scale <= 64:
        raise ValueError(f"scale must be a whole number from 1 to 64, not {scale!r}")
    width, height = film.width * scale, film.height * scale
    if max(width, height) > LARGEST:
        raise ValueError(
            f"the film would be {width} x {height} pixels and a GIF has room for {LARGEST} a side;"
            " use a smaller scale or fewer maps"
        )
    return width, height


def _part(progress: Progress, start: float, end: float) -> Progress:
    """The progress of a part of the work, which goes from start to end of the whole."""
    return lambda share, text: progress(start + share * (end - start), text)


def _write(
    file: IO[bytes],
    film: Film,
    inked: Inked,
    size: tuple[int, int],
    scale: int,
    clock: Timing,
    progress: Progress,
) -> None:
    """Header, palette, loop, one block a frame, trailer."""
    # 0xF7: a global table of 2^(7 + 1) colors, 8 bits each.
    file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0xF7, 0, 0) + inked.entries.tobytes())
    file.write(_LOOP + _comment(f"voxviewer {voxviewer.__version__}: {film.words}"))
    for frame in range(film.frames):
        progress(frame / film.frames, f"Frame {frame + 1} of {film.frames}")
        file.write(_control(clock.delay) + image_block(enlarge(inked.index(frame), scale)))
    file.write(_TRAILER)


def _control(delay: int) -> bytes:
    """What comes before a frame: leave the picture there, wait that many hundredths."""
    return b"\x21\xf9\x04\x04" + struct.pack("<H", delay) + b"\x00\x00"


def _comment(text: str) -> bytes:
    """A comment block, in the 7-bit letters that GIF allows."""
    for sign, plain in (("±", "+-"), ("–", "to"), ("−", "-")):
        text = text.replace(sign, plain)
    data = text.encode("ascii", "replace")[:255]
    return b"\x21\xfe" + bytes([len(data)]) + data + b"\x00"


def image_block(picture: UInt8) -> bytes:
    """Return one frame (H, W) of palette indices as an image block: descriptor and LZW data.

    Pillow compresses it as a film of its own; the block is lifted out of that file as it is.
    """
    from io import BytesIO

    from PIL import Image

    alone = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(
        alone, "GIF", optimize=False, interlace=False
    )
    return lift_image(alone.getvalue())


def lift_image(gif: bytes) -> bytes:
    """Return the image block of a GIF of one frame, without the trailer.

    Raises
    ------
    ValueError
        where the frame has colors of its own, or the file is not built as the format says
    """
    flags = gif[10]
    place = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while gif[place] == 0x21:  # an extension: label, then sub-blocks up to an empty one
        place += 2
        while gif[place]:
            place += gif[place] + 1
        place += 1
    if gif[place] != 0x2C or gif[place + 9] & 0x80 or gif[-1:] != _TRAILER:
        raise ValueError("Pillow wrote a frame that cannot be lifted out of its file")
    return gif[place:-1]


def _report(
    path: Path, film: Film, inked: Inked, size: tuple[int, int], clock: Timing, nbytes: int
) -> Saved:
    """The report of a film, in sentences."""
    count = f"{film.frames} frames" if film.frames != 1 else "1 frame"
    if inked.colors:
        pixels = f"{inked.colors:,} colors became one palette of 256, the same for all frames."
    else:
        pixels = "The same pixels as on screen."
    detail = " ".join(filter(None, (clock.sentence, pixels, f"Scaling: {film.words}.")))
    sentences = (f"{count} at {clock.delay} cs, {size_text(nbytes)}.", detail)
    return Saved(
        path, nbytes, film.frames, sentences, lossless=not inked.colors,
        delay=clock.delay, rate=clock.rate, width=size[0], height=size[1],
    )  # fmt: skip
