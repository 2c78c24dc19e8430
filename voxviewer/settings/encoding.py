"""How a source becomes a clip."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from voxviewer.settings.checks import (
    make_plain,
    pair_of,
    require_choice,
    require_count,
    require_degrees,
    require_number,
    require_positive,
    require_range,
)

ORDERS = (0, 1, 2, 3, 4, 5)
GRIDS = ("edges", "centers")
TIME_AXES = ("auto", "depth", "height", "width")
CHANNELS = ("gray", "rgb")
NORMALIZATIONS = ("none", "minmax", "zscore", "percentile", "window")
ROLES = ("time", "height", "width", "channel", "mean")
COMBINES = ("sum", "max", "joints", "limbs", "limbs-max")
PERSONS = ("auto", "sum", "max")
SIGMA_UNITS = ("px", "percent")
CENTERS = ("subpixel", "pixel")
PLANES = ("auto", "xy", "xz", "yz", "turntable")
FITS = ("auto", "box", "cube", "pixels", "none")
LENGTHS = (
    "sample", "random", "center", "window", "pad-zero", "pad-edge", "pad-loop", "pad-reflect",
)  # fmt: skip
PAD_SIDES = ("after", "before", "both")
PSEUDO_DEPTHS = ("replicate", "transforms")
STATISTICS = ("clip", "sources")
REPAIRS = ("bgr", "unwrap", "levels", "zeros-missing", "fill-gaps")


def _require_window(value: Any) -> None:
    """Refuse what is not a center and a width above 0."""
    numbers = isinstance(value, tuple) and all(
        isinstance(item, (int, float)) and not isinstance(item, bool) and math.isfinite(item)
        for item in value
    )
    if not numbers or len(value) != 2 or value[1] <= 0:
        raise ValueError(f"window must be a center and a width above 0, not {value!r}")


def _require_roles(value: Any) -> None:
    """Refuse roles that do not say of each of T, D, H, W, C what becomes of it."""
    if not isinstance(value, tuple) or len(value) != 5:
        raise ValueError(f"roles must say five things, of T, D, H, W and C, not {value!r}")
    for role in value:
        if isinstance(role, int) and not isinstance(role, bool):
            require_count("an axis that is fixed", role, 0)
        else:
            require_choice("role", role, ROLES)
    for role in ROLES[:4]:
        if value.count(role) > 1:
            raise ValueError(f"roles give {role} to {value.count(role)} axes: {value!r}")
    for role in ROLES[1:3]:
        if role not in value:
            raise ValueError(f"roles give {role} to no axis: {value!r}")


@dataclass(frozen=True)
class EncodingSettings:
    """How a source becomes a clip (T, H, W, C).

    Attributes
    ----------
    frames, height, width : the clip's T, H, W; None = as the source is (skeletons 64 x 64, a still
        has 5 frames)
    spacing : millimeters between voxels of what is resampled, for the sizes that are not given: one
        number for all axes, three for D, H, W, "isotropic" (the source's smallest), None = as the
        source is. The nearest whole number of voxels is taken.
    aspect : where one of height and width is given, the other follows, both scaled alike
    order : spline order of resampling in space and along a swept axis; 0 nearest, 1 linear, 3 cubic
    grid : "edges" keeps the extent, "centers" the first and last voxel centers (SciPy's default)
    antialias : smooth before shrinking, for order >= 1
    clip_overshoot : hold resampled values within the range of what they were made of, the volume or
        the frame (orders >= 2 leave it at steps)
    time_axis : which axis of a volume becomes T; "auto" is real time if T > 1, else "depth"
    depth : where real time is kept: "middle", "mean", "channels" or the index of a plane
    time_index : where space is swept: which time
    channels : "gray" (0.299 R + 0.587 G + 0.114 B) or "rgb"
    roles : what becomes of each axis T, D, H, W, C of a volume, in this order: "time", "height",
        "width", "channel", "mean" (averaged away) or a whole number (fixed there), as in
        (0, "time", "height", "width", "channel"); each of the first four once at most, "height" and
        "width" always. None: as `time_axis`, `depth` and `time_index` say, which roles overrule.
    normalize : "none", "minmax", "zscore", "percentile", over the whole clip, or "window"
    window : (center, width) in the source's values, of "window": center - width / 2 becomes 0,
        center + width / 2 becomes 1, values beyond are held there; None: the file's own window
    percentiles : which two become 0 and 1 by "percentile" (1 and 99: about what nnU-Net clips to)
    statistics : of what `normalize` works with: the "clip", all "sources" that are encoded together
        (alone: the clip), or two numbers, so that a recipe gives later data the same values: lowest
        and highest of "minmax" and "percentile", mean and deviation of "zscore"
    sigma : the Gaussian of a joint, or half the width of a limb's strip, in `sigma_unit`
    sigma_unit : "px" (pixels of the encoded grid) or "percent" (of its height)
    cutoff : sigmas beyond which nothing is drawn, along rows and columns, both ways; None = no end
    combine : "sum", "max" (all joints in one channel), "joints" (one channel each), "limbs" (one
        channel for each bone, a Gaussian strip), "limbs-max" (all bones in one)
    persons : how persons merge: "sum", "max" or "auto", as joints do (by maximum where each joint
        or bone has its channel)
    confidence_peak : a joint's score is its peak, instead of 1 (a bone's: its weaker end's)
    center : "subpixel", or "pixel" (joints snap to the pixel they lie in)
    plane : which two coordinates of a joint are drawn; "auto" is "xz" where z points up, else "xy";
        "turntable" is that one, seen from where the camera was moved to
    azimuth, elevation : of the turntable's camera, degrees: to the right round the body, and up
    fit : how coordinates reach the grid: "auto", "box", "cube" (all three axes to [-1, 1] by one
        scale), "pixels" or "none" ([-1, 1] as it is)
    root_center : keep the body's root (hips, spine base) in the middle: walking is taken out
    pseudo_depth : how a still becomes a clip: "replicate", or "transforms", drawn at random for
        each frame from the seed, in the ranges below (the source article's augmentation)
    rotation : up to so many degrees either way
    translation : up to this share of height and width, either way
    zoom : the lowest and highest scale
    shear : up to so many degrees either way
    blur : the lowest and highest sigma of a Gaussian, in pixels of the clip
    blur_taps : its length, odd; 1 blurs nothing
    length : how real time meets `frames`: "sample" evenly, "random" (one frame of each even part,
        as PYSKL trains), "center", "window" (from frame `start` on, zeros after the last),
        "pad-zero", "pad-edge", "pad-loop", "pad-reflect"
    start : the first frame of a "window"
    pad_side : where "pad-*" adds frames, and leaves them away: "after", "before" or "both"
    clip_rate : Hz; real time is first made even by its `times`, the nearest frame at each instant;
        None: the frames as they were recorded
    frame_order : which frames of real time there are, in which order, before anything else; None:
        all, as stored
    repairs : faults of the source that are mended on its way (see `encoding.mending`): "bgr",
        "unwrap" (whole numbers that ran over), "levels" (frames scaled one by one),
        "zeros-missing" (joints at (0, 0)), "fill-gaps"
    seed : for encodings that draw random numbers
    """

    frames: int | None = None
    height: int | None = None
    width: int | None = None
    spacing: float | str | tuple[float, float, float] | None = None
    aspect: bool = False
    order: int = 1
    grid: str = "edges"
    antialias: bool = True
    clip_overshoot: bool = False
    time_axis: str = "auto"
    depth: str | int = "middle"
    time_index: int = 0
    roles: tuple[str | int, ...] | None = None
    channels: str = "gray"
    normalize: str = "none"
    window: tuple[float, float] | None = None
    sigma: float = 5.0
    sigma_unit: str = "px"
    cutoff: float | None = None
    combine: str = "sum"
    persons: str = "auto"
    confidence_peak: bool = False
    center: str = "subpixel"
    plane: str = "auto"
    azimuth: float = 0.0
    elevation: float = 0.0
    fit: str = "auto"
    root_center: bool = False
    pseudo_depth: str = "replicate"
    length: str = "sample"
    seed: int = 0
    rotation: float = 15.0
    translation: float = 0.1
    zoom: tuple[float, float] = (0.9, 1.1)
    shear: float = 0.1
    blur: tuple[float, float] = (0.1, 1.0)
    blur_taps: int = 3
    start: int = 0
    pad_side: str = "after"
    clip_rate: float | None = None
    frame_order: tuple[int, ...] | None = None
    percentiles: tuple[float, float] = (1.0, 99.0)
    statistics: str | tuple[float, float] = "clip"
    repairs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        make_plain(self)
        for name in ("frames", "height", "width"):
            if getattr(self, name) is not None:
                require_count(name, getattr(self, name), 1, 65_536)
        object.__setattr__(self, "spacing", _spacing(self.spacing))
        require_choice("aspect", self.aspect, (True, False))
        require_choice("order", self.order, ORDERS)
        require_choice("grid", self.grid, GRIDS)
        require_choice("antialias", self.antialias, (True, False))
        require_choice("clip_overshoot", self.clip_overshoot, (True, False))
        require_choice("time_axis", self.time_axis, TIME_AXES)
        if isinstance(self.depth, int) and not isinstance(self.depth, bool):
            require_count("depth", self.depth, 0)
        else:
            require_choice("depth", self.depth, ("middle", "mean", "channels"))
        require_count("time_index", self.time_index, 0)
        require_choice("channels", self.channels, CHANNELS)
        if self.roles is not None:
            _require_roles(self.roles)
        require_choice("normalize", self.normalize, NORMALIZATIONS)
        if self.window is not None:
            _require_window(self.window)
        require_positive("sigma", self.sigma)
        require_choice("sigma_unit", self.sigma_unit, SIGMA_UNITS)
        if self.cutoff is not None:
            require_positive("cutoff", self.cutoff)
        require_choice("combine", self.combine, COMBINES)
        require_choice("persons", self.persons, PERSONS)
        require_choice("confidence_peak", self.confidence_peak, (True, False))
        require_choice("center", self.center, CENTERS)
        require_choice("plane", self.plane, PLANES)
        require_degrees("azimuth", self.azimuth, 360)
        require_degrees("elevation", self.elevation, 90)
        require_choice("fit", self.fit, FITS)
        require_choice("root_center", self.root_center, (True, False))
        require_choice("pseudo_depth", self.pseudo_depth, PSEUDO_DEPTHS)
        require_choice("length", self.length, LENGTHS)
        require_count("seed", self.seed, 0, 2**32 - 1)
        self._check_transforms()
        self._check_time()
        self._check_values()

    def _check_transforms(self) -> None:
        require_number("rotation", self.rotation, 0, 180)
        require_number("translation", self.translation, 0, 1)
        require_range("zoom", self.zoom, 0.01, 100)
        require_number("shear", self.shear, 0, 80)
        require_range("blur", self.blur, 0.001, 1000)
        require_count("blur_taps", self.blur_taps, 1, 999)
        if self.blur_taps % 2 == 0:
            raise ValueError(f"blur_taps must be odd, not {self.blur_taps}")

    def _check_time(self) -> None:
        require_count("start", self.start, 0)
        require_choice("pad_side", self.pad_side, PAD_SIDES)
        if self.clip_rate is not None:
            require_number("clip_rate", self.clip_rate, 0.001, 100_000)
        if self.frame_order is not None:
            if not isinstance(self.frame_order, tuple) or not self.frame_order:
                raise ValueError(f"frame_order needs at least one frame, not {self.frame_order!r}")
            for frame in self.frame_order:
                require_count("each frame of frame_order", frame, 0)

    def _check_values(self) -> None:
        require_range("percentiles", self.percentiles, 0, 100)
        if self.percentiles[0] == self.percentiles[1]:
            raise ValueError("percentiles must differ: the lower becomes 0, the higher 1")
        if isinstance(self.statistics, tuple):
            _numbers_of("statistics", self.statistics, self.normalize)
        else:
            require_choice("statistics", self.statistics, STATISTICS)
        if not isinstance(self.repairs, tuple):
            raise ValueError(f"repairs must be a list of words, not {self.repairs!r}")
        for repair in self.repairs:
            require_choice("repair", repair, REPAIRS)


def _numbers_of(name: str, value: tuple[Any, ...], normalize: str) -> None:
    """Refuse statistics that cannot be: low above high, a deviation below 0."""
    first, last = pair_of(name, value)
    for number in (first, last):
        require_number(name, number, -math.inf)
    if normalize == "zscore" and last < 0:
        raise ValueError(f"{name} of zscore are a mean and a deviation of at least 0, not {value}")
    if normalize in ("minmax", "percentile") and last < first:
        raise ValueError(f"{name} of {normalize} are the lowest and the highest value, not {value}")


def _spacing(value: Any) -> Any:
    """Refuse what is not one number, three, a word or None; one of a command line is itself."""
    one = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    if one is None or one == "isotropic":
        return one
    if isinstance(one, str) or (isinstance(one, tuple) and len(one) != 3):
        raise ValueError(
            "spacing must be millimeters, one number or three for D, H, W, or 'isotropic', not "
            f"{value!r}"
        )
    for number in one if isinstance(one, tuple) else (one,):
        require_positive("spacing", number)
    return one
