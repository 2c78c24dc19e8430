"""The inner loops of the handwritten convolution, in Numba: imported late, by `tuning` alone.

One idea carries them. Some neighboring voxels and some filters make a block whose sums stay in
registers; for every tap of the kernel, weights meet clip values:

    for tap:  for each vector of the block:  sums += values * weights        (fused multiply-add)

There are two blocks (see `blocks`). In `compiled_rows` the lanes of a vector are filters: P voxels
of a row x V vectors of L filters; one clip value at a time is spread over the lanes. In
`compiled_strips` the lanes are voxels, P vectors of L neighbors x V filters, and one weight is
spread over the lanes: for banks of few filters, whose vectors would stand empty.

`offsets` says where each tap lies, as a distance in the flat clip from the window's first value. So
kernel size, strides, dilation and channels are all run-time numbers: one compiled function serves
every shape, and only the block (P, V, L) is fixed when compiling.

The taps come in parts, and these in `segments` of neighbors, see `taps.Table`: the sums of a part
stay in registers, then wait in `out` for the next part's. Frames and rows at the clip's ends, where
some of the taps see nothing, have segments of their own. The order is the same for every voxel, in
both blocks, whatever thread or block it falls in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from numba import literally, njit, types

from voxviewer.convolution import blocks
from voxviewer.convolution.blocks import interleaved, row_block, strip_block


@njit(nogil=True)
def _rows(  # type: ignore[no-untyped-def]
    x, offsets, segments, cells, of_frames, of_rows, weights, bias, out, steps, ends, cut, origin,
    width, taps, parts, filters, pitch, P, Q, S, H, V, L,
):  # fmt: skip
    """Every output row of a slab, block of filters by block, part of the taps by part.

    A row is `cut` into so many blocks of P, Q and S voxels, or if narrow into some of H, or of one.
    Where none overlap, all sum one part of the taps before the next: its weights stay in the
    nearest cache. Calls would cost as much as a small kernel's sums, so all blocks are written into
    this one function.
    """
    literally(P)
    literally(Q)
    literally(S)
    literally(H)
    literally(V)
    literally(L)
    height, step = len(of_rows), steps[2]
    most = H if width >= H else 1
    large, middle, small = cut
    count = large + middle + small
    apart = large * P + middle * Q + small * S == width or most == 1
    if count == 0:
        count = -(-width // most)
    inner, after_inner = (1, count - 1) if len(offsets) > taps else (0, count)
    for t in range(len(of_frames)):
        for h in range(height):
            x0 = origin + t * steps[0] + h * steps[1]
            o0 = (t * height + h) * width * pitch
            cell = of_frames[t] + of_rows[h]
            for b0 in range(0, filters, V * L):
                w0, y0, lanes = b0 * taps, o0 + b0, filters - b0
                part = number = 0
                while part < parts and number < count:
                    last = part == parts - 1
                    if number < large:
                        full, after, p = P, large, number * P
                    elif number < large + middle:
                        full, after = Q, large + middle
                        p = large * P + (number - large) * Q
                    elif small > 0:
                        full, after = S, count
                        p = large * P + middle * Q + (number - large - middle) * S
                    else:
                        full, after, p = most, count, number * most
                    p = min(p, width - full)
                    places, z0, y1 = 0, x0 + p * step, y0 + p * pitch
                    if not apart or number < inner:
                        after = number + 1
                    elif number < after_inner:
                        after = min(after, after_inner)
                    if number < inner:
                        places, z0 = taps, ends[0] + t * ends[2] + h * ends[3]
                    elif number >= after_inner:
                        places, z0 = taps, ends[1] + t * ends[2] + h * ends[3]
                    n = after - number
                    if full == P:
                        row_block(
                            x, z0, step, offsets, places, segments, cells, cell + part, part, last,
                            weights, w0, bias, b0, out, y1, pitch, lanes, n, P, V, L,
                        )  # fmt: skip
                    elif full == Q:
                        row_block(
                            x, z0, step, offsets, places, segments, cells, cell + part, part, last,
                            weights, w0, bias, b0, out, y1, pitch, lanes, n, Q, V, L,
                        )  # fmt: skip
                    elif full == S:
                        row_block(
                            x, z0, step, offsets, places, segments, cells, cell + part, part, last,
                            weights, w0, bias, b0, out, y1, pitch, lanes, n, S, V, L,
                        )  # fmt: skip
                    elif full == H:
                        row_block(
                            x, z0, step, offsets, places, segments, cells, cell + part, part, last,
                            weights, w0, bias, b0, out, y1, pitch, lanes, n, H, V, L,
                        )  # fmt: skip
                    else:
                        row_block(
                            x, z0, step, offsets, places, segments, cells, cell + part, part, last,
                            weights, w0, bias, b0, out, y1, pitch, lanes, n, 1, V, L,
                        )  # fmt: skip
                    if not apart:
                        part += 1
                        if part == parts:
                            part, number = 0, after
                    elif after < count:
                        number = after
                    else:
                        part, number = part + 1, 0


@njit(nogil=True)
def _strips(  # type: ignore[no-untyped-def]
    x, offsets, segments, cells, of_frames, of_rows, weights, bias, scratch, out, steps, width,
    taps, parts, filters, pitch, P, V, L,
):  # fmt: skip
    """Some rows of a frame at a time as one long row, their padding included; then the maps' part.

    Output rows lie `steps[1]` apart in `x`; `steps[2]` of them are done at once. `scratch` holds V
    such long rows, filled up to whole blocks; `x` may be read as far beyond its end.
    """
    literally(P)
    literally(V)
    literally(L)
    frame_step, row_step, band = steps
    height, room = len(of_rows), len(scratch) // V
    for t in range(len(of_frames)):
        for h0 in range(0, height, band):
            rows = min(band, height - h0)
            x0 = t * frame_step + h0 * row_step
            count = -(-((rows - 1) * row_step + width) // (P * L))
            for b0 in range(0, filters, V):
                for part in range(parts):
                    cell, last = of_frames[t] + part, part == parts - 1
                    strip_block(
                        x, x0, 1, offsets, 0, segments, cells, cell, part, last, weights,
                        b0 * taps, bias, b0, scratch, 0, room, 0, count, P, V, L,
                    )  # fmt: skip
                for h in range(rows):
                    row = h * row_step
                    place = (t * height + h0 + h) * width * pitch + b0
                    if pitch == V and width >= L:
                        for start in range(0, width, L):
                            w = min(start, width - L)
                            interleaved(scratch, row + w, room, out, place + w * V, V, L)
                    else:
                        for v in range(min(V, filters - b0)):
                            for w in range(width):
                                out[place + v + w * pitch] = scratch[row + v * room + w]


_FLAT = types.Array(types.float32, 1, "C", readonly=True)
_WRITTEN = types.Array(types.float32, 1, "C")
_PLACES = types.Array(types.int64, 1, "C", readonly=True)
_TABLES = (_FLAT, *[_PLACES] * 5, _FLAT, _FLAT)
_STEPS = types.UniTuple(types.int64, 3)


def compiled_rows(P: int, V: int, L: int, *, cache: bool) -> Any:
    """The function for blocks of P voxels x (V * L) filters, from the cache where it is there.

    It is called as `f(x, offsets, segments, cells, of_frames, of_rows, weights, bias, out, steps,
    ends, cut, origin, width, taps, parts, filters, pitch)`: flat contiguous arrays, all but `out`
    read-only. Those from `segments` to `of_rows` are of a `taps.Table`, cut to the output frames
    and rows at hand. The first window begins at `origin` in `x`, which may lie before it where the
    taps there are left out; `steps` are distances in `x` from one output frame, row and voxel to
    the next. Where `offsets` go on for as many `taps` again, these are the places in the copies of
    the rows' `ends`, which the first and the last block of a row read: where in `x` either copy
    begins, and its distances from one output frame and row to the next. `cut` says how many blocks
    of P, P - 1 and 2 P / 3 voxels make up a row (see `tuning.Block.cut`). `width` of the output,
    `parts` of the table; `filters` computed, into voxels that are `pitch` apart in `out`.
    `weights` lie as (blocks, taps, V * L) and `bias` as (blocks, V * L), zero beyond the filters.
    """
    Q, S, H = P - 1, 2 * P // 3, P // 2

    def rows(  # type: ignore[no-untyped-def]
        x, offsets, segments, cells, of_frames, of_rows, weights, bias, out, steps, ends, cut,
        origin, width, taps, parts, filters, pitch,
    ):  # fmt: skip
        _rows(
            x, offsets, segments, cells, of_frames, of_rows, weights, bias, out, steps, ends,
            cut, origin, width, taps, parts, filters, pitch, P, Q, S, H, V, L,
        )  # fmt: skip

    ends = types.UniTuple(types.int64, 4)
    return _compiled(rows, (*_TABLES, _WRITTEN, _STEPS, ends, _STEPS, *[types.int64] * 6), cache)


def compiled_strips(P: int, V: int, L: int, *, cache: bool) -> Any:
    """The function for (P * L) neighboring voxels x V filters.

    Called as `f(x, offsets, segments, cells, of_frames, of_rows, weights, bias, scratch, out,
    steps, width, taps, parts, filters, pitch)`: as that of `compiled_rows`, but for `scratch` (see
    `_strips`) and the last step, which is how many rows are done at once. Neighboring voxels are
    neighbors in `x`, which goes on for one block beyond its last voxel. `weights` lie as (blocks,
    taps, V).
    """

    def strips(  # type: ignore[no-untyped-def]
        x, offsets, segments, cells, of_frames, of_rows, weights, bias, scratch, out, steps,
        width, taps, parts, filters, pitch,
    ):  # fmt: skip
        _strips(
            x, offsets, segments, cells, of_frames, of_rows, weights, bias, scratch, out, steps,
            width, taps, parts, filters, pitch, P, V, L,
        )  # fmt: skip

    given = (*_TABLES, _WRITTEN, _WRITTEN, _STEPS, *[types.int64] * 5)
    return _compiled(strips, given, cache)


def _compiled(function: Any, given: tuple[Any, ...], cache: bool) -> Any:
    """The function, compiled for these arguments.

    Numba's cache looks at the age of this file alone; so the name tells what is in `blocks`.
    """
    function.__qualname__ += f"-{crc32(Path(blocks.__file__).read_bytes()):08x}"
    compiled = njit(nogil=True, cache=cache)(function)
    compiled.compile(types.void(*given))
    return compiled
