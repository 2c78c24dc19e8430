"""The lab's numbers in words. Knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.data import Skeleton
from voxviewer.encoding.trial import Method, chosen_method
from voxviewer.render.limits import finite_range, number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from voxviewer.encoding.trial import Trial, Try
    from voxviewer.gui.lab.pictures import LabPictures, Layer
    from voxviewer.session import Session
    from voxviewer.settings import EncodingSettings

_FALSE = (
    "Overshoot: how far values leave the source's range. False detail: the share of this picture's "
    "variance that is folded back from detail finer than its pixels, or stair steps between them. "
    "Time: for this frame, in memory."
)
TIPS = {
    Method(0): f"Nearest: every pixel is one of the source's. {_FALSE}",
    Method(1): f"Linear: straight lines between two neighbors. {_FALSE}",
    Method(3): f"Cubic: a spline through all samples; it overshoots at edges. {_FALSE}",
    Method(1, True): f"Linear, smoothed by a Gaussian before it shrinks. {_FALSE}",
    Method(3, True): f"Cubic, smoothed by a Gaussian before it shrinks. {_FALSE}",
}


def why_empty(session: Session) -> str:
    """What stands where a picture would be."""
    if session.current is None:
        return "Nothing open yet. Open a file or a sample."
    if isinstance(session.current, Skeleton):
        return "Joints are drawn at the clip's own size: nothing is resampled. Open a scan or film."
    return "Resampling …"


def headline(made: LabPictures | None, settings: EncodingSettings) -> str:
    """Return "frame 7, 256 × 256 → 64 × 64", and what is chosen where no tile shows it."""
    if made is None:
        return ""
    before, after = made.before.plane.shape, made.tries[made.trial.chosen].plane.shape
    sizes = f"{before[0]} × {before[1]} → {after[0]} × {after[1]}"
    words = f"frame {made.trial.frame}, {sizes}"
    shown = made.tries[made.trial.chosen].pixels.shape
    if shown != after[:2]:
        words += f", a patch of {shown[0]} × {shown[1]}"
    if settings.order not in (0, 1, 3):
        words += f", chosen: {chosen_method(settings).name.lower()}"
    return words


def percent(share: float) -> str:
    """Return "0", "0.02 %", "2.9 %", "41 %"."""
    value = 100 * share
    if value <= 0:
        return "0"
    if value < 0.01:
        return "< 0.01 %"
    decimals = 2 if value < 0.095 else 1 if value < 9.95 else 0
    return f"{value:.{decimals}f} %"


def seconds(value: float) -> str:
    """Return "0.06 ms", "12 ms", "1.3 s"."""
    ms = value * 1000
    if ms >= 999.5:
        return f"{value:.1f} s"
    return f"{ms:.2f} ms" if ms < 0.995 else f"{ms:.1f} ms" if ms < 9.95 else f"{ms:.0f} ms"


def numbers(item: Try, trial: Trial) -> tuple[str, ...]:
    """Overshoot, false detail, time; or that anti-alias has nothing to smooth."""
    if item.method.antialias and not trial.shrinks:
        return ("nothing shrinks: as without", seconds(item.seconds))
    beyond = percent(item.overshoot.relative)
    false = f"false detail {percent(item.aliasing.folded)}" if item.aliasing is not None else ""
    parts = (f"overshoot {beyond}", false, seconds(item.seconds))
    return tuple(part for part in parts if part)


def source_numbers(made: LabPictures) -> tuple[str, ...]:
    """Range of the frame before, and how much of it the clip's pixels cannot hold."""
    low, high = finite_range(made.trial.before)
    found = made.trial.tries[0].aliasing
    finer = percent(found.above) if found is not None else "0"
    detail = (f"finer than the clip {finer}",) if finer != "0" else ()
    return (f"{number(low)} – {number(high)}", *detail)


def difference_numbers(made: LabPictures, on: str) -> tuple[str, ...]:
    """Largest size and root mean square, the latter as a share of the source's range too."""
    found = made.differences[on]
    share = f", {percent(found.rms / made.span)} of the range" if made.span > 0 else ""
    return (f"±{number(found.largest)}", f"rms {number(found.rms)}{share}")


def value(values: NDArray[np.float32]) -> str:
    """One value, or three colors in brackets."""
    texts = [number(float(v)) for v in values]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def place(
    made: LabPictures, cursor: tuple[float, float] | None, tab: str, on: str
) -> tuple[str, str]:
    """Where the cursor stands, in source and clip; else what the difference is."""
    if cursor is None:
        if tab != "difference":
            return "", ""
        if on == "clip":
            return "clip pixel − mean of the source under it", ""
        return "clip, straight lines between its pixels, − source", ""
    behind = ", ".join(map(str, (made.trial.source_frame, *made.before.place(cursor))))
    here = made.tries[made.trial.chosen].place(cursor)
    inside = ", ".join(map(str, (made.trial.frame, *here)))
    return f"source[{behind}] → x[{inside}]", ""


def extents(trial: Trial) -> tuple[str, str]:
    """Return "256 × 192 mm kept" and "a pixel 2 × 2 → 8 × 6 mm"."""
    lengths = [[extent.lengths[k] for extent in trial.extents] for k in (0, 1)]
    steps = [[extent.spacings[k] for extent in trial.extents] for k in (0, 1)]
    unit = trial.extents[0].unit
    kept = all(abs(b - a) <= 1e-4 * a for a, b in zip(*lengths, strict=True))
    extent = _by(lengths[0]) if kept else f"{_by(lengths[0])} → {_by(lengths[1])}"
    extent += f" {unit} kept" if kept else f" {unit}"
    thing = "a voxel" if len(trial.extents) == 3 else "a pixel"
    same = _by(steps[0]) == _by(steps[1])
    step = _by(steps[0]) if same else f"{_by(steps[0])} → {_by(steps[1])}"
    letters = " × ".join(extent.letter for extent in trial.extents)
    return f"extent {letters} {extent}", f"{thing} {step} {unit}"


def _by(values: list[float]) -> str:
    return " × ".join(number(value) for value in values)


def aspect(trial: Trial, layer: Layer) -> float:
    """How much higher than wide a pixel of a plane is, so that every plane covers the same area."""
    rows, columns = (extent for extent in trial.extents if extent.letter in "HW")
    tall, wide = rows.lengths[0], columns.lengths[0]
    H, W = layer.plane.shape[:2]
    ratio = (tall / H) / (wide / W) if wide > 0 and tall > 0 else 1.0
    return ratio if 0.02 < ratio < 50 else 1.0
