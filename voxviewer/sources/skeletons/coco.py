"""COCO keypoints: images, and annotations with x, y, v for each joint of one person in one image.

v = 0 is not labeled and missing, 1 hidden, 2 visible. PoseTrack adds `track_id`: sorted by image,
the same id is the same person. Detectors write a bare list with a `score`, whose third column is a
confidence. A plain COCO file is a collection of pictures and no recording, which is said.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Topology
from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.frames import gap_sentences, natural
from voxviewer.sources.skeletons.lines import within
from voxviewer.sources.skeletons.openpose import arranged, image_unit
from voxviewer.sources.skeletons.recording import Recording, listed, skeleton
from voxviewer.sources.skeletons.strict_json import pixels
from voxviewer.sources.skeletons.topologies import COCO, by_count, distinct
from voxviewer.sources.skeletons.tracking import MOST_PERSONS, followed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

VIDEO_KEYS = ("vid_id", "video_id")
TRACKED, SEQUENCE, PICTURES = "tracked", "sequence", "pictures"


@dataclass(frozen=True)
class Note:
    """One annotation: whose image, which track (or None), joints (J, 3) x, y, v."""

    image: Any
    track: Any
    joints: NDArray[Any]


def is_coco(data: Any) -> bool:
    """True for an object with annotations, or a list of detections with keypoints."""
    if isinstance(data, dict):
        return isinstance(data.get("annotations"), list) and "images" in data
    return isinstance(data, list) and any(
        isinstance(entry, dict) and "keypoints" in entry and "image_id" in entry
        for entry in data[:50]
    )


def read_coco(request: Request, data: Any) -> Skeleton:
    """Open a COCO file; its images become frames."""
    entries = data["annotations"] if isinstance(data, dict) else data
    notes, left_out = _notes(request, entries)
    images = _images(data, notes)
    images, warnings = _video(request, images)
    wanted = {id_of(image): frame for frame, image in enumerate(images)}
    notes = [note for note in notes if note.image in wanted]
    people: list[list[Note]] = [[] for _ in images]
    for note in notes:
        people[wanted[note.image]].append(note)
    kind = _kind(data, images, notes)
    recording = _recording(request, people, kind)
    category = _category(data, recording.joints.shape[2])
    recording.topology = category or by_count(recording.joints.shape[2], COCO)
    recording.frame_size, sized = _frame_size(images)
    recording.warnings += warnings
    recording.warnings += sized if kind != PICTURES else []
    if left_out:
        recording.decisions.append(f"annotations without keypoints left out: {left_out}")
    if kind == PICTURES:
        recording.warnings.append(
            f"{len(images)} pictures that are no sequence: persons are not the same from one to "
            "the next"
        )
    else:
        names = [str(image.get("file_name", "")) for image in images]
        recording.warnings += gap_sentences([name for name in names if name])
    return skeleton(recording, request)


# --- annotations ------------------------------------------------------------------------------


def _notes(request: Request, entries: list[Any]) -> tuple[list[Note], int]:
    """Annotations with keypoints, and how many have none."""
    notes: list[Note] = []
    for number, entry in enumerate(entries):
        flat = entry.get("keypoints") if isinstance(entry, dict) else None
        if not flat:
            continue
        try:
            joints = np.asarray(flat, np.float64)
            joints = joints.reshape(-1, 3)
        except (TypeError, ValueError, OverflowError) as error:
            raise SourceError(
                request.path,
                f"has in annotation {number} keypoints that are not 3 numbers a joint",
                DAMAGED,
            ) from error
        if notes and len(joints) != len(notes[0].joints):
            raise SourceError(
                request.path,
                f"has {len(joints)} keypoints in annotation {number}, "
                f"{len(notes[0].joints)} before",
                "Keep categories of different joints apart",
            )
        image, track = entry.get("image_id"), entry.get("track_id")
        plain = isinstance(image, (int, float, str)) and not isinstance(image, bool)
        if not plain or not isinstance(track, (int, float, str, type(None))):
            raise SourceError(request.path, f"has no image_id in annotation {number}", DAMAGED)
        notes.append(Note(image, track, joints))
    if not notes:
        raise SourceError(request.path, "has annotations but no keypoints", "Open a keypoints file")
    return notes, len(entries) - len(notes)


def _images(data: Any, notes: list[Note]) -> list[dict[str, Any]]:
    """The images in order: by video and frame where told, else by name or number."""
    listed_images = data.get("images") if isinstance(data, dict) else None
    images = {
        id_of(image): image
        for image in (listed_images if isinstance(listed_images, list) else [])
        if isinstance(image, dict) and isinstance(image.get("id"), (int, float, str))
    }
    for note in notes:
        images.setdefault(note.image, {"id": note.image})
    return sorted(images.values(), key=_order)


def id_of(image: dict[str, Any]) -> Any:
    """The number or name by which annotations speak of an image."""
    return image["id"]


def _order(image: dict[str, Any]) -> tuple[Any, ...]:
    frame = image.get("frame_id")
    place = frame if isinstance(frame, (int, float)) else image["id"]
    return (natural(_video_of(image)), natural(str(place)))


def _video_of(image: dict[str, Any]) -> str:
    for key in VIDEO_KEYS:
        if key in image:
            return str(image[key])[:80]
    return ""


def _video(
    request: Request, images: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The images of one video, the longest or the one asked for, and what else there is."""
    videos: dict[str, list[dict[str, Any]]] = {}
    for image in images:
        videos.setdefault(_video_of(image), []).append(image)
    longest = sorted(videos, key=lambda name: -len(videos[name]))
    series = request.opening.series
    single = len(videos[longest[0]]) == 1
    if series >= (1 if single else len(longest)):
        remedy = "Use series 0" if single else f"It has {len(longest)}, counted from 0"
        raise SourceError(request.path, f"has no series {series}", remedy)
    if single or len(longest) == 1:
        return images, []
    names = [f"series {n}: {name} ({len(videos[name])})" for n, name in enumerate(longest)]
    others = names[:series] + names[series + 1 :]
    told = f"{len(longest)} videos, {longest[series]} is shown; also: {listed(others)}"
    return videos[longest[series]], [told]


