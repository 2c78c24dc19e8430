"""The inner loops of the handwritten convolution, in Numba: imported late, by `tuning` alone.

One idea carries them. Some neighboring voxels and some filters make a block whose sums stay in
registers; for every tap of the kernel, weights meet clip values:

    for tap:  for each vector of the block:  sums += values * weights        (fused multiply-add)

There are two blocks. In `compiled_rows` the lanes of a vector are filters: P voxels of a row x V
vectors of L filters; one clip value at a time is spread over the lanes. In `compiled_strips` the
lanes are voxels, P vectors of L neighbors x V filters, and one weight is spread over the lanes:
for banks of few filters, whose vectors would stand empty.

`offsets` says where each tap lies, as a distance in the flat clip from the window's first value. So
kernel size, strides, dilation and channels are all run-time numbers: one compiled function serves
every shape, and only the block (P, V, L) is fixed when compiling.

Numba does not keep an array of sums in registers by itself; the writers below therefore write the
LLVM code of a block directly. Every second tap goes to a second sum, and after `GROUP` taps new
sums begin, so that rounding does not grow with the kernel's size; between groups the sums wait in
`out`. The order is the same for every voxel, in both blocks, whatever thread or block it falls in.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import literally, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

GROUP = 128
"""Taps summed in one go; the sums of the groups are then summed."""

_ARGUMENTS = (
    "x", "x0", "step", "offsets", "first", "after", "weights", "w0", "bias", "b0", "out", "o0",
    "pitch", "lanes",
)  # fmt: skip
_ARRAYS = {"x": "x0", "weights": "w0", "bias": "b0", "out": "o0"}
"""Flat arrays, and the argument that says where in them the block begins."""


@intrinsic(prefer_literal=True)
def _block(  # type: ignore[no-untyped-def]
    typing, x, x0, step, offsets, first, after, weights, w0, bias, b0, out, o0, pitch, lanes,
    P, V, L,
):  # fmt: skip
    """Sum taps `first`..`after` of P voxels x (V * L) filters; store the first `lanes` filters.

    Two voxels are `step` apart in `x`, `pitch` in `out`. P, V, L are literal numbers.
    """
    given = x, x0, step, offsets, first, after, weights, w0, bias, b0, out, o0, pitch, lanes
    return _written(_RowBlock, given, P, V, L)


@intrinsic(prefer_literal=True)
def _strip(  # type: ignore[no-untyped-def]
    typing, x, x0, step, offsets, first, after, weights, w0, bias, b0, out, o0, pitch, lanes,
    P, V, L,
):  # fmt: skip
    """Sum taps `first`..`after` of (P * L) neighboring voxels x V filters, and store all.

    Two filters are `pitch` apart in `out`; `step` and `lanes` are not used.
    """
    given = x, x0, step, offsets, first, after, weights, w0, bias, b0, out, o0, pitch, lanes
    return _written(_StripBlock, given, P, V, L)


def _written(writer: type[_Block], given: tuple[Any, ...], *size: Any) -> Any:
    """What an intrinsic gives back: its signature, and the function that writes its code."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = dict(zip(_ARGUMENTS, zip(signature.args, args, strict=False), strict=False))
        arrays = {
            name: context.make_array(found[name][0])(context, builder, found[name][1])
            for name in (*_ARRAYS, "offsets")
        }
        numbers = {name: value for name, (_, value) in found.items() if name not in arrays}
        writer(builder, arrays, numbers, *(item.literal_value for item in size)).write()
        return context.get_dummy_value()

    return types.void(*given, *size), generate


