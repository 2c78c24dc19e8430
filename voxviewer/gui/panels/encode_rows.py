"""The rows of the Encode panel as a table, and what is said of them: tips, reasons, summaries.

Decisions without widgets but for those that `Field.make` makes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from voxviewer.data import Skeleton
from voxviewer.encoding import relevant as relevant_now
from voxviewer.gui.panels import encode_words
from voxviewer.gui.panels.encode_fields import AngleField, CutoffField, SpacingField
from voxviewer.gui.panels.encode_words import COMBINES, PERSONS, PLANES
from voxviewer.gui.panels.fields import DepthField, SliderField
from voxviewer.gui.panels.time_fields import (
    Ends,
    LengthFields,
    StatisticsField,
    TransformFields,
)
from voxviewer.gui.panels.window_field import NormalizeField
from voxviewer.gui.panels.words import count
from voxviewer.gui.parts import (
    AxisFields,
    Check,
    Choice,
    NumberField,
    Segment,
)
from voxviewer.gui.plans import planned

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Source
    from voxviewer.encoding import Plan
    from voxviewer.settings import EncodingSettings

SIZE = ("frames", "height", "width")
HELP = (
    "The clip is the tensor that Keras is fed, without its batch axis:\n"
    "T frames of H rows and W columns, C channels.\n"
    "An empty size means: as the source is."
)
TIME_AXES = (
    ("auto", "As the data are"),
    ("depth", "Depth, slice by slice"),
    ("height", "Height"),
    ("width", "Width"),
)
NORMALIZATIONS = (
    ("none", "As the values are"),
    ("minmax", "0 – 1, over the clip"),
    ("zscore", "Mean 0, deviation 1"),
    ("percentile", "Percentiles become 0 – 1"),
    ("window", "Window to 0 – 1"),
)
FITS = (
    ("auto", "As it is, else its box"),
    ("box", "Box of all joints"),
    ("cube", "Cube, one scale for x y z"),
    ("pixels", "Pixels of the picture"),
    ("none", "As it is, −1 to 1"),
)
FOREIGN = {
    "skeleton": "A skeleton has no such axis: kept for other sources.",
    "volume": "This source has no joints: kept for skeletons.",
    "axis": "This source has no such axis: kept for other sources.",
}
TIPS = {
    "time_axis": "Which axis of the scan becomes time: its slices are the frames",
    "depth": "Which slice of the scan is kept, where time is its own",
    "time_index": "Which time of the series is swept slice by slice",
    "frames": "Frames T, rows H and columns W of the clip; empty: as the source is",
    "order": "How values between voxels are found: nearest one, straight line, cubic spline",
    "antialias": "Smooth before shrinking, so that fine detail makes no false patterns",
    "grid": "What stays in place while the size changes: outer edges, or centers of the end voxels",
    "channels": "One channel of gray, or three of red, green and blue",
    "sigma": "Width of the Gaussian round each joint, or of the strip along each bone",
    "combine": "Joints or bones in one channel, or one channel for each",
    "plane": "Which two coordinates of a joint become columns and rows; "
    "upright: the plane in which the figure stands; turntable: seen from a camera of your own",
    "fit": "What part of the plane fills the clip",
    "root_center": "Take walking out: hips or spine base stay in the middle of every frame",
    "center": "Gaussians between pixels, or moved to the nearest pixel",
    "length": "How the source's frames meet the wanted number of frames",
    "normalize": "How the clip's values are scaled before they are fed to the layer",
    "pseudo_depth": "How a picture becomes frames: copies of it, or moved a little each time",
    "rotation": "How far each frame may be moved; the source article's ranges at first",
    "clip_rate": "Make uneven times even first: the nearest frame at each instant",
    "seed": "The same number draws the same again",
    "percentiles": "Which two percentiles become 0 and 1; values beyond are held there",
    "statistics": "Whose lowest, highest, mean and deviation; measured ones stay as numbers",
    **encode_words.TIPS,
}
"""What each row is for, by its key."""
SELDOM = {
    "grid": {"edges": "edges kept", "centers": "centers kept"},
    "center": {"subpixel": "sub-pixel centers", "pixel": "pixel centers"},
}
"""Rows of the folded group, and what its line says of their values."""
DEPENDENT = (
    "rotation", "seed", "clip_rate", "percentiles", "statistics", "azimuth", "elevation",
)  # fmt: skip
"""Rows that only some choices have a use for; without it they are not there."""
SKELETON_ONLY = (
    "sigma", "combine", "plane", "azimuth", "elevation", "fit", "root_center", "center",
    "sigma_unit", "cutoff", "persons", "confidence_peak",
)  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One row: settings it shows, label, and what makes its widget."""

    names: tuple[str, ...]
    label: str
    make: Callable[[], Any]

    @property
    def key(self) -> str:
        """The first of its settings."""
        return self.names[0]


