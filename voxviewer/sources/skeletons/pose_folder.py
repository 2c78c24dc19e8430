"""A folder of OpenPose files as one recording: frames in natural order, gaps in their numbers told.

A folder that holds several recordings (other names before the number) gives the one with most
frames; `series` picks another, counted in that order. `array` may name files of the folder, joined
by "/": that is how a handful of dropped files is opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voxviewer.files import SourceError
from voxviewer.sources.folders import file_names
from voxviewer.sources.frames import JOINED_BY, gap_sentences, image_names, natural
from voxviewer.sources.skeletons.openpose import read_frame, recording_of
from voxviewer.sources.skeletons.recording import listed, skeleton

if TYPE_CHECKING:
    from pathlib import Path

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

SUFFIX = ".json"
FRAME = re.compile(r"(.*?)(\d+)(_keypoints)?\.json", re.IGNORECASE)
"""What stands before the number names the recording: "walk_000000000012_keypoints.json"."""

HEAD_BYTES = 65_536
LOOKED_AT = 3


def is_pose_name(name: str) -> bool:
    """True for names that a frame of OpenPose may have."""
    return not name.startswith(".") and FRAME.fullmatch(name) is not None


def pose_names(folder: Path) -> list[str]:
    """The files of a folder that may be frames, in natural order."""
    names = filter(is_pose_name, file_names(folder))
    return sorted(names, key=lambda name: (natural(name), name))


def is_pose_folder(folder: Path) -> bool:
    """True where one of the first files with a number holds people."""
    names = pose_names(folder)
    return any(holds_people(folder / name) for name in names[:LOOKED_AT])


def holds_people(path: Path) -> bool:
    """True where the beginning of a file has OpenPose's list; False where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return b'"people"' in file.read(HEAD_BYTES)
    except OSError:
        return False


def read_pose_folder(request: Request) -> Skeleton:
    """Open a folder of OpenPose files; reader of the table `READERS`."""
    names, said = _names(request)
    frames = []
    for index, name in enumerate(names):
        request.progress(0.9 * index / len(names), f"Reading {name}")
        frames.append(read_frame(request, request.path / name, index))
    recording = recording_of(request, frames, f"OpenPose JSON, folder of {len(names)} frames")
    recording.decisions.insert(0, "frames in natural order of their files")
    recording.warnings[:0] = [*gap_sentences(names), *said]
    return skeleton(recording, request)


def _names(request: Request) -> tuple[list[str], list[str]]:
    """The files to read, in order, and what else the folder holds."""
    present = pose_names(request.path)
    asked = request.opening.array
    if asked is not None and asked.endswith(SUFFIX):
        wanted = asked.split(JOINED_BY)
        missing = [name for name in wanted if name not in present]
        if missing:
            raise SourceError(request.path, f"has no file {listed(missing)}", "Drop them again")
        if request.opening.series:
            raise SourceError(request.path, "is opened by names of files", "Use series 0")
        return sorted(wanted, key=lambda name: (natural(name), name)), []
    groups = _groups(present)
    if request.opening.series >= len(groups):
        raise SourceError(
            request.path,
            f"has no series {request.opening.series}",
            f"It has {len(groups)}, counted from 0",
        )
    names = groups[request.opening.series]
    return names, [*_other_groups(groups, names), *_images(request)]


def _groups(names: list[str]) -> list[list[str]]:
    """Files by what stands before their number, the longest recording first."""
    groups: dict[str, list[str]] = {}
    for name in names:
        match = FRAME.fullmatch(name)
        groups.setdefault(match[1] if match else "", []).append(name)
    return sorted(groups.values(), key=len, reverse=True)


def _other_groups(groups: list[list[str]], names: list[str]) -> list[str]:
    if len(groups) < 2:
        return []
    others = [
        f"series {number} ({group[0]}, {len(group)} frames)"
        for number, group in enumerate(groups)
        if group is not names
    ]
    return [f"the folder holds {len(groups)} recordings; also: {listed(others)}"]


def _images(request: Request) -> list[str]:
    count = len(image_names(request.path)[0])
    return [f"images left out: {count}; open them by dropping them"] if count else []
