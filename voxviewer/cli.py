"""The same street from a terminal: the window, open, info, encode, convolve, model, batch.

Every field of a settings class is an option of the same name. Exit status 0; 1 with one line on
standard error that names the file and says what to do; 2 for wrong usage. Values and commands that
are not built yet are refused in one sentence.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from voxviewer import __version__
from voxviewer.files import SourceError
from voxviewer.settings import (
    Choices,
    ConvolutionSettings,
    EncodingSettings,
    ExportSettings,
    FilterSettings,
    Opening,
    RenderSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.data import Clip
    from voxviewer.flow import Walk

COMMANDS = ("open", "info", "encode", "convolve", "model", "batch")
MODEL_AND_LAYER = re.compile(r"(?P<model>.*\.(?:keras|h5|hdf5)):(?P<layer>[^:]+)", re.IGNORECASE)

# Options whose words are not one plain value: how many words, and of which type.
_WORDS: dict[str, tuple[int | str, Callable[[str], Any]]] = {
    "kernel": (3, int),
    "strides": (3, int),
    "dilation": (3, int),
    "limits": (2, float),
    "range": (2, int),
    "maps": ("+", int),
}
_FLOATS = {"sigma", "stddev", "rate"}
_WORDS_OF_TEXT = {
    "grid", "time_axis", "channels", "normalize", "combine", "center", "plane", "fit",
    "pseudo_depth", "length", "initializer", "engine", "padding", "mode", "colormap", "scaling",
}  # fmt: skip
_PARTS: dict[str, type[Any]] = {
    "encoding": EncodingSettings,
    "filters": FilterSettings,
    "convolution": ConvolutionSettings,
    "render": RenderSettings,
    "export": ExportSettings,
}
_NOT_OPTIONS = {"seed", "source", "preset", "model", "layer", "kernels"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--worker"]:
        return _serve(words[1:])
    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        words = ["open", *words]
    try:
        options = _parser().parse_args(words)
        return int(options.run(options))
    except _UsageError as error:
        return _say(f"voxviewer: {error}", 2)
    except SourceError as error:
        return _say(f"voxviewer: {error}", 1)
    except (ValueError, RuntimeError, MemoryError) as error:
        return _say(f"voxviewer: {_subject(words)}{error or type(error).__name__}", 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`); that is its right.
        sys.stderr.close()
        return 0


class _UsageError(Exception):
    """The words of the command are wrong; one sentence."""


class _Parser(argparse.ArgumentParser):
    """argparse, but one line instead of a page where the usage is wrong."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message}. See '{self.prog} --help'.")


def _say(text: str, status: int) -> int:
    print(" ".join(text.split()), file=sys.stderr)
    return status


def _subject(words: Sequence[str]) -> str:
    """Name the file that a sentence without one is about."""
    for word in words[1:]:
        if not word.startswith("-"):
            return f"{Path(word).name or word}: "
    return ""


def _serve(words: Sequence[str]) -> int:
    """A frozen program starts itself as its own worker process."""
    if list(words[:1]) != ["networks"]:
        return _say("voxviewer: --worker is for the program itself", 2)
    from voxviewer.networks.worker import main as serve

    serve()
    return 0


