"""Tables that are not one row a frame: one row a joint, one row a person, DeepLabCut's headers.

    frame,joint,x,y,z          a row for each joint, joints by name or number, in any order
    track,frame_idx,nose.x ... a row for each person of a frame, as SLEAP writes it
    scorer / individuals / bodyparts / coords     DeepLabCut: names in the first rows

Each becomes places (T, P, J): frames by their numbers, persons and joints as they first appear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.sources.skeletons.columns import FRAME, LETTERS, TIME, by_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

JOINT = (
    "joint", "joint_name", "joint_id", "joint_index", "keypoint", "keypoint_name", "keypoint_id",
    "bodypart", "body_part", "landmark", "landmark_id", "landmark_index", "marker", "node", "point",
)  # fmt: skip
PERSON = (
    "person", "person_id", "track", "track_id", "individual", "individuals", "instance",
    "instance_id", "body", "body_id", "subject", "animal", "identity",
)  # fmt: skip
FRAMES = (*FRAME, "frame_idx", "frame_num", "image", "img")
HEADS = ("scorer", "individuals", "bodyparts", "coords")
"""First cells of the rows that DeepLabCut begins with; `individuals` only for several."""


@dataclass
class Stack:
    """What a table holds.

    Attributes
    ----------
    frames : (T,) number of each frame, rising
    names : of the joints
    persons : how many there are
    places : (rows, joints of a row, 3) index of frame, person and joint of each value
    columns : for each joint of a row the columns of its x, y, z, score
    first : the first row of values
    time, scale : column of time and the seconds of its unit; -1 where there is none
    """

    frames: NDArray[np.float64]
    names: list[str]
    persons: int
    places: NDArray[np.int64]
    columns: list[dict[str, int]]
    first: int
    words: str
    time: int = -1
    scale: float = 1.0


def is_stacked(rows: Sequence[Sequence[str]]) -> bool:
    """True for the first rows of such a table."""
    return bool(rows) and (_is_deeplabcut(rows) or _keys(rows[0]) is not None)


def stacked(rows: list[list[str]], number: Callable[[int, int], float]) -> Stack:
    """Find out what the rows of a table are for which `is_stacked` holds.

    Parameters
    ----------
    rows : all cells
    number : the number in (row, column), NaN where it is empty; raises where it is none
    """
    if _is_deeplabcut(rows):
        return _deeplabcut(rows, number)
    keys = _keys(rows[0]) or {}
    return _long(rows, keys, number) if "joint" in keys else _wide(rows, keys, number)


# --- recognizing ------------------------------------------------------------------------------


def _is_deeplabcut(rows: Sequence[Sequence[str]]) -> bool:
    heads = [row[0].strip().lower() for row in rows[:4]]
    return len(heads) >= 3 and heads[0] == "scorer" and "bodyparts" in heads and "coords" in heads


def _keys(header: Sequence[str]) -> dict[str, int] | None:
    """Column of each role (frame, joint, person, x, y ...); None for one row a frame."""
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = re.sub(r"[\s\-]+", "_", cell.strip().lower())
        for role, known in (("frame", FRAMES), ("joint", JOINT), ("person", PERSON)):
            if name in known:
                found.setdefault(role, place)
        if name in LETTERS:
            found.setdefault(LETTERS[name], place)
        if name in TIME:
            found.setdefault("time", place)
    if {"joint", "x", "y"} <= set(found) and ("frame" in found or "time" in found):
        return found
    if {"person", "frame"} <= set(found) and "joint" not in found:
        columns = by_names(list(header))
        return found if columns is not None and columns.points else None
    return None


# --- one row a joint, one row a person ---------------------------------------------------------


def _order(words: list[str]) -> dict[str, int]:
    """The place of each word: as numbers where all are, else as they first appear."""
    distinct = list(dict.fromkeys(words))
    if all(re.fullmatch(r"\d{1,9}", word) for word in distinct):
        distinct.sort(key=int)
    return {word: place for place, word in enumerate(distinct)}


def _clock(
    rows: list[list[str]], keys: dict[str, int], number: Callable[[int, int], float]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The numbers of the frames, rising, and which of them each row belongs to."""
    column = keys.get("frame", keys.get("time", 0))
    stamps = np.array([number(row, column) for row in range(1, len(rows))])
    frames, places = np.unique(stamps, return_inverse=True)
    return frames, places.astype(np.int64)


