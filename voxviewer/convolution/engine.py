"""From a clip and a bank to feature maps: by our own convolution, or built of Keras' result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.convolution import handwritten, slabs, tuning
from voxviewer.convolution.activations import activate, activation
from voxviewer.convolution.geometry import axes_of, output_shape
from voxviewer.data import (
    Clip,
    FeatureMaps,
    FilterBank,
    Float32,
    Progress,
    frozen,
    no_progress,
)
from voxviewer.files import require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.convolution.slabs import Plan
    from voxviewer.settings import ConvolutionSettings


def run(
    clip: Clip,
    bank: FilterBank,
    settings: ConvolutionSettings,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
) -> FeatureMaps:
    """Convolve a clip with a bank by the handwritten engine, activation included.

    Memory is estimated before anything is allocated; `progress` is told after each slab of frames,
    in the calling thread, and may raise to stop the work.

    Raises
    ------
    ValueError
        where kernel, channels or activation do not fit the clip
    TooLargeError
        where the maps do not fit in memory
    """
    activation(bank.activation)
    plan = handwritten.plan_for(clip, bank, settings)
    require_memory(peak_bytes(plan), clip.name, "convolving it", allow_large=allow_large)
    start = time.perf_counter()
    data = np.empty((*output_shape(plan.axes), plan.filters), np.float32)
    handwritten.run_into(plan, clip.data[None], data[None], progress)
    activate(bank.activation, data)
    return finish(data, clip, bank, settings, "handwritten", time.perf_counter() - start)


def peak_bytes(plan: Plan) -> int:
    """Estimated peak of `run`: the maps, the padded slabs and one frame for the activation."""
    maps = 4 * int(np.prod(output_shape(plan.axes), dtype=object)) * plan.filters
    frame = maps // plan.axes[0].outputs
    return maps + slabs.scratch_bytes(plan) + 4 * frame


def finish(
    data: Float32,
    clip: Clip,
    bank: FilterBank,
    settings: ConvolutionSettings,
    engine: str,
    seconds: float,
) -> FeatureMaps:
    """Build the noun from an engine's result (T', H', W', F), bias and activation applied.

    `data` is taken over, not copied, where it is contiguous float32.

    Raises
    ------
    ValueError
        where the shape is not that of a convolution of this clip with this bank
    """
    axes = axes_of(
        clip.data.shape, bank.kernels.shape, settings.strides, settings.dilation, settings.padding
    )
    expected = (*output_shape(axes), bank.count)
    if data.shape != expected:
        raise ValueError(f"{engine} gave maps of shape {data.shape}, expected {expected}")
    data = np.ascontiguousarray(data, np.float32)
    limits, energy, sparsity = measure(data)
    t, h, w = axes
    return FeatureMaps(
        data=frozen(data),
        clip=clip,
        bank=bank,
        settings=settings,
        engine=engine,
        seconds=seconds,
        receptive_field=(t.reach, h.reach, w.reach),
        stride=settings.strides,
        offset=(t.offset, h.offset, w.offset),
        limits=frozen(limits),
        energy=frozen(energy),
        sparsity=frozen(sparsity),
    )


def measure(data: Float32) -> tuple[Float32, Float32, Float32]:
    """Limits (F,), energy (T', F) and sparsity (F,) of maps, as `FeatureMaps` defines them.

    Values that are not finite count as 0 in limits and energy.
    """
    frames, height, width, filters = data.shape
    repeats = max(1, 64 // filters)  # long enough a row for vector instructions
    largest = np.zeros(repeats * filters, np.float32)
    squares = np.zeros((frames, repeats * filters))
    zeros = np.zeros(repeats * filters, np.int64)
    kernel = tuning.measure_kernel() or _measure_plainly
    for frame, sums in zip(data, squares, strict=True):
        kernel(frozen(np.ascontiguousarray(frame).reshape(-1)), largest, sums, zeros)
    limits = largest.reshape(repeats, filters).max(axis=0)
    energy = squares.reshape(frames, repeats, filters).sum(axis=1) / (height * width)
    sparsity = zeros.reshape(repeats, filters).sum(axis=0) / (frames * height * width)
    return limits, energy.astype(np.float32), sparsity.astype(np.float32)


def _measure_plainly(
    values: Float32, largest: Float32, squares: NDArray[np.float64], zeros: NDArray[np.int64]
) -> None:
    """What `kernels.compiled_measure` computes, in NumPy."""
    lanes = len(largest)
    rows = np.ones((-(-len(values) // lanes), lanes), np.float32)
    rows.reshape(-1)[: len(values)] = values
    zeros += np.count_nonzero(rows == 0, axis=0)
    rows.reshape(-1)[len(values) :] = 0
    sizes = np.where(np.isfinite(rows), np.abs(rows), np.float32(0))
    np.maximum(largest, sizes.max(axis=0), out=largest)
    squares += np.einsum("rl,rl->l", sizes, sizes, dtype=np.float64)
