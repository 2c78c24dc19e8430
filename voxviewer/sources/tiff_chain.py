"""The chain of a TIFF's pages, walked before a library follows it.

Each page names the place of the next (TIFF 6.0, page 14; BigTIFF has 8-byte places). A damaged
chain can lead round in a circle, or through a file for ever.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from pathlib import Path

MOST_PAGES = 1_000_000
MOST_TAGS = 4096


def require_sound_chain(path: Path) -> int:
    """How many pages the chain has; `SourceError` where it leads in a circle or nowhere."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        big = head[2:4] in (b"+\0", b"\0+")
        count, place, step = ("Q", "Q", 20) if big else ("H", "I", 12)
        if len(head) < (16 if big else 8):
            raise SourceError(path, "is cut off in its header", "Copy it again")
        here = struct.unpack_from(order + place, head, 8 if big else 4)[0]
        seen: set[int] = set()
        while here:
            if here in seen:
                raise SourceError(path, "has a list of pages that runs in a circle", DAMAGED)
            seen.add(here)
            if len(seen) > MOST_PAGES:
                raise SourceError(path, f"has more than {MOST_PAGES:,} pages", "Split it")
            here = _next(file, here, order, (count, place, step), size, path)
        if not seen:
            raise SourceError(path, "is a TIFF without pictures", DAMAGED)
    return len(seen)


def _next(
    file: IO[bytes], here: int, order: str, form: tuple[str, str, int], size: int, path: Path
) -> int:
    """The place of the page after the one that lies here, 0 after the last."""
    count, place, step = (order + form[0], order + form[1], form[2])
    width, last = struct.calcsize(count), struct.calcsize(place)
    if here + width + last > size:
        raise SourceError(path, "ends before the page that it names", "Copy it again")
    file.seek(here)
    tags = struct.unpack(count, file.read(width))[0]
    if not 0 < tags <= MOST_TAGS or here + width + tags * step + last > size:
        raise SourceError(path, "has a page whose description makes no sense", DAMAGED)
    file.seek(tags * step, 1)
    after: int = struct.unpack(place, file.read(last))[0]
    return after