def _persons(rows: list[list[str]], keys: dict[str, int]) -> tuple[int, NDArray[np.int64]]:
    if "person" not in keys:
        return 1, np.zeros(len(rows) - 1, np.int64)
    words = [row[keys["person"]].strip() for row in rows[1:]]
    order = _order(words)
    return len(order), np.array([order[word] for word in words], np.int64)


def _long(
    rows: list[list[str]], keys: dict[str, int], number: Callable[[int, int], float]
) -> Stack:
    frames, at = _clock(rows, keys, number)
    persons, who = _persons(rows, keys)
    words = [row[keys["joint"]].strip() for row in rows[1:]]
    order = _order(words)
    joints = np.array([order[word] for word in words], np.int64)
    letters: dict[str, int] = {
        letter: keys[letter] for letter in ("x", "y", "z", "score") if letter in keys
    }
    return Stack(
        frames, list(order), persons, np.stack([at, who, joints], axis=-1)[:, None], [letters], 1,
        "one row a joint", *_time(rows[0], keys),
    )  # fmt: skip


def _wide(
    rows: list[list[str]], keys: dict[str, int], number: Callable[[int, int], float]
) -> Stack:
    columns = by_names(rows[0])
    assert columns is not None  # `_keys` has looked
    frames, at = _clock(rows, keys, number)
    persons, who = _persons(rows, keys)
    J = len(columns.points)
    places = np.empty((len(rows) - 1, J, 3), np.int64)
    places[..., 0], places[..., 1], places[..., 2] = at[:, None], who[:, None], np.arange(J)
    return Stack(
        frames, list(columns.topology.names), persons, places, columns.points, 1,
        "one row a person", *_time(rows[0], keys),
    )  # fmt: skip


def _time(header: Sequence[str], keys: dict[str, int]) -> tuple[int, float]:
    """The column of time, -1 where there is none, and the seconds of its unit."""
    if "time" not in keys:
        return -1, 1.0
    name = re.sub(r"[\s\-]+", "_", header[keys["time"]].strip().lower())
    return keys["time"], TIME[name]


# --- DeepLabCut --------------------------------------------------------------------------------


def _deeplabcut(rows: list[list[str]], number: Callable[[int, int], float]) -> Stack:
    """Names of person, joint and coordinate stand over each column."""
    heads = {row[0].strip().lower(): row for row in rows[:4] if row[0].strip().lower() in HEADS}
    first = len(heads)
    parts, letters = heads["bodyparts"], heads["coords"]
    people = heads.get("individuals", [""] * len(parts))
    persons = _order([name.strip() for name in people[1:]])
    joints = _order([name.strip() for name in parts[1:]])
    found: dict[tuple[int, int], dict[str, int]] = {}
    for place in range(1, len(parts)):
        letter = LETTERS.get(letters[place].strip().lower())
        key = (persons[people[place].strip()], joints[parts[place].strip()])
        if letter is not None:
            found.setdefault(key, {}).setdefault(letter, place)
    kept = {key: item for key, item in found.items() if {"x", "y"} <= set(item)}
    frames = np.arange(len(rows) - first, dtype=np.float64)
    stamps = np.array([_stamp(row[0]) for row in rows[first:]])
    if np.isfinite(stamps).all() and (np.diff(stamps) > 0).all():
        frames = stamps
    places = np.empty((len(frames), len(kept), 3), np.int64)
    places[..., 0] = np.arange(len(frames))[:, None]
    for index, (person, joint) in enumerate(kept):
        places[:, index, 1:] = person, joint
    return Stack(
        frames, list(joints), len(persons), places, list(kept.values()), first, "DeepLabCut"
    )


def _stamp(cell: str) -> float:
    """A frame's number, or that in the name of its picture: "img0012.png"."""
    found = re.findall(r"\d{1,12}", cell)
    return float(found[-1]) if found else np.nan
