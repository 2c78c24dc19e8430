"""The CSV file that gives each clip its target: a number, or a word that names its class."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.files import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 64 << 20
"""Bytes: a list of names and numbers is no larger."""
EXAMPLE = "Begin it with the line file,target and give each clip a line"


@dataclass(frozen=True)
class Row:
    """One line: the file's name, its target, and which line it is."""

    file: str
    target: str | float
    line: int


def read_targets(path: str) -> tuple[Row, ...]:
    """Read the rows; all targets become numbers where all of them are.

    Raises
    ------
    SourceError
        where it is no such table, a file is named twice, or a target is missing
    """
    rows = list(_rows(path, _text(path)))
    if not rows:
        raise SourceError(path, "names no clips", EXAMPLE)
    seen: dict[str, int] = {}
    for row in rows:
        if row.file in seen:
            problem = f"names {row.file} in lines {seen[row.file]} and {row.line}"
            raise SourceError(path, problem, "Keep one of them")
        seen[row.file] = row.line
    return tuple(_numbers(path, rows))


def _text(path: str) -> str:
    file = Path(path)
    if not file.is_file():
        problem = "is not a file" if file.exists() else "is not there"
        raise SourceError(path, problem, "Check the path of the targets")
    if file.stat().st_size > LIMIT:
        raise SourceError(path, "is too large for a list of targets", EXAMPLE)
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, "cannot be read as text", "Save it as CSV in UTF-8") from error


def _rows(path: str, text: str) -> Iterator[Row]:
    """The lines below the header, as they stand there."""
    first = text.lstrip().split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    table = csv.DictReader(io.StringIO(text), delimiter=mark, skipinitialspace=True, strict=True)
    try:
        columns = {(name or "").strip().lower(): name for name in table.fieldnames or ()}
        if not {"file", "target"} <= set(columns):
            found = ", ".join(name for name in columns if name) or "none"
            raise SourceError(path, f"has no columns file and target, but {found}"[:200], EXAMPLE)
        for cells in table:
            file, target = ((cells[columns[n]] or "").strip() for n in ("file", "target"))
            if not file and not target:
                continue
            if not file or not target:
                missing = "target" if file else "file"
                raise SourceError(path, f"has no {missing} in line {table.line_num}", EXAMPLE)
            yield Row(file, target, table.line_num)
    except csv.Error as error:
        raise SourceError(path, f"is not a CSV file: {error}", EXAMPLE) from error


def _numbers(path: str, rows: list[Row]) -> Iterator[Row]:
    """Numbers where there are any, then all have to be; words else."""
    numbers = [_number(str(row.target)) for row in rows]
    if all(number is None for number in numbers):
        yield from rows
        return
    for row, number in zip(rows, numbers, strict=True):
        if number is None:
            problem = f"gives {row.target!r} in line {row.line} where other lines give numbers"
            raise SourceError(path, problem, "Give each clip a number, or each a word")
        yield Row(row.file, number, row.line)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


__all__ = ["Row", "read_targets"]
