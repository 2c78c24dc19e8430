"""What of a scene is shown, and in which colors: one frozen value, and tables made of it.

Values of a block are codes 0 to `TOP`. Opacity tables say how much of the light a layer of the
unit distance (a hundredth of the ball's radius times `LAYER`) takes away, as VTK does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
UInt8 = NDArray[np.uint8]

TOP = 4094
"""The largest code of a voxel; half of it is the zero of signed values."""
ZERO = TOP // 2
LAYER = 0.03
"""The unit distance of opacity, in radii of the ball that holds the scene."""

MODES = ("volume", "mip", "surface", "slices")
PRESETS = ("ct", "mr", "heatmap", "signed")
GRAY = bytes(np.repeat(np.arange(256, dtype=np.uint8), 3))

Span = tuple[float, float]
WHOLE: tuple[Span, Span, Span] = ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class Colors:
    """Colors of what is not data, each 0xRRGGBB."""

    background: int = 0x121212
    line: int = 0x575757
    mark: int = 0x4FC1B3
    bone: int = 0xBCBCBC
    joint: int = 0xEBEBEB
    trail: int = 0x9A9A9A


@dataclass(frozen=True)
class Look:
    """How a scene is drawn.

    Attributes
    ----------
    mode : "volume", "mip", "surface" or "slices"; points are drawn the same in all
    preset : of `PRESETS`, how opaque which values are
    level : 0 to 1 of the values' range (of the limit, where signed): the surface's value, and
        where opacity begins
    depth : the depth axis drawn this many times as deep
    slices : where the planes across D, H and W stand, 0 to 1 of the scene; None = no plane
    box : the part that is shown, from and to along D, H and W, 0 to 1
    mark : across which axis (0 = D, 1 = H, 2 = W) and where, 0 to 1, the frame's mark stands
    frame, trail : of points: which frame, and how many frames before it leave a trail
    palette : 256 colors, 768 bytes of red, green, blue
    colors : of everything else
    """

    mode: str = "volume"
    preset: str = "mr"
    level: float = 0.3
    depth: float = 1.0
    slices: tuple[float | None, float | None, float | None] = (0.5, 0.5, 0.5)
    box: tuple[Span, Span, Span] = WHOLE
    mark: tuple[int, float] | None = None
    frame: int = 0
    trail: int = 12
    palette: bytes = GRAY
    colors: Colors = field(default_factory=Colors)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode {self.mode!r} is not known; use one of: {', '.join(MODES)}")
        if self.preset not in PRESETS:
            raise ValueError(
                f"preset {self.preset!r} is not known; use one of: {', '.join(PRESETS)}"
            )
        if len(self.palette) != 768:
            raise ValueError(f"a palette has 768 bytes, not {len(self.palette)}")
        for low, high in self.box:
            if not 0 <= low < high <= 1:
                raise ValueError(f"a side of the box runs from 0 to 1, not from {low} to {high}")

    @property
    def signed(self) -> bool:
        """True where the values have a zero in the middle."""
        return self.preset == "signed"

    @property
    def shaded(self) -> bool:
        """True where the volume is lit as a body; the others glow."""
        return self.mode == "volume" and self.preset in ("ct", "mr")


def colors_of(look: Look) -> UInt8:
    """Return the palette (256, 3) uint8; a signed one has its 255 colors spread over all.

    A lit body begins above black, because light alone is to say what lies in shadow.
    """
    table = np.frombuffer(look.palette, np.uint8).reshape(256, 3)
    if look.shaded:
        table = table[np.rint(np.linspace(120, 255, 256)).astype(int)]
    if not look.signed:
        return table
    places = np.linspace(0, 254, 256)
    spread = [np.interp(places, np.arange(255), table[:255, c]) for c in range(3)]
    return np.rint(np.stack(spread, axis=1)).astype(np.uint8)


def surface_color(look: Look, sign: int = 1) -> tuple[int, int, int]:
    """Return the color of the surface at the look's level, light gray where the data are gray.

    It is that of a stronger value than the level's: light darkens it, and weak ones are dark.
    """
    table = colors_of(look)
    if bool((np.ptp(table, axis=1) == 0).all()):
        return 204, 204, 204
    value = 0.45 + 0.55 * look.level
    index = round(255 * (0.5 + 0.5 * sign * value if look.signed else value))
    red, green, blue = (int(c) for c in table[index])
    return red, green, blue


def opacity_of(look: Look) -> Float32:
    """Return how opaque a layer of each value is, (256,) float32 in 0..1, by preset and level."""
    value = np.linspace(0, 1, 256)
    if look.signed:
        value = np.abs(2 * value - 1)
    if look.mode == "mip":
        table = _ramp(value, 0.0, 0.9 if look.signed else 1.0)
        return (table**1.4 if look.signed else table).astype(np.float32)
    level = min(max(look.level, 0.0), 0.98)
    shape = {"ct": _bone, "mr": _tissue, "heatmap": _glow, "signed": _both_ends}[look.preset]
    opacity: Float32 = np.clip(shape(value, level), 0, 1).astype(np.float32)
    return opacity


def _ramp(value: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """0 below the start, 1 above the end, a smooth step between."""
    share = np.clip((value - start) / max(end - start, 1e-6), 0, 1)
    step: NDArray[np.float64] = share * share * (3 - 2 * share)
    return step


def _bone(value: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """A veil of soft tissue, then bone as a solid."""
    veil = 0.012 * _ramp(value, 0.55 * level, 0.8 * level)
    return veil + 0.75 * _ramp(value, 0.92 * level, level + 0.16)


def _tissue(value: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """A skin where the body begins, thicker where it is brighter."""
    return 0.55 * _ramp(value, 0.75 * level, level + 0.14) + 0.4 * _ramp(value, level + 0.1, 1.0)


def _glow(value: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Light that grows with the value, as fog does."""
    return 0.03 * _ramp(value, 0.3 * level, level) + 0.6 * _ramp(value, level, 1.0) ** 1.4


def _both_ends(value: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Nothing near zero; both signs glow the same."""
    return 0.05 * _ramp(value, 0.4 * level, level) + 0.9 * _ramp(value, 0.8 * level, level + 0.4)
