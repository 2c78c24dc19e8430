"""A folder of images as one clip, in natural order: frame2 before frame10.

The first image sets the size and the depth; others are fitted to it, and said. Hidden files, files
that are no images and images that cannot be read are left out, the last with a warning.
`Opening.array` may name images of the folder, joined by "/" (the one letter that no file name has):
that is how a handful of dropped images is opened.
"""

from __future__ import annotations

import itertools
import math
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Volume, frozen, no_progress
from voxviewer.files import SourceError, printable, require_memory
from voxviewer.sources.boundary import Watched, reading
from voxviewer.sources.folders import file_names, stays_inside
from voxviewer.sources.pictures import SUFFIXES as PICTURE_SUFFIXES
from voxviewer.sources.pictures import decoded, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

    from voxviewer.sources.boundary import Request

SUFFIXES = (*PICTURE_SUFFIXES, ".tif", ".tiff")
JOINED_BY = "/"
NAMED = 3
"""How many files a sentence names before it counts the rest."""


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key by which frame2 comes before frame10, and letters count without case."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


def is_image_name(name: str) -> bool:
    """True for names of images that are not hidden."""
    return not name.startswith(".") and name.lower().endswith(SUFFIXES)


def image_names(folder: Path) -> tuple[list[str], int]:
    """The images of a folder in natural order, and how many other files it has.

    Links that lead out of the folder are neither.
    """
    files = file_names(folder)
    images = sorted(filter(is_image_name, files), key=lambda name: (natural(name), name))
    others = sum(not name.startswith(".") for name in files) - len(images)
    return images, others


def read_frames(request: Request) -> Volume:
    """Open a folder of images as (T, 1, H, W, C); reader of the table `READERS`."""
    names, said = _names(request)
    broken: dict[str, SourceError] = {}
    sizes = _sizes(request, names, broken)
    _require_room(request, len(sizes), math.prod(next(iter(sizes.values()))))
    pixels, notes = _decoded(request, list(sizes), broken)
    for name in broken:
        sizes.pop(name, None)
    left_out = (f"left out, because they cannot be read: {_list([*broken])}",) if broken else ()
    warnings = (*left_out, *gap_sentences(names), *_size_sentences(sizes), *notes.warnings)
    T, _, H, W, C = pixels.shape
    facts = Facts(
        format=f"folder of {T} images" if T > 1 else "folder of one image",
        description=f"{'gray' if C == 1 else 'color'} {'video' if T > 1 else 'picture'}",
        stored_shape=(T, H, W, C),
        stored_axes="THWC",
        stored_dtype=str(pixels.dtype),
        nbytes=pixels.nbytes,
        decisions=("images in natural order", *said, *notes.decisions),
        warnings=warnings,
    )
    name = request.path.name or request.path.resolve().name
    return Volume(frozen(pixels), facts, request.opening, name)


# --- which images -----------------------------------------------------------------------------


def _names(request: Request) -> tuple[list[str], tuple[str, ...]]:
    """The names of the images to read, and what was left out."""
    present, others = image_names(request.path)
    if request.opening.array is not None:
        asked = request.opening.array.split(JOINED_BY)
        missing = [name for name in asked if name not in present]
        if missing:
            raise SourceError(request.path, f"has no image {_list(missing)}", "Drop them again")
        return sorted(asked, key=lambda name: (natural(name), name)), ()
    if not present:
        if _led_out(request.path):
            raise SourceError(
                request.path,
                "holds links to images outside of it, which are not followed",
                "Open the folder in which the images are",
            )
        raise SourceError(request.path, "is a folder without images", _instead(request.path))
    return present, (f"other files left out: {others}",) if others else ()


def _instead(folder: Path) -> str:
    """What to open in place of a folder that has no images."""
    files = sorted((name for name in file_names(folder) if not name.startswith(".")), key=natural)
    if files:
        return f"Open the files in it: {_list([printable(name) for name in files])}"
    with os.scandir(folder) as entries:
        inner = sorted((e.name for e in entries if e.is_dir() and e.name[0] != "."), key=natural)
    if inner:
        return f"Open a folder in it: {_list([printable(name) for name in inner])}"
    return "Open one with PNG, JPEG, BMP, WebP or TIFF files, or a file"


def _led_out(folder: Path) -> bool:
    """True where some image of a folder is a link to somewhere else."""
    with os.scandir(folder) as entries:
        return any(
            is_image_name(entry.name) and not stays_inside(entry.path, folder) for entry in entries
        )


def _sizes(
    request: Request, names: Sequence[str], broken: dict[str, SourceError]
) -> dict[str, tuple[int, int]]:
    """(width, height) of each image, upright, from the headers alone; what has none is broken."""
    sizes = {}
    for index, name in enumerate(names):
        request.progress(0.1 * index / len(names), f"Looking at {name}")
        with _kept(broken, name), _image(request, name) as image:
            sizes[name] = _upright_size(image)
    _require_some(len(sizes), broken)
    return sizes


@contextmanager
def _kept(broken: dict[str, SourceError], name: str) -> Iterator[None]:
    """Write down what is wrong with an image, and go on."""
    try:
        yield
    except SourceError as error:
        broken[name] = error


def _require_some(count: int, broken: dict[str, SourceError]) -> None:
    if not count:
        raise next(iter(broken.values()))


