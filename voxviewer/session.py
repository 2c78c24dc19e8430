"""What is true now: the one observable state, and the steps back through what was chosen.

One psygnal event per field (`session.events.clip.connect(...)`), silent when nothing changed.
Fields are replaced, never mutated, and only the GUI thread writes them, so there is no lock.
*Chosen* fields are written by panels and commands, *made* ones by the pipeline alone, *view* ones
by views, outside undo.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal, SignalGroupDescriptor

from voxviewer.settings import (
    Choices,
    ConvolutionSettings,
    EncodingSettings,
    ExamplesSettings,
    ExportSettings,
    FilterSettings,
    RecurrentSettings,
    RenderSettings,
    TrainingSettings,
)
from voxviewer.sources.corrections import corrected

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Batch, Clip, Comparison, FeatureMaps, FilterBank, Source
    from voxviewer.encoding.lint_findings import Finding
    from voxviewer.networks.heat import Heat
    from voxviewer.networks.lesson import Lesson, News
    from voxviewer.networks.recurrent_nouns import HiddenStates, RecurrentFit
    from voxviewer.settings import Opening
    from voxviewer.sources.figures import Figures


@dataclass(frozen=True, eq=False)
class Notice:
    """News for a person: bold first sentence, more detail, and what can be done about it.

    `kind` is "error", "warning", "ok" or "info"; `place` says what it is about ("open", "encode",
    "filters", "convolve", "compare", "export"), so that it can stand beside its field; `action` is
    a label and a function for the GUI thread.
    """

    kind: str
    text: str
    detail: str = ""
    place: str = ""
    action: tuple[str, Callable[[], None]] | None = None


@dataclass(frozen=True, eq=False)
class Refusal:
    """A file that could not be opened: `text` what is wrong, `detail` what to do.

    `again` opens it all the same, where a person may insist; for the GUI thread.
    """

    path: str
    text: str
    detail: str = ""
    again: Callable[[], None] | None = None


@dataclass(frozen=True)
class EngineState:
    """How Keras' process is: "off", "starting", "ready", "busy", "missing" or "dead", in words."""

    state: str = "off"
    text: str = "Keras not started"


@dataclass(frozen=True, eq=False)
class PinnedMaps:
    """What a pinned bank makes of the clip: its maps, or one sentence why there are none."""

    filters: FilterSettings
    maps: FeatureMaps | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class BatchMade:
    """A batch a person put together: the noun, its clips, and the files they came from."""

    batch: Batch
    clips: tuple[Clip, ...]
    openings: tuple[Opening, ...]

    @property
    def is_view(self) -> bool:
        """True where all items are one clip, which takes no memory."""
        return len(self.openings) == 1

    @property
    def code(self) -> str:
        """The line of Python that makes it, with `import voxviewer as vv`."""
        from voxviewer.recipe import encode_call, open_call

        settings = self.clips[0].settings
        clips = [encode_call(open_call(opening), settings) for opening in self.openings]
        inside = f"[{', '.join(clips)}]"
        return f"batch = vv.batch({inside}{f' * {len(self.clips)}' if self.is_view else ''})"


@dataclass(frozen=True, eq=False)
class LessonNow:
    """A training: what is learned from, how far it is, what came out, or why there is none.

    Attributes
    ----------
    settings : what was chosen for it
    lesson : the examples and the network; None until they are there
    news : how far it is; `training` what came out, a `learning.Training`
    problem : one sentence, empty where all is well
    """

    settings: TrainingSettings
    lesson: Lesson | None = None
    news: News | None = None
    training: Any = None
    running: bool = False
    problem: str = ""


@dataclass(frozen=True, eq=False)
class RecurrentNow:
    """A recurrent network: what it is fitted to, what came out so far, what it holds of a clip.

    Attributes
    ----------
    settings : what was chosen for it
    clips, targets : what it is fitted to; empty until they are there
    fit : what was learned so far; None before the first epoch
    hidden : its states over the clip that is looked at
    problem : one sentence, empty where all is well
    """

    settings: RecurrentSettings
    clips: tuple[Clip, ...] = ()
    targets: tuple[Any, ...] = ()
    fit: RecurrentFit | None = None
    hidden: HiddenStates | None = None
    running: bool = False
    problem: str = ""


@dataclass(frozen=True, eq=False)
class HeatNow:
    """Grad-CAM or occlusion of a clip, and the same as one map on the clip's own grid."""

    heat: Heat
    maps: FeatureMaps


@dataclass(frozen=True)
class Walk:
    """Slow motion: the kernel has filled the voxels up to `step` of `count` of the chosen map."""

    step: int
    count: int
    running: bool = True


