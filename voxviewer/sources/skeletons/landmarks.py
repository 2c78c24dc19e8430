"""MediaPipe landmarks as JSON: no standard, but frames with lists called "..._landmarks".

Understood are the shapes seen in the wild: `{"frames": [...]}` or a bare list; a frame as an object
with `pose_landmarks`, `left_hand_landmarks`, `poseLandmarks`, `landmarks`, `keypoints` ..., or as a
bare list; a list of points, or a list of persons with one each; points as `{x, y, z, visibility}`
or as `[x, y, z]`. Parts are put together into one figure; "..._world_landmarks" (meters, from the
hips) and face meshes beside a body are shown when `array` names them, or with "all".
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.skeletons.lines import within
from voxviewer.sources.skeletons.openpose import ALL, arranged
from voxviewer.sources.skeletons.recording import (
    Recording,
    even_times,
    listed,
    parts_to_choose,
    skeleton,
    timing_sentences,
)
from voxviewer.sources.skeletons.strict_json import number, pixels, rate
from voxviewer.sources.skeletons.topologies import LANDMARKS, by_count, joined, numbered
from voxviewer.sources.skeletons.tracking import MOST_PERSONS, followed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton, Topology
    from voxviewer.sources.boundary import Request

Parts = dict[str, "list[NDArray[Any]]"]
"""Part -> for each person (J, 4) x, y, z, score."""

ENDINGS = re.compile(r"_?(landmarks?|keypoints)$")
SCORES = ("visibility", "score", "confidence", "presence")
NUMBERS = ("frame", "frame_index", "frame_number", "frame_id", "frameIndex")
MESH = 100
"""Points of a part from which on it is a mesh, which would hide the body."""

USUAL = {"left_hand": 21, "right_hand": 21, "hand": 21, "pose": 33}
"""How many joints a part has that is never seen."""

MOST_POINTS = 2000
LOOKED_AT = 50


def is_landmarks(data: Any) -> bool:
    """True where one of the first frames holds landmarks, or an empty list of them."""
    return any(_named(frame) for frame in _frames(data)[:LOOKED_AT])


def read_landmarks(request: Request, data: Any) -> Skeleton:
    """Open landmarks; every frame of the list is one of the recording."""
    frames = _frames(data)
    found = []
    for index, frame in enumerate(frames):
        if index % 64 == 0:
            request.progress(0.4 + 0.5 * index / len(frames), f"Reading frame {index}")
        found.append(_parts(request, frame, index))
    counts = _counts(request, found)
    parts = _asked(request, counts)
    people = [_people(each, parts, counts) for each in found]
    tracks = _tracks(request, people)
    persons = max(1, *(track + 1 for each in tracks for track in each), 1)
    table = arranged(request, people, tracks, persons)
    world = all(part.endswith("world") for part in parts)
    recording = Recording(
        joints=table[..., :3],
        score=table[..., 3],
        topology=_topology(parts, counts),
        format="MediaPipe landmarks JSON",
        stored_shape=(len(frames), persons, table.shape[2], 4),
        stored_axes="TPJX",
        stored_dtype="text",
        frame_size=_frame_size(data),
        alternatives=parts_to_choose(request, counts, _usual(counts), parts),
    )
    recording.unit, told = (
        ("m", "world landmarks: meters, from the hips")
        if world
        else (landmark_unit(recording.joints))
    )
    recording.decisions += [
        f"parts shown: {listed([part or 'landmarks' for part in parts])}",
        told,
        "y points down; z has the scale of x, smaller is nearer",
    ]
    if persons > 1:
        recording.decisions.append(f"persons followed by their nearest joints: {persons}")
    recording.times, timed = _timing(data, frames)
    recording.warnings += [*timed, *_others(parts, counts)]
    return skeleton(recording, request)


# --- shapes -----------------------------------------------------------------------------------


def _frames(data: Any) -> list[Any]:
    """The list of frames, whatever holds it; a single frame is a list of one."""
    if isinstance(data, dict):
        for key in ("frames", "results", "data"):
            if isinstance(data.get(key), list):
                return list(data[key])
        return [data]
    if not isinstance(data, list):
        return []
    return [data] if _is_figure(data) and isinstance(data[0], dict) else data


def _is_point(value: Any) -> bool:
    if isinstance(value, dict):
        return "x" in value and "y" in value
    flat = isinstance(value, list) and 2 <= len(value) <= 4
    return flat and all(number(item) is not None for item in value)


def _is_figure(value: Any) -> bool:
    """True for a list that holds points."""
    return isinstance(value, list) and len(value) > 1 and any(map(_is_point, value[:LOOKED_AT]))


def _named(frame: Any) -> dict[str, Any]:
    """Part -> what the frame holds of it; empty lists are parts that are not seen."""
    if isinstance(frame, list):
        inner = any(_is_figure(item) for item in frame[:LOOKED_AT])
        return {"": frame} if _is_figure(frame) or inner else {}
    if not isinstance(frame, dict):
        return {}
    found = {}
    for key, value in frame.items():
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(key)[:80]).lower()
        if not ENDINGS.search(snake):
            continue
        part = ENDINGS.sub("", snake).removeprefix("multi_")
        if isinstance(value, dict):  # a protocol buffer as JSON
            value = value.get("landmark", value.get("landmarks"))
        if value is None:
            value = []
        if isinstance(value, list) and (not value or _is_figure(value) or _holds_figures(value)):
            found[part] = value
    return found


def _holds_figures(value: list[Any]) -> bool:
    return any(_is_figure(_unwrapped(item)) for item in value[:LOOKED_AT])


def _unwrapped(item: Any) -> Any:
    return item.get("landmark", item.get("landmarks")) if isinstance(item, dict) else item


def _parts(request: Request, frame: Any, index: int) -> Parts:
    """The figures of every part of one frame."""
    parts: Parts = {}
    for part, value in _named(frame).items():
        figures = [value] if _is_figure(value) else [_unwrapped(item) for item in value]
        if len(figures) > MOST_PERSONS:
            raise SourceError(request.path, f"has {len(figures)} figures in frame {index}", DAMAGED)
        parts[part] = [_points(request, figure, index) for figure in figures if _is_figure(figure)]
    return parts


def _points(request: Request, figure: list[Any], index: int) -> NDArray[Any]:
    """(J, 4) x, y, z, score of a list of points; NaN for those that are None or empty."""
    if len(figure) > MOST_POINTS:
        raise SourceError(request.path, f"has {len(figure)} points in frame {index}", DAMAGED)
    joints = np.full((len(figure), 4), np.nan)
    for place, point in enumerate(figure):
        if isinstance(point, dict):
            values = [number(point.get(axis)) for axis in "xyz"]
            score = next((number(point[key]) for key in SCORES if key in point), 1.0)
        else:
            row = point if isinstance(point, list) else []
            values = [number(item) for item in row[:3]]
            score = number(row[3]) if len(row) == 4 else 1.0
        x, y, z = (*values, None, None, None)[:3]
        if x is not None and y is not None:
            joints[place] = (x, y, 0.0 if z is None else z, 1.0 if score is None else score)
    return joints


# --- parts ------------------------------------------------------------------------------------


def _counts(request: Request, frames: list[Parts]) -> dict[str, int]:
    """Joints of every part, the most usual number; the parts that are never seen as usual."""
    seen: dict[str, Counter[int]] = {}
    for parts in frames:
        for part, figures in parts.items():
            seen.setdefault(part, Counter()).update(len(figure) for figure in figures)
    counts = {
        part: tally.most_common(1)[0][0] if tally else USUAL.get(part, 0)
        for part, tally in seen.items()
    }
    counts = {part: count for part, count in counts.items() if count}
    if not any(seen.values()):
        raise SourceError(
            request.path, f"has no landmarks in {len(frames)} frames", "Record it again"
        )
    return counts


def _asked(request: Request, counts: dict[str, int]) -> list[str]:
    asked = request.opening.array
    if asked == ALL:
        return list(counts)
    if asked is not None:
        if asked not in counts:
            known = ", ".join([*(part or "''" for part in counts), ALL])
            raise SourceError(request.path, f"has no part {asked!r}", f"It has {known}")
        return [asked]
    return _usual(counts)


def _usual(counts: dict[str, int]) -> list[str]:
    """All that is no world and no mesh, where there is such a thing."""
    plain = [part for part in counts if not part.endswith("world")] or list(counts)[:1]
    return [part for part in plain if counts[part] < MESH] or plain


def _others(parts: list[str], counts: dict[str, int]) -> list[str]:
    others = [f"{part} ({count})" for part, count in counts.items() if part not in parts]
    return [f"also in the file: {', '.join(others)}; array names one, or 'all'"] if others else []


def _people(parts: Parts, shown: list[str], counts: dict[str, int]) -> NDArray[Any]:
    """(persons, J, 4) of one frame: the first of every part is the first person's."""
    persons = max((len(parts.get(part, [])) for part in shown), default=0)
    sizes = [counts[part] for part in shown]
    people = np.full((persons, sum(sizes), 4), np.nan)
    start = 0
    for part, size in zip(shown, sizes, strict=True):
        for person, figure in enumerate(parts.get(part, [])):
            if len(figure) == size:
                people[person, start : start + size] = figure
        start += size
    return people


