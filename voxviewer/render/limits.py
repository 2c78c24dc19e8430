"""Which values get the ends of a color map: `Scale`, and the policies that choose one.

Limits are fixed over time unless a person asks for "frame", because a picture whose contrast moves
shows changes that are not in the data. Every scale can say in words what it does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from voxviewer.render import colormaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Clip, FeatureMaps
    from voxviewer.settings import RenderSettings

RGB = ("red", "green", "blue")
"""The channel names of a clip that is painted in its own colors."""

_LONG = 1e6
"""Below this whole numbers are written out: a scan's values are counts, 30393 and not 3.039e+04."""
_NEGLIGIBLE = 1e-6
"""Values this far below zero, against the largest, are rounding: the maps count as unsigned."""


@dataclass(frozen=True)
class Scale:
    """How values become palette indices.

    Attributes
    ----------
    low, high : the values at the ends of the color map; low = high where there is one value only
    colormap : "gray", "viridis", "night", "day", or "rgb" (three channels, each from low to high)
    signed : True where low = -high: zero is in the middle, in a signed map the color of paper
    fixed : True where the limits are the same in every frame
    shared : True where all maps of a wall have these limits
    """

    low: float
    high: float
    colormap: str = "gray"
    signed: bool = False
    fixed: bool = True
    shared: bool = False

    @property
    def words(self) -> str:
        """What the screen and an export say: "signed, centered on 0, fixed over time"."""
        if self.signed:
            kind = "signed, centered on 0"
        else:
            name = "RGB" if self.colormap == "rgb" else self.colormap
            kind = f"{name} {self.text}" if self.fixed else name
        if not self.fixed:
            return f"{kind}, contrast per frame"
        return f"{kind}, fixed over time" if self.signed else kind

    @property
    def text(self) -> str:
        """The limits as a caption: "±0.34" or "0 – 0.94"."""
        if self.signed:
            return f"±{number(self.high)}"
        largest = max(abs(self.low), abs(self.high))
        # Three digits of the larger end serve both: 0 – 1, not 2.14e-05 – 1; never fewer than
        # whole numbers: −3024 – 1381.
        digits = 2 - math.floor(math.log10(largest)) if largest > 0 else 0
        digits = max(digits, 0) if largest < _LONG else digits
        return f"{number(round(self.low, digits))} – {number(round(self.high, digits))}"


def number(value: float) -> str:
    """Return a value in three digits or more with a true minus: "−0.307", "30393", "3.1e-06"."""
    size = abs(value)
    text = f"{value:.0f}" if 999.5 <= size < _LONG else f"{value + 0.0:.3g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def clip_scale(
    clip: Clip, settings: RenderSettings, coat: str = "night", frame: int | None = None
) -> Scale:
    """Return the scale of a clip: one for all its frames, or that of a frame.

    Without limits in the settings: from the lowest to the highest value; heatmaps from 0; colors
    from 0 to 1 or to 255, where their values lie there, so that they stay the picture's own.

    Parameters
    ----------
    frame : where `clip_scaling` is "frame", and there are no limits, the values of this frame
        alone count; None: for what shows several frames at once

    Raises
    ------
    ValueError
        for a color map that is not known
    """
    if frame is not None and settings.clip_scaling == "frame" and settings.limits is None:
        return replace(
            _clip_scale(clip, settings, coat, finite_range(clip.data[frame])), fixed=False
        )
    return _clip_scale(clip, settings, coat, value_range(clip))


def _clip_scale(
    clip: Clip, settings: RenderSettings, coat: str, values: tuple[float, float]
) -> Scale:
    low, high = values
    if is_rgb(clip):
        return Scale(*(settings.limits or _color_limits(low, high)), "rgb")
    content = "heatmap" if is_heatmap(clip) and low >= 0 else "picture"
    colormap = colormaps.choose(content, settings.colormap, coat)
    if colormaps.is_signed(colormap):
        return signed_scale(max(map(abs, settings.limits or (low, high))), colormap)
    if content == "heatmap" or low == high:
        # A plane of one value keeps its distance from 0: white paper stays white.
        low, high = min(low, 0.0), max(high, 0.0)
    return Scale(*(settings.limits or (low, high)), colormap)


