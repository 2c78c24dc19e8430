"""Heatmaps against a NumPy broadcast over the whole grid, and the article's loop, in one run.

    python benchmarks/bench_heatmaps.py [ROUNDS]

Medians of interleaved rounds of processor time, one thread; the ratio is the figure to compare. The
loop over every pixel is timed on one frame and multiplied.
"""

# ruff: noqa: E402 - threads are set before NumPy is imported

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is imported

import math
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

import voxviewer as vv
from voxviewer.encoding import compiled

DRAWN = [(30, 20, 64), (300, 25, 128)]
"""Frames, joints, height and width."""


def medians(sides: list[Callable[[], object]], rounds: int) -> list[float]:
    """Milliseconds of this thread for each side, interleaved; the first round is not counted."""
    seconds: list[list[float]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for times, side in zip(seconds, sides, strict=True):
            start = time.thread_time()
            side()
            if number:
                times.append(time.thread_time() - start)
    return [1000 * statistics.median(times) for times in seconds]


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


def article(joints: np.ndarray, size: int, sigma: float) -> np.ndarray:
    """The article's loop: pixel by pixel, joint by joint."""
    out = np.zeros((len(joints), size, size), np.float32)
    for t, frame in enumerate((joints[..., :2] + 1) / 2 * size - 0.5):
        for x0, y0 in frame:
            for y in range(size):
                for x in range(size):
                    square = (x - x0) ** 2 + (y - y0) ** 2
                    out[t, y, x] += math.exp(-square / (2 * sigma**2))
    return out


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    compiled.warm_up()
    rng = np.random.default_rng(0)
    print(f"{'':48} {'ours ms':>8} {'broadcast':>10}   ratio, to the loop; largest difference")
    for frames, count, size in DRAWN:
        joints = rng.uniform(-1, 1, (frames, count, 3)).astype(np.float32)
        start = time.thread_time()
        article(joints[:1], size, 5.0)
        loop = (time.thread_time() - start) * frames * 1000
        for combine in ("sum", "max"):

            def ours(joints=joints, size=size, combine=combine):
                return vv.joint_heatmaps(joints, size, size, 5.0, combine)

            def theirs(joints=joints, size=size, combine=combine):
                return broadcast(joints, size, 5.0, combine)

            here, there = medians([ours, theirs], rounds)
            difference = float(np.abs(ours() - theirs()).max())
            name = f"{frames} frames, {count} joints, {size}x{size}, {combine}"
            print(
                f"{name:48} {here:8.2f} {there:10.1f}   {there / here:.1f}x, {loop / here:.0f}x; "
                f"{difference:.0e}"
            )


if __name__ == "__main__":
    main()
