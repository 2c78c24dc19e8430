"""Layers and kernels of `.keras`, `.h5` and `.weights.h5` files, read with h5py and JSON alone.

No TensorFlow is needed and nothing in a file is executed: a `Lambda` layer is a name in a list.
Keras keeps kernels in three ways:

- `.keras` (Keras 3, and 2.12 on): a zip of config.json and model.weights.h5; a layer's arrays lie
  at `layers/conv3d_1/vars/0` and `/1`, counted by class, not by name
- `.h5`: the configuration is an attribute, `model_weights/<layer>/` lists its arrays by name
- weights alone, in either of the two ways: kernels without strides, padding or activation
"""

from __future__ import annotations

import os
import zipfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import FilterBank, Float32, frozen
from voxviewer.files import SourceError, require_memory
from voxviewer.networks.client import ACTIVATIONS
from voxviewer.networks.doctor import diagnose, steps_of
from voxviewer.networks.layer_info import LayerInfo, described, guessed
from voxviewer.networks.layer_table import entries
from voxviewer.networks.safe_files import (
    MAKE_KERAS,
    Node,
    ZipMembers,
    boundary,
    open_hdf5,
    parse_json,
)
from voxviewer.networks.shipped import model_path
from voxviewer.networks.stored_weights import Stored, find_kernels, of_entry
from voxviewer.settings import ConvolutionSettings

if TYPE_CHECKING:
    from collections.abc import Sequence


COLUMNS = (
    "layer", "class", "output", "kernel", "strides", "dilation", "padding", "activation", "note",
)  # fmt: skip


def layers(path: str | os.PathLike[str]) -> tuple[LayerInfo, ...]:
    """List a model file's layers in their order; those of models inside it too.

    Raises
    ------
    SourceError
        where the file is not a Keras model, damaged, or made to harm
    """
    with Model(path) as model:
        return model.layers()


def read_bank(path: str | os.PathLike[str], layer: str) -> tuple[FilterBank, ConvolutionSettings]:
    """Read the filters of a Conv3D layer, and how the layer runs them.

    Parameters
    ----------
    path : a `.keras`, `.h5` or `.weights.h5` file
    layer : a name of `layers(path)`; the last part of it is enough where it is the only one

    Returns
    -------
    bank : kernels (kT, kH, kW, C, F) float32, bias (zeros where the layer has none), activation.
        Grouped kernels are written out with zeros where a group does not look.
    settings : padding, strides, dilation of the layer

    Raises
    ------
    SourceError
        where there is no such layer, its kernels cannot be read, or the file is damaged
    """
    with Model(path) as model:
        info = model.find(layer)
        bank = model.bank(info)
    chosen = ConvolutionSettings(padding=info.padding, strides=info.strides, dilation=info.dilation)
    return bank, chosen


