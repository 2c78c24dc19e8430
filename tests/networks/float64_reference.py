"""A Conv3D in float64 by its definition, one kernel voxel at a time; neither engine is used."""

from __future__ import annotations

import math

import numpy as np


def conv3d(clip, kernels, bias, *, padding, strides=(1, 1, 1), dilation=(1, 1, 1)):
    """The maps (T', H', W', F), and the sums of |x||w| that rounding is measured by."""
    x, w = clip.astype(np.float64), kernels.astype(np.float64)
    starts, sizes = zip(
        *map(_axis, x.shape, w.shape, strides, dilation, [padding] * 3), strict=False
    )
    maps = np.zeros((*sizes, w.shape[-1]))
    sums = np.zeros_like(maps)
    for place in np.ndindex(*w.shape[:3]):
        taken = x
        valid = np.ones(sizes, bool)
        for axis in range(3):
            index = (
                starts[axis] + np.arange(sizes[axis]) * strides[axis] + place[axis] * dilation[axis]
            )
            inside = (index >= 0) & (index < x.shape[axis])
            valid &= inside.reshape([-1 if a == axis else 1 for a in range(3)])
            taken = np.take(taken, index.clip(0, x.shape[axis] - 1), axis)
        taken = taken * valid[..., None]
        maps += taken @ w[place]
        sums += np.abs(taken) @ np.abs(w[place])
    return maps + bias, sums


def _axis(size, kernel, stride, dilation, padding):
    """First window's start and number of windows along one axis, by TensorFlow's rule."""
    window = (kernel - 1) * dilation + 1
    if padding == "valid":
        return 0, (size - window) // stride + 1
    count = math.ceil(size / stride)
    return -(max((count - 1) * stride + window - size, 0) // 2), count


def difference(maps, exact, sums):
    """max |a - b| / max sum |x||w|: rounding is a few 1e-7, an error is not."""
    return float(np.max(np.abs(maps - exact)) / np.max(sums))
