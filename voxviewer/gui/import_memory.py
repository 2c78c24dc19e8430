"""How the last file of each kind was corrected, kept between starts and used for the next one.

A kind is what a reader calls the format ("BVH", "OpenPose JSON"). What is kept is small and written
as JSON into the settings file; whatever else stands there is ignored.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voxviewer.data import Skeleton
from voxviewer.files import SourceError
from voxviewer.gui.recent import settings
from voxviewer.settings import CORRECTIONS

if TYPE_CHECKING:
    from voxviewer.data import Source
    from voxviewer.settings import Opening

_KEY = "import/v1"
ASKED = "asked"
"""Kept beside the corrections: the person was asked for the unit and left it open."""


def kind_of(source: Source) -> str:
    """The kind of file, as people name it; "" for what the program made itself."""
    if source.path.startswith("sample:"):
        return ""
    return source.facts.format.partition(",")[0].strip()


def kept(kind: str) -> dict[str, Any]:
    """What is kept of a kind; empty where there is nothing that can be read."""
    try:
        found = json.loads(str(settings().value(_place(kind), "{}")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def keep(source: Skeleton, **more: Any) -> None:
    """Keep how this source was corrected, for the next of its kind."""
    kind = kind_of(source)
    if not kind:
        return
    given = {name: getattr(source.opening, name) for name in CORRECTIONS}
    asked = {ASKED: True} if kept(kind).get(ASKED) else {}
    found = {name: value for name, value in given.items() if value is not None} | asked | more
    if found:
        settings().setValue(_place(kind), json.dumps(found))
    else:
        settings().remove(_place(kind))


def as_last(source: Source) -> Source:
    """Correct a source as the last of its kind was; one that was opened with corrections stays."""
    if not isinstance(source, Skeleton) or source.as_read is not None:
        return source
    from voxviewer.sources.corrections import corrected

    kind = kind_of(source)
    wanted = kept(kind) if kind else {}
    try:
        return corrected(source, _fitting(source, wanted))
    except (ValueError, TypeError, SourceError):  # written by another hand
        return source


def _fitting(source: Skeleton, wanted: dict[str, Any]) -> Opening:
    """The opening with what of it makes a difference here."""
    useful: dict[str, Any] = {name: wanted.get(name) for name in CORRECTIONS}
    if useful["person"] is not None and not 0 <= useful["person"] < source.shape[1] > 1:
        useful["person"] = None
    for name in ("unit", "up"):
        if useful[name] == getattr(source, name):
            useful[name] = None
    return replace(source.opening, **useful)


def _place(kind: str) -> str:
    return f"{_KEY}/{kind.replace('/', ' ').replace(chr(92), ' ')}"
