"""One message on a pipe: a JSON header, then the raw bytes of its small arrays. Never pickle.

    4 bytes, big-endian    length of the header
    header                 JSON object; "arrays" lists [name, dtype, shape] of what follows
    arrays                 raw bytes in C order, one after the other

Both ends belong to this program; the limits are there so that a damaged stream ends in one error
and not in a huge allocation.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Arrays = dict[str, NDArray[Any]]

MAGIC = b"voxviewer worker 1\n"
"""What a child says first; anything that was printed before it is skipped."""

HEADER_LIMIT = 16 << 20
INLINE_LIMIT = 256 << 20
"""Bytes. Larger arrays travel in shared blocks."""


@dataclass(frozen=True)
class Answer:
    """What came back: plain `values`, and `arrays` (the outputs asked for, and small ones)."""

    values: dict[str, Any]
    arrays: Arrays


class Pipe(Protocol):
    """An unbuffered binary file: may read or write less than asked for."""

    def readinto(self, buffer: Any, /) -> int | None:
        """Fill a part of the buffer; 0 or None at the end of the stream."""

    def write(self, data: Any, /) -> int | None:
        """Write a part of the data; how many bytes."""


class WireError(Exception):
    """The stream does not hold what a message must hold."""


def number_dtype(text: str) -> np.dtype[Any]:
    """The dtype of a plain number type; objects, strings and structures are refused."""
    try:
        dtype = np.dtype(text)
    except (TypeError, ValueError) as error:
        raise WireError(f"{text!r} is not a dtype") from error
    if dtype.kind not in "biufc":
        raise WireError(f"arrays of dtype {text!r} do not travel")
    return dtype


def nbytes_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Bytes of an array; refuses negative sizes."""
    if any(size < 0 for size in shape):
        raise WireError(f"the shape {shape} has a negative size")
    return math.prod(shape) * dtype.itemsize


def send(
    pipe: Pipe, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None
) -> None:
    """Write one message; `OSError` where the other end is gone."""
    listed = {name: np.asarray(array, order="C") for name, array in (arrays or {}).items()}
    total = sum(array.nbytes for array in listed.values())
    if total > INLINE_LIMIT:
        raise WireError(f"{total} bytes are too many for the pipe; they need a shared block")
    rows = [[name, number_dtype(a.dtype.str).str, list(a.shape)] for name, a in listed.items()]
    text = json.dumps({**header, "arrays": rows}).encode()
    _write(pipe, struct.pack(">I", len(text)) + text)
    for array in listed.values():
        _write(pipe, array.reshape(-1).view(np.uint8).data)


def receive(pipe: Pipe) -> tuple[dict[str, Any], Arrays] | None:
    """Read one message; None at the end of the stream, `WireError` where it is damaged."""
    start = _read(pipe, 4)
    if start is None:
        return None
    length = struct.unpack(">I", start)[0]
    if length > HEADER_LIMIT:
        raise WireError(f"a header of {length} bytes is too long")
    text = _read(pipe, length)
    if text is None:
        return None
    try:
        header = json.loads(text)
        rows = [
            (str(n), number_dtype(d), tuple(int(i) for i in s)) for n, d, s in header.pop("arrays")
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WireError("the header is not one of ours") from error
    if sum(nbytes_of(shape, dtype) for _, dtype, shape in rows) > INLINE_LIMIT:
        raise WireError("the arrays of a message are too large")
    arrays: Arrays = {}
    for name, dtype, shape in rows:
        raw = _read(pipe, nbytes_of(shape, dtype))
        if raw is None:
            return None
        arrays[name] = np.frombuffer(raw, dtype).reshape(shape)
    return header, arrays


def skip_to_magic(pipe: Pipe) -> bool:
    """Read up to and with `MAGIC`; False where the stream ends before it."""
    seen = bytearray()
    while not seen.endswith(MAGIC):
        byte = _read(pipe, 1)
        if byte is None:
            return False
        seen += byte
        del seen[: -len(MAGIC)]
    return True


def _write(pipe: Pipe, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view.nbytes:
        view = view[pipe.write(view) or 0 :]


def _read(pipe: Pipe, count: int) -> bytearray | None:
    """Exactly `count` bytes, or None where the stream ends first."""
    data = bytearray(count)
    view = memoryview(data)
    while view.nbytes:
        got = pipe.readinto(view)
        if not got:
            return None
        view = view[got:]
    return data
