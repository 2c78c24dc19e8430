"""A picture that NumPy draws lines into: smooth ones, for sticks, boxes and marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxviewer.space.figures import bone_radius, floor_lines, strokes_of, trails_of

if TYPE_CHECKING:
    from voxviewer.space.camera import Camera
    from voxviewer.space.looks import Look
    from voxviewer.space.scenes import Scene

Float64 = NDArray[np.float64]


class Sketch:
    """An RGB picture of a size (width, height), filled with one color at first."""

    def __init__(self, size: tuple[int, int], background: int) -> None:
        self.size = size
        self._pixels = np.empty((size[1], size[0], 3), np.float32)
        self._pixels[...] = _rgb(background)

    @property
    def picture(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8."""
        return np.rint(np.clip(self._pixels, 0, 255)).astype(np.uint8)

    def line(self, ends: Float64, color: int, radius: float = 0.5, alpha: float = 1) -> None:
        """Draw a line with round ends between two projected points (2, 2 or 3)."""
        width, height = self.size
        a, b = ends[0, :2], ends[1, :2]
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            return
        reach = radius + 1
        # Clipped before they become integers: a point may lie as far away as it likes.
        x0, y0 = np.clip(np.floor(np.minimum(a, b) - reach), 0, (width, height)).astype(int)
        x1, y1 = np.clip(np.ceil(np.maximum(a, b) + reach) + 1, 0, (width, height)).astype(int)
        if x0 >= x1 or y0 >= y1:
            return
        x, y = np.arange(x0, x1) + 0.5 - a[0], np.arange(y0, y1)[:, None] + 0.5 - a[1]
        along = b - a
        length = float(along @ along)
        share = np.clip((x * along[0] + y * along[1]) / length, 0, 1) if length else 0.0
        distance = np.hypot(x - share * along[0], y - share * along[1])
        cover = alpha * np.clip(radius + 0.5 - distance, 0, 1)[..., None]
        part = self._pixels[y0:y1, x0:x1]
        part += cover * (_rgb(color) - part)

    def outline(self, corners: Float64, color: int) -> None:
        """Draw a closed line through projected points (N, 2 or 3)."""
        for index in range(len(corners)):
            self.line(corners[[index, (index + 1) % len(corners)]], color, 0.9)

    def blend(self, color: NDArray[np.float32], cover: NDArray[np.float32]) -> None:
        """Lay a coarser picture (h, w, 3) with its cover (h, w) over all, smoothly enlarged."""
        width, height = self.size
        layer = np.concatenate([color * cover[..., None], cover[..., None]], axis=2)
        layer = _stretched(_stretched(layer, height, 0), width, 1)
        self._pixels *= 1 - layer[..., 3:]
        self._pixels += layer[..., :3]

    def figure(self, scene: Scene, camera: Camera, look: Look) -> None:
        """Draw one frame of a recording: floor, trails, bones, joints, the far ones first."""
        colors, size = look.colors, self.size
        frame = min(max(look.frame, 0), max(len(scene.points) - 1, 0))
        radius = (
            bone_radius(scene.points, scene.bones)
            * camera.focal(size)
            / camera.project(np.zeros(3), size)[2]
        )
        for line, color in floor_lines(scene.extent, colors.line, colors.background):
            self.line(camera.project(line, size), color)
        for stroke in trails_of(scene.points, frame, look.trail, colors.trail):
            way = camera.project(stroke.points, size)
            for index in range(len(way) - 1):
                cover = float(stroke.cover[index + 1])
                self.line(way[index : index + 2], stroke.color, 0.32 * radius, cover)
        if not len(scene.points):
            return
        shapes = [
            (camera.project(stroke.points, size), stroke.color, radius)
            for stroke in strokes_of(scene.points, scene.bones, frame, colors.bone)
        ]
        joints = scene.points[frame].reshape(-1, 3)
        for joint in camera.project(joints[np.isfinite(joints).all(axis=1)], size):
            shapes.append((np.stack([joint, joint]), colors.joint, 1.75 * radius))
        for ends, color, thick in sorted(shapes, key=lambda shape: -shape[0][:, 2].min()):
            self.line(ends, color, thick)


def _rgb(color: int) -> NDArray[np.float32]:
    return np.array([color >> 16 & 255, color >> 8 & 255, color & 255], np.float32)


def _stretched(layer: NDArray[np.float32], count: int, axis: int) -> NDArray[np.float32]:
    """Enlarge along an axis, linear between the middles of the old pixels."""
    n = layer.shape[axis]
    if n == count:
        return layer
    grain = -(-count // n)
    places = np.clip((np.arange(count) + 0.5) / grain - 0.5, 0, n - 1)
    low = np.minimum(places.astype(int), max(n - 2, 0))
    high = np.minimum(low + 1, n - 1)
    shape = [1, 1, 1]
    shape[axis] = -1
    share = (places - low).astype(np.float32).reshape(shape)
    first, second = layer.take(low, axis=axis), layer.take(high, axis=axis)
    stretched: NDArray[np.float32] = first + (second - first) * share
    return stretched
