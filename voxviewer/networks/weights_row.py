"""All weights of a network as one row of numbers: how they travel between the processes."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Float32

SMALL = 1 << 20
"""Bytes that are told as often as anything else."""
SPEED = 50e6
"""Bytes per second of larger ones, so that telling them takes a small part of the time."""


def flat(variables: Sequence[Any]) -> Float32:
    """The numbers of all variables, in their order."""
    return np.concatenate(
        [np.asarray(variable.numpy(), np.float32).ravel() for variable in variables]
    )


def put(variables: Sequence[Any], row: Float32) -> None:
    """Fill variables, in their order, with the numbers of one row."""
    sizes = [math.prod(variable.shape) for variable in variables]
    if sum(sizes) != len(row):
        raise ValueError(f"The network has {sum(sizes)} weights, not {len(row)}.")
    for variable, part in zip(variables, np.split(row, np.cumsum(sizes)[:-1]), strict=True):
        variable.assign(part.reshape(variable.shape))


class Due:
    """When so many weights are told: small ones every time, large ones now and then."""

    def __init__(self, count: int) -> None:
        self._pause = 0.0 if 4 * count <= SMALL else 4 * count / SPEED
        self._last = -math.inf

    def now(self) -> bool:
        """Whether to tell them now; then a pause begins."""
        time_now = time.monotonic()
        if time_now - self._last < self._pause:
            return False
        self._last = time_now
        return True
