"""MMPose's predictions: the people of each frame, with points and scores apart.

The inferencer writes a list with an entry `{"frame_id", "instances"}` for each frame of a film, or
that list under "instance_info" beside "meta_info", which names the joints; of a picture the bare
list of people. A person has `keypoints`, J points of 2 or 3 numbers, `keypoint_scores`, J numbers,
and may have a `track_id`. Frames count from where they begin; a number that is missing is said.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Topology
from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.skeletons.anatomy import placed
from voxviewer.sources.skeletons.lines import within
from voxviewer.sources.skeletons.openpose import arranged, image_unit
from voxviewer.sources.skeletons.recording import Recording, skeleton
from voxviewer.sources.skeletons.topologies import COCO, by_count, distinct
from voxviewer.sources.skeletons.tracking import MOST_PERSONS, followed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

LOOKED_AT = 50
"""Entries of a list by which it is known."""


def is_mmpose(data: Any) -> bool:
    """True for frames with instances, and for people whose points and scores stand apart."""
    if isinstance(data, dict):
        return isinstance(data.get("instance_info"), list)
    if not isinstance(data, list):
        return False
    return any(_is_frame(entry) or _is_person(entry) for entry in data[:LOOKED_AT])


def _is_frame(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("instances"), list)


def _is_person(entry: Any) -> bool:
    return isinstance(entry, dict) and "keypoints" in entry and "keypoint_scores" in entry


def read_mmpose(request: Request, data: Any) -> Skeleton:
    """Open MMPose's predictions; each frame of the list is a frame."""
    frames, warnings = _frames(data)
    people = [[_joints(request, at, person) for person in each] for at, each in enumerate(frames)]
    tables = _tables(request, people)
    told, tracks = _tracks(request, frames, tables)
    persons = max((track for each in tracks for track in each), default=-1) + 1
    if not persons:
        raise SourceError(request.path, f"has nobody in {len(frames)} frames", "Record it again")
    table = arranged(request, tables, tracks, persons)
    flat = not np.nan_to_num(table[..., 2]).any()
    joints = table[..., :2] if flat else table[..., :3]
    recording = Recording(
        joints=joints,
        score=table[..., 3],
        topology=_topology(data, joints.shape[2]),
        format="MMPose predictions JSON",
        stored_shape=joints.shape,
        stored_axes="TPJX",
        stored_dtype="text",
        warnings=warnings,
    )
    recording.decisions = [f"persons found: {persons}, {told}", *_unit(recording, flat)]
    if empty := sum(not each for each in frames):
        recording.decisions.append(f"frames in which nobody is: {empty}")
    return skeleton(recording, request)


def _unit(recording: Recording, flat: bool) -> list[str]:
    """Set unit and up, and say how they were found."""
    recording.unit, told = image_unit(recording.joints)
    if flat:
        return [told, "y points down, as in pictures"]
    recording.up, recording.unit, found = placed(
        recording.topology.names, recording.joints, "z+", None
    )
    return ["3D keypoints", *found]


# --- frames -----------------------------------------------------------------------------------


def _frames(data: Any) -> tuple[list[list[Any]], list[str]]:
    """The people of each frame in order, and a warning where numbers are missing."""
    entries = data["instance_info"] if isinstance(data, dict) else data
    if not any(_is_frame(entry) for entry in entries):
        return [[entry for entry in entries if isinstance(entry, dict)]], []
    entries = [entry for entry in entries if _is_frame(entry)]
    numbers = [entry.get("frame_id") for entry in entries]
    if not all(type(number) is int for number in numbers):
        return [entry["instances"] for entry in entries], []
    ordered = sorted(zip(numbers, range(len(entries)), strict=True))
    gaps = sum(max(b[0] - a[0] - 1, 0) for a, b in itertools.pairwise(ordered))
    warnings = [f"{gaps} frame numbers are missing"] if gaps else []
    return [entries[at]["instances"] for _, at in ordered], warnings


def _joints(request: Request, frame: int, person: Any) -> NDArray[np.float64]:
    """(J, 4) x, y, z, score; what has no score is missing."""
    try:
        points = np.asarray(person["keypoints"], np.float64)
        scores = np.asarray(person.get("keypoint_scores", np.ones(len(points))), np.float64)
        if points.shape != (len(points), 3):
            points = np.pad(points.reshape(-1, 2), ((0, 0), (0, 1)))
        joints = np.column_stack([points, scores.reshape(len(points))])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SourceError(
            request.path,
            f"has in frame {frame} a person without points of 2 or 3 numbers and a score for each",
            DAMAGED,
        ) from error
    joints[~(joints[:, 3] > 0)] = (np.nan, np.nan, np.nan, 0)
    return joints


def _tables(request: Request, people: list[list[NDArray[Any]]]) -> list[NDArray[Any]]:
    """(persons, J, 4) of each frame; all figures have the same joints."""
    counts = {len(joints) for each in people for joints in each}
    if len(counts) > 1:
        raise SourceError(
            request.path,
            f"has people of {min(counts)} and of {max(counts)} joints",
            "Keep recordings of different models apart",
        )
    if max((len(each) for each in people), default=0) > MOST_PERSONS:
        raise SourceError(request.path, f"has over {MOST_PERSONS} people in one frame", DAMAGED)
    J = next(iter(counts), 0)
    return [np.array(each).reshape(len(each), J, 4) for each in people]


def _tracks(
    request: Request, frames: list[list[Any]], tables: list[NDArray[Any]]
) -> tuple[str, list[list[int]]]:
    """Who is who: by `track_id` where all have one, else by distance; and which, in words."""
    named = [[person.get("track_id") for person in each] for each in frames]
    distinct_ids = all(len(set(map(str, each))) == len(each) for each in named)
    if distinct_ids and all(type(name) is int for each in named for name in each):
        numbers: dict[int, int] = {}
        tracks = [[numbers.setdefault(name, len(numbers)) for name in each] for each in named]
        return "followed by track_id", tracks
    tracks = followed([each[..., :3] for each in tables], within(request.progress, 0.5, 1))
    return "followed by their nearest mean joint distance", tracks


def _topology(data: Any, joints: int) -> Topology:
    """Names and bones of "meta_info" where they fit, else those usual for so many joints."""
    meta = data.get("meta_info") if isinstance(data, dict) else None
    names = meta.get("keypoint_id2name") if isinstance(meta, dict) else None
    if isinstance(names, dict):
        names = [names.get(str(index)) for index in range(joints)]
    if not isinstance(names, list) or len(names) != joints or not all(names):
        return by_count(joints, COCO)
    links = meta.get("skeleton_links") if isinstance(meta, dict) else None
    bones = [
        (link[0], link[1])
        for link in (links if isinstance(links, list) else [])
        if isinstance(link, list) and len(link) == 2 and all(type(end) is int for end in link)
        and 0 <= min(link) and max(link) < joints
    ]  # fmt: skip
    return Topology(distinct(str(name) for name in names), tuple(bones))
