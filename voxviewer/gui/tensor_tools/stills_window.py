"""A picture as a clip, three ways on one clock: replicas, transforms, and true frames if any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from voxviewer.data import Skeleton
from voxviewer.encoding.time_change import TimeChange, time_change
from voxviewer.failures import sentences
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Label
from voxviewer.gui.views import marks
from voxviewer.jobs import Job
from voxviewer.render.limits import clip_scale
from voxviewer.render.pixels import clip_picture

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.data import Clip, Progress, Source, Volume
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import Session
    from voxviewer.settings import EncodingSettings

TITLES = ("Replicas", "Random transforms", "True frames")
NOTE = (
    "Change over time is what the filter [−1, 0, 1] / 2 answers, as a share of the clip's own "
    "strength. A filter that sums to zero over time answers 0 to replicas away from the ends; at "
    "the ends “same” padding makes it answer."
)
NONE = {
    "no source": "Open a picture or a film.",
    "skeleton": "A skeleton is no picture: its heatmaps have true frames already.",
    "still": "A single picture has no true frames.",
}


@dataclass(frozen=True, eq=False)
class Way:
    """One way's clip and its number; None where this source has none."""

    clip: Clip | None
    change: TimeChange | None


def three_ways(source: Volume, settings: EncodingSettings, progress: Progress) -> tuple[Way, ...]:
    """Encode one frame of a source as replicas and as transforms, and its true frames if any.

    Of a film the middle frame is taken; all three have as many frames.
    """
    from voxviewer.encoding import encode
    from voxviewer.encoding.planning import plan

    way = plan(source, settings)
    true = way.kind == "time"
    plane = source.shape[1] // 2
    voxels = np.asarray(source.voxels[source.shape[0] // 2, plane])[None, None]
    picture = replace(source, voxels=voxels, times=None)
    chosen = replace(settings, frames=way.shape[0] if true else settings.frames, roles=None)
    chosen = replace(chosen, frame_order=None, time_axis="auto")
    ways = []
    for number, depth in enumerate(("replicate", "transforms")):
        progress(number / 3, f"making {TITLES[number].lower()}")
        clip = encode(picture, replace(chosen, pseudo_depth=depth))
        ways.append(Way(clip, time_change(clip.data)))
    if not true:
        return (*ways, Way(None, None))
    clip = encode(source, settings)
    return (*ways, Way(clip, time_change(clip.data)))


class StillsWindow(QDialog):
    """Follows source, choices and the main window's clock."""

    def __init__(self, session: Session, pipeline: Pipeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._jobs = session, pipeline.jobs
        self._closed = False
        self.setWindowTitle("A still as a clip, three ways")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.panes = tuple(WayPane(title, session) for title in TITLES)
        self.status = Label("", "caption", "text3", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(12)
        for pane in self.panes:
            row.addWidget(pane, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(row, 1)
        column.addWidget(self.status)
        column.addWidget(Label(NOTE, "caption", "text3", wrap=True))
        self._wires = Wires(self)
        for name in ("current", "encoding"):
            self._wires.connect(getattr(session.events, name), self._make)
        self._make()
        self.resize(theme.width(780), theme.width(400))

    def _make(self, *_: Any) -> None:
        source, settings = self._session.current, self._session.encoding
        if source is None or isinstance(source, Skeleton) or not _is_flat(source, settings):
            key = "no source" if source is None else "skeleton"
            scan = "A scan's slices are its frames: choose a picture or a film."
            words = NONE[key] if source is None or isinstance(source, Skeleton) else scan
            self._has((Way(None, None),) * 3, words)
            return
        volume: Volume = source
        for pane in self.panes:
            pane.wait()

        def work(progress: Progress) -> tuple[Way, ...]:
            return three_ways(volume, settings, progress)

        def done(ways: tuple[Way, ...]) -> None:
            if not self._closed:
                self._has(ways, "")

        self._jobs.submit(Job("stills", "Making three ways", work, done, self._failed))

    def _has(self, ways: tuple[Way, ...], words: str) -> None:
        for pane, way in zip(self.panes, ways, strict=True):
            pane.show_way(way, words or NONE["still"])
        self.status.setText(words)

    def _failed(self, error: BaseException) -> None:
        if not self._closed:
            self.status.setText(" ".join(sentences(error)).strip())

    def done(self, result: int) -> None:
        """What is still made is not wanted any more."""
        self._closed = True
        self._jobs.cancel("stills")
        super().done(result)


def _is_flat(source: Source, settings: EncodingSettings) -> bool:
    """Whether the source is a picture or a film, not a scan that is swept."""
    from voxviewer.encoding.roles import volume_kind

    return not isinstance(source, Skeleton) and volume_kind(source.shape, settings) != "sweep"


class WayPane(QWidget):
    """A clip's frame at the clock, its title, and how much change over time it gives."""

    def __init__(self, title: str, session: Session) -> None:
        super().__init__()
        self._session = session
        self.way = Way(None, None)
        self._words = ""
        self.number = Label("", "strong", "text", wrap=True)
        self.picture = _Picture(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Label(title, "title", "text"))
        column.addWidget(self.picture, 1)
        column.addWidget(self.number)
        self._wires = Wires(self)
        for name in ("frame", "render"):
            self._wires.connect(getattr(session.events, name), self._tick)

    def show_way(self, way: Way, words: str) -> None:
        """Show a way, or why there is none."""
        self.way, self._words = way, words
        self.number.setText(change_words(way.change))
        self.picture.update()

    def wait(self) -> None:
        """Say that it is being made, where no earlier one is shown."""
        self._words = "Making …"
        self.picture.update()

    def _tick(self, *_: Any) -> None:
        self.picture.update()

    def pixels(self) -> Any:
        """The frame at the clock as (H, W) uint32; None where there is no clip."""
        clip = self.way.clip
        if clip is None:
            return None
        frame = self._session.frame % clip.shape[0]
        return clip_picture(clip, frame, clip_scale(clip, self._session.render, marks.coat()))

    @property
    def words(self) -> str:
        """What stands in place of a picture."""
        return self._words


class _Picture(QWidget):
    """Paints the pane's pixels, fitted, each voxel a square."""

    def __init__(self, pane: WayPane) -> None:
        super().__init__(pane)
        self.setMinimumSize(QSize(theme.width(160), theme.width(160)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame at the clock."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        pane = self.parentWidget()
        assert isinstance(pane, WayPane)
        pixels = pane.pixels()
        if pixels is None:
            marks.paint_empty(painter, self.rect(), pane.words)
            return
        H, W = pixels.shape
        zoom = min(self.width() / W, self.height() / H)
        zoom = float(int(zoom)) if zoom >= 1 else zoom
        box = QRectF(0, 0, W * zoom, H * zoom)
        box.moveCenter(QRectF(self.rect()).center())
        painter.drawImage(box, marks.image_over(pixels))


def change_words(change: TimeChange | None) -> str:
    """Return "Change 12 % inside, 48 % at the ends"; "" where there is no clip."""
    if change is None:
        return ""
    inside = "none to measure" if np.isnan(change.inside) else percent(change.inside)
    ends = "none to measure" if np.isnan(change.ends) else percent(change.ends)
    return f"Change {inside} inside, {ends} at the ends"


def percent(share: float) -> str:
    """Return "0", "0.4 %" or "48 %"."""
    if share == 0:
        return "0"
    return f"{share:.0%}".replace("%", " %") if share >= 0.0995 else f"{100 * share:.2g} %"
