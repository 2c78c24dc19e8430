"""Point clouds in files: PLY (text and binary, either byte order) and XYZ (text).

PLY: a header in text names elements and their properties; those of `vertex` are read
(http://paulbourke.net/dataformats/ply/). XYZ: a point a line, x y z and what else there is; the
files of chemists, with a count, a title and an element before each point, are understood too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import POINT_CLOUD, Facts
from voxviewer.files import SourceError, require_memory
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.clouds import Cloud, volume_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Volume
    from voxviewer.sources.boundary import Request

LONGEST_HEADER = 1 << 16
LINES = 50_000
"""Lines that are read at a time: some 50 ms, so that Cancel is felt at once."""

KINDS = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}
COMMENTS = (b"#", b"//", b";")
NUMBER = rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
ROW = re.compile(rb"\s*" + rb"[\s,;]+".join([NUMBER] * 3) + rb"(?:[\s,;]+\S+){0,9}[\s,;]*$")
ATOM = re.compile(rb"\s*[A-Za-z]{1,3}\d*\s+" + rb"\s+".join([NUMBER] * 3) + rb"(?:\s+\S+){0,9}\s*$")


# --- PLY --------------------------------------------------------------------------------------


@dataclass
class Element:
    """A kind of thing in a PLY: `kinds` of its properties by name; of a list, (count, item)."""

    name: str
    count: int
    kinds: dict[str, str | tuple[str, str]] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """True where no property is a list."""
        return all(isinstance(kind, str) for kind in self.kinds.values())

    def dtype(self, order: str) -> np.dtype[Any]:
        """Of one thing without lists, in a binary file."""
        return np.dtype([(name, order + str(kind)) for name, kind in self.kinds.items()])


def is_ply(start: bytes) -> bool:
    """True where the first line is that of a PLY."""
    return bool(re.match(rb"ply\s*[\r\n]", start))


def read_ply(request: Request) -> Volume:
    """Open a PLY as voxels; reader of the table `READERS`."""
    _require_room(request)
    data = request.path.read_bytes()
    elements, order, start = _ply_header(request, data)
    vertex = next((one for one in elements if one.name == "vertex"), None)
    if vertex is None or not {"x", "y", "z"} <= set(vertex.kinds) or vertex.count < 1:
        raise SourceError(request.path, "is a PLY without points (x, y, z)", "Open another")
    if not vertex.plain:
        raise SourceError(request.path, "has points that carry lists", "Export it without them")
    before = elements[: elements.index(vertex)]
    request.progress(0.3, f"Reading {vertex.count} points")
    columns = (
        _ply_text(request, data[start:], vertex, before)
        if order == "="
        else _ply_binary(request, data, start, vertex, before, order)
    )
    request.progress(0.7, "Filling the grid")
    points = np.stack([columns[name].astype(np.float64) for name in "xyz"], axis=1)
    values = {name: columns[name] for name in vertex.kinds if name not in "xyz"}
    others = [f"{one.count} {one.name}" for one in elements if one is not vertex and one.count]
    packing = "text" if order == "=" else "binary"
    said = (f"left out: {', '.join(others)[:120]}",) if others else ()
    return volume_of(request, Cloud(points, values), _facts(f"PLY, {packing}", points, said))


def _ply_header(request: Request, data: bytes) -> tuple[list[Element], str, int]:
    """The elements, the byte order ("=" is text) and where the values begin."""
    end = re.search(rb"^end_header[ \t]*(\r\n|\n|\r)", data[:LONGEST_HEADER], re.MULTILINE)
    if end is None or not is_ply(data):
        end = re.search(rb"[\r\n]end_header[ \t]*(\r\n|\n|\r)", data[:LONGEST_HEADER])
    if end is None or not is_ply(data):
        raise SourceError(request.path, "has a PLY header that does not end", DAMAGED)
    elements: list[Element] = []
    order = ""
    for line in re.split(r"[\r\n]+", data[: end.start()].decode("latin1"))[1:]:
        words = line.split()
        if not words or words[0] in ("comment", "obj_info"):
            continue
        if words[0] == "format" and len(words) >= 2:
            order = ORDERS.get(words[1], "")
        elif not _ply_line(words, elements):
            raise SourceError(
                request.path,
                f"has a line in its header that makes no sense: {line[:60]!r}",
                DAMAGED,
            )
    if not order:
        raise SourceError(request.path, "is a PLY of no known format", DAMAGED)
    return elements, order, end.end()


def _ply_line(words: list[str], elements: list[Element]) -> bool:
    """Take a line of the header; False where it makes no sense."""
    if words[0] == "element" and len(words) == 3 and words[2].isdecimal() and len(words[2]) < 16:
        elements.append(Element(words[1], int(words[2])))
        return True
    if words[0] != "property" or not elements or words[-1] in elements[-1].kinds:
        return False
    if len(words) == 3 and words[1] in KINDS:
        elements[-1].kinds[words[2]] = KINDS[words[1]]
        return True
    if len(words) == 5 and words[1] == "list" and words[2] in KINDS and words[3] in KINDS:
        elements[-1].kinds[words[4]] = (KINDS[words[2]], KINDS[words[3]])
        return KINDS[words[2]][0] in "iu"
    return False


def _ply_text(
    request: Request, body: bytes, vertex: Element, before: list[Element]
) -> dict[str, NDArray[Any]]:
    """Columns of a text PLY: a line a point, after the lines of the elements before."""
    skip = sum(one.count for one in before)
    lines = [line for line in body.splitlines() if line.strip()][skip : skip + vertex.count]
    if len(lines) < vertex.count:
        raise SourceError(
            request.path, f"ends after {len(lines)} of {vertex.count} points", "Copy it again"
        )
    table = _numbers(request, lines, len(vertex.kinds))
    return {name: table[:, place] for place, name in enumerate(vertex.kinds)}


def _ply_binary(
    request: Request, data: bytes, start: int, vertex: Element, before: list[Element], order: str
) -> dict[str, NDArray[Any]]:
    """Columns of a binary PLY."""
    for one in before:
        start = _after(request, data, start, one, order)
    dtype = vertex.dtype(order)
    have = max(0, (len(data) - start) // dtype.itemsize)
    if have < vertex.count:
        raise SourceError(
            request.path, f"ends after {have} of {vertex.count} points", "Copy it again"
        )
    table = np.frombuffer(data, dtype, vertex.count, start)
    return {name: table[name] for name in vertex.kinds}


def _after(request: Request, data: bytes, start: int, element: Element, order: str) -> int:
    """Where the things of an element end; lists have to be walked one by one."""
    if element.plain:
        return start + element.count * element.dtype(order).itemsize
    kinds = [
        (np.dtype(order + kind), None)
        if isinstance(kind, str)
        else (np.dtype(order + kind[0]), np.dtype(order + kind[1]).itemsize)
        for kind in element.kinds.values()
    ]
    for number in range(element.count):
        if number % 65536 == 0:
            request.progress(0.2, f"Passing over {element.name}")
        for dtype, item in kinds:
            if start + dtype.itemsize > len(data):
                raise SourceError(request.path, f"ends in its {element.name}", "Copy it again")
            length = int(np.frombuffer(data, dtype, 1, start)[0]) if item else 0
            start += dtype.itemsize + max(length, 0) * (item or 0)
    return start


# --- XYZ --------------------------------------------------------------------------------------


WIDEST = 16
"""Numbers of a point: place, color, normal and a few more; wider rows are tables of joints."""


def is_xyz(start: bytes) -> bool:
    """True for text whose lines are three numbers and a little more, or an atom and its place."""
    if b"\0" in start:
        return False
    lines = [line for line in start.splitlines()[:-1] if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith(COMMENTS)][:8]
    if len(lines) >= 3 and re.fullmatch(rb"\s*\d+\s*", lines[0]):
        return all(ATOM.match(line) for line in lines[2:5])
    if len(lines) >= 3 and not ROW.match(lines[0]) and re.match(rb"\s*[\"/]*[xX]\b", lines[0]):
        lines = lines[1:]
    widths = {len(re.split(rb"[\s,;]+", line.strip(b" \t,;"))) for line in lines}
    if max(widths, default=0) > WIDEST:
        return False
    return len(lines) >= 2 and len(widths) == 1 and all(ROW.match(line) for line in lines)


def read_xyz(request: Request) -> Volume:
    """Open an XYZ as voxels; reader of the table `READERS`."""
    _require_room(request)
    request.progress(0.1, f"Reading {request.path.name}")
    raw = request.path.read_bytes()
    if b"\0" in raw[:4096]:
        raise SourceError(request.path, "is not the text that an XYZ is", DAMAGED)
    lines = [line for line in raw.splitlines() if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith(COMMENTS)]
    said: tuple[str, ...] = ()
    if len(lines) > 2 and re.fullmatch(rb"\s*\d{1,9}\s*", lines[0]) and ATOM.match(lines[2]):
        lines, said = _atoms(request, lines)
    elif lines and not ROW.match(lines[0]):
        lines, said = lines[1:], ("the first line is taken as a heading",)
    if not lines:
        raise SourceError(request.path, "holds no line of three numbers", "Open another")
    width = len(re.split(rb"[\s,;]+", lines[0].strip(b" \t,;")))
    if width < 3:
        raise SourceError(request.path, "has lines of fewer than three numbers", "Open another")
    request.progress(0.3, f"Reading {len(lines)} points")
    table = _numbers(request, lines, width)
    values = _named_columns(table)
    request.progress(0.7, "Filling the grid")
    return volume_of(request, Cloud(table[:, :3], values), _facts("XYZ, text", table[:, :3], said))


def _atoms(request: Request, lines: list[bytes]) -> tuple[list[bytes], tuple[str, ...]]:
    """The places of a chemist's file, without the elements' names; the first frame of several."""
    count = int(lines[0])
    places = lines[2 : 2 + count]
    if len(places) < count or count < 1:
        raise SourceError(
            request.path, f"ends after {len(places)} of {count} atoms", "Copy it again"
        )
    more = ("the first of several frames",) if len(lines) > 2 + count else ()
    return [line.split(None, 1)[1] for line in places], ("atoms of a molecule", *more)


def _named_columns(table: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """What follows x, y, z: red, green, blue where three columns are whole numbers in 0..255."""
    rest = table[:, 3:]
    whole = [
        bool(np.isfinite(c).all() and (c == np.rint(c)).all() and c.min() >= 0 and c.max() <= 255)
        for c in rest.T
    ]
    names = [f"column {place + 4}" for place in range(rest.shape[1])]
    for first in (0, 1):
        if whole[first : first + 3] == [True] * 3 and rest[:, first : first + 3].max() > 1:
            names[first : first + 3] = ["red", "green", "blue"]
            break
    if names and names[0] == "column 4":
        names[0] = "intensity" if len(names) in (1, 4) else names[0]
    return dict(zip(names, rest.T, strict=True))


# --- both -------------------------------------------------------------------------------------


def _numbers(request: Request, lines: list[bytes], width: int) -> NDArray[Any]:
    """(lines, width) float64 of lines with that many numbers each, some lines at a time."""
    table = np.empty((len(lines), width))
    for start in range(0, len(lines), LINES):
        done = start / len(lines)
        request.progress(0.3 + 0.4 * done, f"Reading point {start + 1} of {len(lines)}")
        part = lines[start : start + LINES]
        table[start : start + LINES] = _parsed(request, part, width)
    return table


def _parsed(request: Request, lines: list[bytes], width: int) -> NDArray[Any]:
    words = b" ".join(lines).replace(b",", b" ").replace(b";", b" ").split()
    if len(words) != width * len(lines):
        raise SourceError(
            request.path, f"has lines that are not of {width} numbers each", "Check its columns"
        )
    try:
        return np.array(words).astype(np.float64).reshape(len(lines), width)
    except ValueError:
        bad = next(word for word in words if not _is_number(word))
        text = bad.decode("latin1")[:30]
        raise SourceError(request.path, f"holds {text!r} where a number belongs", DAMAGED) from None


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _require_room(request: Request) -> None:
    """Text becomes a list of words before it becomes numbers."""
    size = request.path.stat().st_size
    require_memory(
        12 * size, request.path, "reading it", allow_large=request.allow_large, stored=size
    )


def _facts(name: str, points: NDArray[Any], said: tuple[str, ...]) -> Facts:
    return Facts(
        format=name,
        description=POINT_CLOUD,
        stored_shape=tuple(int(length) for length in points.shape),
        stored_axes="NX",
        stored_dtype=points.dtype.name,
        nbytes=0,
        decisions=said,
    )
