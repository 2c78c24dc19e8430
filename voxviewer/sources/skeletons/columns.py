"""What the columns of a table of joints mean: by their names, or by their number.

Names seen: "x0, y0, z0, v0", "left_0_x", "nose.x", "SpineBase X", "x_nose"; the letter stands at
the end or at the beginning. Without names the number of columns tells (a label or a time may stand
first). These are pure functions of the header or of the numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Topology
from voxviewer.sources.skeletons.topologies import (
    LANDMARKS,
    by_count,
    distinct,
    joined,
    numbered,
    topology,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LETTERS = {
    "x": "x", "y": "y", "z": "z",
    "visibility": "score", "vis": "score", "v": "score", "presence": "score", "p": "score",
    "confidence": "score", "conf": "score", "score": "score", "c": "score", "likelihood": "score",
    "state": "state", "trackingstate": "state", "tracking_state": "state", "tracked": "state",
}  # fmt: skip
_WORDS = "|".join(sorted(LETTERS, key=len, reverse=True))
LAST = re.compile(rf"^(?P<name>.*?)[ _.:\-]*(?P<letter>{_WORDS})$", re.IGNORECASE)
FIRST = re.compile(rf"^(?P<letter>{_WORDS})[ _.:\-]*(?P<name>.+)$", re.IGNORECASE)
FRAME = ("frame", "frame_index", "frame_number", "frame_id", "frameindex", "image_id")
TIME = {
    "timestamp_ms": 1e-3, "time_ms": 1e-3, "timestamp_us": 1e-6, "time_us": 1e-6,
    "time": 1.0, "time_s": 1.0, "timestamp_s": 1.0, "seconds": 1.0, "t": 1.0,
}  # fmt: skip

KINECT_TICK = 1e-7
HISTORY = 16
COUNTS = (33, 21, 42, 75, 543, 468, 478, 17, 18, 25, 20)
"""Numbers of joints that a table without names may have, the likeliest first."""

SIDES = {"left": "left_hand", "right": "right_hand", "l": "left_hand", "r": "right_hand"}
KNOWN = ("kinect-25", "ntu-25", "mediapipe-33", "coco-17", "body-25", "coco-18", "hand-21")


@dataclass
class Columns:
    """Which column holds what; -1 where there is none.

    `points` : for each joint the columns of x, y, z, score, state; `scale` : seconds of a unit of
    the time column
    """

    topology: Topology
    points: list[dict[str, int]] = field(default_factory=list)
    frame: int = -1
    time: int = -1
    scale: float = 1.0
    decision: str = ""
    kinect: bool = False


def by_names(header: Sequence[str]) -> Columns | None:
    """The meaning of named columns; None where no point has both x and y."""
    clean = [name.strip() for name in header]
    schemes = [_points(clean, pattern) for pattern in (LAST, FIRST)]
    points = max(schemes, key=len)
    if not points:
        return None
    columns = Columns(topology_of(list(points)), list(points.values()))
    for place, name in enumerate(clean):
        key = name.lower().replace(" ", "_")
        if key in FRAME and columns.frame < 0:
            columns.frame = place
        elif key in TIME and columns.time < 0:
            columns.time, columns.scale = place, TIME[key]
    columns.decision = f"{len(points)} joints by the names of their columns"
    return columns


def _points(header: Sequence[str], pattern: re.Pattern[str]) -> dict[str, dict[str, int]]:
    """Joint name -> columns of its letters, for joints with x and y."""
    found: dict[str, dict[str, int]] = {}
    for place, name in enumerate(header):
        match = pattern.match(name[:200])
        if match and match["name"] and name.lower() not in FRAME:
            joint = found.setdefault(match["name"].strip(" _.:-"), {})
            joint.setdefault(LETTERS[match["letter"].lower()], place)
    return {name: joint for name, joint in found.items() if {"x", "y"} <= set(joint)}


def topology_of(names: list[str]) -> Topology:
    """The layout of these joint names: numbers become the names of the known layouts."""
    groups: dict[str, list[int]] = {}
    for name in names:
        match = re.fullmatch(r"(.*?)[ _.\-]*(\d{1,6})", name)
        if match is None:
            return Topology(distinct(names), _known_bones(names))
        groups.setdefault(match[1], []).append(int(match[2]))
    order = [re.fullmatch(r"(.*?)[ _.\-]*(\d{1,6})", name) for name in names]
    flat = [(prefix, number) for prefix, numbers in groups.items() for number in numbers]
    if flat != [(match[1], int(match[2])) for match in order if match]:
        return Topology(distinct(names))
    if any(numbers != list(range(numbers[0], numbers[0] + len(numbers))) or numbers[0] > 1
           for numbers in groups.values()):  # fmt: skip
        return Topology(distinct(names))
    if not any(len(numbers) in LANDMARKS for numbers in groups.values()):
        return Topology(distinct(names))
    return joined([(_side(prefix, groups), by_count(len(numbers), LANDMARKS))
                   for prefix, numbers in groups.items()])  # fmt: skip


def _side(prefix: str, groups: dict[str, list[int]]) -> str:
    """What the names of a group begin with; nothing where there is only one."""
    if len(groups) == 1:
        return ""
    hand = len(groups[prefix]) == 21
    return SIDES.get(prefix.lower(), prefix) if hand else prefix


def _known_bones(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The bones of the known layout that has the same names, in whatever order."""
    plain = [_plain(name) for name in names]
    for key in KNOWN:
        layout = topology(key)
        known = [_plain(name) for name in layout.names]
        if set(known) <= set(plain):
            place = {name: plain.index(name) for name in known}
            return tuple((place[known[a]], place[known[b]]) for a, b in layout.bones)
    return ()


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_kinect(names: Sequence[str]) -> bool:
    """True for the joints of the Kinect v2, whatever their order."""
    plain = {_plain(name) for name in names}
    return any(plain >= {_plain(name) for name in topology(key).names}
               for key in ("kinect-25", "ntu-25"))  # fmt: skip


