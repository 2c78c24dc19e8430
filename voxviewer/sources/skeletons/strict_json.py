"""JSON with limits: depth, size and the length of numbers are held before anything is built."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError, require_memory
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.skeletons.lines import decoded

if TYPE_CHECKING:
    from pathlib import Path

    from voxviewer.sources.boundary import Request

DEEPEST = 64
"""Brackets within brackets; pose files have six. Deep nesting breaks parsers and comparisons."""

HELD = 20
"""Bytes in memory for a byte of JSON: a number of four digits is an object of 32."""

SMALL = 1 << 18
"""Bytes of a file that fit in memory whatever else does."""

LONGEST = 18
"""Digits of a whole number that is kept as one; longer ones become floats."""

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read_json(request: Request, path: Path | None = None) -> Any:
    """Parse a JSON file; 1e999 is infinite, NaN a number, as Python writes them."""
    file = path or request.path
    size = file.stat().st_size
    if not size:
        raise SourceError(file, "is empty", "Copy it again")
    if size > SMALL:  # asking the system 300 times takes longer than reading 300 small files
        require_memory(HELD * size, file, "reading it", allow_large=request.allow_large)
    return parsed(file.read_bytes(), file)


def parsed(data: bytes, path: Path) -> Any:
    """JSON of these bytes, or a `SourceError` with the line where it breaks."""
    depth = _depth(data) if data.count(b"[") + data.count(b"{") > DEEPEST else 0
    if depth > DEEPEST:
        depth = _depth(_STRINGS.sub(b'""', data))
    if depth > DEEPEST:
        raise SourceError(path, f"nests {depth} deep, more than any pose file does", DAMAGED)
    try:
        return json.loads(decoded(data), parse_int=_whole)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and (rows := _lines(decoded(data), path)):
            return rows
        raise SourceError(
            path, f"is not whole JSON: line {error.lineno}, {error.msg.lower()}", DAMAGED
        ) from error


def _lines(text: str, path: Path) -> list[Any]:
    """JSON Lines: a value a row, as a list; empty where the second row is none of its own."""
    rows = [(place, row) for place, row in enumerate(text.split("\n"), 1) if row.strip()]
    try:
        found = [json.loads(row, parse_int=_whole) for _, row in rows[:1]]
    except json.JSONDecodeError:
        return []
    for place, row in rows[1:]:
        try:
            found.append(json.loads(row, parse_int=_whole))
        except json.JSONDecodeError as error:
            raise SourceError(
                path, f"is not whole JSON: line {place}, {error.msg.lower()}", DAMAGED
            ) from error
    return found


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= LONGEST else float(text)


def _depth(data: bytes) -> int:
    """How deep brackets nest, those inside of strings counted too."""
    raw = np.frombuffer(data, np.uint8)
    opens = (raw == ord("[")) | (raw == ord("{"))
    closes = (raw == ord("]")) | (raw == ord("}"))
    steps = opens.astype(np.int8) - closes.astype(np.int8)
    steps = steps[steps != 0]
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))


def number(value: Any) -> float | None:
    """A JSON value as a number; None where it is none (true and false are none)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value)


def rate(value: Any) -> float | None:
    """A JSON value as a rate in Hz, None where it cannot be one."""
    found = number(value)
    return found if found is not None and math.isfinite(found) and found > 0 else None


def pixels(value: Any) -> int | None:
    """A JSON value as a number of pixels, None where it cannot be one."""
    found = number(value)
    return int(found) if found is not None and 1 <= found <= 1e6 else None
