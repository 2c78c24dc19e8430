"""The Microscope panel: the chosen voxel of the chosen map, taken apart at every frame."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from voxviewer.data import Comparison
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.grids import Grids
from voxviewer.gui.panels.voxel import Shown, VoxelPicture
from voxviewer.gui.panels.words import ascii_row
from voxviewer.gui.parts import Choice, EmptyState, FoldPanel, FormRow, Segment
from voxviewer.gui.parts.scrolling import bring_into_sight
from voxviewer.gui.views.missing import no_maps
from voxviewer.gui.views.places import clip_place, map_place, nearest
from voxviewer.render.limits import Scale, clip_scale, signed_scale, value_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.convolution.microscope import Explanation
    from voxviewer.data import Clip, FeatureMaps
    from voxviewer.session import History, Session
    from voxviewer.settings import RenderSettings

EMPTY = "Click a voxel of a map to take it apart."
DEEP = "Maps of a deep layer cannot be taken apart."
PAUSE = 66
"""Milliseconds between two takings apart while the frame moves."""
SEGMENTS = 3
"""Up to so many channels are a segment, more a list."""


class MicroscopePanel(FoldPanel):
    """Clip, kernel and product of one voxel as numbers, their sum, and the voxel over time."""

    def __init__(self, session: Session, history: History, pipeline: Any = None) -> None:
        super().__init__("Microscope")
        self._session = session
        self._channels: tuple[str, ...] = ()
        self.copy_button = self.add_button("copy", "Copy these numbers")
        self.copy_button.clicked.connect(self._on_copy)
        self.picture = VoxelPicture()
        self.picture.stepped.connect(self._on_stepped)
        self.empty = EmptyState(EMPTY)
        self.channel_row: FormRow | None = None
        self.picker: Segment | Choice | None = None
        self.add(self.picture)
        self.add(self.empty)
        self._wires = Wires(self)
        self._moved_at = 0.0  # when the numbers last followed the frame
        self._sought = False  # a person has pointed at a voxel
        self._later = QTimer(self, singleShot=True, interval=PAUSE)
        self._later.timeout.connect(self._show_voxel)
        self._wires.connect(session.events.frame, self._show_frame)
        for event in ("features", "map", "voxel", "channel", "render", "problems", "live"):
            self._wires.soon(getattr(session.events, event), self._show_voxel, alone=True)
        self._wires.soon(session.events.playing, self._show_voxel)
        self._wires.connect(session.events.voxel, self._on_pointed)
        theme.changed.connect(self._show_voxel)
        self.folded_changed.connect(self._show_voxel)
        self._show_voxel()

    def words(self) -> str:
        """Return the voxel's place, value and sum in one sentence; empty where there is none."""
        shown = self._make()
        return shown.sentence if shown is not None else ""

    # what the session says

    def _show_frame(self, _: int) -> None:
        """Nobody reads numbers that change faster than this; the last ones are shown for sure."""
        now = time.perf_counter()
        if 1000 * (now - self._moved_at) >= PAUSE:
            self._moved_at = now
            self._show_voxel()
        elif not self._later.isActive():
            self._later.start()

    def _show_voxel(self, *_: Any) -> None:
        """Take the voxel apart again; not while folded, where nobody sees it."""
        if self.folded:
            return
        self._later.stop()
        self._show_channels()
        shown = self._make()
        self.picture.show_voxel(shown, quietly=self._session.playing)
        self.picture.setVisible(shown is not None)
        self.copy_button.setEnabled(shown is not None)
        self.empty.setVisible(shown is None)
        if shown is None:
            self.empty.set_text(empty_words(self._session))

    def _show_channels(self) -> None:
        """A picker where the clip has several channels."""
        maps = self._session.features
        channels = maps.clip.channels if maps is not None else ()
        if channels != self._channels:
            self._channels = channels
            self._replace_picker(channels)
        if self.picker is not None:
            self.picker.value = min(self._session.channel, len(channels) - 1)

    def _replace_picker(self, channels: tuple[str, ...]) -> None:
        if self.channel_row is not None:
            self.body.removeWidget(self.channel_row)
            self.channel_row.hide()
            self.channel_row.deleteLater()
            self.channel_row = self.picker = None
        if len(channels) > 1:
            self.channel_row = self._make_picker(channels)
            self.body.insertWidget(0, self.channel_row)

    def _make_picker(self, channels: tuple[str, ...]) -> FormRow:
        options = [(index, name) for index, name in enumerate(channels)]
        few = len(channels) <= SEGMENTS
        self.picker = Segment(options, 0, "Channel") if few else Choice(options, 0, "Channel")
        self.picker.chosen.connect(self._on_channel)
        return FormRow("Channel", self.picker)

    def _make(self) -> Shown | None:
        maps, voxel = self._session.features, self._session.voxel
        if maps is None or voxel is None or maps.bank is None:
            return None
        place = map_voxel(maps, self._session.frame, voxel, self._session.map)
        return shown_voxel(maps, place, self._session.channel, self._session.render)

    # what a person does

    def _on_pointed(self, voxel: Any, before: Any) -> None:
        """The first voxel that a person points at brings the numbers into sight; then they stay.

        What the program chose, or took along to a clip of another size, is nobody's wish.
        """
        session = self._session
        maps = session.features
        chosen = None not in (voxel, before) and maps is not None and maps.clip is session.clip
        if chosen and not (self._sought or self.folded or session.playing):
            self._sought = True
            bring_into_sight(self)

    def _on_channel(self, channel: int) -> None:
        self._session.channel = channel

    def _on_stepped(self, rows: int, columns: int) -> None:
        """Go to the voxel beside this one, in the map's own steps."""
        maps, voxel = self._session.features, self._session.voxel
        if maps is None or voxel is None:
            return
        _, h, w, _ = map_voxel(maps, self._session.frame, voxel, self._session.map)
        h = min(max(h + rows, 0), maps.shape[1] - 1)
        w = min(max(w + columns, 0), maps.shape[2] - 1)
        self._session.voxel = clip_place(maps, (h, w))

    def _on_copy(self) -> None:
        maps, shown = self._session.features, self._make()
        if maps is not None and shown is not None:
            QApplication.clipboard().setText(as_text(shown))


