"""Sources made in memory, for the tests of encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxviewer.data import Facts, Skeleton, Topology, Volume
from voxviewer.settings import Opening


class Lazy:
    """Voxels that only answer basic indexing, and remember what was asked."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.read: list[int] = []

    def __getitem__(self, index: Any) -> NDArray[Any]:
        parts = index if isinstance(index, tuple) else (index,)
        assert all(isinstance(part, (int, slice)) for part in parts), "basic indexing only"
        result = np.array(self._array[index])
        self.read.append(result.size)
        return result


def volume(voxels: Any, stored: str = "TDHWC", shape: tuple[int, ...] | None = None, **more: Any):
    """A `Volume` of (T, D, H, W, C) voxels."""
    shape = shape or tuple(voxels.shape)
    nbytes = int(np.prod(shape)) * voxels.dtype.itemsize
    facts = Facts("NumPy array", "test", shape, stored, str(voxels.dtype), nbytes)
    return Volume(voxels, facts, Opening("x.npy"), "x", **more)


def scan(array: NDArray[Any]) -> Volume:
    """A `Volume` of a stored (H, W, D) array."""
    return volume(np.moveaxis(array, 2, 0)[None, ..., None], "HWD", array.shape)


def film(array: NDArray[Any], **more: Any) -> Volume:
    """A `Volume` of stored (T, H, W, C) frames."""
    return volume(array[:, None], "THWC", array.shape, **more)


def skeleton(joints: NDArray[Any], **more: Any) -> Skeleton:
    """A `Skeleton` of (T, J, 2 or 3) or (T, P, J, 2 or 3) joints."""
    stored = joints.shape
    points = joints[:, None] if joints.ndim == 3 else joints
    full = np.zeros((*points.shape[:3], 3), np.float32)
    full[..., : points.shape[3]] = points
    facts = Facts("NumPy array", "skeleton", stored, "TPJ3"[-len(stored) :], "float32", full.nbytes)
    names = more.pop("names", tuple(f"j{j}" for j in range(full.shape[2])))
    return Skeleton(
        joints=full,
        score=more.pop("score", np.ones(full.shape[:3], np.float32)),
        topology=Topology(names, more.pop("bones", ())),
        facts=facts,
        opening=Opening("s.npy"),
        name="s",
        **more,
    )


def noise(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
