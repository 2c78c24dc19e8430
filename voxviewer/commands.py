"""What each command of the terminal does; the words it got are read in `options`."""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxviewer.files import (
    SourceError,
    TooLargeError,
    available_memory,
    printable,
    require_memory,
    require_place,
    size_text,
)
from voxviewer.options import Refused, UsageError, choices_of, openings_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from voxviewer.data import Source
    from voxviewer.export import Saved
    from voxviewer.flow import Walk
    from voxviewer.settings import Choices, Opening


def say(text: str, status: int = 0) -> int:
    """Print one line on standard error, where there is one; returns the status."""
    if sys.stderr is not None:  # `2>&-`; print would take standard output
        words = " ".join(text.split()).replace("Allow large files", "Add --allow-large")
        print(f"voxviewer: {words}", file=sys.stderr)
    return status


def run_open(options: argparse.Namespace) -> int:
    """Open the window, or save a picture of it."""
    choices = choices_of(options)
    if options.gif and not options.screenshot:
        raise UsageError("--gif needs --screenshot: without it the window's Export does it.")
    if options.gif and not options.files:
        raise UsageError("--gif needs a FILE: the welcome screen has no maps.")
    _require_screen(options.screenshot)
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


def _require_screen(screenshot: str | None) -> None:
    """Without a screen Qt ends the process: say so instead; a picture needs none."""
    named = any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if named or sys.platform in ("win32", "darwin"):
        return
    if screenshot is None:
        raise Refused(
            "there is no screen to open a window on; use open FILE --screenshot P.png, info, "
            "encode or convolve"
        )
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # That platform warns of what it cannot do at every window.
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")


def run_info(options: argparse.Namespace) -> int:
    """Say what files are; what cannot be read is said too, and the others go on."""
    from voxviewer.sources import same_opening
    from voxviewer.sources.describe import describe, describe_in_words

    status = 0
    for opening in openings_of(options):
        try:
            source = same_opening(opening, allow_large=options.allow_large)
            _require_patience(source, options.allow_large)
            facts = describe(source, opening.path)
        except (SourceError, ValueError) as error:
            named = error if isinstance(error, SourceError) else f"{opening.path}: {error}"
            status = say(str(named), 1)
            continue
        print(json.dumps(facts, allow_nan=False) if options.json else describe_in_words(facts))
    return status


def _require_patience(source: Source, allow_large: bool) -> None:
    """Refuse to look through a file that is larger than memory for its range, unless asked to."""
    size, free = source.facts.nbytes, available_memory()
    if source.facts.lazy and size > free / 2 and not allow_large:
        raise TooLargeError(
            source.opening.path,
            f"holds {size_text(size)}, over half of the free memory of {size_text(free)}",
            "Allow large files to look through all of it",
            askable=True,
        )


def run_encode(options: argparse.Namespace) -> int:
    """Save the tensor of one file, or the batch of several."""
    from voxviewer.encoding import batch
    from voxviewer.export import save_tensor
    from voxviewer.export.outputs import TENSORS
    from voxviewer.flow import encode_file

    choices = choices_of(options)
    _check_output(options, TENSORS)
    choices = _with_common_statistics(options, choices)

    def work(opening: Opening) -> Any:
        return encode_file(opening, choices.encoding, allow_large=options.allow_large)

    clips = _each(options, work)
    what = clips[0] if len(clips) == 1 else batch(clips)
    more = () if len(clips) == 1 else clips
    _say_saved(save_tensor(what, options.output, sources=openings_of(options), clips=more))
    return 0


def _with_common_statistics(options: argparse.Namespace, choices: Choices) -> Choices:
    """`--statistics sources`: numbers of all files together, which then stand in the JSON file."""
    from voxviewer.flow import with_common_statistics

    encoding = with_common_statistics(
        openings_of(options), choices.encoding, allow_large=options.allow_large
    )
    return replace(choices, encoding=encoding)


