"""A source becomes a clip: the plan, executed.

One way for each kind of source (`ENCODERS`); each reads only what the plan needs, in slabs, so that
Cancel is felt at once and a large film costs little more than its clip.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import (
    Clip,
    Float32,
    Float64,
    Progress,
    Skeleton,
    Source,
    Step,
    Volume,
    Voxels,
    frozen,
    no_progress,
)  # fmt: skip
from voxviewer.encoding.arranging import arranged_source
from voxviewer.encoding.colors import to_channels
from voxviewer.encoding.fitting import place_joints
from voxviewer.encoding.footprint import frames_at_a_time, slices_at_a_time
from voxviewer.encoding.geometry import clip_affine, clip_spacing
from voxviewer.encoding.heatmaps import Style, person_heatmaps, pixel_sigma
from voxviewer.encoding.labels import label_warning
from voxviewer.encoding.lengths import clip_times
from voxviewer.encoding.mending import mended
from voxviewer.encoding.nearest_and_linear import gathered
from voxviewer.encoding.normalization import normalize
from voxviewer.encoding.planning import Plan, known_bones, plan
from voxviewer.encoding.pseudo_depth import transform_all
from voxviewer.encoding.resampling import Tick, separable
from voxviewer.encoding.roles import WHOLE, Roles
from voxviewer.files import require_memory
from voxviewer.settings import EncodingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

DEFAULTS = EncodingSettings()


@dataclass
class Made:
    """Values of a clip (T, H, W, C), what to add to their step in the ledger, and what to know."""

    data: Float32
    note: str = ""
    warnings: tuple[str, ...] = ()


def encode(
    source: Source,
    settings: EncodingSettings = DEFAULTS,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
) -> Clip:
    """Make the tensor that a Keras Conv3D is fed, without the batch axis.

    A volume of several times keeps real time, one plane of it; without, the slices become time by
    moving their axis to the front, never by reshaping. A picture is repeated. Joints become
    Gaussian heatmaps. Space is resampled by `order`; real time is picked by `length`, never
    blended. Values stay the source's own unless `normalize` asks otherwise; faults of the source
    are mended only where `repairs` name them.

    NaN and infinite values become 0, and the clip's `warnings` and ledger say how many: one NaN
    would spread over all that a filter touches. NaN joints were not seen and add nothing.

    Parameters
    ----------
    source : what `vv.open` gives; lazy voxels are read only as far as needed
    settings : what to make; settings foreign to this kind of source are ignored
    progress : called with (share done, text); may raise to stop
    allow_large : go on where half of the free memory would be used

    Returns
    -------
    Clip with `data` (T, H, W, C) float32, read-only

    Raises
    ------
    ValueError
        where the source has not what the settings name, or is empty
    TooLargeError
        where it does not fit in memory; nothing was read then

    Example
    -------
    >>> encode(volume_of_64_64_30).data.shape
    (30, 64, 64, 1)
    """
    way = plan(source, settings)
    require_memory(way.nbytes, source.opening.path, "encoding it", allow_large=allow_large)
    read, left = arranged_source(mended(source, settings), settings)
    made = ENCODERS[way.kind](read, left, way, progress)
    window = settings.window or source.facts.window
    warnings = made.warnings + normalize(made.data, way.picked, settings, window)
    progress(1.0, "encoded")
    times = clip_times(way.line.times, way.picked) if way.line is not None else None
    affine, spacing = _places(read, settings, way)
    return Clip(
        data=frozen(made.data),
        real=frozen(way.picked.real),
        frames=frozen(way.picked.frames),
        channels=way.channels,
        name=source.name,
        settings=settings,
        times=None if times is None else frozen(times),
        steps=_noted(way, made.note),
        warnings=warnings,
        affine=None if affine is None else frozen(affine),
        spacing=spacing,
    )


def _places(
    source: Source, settings: EncodingSettings, way: Plan
) -> tuple[Float64 | None, tuple[float, float, float] | None]:
    """The clip's affine and spacing: where its voxels lie in millimeters."""
    if not isinstance(source, Volume) or way.roles is None:
        return None, None
    chosen = source, way.roles, way.shape, settings.grid
    return clip_affine(*chosen), clip_spacing(*chosen)


def _noted(way: Plan, note: str) -> tuple[Step, ...]:
    """The plan's ledger with what only the values could tell."""
    steps = list(way.steps)
    if note:
        step = steps[way.values_step]
        steps[way.values_step] = replace(step, operation=f"{step.operation}, {note}")
    return tuple(steps)


