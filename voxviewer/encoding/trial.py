"""One frame of the clip, made by every method side by side, and what each does to it in numbers.

Only this frame is resampled, from the slices that reach it, so that the answer is there while a
control is dragged. Values are the source's own, before `normalize`: with the chosen method the
picture is the clip's frame, whatever its values are scaled to afterwards.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Float32, Float64, Progress, Volume, no_progress
from voxviewer.encoding.arranging import arranged_source
from voxviewer.encoding.colors import to_channels
from voxviewer.encoding.geometry import grid_map
from voxviewer.encoding.measures import Aliasing, Overshoot, aliasing, overshoot
from voxviewer.encoding.mending import mended
from voxviewer.encoding.operators import REACH, smoothing_sigma
from voxviewer.encoding.planning import Plan, plan
from voxviewer.encoding.resampling import resample
from voxviewer.encoding.roles import WHOLE, Roles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from voxviewer.settings import EncodingSettings

NAMES = {0: "Nearest", 1: "Linear", 3: "Cubic"}
READ = 1 << 24
"""Values of a sweep's slices that are read at a time."""

QUICK = 0.02
"""Seconds up to which a method is timed again, three times at most: the fastest counts. The first
of all pays for operators that are then kept, and for an import."""


@dataclass(frozen=True)
class Method:
    """A way of resampling: the spline's order, and whether what shrinks is smoothed first."""

    order: int
    antialias: bool = False

    @property
    def name(self) -> str:
        """What a person calls it: "Linear", "Cubic, anti-alias"."""
        name = NAMES.get(self.order, f"Order {self.order}")
        return f"{name}, anti-alias" if self.antialias else name


METHODS = (Method(0), Method(1), Method(3), Method(1, True), Method(3, True))
"""What is tried whatever is chosen."""


@dataclass(frozen=True, eq=False)
class Try:
    """What one method makes of the frame.

    Attributes
    ----------
    plane : (H, W, C) float32
    overshoot : how far the plane leaves the values of the slices that it was made of
    aliasing : how much of its rows and columns is false detail; None where that cannot be said
    seconds : time for this frame, in memory
    """

    method: Method
    plane: Float32
    overshoot: Overshoot
    aliasing: Aliasing | None
    seconds: float


@dataclass(frozen=True)
class Extent:
    """An axis before and after: its letter in the clip, samples, mm (or voxels) of one sample."""

    letter: str
    counts: tuple[int, int]
    spacings: tuple[float, float]
    unit: str

    @property
    def lengths(self) -> tuple[float, float]:
        """What all samples cover, before and after."""
        return self.counts[0] * self.spacings[0], self.counts[1] * self.spacings[1]


@dataclass(frozen=True, eq=False)
class Trial:
    """A frame before, and what each method makes of it.

    Attributes
    ----------
    frame, source_frame : of the clip, and the source frame (or nearest slice) behind it
    before : (H0, W0, C) float32, the source's frame with the clip's channels
    tries : one for each of `METHODS`, and the chosen one where it is none of them
    chosen : the method of the settings
    extents : of the axes that are resampled
    """

    settings: EncodingSettings
    frame: int
    source_frame: int
    before: Float32
    tries: tuple[Try, ...]
    chosen: Method
    extents: tuple[Extent, ...]
    channels: tuple[str, ...] = field(default=())

    @property
    def shrinks(self) -> bool:
        """True where some axis shrinks, so that anti-alias makes a difference."""
        return any(extent.counts[1] < extent.counts[0] for extent in self.extents)

    def made_by(self, method: Method) -> Try:
        """What a method made."""
        return next(item for item in self.tries if item.method == method)


def chosen_method(settings: EncodingSettings) -> Method:
    """The method of the settings; order 0 never smooths."""
    return Method(settings.order, settings.antialias and settings.order > 0)


