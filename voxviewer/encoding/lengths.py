"""Real time meets a number of frames: which source frame each clip frame is, never blended.

In two steps: the timeline, which frames there are (all as stored, or put in order, or made even by
their times); then the length, which of these the clip shows, and where it is padded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxviewer.encoding.operators import coordinates, gather

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Float64
    from voxviewer.settings import EncodingSettings

Indices = NDArray[np.int64]

MOST_FRAMES = 65_536


@dataclass(frozen=True, eq=False)
class Timeline:
    """The frames that a length picks from: source `frames` (n,), and their `times` (n,) s or None.

    `words` says what was done to the stored frames; "" where they are as stored.
    """

    frames: Indices
    times: Float64 | None = None
    words: str = ""


@dataclass(frozen=True, eq=False)
class Picked:
    """Where clip frames come from.

    Attributes
    ----------
    frames : (n,) int, the source frame; -1 = none
    real : (n,) bool, False = padding
    places : (n,) int, where on the timeline; beyond its ends for padding
    """

    frames: Indices
    real: NDArray[np.bool_]
    places: Indices

    @property
    def in_order(self) -> bool:
        """True where each frame is used once, in rising order, and none comes from nowhere."""
        return bool((self.frames >= 0).all() and (np.diff(self.frames) > 0).all())

    @property
    def used(self) -> Indices:
        """Each source frame that is used, once, in rising order."""
        # Not np.unique, which imports all of numpy.ma: 25 ms beside the first file's encoding.
        return np.flatnonzero(np.bincount(self.frames[self.frames >= 0]))

    @property
    def uses(self) -> Indices:
        """Where in `used` each frame that is not empty comes from."""
        return np.searchsorted(self.used, self.frames[self.frames >= 0])


def timeline(count: int, times: Float64 | None, settings: EncodingSettings) -> Timeline:
    """Put the stored frames in the chosen order, then make them even by their times.

    Parameters
    ----------
    count : frames that are stored
    times : (count,) seconds, or None: `clip_rate` is then ignored
    settings : `frame_order` and `clip_rate`

    Raises
    ------
    ValueError
        where a frame is named that is not there, or times cannot be made even
    """
    frames, words = np.arange(count, dtype=np.int64), []
    if settings.frame_order is not None:
        if max(settings.frame_order) >= count:
            raise ValueError(
                f"frame_order names frame {max(settings.frame_order)}: there are 0 to {count - 1}"
            )
        frames = np.array(settings.frame_order, np.int64)
        words.append(f"{len(frames)} of {count} frames, reordered")
        # A frame that is put in another place takes that place's time.
        times = None if times is None else np.sort(np.asarray(times)[frames])
    if settings.clip_rate is not None and times is not None:
        even = even_places(np.asarray(times, np.float64), settings.clip_rate)
        frames, words = frames[even], [*words, f"even at {settings.clip_rate:g} Hz"]
        times = float(times[0]) + np.arange(len(even)) / settings.clip_rate
    return Timeline(frames, times, ", ".join(words))


def even_places(times: Float64, rate: float) -> Indices:
    """Return which recorded frame is nearest to each instant of an even clock, the first of equals.

    The clock begins with the first frame and ends no later than the last.

    Parameters
    ----------
    times : (n,) seconds, rising; equal neighbors are taken as they are
    rate : Hz

    Raises
    ------
    ValueError
        where times do not rise, or there would be more than 65,536 frames
    """
    if not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise ValueError("clip_rate needs times that rise; those of this source do not")
    span = float(times[-1] - times[0])
    if span * rate + 1 > MOST_FRAMES:
        raise ValueError(f"clip_rate {rate:g} makes over {MOST_FRAMES} frames: use a lower rate")
    # A thousandth of a step forgives times that were rounded to milliseconds.
    instants = times[0] + np.arange(int(span * rate + 1e-3) + 1) / rate
    middles = (times[1:] + times[:-1]) / 2
    nearest: Indices = np.searchsorted(middles, instants, side="left").astype(np.int64)
    return nearest


def pick_frames(line: Timeline, settings: EncodingSettings) -> Picked:
    """Choose the clip's frames of a timeline, by `frames`, `length` and what belongs to it."""
    count = len(line.frames)
    wanted = settings.frames
    if settings.length == "window":
        if settings.start >= count:
            raise ValueError(f"start {settings.start} is not there: frames are 0 to {count - 1}")
        wanted = wanted or count - settings.start
    picked = pick(
        count, wanted or count, settings.length, settings.pad_side, settings.start, settings.seed
    )
    frames = np.where(picked.frames >= 0, line.frames[np.maximum(picked.frames, 0)], -1)
    return Picked(frames, picked.real, picked.places)


