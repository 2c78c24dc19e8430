"""Joint names and bones of the known layouts, read from `resources/topologies`.

A layout is a small JSON file: `title`, `source`, `joints` (names in the format's own order and
spelling) and `bones` (pairs of indices from 0).
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from voxviewer.data import Topology
from voxviewer.files import asset

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OPENPOSE = {25: "body-25", 18: "coco-18", 17: "coco-17"}
COCO = {17: "coco-17", 18: "coco-18"}
LANDMARKS = {33: "mediapipe-33", 21: "hand-21"}


@cache
def known(key: str) -> tuple[str, Topology]:
    """Title and topology of `resources/topologies/<key>.json`."""
    text = asset("resources", "topologies", f"{key}.json").read_text(encoding="utf-8")
    stored = json.loads(text)
    bones = tuple((int(a), int(b)) for a, b in stored["bones"])
    return stored["title"], Topology(tuple(stored["joints"]), bones)


def topology(key: str) -> Topology:
    """Joint names and bones of a known layout.

    Example
    -------
    >>> topology("coco-17").names[0]
    'nose'
    """
    return known(key)[1]


def numbered(count: int, word: str = "joint") -> Topology:
    """A layout that nobody named: "joint 0", "joint 1" ... without bones."""
    return Topology(tuple(f"{word} {index}" for index in range(count)))


def by_count(count: int, keys: dict[int, str]) -> Topology:
    """The layout of this many joints among `keys`, else a numbered one."""
    return topology(keys[count]) if count in keys else numbered(count)


def joined(parts: Sequence[tuple[str, Topology]]) -> Topology:
    """Several layouts one after another; names begin with the part's, where it has one.

    Example
    -------
    >>> joined([("left_hand", topology("hand-21"))]).names[0]
    'left_hand_wrist'
    """
    names: list[str] = []
    bones: list[tuple[int, int]] = []
    for prefix, part in parts:
        start = len(names)
        names += [f"{prefix}_{name}" if prefix else name for name in part.names]
        bones += [(start + first, start + second) for first, second in part.bones]
    return Topology(tuple(names), tuple(bones))


def distinct(names: Iterable[str], word: str = "joint") -> tuple[str, ...]:
    """The names, each one once: empty ones are numbered, repeated ones told apart by "(2)"."""
    taken: dict[str, int] = {}
    result = []
    for index, name in enumerate(names):
        plain = "".join(letter for letter in name if letter.isprintable()).strip()
        plain = plain[:80] or f"{word} {index}"
        taken[plain] = taken.get(plain, 0) + 1
        result.append(plain if taken[plain] == 1 else f"{plain} ({taken[plain]})")
    return tuple(result)
