"""What a user can choose: frozen plain values, equal by value, hashable.

Because choices are values, undo, recipes, "Copy as Python", caches, the command line and tests come
nearly free. None means "as the source is" and resolves anew for each source. A wrong value raises
`ValueError` with one sentence; values that are planned but not built are refused the same way.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ENGINES = ("handwritten", "keras", "both")
PADDINGS = ("same", "valid")
MODES = ("correlation", "convolution")
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
UNITS = ("px", "m", "cm", "mm", "normalized", "unit")
UPS = ("y+", "y-", "z+")
FITS = ("auto", "box", "cube", "pixels", "none")
LENGTHS = (
    "sample", "random", "center", "window", "pad-zero", "pad-edge", "pad-loop", "pad-reflect",
)  # fmt: skip
PAD_SIDES = ("after", "before", "both")
PSEUDO_DEPTHS = ("replicate", "transforms")
STATISTICS = ("clip", "sources")
REPAIRS = ("bgr", "unwrap", "levels", "zeros-missing", "fill-gaps")
INITIALIZERS = (
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
    "random_uniform", "random_normal", "truncated_normal", "legacy_normal",
)  # fmt: skip
SOURCES = ("random", "preset", "model", "edited")
PRESET_NAMES = (
    "motion-and-edges", "motion-directions", "motion-energy", "motion-energy-slow",
    "motion-energy-fast", "motion-speeds", "edges", "temporal-difference", "sobel-x", "sobel-y",
    "sobel-t", "laplacian", "gaussian-blur",
)  # fmt: skip
COLORS = ("luminance", "channels")
SCALINGS = ("map", "global", "symmetric", "frame")
SORTS = ("filter", "energy", "sparsity", "change")


def _make_plain(settings: Any) -> None:
    """Turn what scripts hand in, lists, NumPy's numbers, paths, into Python's own plain values.

    Else equal choices would not be equal, and a recipe could not hold them.
    """
    kind: Any = type(settings)
    for name in _field_names(kind):
        value = getattr(settings, name)
        plain = _plain(value)
        if plain is not value:
            object.__setattr__(settings, name, plain)


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


_PLAIN = frozenset((str, int, float, bool, type(None)))


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN or (type(value) is tuple and _PLAIN.issuperset(map(type, value))):
        return value  # nearly always: choices are made anew many times while a slider is dragged
    if isinstance(value, str):
        return value if type(value) is str else str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(_plain(item) for item in value) if isinstance(value, (list, tuple)) else value


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    """Return two things, of what should be two numbers."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise ValueError(f"{name} must be two numbers, the lower first, not {value!r}")
    return value[0], value[1]


def _choice(name: str, value: Any, built: Sequence[Any], planned: Sequence[Any] = ()) -> None:
    """Refuse a value that is not one of the built ones, in one sentence."""
    if value in built:
        return
    options = ", ".join(str(item) for item in built)
    if value in planned:
        raise ValueError(f"{name} {value!r} is planned but not built yet; use one of: {options}")
    raise ValueError(f"{name} {value!r} is not known; use one of: {options}")


def _require_window(value: Any) -> None:
    """Refuse what is not a center and a width above 0."""
    numbers = isinstance(value, tuple) and all(
        isinstance(item, (int, float)) and not isinstance(item, bool) and math.isfinite(item)
        for item in value
    )
    if not numbers or len(value) != 2 or value[1] <= 0:
        raise ValueError(f"window must be a center and a width above 0, not {value!r}")


def _require_paths(value: Any) -> None:
    """Refuse a stack that is not one path at least."""
    if not isinstance(value, tuple) or not value or not all(isinstance(p, str) for p in value):
        raise ValueError(f"stack must be the paths of one file or more, not {value!r}")


def _require_roles(value: Any) -> None:
    """Refuse roles that do not say of each of T, D, H, W, C what becomes of it."""
    if not isinstance(value, tuple) or len(value) != 5:
        raise ValueError(f"roles must say five things, of T, D, H, W and C, not {value!r}")
    for role in value:
        if isinstance(role, int) and not isinstance(role, bool):
            _count("an axis that is fixed", role, 0)
        else:
            _choice("role", role, ROLES)
    for role in ROLES[:4]:
        if value.count(role) > 1:
            raise ValueError(f"roles give {role} to {value.count(role)} axes: {value!r}")
    for role in ROLES[1:3]:
        if role not in value:
            raise ValueError(f"roles give {role} to no axis: {value!r}")