class _Block:
    """Writes the LLVM code of one block; see the module's docstring for what it computes."""

    def __init__(
        self, builder: Any, arrays: dict[str, Any], numbers: dict[str, Any], P: int, V: int, L: int
    ) -> None:
        self.builder, self.arrays, self.numbers = builder, arrays, numbers
        self.P, self.V, self.L = P, V, L
        self.int = numbers["x0"].type
        self.vector = ir.VectorType(ir.FloatType(), L)
        self.pairs = [(p, v) for p in range(P) for v in range(V)]
        self.sums: dict[Any, Any] = {}

    def write(self) -> None:
        """Sum the taps in registers, then add what earlier groups left, and store."""
        builder = self.builder
        even, odd = self._zeros(), self._zeros()
        first, after = self.numbers["first"], self.numbers["after"]
        one, two = self.int(1), self.int(2)
        # LLVM promotes the stack slots to registers.
        pairs = builder.sub(after, builder.and_(builder.sub(after, first), one))
        with cgutils.for_range_slice(builder, first, pairs, two, intp=self.int) as (tap, _):
            self.add_tap(tap, even)
            self.add_tap(builder.add(tap, one), odd)
        with builder.if_then(builder.icmp_signed("<", pairs, after)):
            self.add_tap(pairs, even)
        for pair, slot in even.items():
            total = builder.fadd(builder.load(slot), builder.load(odd[pair]))
            builder.store(total, slot)
        self.sums = even
        self.store()

    def _zeros(self) -> dict[Any, Any]:
        slots = {pair: cgutils.alloca_once(self.builder, self.vector) for pair in self.pairs}
        for slot in slots.values():
            self.builder.store(ir.Constant(self.vector, [0.0] * self.L), slot)
        return slots

    def add_tap(self, tap: Any, sums: dict[Any, Any]) -> None:
        """Add one tap's products to sums."""
        raise NotImplementedError

    def store(self) -> None:
        """Write the sums."""
        self.finish(None)

    def finish(self, masks: list[Any] | None) -> None:
        """Add earlier groups and, after the last, the bias; masks: lanes that exist, None = all."""
        builder = self.builder
        later = builder.icmp_signed(">", self.numbers["first"], self.int(0))
        with builder.if_then(later, likely=False):
            for (p, v), slot in self.sums.items():
                before = self._read(p, v, masks)
                builder.store(builder.fadd(before, builder.load(slot)), slot)
        taps = builder.extract_value(self.arrays["offsets"].shape, 0)
        last = builder.icmp_signed(">=", self.numbers["after"], taps)
        with builder.if_then(last, likely=True):
            biases = [self.bias(v) for v in range(self.V)]
            for (_, v), slot in self.sums.items():
                builder.store(builder.fadd(builder.load(slot), biases[v]), slot)
        for (p, v), slot in self.sums.items():
            self._write(p, v, builder.load(slot), masks)

    def bias(self, v: int) -> Any:
        """The bias that the v-th vectors get."""
        raise NotImplementedError

    def place(self, p: int, v: int) -> Any:
        """Where in `out` a vector stands, counted from the block's first value."""
        raise NotImplementedError

    def fused(self, slot: Any, values: Any, weights: Any) -> None:
        """Add values * weights to a sum."""
        multiply_add = self._function("fmuladd", self.vector, [self.vector] * 3)
        total = self.builder.call(multiply_add, [values, weights, self.builder.load(slot)])
        self.builder.store(total, slot)

    def at(self, name: str, offset: Any) -> Any:
        """The address of an array's value at the block's position + offset."""
        start = self.numbers[_ARRAYS[name]]
        return self.builder.gep(self.arrays[name].data, [self.builder.add(start, offset)])

    def vector_at(self, name: str, offset: Any) -> Any:
        """The address of a vector."""
        return self.builder.bitcast(self.at(name, offset), self.vector.as_pointer())

    def offset(self, tap: Any) -> Any:
        """Where a tap lies, from the window's first value."""
        return self.builder.load(self.builder.gep(self.arrays["offsets"].data, [tap]))

    def in_every_lane(self, value: Any) -> Any:
        """A vector of one value."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), self.L), [0] * self.L)
        return self.builder.shuffle_vector(one, undefined, lanes)

    def _read(self, p: int, v: int, masks: list[Any] | None) -> Any:
        place = self.vector_at("out", self.place(p, v))
        if masks is None:
            return self.builder.load(place, align=4)
        arguments = [place, ir.IntType(32)(4), masks[v], ir.Constant(self.vector, [0.0] * self.L)]
        kinds = [argument.type for argument in arguments]
        return self.builder.call(self._function("masked.load", self.vector, kinds), arguments)

    def _write(self, p: int, v: int, value: Any, masks: list[Any] | None) -> None:
        place = self.vector_at("out", self.place(p, v))
        if masks is None:
            self.builder.store(value, place, align=4)
            return
        arguments = [value, place, ir.IntType(32)(4), masks[v]]
        kinds = [argument.type for argument in arguments]
        self.builder.call(self._function("masked.store", ir.VoidType(), kinds), arguments)

    def _function(self, name: str, result: Any, arguments: list[Any]) -> Any:
        full = f"llvm.{name}.v{self.L}f32" + (".p0" if name.startswith("masked") else "")
        return cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(result, arguments), full
        )


class _RowBlock(_Block):
    """P voxels x V vectors of L filters: one clip value in all lanes."""

    def add_tap(self, tap: Any, sums: dict[Any, Any]) -> None:
        builder = self.builder
        values = self.at("x", self.offset(tap))
        row = builder.mul(tap, self.int(self.V * self.L))
        weights = [self._load("weights", row, v) for v in range(self.V)]
        for p in range(self.P):
            place = builder.gep(values, [builder.mul(self.numbers["step"], self.int(p))])
            value = self.in_every_lane(builder.load(place))
            for v in range(self.V):
                self.fused(sums[p, v], value, weights[v])

    def store(self) -> None:
        """Whole vectors where the block is full, else only the lanes that exist."""
        full = self.builder.icmp_signed(">=", self.numbers["lanes"], self.int(self.V * self.L))
        with self.builder.if_else(full, likely=True) as (then, otherwise):
            with then:
                self.finish(None)
            with otherwise:
                self.finish([self._mask(v) for v in range(self.V)])

    def bias(self, v: int) -> Any:
        return self._load("bias", self.int(0), v)

    def place(self, p: int, v: int) -> Any:
        voxel = self.builder.mul(self.numbers["pitch"], self.int(p))
        return self.builder.add(voxel, self.int(v * self.L))

    def _load(self, name: str, offset: Any, v: int) -> Any:
        """The v-th vector at the array's position + offset."""
        place = self.vector_at(name, self.builder.add(offset, self.int(v * self.L)))
        return self.builder.load(place, align=4)

    def _mask(self, v: int) -> Any:
        """(L,) bool, which lanes of the v-th vector are filters."""
        builder = self.builder
        mask: Any = ir.Constant(ir.VectorType(ir.IntType(1), self.L), ir.Undefined)
        for lane in range(self.L):
            there = builder.icmp_signed("<", self.int(v * self.L + lane), self.numbers["lanes"])
            mask = builder.insert_element(mask, there, ir.IntType(32)(lane))
        return mask


