"""Text files with limits: whole lines with their numbers, figures that say where they are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from voxviewer.files import SourceError, require_memory
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voxviewer.data import Progress
    from voxviewer.sources.boundary import Request

HELD = 12
"""Bytes in memory for a byte of text while it is taken apart."""

LONGEST_NUMBER = 400


def read_text(request: Request) -> str:
    """The whole file as text: UTF-8, or UTF-16 with its mark, else Latin-1; any line ends."""
    size = request.path.stat().st_size
    require_memory(HELD * size, request.path, "reading it", allow_large=request.allow_large)
    request.progress(0.0, f"Reading {request.path.name}")
    return decoded(request.path.read_bytes())


def decoded(data: bytes) -> str:
    """Bytes as text; a byte that is no UTF-8 makes all of it Latin-1, which never fails."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def within(progress: Progress, start: float, end: float) -> Progress:
    """The progress of a part of the work, which is told from `start` to `end`."""

    def told(fraction: float, text: str) -> None:
        progress(start + (end - start) * fraction, text)

    return told


class Lines:
    """The lines of a file that hold something, one after another, as words.

    `number` is that of the line last taken, counted from 1.
    """

    def __init__(self, request: Request, text: str) -> None:
        self.request = request
        # Not splitlines(): it also breaks at form feeds and at separators inside of names.
        self._rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.number = 0

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            words = self.next_words()
            if words is None:
                return
            yield words

    @property
    def share(self) -> float:
        """How much of the file has been taken."""
        return self.number / max(len(self._rows), 1)

    def next_line(self) -> str | None:
        """The next line that is not blank, without blanks around it; None at the end."""
        while self.number < len(self._rows):
            line = self._rows[self.number].strip()
            self.number += 1
            if line:
                return line
        return None

    def next_words(self) -> list[str] | None:
        """The words of the next line that is not blank; None at the end."""
        line = self.next_line()
        return None if line is None else line.split()

    def words(self, what: str) -> list[str]:
        """The words of the next line, which must be there."""
        words = self.next_words()
        if words is None:
            raise SourceError(
                self.request.path, f"ends after line {self.number}, before {what}", "Copy it again"
            )
        return words

    def whole(self, what: str, most: int) -> int:
        """The next line as one whole number from 0 to `most`."""
        words = self.words(what)
        if len(words) != 1 or not words[0].isdecimal() or len(words[0]) > 18:
            self.refuse(f"has {shown(words)} where {what} should be")
        value = int(words[0])
        if value > most:
            self.refuse(f"says {value} is {what}, which cannot be")
        return value

    def numbers(self, words: Sequence[str], what: str) -> list[float]:
        """Words as numbers; "nan" and what overflows are numbers too."""
        try:
            return [float(word) for word in words]
        except ValueError:
            return self.refuse(f"has {shown(words)} where {what} should be")

    def refuse(self, problem: str, remedy: str = DAMAGED) -> NoReturn:
        """Raise about the line last taken."""
        raise SourceError(self.request.path, f"line {self.number} {problem}", remedy)


def shown(words: Sequence[str]) -> str:
    """A few words of a file, in quotes, short and printable."""
    text = " ".join(words)[:60]
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"{plain!r}"