FIELDS = (
    Field(("time_axis",), "Time axis", lambda: Choice(TIME_AXES)),
    Field(("depth",), "Depth", DepthField),
    Field(("time_index",), "Time", lambda: NumberField(0, 0, 65_535, 1, 0, prefix="index")),
    Field(SIZE, "Size", lambda: AxisFields("THW", (None,) * 3, 1, 65_536, True, "Size")),
    Field(("spacing",), "Spacing", SpacingField),
    Field(("order",), "Order", lambda: Segment(((0, "Nearest"), (1, "Linear"), (3, "Cubic")), 1)),
    Field(("antialias",), "Anti-alias", lambda: Check("", name="Anti-alias")),
    Field(("grid",), "Grid", lambda: Segment((("edges", "Edges"), ("centers", "Centers")))),
    Field(("aspect",), "Aspect", lambda: Check("Height and width alike", name="Aspect")),
    Field(
        ("clip_overshoot",),
        "Overshoot",
        lambda: Check("Hold within the range", name="Overshoot"),
    ),
    Field(("channels",), "Channels", lambda: Segment((("gray", "Gray"), ("rgb", "RGB")))),
    Field(("sigma",), "Sigma", lambda: SliderField(0.3, 30.0, 999.0, "px", "Sigma")),
    Field(("combine",), "Combine", lambda: Choice(COMBINES)),
    Field(("plane",), "Plane", lambda: Choice(PLANES)),
    Field(("azimuth",), "Azimuth", lambda: AngleField(180.0, "Azimuth")),
    Field(("elevation",), "Elevation", lambda: AngleField(90.0, "Elevation")),
    Field(("fit",), "Fit", lambda: Choice(FITS)),
    Field(("root_center",), "Root", lambda: Check("Keep in the middle", name="Root")),
    Field(("center",), "Center", lambda: Segment((("subpixel", "Sub-pixel"), ("pixel", "Pixel")))),
    Field(("sigma_unit",), "Sigma in", lambda: Segment((("px", "px"), ("percent", "% of H")))),
    Field(("cutoff",), "Cut-off", CutoffField),
    Field(("persons",), "Persons", lambda: Choice(PERSONS)),
    Field(("confidence_peak",), "Peak", lambda: Check("Score is the peak", name="Peak")),
    Field(
        ("pseudo_depth",),
        "Still",
        lambda: Segment((("replicate", "Replicas"), ("transforms", "Transforms"))),
    ),
    Field(
        ("rotation", "translation", "zoom", "shear", "blur", "blur_taps"), "Ranges", TransformFields
    ),
    Field(("length", "pad_side", "start"), "Length", LengthFields),
    Field(("seed",), "Seed", lambda: NumberField(0, 0, 2**32 - 1, 1, 0, prefix="seed")),
    Field(
        ("clip_rate",),
        "Even rate",
        lambda: NumberField(None, 0.001, 1e5, 1.0, 2, "Hz", optional=True, hint="as recorded"),
    ),
    Field(("normalize", "window"), "Normalize", lambda: NormalizeField(NORMALIZATIONS)),
    Field(("percentiles",), "Percentiles", lambda: Ends((1, 99), 0, 100, 1, 1, "Percentile", "%")),
    Field(("statistics",), "Statistics", StatisticsField),
)


