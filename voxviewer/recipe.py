"""Choices as JSON, and as a Python script that makes the same tensors.

A recipe holds every choice and no array: what a person can send to a colleague, run over a folder,
or keep beside an export. Reading one executes nothing and accepts only what `settings` accepts.
"""

from __future__ import annotations

import base64
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any

from voxviewer.settings import (
    Choices,
    ConvolutionSettings,
    EncodingSettings,
    ExamplesSettings,
    ExportSettings,
    FilterSettings,
    Kernels,
    Opening,
    RecurrentSettings,
    RenderSettings,
    TrainingSettings,
)

VERSION = 1

_PARTS: dict[str, type[Any]] = {
    "opening": Opening,
    "encoding": EncodingSettings,
    "filters": FilterSettings,
    "convolution": ConvolutionSettings,
    "render": RenderSettings,
    "export": ExportSettings,
    "training": TrainingSettings,
    "recurrence": RecurrentSettings,
    "examples": ExamplesSettings,
}


def to_json(choices: Choices) -> dict[str, Any]:
    """Return the choices as plain JSON values, every field written out."""
    return {"voxviewer": VERSION} | {
        name: _plain(getattr(choices, name))
        for name in _PARTS
        if getattr(choices, name) is not None
    }


def from_json(data: Any) -> Choices:
    """Return the choices of a recipe; missing fields have their defaults.

    Raises
    ------
    ValueError
        in one sentence, where it is no recipe, a newer one, or a value is wrong
    """
    if not isinstance(data, dict) or "voxviewer" not in data:
        raise ValueError("This is not a voxviewer recipe: the key 'voxviewer' is missing.")
    if data["voxviewer"] != VERSION:
        raise ValueError(
            f"This recipe has version {data['voxviewer']}; this program reads version {VERSION}."
        )
    unknown = set(data) - set(_PARTS) - {"voxviewer"}
    if unknown:
        raise ValueError(f"The recipe has unknown parts: {', '.join(sorted(unknown))}.")
    return Choices(**{name: _made(_PARTS[name], data[name]) for name in _PARTS if name in data})


def to_python(choices: Choices, export: str | None = None) -> str:
    """Return a script that opens, encodes and convolves as chosen; `export` names a GIF to write.

    Only what differs from the defaults is written out, so that a reader sees what was chosen.
    """
    opening = choices.opening or Opening("FILE")
    edited = choices.filters.source == "edited"
    lines = [
        *(["import base64", "", "import numpy as np"] if edited else []),
        "import voxviewer as vv",
        "",
        f"source = {open_call(opening)}",
        f"clip = vv.encode(source, {call_of(choices.encoding)})",
        *_maps_lines(choices),
    ]
    if export is not None:
        rate = choices.export.rate
        lines.append(f"vv.save_gif(maps, {export!r}, rate={rate:g})")
    return "\n".join(lines) + "\n"


def open_call(opening: Opening) -> str:
    """Return the call that opens a file as it was opened."""
    if opening.stack is None:
        return f"vv.open({_arguments(opening, positional='path')})"
    alone = replace(opening, stack=None)
    more = _arguments(alone, positional="path").removeprefix(repr(opening.path))
    return f"vv.open({[opening.path, *opening.stack]!r}, stack=True{more})"


def encode_call(source: str, settings: EncodingSettings) -> str:
    """Return the call that makes a clip of what `source` says."""
    return f"vv.encode({source}, {call_of(settings)})"


def encode_line(settings: EncodingSettings) -> str:
    """Return the one line that makes a clip of a source."""
    return f"clip = vv.encode(source, {call_of(settings)})"


def _maps_lines(choices: Choices) -> list[str]:
    """Return the lines that make the maps: of a bank of filters, or of a whole network."""
    filters = choices.filters
    if filters.whole:
        masked = ", masked=True" if filters.masked else ""
        return [f"maps = vv.run_model(clip, {filters.model!r}, {filters.layer!r}{masked})"]
    call = f"maps = vv.convolve(clip, bank, {call_of(choices.convolution)})"
    return [*_filters_lines(filters), call]


