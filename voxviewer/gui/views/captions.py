"""The caption of a tile: index, name, limits, and below them its share of the energy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect, Qt

from voxviewer.gui import theme
from voxviewer.gui.parts import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter

    from voxviewer.data import FeatureMaps
    from voxviewer.render.limits import Scale


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
        return Caption(str(index), "dead", "all 0", share)
    if twin is not None:
        return Caption(str(index), f"same as {twin}", scale.text, share, f"= {twin}")
    named = maps.bank is not None and index < len(maps.bank.names)
    if named:
        return Caption(str(index), maps.name(index), scale.text, share)
    percent = shares[index] * 100
    short = f"{percent:.0f} %" if percent >= 0.5 else "< 1 %"
    return Caption(str(index), f"{short} of energy", scale.text, share, short)


def briefly(captions: Sequence[Caption], width: int) -> list[Caption]:
    """Return captions for tiles of a width: all with their short names where one does not fit."""
    small, strong = theme.font("caption"), theme.font("strong")
    needs = [
        drawing.advance(strong, caption.index)
        + drawing.advance(small, caption.name)
        + drawing.advance(small, caption.limits)
        + 18  # the air between them, as it is drawn
        for caption in captions
        if caption.short
    ]
    if max(needs, default=0) <= width:
        return list(captions)
    return [replace(caption, name=caption.short or caption.name) for caption in captions]


def paint_caption(painter: QPainter, box: QRect, caption: Caption, chosen: bool) -> None:
    """Draw it; where there is little room the name is cut off, then the limits are left out."""
    line = box.adjusted(2, 0, -2, -3)
    small, strong = theme.font("caption"), theme.font("caption")
    strong.setWeight(theme.font("strong").weight())
    room = line.width() - drawing.advance(small, caption.limits)
    begin = drawing.advance(strong, caption.index)
    if room > begin + 8:
        drawing.text(painter, line, caption.limits, small, "text3", Qt.AlignmentFlag.AlignRight)
    else:
        room = line.width()
    drawing.text(painter, line, caption.index, strong, "accent" if chosen else "text")
    name = QRect(line.left() + begin + 7, line.top(), room - begin - 14, line.height())
    if name.width() > 12:
        role = "text3" if caption.share is None else "text2"
        drawing.text(painter, name, caption.name, small, role)
    if caption.share is not None:
        bar = QRect(box.left(), box.bottom() - 1, box.width(), 2)
        painter.fillRect(bar, theme.color("line"))
        bar.setWidth(round(bar.width() * min(caption.share, 1.0)))
        painter.fillRect(bar, theme.color("text3"))