# --- frames -----------------------------------------------------------------------------------


def _kind(data: Any, images: list[dict[str, Any]], notes: list[Note]) -> str:
    """Whether persons have tracks, can be followed, or stand in unrelated pictures."""
    if len({_video_of(image) for image in images}) > 1:
        return PICTURES
    if notes and all(note.track is not None for note in notes):
        return TRACKED
    if not isinstance(data, dict):
        return SEQUENCE
    return (
        SEQUENCE if _is_series([str(image.get("file_name", "")) for image in images]) else PICTURES
    )


def _is_series(names: list[str]) -> bool:
    """True for names that differ in one number, which goes up by the same step."""
    found = [re.fullmatch(r"(.*?)(\d+)(\D*)", name[-200:]) for name in names]
    if len(found) < 2 or not all(found):
        return False
    stems = {(match[1], match[3]) for match in found if match}
    numbers = [int(match[2]) for match in found if match]
    return len(stems) == 1 and len({b - a for a, b in itertools.pairwise(numbers)}) == 1


def _recording(request: Request, people: list[list[Note]], kind: str) -> Recording:
    tables, scores = _tables(people)
    if max(len(each) for each in people) > MOST_PERSONS:
        raise SourceError(request.path, f"has over {MOST_PERSONS} people in one image", DAMAGED)
    if kind == TRACKED:
        tracks = _by_id(people)
    elif kind == SEQUENCE:
        tracks = followed([table[..., :3] for table in tables], within(request.progress, 0.5, 1))
    else:
        tracks = [list(range(len(each))) for each in people]
    persons = max((track for each in tracks for track in each), default=-1) + 1
    if not persons or not any((table[..., 3] > 0).any() for table in tables):
        raise SourceError(request.path, "has no joint that is labeled", "Open another file")
    table = arranged(request, tables, tracks, persons)
    recording = Recording(
        joints=table[..., :2],
        score=table[..., 3],
        topology=Topology(()),
        format="COCO keypoints JSON" if kind != TRACKED else "COCO keypoints JSON with tracks",
        stored_shape=(*table.shape[:3], 3),
        stored_axes="TPJX",
        stored_dtype="text",
    )
    recording.unit, told = image_unit(recording.joints)
    ways = {
        TRACKED: f"persons followed by track_id: {persons}",
        SEQUENCE: f"persons found: {persons}, followed by their nearest mean joint distance",
        PICTURES: f"persons in one picture: up to {persons}, in the order of the file",
    }
    recording.decisions += [ways[kind], told, "y points down, as in pictures", scores]
    return recording


