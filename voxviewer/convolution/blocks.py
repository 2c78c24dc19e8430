"""The blocks of the inner loops, written as LLVM code: what Numba cannot say by itself.

Numba does not keep an array of sums in registers. So each block here is a Numba intrinsic that
writes its instructions directly: some voxels x some filters, whose sums stay in registers while the
taps of a group go by. `kernels` leads the blocks over the maps.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_ARGUMENTS = (
    "x", "x0", "step", "offsets", "places", "segments", "cells", "cell", "part", "last", "weights",
    "w0", "bias", "b0", "out", "o0", "pitch", "lanes", "count",
)  # fmt: skip
_ARRAYS = {"x": "x0", "weights": "w0", "bias": "b0", "out": "o0"}
"""Flat arrays, and the argument that says where in them the block begins."""


@intrinsic(prefer_literal=True)
def row_block(  # type: ignore[no-untyped-def]
    typing, x, x0, step, offsets, places, segments, cells, cell, part, last, weights, w0, bias, b0,
    out, o0, pitch, lanes, count, P, V, L,
):  # fmt: skip
    """Sum some taps of `count` times P voxels x (V * L) filters; store the first `lanes` filters.

    The taps are those of the segments of a `cell` (see `taps.Table`); from `places` on `offsets`
    says where they lie. Two voxels are `step` apart in `x`, `pitch` in `out`; P, V, L are literal
    numbers. Within a run of taps the next one sees what this one sees a voxel further on, so that
    each clip value is read once. Sums of a `part` after the first are added to what is there, the
    `last` gets the bias.
    """
    given = (
        x, x0, step, offsets, places, segments, cells, cell, part, last, weights, w0, bias, b0, out,
        o0, pitch, lanes, count,
    )  # fmt: skip
    return _written(_RowBlock, given, P, V, L)


@intrinsic(prefer_literal=True)
def strip_block(  # type: ignore[no-untyped-def]
    typing, x, x0, step, offsets, places, segments, cells, cell, part, last, weights, w0, bias, b0,
    out, o0, pitch, lanes, count, P, V, L,
):  # fmt: skip
    """Sum some taps of `count` times (P * L) neighboring voxels x V filters, and store all.

    Two filters are `pitch` apart in `out`; `step` and `lanes` are not used.
    """
    given = (
        x, x0, step, offsets, places, segments, cells, cell, part, last, weights, w0, bias, b0, out,
        o0, pitch, lanes, count,
    )  # fmt: skip
    return _written(_StripBlock, given, P, V, L)


@intrinsic(prefer_literal=True)
def interleaved(typing, x, x0, room, out, o0, V, L):  # type: ignore[no-untyped-def]
    """Write V vectors of L values, `room` apart in `x`, to `out` as L times V values."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, target = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in ((signature.args[0], args[0]), (signature.args[3], args[3]))
        )
        vector = ir.VectorType(ir.FloatType(), L.literal_value)
        parts = []
        for v in range(V.literal_value):
            first = builder.add(args[1], builder.mul(args[2], args[2].type(v)))
            place = builder.bitcast(builder.gep(source, [first]), vector.as_pointer())
            parts.append(builder.load(place, align=4))
        whole = _woven(builder, parts)
        place = builder.bitcast(builder.gep(target, [args[4]]), whole.type.as_pointer())
        builder.store(whole, place, align=4)
        return context.get_dummy_value()

    return types.void(x, x0, room, out, o0, V, L), generate


