"""Which inner loop runs here, on how many threads, and having it compiled before it is needed.

Compiling takes one to two seconds, once per computer: the result lies in the user's cache folder
(an installed package may be read-only), as machine code that is called without Numba. `warm_up`
does it in the background. Where Numba is missing or fails, `kernel_for` returns None and the plain
NumPy loop of `plain` takes over.

Threads are our own, a few per call over slabs of output (see `handwritten`): the compiled functions
are serial and release the interpreter. So Numba's parallel layers, which busy-wait or abort the
process when two threads meet in them, are never entered, and no lock is needed round a run.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from voxviewer.compiling import prepare_numba
from voxviewer.data import Progress, no_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)


FEW = 6
"""Up to so many filters lanes are voxels: as filters, most of them would stand empty."""


class Block(NamedTuple):
    """What is kept in registers: P voxels x V vectors of L filters, or see `strips`.

    With `strips` the lanes are neighboring voxels: P vectors of L voxels x V filters.
    """

    P: int
    V: int
    L: int
    strips: bool = False

    @property
    def filters(self) -> int:
        """Filters computed together; banks are filled up with zeros to a multiple of it."""
        return self.V if self.strips else self.V * self.L

    @property
    def runs(self) -> bool:
        """Whether taps along a row share clip values: one vector of filters would wait for them."""
        return not self.strips and self.V == 1 and self.P >= 8

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Of how many voxels blocks are that make up a row together, the largest first."""
        return self.P, self.P - 1, 2 * self.P // 3

    def cut(self, width: int) -> tuple[int, int, int]:
        """How many blocks of the three sizes make up a row, where the last two may overlap."""
        return _cut(self.sizes, width)

    @property
    def voxels(self) -> int:
        """Voxels computed together."""
        return self.P * self.L if self.strips else self.P


@cache
def _cut(sizes: tuple[int, int, int], width: int) -> tuple[int, int, int]:
    """As little overlap as can be, then as few blocks; none where the row is too narrow.

    `sizes` : of which the second is the first less one, see `Block.sizes`
    """
    large, _, small = sizes
    for whole in range(width, width + small):
        for count in range(-(-whole // large), whole // small + 1):
            for smalls in range(count + 1):
                middles = count * large - smalls * (large - small) - whole
                larges = count - smalls - middles
                found = larges, middles, smalls
                used = (size for size, many in zip(sizes, found, strict=True) if many)
                if min(found) >= 0 and max(used, default=0) <= width:
                    return found
    return 0, 0, 0


class Kernel(NamedTuple):
    """A compiled inner loop, and its block."""

    block: Block
    function: Any


_loading = threading.Lock()
_kernels: dict[Block, Kernel] = {}
_missing = False
_limit: int | None = None


def block_for(filters: int, *, strips: bool = False) -> Block:
    """The register block for this many filters on this processor; measured with `benchmarks/`.

    Twelve vectors of sums keep the multipliers busy and leave room in the 16 registers of AVX2 for
    weights and clip values. Strips, for few filters, are as many filters wide, up to four.
    """
    wide = has_avx512()
    if strips:
        V = filters if filters <= 4 else 3
        return Block(12 // V, V, 16 if wide else 8, True)
    if filters <= 8:
        return Block(12, 1, 8)
    return Block(12, 1, 16) if wide else Block(6, 2, 8)


@cache
def has_avx512() -> bool:
    """Whether this processor has vectors of 16 float32, as far as the system lets us see."""
    from llvmlite import binding

    return bool(binding.get_host_cpu_features().get("avx512f", False))


def kernel_for(filters: int, *, strips: bool = False) -> Kernel | None:
    """The compiled loop for this many filters; None where there is no Numba.

    Called from any thread; the first call of a block loads or compiles it, the others wait.

    Parameters
    ----------
    strips : neighboring voxels are neighbors in memory, so that they may be lanes
    """
    global _missing
    if _missing:
        return None
    try:
        block = block_for(filters, strips=strips and filters <= FEW)
        if block in _kernels:
            return _kernels[block]
        with _loading:
            if block not in _kernels and not _missing:
                _kernels[block] = _compile(block)
    except Exception as error:
        # Whatever goes wrong in a compiler on a strange machine, the work must go on.
        log.warning("Numba cannot be used, convolution runs in plain NumPy: %s", error)
        _missing = True
        _kernels.clear()
        return None
    return _kernels.get(block)


def _compile(block: Block) -> Kernel:
    prepare_numba()
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        raise ImportError("NUMBA_DISABLE_JIT is set")
    if find_spec("numba") is None:
        raise ImportError("it is not installed")
    if not {"NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"} & set(os.environ):
        try:
            return Kernel(block, _kept(block))
        except Exception as error:
            log.info("machine code is not kept here: %s", error)
    try:
        return Kernel(block, _by_numba(block, cache=True))
    except Exception as error:
        # A read-only or damaged cache; compiling again without it tells whether Numba works.
        log.info("the cache of compiled loops is not used: %s", error)
        return Kernel(block, _by_numba(block, cache=False))


def _kept(block: Block) -> Any:
    """The loop as machine code, which a later start calls without Numba."""
    from voxviewer.convolution import machine_code

    form = "strips" if block.strips else "rows"
    name = f"{form}-{block.P}-{block.V}-{block.L}"
    return machine_code.loop(name, lambda: _by_numba(block, cache=False))


def _by_numba(block: Block, *, cache: bool) -> Any:
    kernels = importlib.import_module("voxviewer.convolution.kernels")
    compiled = kernels.compiled_strips if block.strips else kernels.compiled_rows
    return compiled(*block[:3], cache=cache)


def warm_up(progress: Progress = no_progress, *, first: int | None = None) -> None:
    """Load or compile the inner loops; for a background thread, after the first paint.

    Parameters
    ----------
    first : only so many, those that are wanted soonest; all by default
    """
    needs = ((8, False), (16, False), *((count, True) for count in (4, 1, 2, 3)))[:first]
    for number, (filters, strips) in enumerate(needs):
        progress(number / len(needs), "Preparing the convolution")
        kernel_for(filters, strips=strips)
    progress(1.0, "Convolution ready")


def threads() -> int:
    """How many threads large work uses: the processors this process may run on."""
    if _limit is not None:
        return _limit
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limited_to(count: int) -> Iterator[None]:
    """Use this many threads inside the block, in all threads of the process; for measuring."""
    global _limit
    before, _limit = _limit, count
    try:
        yield
    finally:
        _limit = before
