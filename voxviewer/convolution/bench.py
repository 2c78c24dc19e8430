"""The filter bench: what each filter of a bank answers to moving bars, gratings and flicker.

The responses are those of the filters alone, before bias and activation, to gray stimuli that stand
in every channel. They are measured where the whole window lies inside the stimulus.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.convolution.handwritten import make_plan, run_into
from voxviewer.convolution.motion import DIRECTIONS, Direction
from voxviewer.convolution.presets import SMALLER
from voxviewer.convolution.stimuli import (
    bar_clip,
    flicker_clip,
    grating_clip,
    impulse_clip,
)
from voxviewer.data import FilterBank, Float32, Float64, Progress, frozen, no_progress
from voxviewer.files import require_memory
from voxviewer.settings import ConvolutionSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.data import Clip

OPPOSITE = len(DIRECTIONS) // 2

ROOM = 8
"""Map frames of a moving bar that are measured, and voxels of a grating."""

PERIODS = 16
"""Frames of flicker and gratings: whole periods of every rate of sixteenths."""


@dataclass(frozen=True)
class BenchSettings:
    """What is asked: bars of `speeds` (voxels per frame) and `width` (voxels), and waves.

    `rates` are cycles per frame of flicker and gratings, sixteenths below a half; `wavelength` of
    the gratings in voxels.
    """

    speeds: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 3.0)
    width: float = 2.0
    rates: tuple[float, ...] = (0.0625, 0.125, 0.25, 0.375)
    wavelength: float = 4.0

    def __post_init__(self) -> None:
        for name in ("speeds", "rates"):
            values = tuple(float(value) for value in getattr(self, name))
            if not values or not all(math.isfinite(v) and 0 < v <= 16 for v in values):
                raise ValueError(f"{name} must be numbers above 0 and up to 16, not {values}")
            object.__setattr__(self, name, values)
        for value in (self.width, self.wavelength):
            if not 0.5 <= value <= 64:
                raise ValueError(f"width and wavelength must lie in 0.5 .. 64, not {value}")


@dataclass(frozen=True, eq=False)
class Tuning:
    """What each filter answers; F filters, 8 directions, S speeds, R rates.

    Attributes
    ----------
    names : of the filters
    directions : (8,) degrees, 0 to the right, 90 up
    direction_names : "right", "up right" ...
    speeds : (S,) voxels per frame
    bars : (F, 8, S) root mean square of the map of a moving bar
    rates : (R,) cycles per frame
    flicker : (F, R) gain for uniform flicker, amplitude out over amplitude in
    gratings : (F, 8, R) gain for drifting gratings
    impulse : (F, kT, kH, kW) response to an impulse: the kernel flipped, its channels added
    """

    names: tuple[str, ...]
    directions: Float64
    direction_names: tuple[str, ...]
    speeds: Float64
    bars: Float64
    rates: Float64
    flicker: Float64
    gratings: Float64
    impulse: Float32

    @property
    def preferred(self) -> NDArray[np.int64]:
        """(F,) index of the direction of the largest response to a bar, at any speed."""
        best: NDArray[np.int64] = self.bars.max(axis=2).argmax(axis=1)
        return best

    @property
    def best_speed(self) -> NDArray[np.int64]:
        """(F,) index of the speed of the largest response, in the preferred direction."""
        own = self.bars[np.arange(len(self.bars)), self.preferred]
        best: NDArray[np.int64] = own.argmax(axis=1)
        return best

    @property
    def selectivity(self) -> Float64:
        """(F,) response to the preferred direction over that to the opposite one.

        At the speed at which the two differ most. 1 is no preference; infinite where the opposite
        direction gives nothing, NaN for a filter that answers to nothing.
        """
        filters = np.arange(len(self.bars))
        own = self.bars[filters, self.preferred]
        other = self.bars[filters, (self.preferred + OPPOSITE) % len(DIRECTIONS)]
        speed = (own - other).argmax(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: Float64 = own[filters, speed] / other[filters, speed]
        return ratio

    def direction_curve(self, index: int) -> Float64:
        """(8,) responses of one filter to bars in every direction, at its best speed."""
        curve: Float64 = self.bars[index, :, self.best_speed[index]]
        return curve

    def speed_curve(self, index: int) -> Float64:
        """(S,) responses of one filter to bars of every speed, in its preferred direction."""
        curve: Float64 = self.bars[index, self.preferred[index]]
        return curve

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a JSON file; what is not finite is None."""
        arrays = ("directions", "speeds", "bars", "rates", "flicker", "gratings", "impulse")
        return {
            "names": list(self.names),
            "direction_names": list(self.direction_names),
            **{name: getattr(self, name).tolist() for name in arrays},
            "preferred": [self.direction_names[index] for index in self.preferred],
            "best_speed": self.speeds[self.best_speed].tolist(),
            "selectivity": [
                value if math.isfinite(value) else None for value in self.selectivity.tolist()
            ],
        }

    def as_csv(self) -> str:
        """The responses to bars as a table: filter, direction, speed, response."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("filter", "direction", "degrees", "speed", "response"))
        for f, d, s in np.ndindex(self.bars.shape):
            way = self.direction_names[d], f"{self.directions[d]:g}"
            table.writerow(
                (self.names[f], *way, f"{self.speeds[s]:g}", f"{self.bars[f, d, s]:.6g}")
            )
        return text.getvalue()


def measure_filters(
    bank: FilterBank,
    settings: BenchSettings | None = None,
    *,
    progress: Progress = no_progress,
) -> Tuning:
    """Show every stimulus to every filter.

    Parameters
    ----------
    bank : kernels (kT, kH, kW, C, F); bias and activation are left out
    settings : speeds, widths and rates of the stimuli
    progress : called with (share done, words); may raise to stop

    Returns
    -------
    Tuning

    Raises
    ------
    TooLargeError
        where bars that cross the kernels do not fit in memory
    """
    settings = settings or BenchSettings()
    require_memory(_peak_bytes(bank, settings), "Filter bench", "measuring", remedy=SMALLER)
    # A gray stimulus in every channel is one channel through the kernels' sum.
    kernels = bank.kernels.sum(axis=3, keepdims=True, dtype=np.float64).astype(np.float32)
    bars = np.empty((bank.count, len(DIRECTIONS), len(settings.speeds)))
    gratings = np.empty((bank.count, len(DIRECTIONS), len(settings.rates)))
    for index, direction in enumerate(DIRECTIONS):
        heed = _within(progress, index / len(DIRECTIONS), f"Showing motion {direction.name}")
        bars[:, index] = _of_bars(kernels, direction, settings, heed)
        gratings[:, index] = _of_gratings(kernels, direction, settings, heed)
    heed = _within(progress, 1.0, "Showing flicker")
    flicker, impulse = _of_flicker(kernels, settings, heed), _of_impulse(kernels, heed)
    progress(1.0, "Filters measured")
    return Tuning(
        names=bank.names or tuple(f"filter {index}" for index in range(bank.count)),
        directions=frozen(np.array([direction.degrees for direction in DIRECTIONS])),
        direction_names=tuple(direction.name for direction in DIRECTIONS),
        speeds=frozen(np.array(settings.speeds)),
        bars=frozen(bars),
        rates=frozen(np.array(settings.rates)),
        flicker=frozen(flicker),
        gratings=frozen(gratings),
        impulse=frozen(impulse),
    )


def _peak_bytes(bank: FilterBank, settings: BenchSettings) -> int:
    """Estimated peak: a bar drawn in float64, its maps, and these in float64 and squared."""
    size = _size(bank.kernels)
    shape = bar_shape(size, max(settings.speeds), settings.width)
    seen = (length - taps + 1 for length, taps in zip(shape, size, strict=True))
    return 32 * math.prod(shape) + 20 * math.prod(seen) * bank.count


def bar_shape(size: tuple[int, int, int], speed: float, width: float) -> tuple[int, int, int]:
    """T, H, W of a clip in which a bar stays in the maps of a kernel of this size."""
    frames = size[0] - 1 + ROOM
    travel = math.ceil(speed * (frames - 1) + width) + 2 * max(size[1:])
    return frames, travel + size[1], travel + size[2]


def _of_bars(
    kernels: Float32, direction: Direction, settings: BenchSettings, heed: Progress
) -> Float64:
    """(F, S) root mean squares, as if all clips were of the size of the fastest bar's."""
    size = _size(kernels)
    shape = bar_shape(size, max(settings.speeds), settings.width)
    clips = (bar_clip(direction, speed, shape, settings.width) for speed in settings.speeds)
    return np.stack([_rms(clip, kernels, heed) for clip in clips], axis=1)


