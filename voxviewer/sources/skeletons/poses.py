"""JSON files of poses: which of the formats one is, told by its keys."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Open OpenPose, COCO, MMPose or MediaPipe JSON; reader of the table `READERS`."""
    request.progress(0.0, f"Reading {request.path.name}")
    data = read_json(request)
    request.progress(0.4, "Looking for joints")
    for kind in _kinds():
        if kind.fits(data):
            _require_plain(request, kind)
            return kind.read(request, data)
    raise SourceError(
        request.path,
        f"is JSON without joints that are known: {_keys(data)}",
        "Open OpenPose, COCO keypoints, MMPose predictions or MediaPipe landmarks",
    )


@dataclass(frozen=True)
class Kind:
    """A format of JSON: is it one, open it; `parts`: takes `array`; `several`: takes `series`."""

    words: str
    fits: Callable[[Any], bool]
    read: Callable[[Request, Any], Skeleton]
    parts: bool = False
    several: bool = False


def _kinds() -> tuple[Kind, ...]:
    from voxviewer.sources.skeletons import coco, landmarks, mmpose, openpose

    return (
        Kind("one OpenPose frame", openpose.is_openpose, openpose.read_single, parts=True),
        Kind("a COCO file", coco.is_coco, coco.read_coco, several=True),
        Kind("MMPose's predictions", mmpose.is_mmpose, mmpose.read_mmpose),
        Kind("landmarks", landmarks.is_landmarks, landmarks.read_landmarks, parts=True),
    )


def _require_plain(request: Request, kind: Kind) -> None:
    """Refuse ways of opening that a format does not have; nothing is ignored."""
    if request.opening.series and not kind.several:
        raise SourceError(request.path, f"is {kind.words} with one series", "Use series 0")
    if request.opening.array is not None and not kind.parts:
        raise SourceError(request.path, f"is {kind.words} without named parts", "Leave out array")


def _keys(data: Any) -> str:
    if not isinstance(data, dict):
        return f"a list of {len(data)}" if isinstance(data, list) else "a single value"
    names = ", ".join(str(key)[:30] for key in list(data)[:5])
    plain = "".join(letter if letter.isprintable() else "?" for letter in names)
    return f"it has {plain}" if plain else "it is empty"
