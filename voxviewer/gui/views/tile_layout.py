"""Where the tiles of the wall lie in the room that there is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from voxviewer.gui import theme
from voxviewer.render.layout import WallLayout, layout_wall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QSize

    from voxviewer.data import FeatureMaps

GAP = 8
"""The usual distance between tiles, pixels."""


def best_layout(
    maps: FeatureMaps, order: Sequence[int], room: QSize, zoom: str | int, slack: float
) -> WallLayout:
    """The tiles at the usual distances, or closer together where that makes them larger.

    `slack` : how many times higher than the room the wall may be before its tiles get smaller
    """
    _, rows, columns, _ = maps.shape
    high = max(round(room.height() * slack), 1)
    found = [
        _laid_out(
            (rows, columns), tuple(order), max(room.width(), 1), high,
            input_size=maps.clip.shape[1:3], zoom=zoom,
            gap=gap, caption=theme.line_height("caption") + air, margin=margin,
        )
        for gap, air, margin in ((GAP, 4, GAP), (6, 3, 4))
    ]  # fmt: skip
    usual, close = found
    return close if _size(close) > _size(usual) else usual


_laid_out = lru_cache(maxsize=16)(layout_wall)
"""Kept: newer maps of the same filters, as training has them many times, lie where they lay."""


def _size(layout: WallLayout) -> float:
    return layout.zoom.grow / layout.zoom.shrink
