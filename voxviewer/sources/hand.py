"""A waving hand, painted: every frame is computed from `hand_pose` with nothing but NumPy.

Palm, fingers and arm are tapered capsules. Each gives a signed distance, a height towards the
viewer and a surface normal; they are blended by height, so that a finger grows out of the palm
without a seam. The normals are lit by a key light from the upper left, a cool fill from the right
and a rim; the distance gives the anti-aliased outline and the shadow on the wall.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from voxviewer.data import frozen
from voxviewer.sources.hand_pose import HAND, Pose, pose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SEED = 7
BLEND = 0.022
PUFF = 0.009
WEB = 0.009
SKIN = np.array([0.66, 0.335, 0.215], np.float32)
FLUSH = np.array([0.70, 0.25, 0.165], np.float32)
KNIT = np.array([0.085, 0.165, 0.33], np.float32)
KEY = np.array([-0.46, -0.52, 0.72], np.float32) / np.float32(np.sqrt(0.46**2 + 0.52**2 + 0.72**2))
FILL = np.array([0.8, 0.1, 0.45], np.float32) / np.float32(np.sqrt(0.8**2 + 0.1**2 + 0.45**2))


@lru_cache(maxsize=2)
def waving_hand(frames: int = 16, height: int = 256, width: int = 256) -> NDArray[np.uint8]:
    """Return (frames, height, width, 3) uint8: one wave that loops, the same in every run."""
    paint = painter(frames, height, width)
    return frozen(np.stack([paint(frame) for frame in range(frames)]))


def painter(frames: int, height: int, width: int) -> Callable[[int], NDArray[np.uint8]]:
    """Return what paints one frame of the wave, (height, width, 3) uint8."""
    noise = np.random.default_rng(SEED).normal(0, 1, (height, width)).astype(np.float32)
    wall = _wall(height, width)

    def paint(frame: int) -> NDArray[np.uint8]:
        picture = _Canvas(height, width, wall).paint(pose(frame / frames))
        light = np.clip(picture, 0, 1) ** np.float32(1 / 2.2) * 255
        grain = np.roll(noise, (frame * 37, frame * 61), (0, 1)) * np.float32(0.9)
        return np.clip(light + grain[..., None] + 0.5, 0, 255).astype(np.uint8)

    return paint


def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Picture coordinates (y column, x row): [-1, 1] spans the shorter side."""
    half = min(height, width) / 2
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5 - height / 2)) / np.float32(half)
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5 - width / 2)) / np.float32(half)
    return y[:, None], x[None, :]


def _wall(height: int, width: int) -> NDArray[np.float32]:
    """(height, width, 3) linear light: a dark wall, lit from the upper left."""
    y, x = _grid(height, width)
    glow = np.exp(-((x + 0.75) ** 2 + (y + 0.85) ** 2) / 1.5)
    light = 0.0036 + 0.0145 * glow
    tint = np.array([0.96, 1.0, 1.03], np.float32)
    return (light[..., None] * tint).astype(np.float32)


