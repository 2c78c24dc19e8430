"""The inner loops of resampling and of heatmaps by maximum, in Numba.

Imported late, by `compiled` alone. They release the interpreter, run on the caller's thread, and
round as their NumPy twins do (no fused multiply-add, no reordering): which of the two runs changes
no bit; of `draw_strips` one unit in the last place, as two exponentials differ.
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


@njit(**_options)
def draw_strips(frames, starts, ends, peaks, sigma, reach, out):  # type: ignore[no-untyped-def]
    """out[frames[n]] = by maximum a Gaussian strip along each segment; see `limbs._strip`."""
    H, W = out.shape[1], out.shape[2]
    far, scale = (reach * (1 + 1e-6)) ** 2, -0.5 / sigma**2
    for n in range(frames.size):
        picture, high = out[frames[n]], peaks[n]
        ax, ay = starts[n, 0], starts[n, 1]
        dx, dy = ends[n, 0] - ax, ends[n, 1] - ay
        square = dx * dx + dy * dy
        left, right = min(ax, ax + dx) - reach, max(ax, ax + dx) + reach
        top, foot = min(ay, ay + dy) - reach, max(ay, ay + dy) + reach
        if not (left < W and top < H and right >= 0 and foot >= 0):
            continue
        x0, y0 = int(max(0.0, np.ceil(left))), int(max(0.0, np.ceil(top)))
        x1, y1 = int(min(W - 1.0, np.floor(right))), int(min(H - 1.0, np.floor(foot)))
        for row in range(y0, y1 + 1):
            y, line = row - ay, picture[row]
            for column in range(x0, x1 + 1):
                x = column - ax
                along = 0.0
                if square > 0:
                    along = min(max((x * dx + y * dy) / square, 0.0), 1.0)
                p, q = x - along * dx, y - along * dy
                distance = p * p + q * q
                if distance <= far:
                    value = high * np.exp(distance * scale)
                    if value > line[column]:
                        line[column] = value


@njit(**_options)
def spline_filter(c, pole, gain, far, reflected):  # type: ignore[no-untyped-def]
    """Turn c (A, n, B) into the spline's coefficients along its middle axis, as SciPy does.

    Sixteen lines at a time are copied to where they stay in the cache.
    """
    A, n, B = c.shape
    lines = np.zeros((n, 16), np.float64)
    for a in range(A):
        for start in range(0, B, 16):
            width = min(16, B - start)
            for i in range(n):
                for b in range(width):
                    lines[i, b] = c[a, i, start + b] * gain
            _filter_lines(lines, pole, far, reflected)
            for i in range(n):
                for b in range(width):
                    c[a, i, start + b] = lines[i, b]


@njit(**_options)
def _filter_lines(c, pole, far, reflected):  # type: ignore[no-untyped-def]
    """Operation by operation `apply_filter` of SciPy's `ni_splines.c`, along the axis n of (n, 16).

    Ends as in mode "nearest" (`reflected`) or as in mode "mirror"; `far` is the pole to the power
    of their period.
    """
    n = c.shape[0]
    first = c[0].copy()
    for b in range(16):
        c[0, b] = c[0, b] + far * c[n - 1, b]
    z = pole
    for i in range(1, n if reflected else n - 1):
        for b in range(16):
            c[0, b] += z * (c[i, b] + far * c[n - 1 - i, b])
        z *= pole
    for b in range(16):
        if reflected:
            c[0, b] = c[0, b] * (pole / (1 - far * far)) + first[b]
        else:
            c[0, b] /= 1 - far * far
    for i in range(1, n):
        for b in range(16):
            c[i, b] += pole * c[i - 1, b]
    for b in range(16):
        if reflected:
            c[n - 1, b] *= pole / (pole - 1)
        else:
            c[n - 1, b] = (pole * c[n - 2, b] + c[n - 1, b]) * pole / (pole * pole - 1)
    for i in range(n - 2, -1, -1):
        for b in range(16):
            c[i, b] = pole * (c[i + 1, b] - c[i, b])


@njit(**_options)
def spline_sum(c, d, wd, h, wh, w, ww, doubt, out):  # type: ignore[no-untyped-def]
    """out[i, j, k] = the sum of 4 x 4 x 4 coefficients c at d[i], h[j], w[k], with their weights.

    Axis by axis first. Where that is within `doubt` of another float32, the 64 products are summed
    again in SciPy's order, so that the value is rounded as SciPy rounds it.
    """
    m0, m1, m2 = out.shape
    n1, n2 = c.shape[1], c.shape[2]
    plane, row = np.empty((n1, n2), np.float64), np.empty(n2, np.float64)
    for i in range(m0):
        p0, p1, p2, p3 = c[d[i, 0]], c[d[i, 1]], c[d[i, 2]], c[d[i, 3]]
        u0, u1, u2, u3 = wd[i, 0], wd[i, 1], wd[i, 2], wd[i, 3]
        for g in range(n1):
            r0, r1, r2, r3, r = p0[g], p1[g], p2[g], p3[g], plane[g]
            for k in range(n2):
                r[k] = ((r0[k] * u0 + r1[k] * u1) + r2[k] * u2) + r3[k] * u3
        for j in range(m1):
            r0, r1, r2, r3 = plane[h[j, 0]], plane[h[j, 1]], plane[h[j, 2]], plane[h[j, 3]]
            v0, v1, v2, v3 = wh[j, 0], wh[j, 1], wh[j, 2], wh[j, 3]
            for k in range(n2):
                row[k] = ((r0[k] * v0 + r1[k] * v1) + r2[k] * v2) + r3[k] * v3
            for k in range(m2):
                t = (row[w[k, 0]] * ww[k, 0] + row[w[k, 1]] * ww[k, 1]) + row[w[k, 2]] * ww[k, 2]
                t += row[w[k, 3]] * ww[k, 3]
                if np.float32(t - doubt) != np.float32(t + doubt):
                    t = 0.0
                    for x in range(4):
                        for y in range(4):
                            line = c[d[i, x], h[j, y]]
                            for q in range(4):
                                t += ((line[w[k, q]] * wd[i, x]) * wh[j, y]) * ww[k, q]
                out[i, j, k] = t
