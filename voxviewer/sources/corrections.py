"""What a person set right after a file was read: which person, the unit, the way up, the rate.

A pure function of the noun that the reader made: nothing is read again, so that a correction, and
taking it back, are there at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, overload

import numpy as np

from voxviewer.data import Skeleton, Volume, frozen
from voxviewer.files import SourceError
from voxviewer.settings import CORRECTIONS
from voxviewer.sources.skeletons.recording import even_times, remarks

if TYPE_CHECKING:
    from voxviewer.settings import Opening

OF_SKELETONS = ("person", "unit", "up")


@overload
def corrected(source: Skeleton, opening: Opening) -> Skeleton: ...
@overload
def corrected(source: Volume, opening: Opening) -> Volume: ...
@overload
def corrected(source: Volume | Skeleton, opening: Opening) -> Volume | Skeleton: ...
def corrected(source: Volume | Skeleton, opening: Opening) -> Volume | Skeleton:
    """The source as it is with the corrections of this opening, and with no others.

    Parameters
    ----------
    source : as it was read, or corrected otherwise before
    opening : of the same file

    Raises
    ------
    SourceError
        for a person that is not there, or a correction that this kind of source does not have
    """
    given = {name for name in CORRECTIONS if getattr(opening, name) is not None}
    if isinstance(source, Skeleton):
        return _skeleton(source.as_read or source, opening) if given or source.as_read else source
    return _volume(source, opening, given) if given else source


def _skeleton(read: Skeleton, opening: Opening) -> Skeleton:
    """The recording as it was read, with the corrections laid over it."""
    if opening == read.opening:
        return read
    chosen = _person(read, opening.person)
    unit, up = opening.unit or read.unit, opening.up or read.up
    told = list(read.facts.decisions)
    if opening.person is not None:
        told.append(f"person {opening.person} of {read.shape[1]} chosen by hand")
    told += _changed("unit", read.unit, unit) + _changed("up", read.up, up)
    times = read.times
    if opening.rate is not None:
        times = _times(read.shape[0], opening.rate)
        told.append(f"rate set by hand: {opening.rate:g} frames per second")
    warnings = _warnings(read, chosen)
    facts = replace(
        chosen.facts, decisions=tuple(told), warnings=warnings, nbytes=chosen.joints.nbytes
    )
    return replace(
        chosen, facts=facts, opening=opening, unit=unit, up=up, times=times, as_read=read
    )


def _person(read: Skeleton, person: int | None) -> Skeleton:
    if person is None:
        return read
    count = read.shape[1]
    if person >= count:
        has = "one person" if count == 1 else f"{count} persons"
        raise SourceError(
            read.path, f"has {has}, and person {person} is not there", "Persons count from 0"
        )
    one = slice(person, person + 1)
    places = read.film_places
    return replace(
        read,
        joints=frozen(read.joints[:, one]),
        score=frozen(read.score[:, one]),
        film_places=None if places is None else frozen(places[:, one]),
    )


def _warnings(read: Skeleton, chosen: Skeleton) -> tuple[str, ...]:
    """The reader's, but what it said of all persons is said of the chosen one."""
    if chosen is read:
        return read.facts.warnings
    of_all = _remarks(read)
    kept = tuple(text for text in read.facts.warnings if text not in of_all)
    return kept + _remarks(chosen)


def _remarks(source: Skeleton) -> tuple[str, ...]:
    return remarks(source.topology, np.asarray(np.isfinite(source.joints).all(axis=-1)))


def _changed(what: str, before: str, now: str) -> list[str]:
    return [f"{what} set by hand: {now}, read as {before}"] if now != before else []


def _times(frames: int, rate: float) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    times = even_times(frames, rate)
    return None if times is None else frozen(times)


def _volume(source: Volume, opening: Opening, given: set[str]) -> Volume:
    """A volume has frames in time, and no persons."""
    for name in OF_SKELETONS:
        if name in given:
            raise SourceError(source.path, f"is no skeleton, so it has no {name}", "Leave it out")
    if source.shape[0] < 2:
        raise SourceError(source.path, "has one moment in time, so it has no rate", "Leave it out")
    told = (*source.facts.decisions, f"rate set by hand: {opening.rate:g} frames per second")
    return replace(
        source,
        facts=replace(source.facts, decisions=told),
        opening=opening,
        times=_times(source.shape[0], opening.rate or 1.0),
    )
