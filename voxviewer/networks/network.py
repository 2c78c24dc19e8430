"""A model of Keras run up to one of its layers, in the child process.

The file was looked at before it was named here, and is looked at again: what a configuration or an
archive may hold is decided without Keras (`doctor`). Then Keras loads it in its safe mode, without
compiling, under a limit of memory where the system has one.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from voxviewer.data import Float32, Progress

SEED = 0
"""Nothing random runs in inference; set all the same, so that a run that does can be repeated."""
MEMORY_SHARE = 0.8
"""Of the free memory: what a model may take beside what the process has."""
OLDEST = (3, 15)
"""Keras: the first with the loader's repairs of 2026."""
WORDS = 300
"""Letters of an error that are shown."""


@dataclass
class Loaded:
    """The model that was used last, and the function of the layer that was asked for last."""

    path: str = ""
    stamp: tuple[int, int] = (0, 0)
    model: Any = None
    layer: str = ""
    shape: tuple[int, ...] = ()
    masked: bool = False
    function: Callable[..., Any] | None = None


LAST = Loaded()


def output_shape(path: str, stamp: tuple[int, int], layer: str, shape: tuple[int, ...]) -> Any:
    """The shape of a layer's output, the batch left out, for an input of this shape."""
    with limited_memory(), in_one_sentence():
        function: Any = _function(path, stamp, layer, shape)
        found = function.get_concrete_function().structured_outputs.shape
        return [int(size) for size in found[1:]]


def run(
    path: str,
    stamp: tuple[int, int],
    layer: str,
    clip: Float32,
    maps: Float32,
    order: tuple[int, ...],
    *,
    first: bool,
    real: NDArray[np.uint8] | None = None,
    progress: Progress,
) -> float:
    """Write a layer's output for a clip; return the seconds that its graph took.

    Parameters
    ----------
    clip : (T, H, W, C) float32
    maps : (T', H', W', F) float32, written
    order : the axes of the output, the batch left out, in the order in which maps have them
    first : the model takes its channels first
    real : (T,), 0 where a frame is padded, for layers that know masks; None masks nothing
    """
    import tensorflow as tf

    data = np.ascontiguousarray(np.moveaxis(clip, -1, 0)) if first else clip
    with limited_memory(), in_one_sentence():
        progress(0.0, "Keras opens the model")
        function = _function(path, stamp, layer, data.shape, masked=real is not None)
        inputs = [tf.constant(data[None])]
        inputs += [tf.constant(real[None].astype(bool))] if real is not None else []
        progress(0.2, "Keras runs the model")
        start = time.perf_counter()
        result = np.asarray(function(*inputs))
        seconds = time.perf_counter() - start
        maps[...] = np.transpose(result[0], order).reshape(maps.shape)  # it is float32
        progress(1.0, "Keras runs the model")
    return seconds


def _function(
    path: str, stamp: tuple[int, int], layer: str, shape: tuple[int, ...], masked: bool = False
) -> Callable[..., Any]:
    """The graph from an input of this shape, and its mask, to a layer, traced once."""
    import keras

    model = loaded(path, stamp)
    asked = (layer, shape, masked)
    if (LAST.layer, LAST.shape, LAST.masked) != asked or LAST.function is None:
        keras.utils.set_random_seed(SEED)
        LAST.function = None
        LAST.function = _traced(model, layer, shape, masked)
        LAST.layer, LAST.shape, LAST.masked = asked
    return LAST.function


def loaded(path: str, stamp: tuple[int, int]) -> Any:
    """The model of a file, kept until another one is asked for."""
    if (LAST.path, LAST.stamp) != (path, stamp):
        LAST.__init__()  # type: ignore[misc]
        LAST.model = _load(path, stamp)
        LAST.path, LAST.stamp = path, stamp
    return LAST.model


def _load(path: str, stamp: tuple[int, int]) -> Any:
    """Load a file that is still the one that was looked at, after a look of our own."""
    import os

    import keras

    from voxviewer.files import SourceError
    from voxviewer.networks.model_files import inspect_model

    require_version(keras.__version__)
    facts = inspect_model(path)
    found = os.stat(path)
    if (found.st_size, found.st_mtime_ns) != tuple(stamp):
        raise SourceError(path, "has changed meanwhile", "Try again")
    if facts["problem"]:
        raise ValueError(facts["problem"])
    return keras.models.load_model(path, compile=False, safe_mode=True)


