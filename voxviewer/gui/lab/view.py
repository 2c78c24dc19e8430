"""The lab in the middle of the window: methods side by side, or before, after and difference.

Everything shown of a frame is made in the lane "lab", the newest wish wins; this view only draws.
It asks for nothing while it is hidden.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from voxviewer.data import Volume
from voxviewer.encoding.trial import METHODS, Method, chosen_method
from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.lab import words
from voxviewer.gui.lab.linked import LinkedCanvases, Share
from voxviewer.gui.lab.pictures import PATCH, LabPictures, Layer, Wish, make_pictures
from voxviewer.gui.lab.tiles import LabTile
from voxviewer.gui.parts import QuietChoice, ReadOut, ViewTitle
from voxviewer.gui.views import marks
from voxviewer.gui.views.picture import Picture, zoom_text
from voxviewer.gui.views.source_pictures import value_limits
from voxviewer.jobs import Job

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from voxviewer.jobs import JobRunner
    from voxviewer.session import History, Session

TABS = (("methods", "Methods"), ("difference", "Before / after / difference"))
GRIDS = (("clip", "on the clip's pixels"), ("source", "on the source's pixels"))
PLACES = {
    Method(0): (1, 0), Method(1): (0, 1), Method(1, True): (1, 1),
    Method(3): (0, 2), Method(3, True): (1, 2),
}  # fmt: skip
"""Row and column of each method; the source stands in the corner."""

_WIDE = 900  # pixels from which the foot has room for more than the extent


class LabView(QWidget):
    """Title with tabs, tiles whose canvases are linked, read-out with the extent in mm.

    Parameters
    ----------
    session, jobs, history : the state, what makes the pictures, the steps back
    """

    closed = Signal()

    def __init__(
        self, session: Session, jobs: JobRunner, history: History, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._history = history
        self._asked: Wish | None = None
        self._made: LabPictures | None = None
        self._empty = ""
        self.title = ViewTitle("Resampling lab", TABS)
        self.grid = QuietChoice("Difference", GRIDS, "clip", "Grid of the difference")
        self.readout = ReadOut()
        self.source = LabTile("Source", choosable=False)
        self.tiles = {method: LabTile(method.name, tip=words.TIPS[method]) for method in METHODS}
        self.before = LabTile("Before: source", choosable=False)
        self.after = LabTile("After: clip", choosable=False)
        self.difference = LabTile("Difference", choosable=False)
        self._build()
        self._listen()

    def _build(self) -> None:
        self.setAccessibleName("Resampling lab")
        self.title.add(self.grid)
        self._fit = self.title.add_button("fit", "Fit the pictures (0)")
        self._close = self.title.add_button("close", "Back to source, clip and maps (R)")
        self.grid.hide()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._methods())
        self._pages.addWidget(self._pair())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget, share in ((self.title, 0), (self._pages, 1), (self.readout, 0)):
            column.addWidget(widget, share)
        tried = (self.source, *self.tiles.values())
        seen = (self.before, self.difference, self.after)
        self.links = tuple(
            LinkedCanvases([tile.canvas for tile in tiles], self) for tiles in (tried, seen)
        )

    def _methods(self) -> QWidget:
        page = QWidget()
        page.setProperty("area", "canvas")
        grid = QGridLayout(page)
        grid.setContentsMargins(8, 8, 8, 8)
        grid.setSpacing(6)
        grid.addWidget(self.source, 0, 0)
        for method, tile in self.tiles.items():
            grid.addWidget(tile, *PLACES[method])
        for column in range(3):
            grid.setColumnStretch(column, 1)
        return page

    def _pair(self) -> QWidget:
        page = QWidget()
        page.setProperty("area", "canvas")
        row = QHBoxLayout(page)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(6)
        for tile in (self.before, self.after, self.difference):
            row.addWidget(tile, 1)
        return page

    def _listen(self) -> None:
        self.title.tab_changed.connect(self.set_tab)
        self.grid.chosen.connect(self._show)
        self._fit.clicked.connect(lambda: self._link.fit())
        self._close.clicked.connect(self.closed)
        for method, tile in self.tiles.items():
            tile.wanted.connect(partial(self._on_wanted, method))
        for link in self.links:
            link.pointed.connect(self._on_pointed)
        for tile in (self.source, *self.tiles.values(), *self._seen):
            tile.canvas.stepped.connect(self._on_stepped)
            tile.canvas.zoomed.connect(self._show_readout)
        self._wires = Wires(self)
        events = self._session.events
        for name in ("current", "encoding", "frame", "figures", "clip"):
            self._wires.connect(getattr(events, name), self._ask)
        theme.changed.connect(self._ask)

    # what a person does

    @property
    def tab(self) -> str:
        """The tab in front: "methods" or "difference"."""
        return self.title.tab

    def set_tab(self, tab: str) -> None:
        """Bring a tab to the front."""
        self.title.tab = tab
        self._pages.setCurrentIndex(1 if tab == "difference" else 0)
        self.grid.setVisible(tab == "difference")
        self._show()

    def _on_wanted(self, method: Method) -> None:
        """Choose a method: one undo step. Nearest leaves anti-alias as it was, for the others."""
        values: dict[str, Any] = {"order": method.order}
        if method.order > 0:
            values["antialias"] = method.antialias
        self._session.change("encoding", **values)
        self._history.commit()

    def _on_pointed(self, share: Share | None) -> None:
        self._link.point(share)
        self._show_values()

    def _on_stepped(self, step: int) -> None:
        clip = self._session.clip
        if clip is not None:
            self._session.playing = False
            last = clip.shape[0] - 1
            self._session.frame = min(max(self._session.frame + step, 0), last)

    def showEvent(self, event: QShowEvent) -> None:
        """Nothing was made while nobody looked."""
        super().showEvent(event)
        self._ask()

    # the work

    def _ask(self, *_: Any) -> None:
        """Try the frame anew where anything it depends on has changed."""
        if not self.isVisible():
            return
        wish = self._wish()
        if wish is None:
            self._asked = self._made = None
            self._empty = words.why_empty(self._session)
            self._show()
            return
        if self._made is not None and self._made.wish.source is not wish.source:
            self._made, self._empty = None, ""
        self._show_chosen()
        if wish == self._asked:
            return
        self._asked = wish
        self._jobs.submit(
            Job(
                "lab",
                "Resampling by every method",
                lambda progress: make_pictures(wish, progress),
                partial(self._take, wish),
                self._on_failed,
                self._on_stopped,
            )
        )

    def _wish(self) -> Wish | None:
        session = self._session
        if not isinstance(session.current, Volume):
            return None
        limits = value_limits(session)
        return Wish(
            session.current,
            session.encoding,
            session.frame,
            self._middle(),
            0,
            limits,
            marks.coat(),
        )

    def _middle(self) -> Share:
        """The patch of a large clip lies round the chosen voxel as it was when the lab opened."""
        clip, voxel = self._session.clip, self._session.voxel
        if clip is None or voxel is None or max(clip.shape[1:3]) <= PATCH:
            return 0.5, 0.5
        return (voxel[0] + 0.5) / clip.shape[1], (voxel[1] + 0.5) / clip.shape[2]

    def _take(self, wish: Wish, made: LabPictures | None) -> None:
        if wish.source is not self._session.current:
            return
        if made is None:
            self._empty = "This frame is padding: no source frame stands behind it."
        self._made = made
        self._show()

    def _on_failed(self, error: BaseException) -> None:
        self._made, self._empty = None, str(error)
        self._show()

    def _on_stopped(self) -> None:
        self._asked = None

    # what is shown

    @property
    def _link(self) -> LinkedCanvases:
        return self.links[1 if self.tab == "difference" else 0]

    @property
    def _seen(self) -> tuple[LabTile, ...]:
        return self.before, self.after, self.difference

    def _layers(self) -> list[tuple[LabTile, Layer | None]]:
        """Each tile of the tab in front, and what it shows."""
        made = self._made
        if self.tab == "difference":
            layers = (
                (made.before, made.tries[made.trial.chosen], self._difference_layer(made))
                if made is not None
                else (None, None, None)
            )
            return list(zip(self._seen, layers, strict=True))
        tries = made.tries if made is not None else {}
        pairs = [(tile, tries.get(method)) for method, tile in self.tiles.items()]
        return [(self.source, made.before if made is not None else None), *pairs]

    def _difference_layer(self, made: LabPictures) -> Layer:
        return made.differences[self.grid.value].layer

    def _show(self, *_: Any) -> None:
        cursor = self._link.cursor
        for tile, layer in self._layers():
            picture = self._picture(layer, cursor) if layer is not None else None
            tile.canvas.show_picture(picture, self._empty or words.why_empty(self._session))
        self._link.apply()
        self._show_chosen()
        self._show_numbers()
        self._show_values()
        self._show_readout()

    def _picture(self, layer: Layer, cursor: Share | None) -> Picture:
        """The layer's pixels, every one with the shape it has in the scanner."""
        assert self._made is not None
        H, W = layer.pixels.shape
        cross = None if cursor is None else (cursor[0] * H - 0.5, cursor[1] * W - 0.5)
        return Picture(layer.pixels, aspect=words.aspect(self._made.trial, layer), cross=cross)

    def _show_chosen(self) -> None:
        chosen = chosen_method(self._session.encoding)
        for method, tile in self.tiles.items():
            tile.chosen = method == chosen

    def _show_numbers(self) -> None:
        made = self._made
        self.title.set_note(words.headline(made, self._session.encoding))
        if made is None:
            for tile in (self.source, *self.tiles.values(), *self._seen):
                tile.caption.set_numbers(())
            return
        for item in made.trial.tries:
            if item.method in self.tiles:
                numbers = words.numbers(item, made.trial)
                self.tiles[item.method].caption.set_numbers(numbers)
        tried = made.trial.made_by(made.trial.chosen)
        self.source.caption.set_numbers(words.source_numbers(made))
        self.before.caption.set_numbers(words.source_numbers(made))
        self.after.caption.set_name(f"After: {made.trial.chosen.name.lower()}")
        self.after.caption.set_numbers(words.numbers(tried, made.trial))
        self.difference.caption.set_numbers(words.difference_numbers(made, self.grid.value))

    def _show_values(self) -> None:
        cursor = self._link.cursor
        for tile, layer in self._layers():
            text = words.value(layer.values(cursor)) if layer is not None and cursor else ""
            tile.caption.set_value(text)
        self._show_readout()

    def _show_readout(self) -> None:
        made, cursor = self._made, self._link.cursor
        if made is None:
            self.readout.set_left("", "")
            self.readout.set_right("")
            return
        self.readout.set_left(*words.place(made, cursor, self.tab, self.grid.value))
        layer = made.tries[made.trial.chosen]
        zoom = self._link.width / layer.pixels.shape[1]
        extent, step = words.extents(made.trial)
        parts = [extent, step, zoom_text(zoom) if zoom > 0 else ""]
        if self.width() < theme.width(_WIDE):
            parts = [extent]
        self.readout.set_right(", ".join(part for part in parts if part))
