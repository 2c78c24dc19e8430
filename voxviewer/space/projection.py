"""NumPy's picture of a scene, where there is no OpenGL, no VTK, or its process has died.

Coarser and unlit, but the same scene from the same eye: a ray through every pixel is followed
through a small copy of the block in equal steps, front to back. Points are drawn as sticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from voxviewer.data import no_progress
from voxviewer.space import boxes
from voxviewer.space.camera import DISTANCE
from voxviewer.space.looks import LAYER, TOP, ZERO, colors_of, opacity_of, surface_color
from voxviewer.space.shrinking import mean_of
from voxviewer.space.sticks import Sketch

if TYPE_CHECKING:
    from voxviewer.data import Progress
    from voxviewer.space.camera import Camera
    from voxviewer.space.looks import Look
    from voxviewer.space.scenes import Scene

UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]
Float32 = NDArray[np.float32]

SMALL = 72**3
"""Voxels of the copy that rays are followed through."""
RAYS = {"preview": 110, "full": 240}
"""Rays along the shorter side of the picture, at most; the rest is between them."""
STEPS = {"preview": 64, "full": 140}

_small: WeakKeyDictionary[Scene, UInt16] = WeakKeyDictionary()


def project(
    scene: Scene,
    camera: Camera,
    look: Look,
    size: tuple[int, int],
    quality: str = "full",
    *,
    progress: Progress = no_progress,
) -> UInt8:
    """Draw a scene with NumPy alone.

    Parameters
    ----------
    scene, camera, look : what, from where, how
    size : width and height in pixels
    quality : "preview" follows fewer rays in fewer steps

    Returns
    -------
    (height, width, 3) uint8, red, green, blue, row 0 on top
    """
    sketch = Sketch(size, look.colors.background)
    if scene.is_points:
        sketch.figure(scene, camera, look)
        return sketch.picture
    half = scene.half(look.depth)
    for edge in boxes.edges_behind(camera, half):
        sketch.line(camera.project(edge.ends(half), size), look.colors.line)
    grain = max(1, -(-min(size) // RAYS[quality]))
    rays = _Rays(camera, size, grain, half, look)
    color, cover = _follow(rays, small_block(scene), look, half, STEPS[quality], progress)
    sketch.blend(color, cover)
    if look.mark is not None:
        corners = camera.project(boxes.plane_corners(half, *look.mark), size)
        sketch.outline(corners, look.colors.mark)
    return sketch.picture


def small_block(scene: Scene) -> UInt16:
    """Return the scene's codes (D, H, W), averaged down until few enough for NumPy."""
    if scene not in _small:
        codes = scene.codes
        while codes.size > SMALL and max(codes.shape) > 1:
            axis = int(np.argmax(codes.shape))
            codes = mean_of(codes.astype(np.float32), 2, axis).astype(np.uint16)
        _small[scene] = codes
    return _small[scene]


