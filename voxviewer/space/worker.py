"""The 3D process: VTK is imported here and in `vtk_*` beside it, and nowhere else.

Started as `python -P -m voxviewer.space.worker`. It draws off-screen and answers with pictures; a
missing OpenGL, which VTK answers with a segmentation fault, ends this process and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxviewer.space.camera import Camera
from voxviewer.space.looks import Colors, Look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voxviewer.space.vtk_stage import Stage
    from voxviewer.workers.child import Call

_stage: list[Stage] = []
"""The one stage, once `import_vtk` has made it."""


def main() -> None:
    """Answer requests until the parent goes."""
    from voxviewer.workers.child import serve

    serve(REQUESTS, import_vtk)


def import_vtk() -> dict[str, Any]:
    """Import VTK and draw a first picture; versions, and what draws. Dies without OpenGL."""
    from vtkmodules.vtkCommonCore import vtkSMPTools, vtkVersion

    from voxviewer.space.vtk_stage import Stage

    vtkSMPTools.Initialize(thread_count())
    stage = Stage()
    renderer = stage.probe()
    _stage[:] = [stage]
    version = vtkVersion.GetVTKVersion()
    where = "in software" if stage.software else "on the graphics card"
    return {
        "text": f"VTK {'.'.join(version.split('.')[:2])} draws {where}",
        "vtk": version,
        "renderer": renderer,
        "software": stage.software,
    }


def thread_count() -> int:
    """The processors this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def hello(call: Call) -> Mapping[str, Any]:
    """Versions and renderer again."""
    from vtkmodules.vtkCommonCore import vtkVersion

    stage = _stage[0]
    return {
        "vtk": vtkVersion.GetVTKVersion(),
        "renderer": stage.renderer_name,
        "software": stage.software,
    }


def scene(call: Call) -> Mapping[str, Any]:
    """Keep a scene: `codes` (D, H, W) uint16, or `points` (T, P, J, 3) float32 with bones."""
    key = int(call.values["key"])
    if "points" in call.arrays:
        bones = tuple((int(a), int(b)) for a, b in call.values["bones"])
        _stage[0].take_points(key, call.arrays["points"], bones, _triple(call.values["extent"]))
    else:
        signed, film = bool(call.values["signed"]), bool(call.values["film"])
        _stage[0].take_block(key, call.arrays["codes"], signed=signed, film=film)
    return {}


def render(call: Call) -> Mapping[str, Any]:
    """Draw a scene into `picture` (H, W, 3) uint8; `missing` where it was never sent."""
    stage, values = _stage[0], call.values
    key = int(values["key"])
    if not stage.holds(key):
        return {"missing": True}
    picture = call.outputs["picture"]
    height, width = picture.shape[:2]
    picture[...] = stage.draw(
        key,
        _camera(values["camera"]),
        _look(values["look"], call.arrays["palette"].tobytes()),
        _triple(values["half"]),
        (width, height),
        preview=values["quality"] == "preview",
        width=float(values["width"]),
    )
    return {"missing": False}


def _camera(values: dict[str, Any]) -> Camera:
    return Camera(**{**values, "pan": tuple(values["pan"])})


def _look(values: dict[str, Any], palette: bytes) -> Look:
    """A look as it was before it traveled: tuples are lists in JSON."""
    box = tuple((float(low), float(high)) for low, high in values["box"])
    return Look(
        **{
            **values,
            "palette": palette,
            "box": box,
            "slices": tuple(values["slices"]),
            "mark": None if values["mark"] is None else tuple(values["mark"]),
            "colors": Colors(**values["colors"]),
        }
    )


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


REQUESTS = {"hello": hello, "scene": scene, "render": render}

if __name__ == "__main__":
    main()
