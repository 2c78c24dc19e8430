"""What follows from what, and when it runs: the street while the user keeps changing things.

`STAGES` says which fields each product needs and how it is made; `Stages` watches those fields,
runs the stages in lanes of the job runner, and writes the products into the session. A stage whose
inputs are as they were is not run again. While a newer product is being made the older one stays
and is named in `session.stale`. Everything but the work itself happens on the GUI thread.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from voxviewer import flow
from voxviewer.failures import sentences
from voxviewer.files import SourceError, TooLargeError
from voxviewer.jobs import Job
from voxviewer.session import Notice, PinnedMaps
from voxviewer.settings import ConvolutionSettings, FilterSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Clip, Comparison, FeatureMaps, FilterBank, Progress, Source
    from voxviewer.jobs import JobRunner
    from voxviewer.networks.client import KerasEngine
    from voxviewer.session import Session
    from voxviewer.settings import EncodingSettings


@dataclass(frozen=True, eq=False)
class Stage:
    """One row of the table: a product, what it needs, and how it is made.

    `inputs` captures frozen values from the session (None: something is missing); `work` makes the
    product of them on another thread.
    """

    name: str
    makes: str
    needs: tuple[str, ...]
    inputs: Callable[[Session], tuple[Any, ...] | None]
    work: Callable[..., Any]
    text: str


def _figures(source: Source, *, progress: Progress, **_: Any) -> Any:
    from voxviewer.sources.figures import figures

    return figures(source, progress=progress)


def _lint(source: Source, *, progress: Progress, **_: Any) -> Any:
    from voxviewer.encoding import lint

    try:
        return lint(source, progress=progress)
    except SourceError:
        return ()  # what cannot be read is said by the figures, once


def _encode(source: Source, settings: EncodingSettings, **tools: Any) -> Clip:
    from voxviewer.encoding import encode
    from voxviewer.encoding.time_change import seams
    from voxviewer.render.limits import value_range

    clip = encode(source, settings, progress=tools["progress"], allow_large=tools["allow_large"])
    value_range(clip)  # kept per clip: the views ask for it on the GUI thread
    seams(clip)  # and so do the marks of the film strip
    return clip


def _bank(settings: FilterSettings, channels: int | None, **_: Any) -> FilterBank | None:
    """The filters; where the whole network runs, a layer without any is no fault."""
    if settings.whole:
        with suppress(SourceError):
            return flow.make_bank(settings, channels or 0)
        return None
    return flow.make_bank(settings, channels or 0)


def _convolve(
    clip: Clip, bank: FilterBank | FilterSettings, settings: ConvolutionSettings, **tools: Any
) -> FeatureMaps:
    """By a bank; where a whole network was chosen its settings stand in the bank's place."""
    from voxviewer.render.limits import map_ranges

    if isinstance(bank, FilterSettings):
        features = flow.through(clip, bank, **tools)
    else:
        features = flow.convolve(clip, bank, settings, **tools)
    map_ranges(features)  # kept per maps: the views ask for it on the GUI thread
    return features


def _compare(features: FeatureMaps, bank: FilterBank, **tools: Any) -> Comparison:
    return flow.compare(features.clip, bank, features.settings, ours=features, **tools)


def _pinned(
    clip: Clip, pinned: tuple[FilterSettings, ...], settings: ConvolutionSettings, **tools: Any
) -> tuple[PinnedMaps, ...]:
    """Each bank for itself: one that does not fit the clip says why, the others are shown."""
    return tuple(_pinned_maps(clip, filters, settings, **tools) for filters in pinned)


def _pinned_maps(
    clip: Clip, filters: FilterSettings, settings: ConvolutionSettings, **tools: Any
) -> PinnedMaps:
    try:
        bank = filters if filters.whole else flow.make_bank(filters, clip.data.shape[-1])
        return PinnedMaps(filters, _convolve(clip, bank, settings, **tools))
    except (SourceError, ValueError, MemoryError) as error:
        return PinnedMaps(filters, None, " ".join(sentences(error)).strip())


def _encode_inputs(session: Session) -> tuple[Any, ...] | None:
    return (session.current, session.encoding) if session.current is not None else None


def _bank_inputs(session: Session) -> tuple[Any, ...] | None:
    """Random filters and presets take the clip's channels; others keep theirs, if not adapted."""
    if session.clip is None:
        return None
    filters = session.filters
    if filters.source in ("model", "edited") and filters.adapt is None:
        return filters, None
    return session.filters, session.clip.data.shape[-1]