def inspect_model(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Say what is in a model file, as plain values for JSON.

    Where the model can be read and not run, `problem` says why in one sentence.

    Raises
    ------
    SourceError
        where the file cannot be read, or holds what could execute code or fill the memory: such a
        model cannot be run safely. `layers` and `read_bank` still read its kernels.
    """
    with Model(path) as model:
        found = model.layers()
        ill = diagnose(model.path, model.config, model.version, model.weights, found)
        if ill is not None and ill.harm:
            raise SourceError(path, ill.problem, ill.remedy)
        shapes = output_shapes(model.config)
        return {
            "path": os.fspath(path),
            "format": model.format,
            "keras_version": model.version or None,
            "class": str(model.config.get("class_name") or "") or None,
            "name": _model_name(model.config) or None,
            "input": _input_shape(model.config),
            "parameters": sum(info.parameters for info in found),
            "runnable": ill is None,
            "problem": str(SourceError(path, ill.problem, ill.remedy)) if ill else None,
            "layers": [asdict(info) | {"output": shapes.get(info.name)} for info in found],
        }


def describe_model(facts: dict[str, Any]) -> str:
    """The facts of `inspect_model` as a table for a terminal."""
    head = [facts["format"], facts["class"] or "weights alone"]
    if facts["keras_version"]:
        head.append(f"Keras {facts['keras_version']}")
    where = "" if facts["class"] else " in layers of Conv3D"
    head.append(f"{facts['parameters']:,} parameters{where}")
    if facts["input"]:
        head.append(f"input {_shape_text(facts['input'])}")
    rows: list[Sequence[str]] = [COLUMNS]
    rows += [_table_row(layer) for layer in facts["layers"]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([f"{Path(facts['path']).name}: {', '.join(head)}", *map(str.rstrip, lines)])


def _table_row(layer: dict[str, Any]) -> Sequence[str]:
    kernel = layer["kernel"]
    how = [_shape_text(layer["strides"]), _shape_text(layer["dilation"]), layer["padding"]]
    return (
        layer["name"],
        layer["class_name"],
        _shape_text(layer["output"] or ()),
        _shape_text(kernel) if kernel else "",
        *(how if kernel else ("", "", "")),
        layer["activation"],
        layer["note"],
    )


def _shape_text(shape: Any) -> str:
    return " x ".join("?" if size is None else str(size) for size in shape)


class Model:
    """An opened model file: its configuration ({} for weights alone) and its arrays."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = model_path(path)
        self.config: dict[str, Any] = {}
        self.version = ""
        self.format = ""
        self._stack = ExitStack()
        self.weights: Node

    def __enter__(self) -> Model:
        self._stack.enter_context(boundary(self.path))
        try:
            self._open()
        except BaseException as error:
            # The boundary must see what went wrong in here as well.
            self._stack.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(self, *what: Any) -> bool | None:
        return self._stack.__exit__(*what)

    def _open(self) -> None:
        path = Path(self.path)
        if path.is_dir():
            text = "SavedModel folders, whose graphs can run anything, are not opened"
            problem = text if (path / "saved_model.pb").exists() else "is a folder"
            raise SourceError(self.path, problem, MAKE_KERAS)
        if path.exists() and not path.is_file():  # a pipe would block for ever
            raise SourceError(self.path, "is not a file", "Choose a .keras or .h5 file")
        with open(path, "rb") as file:
            start = file.read(8)
        if start[:4] == b"PK\3\4" or zipfile.is_zipfile(path):
            self._open_archive()
        elif start == b"\x89HDF\r\n\x1a\n":
            self._open_legacy()
        elif not start:
            raise SourceError(self.path, "is empty", "Copy it again")
        else:
            raise SourceError(self.path, "is not a .keras or .h5 model", "Choose another file")

    def _open_archive(self) -> None:
        members = self._stack.enter_context(ZipMembers(self.path))
        self.format = ".keras archive"
        self.config = parse_json(self.path, members.read("config.json"), "config.json")
        if "metadata.json" in members:
            about = parse_json(self.path, members.read("metadata.json"), "metadata.json")
            self.version = str(about.get("keras_version", ""))
        content = members.read("model.weights.h5")
        self.weights = self._stack.enter_context(open_hdf5(self.path, content))

    def _open_legacy(self) -> None:
        root = self._stack.enter_context(open_hdf5(self.path))
        config = root.text("model_config")
        self.format = "HDF5 model" if config else "HDF5 weights"
        self.config = parse_json(self.path, config, "configuration") if config else {}
        self.weights = root.group("model_weights") or root
        self.version = root.text("keras_version") or self.weights.text("keras_version")

    def layers(self) -> tuple[LayerInfo, ...]:
        """Every layer; where the configuration lists none, every array that looks like kernels."""
        listed = entries(self.config)
        if listed:
            found = [described(entry, of_entry(self.weights, entry)) for entry in listed]
        else:
            found = [guessed(name, stored) for name, stored in find_kernels(self.weights)]
        if not found:
            raise SourceError(self.path, "holds no layers", "Choose a Keras model")
        return tuple(found)

    def find(self, name: str) -> LayerInfo:
        """The layer of this name, if it can be read."""
        found = self.layers()
        exact = [info for info in found if info.name == name]
        short = [info for info in found if info.name.rsplit("/", 1)[-1] == name]
        chosen = exact or short
        if not chosen:
            options = ", ".join(info.name for info in found if info.readable) or "none"
            raise SourceError(
                self.path, f"has no layer {name!r}", f"Layers with filters: {options}"
            )
        if len(chosen) > 1:
            options = ", ".join(info.name for info in chosen)
            raise SourceError(self.path, f"has several layers {name!r}", f"Use one of: {options}")
        if not chosen[0].readable:
            raise SourceError(self.path, f"layer {name!r} gives no filters: {chosen[0].note}")
        return chosen[0]

    def bank(self, info: LayerInfo) -> FilterBank:
        """The kernels, bias and activation of a readable layer."""
        stored = self._stored(info.name)
        kernels = self.weights.array(stored.kernel)
        if kernels.ndim != 5 or 0 in kernels.shape:
            raise SourceError(
                self.path, f"layer {info.name!r} has kernels of shape {kernels.shape}"
            )
        if info.groups > 1:
            kernels = self._ungrouped(kernels, info)
        count = kernels.shape[-1]
        bias = self.weights.array(stored.bias) if stored.bias else np.zeros(count, np.float32)
        if bias.shape != (count,):
            raise SourceError(self.path, f"layer {info.name!r} has a bias of shape {bias.shape}")
        origin = f"{Path(self.path).name} / {info.name}"
        if info.activation in ACTIVATIONS:
            return FilterBank(frozen(kernels), frozen(bias), info.activation, origin)
        if info.activation:
            origin += f", without its activation {info.activation!r}"
        return FilterBank(frozen(kernels), frozen(bias), "linear", origin)

    def _stored(self, name: str) -> Stored:
        for entry in entries(self.config):
            if entry.name == name:
                return of_entry(self.weights, entry)
        return dict(find_kernels(self.weights))[name]

    def _ungrouped(self, kernels: Float32, info: LayerInfo) -> Float32:
        """Kernels over all channels, zero where a group does not look: the same sums."""
        *window, C, F = kernels.shape
        groups = info.groups
        if F % groups:
            raise SourceError(self.path, f"layer {info.name!r}: {groups} groups of {F} filters")
        require_memory(4 * groups * kernels.size, self.path, "writing out its groups")
        full = np.zeros((*window, C * groups, F), np.float32)
        step = F // groups
        for g in range(groups):
            full[..., g * C : (g + 1) * C, g * step : (g + 1) * step] = kernels[
                ..., g * step : (g + 1) * step
            ]
        return full


def output_shapes(config: dict[str, Any]) -> dict[str, list[int | None]]:
    """What each layer puts out, by name, the batch left out; free sizes are None."""
    steps = steps_of(config, None) if config else {}
    known = {name: step.output for name, step in steps.items() if step.output is not None}
    return {name: [along.size for along in places] for name, places in known.items()}


def _model_name(config: dict[str, Any]) -> str:
    inner = config.get("config")
    return str(inner.get("name") or "") if isinstance(inner, dict) else ""


def _input_shape(config: dict[str, Any]) -> list[int | None] | None:
    """The first input's shape with its batch axis, where the configuration says it."""
    for entry in entries(config):
        shape = entry.config.get("batch_shape") or entry.config.get("batch_input_shape")
        if isinstance(shape, list) and all(s is None or isinstance(s, int) for s in shape):
            return shape
    return None


__all__ = ["LayerInfo", "describe_model", "inspect_model", "layers", "read_bank"]
