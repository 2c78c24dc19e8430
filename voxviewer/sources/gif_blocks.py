"""The blocks of a GIF, walked without decoding: how many frames, and is all of it there.

Pillow shows a cut-off GIF as a shorter one. The walk follows the GIF89a specification
(https://www.w3.org/Graphics/GIF/spec-gif89a.txt): header, color table, then images and extensions
of length-prefixed sub-blocks up to the end mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = (b"GIF87a", b"GIF89a")
EXTENSION, IMAGE, END = b"\x21", b"\x2c", b"\x3b"
MOST_FRAMES = 100_000


@dataclass(frozen=True)
class Survey:
    """`frames` that are whole, and whether the end mark is there."""

    frames: int
    ended: bool


def survey(path: Path) -> Survey:
    """Walk the blocks of a GIF; `SourceError` where it is cut off or holds no frame."""
    with open(path, "rb") as file:
        head = file.read(13)
        if not head or not any(magic.startswith(head[:6]) for magic in MAGIC):
            raise SourceError(path, "does not begin as a GIF does", DAMAGED)
        if len(head) < 13:
            raise SourceError(path, "is cut off in its header", "Copy it again")
        _skip_color_table(file, path, head[10])
        found = _walk(file, path)
    if found.frames == 0:
        raise SourceError(path, "is a GIF without frames", DAMAGED)
    return found


def _walk(file: IO[bytes], path: Path) -> Survey:
    frames = 0
    while frames <= MOST_FRAMES:
        mark = file.read(1)
        if mark == EXTENSION:
            _exactly(file, 1, path)
        elif mark == IMAGE:
            _skip_color_table(file, path, _exactly(file, 9, path)[8])
            _exactly(file, 1, path)
            frames += 1
        else:
            # Anything else after a whole block ends the file, for browsers as for Pillow.
            return Survey(frames, mark == END)
        _skip_sub_blocks(file, path)
    raise SourceError(path, f"has more than {MOST_FRAMES} frames", "Split it")


def _skip_color_table(file: IO[bytes], path: Path, flags: int) -> None:
    if flags & 0x80:
        _exactly(file, 3 << ((flags & 7) + 1), path)


def _skip_sub_blocks(file: IO[bytes], path: Path) -> None:
    while length := _exactly(file, 1, path)[0]:
        _exactly(file, length, path)


def _exactly(file: IO[bytes], count: int, path: Path) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise SourceError(path, "is cut off in the middle of a frame", "Copy it again")
    return data
