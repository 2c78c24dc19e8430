"""The Encode panel: how the source becomes the tensor, live while a control is dragged.

A group folded at the panel's end holds what is seldom changed, and what the current kind of source
has no use for: that is kept, disabled, with the reason. Folded, its line says what is in it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolTip, QWidget

from voxviewer.data import Skeleton
from voxviewer.encoding import relevant as relevant_now
from voxviewer.encoding.roles import OVERRULED
from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.panels import encode_words
from voxviewer.gui.panels.encode_rows import (
    DEPENDENT,
    FIELDS,
    HELP,
    SELDOM,
    SIZE,
    TIPS,
    antialias_words,
    auto_size,
    group_words,
    length_words,
    order_words,
    own_settings,
    problem_place,
    reason_words,
    try_plan,
)
from voxviewer.gui.panels.fields import FoldLine
from voxviewer.gui.panels.label_finding import LabelFinding
from voxviewer.gui.panels.sigma_numbers import SigmaNumbers
from voxviewer.gui.panels.words import sentence
from voxviewer.gui.parts import (
    FoldPanel,
    FormRow,
    Label,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voxviewer.session import History, Session


class EncodePanel(FoldPanel):
    """All encoding settings, those of this kind of source first.

    `later`: see `FoldPanel.make`.
    """

    lab_wanted = Signal()

    def __init__(
        self, session: Session, history: History, pipeline: Any = None, *, later: bool = False
    ) -> None:
        super().__init__("Encode")
        self._session = session
        self._history = history
        self.rows: dict[str, FormRow] = {}
        self.fields: dict[str, Any] = {}
        self._order: tuple[str, ...] = ()
        self._foreign: tuple[str, ...] = ()
        self._folded: tuple[str, ...] = ()
        self._absent: tuple[str, ...] = ()
        # Tab follows the order in which parts are made: first those of the title.
        self._add_buttons()
        self.make(self._pieces(session, history, pipeline), later=later)

    def _pieces(self, session: Session, history: History, pipeline: Any) -> Iterator[None]:
        yield from self._add_rows(session, history)
        self._add_numbers(session, pipeline)
        yield
        yield from self._listen(session)

    def _add_rows(self, session: Session, history: History) -> Iterator[None]:
        for row in FIELDS:
            yield
            field = row.make()
            field.setAccessibleName(row.label)
            self.fields[row.key] = field
            self.rows[row.key] = self.add_row(row.label, field)
            paths = [f"encoding.{name}" for name in row.names]
            bind(field, session, paths, history, row=self.rows[row.key])
        # After the binding's own slot: the unit is written, the step not yet taken.
        self.fields["sigma_unit"].changed.connect(self._on_unit)
        for key in ("spacing", "normalize"):
            self.rows[key].keep_label_on_top()
        self.kept = Label("Kept for other sources:", "caption", "text3")
        self.others = FoldLine("More")
        self.others.toggled.connect(self._show_group)
        self.add(self.others)
        self.add(self.kept)

    def _add_numbers(self, session: Session, pipeline: Any) -> None:
        """What sigma does and what looks like labels, under their rows.

        Without a pipeline there is nobody to measure it.
        """
        self.below: dict[str, QWidget] = {}
        if pipeline is not None:
            self.below["sigma"] = self.numbers = SigmaNumbers(session, pipeline.jobs)
            self.below["order"] = LabelFinding(session, self._history, pipeline.jobs)
        for widget in self.below.values():
            self.add(widget)

    def _add_buttons(self) -> None:
        self.as_source = self.add_button("fit", "Size as the source is")
        self.as_source.clicked.connect(self._on_as_source)
        self.lab = self.add_button("lab", "Compare ways of resampling (R)")
        self.lab.clicked.connect(self.lab_wanted)
        self.help = self.add_button("help", "What encoding does")
        self.help.clicked.connect(self._on_help)

    def _listen(self, session: Session) -> Iterator[None]:
        self._wires = Wires(self)
        for show in (self._show_rows, self._show_plan, self._show_reasons, self._show_limits):
            for event in ("current", "encoding"):
                self._wires.soon(getattr(session.events, event), show)
            show()
            yield
        self._wires.soon(session.events.problems, self._show_problem)
        self._show_problem()

    # what the session says

    def _show_plan(self) -> None:
        """Say what these choices do to this source: sizes, shrinking, padding; nothing is read."""
        source, settings = self._session.current, self._session.encoding
        made, auto = try_plan(source, settings), auto_size(source, settings)
        self.rows["spacing"].set_help(encode_words.spacing_words(settings, made))
        self.fields["frames"].set_hints(auto or ("auto",) * 3)
        chosen = any(getattr(settings, name) is not None for name in SIZE)
        self.as_source.setEnabled(chosen)
        size = " × ".join(str(n) for n in auto) if auto else ""
        self.as_source.setToolTip(f"Size as the source is: {size}" if auto else "")
        self.fields["antialias"].setText(antialias_words(made, settings))
        self.rows["length"].set_help(length_words(made))
        self.rows["order"].set_help(order_words(settings))
        self.fields["sigma"].set_unit("px" if settings.sigma_unit == "px" else "%")
        self.set_summary(f"({', '.join(str(n) for n in made.shape)})" if made else "")

    def _show_rows(self) -> None:
        """Put the rows of this kind of source first; behind the line, seldom and foreign ones."""
        source = self._session.current
        self.lab.setVisible(not isinstance(source, Skeleton))
        own = own_settings(source, self._session.encoding)
        useful = relevant_now(source, self._session.encoding) if source is not None else ()
        self._absent = tuple(key for key in DEPENDENT if key not in useful)
        keys = [row.key for row in FIELDS if row.key not in self._absent]
        folded = (*SELDOM, *encode_words.SELDOM)
        mine = tuple(key for key in keys if key in own and key not in folded)
        self._foreign = tuple(key for key in keys if key not in own)
        self._folded = (*(key for key in keys if key in own and key in folded), *self._foreign)
        seldom = self._folded[: len(self._folded) - len(self._foreign)]
        if "sigma" in self.below:
            self.below["sigma"].setVisible(isinstance(source, Skeleton))
        mine = tuple(word for key in mine for word in (key, f"below {key}"))
        mine = tuple(word for word in mine if word in keys or word[6:] in self.below)
        order = (*mine, "others", *seldom, "kept", *self._foreign)
        if order != self._order:
            self._order = order
            lines: dict[str, QWidget] = {"others": self.others, "kept": self.kept, **self.rows}
            lines |= {f"below {key}": widget for key, widget in self.below.items()}
            widgets = [lines[key] for key in order]
            for widget in widgets:
                self.body.removeWidget(widget)
            for widget in widgets:
                self.body.addWidget(widget)
            _order_tabs(widgets)
        self._show_group()

    def _show_group(self) -> None:
        """Fold or unfold the group; folded, the line says what is in it."""
        open_ = self.others.isChecked()
        summary = group_words(self._session.encoding, self._folded, self._foreign)
        self.others.setText("More" if open_ else f"More: {summary}")
        self.others.setAccessibleDescription(summary)
        words = ", ".join(self.rows[key].label.text() for key in self._foreign)
        self.others.setToolTip(f"Kept for other sources: {words}" if words else "")
        self.kept.setVisible(open_ and bool(self._foreign))
        for key, row in self.rows.items():
            row.setVisible(key not in self._absent and (key not in self._folded or open_))

    def _show_reasons(self) -> None:
        """Disable what cannot change this clip, and say why."""
        source, settings = self._session.current, self._session.encoding
        useful = relevant_now(source, settings) if source is not None else None
        for row in FIELDS:
            foreign = row.key in self._foreign
            idle = useful is not None and row.key not in useful
            reason = reason_words(row.key, source, foreign) if idle or foreign else ""
            if idle and not foreign and settings.roles is not None and row.key in OVERRULED:
                reason = "The axes have roles of their own, see Axes."
            self.rows[row.key].set_reason("" if foreign else reason, able=not foreign)
            self.rows[row.key].setToolTip(reason if foreign else TIPS[row.key])
            if foreign:
                # One line above says it for all of them.
                self.fields[row.key].setAccessibleDescription(reason)

    def _show_limits(self) -> None:
        """No index beyond the last slice or time."""
        source = self._session.current
        self.fields["normalize"].set_file_window(source.facts.window if source else None)
        if source is None or isinstance(source, Skeleton):
            return
        T, D, *_ = source.shape
        self.fields["spacing"].set_own(source.spacing)
        self.fields["depth"].set_count(D)
        self.fields["time_index"].set_range(0, max(0, T - 1))

    def _show_problem(self) -> None:
        """Why there is no clip, beside the field it is about."""
        text = self._session.problem("encode")
        place = problem_place(text)
        for key, row in self.rows.items():
            if row.error or key == place:
                row.set_error(sentence(text) if key == place else "")

    # what a person does

    def _on_as_source(self) -> None:
        self._session.change("encoding", frames=None, height=None, width=None)
        self._history.commit()

    def _on_unit(self, unit: str) -> None:
        """Keep the picture: sigma is said in its new unit, as part of the same undo step."""
        session = self._session
        before = replace(session.encoding, sigma_unit="px" if unit == "percent" else "percent")
        sigma = encode_words.converted_sigma(session.current, before, unit)
        session.change("encoding", sigma=sigma)

    def _on_help(self) -> None:
        place = self.help.mapToGlobal(self.help.rect().bottomLeft())
        QToolTip.showText(place, HELP, self.help)


_TABBED = (Qt.FocusPolicy.TabFocus, Qt.FocusPolicy.StrongFocus, Qt.FocusPolicy.WheelFocus)
"""The policies of what Tab stops at; asked for a hundred widgets, a flag's `&` takes too long."""


def _order_tabs(widgets: list[QWidget]) -> None:
    """Let Tab follow the rows as they lie, each with all its parts."""
    stops = [stop for widget in widgets for stop in _stops(widget)]
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _stops(widget: QWidget) -> list[QWidget]:
    """The widgets inside that Tab stops at; the lists of combo boxes are windows of their own."""
    window = widget.window()
    return [
        item
        for item in (widget, *widget.findChildren(QWidget))
        if item.focusPolicy() in _TABBED and not item.focusProxy() and item.window() is window
    ]
