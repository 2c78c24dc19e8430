"""What a person can have done: open, run, choose a model's layer, export, cancel.

Each command reads what was chosen, does its work in a lane of the job runner, and writes the
session when it comes back; a failure becomes a notice. What follows from what was chosen is in
`stages`.
All methods are called on the GUI thread.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from voxviewer.failures import sentences
from voxviewer.jobs import Job
from voxviewer.learning.recurrences import Recurrences
from voxviewer.learning.trainer import Trainer
from voxviewer.openings import Openings
from voxviewer.pace import Pace
from voxviewer.session import EngineState, Notice
from voxviewer.stages import Stages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.data import Clip, FeatureMaps, Progress, Source
    from voxviewer.jobs import JobRunner
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.model_files import LayerInfo
    from voxviewer.session import History, Session
    from voxviewer.settings import Opening


class Pipeline:
    """The commands, over the stages that keep the products true.

    Parameters
    ----------
    session, jobs, history : the state, what runs, and the steps back
    keras : the Keras process; None runs without it
    """

    model_layers_changed = Signal()
    opened = Signal(object)
    """Emitted with the source after a file was opened."""

    def __init__(
        self, session: Session, jobs: JobRunner, history: History, keras: KerasEngine | None = None
    ) -> None:
        self.session = session
        self.jobs = jobs
        self.history = history
        self.keras = keras
        self.stages = Stages(session, jobs, keras)
        self._pace = Pace(session, history)
        self.model_layers: tuple[LayerInfo, ...] = ()
        self._listed: str | None = None
        self.openings = Openings(session, jobs, history)
        self.trainer = Trainer(session, jobs, history, keras)
        self.recurrences = Recurrences(session, jobs, keras)
        self.openings.opened.connect(self.opened.emit)
        session.events.filters.connect(self._on_filters)

    # files

    @property
    def adjust(self) -> Callable[[Source], Source]:
        """What is done to a source that was opened: the window corrects it as the last one."""
        return self.openings.adjust

    @adjust.setter
    def adjust(self, adjust: Callable[[Source], Source]) -> None:
        self.openings.adjust = adjust

    def open(self, paths: Sequence[str], *, stack: bool = False) -> None:
        """Open what was dropped or picked: many pictures as one clip, anything else on its own.

        `stack`: all of it as one source, over time.
        """
        self.openings.open(paths, stack=stack)

    def open_each(self, openings: Sequence[Opening], *, allow_large: bool = False) -> None:
        """Open several files; the first that can be read becomes the current source."""
        self.openings.open_each(openings, allow_large=allow_large)

    def open_one(self, opening: Opening, *, show: bool = True, allow_large: bool = False) -> None:
        """Open one file in the background; it becomes the current source when it is there."""
        self.openings.open_one(opening, show=show, allow_large=allow_large)

    def choose(self, opening: Opening) -> None:
        """Open the current file in another way, in its place: another array, series, other axes."""
        self.openings.choose(opening)

    def correct(self, **values: Any) -> None:
        """Set right what was read: `person`, `unit`, `up`, `rate`; None: as it was read.

        Raises
        ------
        ValueError, SourceError
            for a correction that cannot be; the source then stays as it was
        """
        from voxviewer.sources.corrections import corrected

        session = self.session
        if session.current is None:
            return
        opening = replace(session.current.opening, **values)
        if opening != session.current.opening:
            now = corrected(session.current, opening)
            session.current = session.replace_source(session.current, now)
            self.history.commit()

    def show(self, source: Source) -> None:
        """Make an open source the current one."""
        self.openings.show(source)

    def close(self, source: Source) -> None:
        """Take a source off the list; its undo steps go with it."""
        self.openings.close(source)

    # filters of model files

    def choose_model(self, path: str) -> None:
        """List a model file's layers and take the filters of its first readable Conv3D layer."""
        self._list_layers(path, self._first_layer)

    def choose_layer(self, name: str) -> None:
        """Take a layer's filters, and how it runs them, as one step; of the file listed last."""
        info = next((layer for layer in self.model_layers if layer.name == name), None)
        if info is None:
            return
        session = self.session
        session.convolution = replace(
            session.convolution,
            strides=info.strides,
            dilation=info.dilation,
            padding=info.padding,
            mode="correlation",
        )
        # What one layer's channels needed says nothing about another's.
        session.filters = replace(
            session.filters, source="model", model=self._listed, layer=name, adapt=None
        )
        self.history.commit()

    def _first_layer(self) -> None:
        readable = [layer.name for layer in self.model_layers if layer.readable]
        if readable:
            self.choose_layer(readable[0])
            return
        name = Path(self._listed or "").name
        text = f"{name} has no Conv3D layer whose filters can be read."
        self.session.notice = Notice("error", text, "Choose another file.", "filters")

    def list_layers(self) -> None:
        """List the layers of a model that was chosen before anybody listened."""
        self._on_filters(self.session.filters)

    def _on_filters(self, filters: Any) -> None:
        """After undo, or with a recipe, a model comes back whose layers are not listed."""
        if filters.source == "model" and filters.model and filters.model != self._listed:
            self._list_layers(filters.model, lambda: None)

    def _list_layers(self, path: str, then: Callable[[], None]) -> None:
        def work(_: Progress) -> tuple[LayerInfo, ...]:
            from voxviewer.networks.model_files import layers

            return layers(path)

        def done(layers: tuple[LayerInfo, ...]) -> None:
            self._listed, self.model_layers = path, layers
            self.model_layers_changed.emit()
            then()

        self.submit("load", f"Reading {Path(path).name}", work, done, "filters")

    # running

    def run(self) -> None:
        """Convolve now, whether or not Live is on."""
        self.stages.run()

    def cancel(self, lane: str | None = None) -> None:
        """Stop what runs, in one lane or all; the products stay as they are."""
        self.jobs.cancel(lane)

    def watch_keras(self, post: Callable[[Callable[[], None]], None]) -> None:
        """Show the Keras process's state in the session, whichever thread the news comes from."""
        if self.keras is None:
            return

        def tell(state: str, text: str) -> None:
            post(lambda: setattr(self.session, "keras", EngineState(state, text)))

        self.keras.watch(tell)

    # export

    def export_gif(self, what: Clip | FeatureMaps, path: str, **options: Any) -> None:
        """Write a moving picture of a clip, of one map or of the wall; options as `save_gif`."""

        def work(progress: Progress) -> Any:
            from voxviewer.export import save_gif

            return save_gif(what, path, progress=progress, **options)

        self.submit("export", f"Exporting {Path(path).name}", work, self._exported, "export")

    def export_tensor(self, what: Clip | FeatureMaps, path: str) -> None:
        """Write the numbers, `.npy` or `.npz`, with a side file of how they were made."""
        source, filters = self.session.current, self.session.filters
        sources = [source.opening] if source is not None else []

        def work(progress: Progress) -> Any:
            from voxviewer.export import save_tensor

            return save_tensor(what, path, sources=sources, filters=filters, progress=progress)

        self.submit("export", f"Saving {Path(path).name}", work, self._exported, "export")

    def export_by(self, path: str, work: Callable[[Progress], Any]) -> None:
        """Write a file by a function that reports what it `Saved`."""
        self.submit("export", f"Saving {Path(path).name}", work, self._exported, "export")

    def _exported(self, saved: Any) -> None:
        text, detail = saved.sentences
        text = f"{Path(saved.path).name} written, {text}"
        self.session.notice = Notice("ok", text, detail, f"export:{saved.path}")

    # shared

    def submit(
        self,
        lane: str,
        text: str,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        place: str,
    ) -> None:
        """Run a command's work in a lane; a failure becomes a notice."""
        self.jobs.submit(Job(lane, text, work, done, partial(self._report, place)))

    def _report(self, place: str, error: BaseException) -> None:
        text, detail = sentences(error)
        self.session.notice = Notice("error", text, detail, place)
