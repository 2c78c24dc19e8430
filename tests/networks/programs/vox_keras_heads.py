"""Small models that tell classes apart, and Grad-CAM of each by Keras' own parts and a plain tape.

Runs in the Keras process of the tests. Asked of a layer are the maps that it puts out, and the
slope of the best class's score before softmax, by running the rest of the model from there.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

CLIP = (8, 12, 12, 1)


def clip_of(shape=CLIP):
    return np.random.default_rng(4).normal(size=shape).astype(np.float32)


def softmax():
    return [
        layers.Conv3D(4, 3, activation="relu", name="one"),
        layers.MaxPooling3D(2, name="pool"),
        layers.Conv3D(3, (2, 3, 3), strides=(1, 1, 2), activation="relu", name="two"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(3, name="scores"),
    ], layers.Activation("softmax", name="last")


def apart():
    """The same as `softmax` but for a Softmax layer and another way to the scores."""
    return [
        layers.Conv3D(4, 3, padding="same", activation="tanh", name="one"),
        layers.AveragePooling3D(2, name="pool"),
        layers.Flatten(),
        layers.Dense(4, name="scores"),
    ], layers.Softmax()


def single():
    return [
        layers.Conv3D(2, 3, strides=2, padding="same", activation="relu", name="one"),
        layers.BatchNormalization(name="norm"),
        layers.Flatten(),
        layers.Dense(1, name="scores"),
    ], layers.Activation("sigmoid", name="last")


def linear():
    """What Grad-CAM says of it can be worked out on paper."""
    return [
        layers.Conv3D(3, 3, name="one"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(2, name="scores"),
    ], None


def corner():
    """Looks at the first frames' upper left alone, whatever lies elsewhere."""
    return [
        layers.Conv3D(2, 1, name="one"),
        layers.Cropping3D(((0, 6), (0, 9), (0, 9)), name="cut"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(2, name="scores"),
    ], None


def first():
    return [
        layers.Conv3D(3, 3, activation="relu", data_format="channels_first", name="one"),
        layers.GlobalAveragePooling3D(data_format="channels_first"),
        layers.Dense(2, name="scores"),
    ], None


def trap():
    """Of the shapes in which TensorFlow's conv3d may answer what lies in memory."""
    return [
        layers.Conv3D(2, (1, 2, 3), strides=(1, 1, 2), activation="relu", name="one"),
        layers.Flatten(),
        layers.Dense(2, use_bias=False, name="scores"),
    ], None


KINDS = {softmax: CLIP, apart: CLIP, single: CLIP, linear: CLIP, corner: CLIP,
         first: (1, 8, 12, 12), trap: (7, 11, 4, 1)}  # fmt: skip


def cam(parts, at, data):
    """Maps and slopes of the best class behind part `at`, for data (1, ...): a weighted sum."""
    for part in parts[: at + 1]:
        data = part(data)
    with tf.GradientTape() as tape:
        tape.watch(data)
        scores = data
        for part in parts[at + 1 :]:
            scores = part(scores)
        best = tf.reduce_max(scores)
    slopes = tape.gradient(best, data)
    return (data[0].numpy(), slopes[0].numpy()), scores[0].numpy()


def make(folder):
    """Save every kind; maps and slopes by "kind layer maps", scores before softmax by "kind"."""
    said = {}
    keras.utils.set_random_seed(11)
    for kind, shape in KINDS.items():
        parts, last = kind()
        ends = [last] if last is not None else []
        model = keras.Sequential([layers.Input(shape), *parts, *ends])
        shake(model)
        model.save(f"{folder}/{kind.__name__}.keras")
        for at, part in enumerate(parts):
            if part.name in ("one", "two", "pool") and kind is not trap:
                (maps, slopes), scores = cam(parts, at, tf.constant(clip_of(shape)[None]))
                said |= {f"{kind.__name__} {part.name} maps": maps}
                said |= {f"{kind.__name__} {part.name} slopes": slopes}
                said |= {kind.__name__: scores}
        said |= {f"{kind.__name__} weights": parts[-1].kernel.numpy()}
        said |= {f"{kind.__name__} kernel": parts[0].kernel.numpy()}
        said |= {f"{kind.__name__} bias": parts[0].bias.numpy()}
    return {**said, **nested(folder), **headless(folder)}


def shake(model):
    for weight in model.weights:
        if "moving_variance" not in weight.path:
            weight.assign(keras.random.normal(weight.shape, stddev=0.3))


def nested(folder):
    """A layer inside a model inside a model, and a head inside another."""
    parts, _ = softmax()
    inner = keras.Sequential([layers.Input(CLIP), *parts[:3]], name="inner")
    head = keras.Sequential(
        [layers.Input(inner.outputs[0].shape[1:]), *parts[3:], layers.Softmax()], name="head"
    )
    entry = keras.Input(CLIP)
    model = keras.Model(entry, head(inner(entry)))
    shake(model)
    model.save(f"{folder}/nested.keras")
    (maps, slopes), scores = cam(parts, 2, tf.constant(clip_of()[None]))
    return {"nested two maps": maps, "nested two slopes": slopes, "nested": scores}


def headless(folder):
    keras.Sequential(
        [layers.Input(CLIP), layers.Conv3D(2, 3, name="one"), layers.Conv3D(2, 3, name="two")]
    ).save(f"{folder}/headless.keras")
    entry = keras.Input(CLIP)
    maps = layers.Conv3D(2, 3, name="one")(entry)
    scores = layers.Dense(2, name="scores")(layers.Flatten()(maps))
    keras.Model(entry, [scores, maps]).save(f"{folder}/two_outputs.keras")
    rows = layers.Dense(2, name="scores")(layers.Reshape((8, 144), name="rows")(entry))
    keras.Model(entry, rows).save(f"{folder}/each_frame.keras")
    flat = layers.Dense(2, name="scores")(layers.Flatten()(entry))
    keras.Model(entry, flat).save(f"{folder}/no_maps.keras")
    return {}
