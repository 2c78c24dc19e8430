"""Folders that a person drops: what is in them, and nothing that links lead to outside."""

from __future__ import annotations

import os
from pathlib import Path


def stays_inside(path: str | os.PathLike[str], folder: Path) -> bool:
    """True for what is no link, and for a link to something in the folder."""
    try:
        return not os.path.islink(path) or Path(path).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a ring of links
        return False


def file_names(folder: Path) -> list[str]:
    """The regular files of a folder, in no order; links that lead out of it are left out."""
    with os.scandir(folder) as entries:
        return [
            entry.name for entry in entries if entry.is_file() and stays_inside(entry.path, folder)
        ]
