"""From joints to the noun: what is missing, how many persons, what was decided, in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Alternative, Facts, Skeleton, frozen
from voxviewer.files import SourceError, require_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Topology
    from voxviewer.sources.boundary import Request

MANY_JOINTS = 600
"""More joints than this are more likely something else, which is said."""

ALL_PARTS = "all"
"""The name that opens all parts of a figure together."""

MOST_CHOICES = 200
"""Recordings of a file that are offered; any other is opened by its number."""

NAMED = 4
"""How many joints a sentence names before it counts the rest."""


@dataclass
class Recording:
    """What a reader found.

    Attributes
    ----------
    joints : (T, P, J, 2 or 3), any real dtype; a joint with a NaN or infinite coordinate was not
        seen
    film_places : (T, P, J, 2) shares of the width and height of the camera's pictures, or None
    score : (T, P, J) in 0..1, or None: 1 where seen
    stored_axes : letters of T, P, J, X for the stored shape
    """

    joints: NDArray[Any]
    topology: Topology
    format: str
    stored_shape: tuple[int, ...]
    stored_axes: str
    stored_dtype: str
    score: NDArray[Any] | None = None
    unit: str = "px"
    up: str = "y-"
    times: NDArray[Any] | None = None
    frame_size: tuple[int, int] | None = None
    film_places: NDArray[Any] | None = None
    decisions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    alternatives: tuple[Alternative, ...] = ()


def skeleton(recording: Recording, request: Request) -> Skeleton:
    """Make the noun: float32, missing joints NaN with score 0, everything read-only."""
    joints, seen = float_joints(recording.joints)
    if 0 in joints.shape:
        raise SourceError(request.path, "holds no joints", "Record it again")
    facts = Facts(
        format=recording.format,
        description="skeleton",
        stored_shape=recording.stored_shape,
        stored_axes=recording.stored_axes,
        stored_dtype=recording.stored_dtype,
        nbytes=joints.nbytes,
        decisions=tuple(recording.decisions),
        warnings=(*recording.warnings, *_infinite(recording), *remarks(recording.topology, seen)),
        alternatives=recording.alternatives,
    )
    return Skeleton(
        joints=frozen(joints),
        score=frozen(_score(recording.score, seen)),
        topology=recording.topology,
        facts=facts,
        opening=request.opening,
        name=request.path.name or request.path.resolve().name,
        unit=recording.unit,
        up=recording.up,
        times=_times(recording.times),
        frame_size=recording.frame_size,
        film_places=_film_places(recording.film_places, seen),
    )


def float_joints(values: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(T, P, J, 3) float32 with z = 0 where there is none, and (T, P, J) which joints are seen."""
    joints = np.zeros((*values.shape[:3], 3), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        joints[..., : values.shape[-1]] = values
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(joints).all(axis=-1))
    joints[~seen] = np.nan
    return joints, seen


