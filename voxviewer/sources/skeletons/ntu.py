"""NTU RGB+D `.skeleton`: text, one body after another in every frame, matched by their ids.

Grammar (Shahroudy et al. 2016): the number of frames; for each frame the number of bodies; for each
body a line that begins with its id, the number of joints, and a line for each joint: x y z, two
pairs of picture coordinates, an orientation, and the tracking state 0 none, 1 inferred, 2 tracked.
Variants have one field in the body's line, other numbers of joints, and only x y z.

The Kinect also reports bodies that nobody has: those seen for a moment, and furniture, which is
wide rather than tall. They are dropped by the rules of the data set's own clean-up
(microsoft/CTR-GCN, `get_raw_denoised_data.py`), unless `array="all"`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.skeletons.lines import Lines, read_text
from voxviewer.sources.skeletons.recording import (
    Recording,
    even_times,
    listed,
    require_room,
    skeleton,
    zeros_missing,
)
from voxviewer.sources.skeletons.topologies import numbered, topology

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

KINECT_JOINTS = 25
KINECT_RATE = 30.0
FIELDS = 12
COLOR = slice(5, 7)
"""Fields with the joint's pixel in the pictures of the color camera, which has these:"""

COLOR_SIZE = (1920, 1080)
MOMENT = 11
"""A body of so few frames is noise where another is seen more than twice as long."""

WIDE = 0.8
WIDE_FRAMES = 0.69754
"""A body wider than WIDE times its height in more than this share of its frames is furniture."""

MOST_BODIES = 64
MOST_JOINTS = 1000
MOST_FRAMES = 10**12


@dataclass(eq=False)
class Body:
    """One id: in which frames it is, its joints (J, 5) and their states (J,) there.

    A joint is x, y, z and its color pixel, NaN where the line has none.
    """

    name: str
    frames: list[int] = field(default_factory=list)
    joints: list[NDArray[Any]] = field(default_factory=list)
    states: list[NDArray[Any]] = field(default_factory=list)


def is_ntu(start: bytes) -> bool:
    """True for text that begins as the grammar says."""
    if b"\0" in start:
        return False
    lines = [line.split() for line in start.split(b"\n") if line.strip()]
    counts = [len(words) == 1 and words[0].isdigit() for words in lines[:2]]
    if len(lines) < 3 or not all(counts) or not counts:
        return False
    place = 1
    while place < len(lines) - 1 and lines[place] == [b"0"]:
        place += 1  # frames in which nobody is
    if place + 3 >= len(lines):
        return all(words == [b"0"] for words in lines[1:-1])
    joint = lines[place + 3]
    one = len(lines[place + 2]) == 1 and lines[place + 2][0].isdigit()
    numbers = all(re.fullmatch(rb"[-+.\deEnaNifIF]+", word) for word in joint[:3])
    return len(lines[place]) == 1 and one and len(joint) >= 3 and numbers


def read_ntu(request: Request) -> Skeleton:
    """Open a `.skeleton` file; reader of the table `READERS`."""
    asked = request.opening.array
    if asked not in (None, "all"):
        raise SourceError(
            request.path, f"has no bodies {asked!r}", "Leave out array, or 'all' keeps ghosts too"
        )
    frames, bodies, fields, more = _bodies(request)
    if not bodies:
        raise SourceError(request.path, f"has nobody in {frames} frames", "Record it again")
    dropped = [] if asked == "all" else ghosts(bodies)
    kept = [body for body in bodies if body not in dropped]
    joints, pixels, score = _arrays(request, frames, kept)
    zeros = zeros_missing(joints)
    J = joints.shape[2]
    kinect = J == KINECT_JOINTS
    recording = Recording(
        joints=joints,
        score=score,
        topology=topology("ntu-25") if kinect else numbered(J),
        format=f"NTU RGB+D skeleton, {fields} fields a joint",
        stored_shape=(frames, len(bodies), J, fields),
        stored_axes="TPJX",
        stored_dtype="text",
        unit="m",
        up="y+",
        times=even_times(frames, KINECT_RATE) if kinect else None,
        film_places=(pixels + 0.5) / COLOR_SIZE,
    )
    recording.decisions += _decisions(kept, dropped, kinect, fields)
    recording.warnings += _warnings(kept, dropped, zeros)
    if more:
        recording.warnings.append(f"{more}, after the last of {frames} frames, is left out")
    return skeleton(recording, request)


# --- text -------------------------------------------------------------------------------------


