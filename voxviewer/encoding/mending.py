"""Faults of a source, mended on its way into the clip: one row of a table for each repair.

The source itself stays as it was read; what `data_lint` found, a repair makes good, and taking the
repair back is one undo step. Repairs that a source has no use for are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Skeleton, Source, Volume, Voxels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64
    from voxviewer.settings import EncodingSettings

TITLES = {
    "bgr": "BGR to RGB",
    "unwrap": "overflow unwrapped",
    "levels": "frame levels matched",
    "zeros-missing": "(0, 0) as not seen",
    "fill-gaps": "gaps filled",
}

WRAP_JUMP = 0.75
"""A step between neighbors above this share of a dtype's range is a value that ran over."""

Mend = Callable[["NDArray[Any]", "NDArray[np.int64]"], "NDArray[Any]"]
"""Mends voxels (T, D, H, W, C) of these frames (T,)."""


def repair_words(repairs: tuple[str, ...]) -> list[str]:
    """Return what repairs do, a few words each: "BGR to RGB"."""
    return [TITLES[repair] for repair in repairs]


def volume_repairs(source: Volume) -> tuple[str, ...]:
    """Which repairs could change a volume, by its shape and dtype."""
    T, _, _, W, C = source.shape
    could = {
        "bgr": C in (3, 4),
        "unwrap": source.voxels.dtype.kind in "iu" and source.voxels.dtype.itemsize <= 2 and W > 1,
        "levels": T > 1,
    }
    return tuple(name for name, may in could.items() if may)


def mended(source: Source, settings: EncodingSettings) -> Source:
    """Return the source as the chosen repairs make it; itself where there are none for it."""
    if isinstance(source, Skeleton):
        return mended_skeleton(source, settings.repairs)
    chosen = [name for name in volume_repairs(source) if name in settings.repairs]
    if not chosen:
        return source
    mends = [MENDS[name] for name in chosen if name in MENDS]
    voxels: Voxels = MendedVoxels(source.voxels, tuple(mends)) if mends else source.voxels
    if "levels" in chosen:
        voxels = MendedVoxels(voxels, (_matcher(voxels),), np.dtype(np.float32))
    return replace(source, voxels=voxels)


@dataclass(frozen=True, eq=False)
class MendedVoxels:
    """Voxels (T, D, H, W, C) that are mended as they are read."""

    voxels: Voxels
    mends: tuple[Mend, ...]
    made: np.dtype[Any] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, D, H, W, C)."""
        return self.voxels.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype after mending."""
        if self.made is not None:
            return self.made
        return np.dtype(np.int32) if unwrapped in self.mends else self.voxels.dtype

    def __getitem__(self, index: Any) -> NDArray[Any]:
        parts = index if isinstance(index, tuple) else (index,)
        parts = (*parts, *(slice(None),) * (5 - len(parts)))
        # Times, planes and rows as they are asked for; whole columns and channels, since a value
        # is mended by what stands beside it.
        wanted = tuple(_slice(part) for part in parts[:3])
        x = np.asarray(self.voxels[wanted])
        frames = np.arange(self.shape[0])[wanted[0]]
        for mend in self.mends:
            x = mend(x, frames)
        kept = tuple(slice(None) if isinstance(part, slice) else 0 for part in parts[:3])
        result: NDArray[Any] = x[(*kept, parts[3], parts[4])]
        return result


def _slice(part: Any) -> slice:
    return part if isinstance(part, slice) else slice(int(part), int(part) + 1)


def swapped(x: NDArray[Any], frames: NDArray[np.int64]) -> NDArray[Any]:
    """Blue, green, red as red, green, blue; alpha stays."""
    order = [2, 1, 0, 3][: x.shape[-1]]
    return x[..., order] if x.shape[-1] in (3, 4) else x


