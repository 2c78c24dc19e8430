"""Orders 0 and 1: a gather, and two neighbors along each axis, blended in float64.

SciPy blends in float64 too, so linear equals it but for one unit in the last place. The compiled
loops (`loops`) and the NumPy twins here do the same operations in the same order. The last axis is
blended first where it grows (fewer columns to fetch), last where it shrinks (fewer rows to read).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxviewer.encoding import compiled
from voxviewer.encoding.operators import gather, linear_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import Float32, Float64

Shape3: TypeAlias = tuple[int, int, int]
Line: TypeAlias = "tuple[NDArray[np.intp], Float64]"
"""Of each output along an axis: the first of two neighbors, and the second one's share."""

PIECE = 1 << 22
"""Values between two looks at whether the work shall stop."""


def gathered(x: NDArray[Any], target: Shape3, grid: str) -> NDArray[Any]:
    """One channel (D, H, W) at another shape by order 0, in its own dtype, contiguous."""
    if x.shape == target:
        return np.array(x, order="C")
    d, h, w = (gather(n, m, grid) for n, m in zip(x.shape, target, strict=True))
    loop = compiled.loop("gather", x.size + d.size * h.size * w.size)
    if loop is None or x.dtype.itemsize not in (1, 2, 4, 8):
        return _gathered(x, d, h, w)
    made = np.empty(target, x.dtype)
    bits = np.dtype(f"u{x.dtype.itemsize}")
    loop(np.ascontiguousarray(x).view(bits), d, h, w, made.view(bits))
    return made


def _gathered(
    x: NDArray[Any], d: NDArray[np.intp], h: NDArray[np.intp], w: NDArray[np.intp]
) -> NDArray[Any]:
    """`loops.gather`, plane by plane: no more memory than the result's."""
    out = np.empty((d.size, h.size, w.size), x.dtype)
    for i, plane in enumerate(d.tolist()):
        if i and plane == d[i - 1]:
            out[i] = out[i - 1]
        else:
            out[i] = x[plane][h[:, None], w]
    return out


def linear(x: NDArray[Any], target: Shape3, grid: str, tick: Callable[[], None]) -> Float32:
    """One channel (D, H, W), contiguous float32 or float64 and finite, by order 1 as SciPy does."""
    lines = tuple(_line(n, m, grid) for n, m in zip(x.shape, target, strict=True))
    if x.shape[2] == 1:  # the loops look at two neighbors
        x = np.repeat(x, 2, axis=2)
    out = np.empty(target, np.float32)
    wide = target[2] >= x.shape[2]
    name = "linear_wide" if wide else "linear_narrow"
    loop = compiled.loop(name, x.size + out.size)
    work: Any = loop if loop is not None else _wide if wide else _narrow
    (d0, ud), rows, columns = lines
    needed = (_needed(rows[0], x.shape[1]),) if wide else ()
    step = max(1, PIECE * target[0] // max(out.size, x.size))
    for first in range(0, target[0], step):
        tick()
        part = slice(first, first + step)
        work(x, d0[part], ud[part], *rows, *columns, *needed, out[part])
    return out


@lru_cache(maxsize=64)
def _line(n: int, m: int, grid: str) -> Line:
    start, weights = linear_weights(n, m, grid)
    share = np.ascontiguousarray(weights[:, 1]) if n > 1 else np.zeros(m)
    return np.ascontiguousarray(start), share


def _needed(first: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    """Which rows are looked at."""
    needed = np.zeros(count, np.bool_)
    needed[first] = True
    needed[np.minimum(first + 1, count - 1)] = True
    return needed


def _wide(
    x: NDArray[Any], d0: NDArray[np.intp], ud: Float64, h0: NDArray[np.intp], uh: Float64,
    w0: NDArray[np.intp], uw: Float64, needed: NDArray[np.bool_], out: Float32,
) -> None:  # fmt: skip
    """`loops.linear_wide`, plane by plane."""
    below = np.minimum(h0 + 1, x.shape[1] - 1)
    planes: dict[int, NDArray[Any]] = {}
    for i, (p, b) in enumerate(zip(d0.tolist(), ud.tolist(), strict=True)):
        q = p + 1 if b else p
        for plane in {p, q} - set(planes):
            source = x[plane].astype(np.float64, copy=False)
            planes[plane] = source[:, w0] * (1.0 - uw) + source[:, w0 + 1] * uw
        planes = {plane: planes[plane] for plane in (p, q)}
        mixed = planes[p] * (1.0 - b) + planes[q] * b
        out[i] = mixed[h0] * (1.0 - uh)[:, None] + mixed[below] * uh[:, None]


def _narrow(
    x: NDArray[Any], d0: NDArray[np.intp], ud: Float64, h0: NDArray[np.intp], uh: Float64,
    w0: NDArray[np.intp], uw: Float64, out: Float32,
) -> None:  # fmt: skip
    """`loops.linear_narrow`, plane by plane."""
    below = np.minimum(h0 + 1, x.shape[1] - 1)
    f, e = uh[:, None], 1.0 - uh[:, None]
    for i, (p, b) in enumerate(zip(d0.tolist(), ud.tolist(), strict=True)):
        here, there = x[p], x[min(p + 1, len(x) - 1)]
        a = 1.0 - b
        rows = here[h0] * (a * e) + here[below] * (a * f)
        rows += there[h0] * (b * e)
        rows += there[below] * (b * f)
        out[i] = rows[:, w0] * (1.0 - uw) + rows[:, w0 + 1] * uw