def run_convolve(options: argparse.Namespace) -> int:
    """Save the feature maps of one file as a GIF or tensor, or those of several as a batch."""
    from voxviewer.export.outputs import FILMS, TENSORS
    from voxviewer.flow import walk

    choices = choices_of(options)
    if _check_output(options, FILMS + TENSORS) in FILMS and len(openings_of(options)) > 1:
        raise UsageError("A GIF shows one file; give one FILE, or an OUT that ends in .npy or .npz")
    notes = _notes_of_the_layer(choices)
    choices = _with_common_statistics(options, choices)

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
    notes += [maps.network.note for maps in (walks[0].features,) if maps.network is not None]
    for note in filter(None, notes):  # after the work: a command that fails says one line
        say(note)
    if options.json:
        print(json.dumps(_figures(walks), allow_nan=False))
    return 0


def run_model(options: argparse.Namespace) -> int:
    """List a model file's layers, nothing in it is executed; say why it cannot be run."""
    from voxviewer.networks.model_files import describe_model, inspect_model

    facts = inspect_model(options.model)
    print(json.dumps(facts, allow_nan=False) if options.json else describe_model(facts))
    return say(facts["problem"], 1) if facts["problem"] else 0


def run_batch(_: argparse.Namespace) -> int:
    """Refuse: it is planned."""
    raise UsageError(
        "batch is planned but not built yet; use 'encode' with several FILEs, or a shell loop"
    )


def _each(options: argparse.Namespace, work: Callable[[Opening], Any]) -> list[Any]:
    """Do the work for every file; a sentence without a file gets the file's name."""
    results: list[Any] = []
    openings = openings_of(options)
    for opening in openings:
        try:
            results.append(work(opening))
        except (ValueError, RuntimeError) as error:
            raise SourceError(opening.path, str(error)) from error
        if len(results) == 1 < len(openings):
            _require_room_for_all(results[0], openings, options.allow_large)
    return results


def _require_room_for_all(first: Any, openings: Sequence[Opening], allow_large: bool) -> None:
    """Refuse a batch that does not fit, by its first item: all of them, and the batch itself."""
    data = getattr(first, "features", first).data
    needed = 2 * data.nbytes * len(openings)
    what = f"a batch of {len(openings)} like it"
    require_memory(needed, openings[0].path, what, allow_large=allow_large)


def _check_output(options: argparse.Namespace, built: tuple[str, ...]) -> str:
    """Return OUT's ending; refuse what cannot be written before the work, not after it."""
    from voxviewer.export.outputs import require_suffix

    try:
        suffix = require_suffix(options.output, built)
    except ValueError as error:
        raise Refused(str(error)) from error
    target, _ = require_place(options.output)
    for file in options.files:
        with suppress(OSError, ValueError):
            if target.samefile(file):
                raise Refused(f"{printable(target.name)}: is the input itself. Give another OUT.")
    return suffix


def _save_maps(walks: list[Walk], options: argparse.Namespace, choices: Choices) -> Saved:
    from voxviewer.encoding.batching import batch_maps
    from voxviewer.export import save_gif, save_tensor
    from voxviewer.export.choosing import select_maps
    from voxviewer.export.outputs import FILMS, suffix_of

    maps, export = [walk.features for walk in walks], choices.export
    if suffix_of(options.output) not in FILMS:
        maps = [select_maps(one, export.maps, export.range) for one in maps]
        return save_tensor(
            maps[0] if len(maps) == 1 else batch_maps(maps),
            options.output,
            sources=openings_of(options),
            clips=() if len(maps) == 1 else maps,
            filters=choices.filters,
        )
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
            if math.isfinite(walk.comparison.max_difference):  # strict JSON has no other word
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
    print(f"{printable(Path(saved.path).name)}: {' '.join(saved.sentences)}")


def _notes_of_the_layer(choices: Choices) -> list[str]:
    """A layer gives kernels, bias and activation; what says where it runs them otherwise."""
    filters, chosen = choices.filters, choices.convolution
    if filters.source != "model" or filters.through:
        return []
    from voxviewer.networks.model_files import read_bank

    wants = read_bank(str(filters.model), str(filters.layer))[1]
    notes = []
    for name in ("padding", "strides", "dilation"):
        theirs, ours = getattr(wants, name), getattr(chosen, name)
        if theirs != ours:
            notes.append(f"note: {filters.layer} has {name} {theirs}, this run uses {ours}")
    return notes
