"""`voxviewer explain` and `voxviewer recurrent`: where an answer comes from; recurrent networks."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxviewer.files import printable, require_place
from voxviewer.options import Refused, UsageError, add_settings, choices_of, openings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.data import Clip
    from voxviewer.learning.gathering import Piece
    from voxviewer.networks.forms import RecurrentForm
    from voxviewer.networks.heat import Heat
    from voxviewer.networks.recurrent_nouns import RecurrentFit
    from voxviewer.settings import RecurrentSettings

ENDING = ".keras"
PREFIX = "network_"
HEAD = ("form", "one time step", "state", "parameters", "multiply-adds")


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add both commands; `add` is `add_parser` of the program's."""
    _add_explain(add("explain", help="where in a clip a model's answer comes from"))
    _add_recurrent(add("recurrent", help="what recurrent networks cost; fit one to clips"))


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs=1, metavar="FILE")
    parser.add_argument("--model", required=True, help="a .keras or .h5 file with classes")
    words = ".npy, .npz or .gif: the heat (T, H, W, 1)"
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help=words)
    parser.add_argument("--method", choices=("grad-cam", "occlusion"), default="grad-cam")
    parser.add_argument("--target", type=int, help="the class; default the predicted one")
    parser.add_argument("--layer", help="of Grad-CAM; default the last Conv3D")
    parser.add_argument("--box", nargs=3, type=int, metavar="N", help="of occlusion: T H W")
    parser.add_argument("--step", nargs=3, type=int, metavar="N", help="from box to box: T H W")
    parser.add_argument("--baseline", type=float, help="what a box is filled with; default mean")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    add_settings(parser, "encoding")
    parser.set_defaults(run=run_explain)


def _add_recurrent(parser: argparse.ArgumentParser) -> None:
    from voxviewer.settings import RecurrentSettings

    words = "a clip, or the folder with a folder for each class; none with --targets"
    parser.add_argument("files", nargs="*", metavar="FILE", help=words)
    parser.add_argument("-o", "--output", metavar="OUT.keras", help="fit a network and save it")
    parser.add_argument("--targets", help="a CSV file with the columns file and target")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    add_settings(parser, "encoding")
    group = parser.add_argument_group("network")
    for item in fields(RecurrentSettings):
        if item.name == "seed":  # every command has it
            continue
        option, text = f"--{item.name.replace('_', '-')}", f"default {item.default}"
        more: dict[str, Any] = {"type": type(item.default), "metavar": "VALUE"}
        if isinstance(item.default, bool):
            more = {"action": argparse.BooleanOptionalAction, "default": None}
        # Filters and kernels are words of other settings, too.
        group.add_argument(option, dest=PREFIX + item.name, help=text, **more)
    parser.set_defaults(run=run_recurrent)


def run_explain(options: argparse.Namespace) -> int:
    """Save heat, and say what the model says."""
    from voxviewer.export.outputs import FILMS, TENSORS, require_suffix
    from voxviewer.flow import encode_file

    choices = choices_of(options)
    try:
        suffix = require_suffix(options.output, FILMS + TENSORS)
    except ValueError as error:
        raise Refused(str(error)) from error
    require_place(options.output)
    clip = encode_file(openings_of(options)[0], choices.encoding, allow_large=options.allow_large)
    heat = _heat(options, clip)
    _save(heat, options, suffix in FILMS)
    score = float(heat.scores[heat.target])
    print(
        f"{printable(Path(options.output).name)}: class {heat.target} ({score:.3g}). {heat.words}."
    )
    if options.json:
        print(json.dumps(_heat_facts(heat), allow_nan=False))
    return 0


def _heat(options: argparse.Namespace, clip: Clip) -> Heat:
    from voxviewer.networks.explaining import grad_cam, occlusion

    large = options.allow_large
    if options.method == "grad-cam":
        return grad_cam(clip, options.model, options.layer, options.target, allow_large=large)
    return occlusion(
        clip, options.model, options.target, box=options.box, stride=options.step,
        baseline=options.baseline, allow_large=large,
    )  # fmt: skip


def _save(heat: Heat, options: argparse.Namespace, film: bool) -> None:
    from voxviewer.export import save_gif, save_tensor
    from voxviewer.network_maps import heat_maps

    if film:
        save_gif(heat_maps(heat), options.output)
    else:
        save_tensor(heat_maps(heat), options.output, sources=openings_of(options))


