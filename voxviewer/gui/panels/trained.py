"""What filters are called that came out of a training. Knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.convolution.editing import THEN_EDITED

if TYPE_CHECKING:
    from voxviewer.data import FilterBank
    from voxviewer.session import Session
    from voxviewer.settings import FilterSettings

NAMES = {"trained": "Trained", "in training": "Training", "untrained": "Before training"}
"""By the first words of where kernels come from."""


def trained_name(filters: FilterSettings) -> str:
    """Return "Training", "Trained", "Trained, edited" or "Before training"; "" of others."""
    if filters.source != "edited" or filters.kernels is None:
        return ""
    origin = filters.kernels.origin
    name = NAMES.get(origin.partition(",")[0], "")
    return f"{name}, edited" if name and origin.endswith(THEN_EDITED) else name


def trained_record(filters: FilterSettings) -> str:
    """Return how they were trained: "next-frame, 20 epochs, loss 0.012, seed 0"; "" of others."""
    if not trained_name(filters) or filters.kernels is None:
        return ""
    return filters.kernels.origin.partition(", ")[2]


def before_training(session: Session) -> FilterBank | None:
    """Return what the session's filters were before they were trained; None where they were not."""
    training = session.lesson.training if session.lesson is not None else None
    if training is None or training.filters().kernels != session.filters.kernels:
        return None
    untrained: FilterBank = training.before
    return untrained if session.filters.source == "edited" else None
