"""The Kernel panel: every tap of the chosen filter, to read, type, drag, mirror and normalize.

An edit makes the filters "edited": their numbers become a choice of the session, so that undo, the
recipe and "Copy as Python" have them.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.panels.tap_grid import TapGrid
from voxviewer.gui.panels.words import kernel, total
from voxviewer.gui.parts import (
    Button,
    Choice,
    EmptyState,
    FoldPanel,
    FormRow,
    Label,
    Segment,
    side_by_side,
)
from voxviewer.gui.parts.scrolling import bring_into_sight

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.data import FilterBank
    from voxviewer.gui.panels.taps import Tap
    from voxviewer.session import History, Session
    from voxviewer.settings import FilterSettings, Kernels

EMPTY = "No filters yet. Open a file, or choose a sample."
SEGMENTS = 3
"""Up to so many channels are a segment, more a list."""
AXES = (("T", "frames"), ("H", "rows"), ("W", "columns"))
SCOPE = "With Shift: of all filters."


class KernelPanel(FoldPanel):
    """The taps of the filter whose map is chosen; folded until someone wants them."""

    def __init__(self, session: Session, history: History, pipeline: Any = None) -> None:
        super().__init__("Kernel", folded=True)
        self._session = session
        self._history = history
        self._bank: FilterBank | None = None
        self._before: FilterSettings | None = None  # the choice before an edit that still goes on
        self.copy_button = self.add_button("copy", "Copy this kernel as NumPy")
        self.copy_button.clicked.connect(self._on_copy)
        self.few = Segment((), name="Channel of the kernel")
        self.many = Choice((), name="Channel of the kernel")
        self.channel_row = FormRow("Channel", side_by_side(self.few, self.many))
        self._channels: tuple[str, ...] = ()
        self.grid = TapGrid()
        self.facts = Label(font="caption", role="text3")
        self.empty = EmptyState(EMPTY)
        self._build()
        self._listen()

    def _build(self) -> None:
        self.add(self.channel_row)
        self.add(self.grid)
        self.add(self.facts)
        self.mirrors = [self._mirror(axis, words) for axis, words in AXES]
        self.mirror_row = self.add_row("Symmetric", side_by_side(*self.mirrors))
        self.normalize = self._button(
            "Σ|w| = 1", "Normalize: scale the filter so that the sum of |w| is 1.", "normalized"
        )
        self.zero = self._button(
            "Σw = 0", "Zero sum: subtract the mean, so that even brightness gives 0.", "zero_sum"
        )
        self.weights_row = self.add_row("Weights", side_by_side(self.normalize, self.zero))
        self.add(self.empty)
        for picker in (self.few, self.many):
            picker.chosen.connect(self._on_channel)
        self.grid.edited.connect(self._on_edited)
        self.grid.committed.connect(self._on_committed)
        self.grid.reverted.connect(self._on_reverted)
        self.grid.chosen.connect(self._show_facts)

    def _mirror(self, axis: str, words: str) -> Button:
        tip = f"Make it symmetric along {axis}: each tap becomes the mean of itself and its mirror"
        return self._button(axis, f"{tip} among the {words}.", "symmetrized", axis)

    def _button(self, text: str, tip: str, name: str, *arguments: Any) -> Button:
        """A button that changes the filter by a function of `convolution.editing`."""
        button = Button(text)
        button.setToolTip(f"{tip}\n{SCOPE}")
        button.setAccessibleName(tip.partition(":")[0])

        def change() -> None:
            from voxviewer.convolution import editing

            self._apply(lambda kernels, only: getattr(editing, name)(kernels, *arguments, only))

        button.clicked.connect(lambda _=False: change())
        return button

    def _listen(self) -> None:
        self._wires = Wires(self)
        for event in ("bank", "filters", "map", "clip", "channel"):
            self._wires.soon(getattr(self._session.events, event), self._show_kernel)
        theme.changed.connect(self._show_kernel)
        self.folded_changed.connect(self._show_kernel)
        self._show_kernel()

    def reveal(self) -> None:
        """Unfold, and give the taps the keyboard."""
        self.folded = False
        bring_into_sight(self)
        self.grid.setFocus()

    # what the session says

    @property
    def index(self) -> int:
        """The chosen filter, one that is there."""
        count = self._bank.count if self._bank is not None else 1
        return min(max(self._session.map, 0), count - 1)

    @property
    def _channel(self) -> int:
        """The channel that is looked at, one that the filters have."""
        C = self._bank.kernels.shape[3] if self._bank is not None else 1
        return min(self._session.channel, C - 1)

    def _show_kernel(self, *_: Any) -> None:
        """Show the chosen filter; of a folded panel only its name."""
        self._bank = shown_bank(self._session)
        self.copy_button.setEnabled(self._bank is not None)
        self.set_fact(filter_name(self._bank, self.index))
        if self.folded:
            return
        there = self._bank is not None
        for part in (self.grid, self.facts, self.mirror_row, self.weights_row):
            part.setVisible(there)
        self.empty.setVisible(not there)
        self._show_channels()
        if self._bank is not None:
            weights = self._weights()
            limit = float(np.abs(weights).max(initial=0.0))
            self.grid.show_taps(weights[..., self._channel], limit)
            self._show_facts()
            self._show_units()

    def _weights(self) -> NDArray[np.float64]:
        """The chosen filter, (kT, kH, kW, C) float64."""
        assert self._bank is not None
        weights: NDArray[np.float64] = self._bank.kernels[..., self.index].astype(np.float64)
        return weights

    def _show_channels(self) -> None:
        """A picker where the filter has several channels."""
        names = channel_names(self._bank, self._session)
        if names != self._channels:
            self._channels = names
            few = len(names) <= SEGMENTS
            for picker, wanted in ((self.few, few), (self.many, not few)):
                picker.set_options(list(enumerate(names)) if wanted else ())
                picker.setVisible(wanted)
        self.channel_row.setVisible(len(names) > 1)
        (self.few if len(names) <= SEGMENTS else self.many).value = self._channel

    def _show_units(self) -> None:
        """Beside the name, what small weights are written in."""
        words = self.grid.units_words()
        name = filter_name(self._bank, self.index)
        self.set_fact(f"{name}, {words}" if words else name)
        self.set_summary(name)

    def _show_facts(self) -> None:
        """The chosen tap by name, else the filter's sums."""
        if self._bank is None:
            return
        weights = self._weights()
        size, sum_ = float(np.abs(weights).sum()), float(weights.sum())
        # Below the rounding of float32 weights a sum is none.
        sums = f"Σw {total(sum_ if abs(sum_) > 1e-7 * size else 0.0)}   Σ|w| {total(size)}"
        tap = self.grid.tap
        if tap is None:
            self.facts.setText(sums)
            return
        place = ", ".join(str(index) for index in (*tap, self._channel, self.index))
        self.facts.setText(f"w[{place}] = {total(self.grid.value)}   {sums}")

    # what a person does

    def _on_channel(self, channel: int) -> None:
        self._session.channel = channel

    def _on_edited(self, tap: Tap, value: float) -> None:
        from voxviewer.convolution.editing import with_tap

        kernels = kernels_now(self._session)
        if kernels is None:
            return
        if self._before is None:
            self._before = self._session.filters
        t, i, j = tap
        self._write(with_tap(kernels, (t, i, j, self._channel, self.index), value))

    def _on_committed(self) -> None:
        self._before = None
        self._history.commit()

    def _on_reverted(self) -> None:
        """Esc: the filters are again what they were before the number was typed."""
        if self._before is not None:
            self._session.filters = self._before
        self._before = None

    def _apply(self, change: Callable[[Kernels, int | None], Kernels]) -> None:
        """Change this filter, or with Shift all of them, as one undo step."""
        kernels = kernels_now(self._session)
        if kernels is None:
            return
        everything = QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        changed = change(kernels, None if everything else self.index)
        if changed != kernels:
            self._write(changed)
            self._history.commit()

    def _write(self, kernels: Kernels) -> None:
        self._session.filters = edited_filters(self._session.filters, kernels)

    def _on_copy(self) -> None:
        if self._bank is not None:
            name = filter_name(self._bank, self.index)
            QApplication.clipboard().setText(as_numpy(self._weights(), name))


