"""What a source is, as pairs of a label and words: decided from the noun, no widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import Skeleton, Volume
from voxviewer.files import size_text
from voxviewer.gui.panels.words import TIMES, millimeters
from voxviewer.render.limits import number
from voxviewer.sources.describe import timing

if TYPE_CHECKING:
    from voxviewer.data import Source
    from voxviewer.sources.figures import Figures

LETTERS = {"X": "x y z"}
WAITING = "…"


def subtitle(source: Source) -> str:
    """Return where it comes from: "sample, made by the program, seed 7", or the folder."""
    if source.opening.path.startswith("sample:"):
        return source.facts.format
    folder = str(Path(source.opening.path).parent)
    return folder if folder != "." else source.facts.format


def facts(source: Source, figures: Figures | None) -> list[tuple[str, str]]:
    """Return the source's facts for people; whole-array figures are "…" until they are there."""
    stored = source.facts
    lines = [
        ("Kind", stored.description),
        ("Shape", f"({', '.join(str(n) for n in stored.stored_shape)})"),
        ("Axes", ", ".join(LETTERS.get(axis, axis) for axis in stored.stored_axes)),
        ("Values", values_words(source, figures)),
    ]
    if isinstance(source, Volume):
        lines.append(("Mean", mean_words(figures)))
        if source.voxels.dtype.kind == "f":  # whole numbers are finite
            lines.append(("Not finite", not_finite_words(figures)))
    lines += _space(source) if isinstance(source, Volume) else _people(source, figures)
    rate = rate_words(source)
    if rate and isinstance(source, Volume):
        lines.append(("Rate", rate))
    where = "on disk" if stored.lazy else "in memory"
    lines.append(("Size", f"{size_text(stored.nbytes)}, {where}"))
    if not source.opening.path.startswith("sample:"):
        lines.append(("Format", stored.format))
    return lines


def values_words(source: Source, figures: Figures | None) -> str:
    """Return "uint8, 6 – 251", and what is not finite; the range is "…" while it is computed."""
    dtype = source.facts.stored_dtype
    if figures is None:
        return f"{dtype}, {WAITING}"
    if figures.low is None or figures.high is None:
        return f"{dtype}, nothing finite"
    return f"{dtype}, {number(figures.low)} – {number(figures.high)}"


def mean_words(figures: Figures | None) -> str:
    """Return the mean of the finite values; "…" while it is computed."""
    if figures is None:
        return WAITING
    return number(figures.mean) if figures.mean is not None else "none"


def not_finite_words(figures: Figures | None) -> str:
    """Return "3 NaN, 2 infinite", or "none"; "…" while they are counted."""
    if figures is None:
        return WAITING
    counts = ((figures.nan, "NaN"), (figures.inf, "infinite"))
    return ", ".join(f"{count} {name}" for count, name in counts if count) or "none"


def _space(source: Volume) -> list[tuple[str, str]]:
    """Spacing and extent along the stored axes i, j, k, and which way they run."""
    if source.spacing is None:
        return []
    depth, height, width = source.spacing
    _, D, H, W, _ = source.shape
    lines = [
        ("Spacing", millimeters((height, width, depth))),
        ("Extent", _extent((H * height, W * width, D * depth))),
    ]
    letters = _orientation(source)
    return [*lines, ("Direction", f"i, j, k to {letters}")] if letters else lines


def _extent(lengths: tuple[float, float, float]) -> str:
    if min(lengths) < 10:
        return millimeters(lengths)
    return f" {TIMES} ".join(f"{length:.0f}" for length in lengths) + " mm"


def _orientation(source: Volume) -> str:
    """The letters of i, j, k with the plus that says which sense of them: "RAS+"."""
    if source.affine is None:
        return ""
    from voxviewer.sources.layout import orientation

    letters = orientation(source)
    return f"{letters}+" if letters else ""


def _people(source: Skeleton, figures: Figures | None) -> list[tuple[str, str]]:
    """Frames, joints, persons and how much was not seen; the import card has the rest."""
    T, P, J, _ = source.shape
    people = "" if P == 1 else f" of {P} people"
    bones = len(source.topology.bones)
    lines = [
        ("Frames", str(T)),
        ("Joints", f"{J}{people}" + (f", {bones} bones" if bones else "")),
    ]
    return [*lines, ("Missing", missing_words(source, figures))]


def missing_words(source: Skeleton, figures: Figures | None) -> str:
    """Return "none", or "2.5 % of joints, wrist most"."""
    if figures is None or figures.missing is None:
        return WAITING
    share = float(np.mean(figures.missing)) if figures.missing.size else 0.0
    if share == 0:
        return "none"
    worst = int(np.argmax(figures.missing))
    names = source.topology.names
    name = names[worst] if worst < len(names) else f"joint {worst}"
    percent = f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"
    return f"{percent}, {name} most"


def rate_words(source: Source) -> str:
    """Return "12 fps, 1.33 s"; empty where nothing is known of time."""
    rate, duration = timing(source.times)
    if rate is None or duration is None:
        return ""
    if rate < 0.95:
        return f"every {number(1 / rate)} s, {number(duration)} s"
    return f"{number(rate)} fps, {number(duration)} s"
