"""What each command of the terminal does; the words it got are read in `options`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxviewer.files import SourceError
from voxviewer.options import UsageError, choices_of, openings_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from voxviewer.export import Saved
    from voxviewer.flow import Walk
    from voxviewer.settings import Choices, Opening


def run_open(options: argparse.Namespace) -> int:
    """Open the window, or save a picture of it."""
    choices = choices_of(options)
    if options.gif and not options.screenshot:
        raise UsageError("--gif needs --screenshot: without it the window's Export does it.")
    if options.gif and not options.files:
        raise UsageError("--gif needs a FILE: the welcome screen has no maps.")
    from voxviewer.gui.app import run

    return run(
        openings_of(options),
        choices,
        screenshot=options.screenshot,
        gif=options.gif,
        size=tuple(options.size) if options.size else None,
        theme_name=options.theme,
        allow_large=options.allow_large,
    )


def run_info(options: argparse.Namespace) -> int:
    """Say what files are; what cannot be read is said too, and the others go on."""
    from voxviewer.sources import same_opening
    from voxviewer.sources.describe import describe, describe_in_words

    status = 0
    for opening in openings_of(options):
        try:
            source = same_opening(opening, allow_large=options.allow_large)
            facts = describe(source, opening.path)
        except SourceError as error:
            print(f"voxviewer: {error}", file=sys.stderr)
            status = 1
            continue
        print(json.dumps(facts, allow_nan=False) if options.json else describe_in_words(facts))
    return status


def run_encode(options: argparse.Namespace) -> int:
    """Save the tensor of one file, or the batch of several."""
    from voxviewer.encoding import batch
    from voxviewer.export import save_tensor
    from voxviewer.export.tensors import check_output
    from voxviewer.flow import encode_file

    choices = choices_of(options)
    check_output(options.output)

    def work(opening: Opening) -> Any:
        return encode_file(opening, choices.encoding, allow_large=options.allow_large)

    clips = _each(options, work)
    what = clips[0] if len(clips) == 1 else batch(clips)
    more = () if len(clips) == 1 else clips
    _say_saved(save_tensor(what, options.output, sources=openings_of(options), clips=more))
    return 0


def run_convolve(options: argparse.Namespace) -> int:
    """Save the feature maps of one file as a GIF or tensor, or those of several as a batch."""
    from voxviewer.flow import walk

    choices = choices_of(options)
    _check_maps_output(options)
    _say_what_the_layer_wants(choices)

    def work(opening: Opening) -> Walk:
        return walk(
            opening,
            choices.encoding,
            choices.filters,
            choices.convolution,
            allow_large=options.allow_large,
        )

    walks = _each(options, work)
    _say_saved(_save_maps(walks, options, choices))
    if options.json:
        print(json.dumps(_figures(walks), allow_nan=False))
    return 0


def run_model(options: argparse.Namespace) -> int:
    """List a model file's layers; nothing in it is executed."""
    from voxviewer.networks.model_files import describe_model, inspect_model

    facts = inspect_model(options.model)
    print(json.dumps(facts, allow_nan=False) if options.json else describe_model(facts))
    return 0


def run_batch(_: argparse.Namespace) -> int:
    """Refuse: it is planned."""
    raise UsageError(
        "batch is planned but not built yet; use 'encode' with several FILEs, or a shell loop"
    )


def _each(options: argparse.Namespace, work: Callable[[Opening], Any]) -> list[Any]:
    """Do the work for every file; a sentence without a file gets the file's name."""
    results = []
    for opening in openings_of(options):
        try:
            results.append(work(opening))
        except (ValueError, RuntimeError) as error:
            raise SourceError(opening.path, str(error)) from error
    return results


def _check_maps_output(options: argparse.Namespace) -> None:
    """Refuse an ending that cannot be written before the work, not after it."""
    from voxviewer.export.outputs import FILMS, TENSORS, require_suffix

    suffix = require_suffix(options.output, FILMS + TENSORS)
    if suffix in FILMS and len(options.files) > 1:
        raise UsageError("A GIF shows one file; give one FILE, or an OUT that ends in .npy or .npz")


def _save_maps(walks: list[Walk], options: argparse.Namespace, choices: Choices) -> Saved:
    from voxviewer.encoding.batching import batch_maps
    from voxviewer.export import save_gif, save_tensor
    from voxviewer.export.outputs import FILMS, suffix_of

    maps = [walk.features for walk in walks]
    if suffix_of(options.output) not in FILMS:
        return save_tensor(
            maps[0] if len(maps) == 1 else batch_maps(maps),
            options.output,
            sources=openings_of(options),
            clips=() if len(maps) == 1 else [walk.clip for walk in walks],
            filters=choices.filters,
        )
    export = choices.export
    return save_gif(
        maps[0],
        options.output,
        rate=export.rate,
        settings=choices.render,
        maps=export.maps,
        range=export.range,
        scale=export.scale,
    )


def _figures(walks: list[Walk]) -> dict[str, Any]:
    """Return the line that ends `convolve --json`; several files have a batch axis in front."""
    first, count = walks[0], len(walks)
    batch = [] if count == 1 else [count]
    seconds: dict[str, float] = {}
    differences = []
    for walk in walks:
        results = [walk.features]
        if walk.comparison is not None:
            results.append(walk.comparison.keras)
            differences.append(walk.comparison.max_difference)
        for maps in results:
            seconds[maps.engine] = seconds.get(maps.engine, 0.0) + maps.seconds
    return {
        "clip": [*batch, *first.clip.data.shape],
        "maps": [*batch, *first.features.data.shape],
        "seconds": seconds,
        "max_difference": max(differences, default=None),
    }


def _say_saved(saved: Saved) -> None:
    print(f"{Path(saved.path).name}: {' '.join(saved.sentences)}")


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
            words = f"note: {filters.layer} has {name} {theirs}, this run uses {ours}"
            print(f"voxviewer: {words}", file=sys.stderr)
