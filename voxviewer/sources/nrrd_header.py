"""The header of an NRRD file: `field: value` lines up to an empty one.

Specification: https://teem.sourceforge.net/nrrd/format.html. Names of fields count without case and
spaces ("data file" is "datafile"), as Teem takes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.files import SourceError, printable
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.detached import text_header

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONGEST_HEADER = 4 << 20
MOST_AXES = 16

TYPES = {
    "i1": "signed char, int8, int8_t",
    "u1": "uchar, unsigned char, uint8, uint8_t",
    "i2": "short, short int, signed short, signed short int, int16, int16_t",
    "u2": "ushort, unsigned short, unsigned short int, uint16, uint16_t",
    "i4": "int, signed int, int32, int32_t",
    "u4": "uint, unsigned int, uint32, uint32_t",
    "i8": "longlong, long long, long long int, signed long long, signed long long int, int64, "
    "int64_t",
    "u8": "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t",
    "f4": "float",
    "f8": "double",
}
DTYPES = {name: code for code, names in TYPES.items() for name in names.split(", ")}

ENCODINGS = {
    "raw": "", "txt": "ascii", "text": "ascii", "ascii": "ascii", "hex": "hex",
    "gz": "gzip", "gzip": "gzip", "bz2": "bzip2", "bzip2": "bzip2",
}  # fmt: skip


@dataclass(frozen=True)
class NrrdHeader:
    """What a header says.

    Attributes
    ----------
    fields : value of each field, by its name in lower case without spaces
    end : the first byte after the header
    lines : the lines after "data file: LIST", else none
    sizes, dtype, encoding : of the array, the fastest axis first
    """

    fields: Mapping[str, str]
    end: int
    lines: list[str]
    sizes: tuple[int, ...]
    dtype: np.dtype[np.generic]
    encoding: str

    def words(self, name: str) -> list[str]:
        """The words of a field, one for each axis; none where it is not there or has too few."""
        words = self.fields.get(name, "").split()
        return words if len(words) == len(self.sizes) else []

    def quoted(self, name: str) -> list[str]:
        """The texts of a field in quotation marks."""
        return re.findall(r'"([^"]*)"', self.fields.get(name, ""))

    def vectors(self, name: str) -> list[list[float] | None]:
        """The vectors of a field, None for "none"."""
        found = re.findall(r"none|\(([^)]*)\)", self.fields.get(name, ""))
        return [[float(word) for word in text.split(",")] if text else None for text in found]

    def number(self, name: str) -> int:
        """A whole number, 0 where the field is not there."""
        return int(self.fields.get(name, "0"))


def nrrd_header(path: Path) -> NrrdHeader:
    """Read a header and hold its sizes and types against what they can be."""
    text = text_header(path, LONGEST_HEADER)
    if not text.startswith(b"NRRD0"):
        raise SourceError(path, "does not begin as an NRRD file does", DAMAGED)
    fields: dict[str, str] = {}
    listing: list[str] = []
    place, ended = 0, False
    for line in text.splitlines(keepends=True):
        place += len(line)
        words = line.decode("utf-8", "replace").strip()
        if not words:
            ended = True
            break
        if "datafile" in fields and fields["datafile"].startswith("LIST"):
            listing.append(words)
            continue
        name, found, value = words.partition(": ")
        if found and not words.startswith("#"):
            fields[re.sub(r"\s", "", name).lower()] = value.strip()
    if not ended and "datafile" not in fields:
        raise SourceError(path, "ends inside its header", "Copy it again")
    sizes, dtype, encoding = _array(path, fields)
    return NrrdHeader(fields, place, listing, sizes, dtype, encoding)


def _array(
    path: Path, fields: Mapping[str, str]
) -> tuple[tuple[int, ...], np.dtype[np.generic], str]:
    """Sizes, dtype and encoding."""
    for name in ("type", "dimension", "sizes", "encoding"):
        if name not in fields:
            raise SourceError(path, f"has a header without {name}", DAMAGED)
    try:
        sizes = tuple(int(word) for word in fields["sizes"].split())
        count = int(fields["dimension"])
    except ValueError:
        raise SourceError(path, "has a size in its header that is no number", DAMAGED) from None
    if count != len(sizes) or not 1 <= count <= MOST_AXES:
        raise SourceError(path, f"declares {count} axes and {len(sizes)} sizes", DAMAGED)
    name = fields["type"].lower()
    if name not in DTYPES:
        shown = printable(name)[:40]
        raise SourceError(path, f"holds values of type {shown!r}, which cannot be read", DAMAGED)
    encoding = ENCODINGS.get(fields["encoding"].lower())
    if encoding is None:
        shown = printable(fields["encoding"])[:40]
        raise SourceError(path, f"is encoded as {shown!r}, which cannot be read", DAMAGED)
    big = fields.get("endian", "little").lower() == "big" and encoding != "ascii"
    return sizes, np.dtype((">" if big else "<") + DTYPES[name]), encoding
