"""The inner loop of the handwritten convolution, in Numba: imported late, by `tuning` alone.

One idea carries it. For one output row, `P` neighboring voxels and a block of `V * L` filters are
kept in registers, and for every tap of the kernel one vector of weights meets P single clip values:

    for tap:  weights = V vectors of L filters
              for p in P:  sums[p] += x[p * step + offsets[tap]] * weights      (fused multiply-add)

`offsets` says where each tap lies, as a distance in the flat clip from the window's first value. So
kernel size, strides, dilation and channels are all run-time numbers: one compiled function serves
every shape, and only the block (P, V, L) is fixed when compiling.

Numba does not keep an array of sums in registers by itself; `_block` therefore writes the LLVM code
of the block directly. Values are summed in groups of `GROUP` taps, so that rounding does not grow
with the kernel's size; the order is the same for every voxel, whatever thread or block it falls in.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import literally, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

GROUP = 64
"""Taps summed in one go; the sums of the groups are then summed."""


@intrinsic(prefer_literal=True)
def _block(  # type: ignore[no-untyped-def]
    typing, x, x0, step, offsets, weights, w0, bias, b0, out, o0, filters, lanes, P, V, L
):
    """Compute P voxels x (V * L) filters and store the first `lanes` filters of each.

    `x0`, `w0`, `b0`, `o0` are positions in the flat arrays; two voxels are `step` apart in `x`,
    `filters` in `out`. P, V, L are literal numbers.
    """
    signature = types.void(
        x, x0, step, offsets, weights, w0, bias, b0, out, o0, filters, lanes, P, V, L
    )
    size = P.literal_value, V.literal_value, L.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = {
            name: context.make_array(signature.args[i])(context, builder, args[i])
            for name, i in (("x", 0), ("offsets", 3), ("weights", 4), ("bias", 6), ("out", 8))
        }
        numbers = {"x": args[1], "step": args[2], "weights": args[5], "bias": args[7]}
        numbers |= {"out": args[9], "filters": args[10], "lanes": args[11]}
        _BlockWriter(builder, arrays, numbers, size).write()
        return context.get_dummy_value()

    return signature, generate


class _BlockWriter:
    """Writes the LLVM code of one block; see the module's docstring for what it computes."""

    def __init__(
        self,
        builder: Any,
        arrays: dict[str, Any],
        numbers: dict[str, Any],
        size: tuple[int, int, int],
    ) -> None:
        self.builder, self.arrays, self.numbers = builder, arrays, numbers
        self.P, self.V, self.L = size
        self.int = numbers["step"].type
        self.vector = ir.VectorType(ir.FloatType(), self.L)
        self.pairs = [(p, v) for p in range(self.P) for v in range(self.V)]

    def write(self) -> None:
        """All taps, group by group, then bias and store."""
        builder = self.builder
        zero = ir.Constant(self.vector, [0.0] * self.L)
        totals = {pair: cgutils.alloca_once_value(builder, zero) for pair in self.pairs}
        taps = builder.extract_value(self.arrays["offsets"].shape, 0)
        groups = builder.udiv(builder.add(taps, self.int(GROUP - 1)), self.int(GROUP))
        with cgutils.for_range(builder, groups, intp=self.int) as group:
            first = builder.mul(group.index, self.int(GROUP))
            after = builder.add(first, self.int(GROUP))
            after = builder.select(builder.icmp_unsigned("<", after, taps), after, taps)
            self._add_group(totals, first, after, zero)
        self._store(totals)

    def _add_group(self, totals: dict[Any, Any], first: Any, after: Any, zero: Any) -> None:
        """Sum taps first..after in registers; LLVM promotes the stack slots to them."""
        builder = self.builder
        sums = {pair: cgutils.alloca_once(builder, self.vector) for pair in self.pairs}
        for slot in sums.values():
            builder.store(zero, slot)
        with cgutils.for_range_slice(builder, first, after, self.int(1), intp=self.int) as (tap, _):
            self._add_tap(sums, tap)
        for pair, slot in sums.items():
            total = builder.fadd(builder.load(totals[pair]), builder.load(slot))
            builder.store(total, totals[pair])

    def _add_tap(self, sums: dict[Any, Any], tap: Any) -> None:
        builder = self.builder
        multiply_add = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(self.vector, [self.vector] * 3),
            f"llvm.fmuladd.v{self.L}f32",
        )
        offset = builder.load(builder.gep(self.arrays["offsets"].data, [tap]))
        values = self._at("x", offset)
        row = builder.mul(tap, self.int(self.V * self.L))
        weights = [self._load("weights", row, v) for v in range(self.V)]
        for p in range(self.P):
            place = builder.gep(values, [builder.mul(self.numbers["step"], self.int(p))])
            value = self._in_every_lane(builder.load(place))
            for v in range(self.V):
                slot = sums[p, v]
                builder.store(
                    builder.call(multiply_add, [value, weights[v], builder.load(slot)]), slot
                )

    def _store(self, totals: dict[Any, Any]) -> None:
        """Add the bias; whole vectors where the block is full, else only the lanes that exist."""
        builder, lanes = self.builder, self.numbers["lanes"]
        biases = [self._load("bias", self.int(0), v) for v in range(self.V)]
        results = {
            (p, v): builder.fadd(builder.load(totals[p, v]), biases[v]) for p, v in self.pairs
        }
        full = builder.icmp_signed(">=", lanes, self.int(self.V * self.L))
        with builder.if_else(full, likely=True) as (then, otherwise):
            with then:
                for (p, v), result in results.items():
                    builder.store(result, self._target(p, v), align=4)
            with otherwise:
                self._store_lanes(results)

    def _store_lanes(self, results: dict[Any, Any]) -> None:
        builder = self.builder
        pointer = self.vector.as_pointer()
        mask_type = ir.VectorType(ir.IntType(1), self.L)
        store = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [self.vector, pointer, ir.IntType(32), mask_type]),
            f"llvm.masked.store.v{self.L}f32.p0",
        )
        for (p, v), result in results.items():
            mask: Any = ir.Constant(mask_type, ir.Undefined)
            for lane in range(self.L):
                there = builder.icmp_signed("<", self.int(v * self.L + lane), self.numbers["lanes"])
                mask = builder.insert_element(mask, there, ir.IntType(32)(lane))
            builder.call(store, [result, self._target(p, v), ir.IntType(32)(4), mask])

    def _target(self, p: int, v: int) -> Any:
        builder = self.builder
        voxel = builder.mul(self.numbers["filters"], self.int(p))
        place = self._at("out", builder.add(voxel, self.int(v * self.L)))
        return builder.bitcast(place, self.vector.as_pointer())

    def _load(self, name: str, offset: Any, v: int) -> Any:
        """The v-th vector at the array's position + offset."""
        builder = self.builder
        place = self._at(name, builder.add(offset, self.int(v * self.L)))
        return builder.load(builder.bitcast(place, self.vector.as_pointer()), align=4)

    def _at(self, name: str, offset: Any) -> Any:
        builder = self.builder
        return builder.gep(self.arrays[name].data, [builder.add(self.numbers[name], offset)])

    def _in_every_lane(self, value: Any) -> Any:
        undefined = ir.Constant(self.vector, ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), self.L), [0] * self.L)
        return self.builder.shuffle_vector(one, undefined, lanes)