def _of_gratings(
    kernels: Float32, direction: Direction, settings: BenchSettings, heed: Progress
) -> Float64:
    """(F, R) gains; the mean brightness, which is no wave, is taken off the maps."""
    kT, kH, kW = _size(kernels)
    shape = kT - 1 + PERIODS, kH - 1 + ROOM, kW - 1 + ROOM
    clips = (grating_clip(direction, rate, shape, settings.wavelength) for rate in settings.rates)
    return np.stack([_gain(clip, kernels, heed) for clip in clips], axis=1)


def _of_flicker(kernels: Float32, settings: BenchSettings, heed: Progress) -> Float64:
    """(F, R) gains."""
    kT, kH, kW = _size(kernels)
    shape = kT - 1 + PERIODS, kH, kW
    clips = (flicker_clip(rate, shape) for rate in settings.rates)
    return np.stack([_gain(clip, kernels, heed) for clip in clips], axis=1)


def _of_impulse(kernels: Float32, heed: Progress) -> Float32:
    """(F, kT, kH, kW) around the impulse."""
    kT, kH, kW = _size(kernels)
    clip = impulse_clip((2 * kT - 1, 2 * kH - 1, 2 * kW - 1))
    return np.ascontiguousarray(np.moveaxis(_maps(clip, kernels, heed), -1, 0))


