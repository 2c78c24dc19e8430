"""The clip: the very tensor that Keras is fed, frame by frame, beside its source, or along time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.data import Skeleton
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Badge, QuietChoice, ReadOut, ViewTitle
from voxviewer.gui.views import marks, places
from voxviewer.gui.views.canvas import Canvas
from voxviewer.gui.views.clip_pictures import frame_note, frame_picture, time_picture
from voxviewer.gui.views.clip_words import (
    ALONG_TIME,
    middle,
    pointed_at,
    scale_words,
    value_words,
)
from voxviewer.gui.views.difference import DifferenceCanvas
from voxviewer.gui.views.missing import no_clip
from voxviewer.gui.views.picture import Picture, zoom_text
from voxviewer.gui.views.source_frames import shown_frame, source_settings
from voxviewer.gui.views.source_pictures import picture_of_figure, picture_of_plane
from voxviewer.gui.views.staleness import Staleness
from voxviewer.gui.views.sticks import over_clip
from voxviewer.gui.views.sticks import pair as film_and_recording
from voxviewer.gui.views.sticks import shown as drawn
from voxviewer.render.limits import Scale, clip_scale, is_rgb

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from voxviewer.data import Clip
    from voxviewer.gui.views.source_frames import SourceFrames
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

PAIRS = (("before", "before, after"), ("difference", "after, difference"))
_WIDE = 400  # pixels from which before, after and difference stand side by side
BONES = "Draw the skeleton over clip and film (F)"
TABS = (("frame", "Frame"), ("compare", "Before / after"), ("tw", "T–W"), ("th", "T–H"))


BRIEF_TABS = tuple((key, "Compare" if key == "compare" else words) for key, words in TABS)
"""Beside a picker of channels."""


class ClipView(QWidget):
    """Title with tabs, one canvas or several, read-out.

    Parameters
    ----------
    session : the state
    frames : the source's planes, for "Before / after"; `SourceView.frames`
    jobs : make the difference of both; without them there is none
    """

    maximize_toggled = Signal(bool)

    def __init__(
        self,
        session: Session,
        frames: SourceFrames | None = None,
        jobs: JobRunner | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._frames = frames
        self._hover: tuple[int, int] | None = None
        self._noted = ""  # over the frame that the clock came to last
        self._stale = Staleness(session, ("clip",), self)
        self.title = ViewTitle("Clip", TABS)
        self.title.tabs.setProperty("dense", True)
        self.before = Canvas("Source frame, before encoding")
        self.canvas = Canvas("Clip frame")
        self.difference = DifferenceCanvas(session, jobs) if jobs is not None else None
        self.pair = QuietChoice("", PAIRS, "before", "Which two are shown")
        self.readout = ReadOut()
        self.channel = QuietChoice("", (), 0, "Channel")
        self._build()
        self._listen()
        self._show_channels()
        self._show()

    def _build(self) -> None:
        self.setAccessibleName("Clip")
        self.title.add(self.channel)
        self.bones = self.title.add_button("skeleton", BONES, checkable=True)
        self._fit = self.title.add_button("fit", "Fit the picture (0)")
        self.maximize = self.title.add_button(
            "maximize", "Maximize the clip (Esc goes back)", checkable=True
        )
        pair = QWidget()
        pair.setProperty("area", "canvas")
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.before, 1)
        row.addWidget(self.canvas, 1)
        self.before.hide()
        if self.difference is not None:
            row.addWidget(self.difference, 1)
            self.difference.hide()
        self._badge = Badge()
        self._badge.show_badge("warning", "contrast per frame", "contrast")
        self._badge.hide()
        self.readout.add(self._badge)
        self.readout.add(self.pair)
        self.pair.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(pair, 1)
        column.addWidget(self.readout)

    def _listen(self) -> None:
        self.title.tab_changed.connect(self.set_tab)
        self.channel.changed.connect(self._on_channel)
        self.bones.toggled.connect(self._on_bones)
        self._fit.clicked.connect(self.canvas.fit)
        self._fit.clicked.connect(self.before.fit)
        self.maximize.toggled.connect(self.maximize_toggled)
        self._listen_to_difference()
        self.canvas.picked.connect(self._on_picked)
        self.canvas.hovered.connect(self._on_hovered)
        self.canvas.nudged.connect(self._on_nudged)
        self.canvas.zoomed.connect(self._show_readout)
        for canvas in (self.canvas, self.before):
            canvas.stepped.connect(self._on_stepped)
        self._wires = Wires(self)
        events = self._session.events
        self._wires.connect(events.frame, self._show_frame)
        for name in ("clip", "channel"):
            self._wires.after(getattr(events, name), self._show_channels)
        for name in (
            "clip", "channel", "voxel", "render", "features", "map", "bones", "bridge", "sources",
            "map_over", "heat", "heat_over", "heat_cover",
        ):  # fmt: skip
            self._wires.after(getattr(events, name), self._show)
        for name in ("problems", "current"):
            self._wires.after(getattr(events, name), self._show_missing)
        self._wires.after(self._stale.changed, self._show)
        if self._frames is not None:
            self._frames.changed.connect(self._show_before)
            self._frames.moved.connect(self._show_before)
        theme.changed.connect(self._show)

    def _listen_to_difference(self) -> None:
        self.pair.chosen.connect(self._arrange)
        if self.difference is not None:
            self._fit.clicked.connect(self.difference.fit)
            self.difference.stepped.connect(self._on_stepped)
            self.difference.picked.connect(self._on_picked)
            self.difference.hovered.connect(self._on_hovered)
            self.difference.made_anew.connect(self._show_readout)

    @property
    def tab(self) -> str:
        """The tab in front: "frame", "compare", "tw" or "th"."""
        return self.title.tab

    def set_tab(self, tab: str) -> None:
        """Bring a tab to the front."""
        self.title.tab = tab
        self._arrange()
        self._show()

    def _arrange(self, *_: Any) -> None:
        """Before, after and difference side by side; where there is no room, two of them."""
        comparing = self.tab == "compare"
        wide = self.width() >= theme.width(_WIDE)
        can = comparing and self.difference is not None
        second = can and not wide and self.pair.value == "difference"
        self.before.setVisible(comparing and not second)
        self.pair.setVisible(can and not wide)
        if self.difference is not None:
            self.difference.setVisible(can and (wide or second))
        self._show_readout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is room, all three are shown."""
        super().resizeEvent(event)
        if self.tab == "compare":
            self._arrange()

    # what a person does

    def _on_picked(self, row: int, column: int) -> None:
        clip = self._session.clip
        if clip is None:
            return
        if self.tab not in ALONG_TIME:
            self._session.voxel = row, column
            return
        # rows are frames there
        self._session.playing = False
        self._session.frame = row
        down, across = self._voxel() or middle(clip)
        self._session.voxel = (down, column) if self.tab == "tw" else (column, across)

    def _on_nudged(self, rows: int, columns: int) -> None:
        """Move the crosshair by a voxel; the first time it appears in the middle."""
        clip = self._session.clip
        if clip is None:
            return
        now = self._voxel()
        moved = middle(clip) if now is None else (now[0] + rows, now[1] + columns)
        self._session.voxel = places.held(moved, clip.shape[1:3])

    def _on_hovered(self, place: tuple[int, int] | None) -> None:
        self._hover = place
        self._show_readout()

    def _on_stepped(self, step: int) -> None:
        clip = self._session.clip
        if clip is not None:
            self._session.playing = False
            self._session.frame = min(max(self._session.frame + step, 0), clip.shape[0] - 1)

    def _on_channel(self, channel: int) -> None:
        self._session.channel = channel

    def _on_bones(self, on: bool) -> None:
        self._session.bones = on

    # what the session says

    def _show_channels(self) -> None:
        """A clip of other channels: offer those, where they are not colors."""
        clip = self._session.clip
        many = clip is not None and not is_rgb(clip) and clip.shape[3] > 1
        if clip is not None and many:
            self.channel.set_options(list(enumerate(clip.channels)))
            self.channel.value = self._channel(clip)
        if many == self.channel.isHidden():
            self.channel.setVisible(many)
            self.title.set_title("" if many else "Clip")  # there is not room for all
            self.title.set_tabs(BRIEF_TABS if many else TABS)

    def _show(self, *_: Any) -> None:
        self._noted = self._note()
        self._show_bones()
        self._show_before()
        self._show_picture()
        self._show_readout()

    def _show_frame(self, *_: Any) -> None:
        """The clock steps, it may be many times in a turn: the last frame's picture is made."""
        noted, self._noted = self._noted, self._note()
        self.canvas.show_later(self._show_picture, whole=self._noted != noted)
        self._show_before()
        if self.bones.isHidden():
            self._show_value()
        else:
            self._show_readout()  # how many joints are drawn through gaps

    def _show_picture(self) -> None:
        clip = self._session.clip
        if clip is not None:
            self.canvas.show_picture(self._picture(clip))
        else:
            self.canvas.show_picture(None, no_clip(self._session))

    def _show_bones(self) -> None:
        """The button is there where there is a skeleton to show."""
        alone = isinstance(self._session.current, Skeleton)
        there = alone or film_and_recording(self._session) is not None
        self.bones.setVisible(there)
        blocked = self.bones.blockSignals(True)
        self.bones.setChecked(self._session.bones)
        self.bones.blockSignals(blocked)

    def _show_missing(self) -> None:
        """Why there is no clip may have changed."""
        if self._session.clip is None:
            self._show()

    def _show_before(self) -> None:
        """The source's frame beside the clip's."""
        if self.tab == "compare":
            self.before.show_later(self._show_source)

    def _show_source(self) -> None:
        source, shown = self._session.current, None
        frame = shown_frame(self._session)
        if isinstance(source, Skeleton):
            at = min(frame if frame is not None else source.shape[0] - 1, source.shape[0] - 1)
            plane = source.plane(source_settings(self._session).plane)
            shown = picture_of_figure(drawn(self._session, source), at, plane)
        elif self._frames is not None and self._frames.plane is not None:
            shown = picture_of_plane(self._frames.plane, self._session)
        waiting = "Nothing open yet." if source is None else "Reading …"
        self.before.show_picture(shown.picture if shown is not None else None, waiting)

    def _picture(self, clip: Clip) -> Picture:
        session, frame, channel = self._session, self._frame(clip), self._channel(clip)
        if self.tab in ALONG_TIME:
            made = time_picture(session, clip, self.tab, frame, channel, self._voxel())
        else:
            made = frame_picture(session, clip, frame, self.scale(clip), channel, self._voxel())
        return replace(made, stale=self._stale.shown)

    def _note(self) -> str:
        """What is said over the picture that is shown."""
        clip = self._session.clip
        if clip is None or self.tab in ALONG_TIME:
            return ""
        return frame_note(clip, self._frame(clip))

    def scale(self, clip: Clip) -> Scale:
        """How the clip's frame is painted; the session's choices and the theme decide."""
        return clip_scale(clip, self._session.render, marks.coat(), self._frame(clip))

    def _frame(self, clip: Clip) -> int:
        return min(max(self._session.frame, 0), clip.shape[0] - 1)

    def _channel(self, clip: Clip) -> int:
        return min(self._session.channel, clip.shape[3] - 1)

    def _voxel(self) -> tuple[int, int] | None:
        clip = self._session.clip
        return places.held(self._session.voxel, clip.shape[1:3]) if clip is not None else None

    def _show_readout(self) -> None:
        clip = self._session.clip
        if clip is None:
            self.readout.set_left("", "")
            self.readout.set_right("")
            return
        self._show_value()
        flat = self.tab not in ALONG_TIME
        self._badge.setVisible(flat and not self.scale(clip).fixed)
        if self.difference is not None and not self.difference.isHidden():
            # Where two pictures have room, a choice stands there too, which says what is shown.
            alone = self.pair.isHidden()
            self.readout.set_right(self.difference.words if alone else self.difference.brief)
            self.difference.setAccessibleDescription(self.difference.words)
            return
        sticks = over_clip(self._session, clip, self._frame(clip)) if flat else None
        said = (sticks.words if sticks is not None else "", self._scale_words(clip, flat))
        # The place needs the room; and what the badge says need not be said again.
        said = said if self.pair.isHidden() and self._badge.isHidden() else ("", "")
        self.readout.set_right(", ".join(filter(None, (*said, zoom_text(self.canvas.zoom)))))

    def _scale_words(self, clip: Clip, flat: bool) -> str:
        """How the clip is painted; pictures along time have one scale for all frames."""
        if flat:
            return scale_words(self._session, clip, self.scale(clip))
        return clip_scale(clip, self._session.render, marks.coat()).words

    def _show_value(self) -> None:
        """The place and the value alone: nothing else of the read-out depends on the frame."""
        clip = self._session.clip
        if clip is not None:
            frame, channel = self._frame(clip), self._channel(clip)
            frame, voxel = pointed_at(clip, self.tab, frame, self._voxel(), self._hover)
            self.readout.set_left(*value_words(clip, frame, voxel, channel))
