"""Real time meets a number of frames: which source frame each clip frame is, never blended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxviewer.encoding.operators import coordinates, gather

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Float64

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Picked:
    """Where clip frames come from: `frames` (n,) int, -1 = none; `real` (n,), False = padding."""

    frames: Indices
    real: NDArray[np.bool_]


def pick(count: int, wanted: int, length: str) -> Picked:
    """Choose `wanted` clip frames among `count` source frames.

    "sample" takes frame floor((i + 0.5) count / wanted), evenly over the whole, repeating where
    there are too few. Others keep the rate: "center" crops the same on both ends, and pads with
    zeros on both ends where there are too few (as torchvision's CenterCrop; the odd frame goes to
    the end). "pad-*" keep the first frames where there are too many, and pad after the last: by
    zeros (-1), the last frame, the whole again and again, or back and forth (`numpy.pad`'s
    "reflect").
    """
    i = np.arange(wanted, dtype=np.int64)
    if length == "sample" or wanted == count:
        return Picked((2 * i + 1) * count // (2 * wanted), np.ones(wanted, np.bool_))
    if length == "center":
        i += (count - wanted) // 2 if wanted < count else -((wanted - count) // 2)
    real = (i >= 0) & (i < count)
    beyond = PADS.get(length, _zero)
    return Picked(np.where(real, i, beyond(i, count)), real)


def pick_slices(count: int, wanted: int, order: int, grid: str) -> Picked:
    """Which slice each frame of a resampled axis comes from; the nearest where some are blended."""
    if order == 0 and wanted != count:
        frames = gather(count, wanted, grid).astype(np.int64)
    else:
        frames = np.floor(coordinates(count, wanted, grid) + 0.5).astype(np.int64)
    return Picked(frames, np.ones(wanted, np.bool_))


def _zero(i: Indices, count: int) -> Indices:
    return np.full_like(i, -1)


def _edge(i: Indices, count: int) -> Indices:
    return np.clip(i, 0, count - 1)


def _loop(i: Indices, count: int) -> Indices:
    return i % count


def _reflect(i: Indices, count: int) -> Indices:
    if count == 1:
        return np.zeros_like(i)
    turn = i % (2 * count - 2)
    return np.minimum(turn, 2 * count - 2 - turn)


PADS: dict[str, Callable[[Indices, int], Indices]] = {
    "pad-zero": _zero, "pad-edge": _edge, "pad-loop": _loop, "pad-reflect": _reflect,
}  # fmt: skip


def clip_times(times: Float64 | None, picked: Picked) -> Float64 | None:
    """Seconds of every clip frame, (n,); padding goes on at the recording's median step."""
    if times is None:
        return None
    real = np.flatnonzero(picked.real)
    result = np.asarray(times, dtype=np.float64)[np.maximum(picked.frames, 0)]
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    first, last = int(real[0]), int(real[-1])
    i = np.arange(len(result))
    result = np.where(i > last, result[last] + (i - last) * step, result)
    return np.where(i < first, result[first] + (i - first) * step, result)


def length_text(count: int, picked: Picked) -> str:
    """What was done, in a few words: "pad 4 after", "sample 8 of 16"; "" where nothing was."""
    wanted, kept = len(picked.frames), int(picked.real.sum())
    if wanted == count and kept == count:
        return ""
    if kept == wanted:
        steps = np.unique(np.diff(picked.frames))
        whole = kept < count and (kept == 1 or steps.tolist() == [1])
        return f"{'keep' if whole else 'sample'} {wanted} of {count}"
    before = int(np.argmax(picked.real))
    after = wanted - kept - before
    return f"pad {before} before, {after} after" if before else f"pad {after} after"
