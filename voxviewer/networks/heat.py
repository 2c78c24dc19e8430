"""Where in a clip a model's answer comes from: the noun, and how values come to lie on the clip.

A map voxel u of a layer is centered on clip position `offset + u * stride`. Stretching the map over
the clip would put it elsewhere: windows without padding begin inside the clip, and pooling by an
even number moves every center by half a voxel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Clip, Float32, Float64
    from voxviewer.networks.passage import Placed

METHODS = ("grad-cam", "occlusion")


@dataclass(frozen=True, eq=False)
class Heat:
    """Which voxels of a clip speak for a class.

    Attributes
    ----------
    data : (T, H, W) float32, on the clip's own grid. Grad-CAM: 0 or more, in units of the score.
        Occlusion: how far the score falls where a voxel is covered; negative where it rises
    clip : of the same T, H, W
    method : "grad-cam" or "occlusion"
    model, target : path of the model, and the class that was asked about
    scores : (K,) float32, what the model says of the whole clip
    layer : of Grad-CAM, else ""
    raw : what `data` was made of: the layer's weighted sum (T', H', W') before negative values are
        dropped, or the fall for each box (nT, nH, nW)
    words : what was differentiated, or how boxes were laid, in one line
    seconds : without start-up
    made_with : "keras", "tensorflow", "onednn", "threads", "seed", "written_by"
    """

    data: Float32
    clip: Clip
    method: str
    model: str
    target: int
    scores: Float32
    layer: str
    raw: Float32
    words: str
    seconds: float
    made_with: Mapping[str, Any] = field(default_factory=dict)


def spread(values: Float32, at: Placed, clip: Sequence[int]) -> Float32:
    """Lay a layer's values on a clip, each at its center and linear between centers.

    Beyond the outermost centers their values are held as far as their windows reach; voxels that no
    window sees are 0.

    Parameters
    ----------
    values : (T', H', W')
    at : where they lie
    clip : T, H, W of the clip, and more

    Returns
    -------
    (T, H, W) float32
    """
    rows = zip(clip, values.shape, at.stride, at.offset, at.receptive_field, strict=False)
    T, H, W = (_line(*row) for row in rows)
    made: Float64 = np.einsum("ta,hb,wc,abc->thw", T, H, W, values, optimize=True)
    return made.astype(np.float32)


def _line(size: int, count: int, stride: float, offset: float, reach: float) -> Float64:
    """How much of each of `count` values each of `size` clip positions gets, (size, count)."""
    places = np.arange(size)
    u = np.clip((places - offset) / stride, 0, count - 1)
    share: Float64 = np.maximum(1 - np.abs(u[:, None] - np.arange(count)), 0)
    first, last = offset - (reach - 1) / 2, offset + (count - 1) * stride + (reach - 1) / 2
    share[(places < first) | (places > last)] = 0
    return share


def box_starts(size: int, box: int, stride: int) -> NDArray[np.int64]:
    """Where boxes begin along an axis, so that the last one ends with it."""
    last = size - box
    starts = np.arange(0, last + 1, stride)
    return starts if starts[-1] == last else np.append(starts, last)


def averaged(
    drops: Float32, starts: Sequence[NDArray[np.int64]], box: Sequence[int], clip: Sequence[int]
) -> Float32:
    """Give each voxel the mean of what all boxes over it did.

    Parameters
    ----------
    drops : (nT, nH, nW), of the boxes at `starts`, which cover every voxel
    starts, box : along T, H and W
    clip : T, H, W of the clip, and more

    Returns
    -------
    (T, H, W) float32
    """
    cover = [
        ((np.arange(size)[:, None] >= first) & (np.arange(size)[:, None] < first + length)).astype(
            np.float64
        )
        for size, first, length in zip(clip, starts, box, strict=False)
    ]
    total = np.einsum("ta,hb,wc,abc->thw", *cover, drops.astype(np.float64), optimize=True)
    counts = np.einsum("t,h,w->thw", *(rows.sum(axis=1) for rows in cover))
    made: Float32 = (total / counts).astype(np.float32)
    return made
