"""C3D's header and parameters: blocks of 512 bytes, groups and their parameters in one chain.

Three kinds of computers wrote such files: Intel (84), DEC (85, with floats of its own) and SGI (86,
big-endian). Nothing is allocated by what the file claims; every piece is cut out of bytes that are
there. (The C3D file format user guide, Motion Lab Systems.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BLOCK = 512
MAGIC = 0x50
INTEL, DEC, SGI = 84, 85, 86
MOST_PARAMETERS = 20_000

Values = "list[str] | NDArray[Any]"


@dataclass(frozen=True)
class Header:
    """The first block: how the frames are laid out."""

    points: int
    analog: int
    first: int
    last: int
    scale: float
    start: int
    rate: float
    processor: int

    @property
    def floats(self) -> bool:
        """True where coordinates are floats, False for scaled whole numbers."""
        return self.scale < 0

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame: points and the analog samples that go with it."""
        return (4 * self.points + self.analog) * (4 if self.floats else 2)


@dataclass
class Parameters:
    """Values by "GROUP:NAME", upper case."""

    values: dict[str, Any] = field(default_factory=dict)

    def number(self, name: str, default: float = 0.0) -> float:
        """The first number of a parameter."""
        values = self.values.get(name)
        if isinstance(values, np.ndarray) and values.size:
            value = float(values.flat[0])
            return value if math.isfinite(value) else default
        return default

    def words(self, name: str) -> list[str]:
        """The texts of a parameter and of those that continue it: LABELS, LABELS2, LABELS3 ..."""
        found: list[str] = []
        for suffix in ("", *range(2, 100)):
            values = self.values.get(f"{name}{suffix}")
            if not isinstance(values, list):
                break
            found += values
        return found


def is_c3d(start: bytes) -> bool:
    """True for a first block whose parameters begin where it says, with a known processor."""
    if len(start) < BLOCK or start[1] != MAGIC or not 2 <= start[0] <= 8:
        return False
    place = BLOCK * (start[0] - 1) + 3
    return place < len(start) and start[place] in (INTEL, DEC, SGI)


def read_header(data: bytes, path: Path) -> tuple[Header, Parameters]:
    """Header and parameters, held against each other and against the length of the file."""
    if len(data) < 2 * BLOCK or data[1] != MAGIC or data[0] < 2:
        raise SourceError(path, "does not begin as a C3D file does", DAMAGED)
    place = BLOCK * (data[0] - 1)
    if place + 4 > len(data) or data[place + 3] not in (INTEL, DEC, SGI):
        raise SourceError(path, "has no C3D parameters where its header says", DAMAGED)
    processor = data[place + 3]
    order = ">" if processor == SGI else "<"
    words = np.frombuffer(data, order + "u2", 12)
    header = Header(
        points=int(words[1]),
        analog=int(words[2]),
        first=int(words[3]),
        last=int(words[4]),
        scale=float(floats(data[12:16], processor)[0]),
        start=int(words[8]),
        rate=float(floats(data[20:24], processor)[0]),
        processor=processor,
    )
    return header, _parameters(data, place + 4, order, processor)


def floats(data: bytes, processor: int) -> NDArray[Any]:
    """Numbers of four bytes; DEC's have their halves swapped and an exponent two higher."""
    if processor == SGI:
        return np.frombuffer(data, ">f4")
    if processor == INTEL:
        return np.frombuffer(data, "<f4")
    halves = np.frombuffer(data, "<u2").reshape(-1, 2)[:, ::-1]
    with np.errstate(invalid="ignore"):
        return np.ascontiguousarray(halves).view("<f4").ravel() / np.float32(4)


def _parameters(data: bytes, place: int, order: str, processor: int) -> Parameters:
    """Walk the chain: each link says how far it is to the next; the walk only goes forward."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, Any]] = []
    for _ in range(MOST_PARAMETERS):
        if place + 2 > len(data):
            break
        length = abs(int(np.int8(data[place] - 256 if data[place] > 127 else data[place])))
        group = data[place + 1] - 256 if data[place + 1] > 127 else data[place + 1]
        body = place + 2 + length
        if not length or not group or body + 2 > len(data):
            break
        name = data[place + 2 : body].decode("latin-1").strip().upper()
        step = int(np.frombuffer(data, order + "u2", 1, body)[0])
        if group < 0:
            groups[-group] = name
        else:
            found.append((group, name, _values(data, body + 2, order, processor)))
        if not step:
            break
        place = body + step
    named = {f"{groups.get(group, group)}:{name}": value for group, name, value in found}
    return Parameters({name: value for name, value in named.items() if value is not None})


def _values(data: bytes, place: int, order: str, processor: int) -> Any:
    """The values of one parameter: texts, or numbers; None where they do not fit in the file."""
    if place + 2 > len(data):
        return None
    kind, axes = data[place], data[place + 1]
    shape = list(data[place + 2 : place + 2 + axes])
    start = place + 2 + axes
    size = {255: 1, 1: 1, 2: 2, 4: 4}.get(kind)
    if size is None or axes > 7:
        return None
    raw = data[start : start + math.prod(shape) * size]
    if len(raw) < math.prod(shape) * size:
        return None
    if kind == 255:
        width = shape[0] if shape else 1
        count = len(raw) // width if width else 0
        texts = [raw[i * width : (i + 1) * width] for i in range(count)]
        return [text.decode("latin-1").strip(" \0") for text in texts]
    if kind == 4:
        return floats(raw, processor)
    return np.frombuffer(raw, "u1" if kind == 1 else order + "u2")
