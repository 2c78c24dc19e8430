"""One off-screen window of VTK and the scenes that stand ready in it. Child process only."""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.space import boxes
from voxviewer.space import camera as cameras
from voxviewer.space.looks import TOP, ZERO
from voxviewer.space.smoothing import finer, smoothed
from voxviewer.space.vtk_figure import Figure
from voxviewer.space.vtk_parts import (
    PAD,
    Body,
    Lines,
    Planes,
    Surface,
    clip_planes,
    image_of,
    shares,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.space.camera import Camera
    from voxviewer.space.looks import Look

KEPT = 4
"""Scenes that stay ready, so that going back and forth between them costs nothing."""

ROOM = 24_000_000
"""Voxels of all of them together; each takes up to 14 bytes in its several forms."""

SOFTWARE = re.compile(r"llvmpipe|softpipe|swrast|swiftshader|software|basic render|\bgdi\b", re.I)


@dataclass(eq=False)
class Set:
    """One scene as it was sent, and the parts of it that were wanted so far."""

    codes: NDArray[np.uint16]
    signed: bool = False
    film: bool = False
    figure: Figure | None = None
    parts: dict[str, Any] = field(default_factory=dict)


class Stage:
    """Draws scenes; one thread only."""

    def __init__(self) -> None:
        import vtkmodules.vtkRenderingOpenGL2
        import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401 - they register what draws
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(4)
        self._renderer = vtkRenderer()
        self._renderer.AutomaticLightCreationOff()
        self._window.AddRenderer(self._renderer)
        self._window.SetSize(16, 16)
        for place, strength in (((-0.6, 0.8, 1.2), 0.95), ((0.9, -0.1, 0.7), 0.3)):
            self._renderer.AddLight(_light(place, strength))
        self._lines, self._marks = Lines(), Lines()
        self._sets: OrderedDict[int, Set] = OrderedDict()
        self.renderer_name = ""

    def probe(self) -> str:
        """Draw a first, empty picture, which dies where there is no OpenGL; who drew it."""
        if not self._window.SupportsOpenGL():
            raise ImportError("this machine has no OpenGL that it can draw with")
        self._window.Render()
        found = re.search(r"renderer string:\s*(.*)", self._window.ReportCapabilities())
        self.renderer_name = found.group(1).strip() if found else "unknown"
        return self.renderer_name

    @property
    def software(self) -> bool:
        """True where OpenGL is computed on the processor."""
        return bool(SOFTWARE.search(self.renderer_name))

    def holds(self, key: int) -> bool:
        """Return True where the scene was sent and is still here."""
        return key in self._sets

    def take_block(self, key: int, codes: NDArray[np.uint16], *, signed: bool, film: bool) -> None:
        """Keep a block (D, H, W); the array is copied, as what it lies in goes away."""
        self._keep(key, Set(np.array(codes, np.uint16), signed, film))

    def take_points(
        self,
        key: int,
        points: NDArray[np.float32],
        bones: tuple[tuple[int, int], ...],
        extent: tuple[float, float, float],
    ) -> None:
        """Keep a recording (T, P, J, 3)."""
        figure = Figure(np.array(points, np.float32), bones, extent)
        self._keep(key, Set(np.zeros((0, 0, 0), np.uint16), figure=figure))

    def _keep(self, key: int, made: Set) -> None:
        self._renderer.RemoveAllViewProps()
        self._sets[key] = made
        while len(self._sets) > KEPT or (len(self._sets) > 1 and self._voxels() > ROOM):
            self._sets.popitem(last=False)

    def _voxels(self) -> int:
        return sum(made.codes.size for made in self._sets.values())

    def draw(
        self,
        key: int,
        camera: Camera,
        look: Look,
        half: tuple[float, float, float],
        size: tuple[int, int],
        *,
        preview: bool,
        width: float,
    ) -> NDArray[np.uint8]:
        """Draw a scene; (H, W, 3) uint8, row 0 on top.

        Parameters
        ----------
        half : half the scene's size along x, y, z
        size : width and height of the picture
        width : of lines, in pixels
        """
        self._sets.move_to_end(key)
        self._renderer.RemoveAllViewProps()
        for prop in self._props(self._sets[key], camera, look, half, preview, width):
            self._renderer.AddViewProp(prop)
        self._renderer.SetBackground(*shares(look.colors.background))
        if tuple(self._window.GetSize()) != size:
            self._window.SetSize(*size)
        self._aim(camera, size)
        self._window.Render()
        return self._read(size)

    def _props(
        self,
        made: Set,
        camera: Camera,
        look: Look,
        half: tuple[float, float, float],
        preview: bool,
        width: float,
    ) -> list[Any]:
        if made.figure is not None:
            made.figure.show(look, width)
            return list(made.figure.props)
        self._show_frame(camera, look, half, width)
        low, high = boxes.cut_half(half, look.box)
        planes = clip_planes(low, high, half)
        props = [self._lines.prop, self._marks.prop]
        if look.mode == "slices":
            part = self._part(made, "slices", half)
            part.show(look, half)
            return [*props, *part.props]
        part = self._part(made, part_name(look, signed=made.signed), half)
        part.show(look, half, planes, preview=preview)
        return [*props, part.prop]

    def _part(self, made: Set, name: str, half: tuple[float, float, float]) -> Any:
        if name not in made.parts:
            made.parts[name] = self._make(made, name, half)
        return made.parts[name]

    def _make(self, made: Set, name: str, half: tuple[float, float, float]) -> Any:
        if name == "surface":
            return Surface(without_stairs(made), half, signed=made.signed)
        if name == "slices":
            return Planes(image_of(made.codes, half), half)
        if name == "strength":
            return Body(finer(strength(made.codes)), half, software=self.software)
        if name == "lit":
            return Body(without_stairs(made), half, software=self.software, pad=PAD)
        return Body(finer(made.codes), half, software=self.software)

    def _show_frame(
        self, camera: Camera, look: Look, half: tuple[float, float, float], width: float
    ) -> None:
        """The box behind the scene, the outlines of its planes, the mark of the frame."""
        thin = [(edge.ends(half), look.colors.line) for edge in boxes.edges_behind(camera, half)]
        strong = []
        if look.mode == "slices":
            for axis, share in enumerate(look.slices):
                if share is not None and (axis, share) != look.mark:
                    thin.append((_closed(boxes.plane_corners(half, axis, share)), look.colors.line))
        if look.mark is not None:
            strong.append((_closed(boxes.plane_corners(half, *look.mark)), look.colors.mark))
        self._lines.show(thin, width)
        self._marks.show(strong, 1.8 * width)

    def _aim(self, camera: Camera, size: tuple[int, int]) -> None:
        """Give VTK's camera what `Camera.project` computes."""
        eye = self._renderer.GetActiveCamera()
        eye.SetFocalPoint(0, 0, 0)
        eye.SetPosition(*camera.eye)
        eye.SetViewUp(*(-camera.rotation[1]))
        eye.SetViewAngle(2 * math.degrees(math.atan(size[1] / 2 / camera.focal(size))))
        x, y = camera.middle(size)
        eye.SetWindowCenter(1 - 2 * x / size[0], 2 * y / size[1] - 1)
        eye.SetClippingRange(cameras.DISTANCE - 1.6, cameras.DISTANCE + 1.6)

    def _read(self, size: tuple[int, int]) -> NDArray[np.uint8]:
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        width, height = size
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        picture: NDArray[np.uint8] = vtk_to_numpy(pixels).reshape(height, width, 3)[::-1]
        return picture


def without_stairs(made: Set) -> NDArray[np.uint16]:
    """Return the block ready to be lit; frames of a film are left sharp, as things move in it."""
    return smoothed(finer(made.codes)) if made.film else finer(smoothed(made.codes))


def part_name(look: Look, *, signed: bool) -> str:
    """Return which part of a block shows a look: the same block is kept in up to four forms."""
    if look.mode in ("surface", "slices"):
        return look.mode
    if look.mode == "mip":
        return "strength" if signed else "glow"
    return "lit" if look.shaded else "glow"


def strength(codes: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return how far signed codes are from zero, as signed codes again: zero is `ZERO`.

    So the palette's upper half paints it: the largest of both signs, whichever it is.
    """
    away = np.abs(codes.astype(np.int32) - ZERO)
    found: NDArray[np.uint16] = np.minimum(ZERO + away, TOP).astype(np.uint16)
    return found


def _closed(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([corners, corners[:1]])


def _light(place: tuple[float, float, float], strength: float) -> Any:
    """A lamp that stays with the eye: place (right, up, toward the eye)."""
    from vtkmodules.vtkRenderingCore import vtkLight

    light = vtkLight()
    light.SetLightTypeToCameraLight()
    light.SetPosition(*place)
    light.SetFocalPoint(0, 0, 0)
    light.SetIntensity(strength)
    light.SwitchOn()
    return light
