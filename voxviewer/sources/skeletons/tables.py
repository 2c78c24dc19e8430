"""Tables of joints: the Kinect's CSV, MediaPipe's landmarks as CSV, and others with named columns.

A row is a frame, or as `stacked` says. Commas, semicolons and tabs divide; an empty cell is a
missing joint.
"""

from __future__ import annotations

import csv
import io
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.skeletons.anatomy import placed
from voxviewer.sources.skeletons.columns import (
    HISTORY,
    Columns,
    by_names,
    by_number,
    is_kinect,
    topology_of,
)
from voxviewer.sources.skeletons.landmarks import landmark_unit, number_gaps
from voxviewer.sources.skeletons.lines import decoded, read_text, shown
from voxviewer.sources.skeletons.recording import (
    Recording,
    require_room,
    skeleton,
    timing_sentences,
)
from voxviewer.sources.skeletons.stacked import is_stacked, stacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

DIVIDERS = ",;\t"
DECIMAL_COMMA = re.compile(r"(\d),(\d)")
"""As spreadsheets write numbers in half of Europe, with semicolons between the cells."""

EMPTY = ("", "nan", "na", "null", "none", "-")
MOST_COLUMNS = 20_000
WIDE = 32
"""Numbers in a row from which on a nameless text is taken for a table of joints."""


def is_table(start: bytes) -> bool:
    """True for text whose first row names joints, or has many numbers."""
    if b"\0" in start:
        return False
    lines = decoded(start).lstrip().split("\n")[:4]
    divider = _divider(lines[0])
    cells = lines[0].strip().split(divider)
    if is_stacked([line.strip().split(divider) for line in lines]):
        return True
    if len(cells) < 4:
        return False
    if _is_header(cells):
        columns = by_names(cells)
        return columns is not None and len(columns.points) > 1
    return len(cells) >= WIDE


def read_table(request: Request) -> Skeleton:
    """Open a CSV of joints; reader of the table `READERS`."""
    rows, lines = _rows(request)
    if is_stacked(rows[:4]):
        return skeleton(_stacked(request, rows, lines), request)
    header = rows.pop(0) if _is_header(rows[0]) else None
    if header is not None:
        lines.pop(0)
    if not rows:
        raise SourceError(request.path, "has names of columns but no rows", "Record it again")
    if header is not None:
        columns = by_names(header)
        table = _numbers(request, rows, lines, columns)
    else:
        table = _numbers(request, rows, lines, None)
        columns = by_number(table)
    if columns is None:
        raise SourceError(
            request.path,
            f"has {len(rows[0])} columns that are not known as joints",
            "Name them joint_x, joint_y in a first row",
        )
    return skeleton(_recording(request, table, columns, header is not None), request)


# --- text -------------------------------------------------------------------------------------


def _divider(row: str) -> str:
    return ";" if ";" in row and "\t" not in row else max(DIVIDERS, key=row.count)


def _is_header(cells: list[str]) -> bool:
    """True where a cell besides the first (a label may be a word) is no number."""
    return any(_number(cell) is None for cell in cells[1:])


def _number(cell: str) -> float | None:
    """A cell as a number, NaN where it is empty; None where it is neither."""
    text = cell.strip()
    if text.lower() in EMPTY:
        return math.nan
    try:
        return float(text)
    except ValueError:
        return None


def _rows(request: Request) -> tuple[list[list[str]], list[int]]:
    """All rows that hold something, of one length, and their line numbers."""
    text = read_text(request)
    divider = _divider(text.lstrip().split("\n", 1)[0])
    if divider == ";" and "." not in text.partition("\n")[2]:
        text = DECIMAL_COMMA.sub(r"\1.\2", text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row) or len(row) > 1:
                rows.append(row)
                lines.append(reader.line_num)
            if len(rows) % 256 == 0:
                request.progress(0.5 * min(1.0, len(rows) / 10_000), f"Reading row {len(rows)}")
    except csv.Error as error:
        raise SourceError(request.path, f"line {reader.line_num}: {error}", DAMAGED) from error
    if not rows or len(rows[0]) > MOST_COLUMNS:
        raise SourceError(request.path, "is no table of joints", "Open a CSV with x and y columns")
    if all(not row[-1].strip() for row in rows):
        rows = [row[:-1] for row in rows]  # a comma at the end of every row
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(rows[0]):
            raise SourceError(
                request.path, f"line {line} has {len(row)} columns, the first {len(rows[0])}",
                DAMAGED,
            )  # fmt: skip
    return rows, lines


