"""The caption of a tile: index, name, limits, and below them its share of the energy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect, Qt

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QFont, QPainter

    from voxviewer.data import FeatureMaps
    from voxviewer.render.limits import Scale

INSET = 2
"""Pixels left free at both ends of a caption."""

NEAREST = 5
"""Pixels between an index and the limits, at least."""


DEAD = "dead"
"""What a map is called that is 0 everywhere."""

LEGIBLE = "mot…"
"""Of a name at least so much is shown, or nothing."""


@dataclass(frozen=True)
class Caption:
    """Words of a tile; `share` of the strongest map's energy, None for the input.

    `short` is the name where there is little room.
    """

    index: str
    name: str
    limits: str
    share: float | None = None
    short: str = ""

    @property
    def is_share(self) -> bool:
        """True where the name says no more than the bar."""
        return self.short.endswith(" %")

    @property
    def is_mark(self) -> bool:
        """True where the name says more than the limits: dead, or the same as another map."""
        return self.short.startswith("=") or self.name == DEAD


def energy_shares(maps: FeatureMaps) -> NDArray[np.float64]:
    """Return each map's share of the energy of all, (F,); all 0 where there is none."""
    energy = np.nan_to_num(maps.energy.mean(axis=0, dtype=np.float64))
    shares: NDArray[np.float64] = energy / max(float(energy.sum()), 1e-300)
    return shares


def of_map(
    maps: FeatureMaps,
    index: int,
    scale: Scale,
    shares: NDArray[np.float64],
    twin: int | None = None,
) -> Caption:
    """Return the caption of a map; one without a name says its share of the energy instead.

    `twin` is the earlier map that it is the same as.
    """
    share = float(shares[index]) / max(float(shares.max()), 1e-300)
    if not float(maps.limits[index]) > 0:
        return Caption(str(index), DEAD, "all 0", share)
    if twin is not None:
        return Caption(str(index), f"same as {twin}", scale.text, share, f"= {twin}")
    named = maps.bank is not None and index < len(maps.bank.names)
    if named:
        return Caption(str(index), maps.name(index), scale.text, share)
    percent = shares[index] * 100
    short = f"{percent:.0f} %" if percent >= 0.5 else "< 1 %"
    return Caption(str(index), f"{short} of energy", scale.text, share, short)


def briefly(captions: Sequence[Caption], width: int) -> list[Caption]:
    """Return captions for tiles of a width, all alike: what one has no room for, none has.

    First names grow short, then shares of energy go, which the bar below shows as well, then
    limits; beside names of their own only the limits go.
    """
    captions = _beside_names(captions, width)
    if max(map(_need, captions), default=0) <= width:
        return list(captions)
    short = [replace(caption, name=caption.short or caption.name) for caption in captions]
    if max(map(_need, short), default=0) <= width:
        return short
    bare = [replace(caption, name="") if caption.is_share else caption for caption in short]
    ends = [_ends(caption) + NEAREST for caption in bare if caption.is_share]
    if max(ends, default=0) <= width - 2 * INSET:
        return bare
    return [replace(caption, limits="") if caption.is_share else caption for caption in bare]


def _beside_names(captions: Sequence[Caption], width: int) -> Sequence[Caption]:
    """Leave out the limits of named maps where one of them leaves no legible part of a name."""
    named = [caption.share is not None and not caption.short for caption in captions]
    legible = drawing.wide("caption", LEGIBLE) + 14
    pairs = zip(captions, named, strict=True)
    if all(_ends(caption) + legible <= width - 2 * INSET for caption, own in pairs if own):
        return captions
    return [
        replace(caption, limits="") if own and not caption.is_mark else caption
        for caption, own in zip(captions, named, strict=True)
    ]


def _need(caption: Caption) -> int:
    """The width of a caption that can be shortened."""
    if not caption.short:
        return 0
    return _ends(caption) + drawing.wide("caption", caption.name) + 18  # with the air between them


def _ends(caption: Caption) -> int:
    """The width of the index and the limits."""
    return _index_width(caption.index, theme.font_key()) + drawing.wide("caption", caption.limits)


@lru_cache(maxsize=1024)
def _index_width(index: str, _: str) -> int:
    """Kept for each font: while a network is trained the words of all tiles change many times."""
    return drawing.advance(_strong(), index)


def _strong(kind: str = "caption") -> QFont:
    """The font of an index: as small as the rest, and heavier."""
    strong = theme.font(kind)
    strong.setWeight(theme.font("strong").weight())
    return strong


def paint_caption(painter: QPainter, box: QRect, caption: Caption, chosen: bool) -> None:
    """Draw it; where there is little room the name is cut off, then the limits are left out.

    What marks a map as dead or as a copy is never cut off: the limits make room for it. An index
    never is either: under a narrow image it is written smaller, as wide as the gap beside it lets.
    """
    line = box.adjusted(INSET, 0, -INSET, -3)
    small, strong = theme.font("caption"), _strong()
    room = line.width() - drawing.wide("caption", caption.limits)
    begin = _index_width(caption.index, theme.font_key())
    long = drawing.wide("caption", caption.name)
    least = long if caption.is_mark else min(long, drawing.wide("caption", LEGIBLE))
    if caption.limits and room >= begin + (least + 14 if caption.is_mark else NEAREST):
        drawing.text(painter, line, caption.limits, small, "text3", Qt.AlignmentFlag.AlignRight)
    else:
        room = line.width() + 7
    role = "accent" if chosen else "text"
    if begin > line.width():
        index = caption.index if caption.share is not None else caption.name
        wide = box.adjusted(-INSET, 0, INSET, -3)
        center = Qt.AlignmentFlag.AlignHCenter
        drawing.text(painter, wide, index, _strong("axis"), role, center)
    else:
        drawing.text(painter, line, caption.index, strong, role)
    name = QRect(line.left() + begin + 7, line.top(), room - begin - 14, line.height())
    if caption.name and name.width() >= (12 if caption.is_mark else least):
        role = "text3" if caption.share is None else "text2"
        drawing.text(painter, name, caption.name, small, role)
    if caption.share is not None:
        bar = QRect(box.left(), box.bottom() - 1, box.width(), 2)
        painter.fillRect(bar, theme.color("line"))
        bar.setWidth(round(bar.width() * min(caption.share, 1.0)))
        painter.fillRect(bar, theme.color("text3"))