def _woven(builder: Any, parts: list[Any]) -> Any:
    """One vector of the first values of all parts, then their second values, and so on."""
    count, length = len(parts), parts[0].type.count
    if count == 1:
        return parts[0]
    if count % 2 == 0:
        even, odd = _woven(builder, parts[::2]), _woven(builder, parts[1::2])
        half = length * count // 2
        order = [n // 2 + n % 2 * half for n in range(2 * half)]
        return _shuffled(builder, even, odd, order)
    whole = _shuffled(builder, parts[0], parts[1], list(range(2 * length)))
    last = _shuffled(builder, parts[2], parts[2], list(range(length)) + [0] * length)
    return _shuffled(builder, whole, last, [n % 3 * length + n // 3 for n in range(3 * length)])


def _shuffled(builder: Any, one: Any, other: Any, order: list[int]) -> Any:
    kind = ir.VectorType(ir.IntType(32), len(order))
    return builder.shuffle_vector(one, other, ir.Constant(kind, order))


def _written(writer: type[_Block], given: tuple[Any, ...], *size: Any) -> Any:
    """What an intrinsic gives back: its signature, and the function that writes its code."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = dict(zip(_ARGUMENTS, zip(signature.args, args, strict=False), strict=False))
        arrays = {
            name: context.make_array(found[name][0])(context, builder, found[name][1])
            for name in (*_ARRAYS, "offsets", "segments", "cells")
        }
        numbers = {name: value for name, (_, value) in found.items() if name not in arrays}
        block = writer(builder, arrays, numbers, *(item.literal_value for item in size))
        block.register = _register(context.codegen(), block.L)
        block.write()
        return context.get_dummy_value()

    return types.void(*given, *size), generate


def _register(codegen: Any, lanes: int) -> str:
    """What LLVM calls a register that holds a whole vector; empty where none does."""
    features = str(getattr(codegen, "_tm_features", "")).split(",")
    if lanes == 8 and "+avx" in features:
        return "x"
    return "v" if lanes == 16 and "+avx512f" in features else ""


class _Block:
    """Writes the LLVM code of one block; see the module's docstring for what it computes."""

    def __init__(
        self, builder: Any, arrays: dict[str, Any], numbers: dict[str, Any], P: int, V: int, L: int
    ) -> None:
        self.builder, self.arrays, self.numbers = builder, arrays, numbers
        self.P, self.V, self.L = P, V, L
        self.int = numbers["x0"].type
        self.vector = ir.VectorType(ir.FloatType(), L)
        # LLVM promotes the stack slots to registers.
        self.sums = {
            (p, v): cgutils.alloca_once(builder, self.vector) for p in range(P) for v in range(V)
        }

    register = ""
    """See `hold`."""

    @property
    def runs(self) -> tuple[int, ...]:
        """Of how many taps the runs are that are summed as such; others tap by tap."""
        return (1,)

    def write(self) -> None:
        """Write the loop over neighboring blocks; their steps are the same for all."""
        builder, numbers = self.builder, self.numbers
        cell = builder.gep(self.arrays["cells"].data, [numbers["cell"]])
        self.range = tuple(builder.load(builder.gep(cell, [self.int(n)])) for n in range(2))
        steps = self.steps
        slots = {name: cgutils.alloca_once_value(builder, numbers[name]) for name in steps}
        with cgutils.for_range(builder, numbers["count"], intp=self.int):
            numbers |= {name: builder.load(slot) for name, slot in slots.items()}
            self.write_one()
            for name, step in steps.items():
                builder.store(builder.add(numbers[name], step), slots[name])

    @property
    def steps(self) -> dict[str, Any]:
        """What moves on from block to block, and how far."""
        raise NotImplementedError

    def write_one(self) -> None:
        """Sum the taps in registers, then add what earlier parts left, and store."""
        builder = self.builder
        for slot in self.sums.values():
            builder.store(ir.Constant(self.vector, [0.0] * self.L), slot)
        each = cgutils.for_range_slice(builder, *self.range, self.int(1), intp=self.int)
        with each as (number, _):
            self.add_segment(*(self.of_segment(number, n) for n in range(3)))
        self.store()

    def of_segment(self, number: Any, n: int) -> Any:
        """The n-th of the three numbers of a segment."""
        place = self.builder.add(self.builder.mul(number, self.int(3)), self.int(n))
        return self.builder.load(self.builder.gep(self.arrays["segments"].data, [place]))

    def add_segment(self, first: Any, after: Any, run: Any) -> None:
        """Add the products of neighboring taps, in runs of as many as they are."""
        builder = self.builder
        done = builder.append_basic_block("summed")
        for length in self.runs[:-1]:
            with builder.if_then(builder.icmp_signed("==", run, self.int(length))):
                self.sum_in_runs(first, after, length)
                builder.branch(done)
        self.sum_in_runs(first, after, 1)
        builder.branch(done)
        builder.position_at_end(done)

    def sum_in_runs(self, first: Any, after: Any, run: int) -> None:
        """Go through the taps, `run` at a time."""
        steps = cgutils.for_range_slice(self.builder, first, after, self.int(run), intp=self.int)
        with steps as (tap, _):
            self.add_run(tap, run)
            self.stay()

    def add_run(self, tap: Any, run: int) -> None:
        """Add the products of the `run` taps from `tap` on."""
        raise NotImplementedError

    def store(self) -> None:
        """Write the sums."""
        self.finish(None)

    def finish(self, masks: list[Any] | None) -> None:
        """Add earlier parts and, after the last, the bias; masks: lanes that exist, None = all."""
        builder = self.builder
        later = builder.icmp_signed(">", self.numbers["part"], self.int(0))
        with builder.if_then(later, likely=False):
            for (p, v), slot in self.sums.items():
                before = self._read(p, v, masks)
                builder.store(builder.fadd(before, builder.load(slot)), slot)
        with builder.if_then(self.numbers["last"], likely=True):
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
        places = self.builder.gep(self.arrays["offsets"].data, [self.numbers["places"]])
        return self.builder.load(self.builder.gep(places, [tap]))

    def in_every_lane(self, value: Any) -> Any:
        """A vector of one float32."""
        return self.spread(value, self.vector)

    def spread(self, value: Any, kind: Any) -> Any:
        """A vector of that kind, all of it one value."""
        undefined = ir.Constant(kind, ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), self.L), [0] * self.L)
        return self.builder.shuffle_vector(one, undefined, lanes)

    def hold(self, slot: Any, value: Any) -> None:
        """Let no later load be moved before this sum is made, nor the sum take the value's place.

        LLVM otherwise gathers the loads of many voxels first, and has to put them on the stack.
        The instruction is empty: it only tells LLVM what must stand in registers at this point.
        """
        if self.register:
            kind = ir.FunctionType(self.vector, [self.vector, self.vector])
            constraint = f"={self.register},0,{self.register},~{{memory}}"
            given = [self.builder.load(slot), value]
            self.builder.store(self.builder.asm(kind, "", constraint, given, True), slot)

    def stay(self) -> None:
        """Let no later load be moved before this point: several taps would be mixed."""
        kind = ir.FunctionType(ir.VoidType(), [])
        self.builder.asm(kind, "", "~{memory}", [], True)

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

    @property
    def steps(self) -> dict[str, Any]:
        apart = {"x0": self.numbers["step"], "o0": self.numbers["pitch"]}
        return {name: self.builder.mul(one, self.int(self.P)) for name, one in apart.items()}

    @property
    def runs(self) -> tuple[int, ...]:
        """One vector of filters would wait for its clip values, more keep the processor busy."""
        return (3, 2, 1) if self.V == 1 and self.P >= 8 else (1,)

    def add_run(self, tap: Any, run: int) -> None:
        builder = self.builder
        values = self.at("x", self.offset(tap))
        row = builder.mul(tap, self.int(self.V * self.L))
        weights = {
            (k, v): self._load("weights", row, k * self.V + v)
            for k in range(run)
            for v in range(self.V)
        }
        for n in range(self.P + run - 1):
            value = self.in_every_lane(builder.load(self.voxel(values, n)))
            for (k, v), weight in weights.items():
                if 0 <= n - k < self.P:
                    self.fused(self.sums[n - k, v], value, weight)
                    if self.V == 1:
                        self.hold(self.sums[n - k, v], value)

    def voxel(self, first: Any, n: int) -> Any:
        """The address of the n-th voxel's value."""
        step = self.numbers["step"]
        if self.V > 1:  # few voxels: registers hold their distances
            return self.builder.gep(first, [self.builder.mul(step, self.int(n))])
        return self.builder.gep(self.voxel(first, n - 1), [step]) if n else first

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
        kind = ir.VectorType(self.int, self.L)
        numbers = ir.Constant(kind, [v * self.L + lane for lane in range(self.L)])
        return self.builder.icmp_signed("<", numbers, self.spread(self.numbers["lanes"], kind))


class _StripBlock(_Block):
    """P vectors of L voxels x V filters: one weight in all lanes."""

    @property
    def steps(self) -> dict[str, Any]:
        return dict.fromkeys(("x0", "o0"), self.int(self.P * self.L))

    def add_run(self, tap: Any, run: int) -> None:
        builder = self.builder
        start = self.offset(tap)
        row = builder.mul(tap, self.int(self.V))
        values = [
            builder.load(self.vector_at("x", builder.add(start, self.int(p * self.L))), align=4)
            for p in range(self.P)
        ]
        for v in range(self.V):
            place = self.at("weights", builder.add(row, self.int(v)))
            weight = self.in_every_lane(builder.load(place))
            for p in range(self.P):
                self.fused(self.sums[p, v], values[p], weight)

    def bias(self, v: int) -> Any:
        return self.in_every_lane(self.builder.load(self.at("bias", self.int(v))))

    def place(self, p: int, v: int) -> Any:
        row = self.builder.mul(self.numbers["pitch"], self.int(v))
        return self.builder.add(row, self.int(p * self.L))
