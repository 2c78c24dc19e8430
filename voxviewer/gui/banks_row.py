"""Filter banks side by side on one clock: the wall, and beside it the walls of pinned banks.

A pinned bank's wall is the same `WallTiles` as the wall, over a small session of its own that
follows the window's: one clock, one crosshair, one way of coloring.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.filter_rows import FIRST_PRESET
from voxviewer.gui.panels.trained import trained_name, trained_record
from voxviewer.gui.panels.words import INITIALIZER_NAMES, kernel
from voxviewer.gui.parts import EmptyState, IconButton, drawing
from voxviewer.gui.views.wall_tiles import WallTiles
from voxviewer.session import Session

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.data import FeatureMaps
    from voxviewer.session import PinnedMaps
    from voxviewer.settings import FilterSettings

NO_MAP = -9
"""No tile of a pinned wall is chosen: the microscope looks at the wall's own maps."""
SLACK = 1.4
"""Beside others a wall is narrow: rather scroll a little than draw maps at half the size."""
MOST = 2
"""Pinned banks at once."""
WAITING = "Convolving …"
FROM = {"random": "from random filters", "preset": "from a preset", "model": "from a model"}


class Heading(QWidget):
    """One bank's line: what it is, and what can be done with it."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._fact = "", ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 4, 1)
        self._row.setSpacing(0)
        self._row.addStretch(1)

    def add_button(self, icon: str, tip: str) -> IconButton:
        """Add an icon at the right."""
        button = IconButton(icon, tip)
        self._row.addWidget(button)
        return button

    def show_words(self, title: str, fact: str) -> None:
        """Show a bank's name and its facts."""
        self._title, self._fact = title, fact
        self.setAccessibleName(title)
        self.setAccessibleDescription(fact)
        self.setToolTip(f"{title}\n{fact}")
        self.update()

    def sizeHint(self) -> QSize:
        """The height of all titles."""
        return QSize(theme.width(160), theme.height("title"))

    def minimumSizeHint(self) -> QSize:
        """Words may be cut off."""
        return QSize(theme.width(80), theme.height("title"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The name semibold, the facts quiet, over a line."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("head"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))
        parts = [part.x() for part in drawing.widgets_in(self._row) if part.isVisibleTo(self)]
        right = min([self.width() - 12, *parts]) - 4
        strong = theme.font("strong")
        box = QRect(12, 0, right - 12, self.height() - 1)
        drawing.text(painter, box, self._title, strong, "text")
        box.setLeft(box.left() + drawing.advance(strong, self._title) + 8)
        if box.width() > theme.width(20):
            drawing.text(painter, box, self._fact, theme.font(), "text3")


class PinnedColumn(QWidget):
    """A pinned bank's wall under its heading; `used` and `closed` ask for what the icons say."""

    used = Signal()
    closed = Signal()

    def __init__(self, main: Session, leader: WallTiles) -> None:
        super().__init__()
        self._main = main
        self._leader = leader
        self._session = Session(map=NO_MAP, playing=False)
        self.heading = Heading()
        self.use = self.heading.add_button("pingpong", "Change places with the present filters")
        self.close_button = self.heading.add_button("close", "Unpin these filters")
        self.tiles = WallTiles(self._session)
        self.tiles.slack = SLACK
        self.empty = EmptyState(WAITING)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget, stretch in ((self.heading, 0), (self.tiles, 1), (self.empty, 1)):
            column.addWidget(widget, stretch)
        self._listen()

    def _listen(self) -> None:
        self.use.clicked.connect(self.used)
        self.close_button.clicked.connect(self.closed)
        self._wires = Wires(self)
        for name in ("frame", "render", "stale"):
            self._wires.connect(getattr(self._main.events, name), self._show_main)
        self._session.events.voxel.connect(self._on_voxel)
        self._session.events.map.connect(self._on_map)
        self._leader.laid_out.connect(self._follow_zoom)
        scroll = self._leader.verticalScrollBar()
        scroll.valueChanged.connect(self.tiles.verticalScrollBar().setValue)
        self.tiles.verticalScrollBar().valueChanged.connect(scroll.setValue)
        self._show_main()

    # what the window's session says

    def _show_main(self, *_: Any) -> None:
        """One clock, one way of coloring; old maps are dimmed here too."""
        main, own = self._main, self._session
        own.render = main.render
        own.frame = main.frame
        old = bool(main.stale & {"clip", "pinned_maps"})
        own.stale = frozenset({"features"}) if old else frozenset()

    def show_pinned(self, filters: FilterSettings, pinned: PinnedMaps | None) -> None:
        """Show what the filters make of the clip, or why there is nothing to see."""
        maps = pinned.maps if pinned is not None else None
        self._session.features = maps
        self._session.clip = maps.clip if maps is not None else None
        self.tiles.setVisible(maps is not None)
        self.empty.setVisible(maps is None)
        self.empty.set_text(pinned.problem if pinned is not None else WAITING)
        title, fact = bank_words(filters, maps)
        self.heading.show_words(title, fact)
        self.tiles.setAccessibleName(f"Feature maps, {title}")
        self._follow_zoom()

    def _follow_zoom(self) -> None:
        """Voxels are as large as those of the wall."""
        layout = self._leader.layout_now
        if layout is not None and layout.tiles[0].zoom.shrink == 1:
            self.tiles.zoom = layout.tiles[0].zoom.grow
        else:
            self.tiles.zoom = "auto"

    # what a person does

    def _on_voxel(self, voxel: tuple[int, int] | None) -> None:
        """A press in this wall moves the one crosshair."""
        if voxel is not None:
            self._main.voxel = voxel

    def _on_map(self, index: int) -> None:
        """A map of a pinned bank cannot be chosen."""
        if index != NO_MAP:
            self._session.map = NO_MAP


class BanksRow(QWidget):
    """The wall alone, or under a heading beside the walls of the session's pinned filters.

    `used` gives the number of a pinned bank that shall change places with the present one.
    """

    used = Signal(int)

    def __init__(self, session: Session, tiles: WallTiles) -> None:
        super().__init__()
        self._session = session
        self._tiles = tiles
        self.columns: list[PinnedColumn] = []
        self.heading = Heading()
        self.pin = self.heading.add_button("pin", "Pin these filters (P)")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(1)
        first = QWidget()
        column = QVBoxLayout(first)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.heading)
        column.addWidget(tiles, 1)
        self._row.addWidget(first, 1)
        self._wires = Wires(self)
        self._wires.connect(session.events.pinned, self._show_pinned)
        self._wires.connect(session.events.pinned_maps, self._show_maps)
        for name in ("filters", "features"):
            self._wires.connect(getattr(session.events, name), self._show_heading)
        self._show_pinned()

    # what the session says

    def _show_pinned(self, *_: Any) -> None:
        """As many columns as there are pinned banks; headings only where there are several."""
        wanted = len(self._session.pinned)
        while len(self.columns) > wanted:
            column = self.columns.pop()
            self._row.removeWidget(column)
            column.hide()
            column.deleteLater()
        while len(self.columns) < wanted:
            self._add_column()
        self.heading.setVisible(wanted > 0)
        self.pin.setEnabled(wanted < MOST)
        self._tiles.slack = SLACK if wanted else 1.0
        self._show_heading()
        self._show_maps()

    def _add_column(self) -> None:
        column = PinnedColumn(self._session, self._tiles)
        column.used.connect(lambda: self.used.emit(self.columns.index(column)))
        column.closed.connect(lambda: self._on_closed(self.columns.index(column)))
        self.columns.append(column)
        self._row.addWidget(column, 1)

    def _show_heading(self, *_: Any) -> None:
        if self._session.pinned:
            session = self._session
            words = bank_words(session.filters, session.features)
            self.heading.show_words(*words)

    def _show_maps(self, *_: Any) -> None:
        """Each column its own; while newer ones are made the old ones stay."""
        made = {item.filters: item for item in self._session.pinned_maps or ()}
        # The maps may hear of unpinned filters before the columns do.
        for column, filters in zip(self.columns, self._session.pinned, strict=False):
            column.show_pinned(filters, made.get(filters))

    # what a person does

    def _on_closed(self, index: int) -> None:
        pinned = self._session.pinned
        self._session.pinned = (*pinned[:index], *pinned[index + 1 :])

    def paintEvent(self, event: QPaintEvent) -> None:
        """The canvas, and the lines between two banks."""
        painter = drawing.painter_on(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        for column in self.columns:
            painter.fillRect(column.x() - 1, 0, 1, self.height(), theme.color("edge"))


def bank_words(filters: FilterSettings, maps: FeatureMaps | None) -> tuple[str, str]:
    """Return a bank's name and its facts: "Random", "Glorot uniform, seed 0, 8 × 3×3×3"."""
    title, facts = _names(filters)
    bank = maps.bank if maps is not None else None
    if bank is not None:
        facts = [*facts, f"{bank.count} × {kernel(bank.size)}"]
    return title, ", ".join(facts)


def _names(filters: FilterSettings) -> tuple[str, list[str]]:
    if filters.source == "random":
        return "Random", [INITIALIZER_NAMES[filters.initializer], f"seed {filters.seed}"]
    if filters.source == "model":
        facts = [Path(filters.model).name] if filters.model else []
        return filters.layer or "Model", [*facts, *(["network"] if filters.whole else [])]
    if name := trained_name(filters):
        return name, [trained_record(filters)]
    if filters.source == "edited":
        return "Edited", [FROM[filters.edited_from]] if filters.edited_from else []
    if filters.preset is None:
        return "Preset", []
    from voxviewer.convolution.presets import PRESETS

    return PRESETS[filters.preset].title, []


def others(filters: FilterSettings) -> tuple[FilterSettings, ...]:
    """Return what to put beside some filters: the kinds they are not, random and preset first."""
    kinds = {
        "random": replace(filters, source="random"),
        "preset": replace(filters, source="preset", preset=filters.preset or FIRST_PRESET),
    }
    if filters.model is not None and filters.layer is not None:
        kinds["model"] = replace(filters, source="model")
    return tuple(made for kind, made in kinds.items() if kind != filters.source)[:MOST]
