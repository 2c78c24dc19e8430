"""The import card's words and numbers: decided from the noun, no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from voxviewer.gui.views.sticks import film_of_other_length, film_without_place, pair
from voxviewer.render.limits import number
from voxviewer.settings import UNITS, UPS
from voxviewer.sources.describe import timing

if TYPE_CHECKING:
    from voxviewer.data import Skeleton, Volume
    from voxviewer.session import Session
    from voxviewer.settings import Opening

UNIT_WORDS = {
    "px": "pixels",
    "m": "meters",
    "cm": "centimeters",
    "mm": "millimeters",
    "normalized": "0 to 1 of the picture",
    "unit": "−1 to 1",
    "unknown": "not known",
}
UP_WORDS = {"y+": "y up", "y-": "y down", "z+": "z up"}
AS_READ = " (as read)"
Options = list[tuple[Any, str]]


class Missing(NamedTuple):
    """A joint and the share of frames and persons in which it is not seen."""

    name: str
    share: float


def person_options(source: Skeleton) -> Options:
    """All persons, or one of them with the number of frames it is in."""
    read = source.as_read or source
    T, P = read.shape[:2]
    seen = np.asarray(np.isfinite(read.joints).all(axis=-1))
    frames = seen.any(axis=2).sum(axis=0)
    each = [(person, f"{person}: in {frames[person]} of {T} frames") for person in range(P)]
    return [(None, f"all {P}"), *each]


def unit_options(source: Skeleton) -> Options:
    """The unit as it was read, then all others."""
    return _options((source.as_read or source).unit, UNITS, UNIT_WORDS)


def up_options(source: Skeleton) -> Options:
    """The way up as it was read, then all others."""
    return _options((source.as_read or source).up, UPS, UP_WORDS)


def _options(read: str, known: tuple[str, ...], words: dict[str, str]) -> Options:
    others = [(item, words[item]) for item in known if item != read]
    return [(None, words.get(read, read) + AS_READ), *others]


def rate_hint(source: Skeleton) -> str:
    """What an empty rate means: the file's own, or that there is none."""
    rate, _ = timing((source.as_read or source).times)
    return f"{rate:g}" if rate is not None else "–"


def missing(source: Skeleton) -> list[Missing]:
    """The joints that are missing somewhere, the worst first."""
    seen = np.isfinite(source.joints).all(axis=-1)
    shares = 1.0 - seen.mean(axis=(0, 1))
    names = source.topology.names
    found = [
        Missing(names[j] if j < len(names) else f"joint {j}", float(share))
        for j, share in enumerate(shares)
        if share > 0
    ]
    return sorted(found, key=lambda item: -item.share)


def percent(share: float) -> str:
    """A share in words that never says nothing or all where it is not."""
    if share < 0.001:
        return "< 0.1 %"
    return (
        "> 99 %"
        if 0.99 < share < 1
        else f"{100 * share:.1f} %"
        if share < 0.1
        else (f"{100 * share:.0f} %")
    )


def extent_words(source: Skeleton) -> str:
    """Return how large the recording is: "Coordinates go from −18.7 to 39.5"."""
    finite = source.joints[np.isfinite(source.joints)]
    if not finite.size:
        return "No joint is seen"
    return f"Coordinates go from {number(float(finite.min()))} to {number(float(finite.max()))}"


def film_words(session: Session) -> str:
    """Return which open film of as many frames the recording is drawn over, or why it is not."""
    source, found = session.current, pair(session)
    if found is not None and found.recording is source:
        film = found.film.name
        return f"Over {film}, which has as many frames." if session.bones else f"F: over {film}."
    other = film_without_place(session)
    if other is None:
        return _lengths(source, film_of_other_length(session))
    return f"Not over {other.name}: where in a picture the joints lie is not known."


def _lengths(source: Skeleton | Volume | None, film: Volume | None) -> str:
    if source is None or film is None:
        return ""
    frames, others = source.shape[0], film.shape[0]
    return f"Not over {film.name}: it has {others} frames, the recording {frames}."


def changed_words(opening: Opening) -> str:
    """Return what differs from the file: "person 1, centimeters, z up, 120 fps"."""
    words = []
    if opening.person is not None:
        words.append(f"person {opening.person}")
    if opening.unit is not None:
        words.append(UNIT_WORDS[opening.unit])
    if opening.up is not None:
        words.append(UP_WORDS[opening.up])
    if opening.rate is not None:
        words.append(f"{opening.rate:g} fps")
    return ", ".join(words)
