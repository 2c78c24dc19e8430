"""What filters are called that came out of a training. Knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voxviewer.session import Session
    from voxviewer.settings import FilterSettings


def trained_name(session: Session, filters: FilterSettings) -> str:
    """Return "Training", "Trained" or "Before training" of the last training's; "" of others."""
    now = session.lesson
    if now is None or filters.source != "edited":
        return ""
    if now.running:
        return "Training" if now.news is not None and filters == session.filters else ""
    if now.training is None:
        return ""
    if filters.kernels == now.training.filters().kernels:
        return "Trained"
    return "Before training" if filters.kernels == now.training.filters_before().kernels else ""
