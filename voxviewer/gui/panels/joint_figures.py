"""What the Sigma row says of a heatmap, in words: width, border, flicker, decoding. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.encoding.heatmap_measures import HeatmapFigures, heatmap_figures
from voxviewer.encoding.planning import joint_names
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip, Float64, Skeleton

LABELS = ("Width", "Border", "Flicker", "Decoded")
TIPS = (
    "Full width at half maximum: 2.355 sigma",
    "Share of the Gaussians' mass that lies beyond the clip's border: the mean of all joints, and "
    "the joint that loses most",
    "How much a joint's peak changes as it moves between pixels: the mean of all joints, and the "
    "joint that flickers most",
    "How far from the joint the sub-pixel maximum of the values lies: the median of all joints and "
    "frames, and the worst joint",
)

Joint = tuple[int, int]
"""Person and joint, counted from 0."""


@dataclass(frozen=True, eq=False)
class JointFigures:
    """A clip's heatmaps measured, and what the clip holds at each joint, (T, P, J)."""

    source: Skeleton
    clip: Clip
    figures: HeatmapFigures
    values: Float64

    def name(self, joint: Joint) -> str:
        """What a joint is called: "right wrist", with the person where there are several."""
        person, index = joint
        name = joint_names(self.source)[index]
        return f"{name}, person {person}" if self.source.shape[1] > 1 else name

    @property
    def joints(self) -> list[Joint]:
        """All joints of all persons."""
        _, P, J, _ = self.source.shape
        return [(person, joint) for person in range(P) for joint in range(J)]

    @property
    def liveliest(self) -> Joint:
        """The joint that moves most, which is worth looking at first; whatever sigma is."""
        places = self.figures.places
        seen: NDArray[np.bool_] = np.asarray(np.isfinite(places).all(axis=-1))
        held = np.where(seen[..., None], places, 0)
        count = np.maximum(seen.sum(axis=0), 1)[..., None]
        mean = held.sum(axis=0) / count
        spread = np.where(seen[..., None], (places - mean) ** 2, 0).sum(axis=(0, 3))
        person, joint = np.unravel_index(int(np.argmax(spread)), spread.shape)
        return int(person), int(joint)

    def held(self, joint: Joint | None) -> Joint:
        """The joint, where this recording has it; else the liveliest."""
        _, P, J, _ = self.source.shape
        if joint is None or not (joint[0] < P and joint[1] < J):
            return self.liveliest
        return joint

    def error(self, joint: Joint) -> float:
        """The worst decode error of a joint over time, px; NaN where nothing can be read."""
        return float(worst(self.figures.errors)[joint])

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each of `LABELS`."""
        figures = self.figures
        height = self.clip.shape[1]
        share = f"{100 * figures.fwhm / height:.0f} % of H" if height else ""
        lost = _joined(_percent(mean(figures.lost)), figures.lost, self, _percent, " lost")
        flicker = figures.flicker[None]
        quiet = _joined(_two(mean(figures.flicker)), flicker, self, _two)
        return f"{number(figures.fwhm)} px, {share}", lost, quiet, self._decoded()

    def _decoded(self) -> str:
        errors = self.figures.errors
        if not np.isfinite(errors).any():
            limbs = self.clip.settings.combine.startswith("limbs")
            return "limbs have no place to read" if limbs else "nothing to read off"
        median = float(np.median(errors[np.isfinite(errors)]))
        return _joined(_pixels(median), errors, self, _pixels)


def measure_joints(source: Skeleton, clip: Clip) -> JointFigures:
    """Measure a clip of heatmaps; for a job, it takes up to half a second."""
    figures = heatmap_figures(source, clip)
    return JointFigures(source, clip, figures, values_at(clip.data, figures.places))


def values_at(data: NDArray[np.float32], places: Float64) -> Float64:
    """What a clip (T, H, W, C) holds at the pixel nearest to each place (T, P, J, 2) x, y.

    Joint j is read in channel j where there is one for each, else in the first. NaN where a joint
    was not seen or lies outside.
    """
    _, H, W, C = data.shape
    T, J = places.shape[0], places.shape[2]
    with np.errstate(invalid="ignore"):
        x, y = (np.floor(places[..., axis] + 0.5) for axis in (0, 1))
        inside = (x >= 0) & (x < W) & (y >= 0) & (y < H)
    rows, columns = (np.where(inside, at, 0).astype(np.int64) for at in (y, x))
    channel = np.arange(J) if C == J else np.zeros(J, np.int64)
    found = data[np.arange(T)[:, None, None], rows, columns, channel]
    return np.where(inside, found, np.nan).astype(np.float64)


def mean(values: Float64) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def worst(values: Float64) -> Float64:
    """The largest over time, (T, P, J) -> (P, J); NaN where nothing is known."""
    result: Float64 = np.fmax.reduce(values, axis=0)
    return result


def _joined(first: str, values: Float64, owner: JointFigures, words: object, more: str = "") -> str:
    """Return "0.1 % lost, wrist 2.1 %": the usual figure, then the worst joint's."""
    assert callable(words)
    largest = worst(values)
    if not np.isfinite(largest).any():
        return "–"
    person, joint = np.unravel_index(int(np.nanargmax(largest)), largest.shape)
    top = words(float(largest[person, joint]))
    if top == first:
        return first + more
    return f"{first}{more}, {owner.name((int(person), int(joint)))} {top}"


def _percent(share: float) -> str:
    value = 100 * share
    if value < 0.05:
        return "0 %"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"


def _two(value: float) -> str:
    return "0" if value < 0.0005 else f"{value:.3f}" if value < 0.01 else f"{value:.2f}"


def _pixels(value: float) -> str:
    if value < 0.0005:
        return "0 px"
    return (
        f"{value:.3f} px"
        if value < 0.0995
        else f"{value:.2f} px"
        if value < 9.95
        else (f"{value:.0f} px")
    )
