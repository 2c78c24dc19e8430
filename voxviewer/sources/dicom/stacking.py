"""One series becomes a grid of planes (T, D): sorted by position, held against what a volume is.

Positions along the normal order the slices; names, instance numbers and slice locations do not
count (they are wrong often enough). Several planes at one place are times, echoes, directions.
"""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.sources.dicom.planes import normal_of
from voxviewer.sources.grids import lps_to_ras, usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Float64
    from voxviewer.sources.dicom.planes import Plane

SAME_PLACE = 0.01
"""Millimeters by which planes may differ along the normal and still lie at one place."""

EVEN = 0.02
"""Share of the usual gap by which another may differ; positions are rounded in many files."""

STRAIGHT = 0.5
"""Degrees between the normal and the way from slice to slice that count as none."""

MOST_NAMED = 4


@dataclass(frozen=True)
class Stack:
    """Planes in order, and where they lie.

    Attributes
    ----------
    planes : T rows of D planes each
    affine : (4, 4) index (H, W, D) to RAS+ millimeters, or None
    spacing : millimeters for D, H, W, or None
    times : (T,) seconds or None
    decisions, warnings : sentences
    """

    planes: tuple[tuple[Plane, ...], ...]
    affine: Float64 | None = None
    spacing: tuple[float, float, float] | None = None
    times: Float64 | None = None
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def stacked(planes: Sequence[Plane]) -> Stack:
    """Sort planes of one size and direction into a stack."""
    unique = {(plane.uid, plane.frame): plane for plane in planes}
    copies = len(planes) - len(unique)
    said = (f"{_count(copies, 'slice')} there twice: one copy is taken",) if copies else ()
    kept = list(unique.values())
    if len(kept) == 1 or any(p.position is None or p.orientation is None for p in kept):
        return _unplaced(kept, said)
    return _placed(kept, said)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


# --- planes without a place -------------------------------------------------------------------


def _unplaced(planes: list[Plane], said: tuple[str, ...]) -> Stack:
    """A single picture, a film, or slices that do not say where they are."""
    first = planes[0]
    planes = sorted(planes, key=_instance)
    if len(planes) == 1:
        affine, spacing, decisions, doubts = _single(first)
        return Stack(((first,),), affine, spacing, None, decisions, (*said, *doubts))
    spacing = _flat_spacing(first)
    if first.modality in ("NM", "PT", "CT", "MR") and first.thickness:
        words = "no positions in the file: frames are taken for slices in their order"
        return Stack((tuple(planes),), None, spacing, None, (), (words, *said))
    order = "in their order" if first.frames > 1 else "sorted by instance number"
    words = f"frames are shown as time, {order}: they have no positions"
    times = _times([plane.seconds for plane in planes]) if first.frames > 1 else None
    return Stack(tuple((plane,) for plane in planes), None, spacing, times, (words,), said)


def _instance(plane: Plane) -> tuple[float, str, int]:
    moments = dict(plane.moments)
    return (moments.get("instance number") or 0.0, plane.path.name, plane.frame)


def _flat_spacing(plane: Plane) -> tuple[float, float, float] | None:
    if plane.spacing is None:
        return None
    return (plane.thickness or 1.0, *plane.spacing)


def _single(
    plane: Plane,
) -> tuple[Float64 | None, tuple[float, float, float] | None, tuple[str, ...], tuple[str, ...]]:
    """Affine, spacing and sentences of one slice."""
    spacing = _flat_spacing(plane)
    if spacing is None or plane.position is None or plane.orientation is None:
        return None, spacing, (), ()
    step = np.array(normal_of(plane.orientation)) * spacing[0]
    affine = _affine(plane, step)
    said = () if plane.thickness else ("the thickness of the slice is not stored: 1 mm is taken",)
    return affine, spacing, said, ()


# --- planes in space --------------------------------------------------------------------------


def _placed(planes: list[Plane], said: tuple[str, ...]) -> Stack:
    """Slices sorted along their normal; several at one place are times."""
    first = planes[0]
    assert first.orientation is not None
    normal = np.array(normal_of(first.orientation))
    groups = _places(planes, normal)
    frames, decisions, doubts = _frames(groups)
    column = frames[0]
    places = np.array([plane.position for plane in column]) @ normal
    step, gaps = _step(column, places, normal)
    affine = None if column[0].spacing is None else _affine(column[0], step)
    depth = abs(float(np.dot(step, normal))) if len(column) > 1 else float(np.linalg.norm(step))
    pixel = column[0].spacing
    spacing = None if pixel is None else (depth, *pixel)
    times = _times([_first_seconds(frame) for frame in frames]) if len(frames) > 1 else None
    return Stack(
        frames,
        affine,
        spacing,
        times,
        ("slices sorted by position along the normal", *decisions),
        (*said, *doubts, *gaps),
    )


def _places(planes: list[Plane], normal: Float64) -> list[list[Plane]]:
    """Planes that lie at one place along the normal, from the lowest place on."""
    keyed = sorted(
        (float(np.dot(normal, np.array(plane.position))), index)
        for index, plane in enumerate(planes)
    )
    groups: list[list[Plane]] = []
    last = -np.inf
    for place, index in keyed:
        if place - last > SAME_PLACE:
            groups.append([])
            last = place
        groups[-1].append(planes[index])
    return groups


