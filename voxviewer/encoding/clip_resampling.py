"""A clip that is there already, resampled: for a network that takes clips of one size alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voxviewer.data import frozen
from voxviewer.encoding.geometry import resampled_affine, resampled_spacing
from voxviewer.encoding.resampling import resample

if TYPE_CHECKING:
    from voxviewer.data import Clip

Size = tuple[int, int, int]


def resampled_clip(clip: Clip, size: Size, reason: str) -> Clip:
    """Return the clip with T, H, W of this size, linearly, its edges kept; itself where it is.

    Frame, time and whether it is padding come from the nearest old frame.

    Parameters
    ----------
    clip : (T, H, W, C)
    size : T, H, W
    reason : ends the warning that the new clip bears: "for the model"
    """
    old = clip.shape[:3]
    if old == size:
        return clip
    nearest = ((np.arange(size[0]) + 0.5) * old[0] / size[0]).astype(np.int64)
    T, H, W = size
    affine, spacing = clip.affine, clip.spacing
    if affine is not None:  # whose axes are H, W, T
        affine = frozen(resampled_affine(affine, (*old[1:], old[0]), (H, W, T)))
    if spacing is not None:
        t, h, w = resampled_spacing(old, size, spacing)
        spacing = t, h, w
    told = f"The clip was resampled to {T} x {H} x {W} (T, H, W) {reason}."
    return replace(
        clip,
        data=frozen(resample(clip.data, size, 1)),
        real=frozen(clip.real[nearest]),
        frames=frozen(clip.frames[nearest]),
        times=None if clip.times is None else frozen(clip.times[nearest]),
        affine=affine,
        spacing=spacing,
        warnings=(*clip.warnings, told),
    )
