"""The files that were opened lately, and the settings file that keeps them between starts."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from PySide6.QtCore import QSettings

log = logging.getLogger(__name__)

LARGEST = 1_000_000
"""Bytes; a settings file has a few thousand."""
LIMIT = 10
_KEY = "recent/v1"
_ABOUT = "recent/about"


@dataclass(frozen=True)
class About:
    """What a file was when it was opened: an icon's name, a few words, the day as "2026-11-21"."""

    icon: str
    words: str
    day: str


def settings() -> QSettings:
    """Window geometry and recent files; plain INI, in the user's own folder."""
    return QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, "voxviewer", "voxviewer"
    )


def set_aside_bad_settings() -> str:
    """Move a settings file that is none out of the way, so that it never blocks the start.

    Returns
    -------
    where it lies now, "" where there was nothing to move
    """
    path = Path(settings().fileName())
    try:
        if not path.exists() or _is_readable(path):
            return ""
        aside = path.with_name(path.name + ".bad")
        os.replace(path, aside)
    except OSError as error:
        log.warning("the settings file can be neither read nor moved: %s", error)
        return ""
    log.warning("the settings file was none and was set aside as %s", aside)
    return str(aside)


def _is_readable(path: Path) -> bool:
    """True for a text of the size of settings whose heads are whole.

    Qt itself reads nearly anything as settings, and takes the nonsense into the next file.
    """
    if not path.is_file() or path.stat().st_size > LARGEST:
        return False
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return False
    heads = [line for line in text.splitlines() if line.startswith("[")]
    return "\0" not in text and all(line.rstrip().endswith("]") for line in heads)


def recent() -> list[str]:
    """Return paths, the latest first; some may be gone."""
    stored: object = settings().value(_KEY, [])
    # A list of one comes back as a plain string.
    items = stored if isinstance(stored, list) else [stored]
    return [item for item in items if isinstance(item, str) and item][:LIMIT]


def about() -> dict[str, About]:
    """Return what is known of the paths that are remembered; of some nothing may be."""
    stored: object = settings().value(_ABOUT, "")
    try:
        items = json.loads(stored) if isinstance(stored, str) and stored else {}
    except ValueError:
        return {}
    if not isinstance(items, dict):
        return {}
    return {path: About(*words) for path, words in items.items() if _is_about(words)}


def _is_about(words: object) -> bool:
    whole = isinstance(words, list) and len(words) == len(fields(About))
    return whole and all(isinstance(word, str) for word in words)  # type: ignore[attr-defined]


def remember(path: str, known: About | None = None) -> None:
    """Put a path first; samples are always there and need no remembering."""
    if path.startswith("sample:"):
        return
    full = str(Path(path).absolute())
    paths = [full, *(item for item in recent() if item != full)][:LIMIT]
    kept = about()
    if known is not None:
        kept[full] = known
    words = {item: list(astuple(kept[item])) for item in paths if item in kept}
    settings().setValue(_KEY, paths)
    settings().setValue(_ABOUT, json.dumps(words))


def forget_all() -> None:
    """Clear the list."""
    settings().remove(_KEY)
    settings().remove(_ABOUT)
