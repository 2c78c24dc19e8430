"""The one reading boundary: whatever a library raises over a file becomes one `SourceError`.

The readers' libraries raise some two dozen types for what is one thing to a person: the file cannot
be used. Everything is translated here and nowhere else. What stops the work on purpose passes:
exceptions that are no `Exception`, those marked `passes_boundary`, and all that `progress` raises.
"""

from __future__ import annotations

import errno
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.files import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from voxviewer.data import Progress
    from voxviewer.settings import Opening

DAMAGED = "It may be damaged: copy it again or export it anew"

# Types by name, so that their libraries need not be imported to recognize them.
PROBLEMS = {
    "EOFError": ("ends too early", DAMAGED),
    "BadGzipFile": ("is not the gzip file that it should be", DAMAGED),
    "BadZipFile": ("is not the zip archive that it should be", DAMAGED),
    "MemoryError": ("does not fit in memory", "Use a smaller file or close programs"),
    "RecursionError": ("is nested too deeply to be read safely", DAMAGED),
    "DecompressionBombError": ("has more pixels than can be opened safely", "Make it smaller"),
    "UnidentifiedImageError": ("is not a picture that can be read", DAMAGED),
    "HeaderDataError": ("has a header that makes no sense", DAMAGED),
}

# What Pillow says of pixels that it cannot decode: a plain OSError, its text all there is.
WORDS = {
    "truncated": ("is cut off in the middle", "Copy it again"),
    "broken data stream": ("holds pixels that cannot be decoded", DAMAGED),
    "decoder error": ("holds pixels that cannot be decoded", DAMAGED),
}


class Watched:
    """A progress that remembers what it raised, so that the boundary lets exactly that pass."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.raised: BaseException | None = None

    def __call__(self, fraction: float, text: str) -> None:
        """Pass on (share done, what is being done)."""
        try:
            self._progress(fraction, text)
        except BaseException as error:
            self.raised = error
            raise


@dataclass(frozen=True)
class Request:
    """What a reader is asked for: how to open, the path on disk, and what goes with every job."""

    opening: Opening
    path: Path
    progress: Progress
    allow_large: bool = False


@contextmanager
def reading(path: str, watched: Watched) -> Iterator[None]:
    """Turn every exception of the block into a `SourceError` about this file."""
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        if error is watched.raised or getattr(error, "passes_boundary", False):
            raise
        raise _translated(path, error) from error


def _translated(path: str, error: Exception) -> SourceError:
    """What happened, in the words of a person who has only the file."""
    for kind in type(error).__mro__:
        if kind.__name__ in PROBLEMS:
            return SourceError(path, *PROBLEMS[kind.__name__])
    if isinstance(error, OSError) and error.errno is None:
        for words, sentence in WORDS.items():
            if words in str(error).lower():
                return SourceError(path, *sentence)
    # EINVAL is a seek to where no file goes: offsets inside the file are wrong, not the disk.
    if isinstance(error, OSError) and error.strerror and error.errno != errno.EINVAL:
        return SourceError(path, f"cannot be read: {error.strerror}", "Check the file and the disk")
    if isinstance(error, OSError) and error.errno == errno.EINVAL:
        return SourceError(path, "has wrong offsets inside", DAMAGED)
    if isinstance(error, zlib.error):
        return SourceError(path, "holds compressed data that cannot be unpacked", DAMAGED)
    return SourceError(path, f"cannot be read ({_first_line(error)})", DAMAGED)


def _first_line(error: Exception) -> str:
    """The first line of an exception's text, short and printable, or its type where it has none."""
    lines = str(error).strip().splitlines()
    text = "".join(letter for letter in lines[0] if letter.isprintable()) if lines else ""
    return text[:160] or type(error).__name__
