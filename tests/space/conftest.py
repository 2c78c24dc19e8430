"""A real 3D process for all tests of the room, and scenes to draw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vox_space_scenes import block

from voxviewer.space.client import SpaceEngine, missing
from voxviewer.workers import Worker

PROGRAMS = str(Path(__file__).with_name("programs"))


@pytest.fixture(scope="session")
def space_engine() -> Iterator[SpaceEngine]:
    """VTK in its process; skipped only where VTK or OpenGL are not there."""
    if missing():
        pytest.skip(missing())
    engine = SpaceEngine()
    from voxviewer.space.camera import Camera
    from voxviewer.space.client import SpaceMissing
    from voxviewer.space.looks import Look

    try:
        engine.render(block(np.zeros((2, 2, 2), np.uint16)), Camera(), Look(), (8, 8))
    except SpaceMissing as error:
        engine.stop()
        pytest.skip(str(error))
    yield engine
    engine.stop()


@pytest.fixture
def mortal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make an engine whose process dies: `mortal("start")` or `mortal("picture")`."""
    made = []

    def make(when: str) -> SpaceEngine:
        environment = {"VOX_DIES": when, "VOX_STARTS": str(tmp_path / "starts")}
        worker = Worker("vox_mortal_worker", title="3D", path=(PROGRAMS,), environment=environment)
        made.append(SpaceEngine(worker))
        return made[-1]

    yield make
    for engine in made:
        engine.stop()
