"""JSON files of poses: which of the formats one is, told by its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxviewer.files import SourceError
from voxviewer.sources.skeletons.strict_json import read_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Skeleton
    from voxviewer.sources.boundary import Request

BLANKS = b"\xef\xbb\xbf \t\r\n"


def is_json(start: bytes) -> bool:
    """True for text that begins as an object or a list of JSON does."""
    text = start.lstrip(BLANKS)
    inner = text[1:].lstrip(BLANKS)[:1]
    if text[:1] == b"{":
        return inner in (b'"', b"}") and b"\0" not in start
    return text[:1] == b"[" and inner in (b"{", b"[") and b"\0" not in start


def read_pose_json(request: Request) -> Skeleton:
    """Open OpenPose, COCO or MediaPipe JSON; reader of the table `READERS`."""
    request.progress(0.0, f"Reading {request.path.name}")
    data = read_json(request)
    request.progress(0.4, "Looking for joints")
    for fits, read in _kinds():
        if fits(data):
            return read(request, data)
    raise SourceError(
        request.path,
        f"is JSON without joints that are known: {_keys(data)}",
        "Open OpenPose, COCO keypoints or MediaPipe landmarks",
    )


def _kinds() -> tuple[tuple[Callable[[Any], bool], Callable[[Request, Any], Skeleton]], ...]:
    """Rows (is it one, open it); the last takes what has landmarks of any name."""
    from voxviewer.sources.skeletons import coco, landmarks, openpose

    return (
        (openpose.is_openpose, openpose.read_single),
        (coco.is_coco, coco.read_coco),
        (landmarks.is_landmarks, landmarks.read_landmarks),
    )


def _keys(data: Any) -> str:
    if not isinstance(data, dict):
        return f"a list of {len(data)}" if isinstance(data, list) else "a single value"
    names = ", ".join(str(key)[:30] for key in list(data)[:5])
    plain = "".join(letter if letter.isprintable() else "?" for letter in names)
    return f"it has {plain}" if plain else "it is empty"
