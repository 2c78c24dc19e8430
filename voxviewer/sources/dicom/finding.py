"""Which files are DICOM: by their first bytes, since their names mean nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.sources.folders import file_names, stays_inside
from voxviewer.sources.frames import is_image_name, natural

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_BYTES = 512
GLANCES = 64
"""How many files of a folder are looked at to tell what it is."""

DEEPEST = 8
MOST_FILES = 200_000
INDEX_NAME = "DICOMDIR"

# Two capital letters after the tag: the VR of explicit files (PS3.5, 6.2).
VRS = (b"AE AS AT CS DA DS DT FL FD IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN "
       b"UR US UT UV").split()  # fmt: skip


def is_dicom(start: bytes) -> bool:
    """True where the first bytes are those of a DICOM file, with its preamble or without."""
    if start[128:132] == b"DICM":
        return True
    return _begins_with_elements(start)


def _begins_with_elements(start: bytes) -> bool:
    """True where two elements of the groups 2 or 8 follow each other from the first byte on."""
    first = _element(start, 0)
    second = None if first is None else _element(start, first[1])
    return first is not None and second is not None and first[0] < second[0]


def _element(start: bytes, place: int) -> tuple[int, int] | None:
    """(tag, where the next element begins) of a short little-endian element; None if it is none."""
    if len(start) < place + 8:
        return None
    group = int.from_bytes(start[place : place + 2], "little")
    number = int.from_bytes(start[place + 2 : place + 4], "little")
    if group not in (0x0002, 0x0008) or number > 0x2112:
        return None
    if start[place + 4 : place + 6] in VRS:
        long_form = start[place + 6 : place + 8] == b"\0\0" and start[place + 4 : place + 6] in (
            b"OB", b"OW", b"SQ", b"UN", b"UT",
        )  # fmt: skip
        wide = slice(place + 8, place + 12) if long_form else slice(place + 6, place + 8)
        length, head = int.from_bytes(start[wide], "little"), 12 if long_form else 8
    else:
        length, head = int.from_bytes(start[place + 4 : place + 8], "little"), 8
    if length > HEAD_BYTES * 8:
        return None
    return group << 16 | number, place + head + length


def begins_as_dicom(path: Path) -> bool:
    """True where a file's first bytes are DICOM; False also where they cannot be read."""
    try:
        with open(path, "rb") as file:
            return is_dicom(file.read(HEAD_BYTES * 8))
    except OSError:
        return False


def is_dicom_folder(folder: Path) -> bool:
    """True for a folder, or a tree of them, that holds DICOM files rather than images."""
    try:
        names = file_names(folder)
    except OSError:
        return False
    images = sum(map(is_image_name, names))
    others = [name for name in sorted(names) if not is_image_name(name) and name != INDEX_NAME]
    found = sum(begins_as_dicom(folder / name) for name in others[:GLANCES])
    if found or images:
        return found > images or found == min(len(others), GLANCES) > images // 2
    walked = (path for path, _ in zip(files_in(folder), range(GLANCES), strict=False))
    return any(begins_as_dicom(path) for path in walked)


def files_in(folder: Path) -> Iterator[Path]:
    """The files of a folder and of those in it, in natural order; links lead nowhere else.

    Hidden files, indexes (DICOMDIR) and what is no regular file are left out.
    """
    for here, folders, names in os.walk(folder):
        depth = len(Path(here).relative_to(folder).parts)
        folders[:] = sorted(
            (name for name in folders if not name.startswith(".") and depth < DEEPEST), key=natural
        )
        for name in sorted(names, key=lambda name: (natural(name), name)):
            path = Path(here) / name
            if name.startswith(".") or name == INDEX_NAME or not path.is_file():
                continue
            if stays_inside(path, folder):
                yield path
