"""What is asked of a model, as one frozen value, and the work that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.session import HeatNow

if TYPE_CHECKING:
    from voxviewer.data import Clip, Progress
    from voxviewer.networks.client import KerasEngine

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Question:
    """Which model, which class, how; None: the predicted class, the last Conv3D, the mean."""

    model: str
    method: str = "grad-cam"
    target: int | None = None
    layer: str | None = None
    box: Triple = (1, 1, 1)
    stride: Triple = (1, 1, 1)
    baseline: float | None = None


def answer(question: Question, clip: Clip, keras: KerasEngine, progress: Progress) -> HeatNow:
    """Ask Keras' process; for a job's thread."""
    from voxviewer.network_maps import heat_maps
    from voxviewer.networks.explaining import grad_cam, occlusion
    from voxviewer.render.limits import map_ranges

    if question.method == "grad-cam":
        heat = grad_cam(
            clip, question.model, question.layer, question.target, progress=progress, keras=keras
        )
    else:
        heat = occlusion(
            clip,
            question.model,
            question.target,
            box=question.box,
            stride=question.stride,
            baseline=question.baseline,
            progress=progress,
            keras=keras,
        )
    maps = heat_maps(heat)
    map_ranges(maps)  # kept per maps: the views ask for it on the GUI thread
    return HeatNow(heat, maps)
