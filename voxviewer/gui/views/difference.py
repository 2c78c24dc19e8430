"""What the clip's frame lost of its source: after minus before, on the clip's own pixels.

Each pixel is the clip's, before it was normalized, minus the mean of the source under it; made in
the lane "difference", the newest wish wins. Nothing is made while it is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal

from voxviewer.data import Volume
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.views import marks
from voxviewer.gui.views.canvas import Canvas
from voxviewer.gui.views.picture import Picture
from voxviewer.jobs import Job
from voxviewer.render.limits import number, signed_scale
from voxviewer.render.pixels import paint

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from voxviewer.data import Clip, Float32
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

NO_JOINTS = "A skeleton's joints and its heatmaps have no values in common."
PADDED = "This frame is padding: no source frame stands behind it."


@dataclass(frozen=True, eq=False)
class Difference:
    """A frame's difference (H, W), its pixels, its largest size and its root mean square."""

    clip: Clip
    frame: int
    plane: Float32
    picture: Picture
    largest: float
    rms: float


def make_difference(
    source: Volume, clip: Clip, frame: int, channel: int, coat: str
) -> Difference | None:
    """Resample the frame by the clip's own choices; None where it is padding."""
    from voxviewer.encoding.trial import chosen_method, difference, try_methods

    method = chosen_method(clip.settings)
    trial = try_methods(source, clip.settings, frame, methods=(method,))
    if trial is None:
        return None
    values = difference(trial, method, "clip")
    plane = values[..., min(channel, values.shape[2] - 1)]
    if clip.channels == ("red", "green", "blue"):  # the strongest of the colors, with its sign
        strongest = np.abs(values).argmax(axis=2)[..., None]
        plane = np.take_along_axis(values, strongest, axis=2)[..., 0]
    largest = float(np.abs(plane).max())
    rms = float(np.sqrt(np.mean(np.square(plane, dtype=np.float64))))
    scale = signed_scale(largest if largest > 0 else 1.0, coat)
    pixels = np.ascontiguousarray(paint(plane, scale))
    return Difference(clip, frame, plane, Picture(pixels), largest, rms)


class DifferenceCanvas(Canvas):
    """The difference of the clip's current frame, where its source is a volume."""

    made_anew = Signal()

    def __init__(self, session: Session, jobs: JobRunner) -> None:
        super().__init__("Difference, after minus before")
        self._session = session
        self._jobs = jobs
        self._asked: tuple[Any, ...] | None = None
        self.made: Difference | None = None
        self.setToolTip("Clip pixel minus the mean of the source under it, before normalizing")
        self._wires = Wires(self)
        for name in ("clip", "frame", "current", "channel"):
            self._wires.connect(getattr(session.events, name), self.ask)
        theme.changed.connect(self.ask)

    @property
    def words(self) -> str:
        """What is shown and how large it is: "after − before, ±12.3, rms 1.7"."""
        made = self.made
        if made is None:
            return ""
        return f"after − before ±{number(made.largest)}, rms {number(made.rms)}"

    @property
    def brief(self) -> str:
        """The same where there is no room for it: "±12.3"."""
        return f"±{number(self.made.largest)}" if self.made is not None else ""

    def showEvent(self, event: QShowEvent) -> None:
        """Nothing was made while nobody looked."""
        super().showEvent(event)
        self.ask()

    def ask(self, *_: Any) -> None:
        """Make the difference anew where the frame, the clip or the theme is another."""
        source, clip = self._session.current, self._session.clip
        if not self.isVisible():
            return
        if not isinstance(source, Volume) or clip is None or clip.name != source.name:
            self._asked = None
            self._take(None, NO_JOINTS if clip is not None and source is not None else "")
            return
        frame = min(max(self._session.frame, 0), clip.shape[0] - 1)
        asked = (source, clip, frame, self._session.channel, marks.coat())
        if asked == self._asked:
            return
        self._asked = asked
        self._jobs.submit(
            Job(
                "difference",
                "Subtracting the source",
                lambda _: make_difference(*asked),
                partial(self._take, empty=PADDED),
                lambda error: self._take(None, str(error)),
                self._on_stopped,
            )
        )

    def _take(self, made: Difference | None, empty: str) -> None:
        self.made = made
        self.show_picture(made.picture if made is not None else None, empty)
        self.made_anew.emit()

    def _on_stopped(self) -> None:
        self._asked = None
