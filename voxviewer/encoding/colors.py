"""Channels of a volume become those of the clip: gray, rgb, or as they are; values in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Float32

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green, blue in gray (ITU-R BT.601)."""

GRAY = ("gray",)
RGB = ("red", "green", "blue")


def channel_names(count: int, channels: str) -> tuple[str, ...]:
    """Names of the clip's channels for a volume of `count`: 3 and 4 are colors, others kept."""
    if count == 1 or count in (3, 4):
        return GRAY if channels == "gray" else RGB
    return tuple(f"channel {c}" for c in range(count))


def to_channels(x: NDArray[Any], channels: str) -> tuple[Float32, int]:
    """Convert voxels (..., C) of any real dtype to the clip's channels.

    Parameters
    ----------
    x : (..., C); C = 4 is red, green, blue and alpha, laid over black. Alpha runs from 0 to 1 in
        float arrays, over the dtype's range in whole numbers.
    channels : "gray" is 0.299 R + 0.587 G + 0.114 B; "rgb" repeats a single channel

    Returns
    -------
    (..., C') float32, C' as `channel_names` says, and how many values were not finite (NaN or
    infinite, also beyond float32): they are 0, since one NaN would spread over a whole picture
    """
    C = x.shape[-1]
    if C == 4 or (C == 3 and channels == "gray"):
        out = _colors(x, channels)
    elif C == 1 and channels == "rgb":
        out = np.repeat(_plane(x), 3, axis=-1)
    else:
        out = _plane(x)
    return out, _fill(out) if x.dtype.kind == "f" else 0


def _colors(x: NDArray[Any], channels: str) -> Float32:
    """Gray or rgb of red, green, blue and perhaps alpha; one channel at a time, to spare memory."""
    alpha = _alpha(x) if x.shape[-1] == 4 else None
    out = np.zeros((*x.shape[:-1], 1 if channels == "gray" else 3), np.float32)
    part = np.empty(x.shape[:-1], np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for c in range(3):
            np.copyto(part, x[..., c], casting="unsafe")
            if alpha is not None:
                part *= alpha
            if channels == "gray":
                part *= np.float32(LUMA[c])
                out[..., 0] += part
            else:
                out[..., c] = part
    return out


def _alpha(x: NDArray[Any]) -> Float32:
    """How much covers the black, 0 to 1."""
    alpha = _plane(x[..., 3])
    if x.dtype.kind in "ui":
        alpha /= np.float32(np.iinfo(x.dtype).max)
    return alpha


def _plane(x: NDArray[Any]) -> Float32:
    """A contiguous float32 copy."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array(x, dtype=np.float32, order="C")


def _fill(x: Float32) -> int:
    """Set what is not finite to 0, in place; return how many values that were."""
    bad = ~np.isfinite(x)
    count = int(np.count_nonzero(bad))
    if count:
        x[bad] = 0
    return count
