"""The Contrast panel: which values of the clip are the ends of its colors, and which colors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, QTimer
from PySide6.QtGui import QIcon, QImage, QPainter, QPen, QPixmap

from voxviewer.data import Volume
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.panels.histogram import Histogram, histogram, sample
from voxviewer.gui.panels.time_fields import Ends
from voxviewer.gui.panels.window_field import DisplayWindow
from voxviewer.gui.parts import Choice, FoldPanel
from voxviewer.gui.parts.scrolling import bring_into_sight
from voxviewer.render.colormaps import is_signed, lut32
from voxviewer.render.limits import clip_scale, is_rgb, value_range
from voxviewer.settings import RenderSettings

if TYPE_CHECKING:
    from voxviewer.data import Clip, Source
    from voxviewer.session import History, Session
    from voxviewer.sources.figures import Figures

LIMITS = (
    ("full", "Full range, fixed"),
    ("percent", "1 – 99 %, fixed"),
    ("own", "Own, fixed"),
    ("frame", "Per frame"),
)
COLORMAPS = (
    (None, "by content"),
    ("gray", "gray"),
    ("viridis", "viridis"),
    ("signed", "signed, as the theme"),
    ("night", "signed, night"),
    ("day", "signed, day"),
)
REACH = 1e9
"""How far limits that are typed may lie from zero."""
DECIMALS, MOST_DECIMALS = 5, 15
"""Digits after their point: for values up to 1, and at most."""
CLOSE = 1e-3
"""Limits this close, as a share of the range, are the same ones."""
PAUSE = 40
"""Milliseconds in which a stream of new clips is drawn once."""


class OwnEnds(Ends):
    """The ends as a person typed them; `value` is None where they are not a person's."""

    _none = False

    @property
    def value(self) -> tuple[float, float] | None:
        """(low, high), or None; setting it tells nobody."""
        low, high = (part.value for part in self._parts)
        return None if self._none else (low, high)

    @value.setter
    def value(self, value: tuple[float, float] | None) -> None:
        self._none = value is None
        for part, end in zip(self._parts, value or (0.0, 1.0), strict=True):
            part.value = end

    def _on_part(self, _: Any) -> None:
        self._none = False
        self.changed.emit(self.value)