def _numbers(
    request: Request, rows: list[list[str]], lines: list[int], columns: Columns | None
) -> NDArray[np.float64]:
    """(rows, columns) of the cells that are needed; NaN where one is empty."""
    require_room(request, len(rows), 1, len(rows[0]) // 2)
    table = np.full((len(rows), len(rows[0])), np.nan)
    wanted: list[int] = list(range(len(rows[0])))
    if columns is not None:
        wanted = sorted({place for point in columns.points for place in point.values()})
        wanted += [place for place in (columns.frame, columns.time) if place >= 0]
    optional = {0} if columns is None else {columns.frame, columns.time}
    for index, row in enumerate(rows):
        if index % 256 == 0:
            request.progress(0.5 + 0.4 * index / len(rows), f"Reading frame {index}")
        for place in wanted:
            value = _number(row[place])
            if value is None and place not in optional:
                _refuse_cell(request, lines[index], row[place], place)
            if value is not None:
                table[index, place] = value
    return table


def _refuse_cell(request: Request, line: int, cell: str, place: int) -> NoReturn:
    raise SourceError(
        request.path,
        f"line {line} has {shown([cell])} in column {place + 1}, where a number should be",
        DAMAGED,
    )


def _stacked(request: Request, rows: list[list[str]], lines: list[int]) -> Recording:
    """A table with one row a joint or a person, or with DeepLabCut's names over its columns."""

    def number(row: int, place: int) -> float:
        value = _number(rows[row][place])
        return (
            _refuse_cell(request, lines[row], rows[row][place], place) if value is None else value
        )

    if len(rows) < 2:
        raise SourceError(request.path, "has names of columns but no rows", "Record it again")
    stack = stacked(rows, number)
    if not len(stack.frames) or not np.isfinite(stack.frames).all() or not stack.columns:
        raise SourceError(request.path, "has rows without a frame", "Fill the column of frames")
    T, P, J = len(stack.frames), stack.persons, len(stack.names)
    require_room(request, T, P, J)
    joints, score = np.full((T, P, J, 3), np.nan), np.zeros((T, P, J))
    seconds = np.full(T, np.nan)
    last = stack.first + len(stack.places)

    def whole(place: int) -> NDArray[np.float64]:
        """All of a column; one at a time, as a long table is read cell by cell."""
        return np.array([number(row, place) for row in range(stack.first, last)])

    for index, column in enumerate(stack.columns):
        request.progress(0.5 + 0.4 * index / len(stack.columns), f"Reading joint {index}")
        at = tuple(stack.places[:, index].T)
        for axis, letter in enumerate("xyz"):
            joints[(*at, axis)] = whole(column[letter]) if letter in column else 0.0
        score[at] = whole(column["score"]) if "score" in column else 1.0
    if stack.time >= 0:
        seconds[stack.places[:, 0, 0]] = whole(stack.time) * stack.scale
    joints[(score <= 0) & (joints == 0).all(axis=-1)] = np.nan
    flat = "z" not in stack.columns[0]
    recording = Recording(
        joints=joints,
        score=score,
        topology=topology_of(stack.names),
        format="DeepLabCut CSV" if stack.words == "DeepLabCut" else f"joints CSV, {stack.words}",
        stored_shape=(T, P, J, 2 if flat else 3),
        stored_axes="TPJX",
        stored_dtype="text",
        times=seconds if stack.time >= 0 else None,
    )
    persons = "one person" if P == 1 else f"{P} persons"
    recording.decisions.append(f"{stack.words}: {persons} with {J} joints, by their names")
    _place(recording, is_kinect(stack.names), flat)
    recording.warnings += number_gaps(stack.frames) if stack.time < 0 else []
    return recording


# --- meaning ----------------------------------------------------------------------------------


def _recording(request: Request, table: NDArray[Any], columns: Columns, named: bool) -> Recording:
    T, J = len(table), len(columns.points)
    require_room(request, T, 1, J)
    joints, score = np.zeros((T, 1, J, 3)), np.ones((T, 1, J))
    states = False
    for joint, place in enumerate(columns.points):
        for axis, letter in enumerate("xyz"):
            if letter in place:
                joints[:, 0, joint, axis] = table[:, place[letter]]
        if "score" in place:
            score[:, 0, joint] = table[:, place["score"]]
        elif "state" in place:
            states = True
            score[:, 0, joint] = table[:, place["state"]] / 2
    joints[(score <= 0) & (states | (joints == 0).all(axis=-1))] = np.nan
    flat = not any("z" in place for place in columns.points)
    kinect = columns.kinect or is_kinect(columns.topology.names)
    recording = Recording(
        joints=joints,
        score=score,
        topology=columns.topology,
        format="Kinect CSV" if kinect else "landmarks CSV" if not named else "joints CSV",
        stored_shape=(T, J, 2 if flat else 3),
        stored_axes="TJX",
        stored_dtype="text",
    )
    recording.decisions.append(columns.decision)
    _place(recording, kinect, flat)
    if states:
        recording.decisions.append("tracking state 0 is missing, 1 is inferred: score 0.5")
    if columns.topology.names[0] == "moment 0" and J == HISTORY:
        recording.warnings.append(
            "each row holds 16 moments of one point, as MediaPipe's point histories: they are "
            "shown as the points of a frame"
        )
    _time(recording, table, columns)
    return recording


def _place(recording: Recording, kinect: bool, flat: bool) -> None:
    """Unit and up: the Kinect's meters, shares of a picture, or what the figure tells."""
    if kinect:
        recording.unit, recording.up = "m", "y+"
        recording.decisions.append("meters, y up, as the Kinect has it")
        return
    recording.unit, told = landmark_unit(recording.joints)
    if recording.unit == "px" and not flat:
        names = recording.topology.names
        recording.up, recording.unit, found = placed(names, recording.joints, "y-", None)
        recording.decisions += found
        return
    recording.decisions += [told, "y taken as pointing down, as in pictures"]


def _time(recording: Recording, table: NDArray[Any], columns: Columns) -> None:
    """Seconds by the time column; gaps in the numbers of frames are told."""
    if columns.frame >= 0:
        numbers = table[:, columns.frame]
        if np.isfinite(numbers).all():
            recording.warnings += number_gaps(numbers)
    if columns.time >= 0:
        seconds = table[:, columns.time] * columns.scale
        recording.times = seconds
        recording.warnings += timing_sentences(seconds)
