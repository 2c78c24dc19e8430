"""Where a kernel's window lies: output sizes, padding, centers, as TensorFlow counts them.

Per axis, with n clip voxels, k taps, stride s and dilation d, the window reaches over
`r = (k - 1) * d + 1` voxels.

- "valid": `floor((n - r) / s) + 1` outputs, no padding
- "same": `ceil(n / s)` outputs; `max(0, (outputs - 1) * s + r - n)` voxels of padding, the odd one
  at the end. Where a stride is larger than the window there is none: of 6 voxels, k = 1 and s = 3
  see voxels 0 and 3, as TensorFlow's documents say and its Conv3D does by oneDNN. Without oneDNN
  (TF_ENABLE_ONEDNN_OPTS=0) TensorFlow 2.21 sees 1 and 4.

Output u looks at clip positions `u * s - before + j * d`, j = 0 .. k - 1; its center lies at
`offset + u * s`, half a voxel off the grid where r is even.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.settings import PADDINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

AXES = ("T", "H", "W")
_WORDS = ("frames", "rows", "columns")


@dataclass(frozen=True)
class Axis:
    """One axis of a convolution: counts in voxels.

    Attributes
    ----------
    size : n, clip voxels
    taps, stride, dilation : of the kernel
    outputs : voxels of the map
    before, after : padding at either end; `after` is negative where the last voxels are not seen
    """

    size: int
    taps: int
    stride: int
    dilation: int
    outputs: int
    before: int
    after: int

    @property
    def reach(self) -> int:
        """The receptive field: clip voxels from the first tap to the last."""
        return (self.taps - 1) * self.dilation + 1

    @property
    def offset(self) -> float:
        """Clip position of the center of the first window; x.5 where the reach is even."""
        return (self.reach - 1) / 2 - self.before

    def start(self, output: int) -> int:
        """Clip index of the first tap of this output's window; negative in the padding."""
        return output * self.stride - self.before

    def window(self, output: int) -> NDArray[np.int64]:
        """(taps,) clip indices that this output looks at; outside 0 .. size - 1 is padding."""
        return self.start(output) + np.arange(self.taps, dtype=np.int64) * self.dilation


def along(size: int, taps: int, stride: int, dilation: int, padding: str, name: str = "T") -> Axis:
    """One axis; `name` "T", "H" or "W" is for the sentence where the kernel does not fit.

    Example
    -------
    >>> along(20, 5, 1, 1, "valid").outputs
    16
    """
    reach = (taps - 1) * dilation + 1
    if padding == "valid":
        if reach > size:
            raise ValueError(_does_not_fit(size, taps, dilation, reach, name))
        return Axis(size, taps, stride, dilation, (size - reach) // stride + 1, 0, 0)
    outputs = -(-size // stride)
    total = (outputs - 1) * stride + reach - size
    before = max(total, 0) // 2
    return Axis(size, taps, stride, dilation, outputs, before, total - before)


def trimmed(axis: Axis) -> tuple[Axis, slice]:
    """The axis without the taps that only ever see padding, and which taps those that stay are.

    A wide kernel over a short clip, or a large dilation, costs no more than the clip it can see.
    At least one tap stays.
    """
    low = axis.before - (axis.outputs - 1) * axis.stride
    first = max(0, -(-low // axis.dilation))
    last = min(axis.taps - 1, (axis.size - 1 + axis.before) // axis.dilation)
    first = min(first, axis.taps - 1)
    taps = max(1, last - first + 1)
    before = axis.before - first * axis.dilation
    span = (axis.outputs - 1) * axis.stride + (taps - 1) * axis.dilation + 1
    after = span - before - axis.size
    kept = Axis(axis.size, taps, axis.stride, axis.dilation, axis.outputs, before, after)
    return kept, slice(first, first + taps)


def _does_not_fit(size: int, taps: int, dilation: int, reach: int, name: str) -> str:
    word = _WORDS[AXES.index(name)]
    if dilation == 1:
        return (
            f"{reach} {word} do not fit a valid clip of {size}. "
            f"Use {size} or fewer, or padding same"
        )
    return (
        f"{taps} {word} with dilation {dilation} reach over {reach} and do not fit a valid clip of "
        f"{size}. Use fewer, less dilation, or padding same"
    )


def axes_of(
    shape: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, int, int] = (1, 1, 1),
    dilation: tuple[int, int, int] = (1, 1, 1),
    padding: str = "valid",
) -> tuple[Axis, Axis, Axis]:
    """The three axes T, H, W of a convolution.

    Parameters
    ----------
    shape : (T, H, W, ...) of the clip
    kernel : (kT, kH, kW, ...) of the kernels

    Raises
    ------
    ValueError
        where padding is neither "same" nor "valid", or the kernel does not fit a valid clip
    """
    if padding not in PADDINGS:
        raise ValueError(f"padding {padding!r} is not known; use one of: {', '.join(PADDINGS)}")
    t, h, w = (
        along(size, taps, stride, gap, padding, name)
        for size, taps, stride, gap, name in zip(
            shape[:3], kernel[:3], strides, dilation, AXES, strict=True
        )
    )
    return t, h, w


def overlap(start: int, length: int, size: int) -> tuple[slice, slice]:
    """Where start .. start + length - 1 meets 0 .. size - 1, as a slice of either."""
    first, last = max(start, 0), min(start + length, size)
    last = max(first, last)
    return slice(first - start, last - start), slice(first, last)


def output_shape(axes: tuple[Axis, Axis, Axis]) -> tuple[int, int, int]:
    """(T', H', W') of the maps."""
    t, h, w = axes
    return t.outputs, h.outputs, w.outputs


def as_applied(kernels: NDArray[Any], mode: str) -> NDArray[Any]:
    """Kernels (kT, kH, kW, C, F) for a correlation: mode "convolution" flips T, H and W."""
    return kernels[::-1, ::-1, ::-1] if mode == "convolution" else kernels
