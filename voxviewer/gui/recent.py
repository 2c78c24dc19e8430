"""The files that were opened lately, and the settings file that keeps them between starts."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from PySide6.QtCore import QSettings

log = logging.getLogger(__name__)

LARGEST = 1_000_000
"""Bytes; a settings file has a few thousand."""
LIMIT = 10
_KEY = "recent/v1"


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


def remember(path: str) -> None:
    """Put a path first; samples are always there and need no remembering."""
    if path.startswith("sample:"):
        return
    full = str(Path(path).absolute())
    settings().setValue(_KEY, [full, *(item for item in recent() if item != full)][:LIMIT])


def forget_all() -> None:
    """Clear the list."""
    settings().remove(_KEY)
