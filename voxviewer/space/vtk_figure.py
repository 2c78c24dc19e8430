"""A skeleton in VTK: bones as tubes, joints as balls, trails that fade, a floor. Child only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.space.figures import Stroke, bone_radius, floor_lines, strokes_of, trails_of
from voxviewer.space.vtk_parts import Lines, lines_data, shares, split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voxviewer.space.looks import Look

SIDES = 14


class Figure:
    """One frame of a recording."""

    def __init__(
        self,
        points: NDArray[np.float32],
        bones: tuple[tuple[int, int], ...],
        extent: tuple[float, float, float],
    ) -> None:
        self._points, self._bones, self._extent = points, bones, extent
        self._radius = bone_radius(points, bones)
        self._bone_prop, self._bone_tubes = _tubes()
        self._trail_prop, self._trail_tubes = _tubes()
        self._trail_prop.GetProperty().LightingOff()
        self._joints = _Balls()
        self._floor = Lines()
        self.props = [self._floor.prop, self._trail_prop, self._bone_prop, self._joints.prop]

    def show(self, look: Look, width: float) -> None:
        """Take on a look: which frame, how long its trails are, which colors."""
        colors = look.colors
        frame = min(max(look.frame, 0), max(len(self._points) - 1, 0))
        bones = strokes_of(self._points, self._bones, frame, colors.bone)
        _fill(self._bone_tubes, self._bone_prop, bones, self._radius)
        trails = trails_of(self._points, frame, look.trail, colors.trail)
        _fill(self._trail_tubes, self._trail_prop, trails, 0.26 * self._radius)
        joints = self._points[frame].reshape(-1, 3) if len(self._points) else np.zeros((0, 3))
        seen = joints[np.isfinite(joints).all(axis=1)]
        self._joints.show(seen, 1.75 * self._radius, shares(colors.joint))
        floor = floor_lines(self._extent, colors.line, colors.background)
        self._floor.show(floor, width)


class _Balls:
    """One ball a joint."""

    def __init__(self) -> None:
        from vtkmodules.vtkFiltersSources import vtkSphereSource
        from vtkmodules.vtkRenderingCore import vtkActor, vtkGlyph3DMapper

        self._ball = vtkSphereSource()
        self._ball.SetThetaResolution(20)
        self._ball.SetPhiResolution(14)
        self._mapper = vtkGlyph3DMapper()
        self._mapper.SetSourceConnection(self._ball.GetOutputPort())
        self._mapper.ScalarVisibilityOff()
        self._mapper.ScalingOff()
        self.prop = vtkActor()
        self.prop.SetMapper(self._mapper)
        matter(self.prop)

    def show(self, points: NDArray[Any], radius: float, color: tuple[float, float, float]) -> None:
        self._ball.SetRadius(radius)
        self._mapper.SetInputData(lines_data(points, []))
        self.prop.GetProperty().SetColor(*color)
        self.prop.SetVisibility(len(points) > 0)


def matter(prop: Any) -> None:
    """Give a prop a body that light shapes."""
    material = prop.GetProperty()
    material.SetInterpolationToPhong()
    material.SetAmbient(0.25)
    material.SetDiffuse(0.8)
    material.SetSpecular(0.3)
    material.SetSpecularPower(30)


def _tubes() -> tuple[Any, Any]:
    from vtkmodules.vtkFiltersCore import vtkTubeFilter
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    tubes = vtkTubeFilter()
    tubes.SetNumberOfSides(SIDES)
    tubes.CappingOn()
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(tubes.GetOutputPort())
    mapper.ScalarVisibilityOn()
    prop = vtkActor()
    prop.SetMapper(mapper)
    matter(prop)
    return prop, tubes


def _fill(tubes: Any, prop: Any, strokes: list[Stroke], radius: float) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk

    prop.SetVisibility(bool(strokes))
    if not strokes:
        return
    points = np.concatenate([stroke.points for stroke in strokes])
    data = lines_data(points, [len(stroke.points) for stroke in strokes])
    colors = np.concatenate(
        [np.tile((*split(stroke.color), 255.0), (len(stroke.points), 1)) for stroke in strokes]
    )
    colors[:, 3] *= np.concatenate([stroke.cover for stroke in strokes])
    data.GetPointData().SetScalars(numpy_to_vtk(colors.astype(np.uint8), deep=True))
    tubes.SetInputData(data)
    tubes.SetRadius(radius)