def by_number(table: NDArray[Any]) -> Columns | None:
    """The meaning of columns without names, by their number and what they hold.

    Parameters
    ----------
    table : (rows, columns) float64, NaN where a cell is empty or no number
    """
    width = table.shape[1]
    if width == 1 + 4 * 25 and _is_state(table[:, 4::4]):
        letters = ("x", "y", "z", "state")
        points = [
            {letter: 1 + 4 * joint + place for place, letter in enumerate(letters)}
            for joint in range(25)
        ]
        told = "Kinect v2: ticks of 100 ns, then x, y, z and tracking state of 25 joints"
        return Columns(
            topology("kinect-25"), points, time=0, scale=KINECT_TICK, decision=told, kinect=True
        )
    for lead in (0, 1):
        for count in COUNTS:
            each, rest = divmod(width - lead, count)
            if not rest and each in (2, 3, 4) and (each == 2 or count != 20):
                return _plain_columns(count, each, lead)
    if width == 1 + 2 * HISTORY:
        columns = _plain_columns(HISTORY, 2, 1)
        columns.topology = numbered(HISTORY, "moment")
        columns.decision = f"a label, then x and y of {HISTORY} moments of one point"
        return columns
    return None


def _is_state(values: NDArray[Any]) -> bool:
    return bool(np.isin(values, (0, 1, 2)).all())


def _plain_columns(count: int, each: int, lead: int) -> Columns:
    letters = ("x", "y", "z", "score")[:each]
    points = [
        {letter: lead + each * joint + place for place, letter in enumerate(letters)}
        for joint in range(count)
    ]
    hands = {42: ("left_hand", "right_hand")}.get(count)
    if hands:
        layout = joined([(side, topology("hand-21")) for side in hands])
    elif count == 75:
        layout = joined([("pose", topology("mediapipe-33")), ("left_hand", topology("hand-21")),
                         ("right_hand", topology("hand-21"))])  # fmt: skip
    else:
        layout = by_count(count, LANDMARKS)
    first = "a label first, then " if lead else ""
    told = f"columns taken as {first}{', '.join(letters)} of {count} joints, by their number"
    return Columns(layout, points, decision=told)
