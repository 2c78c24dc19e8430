"""The Convolve panel: engine, padding, strides, dilation, and the proof that both engines agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QBoxLayout, QWidget

from voxviewer.gui.bind import Wires, bind
from voxviewer.gui.panels.words import duration, exponent, sentence
from voxviewer.gui.parts import (
    AxisFields,
    Badge,
    Check,
    FoldPanel,
    FormRow,
    Label,
    QuietChoice,
    Segment,
    side_by_side,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from voxviewer.data import Comparison, FeatureMaps
    from voxviewer.session import History, Session

ENGINES = (("handwritten", "handwritten"), ("keras", "Keras"), ("both", "both engines"))
NAMES = {"handwritten": "handwritten", "keras": "Keras"}
FLIP = (
    "Flip the kernels along T, H and W: true convolution.\n"
    "Keras, and this program by default, correlate."
)
TIPS = {
    "engine": "Which convolution runs: the one written out here, Keras, or both, compared",
    "padding": "same: zeros round the clip, the maps keep its size.\n"
    "valid: only where the whole kernel fits, the maps are smaller.",
    "strides": "Voxels from one window to the next, along T, H and W",
    "dilation": "Voxels from one tap of the kernel to the next, along T, H and W",
}
WITHOUT_KERAS = "Keras is not installed: handwritten runs alone."
MEASURE = (
    "The largest difference of the two results, divided by the largest sum of |x||w| that\n"
    "went into one voxel. Rounding in float32 is a few 1e-7; above 1e-6 the engines differ.\n"
    "{count} voxels were computed again in float64: handwritten errs there by {ours}, Keras by "
    "{theirs}."
)

TIMED = (
    "Handwritten {ours}, Keras {theirs} ({keras}).\n"
    "Each is the least of three calls where they are short, after one that is not counted."
)


def proof(comparison: Comparison) -> tuple[str, str]:
    """Return the badge's kind and words: "handwritten = Keras, 3.1e-7", or where they differ."""
    difference = exponent(comparison.max_difference)
    if comparison.agree:
        exact = comparison.max_difference == 0
        return "ok", f"handwritten = Keras, {'exactly' if exact else difference}"
    place = ", ".join(str(index) for index in comparison.place)
    return "error", f"engines differ, {difference}, at y[{place}]"


def third_opinion(comparison: Comparison) -> str:
    """Return what float64 says where the engines differ; empty where they agree."""
    if comparison.agree:
        return ""
    count = len(comparison.sampled)
    words = {
        "keras": "float64 agrees with handwritten; Keras errs.",
        "handwritten": "float64 agrees with Keras; handwritten errs.",
        "both": "float64 agrees with neither.",
        "none": f"float64 finds no error at {count} sampled voxels.",
    }
    return words[comparison.errs]


def times(comparison: Comparison) -> str:
    """Return the seconds of both engines, ours first: "1.9 ms · 9.4 ms"."""
    return f"{duration(comparison.handwritten.seconds)} · {duration(comparison.keras.seconds)}"


def timed(comparison: Comparison) -> str:
    """Return the tooltip that says what the two times are."""
    with_ = comparison.keras.made_with
    switch = "with" if with_.get("onednn") else "without"
    threads = f", {with_['threads']} threads" if "threads" in with_ else ""
    return TIMED.format(
        ours=duration(comparison.handwritten.seconds),
        theirs=duration(comparison.keras.seconds),
        keras=f"TensorFlow {with_.get('tensorflow', '')}".strip() + f" {switch} oneDNN{threads}",
    )


def measure(comparison: Comparison) -> str:
    """Return the tooltip that explains the badge's number."""
    return MEASURE.format(
        count=len(comparison.sampled),
        ours=exponent(comparison.handwritten_error),
        theirs=exponent(comparison.keras_error),
    )


class ProofLine(QWidget):
    """The verdict with the times at its right, or below it where the line is too short for both."""

    def __init__(self, badge: Badge, times: Label) -> None:
        super().__init__()
        self._badge, self._times = badge, times
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 2, 0, 0)
        self._box.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)
        self._box.addStretch(1)
        self._box.addWidget(times, 0, Qt.AlignmentFlag.AlignLeft)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There may be room now, or no longer."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Other words, or another font, need other room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        needed = self._badge.sizeHint().width() + self._times.sizeHint().width()
        beside = needed + self._box.spacing() <= self.width()
        ways = QBoxLayout.Direction
        self._box.setDirection(ways.LeftToRight if beside else ways.TopToBottom)


