"""The Filters panel: random ones, or those of a model file's Conv3D layer, and their pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.panels.kernels import KernelPictures
from voxviewer.gui.panels.words import INITIALIZER_NAMES, SPREAD_USED, kernel, sentence
from voxviewer.gui.parts import (
    AxisFields,
    Button,
    Choice,
    FoldPanel,
    FormRow,
    Label,
    NumberField,
    Segment,
)
from voxviewer.settings import INITIALIZERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import FilterBank
    from voxviewer.networks.layer_info import LayerInfo
    from voxviewer.session import History, Session
    from voxviewer.settings import FilterSettings

SOURCES = (("random", "Random"), ("model", "Model"))
KINDS = "Keras models (*.keras *.h5 *.hdf5);;All files (*)"
RANDOM = ("initializer", "seed", "count", "stddev", "kernel")
RANDOM_ROWS = ("initializer", "stddev", "kernel")
SEEDS = 2**32
AXIS_WORDS = ("frames", "rows", "columns")


def ask_model_file(parent: QWidget) -> str:
    """Ask a person for a model file; empty where they think better of it."""
    path, _ = QFileDialog.getOpenFileName(parent, "Filters of a model", "", KINDS)
    return path


class FiltersPanel(FoldPanel):
    """Which filters, and how each looks; a click on one chooses its map."""

    def __init__(self, session: Session, history: History, pipeline: Any) -> None:
        super().__init__("Filters")
        self._session = session
        self._history = history
        self._pipeline = pipeline
        self.rows: dict[str, FormRow] = {}
        # Tab follows the order in which parts are made: first those of the title.
        self.die = self.add_button("seed", "Draw filters with the next seed")
        self.die.clicked.connect(self._on_die)
        self.source = Segment(SOURCES, name="Filters from")
        self.source.chosen.connect(self._on_source)
        self.count = NumberField(8, 1, 4096, 1, 0, prefix="count", name="Number of filters")
        self.source_row = self.add_row("From", _beside(self.source, self.count, (5, 3)))
        self._add_random(session, history)
        self._add_model()
        self._add_pictures(session)
        self._listen(session, pipeline)

    # parts

    def _add_random(self, session: Session, history: History) -> None:
        """Initializer and seed, spread where it has one, kernel."""
        names = [(name, INITIALIZER_NAMES[name]) for name in INITIALIZERS]
        self.kernel = AxisFields("THW", (3, 3, 3), 1, 999, name="Kernel")
        self.initializer = Choice(names, name="Initializer")
        self.seed = NumberField(0, 0, SEEDS - 1, 1, 0, prefix="seed", name="Seed")
        self.stddev = NumberField(0.05, 0.0, 1e6, 0.01, 3, name="Spread")
        self.rows["initializer"] = self.add_row("Initializer", _beside(self.initializer, self.seed))
        self.rows["stddev"] = self.add_row("Spread", self.stddev)
        self.rows["kernel"] = self.add_row("Kernel", self.kernel)
        places = {"count": self.source_row, "seed": self.rows["initializer"]}
        for name in RANDOM:
            row = places.get(name) or self.rows[name]
            bind(getattr(self, name), session, f"filters.{name}", history, row=row)

    def _add_model(self) -> None:
        """The file and the layer; both belong to the pipeline, which reads them in a job."""
        self.file_name = Label("No file yet", elide=Qt.TextElideMode.ElideMiddle)
        self.choose = Button("Choose …", "open")
        self.choose.setAccessibleName("Choose a model file")
        self.choose.clicked.connect(self._on_choose)
        self.rows["model"] = self.add_row("Model", _beside(self.file_name, self.choose))
        self.layer = Choice(name="Layer")
        self.layer.chosen.connect(self._on_layer)
        self.rows["layer"] = self.add_row("Layer", self.layer)

    def _add_pictures(self, session: Session) -> None:
        self.pictures = KernelPictures()
        self.more = Label(font="caption", role="text3")
        bind(self.pictures, session, "map")
        self.add(self.pictures)
        self.add(self.more)

    def _listen(self, session: Session, pipeline: Any) -> None:
        self._wires = Wires(self)
        self._wires.connect(session.events.filters, self._show_filters)
        self._wires.connect(session.events.bank, self._show_bank)
        self._wires.connect(session.events.map, self._show_page)
        self._wires.connect(session.events.problems, self._show_problems)
        self._wires.connect(pipeline.model_layers_changed, self._show_layers)
        self._show_filters()
        self._show_bank()
        self._show_layers()
        self._show_problems()

    # what the session says

    def _show_filters(self) -> None:
        filters = self._session.filters
        self.source.value = filters.source
        self._show_rows(filters.source)
        self._show_words()
        path = filters.model
        self.file_name.setText(Path(path).name if path else "No file yet")
        self.file_name.set_role("text" if path else "text3")
        self.choose.setText("" if path else "Choose …")
        self.rows["model"].setToolTip(path or "")
        self._show_layers()

    def _show_rows(self, source: str) -> None:
        """The rows of random filters, or those of a model's."""
        spread = self._session.filters.initializer in SPREAD_USED
        for name, row in self.rows.items():
            row.setVisible((name in RANDOM_ROWS) == (source == "random"))
        self.rows["stddev"].setVisible(source == "random" and spread)
        for widget in (self.die, self.count):
            widget.setVisible(source == "random")
        uniform = self._session.filters.initializer == "random_uniform"
        self.rows["stddev"].set_help("Half the width of the range." if uniform else "")
        self.rows["layer"].setVisible(source == "model" and bool(self._session.filters.model))

    def _show_layers(self) -> None:
        """The Conv3D layers of the file; those that cannot be read are off and say why."""
        layers = shown_layers(self._pipeline.model_layers)
        self.layer.set_options([(layer.name, layer_words(layer)) for layer in layers])
        for layer in layers:
            self.layer.set_option_enabled(layer.name, layer.readable, layer.note)
        chosen = self._session.filters.layer
        self.layer.value = chosen
        found = [layer for layer in layers if layer.name == chosen]
        self.rows["layer"].set_help(layer_help(found[0]) if found else "")
        self.layer.setToolTip(layer_words(found[0]) if found else "")

    def _show_bank(self) -> None:
        bank = self._session.bank
        self.pictures.show_bank(bank)
        self.pictures.setVisible(bank is not None)
        self._show_page()
        self._show_words()

    def _show_page(self) -> None:
        """Which filters are pictured, where there are too many for all."""
        bank = self._session.bank
        shown = self.pictures.shown
        many = bank is not None and bank.count > len(shown)
        if bank is not None and many:
            self.more.setText(f"{shown.start} – {shown.stop - 1} of {bank.count}, arrow keys go on")
        self.more.setVisible(many)

    def _show_words(self) -> None:
        """The title's fact, and the summary of the folded panel."""
        filters, bank = self._session.filters, self._session.bank
        self.set_fact(size_words(filters, bank))
        self.set_summary(f"{filters.source}, {size_words(filters, bank)}")

    def _show_problems(self) -> None:
        """Why there are no filters, or no maps, beside the field it is about."""
        filters = self._session.filters
        bank, maps = self._session.problem("bank"), self._session.problem("convolve")
        channels = "channel" in maps and "clip has" in maps
        fits = "fit a valid clip" in maps and filters.source == "random"
        self.source_row.set_error(sentence(bank or (maps if channels else "")))
        self.rows["kernel"].set_error(
            sentence(maps) if fits else "", at=problem_axis(maps) if fits else None
        )

    # what a person does

    def _on_source(self, source: str) -> None:
        """Random at once; a model once a file is chosen: until then only its rows are shown."""
        if source == "model" and not self._session.filters.model:
            self._show_rows("model")
            return
        self._session.change("filters", source=source)
        self._show_rows(source)
        self._history.commit()

    def _on_die(self) -> None:
        self._session.change("filters", seed=(self._session.filters.seed + 1) % SEEDS)
        self._history.commit()

    def _on_choose(self) -> None:
        path = ask_model_file(self)
        if path:
            self._pipeline.choose_model(path)

    def _on_layer(self, name: str) -> None:
        self._pipeline.choose_layer(name)