def _tracks(request: Request, people: list[NDArray[Any]]) -> list[list[int]]:
    """One person at a time needs no following, wherever the hand goes."""
    if max(len(each) for each in people) <= 1:
        return [[0] * len(each) for each in people]
    return followed([each[..., :3] for each in people], within(request.progress, 0.9, 1))


def _topology(parts: list[str], counts: dict[str, int]) -> Topology:
    alone = len(parts) == 1
    return joined([("" if alone else part, layout(counts[part])) for part in parts])


def layout(count: int) -> Topology:
    """The landmarks of this many points; meshes and others are numbered."""
    return by_count(count, LANDMARKS) if count in LANDMARKS else numbered(count, "point")


def landmark_unit(joints: NDArray[Any]) -> tuple[str, str]:
    """The unit of landmarks by their range, and how it was found.

    They are shares of the picture, and may lie a little outside of it; relative ones (to the wrist,
    which is then always at 0, 0) have both signs.
    """
    flat = joints[..., :2]
    finite = flat[np.isfinite(flat)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    first = flat[:, :, 0]
    relative = low < 0 and bool((np.nan_to_num(first) == 0).all())
    if relative and low >= -1 and high <= 1:
        return "unit", "coordinates lie in [-1, 1], relative to the first point"
    if low > -3 and high < 4:
        return "normalized", "coordinates are shares of the picture's width and height"
    return "px", "coordinates are pixels"


# --- time and frame ---------------------------------------------------------------------------


def _timing(data: Any, frames: list[Any]) -> tuple[NDArray[Any] | None, list[str]]:
    """Seconds of each frame, by the rate and the frames' numbers, else by their time stamps."""
    numbers = _column(frames, NUMBERS)
    per_second = rate(data.get("fps", data.get("frame_rate"))) if isinstance(data, dict) else None
    told = [] if numbers is None else number_gaps(numbers)
    if per_second is not None:
        rising = numbers is not None and bool((np.diff(numbers) > 0).all())
        return (numbers / per_second if rising else even_times(len(frames), per_second)), told
    for key, scale in (("timestamp_ms", 1e-3), ("timestampMs", 1e-3), ("timestamp_us", 1e-6),
                       ("timestamp_s", 1.0), ("time", 1.0), ("time_s", 1.0)):  # fmt: skip
        stamps = _column(frames, (key,))
        if stamps is not None:
            return stamps * scale, told + timing_sentences(stamps * scale)
    return None, told


def _column(frames: list[Any], keys: tuple[str, ...]) -> Any:
    """(T,) the number that every frame has under one of these keys, or None."""
    for key in keys:
        values = [number(frame.get(key)) if isinstance(frame, dict) else None for frame in frames]
        if values and all(value is not None and np.isfinite(value) for value in values):
            return np.array(values, np.float64)
    return None


def number_gaps(numbers: NDArray[Any]) -> list[str]:
    """One sentence about frame numbers that are left out; an even stride leaves none out."""
    steps = np.diff(numbers)
    if not len(steps) or (steps <= 0).any():
        return []
    usual = steps.min()
    wide = np.flatnonzero(steps > usual)
    gaps = [
        f"{numbers[place] + usual:.0f}"
        if steps[place] == 2 * usual
        else f"{numbers[place] + usual:.0f} to {numbers[place + 1] - usual:.0f}"
        for place in wide
    ]
    return [f"frame numbers are missing: {listed(gaps)}"] if gaps else []


def _frame_size(data: Any) -> tuple[int, int] | None:
    if not isinstance(data, dict):
        return None
    for height, width in (("height", "width"), ("image_height", "image_width")):
        size = pixels(data.get(height)), pixels(data.get(width))
        if size[0] and size[1]:
            return size[0], size[1]
    return None