def _convolve_inputs(session: Session) -> tuple[Any, ...] | None:
    if session.clip is None:
        return None
    if session.filters.whole:
        return session.clip, session.filters, ConvolutionSettings(engine="keras")
    if session.bank is None:
        return None
    chosen = session.convolution
    engine = "keras" if chosen.engine == "keras" else "handwritten"
    return session.clip, session.bank, replace(chosen, engine=engine)


def _pinned_inputs(session: Session) -> tuple[Any, ...] | None:
    """Pinned filters meet the same clip in the same way, by the handwritten engine."""
    if session.clip is None or not session.pinned:
        return None
    return session.clip, session.pinned, replace(session.convolution, engine="handwritten")


def _compare_inputs(session: Session) -> tuple[Any, ...] | None:
    """Keras is asked for too, and what it shall be compared with is there."""
    maps = session.features
    if session.convolution.engine != "both" or maps is None or maps.bank is None:
        return None
    if maps.engine != "handwritten":
        return None
    return maps, maps.bank


STAGES = (
    Stage("encode", "clip", ("current", "encoding"), _encode_inputs, _encode, "Encoding"),
    Stage("bank", "bank", ("clip", "filters"), _bank_inputs, _bank, "Making filters"),
    Stage(
        "pinned",
        "pinned_maps",
        ("clip", "pinned", "convolution"),
        _pinned_inputs,
        _pinned,
        "Convolving with pinned filters",
    ),
    Stage(
        "convolve",
        "features",
        ("clip", "bank", "filters", "convolution"),
        _convolve_inputs,
        _convolve,
        "Convolving",
    ),
    Stage(
        "compare",
        "comparison",
        ("features", "convolution"),
        _compare_inputs,
        _compare,
        "Convolving with Keras",
    ),
    # Last: what a person waits for is asked for first.
    Stage(
        "figures",
        "figures",
        ("current",),
        lambda session: (session.current,) if session.current is not None else None,
        _figures,
        "Reading the values",
    ),
    Stage(
        "lint",
        "findings",
        ("current",),
        lambda session: (session.current,) if session.current is not None else None,
        _lint,
        "Looking for faults",
    ),
)


WAITING = ("pinned", "convolve")
"""Stages that wait for Run where Live is off."""