def _count(name: str, value: Any, low: int = 1, high: int = 1_000_000) -> None:
    """Refuse what is not a whole number in low..high."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")


def _triple(name: str, value: Any) -> tuple[int, int, int]:
    """Return three whole numbers of at least 1, for T, H, W."""
    try:
        items = tuple(value)
    except TypeError:
        raise ValueError(f"{name} needs three whole numbers for T, H, W, not {value!r}") from None
    if len(items) != 3:
        raise ValueError(f"{name} needs three whole numbers for T, H, W, not {value!r}")
    for item in items:
        _count(name, item)
    return items


def _number(name: str, value: Any, low: float, high: float = math.inf) -> None:
    """Refuse what is not a finite number in low..high."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:
        words = f" of at least {low:g}" if high == math.inf else f" from {low:g} to {high:g}"
        words = "" if low == -math.inf else words
        raise ValueError(f"{name} must be a number{words}, not {value!r}")


def _range_of(name: str, value: Any, low: float, high: float = math.inf) -> None:
    """Refuse what is not two finite numbers in low..high, the lower first or both equal."""
    first, last = _pair(name, value)
    for number in (first, last):
        _number(name, number, low, high)
    if first > last:
        raise ValueError(f"{name} must be two numbers, the lower first, not {value!r}")


def _positive(name: str, value: Any) -> None:
    """Refuse what is not a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} must be a number above 0, not {value!r}")
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a number above 0, not {value!r}")


def _degrees(name: str, value: Any, most: float) -> None:
    """Refuse what is not an angle from -most to most."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not -most <= value <= most:
        raise ValueError(f"{name} must be degrees from -{most} to {most}, not {value!r}")


@dataclass(frozen=True)
class Opening:
    """A path and how it is opened: `axes` letters of the stored array, `array` of an archive.

    Samples have paths of the form "sample:waving-hand". What follows corrects a reader's decision;
    None leaves it as read.

    Attributes
    ----------
    person : of a skeleton's persons this one alone, counted from 0
    unit : of a skeleton's coordinates, one of `UNITS`
    up : of a skeleton: "y+", "y-" or "z+"
    rate : frames per second, at even steps
    voxels : of a point cloud, how many cells the longest side of its grid has; None: 64
    cloud : of a point cloud, what a voxel holds: "count" (None), "occupancy", "color" or the name
        of a value that the points carry
    stack : the files that follow `path` over time, all of one size and opened alike; None: `path`
        alone
    """

    path: str
    axes: str | None = None
    array: str | None = None
    series: int = 0
    person: int | None = None
    unit: str | None = None
    up: str | None = None
    rate: float | None = None
    voxels: int | None = None
    cloud: str | None = None
    stack: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _make_plain(self)
        if self.stack is not None:
            _require_paths(self.stack)
        if self.person is not None:
            _count("person", self.person, 0)
        if self.unit is not None:
            _choice("unit", self.unit, UNITS)
        if self.up is not None:
            _choice("up", self.up, UPS)
        if self.rate is not None:
            _positive("rate", self.rate)
        if self.voxels is not None:
            _count("voxels", self.voxels, 2, 2048)

    @property
    def as_read(self) -> Opening:
        """The same without corrections: what a reader is asked for."""
        return replace(self, person=None, unit=None, up=None, rate=None)


