"""Rows of the Filters panel that only some filters have: presets, edited ones, foreign channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui.panels.words import count, kernel, sentence
from voxviewer.gui.parts import Button, Choice, FormRow, Label, LinkButton, QuietChoice
from voxviewer.gui.parts.rows import LABEL_COLUMN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.convolution.channels import Remedy
    from voxviewer.data import Clip, FilterBank
    from voxviewer.session import Session
    from voxviewer.settings import FilterSettings

OWN_CHANNELS = ("model", "edited")
"""Filters that have channels of their own; the others take the clip's."""
FIRST_PRESET = "motion-and-edges"
ORIGINS = {"random": "random", "preset": "the preset", "model": "the model"}


class PresetChoice(Choice):
    """The presets by their titles; a tooltip says what each of them shows."""

    def __init__(self) -> None:
        super().__init__(name="Preset")
        self._filled = False

    def fill(self) -> None:
        """Offer the presets; not before they are wanted, so that the first paint need not wait."""
        if self._filled:
            return
        from voxviewer.convolution.presets import PRESETS

        self._filled = True
        self.set_options([(preset.key, preset.title) for preset in PRESETS.values()])
        for index, preset in enumerate(PRESETS.values()):
            words = f"{preset.words}\n{filter_names(preset.names)}"
            self.setItemData(index, words, Qt.ItemDataRole.ToolTipRole)

    def show_preset(self, key: str | None) -> None:
        """Show which is chosen."""
        self.fill()
        self.value = key
        self.setToolTip(self.itemData(self.currentIndex(), Qt.ItemDataRole.ToolTipRole) or "")


class Indented(QWidget):
    """A widget under the fields, in line with them."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setSpacing(0)
        self._row.addWidget(widget)
        self._row.addStretch(1)
        theme.changed.connect(self._measure)
        self._measure()

    def _measure(self) -> None:
        self._row.setContentsMargins(theme.width(LABEL_COLUMN) + 4, 0, 0, 0)


class EditedRow(FormRow):
    """Says that these filters were changed by hand, and leads back to what they began as."""

    def __init__(self) -> None:
        self.words = Label("", elide=Qt.TextElideMode.ElideRight)
        self.back = LinkButton("Back")
        field = QWidget()
        row = QHBoxLayout(field)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.words, 1)
        row.addWidget(self.back)
        super().__init__("Edited", field)

    def show_filters(self, filters: FilterSettings, name: str = "", record: str = "") -> None:
        """Show the size of the edited filters and the way back; `name` says more: "Trained".

        `record` is how they were trained.
        """
        self.label.setText(name or "Edited")
        self.setToolTip(record)
        kernels = filters.kernels
        words = "" if kernels is None else f"{kernels.shape[4]} × {kernel(kernels.shape[:3])}"
        self.words.setText(words)
        self.back.setText(f"Back to {ORIGINS[filters.edited_from or 'random']}")
        before = "were before they were edited"
        self.back.setToolTip(f"Take these filters as they {before}" if not name else "")
        self.back.updateGeometry()


class ChannelRow(FormRow):
    """Channels that are not the clip's: one sentence, and a button for every remedy.

    `chosen` gives what goes to `FilterSettings.adapt`, None to take the filters as they are.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        self.whole = Button("Sum")
        self.pick = QuietChoice("Pick", name="Pick one channel")
        self.words = Label("", elide=Qt.TextElideMode.ElideRight)
        self.back = LinkButton("Change")
        field = QWidget()
        row = QHBoxLayout(field)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.whole, self.pick, self.words):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.back)
        super().__init__("Channels", field)
        self.back.setToolTip("Take the filters as they are, and choose again")
        self._whole = ""
        self.whole.clicked.connect(lambda: self.chosen.emit(self._whole))
        self.pick.chosen.connect(self.chosen)
        self.back.clicked.connect(lambda: self.chosen.emit(None))

    def show_session(self, session: Session) -> None:
        """Show what does not fit, or how it was made to fit; nothing where all is well."""
        filters, bank, clip = session.filters, session.bank, session.clip
        if filters.source not in OWN_CHANNELS or filters.whole or clip is None:
            self.hide()  # a layer of a whole network meets what the layer before it puts out
            return
        offered = offered_remedies(bank, clip)
        problem = session.problem("bank") if filters.adapt else ""
        adapted = not offered and is_adapted(bank, filters)
        self.setVisible(bool(offered or adapted or problem))
        self._show_buttons(offered, clip)
        self.words.setText(adapted_words(filters.adapt, clip) if adapted else "")
        self.words.setVisible(adapted)
        self.back.setVisible(adapted or (bool(problem) and not offered))
        self.set_error(mismatch_words(bank, clip) if offered else sentence(problem))

    def _show_buttons(self, offered: Sequence[Remedy], clip: Clip) -> None:
        """One button for all channels together, a list for one of them alone."""
        whole = [remedy for remedy in offered if not remedy.how.startswith("pick")]
        picks = [remedy for remedy in offered if remedy.how.startswith("pick")]
        self._whole = whole[0].how if whole else ""
        self.whole.setVisible(bool(whole))
        self.pick.setVisible(bool(picks))
        if whole:
            self.whole.setText(whole[0].how.capitalize())
            self.whole.setToolTip(whole[0].words)
        if picks:
            names = clip.channels if len(clip.channels) == len(picks) else ()
            options = [(None, "one …")]
            self.pick.set_options(
                [*options, *((one.how, pick_name(one.how, names)) for one in picks)]
            )
            self.pick.value = None
            self.pick.setToolTip(picks[0].words.replace("channel 0", "one channel"))


