"""The Keras process with what only tests ask of it: one start of TensorFlow serves them all."""

from __future__ import annotations

import os
import threading

from voxviewer.networks import worker


def conv3d_in_slabs(call):
    """`conv3d` as for a clip that is far too large to run whole."""
    from voxviewer.networks import keras_layer

    keras_layer.SLAB_WORK = 1.0
    heard = []
    progress, call.progress = call.progress, lambda f, text: heard.append(f) or progress(f, text)
    try:
        return {**worker.conv3d(call), "heard": heard}
    finally:
        keras_layer.SLAB_WORK = 2e10


def make_models(call):
    """Save models of several kinds, and what Keras itself says about their kernels."""
    import keras

    folder, layers = call.values["folder"], keras.layers
    keras.utils.set_random_seed(5)
    plain = keras.Sequential(
        [
            layers.Input((8, 12, 12, 1)),
            layers.Conv3D(4, (3, 3, 3), padding="same", activation="relu", name="first"),
            layers.MaxPooling3D(),
            layers.Conv3D(2, (1, 2, 3), strides=(1, 2, 1), use_bias=False, name="second"),
            layers.Conv3DTranspose(3, 2, name="up"),
        ],
        name="plain",
    )
    inner = keras.Sequential(
        [
            layers.Input((8, 12, 12, 4)),
            layers.Conv3D(6, 3, groups=2, dilation_rate=2, padding="same", name="grouped"),
            layers.Conv3D(2, 2, activation=layers.LeakyReLU(negative_slope=0.1), name="leaky"),
        ],
        name="inner",
    )
    entry = keras.Input((8, 12, 12, 4))
    after = layers.Conv3D(4, 1, activation="tanh", name="leaky")(entry)
    branch = layers.TimeDistributed(layers.Conv2D(3, 3), name="frames")(after)
    functional = keras.Model(entry, [inner(after), branch], name="functional")
    functional.compile("adam", "mse")
    canary = os.path.join(folder, "canary")
    code = layers.Lambda(lambda x: (open(canary, "w").close(), x)[1], output_shape=lambda s: s)
    lambda_model = keras.Sequential(
        [layers.Input((4, 4, 4, 1)), layers.Conv3D(2, 2, name="c"), code]
    )
    half = keras.Sequential(
        [layers.Input((4, 4, 4, 1)), layers.Conv3D(2, 2, name="c", dtype="bfloat16")]
    )
    for model in (plain, functional, lambda_model, half):
        for weights in model.weights:
            weights.assign(keras.random.normal(weights.shape))
    plain.save(f"{folder}/plain.keras")
    plain.save(f"{folder}/plain.h5")
    plain.save_weights(f"{folder}/plain.weights.h5")
    functional.save(f"{folder}/functional.keras")
    functional.save(f"{folder}/functional.h5")
    lambda_model.save(f"{folder}/lambda.keras")
    lambda_model.save(f"{folder}/lambda.h5")
    if os.path.exists(canary):
        os.unlink(canary)
    kernels = {
        "first": plain.get_layer("first").kernel,
        "first bias": plain.get_layer("first").bias,
        "second": plain.get_layer("second").kernel,
        "inner/grouped": inner.get_layer("grouped").kernel,
        "inner/leaky": inner.get_layer("leaky").kernel,
        "leaky": functional.get_layer("leaky").kernel,
        "lambda": lambda_model.layers[0].kernel,
    }
    half.save(f"{folder}/half.keras")
    kernels["half"] = keras.ops.cast(half.layers[0].kernel, "float32")
    clip = keras.random.normal((1, 8, 12, 12, 4))
    arrays = {name: keras.ops.convert_to_numpy(value) for name, value in kernels.items()}
    arrays["clip"] = keras.ops.convert_to_numpy(clip)
    arrays["grouped maps"] = keras.ops.convert_to_numpy(inner.get_layer("grouped")(clip))
    counts = {"plain": plain.count_params(), "functional": functional.count_params()}
    return {"parameters": counts, **arrays}


def make_kinds(call):
    """Save a model of every kind; what Keras itself says comes out of each layer."""
    import vox_keras_kinds

    return vox_keras_kinds.make(call.values["folder"])


def make_heads(call):
    """Save models that tell classes apart; Grad-CAM of each, worked out part by part."""
    import vox_keras_heads

    return vox_keras_heads.make(call.values["folder"])


def count_params(call):
    """How many weights Keras counts in the model that lines of Python build."""
    import keras

    scope = {"keras": keras}
    exec(call.values["code"], scope)
    shapes = [list(weight.shape) for weight in scope["model"].weights]
    return {"count": int(scope["model"].count_params()), "shapes": shapes}


def limits(call):
    """The limits of memory before, while and after a model is used."""
    import resource

    from voxviewer.networks import network

    def soft():
        return resource.getrlimit(resource.RLIMIT_AS)[0]

    before = soft()
    with network.limited_memory():
        within = soft()
    return {"before": before, "within": within, "after": soft()}


def make_narrow(call):
    """Save a model that takes clips of any size, if they are large enough for its windows."""
    import keras

    layers = [keras.Input((None, None, None, 1))]
    layers += [keras.layers.Conv3D(2, 3, name=name) for name in ("one", "two")]
    keras.Sequential(layers).save(call.values["path"])
    return {}


def hang(call):
    """Work that ends when somebody ends it."""
    call.progress(0.5, "hanging")
    threading.Event().wait()


def trained_shapes(call):
    """What Keras says of a network that is to be trained."""
    from voxviewer.networks.training_worker import built

    model = built(
        {**call.values, "learning_rate": 0.1, "schedule": "cosine", "steps": 9, "l2": 1e-4}
    )
    return {
        "outputs": [list(layer.output.shape[1:]) for layer in model.layers],
        "parameters": [layer.count_params() for layer in model.layers],
        "total": model.count_params(),
    }


def evaluate(call):
    """The loss of a saved model by Keras' own `evaluate`, and what it predicts."""
    import keras

    model = keras.models.load_model(call.values["path"])
    clips, answers = call.arrays["clips"], call.arrays["answers"]
    loss = model.evaluate(clips, answers, verbose=0, return_dict=True)["loss"]
    return {"loss": float(loss), "predicted": model.predict(clips, verbose=0)}


worker.REQUESTS.update(
    conv3d_in_slabs=conv3d_in_slabs,
    make_models=make_models,
    make_kinds=make_kinds,
    make_heads=make_heads,
    count_params=count_params,
    make_narrow=make_narrow,
    limits=limits,
    hang=hang,
    trained_shapes=trained_shapes,
    evaluate=evaluate,
)

if __name__ == "__main__":
    worker.main()
