"""The Keras process: TensorFlow is imported here and in its neighbors, and nowhere else.

Started as `python -P -m voxviewer.networks.worker`. A new request is a function and a row in
`REQUESTS`; it gets plain values, read-only arrays and outputs to write into (`workers.child.Call`).
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voxviewer.workers.child import Call

    Request: TypeAlias = Callable[[Call], Mapping[str, Any]]

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUDA_VISIBLE_DEVICES": "-1",  # comparisons are made on the CPU, as the handwritten engine
    "TF_USE_LEGACY_KERAS": "0",
}


def main() -> None:
    """Answer requests until the parent goes."""
    from voxviewer.workers.child import serve

    os.environ.update(ENVIRONMENT)
    # On unless the user switched it off, explicit either way: off is 3 to 12 times slower.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    serve(REQUESTS, import_keras)


def import_keras() -> dict[str, Any]:
    """Import TensorFlow and Keras, which takes seconds; return their versions and switches."""
    import tensorflow as tf

    threads = thread_count()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.set_visible_devices([], "GPU")

    import keras

    # A person's ~/.keras/keras.json may say otherwise.
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    short = ".".join(keras.__version__.split(".")[:2])
    return {
        "text": f"Keras {short} ready",
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0",
        "threads": threads,
    }


def thread_count() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def hello(call: Call) -> Mapping[str, Any]:
    """Versions and switches again."""
    return import_keras()


def conv3d(call: Call) -> Mapping[str, Any]:
    """Run one Conv3D layer over a clip; see `keras_layer.run`."""
    from voxviewer.networks import keras_layer

    seconds = keras_layer.run(
        call.arrays["clip"],
        call.arrays["kernels"],
        call.arrays["bias"],
        call.outputs["maps"],
        keras_layer.Choices(
            activation=str(call.values["activation"]),
            padding=str(call.values["padding"]),
            strides=_triple(call.values["strides"]),
            dilation=_triple(call.values["dilation"]),
            flip=bool(call.values["flip"]),
        ),
        call.progress,
    )
    return {"seconds": seconds}


def network_shape(call: Call) -> Mapping[str, Any]:
    """The shape of a model's layer for a clip; see `network.output_shape`."""
    from voxviewer.networks import network

    shape = tuple(int(size) for size in call.values["shape"])
    return {"shape": network.output_shape(*_layer_of(call), shape)}


def run_network(call: Call) -> Mapping[str, Any]:
    """Run a clip up to a model's layer; see `network.run`."""
    from voxviewer.networks import network

    seconds = network.run(
        *_layer_of(call),
        call.arrays["clip"],
        call.outputs["maps"],
        tuple(int(axis) for axis in call.values["order"]),
        first=bool(call.values["first"]),
        real=call.arrays.get("real"),
        progress=call.progress,
    )
    return {"seconds": seconds, "seed": network.SEED}


def _answered_by(module: str, name: str) -> Request:
    """A request whose answer is written elsewhere: imported when it is first asked for."""

    def answer(call: Call) -> Mapping[str, Any]:
        found: Request = getattr(import_module(f"voxviewer.networks.{module}"), name)
        return found(call)

    return answer


def _layer_of(call: Call) -> tuple[str, tuple[int, int], str]:
    size, changed = (int(number) for number in call.values["stamp"])
    return str(call.values["path"]), (size, changed), str(call.values["layer"])


def _triple(values: Any) -> tuple[int, int, int]:
    T, H, W = (int(value) for value in values)
    return T, H, W


REQUESTS = {
    "hello": hello,
    "conv3d": conv3d,
    "network_shape": network_shape,
    "run_network": run_network,
    "recurrent_fit": _answered_by("recurrent_worker", "recurrent_fit"),
    "recurrent_states": _answered_by("recurrent_worker", "recurrent_states"),
    "recurrent_save": _answered_by("recurrent_worker", "recurrent_save"),
    "train": _answered_by("training_worker", "run"),
    "train_save": _answered_by("training_worker", "save"),
    "grad_cam": _answered_by("explain_worker", "grad_cam"),
    "occlusion": _answered_by("explain_worker", "occlusion"),
}

if __name__ == "__main__":
    main()