class _StripBlock(_Block):
    """P vectors of L voxels x V filters: one weight in all lanes."""

    def add_tap(self, tap: Any, sums: dict[Any, Any]) -> None:
        builder = self.builder
        start = self.offset(tap)
        row = builder.mul(tap, self.int(self.V))
        weights = [
            self.in_every_lane(builder.load(self.at("weights", builder.add(row, self.int(v)))))
            for v in range(self.V)
        ]
        for p in range(self.P):
            place = self.vector_at("x", builder.add(start, self.int(p * self.L)))
            values = builder.load(place, align=4)
            for v in range(self.V):
                self.fused(sums[p, v], values, weights[v])

    def bias(self, v: int) -> Any:
        return self.in_every_lane(self.builder.load(self.at("bias", self.int(v))))

    def place(self, p: int, v: int) -> Any:
        row = self.builder.mul(self.numbers["pitch"], self.int(v))
        return self.builder.add(row, self.int(p * self.L))


@njit(nogil=True)
def _rows(x, offsets, weights, bias, out, shape, steps, filters, pitch, P, half, V, L):  # type: ignore[no-untyped-def]
    """Every output row of a slab: blocks of P voxels, of `half` as many where it is too short.

    The last block of a row overlaps the one before it.
    """
    literally(P)
    literally(half)
    literally(V)
    literally(L)
    frames, height, width = shape
    for t in range(frames):
        for h in range(height):
            x0 = t * steps[0] + h * steps[1]
            o0 = (t * height + h) * width * pitch
            for b0 in range(0, filters, V * L):
                row = (x, x0, steps[2], offsets, weights, bias, b0, out, o0 + b0, width, filters)
                if width >= P:
                    _row(row, pitch, P, V, L)
                elif width >= half:
                    _row(row, pitch, half, V, L)
                else:
                    _row(row, pitch, 1, V, L)