class _Rays:
    """Where the ray of each pixel enters and leaves the part of the block that is shown."""

    def __init__(
        self,
        camera: Camera,
        size: tuple[int, int],
        grain: int,
        half: tuple[float, float, float],
        look: Look,
    ) -> None:
        self.eye, directions = camera.rays(size, grain)
        self.directions = directions.reshape(-1, 3)
        self.shape = directions.shape[:2]
        low, high = boxes.cut_half(half, look.box)
        with np.errstate(divide="ignore", invalid="ignore"):
            first = (low - self.eye) / self.directions
            second = (high - self.eye) / self.directions
        self.enter = np.nanmax(np.minimum(first, second), axis=1)
        self.leave = np.nanmin(np.maximum(first, second), axis=1)
        self.hit = np.flatnonzero(self.leave > self.enter)

    def at(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points (N, 3) of the rays that hit, at these distances."""
        points: NDArray[np.float64] = self.eye + self.directions[self.hit] * distance[:, None]
        return points


def _follow(
    rays: _Rays,
    block: UInt16,
    look: Look,
    half: tuple[float, float, float],
    steps: int,
    progress: Progress,
) -> tuple[Float32, Float32]:
    """Color (h, w, 3) 0..255 and cover (h, w) 0..1 of every ray."""
    H, W = rays.shape
    color = np.zeros((H * W, 3), np.float32)
    cover = np.zeros(H * W, np.float32)
    if len(rays.hit):
        follow = {"slices": _planes, "mip": _largest, "surface": _first}.get(look.mode, _through)
        found, alpha = follow(rays, _Samples(block, half), look, steps, progress)
        color[rays.hit], cover[rays.hit] = found, alpha
    return color.reshape(H, W, 3), cover.reshape(H, W)


class _Samples:
    """The block's codes at points of the scene, the nearest voxel's."""

    def __init__(self, block: UInt16, half: tuple[float, float, float]) -> None:
        self._flat = block.reshape(-1)
        D, H, W = block.shape
        self._scale = np.array([W, H, D]) / (2 * np.array(half))
        self._half = np.array(half)
        self._most = np.array([W, H, D]) - 1
        self._strides = np.array([1, W, W * H])

    def at(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the codes (N,) at points (N, 3)."""
        places = ((points + self._half) * self._scale).astype(np.int64)
        places = np.clip(places, 0, self._most)
        codes: NDArray[np.int64] = self._flat[places @ self._strides].astype(np.int64)
        return codes


Found = tuple[Float32, Float32]


def _largest(rays: _Rays, samples: _Samples, look: Look, steps: int, progress: Progress) -> Found:
    """The largest value along each ray; where signed, the one farthest from zero."""
    enter, length = rays.enter[rays.hit], (rays.leave - rays.enter)[rays.hit]
    best = np.zeros(len(rays.hit), np.int64)
    for step in range(steps):
        progress(step / steps, "drawing with NumPy")
        codes = samples.at(rays.at(enter + length * ((step + 0.5) / steps)))
        if look.signed:
            codes = ZERO + np.abs(codes - ZERO)
        np.maximum(best, codes, out=best)
    index = np.minimum(best, TOP) * 255 // TOP
    return colors_of(look)[index].astype(np.float32), opacity_of(look)[index]


def _through(rays: _Rays, samples: _Samples, look: Look, steps: int, progress: Progress) -> Found:
    """Layer over layer, front to back, as light passes through fog."""
    enter, length = rays.enter[rays.hit], (rays.leave - rays.enter)[rays.hit]
    palette = colors_of(look).astype(np.float32)
    opacity = opacity_of(look).astype(np.float64)
    layers = length / steps / LAYER
    color = np.zeros((len(rays.hit), 3), np.float32)
    light = np.ones(len(rays.hit), np.float32)
    for step in range(steps):
        progress(step / steps, "drawing with NumPy")
        index = samples.at(rays.at(enter + length * ((step + 0.5) / steps))) * 255 // TOP
        alpha = (1 - (1 - opacity[index]) ** layers).astype(np.float32) * light
        # Layers further back are a little darker: the eye reads depth from it.
        color += alpha[:, None] * palette[index] * np.float32(1 - 0.45 * step / steps)
        light -= alpha
    cover = 1 - light
    color /= np.maximum(cover, 1e-6)[:, None]
    return color, cover


def _first(rays: _Rays, samples: _Samples, look: Look, steps: int, progress: Progress) -> Found:
    """The first value at or above the level on each ray, lit by the slope of its distance."""
    enter, length = rays.enter[rays.hit], (rays.leave - rays.enter)[rays.hit]
    found = np.full(len(rays.hit), np.inf)
    codes = np.zeros(len(rays.hit), np.int64)
    for step in range(steps):
        progress(step / steps, "drawing with NumPy")
        distance = enter + length * ((step + 0.5) / steps)
        here = samples.at(rays.at(distance))
        solid = (
            np.abs(here - ZERO) >= look.level * ZERO if look.signed else here >= look.level * TOP
        )
        new = solid & np.isinf(found)
        found[new], codes[new] = distance[new], here[new]
    seen = np.isfinite(found)
    colors = np.array([surface_color(look, -1), surface_color(look)], np.float32)
    base = colors[((codes >= ZERO) | (not look.signed)).astype(int)]
    return (base * _lit(rays, found)[:, None]).astype(np.float32), seen.astype(np.float32)


def _lit(rays: _Rays, found: NDArray[np.float64]) -> Float32:
    """How bright a surface at these distances is, 0..1, by how much it faces the eye."""
    H, W = rays.shape
    field = np.full(H * W, np.nan)
    field[rays.hit] = np.where(np.isfinite(found), found, np.nan)
    grid = field.reshape(H, W)
    pixel = 2.0 / max(min(H, W), 1)
    filled = np.where(np.isnan(grid), DISTANCE + 1, grid)
    down, across = np.gradient(filled) if min(H, W) > 1 else (0 * filled, 0 * filled)
    normal = 1 / np.sqrt(1 + (down / pixel) ** 2 + (across / pixel) ** 2)
    near = np.clip(0.5 + (DISTANCE - filled) / 2, 0, 1)
    light: Float32 = (0.35 + 0.45 * normal + 0.2 * near).ravel()[rays.hit].astype(np.float32)
    return light


def _planes(rays: _Rays, samples: _Samples, look: Look, steps: int, progress: Progress) -> Found:
    """The nearest of the planes that a ray crosses inside the part that is shown."""
    directions = rays.directions[rays.hit]
    enter, leave = rays.enter[rays.hit], rays.leave[rays.hit]
    nearest = np.full(len(rays.hit), np.inf)
    half = samples._half
    for axis, share in enumerate(look.slices):
        if share is None:
            continue
        normal = 2 - axis
        with np.errstate(divide="ignore", invalid="ignore"):
            at = ((2 * share - 1) * half[normal] - rays.eye[normal]) / directions[:, normal]
        inside = (at >= enter - 1e-9) & (at <= leave + 1e-9)
        nearest = np.where(inside & (at < nearest), at, nearest)
    seen = np.isfinite(nearest)
    index = samples.at(rays.at(np.where(seen, nearest, DISTANCE))) * 255 // TOP
    return colors_of(look)[index].astype(np.float32), seen.astype(np.float32)