class Stages:
    """Keeps the session's products true to its choices.

    Parameters
    ----------
    session, jobs : the state and what runs
    keras : the Keras process; None runs without it
    """

    def __init__(self, session: Session, jobs: JobRunner, keras: KerasEngine | None = None) -> None:
        self.session = session
        self.jobs = jobs
        self.keras = keras
        self._asked: dict[str, tuple[Any, ...] | None] = {}
        self._made: dict[str, tuple[Any, ...] | None] = {}
        self._allowed: list[tuple[Any, ...]] = []
        self._run_wanted = False
        for stage in STAGES:
            for need in stage.needs:
                getattr(session.events, need).connect(partial(self._on_need, stage))
        session.events.live.connect(self._on_live)

    def run(self) -> None:
        """Convolve now, whether or not Live is on; where a new clip is on its way, with that."""
        self._run_wanted = True
        for name in WAITING:
            self._asked.pop(name, None)
        for stage in STAGES:
            self._refresh(stage)

    def _on_need(self, stage: Stage, *_: Any) -> None:
        self._refresh(stage)

    def _on_live(self, live: bool) -> None:
        if live:
            for name in WAITING:
                self._refresh(_stage(name))

    def _refresh(self, stage: Stage) -> None:
        """Ask for a stage's product again where its inputs are no longer what it was made of."""
        inputs = stage.inputs(self.session)
        if inputs is None:
            self._lacks(stage)
        elif inputs != self._asked.get(stage.name) and self._may_run(stage):
            self._ask(stage, inputs)
        self._mark_stale()

    def _may_run(self, stage: Stage) -> bool:
        """Convolution waits for Run where Live is off; Run waits for the newest clip and bank.

        A bank that is made anew for the clip's channels is waited for in any case: the old one does
        not fit, which would be told for a moment, and nobody asked for it.
        """
        if stage.name == "convolve" and self._is_on_its_way("bank"):
            return False
        if stage.name not in WAITING or self.session.live:
            return True
        ready = not self._outdated() & {"clip", "bank"}
        return self._run_wanted and ready

    def _is_on_its_way(self, name: str) -> bool:
        """A newer product was asked for, and the one that is there was made of other things."""
        asked = self._asked.get(name)
        there = getattr(self.session, _stage(name).makes) is not None
        return there and asked is not None and asked != self._made.get(name)

    def _lacks(self, stage: Stage) -> None:
        self._asked.pop(stage.name, None)
        self._made.pop(stage.name, None)
        self._set_problem(stage.name, "")
        self._set_fit(stage, None)
        setattr(self.session, stage.makes, None)

    def _ask(self, stage: Stage, inputs: tuple[Any, ...]) -> None:
        self._asked[stage.name] = inputs
        if stage.name == "convolve":
            self._run_wanted = False
        tools: dict[str, Any] = {"allow_large": inputs in self._allowed}
        uses_keras = _uses_keras(stage, inputs)
        if stage.name in ("convolve", "compare", "pinned"):
            tools["keras"] = self.keras
        source = self.session.current

        def done(product: Any) -> None:
            if self.session.current is source:
                self._has(stage, inputs, product)

        def failed(error: BaseException) -> None:
            if self.session.current is source and self._asked.get(stage.name) == inputs:
                self._fails(stage, inputs, error)

        self.jobs.submit(
            Job(
                stage.name,
                _words(stage, inputs) if uses_keras else stage.text,
                lambda progress: stage.work(*inputs, progress=progress, **tools),
                done,
                failed,
                stopped=partial(self._stopped, stage),
                on_cancel=self.keras.cancel if uses_keras and self.keras else None,
            )
        )

    def _has(self, stage: Stage, inputs: tuple[Any, ...], product: Any) -> None:
        self._made[stage.name] = inputs
        self._set_problem(stage.name, "")
        self._set_fit(stage, None)
        setattr(self.session, stage.makes, product)
        self._mark_stale()
        if warnings := getattr(product, "warnings", ()):
            self.session.notice = Notice("warning", warnings[0], " ".join(warnings[1:]), "clip")
        if self._run_wanted:
            for name in WAITING:
                self._refresh(_stage(name))

    def _fails(self, stage: Stage, inputs: tuple[Any, ...], error: BaseException) -> None:
        """Nothing is adapted silently: the product is gone, and the reason stands in its place."""
        fit = self._set_fit(stage, error)
        text, detail = sentences(error)
        if fit is not None:
            detail = ""  # the terminal's options; the window has a button
        self._made.pop(stage.name, None)
        setattr(self.session, stage.makes, None)
        self._set_problem(stage.name, f"{text} {detail}".strip())
        action = None
        if isinstance(error, TooLargeError) and error.askable:
            action = ("Go on anyway", partial(self._allow, stage, inputs))
        self.session.notice = Notice("error", text, detail, stage.name, action)
        self._mark_stale()

    def _set_fit(self, stage: Stage, error: BaseException | None) -> EncodingSettings | None:
        """Where a model cannot take the clip, how it would be encoded so that it can."""
        if stage.name != "convolve":
            return None
        self.session.fit = _fit(self.session, error) if error is not None else None
        return self.session.fit

    def _allow(self, stage: Stage, inputs: tuple[Any, ...]) -> None:
        self._allowed.append(inputs)
        self._asked.pop(stage.name, None)
        self._refresh(stage)

    def _stopped(self, stage: Stage) -> None:
        self._asked.pop(stage.name, None)
        self._mark_stale()

    def _outdated(self) -> set[str]:
        """The products whose inputs are not what they were made of, and all that follow them."""
        outdated: set[str] = set()
        for stage in STAGES:
            if getattr(self.session, stage.makes) is None:
                continue
            changed = self._made.get(stage.name) != stage.inputs(self.session)
            if changed or outdated & set(stage.needs):
                outdated.add(stage.makes)
        return outdated

    def _mark_stale(self) -> None:
        self.session.stale = frozenset(self._outdated())

    def _set_problem(self, place: str, text: str) -> None:
        others = tuple(item for item in self.session.problems if item[0] != place)
        self.session.problems = (*others, (place, text)) if text else others


def _fit(session: Session, error: BaseException) -> EncodingSettings | None:
    from voxviewer.encoding.to_shape import encoding_for
    from voxviewer.networks.passage import UnfitError

    if session.current is None or not isinstance(error, UnfitError):
        return None
    return encoding_for(session.current, session.encoding, error.wanted)


def _uses_keras(stage: Stage, inputs: tuple[Any, ...]) -> bool:
    if stage.name == "pinned":
        return any(filters.whole for filters in inputs[1])
    return stage.name == "compare" or (stage.name == "convolve" and inputs[2].engine == "keras")


def _words(stage: Stage, inputs: tuple[Any, ...]) -> str:
    whole = stage.name == "convolve" and isinstance(inputs[1], FilterSettings)
    return f"Running the model up to {inputs[1].layer}" if whole else "Convolving with Keras"


def _stage(name: str) -> Stage:
    return next(stage for stage in STAGES if stage.name == name)
