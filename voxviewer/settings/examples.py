"""Which clips networks learn from, and the class or the number of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from voxviewer.settings.checks import make_plain, require_choice

if TYPE_CHECKING:
    from voxviewer.settings.opening import Opening

LEARNED_FROM = ("open", "waves", "files")


@dataclass(frozen=True)
class ExamplesSettings:
    """What is learned from. A command line names it as its files.

    Attributes
    ----------
    folder : of filters trained to tell classes apart: a folder with a folder for each class, or
        "sample:waves"; "": none yet
    all_open : filters that need no classes are trained on all open sources, not on one alone
    recurrent : a recurrent network is fitted to "open" clips, to "waves" or to "files"
    path : of those files: a folder with a folder for each class, or a CSV file; "": none yet
    classes : the words that a person gave to open clips, as (`key_of(opening)`, word); a clip that
        is not among them has the word that its name suggests
    """

    folder: str = ""
    all_open: bool = False
    recurrent: str = "open"
    path: str = ""
    classes: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        make_plain(self)
        for name in ("folder", "path"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} must be a path, not {getattr(self, name)!r}")
        if not isinstance(self.all_open, bool):
            raise ValueError(f"all_open must be True or False, not {self.all_open!r}")
        require_choice("recurrent", self.recurrent, LEARNED_FROM)
        if not isinstance(self.classes, tuple) or not all(map(_is_pair, self.classes)):
            raise ValueError(f"classes must be pairs of a clip and its word, not {self.classes!r}")

    def class_of(self, opening: Opening) -> str | None:
        """The word that was given to a clip; None where none was."""
        return dict(self.classes).get(key_of(opening))

    def with_class(self, opening: Opening, word: str) -> ExamplesSettings:
        """The same with another word for a clip."""
        return replace(self, classes=tuple({**dict(self.classes), key_of(opening): word}.items()))


def key_of(opening: Opening) -> str:
    """What tells open clips apart: the path, and which of several arrays, series or persons."""
    parts = {"array": opening.array, "series": opening.series or None, "person": opening.person}
    which = [f"{name} {value}" for name, value in parts.items() if value is not None]
    return ", ".join([opening.path, *which])


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, str) for one in value)
    )