@njit(nogil=True)
def _row(row, pitch, P, V, L):  # type: ignore[no-untyped-def]
    """One row and block of filters, from `b0` on."""
    literally(P)
    literally(V)
    literally(L)
    x, x0, step, offsets, weights, bias, b0, out, o0, width, filters = row
    taps = len(offsets)
    for start in range(0, width, P):
        p = min(start, width - P)
        for first in range(0, taps, GROUP):
            _block(
                x, x0 + p * step, step, offsets, first, min(first + GROUP, taps), weights,
                b0 * taps, bias, b0, out, o0 + p * pitch, pitch, filters - b0, P, V, L,
            )  # fmt: skip


@njit(nogil=True)
def _strips(x, offsets, weights, bias, scratch, out, shape, steps, filters, pitch, P, V, L):  # type: ignore[no-untyped-def]
    """Some rows of a frame at a time as one long row, their padding included; then the maps' part.

    Output rows lie `steps[1]` apart in `x`; `steps[2]` of them are done at once. `scratch` holds V
    such long rows, filled up to whole blocks; `x` may be read as far beyond its end.
    """
    literally(P)
    literally(V)
    literally(L)
    frames, height, width = shape
    frame_step, row_step, band = steps
    size, taps, room = P * L, len(offsets), len(scratch) // V
    for t in range(frames):
        for h0 in range(0, height, band):
            rows = min(band, height - h0)
            x0 = t * frame_step + h0 * row_step
            for b0 in range(0, filters, V):
                for start in range(0, (rows - 1) * row_step + width, size):
                    for first in range(0, taps, GROUP):
                        _strip(
                            x, x0 + start, 1, offsets, first, min(first + GROUP, taps), weights,
                            b0 * taps, bias, b0, scratch, start, room, 0, P, V, L,
                        )  # fmt: skip
                for v in range(min(V, filters - b0)):
                    for h in range(rows):
                        row = v * room + h * row_step
                        place = (t * height + h0 + h) * width * pitch + b0 + v
                        for w in range(width):
                            out[place + w * pitch] = scratch[row + w]


_FLAT = types.Array(types.float32, 1, "C", readonly=True)
_WRITTEN = types.Array(types.float32, 1, "C")
_PLACES = types.Array(types.int64, 1, "C", readonly=True)
_NUMBERS = (types.UniTuple(types.int64, 3), types.UniTuple(types.int64, 3), types.int64)


def compiled_rows(P: int, V: int, L: int, *, cache: bool) -> Any:
    """The function for blocks of P voxels x (V * L) filters, from the cache where it is there.

    It is called as `f(x, offsets, weights, bias, out, shape, steps, filters, pitch)`: flat
    contiguous arrays, `x`, `offsets` (int64), `weights` and `bias` read-only; `shape` frames,
    height and width of the output; `steps` distances in `x` from one output frame, row and voxel to
    the next; `filters` computed, into voxels that are `pitch` apart in `out`. `weights` lie as
    (blocks, taps, V * L) and `bias` as (blocks, V * L), zero beyond the filters.
    """
    half = max(1, P // 2)

    @njit(nogil=True, cache=cache)
    def rows(x, offsets, weights, bias, out, shape, steps, filters, pitch):  # type: ignore[no-untyped-def]
        _rows(x, offsets, weights, bias, out, shape, steps, filters, pitch, P, half, V, L)

    rows.compile(types.void(_FLAT, _PLACES, _FLAT, _FLAT, _WRITTEN, *_NUMBERS, types.int64))
    return rows


def compiled_strips(P: int, V: int, L: int, *, cache: bool) -> Any:
    """The function for (P * L) neighboring voxels x V filters.

    Called as that of `compiled_rows`, with `scratch` before `out` (see `_strips`), and as the last
    step how many rows are done at once. Neighboring voxels are neighbors in `x`, which goes on for
    one block beyond its last voxel. `weights` lie as (blocks, taps, V).
    """

    @njit(nogil=True, cache=cache)
    def strips(x, offsets, weights, bias, scratch, out, shape, steps, filters, pitch):  # type: ignore[no-untyped-def]
        _strips(x, offsets, weights, bias, scratch, out, shape, steps, filters, pitch, P, V, L)

    given = (_FLAT, _PLACES, _FLAT, _FLAT, _WRITTEN, _WRITTEN, *_NUMBERS, types.int64)
    strips.compile(types.void(*given))
    return strips
