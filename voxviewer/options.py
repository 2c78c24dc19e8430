"""The words of a command line as choices: every field of a settings class is an option."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from voxviewer.settings import (
    UNITS,
    UPS,
    Choices,
    ConvolutionSettings,
    EncodingSettings,
    ExportSettings,
    FilterSettings,
    Opening,
    RenderSettings,
    TrainingSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL_AND_LAYER = re.compile(
    r"(?P<model>.*\.(?:keras|h5|hdf5)):(?P<layer>[^:]+)", re.IGNORECASE | re.DOTALL
)


def _number_or_word(word: str) -> str | float:
    try:
        return float(word)
    except ValueError:
        return word


# Options whose words are not one plain value: how many words, and of which type.
_WORDS: dict[str, tuple[int | str, Callable[[str], Any]]] = {
    "kernel": (3, int),
    "strides": (3, int),
    "dilation": (3, int),
    "limits": (2, float),
    "range": (2, int),
    "maps": ("+", int),
    "zoom": (2, float),
    "blur": (2, float),
    "percentiles": (2, float),
    "statistics": ("+", _number_or_word),
    "frame_order": ("+", int),
}
_HELP = {
    "maps": "which maps are written, from 0, in this order; default all",
    "range": "first and last clip frame of what is written, from 0; default all",
}
# What each word of these is, and what a usage line calls it.
_TEXTS = {"roles": (5, "ROLE"), "window": ("+", "WINDOW"), "repairs": ("+", "REPAIR")}
_FLOATS = {
    "sigma", "stddev", "rate", "rotation", "translation", "shear", "clip_rate", "cutoff", "azimuth",
    "elevation", "learning_rate", "validation", "l2",
}  # fmt: skip
_WHOLE = {
    "frames", "height", "width", "order", "time_index", "count", "scale", "blur_taps", "start",
    "layers", "span", "stride", "epochs", "batch_size",
}  # fmt: skip
_PARTS: dict[str, type[Any]] = {
    "encoding": EncodingSettings,
    "filters": FilterSettings,
    "convolution": ConvolutionSettings,
    "render": RenderSettings,
    "export": ExportSettings,
    "training": TrainingSettings,
}
_NOT_OPTIONS = {"seed", "source", "preset", "model", "layer", "kernels", "edited_from"}


class UsageError(Exception):
    """The words of the command are wrong; one sentence."""


class Refused(Exception):
    """The command cannot be done; one sentence that names its file."""


def add_opening(parser: argparse.ArgumentParser) -> None:
    """Give the command the options of `vv.open`."""
    parser.add_argument("--axes", help="letters of the stored axes, such as HWD or THWC")
    parser.add_argument("--array", help="which array of an archive")
    parser.add_argument("--series", type=int, default=0, help="which series of several")
    parser.add_argument("--person", type=int, help="of a skeleton's persons this one, from 0")
    parser.add_argument("--unit", help=f"of a skeleton: {', '.join(UNITS)}")
    parser.add_argument("--up", help=f"of a skeleton: {', '.join(UPS)}")
    parser.add_argument("--frame-rate", type=float, help="frames per second of the file")
    parser.add_argument("--voxels", type=int, help="of a point cloud: cells of the longest side")
    parser.add_argument("--cloud", help="of a point cloud: count, occupancy, color or a value")
    parser.add_argument(
        "--stack", action="store_true", help="all FILEs are one source, over time, as given"
    )
    parser.add_argument("--allow-large", action="store_true", help="go on where memory is short")


def add_settings(parser: argparse.ArgumentParser, *parts: str) -> None:
    """Give the command every field of its settings as an option of the same name."""
    add_opening(parser)
    parser.add_argument("--seed", type=int, help="every seed")
    parser.set_defaults(parts=parts)
    if "filters" in parts:
        kinds = "random | preset:NAME | MODEL:LAYER"
        parser.add_argument("--filters", default="random", metavar=kinds)
    for part in parts:
        group = parser.add_argument_group(part)
        for item in fields(_PARTS[part]):
            if item.name not in _NOT_OPTIONS:
                _add_option(group, item.name, item.default)


def _add_option(group: Any, name: str, default: Any) -> None:
    option = "--" + name.replace("_", "-")
    text = _HELP.get(name, "" if default is None else f"default {default}")
    if isinstance(default, bool):
        group.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=text)
    elif name in _WORDS:
        words, kind = _WORDS[name]
        group.add_argument(option, nargs=words, type=kind, metavar="N", help=text)
    elif name in _TEXTS:
        count, shown = _TEXTS[name]
        kind = _plane if name == "roles" else str
        group.add_argument(option, nargs=count, type=kind, metavar=shown, help=text)
    elif name == "spacing":
        group.add_argument(option, nargs="+", type=_millimeters, metavar="MM", help=text)
    elif name == "depth":
        group.add_argument(option, type=_plane, metavar="PLANE", help=text)
    else:
        kind = float if name in _FLOATS else int if name in _WHOLE else str
        group.add_argument(option, type=kind, metavar="VALUE", help=text)


def _plane(word: str) -> str | int:
    return int(word) if word.isdigit() else word


def _millimeters(word: str) -> str | float:
    """One of the numbers of `spacing`; other words are refused with the settings' own sentence."""
    try:
        return float(word)
    except ValueError:
        return word