def pick(
    count: int, wanted: int, length: str, side: str = "after", start: int = 0, seed: int = 0
) -> Picked:
    """Choose `wanted` clip frames among `count` source frames.

    "sample" takes frame floor((i + 0.5) count / wanted), evenly over the whole, repeating where
    there are too few; "random" one at random in each of those even parts (as PYSKL's
    UniformSampleFrames). Others keep the rate: "window" begins at `start`, zeros after the last;
    "center" crops the same on both ends, and pads with zeros on both ends where there are too few
    (as torchvision's CenterCrop; the odd frame goes to the end). "pad-*" pad by zeros (-1), the
    end's frame, the whole again and again, or back and forth (`numpy.pad`'s "reflect"); `side` says
    on which end, and where there are too many frames which end is left away.
    """
    i = np.arange(wanted, dtype=np.int64)
    if length == "sample" or (length == "random" and wanted == count):
        return as_sampled((2 * i + 1) * count // (2 * wanted))
    if length == "random":
        part = np.random.default_rng(seed).random(wanted)
        return as_sampled(np.minimum(((i + part) * count / wanted).astype(np.int64), count - 1))
    i += _first_place(count, wanted, length, side, start)
    real = (i >= 0) & (i < count)
    beyond = PADS.get(length, _zero)
    return Picked(np.where(real, i, beyond(i, count)), real, i)


def as_sampled(frames: Indices) -> Picked:
    """Clip frames that are all real, wherever they come from."""
    return Picked(frames, np.ones(len(frames), np.bool_), frames)


def _first_place(count: int, wanted: int, length: str, side: str, start: int) -> int:
    """Where on the timeline the first clip frame lies; negative where padding comes first."""
    if length == "window":
        return start
    ends = {"after": 0, "before": count - wanted}
    # The odd frame goes to the end: the same rule whether frames are added or left away.
    both = (count - wanted) // 2 if wanted < count else -((wanted - count) // 2)
    return both if length == "center" else ends.get(side, both)


def pick_slices(count: int, wanted: int, order: int, grid: str) -> Picked:
    """Which slice each frame of a resampled axis comes from; the nearest where some are blended."""
    if order == 0 and wanted != count:
        frames = gather(count, wanted, grid).astype(np.int64)
    else:
        frames = np.floor(coordinates(count, wanted, grid) + 0.5).astype(np.int64)
    return as_sampled(frames)


def _zero(i: Indices, count: int) -> Indices:
    return np.full_like(i, -1)


def _edge(i: Indices, count: int) -> Indices:
    return np.clip(i, 0, count - 1)


def _loop(i: Indices, count: int) -> Indices:
    return i % count


def _reflect(i: Indices, count: int) -> Indices:
    if count == 1:
        return np.zeros_like(i)
    turn = i % (2 * count - 2)
    return np.minimum(turn, 2 * count - 2 - turn)


PADS: dict[str, Callable[[Indices, int], Indices]] = {
    "pad-zero": _zero, "pad-edge": _edge, "pad-loop": _loop, "pad-reflect": _reflect,
}  # fmt: skip


def clip_times(times: Float64 | None, picked: Picked) -> Float64 | None:
    """Seconds of every clip frame, (n,), by the timeline's; padding goes on at its median step."""
    if times is None:
        return None
    times = np.asarray(times, dtype=np.float64)
    real = np.flatnonzero(picked.real)
    result = times[np.clip(picked.places, 0, len(times) - 1)]
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    first, last = int(real[0]), int(real[-1])
    i = np.arange(len(result))
    result = np.where(i > last, result[last] + (i - last) * step, result)
    return np.where(i < first, result[first] + (i - first) * step, result)


def length_text(count: int, picked: Picked) -> str:
    """What was done to a timeline of `count` frames: "pad 4 after", "sample 8 of 16"; or ""."""
    wanted, kept = len(picked.frames), int(picked.real.sum())
    places = picked.places[picked.real]
    if wanted == count and kept == count and (np.diff(places) == 1).all():
        return ""
    if kept == wanted:
        steps = np.unique(np.diff(places))
        whole = kept < count and (kept == 1 or steps.tolist() == [1])
        return f"{'keep' if whole else 'sample'} {wanted} of {count}"
    before = int(np.argmax(picked.real))
    after = wanted - kept - before
    words = [
        f"{number} {side}" for number, side in ((before, "before"), (after, "after")) if number
    ]
    cut = f"keep {kept} of {count}, " if kept < count else ""
    return f"{cut}pad {', '.join(words)}"