def try_plan(source: Source | None, settings: EncodingSettings) -> Plan | None:
    """Plan the clip; None where there is no source, or where the choices cannot be."""
    if source is None:
        return None
    try:
        return planned(source, settings)
    except ValueError:
        return None


def auto_size(source: Source | None, settings: EncodingSettings) -> tuple[int, int, int] | None:
    """Return the T, H, W that empty sizes stand for; None where there is no source."""
    made = try_plan(source, replace(settings, frames=None, height=None, width=None))
    return made.shape[:3] if made is not None else None


def own_settings(source: Source | None, settings: EncodingSettings) -> frozenset[str]:
    """Return the settings of this kind of source, whatever else is chosen.

    So a row stays where it is while another choice switches it on and off. Without a source: those
    of films and scans.
    """
    names = {name for row in FIELDS for name in row.names}
    if source is None:
        return frozenset(names - set(SKELETON_ONLY) - {"depth", "time_index", "time_axis"})
    smooth = replace(settings, order=3, depth="middle", time_index=0, roles=None)
    smooth = replace(smooth, plane="turntable", height=64, width=None)
    variants = (smooth, *(replace(smooth, time_axis=axis) for axis in ("auto", "depth")))
    return frozenset().union(*(relevant_now(source, choice) for choice in variants))


def reason_words(key: str, source: Source | None, foreign: bool) -> str:
    """Return why a field cannot change this clip."""
    if foreign:
        if key == "spacing" and not isinstance(source, Skeleton):
            return encode_words.NO_MILLIMETERS
        if key in SKELETON_ONLY:
            return FOREIGN["volume"]
        return FOREIGN["skeleton" if isinstance(source, Skeleton) else "axis"]
    return {
        "antialias": "Nearest takes single voxels: nothing to smooth.",
        "depth": "Slices are swept as time: all are used.",
        "time_index": "Time is kept: all times are used.",
        "length": "Slices are resampled to T, none is padded.",
        **encode_words.IDLE,
    }.get(key, "Has no effect with these choices.")


def group_words(
    settings: EncodingSettings, folded: tuple[str, ...], foreign: tuple[str, ...]
) -> str:
    """Return what a folded group holds: "edges kept, 5 of other sources"."""
    mine = [key for key in folded if key not in foreign]
    words = [SELDOM[key][getattr(settings, key)] for key in mine if key in SELDOM]
    words += [text for key in mine if (text := encode_words.folded_words(settings, key))]
    words += [f"{len(foreign)} of other sources"] if foreign else []
    return ", ".join(words)


def antialias_words(made: Plan | None, settings: EncodingSettings) -> str:
    """Return what smoothing does to this data: "shrinks 4×, smooths"."""
    if made is None:
        return "smooths first" if settings.antialias else "does not smooth"
    return made.antialias_text


def length_words(made: Plan | None) -> str:
    """Return "16 real frames, 4 padded, 3 of the source dropped"; empty where none are."""
    if made is None or made.kind not in ("time", "skeleton"):
        return ""
    real = int(made.picked.real.sum())
    padded, dropped = len(made.picked.real) - real, len(made.dropped)
    words = [f"{padded} padded"] if padded else []
    words += [f"{dropped} of the source dropped"] if dropped else []
    if not words:
        return ""
    mask = " The mask travels with the clip." if padded else ""
    return f"{count(real, 'real frame')}, {', '.join(words)}.{mask}"


def order_words(settings: EncodingSettings) -> str:
    """Return the order where the segment has no name for it."""
    return "" if settings.order in (0, 1, 3) else f"Spline of order {settings.order}."


def problem_place(text: str) -> str:
    """Return the row that a problem is about, by the setting its sentence names."""
    for key in ("time_index", "depth", "fit", "clip_rate", "spacing", "azimuth", "elevation"):
        if text.startswith(key):
            return key
    if text.startswith("start"):
        return "length"
    return "frames" if text else ""