def _filled(data: Float32, count: int, said: tuple[str, ...] = ()) -> Made:
    if not count:
        return Made(data, warnings=said)
    values = "value was" if count == 1 else "values were"
    sentence = f"{count} {values} NaN or infinite and became 0 in the clip."
    return Made(data, f"{count} NaN as 0", (sentence, *said))


def _encode_frames(
    source: Volume, settings: EncodingSettings, way: Plan, progress: Progress
) -> Made:
    """Real time and stills: each used frame is read and resized once, then put in its places."""
    used, places = way.picked.used, way.picked.uses
    compact, bad = _used_frames(source, used, settings, way, progress)
    if way.picked.in_order:
        return _filled(compact, bad)
    return _filled(_spread(compact, places, way, progress), bad)


def _encode_still(
    source: Volume, settings: EncodingSettings, way: Plan, progress: Progress
) -> Made:
    """A picture is repeated, or moved a little from frame to frame."""
    if settings.pseudo_depth == "replicate":
        return _encode_frames(source, settings, way, progress)
    picture, bad = _used_frames(source, np.zeros(1, np.int64), settings, way, progress)
    data = np.empty(way.shape, np.float32)
    transform_all(picture[0], data, settings, progress)
    return _filled(data, bad)


def _used_frames(
    source: Volume,
    used: NDArray[np.int64],
    settings: EncodingSettings,
    way: Plan,
    progress: Progress,
) -> tuple[Float32, int]:
    """These frames, resized, and how many values were not finite."""
    assert way.roles is not None
    compact = np.empty((len(used), *way.shape[1:]), np.float32)
    step = frames_at_a_time(source, way.roles)
    bad = 0
    for first, last in _ranges(len(used), step):

        def tick(first: int = first) -> None:
            progress(first / len(used), f"encoding frame {first + 1} of {len(used)}")

        tick()
        x, filled = _planes(source.voxels, used[first:last], way.roles.plane, settings.channels)
        _resize(x, compact[first:last], settings, tick)
        bad += filled
        del x  # before the next is read: two would be alive
    return compact, bad


def _spread(used: Float32, places: NDArray[np.intp], way: Plan, progress: Progress) -> Float32:
    """Put the frames that are used where they belong; clip frames from nowhere stay 0."""
    data = np.zeros(way.shape, np.float32)
    targets = np.flatnonzero(way.picked.frames >= 0)
    for t, place in zip(targets, places, strict=True):  # one by one: no copy of the whole
        progress(0.99, "placing frames")
        data[t] = used[place]
    return data


def _planes(
    voxels: Voxels, frames: NDArray[np.int64], plane: int | str, channels: str
) -> tuple[Float32, int]:
    """These frames with depth gone, (k, H, W, C) float32, and how many values were not finite."""
    index: Any = slice(None) if plane in WHOLE else plane
    first, last = int(frames[0]), int(frames[-1])
    if last - first + 1 == len(frames):
        raw = np.asarray(voxels[first : last + 1, index])
    else:
        raw = np.stack([np.asarray(voxels[int(t), index]) for t in frames])
    x, bad = to_channels(raw, channels)
    if plane == "mean":
        return x.mean(axis=1, dtype=np.float64).astype(np.float32), bad
    if plane == "channels":
        return np.moveaxis(x, 1, 3).reshape(*x.shape[:1], *x.shape[2:4], -1), bad
    return x, bad


def _resize(x: Float32, out: Float32, settings: EncodingSettings, tick: Tick) -> None:
    """Resample (T, H, W, C) into `out`, channel by channel."""
    target = (out.shape[0], out.shape[1], out.shape[2])
    if x.shape[:3] == target:
        out[...] = x
        return
    for c in range(x.shape[3]):
        tick()
        out[..., c] = _resized(x[..., c], target, settings, tick)
        for before, after in zip(x[..., c], out[..., c], strict=True):
            _hold(before, after, settings)  # real time is never blended: each frame for itself


def _resized(
    x: Float32, target: tuple[int, int, int], settings: EncodingSettings, tick: Tick
) -> Float32:
    """One finite channel (T, H, W) at another shape."""
    if settings.order == 0:
        return gathered(x, target, settings.grid)
    out = separable(
        np.ascontiguousarray(x), target, settings.order, settings.grid, settings.antialias, tick
    )
    return out