def _tables(people: list[list[Note]]) -> tuple[list[NDArray[Any]], str]:
    """(persons, J, 4) x, y, z, score of each frame; the third column as visibility or score."""
    J = next(len(note.joints) for each in people for note in each)
    third = np.concatenate([note.joints[:, 2] for each in people for note in each])
    flags = bool(np.isin(third, (0, 1, 2)).all())
    top = max(third.max(initial=1), 1) if flags else 1
    tables = []
    for each in people:
        table = np.zeros((len(each), J, 4))
        if each:
            joints = np.stack([note.joints for note in each])
            table[..., :2], table[..., 3] = joints[..., :2], joints[..., 2] / top
        missing = ~(table[..., 3] > 0) | (table[..., :2] == 0).all(axis=-1)
        table[missing] = (np.nan, np.nan, np.nan, 0)
        tables.append(table)
    told = "visibility 0 is missing" + (", 1 is hidden: score 0.5" if top == 2 else "")
    return tables, told if flags else "the third column is a confidence, 0 is missing"


def _by_id(people: list[list[Note]]) -> list[list[int]]:
    """Tracks by `track_id`, told apart where an image has the same one twice."""
    numbers: dict[tuple[Any, int], int] = {}
    result = []
    for each in people:
        here: dict[Any, int] = {}
        tracks = []
        for note in each:
            here[note.track] = here.get(note.track, 0) + 1
            tracks.append(numbers.setdefault((note.track, here[note.track]), len(numbers)))
        result.append(tracks)
    return result


def _frame_size(images: list[dict[str, Any]]) -> tuple[tuple[int, int] | None, list[str]]:
    """(H, W) where all images have the same, and a sentence where they do not."""
    sizes = {(pixels(image.get("height")), pixels(image.get("width"))) for image in images}
    if len(sizes) > 1:
        return None, ["images of different sizes: the frame size is not known"]
    ((height, width),) = sizes
    return ((height, width), []) if height and width else (None, [])


def _category(data: Any, joints: int) -> Topology | None:
    """Names and bones of the category with this many keypoints; its bones count from 1."""
    categories = data.get("categories") if isinstance(data, dict) else None
    for category in categories if isinstance(categories, list) else []:
        if not isinstance(category, dict):
            continue
        names = category.get("keypoints")
        if isinstance(names, list) and len(names) == joints:
            return Topology(
                distinct(str(name) for name in names), _bones(category.get("skeleton"), joints)
            )
    return None


def _bones(pairs: Any, joints: int) -> tuple[tuple[int, int], ...]:
    """Pairs of joint numbers from 1 as indices from 0; what is no pair is left out."""
    bones = []
    for pair in pairs if isinstance(pairs, list) else []:
        whole = isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)
        if whole and 1 <= min(pair) and max(pair) <= joints:
            bones.append((pair[0] - 1, pair[1] - 1))
    return tuple(bones)
