"""From a clip and a bank to feature maps: by our own convolution, or built of Keras' result."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer import timing
from voxviewer.convolution import handwritten, pool, slabs
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
from voxviewer.files import TooLargeError, require_memory

if TYPE_CHECKING:
    from voxviewer.convolution.plans import Plan
    from voxviewer.settings import ConvolutionSettings


FEWER = "Use fewer filters, larger strides or a smaller clip, or close programs"


def run(
    clip: Clip,
    bank: FilterBank,
    settings: ConvolutionSettings,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
) -> FeatureMaps:
    """Convolve a clip with a bank by the handwritten engine, activation included.

    Memory is estimated before anything is allocated, and that of maps that are gone is used again;
    `progress` is told after each slab of frames,
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
    _require_room(plan, clip, allow_large)
    plan.prepare()  # loads or compiles the inner loop, once in a process: no part of the work
    data, seconds = _timed(plan, clip, bank, progress)
    return finish(data, clip, bank, settings, "handwritten", seconds)


def timed_again(maps: FeatureMaps) -> FeatureMaps:
    """The same maps with the seconds that Keras' engine is timed by: see `voxviewer.timing`.

    Handwritten maps that took long keep theirs; others are computed anew, a few times.
    """
    if maps.bank is None or maps.seconds >= timing.SHORT:
        return maps
    clip, bank = maps.clip, maps.bank
    plan = handwritten.plan_for(clip, bank, maps.settings)
    return replace(maps, seconds=timing.least(lambda: _timed(plan, clip, bank, no_progress)[1]))


def _timed(plan: Plan, clip: Clip, bank: FilterBank, progress: Progress) -> tuple[Float32, float]:
    """Maps in memory of the pool, and the seconds they took."""
    start = time.perf_counter()
    data = pool.RESULTS.take(plan.shape)
    handwritten.run_into(plan, clip.data[None], data[None], progress)
    activate(bank.activation, data)
    return data, time.perf_counter() - start


def _require_room(plan: Plan, clip: Clip, allow_large: bool) -> None:
    """Refuse what does not fit in memory, even once the pool's is given back."""
    needed, what = peak_bytes(plan), "convolving it"
    try:
        require_memory(needed, clip.name, what, allow_large=allow_large, remedy=FEWER)
    except TooLargeError:
        if not pool.RESULTS.waiting:
            raise
        pool.RESULTS.clear()
        require_memory(needed, clip.name, what, allow_large=allow_large, remedy=FEWER)


def peak_bytes(plan: Plan) -> int:
    """Estimated peak of `run`: the maps, the padded slabs and one frame for the activation."""
    maps = 4 * math.prod(plan.shape)
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
