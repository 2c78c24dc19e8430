"""Scans in two files, a header (.hdr) and its voxels (.img), either of which may be named."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from voxviewer.files import SourceError
from voxviewer.sources.compressed import GZIP_MAGIC
from voxviewer.sources.grids import beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONGEST_HEADER = 540


def header_and_data(path: Path, is_whole: Callable[[bytes], bool]) -> tuple[Path, Path]:
    """Where header and voxels lie: in one file, or in a pair of which one half was named.

    `is_whole` tells from a header's first bytes that its voxels follow in the same file.
    """
    name = path.name.lower()
    for half, other in ((".hdr", ".img"), (".img", ".hdr")):
        for packing in ("", ".gz"):
            if not name.endswith(half + packing):
                continue
            if half == ".hdr" and is_whole(first_bytes(path)):
                return path, path
            partner = _partner(path, half + packing, other)
            return (path, partner) if half == ".hdr" else (partner, path)
    return path, path


def _partner(path: Path, ending: str, other: str) -> Path:
    """The other half of a pair, packed or not."""
    stem = path.name[: -len(ending)]
    names = [stem + suffix for suffix in (other, other.upper(), other + ".gz")]
    for name in names:
        if path.with_name(name).is_file():
            beside(path, name)  # a link may lead out of the folder
            return path.with_name(name)
    raise SourceError(path, f"is half of a pair, and {names[0]} is not beside it", "Put it there")


def first_bytes(path: Path) -> bytes:
    """The first bytes of a header, unpacked; fewer where there are no more."""
    with open(path, "rb") as file:
        start = file.read(LONGEST_HEADER)
        if not start.startswith(GZIP_MAGIC):
            return start
        # Its own small decoder: the stream of all voxels takes half a megabyte to begin.
        inflate, header = zlib.decompressobj(31), b""
        while start and len(header) < LONGEST_HEADER and not inflate.eof:
            header += inflate.decompress(start, LONGEST_HEADER - len(header))
            start = inflate.unconsumed_tail or file.read(LONGEST_HEADER)
        return header
