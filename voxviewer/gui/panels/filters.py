"""The Filters panel: random ones, presets, those of a model file's layer, edited ones; pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal

from voxviewer.gui.asking import ask_model_file
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.panels.filter_rows import (
    FIRST_PRESET,
    OWN_CHANNELS,
    ChannelRow,
    EditedRow,
    Indented,
    PresetChoice,
    color_options,
    least_kernel,
)
from voxviewer.gui.panels.filter_words import (
    first_difference,
    kind_words,
    problem_axis,
    size_words,
)
from voxviewer.gui.panels.kernels import KernelPictures
from voxviewer.gui.panels.network_rows import (
    RUN_TIP,
    RUNS,
    FitLine,
    MaskRow,
    layer_help,
    layer_words,
    network_help,
    shown_layers,
)
from voxviewer.gui.panels.trained import trained_name, trained_record
from voxviewer.gui.panels.words import INITIALIZER_NAMES, SPREAD_USED, kernel, sentence
from voxviewer.gui.parts import (
    AxisFields,
    Button,
    Choice,
    FoldPanel,
    FormRow,
    Label,
    LinkButton,
    NumberField,
    Segment,
    side_by_side,
)
from voxviewer.networks.shipped import WAVES
from voxviewer.settings import INITIALIZERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.session import History, Session

SOURCES = (("random", "Random"), ("preset", "Preset"), ("model", "Model"))
RANDOM = ("initializer", "seed", "count", "stddev", "kernel")
ROWS = {
    "random": ("count", "initializer", "stddev", "kernel"),
    "preset": ("preset", "kernel", "color"),
    "model": ("model", "through", "layer", "masked"),
    "edited": ("edited",),
}
"""What is shown of each kind of filters."""
SEEDS = 2**32


class FiltersPanel(FoldPanel):
    """Which filters, and how each looks; a click on one chooses its map.

    `kernel_wanted` asks for the chosen filter's taps. `later`: see `FoldPanel.make`.
    """

    kernel_wanted = Signal()

    def __init__(
        self, session: Session, history: History, pipeline: Any, *, later: bool = False
    ) -> None:
        super().__init__("Filters")
        self._session = session
        self._history = history
        self._pipeline = pipeline
        self.rows: dict[str, FormRow] = {}
        self._help_of = ""
        # Tab follows the order in which parts are made: first those of the title.
        self.die = self.add_button("seed", "Draw filters with the next seed")
        self.die.clicked.connect(self._on_die)
        self.taps = self.add_button("kernel", "Show the chosen filter's taps (T)")
        self.taps.clicked.connect(self.kernel_wanted)
        self.source = Segment(SOURCES, name="Filters from")
        self.source.chosen.connect(self._on_source)
        self.source_row = self.add_row("From", self.source)
        self.make(self._pieces(session, history, pipeline), later=later)

    # parts

    def _pieces(self, session: Session, history: History, pipeline: Any) -> Iterator[None]:
        self._add_random(session, history)
        yield
        self._add_preset(session, history)
        self._add_model()
        yield
        self._add_foreign()
        self._add_pictures(session)
        yield
        self._listen(session, pipeline)

    def _add_random(self, session: Session, history: History) -> None:
        """Initializer and seed, spread where it has one, kernel."""
        names = [(name, INITIALIZER_NAMES[name]) for name in INITIALIZERS]
        self.kernel = AxisFields("THW", (3, 3, 3), 1, 999, name="Kernel")
        self.initializer = Choice(names, name="Initializer")
        self.initializer.setToolTip(
            "The rule of Keras' initializer of this name.\n"
            "The numbers that a seed gives are NumPy's, not TensorFlow's."
        )
        self.count = NumberField(8, 1, 4096, 1, 0, prefix="F", name="Number of filters")
        self.count.setToolTip("F, the number of filters")
        self.seed = NumberField(0, 0, SEEDS - 1, 1, 0, prefix="seed", name="Seed")
        self.seed.spin.set_narrow(True)  # seeds are long; the die steps too
        self.stddev = NumberField(0.05, 0.0, 1e6, 0.01, 3, name="Spread")
        self.rows["count"] = self.add_row(
            "Filters", side_by_side(self.count, self.seed, stretch=(3, 4))
        )
        self.rows["initializer"] = self.add_row("Initializer", self.initializer)
        self.rows["stddev"] = self.add_row("Spread", self.stddev)
        self.preset = PresetChoice()
        self.rows["preset"] = self.add_row("Preset", self.preset)
        self.rows["kernel"] = self.add_row("Kernel", self.kernel)
        places = {"seed": self.rows["count"]}
        for name in RANDOM:
            row = places.get(name) or self.rows[name]
            bind(getattr(self, name), session, f"filters.{name}", history, row=row)

    def _add_preset(self, session: Session, history: History) -> None:
        """The way out of a kernel that is too small; how colors are looked at."""
        self.preset.chosen.connect(self._on_preset)
        self.grow = LinkButton("")
        self.grow.setAccessibleName("Use the smallest kernel that works")
        self.grow.clicked.connect(self._on_grow)
        self.grow_line = Indented(self.grow)
        self.add(self.grow_line)
        self.color = Segment(color_options(None), name="Channels of a preset")
        self.rows["color"] = self.add_row("Color", self.color)
        bind(self.color, session, "filters.color", history, row=self.rows["color"])

    def _add_foreign(self) -> None:
        """What edited filters, and those of a model, ask for where they do not fit the clip."""
        self.edited = EditedRow()
        self.edited.back.clicked.connect(self._on_back)
        self.rows["edited"] = self.edited
        self.channels = ChannelRow()
        self.channels.chosen.connect(self._on_adapt)
        self.add(self.edited)
        self.add(self.channels)

    def _add_model(self) -> None:
        """The file and the layer; both belong to the pipeline, which reads them in a job."""
        self.file_name = Label("No file yet", elide=Qt.TextElideMode.ElideMiddle)
        self.choose = Button("Choose …", "open")
        self.choose.setAccessibleName("Choose a model file")
        self.choose.clicked.connect(self._on_choose)
        self.rows["model"] = self.add_row(
            "Model", side_by_side(self.file_name, self.choose, stretch=(1, 0))
        )
        self.waves = LinkButton("Filters trained on waves")
        self.waves.clicked.connect(lambda: self._pipeline.choose_model(WAVES))
        self.waves_line = Indented(self.waves)
        self.add(self.waves_line)
        self.through = Segment(RUNS, name="What runs of the model")
        self.through.chosen.connect(lambda through: self._choose(through=through))
        self.rows["through"] = self.add_row("Run", self.through)
        self.rows["through"].setToolTip(RUN_TIP)
        self.layer = Choice(name="Layer")
        self.layer.chosen.connect(self._on_layer)
        self.rows["layer"] = self.add_row("Layer", self.layer)
        self.rows["masked"] = MaskRow(self._session, self._history)
        self.add(self.rows["masked"])
        self.fit_line = FitLine(self._session, self._history)
        self.add(self.fit_line)

    def _add_pictures(self, session: Session) -> None:
        self.pictures = KernelPictures()
        self.more = Label(font="caption", role="text3")
        bind(self.pictures, session, "map")
        self.pictures.opened.connect(self.kernel_wanted)
        self.add(self.pictures)
        self.add(self.more)

    def _listen(self, session: Session, pipeline: Any) -> None:
        self._wires = Wires(self)
        self._wires.soon(session.events.filters, self._show_filters)
        self._wires.soon(session.events.bank, self._show_bank, alone=True)
        self._wires.soon(session.events.features, self._show_help)
        self._wires.soon(session.events.clip, self._show_clip)
        self._wires.soon(session.events.map, self._show_page)
        self._wires.soon(session.events.problems, self._show_problems)
        self._wires.connect(pipeline.model_layers_changed, self._show_layers)
        self._show_clip()
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
        if filters.source == "preset":
            self.preset.show_preset(filters.preset)
        self.edited.show_filters(filters, trained_name(filters), trained_record(filters))
        self.channels.show_session(self._session)
        path = filters.model
        self.file_name.setText(Path(path).name if path else "No file yet")
        self.file_name.set_role("text" if path else "text3")
        self.choose.setText("" if path else "Choose …")
        self.rows["model"].setToolTip(path or "")
        self._show_layers()

    def _show_rows(self, source: str) -> None:
        """The rows of this kind of filters, and no others."""
        filters, clip = self._session.filters, self._session.clip
        asked = {
            "stddev": filters.initializer in SPREAD_USED,
            "layer": bool(filters.model),
            "through": bool(filters.model),
            "masked": MaskRow.asked(filters, clip),
            "color": clip is not None and clip.shape[3] > 1,
        }
        # Each row once: what is shown and hidden again has the whole side laid out anew.
        for name, row in self.rows.items():
            row.setVisible(name in ROWS[source] and asked.get(name, True))
        self.waves_line.setVisible(source == "model" and filters.model is None)
        self.die.setVisible(source == "random")
        uniform = filters.initializer == "random_uniform"
        self.rows["stddev"].set_help("Half the width of the range." if uniform else "")

    def _show_clip(self) -> None:
        """Presets look at several channels in one of two ways."""
        self.color.set_options(color_options(self._session.clip))
        self.color.value = self._session.filters.color
        self._show_rows(self._session.filters.source)
        self.channels.show_session(self._session)

    def _show_layers(self) -> None:
        """The layers to choose from; those whose kernels cannot be read are off and say why."""
        filters = self._session.filters
        whole, chosen = filters.through, filters.layer
        self.through.value = whole
        layers = shown_layers(self._pipeline.model_layers, whole)
        self.layer.set_options([(layer.name, layer_words(layer, whole)) for layer in layers])
        for layer in layers:
            self.layer.set_option_enabled(layer.name, whole or layer.readable, layer.note)
        self.layer.value = chosen
        found = [layer for layer in layers if layer.name == chosen]
        self.layer.setToolTip(layer_words(found[0], whole) if found else "")
        self._help_of = layer_help(found[0]) if found and not whole else ""
        self._show_help()

    def _show_help(self) -> None:
        """What the layer's kernels are followed by, or what its maps see of the clip."""
        filters = self._session.filters
        words = network_help(filters, self._session.features) if filters.whole else self._help_of
        self.rows["layer"].set_help(words)

    def _show_bank(self) -> None:
        bank = self._session.bank
        self.pictures.show_bank(bank)
        self.pictures.setVisible(bank is not None)
        self.taps.setEnabled(bank is not None)
        self.channels.show_session(self._session)
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
        kind = trained_name(filters).lower() or kind_words(filters)
        self.set_summary(f"{kind}, {size_words(filters, bank)}")

    def _show_problems(self) -> None:
        """Why there are no filters, or no maps, beside the field it is about."""
        filters = self._session.filters
        bank, maps = self._session.problem("bank"), self._session.problem("convolve")
        sized = filters.source in ("random", "preset")
        fits = "fit a valid clip" in maps and sized
        least = least_kernel(filters.preset, filters.kernel) if filters.source == "preset" else None
        self._show_grow(least)
        own = filters.source in OWN_CHANNELS and filters.adapt is not None
        self.source_row.set_error("" if least or own else sentence(bank))
        text = bank if least else maps if fits else ""
        axis = first_difference(least, filters.kernel) if least else problem_axis(maps)
        self.rows["kernel"].set_error(sentence(text), at=axis if text else None)
        self.rows["layer"].set_error(sentence(maps) if filters.whole else "")
        self.channels.show_session(self._session)

    def _show_grow(self, least: tuple[int, int, int] | None) -> None:
        self.grow_line.setVisible(least is not None)
        if least is not None:
            self.grow.setText(f"Use {kernel(least)}")
            self.grow.updateGeometry()

    # what a person does

    def _on_source(self, source: str) -> None:
        """Random and presets at once; a model once a file is chosen: until then only its rows."""
        filters = self._session.filters
        if source == "model" and not filters.model:
            self._show_rows("model")
            return
        preset = filters.preset or (FIRST_PRESET if source == "preset" else None)
        self._session.change("filters", source=source, preset=preset, **self._room(source, preset))
        self._show_rows(source)
        self._history.commit()

    def _on_preset(self, key: str) -> None:
        self._choose(preset=key, **self._room("preset", key))

    def _room(self, source: str, preset: str | None) -> dict[str, Any]:
        """The kernel that a preset needs, where the one that is chosen is too small for it."""
        least = least_kernel(preset, self._session.filters.kernel) if source == "preset" else None
        return {} if least is None else {"kernel": least}

    def _on_grow(self) -> None:
        """Take the smallest kernel that the preset works with."""
        filters = self._session.filters
        least = least_kernel(filters.preset, filters.kernel)
        if least is not None:
            self._choose(kernel=least)

    def _on_back(self) -> None:
        """Take the filters as they were before they were edited."""
        self._choose(source=self._session.filters.edited_from or "random")

    def _on_adapt(self, how: str | None) -> None:
        self._choose(adapt=how)

    def _choose(self, **values: Any) -> None:
        """Change a choice as one undo step."""
        self._session.change("filters", **values)
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