def try_methods(
    source: Volume,
    settings: EncodingSettings,
    frame: int,
    progress: Progress = no_progress,
    methods: tuple[Method, ...] = METHODS,
) -> Trial | None:
    """Make one frame of the clip by every method.

    Parameters
    ----------
    source : a volume; only the slices that reach the frame are read
    settings : size, grid, roles and channels; the chosen method is tried too
    frame : of the clip
    progress : may raise to stop
    methods : what is tried

    Returns
    -------
    Trial, or None where the frame is padding: nothing stands behind it

    Raises
    ------
    ValueError
        where the settings name what the source has not
    """
    way = plan(source, settings)
    source, settings = arranged_source(mended(source, settings), settings)
    assert way.roles is not None, "volumes have roles"
    at = min(max(frame, 0), way.shape[0] - 1)
    behind = int(way.picked.frames[at])
    if behind < 0:
        return None
    chosen = chosen_method(settings)
    methods = methods if chosen in methods else (*methods, chosen)
    mixes = _mixes(source, settings, way, at, behind, methods, progress)
    progress(0.5, "resampling")
    tries = tuple(
        _tried(mix, way.shape[1:3], method, settings.grid)
        for method, mix in zip(methods, mixes[1:], strict=True)
    )
    extents = _extents(source, settings, way)
    before = mixes[0].plane
    return Trial(settings, at, behind, before, tries, chosen, extents, way.channels)


# --- reading ----------------------------------------------------------------------------------


@dataclass(eq=False)
class _Mix:
    """A plane at the source's size (H0, W0, C), mixed of slices, and the range of those."""

    weights: dict[int, float]
    plane: Any = None
    low: float = np.inf
    high: float = -np.inf
    seconds: float = 0.0

    def take(self, index: int, values: Float32) -> None:
        weight = self.weights.get(index, 0.0)
        if not weight:
            return
        begin = time.perf_counter()
        if self.plane is None:
            self.plane = values * np.float32(weight) if weight != 1 else values
        else:
            self.plane += values * np.float32(weight)
        self.seconds += time.perf_counter() - begin
        if abs(weight) > 1e-3:
            self.low = min(self.low, float(values.min()))
            self.high = max(self.high, float(values.max()))


def _mixes(
    source: Volume,
    settings: EncodingSettings,
    way: Plan,
    frame: int,
    behind: int,
    methods: Sequence[Method],
    progress: Progress,
) -> list[_Mix]:
    """The frame behind, then for each method the slices it mixes; real time is never blended."""
    roles, T = way.roles, way.shape[0]
    assert roles is not None
    mixes = [_Mix({behind: 1.0})]
    for method in methods:
        blended = roles.kind == "sweep" and T != roles.size[0] and method.order > 0
        weights = (
            reach(roles.size[0], T, frame, method, settings.grid) if blended else {behind: 1.0}
        )
        mixes.append(_Mix(weights))
    wanted = sorted(set().union(*(mix.weights for mix in mixes)))
    done = 0
    for indices, planes in _planes(source, settings, roles, wanted):
        progress(0.5 * done / len(wanted), "reading")
        done += len(indices)
        for index, plane in zip(indices, planes, strict=True):
            for mix in mixes:
                mix.take(index, plane)
    return mixes


def reach(n: int, m: int, at: int, method: Method, grid: str) -> dict[int, float]:
    """Which of n samples, and how much of each, make sample `at` of m along one axis."""
    scale, offset = grid_map(n, m, grid)
    middle = scale * at + offset
    smooth = 4 * smoothing_sigma(n, m) if method.antialias else 0.0
    radius = int(smooth + REACH.get(method.order, 1)) + 2
    first, last = max(int(middle) - radius, 0), min(int(middle) + radius + 1, n)
    impulses = np.zeros((n, 1, last - first), np.float32)
    impulses[np.arange(first, last), 0, np.arange(last - first)] = 1
    shape = (m, 1, last - first)
    answers = resample(impulses, shape, *_options(method, grid))[at, 0]
    return {first + k: float(w) for k, w in enumerate(answers) if abs(w) > 1e-7}


