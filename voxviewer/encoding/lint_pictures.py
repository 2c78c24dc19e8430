"""Checks of films, pictures and scans: order, repeats, colors, axes, overflow, levels."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.encoding.lint_findings import Finding
from voxviewer.encoding.lint_order import better_order
from voxviewer.encoding.mending import WRAP_JUMP

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import Volume
    from voxviewer.encoding.lint_frames import FrameLook

PLAIN = (".npy", ".npz", ".h5", ".hdf5", ".mat", ".zarr", ".pkl")
"""Endings of files that say nothing of the order of axes and colors."""

FEW_CHANNELS = (1, 3, 4)
FEW_VALUES = 32
"""Masks, labels and boards have fewer; nothing runs over in them."""

LEAST_SIDE = 9
"""An axis shorter than this may well be channels or planes."""


def is_plain(source: Volume) -> bool:
    """Whether the file is an array that says nothing of itself."""
    return PurePath(source.opening.path).suffix.lower() in PLAIN


def constant_frames(source: Volume, look: FrameLook) -> Finding | None:
    """Frames of a film that are one value throughout: black, or lost."""
    dead = look.constant
    if source.shape[0] == 1 or dead.all() or not dead.any():
        return None
    return Finding(
        "constant",
        f"{_frames(look.numbers[dead])} one value throughout.",
        "Leave them away",
        drop=tuple(look.numbers[dead].tolist()),
        count=source.shape[0],
    )


def repeated_frames(source: Volume, look: FrameLook) -> Finding | None:
    """Frames of a film that repeat the frame before bit by bit."""
    again = look.repeats & ~look.constant
    if source.shape[0] == 1 or not again.any() or look.repeats[1:].all():
        return None
    return Finding(
        "duplicate",
        f"{_frames(look.numbers[again])} a copy of the frame before, bit by bit.",
        "Leave copies away",
        drop=tuple(look.numbers[again].tolist()),
        count=source.shape[0],
    )


def shuffled_frames(source: Volume, look: FrameLook) -> Finding | None:
    """Frames of a film that do not follow each other."""
    if source.shape[0] != len(look.numbers):
        return None  # of a film that was not seen whole no order can be given
    alive = np.flatnonzero(~look.constant)  # one that is black stands anywhere
    found = better_order(look.thumbs[alive])
    if found is None:
        return None
    places, how = found
    order = (*alive[list(places)].tolist(), *np.flatnonzero(look.constant).tolist())
    if how == "text":
        seen = "Frames lie in the order of names sorted as text, such as 1, 10, 11, 2."
        return Finding("shuffled", seen, "Sort by number", order=order, count=len(order))
    seen = "Neighboring frames differ as much as any two, and another order would be smooth."
    return Finding("shuffled", seen, "Order by likeness", order=order, count=len(order))


def swapped_colors(source: Volume, look: FrameLook) -> Finding | None:
    """Blue where red belongs: skin that is skin only when the two are swapped.

    Looked for in plain arrays alone, where OpenCV's order comes from; every picture and video
    format says which channel is red.
    """
    if source.shape[4] not in (3, 4) or not is_plain(source):
        return None
    values = look.kept[..., :3].astype(np.float32)
    if source.voxels.dtype.kind == "f":
        values *= 255 if values.max(initial=0) <= 1.0 else 1
    elif source.voxels.dtype != np.uint8:
        return None
    now, other = skin(values), skin(values[..., ::-1])
    if other.mean() < 0.02 or other.mean() < 8 * now.mean() + 0.01 or _is_sky(other):
        return None
    seen = f"{other.mean():.0%} of the picture has the color of skin, if blue and red are swapped."
    return Finding("bgr", seen, "Swap blue and red", repair="bgr")


def skin(rgb: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which pixels (..., 3) of 0 to 255 have the color of skin (Kovac et al. 2003, daylight)."""
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    spread = rgb.max(axis=-1) - rgb.min(axis=-1)
    bright = (r > 95) & (g > 40) & (b > 20) & (spread > 15)
    return np.asarray(bright & (np.abs(r - g) > 15) & (r > g) & (g > b))


