"""What a person is told about a layer: its shape, how it runs, whether its kernels can be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voxviewer.networks.client import ACTIVATIONS
from voxviewer.settings import ConvolutionSettings

if TYPE_CHECKING:
    from voxviewer.networks.layer_table import Entry
    from voxviewer.networks.stored_weights import Stored

CONV3D = ("Conv3D", "Convolution3D")
Triple = tuple[int, int, int]


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a model file.

    Attributes
    ----------
    name : with the names of the models around it: "encoder/conv3d_1"
    class_name : "Conv3D", "BatchNormalization" ...; "?" where only weights are known
    kernel : (kT, kH, kW, C / groups, F) of a readable layer, else None
    strides, padding, dilation, groups : of a Conv3D, the neutral values for others
    activation, data_format : as Keras names them, "" where the layer has none
    parameters : how many numbers the layer holds
    readable : its kernels can be taken as filters
    note : why not, or what one should know; "" where there is nothing to say
    """

    name: str
    class_name: str
    kernel: tuple[int, ...] | None = None
    strides: Triple = (1, 1, 1)
    padding: str = "same"
    dilation: Triple = (1, 1, 1)
    groups: int = 1
    activation: str = ""
    data_format: str = ""
    parameters: int = 0
    readable: bool = False
    note: str = ""


def described(entry: Entry, stored: Stored) -> LayerInfo:
    """A layer by its configuration and the headers of its arrays."""
    basic = LayerInfo(entry.name, entry.class_name, parameters=stored.parameters)
    if entry.class_name not in CONV3D or entry.custom:
        return LayerInfo(
            entry.name,
            entry.class_name,
            activation=_activation(entry.config)[0],
            parameters=stored.parameters,
            note=entry.custom or _no_filters(entry.class_name),
        )
    try:
        return _conv3d(basic, entry.config, stored)
    except (KeyError, TypeError, ValueError) as error:
        note = f"its configuration is not a Conv3D's ({error})"
        return LayerInfo(basic.name, basic.class_name, parameters=basic.parameters, note=note)


def _conv3d(basic: LayerInfo, config: dict[str, Any], stored: Stored) -> LayerInfo:
    """A Conv3D layer; wrong values in its configuration raise."""
    activation, note = _activation(config)
    strides, dilation = _triple(config.get("strides", 1)), _triple(config.get("dilation_rate", 1))
    padding = str(config.get("padding", "valid"))
    ConvolutionSettings(padding=padding, strides=strides, dilation=dilation)
    groups, window = int(config.get("groups", 1)), _triple(config["kernel_size"])
    shape = stored.shape
    readable = shape is not None and len(shape) == 5 and shape[:3] == window and groups >= 1
    if not readable:
        note = stored.why or f"its kernels have the shape {shape}, its configuration says {window}"
    elif groups > 1:
        note = _joined(note, f"{groups} groups written out with zeros")
    data_format = str(config.get("data_format") or "channels_last")
    if data_format == "channels_first" and readable:
        note = _joined(note, "channels first in the model")
    return LayerInfo(
        basic.name, basic.class_name, shape if readable else None, strides, padding, dilation,
        groups, activation, data_format, basic.parameters, readable, note,
    )  # fmt: skip


def guessed(name: str, stored: Stored) -> LayerInfo:
    """A layer of which only the weights are known."""
    transposed = "transpose" in stored.kernel.lower()
    note = _no_filters("Conv3DTranspose") if transposed else "strides, padding, activation unknown"
    return LayerInfo(
        name,
        "?",
        None if transposed else stored.shape,
        parameters=stored.parameters,
        readable=not transposed,
        note=note,
    )


def _no_filters(class_name: str) -> str:
    return "a transposed convolution, not a filter bank" if class_name == "Conv3DTranspose" else ""


def _activation(config: dict[str, Any]) -> tuple[str, str]:
    """The activation's name, and a note where it is not one that a name says all about."""
    value = config.get("activation", "")
    if value is None:
        return "linear", ""
    if isinstance(value, str):
        known = value in ACTIVATIONS or not value
        return value, "" if known else f"activation {value!r} left out"
    name = value.get("config") if isinstance(value, dict) else None
    if not isinstance(name, str):
        name = value.get("class_name") if isinstance(value, dict) else "?"
    return str(name), f"activation {str(name)!r} left out"


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _triple(value: Any) -> Triple:
    if isinstance(value, int):
        return value, value, value
    T, H, W = (int(size) for size in value)
    return T, H, W
