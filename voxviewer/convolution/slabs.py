"""A convolution cut into slabs of output frames, shared out among threads.

Each slab takes the clip frames that it needs, with zeros where there is padding, and fills its part
of the maps; a valid convolution reads the clip itself. Every voxel is summed in one fixed order, so
the result has the same bytes however it was cut and whoever computed it. Between slabs progress is
reported and work can be stopped.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from voxviewer.convolution import loops, tuning
from voxviewer.convolution.reading import Slab
from voxviewer.data import Progress, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.plans import Plan

PER_THREAD = 15e6
"""Floating-point operations below which another thread costs more than it gives."""

PER_SHARE = 2e7
"""Operations below which a slab is not made smaller for the sake of even shares."""

PER_SLAB = 5e8
"""About 10 ms of work: how often progress is reported and a stop is noticed."""


TEXT = "Convolving"


Target: TypeAlias = Callable[[Slab], "NDArray[Any]"]
"""Gives the contiguous (frames, H', W', F) array of the plan's dtype that a slab is written to."""

Done: TypeAlias = Callable[[Slab, "NDArray[Any]"], None]
"""Told of each finished slab, in the thread that made it."""


def run(
    plan: Plan, clips: NDArray[Any], target: Target, done: Done, progress: Progress = no_progress
) -> None:
    """Convolve clips (N, T, H, W, C) of any real dtype, slab by slab.

    `progress` is called in the calling thread alone: at the start, after each slab of its own, and
    at the end. What it raises stops all threads after their present slab, and is raised again.
    """
    progress(0.0, TEXT)
    slabs = cut(plan, len(clips))
    count = _thread_count(plan, len(clips), len(slabs))
    queue = _Queue(slabs, progress)
    most = max((slab.frames for slab in slabs), default=0)
    helpers = [
        threading.Thread(
            target=_work, args=(plan, clips, most, target, done, queue, number % 2), daemon=True
        )
        for number in range(1, count)
    ]
    for helper in helpers:
        helper.start()
    _work(plan, clips, most, target, done, queue, 0)
    for helper in helpers:
        helper.join()
    if queue.error is not None:
        raise queue.error
    progress(1.0, TEXT)


def cut(plan: Plan, items: int) -> list[Slab]:
    """The slabs of N clips: small enough to share out evenly, large enough to be worth it."""
    frames = plan.axes[0].outputs
    most = max(1, int(PER_SLAB // plan.work))
    if plan.work * frames * items > 2 * PER_THREAD:
        threads = tuning.threads()
        least = min(int(PER_SHARE // plan.work), -(-frames * items // threads))
        shares = 4 * threads if threads > 1 else 1
        most = min(most, max(1, least, -(-frames * items // shares)))
    return [
        Slab(item, first, min(most, frames - first))
        for item in range(items)
        for first in range(0, frames, most)
    ]


def _thread_count(plan: Plan, items: int, slabs: int) -> int:
    if plan.kernel is None:
        return 1  # NumPy's matrix product has threads of its own
    work = plan.work * plan.axes[0].outputs * items
    return max(1, min(tuning.threads(), slabs, int(work // PER_THREAD)))


def scratch_bytes(plan: Plan, items: int = 1) -> int:
    """The most that padded copies take at once, over all threads."""
    largest = max((slab.frames for slab in cut(plan, items)), default=0)
    return loops.scratch_bytes(plan, largest) * tuning.threads()


class _Queue:
    """The slabs that are left, for all threads; empty once one of them failed."""

    def __init__(self, slabs: list[Slab], progress: Progress) -> None:
        self._left = deque(slabs)
        self._total = len(slabs)
        self._finished = 0
        self._lock = threading.Lock()
        self._progress = progress
        self._caller = threading.current_thread()
        self.error: BaseException | None = None

    def taken(self, side: int) -> Iterator[Slab]:
        """Slabs from the beginning, or from the end (1): neighbors share clip frames."""
        while True:
            with self._lock:
                if self.error is not None or not self._left:
                    return
                slab = self._left.pop() if side else self._left.popleft()
            yield slab
            self._finish()

    def _finish(self) -> None:
        with self._lock:
            self._finished += 1
            share = self._finished / self._total
        if threading.current_thread() is self._caller:
            self._progress(share, TEXT)

    def fail(self, error: BaseException) -> None:
        with self._lock:
            self.error = self.error or error


def _work(
    plan: Plan,
    clips: NDArray[Any],
    most: int,
    target: Target,
    done: Done,
    queue: _Queue,
    side: int,
) -> None:
    """One thread: take slabs until none is left."""
    try:
        # Values beyond float32 become infinite, as they do in Keras.
        with np.errstate(all="ignore"):
            loop = loops.Loop(plan, clips, most)
            for slab in queue.taken(side):
                out = target(slab)
                loop.convolve(slab, out)
                done(slab, out)
    except BaseException as error:
        queue.fail(error)
