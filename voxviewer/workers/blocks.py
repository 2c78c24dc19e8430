"""Shared blocks: large arrays that parent and child both see, without a copy on a pipe.

The parent makes, sizes and unlinks every block. A block made by a child would be unlinked with
warnings when the child ends, and freed with the last handle on Windows. The space is reserved
before anything is written: a full /dev/shm answers a write with a bus error, not with an exception.
Where it cannot be reserved a mapped temporary file serves.

A block travels in a header as `{"place": "shared" | "file", "name", "dtype", "shape"}`; the system
may round its size up, so the shape travels too.
"""

from __future__ import annotations

import mmap
import os
import secrets
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import shared_memory
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.workers.errors import WorkerError
from voxviewer.workers.wire import Arrays, WireError, nbytes_of, number_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

Shape = tuple[tuple[int, ...], str]
"""Shape and dtype of an array that is still to come."""

_ENVIRONMENT = threading.Lock()

PIECE = 32 << 20
"""Bytes that are reserved or copied before somebody may stop it: some hundredths of a second."""
Tick = Callable[[], None]
BLOCK_FROM = 1 << 18
"""Bytes from which an array travels in a shared block; smaller ones are faster on the pipe."""


def _no_tick() -> None:
    """Nobody wants to stop it."""


class _Memory(shared_memory.SharedMemory):
    """Shared memory that may be dropped while an array still looks into it."""

    def close(self) -> None:
        # The mapping lives until the last array on it is gone; the name is the parent's affair.
        with suppress(BufferError):
            super().close()


