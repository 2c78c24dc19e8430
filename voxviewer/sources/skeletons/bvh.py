"""Biovision's BVH: a tree of joints, then a row of channels for every frame.

Names may hold blanks and colons, braces stand where they like, line ends are anyone's. The tree is
read with a stack, because some are thousands of joints deep.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from voxviewer.data import Topology
from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.skeletons.anatomy import placed
from voxviewer.sources.skeletons.kinematics import Node, positions
from voxviewer.sources.skeletons.lines import Lines, read_text, shown, within
from voxviewer.sources.skeletons.recording import (
    Recording,
    even_times,
    require_room,
    skeleton,
)
from voxviewer.sources.skeletons.topologies import distinct

if TYPE_CHECKING:
    from voxviewer.data import Float64, Skeleton
    from voxviewer.sources.boundary import Request

MOST_NODES = 20_000
LONGEST_NAME = 200
END = "_End"
"""Added to the parent's name, as other readers of BVH name end sites."""


def is_bvh(start: bytes) -> bool:
    """True for text that begins with the word HIERARCHY."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].upper() == b"HIERARCHY"


def read_bvh(request: Request) -> Skeleton:
    """Open a BVH file; reader of the table `READERS`."""
    lines = Lines(request, read_text(request))
    tree = _Tree(lines)
    tree.read()
    claimed, step = _motion(lines)
    rows = _rows(lines, tree.channels)
    nodes = tree.nodes
    # Twice: the rotations of open branches are held beside the places.
    require_room(request, len(rows), 2, len(nodes))
    places = positions(nodes, rows, within(request.progress, 0.5, 1))[:, None]
    names = distinct(node.name for node in nodes)
    ends = sum(not node.channels and node.name.endswith(END) for node in nodes)
    recording = Recording(
        joints=places,
        topology=Topology(
            names, tuple((node.parent, i) for i, node in enumerate(nodes) if node.parent >= 0)
        ),
        format="BVH",
        stored_shape=(len(rows), len(nodes), 3),
        stored_axes="TJX",
        stored_dtype="text",
        times=even_times(len(rows), 1 / step if step > 0 else None),
    )
    recording.up, recording.unit, told = placed(names, places, "y+", None)
    recording.decisions += [
        f"{len(nodes) - ends} joints and {ends} end sites placed by forward kinematics, "
        f"{tree.channels} channels",
        *told,
    ]
    recording.warnings += _warnings(claimed, step, rows)
    return skeleton(recording, request)


def _warnings(claimed: int, step: float, rows: Float64) -> list[str]:
    told = []
    if claimed != len(rows):
        told.append(f"the header says {claimed} frames, the file has {len(rows)}: these are taken")
    if not step > 0:
        told.append("frame time is 0: the rate is not known")
    if not np.isfinite(rows).all():
        told.append("channels without a number leave their joint and those below it missing")
    return told


# --- the tree ---------------------------------------------------------------------------------


@dataclass
class _Tree:
    """The hierarchy as it is read: nodes, those that are still open, and channels so far."""

    lines: Lines
    nodes: list[Node] = field(default_factory=list)
    channels: int = 0
    _open: list[int] = field(default_factory=list)
    _named: int | None = None
    _words: deque[str] = field(default_factory=deque)

    def read(self) -> None:
        """Read up to the word MOTION."""
        while True:
            line = self.lines.next_line()
            if line is None:
                self._refuse_end()
            self._words = deque(line.replace("{", " { ").replace("}", " } ").split())
            while self._words:
                word = self._words.popleft()
                if word.upper() == "MOTION":
                    self._finish()
                    return
                self._take(word)

    def _take(self, word: str) -> None:
        """Take one word and what belongs to it."""
        match word.upper():
            case "HIERARCHY" if not self.nodes:
                pass
            case "ROOT" | "JOINT" | "END":
                self._node(word.upper())
            case "{":
                if self._named is None:
                    self.lines.refuse("opens a brace that belongs to no joint")
                self._open.append(self._named)
                self._named = None
            case "}":
                if not self._open:
                    self.lines.refuse("closes a brace that was never opened")
                self._open.pop()
            case "OFFSET":
                x, y, z = self.lines.numbers(self._next(3), "an offset")
                self._current().offset = (x, y, z)
            case "CHANNELS":
                self._channels()
            case _:
                self.lines.refuse(f"has {shown([word])}, which is no word of a hierarchy")

    def _node(self, kind: str) -> None:
        """A joint or an end site; its name runs up to the brace or to the end of the line."""
        name = []
        while self._words and self._words[0] != "{":
            name.append(self._words.popleft())
        if len(self.nodes) >= MOST_NODES:
            self.lines.refuse(f"is joint {MOST_NODES + 1}, more than can be shown")
        if kind == "ROOT" and self._open:
            self.lines.refuse("begins a root inside of a joint")
        if kind != "ROOT" and not self._open:
            self.lines.refuse("begins a joint outside of any root")
        parent = self._open[-1] if self._open else -1
        text = self.nodes[parent].name + END if kind == "END" else " ".join(name)
        self._named = len(self.nodes)
        self.nodes.append(Node(text[:LONGEST_NAME], parent))

    def _channels(self) -> None:
        """The channels of the current joint, in the order that rows have them."""
        (count,) = self._next(1)
        if not count.isdecimal() or len(count) > 3:
            self.lines.refuse(f"has {shown([count])} where the number of channels should be")
        node = self._current()
        if node.channels:
            self.lines.refuse(f"gives {shown([node.name])} channels again")
        node.first = self.channels
        node.channels = tuple(self._channel(word) for word in self._next(int(count)))
        self.channels += int(count)

    def _channel(self, word: str) -> tuple[str, int]:
        lower = word.lower()
        if lower[:1] in ("x", "y", "z") and lower[1:] in ("position", "rotation"):
            return lower[1:], "xyz".index(lower[0])
        return self.lines.refuse(f"names the channel {shown([word])}, which is not known")

    def _next(self, count: int) -> list[str]:
        """The next words of this line, as many as must be there."""
        if len(self._words) < count:
            self.lines.refuse(f"has {len(self._words)} words where {count} should be")
        return [self._words.popleft() for _ in range(count)]

    def _current(self) -> Node:
        if not self._open:
            self.lines.refuse("belongs to no joint")
        return self.nodes[self._open[-1]]

    def _finish(self) -> None:
        if self._open:
            self.lines.refuse(f"begins MOTION with {len(self._open)} braces still open")
        if not self.nodes or not self.channels:
            raise SourceError(self.lines.request.path, "has no joint that moves", DAMAGED)

    def _refuse_end(self) -> NoReturn:
        raise SourceError(
            self.lines.request.path,
            f"ends at line {self.lines.number} without MOTION, {len(self._open)} braces open",
            DAMAGED,
        )


# --- the motion -------------------------------------------------------------------------------


def _motion(lines: Lines) -> tuple[int, float]:
    """(frames as claimed, seconds of a frame; 0 where they cannot be)."""
    text = " ".join(lines.words("Frames:"))
    label, _, count = text.partition(":")
    if label.strip().lower() != "frames" or not count.strip().isdecimal() or len(count) > 18:
        lines.refuse(f"has {shown([text])} where 'Frames: n' should be")
    text = " ".join(lines.words("Frame Time:"))
    label, _, seconds = text.partition(":")
    if label.strip().lower() != "frame time":
        lines.refuse(f"has {shown([text])} where 'Frame Time: seconds' should be")
    (step,) = lines.numbers([seconds.strip()], "the frame time")
    return int(count), step if 1e-6 <= step <= 1e6 else 0.0


def _rows(lines: Lines, channels: int) -> Float64:
    """(T, channels) of the rows that there are, whatever the header says."""
    rows: list[Float64] = []
    for words in lines:
        if len(words) != channels:
            lines.refuse(
                f"has {len(words)} numbers, frame {len(rows)} needs {channels}, one a channel"
            )
        found = lines.numbers(words, f"the channels of frame {len(rows)}")
        rows.append(np.array(found, np.float64))
        if len(rows) % 128 == 0:
            lines.request.progress(lines.share / 2, f"Reading frame {len(rows)}")
    if not rows:
        raise SourceError(lines.request.path, "has no frame after its header", "Copy it again")
    table: Float64 = np.stack(rows)
    table[np.isinf(table)] = np.nan
    return table