# the words


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="voxviewer",
        description="See 3D and spatio-temporal data become the tensor a Keras Conv3D is fed.",
        epilog="`voxviewer FILE ...` opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"voxviewer {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    add = commands.add_parser("open", help="the window, or a picture of it")
    add.add_argument("files", nargs="*", metavar="FILE")
    add.add_argument("--screenshot", metavar="P.png", help="load, run once, save a picture, close")
    add.add_argument("--gif", metavar="P.gif", help="with --screenshot: also export the maps")
    add.add_argument("--size", nargs=2, type=int, metavar=("W", "H"), help="of the window, pixels")
    add.add_argument("--theme", choices=("system", "light", "dark"), default="system")
    _add_settings(add, "encoding", "filters", "convolution", "render", "export")
    add.set_defaults(run=_open)

    add = commands.add_parser("info", help="what a file is")
    add.add_argument("files", nargs="+", metavar="FILE")
    add.add_argument("--json", action="store_true", help="one JSON object per file and line")
    _add_opening(add)
    add.set_defaults(run=_info)

    add = commands.add_parser("encode", help="files -> the tensor (T, H, W, C)")
    add.add_argument("files", nargs="+", metavar="FILE")
    add.add_argument("-o", "--output", required=True, metavar="OUT", help=".npy or .npz")
    _add_settings(add, "encoding")
    add.set_defaults(run=_encode)

    add = commands.add_parser("convolve", help="files -> feature maps")
    add.add_argument("files", nargs="+", metavar="FILE")
    add.add_argument("-o", "--output", required=True, metavar="OUT", help=".gif, .npy or .npz")
    add.add_argument("--json", action="store_true", help="end with one line of JSON")
    _add_settings(add, "encoding", "filters", "convolution", "render", "export")
    add.set_defaults(run=_convolve)

    add = commands.add_parser("model", help="the layers of a model file")
    add.add_argument("model", metavar="MODEL")
    add.add_argument("--json", action="store_true")
    add.set_defaults(run=_model)

    add = commands.add_parser("batch", help="a recipe over many files (not built yet)")
    add.add_argument("words", nargs="*")
    add.add_argument("-o", "--output")
    add.set_defaults(run=_batch)
    return parser


def _add_opening(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--axes", help="letters of the stored axes, such as HWD or THWC")
    parser.add_argument("--array", help="which array of an archive")
    parser.add_argument("--series", type=int, default=0, help="which series of several")
    parser.add_argument("--allow-large", action="store_true", help="go on where memory is short")


def _add_settings(parser: argparse.ArgumentParser, *parts: str) -> None:
    """Give the command every field of its settings as an option of the same name."""
    _add_opening(parser)
    parser.add_argument("--seed", type=int, help="every seed")
    if "filters" in parts:
        parser.add_argument("--filters", default="random", metavar="random | MODEL:LAYER")
    for part in parts:
        group = parser.add_argument_group(part)
        for item in fields(_PARTS[part]):
            if item.name not in _NOT_OPTIONS:
                _add_option(group, item.name, item.default)


def _add_option(group: Any, name: str, default: Any) -> None:
    option = "--" + name.replace("_", "-")
    text = "" if default is None else f"default {default}"
    if name == "antialias":
        group.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=text)
    elif name in _WORDS:
        words, kind = _WORDS[name]
        group.add_argument(option, nargs=words, type=kind, metavar="N", help=text)
    elif name == "depth":
        group.add_argument(option, type=_plane, metavar="PLANE", help=text)
    else:
        kind = str if name in _WORDS_OF_TEXT else float if name in _FLOATS else int
        group.add_argument(option, type=kind, metavar="VALUE", help=text)


def _plane(word: str) -> str | int:
    return int(word) if word.isdigit() else word


# words -> choices


def _choices(options: argparse.Namespace) -> Choices:
    """Return what the options choose; wrong values are wrong usage."""
    try:
        made = {part: _settings(options, part) for part in _PARTS}
        made["filters"] = _filters(options, made["filters"])
        return Choices(**made)
    except ValueError as error:
        raise _UsageError(str(error)) from error


def _settings(options: argparse.Namespace, part: str) -> Any:
    given = {}
    for item in fields(_PARTS[part]):
        value = getattr(options, item.name, None)
        if item.name in _NOT_OPTIONS - {"seed"} or value is None:
            continue
        given[item.name] = tuple(value) if isinstance(value, list) else value
    return _PARTS[part](**given)


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
            f"--filters {word!r} is not known; use random, or MODEL:LAYER such as net.keras:conv3d"
        )
    return replace(settings, source="model", model=match["model"], layer=match["layer"])


def _openings(options: argparse.Namespace) -> list[Opening]:
    return [
        Opening(file, axes=options.axes, array=options.array, series=options.series)
        for file in options.files
    ]


# the commands


def _open(options: argparse.Namespace) -> int:
    choices = _choices(options)
    if options.gif and not options.screenshot:
        raise _UsageError("--gif needs --screenshot: without it the window's Export does it.")
    if options.screenshot and not options.files:
        options.files = ["sample:waving-hand"]
    from voxviewer.gui.app import run

    return run(
        _openings(options),
        choices,
        screenshot=options.screenshot,
        gif=options.gif,
        size=tuple(options.size) if options.size else None,
        theme=options.theme,
        allow_large=options.allow_large,
    )


def _info(options: argparse.Namespace) -> int:
    from voxviewer.sources import same_opening
    from voxviewer.sources.describe import describe, describe_in_words

    status = 0
    for opening in _openings(options):
        try:
            source = same_opening(opening, allow_large=options.allow_large)
            facts = describe(source, opening.path)
        except SourceError as error:
            status = _say(f"voxviewer: {error}", 1)
            continue
        print(json.dumps(facts, allow_nan=False) if options.json else describe_in_words(facts))
    return status


