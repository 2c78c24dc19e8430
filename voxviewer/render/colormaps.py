"""Color maps: which color each palette index has.

Gray for pictures and clips, viridis for what starts at 0, and for signed values one map in two
coats: `night` (dark paper) and `day` (light paper). Zero is the paper, and has its own entry.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]

COLORMAPS = ("gray", "viridis", "signed", "night", "day")
"""What a person can choose; "signed" is `night` or `day`, as the theme is."""

COATS = ("night", "day")
CENTER = 127
"""The palette index of zero in a signed map: 127 below it, 127 above."""
RULE = 255
"""The palette index of a signed map that no value has: the color of lines between tiles."""

# Every fifth entry of viridis (Smith and van der Walt, public domain); linear between them, it is
# within one level of the original everywhere.
_VIRIDIS = """
    440154 46085c 471063 481769 481d6f 482475 472a7a 46307e 453781 433d84 414287 3f4889 3d4e8a
    3a538b 38598c 355e8d 33638d 31688e 2e6d8e 2c718e 2a768e 297b8e 27808e 25848e 23898e 218e8d
    20928c 1f978b 1e9c89 1fa188 21a585 24aa83 28ae80 2eb37c 35b779 3dbc74 46c06f 50c46a 5ac864
    65cb5e 70cf57 7cd250 89d548 95d840 a2da37 b0dd2f bddf26 cae11f d8e219 e5e419 f1e51d fde725
"""

# -1 ... 0 ... +1: equal steps of OKLab lightness both ways, blue below, warm above.
_SIGNED = {
    "night": "a3e2ff 62a9fe 3973b7 274467 171717 5e381a a65b19 e98c42 ffc88b",
    "day": "123780 3563bc 6994e4 abc5f4 f7f7f7 efb5a2 d77759 ac401b 721700",
}
_RULES = {"night": 0x343434, "day": 0xD6D6D6}

# Ottosson, "A perceptual color space for image processing" (2020).
_LINEAR_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def choose(content: str, colormap: str | None = None, coat: str = "night") -> str:
    """Return the color map for a kind of content: "gray", "viridis", "night" or "day".

    Parameters
    ----------
    content : "picture" (and any clip of one), "heatmap" (nowhere negative) or "signed"
    colormap : what a person chose, a name of `COLORMAPS`; None = by content
    coat : "night" or "day", the coat of "signed"

    Raises
    ------
    ValueError
        for a name that is not known
    """
    if coat not in COATS:
        raise ValueError(f"coat {coat!r} is not known; use one of: {', '.join(COATS)}")
    by_content = {"picture": "gray", "heatmap": "viridis", "signed": "signed"}
    name = colormap if colormap is not None else by_content.get(content)
    if name is None:
        raise ValueError(f"content {content!r} is not known; use one of: {', '.join(by_content)}")
    if name not in COLORMAPS:
        raise ValueError(f"colormap {name!r} is not known; use one of: {', '.join(COLORMAPS)}")
    return coat if name == "signed" else name


def is_signed(colormap: str) -> bool:
    """Return True for a map with a middle, which is zero."""
    return colormap in ("signed", *COATS)


def levels(colormap: str) -> int:
    """Return how many palette indices values can have: 256, or 255 where zero has its own."""
    return 255 if is_signed(colormap) else 256


@cache
def lut(colormap: str) -> UInt8:
    """Return the palette (256, 3) uint8, red, green, blue; read-only.

    Signed maps have 255 colors, zero at `CENTER`; entry `RULE` is the color of lines.
    """
    table = _table(colormap)
    table.flags.writeable = False
    return table


@cache
def lut32(colormap: str) -> UInt32:
    """Return the palette (256,) uint32 as 0xFFRRGGBB, what an opaque screen image holds."""
    red, green, blue = lut(colormap).astype(np.uint32).T
    table: UInt32 = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    table.flags.writeable = False
    return table


def _table(colormap: str) -> UInt8:
    if colormap == "gray":
        return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    if colormap == "viridis":
        return _rounded(_between(_colors(_VIRIDIS), 256))
    name = choose("signed", colormap)
    if name not in _SIGNED:
        raise ValueError(f"colormap {colormap!r} is not known; use one of: {', '.join(COLORMAPS)}")
    lab = to_oklab(_colors(_SIGNED[name]))
    return np.vstack([_rounded(_from_oklab(_between(lab, 255))), _rgb(_RULES[name])])


def _colors(text: str) -> NDArray[np.float64]:
    """Hex words as (N, 3) float64, 0..255."""
    return np.array([list(bytes.fromhex(word)) for word in text.split()], dtype=np.float64)


def _rgb(color: int) -> UInt8:
    return np.array([list(color.to_bytes(3, "big"))], dtype=np.uint8)


def _rounded(colors: NDArray[Any]) -> UInt8:
    rounded: UInt8 = np.rint(np.clip(colors, 0, 255)).astype(np.uint8)
    return rounded


def _between(points: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Points (N, 3) spread over `count` places, linear between them."""
    places = np.linspace(0, len(points) - 1, count)
    index = np.arange(len(points))
    return np.stack([np.interp(places, index, column) for column in points.T], axis=1)


def to_oklab(rgb: NDArray[Any]) -> NDArray[np.float64]:
    """Colors (N, 3) in sRGB 0..255 as OKLab: lightness 0..1, green-red, blue-yellow."""
    share = np.asarray(rgb, dtype=np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ _LINEAR_TO_LMS.T) @ _LMS_TO_LAB.T
    return lab


def _from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `to_oklab`, clipped to what a screen has; 0..255."""
    cubes = (lab @ np.linalg.inv(_LMS_TO_LAB).T) ** 3
    linear = np.clip(cubes @ np.linalg.inv(_LINEAR_TO_LMS).T, 0, 1)
    share = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    scaled: NDArray[np.float64] = share * 255
    return scaled
