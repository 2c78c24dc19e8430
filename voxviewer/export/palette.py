"""One palette for all frames of a film in many colors, and one rule from color to entry.

Up to 256 colors are kept as they are. More are reduced once, over all frames: the palette is given,
or found by median cut on samples of every frame, and each color becomes its nearest entry, without
dithering, so that what does not change in the data does not flicker in the film.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxviewer.data import Progress, no_progress

if TYPE_CHECKING:
    from collections.abc import Callable

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]

COLORS = 1 << 24
TABLE_BYTES = 5 * COLORS
"""Peak memory beside the frames: which colors are used, their list, and the entry of each."""

_SAMPLE = 1 << 18
_EXACT = 1 << 16
"""Up to this many colors find their nearest entry themselves, more by cells of 4 x 4 x 4 levels."""


@dataclass(frozen=True, eq=False)
class Palette:
    """A palette (256, 3) uint8, and the entry of every color that occurs.

    `table` (1 << 24,) uint8 is indexed by 0xRRGGBB; `colors` is how many colors were found.
    """

    entries: UInt8
    table: UInt8
    colors: int

    @property
    def lossless(self) -> bool:
        """True where every color has an entry of its own."""
        return self.colors <= 256

    def indices(self, picture: UInt32) -> UInt8:
        """Return the entry of every pixel of (H, W) uint32, 0xFFRRGGBB."""
        index: UInt8 = self.table[picture & np.uint32(0xFFFFFF)]
        return index


def common_palette(
    picture: Callable[[int], UInt32],
    frames: int,
    progress: Progress = no_progress,
    entries: UInt8 | None = None,
) -> Palette:
    """Return the one palette for frames 0 to `frames` - 1, each painted once to look at it.

    Parameters
    ----------
    picture : gives frame i as (H, W) uint32, 0xFFRRGGBB
    frames : how many there are
    progress : called before each
    entries : (up to 256, 3) uint8 that serve well where the colors are too many; None = found by
        median cut
    """
    seen = np.zeros(COLORS, bool)
    samples = []
    for frame in range(frames):
        progress(frame / frames, f"Colors of frame {frame + 1} of {frames}")
        pixels = picture(frame).ravel() & np.uint32(0xFFFFFF)
        seen[pixels] = True
        samples.append(pixels[:: max(1, pixels.size * frames // _SAMPLE)])
    used = np.flatnonzero(seen).astype(np.uint32)
    table = np.zeros(COLORS, np.uint8)
    if used.size <= 256:
        entries = _split(used)
        table[used] = np.arange(used.size, dtype=np.uint8)
    else:
        sample = np.concatenate(samples)
        entries = entries if entries is not None else _found(sample)
        table[used] = _nearest(used, entries)
    full = np.zeros((256, 3), np.uint8)
    full[: len(entries)] = entries
    return Palette(full, table, int(used.size))


def _found(sample: UInt32) -> UInt8:
    """The entries that fit a sample of the colors best."""
    return _moved_to_means(_median_cut(_split(sample)), sample)


def _split(colors: UInt32) -> UInt8:
    """0xRRGGBB (N,) as (N, 3) uint8."""
    parts = [(colors >> np.uint32(shift)).astype(np.uint8) for shift in (16, 8, 0)]
    return np.stack(parts, axis=1)


def _median_cut(sample: UInt8) -> UInt8:
    """At most 256 colors for the sample (N, 3), (M, 3) uint8."""
    from PIL import Image

    # Pillow wants a picture; its shape is nothing to median cut.
    width = 1024
    padded = np.resize(sample, (-(-len(sample) // width), width, 3))
    reduced = Image.fromarray(padded).quantize(
        256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    entries = np.array(reduced.getpalette("RGB"), np.uint8).reshape(-1, 3)
    return entries[:256]


def _moved_to_means(entries: UInt8, sample: UInt32) -> UInt8:
    """Move every entry to the mean of the colors nearest to it, a few times (Lloyd, 1982).

    Median cut alone may neglect a channel: in a film of six blues by a factor of two.
    """
    cells, counts = np.unique(sample & np.uint32(0xFCFCFC), return_counts=True)
    colors = _split(cells).astype(np.float32) + 1.5
    for _ in range(4):
        nearest = _nearest_of(colors, entries)
        weight = np.bincount(nearest, counts, len(entries))
        sums = [np.bincount(nearest, counts * channel, len(entries)) for channel in colors.T]
        means = np.stack(sums, axis=1) / np.maximum(weight, 1)[:, None]
        entries = np.where(weight[:, None] > 0, np.rint(means), entries).clip(0, 255)
        entries = entries.astype(np.uint8)
    return entries


def _nearest(used: UInt32, entries: UInt8) -> UInt8:
    """The nearest entry of each color 0xRRGGBB, by distance in RGB."""
    if used.size <= _EXACT:
        return _nearest_of(_split(used).astype(np.float32), entries)
    cells, place = np.unique(used & np.uint32(0xFCFCFC), return_inverse=True)
    return _nearest_of(_split(cells).astype(np.float32) + 1.5, entries)[place]


def _nearest_of(colors: NDArray[np.float32], entries: UInt8) -> UInt8:
    """The same for colors (N, 3), in blocks that stay small in memory."""
    points = entries.astype(np.float32)
    # |c - p|^2 less |c|^2, which is the same for every entry.
    offset = (points**2).sum(axis=1)
    found = np.empty(len(colors), np.uint8)
    for start in range(0, len(colors), 8192):
        block = colors[start : start + 8192]
        found[start : start + 8192] = np.argmin(offset - 2 * block @ points.T, axis=1)
    return found
