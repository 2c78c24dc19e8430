"""A model's configuration as a flat list of layers, and what in it could execute code.

The configuration is read as data. Class names are compared with Keras' own; none is ever looked up
or called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 30
"""Models within models."""

CODE = (
    "Lambda", "__lambda__", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper",
    "TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty",
)  # fmt: skip
"""Classes that are made to run what the file brings along."""

KERAS_LAYERS = frozenset(
    """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average
    AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Bidirectional
    CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D
    Conv3DTranspose Convolution3D ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D Cropping3D
    Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU EinsumDense Embedding Flatten GRU GRUCell
    GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GroupNormalization GroupQueryAttention Identity InputLayer LSTM LSTMCell LayerNormalization
    LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum MultiHeadAttention
    Multiply Normalization PReLU Permute RMSNormalization RNN ReLU RepeatVector Rescaling Reshape
    Resizing SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D
    SpatialDropout2D SpatialDropout3D SpectralNormalization StackedRNNCells Subtract ThresholdedReLU
    TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D Functional Model Sequential
    """.split()
)


MODULES = re.compile(
    r"keras(\.(layers|models|activations|initializers|regularizers|constraints|losses|metrics|random"
    r"|dtype_policies|mixed_precision|quantizers|optimizers(\.schedules|\.legacy)?"
    r"|src\.(models|engine|ops|layers|activations|initializers|regularizers|constraints|losses"
    r"|metrics|dtype_policies|optimizers)\.[\w.]+))?"
)
"""Where Keras' own classes come from; `keras.utils`, say, holds functions with effects."""


@dataclass(frozen=True)
class Entry:
    """One layer of a configuration.

    Attributes
    ----------
    name : its name, with the names of the models around it: "encoder/conv3d_1"
    class_name : as written
    config : the layer's own configuration
    place : where a `.keras` file keeps it: "layers/functional/layers/conv3d_1"
    top : the name of the top-level layer it belongs to, by which an `.h5` file keeps it
    custom : what is not Keras' own about the class, or ""
    wrapped : True for the layer inside a `TimeDistributed`, whose numbers the wrapper counts
    """

    name: str
    class_name: str
    config: dict[str, Any]
    place: str
    top: str
    custom: str
    wrapped: bool = False


def entries(model: dict[str, Any]) -> list[Entry]:
    """The layers of a model's configuration in their order, nested ones too; models left out."""
    return list(_walk(model, "", "", "", 0))


def _walk(model: dict[str, Any], around: str, place: str, top: str, depth: int) -> Iterator[Entry]:
    seen: dict[str, int] = {}
    if depth > DEPTH:
        raise RecursionError
    for row in rows_of(model):
        class_name, config = str(row.get("class_name", "")), _dict(row.get("config"))
        short = str(config.get("name") or row.get("name") or class_name)
        name = f"{around}{short}"
        counted = {} if _operation(row) else seen  # an operation has no place among the layers
        here = f"{place}layers/{_numbered(_snake(class_name), counted)}"
        if rows_of(row):
            yield from _walk(row, f"{name}/", f"{here}/", top or short, depth + 1)
            continue
        yield Entry(name, class_name, config, here, top or short, _custom(row))
        inner = config.get("layer")  # TimeDistributed, Bidirectional
        if isinstance(inner, dict) and "class_name" in inner:
            yield from _inner(inner, f"{name}/", f"{here}/layer", top or short)


def _inner(row: dict[str, Any], around: str, place: str, top: str) -> Iterator[Entry]:
    config = _dict(row.get("config"))
    name = str(config.get("name") or row["class_name"])
    yield Entry(f"{around}{name}", str(row["class_name"]), config, place, top, _custom(row), True)


def rows_of(model: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers a model lists; [] for a layer. Keras 1 wrote a Sequential's as a bare list."""
    config = model.get("config")
    rows = config.get("layers") if isinstance(config, dict) else config
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _snake(name: str) -> str:
    """Keras' own rule, `keras.src.utils.naming.to_snake_case`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _numbered(name: str, seen: dict[str, int]) -> str:
    """conv3d, conv3d_1, conv3d_2 ... as Keras' saving counts them."""
    number = seen.get(name, 0)
    seen[name] = number + 1
    return f"{name}_{number}" if number else name


def _custom(row: dict[str, Any]) -> str:
    """Why a layer is not one of Keras' own, in a few words; "" where it is."""
    class_name, module = str(row.get("class_name", "")), row.get("module")
    if class_name in CODE:
        return f"{class_name} layers run code of their own"
    registered = row.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        return f"{registered} is a class of somebody's own"
    if isinstance(module, str) and not MODULES.fullmatch(module):
        return f"{module}.{class_name} is not a class of Keras"
    if class_name not in KERAS_LAYERS and not _operation(row):
        return f"{class_name!r} is not a layer of Keras"
    return ""


def _operation(row: dict[str, Any]) -> bool:
    """True for `keras.ops` in a functional model: no layer, no weights."""
    module = row.get("module")
    return isinstance(module, str) and module.startswith("keras.src.ops.")


def forbidden(model: dict[str, Any]) -> str:
    """The first thing in a model that could execute code or is not Keras' own; "" where none is."""
    for entry in entries(model):
        if entry.custom:
            return f"layer {entry.name!r}: {entry.custom}"
    if not rows_of(model):
        name = model.get("registered_name") or model.get("class_name")
        return f"{name!r} is a model class of somebody's own"
    # `load_model(compile=False)` never looks at the outermost compile_config: a loss of somebody's
    # own there forbids nothing.
    return _hidden({key: value for key, value in model.items() if key != "compile_config"})


def _hidden(model: dict[str, Any]) -> str:
    """Code deeper in the configuration: lambdas, functions and classes that are not Keras'."""
    waiting: list[Any] = [model]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        if not isinstance(value, dict):
            continue
        waiting.extend(value.values())
        module, name = value.get("module"), value.get("class_name")
        if name in CODE:
            return f"a {name} brings code of its own"
        registered = value.get("registered_name")
        if isinstance(registered, str) and ">" in registered:
            return f"{registered} is a class of somebody's own"
        if name == "function" and isinstance(value.get("config"), str):
            return f"{value['config']!r} is a function of somebody's own"
        if isinstance(module, str) and isinstance(name, str) and not MODULES.fullmatch(module):
            return f"{module}.{name} is not a class of Keras"
    return ""
