"""Statistics of all open sources, measured when they are asked for and kept as numbers.

While a person's choice is "sources", a job encodes every open source as chosen and puts the two
numbers in its place: only these stand in recipes, so that later data get the same values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from voxviewer.failures import sentences
from voxviewer.gui.bind import Wires
from voxviewer.jobs import Job
from voxviewer.session import Notice

if TYPE_CHECKING:
    from voxviewer.data import Progress
    from voxviewer.jobs import JobRunner
    from voxviewer.session import History, Session
    from voxviewer.settings import EncodingSettings


class StatisticsMeter(QObject):
    """Listens to the encoding's `statistics`; made once by the window."""

    def __init__(
        self, session: Session, history: History, jobs: JobRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._history, self._jobs = session, history, jobs
        self._wires = Wires(self)
        self._wires.connect(session.events.encoding, self._on_encoding)

    def _on_encoding(self, settings: EncodingSettings) -> None:
        if settings.statistics != "sources":
            return
        if settings.normalize == "none" or not self._session.sources:
            self._session.change("encoding", statistics="clip")
            return
        sources = self._session.sources

        def work(progress: Progress) -> EncodingSettings:
            from voxviewer.encoding import with_shared_statistics

            return with_shared_statistics(sources, settings, progress=progress)

        def done(measured: EncodingSettings) -> None:
            if self._session.encoding == settings:
                self._session.encoding = measured
                self._history.commit()

        job = Job("statistics", "Measuring all open sources", work, done, self._failed)
        job.stopped = self._back
        self._jobs.submit(job)

    def _failed(self, error: BaseException) -> None:
        text, detail = sentences(error)
        self._back()
        self._session.notice = Notice("error", text, detail, "encode")

    def _back(self, *_: Any) -> None:
        """Nothing was measured: the clip's own statistics again."""
        if self._session.encoding.statistics == "sources":
            self._session.change("encoding", statistics="clip")