def map_scales(
    maps: FeatureMaps, settings: RenderSettings, coat: str = "night", frame: int | None = None
) -> tuple[Scale, ...]:
    """Return one scale for each feature map, all in the same color map.

    Parameters
    ----------
    maps : F maps; signed where any of them is anywhere negative
    settings : `scaling` "map" each its own, "global" one for all, "symmetric" one for all and
        centered on 0 whatever the values, "frame" each its own in each frame
    coat : "night" or "day", what "signed" means in this theme
    frame : the map frame, used by "frame" alone

    Raises
    ------
    ValueError
        for a color map that is not known, and for "frame" without a frame
    """
    lows, highs = map_ranges(maps)
    unsigned = bool(np.all(lows >= -_NEGLIGIBLE * np.maximum(highs, 0)))
    content = "heatmap" if unsigned and settings.scaling != "symmetric" else "signed"
    colormap = colormaps.choose(content, settings.colormap, coat)
    signed = colormaps.is_signed(colormap) or settings.scaling == "symmetric"
    if settings.scaling == "frame":
        if frame is None:
            raise ValueError("scaling per frame needs to know the frame")
        lows, highs = _finite_ranges(maps.data[frame])
    lows, highs = _symmetric(lows, highs) if signed else (np.minimum(lows, 0), np.maximum(highs, 0))
    shared = settings.scaling in ("global", "symmetric")
    if shared:
        lows, highs = np.full_like(lows, lows.min()), np.full_like(highs, highs.max())
    return tuple(
        Scale(float(low), float(high), colormap, signed, settings.scaling != "frame", shared)
        for low, high in zip(lows, highs, strict=True)
    )


def signed_scale(limit: float, colormap: str = "night") -> Scale:
    """Return a scale centered on 0, for kernels and products of the microscope."""
    return Scale(-float(limit), float(limit), colormap, signed=True)


def wall_words(scales: Sequence[Scale]) -> str:
    """Return the words of a whole wall: those of one scale, and whether all maps share it."""
    if not scales:
        return ""
    if len(scales) == 1:
        return scales[0].words
    scale = scales[0]
    kind = "signed, centered on 0" if scale.signed else scale.colormap
    if not scale.fixed:
        return f"{kind}, contrast per map and frame"
    limits = f"{scale.text} for all maps" if scale.shared else "each map its own limits"
    return f"{kind}, fixed over time, {limits}"


def is_rgb(clip: Clip) -> bool:
    """Return True where the clip's three channels are a picture's colors."""
    return clip.channels == RGB


def is_heatmap(clip: Clip) -> bool:
    """Return True where the clip was drawn from a skeleton: its ledger begins with joints."""
    return bool(clip.steps) and "J" in clip.steps[0].axes


_clip_ranges: WeakKeyDictionary[Clip, tuple[float, float]] = WeakKeyDictionary()
_map_ranges: WeakKeyDictionary[FeatureMaps, tuple[NDArray[Any], NDArray[Any]]] = WeakKeyDictionary()


def value_range(clip: Clip) -> tuple[float, float]:
    """Return the lowest and highest finite value of a clip; (0, 0) where there is none."""
    if clip not in _clip_ranges:
        _clip_ranges[clip] = finite_range(clip.data)
    return _clip_ranges[clip]


def map_ranges(maps: FeatureMaps) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the lowest and highest finite value of each map over all frames, (F,) float64 each."""
    if maps not in _map_ranges:
        _map_ranges[maps] = _finite_ranges(maps.data)
    return _map_ranges[maps]


def finite_range(values: NDArray[Any]) -> tuple[float, float]:
    """Return the lowest and highest finite value; (0, 0) where there is none."""
    if values.size == 0:
        return 0.0, 0.0
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        lows, highs = _masked_ranges(values.reshape(-1, 1))
        return float(lows[0]), float(highs[0])
    return low, high


def _finite_ranges(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same for each entry of the last axis: (..., W, F) to two (F,) float64."""
    W, F = values.shape[-2:]
    if values.size == 0:
        return np.zeros(F), np.zeros(F)
    # Whole rows of W * F values are compared at once: ten times faster than F at a time.
    rows = values.reshape(-1, W * F)
    with np.errstate(invalid="ignore"):
        low = rows.min(axis=0).reshape(W, F).min(axis=0).astype(np.float64)
        high = rows.max(axis=0).reshape(W, F).max(axis=0).astype(np.float64)
        finite = bool(np.isfinite(high - low).all())
    return (low, high) if finite else _masked_ranges(values.reshape(-1, F))


def _masked_ranges(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The slow way round NaN and infinity: (N, F) to two (F,) float64."""
    finite = np.isfinite(values)
    low = values.min(axis=0, where=finite, initial=np.inf).astype(np.float64)
    high = values.max(axis=0, where=finite, initial=-np.inf).astype(np.float64)
    empty = ~finite.any(axis=0)
    low[empty] = high[empty] = 0
    return low, high


def _color_limits(low: float, high: float) -> tuple[float, float]:
    """0..1 or 0..255 where the values lie there, else from the lowest to the highest."""
    if low >= 0 and high <= 255:
        return 0.0, 1.0 if high <= 1 else 255.0
    return (low, high) if low < high else (min(low, 0.0), max(high, 0.0))


def _symmetric(lows: NDArray[Any], highs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    limit = np.maximum(np.abs(lows), np.abs(highs))
    return -limit, limit
