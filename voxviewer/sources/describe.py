"""What a source is, as one plain object: the line that `info --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Skeleton, no_progress
from voxviewer.files import printable
from voxviewer.sources.figures import value_range
from voxviewer.sources.layout import orientation

if TYPE_CHECKING:
    from voxviewer.data import Float64, Progress, Source


def describe(source: Source, opening_path: str, progress: Progress = no_progress) -> dict[str, Any]:
    """Describe a source in plain values that strict JSON can hold (no NaN, no infinity).

    Parameters
    ----------
    source : what was opened
    opening_path : the path as it was given, which becomes `path`
    progress : the range takes a pass over all values

    Returns
    -------
    dict
        path, format, kind, shape, axes, dtype, range, spacing (mm; D, H, W), orientation, affine,
        rate (Hz), duration (s), for skeletons names, missing, unit, up; warnings. What is not known
        is None.
    """
    skeleton = isinstance(source, Skeleton)
    found = value_range(source, progress)
    values = source.joints if isinstance(source, Skeleton) else source.voxels
    rate, duration = timing(source.times)
    return {
        "path": opening_path,
        "format": source.facts.format,
        "kind": "skeleton" if skeleton else "volume",
        "shape": [int(length) for length in source.shape],
        "axes": "TPJ3" if skeleton else "TDHWC",
        "dtype": str(values.dtype),
        "range": None if found is None else list(found),
        **_place(source),
        "rate": rate,
        "duration": duration,
        **(_people(source) if isinstance(source, Skeleton) else {}),
        "warnings": list(source.facts.warnings),
    }


def timing(times: Float64 | None) -> tuple[float | None, float | None]:
    """Mean rate in Hz and duration in seconds (the last frame lasts one mean step), or None."""
    if times is None or len(times) < 2:
        return None, None
    span = float(times[-1] - times[0])
    if not np.isfinite(span) or span <= 0:
        return None, None
    step = span / (len(times) - 1)
    return round(1 / step, 6), round(span + step, 6)


def _place(source: Source) -> dict[str, Any]:
    """Spacing, orientation and affine, None for what has none."""
    if isinstance(source, Skeleton):
        return {"spacing": None, "orientation": None, "affine": None}
    affine = source.affine
    return {
        "spacing": None if source.spacing is None else [float(edge) for edge in source.spacing],
        "orientation": orientation(source),
        "affine": None if affine is None else [[float(x) for x in row] for row in affine],
    }


def _people(source: Skeleton) -> dict[str, Any]:
    missing = 1.0 - float(np.isfinite(source.joints).all(axis=-1).mean())
    return {
        "names": list(source.topology.names),
        "missing": missing,
        "unit": source.unit,
        "up": source.up,
    }


def describe_in_words(facts: dict[str, Any]) -> str:
    """The same for people: a line a fact, unknown ones left out, `path` as the heading."""
    lines = [printable(str(facts["path"]))]
    for key, value in facts.items():
        if key not in ("path", "affine", "warnings") and value not in (None, []):
            lines.append(f"  {key:<12} {_words(key, value)}")
    lines += [f"  {'warning':<12} {warning}" for warning in facts["warnings"]]
    return "\n".join(lines)


UNITS = {"spacing": " mm (D, H, W)", "rate": " Hz", "duration": " s"}


def _words(key: str, value: Any) -> str:
    """One value: shapes in parentheses, ranges with a dash, shares in percent, units after."""
    if key == "shape":
        return "(" + ", ".join(str(length) for length in value) + ")"
    if key == "range":
        return f"{value[0]:g} to {value[1]:g}"
    if key == "missing":
        return f"{value:.1%}"
    if key == "names":
        return f"{len(value)}: " + ", ".join(value)
    if key == "spacing":
        value = " x ".join(f"{edge:g}" for edge in value)
    return (
        f"{value:g}{UNITS[key]}" if key in ("rate", "duration") else f"{value}{UNITS.get(key, '')}"
    )
