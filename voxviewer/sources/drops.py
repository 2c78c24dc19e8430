"""What happens when paths are dropped on the window: said before, then done.

Image files dropped together become one clip for each folder they lie in, in natural order, and
OpenPose files one skeleton, DICOM files one scan; every other path is opened on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.files import SourceError
from voxviewer.settings import Opening
from voxviewer.sources.dicom.finding import begins_as_dicom, is_dicom_folder
from voxviewer.sources.folders import file_names
from voxviewer.sources.frames import JOINED_BY, image_names, is_image_name, natural
from voxviewer.sources.readers import READERS
from voxviewer.sources.skeletons.pose_folder import (
    holds_people,
    is_pose_folder,
    is_pose_name,
    pose_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


LOOKED_INTO = 64
"""Of more files that are dragged together, the rest counts as such that can be opened."""


@dataclass(frozen=True)
class Dropped:
    """One thing to open, and what to call it: "16 images as one clip"."""

    opening: Opening
    words: str


def plan_drop(paths: Sequence[str]) -> tuple[Opening, ...]:
    """What to open when these paths are dropped, in the order they came.

    Images, or poses, that are some of a folder's are opened as that folder with their names in
    `array`.
    """
    return tuple(dropped.opening for dropped in _plan(paths))


def plan_stack(paths: Sequence[str]) -> tuple[Opening, ...]:
    """What to open when these paths are to be stacked over time, in the order of their names.

    One path is opened as ever. The pixels of a header's partner (.img, .raw) are not files of
    their own.
    """
    chosen = _members(paths)
    if len(chosen) < 2:
        return plan_drop(paths)
    return (Opening(chosen[0], stack=tuple(chosen[1:])),)


def _members(paths: Sequence[str]) -> list[str]:
    """The paths that stack, in natural order; without what a header among them points to."""
    heads = {Path(path).with_suffix("") for path in paths if _ends(path, (".hdr", ".mhd", ".nhdr"))}
    own = [
        path
        for path in dict.fromkeys(paths)
        if not (_ends(path, (".img", ".raw", ".zraw")) and Path(path).with_suffix("") in heads)
    ]
    return sorted(own, key=lambda path: (natural(Path(path).name), path))


def _ends(path: str, suffixes: tuple[str, ...]) -> bool:
    return path.lower().endswith(suffixes)


def invitation(paths: Sequence[str], *, stack: bool = False) -> str:
    """What a drop will do, in a few words; looks at names, folders and beginnings of pose files.

    `stack`: what it will do with Shift held.

    Example
    -------
    >>> invitation(["scan.nii.gz"])
    'Open scan.nii.gz'
    """
    if stack and len(members := _members(paths)) > 1:
        return f"Stack {len(members)} files over time"
    if model := model_among(paths):
        return f"Take the filters of {Path(model).name}"
    plan = _plan(paths)
    if not plan:
        return "Nothing to open"
    refused = [dropped for dropped in plan[:LOOKED_INTO] if _is_refused(dropped.opening.path)]
    if len(plan) == 1:
        return f"{plan[0].words} cannot be opened" if refused else f"Open {plan[0].words}"
    if len(refused) == len(plan):
        return f"None of {len(plan)} files can be opened"
    kinds = {Path(dropped.opening.path).is_dir() for dropped in plan if dropped not in refused}
    what = "files" if kinds == {False} else "clips" if kinds == {True} else "files and clips"
    what = what if len(plan) - len(refused) > 1 else what.removesuffix("s")
    others = f"; {len(refused)} cannot be opened" if refused else ""
    return f"Open {len(plan) - len(refused)} {what}{others}"


def model_among(paths: Sequence[str]) -> str:
    """Return the one path that is dropped, if it is a Keras model; else ""."""
    if len(paths) != 1 or not _ends(paths[0], (".keras", ".h5", ".hdf5")):
        return ""
    if _ends(paths[0], (".keras",)):
        return paths[0]
    from voxviewer.sources.hdf5 import is_model

    return paths[0] if is_model(paths[0]) else ""


def _is_refused(path: str) -> bool:
    """True for a file that is there and of no kind that is read; looks at its first bytes."""
    from voxviewer.sources.opening import recognized

    if not Path(path).is_file():
        return False
    try:
        recognized(path)
    except SourceError:
        return True
    return False


def dialog_filters() -> tuple[str, ...]:
    """What a dialog for files may be narrowed to, in the words that dialogs take.

    All files come first: content decides, and many scans have no ending at all. Endings come in
    small and capital letters, because some systems' dialogs tell them apart.
    """
    rows = [row for row in READERS if row.suffixes]
    every = dict.fromkeys(suffix for row in rows for suffix in row.suffixes)
    known = f"All with a known ending ({_patterns(every)})"
    return ("All files (*)", known, *(f"{row.name} ({_patterns(row.suffixes)})" for row in rows))


def _patterns(suffixes: Iterable[str]) -> str:
    return " ".join(f"*{suffix} *{suffix.upper()}" for suffix in suffixes)


def _plan(paths: Sequence[str]) -> list[Dropped]:
    """One entry for each thing; those of one folder meet where the first of them came."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(_group(path), []).append(path)
    return [_dropped(members) for members in groups.values()]


def _group(path: str) -> str:
    """Images of a folder share a group, so do poses; everything else has one of its own."""
    file = Path(path)
    # A folder may be called "scan.png".
    if is_image_name(file.name) and not file.is_dir():
        return f"images of {file.parent}"
    if is_pose_name(file.name) and file.is_file() and holds_people(file):
        return f"poses of {file.parent}"
    if file.is_file() and begins_as_dicom(file):
        return f"scan of {file.parent}"
    return f"path {path}"


def _dropped(members: list[str]) -> Dropped:
    file = Path(members[0])
    if len(members) == 1:
        return Dropped(Opening(members[0]), _words(file))
    names = sorted({Path(path).name for path in members}, key=lambda name: (natural(name), name))
    folder = file.parent
    present, words = _present(file)
    array = None if names == present else JOINED_BY.join(names)
    return Dropped(Opening(str(folder), array=array), f"{len(names)} {words}")


def _present(file: Path) -> tuple[list[str], str]:
    """All files of a folder that would belong with this one, and what they are."""
    try:
        if is_image_name(file.name):
            return image_names(file.parent)[0], "images as one clip"
        if is_pose_name(file.name):
            return pose_names(file.parent), "pose files as one skeleton"
        # All files there: to look into each would take long while a person drags.
        names = sorted(file_names(file.parent), key=lambda name: (natural(name), name))
    except OSError:
        names = []
    return names, "DICOM files as one scan"


def _words(path: Path) -> str:
    """A single path in words: a folder with its images counted, or a file's name."""
    if not path.is_dir():
        return path.name
    name = path.name or path.resolve().name
    try:
        if is_pose_folder(path):
            return f"{name}/ ({len(pose_names(path))} pose files) as one skeleton"
        if is_dicom_folder(path):
            return f"{name}/ as a scan (DICOM)"
        count = len(image_names(path)[0])
    except OSError:
        count = 0
    if count == 0:
        return f"{name}/ (no images in it)"
    return f"{name}/ ({count} images) as one clip" if count > 1 else f"{name}/ (one image)"
