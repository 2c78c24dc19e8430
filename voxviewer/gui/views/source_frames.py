"""The source's plane behind the current frame, kept for every view that shows it.

With another `subject` it is that of a film behind the current recording.

Planes in memory are there at once. Those of a lazy source are read in the lane "slice": the old
plane stays until the new one has arrived, and of many wanted meanwhile only the newest is read.
Those read last are kept, so that dragging to and fro reads each but once.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from voxviewer.data import Volume
from voxviewer.gui.bind import Wires
from voxviewer.gui.views import planes
from voxviewer.jobs import Job
from voxviewer.settings import EncodingSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import Progress, Source
    from voxviewer.gui.views.planes import Slot
    from voxviewer.jobs import JobRunner
    from voxviewer.session import Session

log = logging.getLogger(__name__)

KEPT = 64 << 20
"""Bytes of planes from disk that are kept for one source."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane that was read: of which volume, which one, and its values (rows, columns, C)."""

    volume: Volume
    slot: Slot
    values: NDArray[Any]


class KeptPlanes:
    """The planes of one volume that were read last, up to `KEPT` bytes."""

    def __init__(self) -> None:
        self._planes: OrderedDict[tuple[object, ...], Plane] = OrderedDict()
        self._bytes = 0

    def get(self, volume: Volume, slot: Slot) -> Plane | None:
        """Return the plane, where it is of this very volume and still here."""
        found = self._planes.get(_name(slot))
        if found is None or found.volume is not volume:
            return None
        self._planes.move_to_end(_name(slot))
        return found

    def put(self, plane: Plane) -> None:
        """Keep a plane; those of another volume go, and then those asked for longest ago."""
        if any(kept.volume is not plane.volume for kept in self._planes.values()):
            self.clear()
        before = self._planes.pop(_name(plane.slot), None)
        self._bytes += plane.values.nbytes - (before.values.nbytes if before is not None else 0)
        self._planes[_name(plane.slot)] = plane
        while self._bytes > KEPT:
            _, oldest = self._planes.popitem(last=False)
            self._bytes -= oldest.values.nbytes

    def clear(self) -> None:
        """Keep nothing."""
        self._planes.clear()
        self._bytes = 0


def _name(slot: Slot) -> tuple[object, ...]:
    """What tells a plane of a volume from the others."""
    return slot.fixed, slot.rows, slot.columns


class SourceFrames(QObject):
    """Follows the clock and holds the plane of a source that belongs to it.

    Parameters
    ----------
    session : the state
    jobs : reads what lies on disk
    subject : which source; None for the current one
    """

    changed = Signal()
    """Another source or clip, or why there is no plane."""
    moved = Signal()
    """Another plane of the same source, or another frame of a recording."""

    def __init__(
        self,
        session: Session,
        jobs: JobRunner,
        parent: QObject | None = None,
        subject: Callable[[Session], Source | None] | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._subject = subject
        self._plane: Plane | None = None
        self._wanted: tuple[Volume, Slot] | None = None
        self._kept = KeptPlanes()
        self._frame: int | None = None  # that `moved` told of last
        self.failure = ""  # the sentence of the last one that could not be read
        self._wires = Wires(self)
        events = session.events
        others = (events.sources, events.bones) if subject is not None else ()
        for signal in (events.current, events.clip, *others):
            self._wires.connect(signal, self._show)
        self._wires.connect(events.frame, self._show_frame)
        self._show()

    @property
    def plane(self) -> Plane | None:
        """The newest plane of the source; None where there is none yet."""
        if self._plane is None or self._plane.volume is not self.source:
            return None
        return self._plane

    @property
    def source(self) -> Source | None:
        """The source that is followed."""
        return self._session.current if self._subject is None else self._subject(self._session)

    def _show(self, *_: Any) -> None:
        """The source or the clip has changed."""
        if self._plane is not None and self._plane.volume is not self.source:
            self._kept.clear()
        self._follow()
        self.changed.emit()

    def _show_frame(self, *_: Any) -> None:
        """The clock: nobody is told of a frame that has no plane, or whose plane is being read."""
        if self.source is None:
            return
        told, plane = self._frame, self._plane
        self._follow()
        if self._plane is not plane or (self._frame != told and self._in_step):
            self.moved.emit()

    @property
    def _in_step(self) -> bool:
        """True where what is shown follows the frame at once, be it as no plane at all."""
        source = self.source
        return not isinstance(source, Volume) or self._frame is None or in_memory(source)

    def _follow(self) -> None:
        """Get the plane that belongs to the clock."""
        source = self.source
        self._frame = frame = shown_frame(self._session)
        if not isinstance(source, Volume):
            self._wanted = None
        elif frame is not None:  # while the clip is padded the last plane stays
            own = source is self._session.current
            settings = source_settings(self._session) if own else EncodingSettings()
            self._want(source, planes.slot_of(source, settings, frame))

    def _want(self, volume: Volume, slot: Slot) -> None:
        if self._wanted is not None and self._wanted[0] is volume and self._wanted[1] == slot:
            return
        self._wanted = (volume, slot)
        if in_memory(volume):
            self._plane = Plane(volume, slot, planes.read_plane(volume, slot))
            return
        kept = self._kept.get(volume, slot)
        if kept is not None:
            self._plane, self.failure = kept, ""
            return

        def work(progress: Progress) -> Plane:
            # A copy: what lies in a mapped file is read here, not when it is painted.
            return Plane(volume, slot, np.array(planes.read_plane(volume, slot)))

        self._jobs.submit(Job("slice", "Reading a slice", work, self._take, self._on_failed))

    def _take(self, plane: Plane) -> None:
        """Show it, as a step on the way where another is wanted by now; not over the wanted one."""
        if plane.volume is not self.source:
            return
        self._kept.put(plane)
        if self._shows_wanted:
            return
        before, self.failure = self.failure, ""
        same = self._plane is not None and self._plane.volume is plane.volume
        self._plane = plane
        (self.moved if same and not before else self.changed).emit()

    @property
    def _shows_wanted(self) -> bool:
        if self._plane is None or self._wanted is None:
            return False
        volume, slot = self._wanted
        return self._plane.volume is volume and self._plane.slot == slot

    def _on_failed(self, error: BaseException) -> None:
        log.warning("a slice could not be read", exc_info=error)
        self.failure = str(error)
        self._wanted = None
        self.changed.emit()


def in_memory(volume: Volume) -> bool:
    """Return True where the voxels can be drawn from without touching a disk."""
    voxels = volume.voxels
    return isinstance(voxels, np.ndarray) and not isinstance(voxels, np.memmap)


def source_settings(session: Session) -> EncodingSettings:
    """Return what the clip on screen was made with; before there is one, what is chosen."""
    clip, source = session.clip, session.current
    if clip is not None and source is not None and clip.name == source.name:
        return clip.settings
    return session.encoding


def shown_frame(session: Session) -> int | None:
    """Return the source frame behind the current clip frame; None where the clip is padded."""
    source: Source | None = session.current
    if source is None:
        return None
    return planes.source_frame(source, session.clip, session.frame)