CORRECTIONS = ("person", "unit", "up", "rate")
"""Fields of an `Opening` that change what was read without reading again."""


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
        _make_plain(self)
        for name in ("frames", "height", "width"):
            if getattr(self, name) is not None:
                _count(name, getattr(self, name), 1, 65_536)
        object.__setattr__(self, "spacing", _spacing(self.spacing))
        _choice("aspect", self.aspect, (True, False))
        _choice("order", self.order, ORDERS)
        _choice("grid", self.grid, GRIDS)
        _choice("antialias", self.antialias, (True, False))
        _choice("clip_overshoot", self.clip_overshoot, (True, False))
        _choice("time_axis", self.time_axis, TIME_AXES)
        if isinstance(self.depth, int) and not isinstance(self.depth, bool):
            _count("depth", self.depth, 0)
        else:
            _choice("depth", self.depth, ("middle", "mean", "channels"))
        _count("time_index", self.time_index, 0)
        _choice("channels", self.channels, CHANNELS)
        if self.roles is not None:
            _require_roles(self.roles)
        _choice("normalize", self.normalize, NORMALIZATIONS)
        if self.window is not None:
            _require_window(self.window)
        _positive("sigma", self.sigma)
        _choice("sigma_unit", self.sigma_unit, SIGMA_UNITS)
        if self.cutoff is not None:
            _positive("cutoff", self.cutoff)
        _choice("combine", self.combine, COMBINES)
        _choice("persons", self.persons, PERSONS)
        _choice("confidence_peak", self.confidence_peak, (True, False))
        _choice("center", self.center, CENTERS)
        _choice("plane", self.plane, PLANES)
        _degrees("azimuth", self.azimuth, 360)
        _degrees("elevation", self.elevation, 90)
        _choice("fit", self.fit, FITS)
        _choice("root_center", self.root_center, (True, False))
        _choice("pseudo_depth", self.pseudo_depth, PSEUDO_DEPTHS)
        _choice("length", self.length, LENGTHS)
        _count("seed", self.seed, 0, 2**32 - 1)
        self._check_transforms()
        self._check_time()
        self._check_values()

    def _check_transforms(self) -> None:
        _number("rotation", self.rotation, 0, 180)
        _number("translation", self.translation, 0, 1)
        _range_of("zoom", self.zoom, 0.01, 100)
        _number("shear", self.shear, 0, 80)
        _range_of("blur", self.blur, 0.001, 1000)
        _count("blur_taps", self.blur_taps, 1, 999)
        if self.blur_taps % 2 == 0:
            raise ValueError(f"blur_taps must be odd, not {self.blur_taps}")

    def _check_time(self) -> None:
        _count("start", self.start, 0)
        _choice("pad_side", self.pad_side, PAD_SIDES)
        if self.clip_rate is not None:
            _number("clip_rate", self.clip_rate, 0.001, 100_000)
        if self.frame_order is not None:
            if not isinstance(self.frame_order, tuple) or not self.frame_order:
                raise ValueError(f"frame_order needs at least one frame, not {self.frame_order!r}")
            for frame in self.frame_order:
                _count("each frame of frame_order", frame, 0)

    def _check_values(self) -> None:
        _range_of("percentiles", self.percentiles, 0, 100)
        if self.percentiles[0] == self.percentiles[1]:
            raise ValueError("percentiles must differ: the lower becomes 0, the higher 1")
        if isinstance(self.statistics, tuple):
            _numbers_of("statistics", self.statistics, self.normalize)
        else:
            _choice("statistics", self.statistics, STATISTICS)
        if not isinstance(self.repairs, tuple):
            raise ValueError(f"repairs must be a list of words, not {self.repairs!r}")
        for repair in self.repairs:
            _choice("repair", repair, REPAIRS)


def _numbers_of(name: str, value: tuple[Any, ...], normalize: str) -> None:
    """Refuse statistics that cannot be: low above high, a deviation below 0."""
    first, last = _pair(name, value)
    for number in (first, last):
        _number(name, number, -math.inf)
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
        _positive("spacing", number)
    return one


@dataclass(frozen=True)
class Kernels:
    """Kernels that a person edited: float32 little-endian bytes, so that they stay a plain value.

    `shape` (kT, kH, kW, C, F); `kernels` and `bias` in C order; `names` of the filters, or none.
    """

    shape: tuple[int, int, int, int, int]
    kernels: bytes
    bias: bytes
    activation: str = "linear"
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.shape
        if not isinstance(shape, tuple) or len(shape) != 5:
            raise ValueError(f"edited kernels need the shape (kT, kH, kW, C, F), not {shape!r}")
        for size in shape:
            _count("each size of edited kernels", size)
        for name, count in (("kernels", math.prod(shape)), ("bias", shape[4])):
            value = getattr(self, name)
            if not isinstance(value, bytes) or len(value) != 4 * count:
                raise ValueError(f"{name} of shape {shape} need {4 * count} bytes of float32")
        names = self.names
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"names of edited kernels must be texts, not {names!r}")
        if len(names) not in (0, shape[4]):
            raise ValueError(f"{shape[4]} edited filters need as many names, not {len(names)}")