def _hold(before: Float32, after: Float32, settings: EncodingSettings) -> None:
    """Hold values within the range of what they were made of, where that is asked for."""
    if settings.clip_overshoot and settings.order > 1:
        np.clip(after, before.min(), before.max(), out=after)


def _encode_sweep(
    source: Volume, settings: EncodingSettings, way: Plan, progress: Progress
) -> Made:
    """An axis of space as time: the whole volume in float32, then resampled along its axes."""
    assert way.roles is not None
    volume, bad = _swept(source.voxels, way.roles, settings.channels, progress)
    C = len(volume)
    T, H, W, _ = way.shape
    if volume.shape[1:] == (T, H, W):
        return _filled(np.ascontiguousarray(np.moveaxis(volume, 0, -1)), bad)

    def tick() -> None:
        progress(0.6, "resampling")

    said = label_warning(volume[0], settings.order) if C == 1 and not bad else ()
    if C == 1:
        one = _resized(volume[0], (T, H, W), settings, tick)
        _hold(volume[0], one, settings)
        return _filled(one[..., None], bad, said)
    data = np.empty(way.shape, np.float32)
    for c in range(C):
        data[..., c] = _resized(volume[c], (T, H, W), settings, tick)
        _hold(volume[c], data[..., c], settings)
    return _filled(data, bad)


def _swept(voxels: Voxels, roles: Roles, channels: str, progress: Progress) -> tuple[Float32, int]:
    """The volume at one time as (C, T, H, W) float32, and how many values were not finite.

    Channels come first, so that each is contiguous. It is read in slabs along the axis that is
    slowest in memory, or along depth where the voxels still lie on disk.
    """
    size = voxels.shape[1:4]
    axis = _slowest(voxels)
    step = slices_at_a_time(size[axis], int(np.prod(size)) // size[axis])
    out: Float32 | None = None
    bad = 0
    for first, last in _ranges(size[axis], step):
        progress(0.5 * first / size[axis], "reading")
        index: list[Any] = [roles.time, slice(None), slice(None), slice(None)]
        index[1 + axis] = slice(first, last)
        piece, filled = to_channels(np.asarray(voxels[tuple(index)]), channels)
        bad += filled
        if out is None:
            out = np.empty((piece.shape[3], *roles.size), np.float32)
        # The same memory seen as (C, D, H, W), whatever axis is swept.
        stored = out.transpose(0, *(1 + roles.axes.index(a) for a in range(3)))
        stored[(slice(None), *index[1:])] = np.moveaxis(piece, -1, 0)
        del piece  # before the next is read: two would be alive
    assert out is not None
    return out, bad


def _slowest(voxels: Voxels) -> int:
    """Which of D, H, W (0, 1, 2) lies furthest apart in memory."""
    strides = getattr(voxels, "strides", (0,) * 5)
    return int(np.argmax(np.abs(strides[1:4])))


def _ranges(count: int, step: int) -> Iterator[tuple[int, int]]:
    for first in range(0, count, step):
        yield first, min(first + step, count)


def _encode_skeleton(
    source: Skeleton, settings: EncodingSettings, way: Plan, progress: Progress
) -> Made:
    """Heatmaps of the frames that are used, each drawn once, then put in their places."""
    used, places = way.picked.used, way.picked.uses
    size = (way.shape[1], way.shape[2])
    points, fit = place_joints(source, settings, size, used)
    score = source.score[used] if settings.confidence_peak else None
    drawn = person_heatmaps(points, size, style_of(source, settings, size[0]), score, progress)
    note = "" if fit == "none" else f"fit {fit}"
    if way.picked.in_order:
        return Made(drawn, note)
    return Made(_spread(drawn, places, way, progress), note)


def style_of(source: Skeleton, settings: EncodingSettings, height: int) -> Style:
    """How a recording's joints are drawn by these settings."""
    return Style(
        sigma=pixel_sigma(settings.sigma, settings.sigma_unit, height),
        combine=settings.combine,
        center=settings.center,
        persons=settings.persons,
        cutoff=settings.cutoff,
        bones=known_bones(source),
    )


ENCODERS: dict[str, Callable[[Any, EncodingSettings, Plan, Progress], Made]] = {
    "sweep": _encode_sweep,
    "time": _encode_frames,
    "still": _encode_still,
    "skeleton": _encode_skeleton,
}