def kernels_now(session: Session) -> Kernels | None:
    """Return the kernels that an edit begins with: those that were chosen, else the bank's."""
    from voxviewer.convolution.editing import to_settings

    filters = session.filters
    if filters.source == "edited" and filters.kernels is not None and filters.adapt is None:
        return filters.kernels  # the bank may be one edit behind: it is made in a job
    return to_settings(session.bank) if session.bank is not None else None


def shown_bank(session: Session) -> FilterBank | None:
    """Return what is shown: edited kernels at once, other filters when they are made."""
    filters = session.filters
    if filters.source == "edited" and filters.kernels is not None and filters.adapt is None:
        from voxviewer.convolution.editing import from_settings

        with suppress(ValueError):  # the bank's stage says what is wrong with them
            return from_settings(filters.kernels)
    return session.bank


def edited_filters(filters: FilterSettings, kernels: Kernels) -> FilterSettings:
    """Return the choice of edited kernels, which remembers what they began as."""
    began = filters.edited_from if filters.source == "edited" else filters.source
    return replace(filters, source="edited", kernels=kernels, adapt=None, edited_from=began)


def filter_name(bank: FilterBank | None, index: int) -> str:
    """Return a filter's name, "filter 3" where it has none, "" where there is none."""
    if bank is None:
        return ""
    return bank.names[index] if index < len(bank.names) else f"filter {index}"


def channel_names(bank: FilterBank | None, session: Session) -> tuple[str, ...]:
    """Return a name for each channel of the filters: the clip's own where they have as many."""
    if bank is None:
        return ()
    C = int(bank.kernels.shape[3])
    clip = session.clip
    if clip is not None and len(clip.channels) == C:
        return clip.channels
    return tuple(f"channel {index}" for index in range(C))


def as_numpy(weights: NDArray[np.float64], name: str) -> str:
    """Return a kernel as a line of Python that makes it, every bit of its float32."""
    axes = "(kT, kH, kW, C)"
    if weights.shape[3] == 1:
        weights, axes = weights[..., 0], "(kT, kH, kW)"
    array = np.array2string(
        weights.astype(np.float32), separator=", ", threshold=sys.maxsize, floatmode="unique",
        prefix="kernel = np.array(",
    )  # fmt: skip
    size = kernel(weights.shape)
    return (
        f"import numpy as np\n\n# {name}, {size}, {axes}\n"
        f"kernel = np.array({array}, dtype=np.float32)\n"
    )
