"""One real `keras.layers.Conv3D` over a clip, in the child process.

What is measured: the calls of the compiled layer (`tf.function`) alone. Tracing, a warm-up call and
the way of the arrays into TensorFlow and back are not in the seconds.

The trap: on some processors TensorFlow 2.21's conv3d answers uninitialized memory for one input
channel, stride 1 along H, 2 or 3 along W and an output one voxel wide, with padding "valid" and
"same". Input and kernels with one channel therefore get a second one of zeros whenever any stride
is above 1: exact, and cheap.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer import timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from voxviewer.data import Float32, Progress

SLAB_WORK = 2e10
"""Multiply-adds of one slab: about two seconds on two processors. Less than that runs whole."""
SLAB_BYTES = 512 << 20
"""Bytes of clip and maps of one slab."""
SMALL_WORK = 2e9
"""Multiply-adds up to which the warm-up call is the whole first slab."""


@dataclass(frozen=True)
class Choices:
    """How the layer runs: Keras' words; `flip` turns cross-correlation into convolution."""

    activation: str = "linear"
    padding: str = "valid"
    strides: tuple[int, int, int] = (1, 1, 1)
    dilation: tuple[int, int, int] = (1, 1, 1)
    flip: bool = False


@dataclass(frozen=True)
class Slab:
    """Map frames `first:last` are those after `skip` of the result of clip frames `start:stop`."""

    first: int
    last: int
    start: int
    stop: int
    skip: int


def run(
    clip: Float32,
    kernels: Float32,
    bias: Float32,
    maps: Float32,
    choices: Choices,
    progress: Progress,
) -> float:
    """Write the maps of a Conv3D layer and return the seconds its calls took: see `timing`.

    Parameters
    ----------
    clip : (T, H, W, C) float32
    kernels, bias : (kT, kH, kW, C, F) and (F,) float32
    maps : (T', H', W', F) float32, written
    choices : the layer's arguments
    progress : called after each slab of time
    """
    if choices.flip:
        kernels = kernels[::-1, ::-1, ::-1]
    if kernels.shape[3] == 1 and max(choices.strides) > 1:
        clip, kernels = _with_zero_channel(clip), _with_zero_kernel(kernels)
    layer = _layer(kernels, bias, choices)
    slabs = list(_slabs(clip.shape, kernels.shape, maps.shape, choices))
    compiled = _compiled(layer, clip.shape, fixed=len(slabs) == 1)
    progress(0.0, "Keras convolves")
    _warm_up(compiled, clip, kernels, slabs[0], maps, choices)
    seconds = 0.0
    for slab in slabs:
        seconds += timing.least(partial(_run_slab, compiled, clip, maps, slab))
        progress(slab.last / len(maps), "Keras convolves")
    return seconds


def _layer(kernels: Float32, bias: Float32, choices: Choices) -> Any:
    """A built `keras.layers.Conv3D` with these weights."""
    import keras

    layer = keras.layers.Conv3D(
        filters=kernels.shape[-1],
        kernel_size=kernels.shape[:3],
        strides=choices.strides,
        padding=choices.padding,
        dilation_rate=choices.dilation,
        activation=choices.activation,
        data_format="channels_last",
        dtype="float32",
    )
    layer.build((None, None, None, None, kernels.shape[3]))
    layer.set_weights([np.ascontiguousarray(kernels), bias])
    return layer


def _compiled(layer: Any, shape: tuple[int, ...], *, fixed: bool) -> Callable[[Any], Any]:
    """The layer in a traced graph, for this frame size; `fixed`: for this number of frames too."""
    import tensorflow as tf

    T, H, W, C = shape
    signature = [tf.TensorSpec((1, T if fixed else None, H, W, C), tf.float32)]
    function = tf.function(lambda clip: layer(clip), input_signature=signature)
    function.get_concrete_function()
    return function  # type: ignore[no-any-return]


def _warm_up(
    compiled: Callable[[Any], Any],
    clip: Float32,
    kernels: Float32,
    slab: Slab,
    maps: Float32,
    choices: Choices,
) -> None:
    """One call whose time is not counted: the whole slab if it is small, else a cheap piece."""
    per_frame = maps[0].size * math.prod(kernels.shape[:4])
    if (slab.last - slab.first) * per_frame <= SMALL_WORK:
        compiled(_tensor(clip[slab.start : slab.stop]))
    elif (slab.start, slab.stop) != (0, len(clip)):
        window = (kernels.shape[0] - 1) * choices.dilation[0] + 1
        compiled(_tensor(clip[:window]))


def _run_slab(compiled: Callable[[Any], Any], clip: Float32, maps: Float32, slab: Slab) -> float:
    piece = _tensor(clip[slab.start : slab.stop])
    start = time.perf_counter()
    result = compiled(piece)
    seconds = time.perf_counter() - start
    count = slab.last - slab.first
    frames = np.asarray(memoryview(result))  # `.numpy()` would copy it
    maps[slab.first : slab.last] = frames[0, slab.skip : slab.skip + count]
    return seconds


def _tensor(piece: Float32) -> Any:
    """The piece with a batch axis, in memory of TensorFlow's own."""
    import tensorflow as tf

    return tf.constant(piece[None])


def _slabs(
    clip: tuple[int, ...], kernels: tuple[int, ...], maps: tuple[int, ...], choices: Choices
) -> Iterator[Slab]:
    """Cut the time axis where Keras' own padding stays what it is for the whole clip.

    "valid" can be cut anywhere. "same" with stride 1 along T: a slab with its neighbors' frames
    around it, whose own padded frames are dropped. "same" with a longer stride pads by the length
    of the clip, so it runs whole.
    """
    T, frames = clip[0], maps[0]
    step, window = choices.strides[0], (kernels[0] - 1) * choices.dilation[0] + 1
    count = slab_frames(clip, kernels, maps, window)
    if count >= frames or (choices.padding == "same" and step > 1):
        yield Slab(0, frames, 0, T, 0)
        return
    before = (window - 1) // 2
    for first in range(0, frames, count):
        last = min(first + count, frames)
        if choices.padding == "valid":
            yield Slab(first, last, first * step, (last - 1) * step + window, 0)
        else:
            start = max(first - before, 0)
            yield Slab(first, last, start, min(last + window - 1 - before, T), first - start)


def slab_frames(
    clip: tuple[int, ...], kernels: tuple[int, ...], maps: tuple[int, ...], window: int
) -> int:
    """Map frames of one slab; at least four windows, so that little is computed twice."""
    work = math.prod(maps[1:]) * math.prod(kernels[:4])
    nbytes = 4 * (math.prod(clip[1:]) + math.prod(maps[1:]))
    wanted = min(SLAB_WORK / max(work, 1), SLAB_BYTES / max(nbytes, 1))
    return max(int(wanted), 4 * window)


def _with_zero_channel(clip: Float32) -> Float32:
    return np.concatenate([clip, np.zeros_like(clip)], axis=-1)


def _with_zero_kernel(kernels: Float32) -> Float32:
    return np.concatenate([kernels, np.zeros_like(kernels)], axis=3)