def _encode(options: argparse.Namespace) -> int:
    from voxviewer.export import save_tensor
    from voxviewer.export.tensors import check_output

    choices = _choices(options)
    check_output(options.output)
    clips = _each(options, lambda opening: _encode_one(opening, choices, options))
    saved = save_tensor(clips[0] if len(clips) == 1 else _batch_of(clips), options.output)
    print(" ".join(saved.sentences))
    return 0


def _encode_one(opening: Opening, choices: Choices, options: argparse.Namespace) -> Clip:
    from voxviewer.flow import encode_file

    return encode_file(opening, choices.encoding, allow_large=options.allow_large)


def _batch_of(clips: list[Clip]) -> Any:
    from voxviewer.encoding import batch

    return batch(clips)


def _each(options: argparse.Namespace, work: Callable[[Opening], Any]) -> list[Any]:
    """Do the work for every file; a sentence without a file gets the file's name."""
    results = []
    for opening in _openings(options):
        try:
            results.append(work(opening))
        except (ValueError, RuntimeError) as error:
            raise SourceError(opening.path, str(error)) from error
    return results


def _convolve(options: argparse.Namespace) -> int:
    choices = _choices(options)
    gif = Path(options.output).suffix.lower() == ".gif"
    if gif and len(options.files) > 1:
        raise _UsageError(
            "A GIF shows one file; give one FILE, or an OUT that ends in .npy or .npz"
        )
    if not gif:
        from voxviewer.export.tensors import check_output

        check_output(options.output, "feature maps")
    _say_what_the_layer_wants(choices)
    walks: list[Walk] = _each(options, lambda opening: _walk(opening, choices, options))
    print(" ".join(_save_maps(walks, options.output, choices, gif)))
    if options.json:
        for walk in walks:
            print(json.dumps(_figures(walk), allow_nan=False))
    return 0


def _walk(opening: Opening, choices: Choices, options: argparse.Namespace) -> Walk:
    from voxviewer.flow import walk

    return walk(
        opening,
        choices.encoding,
        choices.filters,
        choices.convolution,
        allow_large=options.allow_large,
    )


def _save_maps(walks: list[Walk], output: str, choices: Choices, gif: bool) -> tuple[str, ...]:
    from voxviewer.export import save_gif, save_tensor

    maps = [walk.features for walk in walks]
    if gif:
        export = choices.export
        return save_gif(
            maps[0],
            output,
            rate=export.rate,
            settings=choices.render,
            maps=export.maps,
            range=export.range,
            scale=export.scale,
        ).sentences
    if len(maps) == 1:
        return save_tensor(maps[0], output).sentences
    from voxviewer.encoding.batching import batch_maps

    return save_tensor(batch_maps(maps), output).sentences


def _figures(walk: Walk) -> dict[str, Any]:
    """Return the line that ends `convolve --json`."""
    seconds = {walk.features.engine: walk.features.seconds}
    if walk.comparison is not None:
        seconds["keras"] = walk.comparison.keras.seconds
    difference = walk.comparison.max_difference if walk.comparison is not None else None
    return {
        "clip": list(walk.clip.data.shape),
        "maps": list(walk.features.data.shape),
        "seconds": seconds,
        "max_difference": difference,
    }


def _say_what_the_layer_wants(choices: Choices) -> None:
    """A layer gives kernels, bias and activation; say where it runs them otherwise than asked."""
    filters, chosen = choices.filters, choices.convolution
    if filters.source != "model":
        return
    from voxviewer.networks.model_files import read_bank

    wants = read_bank(str(filters.model), str(filters.layer))[1]
    for name in ("padding", "strides", "dilation"):
        theirs, ours = getattr(wants, name), getattr(chosen, name)
        if theirs != ours:
            _say(f"voxviewer: note: {filters.layer} has {name} {theirs}, this run uses {ours}", 0)


def _model(options: argparse.Namespace) -> int:
    from voxviewer.networks.model_files import describe_model, inspect_model

    facts = inspect_model(options.model)
    print(json.dumps(facts, allow_nan=False) if options.json else describe_model(facts))
    return 0


def _batch(options: argparse.Namespace) -> int:
    raise _UsageError(
        "batch is planned but not built yet; use 'encode' with several FILEs, or a shell loop"
    )


if __name__ == "__main__":
    sys.exit(main())
