"""What the window does: train in the background, show how it goes, keep what was learned.

While it runs the filters follow the network, so that their pictures and maps change; whoever
chooses other filters meanwhile is left alone. All methods are called on the GUI thread.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxviewer.files import TooLargeError
from voxviewer.jobs import Job
from voxviewer.learning.course import LANE, Course
from voxviewer.learning.teaching import Training, chosen, make_lesson, teach
from voxviewer.session import LessonNow, Notice

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from voxviewer.data import Progress
    from voxviewer.jobs import JobRunner
    from voxviewer.learning.gathering import Data
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.lesson import Lesson, News
    from voxviewer.session import History, Session
    from voxviewer.settings import FilterSettings

MISSING = "Keras is not there. Install TensorFlow and Keras to train."


class Trainer:
    """The one training of a session.

    Parameters
    ----------
    session, jobs, history : the state, what runs, and the steps back
    keras : the Keras process; None: there is none
    """

    def __init__(
        self, session: Session, jobs: JobRunner, history: History, keras: KerasEngine | None
    ) -> None:
        self._session, self._jobs, self._history = session, jobs, history
        self._keras = keras
        self._shown: FilterSettings | None = None
        text = "Training filters"
        self._course = Course(session, jobs, "lesson", text, LANE, self._on_news)
        self.stop = self._course.stop

    def start(self, data: Data = None, *, allow_large: bool = False) -> None:
        """Train on data, else on the clip that is there, by the session's settings."""
        session, keras = self._session, self._keras
        settings, encoding = session.training, session.encoding
        if data is None and settings.task in ("next-frame", "autoencoder"):
            data = session.clip
        if keras is None:
            self._fail(RuntimeError(MISSING))
            return

        def work(progress: Progress, ended: threading.Event) -> Training:
            def hear_lesson(lesson: Lesson) -> None:
                self._jobs.post(lambda: self._course.show(lesson=lesson))

            def hear(news: News) -> None:
                self._course.tell(news=news)

            return teach(
                data, settings, encoding, keras, progress=progress, news=hear,
                stop=ended.is_set, lesson_made=hear_lesson, allow_large=allow_large,
            )  # fmt: skip

        failed = partial(self._fail, again=partial(self.start, data, allow_large=True))
        now = LessonNow(settings, running=True)
        before, self._shown = self._shown, session.filters
        if not self._course.begin(now, work, self._done, failed, self._history.commit):
            self._shown = before

    def plan(self, data: Data = None) -> None:
        """Show what would be trained, and on what, without training."""
        session = self._session
        settings, encoding = session.training, session.encoding
        if data is None and settings.task in ("next-frame", "autoencoder"):
            data = session.clip

        def work(progress: Progress) -> Lesson:
            return make_lesson(data, settings, encoding, progress=progress)[0]

        def done(lesson: Lesson) -> None:
            session.lesson = LessonNow(settings, lesson)

        if not self._jobs.busy(LANE):
            self._jobs.submit(
                Job(LANE, "Looking at what there is to learn", work, done, self._fail)
            )

    def save(self, path: str) -> None:
        """Write the network that was trained, and beside it how it was made."""
        training = self._session.lesson.training if self._session.lesson is not None else None
        if training is None:
            return

        def done(written: str) -> None:
            text = f"{Path(written).name} written, with its layer {training.layer}."
            self._session.notice = Notice("ok", text, "", f"export:{written}")

        def work(_: Progress) -> str:
            written: str = training.save(path, self._keras)
            return written

        self._jobs.submit(Job("export", "Saving the network", work, done, self._course.report))

    # what comes home

    def _on_news(self, told: dict[str, Any]) -> None:
        """Let the filters follow, calmly: the maps of the last ones come first."""
        calm = not (self._jobs.busy("bank") or self._jobs.busy("convolve"))
        if self._jobs.busy(LANE) and calm:
            self._follow(chosen(told["news"].bank))

    def _follow(self, filters: FilterSettings) -> None:
        """Show the filters as they are now, unless a person has chosen others meanwhile."""
        session = self._session
        if session.follow and session.filters == self._shown:
            session.filters = self._shown = filters

    def _done(self, training: Training) -> None:
        session = self._session
        self._course.show(training=training, running=False)
        self._follow(training.filters())
        self._history.commit()
        last = training.history[-1]
        words = "Training stopped, what was learned is kept." if training.stopped else "Trained."
        figures = last.words(training.lesson.network.metric)
        session.notice = Notice("ok", words, figures, LANE)

    def _fail(self, error: BaseException, again: Callable[[], None] | None = None) -> None:
        """Say why; `again` goes on where a person may insist."""
        insist = again is not None and isinstance(error, TooLargeError) and error.askable
        self._course.fail(error, ("Go on anyway", again) if again is not None and insist else None)