def _score(score: NDArray[Any] | None, seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    if score is None:
        return seen.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        sure = np.clip(np.nan_to_num(score.astype(np.float32), nan=0.0), 0, 1)
    return np.where(seen, sure, np.float32(0))


def _film_places(
    places: NDArray[Any] | None, seen: NDArray[np.bool_]
) -> NDArray[np.float32] | None:
    """Those of joints that are seen; None where there are none."""
    if places is None:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        kept = np.where(seen[..., None] & np.isfinite(places), places, np.nan).astype(np.float32)
    kept[np.isnan(kept).any(axis=-1)] = np.nan
    return frozen(kept) if np.isfinite(kept).any() else None


def _times(times: NDArray[Any] | None) -> NDArray[np.float64] | None:
    """Seconds from the first frame on; None where they do not rise."""
    if times is None or len(times) < 2:
        return None
    seconds = np.asarray(times, np.float64)
    if not np.isfinite(seconds).all() or (np.diff(seconds) <= 0).any():
        return None
    return frozen(seconds - seconds[0])


def parts_to_choose(
    request: Request, counts: Mapping[str, int], usual: Sequence[str], shown: Sequence[str]
) -> tuple[Alternative, ...]:
    """The parts of a figure: those shown where none is named, each alone, and all of them.

    Parameters
    ----------
    counts : joints of every part
    usual : what is shown where none is named
    shown : what is shown now
    """
    if len(counts) < 2:
        return ()
    choices: list[tuple[str | None, Sequence[str]]] = [(part, [part]) for part in counts]
    if 1 < len(usual) < len(counts):
        choices.insert(0, (None, usual))
    choices.append((ALL_PARTS, list(counts)))
    return tuple(
        Alternative(
            replace(request.opening.as_read, array=array),
            "all parts" if array == ALL_PARTS else ", ".join(map(_plain, parts)),
            detail=f"{sum(counts[part] for part in parts)} joints",
            shown=list(parts) == list(shown),
        )
        for array, parts in choices
    )


def _plain(part: str) -> str:
    return part.replace("_", " ") or "landmarks"


def series_to_choose(
    request: Request, labels: Sequence[tuple[str, int]], shown: int
) -> tuple[Alternative, ...]:
    """The recordings of a file, each with its name and its number of frames."""
    if len(labels) < 2:
        return ()
    return tuple(
        Alternative(
            replace(request.opening.as_read, array=None, series=number),
            label,
            detail=f"{frames} frames",
            shown=number == shown,
        )
        for number, (label, frames) in enumerate(labels[:MOST_CHOICES])
    )


def even_times(count: int, rate: float | None) -> NDArray[np.float64] | None:
    """Seconds of `count` frames at `rate` Hz; None where the rate is not known."""
    if rate is None or not np.isfinite(rate) or rate <= 0:
        return None
    return np.arange(count) / rate


def zeros_missing(joints: NDArray[Any]) -> int:
    """Make joints at exactly (0, 0, 0) missing, in place; return how many there were.

    Camera and laboratory coordinates have their origin in the device or on the floor, where no
    joint is: all zeros is what programs write for a joint that they did not find.
    """
    zero = (joints == 0).all(axis=-1)
    joints[zero] = np.nan
    return int(zero.sum())


def require_room(request: Request, frames: int, persons: int, joints: int) -> None:
    """Refuse a recording that does not fit in memory, before it is allocated."""
    # Float64 while it is put together, then float32 with scores.
    require_memory(
        frames * persons * joints * 72,
        request.path,
        f"{frames} frames of {persons} persons with {joints} joints",
        allow_large=request.allow_large,
    )


# --- sentences --------------------------------------------------------------------------------


def _infinite(recording: Recording) -> tuple[str, ...]:
    some = bool(np.isinf(recording.joints).any())
    return ("infinite coordinates count as missing",) if some else ()


def remarks(topology: Topology, seen: NDArray[np.bool_]) -> tuple[str, ...]:
    """What a person should know before trusting the picture; `seen` is (T, P, J)."""
    said = []
    names = topology.names
    missing = 1 - float(seen.mean())
    if missing:
        said.append(f"{share(missing)} of the joints are missing")
    if not seen.any():
        return (*said, "no joint is seen in any frame")
    never = [name for index, name in enumerate(names) if not seen[:, :, index].any()]
    if never:
        said.append(f"never seen: {listed(never)}")
    said += _rare_persons(seen)
    if seen.shape[2] > MANY_JOINTS:
        said.append(f"{seen.shape[2]} joints are many: this may be no skeleton")
    return tuple(said)


def _rare_persons(seen: NDArray[np.bool_]) -> list[str]:
    """One sentence about persons who are not there all the time."""
    if seen.shape[1] < 2:
        return []
    frames = seen.any(axis=2).sum(axis=0)
    rare = [
        f"person {person} in {count} of {len(seen)} frames"
        for person, count in enumerate(frames)
        if count < len(seen)
    ]
    return [f"seen now and then: {listed(rare)}"] if rare else []


def share(part: float) -> str:
    """A share in percent that is never rounded to nothing or to all."""
    if 0 < part < 0.0005:
        return "under 0.1%"
    return "over 99.9%" if 0.9995 <= part < 1 else f"{part:.1%}"


def listed(items: Sequence[str], most: int = NAMED) -> str:
    """A few items by name, the rest by number."""
    text = ", ".join(items[:most])
    return text if len(items) <= most else f"{text} and {len(items) - most} more"


def timing_sentences(times: NDArray[Any] | None) -> list[str]:
    """What is odd about the times of the frames."""
    if times is None or len(times) < 3:
        return []
    steps = np.diff(np.asarray(times, np.float64))
    if not np.isfinite(steps).all() or (steps <= 0).any():
        return ["the times do not rise from frame to frame and are left out"]
    middle = float(np.median(steps))
    late = int((steps > 1.5 * middle).sum())
    return [f"{late} steps between frames take over 1.5 times as long as usual"] if late else []
