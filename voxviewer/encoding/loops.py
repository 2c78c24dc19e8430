"""The inner loops of nearest and linear resampling and of heatmaps by maximum, in Numba.

Imported late, by `compiled` alone. They release the interpreter, run on the caller's thread, and
round as their NumPy twins do (no fused multiply-add, no reordering): which of the two runs changes
no bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_options: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}


@njit(**_options)
def gather(x, d, h, w, out):  # type: ignore[no-untyped-def]
    """out[i, j, k] = x[d[i], h[j], w[k]]; repeated planes and rows are copied."""
    m0, m1, m2 = out.shape
    for i in range(m0):
        if i > 0 and d[i] == d[i - 1]:
            out[i] = out[i - 1]
            continue
        for j in range(m1):
            row = out[i, j]
            if j > 0 and h[j] == h[j - 1]:
                row[:] = out[i, j - 1]
                continue
            source = x[d[i], h[j]]
            for k in range(m2):
                row[k] = source[w[k]]


@njit(**_options)
def linear_wide(x, d0, ud, h0, uh, w0, uw, needed, out):  # type: ignore[no-untyped-def]
    """Order 1 where the last axis does not shrink: columns, then depth, then rows.

    Two planes whose columns are done are kept; `needed` are the rows that are looked at.
    """
    m0, m1, m2 = out.shape
    n1 = x.shape[1]
    vw = 1.0 - uw
    planes = np.empty((2, n1, m2), np.float64)
    held = np.full(2, -1, np.int64)
    mixed = np.empty((n1, m2), np.float64)
    for i in range(m0):
        p, b = d0[i], ud[i]
        a = 1.0 - b
        for q in range(p, min(p + 2, x.shape[0])):
            slot = q & 1
            if held[slot] != q:
                held[slot] = q
                for j in range(n1):
                    if needed[j]:
                        source, target = x[q, j], planes[slot, j]
                        for k in range(m2):
                            c = w0[k]
                            target[k] = source[c] * vw[k] + source[c + 1] * uw[k]
        first, second = planes[p & 1], planes[(p + 1) & 1]
        if b == 0.0:
            second = first
        for j in range(n1):
            if needed[j]:
                for k in range(m2):
                    mixed[j, k] = first[j, k] * a + second[j, k] * b
        for j in range(m1):
            upper, f = mixed[h0[j]], uh[j]
            e = 1.0 - f
            lower = mixed[min(h0[j] + 1, n1 - 1)]
            target32 = out[i, j]
            for k in range(m2):
                target32[k] = upper[k] * e + lower[k] * f


@njit(**_options)
def linear_narrow(x, d0, ud, h0, uh, w0, uw, out):  # type: ignore[no-untyped-def]
    """Order 1 where the last axis shrinks: four rows are blended, then their columns."""
    m0, m1, m2 = out.shape
    n0, n1, n2 = x.shape
    vw = 1.0 - uw
    row = np.empty(n2, np.float64)
    for i in range(m0):
        p, b = d0[i], ud[i]
        q = min(p + 1, n0 - 1)
        for j in range(m1):
            g, f = h0[j], uh[j]
            r = min(g + 1, n1 - 1)
            s00, s01, s10, s11 = x[p, g], x[p, r], x[q, g], x[q, r]
            w00, w01 = (1.0 - b) * (1.0 - f), (1.0 - b) * f
            w10, w11 = b * (1.0 - f), b * f
            for k in range(n2):
                row[k] = ((s00[k] * w00 + s01[k] * w01) + s10[k] * w10) + s11[k] * w11
            target = out[i, j]
            for k in range(m2):
                c = w0[k]
                target[k] = row[c] * vw[k] + row[c + 1] * uw[k]


@njit(**_options)
def draw_max(rows, columns, out):  # type: ignore[no-untyped-def]
    """out[t, y, x] = the largest rows[t, n, y] * columns[t, n, x], over the pixels n reaches."""
    T, N, H = rows.shape
    W = columns.shape[2]
    for t in range(T):
        for n in range(N):
            line = columns[t, n]
            first, last = 0, W
            while first < W and line[first] == 0:
                first += 1
            while last > first and line[last - 1] == 0:
                last -= 1
            if first == last:
                continue
            for y in range(H):
                high = rows[t, n, y]
                if high != 0:
                    target = out[t, y]
                    for k in range(first, last):
                        value, before = high * line[k], target[k]
                        target[k] = value if value > before else before


@njit(**_options)
def draw_lines(nearest, distance, value, right, left, shrink, reach, out):  # type: ignore[no-untyped-def]
    """Gaussians of many lines, each from its nearest pixel outwards; see `heatmaps._gaussian`."""
    N, count = out.shape
    for n in range(N):
        line, middle, d = out[n], nearest[n], distance[n]
        high, ratio = value[n], right[n]
        for k in range(count - middle):
            if abs(d + k) > reach:
                break
            line[middle + k] = high
            high *= ratio
            ratio *= shrink
        high, ratio = value[n], left[n]
        for k in range(middle + 1):
            if abs(d - k) > reach:
                break
            line[middle - k] = high
            high *= ratio
            ratio *= shrink
