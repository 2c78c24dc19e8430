"""Are frames in the order in which they were taken? Answered from their distances alone.

In a film neighbors in time look alike; in shuffled frames they look as different as any two. But a
fast wave may look so too: there the distance still follows the lag (it is small again after one
period). So frames are called shuffled only where no lag is better than in a random order of them,
and where some order exists in which they would follow each other smoothly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64

LEAST = 8
"""Frames below which nothing can be said."""

MOST = 256
TRIALS = 99
"""Random orders of the same frames, with which the stored one is compared: by chance one in a
hundred is the best of all. Their seed is fixed, so that a film is always judged alike."""

SMOOTHER = 0.6
"""The best order's steps are at most this share of the stored order's."""


def distances(thumbs: Float32) -> Float64:
    """Return (n, n) root mean square differences of thumbnails (n, h, w)."""
    flat = thumbs.reshape(len(thumbs), -1).astype(np.float64)
    flat -= flat.mean(axis=0)
    squares = (flat**2).sum(axis=1)
    between = squares[:, None] + squares[None, :] - 2 * flat @ flat.T
    found: Float64 = np.sqrt(np.maximum(between, 0) / flat.shape[1])
    return found


def nearest_lag(between: Float64) -> float:
    """Return the mean distance of frames 1, 2 ... n / 2 apart, of the lag where it is least."""
    return min(float(np.diagonal(between, lag).mean()) for lag in range(1, len(between) // 2 + 1))


def follows_time(between: Float64) -> bool:
    """Whether some lag brings frames nearer than it would in a random order of the same frames."""
    stored, rng = nearest_lag(between), np.random.default_rng(0)
    for _ in range(TRIALS):
        order = rng.permutation(len(between))
        if nearest_lag(between[np.ix_(order, order)]) <= stored:
            return False
    return True


def step(between: Float64, order: NDArray[np.int64]) -> float:
    """Return the mean distance of neighbors in an order."""
    return float(between[order[:-1], order[1:]].mean())


def better_order(thumbs: Float32) -> tuple[tuple[int, ...], str] | None:
    """Return the order in which frames should be, and how they lie; None where they seem right.

    How they lie is "text" (1, 10, 11, 2 ...: names sorted as text) or "shuffled"; which end of a
    shuffled film is the beginning cannot be known, and that of the earlier stored frame is taken.
    """
    n = len(thumbs)
    if not LEAST <= n <= MOST:
        return None
    between = distances(thumbs)
    if not between.any():
        return None
    stored = step(between, np.arange(n))
    for base in (0, 1):
        if lies_as_text(between, base):
            return tuple(text_order(n, base).tolist()), "text"
    best = smooth_order(between)
    if step(between, best) > SMOOTHER * stored or follows_time(between):
        return None
    return tuple(best.tolist()), "shuffled"


def text_order(n: int, base: int) -> NDArray[np.int64]:
    """Return where frame 0, 1, 2 ... lies among frames whose numbers were sorted as text."""
    stored = sorted(range(n), key=lambda number: str(number + base))
    return np.argsort(np.array(stored, np.int64))


def lies_as_text(between: Float64, base: int) -> bool:
    """Whether frames lie as names without leading zeros do when sorted as text.

    Where 1 is followed by 10 and 19 by 2 there are breaks; put by number, 1 meets 2 and 9 meets 10.
    It is so where every one of these meetings is nearer than every break, by a quarter on average,
    and where breaks stand out among the other steps: those of a wave may do the first by chance.
    """
    n = len(between)
    place = text_order(n, base)
    stored = np.argsort(place)
    breaks = np.flatnonzero(np.diff(stored) != 1)
    meetings = np.flatnonzero(np.diff(place) != 1)
    if len(breaks) < 2:
        return False
    apart = between[breaks, breaks + 1]
    near = between[place[meetings], place[meetings + 1]]
    others = np.delete(np.diagonal(between, 1), breaks)
    if apart.min() < 1.2 * np.median(others):
        return False
    return bool(near.max() < apart.min() and near.mean() < 0.75 * apart.mean())


def smooth_order(between: Float64) -> NDArray[np.int64]:
    """Return an order whose neighbors are near: the nearest next one, then turned where shorter.

    From the frame that is furthest from all; improved by 2-opt until no turn helps.
    """
    n = len(between)
    left = np.ones(n, bool)
    order = [int(between.sum(axis=1).argmax())]
    left[order[0]] = False
    for _ in range(n - 1):
        near = np.where(left, between[order[-1]], np.inf)
        order.append(int(near.argmin()))
        left[order[-1]] = False
    best = _turned(between, np.array(order, np.int64))
    return best if best[0] < best[-1] else best[::-1]


def _turned(between: Float64, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """2-opt for a path: turn the part whose turning shortens it most, as long as one does."""
    n = len(order)
    for _ in range(4 * n):
        d = between[np.ix_(order, order)]
        steps = np.append(np.diagonal(d, 1), 0.0)  # after the last frame there is none
        before = np.concatenate([[0.0], steps[:-1]])  # into frame i; none into the first
        into = np.vstack([np.zeros(n), d[:-1]])  # [i, j]: from i - 1 to j
        out = np.hstack([d[:, 1:], np.zeros((n, 1))])  # [i, j]: from i to j + 1
        gain = before[:, None] + steps[None, :] - into - out
        gain[np.tril_indices(n)] = 0
        i, j = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[i, j] <= 1e-9:
            break
        order = np.concatenate([order[:i], order[i : j + 1][::-1], order[j + 1 :]])
    return order