@dataclass(frozen=True)
class FilterSettings:
    """Which filters: random ones, a preset, those of a Conv3D layer in a model file, edited ones.

    Attributes
    ----------
    source : "random", "preset", "model" or "edited"
    count, kernel, initializer, stddev, seed : of random filters; `stddev` is used by
        "random_normal", "truncated_normal" and "legacy_normal", and is the half-width of
        "random_uniform". `kernel` is the size of a preset's too.
    preset : a key of `convolution.presets.PRESETS`
    model, layer : path of a `.keras` or `.h5` file, and the layer's name in it
    kernels : what a person edited
    color : presets look at the clip's "luminance", or at each of its "channels" for itself
    adapt : for filters of a model or edited ones whose channels are not the clip's: "sum", "repeat"
        or "pick:0" (see `convolution.channels`); None adapts nothing
    edited_from : what edited filters began as: "random", "preset" or "model"; None: not known
    through : of a model: run the clip through the network up to the layer, by Keras; else the
        layer's kernels alone meet the clip
    """

    source: str = "random"
    count: int = 8
    kernel: tuple[int, int, int] = (3, 3, 3)
    initializer: str = "glorot_uniform"
    stddev: float = 0.05
    seed: int = 0
    preset: str | None = None
    model: str | None = None
    layer: str | None = None
    kernels: Kernels | None = None
    color: str = "luminance"
    adapt: str | None = None
    edited_from: str | None = None
    through: bool = False

    def __post_init__(self) -> None:
        _make_plain(self)
        _choice("filters", self.source, SOURCES)
        _count("count", self.count, 1, 4096)
        object.__setattr__(self, "kernel", _triple("kernel", self.kernel))
        _choice("initializer", self.initializer, INITIALIZERS)
        _positive("stddev", self.stddev)
        _count("seed", self.seed, 0, 2**32 - 1)
        if self.preset is not None:
            _choice("preset", self.preset, PRESET_NAMES)
        if self.kernels is not None and not isinstance(self.kernels, Kernels):
            raise ValueError(f"kernels must be edited Kernels, not {type(self.kernels).__name__}")
        _choice("color", self.color, COLORS)
        if self.adapt is not None and not re.fullmatch(r"sum|repeat|pick:\d{1,6}", str(self.adapt)):
            raise ValueError(f"adapt {self.adapt!r} is not known; use sum, repeat or pick:0")
        if self.edited_from is not None:
            _choice("edited_from", self.edited_from, SOURCES[:3])
        if not isinstance(self.through, bool):
            raise ValueError(f"through must be True or False, not {self.through!r}")

    @property
    def whole(self) -> bool:
        """The whole network up to a layer, and not filters."""
        return self.source == "model" and self.through


@dataclass(frozen=True)
class ConvolutionSettings:
    """How filters run over a clip: engine, padding, strides and dilation (T, H, W), mode."""

    engine: str = "handwritten"
    padding: str = "same"
    strides: tuple[int, int, int] = (1, 1, 1)
    dilation: tuple[int, int, int] = (1, 1, 1)
    mode: str = "correlation"

    def __post_init__(self) -> None:
        _make_plain(self)
        _choice("engine", self.engine, ENGINES)
        _choice("padding", self.padding, PADDINGS)
        object.__setattr__(self, "strides", _triple("strides", self.strides))
        object.__setattr__(self, "dilation", _triple("dilation", self.dilation))
        _choice("mode", self.mode, MODES)


@dataclass(frozen=True)
class RenderSettings:
    """How numbers become colors.

    Attributes
    ----------
    colormap : a name of `render.pixels.COLORMAPS`; None = by content (gray for clips, viridis for
        heatmaps and maps that are nowhere negative, "signed" for signed maps)
    limits : (low, high) of the clip; None = from its values
    scaling : of maps: "map" (each its own, fixed over time), "global" (one for all), "symmetric"
        (one for all, always centered on 0), "frame" (each frame its own)
    sort : in which order maps stand on the wall, on screen and in films: "filter" (the bank's),
        "energy" (strongest first), "sparsity" (most zeros first), "change" (liveliest first)
    """

    colormap: str | None = None
    limits: tuple[float, float] | None = None
    scaling: str = "map"
    sort: str = "filter"

    def __post_init__(self) -> None:
        _make_plain(self)
        _choice("scaling", self.scaling, SCALINGS)
        _choice("sort", self.sort, SORTS)
        if self.limits is None:
            return
        pair = _pair("limits", self.limits)
        try:
            low, high = (float(value) for value in pair)
        except (TypeError, ValueError):
            low = high = math.nan
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"limits must be two numbers, the lower first, not {self.limits!r}")
        object.__setattr__(self, "limits", (low, high))


@dataclass(frozen=True)
class ExportSettings:
    """What a film of clip or maps shows: `rate` Hz, pixel `scale`, which maps, which frames.

    `maps` None = all; `range` None = all frames, else (first, last), both included, clip frames.
    """

    rate: float = 10.0
    scale: int = 1
    maps: tuple[int, ...] | None = None
    range: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        _make_plain(self)
        _positive("rate", self.rate)
        _count("scale", self.scale, 1, 64)
        if self.maps is not None:
            if not isinstance(self.maps, tuple) or not self.maps:
                raise ValueError(f"maps must name at least one map, not {self.maps!r}")
            for index in self.maps:
                _count("maps", index, 0)
        if self.range is not None:
            first, last = _pair("range", self.range)
            _count("range", first, 0)
            _count("range", last, first)


@dataclass(frozen=True)
class Choices:
    """Everything a person chose: what an undo step and a recipe hold."""

    opening: Opening | None = None
    encoding: EncodingSettings = field(default_factory=EncodingSettings)
    filters: FilterSettings = field(default_factory=FilterSettings)
    convolution: ConvolutionSettings = field(default_factory=ConvolutionSettings)
    render: RenderSettings = field(default_factory=RenderSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