def _filters_lines(filters: FilterSettings) -> list[str]:
    """Return the lines that make the bank, and meet the clip's channels where that was chosen."""
    if filters.source != "edited":
        lines = [_filters_line(filters)]
    elif filters.kernels is not None:
        lines = _edited_lines(filters.kernels)
    else:
        return ['raise SystemExit("No filter is edited yet.")']
    if filters.adapt is not None and filters.source in ("model", "edited"):
        lines.append(f"bank = vv.adapted(bank, clip.data.shape[-1], {filters.adapt!r})")
    return lines


def _edited_lines(kernels: Kernels) -> list[str]:
    """Write the weights out, as base64 of their float32 bytes: every bit of them counts."""
    names = f", names={kernels.names!r}" if kernels.names else ""
    return [
        *_base64_lines("kernels", kernels.kernels, kernels.shape),
        *_base64_lines("bias", kernels.bias, kernels.shape[4:]),
        f"bank = vv.FilterBank(kernels, bias, {kernels.activation!r}, {kernels.origin!r}{names})",
    ]


def _base64_lines(name: str, data: bytes, shape: tuple[int, ...]) -> list[str]:
    text = base64.b64encode(data).decode("ascii")
    pieces = [f'    "{text[first : first + 88]}"' for first in range(0, len(text), 88)]
    return [
        f"{name} = base64.b64decode(",
        *pieces,
        ")",
        f'{name} = np.frombuffer({name}, "<f4").reshape({shape!r})',
    ]


def _filters_line(filters: FilterSettings) -> str:
    if filters.source == "preset":
        color = f", color={filters.color!r}" if filters.color != "luminance" else ""
        chosen_kernel = f"kernel={filters.kernel!r}, channels=clip.data.shape[-1]{color}"
        return f"bank = vv.preset_filters({filters.preset!r}, {chosen_kernel})"
    if filters.source == "random":
        chosen = ["channels=clip.data.shape[-1]"]
        for name in ("count", "kernel", "seed", "initializer", "stddev"):
            value = getattr(filters, name)
            if value != getattr(FilterSettings(), name) or name in ("count", "kernel", "seed"):
                chosen.append(f"{name}={value!r}")
        return f"bank = vv.random_filters({', '.join(chosen)})"
    return f"bank = vv.model_filters({filters.model!r}, {filters.layer!r})"


def call_of(settings: Any) -> str:
    """Return the call that makes these settings, with only what was chosen."""
    return f"vv.{type(settings).__name__}({_arguments(settings)})"


def _arguments(settings: Any, positional: str = "") -> str:
    """Return the fields that differ from their defaults, as a call's arguments."""
    chosen = [repr(getattr(settings, positional))] if positional else []
    for item in fields(settings):
        value = getattr(settings, item.name)
        if item.name != positional and (item.default is MISSING or value != item.default):
            chosen.append(f"{item.name}={value!r}")
    return ", ".join(chosen)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _made(kind: type[Any], data: Any) -> Any:
    """Build one settings class from its JSON object."""
    if not isinstance(data, dict):
        raise ValueError(f"The recipe's {kind.__name__} must be an object, not {data!r}.")
    known = {item.name for item in fields(kind)}
    unknown = set(data) - known
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}.")
    values = {name: _tuples(value) for name, value in data.items()}
    if values.get("kernels") is not None:
        values["kernels"] = _kernels(values["kernels"])
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"The recipe's {kind.__name__} does not fit: {error}.") from error


def _kernels(data: Any) -> Kernels:
    try:
        return Kernels(
            shape=tuple(data["shape"]),
            kernels=base64.b64decode(data["kernels"], validate=True),
            bias=base64.b64decode(data["bias"], validate=True),
            activation=data.get("activation", "linear"),
            names=tuple(data.get("names", ())),
            origin=data.get("origin", "edited"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"The recipe's edited kernels cannot be read: {error}.") from error


def _tuples(value: Any) -> Any:
    """JSON knows lists only; settings hold tuples."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
