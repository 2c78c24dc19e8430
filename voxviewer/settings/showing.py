"""How numbers become colors, and what a film shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from voxviewer.settings.checks import (
    make_plain,
    pair_of,
    require_choice,
    require_count,
    require_positive,
)

SCALINGS = ("map", "global", "symmetric", "frame")
CLIP_SCALINGS = ("fixed", "frame")
SORTS = ("filter", "energy", "sparsity", "change")


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
    clip_scaling : of a clip without `limits`: "fixed" over time, or "frame" (each frame its own)
    sort : in which order maps stand on the wall, on screen and in films: "filter" (the bank's),
        "energy" (strongest first), "sparsity" (most zeros first), "change" (liveliest first)
    """

    colormap: str | None = None
    limits: tuple[float, float] | None = None
    scaling: str = "map"
    sort: str = "filter"
    clip_scaling: str = "fixed"

    def __post_init__(self) -> None:
        make_plain(self)
        require_choice("scaling", self.scaling, SCALINGS)
        require_choice("sort", self.sort, SORTS)
        require_choice("clip_scaling", self.clip_scaling, CLIP_SCALINGS)
        if self.limits is None:
            return
        pair = pair_of("limits", self.limits)
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
        make_plain(self)
        require_positive("rate", self.rate)
        require_count("scale", self.scale, 1, 64)
        if self.maps is not None:
            if not isinstance(self.maps, tuple) or not self.maps:
                raise ValueError(f"maps must name at least one map, not {self.maps!r}")
            for index in self.maps:
                require_count("maps", index, 0)
        if self.range is not None:
            first, last = pair_of("range", self.range)
            require_count("range", first, 0)
            require_count("range", last, first)
