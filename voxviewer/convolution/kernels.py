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

The taps come in `groups` (first, after, run), see `plans.Plan`: the sums of a group stay in
registers, then wait in `out` for the next group's. Frames at the clip's ends, where a part of the
taps sees nothing, have groups of their own. The order is the same for every voxel, in both
blocks, whatever thread or block it falls in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from numba import literally, njit, types

from voxviewer.convolution import blocks
from voxviewer.convolution.blocks import interleaved, row_block, strip_block


@njit(nogil=True)
def _rows(x, offsets, groups, weights, bias, out, shape, steps, filters, pitch, P, Q, S, H, V, L):  # type: ignore[no-untyped-def]
    """Every output row of a slab, block of filters by block, group of taps by group.

    A row is cut into blocks of nearly one size, of P, Q or S voxels, so that few are computed
    twice; a narrow one into blocks of H, or of one. Calls would cost as much as a small kernel's
    sums, so all blocks are written into this one function.
    """
    literally(P)
    literally(Q)
    literally(S)
    literally(H)
    literally(V)
    literally(L)
    frames, height, width, parts = shape
    step = steps[2]
    most = P if width >= P else Q if width >= Q else S if width >= S else H if width >= H else 1
    count = -(-width // most)
    low = width // count
    larger = width - low * count
    of_frame = 3 * parts if len(groups) > 3 * parts else 0
    for t in range(frames):
        for h in range(height):
            x0 = t * steps[0] + h * steps[1]
            o0 = (t * height + h) * width * pitch
            for b0 in range(0, filters, V * L):
                w0, y0, lanes = b0 * len(offsets), o0 + b0, filters - b0
                start = 0
                for number in range(count):
                    size = low + 1 if number < larger else low
                    for part in range(parts):
                        g = t * of_frame + 3 * part
                        first, after, run = groups[g], groups[g + 1], groups[g + 2]
                        last = part == parts - 1
                        if size > Q:
                            row_block(
                                x, x0 + start * step, step, offsets, first, after, run, part, last,
                                weights, w0, bias, b0, out, y0 + start * pitch, pitch, lanes, P,
                                V, L,
                            )  # fmt: skip
                        elif size > S:
                            p = min(start, width - Q)
                            row_block(
                                x, x0 + p * step, step, offsets, first, after, run, part, last,
                                weights, w0, bias, b0, out, y0 + p * pitch, pitch, lanes, Q,
                                V, L,
                            )  # fmt: skip
                        elif most >= S:
                            p = min(start, width - S)
                            row_block(
                                x, x0 + p * step, step, offsets, first, after, run, part, last,
                                weights, w0, bias, b0, out, y0 + p * pitch, pitch, lanes, S,
                                V, L,
                            )  # fmt: skip
                        elif most == H:
                            p = min(start, width - H)
                            row_block(
                                x, x0 + p * step, step, offsets, first, after, run, part, last,
                                weights, w0, bias, b0, out, y0 + p * pitch, pitch, lanes, H,
                                V, L,
                            )  # fmt: skip
                        else:
                            row_block(
                                x, x0 + start * step, step, offsets, first, after, run, part, last,
                                weights, w0, bias, b0, out, y0 + start * pitch, pitch, lanes, 1,
                                V, L,
                            )  # fmt: skip
                    start += size


@njit(nogil=True)
def _strips(x, offsets, groups, weights, bias, scratch, out, shape, steps, filters, pitch, P, V, L):  # type: ignore[no-untyped-def]
    """Some rows of a frame at a time as one long row, their padding included; then the maps' part.

    Output rows lie `steps[1]` apart in `x`; `steps[2]` of them are done at once. `scratch` holds V
    such long rows, filled up to whole blocks; `x` may be read as far beyond its end.
    """
    literally(P)
    literally(V)
    literally(L)
    frames, height, width, parts = shape
    frame_step, row_step, band = steps
    size, room = P * L, len(scratch) // V
    of_frame = 3 * parts if len(groups) > 3 * parts else 0
    for t in range(frames):
        for h0 in range(0, height, band):
            rows = min(band, height - h0)
            x0 = t * frame_step + h0 * row_step
            for b0 in range(0, filters, V):
                for part in range(parts):
                    g = t * of_frame + 3 * part
                    last = part == parts - 1
                    for start in range(0, (rows - 1) * row_step + width, size):
                        strip_block(
                            x, x0 + start, 1, offsets, groups[g], groups[g + 1], 1, part, last,
                            weights, b0 * len(offsets), bias, b0, scratch, start, room, 0,
                            P, V, L,
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
_NUMBERS = (types.UniTuple(types.int64, 4), types.UniTuple(types.int64, 3), types.int64)


def compiled_rows(P: int, V: int, L: int, *, cache: bool) -> Any:
    """The function for blocks of P voxels x (V * L) filters, from the cache where it is there.

    It is called as `f(x, offsets, groups, weights, bias, out, shape, steps, filters, pitch)`: flat
    contiguous arrays, `x`, `offsets` (int64), `groups` (int64, of (n, 3) or (frames, n, 3)),
    `weights` and `bias` read-only; `shape` frames, height and width of the output, and n; `steps`
    distances in `x` from one output frame, row and voxel to the next; `filters` computed, into
    voxels that are `pitch` apart in `out`. `weights` lie as (blocks, taps, V * L) and `bias` as
    (blocks, V * L), zero beyond the filters.
    """
    Q, S, H = P - 1, 2 * P // 3, P // 2

    def rows(x, offsets, groups, weights, bias, out, shape, steps, filters, pitch):  # type: ignore[no-untyped-def]
        _rows(
            x, offsets, groups, weights, bias, out, shape, steps, filters, pitch, P, Q, S, H, V, L
        )

    given = (_FLAT, _PLACES, _PLACES, _FLAT, _FLAT, _WRITTEN, *_NUMBERS, types.int64)
    return _compiled(rows, given, cache)


def compiled_strips(P: int, V: int, L: int, *, cache: bool) -> Any:
    """The function for (P * L) neighboring voxels x V filters.

    Called as that of `compiled_rows`, with `scratch` before `out` (see `_strips`), and as the last
    step how many rows are done at once. Neighboring voxels are neighbors in `x`, which goes on for
    one block beyond its last voxel. `weights` lie as (blocks, taps, V).
    """

    def strips(x, offsets, groups, weights, bias, scratch, out, shape, steps, filters, pitch):  # type: ignore[no-untyped-def]
        _strips(
            x, offsets, groups, weights, bias, scratch, out, shape, steps, filters, pitch, P, V, L
        )

    given = (_FLAT, _PLACES, _PLACES, _FLAT, _FLAT, _WRITTEN, _WRITTEN, *_NUMBERS, types.int64)
    return _compiled(strips, given, cache)


def _compiled(function: Any, given: tuple[Any, ...], cache: bool) -> Any:
    """The function, compiled for these arguments.

    Numba's cache looks at the age of this file alone; so the name tells what is in `blocks`.
    """
    function.__qualname__ += f"-{crc32(Path(blocks.__file__).read_bytes()):08x}"
    compiled = njit(nogil=True, cache=cache)(function)
    compiled.compile(types.void(*given))
    return compiled