def _bodies(request: Request) -> tuple[int, list[Body], int, str]:
    """Frames, bodies by id as they appear, the most fields of a joint, and what comes after."""
    lines = Lines(request, read_text(request))
    frames = lines.whole("the number of frames", MOST_FRAMES)
    found: dict[str, Body] = {}
    most = 0
    for frame in range(frames):
        if frame % 64 == 0:
            request.progress(lines.share, f"Reading frame {frame}")
        count = lines.whole(f"the number of bodies in frame {frame} of {frames}", MOST_BODIES)
        here: set[str] = set()
        for _ in range(count):
            name = _name(lines.words(f"the id of a body in frame {frame}")[0], here)
            joints, states, fields = _joints(lines, frame)
            body = found.setdefault(name, Body(name))
            body.frames.append(frame)
            body.joints.append(joints)
            body.states.append(states)
            most = max(most, fields)
    more = "" if lines.next_line() is None else f"what follows from line {lines.number} on"
    return frames, list(found.values()), most, more


def _name(words: str, here: set[str]) -> str:
    """The id, told apart where a frame has it twice."""
    name = words[:40]
    while name in here:
        name += "+"
    here.add(name)
    return name


def _joints(lines: Lines, frame: int) -> tuple[NDArray[Any], NDArray[Any], int]:
    """(J, 5) positions and pixels, (J,) scores from tracking states, and the fields of a line."""
    count = lines.whole(f"the number of joints in frame {frame}", MOST_JOINTS)
    joints, states = np.full((count, 5), np.nan), np.ones(count)
    fields = 0
    for joint in range(count):
        words = lines.words(f"joint {joint} of frame {frame}")
        if len(words) < 3:
            lines.refuse(f"has {len(words)} numbers for a joint of frame {frame}, three are needed")
        joints[joint, :3] = lines.numbers(words[:3], f"x y z of joint {joint}, frame {frame},")
        if len(words) >= FIELDS:
            joints[joint, 3:] = lines.numbers(words[COLOR], f"the color pixel of joint {joint}")
            (state,) = lines.numbers(words[FIELDS - 1 : FIELDS], "a tracking state")
            states[joint] = state / 2
        fields = max(fields, len(words))
    joints[states <= 0] = np.nan
    return joints, states, fields


# --- bodies -----------------------------------------------------------------------------------


def ghosts(bodies: list[Body]) -> list[Body]:
    """The bodies that nobody has; never all of them."""
    if len(bodies) < 2:
        return []
    longest = max(len(body.frames) for body in bodies)
    moments = [
        body for body in bodies if len(body.frames) <= MOMENT and 2 * len(body.frames) < longest
    ]
    rest = [body for body in bodies if body not in moments]
    wide = [body for body in rest if _is_wide(body)]
    return moments + (wide if len(wide) < len(rest) else [])


def _is_wide(body: Body) -> bool:
    """True for what is wide rather than tall most of the time; hands may be."""
    if len(body.joints[0]) != KINECT_JOINTS:
        return False
    wide = 0
    for joints in body.joints:
        seen = joints[np.isfinite(joints[:, :3]).all(axis=-1)]
        if len(seen):
            width, height = np.ptp(seen[:, 0]), np.ptp(seen[:, 1])
            wide += bool(width > WIDE * height)
    return wide > WIDE_FRAMES * len(body.joints)


def _arrays(
    request: Request, frames: int, bodies: list[Body]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(T, P, J, 3) positions, (T, P, J, 2) color pixels and (T, P, J) scores.

    Bodies with fewer joints than others are filled with NaN; so are pixels at (0, 0), which is what
    programs write that have no camera.
    """
    J = max(len(joints) for body in bodies for joints in body.joints)
    require_room(request, frames, len(bodies), J)
    joints = np.full((frames, len(bodies), J, 5), np.nan)
    score = np.zeros((frames, len(bodies), J))
    for person, body in enumerate(bodies):
        for frame, points, states in zip(body.frames, body.joints, body.states, strict=True):
            joints[frame, person, : len(points)] = points
            score[frame, person, : len(points)] = states
    places, pixels = joints[..., :3], joints[..., 3:]
    pixels[(pixels == 0).all(axis=-1)] = np.nan
    return places, pixels, score


# --- sentences --------------------------------------------------------------------------------


def _decisions(kept: list[Body], dropped: list[Body], kinect: bool, fields: int) -> list[str]:
    told = ["meters, y up, as the format has it"]
    told.append(f"persons matched by body id: {len(kept)}")
    if kinect:
        told.append("30 frames per second, the Kinect v2's rate")
    if fields >= FIELDS:
        told.append("joints of tracking state 0 are missing, inferred ones have score 0.5")
    if dropped:
        names = [f"{body.name} ({len(body.frames)} frames)" for body in dropped]
        told.append(f"ghost bodies dropped: {listed(names)}; array 'all' keeps them")
    return told


def _warnings(kept: list[Body], dropped: list[Body], zeros: int) -> list[str]:
    told = []
    if dropped:
        told.append(f"{len(dropped)} of {len(kept) + len(dropped)} bodies were dropped as ghosts")
    if zeros:
        told.append(f"{zeros} joints at exactly (0, 0, 0) count as missing")
    counts = sorted({len(joints) for body in kept for joints in body.joints})
    if len(counts) > 1:
        told.append(f"bodies have {counts[0]} to {counts[-1]} joints: the shorter filled with NaN")
    return told
