"""Filters changed by hand: pure functions from `Kernels`, a plain value of the settings, to others.

Each leaves what it is given as it is, so that undo, recipes and caches work by themselves. `only`
is the index of one filter; None means all of them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import FilterBank, Float32, Float64, frozen
from voxviewer.settings import Kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

STORED = np.dtype("<f4")
"""float32, little-endian, on every computer: recipes travel."""

AXES = "THW"
THEN_EDITED = ", then edited"


def to_settings(bank: FilterBank) -> Kernels:
    """The bank's kernels, bias, activation and names as a plain value, to be edited."""
    kT, kH, kW, C, F = bank.kernels.shape
    return Kernels(
        shape=(kT, kH, kW, C, F),
        kernels=_bytes(bank.kernels),
        bias=_bytes(bank.bias),
        activation=bank.activation,
        names=tuple(bank.names),
    )


def from_settings(kernels: Kernels) -> FilterBank:
    """The bank of edited kernels; its arrays are read-only.

    Raises
    ------
    ValueError
        for an activation that Keras does not have
    """
    from voxviewer.convolution.activations import activation

    activation(kernels.activation)
    return FilterBank(
        kernels=frozen(_array(kernels.kernels).reshape(kernels.shape)),
        bias=frozen(_array(kernels.bias)),
        activation=kernels.activation,
        origin=kernels.origin,
        names=kernels.names,
    )


def with_tap(kernels: Kernels, place: tuple[int, int, int, int, int], value: float) -> Kernels:
    """Set one weight.

    Parameters
    ----------
    place : frame, row, column of the kernel, channel, filter; counted from 0
    value : any finite number, stored as float32

    Raises
    ------
    ValueError
        where the place lies outside the kernels, or the value is no finite number
    """
    inside = len(place) == 5 and all(
        0 <= index < size for index, size in zip(place, kernels.shape, strict=True)
    )
    if not inside:
        raise ValueError(f"tap {place} lies outside kernels of shape {kernels.shape}")
    with np.errstate(over="ignore"):
        stored = np.float32(value)
    if not math.isfinite(stored):
        raise ValueError(f"a weight must be a finite number within float32, not {value!r}")
    taps = _taps(kernels)
    taps[place] = stored
    return _edited(kernels, taps)


def symmetrized(kernels: Kernels, axis: str, only: int | None = None) -> Kernels:
    """Make each tap the mean of itself and its mirror image along "T", "H" or "W"."""
    if axis not in AXES or len(axis) != 1:
        raise ValueError(f"axis {axis!r} is not known; use one of: T, H, W")
    along = AXES.index(axis)
    return _changed(kernels, only, lambda taps: (taps + np.flip(taps, along)) / 2)


def normalized(kernels: Kernels, only: int | None = None) -> Kernels:
    """Scale each filter so that its sum of |w| is 1; one of zeros stays as it is."""
    return _changed(kernels, only, lambda taps: taps / _nonzero(np.abs(taps).sum((0, 1, 2, 3))))


def zero_sum(kernels: Kernels, only: int | None = None) -> Kernels:
    """Subtract each filter's mean, so that it no longer answers to uniform brightness."""
    return _changed(kernels, only, lambda taps: taps - taps.mean((0, 1, 2, 3)))


def _changed(kernels: Kernels, only: int | None, change: Any) -> Kernels:
    """Apply a change to taps (kT, kH, kW, C, F) of all filters or one, in float64."""
    count = kernels.shape[4]
    if only is not None and not 0 <= only < count:
        raise ValueError(f"filter {only} is not there; the bank has filters 0 to {count - 1}")
    chosen = slice(None) if only is None else slice(only, only + 1)
    taps = _taps(kernels)
    # What float32 held, float64 adds up exactly enough; NaN and infinity stay what they are.
    with np.errstate(all="ignore"):
        taps[..., chosen] = change(taps[..., chosen].astype(np.float64))
    return _edited(kernels, taps)


def _edited(kernels: Kernels, taps: Float32) -> Kernels:
    """The same with other weights; trained ones say that they were edited afterwards."""
    as_before = kernels.origin == "edited" or kernels.origin.endswith(THEN_EDITED)
    origin = kernels.origin if as_before else f"{kernels.origin}{THEN_EDITED}"
    return replace(kernels, kernels=_bytes(taps), origin=origin)


def _nonzero(sums: Float64) -> Float64:
    return np.where(sums > 0, sums, 1.0)


def _taps(kernels: Kernels) -> Float32:
    """A writable copy of the kernels."""
    return _array(kernels.kernels).reshape(kernels.shape).copy()


def _array(data: bytes) -> Float32:
    return np.frombuffer(data, STORED).astype(np.float32, copy=False)


def _bytes(array: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(array, STORED).tobytes()
