"""The handwritten convolution: what `vv.conv3d` accepts, refuses and gives back.

`reference` says the same in a loop that can be read in a minute; `slabs` cuts the work, `loops`
leads through a part of it, `kernels` is the inner loop.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.convolution import activations, slabs
from voxviewer.convolution.channels import mismatch
from voxviewer.convolution.geometry import Axis, as_applied, axes_of, trimmed
from voxviewer.convolution.plans import Plan
from voxviewer.convolution.pool import RESULTS
from voxviewer.data import Clip, FilterBank, Progress, no_progress
from voxviewer.settings import ConvolutionSettings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from voxviewer.convolution.reading import Slab

FLOAT32 = np.dtype(np.float32)

Triple = int | Sequence[int]


def conv3d(
    x: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    strides: Triple = (1, 1, 1),
    padding: str = "valid",
    dilation: Triple = (1, 1, 1),
    out: NDArray[Any] | None = None,
    *,
    groups: int = 1,
    activation: str | None = "linear",
    mode: str = "correlation",
    dtype: DTypeLike = np.float32,
) -> NDArray[Any]:
    """Convolve (actually cross-correlate) clips with filters, as a Keras `Conv3D` layer does.

    `y[t, h, w, f] = bias[f] + sum x[t * s + a * d, ...] * kernels[a, b, c, channel, f]`

    Parameters
    ----------
    x : (T, H, W, C) or (N, T, H, W, C), any real dtype; computed in float32, as Keras computes,
        float64 too. NaN and infinity spread to the windows that see them.
    kernels : (kT, kH, kW, C / groups, F), Keras' layout; computed in float32
    bias : (F,), or None for none
    strides, dilation : along T, H, W, or one number for all; both may be above 1 together (Keras
        refuses that)
    padding : "valid", or "same" as TensorFlow counts it: the odd voxel of padding at the end
    out : array of the result's shape and dtype to write to: large fresh arrays cost as much time
        as the arithmetic. It may be `x`'s own memory. Without it a large result takes the memory
        of an earlier one that nobody holds any more (see `pool`), if there is one.
    groups : the channels in so many parts, each seen by its part of the filters alone, as in Keras
    activation : what follows the sum, by Keras' names: "linear", "relu", "tanh" ...; None is
        "linear", as in Keras
    mode : "correlation", or "convolution", which flips the kernels along T, H and W first
    dtype : float32; float64 on request, slower, in NumPy alone

    Returns
    -------
    (T', H', W', F) or (N, T', H', W', F) of that dtype; `out` itself where it was given. The same
    input gives the same bytes, whatever the number of threads.

    Raises
    ------
    ValueError
        where shapes or dtypes do not fit together, in one sentence that says what to change

    Example
    -------
    >>> conv3d(np.ones((5, 8, 8, 1)), np.ones((3, 3, 3, 1, 2))).shape
    (3, 6, 6, 2)
    """
    activation = "linear" if activation is None else activation
    activations.activation(activation)
    values = _numbers(x, "x")
    if values.ndim not in (4, 5):
        raise ValueError(
            f"x needs the axes (T, H, W, C) or (N, T, H, W, C), but its shape is {values.shape}"
        )
    clips = values if values.ndim == 5 else values[None]
    choices = ConvolutionSettings(
        padding=padding,
        strides=_triple("strides", strides),
        dilation=_triple("dilation", dilation),
        mode=mode,
    )
    plan = make_plan(clips.shape[1:], kernels, bias, choices, groups=groups, dtype=_dtype(dtype))
    shape = (len(clips), *plan.shape)
    expected = shape if values.ndim == 5 else shape[1:]
    result = _fresh_result(expected, plan) if out is None else _checked_out(out, expected, plan)
    if out is not None and np.may_share_memory(clips, out):
        clips = clips.copy()
    maps = result if values.ndim == 5 else result[None]
    run_into(plan, clips, maps)
    for item in maps:
        activations.activate(activation, item)
    return result


def make_plan(
    shape: Sequence[int],
    kernels: ArrayLike,
    bias: ArrayLike | None,
    choices: ConvolutionSettings,
    *,
    groups: int = 1,
    dtype: np.dtype[Any] = FLOAT32,
) -> Plan:
    """Check everything but the values, for a clip of this shape (T, H, W, C)."""
    taps = as_applied(_kernels(kernels, shape[3], groups, dtype), choices.mode)
    for name, size in zip("THWC", shape, strict=True):
        if size < 1:
            raise ValueError(f"x is empty along {name}; its frames have the shape {tuple(shape)}")
    axes, some = _fitted(
        tuple(shape), taps.shape, choices.strides, choices.dilation, choices.padding
    )
    seen = np.ascontiguousarray(taps[some])
    return Plan(axes, seen, _bias(bias, taps.shape[-1], dtype), groups)


@lru_cache(maxsize=64)
def _fitted(
    shape: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, int, int],
    dilation: tuple[int, int, int],
    padding: str,
) -> tuple[tuple[Axis, Axis, Axis], tuple[slice, slice, slice]]:
    """The axes without taps that only ever see padding, and which taps of the kernels stay."""
    axes = axes_of(shape, kernel, strides, dilation, padding)
    (t, of_t), (h, of_h), (w, of_w) = (trimmed(axis) for axis in axes)
    return (t, h, w), (of_t, of_h, of_w)


def plan_for(clip: Clip, bank: FilterBank, settings: ConvolutionSettings) -> Plan:
    """The plan of a clip and a bank, or `ValueError` in words for a person at the window."""
    taken, given = bank.kernels.shape[3], clip.data.shape[3]
    if taken != given:
        raise ValueError(mismatch(taken, given))
    return make_plan(clip.data.shape, bank.kernels, bank.bias, settings)


def run_into(
    plan: Plan, clips: NDArray[Any], out: NDArray[Any], progress: Progress = no_progress
) -> None:
    """Convolve (N, T, H, W, C) into (N, T', H', W', F), which may be any view."""
    out = np.asarray(out)  # a memory map becomes a plain array
    if out.flags.c_contiguous and out.flags.aligned:
        slabs.run(plan, clips, lambda slab: _part(out, slab), lambda slab, made: None, progress)
        return

    def copy(slab: Slab, made: NDArray[Any]) -> None:
        _part(out, slab)[...] = made

    slabs.run(plan, clips, lambda slab: _fresh(plan, slab), copy, progress)


def largest_sum(plan: Plan, clips: NDArray[Any], progress: Progress = no_progress) -> float:
    """The largest sum |x||w| + |b| over all windows and filters: the scale of rounding errors.

    Sums that are not finite do not count; 0 where there are none.
    """
    sums = [0.0]

    def note(slab: Slab, made: NDArray[Any]) -> None:
        top = float(made.max())
        if not np.isfinite(top):
            top = float(np.max(made, where=np.isfinite(made), initial=0.0))
        sums.append(top)

    positive = replace(plan, kernels=np.abs(plan.kernels), bias=np.abs(plan.bias))
    slabs.run(positive, np.abs(clips), lambda slab: _fresh(plan, slab), note, progress)
    return max(sums)


def _part(out: NDArray[Any], slab: Slab) -> NDArray[Any]:
    part: NDArray[Any] = out[slab.item, slab.first : slab.first + slab.frames]
    return part


def _fresh(plan: Plan, slab: Slab) -> NDArray[Any]:
    return np.empty((slab.frames, *plan.shape[1:]), plan.dtype)


def _fresh_result(shape: tuple[int, ...], plan: Plan) -> NDArray[Any]:
    """Of any content; in memory of earlier results that are gone, where there is some."""
    return RESULTS.take(shape) if plan.dtype == FLOAT32 else np.empty(shape, plan.dtype)


def _dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        found = np.dtype(dtype) if dtype is not None else None  # None would be float64 to NumPy
    except TypeError:
        found = None
    if found not in (np.float32, np.float64) or not found.isnative:
        raise ValueError(f"dtype must be float32 or float64, not {found or repr(dtype)}")
    return found


def _numbers(values: Any, name: str) -> NDArray[Any]:
    """The array of what was given, if it holds real numbers and nothing is masked in it."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be one array; its rows are not equally long") from None
    if array.dtype.kind not in "fiub":
        found = f"dtype {array.dtype}" if array.ndim else type(values).__name__
        raise ValueError(f"{name} must hold real numbers, not {found}")
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked values; fill them first, with {name}.filled(0)")
    return array


def _copied(array: ArrayLike, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A contiguous copy; values beyond the dtype become infinite."""
    with np.errstate(over="ignore"):
        return np.array(_numbers(array, name), dtype, order="C")


def _kernels(kernels: ArrayLike, channels: int, groups: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    taps = _copied(kernels, "kernels", dtype)
    if taps.ndim != 5:
        raise ValueError(
            f"kernels need the axes (kT, kH, kW, C, F), but their shape is {taps.shape}"
        )
    if 0 in taps.shape:
        raise ValueError(f"kernels of shape {taps.shape} are empty")
    _require_groups(groups, channels, taps.shape[4])
    taken = taps.shape[3] * groups
    if taken != channels:
        each = "" if groups == 1 else f" in each of {groups} groups, {taken} in all"
        raise ValueError(
            f"the filters take {_channels(taps.shape[3])}{each}, but the clip has {channels}; "
            f"use kernels of shape (kT, kH, kW, {channels // groups}, F)"
        )
    return taps


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _require_groups(groups: Any, channels: int, filters: int) -> None:
    if isinstance(groups, bool) or not isinstance(groups, (int, np.integer)) or groups < 1:
        raise ValueError(f"groups must be a whole number of at least 1, not {groups!r}")
    if channels % groups or filters % groups:
        raise ValueError(
            f"{groups} groups do not divide {channels} channels and {filters} filters evenly; "
            "use a number that divides both"
        )


def _bias(bias: ArrayLike | None, filters: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    if bias is None:
        return np.zeros(filters, dtype)
    values = _copied(bias, "bias", dtype)
    if values.shape != (filters,):
        raise ValueError(
            f"bias needs one value per filter, shape ({filters},), but its shape is {values.shape}"
        )
    return values


def _triple(name: str, value: Triple) -> tuple[int, int, int]:
    """Three plain integers; what is wrong with others `ConvolutionSettings` says."""
    try:
        if isinstance(value, bool):
            raise TypeError
        if isinstance(value, (int, np.integer)):
            value = (value,) * 3
        t, h, w = (operator.index(item) for item in value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} needs three whole numbers for T, H, W, not {value!r}") from None
    return t, h, w


def _checked_out(out: Any, shape: tuple[int, ...], plan: Plan) -> NDArray[Any]:
    if not isinstance(out, np.ndarray) or out.dtype != plan.dtype or out.shape != shape:
        what = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise ValueError(f"out needs to be a {plan.dtype} array of shape {shape}, not {what}")
    if not out.flags.writeable:
        raise ValueError("out is read-only; give an array that can be written to")
    return out