def _frames(
    groups: list[list[Plane]],
) -> tuple[tuple[tuple[Plane, ...], ...], tuple[str, ...], tuple[str, ...]]:
    """T rows of D planes, and what was made of several at one place."""
    counts = Counter(len(group) for group in groups)
    if set(counts) == {1}:
        return (tuple(group[0] for group in groups),), (), ()
    name = _moment(groups)
    ordered = [sorted(group, key=lambda plane: _at(plane, name)) for group in groups]
    least = min(counts)
    doubts: tuple[str, ...] = ()
    if len(counts) > 1:
        extra = sum(len(group) - least for group in groups)
        doubts = (f"{_count(extra, 'slice')} left out: {least} to {max(counts)} lie at one place",)
    frames = tuple(tuple(group[time] for group in ordered) for time in range(least))
    said = (f"{least} planes at each place are shown as time, in order of the {name}",)
    return frames, said if least > 1 else (), doubts


def _moment(groups: list[list[Plane]]) -> str:
    """What tells the planes at one place apart: known for all, and different at each place."""
    for index, (name, _) in enumerate(groups[0][0].moments):
        values = [[plane.moments[index][1] for plane in group] for group in groups]
        if all(None not in group and len(set(group)) == len(group) for group in values):
            return name
    return "instance number"


def _at(plane: Plane, name: str) -> tuple[float, float, str, int]:
    moments = dict(plane.moments)
    return (moments.get(name) or 0.0, *_instance(plane))


def _first_seconds(frame: Sequence[Plane]) -> float | None:
    seconds = [plane.seconds for plane in frame if plane.seconds is not None]
    return min(seconds) if len(seconds) == len(frame) else None


def _times(seconds: Sequence[float | None]) -> Float64 | None:
    """(T,) from 0 on; None where one is not known, or they do not rise."""
    known = [value for value in seconds if value is not None]
    times: Float64 = np.array(known) - (known[0] if known else 0.0)
    if len(known) < len(seconds) or len(known) < 2 or not (np.diff(times) > 0).all():
        return None
    times.flags.writeable = False
    return times


# --- from slice to slice ----------------------------------------------------------------------


def _step(
    column: Sequence[Plane], places: Float64, normal: Float64
) -> tuple[Float64, tuple[str, ...]]:
    """The way from one slice to the next (3,) in mm, and what is odd about it."""
    if len(column) == 1:
        return normal * (column[0].thickness or 1.0), ()
    way = np.array(column[-1].position) - np.array(column[0].position)
    gaps = np.diff(places)
    usual = float(statistics.median(gaps))
    step = way * (usual / float(places[-1] - places[0]))
    return step, (*_tilt_sentence(way, normal), *_gap_sentences(column, gaps, usual))


def _tilt_sentence(way: Float64, normal: Float64) -> tuple[str, ...]:
    cosine = float(np.dot(way, normal) / (np.linalg.norm(way) * np.linalg.norm(normal)))
    angle = float(np.degrees(np.arccos(min(1.0, abs(cosine)))))
    if angle < STRAIGHT:
        return ()
    return (
        f"the gantry was tilted: slices are shifted against each other by {angle:.1f} degrees, "
        "which the affine has and the picture shows",
    )


def _gap_sentences(column: Sequence[Plane], gaps: Float64, usual: float) -> tuple[str, ...]:
    """Where slices are missing, or lie unevenly."""
    uneven = [
        index for index, gap in enumerate(gaps) if abs(gap - usual) > max(EVEN * usual, SAME_PLACE)
    ]
    if not uneven:
        return ()
    missing, odd = [], 0
    for index in uneven:
        count = round(float(gaps[index]) / usual) - 1
        if count > 0 and abs(gaps[index] / usual - count - 1) < 0.1:
            slices = f"{count} slice{'s' * (count > 1)}"
            missing.append(f"{slices} missing near {_where(column[index], column[index + 1])}")
        else:
            odd += 1
    told = missing[:MOST_NAMED]
    if len(missing) > MOST_NAMED:
        told.append(f"and at {len(missing) - MOST_NAMED} more places")
    if odd:
        low, high = float(gaps.min()), float(gaps.max())
        told.append(f"gaps between slices are uneven, {low:.4g} to {high:.4g} mm")
    return ("; ".join(told) + f": spacing is taken as {usual:.4g} mm throughout",)


def _where(a: Plane, b: Plane) -> str:
    """The middle between two planes, along the axis of the world in which they lie apart."""
    start, end = np.array(a.position), np.array(b.position)
    axis = int(np.argmax(np.abs(end - start)))
    sign = -1 if axis < 2 else 1  # LPS to RAS
    return f"{'xyz'[axis]} = {sign * (start[axis] + end[axis]) / 2:.4g} mm"


def _affine(plane: Plane, step: Float64) -> Float64 | None:
    """(4, 4), index (H, W, D) to RAS+: rows run along the second direction, columns the first."""
    assert plane.spacing is not None
    assert plane.orientation is not None
    affine = np.eye(4)
    affine[:3, 0] = np.array(plane.orientation[3:]) * plane.spacing[0]
    affine[:3, 1] = np.array(plane.orientation[:3]) * plane.spacing[1]
    affine[:3, 2] = step
    affine[:3, 3] = plane.position
    affine = lps_to_ras(affine)
    affine.flags.writeable = False
    return affine if usable(affine) else None
