"""What exports have in common: which kinds of file are built, and the report they give back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

FILMS = (".gif",)
STILLS = (".png",)
TENSORS = (".npy", ".npz")
PLANNED = (".h5", ".nii.gz", ".tfrecord", ".zarr", ".mp4")


@dataclass(frozen=True)
class Saved:
    """A file that was written.

    Attributes
    ----------
    path : where it is
    nbytes : its size
    frames : how many frames it has; of a batch, those of one clip
    sentences : what was written and how large it is; and what a person should know about it
    lossless : True where it holds the very values, or the very pixels of the screen
    delay, rate : of films: centiseconds of every frame, and the frames per second they make
    width, height : of films: pixels
    side : the JSON file beside a tensor
    """

    path: Path
    nbytes: int
    frames: int
    sentences: tuple[str, str]
    lossless: bool = True
    delay: int | None = None
    rate: float | None = None
    width: int = 0
    height: int = 0
    side: Path | None = None

    @property
    def text(self) -> str:
        """Both sentences as one line."""
        return " ".join(self.sentences)


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the ending of a file's name in small letters: ".gif", ".nii.gz", "" for none."""
    name = Path(path).name.lower()
    double = ".nii.gz"
    return double if name.endswith(double) else Path(name).suffix


def require_suffix(
    path: str | os.PathLike[str], built: tuple[str, ...], offered: tuple[str, ...] | None = None
) -> str:
    """Return the file's ending where it is one of those; ask before the work, not after it.

    `offered` are the endings the sentence names, where they are more than those.

    Raises
    ------
    ValueError
        one sentence: planned, or not known, and what can be written
    """
    suffix = suffix_of(path)
    if suffix in built:
        return suffix
    *some, last = offered or built
    options = f"{', '.join(some)} or {last}" if some else last
    name = Path(path).name or os.fspath(path)
    if suffix in PLANNED:
        raise ValueError(f"{name}: {suffix} files are planned but not built yet; use {options}")
    if suffix in FILMS + TENSORS:
        kind = "a film of pixels" if suffix in FILMS else "an array of values"
        raise ValueError(f"{name}: {suffix} is {kind}, which is not asked for here; use {options}")
    problem = f"files ending in {suffix} cannot be written" if suffix else "the name has no ending"
    raise ValueError(f"{name}: {problem}; use {options}")
