"""What a scene is made of in VTK: body, surface, planes, lines, figure. Child process only.

Each part makes its props once and is told how to look before every picture. Single modules of VTK
are imported, inside the functions; `vtkmodules.all` would take three times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.space.looks import TOP, ZERO, colors_of, opacity_of, surface_color
from voxviewer.space.shrinking import mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voxviewer.space.looks import Look

COARSE = 80**3
"""Voxels of the block whose surface is shown while the level is being moved."""
MANY = 60_000
"""Triangles above which the coarse surface is shown while the scene turns."""
PAD = 2
"""Empty voxels round a block whose surface is wanted: light needs a slope on both sides of it."""

Half = tuple[float, float, float]


def image_of(codes: NDArray[np.uint16], half: Half, pad: int = 0) -> Any:
    """Return VTK's image over a block (D, H, W): centered, in scene coordinates, edges at `half`.

    VTK's first axis is the fastest, which is W: the array is handed over as it lies.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    image = vtkImageData()
    image.SetDimensions(*codes.shape[::-1])
    scalars = numpy_to_vtk(codes.reshape(-1), deep=False)
    image.GetPointData().SetScalars(scalars)
    place_image(image, half, pad)
    return image


def place_image(image: Any, half: Half, pad: int = 0) -> None:
    """Give an image its place and size; a change of depth moves nothing else."""
    counts = [n - 2 * pad for n in image.GetDimensions()]
    spacing = [2 * h / n for h, n in zip(half, counts, strict=True)]
    origin = [-h + s * (0.5 - pad) for h, s in zip(half, spacing, strict=True)]
    if not np.allclose(image.GetSpacing(), spacing) or not np.allclose(image.GetOrigin(), origin):
        image.SetSpacing(*spacing)
        image.SetOrigin(*origin)
        image.Modified()


