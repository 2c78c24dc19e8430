"""From a clip and a bank to feature maps: by our own convolution, or built of Keras' result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.convolution import handwritten, slabs
from voxviewer.convolution.activations import activate, activation
from voxviewer.convolution.geometry import axes_of, output_shape
from voxviewer.convolution.measures import measure
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
