"""Grad-CAM and occlusion in the Keras process: which voxels speak for a class."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.networks.network import find, in_one_sentence, limited_memory, loaded, needs_xla

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from voxviewer.data import Float32
    from voxviewer.workers.child import Call

SQUASHING = ("softmax", "sigmoid")


def grad_cam(call: Call) -> Mapping[str, Any]:
    """Write the layer's maps, weighted by the mean slope of the class's score, (T', H', W')."""
    values = call.values
    clip = _as_the_model_has_it(call.arrays["clip"], first=bool(values["first"]))
    with limited_memory(), in_one_sentence():
        call.progress(0.0, "Keras opens the model")
        model = _model(call)
        layer = find(model, str(values["layer"]))[-1]
        call.progress(0.3, "Keras looks for what the score depends on")
        start = time.perf_counter()
        maps, slopes, scores, target, squashed = _slopes(model, layer, clip, values["target"])
        seconds = time.perf_counter() - start
        order = [int(axis) for axis in values["order"]]
        maps, slopes = (np.transpose(array[0], order) for array in (maps, slopes))
        weights = slopes.mean(axis=(0, 1, 2), dtype=np.float64)
        for frame, heat in zip(maps, call.outputs["heat"], strict=True):
            heat[...] = (frame * weights).sum(axis=-1)
    return {"seconds": seconds, "target": target, "squashed": squashed, "scores": scores}


def _slopes(model: Any, layer: Any, clip: Float32, wanted: int | None) -> tuple[Any, ...]:
    """What a layer puts out, the slope of a class's score for each of it, and all scores.

    The slope is that of the score before softmax or sigmoid, as in the paper (Selvaraju et al.,
    2017): a sure model's softmax is flat.
    """
    import tensorflow as tf

    seen: list[Any] = []
    target = -1 if wanted is None else wanted

    def slopes(data: Any) -> Any:
        with tf.GradientTape() as tape, _unsquashed(model) as squash, _heard(layer, tape, seen):
            rows = tf.reshape(tf.cast(model(data, training=False), tf.float32), [-1])
            _require_class(target, rows.shape[0])
            scores = squash(rows)
            chosen = tf.argmax(scores, output_type=tf.int32) if target < 0 else target
            score = rows[chosen]
        slope = tape.gradient(score, seen[0]) if seen else None
        if slope is None:
            raise ValueError(f"The scores do not depend on the layer {layer.name!r}.")
        maps = tf.cast(seen[0], tf.float32), tf.cast(slope, tf.float32)
        return *maps, scores, chosen

    # Step by step, as in Keras' own guide: TensorFlow rewrites graphs, and where values under a max
    # pooling are equal (a ReLU's zeros) the slopes of one were seen to differ.
    if needs_xla(model):
        slopes = tf.function(slopes, jit_compile=True, autograph=False)
    maps, slope, scores, chosen = slopes(tf.constant(clip[None]))
    squashed = bool(_last_activation(_last(model)))
    return maps.numpy(), slope.numpy(), scores.numpy(), int(chosen), squashed


@contextmanager
def _heard(layer: Any, tape: Any, seen: list[Any]) -> Iterator[None]:
    """Let the tape watch what a layer puts out when it is called first, wherever it stands."""
    original = layer.call
    seen.clear()

    def call(*inputs: Any, **options: Any) -> Any:
        made = original(*inputs, **options)
        if not seen:
            tape.watch(made)
            seen.append(made)
        return made

    layer.call = call
    try:
        yield
    finally:
        layer.call = original


@contextmanager
def _unsquashed(model: Any) -> Iterator[Callable[[Any], Any]]:
    """Let a model put out what its last layer has before softmax or sigmoid; yields that."""
    import keras

    last = _last(model)
    name = _last_activation(last)
    if not name:
        yield lambda rows: rows
        return
    squash = getattr(keras.ops, name)
    if type(last).__name__ == "Softmax":
        original, last.call = last.call, lambda inputs, mask=None: inputs
        try:
            yield squash
        finally:
            last.call = original
        return
    activation, last.activation = last.activation, keras.activations.linear
    try:
        yield squash
    finally:
        last.activation = activation


def _last(model: Any) -> Any:
    """The layer that puts a model's scores out, inside models inside it."""
    layer = model.outputs[0]._keras_history.operation
    return _last(layer) if hasattr(layer, "layers") and hasattr(layer, "outputs") else layer


def _last_activation(layer: Any) -> str:
    """Return "softmax" or "sigmoid" where a layer ends in one of them, else ""."""
    if type(layer).__name__ == "Softmax":
        return "softmax"
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    return name if name in SQUASHING else ""


def occlusion(call: Call) -> Mapping[str, Any]:
    """Write how far the class's score falls for a box at each of the starts, (nT, nH, nW)."""
    values, clip = call.values, call.arrays["clip"]
    starts = [call.arrays[f"starts {axis}"] for axis in "THW"]
    drops, size = call.outputs["drops"], int(values["batch"])
    with limited_memory(), in_one_sentence():
        call.progress(0.0, "Keras opens the model")
        run = _scores_of(_model(call), clip.shape, size, first=bool(values["first"]))
        start = time.perf_counter()
        whole = run(np.repeat(clip[None], size, axis=0))[0]
        target = int(np.argmax(whole)) if values["target"] is None else int(values["target"])
        _require_class(target, len(whole))
        places = list(np.ndindex(*drops.shape))
        for begin in range(0, len(places), size):
            some = places[begin : begin + size]
            covered = np.repeat(clip[None], size, axis=0)
            for row, place in zip(covered, some, strict=False):
                row[_box(starts, place, values["box"])] = values["baseline"]
            fallen = whole[target] - run(covered)[:, target]
            for place, fall in zip(some, fallen, strict=False):
                drops[place] = fall
            done = begin + len(some)
            call.progress(done / len(places), f"{done} of {len(places)} boxes")
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "target": target, "scores": whole}


def _box(starts: list[Any], place: tuple[int, ...], box: list[int]) -> tuple[slice, ...]:
    return tuple(
        slice(int(rows[at]), int(rows[at]) + int(length))
        for rows, at, length in zip(starts, place, box, strict=True)
    )


def _scores_of(
    model: Any, shape: tuple[int, ...], size: int, *, first: bool
) -> Callable[[Float32], Float32]:
    """A function from `size` clips (T, H, W, C) to their scores (size, K)."""
    import tensorflow as tf

    def through(clips: Any) -> Any:
        clips = tf.transpose(clips, (0, 4, 1, 2, 3)) if first else clips
        return tf.reshape(tf.cast(model(clips, training=False), tf.float32), (size, -1))

    signature = [tf.TensorSpec((size, *shape), tf.float32)]
    function = tf.function(through, input_signature=signature, jit_compile=needs_xla(model))
    return lambda clips: np.asarray(function(tf.constant(clips)))


def _require_class(target: int, count: int | None) -> None:
    if count is not None and target >= count:
        raise ValueError(f"There is no class {target}; the model has {count}, counted from 0.")


def _as_the_model_has_it(clip: Float32, *, first: bool) -> Float32:
    return np.ascontiguousarray(np.moveaxis(clip, -1, 0)) if first else clip


def _model(call: Call) -> Any:
    size, changed = (int(number) for number in call.values["stamp"])
    return loaded(str(call.values["path"]), (size, changed))
