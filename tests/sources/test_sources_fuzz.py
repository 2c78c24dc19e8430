"""Damaged files: every outcome is a noun or one SourceError."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

import voxviewer.sources as sources
from voxviewer.data import Skeleton, Volume
from voxviewer.files import SourceError

MUTANTS = 200
FUZZ = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz.py"
FAMILIES = (
    "NIfTI", "NIfTI, gzip", "Analyze", "MGH", "MGH, gzip", "NRRD", "NRRD, gzip",
    "MetaImage", "MetaImage, compressed", "DICOM", "DICOM, frames", "NumPy array", "NumPy archive",
    "GIF", "picture", "photograph", "picture, animated", "TIFF", "TIFF, deflate", "TIFF, LZW",
    "HDF5", "PLY", "PLY, binary", "XYZ", "video", "video, AVI", "video, Matroska",
    "BVH", "C3D", "NTU skeleton", "pose JSON", "joints CSV", "PYSKL pickle",
)  # fmt: skip


def mutant(data: bytes, dice: random.Random) -> bytes:
    """Flip, overwrite, cut, double or swap a few bytes, mostly near the beginning."""
    raw = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 5, 20])):
        place = min(int(dice.expovariate(6) * len(raw)), len(raw) - 1)
        match dice.randrange(5):
            case 0:
                raw[place] ^= 1 << dice.randrange(8)
            case 1:
                raw[place] = dice.choice([0, 1, 0x7F, 0x80, 0xFF])
            case 2:
                raw[place : place + 4] = dice.randbytes(4)
            case 3 if len(raw) > 40:
                del raw[place : place + dice.randrange(1, 30)]
            case _:
                raw[place:place] = raw[place : place + dice.randrange(1, 30)]
    return bytes(raw)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """Family -> what its mutants came to, of all families that were done; and how it ended.

    One child process for all of them: a library may crash, loop or take all memory in there.
    """
    folder = tmp_path_factory.mktemp("mutants")
    words = [str(FUZZ), "--child", "|".join(FAMILIES), str(MUTANTS), "1", str(folder)]
    child = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=300)
    lines = [line.partition(":") for line in child.stdout.splitlines()]
    left = ", ".join(path.name for path in folder.glob("mutant-*"))
    end = f"signal or status {child.returncode}; {left}: {child.stderr[-800:]}"
    return {family: rest.strip() for family, _, rest in lines}, end


@pytest.mark.parametrize("family", FAMILIES)
def test_mutants_are_nouns_or_source_errors(told: tuple[dict[str, str], str], family: str) -> None:
    """And none of them takes more than 2 s of work, or 200 MB beside the noun itself."""
    done, end = told
    assert family in done, f"the families after {list(done)[-1:]} were not done: {end}"
    assert done[family].startswith(f"{MUTANTS} mutants")
    assert " 0% refused" not in done[family]


def opens(path: Path) -> bool:
    """Whether it is a noun; a refusal must be one `SourceError` of one line, a noun whole."""
    try:
        source = sources.open(path)
        assert isinstance(source, Volume | Skeleton)
        if isinstance(source, Volume) and source.facts.nbytes < 50_000_000:
            assert source.voxels[...].shape == source.shape
    except SourceError as error:
        assert "\n" not in str(error)
        return False
    return True