def _is_sky(found: NDArray[np.bool_]) -> bool:
    """Whether what is found lies mostly in the upper third of the pictures (k, H, W)."""
    rows = found.sum(axis=(0, 2)).astype(float)
    return bool(rows[: max(len(rows) // 3, 1)].sum() > 0.6 * rows.sum())


def channels_first(source: Volume, look: FrameLook) -> Finding | None:
    """An array of a plain file whose short axis lies where no color video has one."""
    shape = source.facts.stored_shape
    if source.opening.axes is not None or not is_plain(source) or source.shape[4] in (3, 4):
        return None
    axes = {3: "CHW", 4: "TCHW", 5: "TCDHW"}.get(len(shape), "")
    if not axes or len(shape) != len(source.facts.stored_axes):
        return None
    sizes = dict(zip(axes, shape, strict=True))
    short = sizes["C"] in (3, 4) if len(shape) == 3 else sizes["C"] in FEW_CHANNELS
    if not short or min(sizes["H"], sizes["W"]) < LEAST_SIDE or shape[-1] in FEW_CHANNELS:
        return None
    seen = f"The stored shape {shape} has an axis of {sizes['C']} before rows and columns."
    return Finding("channels-first", seen, f"Read as {axes}", opening=(("axes", axes),))


def overflowing(source: Volume, look: FrameLook) -> Finding | None:
    """Whole numbers that ran over: neighbors at opposite ends of the dtype's range.

    A true edge between black and white is an edge of a few pixels whose values pile up at the ends;
    a value that ran over lands anywhere near the other end.
    """
    dtype = source.voxels.dtype
    if dtype.kind not in "iu" or dtype.itemsize > 2 or look.kept.shape[2] < 2:
        return None
    if len(np.unique(look.kept[0])) < FEW_VALUES:
        return None
    jumps, seen_at_ends, strong = _jumps(look.kept)
    total = look.kept[:, :, 1:].size
    if jumps < max(12, 5e-4 * total) or jumps < 0.7 * strong or seen_at_ends > 0.3 * jumps:
        return None
    info = np.iinfo(dtype)
    seen = f"{jumps:,} steps between neighbors run from one end of {dtype} to the other "
    seen += f"({info.min} and {info.max}): values that ran over."
    return Finding("overflow", seen, "Continue beyond the end", repair="unwrap")


def _jumps(kept: NDArray[Any]) -> tuple[int, int, int]:
    """How many steps run from end to end; how many of these from the very end; half as far."""
    info = np.iinfo(kept.dtype)
    period = int(info.max) - int(info.min) + 1
    values = kept.astype(np.int32)
    step = np.abs(np.diff(values, axis=2))
    far = step > WRAP_JUMP * period
    ends = np.stack([values[:, :, 1:][far], values[:, :, :-1][far]])
    exact = (ends.max(axis=0) == info.max) & (ends.min(axis=0) == info.min)
    strong = np.count_nonzero((step > 0.5 * period) & ~far)
    return int(np.count_nonzero(far)), int(np.count_nonzero(exact)), int(strong)


def scaled_frames(source: Volume, look: FrameLook) -> Finding | None:
    """Frames that were each scaled to the same lowest and highest value.

    Told by what does not move: from frame to frame it keeps its picture but not its level. Where
    the highest value never moves, as of writing laid over ultrasound, nothing was scaled to it.
    """
    T = len(look.numbers)
    if source.shape[0] == 1 or T < 4 or look.constant.any():
        return None
    span = float(look.high.max() - look.low.min())
    tight = 1e-5 * span
    if np.ptp(look.high) > tight or np.ptp(look.low) > tight or np.median(look.at_high) > 0.02:
        return None
    if np.ptp(look.place) == 0:
        return None
    pairs = [_gain(a, b) for a, b in zip(look.thumbs, look.thumbs[1:], strict=False)]
    told = [pair for pair in pairs if pair is not None]
    flickers = [1 for gain, shift in told if abs(gain - 1) > 0.01 or abs(shift) > 0.01 * span]
    if len(told) < T // 2 or len(flickers) < 0.6 * len(told):
        return None
    low, high = float(look.low[0]), float(look.high[0])
    seen = f"Every frame runs from {low:g} to {high:g}, while what stands still changes its level."
    return Finding("per-frame", seen, "Match the levels", repair="levels")


def _gain(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[float, float] | None:
    """Gain and shift that take one frame's still parts to the next; None where there are none."""
    x, y = before.ravel().astype(np.float64), after.ravel().astype(np.float64)
    low, high = np.percentile(x, (25, 75))
    dark, bright = x <= low, x >= high
    rise = float(np.median(x[bright]) - np.median(x[dark]))
    if rise <= 0:
        return None
    gain = float(np.median(y[bright]) - np.median(y[dark])) / rise
    shift = float(np.median(y[dark])) - gain * float(np.median(x[dark]))
    left, plain = np.median(np.abs(y - gain * x - shift)), np.median(np.abs(y - x))
    return (gain, shift) if left <= 0.3 * plain or plain == 0 else None


def _frames(numbers: NDArray[np.int64]) -> str:
    """Return "Frame 3 is" or "Frames 3, 5 and 4 more are"."""
    if len(numbers) == 1:
        return f"Frame {numbers[0]} is"
    shown = ", ".join(str(number) for number in numbers[:4])
    more = len(numbers) - 4
    return f"Frames {shown} and {more} more are each" if more > 0 else f"Frames {shown} are each"


FRAME_CHECKS: tuple[Callable[[Volume, FrameLook], Finding | None], ...] = (
    channels_first, shuffled_frames, repeated_frames, constant_frames, swapped_colors, overflowing,
    scaled_frames,
)  # fmt: skip
