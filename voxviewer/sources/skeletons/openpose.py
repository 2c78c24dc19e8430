"""OpenPose's JSON: a file for each frame, `people` with flat lists x, y, confidence.

A joint of confidence 0, or at (0, 0), was not found. The order of people changes from frame to
frame and `person_id` is mostly -1: persons are followed by where they are (`tracking`). The body is
shown; `array` picks "pose", "hand_left", "hand_right", "face", or "all" of them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.skeletons.anatomy import placed
from voxviewer.sources.skeletons.lines import within
from voxviewer.sources.skeletons.recording import (
    ALL_PARTS,
    Recording,
    parts_to_choose,
    require_room,
    skeleton,
)
from voxviewer.sources.skeletons.strict_json import read_json
from voxviewer.sources.skeletons.topologies import OPENPOSE, by_count, joined
from voxviewer.sources.skeletons.tracking import MOST_PERSONS, followed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from voxviewer.data import Skeleton, Topology
    from voxviewer.sources.boundary import Request

PARTS = ("pose", "hand_left", "hand_right", "face")
LAYOUTS = {
    "pose": OPENPOSE,
    "hand_left": {21: "openpose-hand-21"},
    "hand_right": {21: "openpose-hand-21"},
    "face": {70: "openpose-face-70"},
}
ALL = ALL_PARTS

Person = dict[str, "NDArray[Any]"]
"""Part -> (J, 4) x, y, z, confidence; NaN = not found."""


@dataclass(frozen=True)
class Frame:
    """What a file holds; `name` is said in errors."""

    name: str
    people: list[Person]
    flat: bool


def is_openpose(data: Any) -> bool:
    """True for an object with the list `people`."""
    return isinstance(data, dict) and isinstance(data.get("people"), list)


def read_single(request: Request, data: Any) -> Skeleton:
    """One frame on its own."""
    frame = frame_of(data, request.path, 0)
    recording = recording_of(request, [frame], "OpenPose JSON, one frame")
    recording.warnings.append("one frame: open its folder to see the whole recording")
    return skeleton(recording, request)


def read_frame(request: Request, path: Path, index: int) -> Frame:
    """One frame of a folder."""
    data = read_json(request, path)
    if not is_openpose(data):
        raise SourceError(path, f"is frame {index} but has no list of people", DAMAGED)
    return frame_of(data, path, index)


def frame_of(data: Any, path: Path, index: int) -> Frame:
    """The people of a parsed file."""
    people, flat = [], True
    if len(data["people"]) > MOST_PERSONS:
        raise SourceError(path, f"has {len(data['people'])} people in one frame", DAMAGED)
    for entry in data["people"]:
        if not isinstance(entry, dict):
            raise SourceError(path, f"has no person where one should be, frame {index}", DAMAGED)
        person = {}
        for part in PARTS:
            joints, is_flat = _part(entry, part, path, index)
            flat &= is_flat
            if joints is not None:
                person[part] = joints
        if person:
            people.append(person)
    return Frame(path.name, people, flat)


def _part(
    entry: dict[str, Any], part: str, path: Path, index: int
) -> tuple[NDArray[Any] | None, bool]:
    """(J, 4) of one part of one person, None where the lists are empty; False for 3D."""
    flat = entry.get(f"{part}_keypoints_2d") or entry.get(f"{part}_keypoints")
    if flat:
        return _points(flat, 3, f"{part}_keypoints", path, index), True
    solid = entry.get(f"{part}_keypoints_3d")
    if solid:
        return _points(solid, 4, f"{part}_keypoints_3d", path, index), False
    return None, True


def _points(values: Any, width: int, key: str, path: Path, index: int) -> NDArray[Any]:
    """(J, 4) x, y, z, confidence; NaN for joints that were not found."""
    try:
        numbers = np.asarray(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers = np.empty((0, 0))
    if numbers.ndim != 1 or numbers.size % width:
        raise SourceError(
            path, f"has in frame {index} a list {key} that is not {width} numbers a joint", DAMAGED
        )
    table = numbers.reshape(-1, width)
    joints = np.zeros((len(table), 4))
    joints[:, : width - 1], joints[:, 3] = table[:, :-1], table[:, -1]
    missing = ~(joints[:, 3] > 0) | (joints[:, :3] == 0).all(axis=1)
    joints[missing, :3], joints[missing, 3] = np.nan, 0
    return joints


# --- frames -----------------------------------------------------------------------------------


def recording_of(request: Request, frames: list[Frame], format: str) -> Recording:
    """All frames as one recording: the parts asked for, persons followed."""
    counts = _counts(request, frames)
    parts = _asked(request, counts)
    sizes = [counts[part] for part in parts]
    people = [
        np.array([_together(person, parts, sizes) for person in frame.people]).reshape(
            len(frame.people), sum(sizes), 4
        )
        for frame in frames
    ]
    tracks = followed([each[..., :3] for each in people], within(request.progress, 0.9, 1))
    persons = max((track for each in tracks for track in each), default=-1) + 1
    if not persons:
        raise SourceError(request.path, f"has nobody in {len(frames)} frames", "Record it again")
    table = arranged(request, people, tracks, persons)
    flat = all(frame.flat for frame in frames)
    joints = table[..., :2] if flat else table[..., :3]
    recording = Recording(
        joints=joints,
        score=table[..., 3],
        topology=_topology(parts, sizes),
        format=format,
        stored_shape=(len(frames), persons, sum(sizes), 3 if flat else 4),
        stored_axes="TPJX",
        stored_dtype="text",
    )
    asked = request.opening.array
    if asked is None or not asked.endswith(".json"):
        recording.alternatives = parts_to_choose(request, counts, _usual(counts), parts)
    recording.unit, told = image_unit(joints)
    if not flat and recording.unit == "px":  # triangulated: of any unit
        names = recording.topology.names
        recording.up, recording.unit, found = placed(names, joints, "y-", None)
        told = "; ".join(found)
    empty = sum(not each.size for each in people)
    recording.decisions += [
        f"persons found: {persons}, followed by their nearest mean joint distance",
        told,
        "y points down, as in pictures" if flat else "3D keypoints",
        "joints of confidence 0 are missing",
    ]
    if empty:
        recording.decisions.append(f"frames in which nobody is: {empty}")
    if others := [f"{part} ({counts[part]})" for part in counts if part not in parts]:
        recording.warnings.append(
            f"{' and '.join(parts)} shown; also in the file: {', '.join(others)}; "
            "array 'all' shows all"
        )
    return recording


def _counts(request: Request, frames: list[Frame]) -> dict[str, int]:
    """The joints of each part that is there, the same in all frames."""
    counts: dict[str, int] = {}
    for index, frame in enumerate(frames):
        for person in frame.people:
            for part, joints in person.items():
                if counts.setdefault(part, len(joints)) != len(joints):
                    raise SourceError(
                        request.path,
                        f"has {len(joints)} joints of {part} in frame {index} ({frame.name}), "
                        f"{counts[part]} before",
                        "Keep recordings of different models apart",
                    )
    return {part: counts[part] for part in PARTS if part in counts}


def _asked(request: Request, counts: dict[str, int]) -> list[str]:
    """The parts to show: those asked for, else the body, else the hands, else the face."""
    asked = request.opening.array
    if asked is not None and asked.endswith(".json"):
        asked = None  # names of files: a few that were dropped together
    if asked in (None, ""):
        return _usual(counts)
    if asked == ALL:
        return list(counts)
    if asked not in counts:
        known = ", ".join([*counts, ALL]) if counts else "nobody at all"
        raise SourceError(request.path, f"has no part {asked!r}", f"It has {known}")
    return [asked]


def _usual(counts: dict[str, int]) -> list[str]:
    hands = [part for part in counts if part.startswith("hand")]
    return ["pose"] if "pose" in counts else hands or list(counts)


def _together(person: Person, parts: list[str], sizes: list[int]) -> NDArray[Any]:
    """(J, 4) of the parts one after another, NaN for those that this person lacks."""
    missing = np.array([np.nan, np.nan, np.nan, 0.0])
    return np.concatenate(
        [
            person.get(part, np.tile(missing, (size, 1)))
            for part, size in zip(parts, sizes, strict=True)
        ]
        or [np.empty((0, 4))]
    )


def _topology(parts: list[str], sizes: list[int]) -> Topology:
    alone = len(parts) == 1
    names = {"pose": "", "hand_left": "left_hand", "hand_right": "right_hand", "face": "face"}
    return joined(
        [
            ("" if alone else names[part], by_count(size, LAYOUTS[part]))
            for part, size in zip(parts, sizes, strict=True)
        ]
    )


def arranged(
    request: Request, people: list[NDArray[Any]], tracks: list[list[int]], persons: int
) -> NDArray[np.float64]:
    """(T, P, J, 4) from the persons (., J, 4) of each frame and their tracks."""
    J = max(each.shape[1] for each in people)
    require_room(request, len(people), persons, J)
    table = np.full((len(people), persons, J, 4), np.nan)
    table[..., 3] = 0
    for frame, (each, track) in enumerate(zip(people, tracks, strict=True)):
        for person, place in enumerate(track):
            if place >= 0:
                table[frame, place] = each[person]
    return table


def image_unit(joints: NDArray[Any]) -> tuple[str, str]:
    """The unit of picture coordinates by their range, and how it was found."""
    finite = joints[np.isfinite(joints)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    if low >= 0 and high <= 1:
        return "normalized", "coordinates lie in [0, 1]: shares of the picture's size"
    if low >= -1 and high <= 1:
        return "unit", "coordinates lie in [-1, 1]"
    return "px", "coordinates are pixels"
