"""What the window does with recurrent networks: fit one, look into it, save it.

While it is fitted its states over one clip are shown as they change. All methods are called on the
GUI thread.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from voxviewer.data import Cancelled
from voxviewer.jobs import Job
from voxviewer.learning.course import Course
from voxviewer.learning.fitted_to import pieces_of
from voxviewer.learning.teaching import encoded
from voxviewer.session import Notice, RecurrentNow

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from voxviewer.data import Clip, Progress
    from voxviewer.jobs import JobRunner
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.recurrent_nouns import HiddenStates, RecurrentFit
    from voxviewer.session import Session

PLACE = "recurrent"
MISSING = "Keras is not there. Install TensorFlow and Keras to fit networks."


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
        text = "Fitting a recurrent network"
        self._course = Course(session, jobs, "recurrent", text, PLACE)
        self.stop = self._course.stop
        session.events.clip.connect(self._on_clip)

    def start(self) -> None:
        """Fit a network by the session's `recurrence` to the clips that its `examples` say."""
        session, keras = self._session, self._keras
        settings, encoding = session.recurrence, session.encoding
        examples, sources = session.examples, session.sources
        if keras is None:
            self._course.fail(RuntimeError(MISSING))
            return

        def work(progress: Progress, ended: threading.Event) -> RecurrentFit:
            def wait(fraction: float, text: str) -> None:
                progress(0.1 * fraction, text)

            pieces = pieces_of(examples, sources)
            clips = encoded(pieces, encoding, wait, False)
            targets = tuple(piece.target for piece in pieces)
            self._course.tell(clips=tuple(clips), targets=targets)

            def while_wanted(_: float, __: str) -> None:
                if ended.is_set():
                    raise Cancelled

            def watch(fit: RecurrentFit) -> None:
                self._course.tell(fit=fit)
                # Whoever stops does not wait for a picture of what was learned.
                with suppress(Cancelled):
                    while_wanted(0.0, "")
                    self._course.tell(hidden=self._states(fit, clips, while_wanted))

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

        now = RecurrentNow(settings, running=True)
        self._course.begin(now, work, self._done, self._course.fail)

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

        job = Job("states", "Running the network", work, self._has_states, self._course.fail)
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

        self._jobs.submit(Job("export", "Saving the network", work, then, self._course.report))

    # what comes home

    def _states(self, fit: RecurrentFit, clips: Sequence[Clip], progress: Progress) -> HiddenStates:
        """On the job's thread: over the clip that is looked at, else one that was held out."""
        wanted = self._wanted
        if wanted is None or wanted.shape != fit.form.clip:
            wanted = clips[fit.held_out[0] if fit.held_out else 0]
        from voxviewer.networks.recurrent import hidden_states

        return hidden_states(fit, [wanted], progress=progress, keras=self._keras)[0]

    def _done(self, fit: RecurrentFit) -> None:
        self._course.show(fit=fit, running=False)
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
            self._course.show(hidden=hidden)

    def _on_clip(self, clip: Clip | None) -> None:
        """Who looked at the clip that is open looks at the new one."""
        now = self._session.recurrent
        if clip is None or now is None or now.hidden is None:
            return
        if all(one is not now.hidden.clip for one in now.clips):
            self.look(clip)
