"""Small pictures of a clip's frames, made a few at a time so that the window never waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from voxviewer.gui.turns import turns
from voxviewer.render.pixels import clip_picture
from voxviewer.render.thumbnails import thumbnail

if TYPE_CHECKING:
    from voxviewer.data import Clip
    from voxviewer.render.limits import Scale

UInt32 = NDArray[np.uint32]

SLICE = 0.005
"""Seconds of work between two looks at what a person does."""
NEWS = 0.06
"""Seconds between two times that new pictures are shown."""


class Thumbnails(QObject):
    """Holds thumbnails by frame; old ones stay until the new clip's are there."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.pictures: dict[int, UInt32] = {}
        self._clip: Clip | None = None
        self._scale: Scale | None = None
        self._size = (0, 0)
        self._wanted: list[int] = []
        self._told = 0.0
        self.version = 0
        """Counts the changes: who keeps a picture of the pictures knows when it is old."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._work)

    @property
    def complete(self) -> bool:
        """True where nothing is left to make."""
        return not self._wanted

    def want(
        self, clip: Clip | None, scale: Scale | None, size: tuple[int, int], step: int, near: int
    ) -> None:
        """Ask for every `step`-th frame at a size (width, height), those near a frame first."""
        same = clip is self._clip and scale == self._scale and size == self._size
        frames = range(0, clip.shape[0], step) if clip is not None else range(0)
        if same and all(frame in self.pictures or frame in self._wanted for frame in frames):
            return
        if clip is None or (self._clip is not None and self._clip.shape[0] != clip.shape[0]):
            self.pictures = {}
        self._clip, self._scale, self._size = clip, scale, size
        self._wanted = sorted(frames, key=lambda frame: abs(frame - near))
        if self._wanted:
            self._timer.start(0)
            self._told = time.perf_counter()
        self._tell()

    def _tell(self) -> None:
        self.version += 1
        self.changed.emit()

    def _work(self) -> None:
        if not turns().take():
            return  # the timer rings again
        end = time.perf_counter() + SLICE
        while self._wanted and time.perf_counter() < end:
            frame = self._wanted.pop(0)
            if self._clip is not None and self._scale is not None:
                picture = clip_picture(self._clip, frame, self._scale)
                self.pictures[frame] = thumbnail(picture, *self._size)
        if not self._wanted:
            self._timer.stop()
        now = time.perf_counter()
        if not self._wanted or now - self._told > NEWS:
            self._told = now
            self._tell()
