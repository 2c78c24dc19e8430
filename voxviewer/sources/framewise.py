"""Voxels that come a frame at a time: what is asked for is decoded, the last few frames are kept.

For films that would fill the memory. `decode` gives one frame (D, H, W, C) by its number; frames
are asked for in rising order, so that whoever decodes can go on from where it stands.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import frozen
from voxviewer.sources.stored import ranges_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

KEPT_BYTES = 96 << 20
"""Frames that were decoded and may be asked for again."""


class FramewiseVoxels:
    """(T, D, H, W, C) over frames that are decoded when asked for; safe from any thread.

    Parameters
    ----------
    shape, dtype : of all frames together
    decode : from the number of a frame to its values (D, H, W, C); called by one thread at a time
    """

    lazy = True

    def __init__(
        self,
        shape: tuple[int, int, int, int, int],
        dtype: np.dtype[Any],
        decode: Callable[[int], NDArray[Any]],
    ) -> None:
        self.shape, self.dtype = shape, dtype
        self._decode = decode
        self._kept: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._most = max(2, KEPT_BYTES // max(1, math.prod(shape[1:]) * dtype.itemsize))
        self._lock = threading.Lock()

    @property
    def ndim(self) -> int:
        """Five."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        ranges, kept = ranges_of(index, self.shape)
        out = np.empty([len(entry) for entry in ranges], self.dtype)
        if out.size:
            inner = np.ix_(*(np.asarray(entry) for entry in ranges[1:]))
            for place, frame in sorted(enumerate(ranges[0]), key=lambda pair: pair[1]):
                out[place] = self._frame(frame)[inner]
        picked: NDArray[Any] = out[tuple(slice(None) if keep else 0 for keep in kept)]
        return frozen(picked) if picked.ndim else picked

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Everything, for `np.asarray`."""
        values = self[...]
        return values if dtype is None else values.astype(dtype, copy=False)

    def _frame(self, number: int) -> NDArray[Any]:
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
            frame = self._decode(number)
            self._kept[number] = frame
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return frame