class ConvolvePanel(FoldPanel):
    """How filters run over the clip, and what came of it."""

    def __init__(self, session: Session, history: History, pipeline: Any = None) -> None:
        super().__init__("Convolve")
        self._session = session
        # Tab follows the order in which parts are made: first that of the title.
        self.engine = QuietChoice("", ENGINES, name="Engine")
        self.bar.icons.addWidget(self.engine)
        self.padding = Segment((("same", "same"), ("valid", "valid")), name="Padding")
        self.strides = AxisFields(maximum=64, name="Strides")
        self.dilation = AxisFields(maximum=64, name="Dilation")
        self.flip = Check("flip", name="Flip kernels")
        # A check box keeps its tooltip for words that have no room: this one is its holder's.
        holder = side_by_side(self.flip)
        holder.setToolTip(FLIP)
        self.engine.setToolTip(TIPS["engine"])
        both = side_by_side(self.padding, holder, stretch=(3, 1))
        self._padding_row = self.add_row("Padding", both)
        self._padding_row.setToolTip(TIPS["padding"])
        self._bind(session, history)
        self._add_proof()
        self._listen(session)

    def _bind(self, session: Session, history: History) -> None:
        """Each field and its choice, both ways."""
        self._dilation_row = FormRow("Dilation", self.dilation)
        self._strides_row = self.add_row("Strides", self.strides)
        rows = {"strides": self._strides_row, "dilation": self._dilation_row}
        self.add(self._dilation_row)
        bind(self.engine, session, "convolution.engine", history)
        bind(self.padding, session, "convolution.padding", history, row=self._padding_row)
        bind(
            self.flip, session, "convolution.mode", history,
            to_widget=lambda mode: mode == "convolution",
            to_session=lambda flip: "convolution" if flip else "correlation",
        )  # fmt: skip
        for name, row in rows.items():
            row.setToolTip(TIPS[name])
            bind(row.field, session, f"convolution.{name}", history, row=row)

    def _add_proof(self) -> None:
        """The badge with both times, and a line below for more words."""
        self.badge = Badge()
        self.times = Label(font="caption", role="text2")
        self.words = Label(font="caption", role="text3", wrap=True)
        self._proof_line = ProofLine(self.badge, self.times)
        self.add(self._proof_line)
        self.add(self.words)

    def _listen(self, session: Session) -> None:
        self._wires = Wires(self)
        for event in ("comparison", "features", "keras", "stale"):
            self._wires.soon(getattr(session.events, event), self._show_proof)
        for event in ("convolution", "keras", "filters"):
            self._wires.soon(getattr(session.events, event), self._show_choices)
        self._wires.soon(session.events.problems, self._show_problems)
        self._show_choices()
        self._show_proof()
        self._show_problems()

    def _show_choices(self) -> None:
        chosen = self._session.convolution
        flipped = ", flipped" if chosen.mode == "convolution" else ""
        self.set_summary(f"{chosen.padding}{flipped}")
        for row in (self._padding_row, self._strides_row, self._dilation_row):
            row.setEnabled(not self._session.filters.whole)  # the network's layers say it
        self.engine.setEnabled(not self._session.filters.whole)
        missing = self._session.keras.state == "missing"
        for engine in ("keras", "both"):
            self.engine.set_option_enabled(engine, not missing, WITHOUT_KERAS)
        both = max(chosen.strides) > 1 and max(chosen.dilation) > 1
        alone = "Keras has no strides with dilation; handwritten has." if both else ""
        self._dilation_row.set_help(alone)
        self._show_proof()

    def _show_proof(self) -> None:
        """The badge where both ran; else who ran, and what is being waited for."""
        comparison = self._session.comparison
        wanted = self._session.convolution.engine == "both"
        fresh = comparison is not None and "comparison" not in self._session.stale
        if comparison is not None and wanted:
            self.badge.show_badge(*proof(comparison))
            self.badge.setToolTip(measure(comparison))
            self.times.setText(times(comparison) if comparison.agree else "")
            self.times.setToolTip(timed(comparison))
            extra = third_opinion(comparison)
            extra = f"{extra}\n{times(comparison)}" if extra else ""
        else:
            self.times.setText("")
            extra = alone_words(self._session.features)
        self.badge.setEnabled(fresh)
        self._proof_line.setVisible(comparison is not None and wanted)
        problem = sentence(self._session.problem("compare"))
        words = problem or waiting_words(self._session) or extra
        if self._session.keras.state == "missing":
            words = f"{words}\n{WITHOUT_KERAS}".strip()
        self._say(words, "error" if problem else "text3")

    def _say(self, text: str, role: str) -> None:
        self.words.set_role(role)
        self.words.setText(text)
        self.words.setVisible(bool(text))

    def _show_problems(self) -> None:
        """What no other field is about; the padding is marked where a kernel is too large."""
        text = self._session.problem("convolve")
        kernel = "fit a valid clip" in text and self._session.filters.source == "random"
        channels = "channel" in text and "clip has" in text
        whole = self._session.filters.whole  # then it stands beside the layer
        self._padding_row.set_error("" if kernel or channels or whole else sentence(text))
        self.padding.set_bad(bool(text) and not channels and not whole)
        self._show_proof()


def alone_words(features: FeatureMaps | None) -> str:
    """Return which engine made the maps and how long it took: "handwritten, 1.9 ms"."""
    if features is None:
        return ""
    return f"{NAMES.get(features.engine, features.engine)}, {duration(features.seconds)}"


def waiting_words(session: Session) -> str:
    """Return what Keras is doing while it is waited for; empty where nobody waits."""
    if session.convolution.engine == "handwritten" or session.current is None:
        return ""
    state = session.keras.state
    if state == "dead" or (state == "starting" and session.comparison is None):
        return session.keras.text
    waits = session.comparison is None or "comparison" in session.stale
    busy = state == "busy" and waits and session.convolution.engine == "both"
    return "Keras convolves …" if busy and session.comparison is None else ""
