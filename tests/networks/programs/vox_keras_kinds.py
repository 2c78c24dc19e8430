"""Small models of every kind that people save, and what Keras itself says comes out of them.

Runs in the Keras process of the tests: `make(folder)` saves each kind and returns Keras' own
outputs, by "file layer", for the clip of `clip_of`.
"""

from __future__ import annotations

import os

import keras
import numpy as np
from keras import layers

CLIP = (8, 12, 12, 1)


def clip_of(shape):
    return np.random.default_rng(4).normal(size=shape).astype(np.float32)


def sequential():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.Conv3D(4, 3, padding="same", activation="relu", name="one"),
            layers.BatchNormalization(name="norm"),
            layers.MaxPooling3D((1, 2, 2), name="pool"),
            layers.Conv3D(3, (3, 2, 3), name="two"),
        ]
    )


def graph():
    """Two ways that meet again, sums and chains of maps."""
    entry = keras.Input((None, None, None, 1))
    one = layers.Conv3D(4, 3, padding="same", name="one")(entry)
    wide = layers.Conv3D(4, 5, padding="same", name="wide")(entry)
    both = layers.Add(name="both")([one, wide])
    chain = layers.Concatenate(name="chain")([both, one])
    end = layers.Conv3D(2, 2, strides=(1, 2, 2), padding="same", name="end")(chain)
    return keras.Model(entry, end)


def nested():
    inner = keras.Sequential(
        [
            layers.Input((8, 12, 12, 4)),
            layers.Conv3D(4, 3, strides=2, padding="same", name="deep"),
            layers.ReLU(name="ramp"),
        ],
        name="inner",
    )
    entry = keras.Input(CLIP)
    first = layers.Conv3D(4, 3, name="deep", padding="same")(entry)
    return keras.Model(entry, layers.Conv3D(2, 1, name="last")(inner(first)))


def grouped():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.Conv3D(4, 1, name="split"),
            layers.Conv3D(6, 3, groups=2, dilation_rate=(1, 2, 2), name="grouped"),
        ]
    )


def first():
    return keras.Sequential(
        [
            layers.Input((1, 8, 12, 12)),
            layers.Conv3D(3, 3, padding="same", data_format="channels_first", name="one"),
            layers.ZeroPadding3D((1, 2, 0), data_format="channels_first", name="padded"),
            layers.Conv3D(2, 3, strides=2, data_format="channels_first", name="two"),
        ]
    )


def unet():
    entry = keras.Input(CLIP)
    fine = layers.Conv3D(3, 3, padding="same", name="fine")(entry)
    coarse = layers.AveragePooling3D(2, name="down")(fine)
    coarse = layers.Conv3D(4, 3, padding="same", name="coarse")(coarse)
    up = layers.UpSampling3D(2, name="up")(coarse)
    return keras.Model(entry, layers.Concatenate(name="joined")([up, fine]))


def transposed():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.Conv3D(2, 3, strides=2, padding="same", name="down"),
            layers.Conv3DTranspose(2, 3, strides=2, padding="same", name="same"),
            layers.Cropping3D(((1, 0), (2, 1), (0, 3)), name="cropped"),
            layers.Conv3DTranspose(2, 2, name="valid"),
        ]
    )


def classifier():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.Conv3D(4, 3, name="conv"),
            layers.GlobalAveragePooling3D(name="mean"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )


def flat():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.Conv3D(2, 3, strides=3, name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(5, name="dense"),
        ]
    )


def conv_lstm():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True, name="moving"),
            layers.ConvLSTM2D(2, 3, name="last"),
        ]
    )


def frames():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.TimeDistributed(layers.Conv2D(4, 3, name="inside"), name="each"),
            layers.TimeDistributed(layers.GlobalAveragePooling2D(), name="mean"),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both"),
            layers.GRU(2, name="end"),
        ]
    )


def shared():
    entry = keras.Input(CLIP)
    same = layers.Conv3D(1, 3, padding="same", name="shared")
    return keras.Model(entry, layers.Subtract(name="less")([same(same(entry)), entry]))


def strided():
    """The class of shapes in which TensorFlow's conv3d may answer what lies in memory."""
    return keras.Sequential(
        [layers.Input((7, 11, 4, 1)), layers.Conv3D(1, (1, 2, 3), strides=(1, 1, 2), name="trap")]
    )


def half():
    return keras.Sequential(
        [
            layers.Input(CLIP),
            layers.Conv3D(2, 3, name="c", dtype="mixed_bfloat16"),
            layers.Rescaling(2.0, name="twice"),
        ]
    )


RUN = (
    sequential, graph, nested, grouped, first, unet, transposed, classifier, flat, conv_lstm,
    frames, shared, strided, half,
)  # fmt: skip


def two_inputs():
    a, b = keras.Input(CLIP, name="a"), keras.Input(CLIP, name="b")
    return keras.Model([a, b], layers.Conv3D(2, 3, name="c")(layers.Add()([a, b])))


def pictures():
    return keras.Sequential([layers.Input((12, 12, 1)), layers.Conv2D(2, 3, name="c")])


def unbuilt():
    return keras.Sequential([layers.Conv3D(2, 3, name="c")])


def with_code(folder):
    canary = os.path.join(folder, "canary")
    code = layers.Lambda(lambda x: (open(canary, "w").close(), x)[1], output_shape=lambda s: s)
    model = keras.Sequential([layers.Input(CLIP), layers.Conv3D(2, 2, name="c"), code])
    if os.path.exists(canary):
        os.unlink(canary)
    return model


def make(folder):
    """Save every kind as `.keras` and, where it can be, as `.h5`; Keras' own outputs."""
    said = {}
    keras.utils.set_random_seed(8)
    for kind in RUN:
        model = kind()
        for weight in model.weights:
            if "moving_variance" not in weight.path:
                weight.assign(keras.random.normal(weight.shape, stddev=0.3))
        sizes = zip(model.inputs[0].shape[1:], CLIP, strict=True)
        shape = tuple(size or wanted for size, wanted in sizes)
        data = clip_of(shape)[None]
        if kind is not strided:
            said |= {f"{kind.__name__} {name}": made for name, made in outputs(model, data)}
        save(model, folder, kind.__name__)
    for kind in (two_inputs, pictures, unbuilt):
        save(kind(), folder, kind.__name__)
    save(with_code(folder), folder, "code")
    sequential().save_weights(f"{folder}/alone.weights.h5")
    if os.path.exists(f"{folder}/canary"):
        os.unlink(f"{folder}/canary")
    return said


def outputs(model, data):
    """What Keras' own sub-models give; of a model inside, that model's own behind the outer one."""
    inside = [layer for layer in model.layers if hasattr(layer, "layers")]
    plain = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    wanted = [layer._inbound_nodes[0].output_tensors[0] for layer in plain]
    wanted += [layer._inbound_nodes[0].input_tensors[0] for layer in inside]
    made = keras.Model(model.inputs, wanted)(data)
    for layer, result in zip(plain, made, strict=False):
        yield layer.name, keras.ops.convert_to_numpy(keras.ops.cast(result, "float32"))[0]
    for layer, given in zip(inside, made[len(plain) :], strict=True):
        for name, result in outputs(layer, given):
            yield f"{layer.name}/{name}", result


def save(model, folder, name):
    model.save(f"{folder}/{name}.keras")
    if name != "unbuilt":
        model.save(f"{folder}/{name}.h5")
