"""What the window does with recurrent networks: fit one, look into it, save it.

While it is fitted its states over one clip are shown as they change. All methods are called on the
GUI thread.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voxviewer.data import Cancelled
from voxviewer.failures import sentences
from voxviewer.jobs import Job
from voxviewer.learning.fitted_to import pieces_of
from voxviewer.learning.teaching import encoded
from voxviewer.session import Notice, RecurrentNow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.data import Clip, Progress
    from voxviewer.jobs import JobRunner
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.recurrent_nouns import HiddenStates, RecurrentFit
    from voxviewer.session import Session

LANE = "train"
PLACE = "recurrent"


class Recurrences:
    """The one recurrent network of a session.

    Parameters
    ----------
    session, jobs : the state, and what runs
    keras : the Keras process; None: there is none
    """

    def __init__(self, session: Session, jobs: JobRunner, keras: KerasEngine | None) -> None:
        self._session, self._jobs, self._keras = session, jobs, keras
        self._wanted: Clip | None = None
        self._news: dict[str, Any] | None = None
        session.events.clip.connect(self._on_clip)

    def start(self) -> None:
        """Fit a network by the session's `recurrence` to the clips that its `examples` say."""
        session, keras = self._session, self._keras
        settings, encoding = session.recurrence, session.encoding
        examples, sources = session.examples, session.sources
        if keras is None:
            words = "Keras is not there. Install TensorFlow and Keras to fit networks."
            self._fail(RuntimeError(words))
            return
        ended = threading.Event()

        def work(progress: Progress) -> RecurrentFit:
            def wait(fraction: float, text: str) -> None:
                progress(0.1 * fraction, text)

            pieces = pieces_of(examples, sources)
            clips = encoded(pieces, encoding, wait, False)
            targets = tuple(piece.target for piece in pieces)
            self._tell(clips=tuple(clips), targets=targets)

            def while_wanted(_: float, __: str) -> None:
                if ended.is_set():
                    raise Cancelled

            def watch(fit: RecurrentFit) -> None:
                self._tell(fit=fit)
                # Whoever stops does not wait for a picture of what was learned.
                with suppress(Cancelled):
                    while_wanted(0.0, "")
                    self._tell(hidden=self._states(fit, clips, while_wanted))

            def go_on(fraction: float, text: str) -> None:
                progress(0.1 + 0.9 * fraction, text)

            from voxviewer.networks.recurrent import fit_recurrent

            return fit_recurrent(
                clips,
                targets,
                settings,
                progress=go_on,
                watch=watch,
                stop=ended.is_set,
                keras=keras,
            )

        text = "Fitting a recurrent network"
        if self._jobs.busy(LANE):
            words = f"{text} has to wait until the running training has ended."
            session.notice = Notice("warning", words, "Stop the running one first.", PLACE)
            return
        session.recurrent = RecurrentNow(settings, running=True)
        job = Job(LANE, text, work, self._done, self._fail, self._stopped, gently=ended.set)
        self._jobs.submit(job)

    def stop(self) -> None:
        """End the fitting at once; what was learned is kept."""
        self._jobs.cancel(LANE)

    def look(self, clip: Clip) -> None:
        """Show the states over another clip, if the network takes it."""
        self._wanted = clip
        now, keras = self._session.recurrent, self._keras
        if now is None or now.fit is None or now.running or keras is None:
            return
        fit = now.fit
        if clip.shape != fit.form.clip:
            return

        def work(progress: Progress) -> HiddenStates:
            from voxviewer.networks.recurrent import hidden_states

            return hidden_states(fit, [clip], progress=progress, keras=keras)[0]

        job = Job("states", "Running the network", work, self._has_states, self._fail)
        self._jobs.submit(job)

    def save(self, path: str, then: Callable[[str], None]) -> None:
        """Save the network as `.keras`; `then` is called with the path."""
        now, keras = self._session.recurrent, self._keras
        if now is None or now.fit is None or keras is None:
            return
        fit = now.fit

        def work(progress: Progress) -> str:
            from voxviewer.networks.recurrent import save_recurrent

            return save_recurrent(fit, path, progress=progress, keras=keras)

        self._jobs.submit(Job("export", "Saving the network", work, then, self._report))

    # what comes home

    def _states(self, fit: RecurrentFit, clips: Sequence[Clip], progress: Progress) -> HiddenStates:
        """On the job's thread: over the clip that is looked at, else one that was held out."""
        wanted = self._wanted
        if wanted is None or wanted.shape != fit.form.clip:
            wanted = clips[fit.held_out[0] if fit.held_out else 0]
        from voxviewer.networks.recurrent import hidden_states

        return hidden_states(fit, [wanted], progress=progress, keras=self._keras)[0]

    def _tell(self, **news: Any) -> None:
        """On the job's thread: hand the newest on, one at a time."""
        waiting, self._news = self._news, {**(self._news or {}), **news}
        if waiting is None:
            self._jobs.post(self._take)

    def _take(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            self._show(**news)

    def _show(self, **news: Any) -> None:
        if self._session.recurrent is not None:
            self._session.recurrent = replace(self._session.recurrent, **news)

    def _done(self, fit: RecurrentFit) -> None:
        self._show(fit=fit, running=False)
        now = self._session.recurrent
        if now is not None and (now.hidden is None or now.hidden.fit is not fit):
            shown = self._wanted or (now.hidden.clip if now.hidden is not None else None)
            if shown is not None:
                self.look(shown)
        stopped = fit.epochs < fit.settings.epochs
        words = "Fitting stopped, what was learned is kept." if stopped else "Fitted."
        self._session.notice = Notice("ok", f"{fit.form.title}: {words}", "", PLACE)

    def _has_states(self, hidden: HiddenStates) -> None:
        now = self._session.recurrent
        if now is not None and hidden.fit is now.fit:
            self._show(hidden=hidden)

    def _stopped(self) -> None:
        self._show(running=False)

    def _fail(self, error: BaseException) -> None:
        text, detail = sentences(error)
        self._show(running=False, problem=f"{text} {detail}".strip())
        self._report(error)

    def _report(self, error: BaseException) -> None:
        text, detail = sentences(error)
        self._session.notice = Notice("error", text, detail, PLACE)

    def _on_clip(self, clip: Clip | None) -> None:
        """Who looked at the clip that is open looks at the new one."""
        now = self._session.recurrent
        if clip is None or now is None or now.hidden is None:
            return
        if all(one is not now.hidden.clip for one in now.clips):
            self.look(clip)
