"""The box round a scene: its corners, which of its edges lie behind, where its letters stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voxviewer.space.camera import Camera
    from voxviewer.space.looks import Span
    from voxviewer.space.scenes import Scene

Float64 = NDArray[np.float64]

GAP = 12.0
"""Pixels between an edge of the box and the middle of a letter."""


@dataclass(frozen=True)
class Label:
    """A letter beside the box: its middle in pixels of the picture."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Edge:
    """One edge of the box: along scene axis `along` (0 x, 1 y, 2 z), at `signs` of the others."""

    along: int
    signs: tuple[int, int]

    @property
    def others(self) -> tuple[int, int]:
        """The two axes across it."""
        first, second = (axis for axis in range(3) if axis != self.along)
        return first, second

    def ends(self, half: tuple[float, float, float]) -> Float64:
        """Return both ends (2, 3) in scene coordinates."""
        return np.stack([self.point(half, 0.0), self.point(half, 1.0)])

    def point(self, half: tuple[float, float, float], share: float) -> Float64:
        """Return the point (3,) at a share of the edge."""
        point = np.zeros(3)
        point[self.along] = (2 * share - 1) * half[self.along]
        for axis, sign in zip(self.others, self.signs, strict=True):
            point[axis] = sign * half[axis]
        return point


EDGES = tuple(Edge(along, (a, b)) for along in range(3) for a in (-1, 1) for b in (-1, 1))


def facing(camera: Camera, half: tuple[float, float, float]) -> dict[tuple[int, int], bool]:
    """Return for each face (axis, sign) of the box whether the eye sees its outside."""
    eye = camera.eye
    return {(axis, sign): sign * eye[axis] > half[axis] for axis in range(3) for sign in (-1, 1)}


def faces_of(edge: Edge) -> list[tuple[int, int]]:
    """Return the two faces that meet in an edge."""
    return list(zip(edge.others, edge.signs, strict=True))


def edges_behind(camera: Camera, half: tuple[float, float, float]) -> list[Edge]:
    """Return the edges that no two faces in front of the scene share: the frame it stands in."""
    seen = facing(camera, half)
    return [edge for edge in EDGES if not all(seen[face] for face in faces_of(edge))]


def outline(camera: Camera, half: tuple[float, float, float]) -> list[Edge]:
    """Return the edges along which the box borders on the background."""
    seen = facing(camera, half)
    return [edge for edge in EDGES if sum(seen[face] for face in faces_of(edge)) == 1]


def labels(
    scene: Scene, camera: Camera, size: tuple[int, int], depth: float = 1.0, gap: float = GAP
) -> list[Label]:
    """Return the letters of the axes, each outside the box, beside an edge that borders on nothing.

    Of several such edges the lower one is taken, for the axis that points down the left one. An
    axis that is seen end-on has no letters.
    """
    if scene.is_points:
        return []
    half = scene.half(depth)
    middle = camera.project(np.zeros(3), size)[:2]
    found: list[Label] = []
    for along, axis in zip((2, 1, 0), scene.axes, strict=True):
        edge = _best_edge(camera, half, along, size)
        if edge is None:
            continue
        for share, text in ((0.07, axis.ends[0]), (0.5, axis.name), (0.93, axis.ends[1])):
            if text:
                found.append(_beside(edge, share, text, camera, half, size, middle, gap))
    return found


def _best_edge(
    camera: Camera, half: tuple[float, float, float], along: int, size: tuple[int, int]
) -> Edge | None:
    best, lowest = None, -np.inf
    for edge in outline(camera, half):
        if edge.along != along:
            continue
        x, y, _ = camera.project(edge.point(half, 0.5), size)
        score = -x if along == 1 else y
        if score > lowest + 1e-6:
            best, lowest = edge, score
    return best


def _beside(
    edge: Edge,
    share: float,
    text: str,
    camera: Camera,
    half: tuple[float, float, float],
    size: tuple[int, int],
    middle: Float64,
    gap: float,
) -> Label:
    """A letter beside a point of an edge, away from the middle of the picture of the box."""
    start, end = camera.project(edge.ends(half), size)[:, :2]
    at = camera.project(edge.point(half, share), size)[:2]
    along = end - start
    across = np.array([along[1], -along[0]])
    length = float(np.hypot(*across))
    if length < 1e-6:
        across, length = at - middle, max(float(np.hypot(*(at - middle))), 1e-6)
    across = across / length
    if across @ (at - middle) < 0:
        across = -across
    return Label(text, float(at[0] + gap * across[0]), float(at[1] + gap * across[1]))


def cut_half(
    half: tuple[float, float, float], box: tuple[Span, Span, Span]
) -> tuple[Float64, Float64]:
    """Return the low and high corner (x, y, z) of the part that is shown, in scene coordinates."""
    shares = np.array([box[2], box[1], box[0]])
    sides = np.array(half)[:, None]
    corners = (2 * shares - 1) * sides
    return corners[:, 0], corners[:, 1]


def plane_corners(half: tuple[float, float, float], axis: int, share: float) -> Float64:
    """Return the four corners (4, 3), in turn, of the plane across a block's axis (0 = D')."""
    normal = 2 - axis
    first, second = (other for other in range(3) if other != normal)
    corners = np.zeros((4, 3))
    corners[:, normal] = (2 * share - 1) * half[normal]
    for row, (a, b) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
        corners[row, first], corners[row, second] = a * half[first], b * half[second]
    return corners
