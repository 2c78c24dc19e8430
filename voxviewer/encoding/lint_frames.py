"""A look at every frame of a film, small, for the checks of the data lint.

Frames are read one by one; what is kept of each is a thumbnail and a handful of numbers, so that a
long film costs no memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64, Progress, Volume

MOST_FRAMES = 512
"""Frames that are looked at, from the first on."""

SIDE = 32
"""Rows and columns of a thumbnail, at most."""

KEPT = 8
"""Frames of which all values are kept, evenly over the film, for checks of values."""

LARGEST = 256
"""Rows and columns of a kept frame, at most; taken from the middle, never resized."""


@dataclass(frozen=True, eq=False)
class FrameLook:
    """What is known of the first n frames, of real time or of a sweep.

    Attributes
    ----------
    numbers : (n,) int, which frames of the source these are
    thumbs : (n, h, w) float32, gray, block means
    low, high : (n,) float64, extremes of each frame
    at_high : (n,) float64, the share of values at the highest
    place : (n,) int, where the first of them lies, counted through the frame
    digests : of the values of each frame
    kept : (k, H, W, C) some frames as they are stored, cut to their middle
    """

    numbers: NDArray[np.int64]
    thumbs: Float32
    low: Float64
    high: Float64
    at_high: Float64
    place: NDArray[np.int64]
    digests: tuple[bytes, ...]
    kept: NDArray[Any]

    @property
    def constant(self) -> NDArray[np.bool_]:
        """(n,) frames that are one value throughout."""
        return np.asarray(self.low == self.high)

    @property
    def repeats(self) -> NDArray[np.bool_]:
        """(n,) frames that are, bit by bit, the frame before."""
        same = [a == b for a, b in zip(self.digests, self.digests[1:], strict=False)]
        return np.array([False, *same])


def look_bytes(source: Volume) -> int:
    """Peak bytes of a look: one frame and its working copies, thumbnails, kept frames."""
    T, _, H, W, C = source.shape
    item = source.voxels.dtype.itemsize
    frame = H * W * C * (2 * item + 4 * 3)
    # Checks of colors and of overflow hold the kept frames as float32 or int32, with two copies.
    kept = KEPT * min(H, LARGEST) * min(W, LARGEST) * C * (2 * item + 16)
    thumbs = min(max(T, source.shape[1]), MOST_FRAMES) * (2 * SIDE) ** 2 * 4 * 3
    return (1 << 20) + frame + kept + thumbs


def look_at_frames(source: Volume, progress: Progress) -> FrameLook:
    """Look at a volume's frames: of a film all (up to `MOST_FRAMES`), of a scan its slices.

    Parameters
    ----------
    source : (T, D, H, W, C); of several planes the middle one is taken, without real time all
    """
    T, D = source.shape[:2]
    sweep = T == 1 and D > 1
    count = min(D if sweep else T, MOST_FRAMES)
    chosen = set(np.unique(np.linspace(0, count - 1, min(KEPT, count)).astype(int)).tolist())
    thumbs, low, high, at_high, place, digests, kept = [], [], [], [], [], [], []
    for number in range(count):
        progress(number / count, f"looking at frame {number + 1} of {count}")
        index = (0, number) if sweep else (number, D // 2)
        frame = np.asarray(source.voxels[index])
        thumbs.append(thumbnail(frame))
        bottom, top = _extremes(frame)
        low.append(bottom)
        high.append(top)
        highest = frame == top
        at_high.append(float(np.count_nonzero(highest)) / frame.size)
        place.append(int(highest.argmax()))
        digests.append(hashlib.blake2b(np.ascontiguousarray(frame).data, digest_size=16).digest())
        if number in chosen:
            kept.append(_middle(frame).copy())
    return FrameLook(
        np.arange(count), np.array(thumbs, np.float32), np.array(low), np.array(high),
        np.array(at_high), np.array(place), tuple(digests), np.array(kept),
    )  # fmt: skip


def thumbnail(frame: NDArray[Any]) -> Float32:
    """Return a frame (H, W, C) as (h, w) means of blocks over all channels; NaN counts as 0."""
    H, W, _ = frame.shape
    rows, columns = max(1, H // SIDE), max(1, W // SIDE)
    h, w = H // rows, W // columns
    gray = frame[: h * rows, : w * columns].mean(axis=2, dtype=np.float32)
    blocks = np.nan_to_num(gray, posinf=0, neginf=0).reshape(h, rows, w, columns)
    small: Float32 = blocks.mean(axis=(1, 3))
    return small


def _extremes(frame: NDArray[Any]) -> tuple[float, float]:
    values = frame[np.isfinite(frame)] if frame.dtype.kind == "f" else frame
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def _middle(frame: NDArray[Any]) -> NDArray[Any]:
    H, W, _ = frame.shape
    top, left = max(0, (H - LARGEST) // 2), max(0, (W - LARGEST) // 2)
    return frame[top : top + LARGEST, left : left + LARGEST]
