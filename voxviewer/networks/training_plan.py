"""The small network that is trained: its layers, shapes and parameters, known before it is built.

Keras builds from the same rows that a person is shown (`training_worker`). No TensorFlow here.

    next-frame    (T, H, W, C) -> convolutions -> one over all T frames -> (1, H, W, C)
    autoencoder   (T, H, W, C) -> convolutions, halved each -> doubled again -> (T, H, W, C)
    classes       (T, H, W, C) -> convolutions, halved between -> means -> a share for each class
    targets       the same -> a number, or a share for each word
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxviewer.settings import TrainingSettings

INNER = (3, 3, 3)
"""Taps of every convolution but the first."""
HALVED = (1, 2, 2)
LOSSES = {
    "next-frame": "mean_squared_error",
    "autoencoder": "mean_squared_error",
    "classes": "sparse_categorical_crossentropy",
    "targets": "mean_squared_error",
}

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One row of the network.

    Attributes
    ----------
    name, class_name : as Keras has them
    output : what comes out, the batch left out
    parameters : how many numbers it learns
    options : what its class is called with
    """

    name: str
    class_name: str
    output: Shape
    parameters: int
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class NetworkPlan:
    """The network that will be trained.

    Attributes
    ----------
    layers : from the input to the head
    loss, metric : as Keras names them; metric "" where the loss says it all
    """

    layers: tuple[Layer, ...]
    loss: str
    metric: str = ""

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def first(self) -> str:
        """The name of the layer whose kernels become filters."""
        return next(layer.name for layer in self.layers if layer.class_name == "Conv3D")

    @property
    def numbers(self) -> int:
        """How many numbers all layers put out for one example."""
        return sum(math.prod(layer.output) for layer in self.layers)

    def as_text(self) -> str:
        """The rows as a table for a terminal."""
        rows = [("layer", "class", "output", "parameters")]
        for row in self.layers:
            shape = " x ".join(map(str, row.output))
            rows.append((row.name, row.class_name, shape, f"{row.parameters:,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([*map(str.rstrip, lines), f"{self.parameters:,} parameters"])


def plan_network(settings: TrainingSettings, shape: Shape, classes: int = 0) -> NetworkPlan:
    """Return the network for examples of a shape.

    Parameters
    ----------
    settings : task, count, kernel, layers, activation
    shape : (T, H, W, C) of what the network sees at once
    classes : how many to tell apart; 0 where a number is foretold

    Raises
    ------
    ValueError
        where the examples are too small, or cannot be halved so often
    """
    maker = _Maker(settings, shape)
    if settings.task == "next-frame":
        maker.next_frame()
    elif settings.task == "autoencoder":
        maker.autoencoder()
    else:
        maker.head(classes)
    if classes:
        return NetworkPlan(tuple(maker.rows), LOSSES["classes"], "accuracy")
    metric = "mean_absolute_error" if settings.task == "targets" else ""
    return NetworkPlan(tuple(maker.rows), LOSSES[settings.task], metric)


class _Maker:
    """Puts row after row, and keeps the shape that has been reached."""

    def __init__(self, settings: TrainingSettings, shape: Shape) -> None:
        if len(shape) != 4 or min(shape) < 1:
            raise ValueError(f"a network needs examples of (T, H, W, C), not {shape}")
        self.settings, self.input = settings, shape
        self.shape: Shape = shape
        self.rows = [Layer("clip", "Input", shape, 0)]

    def next_frame(self) -> None:
        """Convolutions of the same size, then one that takes all frames together."""
        for index in range(self.settings.layers):
            self.convolution(index)
        T, *_, C = self.input
        self.add_conv3d("next_frame", C, (T, 1, 1), "valid", "linear")

    def autoencoder(self) -> None:
        """Down to a narrow place and up again."""
        count = self.settings.layers
        self._require_halves(2**count)
        for index in range(count):
            self.convolution(index)
            self.halve(index, HALVED)
        for index in range(count):
            self.double(index)
            last = index == count - 1
            if last:
                self.add_conv3d("given_back", self.input[-1], INNER, "same", "linear")
            else:
                self.convolution(count + index)

    def head(self, classes: int) -> None:
        """Convolutions, halved between; the mean of each map; one number for each class."""
        count = self.settings.layers
        for index in range(count):
            self.convolution(index)
            _, H, W, _ = self.shape
            sizes = (1, 2 if H >= 4 else 1, 2 if W >= 4 else 1)
            if index < count - 1 and max(sizes) > 1:
                self.halve(index, sizes)
        self.shape = self.shape[-1:]
        self.add("means", "GlobalAveragePooling3D", 0)
        inputs, outputs = self.shape[0], classes or 1
        self.shape = (outputs,)
        name, activation = ("classes", "softmax") if classes else ("target", "linear")
        weights = (inputs + 1) * outputs
        self.add(name, "Dense", weights, units=outputs, activation=activation)

    def convolution(self, index: int) -> None:
        """Add one of the convolutions; the first has the kernel that was chosen."""
        kernel = INNER if index else self.settings.kernel
        chosen = self.settings
        self.add_conv3d(f"conv3d_{index + 1}", chosen.count, kernel, "same", chosen.activation)

    def add_conv3d(
        self, name: str, filters: int, kernel: Shape, padding: str, activation: str
    ) -> None:
        """Add a Conv3D of stride 1."""
        *sizes, C = self.shape
        if padding == "valid":
            sizes = [n - k + 1 for n, k in zip(sizes, kernel, strict=True)]
        self.shape = (*sizes, filters)
        options = {
            "filters": filters,
            "kernel_size": kernel,
            "padding": padding,
            "activation": activation,
        }
        self.add(name, "Conv3D", (math.prod(kernel) * C + 1) * filters, **options)

    def halve(self, index: int, sizes: Shape) -> None:
        """Keep the largest of each few voxels."""
        *space, C = self.shape
        self.shape = (*(n // size for n, size in zip(space, sizes, strict=True)), C)
        self.add(f"halved_{index + 1}", "MaxPooling3D", 0, pool_size=sizes)

    def double(self, index: int) -> None:
        """Repeat each voxel along H and W."""
        T, H, W, C = self.shape
        self.shape = (T, 2 * H, 2 * W, C)
        self.add(f"doubled_{index + 1}", "UpSampling3D", 0, size=HALVED)

    def add(self, name: str, class_name: str, parameters: int, **options: Any) -> None:
        """Add a row whose output has the shape that was reached."""
        row = Layer(name, class_name, self.shape, parameters, tuple(options.items()))
        self.rows.append(row)

    def _require_halves(self, factor: int) -> None:
        for name, size in zip(("height", "width"), self.input[1:3], strict=True):
            if size % factor:
                better = max(round(size / factor), 1) * factor
                raise ValueError(
                    f"An autoencoder of {self.settings.layers} layers halves {name} {size} "
                    f"{self.settings.layers} times, which is not possible; encode with {name} "
                    f"{better}, or choose fewer layers."
                )


__all__ = ["Layer", "NetworkPlan", "plan_network"]
