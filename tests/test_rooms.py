"""Who may import whom: the arrows of docs/architecture.md, read from the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "voxviewer"

# A module may import from lower floors, and within its own room. Neighbors do not import each
# other, but for the ground floor, which is one room.
FLOORS = {
    "settings": 0, "data": 0, "files": 0, "workers": 0, "windows": 0, "compiling": 0,
    "failures": 0, "timing": 0, "lazy": 0,
    "sources": 1, "encoding": 1, "convolution": 1, "networks": 1, "space": 1, "render": 1,
    "recipe": 1,
    "export": 2, "network_maps": 2,
    "flow": 3, "session": 3, "jobs": 3,
    "stages": 4, "openings": 4, "pace": 4, "learning": 4,
    "pipeline": 5,
    "gui": 6,
    "options": 1,
    "commands": 7,
    "train_command": 8, "network_commands": 8,
    "cli": 9,
    "__main__": 10,
}  # fmt: skip

ONLY_IN = {
    "PySide6": "gui",
    "shiboken6": "gui",
    "pyqtgraph": "gui",
    "vtkmodules": "space",
    "vtk": "space",
    "tensorflow": "networks",
    "keras": "networks",
}
# The files that are Numba through and through; whoever wants one imports it inside a function.
NUMBA_FILES = {"convolution/blocks.py", "convolution/kernels.py", "encoding/loops.py"}
HEAVY = {"scipy", "nibabel", "numba", "llvmlite", "pyqtgraph", "PIL", "h5py", "psutil"}
PUBLIC = {
    "open", "encode", "resample", "joint_heatmaps", "batch", "random_filters", "preset_filters",
    "model_filters", "model_settings", "explain_voxel", "measure_filters",
    "adapted", "lint", "picked_frames", "with_shared_statistics",
    "conv3d", "convolve", "compare", "save_gif", "save_tensor", "run_model", "fit_recurrent",
    "hidden_states", "recurrent_forms", "recurrent_maps", "save_recurrent", "grad_cam", "occlusion",
    "train", "heat_maps",
}  # fmt: skip

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each imported module's full name, and whether it is imported at the module's top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module, id(node) in top
            if node.module == "voxviewer":
                for alias in node.names:
                    yield f"voxviewer.{alias.name}", id(node) in top


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_lower_floors(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        return
    for name, _ in imports(path):
        parts = name.split(".")
        if parts[0] != "voxviewer" or len(parts) == 1 or parts[1] == "__version__":
            continue
        there = parts[1]
        assert there in FLOORS, f"{path.name} imports {name}, which has no floor"
        same = there == here or FLOORS[there] == FLOORS[here] == 0
        assert same or FLOORS[there] < FLOORS[here], f"{here} may not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_great_libraries_stay_in_their_rooms_and_heavy_ones_inside_functions(path: Path) -> None:
    for name, top in imports(path):
        library = name.split(".")[0]
        if library in ONLY_IN:
            assert room(path) == ONLY_IN[library], f"{path.name} imports {name}"
        if path.relative_to(PACKAGE).as_posix() in NUMBA_FILES:
            continue
        own = name.removeprefix("voxviewer.").replace(".", "/") + ".py"
        heavy = library in HEAVY or own in NUMBA_FILES
        assert not (top and heavy), f"{path.name} imports {name} too early"


def test_no_module_bears_the_name_of_a_public_function() -> None:
    names = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert not names & PUBLIC


def test_every_module_begins_with_its_purpose() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"


WITHOUT = """
    import sys

    class Refuse:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in {"PySide6", "vtk", "vtkmodules", "tensorflow", "keras"}:
                raise ImportError(name + " is not to be had here")

    sys.meta_path.insert(0, Refuse())
"""


def run_without_windows(code: str, folder: Path) -> str:
    """Run code in a fresh interpreter in which Qt, VTK and TensorFlow cannot be imported."""
    script = textwrap.dedent(WITHOUT) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_whole_flow_runs_without_qt_vtk_and_tensorflow(tmp_path: Path) -> None:
    out = run_without_windows(
        """
        import numpy as np
        import voxviewer as vv

        np.save("scan.npy", np.random.default_rng(0).random((20, 18, 9), dtype=np.float32))
        source = vv.open("scan.npy")
        clip = vv.encode(source, vv.EncodingSettings(frames=6, height=16, width=16))
        maps = vv.convolve(clip, vv.random_filters(count=4, seed=7))
        saved = vv.save_gif(maps, "maps.gif", rate=10)
        print(clip.data.shape, maps.data.shape, saved.frames)
        """,
        tmp_path,
    )
    assert out.split("\n")[0] == "(6, 16, 16, 1) (6, 16, 16, 4) 6"
    assert (tmp_path / "maps.gif").read_bytes()[:6] == b"GIF89a"


def test_importing_the_package_costs_nothing(tmp_path: Path) -> None:
    out = run_without_windows(
        """
        import voxviewer
        print(sorted({"numpy", "scipy", "numba", "nibabel"} & set(sys.modules)))
        """,
        tmp_path,
    )
    assert out.strip() == "[]"


def test_public_functions_work_twice_after_every_module_was_imported(tmp_path: Path) -> None:
    """A submodule of the same name would replace its function in the package."""
    run_without_windows(
        """
        import importlib, pkgutil
        import numpy as np
        import voxviewer as vv

        for item in pkgutil.walk_packages(vv.__path__, "voxviewer."):
            if not any(part in item.name for part in (".gui", ".networks.", ".space.", "__main__")):
                importlib.import_module(item.name)
        np.save("scan.npy", np.zeros((8, 8, 5), np.float32))
        for _ in range(2):
            source = vv.open("scan.npy")
            clip = vv.encode(source)
            bank = vv.random_filters(count=2, kernel=(1, 1, 1))
            vv.convolve(clip, bank)
            vv.conv3d(clip.data, bank.kernels)
            vv.resample(np.zeros((4, 4, 4)), (2, 2, 2))
            vv.joint_heatmaps(np.zeros((2, 3, 2)), 8, 8)
            vv.batch([clip, clip])
            vv.save_gif(clip, "clip.gif")
            vv.save_tensor(clip, "clip.npy")
        """,
        tmp_path,
    )
