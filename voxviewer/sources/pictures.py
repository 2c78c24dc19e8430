"""Pictures and animations through Pillow: PNG, JPEG, BMP, WebP, TIFF, GIF.

Colors come out as RGB uint8, gray as one channel of the file's own depth (uint8, uint16, int32,
float32); alpha is composited over black; a photograph is turned as its EXIF orientation says.
Pillow's own limits against decompression bombs stay on, and sizes are estimated before decoding.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Volume, frozen
from voxviewer.files import SourceError, require_memory
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.gif_blocks import survey
from voxviewer.sources.libtiff import silence_libtiff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

    from voxviewer.data import Float64
    from voxviewer.sources.boundary import Request

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".webp", ".apng")
COLORS = ("RGB", "P", "CMYK", "YCbCr", "LAB", "HSV", "RGBX")
WITH_ALPHA = ("RGBA", "RGBa", "PA")
SHORTEST_DELAY = 20
"""Milliseconds: browsers play shorter delays of a GIF as 100, and so do we."""


@dataclass(frozen=True)
class Picture:
    """One decoded picture: `pixels` (H, W, C) and what was done to it, in sentences."""

    pixels: NDArray[Any]
    decisions: tuple[str, ...] = ()


def is_picture(start: bytes) -> bool:
    """True where the first bytes are those of a PNG, JPEG, BMP or WebP file."""
    if start[128:132] == b"DICM":  # DICOM leaves the first 128 bytes free
        return False
    beginnings = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM")
    return start.startswith(beginnings) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def is_gif(start: bytes) -> bool:
    """True where the first bytes are those of a GIF."""
    return start[:6] in (b"GIF87a", b"GIF89a")


def read_picture(request: Request) -> Volume:
    """Open a single picture (or an animated WebP or PNG); reader of the table `READERS`."""
    with opened(request.path) as image:
        if getattr(image, "is_animated", False) and image.format in ("WEBP", "PNG"):
            return _animation(request, image, int(getattr(image, "n_frames", 1)))
        _require_room(request, image, 1)
        picture = decoded(image)
        kind = "JPEG" if image.format == "MPO" else image.format
        stored = image.mode
    H, W, C = picture.pixels.shape
    more: tuple[str, ...] = ()
    if kind == "PNG" and not _png_ended(request.path):
        more = ("the end mark of the file is missing",)
    facts = Facts(
        format=f"{kind} picture",
        description="gray picture" if C == 1 else "color picture",
        stored_shape=(H, W) if C == 1 else (H, W, C),
        stored_axes="HW" if C == 1 else "HWC",
        stored_dtype=str(picture.pixels.dtype),
        nbytes=picture.pixels.nbytes,
        decisions=(f"stored as {stored}", *picture.decisions),
        warnings=more,
    )
    voxels = frozen(picture.pixels[None, None])
    return Volume(voxels, facts, request.opening, request.path.name)


def read_gif(request: Request) -> Volume:
    """Open an animated GIF as composited RGB frames; reader of the table `READERS`."""
    found = survey(request.path)
    with opened(request.path) as image:
        volume = _animation(request, image, found.frames)
    if found.ended:
        return volume
    from dataclasses import replace

    told = (*volume.facts.warnings, "the end mark of the file is missing")
    return replace(volume, facts=replace(volume.facts, warnings=told))


# --- one picture ------------------------------------------------------------------------------


@contextmanager
def opened(path: Path) -> Iterator[Image]:
    """Yield the picture, not yet decoded; Pillow's warnings are not for standard error."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path, formats=FORMATS) as image:
            if image.format == "TIFF":
                silence_libtiff()
            yield image


def decoded(image: Image) -> Picture:
    """Decode the picture as it stands, upright, alpha over black."""
    from PIL import ImageOps

    said = []
    if _bits_lost(image):
        said.append("16 bits a color were read as 8")
    turned = ImageOps.exif_transpose(image)
    if turned.size != image.size or image.getexif().get(0x0112, 1) not in (0, 1):
        said.append("turned as its EXIF orientation says")
    if turned.mode in (*WITH_ALPHA, "LA", "La") or "transparency" in turned.info:
        said.append("transparency composited over black")
    return Picture(_pixels(turned), tuple(said))


def _png_ended(path: Path) -> bool:
    """True where the last chunk is there; Pillow asks for no more than the pixels.

    Chunks: length, type, data, checksum (https://www.w3.org/TR/png-3/#5Chunk-layout).
    """
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        place = file.seek(8)
        while place + 12 <= size:
            head = file.read(8)
            if head[4:] == b"IEND":
                return True
            place = file.seek(place + 12 + int.from_bytes(head[:4], "big"))
    return False


