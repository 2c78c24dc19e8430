"""How nouns become something to look at: a block of codes with letters, or points that move.

A scan is turned by its affine, so that the head is up and the patient's left is on the left from
behind; frames of a video, a clip or a feature map are stacked away from the eye, so that time
is depth. Arrays are read in slabs and averaged down to a budget on the way, which is said in words.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voxviewer.data import no_progress
from voxviewer.space.coding import coded, first_level, robust_limits
from voxviewer.space.orientation import obliqueness, world_axes
from voxviewer.space.shrinking import Slab, halvings, read_block

if TYPE_CHECKING:
    from voxviewer.data import Clip, FeatureMaps, Float32, Float64, Progress, Skeleton, Volume

UInt16 = NDArray[np.uint16]

BUDGET = 256**3
"""Voxels that a block may have; larger ones are averaged down."""
CUBE = 0.9
"""How deep a cube of time is drawn, against its longer side."""

_keys = itertools.count(1)


@dataclass(frozen=True)
class Axis:
    """One axis of a block: which one of the noun's it is, and what stands at its ends.

    Attributes
    ----------
    letter : "T", "D", "H" or "W", as the noun has it
    count : how many samples the noun has along it
    flipped : True where the block runs the other way
    ends : letters or numbers at its beginning and its end: ("L", "R"), ("0", "19")
    name : what the axis itself is called; "" where the ends say enough
    """

    letter: str
    count: int
    flipped: bool = False
    ends: tuple[str, str] = ("", "")
    name: str = ""

    def share(self, index: float) -> float:
        """Return where a sample lies along the block, 0 to 1, edges on edges."""
        share = (min(max(index, 0), self.count - 1) + 0.5) / max(self.count, 1)
        return 1 - share if self.flipped else share


@dataclass(frozen=True, eq=False)
class Scene:
    """Something to look at: a block, or points.

    Attributes
    ----------
    codes : (D', H', W') uint16, 0 to `looks.TOP`; away from the eye, down, to the right. Empty
        for points
    spacing : size of a voxel along D', H', W', in any unit
    axes : what the block's axes are
    limits : the values of the lowest and the highest code
    content : "ct", "mr", "heatmap" or "signed": the opacity preset that suits it
    level : 0 to 1, a first guess of where the body begins
    words : one sentence each, what was done to it
    film : True where the block's depth is time
    points : (T, P, J, 3) float32 in scene coordinates, NaN = not seen; empty for blocks
    bones, names : of the points
    ground : the scene's direction that is down, for points; 0 = no floor
    key : a number of its own, by which the other process remembers it
    """

    codes: UInt16 = field(default_factory=lambda: np.zeros((0, 0, 0), np.uint16))
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    axes: tuple[Axis, ...] = ()
    limits: tuple[float, float] = (0.0, 1.0)
    content: str = "mr"
    level: float = 0.3
    words: tuple[str, ...] = ()
    film: bool = False
    points: Float32 = field(default_factory=lambda: np.zeros((0, 0, 0, 3), np.float32))
    bones: tuple[tuple[int, int], ...] = ()
    names: tuple[str, ...] = ()
    extent: tuple[float, float, float] = (1.0, 1.0, 1.0)
    key: int = field(default_factory=lambda: next(_keys))

    @property
    def is_points(self) -> bool:
        """True for a skeleton."""
        return self.codes.size == 0

    def joint_name(self, index: int) -> str:
        """Return the name of a joint, counted over persons; its number where it has none."""
        joint = index % self.points.shape[2]
        return self.names[joint] if joint < len(self.names) else str(joint)

    def half(self, depth: float = 1.0) -> tuple[float, float, float]:
        """Return half the size along x, y, z (W, H, D) in radii of the ball that holds it all."""
        if self.is_points:
            return self.extent
        D, H, W = (n * s for n, s in zip(self.codes.shape, self.spacing, strict=True))
        sides = np.array([W, H, D * depth])
        x, y, z = (float(side) for side in sides / np.linalg.norm(sides))
        return x, y, z

    def axis_of(self, letter: str) -> int | None:
        """Return which axis of the block (0 = D', 1 = H', 2 = W') the noun's axis is."""
        for index, axis in enumerate(self.axes):
            if axis.letter == letter:
                return index
        return None

    def value_text(self, level: float) -> float:
        """Return the value at a level of the look: a share of the range, or of the limit."""
        low, high = self.limits
        return level * high if self.content == "signed" else low + level * (high - low)


# -- blocks -----------------------------------------------------------------------------------


def volume_scene(
    volume: Volume,
    time: int = 0,
    *,
    limits: tuple[float, float] | None = None,
    budget: int = BUDGET,
    progress: Progress = no_progress,
) -> Scene:
    """Return one time point of a scan as a block, or a whole video as a cube of frames.

    Parameters
    ----------
    volume : (T, D, H, W, C), in memory or on disk; colors become luminance, of other channels the
        first is taken. With D = 1 time becomes depth
    time : which time point of a scan
    limits : lowest and highest value; None = the values' own, but for the outermost thousandth
    budget : voxels the block may have

    Raises
    ------
    ValueError
        for a single picture, which has no depth
    """
    T, D, H, W, _ = volume.shape
    if D == 1 and T == 1:
        raise ValueError("A single picture has no depth; its clip is shown as a cube of frames.")
    film = D == 1
    sides = (T if film else D, H, W)
    steps = halvings(sides, budget, (1.0, 1.0, 1.0) if film else volume.spacing)

    def slab(start: int, stop: int) -> NDArray[Any]:
        index = (slice(start, stop), 0) if film else (min(max(time, 0), T - 1), slice(start, stop))
        return _gray(np.asarray(volume.voxels[index]))

    block = read_block(slab, sides, steps, progress)
    found = limits or robust_limits(block)
    content = "ct" if found[0] < -500 and not film else "mr"
    if content == "ct" and limits is None:
        found = (-1024.0, min(max(found[1], 1200.0), 2000.0))
    scene = _block_scene(block, found, content, steps, sides)
    if film:
        return _as_film(scene, sides)
    return _turned(scene, volume, steps)


def clip_scene(
    clip: Clip,
    limits: tuple[float, float],
    *,
    content: str = "mr",
    budget: int = BUDGET,
    progress: Progress = no_progress,
) -> Scene:
    """Return a clip as a cube, time away from the eye; `limits` as the clip is painted elsewhere.

    Colors become luminance; of other channels (one a joint) the largest value is shown.

    Parameters
    ----------
    content : of `looks.PRESETS`
    """
    data = clip.data
    merge = _gray if clip.channels == ("red", "green", "blue") else _largest
    sides = clip.shape[:3]
    return _film_scene(lambda a, b: merge(data[a:b]), sides, limits, content, budget, progress)


def map_scene(
    maps: FeatureMaps,
    index: int,
    limits: tuple[float, float],
    *,
    budget: int = BUDGET,
    progress: Progress = no_progress,
) -> Scene:
    """Return one feature map as a cube, time away from the eye; signed where the limits are."""
    data = maps.data[..., index]
    content = "signed" if limits[0] == -limits[1] else "heatmap"
    return _film_scene(
        lambda start, stop: data[start:stop], maps.shape[:3], limits, content, budget, progress
    )


def _film_scene(
    slab: Slab,
    sides: tuple[int, int, int],
    limits: tuple[float, float],
    content: str,
    budget: int,
    progress: Progress,
) -> Scene:
    steps = halvings(sides, budget, (1.0, 1.0, 1.0))
    block = read_block(slab, sides, steps, progress)
    scene = _block_scene(block, limits, content, steps, sides)
    return _as_film(scene, sides)


def _block_scene(
    block: Float32,
    limits: tuple[float, float],
    content: str,
    steps: tuple[int, int, int],
    sides: tuple[int, int, int],
) -> Scene:
    codes = coded(block, limits)
    words = []
    if max(steps) > 1:
        was, now = (" × ".join(map(str, shape)) for shape in (sides, block.shape))
        words.append(f"averaged from {was} to {now} voxels to fit")
    return Scene(
        codes, limits=limits, content=content, level=first_level(codes, content),
        words=tuple(words),
    )  # fmt: skip


def _gray(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """(..., C) as (...): luminance of three or four channels, else the first one."""
    if values.shape[-1] not in (3, 4):
        return np.abs(values[..., 0]) if values.dtype.kind == "c" else values[..., 0]
    return values[..., :3].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _largest(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """(..., C) as (...)."""
    return values[..., 0] if values.shape[-1] == 1 else values.max(axis=-1)


# -- axes -------------------------------------------------------------------------------------


def _as_film(scene: Scene, sides: tuple[int, int, int]) -> Scene:
    spacing = _film_spacing(scene.codes.shape)
    return replace(scene, axes=_film_axes(sides), spacing=spacing, film=True)


def _film_axes(sides: tuple[int, int, int]) -> tuple[Axis, ...]:
    return tuple(
        Axis(letter, count, ends=("0", str(count - 1)) if letter == "T" else ("", ""), name=letter)
        for letter, count in zip("THW", sides, strict=True)
    )


def _film_spacing(shape: tuple[int, ...]) -> tuple[float, float, float]:
    """Square pixels; as deep as the longer side, whatever the number of frames."""
    T, H, W = shape
    return CUBE * max(H, W) / T, 1.0, 1.0


WORLD = (("P", "A"), ("S", "I"), ("L", "R"))
"""What stands along D', H', W' of a scan that was turned: away, down, to the right."""


def _turned(scene: Scene, volume: Volume, steps: tuple[int, int, int]) -> Scene:
    """A scan's block (D, H, W) turned by its affine to the nearest axes of the world."""
    sizes = volume.spacing or (1.0, 1.0, 1.0)
    spacing = [
        s * n if math.isfinite(s) and s > 0 else n for s, n in zip(sizes, steps, strict=True)
    ]
    if volume.affine is None:
        axes = tuple(
            Axis(letter, volume.shape[1 + i], name=letter) for i, letter in enumerate("DHW")
        )
        return replace(scene, axes=axes, spacing=(spacing[0], spacing[1], spacing[2]))
    found = world_axes(volume.affine)  # of i, j, k: H, W, D
    of_block = [found[2], found[0], found[1]]
    # World R, A, S are the block's W', D', -H'.
    wanted = {1: (0, 1), 2: (1, -1), 0: (2, 1)}
    order = [0, 0, 0]
    flips = [False, False, False]
    for axis, (world, sign) in enumerate(of_block):
        place, way = wanted[world]
        order[place], flips[place] = axis, sign != way
    codes = scene.codes.transpose(order)
    codes = codes[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    axes = tuple(
        Axis("DHW"[order[i]], volume.shape[1 + order[i]], flips[i], WORLD[i]) for i in range(3)
    )
    degrees = obliqueness(volume.affine)
    words = (f"oblique by {degrees:.0f}°, shown along its own axes",) if degrees >= 1 else ()
    return replace(
        scene, codes=np.ascontiguousarray(codes), axes=axes, words=(*scene.words, *words),
        spacing=(spacing[order[0]], spacing[order[1]], spacing[order[2]]),
    )  # fmt: skip


# -- points -----------------------------------------------------------------------------------

UPRIGHT = {
    "y-": np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "y+": np.array([[1, 0, 0], [0, -1, 0], [0, 0, -1]]),
    "z+": np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]),
}
"""From a recording's x, y, z to the scene's right, down, away; none of them mirrors."""


def skeleton_scene(skeleton: Skeleton) -> Scene:
    """Return a recording as points in one frame of reference for all its frames.

    Points far outside what the middle 98 % take up are drawn where they are, but do not shrink
    the rest.
    """
    turn = UPRIGHT.get(skeleton.up, UPRIGHT["y-"])
    points = skeleton.joints.astype(np.float64) @ turn.T
    seen = points.reshape(-1, 3)
    seen = seen[np.isfinite(seen).all(axis=1)]
    low, high = _bounds(seen)
    half = (high - low) / 2
    radius = float(np.linalg.norm(half)) or 1.0
    points = (points - (low + high) / 2) / radius
    extent = tuple(float(side) for side in np.maximum(half / radius, 0.02))
    names = skeleton.topology.names
    return Scene(
        points=points.astype(np.float32), bones=skeleton.topology.bones, names=names,
        extent=(extent[0], extent[1], extent[2]), content="mr",
    )  # fmt: skip


def _bounds(seen: Float64) -> tuple[Float64, Float64]:
    """The box of points (N, 3); where single ones lie far out, that of the middle 98 %."""
    if not len(seen):
        return np.full(3, -1.0), np.full(3, 1.0)
    low, high = seen.min(axis=0), seen.max(axis=0)
    inner = np.percentile(seen, (1, 99), axis=0)
    middle, half = inner.mean(axis=0), (inner[1] - inner[0]) / 2
    reach = np.maximum(half * 1.5, 0.05 * half.max())
    return np.maximum(low, middle - reach), np.minimum(high, middle + reach)
