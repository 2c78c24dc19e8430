"""PYSKL and MMAction2 annotation pickles: keypoints (M, T, V, 2 or 3) of many recordings.

`{"split": ..., "annotations": [{frame_dir, total_frames, img_shape, keypoint, keypoint_score}]}`,
a bare list of such, or one of them. `array` names a recording by its `frame_dir`; `series` counts
them from the longest. Frames in which a person is all zeros are padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError, require_memory
from voxviewer.sources.boundary import DAMAGED
from voxviewer.sources.skeletons.anatomy import placed
from voxviewer.sources.skeletons.recording import (
    Recording,
    listed,
    require_room,
    series_to_choose,
    skeleton,
)
from voxviewer.sources.skeletons.topologies import by_count
from voxviewer.sources.skeletons.unpickling import array_of, load_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

LAYOUTS = {25: "ntu-25", 17: "coco-17", 18: "coco-18"}
MOST_JOINTS = 5000


@dataclass(frozen=True)
class Annotation:
    """One recording: keypoints (M, T, V, 2 or 3), scores (M, T, V) or None, what else is known."""

    name: str
    keypoint: NDArray[Any]
    score: NDArray[Any] | None
    fields: dict[Any, Any]

    @property
    def frames(self) -> int:
        """T."""
        return int(self.keypoint.shape[1])


def is_pickle(start: bytes) -> bool:
    """True for the first bytes of a pickle of protocol 2 to 5."""
    return len(start) > 2 and start[0] == 0x80 and 2 <= start[1] <= 5


def read_pyskl(request: Request) -> Skeleton:
    """Open an annotation pickle; reader of the table `READERS`."""
    size = request.path.stat().st_size
    require_memory(4 * size, request.path, "reading it", allow_large=request.allow_large)
    data = load_plain(request.path.read_bytes(), request.path, request.progress)
    annotations = _annotations(request, data)
    chosen, warnings = _chosen(request, annotations)
    recording = _recording(request, chosen)
    recording.warnings += warnings
    shown = next(number for number, each in enumerate(annotations) if each is chosen)
    names = [(each.name, each.frames) for each in annotations]
    recording.alternatives = series_to_choose(request, names, shown)
    return skeleton(recording, request)


# --- which recording --------------------------------------------------------------------------


def _annotations(request: Request, data: Any) -> list[Annotation]:
    """All recordings with keypoints, the longest first, those of one length as they are stored."""
    entries = data.get("annotations", data) if isinstance(data, dict) else data
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        raise SourceError(request.path, "holds no list of annotations", "Open a PYSKL pickle")
    found = []
    for number, entry in enumerate(entries):
        if isinstance(entry, dict) and "keypoint" in entry:
            found.append(_annotation(request, entry, number))
    if not found:
        raise SourceError(
            request.path,
            f"has {len(entries)} annotations without keypoints",
            "Use a list with keypoints: those of Kinetics keep them in files of their own",
        )
    return sorted(found, key=lambda annotation: -annotation.frames)


def _annotation(request: Request, entry: dict[Any, Any], number: int) -> Annotation:
    name = str(entry.get("frame_dir", entry.get("filename", f"annotation {number}")))[:200]
    keypoint, score = array_of(entry["keypoint"]), array_of(entry.get("keypoint_score"))
    if keypoint is not None and keypoint.ndim == 3:
        keypoint = keypoint[None]  # one person
        score = score[None] if score is not None and score.ndim == 2 else score
    fits = keypoint is not None and keypoint.ndim == 4 and keypoint.shape[-1] in (2, 3)
    if keypoint is None or not fits or keypoint.shape[2] > MOST_JOINTS or not keypoint.size:
        raise SourceError(
            request.path,
            f"has in annotation {number} keypoints that are not (persons, frames, joints, 2 or 3)",
            DAMAGED,
        )
    if score is not None and score.shape != keypoint.shape[:3]:
        raise SourceError(
            request.path, f"has in annotation {number} other scores than keypoints", DAMAGED
        )
    return Annotation(name, keypoint, score, entry)


def _chosen(request: Request, annotations: list[Annotation]) -> tuple[Annotation, list[str]]:
    """The recording to show, and a warning that lists the others where none was named."""
    asked, series = request.opening.array, request.opening.series
    if asked is not None and series:
        raise SourceError(request.path, "is asked for a name and a series", "Give one of them")
    if asked is not None:
        for annotation in annotations:
            if annotation.name == asked:
                return annotation, []
        names = listed([repr(annotation.name) for annotation in annotations])
        raise SourceError(request.path, f"has no recording {asked!r:.80}", f"It has {names}")
    if series >= len(annotations):
        raise SourceError(
            request.path,
            f"has no series {series}",
            f"It has {len(annotations)}, counted from 0, the longest first",
        )
    others = [
        f"series {number}: {annotation.name} ({annotation.frames} frames)"
        for number, annotation in enumerate(annotations)
        if number != series
    ]
    told = f"{len(annotations)} recordings, {annotations[series].name!r} is shown; also: "
    return annotations[series], [told + listed(others)] if others else []


# --- the recording ----------------------------------------------------------------------------


def _recording(request: Request, chosen: Annotation) -> Recording:
    M, T, V, X = chosen.keypoint.shape
    require_room(request, T, M, V)
    with np.errstate(invalid="ignore"):
        joints: NDArray[np.float64] = np.moveaxis(chosen.keypoint, 0, 1).astype(np.float64)
    score = None
    if chosen.score is not None:
        with np.errstate(invalid="ignore"):
            score = np.moveaxis(chosen.score, 0, 1).astype(np.float64)
        joints[~(score > 0)] = np.nan
    joints[(joints == 0).all(axis=-1)] = np.nan
    recording = Recording(
        joints=joints,
        score=score,
        topology=by_count(V, LAYOUTS),
        format="PYSKL annotations",
        stored_shape=(M, T, V, X),
        stored_axes="PTJX",
        stored_dtype=str(chosen.keypoint.dtype),
        frame_size=_frame_size(chosen.fields.get("img_shape")),
    )
    recording.decisions += [
        f"recording {chosen.name!r}",
        f"{V} joints: taken as {LAYOUTS[V]}" if V in LAYOUTS else f"{V} joints without names",
        "joints of score 0, or all zeros, are missing",
    ]
    if X == 3:
        names = recording.topology.names
        recording.up, recording.unit, told = placed(names, joints, "y+", None)
        recording.decisions += told
    else:
        recording.decisions.append("coordinates are pixels, y points down")
    return recording


def _frame_size(shape: Any) -> tuple[int, int] | None:
    """(H, W) of `img_shape`."""
    whole = isinstance(shape, (tuple, list)) and len(shape) >= 2
    if not whole or not all(type(edge) is int and 0 < edge < 10**6 for edge in shape[:2]):
        return None
    return shape[0], shape[1]
