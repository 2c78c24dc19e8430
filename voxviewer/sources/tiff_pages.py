"""The pixels of a TIFF's pages: by tifffile where it can alone, else by Pillow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError, require_memory
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.compressed import DEFLATE_RATIO, require_honest, require_possible
from voxviewer.sources.pictures import decoded, opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.sources.boundary import Request

NONE, PACKBITS = 1, 32773
DEFLATES = (8, 32946)
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
HARMLESS = 64 << 20
"""Bytes that a strip may unpack to whatever it claims."""


@dataclass(frozen=True)
class Pixels:
    """Every page of a series.

    Attributes
    ----------
    array : in the shape of the series; or, where Pillow decoded it, without its samples and with
        a last axis of channels: `channels_last`
    decisions, warnings : what decoding has to say, each sentence once
    """

    array: NDArray[Any]
    channels_last: bool = False
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def axes(self, ours: str, stored: str) -> str:
        """Our letters for the axes of `array`, from those of the series and tifffile's."""
        if not self.channels_last:
            return ours
        pairs = zip(ours, stored, strict=True)
        return "".join(letter for letter, each in pairs if each != "S") + "C"


def is_plain(page: Any) -> bool:
    """True where stored bytes are the values: not packed, black is zero, whole bytes."""
    whole = page.bitspersample == page.dtype.itemsize * 8 if page.dtype is not None else False
    return (
        page.compression == NONE
        and page.photometric in (BLACK_IS_ZERO, RGB)
        and whole
        and page.fillorder == 1
    )


def tifffile_reads(page: Any) -> bool:
    """True where tifffile alone gives the values of such pages."""
    packed = page.compression in (NONE, PACKBITS, *DEFLATES)
    return packed and page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB)


def pillow_reads_whole(page: Any) -> bool:
    """True where Pillow loses nothing of a single picture, and knows more of it than tifffile.

    It turns pictures upright, applies palettes and inks, and puts alpha over black; of colors it
    keeps 8 bits, and of gray 8, 16 and 32.
    """
    if not tifffile_reads(page):
        return True
    if page.dtype is None or page.imagedepth > 1 or page.planarconfig != 1:
        return False
    if page.samplesperpixel == 1:
        return page.dtype.name in ("bool", "uint8", "uint16", "float32", "int32")
    return page.dtype == np.uint8 and page.samplesperpixel in (3, 4)


def pixels_of(request: Request, series: Any) -> Pixels:
    """Decode every page of a series, once it is known to fit."""
    page = series.keyframe
    if page.dtype is None:
        raise SourceError(request.path, "holds numbers of a kind that is not known", DAMAGED)
    needed = int(math.prod(series.shape)) * page.dtype.itemsize
    if tifffile_reads(page):
        # Sparse files leave strips out: more than there is may be claimed, but not without end.
        require_possible(request, needed, request.path.stat().st_size)
    colors = 1 if tifffile_reads(page) else 6
    require_memory(
        colors * (needed + 2 * needed // max(len(series.pages), 1)),
        request.path,
        "decoding it",
        allow_large=request.allow_large,
        stored=request.path.stat().st_size,
    )
    return _by_tifffile(request, series) if tifffile_reads(page) else _by_pillow(request, series)


def _by_tifffile(request: Request, series: Any) -> Pixels:
    pages, key = list(series.pages), series.keyframe
    if len(pages) * math.prod(key.shape) != math.prod(series.shape):
        raise SourceError(request.path, "has pages that do not make up its series", DAMAGED)
    out = np.zeros((len(pages), *key.shape), key.dtype)
    for index, page in enumerate(pages):
        request.progress(index / len(pages), f"Decoding page {index + 1} of {len(pages)}")
        if page is not None:
            _require_honest(request, page, key)
            out[index] = page.asarray()
    lost = sum(page is None for page in pages)
    warned = (f"pages that lie in other files, left black: {lost}",) if lost else ()
    said: tuple[str, ...] = ()
    if key.photometric == WHITE_IS_ZERO and key.dtype.kind in "bu":
        np.invert(out, out=out)
        said = ("stored with white as 0: inverted",)
    return Pixels(out.reshape(series.shape), False, said, warned)


def _require_honest(request: Request, page: Any, key: Any) -> None:
    """Refuse a strip that would unpack to far more than the page holds.

    zlib, as tifffile calls it, unpacks a strip in one piece.
    """
    if key.compression not in DEFLATES:
        return
    most = max(HARMLESS, 2 * key.nbytes)
    for place, count in zip(page.dataoffsets, page.databytecounts, strict=False):
        if count * DEFLATE_RATIO <= most:
            continue
        with open(request.path, "rb") as file:
            file.seek(place)
            require_honest(request, file.read(min(count, request.path.stat().st_size)), most)


def _by_pillow(request: Request, series: Any) -> Pixels:
    """Pages by their place in the file; all must come out alike."""
    from PIL import UnidentifiedImageError

    pages: list[NDArray[Any]] = []
    said: dict[str, None] = {}
    count = len(series.pages)
    try:
        with opened(request.path) as image:
            for number, page in enumerate(series.pages):
                request.progress(number / count, f"Decoding page {number + 1} of {count}")
                pixels, decisions = _page(request, image, page)
                said |= dict.fromkeys(decisions)
                if pages and pixels.shape != pages[0].shape:
                    raise SourceError(request.path, f"changes its size in page {number}", DAMAGED)
                pages.append(pixels)
    except UnidentifiedImageError as error:
        raise _unreadable(request, series.keyframe) from error
    shape = [n for n, each in zip(series.shape, series.axes, strict=True) if each != "S"]
    stack = np.stack(pages)
    if math.prod(shape) * stack.shape[-1] != stack.size:
        raise SourceError(request.path, "has pages that do not make up its series", DAMAGED)
    return Pixels(stack.reshape(*shape, stack.shape[-1]), True, tuple(said))


def _page(request: Request, image: Any, page: Any) -> tuple[NDArray[Any], tuple[str, ...]]:
    """(H, W, C) of one page."""
    if page is None or not isinstance(page.index, int):
        raise SourceError(request.path, "has pages that lie elsewhere", "Save it as a plain TIFF")
    image.seek(page.index)
    picture = decoded(image)
    return picture.pixels, picture.decisions


def _unreadable(request: Request, page: Any) -> SourceError:
    packing = getattr(page.compression, "name", page.compression)
    return SourceError(
        request.path,
        f"holds {page.dtype} packed with {packing}, which cannot be unpacked here",
        "Save it unpacked, or packed with deflate",
    )