def require_version(installed: str) -> None:
    """Refuse to open models with a Keras whose loader is known to have holes."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", installed)[:2])
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ValueError(
            f"Keras {installed} is installed; models are run with {oldest} or newer, whose loader "
            "is safer: pip install -U keras"
        )


def _traced(
    model: Any, layer: str, shape: tuple[int, ...], masked: bool = False
) -> Callable[..., Any]:
    """The layer's output as a graph: what is no longer needed is freed on the way."""
    import tensorflow as tf

    stages = up_to(model, layer)

    def through(clip: Any, real: Any = None) -> Any:
        # Layers hand a mask on beside what they put out; those that know none drop it.
        clip = stages[0](clip, training=False, mask=real)
        for stage in stages[1:]:
            clip = stage(clip, training=False)
        return tf.cast(clip, tf.float32)

    signature = [tf.TensorSpec((1, *shape), tf.float32)]
    signature += [tf.TensorSpec((1, shape[0]), tf.bool)] if masked else []
    around = any(needs_xla(stage) for stage in stages)
    function: Any = tf.function(through, input_signature=signature, jit_compile=around)
    function.get_concrete_function()
    return function  # type: ignore[no-any-return]


def needs_xla(model: Any) -> bool:
    """Whether TensorFlow 2.21's conv3d may answer uninitialized memory here; XLA's does not."""
    return any(_in_the_trap(layer) for layer in model._flatten_layers())


def _in_the_trap(layer: Any) -> bool:
    """Whether a layer is of the kind whose answer may be uninitialized memory.

    See `keras_layer`: one input channel, stride 1 along H, 2 or 3 along W.
    """
    if type(layer).__name__ != "Conv3D" or not getattr(layer, "built", False):
        return False
    return bool(layer.kernel.shape[3] == 1 and layer.strides[1] == 1 and layer.strides[2] > 1)


def up_to(model: Any, name: str) -> list[Any]:
    """Models to be called one after the other: to the model that holds the layer, and inside it."""
    import keras

    way = find(model, name)
    stages = []
    for part in way:
        inside = part is not way[-1]
        stages.append(_stage(keras, model, part, inside))
        model = part
    return stages


def find(model: Any, name: str) -> list[Any]:
    """The models on the way to a layer, and the layer, by a name as "encoder/conv3d_1"."""
    way = _descend(model, name)
    if not way:
        raise ValueError(f"Keras finds no layer {name!r}")
    return way


def _descend(model: Any, name: str) -> list[Any]:
    """The models on the way to a layer, and the layer: "encoder/conv3d_1"."""
    for layer in model.layers:
        if layer.name == name:
            return [layer]
    for layer in model.layers:
        if name.startswith(f"{layer.name}/") and hasattr(layer, "layers"):
            rest = _descend(layer, name[len(layer.name) + 1 :])
            if rest:
                return [layer, *rest]
    return []


def _stage(keras: Any, model: Any, part: Any, inside: bool) -> Any:
    """A model from the inputs of one to what goes into a part of it (`inside`), or out of it."""
    for node in part._inbound_nodes:
        tensors = node.input_tensors if inside else node.output_tensors
        try:
            return keras.Model(model.inputs, tensors[0])
        except ValueError:
            continue  # a call that belongs to another model
    raise ValueError(f"the layer {part.name!r} is not on the way from the model's input")


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Turn what Keras raises, often many lines, into the first that says something."""
    try:
        yield
    except MemoryError as error:
        raise ValueError("The model needs more memory than there is.") from error
    except Exception as error:
        if isinstance(error, ValueError) and "\n" not in str(error):
            raise  # our own, or one that is short enough
        if "ResourceExhausted" in type(error).__name__:
            raise ValueError("The model needs more memory than there is.") from error
        raise ValueError(f"Keras says: {telling_line(error)}") from error


def telling_line(error: BaseException) -> str:
    """The line of an error, often of many, that says most: what was met deepest, else the first."""
    met = re.findall(r"Exception encountered: (.+)", str(error))
    lines = [*reversed(met), *str(error).splitlines()]
    found = (line.strip() for line in lines)
    return next((line for line in found if len(line) > 3), type(error).__name__)[:WORDS]


@contextmanager
def limited_memory() -> Iterator[None]:
    """Let the process take no more than most of what is free now, where the system knows how.

    On Linux only: elsewhere `RLIMIT_AS` is absent or counts what it should not. A limit that stood
    before is kept where it is lower.
    """
    used = _address_space()
    if used is None:
        yield
        return
    import resource

    from voxviewer.files import available_memory

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + int(MEMORY_SHARE * available_memory())
    limits = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *limits]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    """Bytes of this process' address space; None where the system does not say."""
    import os

    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None
