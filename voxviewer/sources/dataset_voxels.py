"""Voxels of an HDF5 data set in chunks, read as they are asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import frozen, no_progress
from voxviewer.files import SourceError
from voxviewer.sources.boundary import Watched, reading
from voxviewer.sources.stored import VOLUME_AXES, Conversion, ranges_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class DatasetVoxels:
    """(T, D, H, W, C) over a data set: shape, dtype, basic indexing, safe from any thread.

    Parameters
    ----------
    path, name : the file, and the data set in it
    stored_shape, stored_dtype : as they were when the file was opened
    axes : a letter of "TDHWC" for each stored axis
    """

    lazy = True

    def __init__(
        self,
        path: Path,
        name: str,
        stored_shape: tuple[int, ...],
        stored_dtype: np.dtype[Any],
        axes: str,
    ) -> None:
        sizes = dict(zip(axes, stored_shape, strict=True))
        T, D, H, W, C = (sizes.get(letter, 1) for letter in VOLUME_AXES)
        self.shape = (T, D, H, W, C)
        self._conversion = Conversion(np.dtype(stored_dtype))
        self.dtype = self._conversion.dtype
        self._path, self._name, self._axes = path, name, axes
        self._stored = (tuple(stored_shape), np.dtype(stored_dtype))
        stat = path.stat()
        self._stat = (stat.st_size, stat.st_mtime_ns)
        self._lock = threading.Lock()

    @property
    def ndim(self) -> int:
        """Five."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        ranges, kept = ranges_of(index, self.shape)
        named = dict(zip(VOLUME_AXES, ranges, strict=True))
        wanted = [named[letter] for letter in self._axes]
        if 0 in (len(entry) for entry in ranges):
            out = np.empty([len(entry) for entry in ranges], self.dtype)
        else:
            out = self._arranged(self._conversion.apply(self._read(wanted)))
        picked: NDArray[Any] = out[tuple(slice(None) if keep else 0 for keep in kept)]
        return frozen(picked) if picked.ndim else picked

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Everything, for `np.asarray`."""
        values = self[...]
        return values if dtype is None else values.astype(dtype, copy=False)

    def _arranged(self, values: NDArray[Any]) -> NDArray[Any]:
        """Stored axes put in our order, missing ones added."""
        present = [letter for letter in VOLUME_AXES if letter in self._axes]
        values = values.transpose([self._axes.index(letter) for letter in present])
        missing = tuple(place for place, x in enumerate(VOLUME_AXES) if x not in self._axes)
        return np.expand_dims(values, missing)

    def _read(self, wanted: list[range]) -> NDArray[Any]:
        """The stored values at these positions; HDF5 counts upwards, so the rest is turned."""
        from voxviewer.sources.hdf5 import opened_hdf5

        rising = [entry if entry.step > 0 else entry[::-1] for entry in wanted]
        slices = tuple(slice(entry.start, entry.stop, entry.step) for entry in rising)
        turned = tuple(slice(None, None, 1 if entry.step > 0 else -1) for entry in wanted)
        with (
            self._lock,
            reading(str(self._path), Watched(no_progress)),
            opened_hdf5(self._path) as file,
        ):
            self._require_unchanged()
            values: NDArray[Any] = file[self._name][slices][turned]
        return values

    def _require_unchanged(self) -> None:
        stat = self._path.stat()
        if (stat.st_size, stat.st_mtime_ns) != self._stat:
            raise SourceError(self._path, "changed on disk after it was opened", "Open it again")
