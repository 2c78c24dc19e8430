"""Bones become pictures: a strip along each, a Gaussian across, as PoseConv3D draws limbs.

A pixel's value is exp(-d^2 / 2 sigma^2), d its distance from the segment between both joints; a
bone of no length is a joint's Gaussian. (Duan et al., Revisiting Skeleton-based Action Recognition,
CVPR 2022, and `generate_a_limb_heatmap` of PYSKL.) Without both ends a bone is not drawn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.encoding import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64

REACH = 7.0
"""Sigmas from the middle line beyond which nothing is drawn."""


def draw(
    places: Float64,
    seen: NDArray[np.bool_],
    peak: Float64 | None,
    sigma: float,
    cutoff: float | None,
    bones: tuple[tuple[int, int], ...],
    out: Float32,
) -> None:
    """Draw the bones of one person into pictures (T, H, W, C); those of one channel by maximum.

    Parameters
    ----------
    places : (T, J, 2) x, y in pixels, whole numbers are pixel centers
    seen : (T, J)
    peak : (T, J) scores, or None; a bone's peak is the smaller of its ends'
    sigma : pixels
    cutoff : sigmas from the middle line beyond which nothing is drawn; None = `REACH`
    """
    reach = sigma * min(REACH, REACH if cutoff is None else cutoff)
    for b, (first, second) in enumerate(bones):
        channel = out[..., b if out.shape[3] > 1 else 0]
        high = np.ones(len(seen)) if peak is None else np.minimum(peak[:, first], peak[:, second])
        frames = np.flatnonzero(seen[:, first] & seen[:, second] & (high > 0))
        starts, ends, high = places[frames, first], places[frames, second], high[frames]
        loop = compiled.loop("draw_strips", channel.size)
        work = _strips if loop is None else loop
        work(frames, starts, ends, high, float(sigma), float(reach), channel)


def _strips(
    frames: NDArray[np.intp],
    starts: Float64,
    ends: Float64,
    peaks: Float64,
    sigma: float,
    reach: float,
    out: Float32,
) -> None:
    """`loops.draw_strips`, bone by bone."""
    for t, start, end, high in zip(frames, starts, ends, peaks.tolist(), strict=True):
        _strip(out[t], start, end, sigma, reach, high)


def _strip(
    picture: Float32, start: Float64, end: Float64, sigma: float, reach: float, high: float
) -> None:
    """Draw one bone by maximum, on the pixels it reaches."""
    H, W = picture.shape
    low, top = np.minimum(start, end) - reach, np.maximum(start, end) + reach
    if not (low[0] < W and low[1] < H and top[0] >= 0 and top[1] >= 0):
        return
    x0, y0 = (max(0, math.ceil(value)) for value in low)
    x1, y1 = min(W, math.floor(min(top[0], W)) + 1), min(H, math.floor(min(top[1], H)) + 1)
    x, y = np.arange(x0, x1) - start[0], np.arange(y0, y1)[:, None] - start[1]
    dx, dy = end - start
    square = dx * dx + dy * dy
    along = np.clip((x * dx + y * dy) / square, 0, 1) if square > 0 else 0.0
    distance = (x - along * dx) ** 2 + (y - along * dy) ** 2
    values = high * np.exp(distance * (-0.5 / sigma**2))
    values[distance > (reach * (1 + 1e-6)) ** 2] = 0
    part = picture[y0:y1, x0:x1]
    np.maximum(part, values, out=part, casting="same_kind")
