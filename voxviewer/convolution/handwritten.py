"""The handwritten convolution: what `vv.conv3d` accepts, refuses and gives back.

`reference` says the same in a loop that can be read in a minute; `slabs` cuts the work, `kernels`
is the inner loop.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.convolution import slabs
from voxviewer.convolution.geometry import as_applied, axes_of, output_shape, trimmed
from voxviewer.convolution.slabs import Plan, Slab
from voxviewer.data import Clip, FilterBank, Float32, Progress, no_progress
from voxviewer.settings import ConvolutionSettings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Triple = int | Sequence[int]


def conv3d(
    x: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    strides: Triple = (1, 1, 1),
    padding: str = "valid",
    dilation: Triple = (1, 1, 1),
    out: Float32 | None = None,
) -> Float32:
    """Convolve (actually cross-correlate) clips with filters, as a Keras `Conv3D` layer does.

    `y[t, h, w, f] = bias[f] + sum x[t * s + a * d, ...] * kernels[a, b, c, channel, f]`

    Parameters
    ----------
    x : (T, H, W, C) or (N, T, H, W, C), any real dtype; computed in float32, as Keras computes,
        float64 too. NaN and infinity spread to the windows that see them.
    kernels : (kT, kH, kW, C, F), Keras' layout; computed in float32
    bias : (F,), or None for none
    strides, dilation : along T, H, W, or one number for all; both may be above 1 together (Keras
        refuses that)
    padding : "valid", or "same" as TensorFlow counts it: the odd voxel of padding at the end
    out : float32 array of the result's shape to write to: large fresh arrays cost as much time as
        the arithmetic. It may be `x`'s own memory.

    Returns
    -------
    (T', H', W', F) or (N, T', H', W', F) float32; `out` itself where it was given. The same input
    gives the same bytes, whatever the number of threads.

    Raises
    ------
    ValueError
        where shapes or dtypes do not fit together, in one sentence that says what to change

    Example
    -------
    >>> conv3d(np.ones((5, 8, 8, 1)), np.ones((3, 3, 3, 1, 2))).shape
    (3, 6, 6, 2)
    """
    values = _real(np.asarray(x), "x")
    if values.ndim not in (4, 5):
        raise ValueError(
            f"x needs the axes (T, H, W, C) or (N, T, H, W, C), but its shape is {values.shape}"
        )
    clips = values if values.ndim == 5 else values[None]
    plan = make_plan(clips.shape[1:], kernels, bias, strides, padding, dilation)
    shape = (len(clips), *output_shape(plan.axes), plan.filters)
    expected = shape if values.ndim == 5 else shape[1:]
    result = np.empty(expected, np.float32) if out is None else _checked_out(out, expected)
    if out is not None and np.may_share_memory(clips, out):
        clips = clips.copy()
    run_into(plan, clips, result if values.ndim == 5 else result[None])
    return result


def make_plan(
    shape: Sequence[int],
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    strides: Triple = (1, 1, 1),
    padding: str = "valid",
    dilation: Triple = (1, 1, 1),
) -> Plan:
    """Check everything but the values, for a clip of this shape (T, H, W, C)."""
    choices = ConvolutionSettings(
        padding=padding, strides=_triple("strides", strides), dilation=_triple("dilation", dilation)
    )
    taps = _kernels(kernels, shape[3])
    for name, size in zip("THWC", shape, strict=True):
        if size < 1:
            raise ValueError(f"x is empty along {name}; its frames have the shape {tuple(shape)}")
    axes = axes_of(tuple(shape), taps.shape, choices.strides, choices.dilation, choices.padding)
    (t, of_t), (h, of_h), (w, of_w) = (trimmed(axis) for axis in axes)
    seen = np.ascontiguousarray(taps[of_t, of_h, of_w])
    return Plan((t, h, w), seen, _bias(bias, taps.shape[-1]))


def plan_for(clip: Clip, bank: FilterBank, settings: ConvolutionSettings) -> Plan:
    """The plan of a clip and a bank, or `ValueError` in words for a person at the window."""
    taken, given = bank.kernels.shape[3], clip.data.shape[3]
    if taken != given:
        raise ValueError(
            f"The filters take {_channels(taken)}, the clip has {given}. "
            f"Choose filters for {_channels(given)}, or encode the clip with {_channels(taken)}"
        )
    return make_plan(
        clip.data.shape,
        as_applied(bank.kernels, settings.mode),
        bank.bias,
        settings.strides,
        settings.padding,
        settings.dilation,
    )


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def run_into(
    plan: Plan, clips: NDArray[Any], out: Float32, progress: Progress = no_progress
) -> None:
    """Convolve (N, T, H, W, C) into (N, T', H', W', F), which may be any view."""
    out = np.asarray(out)  # a memory map becomes a plain array
    if out.flags.c_contiguous and out.flags.aligned:
        slabs.run(plan, clips, lambda slab: _part(out, slab), lambda slab, made: None, progress)
        return

    def copy(slab: Slab, made: Float32) -> None:
        _part(out, slab)[...] = made

    slabs.run(plan, clips, lambda slab: _fresh(plan, slab), copy, progress)


def largest_sum(plan: Plan, clips: NDArray[Any], progress: Progress = no_progress) -> float:
    """The largest sum |x||w| + |b| over all windows and filters: the scale of rounding errors.

    Sums that are not finite do not count; 0 where there are none.
    """
    sums = [0.0]

    def note(slab: Slab, made: Float32) -> None:
        top = float(made.max())
        if not np.isfinite(top):
            top = float(np.max(made, where=np.isfinite(made), initial=0.0))
        sums.append(top)

    positive = Plan(plan.axes, np.abs(plan.kernels), np.abs(plan.bias))
    slabs.run(positive, np.abs(clips), lambda slab: _fresh(plan, slab), note, progress)
    return max(sums)


def _part(out: Float32, slab: Slab) -> Float32:
    part: Float32 = out[slab.item, slab.first : slab.first + slab.frames]
    return part


def _fresh(plan: Plan, slab: Slab) -> Float32:
    return np.empty((slab.frames, *output_shape(plan.axes)[1:], plan.filters), np.float32)


def _real(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} needs real numbers, not dtype {array.dtype}")
    return array


def _float32(array: ArrayLike, name: str) -> Float32:
    """A contiguous float32 copy; values beyond float32 become infinite."""
    with np.errstate(over="ignore"):
        return np.array(_real(np.asarray(array), name), np.float32, order="C")


def _kernels(kernels: ArrayLike, channels: int) -> Float32:
    taps = _float32(kernels, "kernels")
    if taps.ndim != 5:
        raise ValueError(
            f"kernels need the axes (kT, kH, kW, C, F), but their shape is {taps.shape}"
        )
    if 0 in taps.shape:
        raise ValueError(f"kernels of shape {taps.shape} are empty")
    if taps.shape[3] != channels:
        raise ValueError(
            f"the filters take {taps.shape[3]} channels, but the clip has {channels}; "
            f"use kernels of shape (kT, kH, kW, {channels}, F)"
        )
    return taps


def _bias(bias: ArrayLike | None, filters: int) -> Float32:
    if bias is None:
        return np.zeros(filters, np.float32)
    values = _float32(bias, "bias")
    if values.shape != (filters,):
        raise ValueError(
            f"bias needs one value per filter, shape ({filters},), but its shape is {values.shape}"
        )
    return values


def _triple(name: str, value: Triple) -> tuple[int, int, int]:
    """Three plain integers; what is wrong with others `ConvolutionSettings` says."""
    try:
        if isinstance(value, (int, np.integer)):
            value = (value,) * 3
        t, h, w = (operator.index(item) for item in value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} needs three whole numbers for T, H, W, not {value!r}") from None
    return t, h, w


def _checked_out(out: Any, shape: tuple[int, ...]) -> Float32:
    if not isinstance(out, np.ndarray) or out.dtype != np.dtype(np.float32) or out.shape != shape:
        what = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise ValueError(f"out needs to be a float32 array of shape {shape}, not {what}")
    if not out.flags.writeable:
        raise ValueError("out is read-only; give an array that can be written to")
    return out