def _upright_size(image: Image) -> tuple[int, int]:
    width, height = image.size
    return (height, width) if image.getexif().get(0x0112, 1) in (5, 6, 7, 8) else (width, height)


@contextmanager
def _image(request: Request, name: str) -> Iterator[Image]:
    """The opened image; whatever is wrong with it is told with its name and the folder's."""
    path = request.path / name
    try:
        with reading(str(path), Watched(no_progress)):
            if not path.stat().st_size:
                raise SourceError(path, "is empty", "Remove it or replace it")
            with opened(path) as image:
                yield image
    except SourceError as error:
        raise SourceError(request.path, f"{name} {error.problem}", error.remedy) from error


def _require_room(request: Request, count: int, pixels: int) -> None:
    require_memory(
        pixels * (4 * count + 12), request.path, "decoding it", allow_large=request.allow_large
    )


# --- their pixels -----------------------------------------------------------------------------


_NOTHING = np.empty((0, 0, 1), np.uint8)


@dataclass(frozen=True)
class _Notes:
    """What decoding a whole folder has to say: each sentence once."""

    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _decoded(
    request: Request, names: Sequence[str], broken: dict[str, SourceError]
) -> tuple[NDArray[Any], _Notes]:
    """(T, 1, H, W, C) of the images, all as the first; C is 3 if any of them has colors."""
    pictures: list[NDArray[Any]] = []
    decisions: dict[str, None] = {}
    depths: list[str] = []
    stacks: list[str] = []
    for index, name in enumerate(names):
        request.progress(0.1 + 0.9 * index / len(names), f"Decoding {name}")
        with _kept(broken, name), _image(request, name) as image:
            picture = decoded(image)
            if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
                stacks.append(name)
        if name in broken:
            continue
        decisions |= dict.fromkeys(picture.decisions)
        pixels = picture.pixels
        if pictures and pixels.dtype != pictures[0].dtype:
            depths.append(name)
        pictures.append(_like(pictures[0], pixels) if pictures else pixels)
    _require_some(len(pictures), broken)
    colors = {pixels.shape[-1] for pixels in pictures}
    stack = np.empty((len(pictures), 1, *pictures[0].shape[:2], max(colors)), pictures[0].dtype)
    for index in range(len(pictures)):
        # One channel is repeated; each picture is let go as it is copied.
        stack[index, 0], pictures[index] = pictures[index], _NOTHING
    told = []
    if stacks:
        told.append(f"only the first page is shown of {_list(stacks)}: open one for all its pages")
    if len(colors) > 1:
        told.append("gray images among colored ones were made RGB")
    if depths:
        told.append(f"another depth than the first has {_list(depths)}: rescaled to {stack.dtype}")
    return stack, _Notes(tuple(decisions), tuple(told))


def _like(first: NDArray[Any], pixels: NDArray[Any]) -> NDArray[Any]:
    """The same picture in the size and depth of the first."""
    if pixels.dtype != first.dtype:
        pixels = _rescaled(pixels, first.dtype)
    if pixels.shape[:2] == first.shape[:2]:
        return pixels
    from PIL import Image as Images

    H, W = first.shape[:2]
    planes = [
        np.asarray(
            Images.fromarray(plane.astype(np.float32)).resize((W, H), Images.Resampling.BILINEAR)
        )
        for plane in np.moveaxis(pixels, -1, 0)
    ]
    resized = np.stack(planes, axis=-1)
    return (resized if first.dtype.kind == "f" else np.rint(resized)).astype(first.dtype)


def _rescaled(pixels: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Whole numbers keep their share of the full range: 255 of uint8 is 65535 of uint16."""
    share = pixels / (np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1.0)
    if dtype.kind == "f":
        return share.astype(dtype)
    top = np.iinfo(dtype).max
    return np.rint(np.clip(np.nan_to_num(share), 0, 1) * top).astype(dtype)


# --- sentences --------------------------------------------------------------------------------


def gap_sentences(names: Sequence[str]) -> tuple[str, ...]:
    """One sentence about numbers that the series leaves out."""
    found = [re.fullmatch(r"(.*?)(\d+)(\D*)", name) for name in names]
    if not all(found) or len({(match[1], match[3].lower()) for match in found if match}) > 1:
        return ()
    numbers = [int(match[2]) for match in found if match]
    pairs = [(a, b) for a, b in itertools.pairwise(numbers) if b - a > 1]
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    if not pairs or len(steps) == 1:
        return ()
    gaps = [f"{a + 1}" if b - a == 2 else f"{a + 1} to {b - 1}" for a, b in pairs]
    return (f"numbers are missing from the series: {_list(gaps)}",)


def _size_sentences(sizes: dict[str, tuple[int, int]]) -> tuple[str, ...]:
    """One sentence about images that are not as large as the first."""
    width, height = next(iter(sizes.values()))
    odd = [name for name, size in sizes.items() if size != (width, height)]
    if not odd:
        return ()
    return (f"another size than the first has {_list(odd)}: resized to {width} x {height}",)


def _list(items: Sequence[str]) -> str:
    """A few items by name, the rest by number."""
    text = ", ".join(items[:NAMED])
    return text if len(items) <= NAMED else f"{text} and {len(items) - NAMED} more"
