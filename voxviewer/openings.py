"""What is open: files are read in the background, listed, shown, exchanged and closed.

What was dropped together belongs together: its first file that can be read is shown, and what is
refused is told once, all of it, when the last file has been looked at. All methods are called on
the GUI thread; reading is a job, and one that is cancelled is let go at once, whatever a library
still does with its file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from voxviewer.data import Volume
from voxviewer.failures import sentences
from voxviewer.files import TooLargeError
from voxviewer.jobs import Job
from voxviewer.session import Notice, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voxviewer.data import Progress, Source
    from voxviewer.jobs import JobRunner
    from voxviewer.session import History, Session
    from voxviewer.settings import Opening


@dataclass(eq=False)
class Drop:
    """Files that were dropped together: how many are still to be read, and which were refused."""

    count: int
    show: bool = True
    left: int = 0
    refused: list[Refusal] = field(default_factory=list)


class Openings:
    """The open sources of a session.

    Parameters
    ----------
    session, jobs, history : the state, what runs, and the steps back
    """

    opened = Signal(object)
    """Emitted with the source after a file was opened."""

    def __init__(self, session: Session, jobs: JobRunner, history: History) -> None:
        self.session = session
        self.jobs = jobs
        self.history = history
        self.adjust: Callable[[Source], Source] = lambda source: source
        history.missing.connect(self._reopen)

    def open(self, paths: Sequence[str], *, stack: bool = False) -> None:
        """Open what was dropped or picked: many pictures as one clip, anything else on its own.

        `stack`: all of it as one source, over time.
        """
        wanted = list(paths)

        def work(_: Progress) -> tuple[Opening, ...]:
            from voxviewer.sources import plan_drop, plan_stack

            return plan_stack(wanted) if stack else plan_drop(wanted)

        what = Path(wanted[0]).name if len(wanted) == 1 else f"{len(wanted)} files"
        failed = partial(self._not_planned, wanted)
        self.jobs.submit(
            Job("load", f"Looking at {what}", work, self.open_each, failed, abandon=True)
        )

    def open_each(self, openings: Sequence[Opening], *, allow_large: bool = False) -> None:
        """Open several files; the first that can be read becomes the current source."""
        drop = Drop(len(openings), left=len(openings))
        for opening in openings:
            self._submit(opening, drop, allow_large)

    def open_one(self, opening: Opening, *, show: bool = True, allow_large: bool = False) -> None:
        """Open one file in the background; it becomes the current source when it is there."""
        self._submit(opening, Drop(1, show, 1), allow_large)

    def choose(self, opening: Opening) -> None:
        """Open the current file in another way, in its place: another array, series, other axes."""
        self._submit(opening, Drop(1, True, 1), False, self.session.current)

    def show(self, source: Source) -> None:
        """Make an open source the current one."""
        self._show(source)
        self.history.commit()

    def close(self, source: Source) -> None:
        """Take a source off the list; its undo steps go with it."""
        session = self.session
        place = next((n for n, item in enumerate(session.sources) if item is source), 0)
        session.sources = tuple(item for item in session.sources if item is not source)
        if session.current is source:
            # Its neighbor is where the eye is; else the list would jump to its end.
            left = session.sources
            session.current = left[min(place, len(left) - 1)] if left else None
        self.history.drop(source.opening)

    # one file

    def _submit(
        self, opening: Opening, drop: Drop, allow_large: bool, instead: Source | None = None
    ) -> None:
        def work(progress: Progress) -> Source:
            from voxviewer.sources import same_opening

            return same_opening(opening, allow_large=allow_large, progress=progress)

        name = Path(opening.path).name or opening.path
        if opening.stack is not None:
            name += f" and {len(opening.stack)} more, over time"
        done = partial(self._read, drop, instead)
        failed = partial(self._refused, drop, opening, instead)
        stopped = partial(self._one_less, drop)
        self.jobs.submit(
            Job("load", f"Opening {name}", work, done, failed, stopped=stopped, abandon=True)
        )

    def _read(self, drop: Drop, instead: Source | None, source: Source) -> None:
        self._add(self.adjust(source), instead, drop.show)
        drop.show = False  # the first that could be read is shown
        self._one_less(drop)

    def _add(self, source: Source, instead: Source | None, show: bool) -> None:
        """Put a source in the list, in the place of an earlier opening of the same file."""
        session, file = self.session, source.opening.as_read
        replaced = instead or next(
            (item for item in session.sources if item.opening.as_read == file), None
        )
        was_current = replaced is not None and session.current is replaced
        listed = [source if item is replaced else item for item in session.sources]
        if source not in listed:
            listed.append(source)
        session.sources = tuple(
            item for item in listed if item is source or item.opening.as_read != file
        )
        if show or was_current or session.current is None:
            self._show(source)
        self.history.commit()
        self.opened.emit(source)

    def _show(self, source: Source) -> None:
        """Make a source the current one; roles of axes that it has not stay behind."""
        session = self.session
        before = session.current
        session.frame = 0
        session.voxel = None
        session.current = source
        if before is not None and session.encoding.roles is not None and not alike(before, source):
            session.encoding = replace(session.encoding, roles=None)

    # what was refused

    def _refused(
        self, drop: Drop, opening: Opening, instead: Source | None, error: BaseException
    ) -> None:
        text, detail = sentences(error)
        again = None
        if isinstance(error, TooLargeError) and error.askable:
            again = partial(self._submit, opening, Drop(1, drop.count == 1, 1), True, instead)
        drop.refused.append(Refusal(opening.path, text, detail, again))
        self._one_less(drop)

    def _one_less(self, drop: Drop) -> None:
        drop.left -= 1
        if drop.left <= 0 and drop.refused:
            self._tell(drop)

    def _tell(self, drop: Drop) -> None:
        """One file is refused in a sentence, several in a list; nothing is told twice."""
        if drop.count > 1 and len(drop.refused) > 1:
            self.session.refusals = (drop.count, tuple(drop.refused))
            return
        for item in drop.refused:
            action = ("Open anyway", item.again) if item.again is not None else None
            self.session.notice = Notice("error", item.text, item.detail, "open", action)

    def _not_planned(self, paths: list[str], error: BaseException) -> None:
        text, detail = sentences(error)
        self.session.notice = Notice("error", text, detail, "open")

    # steps back

    def _reopen(self, opening: Opening) -> None:
        """A step back leads to a way of opening that was exchanged for another: read it again."""
        current = self.session.current
        instead = current if current is not None and current.opening.path == opening.path else None
        self._submit(opening, Drop(1, True, 1), False, instead)


def alike(before: Source, now: Source) -> bool:
    """Whether roles that were given to one source can be meant for another: the same axes."""
    if not isinstance(before, Volume) or not isinstance(now, Volume):
        return isinstance(now, Volume) == isinstance(before, Volume)
    return [n > 1 for n in before.shape] == [n > 1 for n in now.shape]