def _heat_facts(heat: Heat) -> dict[str, Any]:
    return {
        "method": heat.method,
        "model": heat.model,
        "layer": heat.layer,
        "target": heat.target,
        "scores": [float(score) for score in heat.scores],
        "shape": list(heat.data.shape),
        "largest": float(heat.data.max()),
        "lowest": float(heat.data.min()),
        "made_with": dict(heat.made_with),
    }


def run_recurrent(options: argparse.Namespace) -> int:
    """Show what each form costs; with an output fit one, too."""
    from voxviewer.learning.teaching import encoded
    from voxviewer.networks.forms import recurrent_forms

    choices, settings = choices_of(options), _network(options)
    if options.output is not None and not options.output.lower().endswith(ENDING):
        raise Refused(f"{printable(options.output)}: a model is saved as {ENDING}; name it so.")
    pieces = _pieces(options)
    wanted = pieces if options.output else pieces[:1]
    clips = encoded(wanted, choices.encoding, lambda *_: None, options.allow_large)
    targets = [piece.target for piece in pieces]
    numbers = targets[0] is not None and all(isinstance(one, float) for one in targets)
    classes = 0 if numbers else max(len(set(targets)), 2)
    forms = recurrent_forms(clips[0].shape, len(clips), settings, classes)
    print(json.dumps(_costs(forms)) if options.json else _table(forms))
    return _fit(clips, targets, settings, options) if options.output else 0


def _network(options: argparse.Namespace) -> RecurrentSettings:
    from voxviewer.settings import RecurrentSettings

    names = [item.name for item in fields(RecurrentSettings)]
    said = {name: getattr(options, PREFIX + name, None) for name in names} | {"seed": options.seed}
    given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    try:
        return RecurrentSettings(**given)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _pieces(options: argparse.Namespace) -> Sequence[Piece]:
    """The clips and their targets; without an output one clip is enough."""
    from voxviewer.learning.gathering import Piece, gather
    from voxviewer.settings import TrainingSettings

    openings = openings_of(options)
    if options.targets is not None:
        return gather(openings or None, TrainingSettings(task="targets", targets=options.targets))
    if len(openings) == 1 and Path(openings[0].path).is_dir() and options.output:
        return gather(openings[0], TrainingSettings(task="classes"))
    if not openings or options.output:
        raise UsageError(
            "recurrent needs a FILE to show sizes for, and to fit a folder with a folder for each "
            "class, or --targets CSV."
        )
    return [Piece(opening) for opening in openings]


def _costs(forms: Sequence[RecurrentForm]) -> list[dict[str, Any]]:
    return [
        {
            "form": form.key,
            "shape": list(form.shape),
            "state": list(form.state),
            "parameters": form.parameters,
            "multiply_adds": form.work,
            "problem": form.problem or None,
        }
        for form in forms
    ]


def _table(forms: Sequence[RecurrentForm]) -> str:
    """All forms as a table for a terminal."""
    rows = [HEAD]
    for form in forms:
        sizes = ("x".join(map(str, form.shape[2:])), "x".join(map(str, form.state)))
        costs = (f"{form.parameters:,}", f"{form.work:,}")
        rows.append((form.key, *sizes, *((form.problem, "") if form.problem else costs)))
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(map(str.rstrip, lines))


def _fit(
    clips: Sequence[Clip],
    targets: Sequence[Any],
    settings: RecurrentSettings,
    options: argparse.Namespace,
) -> int:
    """Fit and save, a line now and then."""
    from voxviewer.networks.recurrent import fit_recurrent, save_recurrent

    require_place(options.output)

    def watch(fit: RecurrentFit) -> None:
        if not options.json:
            print(_course(fit), flush=True)

    large = options.allow_large
    fit = fit_recurrent(clips, targets, settings, watch=watch, allow_large=large)
    save_recurrent(fit, options.output)
    if options.json:
        record = {"history": fit.history[:, :2].tolist(), "classes": list(fit.classes)}
        print(json.dumps({**record, "made_with": dict(fit.made_with)}))
    else:
        print(f"{printable(Path(options.output).name)}: {fit.form.title}, {fit.seconds:.1f} s")
    return 0


def _course(fit: RecurrentFit) -> str:
    loss, right, held, held_right = fit.history[-1].tolist()
    parts = [f"epoch {fit.epochs}/{fit.settings.epochs}: loss {loss:.4g}"]
    parts += [f"{100 * right:.0f} % right"] if right == right else []  # NaN: there is none
    parts += [f"held out {held:.4g}"] if held == held else []
    parts += [f"{100 * held_right:.0f} % right"] if held_right == held_right else []
    return ", ".join(parts)
