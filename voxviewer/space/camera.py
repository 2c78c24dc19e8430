"""Where the eye is: a frozen value, and the moves of a trackball as pure functions.

The eye looks at the middle of the scene from a fixed distance, in perspective; the picture of the
ball of radius 1 fits the shorter side. VTK and the NumPy projection are both given what stands
here, so a point is at the same pixel in each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

HALF_ANGLE = math.radians(12.0)
"""Half the angle under which the ball is seen: a gentle perspective."""
DISTANCE = 1.0 / math.sin(HALF_ANGLE)
"""From the eye to the middle of the scene, in radii of the ball."""
FILL = 0.94
"""Share of the shorter side that the ball fills at zoom 1."""
ZOOMS = (0.2, 20.0)
DEGREES_PER_SIDE = 180.0
"""A drag over the shorter side turns half round."""


@dataclass(frozen=True)
class Camera:
    """How a scene is looked at.

    Attributes
    ----------
    azimuth : degrees round the vertical; 0 looks along z, from the first slice or frame. Growing,
        it shows more of the scene's right side
    elevation : degrees above the horizon, -90 to 90
    zoom : 1 = the ball of radius 1 fits
    pan : (right, down), where the middle of the scene lies, in shorter sides from the picture's
    """

    azimuth: float = 0.0
    elevation: float = 0.0
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)

    @property
    def rotation(self) -> Float64:
        """(3, 3), from scene coordinates to (right, down, away) of the eye."""
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        turn = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
        tilt = np.array([[1, 0, 0], [0, math.cos(e), -math.sin(e)], [0, math.sin(e), math.cos(e)]])
        rotation: Float64 = tilt @ turn
        return rotation

    @property
    def eye(self) -> Float64:
        """(3,), the eye in scene coordinates."""
        eye: Float64 = -DISTANCE * self.rotation[2]
        return eye

    def focal(self, size: tuple[int, int]) -> float:
        """Return the focal length in pixels of a picture of that size (width, height)."""
        return FILL * self.zoom * min(size) / 2 / math.tan(HALF_ANGLE)

    def middle(self, size: tuple[int, int]) -> tuple[float, float]:
        """Return the pixel (x, y) of the scene's middle."""
        side = min(size)
        return size[0] / 2 + self.pan[0] * side, size[1] / 2 + self.pan[1] * side

    def project(self, points: NDArray[np.floating], size: tuple[int, int]) -> Float64:
        """Return where points (..., 3) of the scene land in a picture of size (width, height).

        Returns
        -------
        (..., 3) float64: x to the right and y down in pixels, counted from the picture's corner
        (the center of the first pixel is 0.5), and the depth along the line of sight; NaN stays NaN
        """
        seen = np.asarray(points, np.float64) @ self.rotation.T
        depth = seen[..., 2] + DISTANCE
        scale = self.focal(size) / depth
        x, y = self.middle(size)
        return np.stack([x + seen[..., 0] * scale, y + seen[..., 1] * scale, depth], axis=-1)

    def rays(self, size: tuple[int, int], grain: int = 1) -> tuple[Float64, Float64]:
        """Return the eye (3,) and the direction (h, w, 3) through each block of `grain` pixels.

        Directions have length 1 along the line of sight, so `eye + DISTANCE * direction` lies in
        the plane through the scene's middle.
        """
        x, y = self.middle(size)
        focal = self.focal(size)
        w, h = (-(-side // grain) for side in size)
        seen = np.ones((h, w, 3))
        seen[..., 0] = ((np.arange(w) + 0.5) * grain - x) / focal
        seen[..., 1] = (((np.arange(h) + 0.5) * grain - y) / focal)[:, None]
        return self.eye, seen @ self.rotation


def turned(camera: Camera, right: float, down: float, size: tuple[int, int]) -> Camera:
    """Return the camera after a drag by pixels: what lies in front follows the pointer."""
    share = DEGREES_PER_SIDE / max(min(size), 1)
    azimuth = math.fmod(camera.azimuth - right * share, 360.0)
    elevation = min(max(camera.elevation + down * share, -90.0), 90.0)
    return replace(camera, azimuth=azimuth, elevation=elevation)


def panned(camera: Camera, right: float, down: float, size: tuple[int, int]) -> Camera:
    """Return the camera after a drag that moves the scene by pixels; it stays within reach."""
    side = max(min(size), 1)
    reach = 0.5 + camera.zoom / 2
    x, y = camera.pan[0] + right / side, camera.pan[1] + down / side
    return replace(camera, pan=(min(max(x, -reach), reach), min(max(y, -reach), reach)))


def fitted(
    camera: Camera, half: tuple[float, float, float], size: tuple[int, int], margin: float = 0.0
) -> Camera:
    """Return the camera as close as the box of half sizes (x, y, z) and a margin in pixels allow.

    It looks at the scene's middle, and never closer than the ball would fill the picture twice.
    """
    plain = replace(camera, zoom=1.0, pan=(0.0, 0.0))
    signs = np.array(np.meshgrid((-1, 1), (-1, 1), (-1, 1))).reshape(3, -1).T
    corners = plain.project(signs * np.array(half), size)[:, :2] - np.array(size) / 2
    room = np.maximum(np.array(size) / 2 - margin, 8)
    reach = float((np.abs(corners) / room).max())
    zoom = min(1 / max(reach, 1e-6), 2.0)
    return replace(plain, zoom=min(max(zoom, ZOOMS[0]), ZOOMS[1]))


def zoomed(
    camera: Camera, factor: float, at: tuple[float, float] | None, size: tuple[int, int]
) -> Camera:
    """Return the camera closer by a factor; what lies at the pixel `at` (x, y) stays there."""
    zoom = min(max(camera.zoom * factor, ZOOMS[0]), ZOOMS[1])
    if at is None:
        return replace(camera, zoom=zoom)
    grown = zoom / camera.zoom
    x, y = camera.middle(size)
    side = max(min(size), 1)
    moved = ((at[0] - x) * (1 - grown) / side, (at[1] - y) * (1 - grown) / side)
    return replace(camera, zoom=zoom, pan=(camera.pan[0] + moved[0], camera.pan[1] + moved[1]))