class ContrastPanel(FoldPanel):
    """Limits and color map of the clip, and its histogram."""

    def __init__(self, session: Session, history: History, pipeline: Any = None) -> None:
        super().__init__("Contrast", "clip")
        self._session = session
        self._history = history
        self._percent: tuple[float, float] | None = None
        self._colormap: str | None = None
        self.limits = Choice(LIMITS, name="Limits")
        self.colors = Choice(COLORMAPS, name="Colors")
        self.histogram = Histogram("Limits")
        self.limits_row = self.add_row("Limits", self.limits)
        self.colors_row = self.add_row("Colors", self.colors)
        self.limits_row.setToolTip("Which values are the ends of the colors; the clip stays as is")
        self.colors_row.setToolTip("The color map of clip and maps on screen and in exports")
        self.window_field = DisplayWindow()
        self.window_row = self.add_row("Window", self.window_field)
        self.window_row.setToolTip("The ends of the colors as a radiologist sets them")
        self.window_field.chosen.connect(self._on_window)
        self.add(self.histogram)
        # Below the histogram, which must not move from under the pointer when a handle is dragged.
        self.ends = OwnEnds((0.0, 1.0), -REACH, REACH, 0.01, DECIMALS, "Limits")
        for end in (self.ends.low, self.ends.high):
            end.spin.trim = True
        self.ends_row = self.add_row("From, to", self.ends)
        self.ends_row.setToolTip("The values that get the first and the last color")
        bind(self.histogram, session, "render.limits", history)
        bind(self.ends, session, "render.limits", history, row=self.ends_row)
        bind(self.colors, session, "render.colormap", history, row=self.colors_row)
        self.limits.chosen.connect(self._on_limits)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(PAUSE)
        self._later.timeout.connect(self._show_clip)
        self._listen(session)

    def _listen(self, session: Session) -> None:
        self._wires = Wires(self)
        self._wires.connect(session.events.clip, self._on_clip)
        self._wires.connect(session.events.render, self._on_render)
        for event in (session.events.current, session.events.figures, session.events.encoding):
            self._wires.soon(event, self._show_window)
        theme.changed.connect(self._show_colors)
        self._show_clip()
        self._show_window()

    # what the session says

    def _on_clip(self) -> None:
        """Clips come thirty a second while a control is dragged."""
        if not self._later.isActive():
            self._later.start()

    def _on_render(self) -> None:
        """Another color map may have 0 in its middle, and then other ends."""
        if self._session.render.colormap != self._colormap:
            self._show_clip()
        else:
            self._show_render()

    def _show_clip(self) -> None:
        clip = self._session.clip
        self._percent = None
        self._colormap = self._session.render.colormap
        self.histogram.setEnabled(clip is not None)
        if clip is None:
            self.histogram.show_counts(None)
        else:
            low, high, centered = shown_range(clip, self._session.render.colormap)
            counts = histogram(sample(clip.data), low, high)
            self.histogram.show_counts(counts, low, high, centered)
            self._fit_ends(high - low)
        self._show_render()
        self._show_colors()

    def _fit_ends(self, span: float) -> None:
        """A hundredth of the values' span at a step, and decimals to tell a thousandth of it."""
        power = math.floor(math.log10(span)) if 0 < span < math.inf else 0
        for end in (self.ends.low, self.ends.high):
            end.spin.set_step(10.0 ** (power - 2), min(max(DECIMALS - power, 2), MOST_DECIMALS))

    def _show_render(self) -> None:
        """Which of the three ways the limits are, and that colors of a picture are its own."""
        clip, render = self._session.clip, self._session.render
        way = "full" if render.limits is None else "own"
        if render.limits is None and render.clip_scaling == "frame":
            way = "frame"
        if clip is not None and render.limits is not None and self._is_percent(clip):
            way = "percent"
        self.limits.value = way
        self.limits.setEnabled(clip is not None)
        self.ends_row.setVisible(way == "own" and clip is not None)
        self.window_field.show_limits(render.limits)
        colors = clip is not None and is_rgb(clip)
        self.colors_row.set_help("RGB shows its own colors; maps use these." if colors else "")

    def _show_window(self) -> None:
        """Windows are for scans whose values are Hounsfield units, and that are still such."""
        source, settings = self._session.current, self._session.encoding
        own = source.facts.window if source is not None else None
        self.window_field.set_file_window(own)
        self.window_row.setVisible(own is not None or is_hounsfield(source, self._session.figures))
        scaled = settings.normalize != "none"
        self.window_row.set_reason("The clip's values are normalized." if scaled else "")
        self.window_field.show_limits(self._session.render.limits)

    def _show_colors(self) -> None:
        """A small bar beside each name, as this theme has it."""
        self.colors.setIconSize(QSize(theme.width(50), theme.icon_size(11)))
        for index, name in enumerate(self.colors.options):
            self.colors.setItemIcon(index, _bar(self._resolved(name)))

    def _resolved(self, name: str | None) -> str:
        """The color map that a name means for this clip and theme."""
        coat = "night" if theme.is_dark() else "day"
        clip = self._session.clip
        if name is None and clip is not None:
            found = clip_scale(clip, RenderSettings(), coat).colormap
            return "gray" if found == "rgb" else found
        return {None: "gray", "signed": coat}.get(name, name or "gray")

    # what a person does

    def _on_window(self, limits: tuple[float, float] | None) -> None:
        self._session.change("render", limits=limits)
        self._history.commit()

    def _on_limits(self, way: str) -> None:
        clip = self._session.clip
        if clip is None:
            return
        ways = {"full": None, "frame": None, "own": self._begin_own()}
        limits = ways[way] if way in ways else self._percentiles(clip)
        scaling = "frame" if way == "frame" else "fixed"
        self._session.change("render", limits=limits, clip_scaling=scaling)
        self._history.commit()
        self._show_render()
        if way == "own":
            bring_into_sight(self.ends_row)

    def _begin_own(self) -> tuple[float, float] | None:
        """Limits to begin with that a person types: those that are shown, in few digits."""
        low, high = (
            float(f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}")
            for value in self.histogram.limits
        )
        return (low, high) if low < high else None

    def _percentiles(self, clip: Clip) -> tuple[float, float] | None:
        if self._percent is None:
            self._percent = percentile_limits(clip)
        return self._percent

    def _is_percent(self, clip: Clip) -> bool:
        limits, percent = self._session.render.limits, self._percentiles(clip)
        if limits is None or percent is None:
            return False
        low, high = value_range(clip)
        return bool(np.allclose(limits, percent, rtol=0, atol=CLOSE * (high - low)))


def is_hounsfield(source: Source | None, figures: Figures | None) -> bool:
    """Whether a source is likely a CT: one channel in space, from air (−1000) to bone."""
    if not isinstance(source, Volume) or source.spacing is None or source.shape[4] > 1:
        return False
    if figures is None or figures.low is None or figures.high is None:
        return False
    return figures.low <= -200 and figures.high >= 100


def shown_range(clip: Clip, colormap: str | None) -> tuple[float, float, bool]:
    """Return the ends of the histogram, and whether the color map has 0 in its middle."""
    scale = clip_scale(clip, RenderSettings(colormap=colormap))
    low, high = value_range(clip)
    low, high = min(low, scale.low), max(high, scale.high)
    if not low < high:
        low, high = low - 0.5, high + 0.5
    return low, high, is_signed(scale.colormap)


def percentile_limits(clip: Clip) -> tuple[float, float] | None:
    """Return the 1st and 99th percentile of the clip; None where they are one value.

    Of a clip of more than a million values, those of a regular sample of it.
    """
    values = sample(clip.data, 1 << 20)
    if not values.size:
        return None
    low, high = (float(value) for value in np.percentile(values, (1, 99)))
    return (low, high) if low < high else None


def _bar(colormap: str) -> QIcon:
    """A color map as a small bar with a line round it."""
    width, height = theme.width(50), theme.icon_size(11)
    entries = lut32(colormap)[np.linspace(0, 254, 255).astype(int)]
    row = np.ascontiguousarray(entries)
    image = QImage(row.tobytes(), len(row), 1, 4 * len(row), QImage.Format.Format_RGB32)
    pixmap = QPixmap(2 * width, 2 * height)
    pixmap.setDevicePixelRatio(2)
    painter = QPainter(pixmap)
    painter.drawImage(QRectF(0, 0, width, height), image)
    painter.setPen(QPen(theme.color("line"), 1))
    painter.drawRect(QRectF(0.5, 0.5, width - 1, height - 1))
    painter.end()
    return QIcon(pixmap)