def thick(codes: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the block with at least two voxels along each axis, as ray casting needs."""
    for axis in range(3):
        if codes.shape[axis] == 1:
            codes = np.repeat(codes, 2, axis=axis)
    return np.ascontiguousarray(codes)


class Body:
    """The block as a volume: composited, or the largest value along each ray.

    Parameters
    ----------
    software : cast the rays on the processor, which is 4 to 8 times as fast as a software OpenGL
    pad : empty voxels put round the block, so that light finds a face where the body is cut off
    """

    def __init__(
        self, codes: NDArray[np.uint16], half: Half, *, software: bool, pad: int = 0
    ) -> None:
        from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
        from vtkmodules.vtkRenderingCore import (
            vtkColorTransferFunction,
            vtkVolume,
            vtkVolumeProperty,
        )

        self._codes = np.pad(codes, pad) if pad else thick(codes)
        self._pad = pad
        self.image = image_of(self._codes, half, pad)
        self._software = software
        self._mapper = _volume_mapper(software)
        self._mapper.SetInputData(self.image)
        self._colors, self._opacity = vtkColorTransferFunction(), vtkPiecewiseFunction()
        self._property = vtkVolumeProperty()
        self._property.SetColor(self._colors)
        self._property.SetScalarOpacity(self._opacity)
        self._property.SetInterpolationTypeToLinear()
        self._tables: bytes = b""
        self.prop = vtkVolume()
        self.prop.SetMapper(self._mapper)
        self.prop.SetProperty(self._property)

    def show(self, look: Look, half: Half, planes: list[Any], *, preview: bool) -> None:
        """Take on a look."""
        from voxviewer.space.looks import LAYER

        place_image(self.image, half, self._pad)
        finest = min(self.image.GetSpacing())
        step = max(1.5 * finest, 2 / 110) if preview else max(0.8 * finest, 2 / 400)
        self._mapper.SetSampleDistance(step)
        self._mapper.SetBlendMode(1 if look.mode == "mip" else 0)
        clip(self._mapper, planes)
        self._property.SetScalarOpacityUnitDistance(LAYER)
        self._show_shade(look)
        self._show_tables(look)

    def _show_shade(self, look: Look) -> None:
        self._property.SetShade(1 if look.shaded else 0)
        self._property.SetAmbient(0.3)
        self._property.SetDiffuse(0.95)
        self._property.SetSpecular(0.25)
        self._property.SetSpecularPower(18.0)

    def _show_tables(self, look: Look) -> None:
        colors, opacity = colors_of(look), opacity_of(look)
        tables = colors.tobytes() + opacity.tobytes()
        if tables == self._tables:
            return
        self._tables = tables
        places = np.linspace(0, TOP, 256)
        self._colors.RemoveAllPoints()
        self._opacity.RemoveAllPoints()
        for place, color, share in zip(places, colors / 255, opacity, strict=True):
            self._colors.AddRGBPoint(place, *color)
            self._opacity.AddPoint(place, share)


def _volume_mapper(software: bool) -> Any:
    if software:
        from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

        mapper = vtkFixedPointVolumeRayCastMapper()
        mapper.SetImageSampleDistance(1.0)
        mapper.IntermixIntersectingGeometryOn()
    else:
        from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

        mapper = vtkOpenGLGPUVolumeRayCastMapper()
        mapper.UseJitteringOn()
    mapper.SetAutoAdjustSampleDistances(0)
    return mapper


def clip(mapper: Any, planes: list[Any]) -> None:
    """Give a mapper exactly these planes."""
    mapper.RemoveAllClippingPlanes()
    for plane in planes:
        mapper.AddClippingPlane(plane)


def clip_planes(low: NDArray[np.float64], high: NDArray[np.float64], half: Half) -> list[Any]:
    """Return the planes of a box that cut something off; inside is where they point."""
    from vtkmodules.vtkCommonDataModel import vtkPlane

    planes = []
    for axis in range(3):
        for corner, sign in ((low, 1), (high, -1)):
            if half[axis] + sign * corner[axis] < 1e-9:
                continue
            plane = vtkPlane()
            plane.SetOrigin(*corner)
            plane.SetNormal(*(float(sign * (axis == other)) for other in range(3)))
            planes.append(plane)
    return planes


class Surface:
    """The surface where the block has one value; both signs of it where values are signed.

    Outside the block counts as nothing, so that a surface that reaches its side is closed.
    """

    def __init__(self, codes: NDArray[np.uint16], half: Half, *, signed: bool) -> None:
        from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

        outside = ZERO if signed else 0
        self._signed = signed
        self._blocks = [_walled(codes, outside)]
        small = codes
        while small.size > COARSE:
            axis = int(np.argmax(small.shape))
            small = mean_of(small.astype(np.float32), 2, axis).astype(np.uint16)
        self._coarse = small.size < codes.size
        if self._coarse:
            self._blocks.append(_walled(small, outside))
        self._images = [image_of(np.ascontiguousarray(b), half, PAD) for b in self._blocks]
        self._contours = [self._contour(image) for image in self._images]
        self._level: list[float | None] = [None] * len(self._images)
        self._mapper = vtkPolyDataMapper()
        self._mapper.ScalarVisibilityOn()
        self.prop = vtkActor()
        self.prop.SetMapper(self._mapper)
        material = self.prop.GetProperty()
        material.SetInterpolationToPhong()
        material.SetAmbient(0.12)
        material.SetDiffuse(0.85)
        material.SetSpecular(0.25)
        material.SetSpecularPower(28)

    @staticmethod
    def _contour(image: Any) -> Any:
        from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

        contour = vtkFlyingEdges3D()
        contour.SetInputData(image)
        contour.ComputeNormalsOn()
        contour.ComputeGradientsOff()
        contour.ComputeScalarsOn()
        return contour

    def show(self, look: Look, half: Half, planes: list[Any], *, preview: bool) -> None:
        """Take on a look; while it is being changed the coarse surface serves."""
        for image in self._images:
            place_image(image, half, PAD)
        which = 1 if self._coarse and preview and not self._ready(look.level) else 0
        contour = self._contours[which]
        if self._level[which] != look.level:
            self._level[which] = look.level
            for index, value in enumerate(self._values(look.level)):
                contour.SetValue(index, value)
        contour.Update()
        self._mapper.SetInputConnection(contour.GetOutputPort())
        self._mapper.SetLookupTable(_two_colors(look))
        self._mapper.SetScalarRange(0, TOP)
        clip(self._mapper, planes)

    def _ready(self, level: float) -> bool:
        """True where the fine surface is there and quick to draw."""
        if self._level[0] != level:
            return False
        return bool(self._contours[0].GetOutput().GetNumberOfPolys() < MANY)

    def _values(self, level: float) -> list[float]:
        if self._signed:
            return [ZERO - level * ZERO, ZERO + level * ZERO]
        return [max(level, 0.002) * TOP]


def _walled(codes: NDArray[np.uint16], outside: int) -> NDArray[np.uint16]:
    """Put empty voxels round a block, its outer ones once more between: thin sheets need it."""
    return np.pad(np.pad(codes, 1, mode="edge"), PAD - 1, constant_values=outside)


def _two_colors(look: Look) -> Any:
    """Return VTK's table for surfaces: one color below the middle, one above."""
    low, high = surface_color(look, -1), surface_color(look)
    return _table([low if look.signed else high, high])


def lookup(look: Look) -> Any:
    """Return VTK's table of the palette."""
    return _table(colors_of(look).tolist())


def _table(colors: Sequence[Sequence[int]]) -> Any:
    from vtkmodules.vtkCommonCore import vtkLookupTable

    table = vtkLookupTable()
    table.SetNumberOfTableValues(len(colors))
    table.SetTableRange(0, TOP)
    for index, (red, green, blue) in enumerate(colors):
        table.SetTableValue(index, red / 255, green / 255, blue / 255, 1.0)
    return table


class Planes:
    """Up to three planes through the block, painted with its values."""

    def __init__(self, image: Any, half: Half) -> None:
        from vtkmodules.vtkRenderingCore import (
            vtkImageProperty,
            vtkImageSlice,
            vtkImageSliceMapper,
        )

        self._image = image
        self.props = []
        self._mappers = []
        self._property = vtkImageProperty()
        self._property.SetAmbient(1.0)
        self._property.SetDiffuse(0.0)
        self._property.SetInterpolationTypeToLinear()
        self._property.UseLookupTableScalarRangeOn()
        for axis in range(3):  # D', H', W' are VTK's z, y, x
            mapper = vtkImageSliceMapper()
            mapper.SetInputData(image)
            mapper.SetOrientation(2 - axis)
            mapper.BorderOn()
            prop = vtkImageSlice()
            prop.SetMapper(mapper)
            prop.SetProperty(self._property)
            self._mappers.append(mapper)
            self.props.append(prop)

    def show(self, look: Look, half: Half) -> None:
        """Take on a look: where the planes stand, and what of them is cut off."""
        place_image(self._image, half)
        self._property.SetLookupTable(lookup(look))
        counts = self._image.GetDimensions()
        region: list[int] = []
        for axis in range(3):
            low, high = look.box[2 - axis]
            n = counts[axis]
            region += [min(round(low * n), n - 1), max(min(round(high * n), n) - 1, 0)]
        for axis, (mapper, prop) in enumerate(zip(self._mappers, self.props, strict=True)):
            share = look.slices[axis]
            n = counts[2 - axis]
            prop.SetVisibility(share is not None)
            if share is None:
                continue
            mapper.SetSliceNumber(min(max(round(share * n - 0.5), 0), n - 1))
            mapper.SetCroppingRegion(region)
            mapper.CroppingOn()


class Lines:
    """Straight lines in two colors: the box, and what marks the frame."""

    def __init__(self) -> None:
        from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

        self._mapper = vtkPolyDataMapper()
        self._mapper.ScalarVisibilityOn()
        self.prop = vtkActor()
        self.prop.SetMapper(self._mapper)
        self.prop.GetProperty().LightingOff()

    def show(self, lines: list[tuple[NDArray[np.float64], int]], width: float) -> None:
        """Draw polylines (N, 3), each in its color 0xRRGGBB."""
        from vtkmodules.util.numpy_support import numpy_to_vtk

        points = np.concatenate([line for line, _ in lines]) if lines else np.zeros((0, 3))
        colors = np.array([split(color) for _, color in lines], np.uint8).reshape(-1, 3)
        data = lines_data(points, [len(line) for line, _ in lines])
        data.GetCellData().SetScalars(numpy_to_vtk(colors, deep=True))
        self._mapper.SetInputData(data)
        self.prop.GetProperty().SetLineWidth(width)


def lines_data(points: NDArray[Any], counts: list[int]) -> Any:
    """Return VTK's poly data of polylines: points (N, 3), so many for each line, in order."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    places = vtkPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float64), deep=True))
    cells = vtkCellArray()
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True),
        numpy_to_vtkIdTypeArray(np.arange(len(points), dtype=np.int64), deep=True),
    )
    data = vtkPolyData()
    data.SetPoints(places)
    data.SetLines(cells)
    return data


def split(color: int) -> tuple[int, int, int]:
    """0xRRGGBB as three numbers 0 to 255."""
    return color >> 16 & 255, color >> 8 & 255, color & 255


def shares(color: int) -> tuple[float, float, float]:
    """0xRRGGBB as three numbers 0 to 1."""
    red, green, blue = split(color)
    return red / 255, green / 255, blue / 255
