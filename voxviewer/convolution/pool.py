"""Memory of results that are gone, used again: fresh pages cost as much time as the arithmetic.

An array from `take` is an ordinary one. When the last array or view of its memory is gone, that
comes back, and `take` may hand it out again. At most `LIMIT` bytes wait for that, and none where a
block would stand half empty.
"""

from __future__ import annotations

import math
import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from voxviewer.data import Float32

LIMIT = 300_000_000
"""Bytes that may wait: two results of (128, 128, 128, 16)."""

SMALL = 1 << 20
"""Bytes below which the system's own allocation is as good."""


class _Lease:
    """Stands behind an array as its base: while any view lives, this lives."""

    def __init__(self, memory: Float32, shape: tuple[int, ...]) -> None:
        self.__array_interface__: dict[str, Any] = {
            "data": (memory.ctypes.data, False),
            "shape": shape,
            "typestr": memory.dtype.str,
            "version": 3,
        }


class Pool:
    """Blocks of float32 memory that wait to be used again; for any thread."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: list[Float32] = []

    def take(self, shape: tuple[int, ...]) -> Float32:
        """A float32 array of any content."""
        size = math.prod(shape)
        if 4 * size < SMALL:
            return np.empty(shape, np.float32)
        memory = self._fitting(size)
        if memory is None:
            memory = np.empty(size, np.float32)
        lease = _Lease(memory, shape)
        # The finalizer holds the memory as long as the lease lives.
        weakref.finalize(lease, self._give_back, memory).atexit = False
        return np.asarray(lease)

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        with self._lock:
            return sum(memory.nbytes for memory in self._waiting)

    def clear(self) -> None:
        """Give what waits back to the system."""
        with self._lock:
            self._waiting.clear()

    def _fitting(self, size: int) -> Float32 | None:
        """The smallest block that is large enough and not twice too large."""
        with self._lock:
            fitting = [memory for memory in self._waiting if size <= memory.size <= 2 * size]
            if not fitting:
                return None
            best = min(fitting, key=len)
            self._waiting = [memory for memory in self._waiting if memory is not best]
            return best

    def _give_back(self, memory: Float32) -> None:
        """Keep a block, the oldest ones go; called wherever the last view happens to die."""
        # That may be inside `take` of this very thread: never wait here, rather let the block go.
        if memory.nbytes > self._limit or not self._lock.acquire(blocking=False):
            return
        try:
            self._waiting.append(memory)
            while sum(block.nbytes for block in self._waiting) > self._limit:
                self._waiting.pop(0)
        finally:
            self._lock.release()


RESULTS = Pool()
"""The process's one pool, for feature maps and results of `conv3d`."""
