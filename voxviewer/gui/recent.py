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
    stored = settings().value(_KEY, [])
    items = [stored] if isinstance(stored, str) else list(stored or [])
    return [str(item) for item in items if item][:LIMIT]


def remember(path: str) -> None:
    """Put a path first; samples are always there and need no remembering."""
    if path.startswith("sample:"):
        return
    full = str(Path(path).absolute())
    settings().setValue(_KEY, [full, *(item for item in recent() if item != full)][:LIMIT])


def forget_all() -> None:
    """Clear the list."""
    settings().remove(_KEY)