class _Canvas:
    """What the parts of the hand add up to, pixel by pixel.

    `weight`, `normal`, `redness`: sums over parts, weighted by their height; `inside`: the sum from
    which the smooth union's distance is taken; `crease`: how dark lines in the skin are.
    """

    def __init__(self, height: int, width: int, wall: NDArray[np.float32]) -> None:
        self.y, self.x = _grid(height, width)
        self.half = min(height, width) / 2
        self.wall = wall
        shape = (height, width)
        self.weight = np.full(shape, 1e-30, np.float32)
        self.normal = np.zeros((3, *shape), np.float32)
        self.redness = np.zeros(shape, np.float32)
        self.inside = np.full(shape, 1e-30, np.float32)
        self.crease = np.zeros(shape, np.float32)

    def paint(self, now: Pose) -> NDArray[np.float32]:
        """(height, width, 3) linear light of one moment."""
        self._palm(now)
        for name in HAND:
            self._finger(now, name)
        self._palm_lines(now)
        return self._composite(now)

    # --- shapes -------------------------------------------------------------------------------

    def _window(self, points: NDArray[np.float64], margin: float) -> tuple[slice, slice]:
        """The pixels that a shape round these points can reach."""
        low = (points.min(axis=0) - margin) * self.half
        high = (points.max(axis=0) + margin) * self.half
        center = np.array([self.x.shape[1], self.y.shape[0]]) / 2
        left, top = np.maximum(np.floor(low + center), 0).astype(int)
        right, bottom = np.maximum(np.ceil(high + center), 0).astype(int)
        return slice(top, bottom), slice(left, right)

    def _capsule(
        self,
        a: NDArray[np.float64],
        b: NDArray[np.float64],
        radii: tuple[float, float],
        depth: tuple[float, float] = (0.0, 0.0),
        flat: float = 1.0,
        red: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Add a tapered capsule from a to b; `flat` below 1 presses it towards the wall."""
        rows, columns = self._window(np.array([a, b]), max(radii) + 0.06)
        y, x = self.y[rows], self.x[:, columns]
        if not (y.size and x.size):
            return
        along, length = b - a, float(np.hypot(*(b - a)))
        u, v = float(along[0]) / length, float(along[1]) / length
        dx, dy = x - np.float32(a[0]), y - np.float32(a[1])
        t = np.clip((dx * u + dy * v) / length, 0, 1)
        dx, dy = dx - t * np.float32(along[0]), dy - t * np.float32(along[1])
        r = np.float32(radii[0]) + t * np.float32(radii[1] - radii[0])
        far = np.sqrt(dx * dx + dy * dy) + np.float32(1e-6)
        # The smooth union swells by about PUFF; the form is made to end where the outline does.
        ratio = far / (r + np.float32(PUFF))
        lift = np.sqrt(np.maximum(1 - ratio * ratio, 0))
        z = np.float32(depth[0]) + t * np.float32(depth[1] - depth[0])
        height = z + r * np.float32(flat) * lift - np.maximum(far - r, 0) * 2
        weight = np.exp(np.minimum(height / np.float32(BLEND), 60))
        side = np.minimum(ratio, 1) * np.float32(flat**0.5)
        area = rows, columns
        self.weight[area] += weight
        self.normal[0][area] += weight * side * dx / far
        self.normal[1][area] += weight * side * dy / far
        self.normal[2][area] += weight * (lift + np.float32(1 - flat) * 0.5)
        self.redness[area] += weight * (np.float32(red[0]) + t * np.float32(red[1] - red[0]))
        self.inside[area] += np.exp(np.clip((r - far) / np.float32(WEB), -60, 20))

    def _crease(
        self, center: NDArray[np.float64], angle: float, half: float, thick: float, dark: float
    ) -> None:
        """Add a fine line across a finger: `angle` clockwise from up is the finger's way."""
        rows, columns = self._window(center[None], half * 1.4)
        dx, dy = self.x[:, columns] - np.float32(center[0]), self.y[rows] - np.float32(center[1])
        if not (dx.size and dy.size):
            return
        s, c = np.float32(np.sin(angle)), np.float32(np.cos(angle))
        along, across = dx * s - dy * c, dx * c + dy * s
        across = across / np.float32(half)
        bow = along + np.float32(0.12 * half) * across**2
        line = np.exp(-((bow / np.float32(thick)) ** 2) - np.minimum(across**4 * 1.3, 40))
        area = rows, columns
        self.crease[area] = np.maximum(self.crease[area], np.float32(dark) * line)

    # --- anatomy ------------------------------------------------------------------------------

    def _palm(self, now: Pose) -> None:
        """Forearm, metacarpals and the two balls of the palm."""
        arm = _frame(now.wrist, now.tilt)
        self._capsule(arm(0, 0.1), arm(0.005, -0.75), (0.142, 0.185), flat=0.8)
        hand = _frame(now.wrist, now.turn)
        for a, b, radii, depth, flat, red in PALM:
            self._capsule(hand(*a), hand(*b), radii, depth, flat, red)
        # The ball of the thumb goes where the thumb goes.
        root, (knuckle, middle) = hand(-0.07, 0.13), now.fingers["thumb"][:2, :2]
        self._capsule(root, knuckle, (0.125, 0.1), (0.015, 0.012), 0.75, (0.2, 0.25))
        self._capsule(knuckle, 0.6 * knuckle + 0.4 * middle, (0.104, 0.094), (0.0, 0.0), 0.8)

    def _finger(self, now: Pose, name: str) -> None:
        """The bones of a finger, its soft pads and the lines at its joints."""
        finger, points = HAND[name], now.fingers[name]
        last = len(finger.lengths) - 1
        for bone in range(last + 1):
            a, b = points[bone], points[bone + 1]
            wide = finger.radii[bone], finger.radii[bone + 1]
            red = (0.12, 0.75) if bone == last else (0.12, 0.16)
            # The first bone comes up out of the palm.
            low = a[2] - (0.042 if bone == 0 else 0.0)
            self._capsule(a[:2], b[:2], wide, (low, b[2]), 1.0, red)
            if name == "thumb" and bone == 0:
                continue
            pad = 0.5 * (wide[0] + wide[1]) * 1.035
            c, d = a + 0.36 * (b - a), a + 0.66 * (b - a)
            self._capsule(c[:2], d[:2], (pad, pad), (c[2], d[2]), 1.0, (0.2, red[1]))
            angle = float(np.arctan2(b[0] - a[0], a[1] - b[1]))
            if bone:
                self._crease(a[:2], angle, wide[0] * 0.98, 0.0105, 0.5)
                self._crease(a[:2] - 0.024 * _way(angle), angle, wide[0] * 0.8, 0.008, 0.3)
            elif name != "thumb":
                self._crease(a[:2] + 0.045 * _way(angle), angle, wide[0] * 1.0, 0.0115, 0.5)

    def _palm_lines(self, now: Pose) -> None:
        """The three great lines of the palm, and two across the wrist."""
        hand = _frame(now.wrist, now.turn)
        for curve, thick, dark in LINES:
            self._line(np.array([hand(*point) for point in curve]), thick, dark)
        for up, dark in ((0.035, 0.4), (0.0, 0.3)):
            middle = 0.5 * (hand(0.0, up) + _frame(now.wrist, now.tilt)(0.0, up))
            self._crease(middle, (now.turn + now.tilt) / 2, 0.15, 0.011, dark)

    def _line(self, points: NDArray[np.float64], thick: float, dark: float) -> None:
        """A soft line along a quadratic Bezier curve, fading towards both ends."""
        rows, columns = self._window(points, 0.04)
        y, x = self.y[rows], self.x[:, columns]
        if not (y.size and x.size):
            return
        near = np.full((y.shape[0], x.shape[1]), 1e-30, np.float32)
        for t in np.linspace(0, 1, 48):
            px, py = (1 - t) ** 2 * points[0] + 2 * t * (1 - t) * points[1] + t**2 * points[2]
            square = (x - np.float32(px)) ** 2 + (y - np.float32(py)) ** 2
            fade = np.float32(min(1.0, 6 * t + 0.2, 3 * (1 - t) + 0.1))
            near = np.maximum(near, fade * np.exp(-square / np.float32(thick * thick)))
        area = rows, columns
        self.crease[area] = np.maximum(self.crease[area], np.float32(dark) * near)

    # --- light --------------------------------------------------------------------------------

    def _composite(self, now: Pose) -> NDArray[np.float32]:
        """The wall with the shadow of the hand on it, the hand, the sleeve."""
        distance = -np.float32(WEB) * np.log(self.inside)
        cover = np.clip(np.float32(0.5) - distance * np.float32(self.half), 0, 1)
        sleeve, knit = self._sleeve(now)
        shadow = self._shadow(np.maximum(cover, sleeve))
        light = self.wall * (1 - np.float32(0.72) * shadow[..., None])
        rows, columns = _bounds(cover)
        area = rows, columns
        skin = self._skin(area, distance[area])
        light[area] += (skin - light[area]) * cover[area][..., None]
        painted: NDArray[np.float32] = light + (knit - light) * sleeve[..., None]
        return painted

    def _skin(
        self, area: tuple[slice, slice], distance: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(rows, columns, 3) light that the skin sends to the viewer."""
        normal = self.normal[(slice(None), *area)] / self.weight[area]
        # Where forms of opposite sides meet, normals cancel out: that is where no light gets in.
        length = np.sqrt((normal**2).sum(axis=0)) + np.float32(1e-6)
        normal /= length
        red = np.clip(self.redness[area] / self.weight[area], 0, 1)[..., None]
        crease = self.crease[area]
        key = np.tensordot(KEY, normal, 1)
        fill = np.maximum(np.tensordot(FILL, normal, 1), 0)
        # Skin scatters red the furthest: its light wraps round the form the most.
        wrap = np.array([0.38, 0.2, 0.14], np.float32)
        lit = np.maximum((key[..., None] + wrap) / (1 + wrap), 0) ** np.float32(1.25)
        facing = np.clip(normal[2], 0, 1)
        rounded = np.float32(0.34) + np.float32(0.66) * facing ** np.float32(0.75)
        rounded *= np.minimum(length * np.float32(1.06), 1) ** np.float32(2.2)
        deep = np.clip(-distance / np.float32(0.045), 0, 1)
        occlusion = rounded * (np.float32(0.72) + np.float32(0.28) * deep)
        albedo = SKIN + (FLUSH - SKIN) * red
        albedo = albedo * (1 - crease[..., None] * np.array([0.5, 0.66, 0.7], np.float32))
        cool = np.array([0.55, 0.75, 1.0], np.float32) * np.float32(0.085)
        light = albedo * (lit + fill[..., None] * cool + np.float32(0.055)) * occlusion[..., None]
        half = (KEY + np.array([0, 0, 1], np.float32)) / np.float32(1.855)
        shine = np.maximum(np.tensordot(half, normal, 1), 0)
        gloss = np.float32(0.085) * shine**14 + np.float32(0.05) * shine**60
        skin: NDArray[np.float32] = light + (gloss * (1 - crease) * occlusion)[..., None]
        return skin

    def _shadow(self, cover: NDArray[np.float32]) -> NDArray[np.float32]:
        """A soft shadow, thrown to the lower right."""
        right, down = round(0.1 * self.half), round(0.075 * self.half)
        moved = np.zeros_like(cover)
        moved[down:, right:] = cover[: cover.shape[0] - down, : cover.shape[1] - right]
        return _blurred(moved, max(1, round(0.05 * self.half)))

    def _sleeve(self, now: Pose) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cover (height, width) and light (height, width, 3) of the knitted sleeve."""
        start = _frame(now.wrist, now.tilt)(0, -0.235)
        down: NDArray[np.float32] = (-_way(now.tilt)).astype(np.float32)
        dx, dy = self.x - np.float32(start[0]), self.y - np.float32(start[1])
        across, along = dx * down[1] - dy * down[0], dx * down[0] + dy * down[1]
        half = np.float32(0.205) + np.float32(0.05) * np.maximum(along, 0)
        bow = along - np.float32(0.022) * (1 - (across / half) ** 2)
        edge = np.minimum(half - np.abs(across), bow + np.float32(0.02))
        cover = np.clip(edge * np.float32(self.half) + np.float32(0.5), 0, 1)
        side = np.clip(across / half, -1, 1)
        front = np.sqrt(1 - side * side * np.float32(0.96))
        turn = np.arcsin(side * np.float32(0.98))
        rib = np.cos(turn * np.float32(26))
        stitch = np.cos(bow * np.float32(150) + np.float32(1.3) * np.cos(turn * np.float32(52)))
        form = np.maximum(KEY[0] * side + KEY[2] * front, 0) * np.float32(1.15) + np.float32(0.06)
        hem = np.exp(-(((bow - np.float32(0.075)) / np.float32(0.012)) ** 2))
        lip = np.float32(1) - np.exp(-np.maximum(bow + np.float32(0.02), 0) / np.float32(0.02))
        weave = 1 + np.float32(0.2) * rib * front + np.float32(0.07) * stitch * front
        shade = form * weave * (1 - np.float32(0.35) * hem)
        shade = shade * (np.float32(0.45) + np.float32(0.55) * lip)
        return cover, KNIT * shade[..., None]


# Parts of the palm in the hand's frame (right, up): ends, radii, depths, flatness, redness.
PALM = (
    ((-0.06, 0.07), (-0.163, 0.53), (0.115, 0.096), (0.0, 0.0), 0.55, (0.05, 0.22)),
    ((-0.02, 0.06), (-0.035, 0.56), (0.12, 0.1), (-0.005, 0.0), 0.55, (0.0, 0.22)),
    ((0.03, 0.06), (0.088, 0.53), (0.12, 0.098), (-0.005, 0.0), 0.55, (0.0, 0.22)),
    ((0.07, 0.08), (0.195, 0.45), (0.115, 0.088), (0.0, 0.0), 0.55, (0.05, 0.22)),
    ((0.105, 0.12), (0.165, 0.32), (0.105, 0.1), (0.012, 0.01), 0.72, (0.2, 0.12)),
)
LINES = (
    (((-0.205, 0.43), (0.055, 0.43), (-0.015, 0.07)), 0.0115, 0.62),
    (((-0.2, 0.425), (0.02, 0.385), (0.205, 0.245)), 0.01, 0.55),
    (((0.27, 0.385), (0.09, 0.35), (-0.075, 0.5)), 0.011, 0.6),
)


Frame: TypeAlias = "Callable[[float, float], NDArray[np.float64]]"
"""(right, up) of a turned frame -> (x, y) of the picture."""


def _way(angle: float) -> NDArray[np.float64]:
    """The direction `angle` clockwise from up."""
    return np.array([np.sin(angle), -np.cos(angle)])


def _frame(origin: NDArray[np.float64], angle: float) -> Frame:
    """A function from (right, up) of a turned frame to picture coordinates."""
    up, right = _way(angle), _way(angle + np.pi / 2)
    return lambda a, b: origin + a * right + b * up


def _bounds(cover: NDArray[np.float32]) -> tuple[slice, slice]:
    """The rectangle outside which nothing is covered."""
    rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _blurred(image: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Three box blurs, near to a Gaussian; no SciPy for a sample of the welcome screen."""
    for _ in range(3):
        for axis in (0, 1):
            width = 2 * radius + 1
            pad = [(0, 0), (0, 0)]
            pad[axis] = (radius + 1, radius)
            total = np.cumsum(np.pad(image, pad, mode="edge"), axis=axis, dtype=np.float32)
            ahead = np.take(total, range(width, total.shape[axis]), axis=axis)
            behind = np.take(total, range(total.shape[axis] - width), axis=axis)
            image = (ahead - behind) / np.float32(width)
    return image