def _size(kernels: Float32) -> tuple[int, int, int]:
    kT, kH, kW = kernels.shape[:3]
    return kT, kH, kW


def _maps(clip: Clip, kernels: Float32, heed: Progress) -> Float32:
    """(T', H', W', F) of a valid convolution; `heed` is asked after each slab whether to go on."""
    plan = make_plan(clip.data.shape, kernels, None, ConvolutionSettings(padding="valid"))
    maps = np.empty(plan.shape, np.float32)
    run_into(plan, clip.data[None], maps[None], heed)
    return maps


def _within(progress: Progress, share: float, words: str) -> Progress:
    """Tell this share and these words, however far a single convolution is, so it can be stopped.

    With large kernels one of them takes minutes.
    """

    def heed(_: float, __: str) -> None:
        progress(share, words)

    heed(0.0, "")
    return heed


def _rms(clip: Clip, kernels: Float32, heed: Progress) -> Float64:
    """(F,) root mean square over the valid map."""
    maps = _maps(clip, kernels, heed).astype(np.float64)
    root: Float64 = np.sqrt((maps**2).mean(axis=(0, 1, 2)))
    return root


def _gain(clip: Clip, kernels: Float32, heed: Progress) -> Float64:
    """(F,) amplitude of the map's wave over the clip's, which is a half."""
    maps = _maps(clip, kernels, heed).astype(np.float64)
    waves = maps - 0.5 * kernels.sum(axis=(0, 1, 2, 3), dtype=np.float64)
    gain: Float64 = np.sqrt(2 * (waves**2).mean(axis=(0, 1, 2))) / 0.5
    return gain
