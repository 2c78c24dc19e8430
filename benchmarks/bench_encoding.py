"""Resampling against `scipy.ndimage.zoom`, heatmaps against a NumPy broadcast, in one run.

    python benchmarks/bench_encoding.py [ROUNDS]

Medians of interleaved rounds, so that a busy machine slows both sides; the ratio is the figure to
compare, the milliseconds depend on the machine.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import ndimage

import voxviewer as vv

RESAMPLED = [
    ((64, 128, 128), (96, 192, 192)),
    ((256, 256, 256), (128, 128, 128)),
    ((128, 128, 128), (129, 127, 127)),
]

DRAWN = [(30, 20, 64), (300, 25, 128)]
"""Frames, joints, height and width."""


def medians(sides: list[Callable[[], object]], rounds: int) -> list[float]:
    """Milliseconds of each side, interleaved; the first round is not counted."""
    seconds: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for times, side in zip(seconds, sides, strict=True):
            start = time.perf_counter()
            side()
            if number:
                times.append(time.perf_counter() - start)
    return [1000 * statistics.median(times) for times in seconds]


def report(name: str, ours: float, theirs: float, difference: float) -> None:
    print(f"{name:52} {ours:9.2f} {theirs:9.1f} {theirs / ours:7.1f}x   {difference:.1e}")


def broadcast(joints: np.ndarray, size: int, sigma: float, combine: str) -> np.ndarray:
    """An honest vectorized version: the whole grid at once, frame by frame."""
    grid = np.arange(size, dtype=np.float32)
    out = np.empty((len(joints), size, size, 1), np.float32)
    for t, frame in enumerate((joints[..., :2] + 1) / 2 * size - 0.5):
        square = (grid - frame[:, 0, None, None]) ** 2 + (
            grid[:, None] - frame[:, 1, None, None]
        ) ** 2
        planes = np.exp(-square / (2 * sigma**2))
        out[t, ..., 0] = planes.sum(axis=0) if combine == "sum" else planes.max(axis=0)
    return out


def bench_resampling(rounds: int) -> None:
    rng = np.random.default_rng(0)
    for shape, target in RESAMPLED:
        x = rng.standard_normal(shape).astype(np.float32)
        factors = [m / n for n, m in zip(shape, target, strict=True)]
        for order in (0, 1, 3):

            def ours(x=x, target=target, order=order):
                return vv.resample(x, target, order=order, grid="centers", antialias=False)

            def theirs(x=x, factors=factors, order=order):
                return ndimage.zoom(x, factors, order=order)

            here, there = medians([ours, theirs], rounds)
            held = np.index_exp[:-1, :-1, :-1]  # SciPy may lose the last sample
            difference = float(np.abs(ours()[held] - theirs()[held]).max() / np.ptp(x))
            sizes = " -> ".join("x".join(map(str, sizes)) for sizes in (shape, target))
            report(f"resample {sizes}, order {order}", here, there, difference)


def bench_heatmaps(rounds: int) -> None:
    rng = np.random.default_rng(0)
    for frames, count, size in DRAWN:
        joints = rng.uniform(-1, 1, (frames, count, 3)).astype(np.float32)
        for combine in ("sum", "max"):

            def ours(joints=joints, size=size, combine=combine):
                return vv.joint_heatmaps(joints, size, size, 5.0, combine)

            def theirs(joints=joints, size=size, combine=combine):
                return broadcast(joints, size, 5.0, combine)

            here, there = medians([ours, theirs], rounds)
            difference = float(np.abs(ours() - theirs()).max())
            name = f"heatmaps {frames} frames, {count} joints, {size}x{size}, {combine}"
            report(name, here, there, difference)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{'':52} {'ours ms':>9} {'peer ms':>9} {'ratio':>8}   max |difference| / range")
    bench_resampling(rounds)
    bench_heatmaps(rounds)


if __name__ == "__main__":
    main()
