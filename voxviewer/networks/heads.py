"""Which models give scores of classes, and which of their layers have a place in the clip.

Decided from the configuration alone, before Keras sees the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.files import SourceError
from voxviewer.networks.doctor import steps_of
from voxviewer.networks.layer_graph import output_names
from voxviewer.networks.layer_info import CONV3D
from voxviewer.networks.model_files import Model
from voxviewer.networks.passage import WRAPPERS, passage
from voxviewer.networks.places import AXES

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from voxviewer.networks.layer_graph import Step
    from voxviewer.networks.passage import Passage
    from voxviewer.networks.places import Places

REMEDY = (
    "Grad-CAM and occlusion need a model that ends in one score for each class, as in Dense behind "
    "Flatten or global pooling"
)


@dataclass(frozen=True)
class Head:
    """A model that gives scores of classes.

    Attributes
    ----------
    way : the clip's way to the scores
    count : how many scores there are; None where only Keras knows
    layers : name and class of the layers that have maps with a place in the clip, in their order
    """

    way: Passage
    count: int | None
    layers: tuple[tuple[str, str], ...]

    @property
    def layer(self) -> str:
        """The last Conv3D; where there is none, the last layer that has maps; "" without any."""
        convolutions = [name for name, kind in self.layers if kind in CONV3D]
        return next(reversed(convolutions or [name for name, _ in self.layers]), "")


def find_head(path: str | os.PathLike[str], clip: Sequence[int], batch: int = 1) -> Head:
    """Look for a model's scores, for a clip (T, H, W, C), of which `batch` run at once.

    Raises
    ------
    SourceError
        where the file must not or cannot be run, the clip does not fit it, or it has no scores
    """
    T, H, W, C = clip
    with Model(path) as model:
        config = model.config
    names = output_names(config) if config else []
    way = passage(path, names[0] if names else "", clip, batch)  # refuses what must not be run
    if len(names) > 1:
        problem = f"puts out {len(names)} arrays ({', '.join(names)})"
        raise SourceError(path, problem, f"{REMEDY}, and nothing else")
    if way.output is not None:
        _require_scores(path, way.output)
    steps = steps_of(config, (T, H, W, C))
    layers = tuple(
        (step.name, step.class_name) for step in steps.values() if _has_maps(step, steps)
    )
    return Head(way, None if way.output is None else way.output[-1].size, layers)


def _require_scores(path: str | os.PathLike[str], output: Places) -> None:
    if all(along.size == 1 and not along.axis for along in output[:-1]):
        return
    shape = ", ".join("?" if along.size is None else str(along.size) for along in output)
    raise SourceError(path, f"puts out ({shape}), no scores of classes", REMEDY)


def _has_maps(step: Step, steps: dict[str, Step]) -> bool:
    """Whether a layer has values along T, H and W, and runs by itself."""
    axes = [along.axis for along in step.output or ()]
    if step.class_name == "InputLayer" or sorted(axes) != sorted((*AXES, "C")):
        return False
    around = step.name.rpartition("/")[0]
    return around not in steps or steps[around].class_name not in WRAPPERS
