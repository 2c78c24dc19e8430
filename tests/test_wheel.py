"""The program as it is installed: from a wheel, in its own folder, with icons and resources."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*words: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        words, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    run(*pip, *build, folder=folder)
    (wheel,) = folder.glob("voxviewer-*.whl")
    target = folder / "site"
    run(*pip, "install", "--no-deps", "--target", str(target), str(wheel), folder=folder)
    return target


def test_the_wheel_has_icons_and_resources_and_no_tests(installed: Path) -> None:
    package = installed / "voxviewer"
    icons = {path.name for path in (ROOT / "icons").glob("*.svg")}
    resources = {path.name for path in (ROOT / "resources").iterdir()}
    assert {path.name for path in (package / "_assets" / "icons").iterdir()} == icons
    assert {path.name for path in (package / "_assets" / "resources").iterdir()} == resources
    assert not (installed / "tests").exists()


def test_the_installed_program_convolves_and_shows_its_window(
    installed: Path, tmp_path: Path
) -> None:
    where = "import voxviewer; print(voxviewer.__file__)"
    python = (sys.executable, "-c", where)
    found = run(*python, folder=tmp_path, PYTHONPATH=str(installed))
    assert Path(found.strip()).is_relative_to(installed)
    words = (sys.executable, "-m", "voxviewer", "open", "sample:phantom", "--height", "32")
    shot = ("--screenshot", "window.png", "--gif", "maps.gif")
    out = run(*words, *shot, folder=tmp_path, PYTHONPATH=str(installed))
    assert out.splitlines() == [str(tmp_path / "window.png"), str(tmp_path / "maps.gif")]
    assert (tmp_path / "window.png").stat().st_size > 50_000
    assert (tmp_path / "maps.gif").read_bytes().startswith(b"GIF89a")
