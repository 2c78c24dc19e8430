"""Persons followed from frame to frame: the nearest mean joint distance says who is who.

Pose estimators give the persons of a frame in any order. Each found person goes to the track whose
last known joints are nearest on average; pairs are taken nearest first, then any two pairs change
partners where that makes their distances shorter. Someone further away than the figure is large is
someone new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Progress

FORGOTTEN = 300
"""After this many frames a person who comes back counts as someone new."""

REACH = 1.0
"""How far a person may move between two frames, in figures' sizes."""

MOST_PERSONS = 200
"""In one frame; more are no recording of people, and their distances would fill the memory."""

MOST_TRACKS = 500
"""Tracks that are looked at together; those not seen for the longest are forgotten first."""


def followed(
    frames: Sequence[NDArray[Any]], progress: Progress, text: str = "Following persons"
) -> list[list[int]]:
    """The track of every person of every frame, counted from 0 in order of appearance.

    Parameters
    ----------
    frames : for each frame (persons, J, 3), NaN = not seen; persons without a joint get no track

    Returns
    -------
    for each frame the track of each person, -1 for those without a joint
    """
    tracks = _Tracks()
    result = []
    for number, persons in enumerate(frames):
        if number % 64 == 0:
            progress(number / len(frames), text)
        result.append(tracks.take(number, persons))
    return result


class _Tracks:
    """The last known joints of everyone met so far."""

    def __init__(self) -> None:
        self._joints: NDArray[Any] = np.empty((0, 0, 3))
        self._last: NDArray[np.int64] = np.empty(0, np.int64)
        self._numbers: NDArray[np.int64] = np.empty(0, np.int64)
        self._met = 0

    def take(self, frame: int, persons: NDArray[Any]) -> list[int]:
        """Give each person of a frame a track and remember where they are."""
        self._forget(frame)
        given = [-1] * len(persons)
        seen = np.isfinite(persons).all(axis=-1)
        present = np.flatnonzero(seen.any(axis=1))
        if not len(present):
            return given
        for person, place in self._pairs(persons[present], frame):
            index = int(present[person])
            given[index] = int(self._numbers[place])
            self._joints[place][seen[index]] = persons[index][seen[index]]
            self._last[place] = frame
        new = [int(index) for index in present if given[index] < 0]
        for index in new:
            given[index] = self._met
            self._met += 1
        self._add(persons[new], [given[index] for index in new], frame)
        return given

    def _forget(self, frame: int) -> None:
        keep = self._last >= frame - FORGOTTEN
        if len(keep) > MOST_TRACKS:
            keep &= self._last > np.sort(self._last)[-MOST_TRACKS - 1]
        if not keep.all():
            self._joints, self._last = self._joints[keep], self._last[keep]
            self._numbers = self._numbers[keep]

    def _add(self, persons: NDArray[Any], numbers: list[int], frame: int) -> None:
        if not numbers:
            return
        known = self._joints if len(self._joints) else np.empty((0, *persons.shape[1:]))
        self._joints = np.concatenate([known, persons])
        self._last = np.append(self._last, [frame] * len(numbers))
        self._numbers = np.append(self._numbers, numbers)

    def _pairs(self, persons: NDArray[Any], frame: int) -> list[tuple[int, int]]:
        """(person, place of the track), each of both once, within reach."""
        if not len(self._joints):
            return []
        far = _distances(persons, self._joints)
        size = np.maximum(_sizes(persons)[:, None], _sizes(self._joints)[None])
        # A lone joint has no size: it may be anywhere. Who was away may have gone further.
        size[size == 0] = np.inf
        away = (frame - self._last)[None]
        far[~(far <= REACH * size * np.minimum(away, 4))] = np.inf
        return _exchanged(_nearest_first(far), far)


def _nearest_first(far: NDArray[Any]) -> list[tuple[int, int]]:
    """(person, place) pairs within reach, the nearest first, each of both once."""
    free_persons, free_places = set(range(far.shape[0])), set(range(far.shape[1]))
    pairs = []
    for flat in np.argsort(far, axis=None, kind="stable"):
        person, place = divmod(int(flat), far.shape[1])
        if not free_persons or not np.isfinite(far[person, place]):
            break
        if person in free_persons and place in free_places:
            pairs.append((person, place))
            free_persons.discard(person)
            free_places.discard(place)
    return pairs


def _exchanged(pairs: list[tuple[int, int]], far: NDArray[Any]) -> list[tuple[int, int]]:
    """The same persons and places; the two pairs that gain most change partners, and again."""
    if len(pairs) < 2:
        return pairs
    persons, places = [person for person, _ in pairs], [place for _, place in pairs]
    for _ in range(4 * len(pairs)):
        table = far[np.ix_(persons, places)]
        own = np.diagonal(table)
        with np.errstate(invalid="ignore"):
            gain = own[:, None] + own[None] - table - table.T
        first, second = divmod(int(np.nanargmax(gain)), len(pairs))
        if not gain[first, second] > 1e-9 * own.max():
            break
        places[first], places[second] = places[second], places[first]
    return list(zip(persons, places, strict=True))


def _distances(persons: NDArray[Any], tracks: NDArray[Any]) -> NDArray[Any]:
    """(persons, tracks) mean distance of the joints seen in both; of the centers if none is."""
    gaps = np.linalg.norm(persons[:, None] - tracks[None], axis=-1)
    both = np.isfinite(gaps)
    count = both.sum(axis=-1)
    mean = np.where(both, gaps, 0).sum(axis=-1) / np.maximum(count, 1)
    apart = np.linalg.norm(_centers(persons)[:, None] - _centers(tracks)[None], axis=-1)
    result: NDArray[Any] = np.where(count > 0, mean, apart)
    return result


def _centers(figures: NDArray[Any]) -> NDArray[Any]:
    seen = np.isfinite(figures).all(axis=-1, keepdims=True)
    total = np.where(seen, figures, 0).sum(axis=1)
    center: NDArray[Any] = total / np.maximum(seen.sum(axis=1), 1)
    return center


def _sizes(figures: NDArray[Any]) -> NDArray[Any]:
    """The diagonal of the box around each figure."""
    seen = np.isfinite(figures)
    high = np.where(seen, figures, -np.inf).max(axis=1)
    low = np.where(seen, figures, np.inf).min(axis=1)
    extent: NDArray[Any] = np.linalg.norm(np.where(seen.any(axis=1), high - low, 0), axis=-1)
    return extent