def _bits_lost(image: Image) -> bool:
    """True where Pillow reads a 16-bit color picture as 8-bit."""
    arguments = str([tile[3] for tile in image.tile]) if hasattr(image, "tile") else ""
    return image.mode in ("RGB", "RGBA", "LA") and ";16" in arguments


def _pixels(image: Image) -> NDArray[Any]:
    """(H, W, C): RGB uint8, or one channel of the file's own depth."""
    if image.mode in ("LA", "La") or (image.mode == "L" and "transparency" in image.info):
        return np.asarray(_over_black(image).convert("L"))[..., None]
    if image.mode in WITH_ALPHA or "transparency" in image.info:
        return np.asarray(_over_black(image))
    if image.mode in COLORS:
        return np.asarray(image.convert("RGB"))
    if image.mode == "1":
        return np.asarray(image.convert("L"))[..., None]
    array = np.asarray(image)
    if array.dtype.kind not in "uif" or array.ndim != 2:
        return np.asarray(image.convert("RGB"))
    return array.astype(array.dtype.newbyteorder("="), copy=False)[..., None]


def _over_black(image: Image) -> Image:
    """RGB of a picture with transparency, over black."""
    from PIL import Image as Images

    colors = image.convert("RGBA")
    black = Images.new("RGBA", colors.size, (0, 0, 0, 255))
    return Images.alpha_composite(black, colors).convert("RGB")


def _require_room(request: Request, image: Image, frames: int) -> None:
    """Refuse more pixels than fit: decoded frames, and a few copies of one while it is decoded."""
    width, height = image.size
    if width < 1 or height < 1:
        raise SourceError(request.path, "declares a picture without pixels", DAMAGED)
    needed = width * height * (3 * frames + 12)
    require_memory(
        needed,
        request.path,
        "decoding it",
        allow_large=request.allow_large,
        stored=request.path.stat().st_size,
    )


# --- animations -------------------------------------------------------------------------------


def _animation(request: Request, image: Image, count: int) -> Volume:
    """Every frame as it looks on screen, with its own time."""
    # A PNG may begin with a still for programs that know no animation: Pillow counts it.
    first = int(bool(getattr(image, "default_image", False)) and count > 1)
    count -= first
    _require_room(request, image, count)
    width, height = image.size
    frames = np.empty((count, 1, height, width, 3), np.uint8)
    delays = []
    for index in range(count):
        request.progress(index / count, f"Decoding {request.path.name}")
        _seek(request, image, index + first, count + first)
        colors = _over_black(image)
        if colors.size != (width, height):
            raise SourceError(request.path, f"changes its size in frame {index}", DAMAGED)
        frames[index, 0] = np.asarray(colors)
        delays.append(float(image.info.get("duration") or 0.0))
    times, said = _times(delays)
    left = ("the still for other programs left out",) if first else ()
    kind = {"WEBP": "WebP"}.get(image.format or "", image.format)
    facts = Facts(
        format=f"{kind}, {count} frames" if count > 1 else f"{kind} picture",
        description="color video" if count > 1 else "color picture",
        stored_shape=(count, height, width, 3),
        stored_axes="THWC",
        stored_dtype="uint8",
        nbytes=frames.nbytes,
        decisions=("frames composited over black", *left, *said),
    )
    return Volume(frozen(frames), facts, request.opening, request.path.name, times=times)


def _seek(request: Request, image: Image, index: int, count: int) -> None:
    try:
        image.seek(index)
        image.load()
    except EOFError as error:
        raise SourceError(
            request.path, f"ends in frame {index} of {count}", "Copy it again"
        ) from error


def _times(delays: list[float]) -> tuple[Float64 | None, tuple[str, ...]]:
    """When each frame begins, in seconds, from the milliseconds that each is shown."""
    if len(delays) < 2:
        return None, ()
    short = [delay < SHORTEST_DELAY for delay in delays]
    shown = [100.0 if quick else delay for quick, delay in zip(short, delays, strict=True)]
    times = np.concatenate([[0.0], np.cumsum(shown[:-1])]) / 1000
    times.flags.writeable = False
    told = f"delays under {SHORTEST_DELAY} ms are played as 100 ms: {sum(short)} of {len(delays)}"
    return times, (told,) if any(short) else ()