@dataclass(eq=False)
class Session:
    """Everything that is true now. See the module's docstring for who may write what."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    # chosen
    sources: tuple[Source, ...] = ()
    current: Source | None = None
    encoding: EncodingSettings = field(default_factory=EncodingSettings)
    filters: FilterSettings = field(default_factory=FilterSettings)
    convolution: ConvolutionSettings = field(default_factory=ConvolutionSettings)
    render: RenderSettings = field(default_factory=RenderSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    recurrence: RecurrentSettings = field(default_factory=RecurrentSettings)
    examples: ExamplesSettings = field(default_factory=ExamplesSettings)

    # made by the pipeline
    figures: Figures | None = None
    findings: tuple[Finding, ...] | None = None
    batch: BatchMade | None = None
    clip: Clip | None = None
    bank: FilterBank | None = None
    features: FeatureMaps | None = None
    comparison: Comparison | None = None
    pinned_maps: tuple[PinnedMaps, ...] | None = None
    lesson: LessonNow | None = None
    recurrent: RecurrentNow | None = None
    heat: HeatNow | None = None
    notice: Notice | None = None
    refusals: tuple[int, tuple[Refusal, ...]] | None = None
    """Of how many files that were dropped together, those that were refused."""
    problems: tuple[tuple[str, str], ...] = ()
    fit: EncodingSettings | None = None
    """Where the clip is not what the chosen model takes: choices that make it so, if there are."""
    stale: frozenset[str] = frozenset()
    keras: EngineState = field(default_factory=EngineState)

    # view
    frame: int = 0
    map: int = 0
    voxel: tuple[int, int] | None = None
    channel: int = 0
    """Of several channels the one whose numbers are looked at: of clip, kernel and microscope."""
    place: tuple[int, int, int] | None = None
    radiological: bool = False
    map_over: bool = False
    heat_over: bool = True
    heat_cover: float = 0.8
    """How much of the clip the strongest heat covers."""
    playing: bool = False
    loop: bool = True
    ping_pong: bool = False
    speed: float = 1.0
    live: bool = True
    step: str = "clip"
    walk: Walk | None = None
    pinned: tuple[FilterSettings, ...] = ()
    bones: bool = True
    bridge: bool = False
    joint: tuple[int, int] | None = None
    follow: bool = True
    """While filters are trained the wall shows them as they are."""

    @property
    def choices(self) -> Choices:
        """Everything chosen, as one value: what an undo step and a recipe hold."""
        return Choices(
            opening=self.current.opening if self.current is not None else None,
            encoding=self.encoding,
            filters=self.filters,
            convolution=self.convolution,
            render=self.render,
            export=self.export,
            training=self.training,
            recurrence=self.recurrence,
            examples=self.examples,
        )

    def restore(self, choices: Choices) -> None:
        """Choose all of it again; a source that is no longer open stays unchosen."""
        if choices.opening is None:
            self.current = None
        for source in self.sources:
            if choices.opening is not None and source.opening.as_read == choices.opening.as_read:
                self.current = self.replace_source(source, corrected(source, choices.opening))
        self.encoding = choices.encoding
        self.filters = choices.filters
        self.convolution = choices.convolution
        self.render = choices.render
        self.export = choices.export
        self.training = choices.training
        self.recurrence = choices.recurrence
        self.examples = choices.examples

    def replace_source(self, before: Source, now: Source) -> Source:
        """Put a source in the place of another in the list, and return it."""
        if now is not before:
            self.sources = tuple(now if item is before else item for item in self.sources)
        return now

    def change(self, name: str, **values: Any) -> None:
        """Replace some values of a settings field: `session.change("encoding", sigma=2.0)`.

        Raises
        ------
        ValueError
            in one sentence, where a value is wrong; the field then stays as it was
        """
        setattr(self, name, replace(getattr(self, name), **values))

    def problem(self, place: str) -> str:
        """The sentence that stands beside a place's fields; empty where all is well."""
        return dict(self.problems).get(place, "")


def _same_file(choices: Choices, opening: Opening) -> bool:
    return choices.opening is not None and choices.opening.as_read == opening.as_read


class History:
    """Steps back and forth through the choices of a session.

    A step is taken by `commit` (on release of a slider, on picking from a list), not on every
    change; `undo` and `redo` restore whole choices. Closing a source drops its steps.
    """

    changed = Signal()
    missing = Signal(object)
    """Emitted with the opening that a step leads to, where no open source was opened so."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._past: list[Choices] = []
        self._now = session.choices
        self._future: list[Choices] = []

    @property
    def can_undo(self) -> bool:
        """True where there is a step back."""
        return bool(self._past) or self._session.choices != self._now

    @property
    def can_redo(self) -> bool:
        """True where there is a step forth."""
        return bool(self._future)

    def commit(self) -> None:
        """Take a step if anything was chosen since the last one."""
        now = self._session.choices
        if now == self._now:
            return
        self._past.append(self._now)
        self._now = now
        self._future.clear()
        self.changed.emit()

    def bring_rate(self, before: float) -> None:
        """Make the rate that a clip brought along a part of the step that brought the clip.

        Where more than the rate was chosen since the last step, that step is still to be taken, and
        the rate will be a part of it.
        """
        now = self._session.choices
        if replace(now, export=replace(now.export, rate=before)) == self._now:
            self._now = now

    def undo(self) -> None:
        """Go one step back."""
        self.commit()
        if self._past:
            self._future.append(self._now)
            self._now = self._past.pop()
            self._show()

    def redo(self) -> None:
        """Go one step forth."""
        self.commit()
        if self._future:
            self._past.append(self._now)
            self._now = self._future.pop()
            self._show()

    def drop(self, opening: Opening) -> None:
        """Forget the steps of a closed source, however it was corrected."""
        self._past = [choices for choices in self._past if not _same_file(choices, opening)]
        self._future = [choices for choices in self._future if not _same_file(choices, opening)]
        self._now = self._session.choices
        self.changed.emit()

    def _show(self) -> None:
        self._session.restore(self._now)
        opening, current = self._now.opening, self._session.current
        if opening is not None and (current is None or current.opening != opening):
            self.missing.emit(opening)
        self.changed.emit()