def unwrapped(x: NDArray[Any], frames: NDArray[np.int64]) -> NDArray[np.int32]:
    """Whole numbers that ran over their dtype's range, continued beyond it, as int32.

    Along each row, from its first value: a step of more than `WRAP_JUMP` of the range cannot be the
    picture's own (as `numpy.unwrap` with a period of the range). Rows are then put beside the row
    above by the median of their difference. What is left open, a multiple of the range for the
    whole frame, is taken so that the smallest value lies in the range where there is no sign, and
    that most values stay as they are where there is one.
    """
    period = 1 << (8 * x.dtype.itemsize)
    values = x.astype(np.int32)
    step = np.diff(values, axis=3)
    turns = np.zeros(values.shape, np.int16)
    jumps = (step < -WRAP_JUMP * period).astype(np.int16) - (step > WRAP_JUMP * period)
    np.cumsum(jumps, axis=3, out=turns[:, :, :, 1:])
    del step, jumps
    values += turns.astype(np.int32) * period
    rows = np.median(np.diff(values, axis=2), axis=3, keepdims=True)
    across = np.zeros((*values.shape[:3], 1, values.shape[4]), np.int32)
    np.cumsum(-np.rint(rows / period).astype(np.int32), axis=2, out=across[:, :, 1:])
    if x.dtype.kind == "u":
        lowest = (values.min(axis=3, keepdims=True) + across * period).min(axis=2, keepdims=True)
        across -= lowest // period
    else:
        usual = np.median(turns, axis=3, keepdims=True) + across
        across -= np.rint(np.median(usual, axis=2, keepdims=True)).astype(np.int32)
    values += across * period
    return values


MENDS: dict[str, Mend] = {"bgr": swapped, "unwrap": unwrapped}


def _matcher(voxels: Voxels) -> Mend:
    """Give all frames the levels of the middle one; reads every frame once."""
    T = voxels.shape[0]
    levels = np.array([frame_levels(np.asarray(voxels[t : t + 1])) for t in range(T)])
    middle = np.median(levels, axis=0)
    spans = levels[:, 1] - levels[:, 0]
    gains = np.divide(middle[1] - middle[0], spans, out=np.ones(T), where=spans > 0)

    def match(x: NDArray[Any], frames: NDArray[np.int64]) -> Float32:
        shape = (len(frames), 1, 1, 1, 1)
        gain = gains[frames].reshape(shape)
        level = levels[frames, 0].reshape(shape)
        matched: Float32 = ((x.astype(np.float64) - level) * gain + middle[0]).astype(np.float32)
        return matched

    return match


def frame_levels(frame: NDArray[Any]) -> Float64:
    """Return the levels (2,) below which a fifth and four fifths of a frame's values lie.

    Small things that move hardly move them; a gain of the whole frame moves them by just that.
    """
    values = frame[np.isfinite(frame)].astype(np.float64) if frame.dtype.kind == "f" else frame
    if not values.size:
        return np.zeros(2)
    low, high = np.percentile(values, (20, 80))
    return np.array([low, high], np.float64)


def mended_skeleton(source: Skeleton, repairs: tuple[str, ...]) -> Skeleton:
    """Return the recording as the chosen repairs make it: what was not seen, and gaps filled."""
    if "zeros-missing" in repairs:
        source = replace(source, joints=zeros_as_missing(source.joints))
    if "fill-gaps" in repairs:
        source = replace(source, joints=gaps_filled(source.joints))
    return source


def zeros_as_missing(joints: Float32) -> Float32:
    """Joints (T, P, J, 3) at x = y = 0 exactly were not found (as OpenPose writes them): NaN."""
    result = joints.copy()
    result[(joints[..., 0] == 0) & (joints[..., 1] == 0)] = np.nan
    return result


def gaps_filled(joints: Float32) -> Float32:
    """Fill what was not seen (T, P, J, 3): on a straight line in time, held beyond the ends.

    A joint that was never seen stays NaN.
    """
    result = joints.copy()
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(joints).all(axis=-1))
    t = np.arange(len(joints))
    for person, joint in np.ndindex(joints.shape[1:3]):
        there = seen[:, person, joint]
        if there.all() or not there.any():
            continue
        for axis in range(joints.shape[3]):
            known = joints[there, person, joint, axis]
            result[:, person, joint, axis] = np.interp(t, t[there], known)
    return result