def choices_of(options: argparse.Namespace) -> Choices:
    """Return what the options choose.

    Raises
    ------
    UsageError
        where a value is wrong, or planned and not built yet
    """
    try:
        made = {part: _settings(options, part) for part in _PARTS}
        made["filters"] = _filters(options, made["filters"])
        return Choices(**made)
    except ValueError as error:
        raise UsageError(str(error)) from error


def openings_of(options: argparse.Namespace) -> list[Opening]:
    """Return the files that the command names, and how they shall be opened.

    Raises
    ------
    UsageError
        where a correction cannot be meant
    """
    files = options.files
    stacks = [(files[0], tuple(files[1:]) or None)] if options.stack and files else None
    try:
        return [
            Opening(
                file, options.axes, options.array, options.series, options.person, options.unit,
                options.up, options.frame_rate, options.voxels, options.cloud, stack,
            )
            for file, stack in stacks or [(file, None) for file in files]
        ]  # fmt: skip
    except ValueError as error:
        raise UsageError(str(error)) from error


def _settings(options: argparse.Namespace, part: str) -> Any:
    """The settings of a part; those that the command has no options for get the seed alone.

    `--kernel` of a command without training is no kernel of a training.
    """
    given = {}
    for item in fields(_PARTS[part]):
        value = getattr(options, item.name, None)
        meant = item.name == "seed" or part in options.parts
        if not meant or item.name in _NOT_OPTIONS - {"seed"} or value is None:
            continue
        if item.name == "statistics" and len(value) == 1:
            value = value[0]  # "clip" or "sources"
        given[item.name] = tuple(value) if isinstance(value, list) else value
    if "window" in given:
        given["window"] = _window(given["window"])
    return _PARTS[part](**given)


def _window(words: tuple[str, ...]) -> tuple[float, float]:
    """A center and a width, or the name of a window of computed tomography."""
    from voxviewer.windows import CT_WINDOWS

    if len(words) == 1 and words[0] in CT_WINDOWS:
        return CT_WINDOWS[words[0]]
    try:
        center, width = (float(word) for word in words)
    except ValueError:
        raise ValueError(
            f"--window {' '.join(words)} is not known; give its center and width, such as 40 80, "
            f"or one of: {', '.join(CT_WINDOWS)}"
        ) from None
    return center, width


def _filters(options: argparse.Namespace, settings: FilterSettings) -> FilterSettings:
    """Read `--filters random | preset:NAME | MODEL:LAYER`."""
    word = getattr(options, "filters", "random")
    if word == "random":
        return settings
    if word.startswith("preset:"):
        return replace(settings, source="preset", preset=word.partition(":")[2])
    match = MODEL_AND_LAYER.fullmatch(word)
    if match is None:
        raise ValueError(
            f"--filters {word!r} is not known; use random, preset:NAME such as preset:edges, or "
            "MODEL:LAYER such as net.keras:conv3d"
        )
    return replace(settings, source="model", model=match["model"], layer=match["layer"])
