"""What a recurrent network is fitted to: clips side by side, a target each, and who is held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.data import Float32


@dataclass(frozen=True, eq=False)
class Targets:
    """One target for each clip.

    Attributes
    ----------
    classes : the words in order; empty where targets are numbers
    values : (N,) int32, the class of each clip; or (N, K) float32
    """

    classes: tuple[str, ...]
    values: NDArray[Any]

    @property
    def numbers(self) -> int:
        """K of numbers; 0 where there are classes."""
        return 0 if self.classes else int(self.values.shape[1])


def targets_of(targets: Sequence[Any], count: int) -> Targets:
    """Read targets: words and whole numbers are classes, other numbers (or rows of them) amounts.

    Raises
    ------
    ValueError
        where there are not `count` of them, only one class, or an amount is not finite
    """
    targets = list(targets)
    if len(targets) != count:
        raise ValueError(f"{count} clips need as many targets, not {len(targets)}.")
    if all(isinstance(one, (str, int, np.integer)) for one in targets):
        words = [str(one) for one in targets]
        classes = tuple(dict.fromkeys(words))
        if len(classes) < 2:
            raise ValueError("All clips have one class; give clips of at least two.")
        return Targets(classes, np.array([classes.index(word) for word in words], np.int32))
    try:
        values = np.asarray(targets, np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError("Targets must be words, or numbers of one shape.") from error
    if values.ndim > 2 or not np.isfinite(values).all():
        raise ValueError("Targets must be words, or finite numbers, one or one row for each clip.")
    return Targets((), values.reshape(count, -1))


def stacked(clips: Any) -> tuple[Float32, NDArray[np.bool_]]:
    """The data (N, T, H, W, C) and mask (N, T) of a batch or of clips of one shape."""
    if isinstance(clips, Batch):
        return clips.data, clips.real
    clips = list(clips)
    if not clips:
        raise ValueError("There are no clips to fit a network to.")
    odd = next((clip for clip in clips if clip.shape != clips[0].shape), None)
    if odd is not None:
        raise ValueError(
            f"{odd.name} is {odd.shape}, but {clips[0].name} is {clips[0].shape}: encode them with "
            "the same frames, height and width."
        )
    return np.stack([clip.data for clip in clips]), np.stack([clip.real for clip in clips])


def split(targets: Targets, share: float, seed: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The clips that are learned from and those that are held out, of each class alike.

    At least one clip of each class is learned from.
    """
    random = np.random.default_rng([seed, 0x5E1D])
    groups = targets.values if targets.classes else np.zeros(len(targets.values), np.int32)
    held: list[int] = []
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        count = min(round(share * len(rows)), len(rows) - 1)
        held += random.permutation(rows)[:count].tolist()
    learned = np.setdiff1d(np.arange(len(groups)), held)
    return learned.astype(np.int32), np.sort(np.array(held, np.int32))


def rescaling(data: Float32, real: NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and offset that take the mean of all real values to 0 and their deviation to 1.

    Raises
    ------
    ValueError
        where a value is not finite
    """
    count, total, square = 0, 0.0, 0.0
    for clip, mask in zip(data, real, strict=True):
        values = clip[mask].astype(np.float64)
        count += values.size
        total += float(values.sum())
        square += float(np.square(values).sum())
    if not np.isfinite(square):
        raise ValueError("The clips hold values that are not finite; repair or normalize them.")
    mean = total / max(count, 1)
    variance = square / max(count, 1) - mean**2
    scale = 1 / variance**0.5 if variance > 1e-12 * max(mean**2, 1e-12) else 1.0
    return scale, -mean * scale