def empty_words(session: Session) -> str:
    """Return why there is nothing to see, and what to do."""
    if session.features is None:
        return no_maps(session)
    return DEEP if session.features.bank is None else EMPTY


def map_voxel(
    maps: FeatureMaps, frame: int, voxel: tuple[int, int], index: int
) -> tuple[int, int, int, int]:
    """Return (t, h, w, f): the map voxel whose window is centered nearest to a clip voxel."""
    T, _, _, F = maps.shape
    found = maps.map_frame(frame)
    t = found if found is not None else nearest(frame, maps.offset[0], maps.stride[0], T)
    return t, *map_place(maps, voxel), min(max(index, 0), F - 1)


def shown_voxel(
    maps: FeatureMaps, place: tuple[int, int, int, int], channel: int, render: RenderSettings
) -> Shown:
    """Take a voxel apart, as the picture shows it."""
    # Late: the first paint does not wait for the convolution's modules.
    from voxviewer.convolution.microscope import explain_voxel, over_time

    found = explain_voxel(maps, place)
    C = found.kernel.shape[3]
    channel = min(channel, C - 1)
    return Shown(
        name=maps.name(place[3]),
        place=place,
        grids=_grids(found, maps.clip, channel, render),
        channel=maps.clip.channels[channel] if C > 1 else "",
        part=float(found.products[..., channel].sum()),
        products=found.products.size,
        total=found.total,
        bias=found.bias,
        activation=found.activation,
        value=found.map_value,
        exact=found.value,
        error=found.error,
        agrees=found.error <= Comparison.TOLERANCE,
        over_time=np.asarray(over_time(maps, place), dtype=np.float64),
    )


def _grids(found: Explanation, clip: Clip, channel: int, render: RenderSettings) -> Grids:
    frames = np.asarray(found.frames)
    known = (frames >= 0) & (frames < len(clip.real))
    padded = np.zeros(len(frames), np.bool_)
    padded[known] = ~clip.real[frames[known]]
    values = (
        found.window[..., channel].astype(np.float64),
        found.kernel[..., channel].astype(np.float64),
        found.products[..., channel],
    )
    coat = "night" if theme.is_dark() else "day"
    weights = float(np.abs(found.kernel).max(initial=0.0))
    largest = float(np.abs(found.products).max(initial=0.0))
    scales = (
        _clip_scale(clip, render, coat),
        signed_scale(weights, coat),
        signed_scale(largest, coat),
    )
    brightest = max(map(abs, value_range(clip)))
    reach = (brightest, weights, max(largest, brightest * weights))
    return Grids(frames, padded, ~found.padding, values, scales, reach)


def _clip_scale(clip: Clip, render: RenderSettings, coat: str) -> Scale:
    """The clip's colors on screen; one channel of a picture is gray."""
    scale = clip_scale(clip, render, coat)
    return Scale(scale.low, scale.high, "gray") if scale.colormap == "rgb" else scale


def as_text(shown: Shown) -> str:
    """Return the numbers for a spreadsheet: one block a frame and row, tabs between columns."""
    lines = [shown.sentence]
    if shown.channel:
        lines.append(f"channel {shown.channel}")
    for name, values in zip(("clip", "kernel", "product"), shown.grids.values, strict=True):
        for frame, plane in zip(shown.grids.frames, values, strict=True):
            lines.append(f"{name}, t {frame}")
            lines += [ascii_row(row) for row in _rows(plane)]
    return "\n".join(lines)


def _rows(plane: Any) -> Sequence[list[float]]:
    rows: Sequence[list[float]] = plane.tolist()
    return rows