def offered_remedies(bank: FilterBank | None, clip: Clip | None) -> tuple[Remedy, ...]:
    """Return what can be done so that the bank meets the clip; nothing where it does."""
    if bank is None or clip is None:
        return ()
    from voxviewer.convolution.channels import remedies

    return remedies(bank, clip.shape[3])


def is_adapted(bank: FilterBank | None, filters: FilterSettings) -> bool:
    """Return whether the bank that is there was made to fit; its origin says so."""
    return bank is not None and f"channels by {filters.adapt}" in bank.origin


def mismatch_words(bank: FilterBank | None, clip: Clip) -> str:
    """Return one sentence: "The filters take 3 channels, the clip has 1."."""
    if bank is None:
        return ""
    return (
        f"The filters take {count(bank.kernels.shape[3], 'channel')}, the clip has {clip.shape[3]}."
    )


def adapted_words(how: str | None, clip: Clip) -> str:
    """Return how channels were made to fit, in two words."""
    if how is not None and how.startswith("pick"):
        return pick_name(how, clip.channels if clip.shape[3] > 1 else ())
    return {"sum": "added up", "repeat": "repeated"}.get(how or "", "")


def pick_name(how: str, names: Sequence[str] = ()) -> str:
    """Return "green" or "channel 1" for "pick:1"."""
    index = int(how.partition(":")[2])
    return names[index] if index < len(names) else f"channel {index}"


def filter_names(names: Sequence[str]) -> str:
    """Return the names in a line; the first few of many."""
    many = len(names) > 8
    return ", ".join(names[:8]) + (f" … {len(names)} in all" if many else "")


def least_kernel(preset: str | None, size: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """Return the smallest kernel at least this large with which a preset works; None: it does."""
    if preset is None:
        return None
    from voxviewer.convolution.presets import PRESETS

    least = PRESETS[preset].least
    if all(taps >= need for taps, need in zip(size, least, strict=True)):
        return None
    T, H, W = (max(taps, need) for taps, need in zip(size, least, strict=True))
    return T, H, W


def color_options(clip: Any) -> tuple[tuple[str, str], ...]:
    """Return the words for a preset's look at several channels."""
    rgb = clip is not None and clip.channels == ("red", "green", "blue")
    return (("luminance", "Luminance" if rgb else "Mean"), ("channels", "Per channel"))
