"""The files that were opened lately, kept between starts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

LIMIT = 10
_KEY = "recent/v1"


def settings() -> QSettings:
    """Window geometry and recent files; plain INI, in the user's own folder."""
    return QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, "voxviewer", "voxviewer"
    )


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