class Block:
    """One array in shared space. Made by the parent, who calls `release()` when the answer is in.

    Parameters
    ----------
    shape, dtype : of the array; plain numbers only
    tick : called between two pieces of space; what it raises leaves nothing behind

    Raises
    ------
    OSError
        where neither shared memory nor the temporary folder has room
    """

    def __init__(self, shape: tuple[int, ...], dtype: str, tick: Tick = _no_tick) -> None:
        self.shape, self.dtype = tuple(shape), number_dtype(dtype)
        size = max(nbytes_of(self.shape, self.dtype), 1)
        self._file: str | None = None
        self._mapping: mmap.mmap | None = None
        self._memory = _reserve_memory(size, tick)
        if self._memory is None:
            self._file, self._mapping = _reserve_file(size, tick)

    @property
    def header(self) -> dict[str, Any]:
        """What the child needs to find and to read it."""
        place = {"place": "file", "name": self._file}
        if self._memory is not None:
            place = {"place": "shared", "name": self._memory.name}
        return {**place, "dtype": self.dtype.str, "shape": list(self.shape)}

    def write(self, array: NDArray[Any], tick: Tick = _no_tick) -> None:
        """Copy an array of the block's shape into it, piece by piece."""
        view = self._view()
        if array.nbytes <= PIECE:
            np.copyto(view, array, casting="no")
            return
        step = max(PIECE * len(array) // array.nbytes, 1)
        for first in range(0, len(array), step):
            tick()
            np.copyto(view[first : first + step], array[first : first + step], casting="no")

    def take(self) -> NDArray[Any]:
        """The array that lies in it; it outlives the block, whose name is given back by `release`.

        On Linux it is a mapping of its own, without a copy: fresh pages for a copy cost more than
        everything else on the way. Elsewhere, and from a file, it is a copy.
        """
        path = f"/dev/shm/{self._memory.name}" if self._memory is not None else ""
        if not os.path.exists(path):
            return self._view().copy()
        with open(path, "r+b") as file:
            mapping = mmap.mmap(file.fileno(), max(nbytes_of(self.shape, self.dtype), 1))
        return np.ndarray(self.shape, self.dtype, mapping)

    def release(self) -> None:
        """Unmap and unlink; nothing of it is left on the system."""
        if self._memory is not None:
            self._memory.close()
            with suppress(FileNotFoundError):
                self._memory.unlink()
        if self._mapping is not None:
            self._mapping.close()
        if self._file is not None:
            with suppress(OSError):
                os.unlink(self._file)
        self._memory = self._mapping = self._file = None

    def _view(self) -> NDArray[Any]:
        buffer = self._memory.buf if self._memory is not None else self._mapping
        if buffer is None:
            raise ValueError("the block has been released")
        return np.ndarray(self.shape, self.dtype, buffer)


@dataclass(frozen=True)
class Parcel:
    """The arrays of one request: small ones for the pipe, blocks for the large ones."""

    small: Arrays = field(default_factory=dict)
    inputs: dict[str, Block] = field(default_factory=dict)
    outputs: dict[str, Block] = field(default_factory=dict)

    def pack(
        self,
        arrays: Mapping[str, NDArray[Any]],
        outputs: Mapping[str, Shape],
        tick: Tick = _no_tick,
    ) -> None:
        """Put large arrays into blocks, and make the blocks for what comes back."""
        for name, array in arrays.items():
            number_dtype(array.dtype.str)
            if array.nbytes < BLOCK_FROM:
                self.small[name] = array
                continue
            self.inputs[name] = Block(array.shape, array.dtype.str, tick)
            self.inputs[name].write(array, tick)
        for name, (shape, dtype) in outputs.items():
            self.outputs[name] = Block(shape, dtype, tick)

    def headers(self) -> dict[str, Any]:
        """What the child needs to find the blocks."""
        return {
            "inputs": {name: block.header for name, block in self.inputs.items()},
            "outputs": {name: block.header for name, block in self.outputs.items()},
        }

    def release(self) -> None:
        """Take all blocks away."""
        for block in (*self.inputs.values(), *self.outputs.values()):
            block.release()


@contextmanager
def packed(
    title: str,
    arrays: Mapping[str, NDArray[Any]],
    outputs: Mapping[str, Shape],
    tick: Tick = _no_tick,
) -> Iterator[Parcel]:
    """The arrays of a request, packed; their blocks are gone afterwards, whatever happened.

    `tick` is called now and then while room is made, and may raise to stop.
    """
    parcel = Parcel()
    try:
        try:
            parcel.pack(arrays, outputs, tick)
        except OSError as error:
            raise WorkerError(f"There is no room for the arrays of {title}: {error}") from error
        except WireError as error:
            raise ValueError(f"{title} takes arrays of plain numbers only: {error}") from error
        yield parcel
    finally:
        parcel.release()


def _start_tracker() -> None:
    """Start multiprocessing's tracker of shared memory with the current folder off its path.

    It is a `python -c`, started for a process' first block, that would import a `struct.py` which
    lies beside the data.
    """
    if os.name != "posix":
        return
    from multiprocessing import resource_tracker

    with _ENVIRONMENT:
        before = os.environ.get("PYTHONSAFEPATH")
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            resource_tracker.ensure_running()
        finally:
            if before is None:
                del os.environ["PYTHONSAFEPATH"]
            else:
                os.environ["PYTHONSAFEPATH"] = before


def _reserve_memory(size: int, tick: Tick) -> _Memory | None:
    """Shared memory with its pages reserved; None where there is no room or no such thing."""
    _start_tracker()
    try:
        memory = _Memory(name=f"vox_{os.getpid()}_{secrets.token_hex(4)}", create=True, size=size)
    except (OSError, ValueError):
        return None
    path = f"/dev/shm/{memory.name}"
    if not hasattr(os, "posix_fallocate") or not os.path.exists(path):
        return memory  # Windows and macOS back it with the page file: nothing to reserve
    done = False
    try:
        done = _allocate(path, size, tick)
    finally:
        if not done:
            memory.close()
            memory.unlink()
    return memory if done else None


def _reserve_file(size: int, tick: Tick) -> tuple[str, mmap.mmap]:
    """A mapped temporary file of this size, its disk space reserved where the system can."""
    handle, path = tempfile.mkstemp(prefix="vox-", suffix=".block")
    try:
        os.ftruncate(handle, size)
        if hasattr(os, "posix_fallocate"):
            for first in range(0, size, PIECE):
                tick()
                os.posix_fallocate(handle, first, min(PIECE, size - first))
        return path, mmap.mmap(handle, size)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(handle)


def _allocate(path: str, size: int, tick: Tick) -> bool:
    """Reserve the pages of shared memory; False where there is no room."""
    handle = os.open(path, os.O_RDWR)
    try:
        for first in range(0, size, PIECE):
            tick()
            try:
                os.posix_fallocate(handle, first, min(PIECE, size - first))
            except OSError:
                return False
    finally:
        os.close(handle)
    return True


def attach(header: dict[str, Any]) -> tuple[NDArray[Any], Any]:
    """The child's view of a block, and what must be kept (and closed) as long as it is used."""
    try:
        dtype = number_dtype(header["dtype"])
        shape = tuple(int(size) for size in header["shape"])
        place, name = str(header["place"]), str(header["name"])
    except (KeyError, TypeError, ValueError) as error:
        raise WireError("the header of a block is not one of ours") from error
    if place == "shared":
        memory = _attach_untracked(name)
        return np.ndarray(shape, dtype, memory.buf), memory
    with open(name, "r+b") as file:
        mapping = mmap.mmap(file.fileno(), max(nbytes_of(shape, dtype), 1))
    return np.ndarray(shape, dtype, mapping), mapping


def _attach_untracked(name: str) -> _Memory:
    """Attach without a resource tracker: a child's own would unlink the parent's block."""
    if sys.version_info >= (3, 13):
        return _Memory(name=name, track=False)
    from multiprocessing import resource_tracker

    # Registering and unregistering would do too, but starts a tracker process for nothing.
    register = resource_tracker.register
    resource_tracker.register = lambda *_: None
    try:
        return _Memory(name=name)
    finally:
        resource_tracker.register = register
