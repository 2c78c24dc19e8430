"""One quiet line under Order: these values look like labels, and a word that takes nearest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from voxviewer.data import Volume
from voxviewer.encoding.label_maps import label_values
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.parts import Label, LinkButton
from voxviewer.gui.parts.rows import LABEL_COLUMN
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from voxviewer.jobs import JobRunner
    from voxviewer.session import History, Session


class LabelFinding(QWidget):
    """Shown while labels are resampled by anything but nearest; judged once for each source."""

    def __init__(self, session: Session, history: History, jobs: JobRunner) -> None:
        super().__init__()
        self._session, self._history, self._jobs = session, history, jobs
        self._judged: Any = None
        self._labels: tuple[int, ...] | None = None
        self.words = Label("", "caption", "text3", elide=Qt.TextElideMode.ElideRight)
        self.use = LinkButton("Use nearest")
        self.use.setToolTip("Order 0 takes single voxels: no value between two labels is invented")
        self.use.clicked.connect(self._on_use)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(6)
        self._row.addWidget(self.words, 1)
        self._row.addWidget(self.use)
        self._measure()
        theme.changed.connect(self._measure)
        self._wires = Wires(self)
        self._wires.soon(session.events.current, self._ask)
        self._wires.soon(session.events.encoding, self._show)
        self._ask()

    def _measure(self) -> None:
        self._row.setContentsMargins(theme.width(LABEL_COLUMN) + 8, 0, 0, 0)

    def _ask(self, *_: Any) -> None:
        """Look at a few planes of a new source, off the GUI thread."""
        source = self._session.current
        if source is not self._judged:
            self._judged, self._labels = source, None
            if isinstance(source, Volume):
                self._submit(source)
        self._show()

    def _submit(self, source: Volume) -> None:
        self._jobs.submit(
            Job(
                "labels",
                "Looking for labels",
                lambda _: label_values(source),
                partial(self._take, source),
                lambda _: None,  # what cannot be read is said where it is opened and encoded
            )
        )

    def _take(self, source: Volume, labels: tuple[int, ...] | None) -> None:
        if source is self._session.current:
            self._labels = labels
            self._show()

    def _show(self, *_: Any) -> None:
        found = self._labels
        self.setVisible(found is not None and self._session.encoding.order != 0)
        if found is not None:
            self.words.setText(f"{len(found)} labels?")
            self.setToolTip(
                f"{len(found)} whole numbers in regions, from {found[0]} to {found[-1]}, look like "
                "labels: values between them mean nothing"
            )

    def _on_use(self) -> None:
        self._session.change("encoding", order=0)
        self._history.commit()
