"""Pictures of the ways a volume can be taken: the middle frame of each, made in a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxviewer.encoding.arranging import arranged
from voxviewer.gui.views import planes
from voxviewer.render.thumbnails import thumbnail
from voxviewer.settings import EncodingSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Progress, Volume
    from voxviewer.encoding.candidates import Candidate

FINE = 192
"""Rows and columns that are read of a plane: enough for a picture of a hundred pixels."""


def candidate_pictures(
    volume: Volume, found: Sequence[Candidate], size: tuple[int, int], progress: Progress
) -> list[NDArray[np.uint32]]:
    """Return (h, w) uint32 pixels of each candidate; only as many values are read as are seen."""
    pictures = []
    for number, item in enumerate(found):
        progress(number / len(found), item.label)
        pictures.append(_picture(volume, item, size))
    return pictures


def _picture(volume: Volume, item: Candidate, size: tuple[int, int]) -> NDArray[np.uint32]:
    made, _ = arranged(volume, EncodingSettings(roles=item.roles))
    T, D, H, W, C = made.shape
    rows, columns = (slice(None, None, -(-length // FINE)) for length in (H, W))
    colors = slice(None) if C in (3, 4) else slice(0, 1)
    plane = np.asarray(made.voxels[T // 2, D // 2, rows, columns, colors])
    pixels = planes.source_pixels(plane, planes.source_scale(plane, None))
    return _fitted(pixels, size)


def _fitted(pixels: NDArray[np.uint32], size: tuple[int, int]) -> NDArray[np.uint32]:
    """The whole picture in the middle of a black one of that size, small ones enlarged."""
    H, W = pixels.shape
    scale = min(size[0] / H, size[1] / W)
    h, w = max(1, min(size[0], round(H * scale))), max(1, min(size[1], round(W * scale)))
    if scale > 1:
        rows, columns = (np.arange(n) * m // n for n, m in ((h, H), (w, W)))
        small = pixels[rows[:, None], columns]
    else:
        small = _averaged(pixels, w, h)
    out = np.full(size, 0xFF000000, np.uint32)
    top, left = (size[0] - h) // 2, (size[1] - w) // 2
    out[top : top + h, left : left + w] = small
    return out


def _averaged(pixels: NDArray[np.uint32], w: int, h: int) -> NDArray[np.uint32]:
    """A smaller picture; one that is a single line stays a line."""
    return thumbnail(np.ascontiguousarray(pixels), w, h)