def shown_layers(layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Return the layers that are convolutions, or may be."""
    return [layer for layer in layers if layer.readable or "Conv" in layer.class_name]


def layer_words(layer: LayerInfo) -> str:
    """Return "conv3d_1, 3×3×3, 1 → 8"; the name alone where the shape is not known."""
    if layer.kernel is None:
        return layer.name
    *size, channels, filters = layer.kernel
    return f"{layer.name}, {kernel(tuple(size))}, {channels * layer.groups} → {filters}"


def layer_help(layer: LayerInfo) -> str:
    """Return what the layer does after its sum, and what one should know of it."""
    words = [f"activation {layer.activation}"] if layer.activation not in ("", "linear") else []
    words += [layer.note] if layer.note else []
    text = "; ".join(words)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def size_words(filters: FilterSettings, bank: FilterBank | None) -> str:
    """Return "8 × 3×3×3": of the bank that is there, else of what was chosen."""
    if bank is not None:
        return f"{bank.count} × {kernel(bank.size)}"
    if filters.source == "random":
        return f"{filters.count} × {kernel(filters.kernel)}"
    return "no filters"


def problem_axis(text: str) -> int | None:
    """Return which of T, H, W a sentence about a kernel that does not fit speaks of."""
    found = [index for index, word in enumerate(AXIS_WORDS) if f" {word} " in f" {text} "]
    return found[0] if found else None


def _beside(wide: QWidget, narrow: QWidget, stretch: tuple[int, int] = (1, 0)) -> QWidget:
    """A field and another, or a button, at its right."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(wide, stretch[0])
    row.addWidget(narrow, stretch[1])
    made.setFocusProxy(wide if wide.focusPolicy() != Qt.FocusPolicy.NoFocus else narrow)
    return made
