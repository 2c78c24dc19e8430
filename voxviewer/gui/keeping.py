"""What was chosen and open, kept on disk while the window lives, so that a crash loses nothing.

One file a running window, named after its process; closing the window takes it away. A file whose
process is gone belongs to a window that did not close: its state can be had again.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from voxviewer import recipe
from voxviewer.files import replace_file
from voxviewer.jobs import Job
from voxviewer.session import Notice
from voxviewer.settings import Choices

if TYPE_CHECKING:
    from voxviewer.data import Progress
    from voxviewer.pipeline import Pipeline
    from voxviewer.session import History, Session
    from voxviewer.settings import Opening

log = logging.getLogger(__name__)

QUIET = 800
"""Milliseconds without a new choice after which the state is written."""
LARGEST = 20_000_000
"""Bytes of a state file; a larger one is none of ours."""


@dataclass(frozen=True)
class Kept:
    """A state: every open source in order, and the choices of the current one."""

    openings: tuple[Opening, ...]
    choices: Choices


def state_folder() -> Path:
    """Return the folder of state files, the user's own."""
    import platformdirs

    return platformdirs.user_state_path("voxviewer", appauthor=False) / "windows"


def to_text(kept: Kept) -> str:
    """Return the state as JSON."""
    sources = [recipe.to_json(Choices(opening=opening))["opening"] for opening in kept.openings]
    return json.dumps({"sources": sources, "choices": recipe.to_json(kept.choices)})


def from_text(text: str) -> Kept:
    """Return the state of a text.

    Raises
    ------
    ValueError
        where it is none, in one sentence
    """
    data: Any = json.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("sources"), list):
        raise ValueError("This is not the state of a voxviewer window.")
    choices = recipe.from_json(data.get("choices"))
    blank = recipe.to_json(Choices())
    openings = [recipe.from_json(blank | {"opening": item}).opening for item in data["sources"]]
    return Kept(tuple(item for item in openings if item is not None), choices)


def left_behind(folder: Path) -> tuple[Path, ...]:
    """Return the state files whose windows did not close, the newest first."""
    import psutil

    found = []
    for path in folder.glob("*.json"):
        if path.stem.isdigit() and not psutil.pid_exists(int(path.stem)):
            found.append((path.stat().st_mtime, path))
    return tuple(path for _, path in sorted(found, reverse=True))


def take(paths: tuple[Path, ...]) -> Kept | None:
    """Return the newest state that can be read and holds a source; all the files are removed."""
    kept = None
    for path in paths:
        try:
            if kept is None and path.stat().st_size <= LARGEST:
                found = from_text(path.read_text(encoding="utf-8"))
                kept = found if found.openings else None
        except (OSError, ValueError, RecursionError) as error:
            log.warning("a state that was left behind cannot be read: %s", error)
        path.unlink(missing_ok=True)
    return kept


class Keeper(QObject):
    """Writes the session's state a moment after each change; offers a state that was left behind.

    Everything that touches the disk is a job. Where the folder cannot be written, nothing is kept
    and nobody is bothered.
    """

    def __init__(
        self, session: Session, history: History, pipeline: Pipeline, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._pipeline = pipeline
        self._folder = state_folder()
        self._path = self._folder / f"{os.getpid()}.json"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET)
        self._timer.timeout.connect(self.write)
        history.changed.connect(self._wait)
        session.events.sources.connect(self._wait)
        session.events.current.connect(self._wait)

    def look(self) -> None:
        """Look for a state that was left behind; called after the first paint."""
        folder = self._folder
        self._submit("Looking for a lost session", lambda _: take(left_behind(folder)), self._offer)

    def close(self) -> None:
        """The window closes as it should: nothing is left behind."""
        self._timer.stop()
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the state file stays: %s", error)

    def write(self) -> None:
        """Write what is true now."""
        openings = tuple(source.opening for source in self._session.sources)
        kept, path = Kept(openings, self._session.choices), self._path

        def work(_: Progress) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replace_file(path) as part:
                part.write_text(to_text(kept), encoding="utf-8")

        self._submit("Keeping the session", work, lambda _: None)

    def restore(self, kept: Kept) -> None:
        """Open everything again, and choose what was chosen."""
        self._session.restore(kept.choices)
        first = kept.choices.opening
        rest = [opening for opening in kept.openings if opening != first]
        self._pipeline.open_each([first, *rest] if first is not None else rest)

    def _wait(self, *_: Any) -> None:
        self._timer.start()

    def _offer(self, kept: Kept | None) -> None:
        if kept is None:
            return
        count = len(kept.openings)
        what = Path(kept.openings[0].path).name if count == 1 else f"{count} sources"
        self._session.notice = Notice(
            "warning",
            "The last session did not end as it should.",
            f"{what} and every choice can be had again.",
            "restore",
            ("Restore", lambda: self.restore(kept)),
        )

    def _submit(self, text: str, work: Any, done: Any) -> None:
        self._pipeline.jobs.submit(Job("keep", text, work, done, self._on_failed))

    def _on_failed(self, error: BaseException) -> None:
        log.warning("the session is not kept: %s", error)
