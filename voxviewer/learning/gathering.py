"""What there is to learn from, as a list: files, sources or clips, and the class of each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from voxviewer.data import Clip, Skeleton, Volume
from voxviewer.files import SourceError
from voxviewer.learning.targets import read_targets
from voxviewer.learning.waves import SEEDS, WAVES, wave_clips
from voxviewer.settings import Opening
from voxviewer.settings.training import WHOLE_CLIP
from voxviewer.sources.folders import stays_inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.settings import TrainingSettings

One: TypeAlias = "str | os.PathLike[str] | Opening | Volume | Skeleton | Clip"
Sorted: TypeAlias = "Mapping[str | float, One | Sequence[One]]"
Listed: TypeAlias = "One | Sequence[One] | None"
Data: TypeAlias = "Listed | Sorted"

LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, eq=False)
class Piece:
    """One file, source or clip; `target` is the word or number that belongs to it, if any."""

    what: Opening | Volume | Skeleton | Clip
    target: str | float | None = None

    @property
    def path(self) -> str:
        """Where it comes from, for sentences."""
        if isinstance(self.what, Opening):
            return self.what.path
        return self.what.name if isinstance(self.what, Clip) else self.what.opening.path


def gather(data: Data, settings: TrainingSettings) -> tuple[Piece, ...]:
    """List what a task learns from; nothing but names and the CSV file is read.

    Parameters
    ----------
    data : clips, sources, paths or openings, one or several; for "classes" one folder with a folder
        for each class, in which every file or folder is a clip, or "sample:waves"; for "targets"
        nothing, or the folder that the names in the CSV file start from. For both also a mapping
        from each class or number to its clips, sources or paths

    Raises
    ------
    SourceError, ValueError
        one sentence: what is missing or of no use, and what to do
    """
    if isinstance(data, Mapping):
        return _sorted(data, settings)
    if settings.task == "classes":
        return _classes(data)
    if settings.task == "targets":
        return _targets(data, settings.targets)
    pieces = tuple(Piece(_known(one)) for one in _several(data))
    if not pieces:
        raise ValueError("There is nothing to learn from. Open a file, or name one.")
    return pieces


def _several(data: Listed) -> list[One]:
    if data is None:
        return []
    if isinstance(data, (str, os.PathLike, Opening, Volume, Skeleton, Clip)):
        return [data]
    return list(data)


def _known(one: One) -> Opening | Volume | Skeleton | Clip:
    if isinstance(one, (Opening, Volume, Skeleton, Clip)):
        return one
    return Opening(os.fspath(one))


def _sorted(data: Sorted, settings: TrainingSettings) -> tuple[Piece, ...]:
    """Clips that are listed by their class or number."""
    if settings.task not in WHOLE_CLIP:
        raise ValueError(f"The task {settings.task!r} knows no classes: give the clips alone.")
    pairs = [(target, one) for target, clips in data.items() for one in _several(clips)]
    return tuple(Piece(_known(one), target) for target, one in pairs)


def _classes(data: Listed) -> tuple[Piece, ...]:
    """Every file or folder in the folder of a class."""
    if _is_waves(data):
        return tuple(Piece(clip, way) for way, clip in wave_clips(range(SEEDS)))
    folder = _one_folder(data, "Classes are folders in one folder: name that folder.")
    names = [name for name in _entries(folder) if (folder / name).is_dir()]
    if len(names) < 2:
        found = f"one class, {names[0]}" if names else "no folder of a class"
        remedy = "Put the clips of each class into a folder of its own, two classes at least"
        raise SourceError(folder, f"holds {found}", remedy)
    pieces: list[Piece] = []
    for name in names:
        clips = _entries(folder / name)
        if len(clips) < 2:
            count = "1 clip" if clips else "no clip"
            remedy = "Give each class two at least, one to learn from and one to hold out"
            raise SourceError(folder / name, f"holds {count}", remedy)
        pieces += [Piece(Opening(str(folder / name / clip)), name) for clip in clips]
    return tuple(pieces)


def _is_waves(data: Listed) -> bool:
    one = _several(data)[:2]
    return [item.path if isinstance(item, Opening) else item for item in one] == [WAVES]


def _one_folder(data: Listed, otherwise: str) -> Path:
    several = _several(data)
    one = several[0] if len(several) == 1 else None
    path = one.path if isinstance(one, Opening) else one
    if not isinstance(path, (str, os.PathLike)):
        raise ValueError(otherwise)
    folder = Path(path)
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "is not there"
        raise SourceError(folder, problem, otherwise)
    return folder


def _entries(folder: Path) -> list[str]:
    """The names in a folder in order, without hidden ones and links that lead out of it."""
    names = sorted(os.listdir(folder))
    return [
        name
        for name in names
        if not name.startswith(".")
        and name.lower() not in LEFT_BY_SYSTEMS
        and stays_inside(folder / name, folder)
    ]


def _targets(data: Listed, table: str | None) -> tuple[Piece, ...]:
    """The clips that a CSV file names."""
    if table is None:
        raise ValueError(
            "Targets come from a CSV file with the columns file and target: name it as targets."
        )
    where = "Name the folder of the files, or nothing where they lie beside the CSV file."
    folder = _one_folder(data, where) if _several(data) else Path(table).resolve().parent
    rows = read_targets(table)
    for row in rows:
        if not (folder / row.file).exists():
            problem = f"names {row.file} in line {row.line}, which is not there"
            raise SourceError(table, problem, f"Files are looked for in {folder}")
    return tuple(Piece(Opening(str(folder / row.file)), row.target) for row in rows)


__all__ = ["Data", "One", "Piece", "gather"]
