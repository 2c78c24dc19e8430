"""What the Encode panel says of sizes, sigma and what a choice has no use for. Knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.gui.plans import planned
from voxviewer.render.limits import number

if TYPE_CHECKING:
    from voxviewer.data import Source
    from voxviewer.encoding import Plan
    from voxviewer.settings import EncodingSettings

COMBINES = (
    ("sum", "Joints, added"),
    ("max", "Joints, the strongest"),
    ("joints", "A channel for each joint"),
    ("limbs", "A channel for each bone"),
    ("limbs-max", "Bones, the strongest"),
)
PERSONS = (("auto", "As joints do"), ("sum", "Sum"), ("max", "Maximum"))
PLANES = (
    ("auto", "Upright"),
    ("xy", "x y"),
    ("xz", "x z"),
    ("yz", "y z"),
    ("turntable", "Turntable"),
)
SELDOM = (
    "aspect", "clip_overshoot", "clip_rate", "sigma_unit", "cutoff", "persons", "confidence_peak",
)  # fmt: skip
"""Rows that fold away."""
TIPS = {
    "spacing": "Millimeters between the clip's voxels, for the sizes that are not given above: "
    "isotropic takes the source's smallest; numbers are rounded to whole voxels",
    "aspect": "Where one of height and width is given, the other follows, both scaled alike",
    "clip_overshoot": "Hold values within the range of what they were made of: splines leave it "
    "at edges",
    "sigma_unit": "Pixels of the clip, or a share of its height, so that sigma grows with the clip",
    "cutoff": "How many sigmas from its joint a Gaussian ends, the same on all sides",
    "persons": "How several persons come together",
    "confidence_peak": "A joint's score is its peak: who was seen badly is drawn faintly",
    "azimuth": "Degrees that the camera goes round the body, to the right",
    "elevation": "Degrees that the camera looks down from above",
}
IDLE = {
    "aspect": "Give one of height and width: the other follows.",
    "clip_overshoot": "Only cubic splines leave the range.",
    "persons": "There is one person.",
}
"""Why a row cannot change this clip."""
NO_MILLIMETERS = "This source has no millimeters."


def folded_words(settings: EncodingSettings, key: str) -> str:
    """What the folded group says of a row that is not as usual; "" where it is."""
    return {
        "aspect": "aspect locked" if settings.aspect else "",
        "clip_overshoot": "overshoot held" if settings.clip_overshoot else "",
        "clip_rate": f"even at {number(settings.clip_rate)} Hz" if settings.clip_rate else "",
        "sigma_unit": "sigma in %" if settings.sigma_unit == "percent" else "",
        "cutoff": f"cut at {number(settings.cutoff)} σ" if settings.cutoff is not None else "",
        "persons": f"persons by {settings.persons}" if settings.persons != "auto" else "",
        "confidence_peak": "score as peak" if settings.confidence_peak else "",
    }.get(key, "")


def spacing_words(settings: EncodingSettings, made: Plan | None) -> str:
    """Return what a target in millimeters comes to: "53 × 128 × 96"; why it comes to nothing."""
    if settings.spacing is None or made is None:
        return ""
    given = (settings.frames, settings.height, settings.width)
    if all(size is not None for size in given):
        return "All sizes are given: empty those that spacing shall find."
    return f"comes to {' × '.join(str(size) for size in made.shape[:3])}"


def converted_sigma(source: Source | None, settings: EncodingSettings, unit: str) -> float:
    """Return sigma in another unit, so that the picture stays: 5 px of 64 rows are 7.8 %."""
    if unit == settings.sigma_unit or source is None:
        return settings.sigma
    try:
        height = planned(source, settings).shape[1]
    except ValueError:
        return settings.sigma
    share = height / 100
    changed = settings.sigma * share if unit == "px" else settings.sigma / share
    return max(round(changed, 1), 0.1)
