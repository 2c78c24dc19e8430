"""Presets: banks of filters that people know by name, for any kernel size.

`PRESETS` is the table, in the order of a menu. A row gives each filter as a name and a function of
the kernel's size (kT, kH, kW); `preset_filters` lays them over the channels of a clip. In every
filter the sum of |w| is 1, so that maps can be compared: of a clip in 0..1, no value leaves -1..1.

All are for cross-correlation: "Sobel x" is positive where it gets brighter to the right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from voxviewer.convolution.motion import DIRECTIONS, bell, centered, motion_pair
from voxviewer.data import FilterBank, Float64, frozen
from voxviewer.files import require_memory
from voxviewer.settings import PRESET_NAMES, FilterSettings

if TYPE_CHECKING:
    from collections.abc import Callable

Size: TypeAlias = tuple[int, int, int]
Row: TypeAlias = "tuple[str, Callable[[Size], Float64]]"

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue, ITU-R BT.601, as a gray clip is made."""

COLOR_NAMES = ("red", "green", "blue")

SMALLER = "Use fewer or smaller filters"

WIDEST = 99
"""Taps along an axis: more say nothing more, and take long."""

SLOW, PLAIN, FAST = 0.5, 1.0, 2.0
"""Voxels per frame."""


@dataclass(frozen=True)
class Preset:
    """One row of the table.

    Attributes
    ----------
    key : for settings, recipes and the command line
    title, words : for a menu, and one sentence of what it shows
    least : the smallest kernel (kT, kH, kW) that can hold these filters
    filters : name and function of each; a function gives (kT, kH, kW) float64 of any scale
    """

    key: str
    title: str
    words: str
    least: Size
    filters: tuple[Row, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The filters' names, in order."""
        return tuple(name for name, _ in self.filters)


def preset_filters(
    name: str, kernel: Size = (3, 3, 3), channels: int = 1, color: str = "luminance"
) -> FilterBank:
    """Make a bank of well-known filters: zero bias, linear activation.

    Parameters
    ----------
    name : a key of the table: "motion-and-edges", "motion-energy", "sobel-x", "laplacian" ...
    kernel : taps along T, H, W
    channels : C of the clips they are for
    color : "luminance": one set of filters, on 0.299 R + 0.587 G + 0.114 B of three channels and on
        the mean of any other number; "channels": a set for each channel, F * C filters

    Returns
    -------
    FilterBank with `kernels` (kT, kH, kW, C, F) float32, each filter named

    Raises
    ------
    ValueError
        for an unknown name, or a kernel too small for this preset

    Example
    -------
    >>> preset_filters("edges").names
    ('Sobel x', 'Sobel y', 'Sobel t', 'Laplacian')
    """
    settings = FilterSettings(source="preset", preset=name, kernel=kernel, color=color)
    return preset_for(settings, channels)


def preset_for(settings: FilterSettings, channels: int) -> FilterBank:
    """The preset that these settings describe, for clips of so many channels."""
    if settings.preset is None:
        raise ValueError(f"No preset is chosen. Choose one of: {', '.join(PRESET_NAMES)}")
    if channels < 1:
        raise ValueError(f"channels must be at least 1, not {channels}")
    preset = PRESETS[settings.preset]
    _require_size(preset, settings.kernel)
    apart = settings.color == "channels" and channels > 1
    count = len(preset.filters) * (channels if apart else 1)
    require_fit((*settings.kernel, channels, count), preset.title, "making the filters")
    taps = np.stack([_unit(make(settings.kernel)) for _, make in preset.filters], axis=-1)
    weights = np.eye(channels) if apart else _brightness(channels)[:, None]
    # (..., F) and (C, looks) -> (..., C, F * looks)
    kernels = np.einsum("thwf,cl->thwcfl", taps, weights).reshape(*taps.shape[:3], channels, -1)
    return FilterBank(
        kernels=frozen(np.ascontiguousarray(kernels, np.float32)),
        bias=frozen(np.zeros(kernels.shape[-1], np.float32)),
        activation="linear",
        origin=f"{preset.title}, each channel" if apart else preset.title,
        names=_names(preset, channels) if apart else preset.names,
    )


def require_fit(shape: tuple[int, ...], title: str, what: str) -> None:
    """Refuse weights that do not fit: made in float64, once more while scaled, then float32."""
    require_memory(20 * math.prod(shape), title, what, remedy=SMALLER)


def _require_size(preset: Preset, kernel: Size) -> None:
    if any(taps < least for taps, least in zip(kernel, preset.least, strict=True)):
        raise ValueError(
            f"{preset.title} needs a kernel of at least {_times(preset.least)} (T, H, W), "
            f"not {_times(kernel)}"
        )
    if max(kernel) > WIDEST:
        raise ValueError(f"A preset's kernel has at most {WIDEST} taps along an axis, not {kernel}")


def _times(size: Size) -> str:
    return " x ".join(str(taps) for taps in size)


def _brightness(channels: int) -> Float64:
    """(C,) weights that make one gray value of a voxel's channels."""
    return np.array(LUMINANCE) if channels == 3 else np.full(channels, 1 / channels)


def _names(preset: Preset, channels: int) -> tuple[str, ...]:
    rgb = COLOR_NAMES if channels == 3 else None
    looks = rgb or tuple(f"channel {index}" for index in range(channels))
    return tuple(f"{name}, {look}" for name in preset.names for look in looks)


def _unit(taps: Float64) -> Float64:
    scaled: Float64 = taps / np.abs(taps).sum()
    return scaled


# One filter each, of any scale: (kT, kH, kW) -> (kT, kH, kW) float64.


def binomial(taps: int) -> Float64:
    """(taps,) 1 2 1, 1 4 6 4 1, ... of sum 1: the smoothing half of a Sobel filter."""
    row = np.ones(1)
    for _ in range(taps - 1):
        row = np.convolve(row, [0.5, 0.5])
    return row


def derivative(taps: int) -> Float64:
    """(taps,) -1 1, -1 0 1, -1 -2 0 2 1, ...: smoothed differences, OpenCV's `getDerivKernels`."""
    return np.convolve(binomial(taps - 1), [-1.0, 1.0])


def _outer(t: Float64, h: Float64, w: Float64) -> Float64:
    product: Float64 = t[:, None, None] * h[:, None] * w
    return product


def sobel(axis: int, size: Size) -> Float64:
    """Differences along one axis (0 T, 1 H, 2 W), smoothed along the others: `ndimage.sobel`."""
    t, h, w = (
        derivative(taps) if index == axis else binomial(taps) for index, taps in enumerate(size)
    )
    return _outer(t, h, w)


def gaussian(size: Size) -> Float64:
    """A bell along every axis of the kernel; an axis of one tap is left alone."""
    t, h, w = (bell(taps) for taps in size)
    return _outer(t, h, w)


def laplacian(size: Size) -> Float64:
    """The Laplacian of a Gaussian over rows and columns, averaged over the frames by a bell.

    Sigma is a sixth of the taps, the voxels' sum 0, the middle negative, as in
    `ndimage.gaussian_laplace` (there along all axes).
    """
    h, w = ((centered(taps) / (taps / 6)) ** 2 for taps in size[1:])
    distance = h[:, None] + w
    bump = np.exp(-distance / 2)
    wave = (distance - 2) * bump
    wave -= bump * (wave.sum() / bump.sum())
    return _outer(bell(size[0]), np.ones(size[1]), np.ones(size[2])) * wave


def difference(weights: tuple[float, ...], back: int, size: Size) -> Float64:
    """Frames weighted at one voxel, the middle one: `weights` from `back` frames before it on."""
    taps = np.zeros(size)
    t, h, w = ((count - 1) // 2 for count in size)
    for step, weight in enumerate(weights):
        taps[t - back + step, h, w] = weight
    return taps


def motion(direction: int, speed: float, phase: int, size: Size) -> Float64:
    """One filter of a pair: `direction` an index of `DIRECTIONS`, `phase` 0 even or 1 odd."""
    return motion_pair(size, DIRECTIONS[direction], speed)[phase]


# The rows' filters.


def _toward(name: str, speed: float = PLAIN, phase: int = 1) -> Callable[[Size], Float64]:
    index = [direction.name for direction in DIRECTIONS].index(name)
    return partial(motion, index, speed, phase)


def _pairs(speed: float) -> tuple[Row, ...]:
    """Even and odd of all eight directions."""
    return tuple(
        (f"{way.name}, {word}", _toward(way.name, speed, phase))
        for way in DIRECTIONS
        for phase, word in enumerate(("even", "odd"))
    )


def _speeds() -> tuple[Row, ...]:
    words = ((SLOW, "slow"), (PLAIN, "medium"), (FAST, "fast"))
    return tuple(
        (f"{way}, {word}", _toward(way, speed))
        for speed, word in words
        for way in ("right", "left", "up", "down")
    )


SOBEL: tuple[Row, ...] = tuple(
    (f"Sobel {letter}", partial(sobel, axis)) for letter, axis in (("x", 2), ("y", 1), ("t", 0))
)
LAPLACIAN: Row = ("Laplacian", laplacian)
FOUR_WAYS: tuple[Row, ...] = tuple(
    (f"motion {way}", _toward(way)) for way in ("right", "left", "up", "down")
)
EIGHT_WAYS: tuple[Row, ...] = tuple((f"motion {way.name}", _toward(way.name)) for way in DIRECTIONS)
DIFFERENCES: tuple[Row, ...] = (
    ("since the frame before", partial(difference, (-1.0, 1.0), 1)),
    ("over two frames", partial(difference, (-1.0, 0.0, 1.0), 1)),
    ("change of the change", partial(difference, (1.0, -2.0, 1.0), 1)),
)

PRESETS = {
    row.key: row
    for row in (
        Preset(
            "motion-and-edges",
            "Motion and edges",
            "Motion to the four sides, edges along x, y and t, and spots.",
            (3, 3, 3),
            (*FOUR_WAYS, *SOBEL, LAPLACIAN),
        ),
        Preset(
            "motion-directions",
            "Motion in eight directions",
            "Edges that move by one voxel per frame, one filter a direction.",
            (3, 3, 3),
            EIGHT_WAYS,
        ),
        Preset(
            "motion-energy",
            "Motion energy",
            "Gabor pairs in eight directions for one voxel per frame; even squared plus odd "
            "squared is the energy.",
            (3, 3, 3),
            _pairs(PLAIN),
        ),
        Preset(
            "motion-energy-slow",
            "Motion energy, slow",
            "Gabor pairs in eight directions for half a voxel per frame.",
            (5, 3, 3),
            _pairs(SLOW),
        ),
        Preset(
            "motion-energy-fast",
            "Motion energy, fast",
            "Gabor pairs in eight directions for two voxels per frame.",
            (3, 7, 7),
            _pairs(FAST),
        ),
        Preset(
            "motion-speeds",
            "Motion at three speeds",
            "Edges that move to the four sides by a half, one and two voxels per frame.",
            (5, 5, 5),
            _speeds(),
        ),
        Preset(
            "edges",
            "Edges",
            "Sobel filters along x, y and t, and the Laplacian of a Gaussian.",
            (2, 3, 3),
            (*SOBEL, LAPLACIAN),
        ),
        Preset(
            "temporal-difference",
            "Temporal difference",
            "What changed since the frame before, over two frames, and how the change changes.",
            (3, 1, 1),
            DIFFERENCES,
        ),
        Preset("sobel-x", "Sobel x", "Edges between left and right.", (1, 1, 2), SOBEL[:1]),
        Preset("sobel-y", "Sobel y", "Edges between top and bottom.", (1, 2, 1), SOBEL[1:2]),
        Preset("sobel-t", "Sobel t", "Changes over time, smoothed in space.", (2, 1, 1), SOBEL[2:]),
        Preset(
            "laplacian",
            "Laplacian of Gaussian",
            "Spots and thin lines: dark ones bright, bright ones dark.",
            (1, 3, 3),
            (LAPLACIAN,),
        ),
        Preset(
            "gaussian-blur",
            "Gaussian blur",
            "A soft average over the kernel; one tap along an axis leaves that axis sharp.",
            (1, 1, 1),
            (("Gaussian blur", gaussian),),
        ),
    )
}