@njit(nogil=True)
def _rows(x, offsets, weights, bias, out, shape, steps, filters, P, V, L):  # type: ignore[no-untyped-def]
    """Every output row of a slab; the last block of a row overlaps the one before it."""
    literally(P)
    literally(V)
    literally(L)
    frames, height, width = shape
    frame_step, row_step, step = steps
    size = V * L
    for t in range(frames):
        for h in range(height):
            x0 = t * frame_step + h * row_step
            o0 = (t * height + h) * width * filters
            for b0 in range(0, filters, size):
                w0 = b0 * len(offsets)
                lanes = filters - b0
                if width < P:
                    for p in range(width):
                        _block(
                            x, x0 + p * step, step, offsets, weights, w0, bias, b0,
                            out, o0 + p * filters + b0, filters, lanes, 1, V, L,
                        )  # fmt: skip
                else:
                    for start in range(0, width, P):
                        p = min(start, width - P)
                        _block(
                            x, x0 + p * step, step, offsets, weights, w0, bias, b0,
                            out, o0 + p * filters + b0, filters, lanes, P, V, L,
                        )  # fmt: skip


_FLAT = types.Array(types.float32, 1, "C", readonly=True)
_TRIPLE = types.UniTuple(types.int64, 3)
SIGNATURE = types.void(
    _FLAT,
    types.Array(types.int64, 1, "C", readonly=True),
    _FLAT,
    _FLAT,
    types.Array(types.float32, 1, "C"),
    _TRIPLE,
    _TRIPLE,
    types.int64,
)


def compiled(P: int, V: int, L: int, *, cache: bool) -> Any:
    """The function for blocks of P voxels x (V * L) filters, from the cache where it is there.

    It is called as `f(x, offsets, weights, bias, out, shape, steps, filters)`: flat contiguous
    arrays, `x`, `offsets` (int64), `weights` and `bias` read-only; `shape` frames, height and width
    of the output; `steps` distances in `x` from one output frame, row and voxel to the next.
    `weights` lie as (blocks, taps, V * L) and `bias` as (blocks, V * L), zero beyond the filters.
    """

    @njit(nogil=True, cache=cache)
    def rows(x, offsets, weights, bias, out, shape, steps, filters):  # type: ignore[no-untyped-def]
        _rows(x, offsets, weights, bias, out, shape, steps, filters, P, V, L)

    rows.compile(SIGNATURE)
    return rows
