"""Are these values labels? Blending two labels makes a third one that nobody drew.

nilearn warns of continuous interpolation of label images for the same reason; only order 0 keeps
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW = 24
"""So many different whole numbers are labels wherever they lie."""

MANY = 512
"""Up to so many are, where nearly all voxels equal their neighbor (FreeSurfer names hundreds)."""

ALIKE = 0.9
"""Share of voxels that equal the next one in their row, in a map of many labels."""

SAMPLE = 1 << 18
"""Values that are looked at."""


def looks_like_labels(values: NDArray[Any]) -> bool:
    """Whether values are a few whole numbers, as in a segmentation: nearest is what keeps them.

    Parameters
    ----------
    values : any shape, rows last; NaN is no label. Some hundred thousand of them are looked at, in
        whole rows

    Example
    -------
    >>> looks_like_labels(np.repeat([0, 4, 43], 50)), looks_like_labels(np.arange(200))
    (True, False)
    """
    if values.ndim == 0 or values.size < 2 or values.dtype.kind not in "buif":
        return False
    rows = values.reshape(-1, values.shape[-1])
    step = -(-rows.size // SAMPLE)
    seen = rows[::step]
    if values.dtype.kind == "f" and not (np.isfinite(seen).all() and (seen == np.rint(seen)).all()):
        return False
    count = len(np.unique(seen))
    if not 2 <= count <= min(MANY, seen.size // 4):
        return False
    return count <= FEW or bool(np.mean(seen[:, 1:] == seen[:, :-1]) >= ALIKE)


def label_warning(values: NDArray[Any], order: int) -> tuple[str, ...]:
    """A sentence where labels are about to be blended by order 1 or more; else none."""
    if order == 0 or not looks_like_labels(values):
        return ()
    return (
        "The values look like labels, a few whole numbers: resampled by order 0, nearest, they "
        "stay labels; now neighbors are blended.",
    )
