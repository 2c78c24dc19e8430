"""The lowest floor of disk and memory: errors that speak, room first, safe writing, assets."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

GIGABYTE = 1 << 30


class SourceError(Exception):
    """A file cannot be used: which one, what is wrong with it, what to do. One sentence or two.

    `str(error)` is for people: "scan.nii.gz: ends after 3.1 of 18.9 MB. Copy it again."
    """

    def __init__(self, path: str | os.PathLike[str], problem: str, remedy: str = "") -> None:
        self.path = os.fspath(path)
        self.problem = problem.rstrip(".")
        self.remedy = remedy.rstrip(".")
        super().__init__(f"{self.title}." + (f" {self.remedy}." if self.remedy else ""))

    @property
    def title(self) -> str:
        """Which file and what is wrong with it, without a full stop."""
        # A name may hold line breaks and worse; a sentence stays on one line.
        return f"{printable(Path(self.path).name or self.path or chr(39) * 2)}: {self.problem}"


def printable(text: str) -> str:
    """The text without line breaks and what else a terminal would obey, as escapes."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


class TooLargeError(SourceError):
    """What was asked for does not fit in memory; `askable` where a person may insist.

    `remedy` is for scripts and the terminal, which insist by an argument; `risk` for a window,
    where a button stands beside the question.
    """

    risk = "It may slow down everything else on this computer."

    def __init__(
        self, path: str | os.PathLike[str], problem: str, remedy: str = "", *, askable: bool = False
    ) -> None:
        super().__init__(path, problem, remedy)
        self.askable = askable


CGROUP = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes that can be taken without swapping, or without the end that a container's limit is."""
    import psutil

    return max(0, min([int(psutil.virtual_memory().available), *_container_room()]))


def _container_room() -> list[int]:
    """What a control group leaves: [limit - in use], both versions' files; nothing without a limit.

    Pages of files count as in use and yet are given back when needed: `inactive_file`.
    """
    for limit, used, stat in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        with suppress(OSError, ValueError):
            most = int((CGROUP / limit).read_text())  # "max" where there is none
            taken = int((CGROUP / used).read_text())
            words = (CGROUP / stat).read_text().split()
            names = ("total_inactive_file", "inactive_file")
            given_back = next((int(words[words.index(n) + 1]) for n in names if n in words), 0)
            return [most - taken + given_back]
    return []


def size_text(nbytes: float) -> str:
    """Bytes for people, in decimal units as drives are sold: "262 kB", "3.1 MB"."""
    if nbytes < 1000:
        return f"{int(nbytes)} B"
    for unit in ("kB", "MB", "GB", "TB"):
        nbytes /= 1000
        if nbytes < 999.5:
            return f"{nbytes:.0f} {unit}" if nbytes >= 99.5 else f"{nbytes:.1f} {unit}"
    return f"{nbytes / 1000:.1f} PB"


def require_memory(
    needed: int,
    path: str | os.PathLike[str],
    what: str,
    *,
    allow_large: bool = False,
    stored: int | None = None,
    remedy: str = "Use a smaller size or part of it, or close programs",
) -> None:
    """Refuse work whose estimated peak does not fit, before anything is allocated.

    Parameters
    ----------
    needed : estimated peak, bytes
    path, what : for the sentence: which file, what is being done ("reading it")
    allow_large : the person insists: only what cannot fit is refused
    stored : bytes on disk of a compressed file, to notice one that unpacks over 100 to 1
    remedy : what to do where it cannot fit

    Raises
    ------
    TooLargeError
        over four fifths of free memory always; over half of it, or over 1 GB out of a file
        compressed over 100 to 1, unless `allow_large` (then `askable` is True)
    """
    free = available_memory()
    sizes = f"{what} takes {size_text(needed)} of {size_text(free)} free memory"
    if needed > 0.8 * free:
        raise TooLargeError(path, sizes, remedy)
    if allow_large:
        return
    if needed > 0.5 * free:
        raise TooLargeError(path, sizes, "Allow large files to go on", askable=True)
    if stored is not None and needed > GIGABYTE and needed > 100 * max(stored, 1):
        raise TooLargeError(
            path,
            f"{size_text(stored)} on disk unpack to {size_text(needed)}",
            "Allow large files to go on, if you trust it",
            askable=True,
        )


def require_place(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Return a target and the folder it goes to; refuse one where nothing can be written.

    Long work asks before it begins.
    """
    target = Path(path)
    try:
        folder = target.resolve().parent
        there, taken = folder.is_dir(), target.is_dir()
    except (OSError, ValueError, RuntimeError) as error:  # a folder that is gone, "\0", a loop
        problem = getattr(error, "strerror", None) or str(error)
        raise SourceError(
            target, f"cannot be written: {problem}", "Choose another place"
        ) from error
    if not there:
        raise SourceError(target, f"the folder {folder} is not there", "Make it or choose another")
    if taken:
        raise SourceError(target, "is a folder", "Give the name of a file")
    if not os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        problem = f"cannot be written: the folder {folder} is closed to you or read-only"
        raise SourceError(target, problem, "Choose another folder")
    return target, folder


@contextmanager
def replace_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path beside the target to write to; move it into place when the block ends well.

    Killed at any moment, the target is the old file or the new one, never half of one. Written
    data are flushed to disk before the move. On an error the temporary file is removed.

    Example
    -------
    >>> with replace_file("maps.npy") as part:
    ...     part.write_bytes(b"...")
    """
    target, folder = require_place(path)
    try:
        handle, name = tempfile.mkstemp(prefix=".vox-", suffix=".part" + target.suffix, dir=folder)
    except OSError as error:
        raise SourceError(
            target, f"cannot be written: {error.strerror}", "Choose another folder"
        ) from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        _flush(part)
        _mode_of_target(part, target)
        os.replace(part, target.resolve() if target.is_symlink() else target)
        _flush_folder(folder)
    except OSError as error:
        raise SourceError(
            target, f"cannot be written: {error.strerror or error}", "Check the disk"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _flush(path: Path) -> None:
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def _mode_of_target(part: Path, target: Path) -> None:
    """`mkstemp` makes files that only their owner reads; give what a plain `open` would have."""
    if os.name != "posix":
        return
    if target.exists():
        os.chmod(part, target.stat().st_mode & 0o777)
        return
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(part, 0o666 & ~umask)


def _flush_folder(folder: Path) -> None:
    """Make the move itself durable, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def asset(*parts: str) -> Path:
    """The path of a shipped file: `asset("icons", "open.svg")`, `asset("resources", ...)`.

    In a wheel they lie in `voxviewer/_assets/`; in a checkout at the top of the repository.
    """
    package = Path(__file__).parent
    installed = package / "_assets"
    return (installed if installed.is_dir() else package.parent).joinpath(*parts)


def cache_folder() -> Path:
    """The user's cache folder of this program, made if need be."""
    import platformdirs

    return Path(platformdirs.user_cache_path("voxviewer", appauthor=False, ensure_exists=True))
