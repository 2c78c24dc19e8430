"""The Axes panel: what each axis of the file means, as pictures to pick from and roles to set.

An array says nothing of its axes. Each likely order is shown as the frame it would give: the right
one is seen at a glance, the wrong ones are stripes. Below, folded, every axis has a role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QWidget

from voxviewer.data import Volume
from voxviewer.encoding.candidates import (
    candidates,
    chosen,
    doubtful,
    effective_roles,
    settings_for,
    with_role,
)
from voxviewer.encoding.roles import AXES
from voxviewer.gui import theme
from voxviewer.gui.axis_pictures import candidate_pictures
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.fields import FoldLine
from voxviewer.gui.panels.role_field import CandidateTile, RoleField
from voxviewer.gui.parts import FoldPanel, FormRow, Label
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from voxviewer.data import Progress, Source
    from voxviewer.encoding.candidates import Candidate, Roles
    from voxviewer.session import History, Session

PER_LINE = 3
SIDE = 76
"""Side of a candidate's picture, in pixels of the mock-up."""
KNOWN = "The file says what its axes are; choose which becomes time."
GUESSED = "The file does not say what its axes are; click the picture that looks right."
GIVEN = "Axes as you gave them."


class AxesPanel(FoldPanel):
    """Candidates as tiles, and the role of each axis; what is chosen is an undo step.

    `later`: see `FoldPanel.make`.
    """

    def __init__(
        self, session: Session, history: History, pipeline: Any, *, later: bool = False
    ) -> None:
        super().__init__("Axes")
        self._session = session
        self._history = history
        self._pipeline = pipeline
        self._source: Source | None = None
        self.found: tuple[Candidate, ...] = ()
        self.words = Label("", "caption", "text3", wrap=True)
        self.add(self.words)
        self._add_tiles()
        self.make(self._pieces(session), later=later)

    def _pieces(self, session: Session) -> Iterator[None]:
        yield
        yield from self._add_rows()
        self._wires = Wires(self)
        self._wires.soon(session.events.current, self._show_source)
        self._wires.soon(session.events.encoding, self._show_roles)
        self._show_source()

    def _add_tiles(self) -> None:
        self.grid = QWidget()
        lines = QGridLayout(self.grid)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        self.tiles: list[CandidateTile] = []
        for place in range(2 * PER_LINE):
            tile = CandidateTile(SIDE)
            tile.clicked.connect(lambda _=False, place=place: self._on_tile(place))
            lines.addWidget(tile, *divmod(place, PER_LINE))
            self.tiles.append(tile)
        for column in range(PER_LINE):
            lines.setColumnStretch(column, 1)
        self.add(self.grid)

    def _add_rows(self) -> Iterator[None]:
        self.line = FoldLine("Roles")
        self.line.setToolTip("What becomes of each axis: time, rows, columns, channels or nothing")
        self.line.toggled.connect(self._show_rows)
        self.add(self.line)
        self.rows: list[FormRow] = []
        self.fields: list[RoleField] = []
        for axis, letter in enumerate(AXES):
            field = RoleField(letter)
            field.changed.connect(lambda role, axis=axis: self._on_role(axis, role))
            field.committed.connect(lambda _=None: self._history.commit())
            self.fields.append(field)
            self.rows.append(self.add_row(letter, field))
            if axis % 2:
                yield

    # what the session says

    def _show_source(self) -> None:
        source = self._session.current
        if source is self._source:
            return
        before, self._source = self._source, source
        self._pipeline.jobs.cancel("axes")
        self.setVisible(isinstance(source, Volume))
        volume = source if isinstance(source, Volume) else None
        self.found = candidates(volume, says_nothing(volume)) if volume is not None else ()
        self.words.setText(intro(source))
        self.grid.setVisible(bool(self.found))
        for place, tile in enumerate(self.tiles):
            tile.setVisible(place < len(self.found))
            if place < len(self.found):
                tile.show_candidate(self.found[place].label, self.found[place].words)
        if volume is not None:
            self._fold_for(volume, before)
            self._show_axes(volume)
            self._draw(volume)
        self._show_roles()

    def _fold_for(self, volume: Volume, before: Source | None) -> None:
        """Stand open where there is doubt; what is just being chosen stays under the pointer."""
        if before is None or before.opening.path != volume.opening.path:
            now = chosen(self.found, volume, self._session.encoding)
            self.fold_at_once(not says_nothing(volume) or not doubtful(self.found, now))

    def _show_axes(self, volume: Volume) -> None:
        """Rows in the order of the file; axes of one entry have no say and no row."""
        stored = volume.facts.stored_axes
        known = [letter for letter in stored if letter in AXES]
        order = [AXES.index(letter) for letter in (*known, *(a for a in AXES if a not in known))]
        for row in self.rows:
            self.body.removeWidget(row)
        for axis in order:
            self.body.addWidget(self.rows[axis])
        for axis, (letter, length) in enumerate(zip(AXES, volume.shape, strict=True)):
            self.rows[axis].label.setText(f"{letter}  {length}")
            place = f"axis {stored.index(letter)} of the file" if letter in stored else ""
            self.rows[axis].setToolTip(f"{letter}, {length} long{', ' if place else ''}{place}")
            self.fields[axis].set_count(length)
        self._long = [length > 1 for length in volume.shape]

    def _show_roles(self, *_: Any) -> None:
        """Mark the candidate that is in force, and say each axis's role.

        Of the source that the panel shows: its turn for a newer one may be yet to come.
        """
        source = self._source
        if not isinstance(source, Volume):
            self.set_summary("")
            self._show_rows()
            return
        settings = self._session.encoding
        roles = effective_roles(source, settings)
        for field, role in zip(self.fields, roles, strict=True):
            field.value = role
        now = chosen(self.found, source, settings)
        for tile, item in zip(self.tiles, self.found, strict=False):
            tile.chosen = item is now
        self._summary_words = summary(source.shape, roles)
        self.set_summary(now.label if now is not None else self._summary_words)
        self._show_rows()

    def _show_rows(self, *_: Any) -> None:
        volume = isinstance(self._source, Volume)
        open_ = self.line.isChecked()
        self.line.setVisible(volume)
        if volume:
            self.line.setText("Roles" if open_ else f"Roles: {self._summary_words}")
            self.line.setAccessibleDescription(self._summary_words)
        for axis, row in enumerate(self.rows):
            row.setVisible(volume and open_ and self._long[axis])

    def _draw(self, volume: Volume) -> None:
        """Pictures are read in a job; a newer source leaves this one's alone."""
        found, side = self.found, 2 * theme.width(SIDE)

        def work(progress: Progress) -> list[NDArray[np.uint32]]:
            return candidate_pictures(volume, found, (side, side), progress)

        def done(pictures: list[NDArray[np.uint32]]) -> None:
            if self._source is volume:
                for tile, pixels in zip(self.tiles, pictures, strict=False):
                    tile.show_pixels(pixels)

        if found:
            failed = lambda error: None  # noqa: E731 - the views say why nothing can be read
            self._pipeline.jobs.submit(
                Job("axes", "Drawing orders of axes", work, done, failed, abandon=True)
            )

    # what a person does

    def _on_tile(self, place: int) -> None:
        item = self.found[place]
        session, source = self._session, self._session.current
        if source is None or source is not self._source or self.tiles[place].chosen:
            return
        if item.axes is not None:
            session.encoding = settings_for(item, session.encoding)
            self._pipeline.choose(with_axes(source, item.axes))
            return
        session.encoding = settings_for(item, session.encoding)
        self._history.commit()

    def _on_role(self, axis: int, role: str | int) -> None:
        source = self._session.current
        if isinstance(source, Volume) and source is self._source:
            roles = effective_roles(source, self._session.encoding)
            self._session.change("encoding", roles=with_role(source.shape, roles, axis, role))


def with_axes(source: Source, axes: str) -> Any:
    """Return how to open a source with these letters for its axes."""
    from dataclasses import replace

    return replace(source.opening, axes=axes)


def says_nothing(volume: Volume) -> bool:
    """Whether a volume's file does not say what its axes are, so that the reader had to guess."""
    from voxviewer.sources import named_reader

    reader = named_reader(volume.opening.path)
    return reader is not None and reader.sized and volume.affine is None


def intro(source: Source | None) -> str:
    """Return what there is to choose."""
    if not isinstance(source, Volume):
        return ""
    if source.opening.axes is not None:
        return GIVEN
    return GUESSED if says_nothing(source) else KNOWN


def summary(shape: tuple[int, ...], roles: Roles) -> str:
    """Return "D time, H height, W width" of the axes that have more than one entry."""
    words = []
    for letter, length, role in zip(AXES, shape, roles, strict=True):
        if length > 1:
            words.append(f"{letter} {role}")
    return ", ".join(words)
