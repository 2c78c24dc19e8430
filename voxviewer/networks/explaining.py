"""Where a model's answer comes from: Grad-CAM and occlusion, asked for.

heat = grad_cam(clip, "net.keras")                # (T, H, W), for the class the model predicts
heat = occlusion(clip, "net.keras", target=2, box=(4, 8, 8))
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import frozen, no_progress
from voxviewer.files import SourceError, require_memory
from voxviewer.networks.client import WORKSPACE, keras_engine
from voxviewer.networks.heads import find_head
from voxviewer.networks.heat import Heat, averaged, box_starts, spread
from voxviewer.networks.passage import passage
from voxviewer.settings.checks import require_count, triple_of

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from voxviewer.data import Clip, Progress
    from voxviewer.networks.client import KerasEngine
    from voxviewer.networks.heads import Head
    from voxviewer.networks.passage import Passage
    from voxviewer.workers import Answer

BATCH_BYTES = 32 << 20
"""Bytes of covered clips that run at once."""
BATCH = 16
BOXES = 200_000
"""More runs of a model than anybody waits for."""


def grad_cam(
    clip: Clip,
    model: str | os.PathLike[str],
    layer: str | None = None,
    target: int | None = None,
    *,
    progress: Progress = no_progress,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
) -> Heat:
    """Say which places of a layer speak for a class, and lay them over the clip.

    Grad-CAM (Selvaraju et al., 2017) in three dimensions: the layer's maps, each weighted by the
    mean slope of the class's score (before softmax or sigmoid), summed; what is below 0 is dropped.
    The sum lies on the clip where the layer's windows are centered.

    Parameters
    ----------
    clip : (T, H, W, C) float32, of the size that the model takes
    model : path of a `.keras` or `.h5` file that ends in one score for each class
    layer : whose maps are weighted; the last Conv3D by default
    target : the class; the one with the highest score by default
    progress : called with (share done, words); may raise to stop
    allow_large : go on where more than half of the free memory is needed
    keras : the Keras process to use; this program's own by default

    Returns
    -------
    Heat
        `data` (T, H, W) float32, 0 or more

    Raises
    ------
    SourceError
        where the file must not or cannot be run, gives no scores, or the layer has no place in the
        clip; the sentence says what to do
    ValueError
        where there is no such class
    TooLargeError, KerasMissing, EngineError, Cancelled
        as `run_model`

    Example
    -------
    >>> heat = vv.grad_cam(clip, "net.keras")
    >>> heat.layer, heat.target, heat.data.shape == clip.shape[:3]
    ('conv3d_2', 1, True)
    """
    engine = keras or keras_engine()
    head = find_head(model, clip.shape)
    way = passage(model, layer or _default_layer(head), clip.shape)
    if way.layer not in dict(head.layers):
        problem = f"layer {way.layer!r} ({way.class_name}) has no maps with a place in the clip"
        named = ", ".join(name for name, _ in head.layers) or "none"
        raise SourceError(way.path, problem, f"Layers that have: {named}")
    _require_class(head, target)
    # What the layer puts out and its slope are there once more each, as TensorFlow's and as ours.
    needed = head.way.kept + 3 * way.output_bytes + WORKSPACE
    require_memory(needed, clip.name, "Grad-CAM", allow_large=allow_large)
    at = engine.places(way, clip.shape, progress)
    values = {**_file(way), "layer": way.layer, "order": list(at.order), "target": target}
    outputs = {"heat": (at.shape[:3], "<f4")}
    answer = _asked(engine, head, "grad_cam", values, {"clip": clip.data}, outputs, progress)
    raw = answer.arrays["heat"]
    before = "before softmax or sigmoid" if answer.values["squashed"] else "as the model gives it"
    words = f"Slope of the score {before} for {way.layer} ({way.class_name})"
    data = spread(np.maximum(raw, 0), at, clip.shape)
    return _heat(engine, head, clip, answer, ("grad-cam", way.layer, words), (data, raw))


def occlusion(
    clip: Clip,
    model: str | os.PathLike[str],
    target: int | None = None,
    *,
    box: Sequence[int] | None = None,
    stride: Sequence[int] | None = None,
    baseline: float | None = None,
    progress: Progress = no_progress,
    allow_large: bool = False,
    keras: KerasEngine | None = None,
) -> Heat:
    """Cover the clip by a box, place after place, and say how far a class's score falls.

    After Zeiler and Fergus (2014). Each voxel has the mean of all boxes that cover it; it is
    negative where the score rises without it. The model runs once for each box.

    Parameters
    ----------
    clip, model, target : as `grad_cam`
    box : T, H, W of the box; a quarter of the clip along each axis by default
    stride : steps from box to box along T, H, W, at most the box; half a box by default
    baseline : what the box is filled with; each channel's mean by default
    progress, allow_large, keras : as `grad_cam`

    Returns
    -------
    Heat
        `data` (T, H, W) float32 in units of the score

    Raises
    ------
    as `grad_cam`; ValueError also for a box that does not fit

    Example
    -------
    >>> heat = vv.occlusion(clip, "net.keras", box=(4, 8, 8), stride=(2, 4, 4), baseline=0.0)
    >>> heat.raw.shape                                     # one run of the model each
    (9, 15, 15)
    """
    engine = keras or keras_engine()
    size = max(1, min(BATCH, BATCH_BYTES // max(clip.data.nbytes, 1)))
    head = find_head(model, clip.shape, size)
    _require_class(head, target)
    sizes, steps = boxes_of(clip.shape, box, stride)
    starts = [box_starts(*row) for row in zip(clip.shape, sizes, steps, strict=False)]
    # The clip itself, and covered ones: new ones are made while the last lie there still.
    needed = (1 + size) * clip.data.nbytes + head.way.held + WORKSPACE
    require_memory(needed, clip.name, "occlusion", allow_large=allow_large)
    filled = _baseline(clip, baseline)
    values = {**_file(head.way), "target": target, "box": sizes, "baseline": filled, "batch": size}
    arrays: dict[str, Any] = {"clip": clip.data}
    arrays |= {f"starts {axis}": rows for axis, rows in zip("THW", starts, strict=True)}
    outputs = {"drops": (tuple(map(len, starts)), "<f4")}
    answer = _asked(engine, head, "occlusion", values, arrays, outputs, progress)
    drops = answer.arrays["drops"]
    words = (
        f"{drops.size:,} boxes of {_size(sizes)}, every {_size(steps)}, filled with "
        f"{_filling(baseline, filled)}"
    )
    data = averaged(drops, starts, sizes, clip.shape)
    return _heat(engine, head, clip, answer, ("occlusion", "", words), (data, drops))


def boxes_of(
    clip: Sequence[int], box: Sequence[int] | None, stride: Sequence[int] | None
) -> tuple[list[int], list[int]]:
    """The box and its steps along T, H, W, checked against a clip (T, H, W, C).

    Raises
    ------
    ValueError
        where the box is larger than the clip, steps leave voxels out, or there are too many
    """
    quarters = tuple(max(1, n // 4) for n in clip[:3])
    sizes = list(triple_of("box", quarters if box is None else box))
    if any(length > n for length, n in zip(sizes, clip, strict=False)):
        raise ValueError(f"a box of {_size(sizes)} does not fit a clip of {_size(clip[:3])}")
    halves = tuple(max(1, length // 2) for length in sizes)
    steps = list(triple_of("stride", halves if stride is None else stride))
    if any(step > length for step, length in zip(steps, sizes, strict=True)):
        raise ValueError(
            f"steps of {_size(steps)} leave voxels out between boxes of {_size(sizes)}; "
            "use steps of at most the box"
        )
    count = box_count(clip, sizes, steps)
    if count > BOXES:
        raise ValueError(f"{count:,} boxes take too long; use larger steps")
    return sizes, steps


def box_count(clip: Sequence[int], box: Sequence[int], stride: Sequence[int]) -> int:
    """How many boxes there are: how often the model runs."""
    rows = zip(clip, box, stride, strict=False)
    return math.prod(-(-(n - length) // step) + 1 for n, length, step in rows)


def _size(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))


def _filling(baseline: float | None, filled: list[float]) -> str:
    text = ", ".join(f"{value:.3g}" for value in filled[:3])
    if baseline is None and len(filled) > 3:
        return "each channel's mean"
    return f"the mean, {text}" if baseline is None else f"{baseline:g}"


def _baseline(clip: Clip, baseline: float | None) -> list[float]:
    """What a covered voxel has, for each channel."""
    if baseline is None:
        means: list[float] = clip.data.mean(axis=(0, 1, 2), dtype=np.float64).tolist()
        return means
    if not math.isfinite(baseline):
        raise ValueError(f"baseline must be a finite number, not {baseline!r}")
    return [float(baseline)] * clip.shape[3]


def _default_layer(head: Head) -> str:
    if head.layer:
        return head.layer
    problem = "has no layer with values along time, rows and columns"
    raise SourceError(head.way.path, problem, "Use occlusion, which needs none")


def _require_class(head: Head, target: int | None) -> None:
    if target is not None:
        require_count("target", target, 0, max((head.count or target + 1) - 1, 0))


def _file(way: Passage) -> dict[str, Any]:
    return {"path": way.path, "stamp": list(way.stamp), "first": way.first}


def _asked(
    engine: KerasEngine,
    head: Head,
    request: str,
    values: dict[str, Any],
    arrays: dict[str, Any],
    outputs: dict[str, Any],
    progress: Progress,
) -> Answer:
    try:
        return engine.ask(request, values, arrays, outputs, progress)
    except ValueError as error:
        raise engine.refused(head.way, error) from error


def _heat(
    engine: KerasEngine,
    head: Head,
    clip: Clip,
    answer: Answer,
    said: tuple[str, str, str],
    found: tuple[Any, Any],
) -> Heat:
    method, layer, words = said
    data, raw = found
    return Heat(
        data=frozen(data),
        clip=clip,
        method=method,
        model=head.way.path,
        target=int(answer.values["target"]),
        scores=frozen(np.asarray(answer.arrays["scores"], np.float32)),
        layer=layer,
        raw=frozen(raw),
        words=words,
        seconds=float(answer.values["seconds"]),
        made_with={**engine.versions, "seed": None, "written_by": head.way.version},
    )


__all__ = ["box_count", "boxes_of", "grad_cam", "occlusion"]