def _planes(
    source: Volume, settings: EncodingSettings, roles: Roles, wanted: Sequence[int]
) -> Iterator[tuple[Sequence[int], Any]]:
    """Frames (or slices) of a volume, each (H0, W0, C) float32, a few at a time."""
    voxels = source.voxels
    if roles.kind != "sweep":
        plane: Any = slice(None) if roles.plane in WHOLE else roles.plane
        for index in wanted:
            x, _ = to_channels(np.asarray(voxels[index, plane]), settings.channels)
            yield [index], [_flat(x, roles.plane)]
        return
    H, W = roles.size[1:]
    step = max(1, READ // max(H * W * source.shape[4], 1))
    for first in range(0, len(wanted), step):
        part = wanted[first : first + step]
        where: list[Any] = [roles.time, slice(None), slice(None), slice(None)]
        where[1 + roles.axes[0]] = slice(part[0], part[-1] + 1)
        x, _ = to_channels(np.asarray(voxels[tuple(where)]), settings.channels)
        slices = x.transpose(*roles.axes, 3)
        yield part, [slices[i - part[0]] for i in part]


def _flat(x: Float32, plane: int | str) -> Float32:
    """A frame without its depth, as the encoder has it: the mean, or planes as channels."""
    if plane == "mean":
        mean: Float32 = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean
    if plane == "channels":
        beside: Float32 = np.moveaxis(x, 0, 2).reshape(*x.shape[1:3], -1)
        return beside
    return x


# --- trying -----------------------------------------------------------------------------------


def _tried(mix: _Mix, size: tuple[int, int], method: Method, grid: str) -> Try:
    """Resample one plane by one method, timed and measured."""
    plane = np.ascontiguousarray(mix.plane)
    made, seconds = _timed(plane, size, method, grid)
    beyond = overshoot(np.array([mix.low, mix.high]), made)
    false = aliasing(plane[None, ..., 0], made[None, ..., 0], *_options(method, grid))
    return Try(method, made, beyond, false, mix.seconds + seconds)


def _options(method: Method, grid: str) -> tuple[int, str, bool]:
    return method.order, grid, method.antialias


def _timed(
    plane: Float32, size: tuple[int, int], method: Method, grid: str
) -> tuple[Float32, float]:
    best = np.inf
    for run in range(3):
        begin = time.perf_counter()
        made = _resampled(plane, size, method, grid)
        best = min(best, time.perf_counter() - begin)
        if run and best > QUICK:
            break
    return made, best


def _resampled(plane: Float32, size: tuple[int, int], method: Method, grid: str) -> Float32:
    """(H0, W0, C) at another size."""
    made: NDArray[Any] = resample(plane[None], (1, *size), *_options(method, grid))
    return np.asarray(made[0], np.float32)


def _extents(source: Volume, settings: EncodingSettings, way: Plan) -> tuple[Extent, ...]:
    """Samples and spacing of each resampled axis; voxels where the file says no millimeters."""
    roles = way.roles
    assert roles is not None
    swept = roles.kind == "sweep"
    by_axis = source.spacing if source.spacing is not None else (1.0, 1.0, 1.0)
    unit = "mm" if source.spacing is not None else "px"
    found = []
    for k, letter in enumerate("THW"):
        if k == 0 and not swept:
            continue
        n, m = roles.size[k], way.shape[k]
        before = float(by_axis[roles.axes[k] if swept else k])
        after = before * grid_map(n, m, settings.grid)[0]
        found.append(Extent(letter, (n, m), (before, after), unit))
    return tuple(found)


# --- before, after, difference ------------------------------------------------------------------


def difference(trial: Trial, method: Method, on: str) -> Float32:
    """After minus before, (H, W, C) float32, in the source's values.

    Parameters
    ----------
    on : "clip": each clip pixel minus the mean of the source under it; "source": the clip's frame,
        straight lines between its pixels, minus each source pixel
    """
    after, before = trial.made_by(method).plane, trial.before
    if on == "clip":
        under = area_mean(before, (after.shape[0], after.shape[1]))
        return np.asarray(after - under, np.float32)
    back = replace(trial.settings, order=1, antialias=False)
    size = (before.shape[0], before.shape[1])
    lines: Any = _resampled(after, size, chosen_method(back), back.grid)
    return np.asarray(lines - before, np.float32)


def area_mean(plane: Float32, size: tuple[int, int]) -> Float32:
    """The mean of a plane (H0, W0, C) under each of `size` pixels that cover the same area."""
    rows, columns = (_overlaps(n, m) for n, m in zip(plane.shape[:2], size, strict=True))
    result: Float32 = np.einsum(
        "yh,xw,hwc->yxc", rows, columns, plane, optimize=True, dtype=np.float64
    ).astype(np.float32)
    return result


def _overlaps(n: int, m: int) -> Float64:
    """(m, n): how much of each of n samples lies under each of m, every row summing to 1."""
    edges = np.arange(m + 1) * (n / m)
    low, high = edges[:-1, None], edges[1:, None]
    i = np.arange(n)
    covered: Float64 = np.clip(np.minimum(high, i + 1) - np.maximum(low, i), 0, None)
    return np.asarray(covered / covered.sum(axis=1, keepdims=True))
