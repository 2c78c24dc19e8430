"""Resampling against SciPy, SimpleITK and PyTorch (where it is installed), in one run, one thread.

    python benchmarks/bench_resampling.py [ROUNDS]

Medians of interleaved rounds of the processor time that each side takes, so that other work on the
machine does not count; the ratio is the figure to compare, milliseconds depend on the machine. Ours
is called as anybody calls it, all checks and a fresh result included. `exact` is `exact=True`. The
difference is to SciPy, by the data's range. PyTorch has no cubic of three axes; SimpleITK's and
PyTorch's grids are set to SciPy's `grid_mode=True` ("edges"), where all four agree.
"""

# ruff: noqa: E402 - threads are set before NumPy is imported

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is imported

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage

import voxviewer as vv
from voxviewer.encoding import compiled

JOBS = [
    ((64, 128, 128), (96, 192, 192)),
    ((256, 256, 256), (128, 128, 128)),
    ((128, 128, 128), (129, 127, 127)),
]

Side = Callable[[], Any]


def medians(sides: dict[str, Side], rounds: int) -> dict[str, float]:
    """Milliseconds of this thread for each side, interleaved; the first round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            start = time.thread_time()
            side()
            if number:
                seconds[name].append(time.thread_time() - start)
    return {name: 1000 * statistics.median(times) for name, times in seconds.items()}


def by_simpleitk(x: np.ndarray, target: tuple[int, ...], order: int) -> Side | None:
    try:
        import SimpleITK as sitk
    except ImportError:
        return None
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    image = sitk.GetImageFromArray(x)
    steps = [n / m for n, m in zip(x.shape, target, strict=True)][::-1]
    origin = [(step - 1) / 2 for step in steps]
    kinds = {0: sitk.sitkNearestNeighbor, 1: sitk.sitkLinear, 3: sitk.sitkBSpline}
    resampler = sitk.ResampleImageFilter()
    resampler.SetInterpolator(kinds[order])
    resampler.SetSize(target[::-1])
    resampler.SetOutputSpacing(steps)
    resampler.SetOutputOrigin(origin)
    resampler.SetUseNearestNeighborExtrapolator(True)
    return lambda: sitk.GetArrayViewFromImage(resampler.Execute(image))


def by_torch(x: np.ndarray, target: tuple[int, ...], order: int) -> Side | None:
    try:
        import torch
    except ImportError:
        return None
    if order == 3:
        return None
    torch.set_num_threads(1)
    tensor = torch.from_numpy(x)[None, None]
    mode: dict[str, Any] = {"mode": "nearest-exact"}
    if order == 1:
        mode = {"mode": "trilinear", "align_corners": False}
    return lambda: torch.nn.functional.interpolate(tensor, size=target, **mode)[0, 0].numpy()


def sides_of(x: np.ndarray, target: tuple[int, ...], order: int) -> dict[str, Side]:
    """Ours first, then every other one that is installed."""
    factors = [m / n for n, m in zip(x.shape, target, strict=True)]
    options = {"order": order, "antialias": False}
    sides: dict[str, Side | None] = {
        "ours": lambda: vv.resample(x, target, **options),
        "exact": lambda: vv.resample(x, target, exact=True, **options),
        "scipy": lambda: ndimage.zoom(x, factors, order=order, grid_mode=True, mode="nearest"),
        "simpleitk": by_simpleitk(x, target, order),
        "torch": by_torch(x, target, order),
    }
    return {name: side for name, side in sides.items() if side is not None}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    compiled.warm_up()
    rng = np.random.default_rng(0)
    print(f"{'':42} {'ours ms':>8} {'exact':>8} {'scipy':>8}   ours against each; difference")
    for shape, target in JOBS:
        x = rng.standard_normal(shape).astype(np.float32)
        for order in (0, 1, 3):
            sides = sides_of(x, target, order)
            took = medians(sides, rounds)
            ours = took["ours"]
            sizes = " -> ".join("x".join(map(str, size)) for size in (shape, target))
            line = f"{sizes}, order {order}"
            line = f"{line:42} {ours:8.1f} {took['exact']:8.1f} {took['scipy']:8.1f}   "
            line += ", ".join(
                f"{name} {took[name] / ours:.1f}x"
                for name in sides
                if name not in ("ours", "exact")
            )
            expected = sides["scipy"]()
            worst = [
                float(np.abs(sides[name]() - expected).max() / np.ptp(x))
                for name in ("ours", "exact")
            ]
            exact = took["scipy"] / took["exact"]
            print(f"{line}; exact {exact:.1f}x; {worst[0]:.0e}, exact {worst[1]:.0e}")


if __name__ == "__main__":
    main()
