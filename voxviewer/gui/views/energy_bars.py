"""The energy of the chosen map, frame by frame, against its largest: bars under the film strip."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from voxviewer.gui import theme
from voxviewer.gui.views import marks, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import FeatureMaps
    from voxviewer.gui.views.strip_layout import StripLayout
    from voxviewer.session import Session


_ENERGY: WeakKeyDictionary[FeatureMaps, dict[int, NDArray[np.float64]]] = WeakKeyDictionary()
"""Of maps that were shown: by index each frame's share of the largest energy, (T',)."""


def shares(session: Session) -> NDArray[np.float64]:
    """Return the chosen map's energy at each clip frame as a share of its largest; NaN for none.

    (T,), empty without maps.
    """
    maps = _maps(session)
    if maps is None:
        return np.zeros(0)
    values = places.energy_by_frame(maps, _index(session, maps))
    largest = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    return values / largest if largest > 0 else values


def share(session: Session, frame: int) -> float | None:
    """Return the share of the largest energy at one frame; None where there is none."""
    maps = _maps(session)
    at = maps.map_frame(frame) if maps is not None else None
    if maps is None or at is None:
        return None
    index = _index(session, maps)
    kept = _ENERGY.setdefault(maps, {})
    if index not in kept:
        energy = np.nan_to_num(maps.energy[:, index]).astype(np.float64)
        kept[index] = energy / max(float(energy.max()), np.finfo(np.float64).tiny)
    return float(kept[index][at])


def paint(painter: QPainter, session: Session, strip: StripLayout, span: tuple[int, int]) -> None:
    """Paint all bars: violet where time is padded, paler outside the range."""
    clip, (first, last) = session.clip, span
    if clip is None:
        return
    inside = marks.mixed(theme.color("text3"), theme.color("panel"), 0.38)
    outside, padded = QColor(inside), theme.color("padded")
    outside.setAlphaF(0.75)
    wide = max(strip.cell - strip.gap, 1)
    for frame, energy in enumerate(shares(session).tolist()):
        if math.isfinite(energy):
            real = inside if first <= frame <= last else outside
            color = real if clip.real[frame] else padded
            painter.fillRect(box(strip, strip.left(frame), wide, energy), color)


def box(strip: StripLayout, left: float, wide: float, energy: float) -> QRectF:
    """Where a bar stands; at least one pixel high."""
    top, height = strip.bars
    tall = max(energy * height, 1.0)
    return QRectF(left, top + height - tall, wide, tall)


def _maps(session: Session) -> FeatureMaps | None:
    """The maps, where they are of a clip as long as the one that is shown."""
    clip, maps = session.clip, session.features
    same = clip is not None and maps is not None and maps.clip.shape[0] == clip.shape[0]
    return maps if same else None


def _index(session: Session, maps: FeatureMaps) -> int:
    return min(session.map, maps.shape[3] - 1)
