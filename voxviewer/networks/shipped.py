"""Models that come with the program, named as samples are: `sample:waves.keras`."""

from __future__ import annotations

import os

from voxviewer.files import SourceError, asset

PREFIX = "sample:"
WAVES = "sample:waves.keras"
"""Tells waves that move left, right, up and down from still ones; see `learning.shipped`."""
SHIPPED = {WAVES: ("resources", "trained", "waves.keras")}


def model_path(path: str | os.PathLike[str]) -> str:
    """Where a model lies: of a shipped one its place in the program, else the path itself."""
    text = os.fspath(path)
    if not text.startswith(PREFIX):
        return text
    if text not in SHIPPED:
        raise SourceError(text, "is not one of the models", f"There is {', '.join(SHIPPED)}")
    return os.fspath(asset(*SHIPPED[text]))


__all__ = ["WAVES", "model_path"]
